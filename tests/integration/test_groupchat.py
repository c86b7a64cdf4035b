# SPDX-License-Identifier: GPL-2.0-or-later
"""Group chats as Google's, ordinary rooms, and the commands for both."""

import unittest

from harness import Prosody, Scratch, eventually
from harness.peer import RoomPeer
from harness.purple_client import PurpleClient

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'

STATUS_OK = 0  # PURPLE_CMD_STATUS_OK
FAILED = 1


class RoomCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.class_scratch = Scratch()
        cls.addClassCleanup(cls.class_scratch.close)
        cls.server = Prosody(cls.class_scratch / 'server', '--trace', 'full')
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.server.reset()
        self.server.reset('talk.example')
        self.mark = len(self.server.trace())

    def signed_on(self, jid):
        client = PurpleClient(self.scratch, jid, self.server.password(jid), ca=self.server.ca,
                              connect_server='localhost', port=self.server.port,
                              gtalk_mechanism='password')
        self.addCleanup(client.close)
        self.addCleanup(client.quit)
        event = client.sign_in()
        self.assertEqual(event['event'], 'signed-on', event)
        return client

    def peer(self, jid, **options):
        peer = RoomPeer(self.server, jid, **options)
        self.addCleanup(peer.close)
        return peer

    def sent(self, owner, *texts):
        return [line['xml'] for line in self.server.trace()[self.mark:]
                if line['dir'] == 'in' and line.get('jid', '').startswith(owner)
                and all(text in line['xml'] for text in texts)]

    def room(self, client, jid):
        return client.ask('room', 'room', to=jid)

    def eventually_room(self, client, jid, check, what):
        return eventually(lambda: check(self.room(client, jid)), what=what)

    def command(self, client, to, text):
        return client.ask('command', 'commanded', to=to, text=text)

    def run_command(self, client, to, text):
        done = self.command(client, to, text)
        self.assertEqual(done['status'], STATUS_OK, done)

    def start(self, client, *who):
        room = client.ask('groupchat', 'groupchat', who=list(who))['room']
        self.assertEqual(client.wait_for('chat-joined', 'chat-join-failed')['event'],
                         'chat-joined')
        return room


