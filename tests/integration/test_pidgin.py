# SPDX-License-Identifier: GPL-2.0-or-later
"""Pidgin with the plugin on a virtual display, driven through its own D-Bus interface."""

import re
import unittest

from harness import Prosody, Scratch, XmppPeer, eventually
from harness.desktop import (AVAILABLE, AWAY, ERROR, INVISIBLE, OUR_PROTOCOL, SENT, SYSTEM,
                             UNAVAILABLE, Pidgin)

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'


class PidginTest(unittest.TestCase):
    """One Pidgin for the class; Juliet is signed in by token, Romeo is another client."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'server')
        cls.addClassCleanup(cls.server.close)
        cls.romeo = XmppPeer(cls.server, ROMEO)
        cls.addClassCleanup(cls.romeo.close)
        cls.pidgin = Pidgin(cls.scratch, cls.server, [
            (OUR_PROTOCOL, JULIET, cls.server.token(JULIET), {'check-mail': True})])
        cls.addClassCleanup(cls.pidgin.close)
        cls.juliet = cls.pidgin.account(JULIET)
        cls.pidgin.wait_until_online(cls.juliet)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print('---- %s\n%s' % (self.id(), self.pidgin.show_log()))

    def test_signed_in_by_token(self):
        self.assertIn('X-OAUTH2', [auth['mechanism'] for auth in self.server.auths()])
        self.assertEqual(self.pidgin.PurpleAccountGetProtocolName(self.juliet), 'GTalk')
        eventually(lambda: self.romeo.sees(JULIET))

    def test_a_conversation(self):
        eventually(lambda: self.romeo.sees(JULIET))
        self.romeo.send(JULIET, 'What light through yonder window breaks?')
        conversation = eventually(lambda: self.pidgin.find_conversation(self.juliet, ROMEO))
        self.pidgin.wait_for_line(conversation, 'yonder window')
        self.pidgin.say('Romeo', 'Ay me!')
        self.assertEqual(self.romeo.wait_for_message('Ay me!').bare, JULIET)
        self.pidgin.wait_for_line(conversation, 'Ay me!', SENT)
        self.assertEqual(self.romeo.errors, [])

    def shared_status(self):
        return self.server.control('shared_status', jid=JULIET)['status']

    def test_a_status(self):
        self.pidgin.set_status(AWAY, 'on the balcony')
        eventually(lambda: any(who.split('/')[0] == JULIET and kind == 'away'
                               for who, kind in list(self.romeo.presences)))
        self.pidgin.set_status(UNAVAILABLE, 'asleep')
        eventually(lambda: self.shared_status()['busy'] and
                   self.shared_status()['text'] == 'asleep', what='the shared status')

    def test_a_status_chosen_elsewhere(self):
        self.pidgin.set_status(AVAILABLE)
        eventually(lambda: not self.shared_status()['busy'])
        self.server.control('shared_status', jid=JULIET,
                            values={'busy': True, 'text': 'in the orchard'})

        def chosen():
            status = self.pidgin.PurpleSavedstatusGetCurrent()
            return (self.pidgin.PurpleSavedstatusGetType(status),
                    self.pidgin.PurpleSavedstatusGetMessage(status))
        eventually(lambda: chosen() == (UNAVAILABLE, 'in the orchard'), what='it in Pidgin')

    def test_invisible(self):
        self.pidgin.set_status(AVAILABLE)
        eventually(lambda: self.romeo.sees(JULIET))
        self.pidgin.set_status(INVISIBLE)
        eventually(lambda: self.shared_status()['invisible'])
        eventually(lambda: not self.romeo.sees(JULIET))
        self.assertTrue(self.pidgin.is_online(self.juliet))
        self.pidgin.set_status(AVAILABLE)
        eventually(lambda: self.romeo.sees(JULIET))

    def test_off_the_record(self):
        conversation = self.pidgin.converse(self.juliet, ROMEO)
        self.pidgin.say('Romeo', '/otr on')
        self.pidgin.wait_for_line(conversation, 'is not kept', SYSTEM)
        self.assertTrue(self.server.control('nosave', jid=ROMEO, contact=JULIET)['off'])
        self.assertFalse(self.pidgin.PurpleConversationIsLogging(conversation))
        self.romeo.send_raw("<iq type='set' to='%s' id='record'><query xmlns='google:nosave'>"
                            "<item jid='%s' value='disabled'/></query></iq>" % (ROMEO, JULIET))
        self.pidgin.wait_for_line(conversation, 'gone back on the record', SYSTEM)
        self.assertTrue(self.pidgin.PurpleConversationIsLogging(conversation))

    def test_a_bounce(self):
        """Off the record nothing is kept for who is offline; the text stands there again."""
        conversation = self.pidgin.converse(self.juliet, NURSE)
        self.pidgin.say('Nurse', '/otr on')
        self.pidgin.wait_for_line(conversation, 'is not kept', SYSTEM)
        self.pidgin.say('Nurse', 'What says he of our marriage?')
        line = self.pidgin.wait_for_line(conversation, 'Nurse is offline', ERROR)
        self.assertIn('Not delivered: What says he of our marriage?', line)

    def test_new_mail(self):
        self.server.control('mail', jid=JULIET, threads=[
            {'tid': '1428125450019863099', 'subject': 'At the balcony?', 'snippet': 'Tonight',
             'senders': [{'name': 'Romeo', 'address': ROMEO}]}])
        eventually(lambda: any(push['kind'] == 'mail' and push['answer'] == 'result'
                               for push in self.server.pushes(JULIET)), what='the push')
        eventually(self.pidgin.open_mail, what='the window with the mail')

    def test_icons_are_found(self):
        """In each size that Pidgin asks for."""
        asked = eventually(lambda: re.findall(r'^pixmap (\d+)/googletalk.png (\w+)$',
                                              self.pidgin.log.read_text(errors='replace'), re.M))
        self.assertEqual({result for _, result in asked}, {'found'})


class QuitTest(unittest.TestCase):
    def test_pidgin_starts_with_the_account_and_quits(self):
        scratch = Scratch()
        self.addCleanup(scratch.close)
        server = Prosody(scratch / 'server')
        self.addCleanup(server.close)
        account = (OUR_PROTOCOL, JULIET, server.password(JULIET),
                   {'gtalk_mechanism': 'password'})
        with Pidgin(scratch, server, [account]) as pidgin:
            pidgin.wait_until_online(pidgin.account(JULIET))
            self.assertEqual(pidgin.quit(), 0, pidgin.show_log())
        eventually(lambda: not server.sessions(JULIET))


if __name__ == '__main__':
    unittest.main()
