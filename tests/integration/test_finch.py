# SPDX-License-Identifier: GPL-2.0-or-later
"""Finch with the plugin in a terminal: what it shows is read, and it is typed into."""

import unittest

from harness import Prosody, Scratch, XmppPeer, eventually
from harness.desktop import Finch

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'


class FinchTest(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.server = Prosody(self.scratch / 'server')
        self.addCleanup(self.server.close)
        self.romeo = XmppPeer(self.server, ROMEO)
        self.addCleanup(self.romeo.close)
        self.finch = Finch(self.scratch, self.server,
                           ('prpl-googletalk', JULIET, self.server.token(JULIET),
                            {'check-mail': True}))
        self.addCleanup(self.finch.close)

    def test_signs_in_and_chats(self):
        eventually(lambda: self.romeo.sees(JULIET), what='Juliet in Finch: '
                   + self.finch.show_log())
        self.romeo.send(JULIET, 'What light through yonder window breaks?')
        self.finch.go_to('Romeo')
        self.finch.wait_for('yonder window')
        self.finch.type('Ay me!')
        self.finch.keys('Enter')
        self.assertEqual(self.romeo.wait_for_message('Ay me!').bare, JULIET)
        self.finch.wait_for('Ay me!')
        self.finch.type('/otr on')
        self.finch.keys('Enter')
        self.finch.wait_for('off the record')
        self.finch.keys('M-q')
        eventually(lambda: not self.finch.is_running(), what='the end of Finch: '
                   + self.finch.screen())
        eventually(lambda: not self.server.sessions(JULIET))

    def test_menus_requests_and_notice(self):
        nurse = XmppPeer(self.server, NURSE)
        self.addCleanup(nurse.close)
        eventually(lambda: self.romeo.sees(JULIET))
        self.finch.choose('Settings Kept by the Server...')
        self.finch.wait_for('Keep a history of my chats on the server')
        self.finch.keys('M-c')
        self.server.control('roster-attributes', user='juliet', domain='talk.example', jid=NURSE,
                            attributes={'t': 'H'})
        eventually(lambda: 'Nurse' not in self.finch.screen(), what='no Nurse on the screen')
        self.finch.choose('Hidden and Blocked People...')
        self.finch.wait_for('Nurse <%s>, hidden' % NURSE)
        self.finch.keys('M-c')
        self.finch.choose_of('Romeo', 'Show in Contact List', 'Never')
        eventually(lambda: 'Romeo' not in self.finch.screen(), what='no Romeo on the screen')
        self.server.control('mail', jid=JULIET, threads=[
            {'tid': '1428125450019863099', 'subject': 'At the balcony?', 'snippet': 'Tonight',
             'senders': [{'name': 'Romeo', 'address': ROMEO}]},
            {'tid': '1428125450019863100', 'subject': 'In the orchard?'}])
        self.finch.wait_for('At the balcony?')
        self.finch.wait_for('In the orchard?')


if __name__ == '__main__':
    unittest.main()
