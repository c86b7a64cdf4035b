# SPDX-License-Identifier: GPL-2.0-or-later
"""Pidgin with the plugin on a virtual display, driven through its own D-Bus interface."""

import re
import unittest

from harness import Prosody, Scratch, XmppPeer, eventually
from harness.desktop import (AVAILABLE, AWAY, ERROR, INVISIBLE, OUR_PROTOCOL, RECEIVED, SENT,
                             SYSTEM, UNAVAILABLE, Pidgin)
from harness.peer import RoomPeer
from harness.token_service import CAPTCHA, TokenService

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'
MERCUTIO = 'mercutio@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'


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

    def test_a_group_chat(self):
        """Begun in a conversation; who cannot take part is named; a topic; and left."""
        mercutio = RoomPeer(self.server, MERCUTIO)
        self.addCleanup(mercutio.close)
        self.pidgin.converse(self.juliet, ROMEO)
        self.pidgin.say('Romeo', '/invite ' + MERCUTIO)
        room = re.search(r'private-chat-[^"/]*', mercutio.wait_for('<invite')).group()
        mercutio.enter(room, 'mercutio')
        chat = eventually(lambda: self.pidgin.find_chat(self.juliet, room), what='the chat')
        self.addCleanup(self.pidgin.PurpleConversationDestroy, chat)
        self.pidgin.wait_for_line(chat, 'Romeo uses a client that cannot', ERROR)
        eventually(lambda: self.pidgin.PurpleConversationGetTitle(chat) == 'mercutio',
                   what='the title')
        self.pidgin.say('mercutio', '/topic Queen Mab')
        mercutio.wait_for('<subject>Queen Mab</subject>')
        self.pidgin.wait_for_line(chat, 'set the topic to: Queen Mab')
        mercutio.say(room, 'Thou talkest of nothing')
        self.pidgin.wait_for_line(chat, 'talkest', RECEIVED)
        self.assertEqual([text for _, text in self.pidgin.lines(chat) if 'topic is' in text], [],
                         'no topic is no news')
        self.pidgin.say('mercutio', '/part good night')
        mercutio.wait_for('unavailable', room + '/juliet', 'good night')

    def test_an_invitation(self):
        mercutio = RoomPeer(self.server, MERCUTIO)
        self.addCleanup(mercutio.close)
        room = 'private-chat-mab@groupchat.talk.example'
        mercutio.enter(room, 'mercutio')
        mercutio.invite(room, JULIET)
        self.pidgin.display.window('^Pidgin$')
        self.pidgin.display.key('alt+a')
        mercutio.wait_for('<presence', room + '/juliet')
        chat = eventually(lambda: self.pidgin.find_chat(self.juliet, room), what='the chat')
        self.pidgin.PurpleConversationDestroy(chat)

    def test_calls_are_offered_where_they_can_be_taken(self):
        mercutio = XmppPeer(self.server, MERCUTIO)
        self.addCleanup(mercutio.close)
        mercutio.take_calls()
        eventually(lambda: self.media(MERCUTIO), what='a call that is offered')
        self.assertEqual(self.media(ROMEO), 0)

    def media(self, jid):
        """What Pidgin asks for a contact's menu: PurpleMediaCaps."""
        return self.pidgin.PurplePrplGetMediaCaps(self.juliet, jid)

    def test_a_receipt(self):
        """On a server that is not Google's, by an account that comes and goes."""
        paris = self.pidgin.add_account(PARIS, self.server.password(PARIS),
                                        gtalk_mechanism='password')
        self.addCleanup(self.pidgin.PurpleAccountSetEnabled, paris, self.pidgin.ui, 0)
        self.pidgin.wait_until_online(paris)
        rosaline = RoomPeer(self.server, ROSALINE)
        self.addCleanup(rosaline.close)
        rosaline.send_raw("<message to='%s' type='chat' id='r1'><body>Good morrow</body>"
                          "<request xmlns='urn:xmpp:receipts'/></message>" % PARIS)
        rosaline.wait_for('<received', 'urn:xmpp:receipts', 'id="r1"')

    def test_icons_are_found(self):
        """In each size that Pidgin asks for."""
        asked = eventually(lambda: re.findall(r'^pixmap (\d+)/googletalk.png (\w+)$',
                                              self.pidgin.log.read_text(errors='replace'), re.M))
        self.assertEqual({result for _, result in asked}, {'found'})


class QuitTest(unittest.TestCase):
    def test_pidgin_starts_with_the_account_and_quits(self):
        """And signs in by a token service that wants to know whether there is a human."""
        scratch = Scratch()
        self.addCleanup(scratch.close)
        server = Prosody(scratch / 'server')
        self.addCleanup(server.close)
        service = TokenService(server)
        self.addCleanup(service.close)
        service.passwords[JULIET] = 'a password'
        service.script = [CAPTCHA]
        account = (OUR_PROTOCOL, JULIET, 'a password',
                   {'gtalk_token_service': 'clientlogin', 'gtalk_token_url': service.url})
        with Pidgin(scratch, server, [account]) as pidgin:
            pidgin.display.window('^Sign In$')
            pidgin.display.type('m0ntague')
            pidgin.display.key('Return')
            pidgin.wait_until_online(pidgin.account(JULIET))
            self.assertEqual(service.requests[-1][1]['logincaptcha'], 'm0ntague')
            self.assertEqual(pidgin.quit(), 0, pidgin.show_log())
        eventually(lambda: not server.sessions(JULIET))


if __name__ == '__main__':
    unittest.main()
