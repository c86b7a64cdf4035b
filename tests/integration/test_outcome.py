# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of a message long after the chat server has taken it."""

import unittest

from harness import eventually
from harness.api import password
from harness.case import BridgeCase

PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
RECEIPT = '<message to="%s"><received xmlns="urn:xmpp:receipts" id="%s"/></message>'
BOUNCE = ('<message to="%s" id="%s" type="error"><error type="cancel"><service-unavailable'
          ' xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>')


class OutcomeTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.server.reset('plain.example')
        self.start_bridge()
        self.device = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))
        self.rosaline = self.peer(ROSALINE)
        answer = self.device.send(ROSALINE, 'Come!')
        self.assertEqual(answer.status, 202, answer)
        self.sent = answer.json['id']
        self.message = self.rosaline.wait_for_message('Come!')
        self.device.wait_for('message.status', id=self.sent, status='accepted')

    def restart(self):
        self.bridge.kill()
        self.bridge.start()
        self.device.wait_online()
        eventually(lambda: self.server.sessions(PARIS), what='a session')

    def session(self):
        """The full address: the server makes a new resource for each sign-in."""
        return self.server.sessions(PARIS)[0]['jid']

    def statuses(self):
        return [event['data']['status'] for event in self.device.of_type('message.status')
                if event['data']['id'] == self.sent]

    def test_a_receipt(self):
        self.rosaline.send_raw(RECEIPT % (self.message.sender, self.message.id))
        self.device.wait_for('message.status', id=self.sent, status='delivered')
        self.assertEqual(self.statuses()[-2:], ['accepted', 'delivered'])

    def test_a_receipt_of_somebody_else(self):
        stranger = self.peer('juliet@talk.example')
        stranger.send_raw(RECEIPT % (self.message.sender, self.message.id))
        stranger.send(PARIS, 'after it')
        self.device.wait_for('message', body='after it')
        self.assertNotIn('delivered', self.statuses())

    def test_a_receipt_after_a_restart(self):
        self.restart()
        self.rosaline.send_raw(RECEIPT % (self.message.sender, self.message.id))
        self.device.wait_for('message.status', id=self.sent, status='delivered')

    def test_a_bounce_after_a_restart(self):
        self.restart()
        for _ in range(2):  # a second one is no news
            self.rosaline.send_raw(BOUNCE % (self.session(), self.message.id))
        event = self.device.wait_for('message.status', id=self.sent, status='failed')
        self.assertEqual(event['data']['body'], 'Come!')
        self.assertTrue(event['data']['detail'])
        self.rosaline.send(PARIS, 'after it')
        self.device.wait_for('message', body='after it')
        self.assertEqual(self.statuses().count('failed'), 1)


if __name__ == '__main__':
    unittest.main()
