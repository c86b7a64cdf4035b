# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon, its template and its hosts under valgrind, through a session with Prosody: no error,
no leak, in any of them."""

import unittest

from harness import eventually
from harness.api import password
from harness.bridge import Bridge
from harness.case import BridgeCase
from harness.keyring import Keyring

from memcheck import Memcheck, take_lost_replies

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
LOOK_UPS = 1  # of the key: each that finds it costs libsecret 0.20 the reply of GetSecrets


class SessionTest(BridgeCase):
    SERVER_OPTIONS = ('--hibernation', '1')

    def setUp(self):
        super().setUp()
        self.server.switch('mail-quiet-s', 0)
        self.memcheck = Memcheck(self.scratch)
        self.keyring = Keyring(self.scratch)
        self.addCleanup(self.keyring.close)
        self.bridge = Bridge(self.scratch, self.server, self.keyring, start=False,
                             environment=self.memcheck.environment)
        self.bridge.wrapper = self.memcheck.command
        self.addCleanup(self.bridge.close)

    def converse(self, device):
        romeo = self.peer(ROMEO)
        eventually(lambda: romeo.sees(JULIET), what='presence')
        stream = device.stream()
        romeo.send(JULIET, 'What light?')
        event = device.wait_for('message', body='What light?')
        self.assertIn(event['cursor'], (cursor for cursor, _, _ in stream))
        stream.close()
        sent = device.send(ROMEO, 'It is the east').json
        romeo.wait_for_message('It is the east')
        device.wait_for('message.status', id=sent['id'], status='accepted')
        self.assertEqual(device.ack().status, 204)
        told = [one['data']['body'] for one in device.get('/v1/messages?limit=2').json['messages']]
        self.assertEqual(told, ['It is the east', 'What light?'])
        self.assertEqual(len(device.get('/v1/contacts').json['contacts']), 5)

    def read_mail(self, device):
        self.server.control('mail', jid=JULIET, threads=[{'tid': '16', 'subject': 'Tom & Jerry'}])
        device.wait_for('mail', unread=1)
        self.assertEqual(device.get('/v1/mail').json['unread'], 1)

    def check(self):
        errors = self.memcheck.errors()
        self.assertEqual(len(errors), 3)  # daemon, template, host
        lost_replies = sum(take_lost_replies(one) for one in errors.values())
        self.assertEqual([error for one in errors.values() for error in one], [])
        self.assertLessEqual(lost_replies, LOOK_UPS)

    def test_a_session(self):
        self.bridge.start()
        wrong = {'type': 'token', 'token': 'wrong'}
        eventually(lambda: self.bridge.api.try_login(ROMEO, wrong).code == 'credentials-refused',
                   what='an open store, and a refusal')
        device = self.bridge.login(JULIET)
        plain = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))
        self.converse(device)
        self.read_mail(device)
        self.assertEqual(plain.delete('/v1/account').status, 204)
        eventually(lambda: not self.server.sessions(PARIS), what='signed out')
        self.assertEqual(self.bridge.stop(), 0)
        self.check()


if __name__ == '__main__':
    unittest.main()
