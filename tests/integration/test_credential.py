# SPDX-License-Identifier: GPL-2.0-or-later
"""A credential that the chat server does not take any more, and the one that follows it."""

import unittest

from harness import eventually
from harness.api import password, token
from harness.bridge import domain_section
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'


class CredentialTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.server.reset()
        self.start_bridge()
        self.fresh = 'fresh-token-of-juliet'
        self.server.control('token', jid=JULIET, token=self.fresh, kind='oauth')
        self.device = self.bridge.api.login(JULIET, token(self.fresh))
        self.romeo = self.peer(ROMEO)

    def put(self, auth):
        return self.device.api.request('PUT', '/v1/account/credential', {'auth': auth},
                                       self.device.token)

    def expire(self):
        self.server.control('revoke', jid=JULIET, token=self.fresh)
        self.server.control('kick', jid=JULIET)
        eventually(lambda: self.device.account()['state'] == 'signed-out', what='signed out')

    def test_one_call_brings_it_back(self):
        self.expire()
        account = self.device.account()
        self.assertEqual((account['reason'], account['user_action']),
                         ('credentials-refused', 'sign-in-again'))
        self.device.wait_for('account.state', state='signed-out', user_action='sign-in-again')
        self.romeo.send(JULIET, 'meanwhile')
        self.assertEqual(self.put(token(self.server.token(JULIET))).status, 204)
        self.assertEqual(self.device.account()['state'], 'online')
        self.device.wait_for('message', body='meanwhile')
        self.bridge.kill()
        self.bridge.start()
        self.device.wait_online()

    def test_one_that_is_refused_changes_nothing(self):
        answer = self.put(token(self.server.token(JULIET, state='expired')))
        self.assertEqual((answer.status, answer.code), (422, 'credentials-refused'))
        self.assertTrue(self.device.is_online())
        for auth, status, code in (({'type': 'oath'}, 422, 'not-acceptable'),
                                   ({'type': 'token'}, 400, 'malformed'),
                                   (token(''), 422, 'not-acceptable')):
            answer = self.put(auth)
            self.assertEqual((answer.status, answer.code), (status, code), auth)
        self.assertEqual(self.put(token(self.fresh)).status, 204)  # the same again
        self.assertEqual(self.device.get('/v1/devices').status, 200)
        self.assertEqual(len(self.device.get('/v1/devices').json['devices']), 1)

    def test_a_server_that_is_gone(self):
        self.addCleanup(self.server.start_again)
        self.server.stop()
        answer = self.put(token(self.server.token(JULIET)))
        self.assertEqual((answer.status, answer.code), (502, 'server-unreachable'))

    def test_a_password_where_they_are_not_allowed(self):
        self.bridge.close()
        self.start_bridge(domains={
            'talk.example': domain_section(self.server, 'talk.example', passwords=False)})
        self.device = self.bridge.login(JULIET)
        answer = self.put(password(self.server.password(JULIET)))
        self.assertEqual((answer.status, answer.code), (403, 'password-not-allowed'))


if __name__ == '__main__':
    unittest.main()
