# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of an account whose stream the chat server ends, and why (RFC 6120, section 4.9)."""

import unittest

from harness import eventually
from harness.api import password, token
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
PARIS = 'paris@plain.example'
# The condition of the stream error: reason, user_action, whether the account is back at once.
ERRORS = {
    'conflict': ('conflict', 'wait', True),
    'connection-timeout': ('server', 'wait', True),
    'internal-server-error': ('server', 'wait', True),
    'not-authorized': ('server', 'wait', True),
    'reset': ('server', 'wait', True),
    'system-shutdown': ('server', 'wait', True),
    'undefined-condition': ('server', 'wait', True),
    'host-gone': ('host-gone', 'ask-administrator', False),
    'host-unknown': ('host-gone', 'ask-administrator', False),
    'policy-violation': ('policy', 'wait', False),
    'resource-constraint': ('overloaded', 'wait', False),
    'see-other-host': ('redirected', 'ask-administrator', False),
}


class ReconnectTest(BridgeCase):
    SERVER_OPTIONS = ('--trace', 'full')
    people = iter(range(1000))

    def setUp(self):
        super().setUp()
        self.start_bridge()

    def login(self):
        """Somebody whom nobody waits for yet; returns the device and his address."""
        user = 'capulet%d' % next(self.people)
        self.server.control('account', user=user, domain='talk.example', password='secret')
        jid = user + '@talk.example'
        return self.bridge.api.login(jid, password('secret')), jid

    def resource(self, device):
        """Without what the server adds to it."""
        return device.account()['bound_jid'].split('/')[1][:-8]

    def test_each_error_by_its_meaning(self):
        """All at once: each has an account of its own."""
        accounts = {condition: self.login() for condition in ERRORS}
        resources = {condition: self.resource(device)
                     for condition, (device, _) in accounts.items()}
        for condition, (_, jid) in accounts.items():
            self.server.control('kick', jid=jid, how=condition)
        for condition, (reason, action, returns) in ERRORS.items():
            with self.subTest(condition):
                device, jid = accounts[condition]
                state = device.wait_for('account.state', state='waiting')['data']
                self.assertEqual((state['reason'], state['user_action']), (reason, action))
                self.assertIn('as the test asked' if condition != 'see-other-host'
                              else 'another host', state['detail'])
                self.assertIsNotNone(state['next_try'])
                if returns:
                    device.wait_online()
                    self.assertEqual(self.resource(device) == resources[condition],
                                     condition != 'conflict')
        for condition, (device, jid) in accounts.items():
            if not ERRORS[condition][2]:
                self.assertEqual(device.account()['state'], 'waiting', condition)
                self.assertEqual(self.server.sessions(jid), [], condition)

    def test_an_account_that_is_no_more(self):
        """The stream's end says only that it ended; what the credential is worth, the next try."""
        self.server.control('token', jid=JULIET, token='mortal', kind='oauth', lifetime=3600)
        device = self.bridge.api.login(JULIET, token('mortal'))
        self.server.control('revoke', jid=JULIET, token='mortal')
        self.server.control('kick', jid=JULIET, how='not-authorized')
        device.wait_for('account.state', state='waiting', reason='server')
        state = device.wait_for('account.state', state='signed-out')['data']
        self.assertEqual((state['reason'], state['user_action']),
                         ('credentials-refused', 'sign-in-again'))
        tries = len(self.server.auths())
        self.assertIsNone(device.account()['next_try'])
        self.assertEqual(device.put('/v1/account/credential', {
            'auth': token(self.server.token(JULIET))}).status, 204)
        device.wait_online()
        self.assertEqual(len(self.server.auths()), tries + 1, 'nothing was tried in between')

    def test_what_was_chosen_is_restored(self):
        device = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))
        self.assertEqual(device.put('/v1/presence', {'show': 'dnd', 'status': 'At the ball'}
                                    ).status, 200)

        def shown(mark=0):
            return [line['xml'] for line in self.server.trace()[mark:]
                    if line['dir'] == 'in' and line.get('jid', '').startswith(PARIS)
                    and '<presence' in line['xml'] and 'unavailable' not in line['xml']]
        # The one before it may still be on its way.
        eventually(lambda: any('dnd' in each for each in shown()), what='what was chosen')
        mark = len(self.server.trace())
        self.server.control('kick', jid=PARIS, how='system-shutdown')
        device.wait_for('account.state', state='waiting')
        device.wait_online()
        eventually(lambda: shown(mark), what='presence')
        for presence in shown(mark):
            self.assertIn('dnd', presence)
            self.assertIn('At the ball', presence)


if __name__ == '__main__':
    unittest.main()