class GroupChatTest(RoomCase):
    def test_a_conversation_of_three(self):
        """Scenario 21, with pmuc-v1: the invitation has neither reason nor body."""
        romeo, nurse = self.peer(ROMEO), self.peer(NURSE)
        client = self.signed_on(JULIET)
        room = self.start(client, ROMEO)
        self.assertRegex(room, r'^private-chat-[0-9a-f-]{36}@groupchat\.talk\.example$')
        invitation = romeo.wait_for('<invite', room)
        self.assertNotIn('<reason', invitation)
        self.assertNotIn('<body', invitation)
        romeo.enter(room, 'romeo')
        self.eventually_room(client, room, lambda r: r['title'] == 'romeo', 'the title')
        self.run_command(client, room, 'invite %s please come' % NURSE)
        nurse.wait_for('<invite', room)
        nurse.enter(room, 'nurse')
        self.eventually_room(client, room, lambda r: r['title'] == 'nurse, romeo', 'both')
        client.do('room-invite', to=room, who=NURSE, text='Now')
        eventually(lambda: len(self.invitations(room)) == 3, what='three invitations')
        self.assertEqual([(i['has_reason'], i.get('body')) for i in self.invitations(room)],
                         [(False, None)] * 3)
        client.do('room-say', to=room, text='Good night')
        romeo.wait_for('Good night')
        nurse.wait_for('Good night')
        nurse.say(room, 'Anon')
        eventually(lambda: [e for e in client.seen if e['event'] == 'written'
                            and 'Anon' in e['html']] or client.state() and None)
        self.assertEqual([e for e in client.seen if e['event'] == 'question'], [])

    def invitations(self, room):
        return [i for i in self.server.control('invitations')['invitations'] or []
                if i['room'] == room]

    def test_who_cannot_take_part_is_named(self):
        """Scenario 21, without pmuc-v1."""
        self.peer(ROMEO, pmuc=False)
        client = self.signed_on(JULIET)
        room = self.start(client, ROMEO)
        event = client.wait_for('groupchat-refused')
        self.assertEqual((event['room'], event['who'], event['condition']),
                         (room, ROMEO, 'not-acceptable'))
        self.run_command(client, room, 'invite ' + NURSE)
        self.assertEqual(client.wait_for('groupchat-refused')['condition'], 'service-unavailable')
        client.state()
        lines = [e['html'] for e in client.seen if e['event'] == 'written']
        self.assertEqual([line for line in lines if 'Romeo uses a client' in line or
                          'Nurse is not online' in line], lines[-2:])

    def test_invitations_come_in(self):
        romeo = self.peer(ROMEO)
        client = self.signed_on(JULIET)
        room = 'private-chat-6f1c0c3e@groupchat.talk.example'
        romeo.enter(room, 'romeo')
        romeo.invite(room, JULIET)
        event = client.wait_for('chat-invited', 'question')
        self.assertEqual((event['room'], event['from']), (room, ROMEO))
        client.wait_for('question')
        client.do('answer', accept=True)
        client.wait_for('chat-joined')
        romeo.wait_for(room + '/juliet')

    def test_the_mark_can_be_looked_up(self):
        romeo = self.peer(ROMEO)
        self.signed_on(JULIET)
        presence = romeo.wait_for('<presence', JULIET + '/', 'pmuc-v1')
        node = presence.split('node="')[1].split('"')[0]
        romeo.send_raw("<iq type='get' id='mark' to='%s'><query xmlns="
                       "'http://jabber.org/protocol/disco#info' node='%s#pmuc-v1'/></iq>"
                       % (self.server.sessions(JULIET)[0]['jid'], node))
        answer = romeo.wait_for('<iq', 'id="mark"')
        self.assertIn('type="result"', answer)
        self.assertNotIn('<feature', answer)

    def test_a_taken_nickname(self):
        romeo = self.peer(ROMEO)
        client = self.signed_on(JULIET)
        room = 'private-chat-taken@groupchat.talk.example'
        romeo.enter(room, 'juliet')
        client.do('join', room='private-chat-taken', server='groupchat.talk.example',
                  handle='juliet')
        self.assertEqual(client.wait_for('chat-joined', 'chat-join-failed')['event'],
                         'chat-joined')
        self.eventually_room(client, room, lambda r: sorted(r['users']) == ['juliet', 'juliet2'],
                             'both in the room')
        self.assertEqual(self.room(client, room)['nick'], 'juliet2')
        client.do('room-say', to=room, text='It is I')
        romeo.wait_for('It is I', room + '/juliet2')
        self.run_command(client, room, 'nick juliet')
        client.state()
        self.run_command(client, room, 'nick capulet')
        self.eventually_room(client, room, lambda r: 'capulet' in r['users'], 'renamed')

    def test_started_from_a_conversation(self):
        romeo, nurse = self.peer(ROMEO), self.peer(NURSE)
        client = self.signed_on(JULIET)
        self.run_command(client, ROMEO, 'invite ' + NURSE)
        room = client.wait_for('chat-joined')['room']
        romeo.wait_for('<invite', room)
        nurse.wait_for('<invite', room)


