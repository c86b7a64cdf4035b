# SPDX-License-Identifier: GPL-2.0-or-later
"""Unread mail that the chat server tells the bridge of."""

import unittest

from harness import eventually
from harness.api import password
from harness.case import BridgeCase

PARIS = 'paris@plain.example'


class MailboxTest(BridgeCase):
    SERVER_OPTIONS = ('--hibernation', '1')
    people = iter(range(100))

    def setUp(self):
        super().setUp()
        self.server.switch('mail-quiet-s', 0)
        user = 'reader%d' % next(self.people)
        self.jid = user + '@talk.example'
        self.server.control('account', user=user, domain='talk.example', password='secret')
        self.start_bridge()

    def deliver(self, tid, subject):
        self.server.control('mail', jid=self.jid, threads=[{'tid': str(tid), 'subject': subject}])

    def login(self):
        """Who asks before the server has told of any mail waits for it."""
        device = self.bridge.api.login(self.jid, password('secret'))
        self.assertEqual(device.get('/v1/mail').status, 200)
        return device

    def subjects(self, threads):
        return [thread['subject'] for thread in threads]

    def test_what_is_unread(self):
        self.deliver(16, 'Old')
        self.deliver(17, 'Tom & <Jerry>')
        device = self.login()
        mail = device.get('/v1/mail').json
        self.assertEqual((mail['unread'], self.subjects(mail['threads'])),
                         (2, ['Tom & <Jerry>', 'Old']))
        self.assertTrue(mail['url'].startswith('http'))
        self.assertEqual([thread['id'] for thread in mail['threads']], ['17', '16'])
        event = device.wait_for('mail', unread=2)
        self.assertEqual(sorted(self.subjects(event['data']['threads'])),
                         ['Old', 'Tom & <Jerry>'])

    def test_news_is_told_once(self):
        device = self.login()
        self.deliver(20, 'First')
        event = device.wait_for('mail', unread=1)
        self.assertEqual(self.subjects(event['data']['threads']), ['First'])
        self.bridge.kill()
        eventually(lambda: not self.server.sessions(self.jid), what='the end of the session')
        self.bridge.start()
        device.wait_online()
        self.assertEqual(self.subjects(device.get('/v1/mail').json['threads']), ['First'])
        self.deliver(21, 'Second')
        event = device.wait_for('mail', unread=2)
        self.assertEqual(self.subjects(event['data']['threads']), ['Second'])
        told = [subject for event in device.of_type('mail')
                for subject in self.subjects(event['data']['threads'])]
        self.assertEqual(told, ['First', 'Second'])

    def test_before_the_server_was_asked_to_tell(self):
        """Of a new account: between the first question and the setting that makes it tell."""
        self.server.spoil('delay', 'google:setting', ms=1000)
        self.addCleanup(self.server.spoil, 'none')
        device = self.login()
        self.deliver(40, 'Meanwhile')
        event = device.wait_for('mail', unread=1)
        self.assertEqual(self.subjects(event['data']['threads']), ['Meanwhile'])

    def test_while_the_account_is_not_online(self):
        self.deliver(30, 'Kept')
        device = self.login()
        self.server.switch('fault', 'close@auth')
        self.addCleanup(self.server.switch, 'fault', 'none')
        self.server.control('kick', jid=self.jid, how='drop')
        eventually(lambda: not device.is_online(), what='trouble')
        self.assertEqual(self.subjects(device.get('/v1/mail').json['threads']), ['Kept'])

    def test_where_there_is_none(self):
        device = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))
        answer = device.get('/v1/mail')
        self.assertEqual((answer.status, answer.code), (409, 'not-supported'))


if __name__ == '__main__':
    unittest.main()
