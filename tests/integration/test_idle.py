# SPDX-License-Identifier: GPL-2.0-or-later
"""Accounts whose people do nothing for a while, as an independent contact sees them."""

import unittest

from harness import eventually
from harness.api import password
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
OFF = {'away': 0, 'extended_away': 0, 'sign_out': 0}


class IdleTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.server.reset()
        eventually(lambda: not self.server.sessions(PARIS), what='the end of the last test')

    def start(self, **policy):
        lines = ['%s-seconds=%d' % (name.replace('_', '-'), seconds)
                 for name, seconds in {**OFF, **policy}.items()]
        self.start_bridge(groups={'idle': lines})
        self.rosaline = self.peer(ROSALINE)
        self.device = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))

    def check_seen(self, *expected):
        def seen():
            return [value[0] for full, value in dict(self.rosaline.statuses).items()
                    if full.startswith(PARIS + '/') and value[0] != 'unavailable']
        eventually(lambda: seen() == list(expected), what='%r, not %r' % (expected, seen()))

    def presence(self):
        answer = self.device.get('/v1/presence').json
        return answer['show'], answer['shown']

    def test_away_and_extended_away_and_back(self):
        self.start(away=2, extended_away=5)
        self.check_seen('available')
        self.check_seen('away')
        self.check_seen('xa')
        # To read is no act, and what was chosen is still chosen.
        self.device.poll(wait=1)
        eventually(lambda: self.presence() == ('available', 'xa'), what='what is shown')
        self.device.send(ROSALINE, 'I am back')
        self.check_seen('available')
        self.check_seen('away')
        self.device.put('/v1/contacts/%s/read' % ROSALINE, {'cursor': self.device.cursor})
        self.check_seen('available')

    def test_never_more_than_what_was_chosen(self):
        self.start(away=2)
        self.check_seen('away')
        self.rosaline.presences.clear()
        self.device.put('/v1/presence', {'show': 'dnd', 'status': '', 'invisible': False})
        self.check_seen('dnd')
        kinds = [kind for full, kind in list(self.rosaline.presences)
                 if full.startswith(PARIS + '/')]
        self.assertNotIn('available', kinds)
        self.device.send(ROSALINE, 'still busy')
        self.rosaline.wait_for_message('still busy')
        self.check_seen('dnd')

    def test_it_stays_so_over_a_restart(self):
        self.start(away=2)
        self.check_seen('away')
        self.bridge.kill()
        self.check_seen()
        self.rosaline.presences.clear()
        self.bridge.start()
        self.device.wait_online()
        self.check_seen('away')
        self.device.post('/v1/contacts/%s/typing' % ROSALINE, {'state': 'composing'})
        self.check_seen('available')

    def test_signed_out_without_any_device(self):
        self.start(sign_out=3)
        self.check_seen('available')
        self.check_seen()
        self.rosaline.send(PARIS, 'Still there?')
        self.bridge.kill()
        self.bridge.start()
        # Whatever a device asks for.
        account = self.device.account()
        self.assertIn(account['state'], ('waiting', 'connecting', 'online'))
        self.device.wait_online()
        self.device.wait_for('account.state', state='signed-out', reason='idle', user_action=None)
        self.device.wait_for('message', body='Still there?')
        self.check_seen('available')

    def test_not_while_a_device_waits(self):
        self.start(sign_out=2)
        stream = self.device.stream()
        self.addCleanup(stream.close)
        self.bridge.login(JULIET)
        eventually(lambda: not self.server.sessions(JULIET), what='the other signed out')
        self.assertTrue(self.server.sessions(PARIS))

    def test_read_anew(self):
        self.start()
        self.check_seen('available')
        self.bridge.write_config({}, {'idle': ['away-seconds=1']})
        self.bridge.process.send_signal(1)
        self.check_seen('away')


if __name__ == '__main__':
    unittest.main()