class OrdinaryRoomTest(RoomCase):
    """At a server that is not Google's."""

    def started(self):
        rosaline = self.peer(ROSALINE, pmuc=False)
        client = self.signed_on(PARIS)
        room = self.start(client, ROSALINE)
        rosaline.wait_for('<invite', room)
        rosaline.enter(room, 'rosaline')
        return client, rosaline, room

    def test_a_group_chat(self):
        client, rosaline, room = self.started()
        self.assertTrue(room.endswith('@conference.plain.example'))
        self.assertEqual([e for e in client.seen if e['event'] == 'question'], [],
                         'nobody is asked about the configuration')
        client.do('room-say', to=room, text='Well met')
        rosaline.wait_for('Well met')
        self.assertEqual(self.sent(PARIS, 'pmuc-v1'), [])
        self.assertTrue(self.sent(PARIS, 'muc#roomconfig_membersonly'))

    def test_commands(self):
        client, rosaline, room = self.started()
        commands = client.ask('commands', 'commands', to=room)['help']
        self.assertLessEqual({'topic', 'kick', 'nick', 'ban', 'join', 'part', 'invite', 'role',
                              'affiliate', 'msg', 'config', 'configure', 'register', 'ping',
                              'mood'}, set(commands))
        self.assertTrue(all(commands.values()), 'each has a help text')
        self.run_command(client, room, 'topic To be or not')
        rosaline.wait_for('<subject>To be or not</subject>')
        self.eventually_room(client, room, lambda r: r['topic'] == 'To be or not', 'the topic')
        self.run_command(client, room, 'nick count')
        self.eventually_room(client, room, lambda r: 'count' in r['users'], 'the nickname')
        self.run_command(client, room, 'msg rosaline only you')
        rosaline.wait_for('only you', 'type="chat"')
        refused = self.command(client, room + '/rosaline', 'otr on')
        self.assertEqual(refused['status'], FAILED)
        self.assertIn('through a room', refused['error'])
        self.run_command(client, room, 'affiliate owner')
        self.run_command(client, room, 'role moderator rosaline')
        rosaline.wait_for('role="moderator"', room + '/rosaline')
        self.run_command(client, room, 'kick rosaline enough')
        rosaline.wait_for('code="307"', 'enough')
        self.run_command(client, room, 'ban ' + ROSALINE)
        self.run_command(client, room, 'join another@conference.plain.example')
        self.assertEqual(client.wait_for('chat-joined')['room'],
                         'another@conference.plain.example')
        self.run_command(client, room, 'part farewell')
        self.eventually_room(client, room, lambda r: r['left'], 'left')
        self.assertTrue(self.sent(PARIS, 'farewell', 'unavailable'))

    def test_commands_that_fail_say_so(self):
        client, _, room = self.started()
        done = self.command(client, room, 'kick nobody')
        self.assertEqual(done['status'], FAILED)
        self.assertIn('/kick', done['error'])
        done = self.command(client, room, 'role king rosaline')
        self.assertEqual(done['status'], FAILED)

    def test_commands_in_a_conversation(self):
        client = self.signed_on(PARIS)
        client.do('open', to=ROSALINE)
        commands = client.ask('commands', 'commands', to=ROSALINE)['help']
        self.assertLessEqual({'ping', 'buzz', 'mood', 'invite', 'otr'}, set(commands))
        self.assertNotIn('kick', commands)
        self.run_command(client, ROSALINE, 'ping ' + ROSALINE)
        eventually(lambda: self.sent(PARIS, 'urn:xmpp:ping', ROSALINE), what='a ping')

    def test_the_inherited_protocol_lists_its_commands_once(self):
        client = PurpleClient(self.scratch, PARIS, self.server.password(PARIS),
                              ca=self.server.ca, protocol='prpl-jabber',
                              connect_server='localhost', port=self.server.port)
        self.addCleanup(client.close)
        self.addCleanup(client.quit)
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        client.do('open', to=ROSALINE)
        commands = client.ask('commands', 'commands', to=ROSALINE)['help']
        self.assertIn('ping', commands)
        self.assertEqual([text for text in commands.values() if '\n' in text], [])

    def test_commands_go_and_come_with_the_plugin(self):
        client, _, _ = self.started()
        client.do('unload')
        client.do('load')
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        client.do('open', to=ROSALINE)
        self.assertIn('ping', client.ask('commands', 'commands', to=ROSALINE)['help'])
        self.run_command(client, ROSALINE, 'ping ' + ROSALINE)


if __name__ == '__main__':
    unittest.main()
