# SPDX-License-Identifier: GPL-2.0-or-later
"""Rooms by the API, with independent clients in them."""

import unittest
import uuid

from harness import eventually
from harness.api import password
from harness.case import BridgeCase
from harness.peer import RoomPeer

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
SERVER = 'conference.plain.example'


class RoomsCase(BridgeCase):
    def setUp(self):
        super().setUp()
        self.server.reset()
        self.start_bridge()
        self.room = '%s@%s' % (uuid.uuid4().hex, SERVER)

    def paris(self):
        device = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))
        device.wait_online()
        return device

    def room_peer(self, jid, **more):
        peer = RoomPeer(self.server, jid, **more)
        self.addCleanup(peer.close)
        return peer

    def opened(self, jid=ROSALINE, nick='rosaline', **fields):
        """Somebody who has opened the room."""
        peer = self.room_peer(jid)
        peer.enter(self.room, nick)
        peer.configure(self.room, **fields)
        return peer

    def join(self, device, **members):
        return device.put('/v1/rooms/' + self.room, members)

    def joined(self, device, **members):
        answer = self.join(device, **members)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def get(self, device):
        return device.get('/v1/rooms/' + self.room)

    def members(self, device):
        answer = self.get(device)
        return [member['nick'] for member in answer.json['members']] if answer.status == 200 else []

    def wait_for_members(self, device, *nicks):
        eventually(lambda: self.members(device) == sorted(nicks), what='members %s' % (nicks,))

    def messages(self, device):
        """The room's, oldest first."""
        answer = device.get('/v1/messages?limit=200&with=' + self.room)
        self.assertEqual(answer.status, 200, answer)
        return answer.json['messages'][::-1]

    def bodies(self, device):
        return [event['data']['body'] for event in self.messages(device)]

    def say(self, device, body, id=None):
        return device.post('/v1/messages',
                           {'id': id or str(uuid.uuid4()), 'to': self.room, 'body': body})

    def state(self, device, state, **members):
        return device.wait_for('room.state', room=self.room, state=state, **members)['data']

    def restart(self, device):
        self.bridge.kill()
        self.bridge.start()
        device.wait_online()


class RoomsTest(RoomsCase):
    def test_a_conversation(self):
        rosaline = self.opened()
        paris = self.paris()
        self.assertEqual(paris.get('/v1/rooms').json['rooms'], [])
        room = self.joined(paris, nick='Count Paris')
        self.assertEqual((room['jid'], room['nick'], room['state'], room['reason']),
                         (self.room, 'Count Paris', 'joined', None))
        rosaline.wait_for(self.room + '/Count Paris')
        self.wait_for_members(paris, 'Count Paris', 'rosaline')
        self.assertEqual(self.state(paris, 'joined')['nick'], 'Count Paris')
        self.assertEqual(self.join(paris).status, 200, 'it is there already')
        self.assertEqual(self.join(paris, nick='another').status, 422)
        rosaline.say(self.room, 'Good &lt;morrow&gt;', 'r1')
        event = paris.wait_for('room.message', room=self.room)['data']
        self.assertEqual((event['id'], event['nick'], event['body'], event['own'],
                          event['delayed']), ('r1', 'rosaline', 'Good <morrow>', False, False))
        self.check_sending(paris, rosaline)
        self.check_coming_and_going(paris)
        self.check_reading(paris)
        self.assertEqual(paris.delete('/v1/rooms/' + self.room).status, 204)
        self.assertEqual(self.state(paris, 'left')['reason'], 'left')
        eventually(lambda: rosaline.saw('<presence', self.room + '/Count Paris', 'unavailable'),
                   what='his leaving')
        self.assertEqual(self.get(paris).status, 404)
        self.assertEqual(paris.delete('/v1/rooms/' + self.room).status, 404)
        self.assertEqual(self.joined(paris)['nick'], 'paris', 'and back, by the usual name')

    def check_sending(self, paris, rosaline):
        id = str(uuid.uuid4())
        for _ in range(2):
            self.assertEqual(self.say(paris, 'These times of <woe>', id).status, 202)
        rosaline.wait_for('<message', 'These times of &lt;woe&gt;')
        self.assertEqual(self.say(paris, 'another', id).status, 409)
        paris.wait_for('message.status', id=id, status='accepted')
        rosaline.say(self.room, 'afford no time')
        paris.wait_for('room.message', body='afford no time')
        self.assertEqual(self.bodies(paris),
                         ['Good <morrow>', 'These times of <woe>', 'afford no time'])
        said = [s for s in list(rosaline.stanzas) if 'These times' in s]
        self.assertEqual(len(said), 1, said)

    def check_coming_and_going(self, paris):
        """Is told to who listens, and not kept."""
        paris.poll()
        stream = paris.stream(after=paris.cursor)
        self.addCleanup(stream.close)
        mask = self.room_peer(JULIET)

        def told():
            return next(event for _, _, event in stream if event['type'] == 'room.presence')
        mask.enter(self.room, 'a mask')
        event = told()
        self.assertNotIn('cursor', event)
        data = event['data']
        self.assertEqual((data['room'], data['nick'], data['here'], data['renamed']),
                         (self.room, 'a mask', True, None))
        mask.leave(self.room, 'a mask')
        self.assertEqual(told()['data']['here'], False)
        stream.close()

    def check_reading(self, paris):
        conversation = next(c for c in paris.get('/v1/snapshot').json['conversations']
                            if c['jid'] == self.room)
        self.assertEqual((conversation['unread'], conversation['last']['type']),
                         (2, 'room.message'))
        self.assertEqual([(room['jid'], room['unread'], room['count'])
                          for room in paris.get('/v1/snapshot').json['rooms']],
                         [(self.room, 2, 2)])
        answer = paris.put('/v1/contacts/%s/read' % self.room,
                           {'cursor': conversation['last']['cursor']})
        self.assertEqual(answer.status, 204)
        self.assertEqual(self.get(paris).json['unread'], 0)
        paris.wait_for('read', jid=self.room)

    def test_history_is_told_once(self):
        """Before the account came, while it was away, and again after every return."""
        rosaline = self.opened()
        for body in ('one', 'two'):
            rosaline.say(self.room, body, body)
        rosaline.say(self.room, 'no id')
        rosaline.sync()
        paris = self.paris()
        self.joined(paris)
        paris.wait_for('room.message', body='no id')
        self.say(paris, 'mine')
        rosaline.wait_for('<message', 'mine')
        for n in range(3):  # a genuine second one, by the same id, is a message
            rosaline.say(self.room, 'ay', 'same')
        eventually(lambda: self.bodies(paris)[3:] == ['mine', 'ay', 'ay', 'ay'], what='live')
        for leave in (lambda: self.server.control('kick', jid=PARIS), self.bridge.kill):
            leave()
            body = 'missed %s' % uuid.uuid4().hex
            eventually(lambda: rosaline.saw('<presence', self.room + '/paris', 'unavailable'),
                       what='his absence')
            rosaline.say(self.room, body, body)
            rosaline.sync()
            if self.bridge.process is None:
                self.bridge.start()
            paris.wait_for('room.message', body=body)
            self.wait_for_members(paris, 'paris', 'rosaline')
            rosaline.stanzas.clear()
        rosaline.say(self.room, 'at last')
        paris.wait_for('room.message', body='at last')
        bodies = self.bodies(paris)
        self.assertEqual(bodies[:7], ['one', 'two', 'no id', 'mine', 'ay', 'ay', 'ay'])
        self.assertEqual(len(bodies), 10, bodies)
        self.assertEqual(len(set(event['cursor'] for event in self.messages(paris))), 10)
        self.assertEqual(len(paris.of_type('room.state')), 1, 'a reconnect is no news')

    def test_killed_in_the_middle(self):
        """What the room was told or said is there exactly once."""
        rosaline = self.opened()
        paris = self.paris()
        self.joined(paris)
        said, sent = ['said %d' % n for n in range(14)], {}  # a room tells the last 20 again
        for n, body in enumerate(said):
            rosaline.say(self.room, body, body)
            if n % 5 == 2:
                sent[str(uuid.uuid4())] = 'sent %d' % n
                answer = self.say(paris, list(sent.values())[-1], list(sent)[-1])
                self.assertEqual(answer.status, 202)
            if n in (5, 9):
                self.bridge.kill()
                self.bridge.start()
        eventually(lambda: said[-1] in self.bodies(paris), what='the last one')
        paris.wait_online()
        self.assertEqual([body for body in self.bodies(paris) if body in said], said)
        for id, body in sent.items():
            status = paris.wait_for('message.status', id=id, status='accepted')
            self.assertIsNotNone(status)
            eventually(lambda body=body: rosaline.saw('<message', '>%s<' % body), what=body)
        self.assertEqual(sorted(body for body in self.bodies(paris) if body in sent.values()),
                         sorted(sent.values()))
        rosaline.sync()
        for body in sent.values():
            self.assertEqual(len([s for s in list(rosaline.stanzas) if '>%s<' % body in s]), 1,
                             body)

    def test_what_waits_is_said_when_the_room_is_entered(self):
        rosaline = self.opened()
        paris = self.paris()
        self.joined(paris)
        self.server.stop()
        eventually(lambda: not paris.is_online(), what='offline')
        self.assertEqual(self.get(paris).json['state'], 'waiting')
        id = str(uuid.uuid4())
        self.assertEqual(self.say(paris, 'I am here', id).status, 202)
        self.assertEqual(self.join(paris, nick='new').status, 409)
        rosaline.close()
        self.server.start_again()
        try:
            rosaline = self.opened()  # if she is the first, it is locked for a moment
        except AssertionError:
            rosaline = self.room_peer(ROSALINE, resource='again')
            rosaline.enter(self.room, 'rosaline')
        paris.wait_online()
        rosaline.wait_for('<message', 'I am here')
        paris.wait_for('message.status', id=id, status='accepted')

    def test_why_a_room_cannot_be_entered(self):
        paris = self.paris()
        rosaline = self.opened()
        rosaline.affiliate(self.room, PARIS, 'outcast')
        self.check_refused(paris, 403, 'room-banned')
        rosaline.affiliate(self.room, PARIS, 'none')
        self.check_refused(paris, 409, 'room-nickname-taken', nick='rosaline')
        rosaline.configure(self.room, membersonly=1)
        self.check_refused(paris, 403, 'room-members-only')
        rosaline.configure(self.room, membersonly=0, passwordprotectedroom=1, roomsecret='rose')
        self.check_refused(paris, 403, 'room-password')
        self.check_refused(paris, 403, 'room-password', password='thorn')
        self.joined(paris, password='rose')
        self.restart(paris)
        eventually(lambda: self.get(paris).json['state'] == 'joined', what='entered again')
        answer = paris.put('/v1/rooms/nowhere@nowhere.example', {})
        self.assertEqual((answer.status, answer.code), (422, 'server-refused'))
        with self.subTest('locked, as nobody has said how it shall be'):
            self.room = '%s@%s' % (uuid.uuid4().hex, SERVER)
            rosaline.enter(self.room, 'rosaline')
            self.check_refused(paris, 404, 'room-gone')
        for members, status in (({'nick': 7}, 400), ({'nick': 'two\nlines'}, 422),
                                ({'components': []}, 400), ({'components': {'room': 7}}, 400)):
            self.assertEqual(self.join(paris, **members).status, status, members)
        answer = paris.put('/v1/rooms/%20', {})
        self.assertEqual((answer.status, answer.code), (404, 'not-found'))

    def test_by_pages(self):
        self.opened()
        paris = self.paris()
        self.joined(paris)
        for name in ('x', 'y', 'a'):
            self.assertEqual(paris.put('/v1/rooms/%s@%s' % (uuid.uuid4().hex, SERVER),
                                       {'nick': name}).status, 200)
        rooms = paris.get('/v1/rooms').json['rooms']
        self.assertEqual(len(rooms), 4)
        self.assertEqual(paris.by_pages('/v1/rooms', 'rooms', 1), rooms)

    def check_refused(self, device, status, code, **members):
        answer = self.join(device, **members)
        self.assertEqual((answer.status, answer.code), (status, code), answer)
        self.assertEqual(self.get(device).status, 404)

    def test_who_is_thrown_out_is_told(self):
        rosaline = self.opened()
        paris = self.paris()
        self.joined(paris)
        rosaline.kick(self.room, 'paris', 'Away, boy!')
        left = self.state(paris, 'left', reason='kicked')
        self.assertEqual(left['detail'], 'Away, boy!')
        self.assertEqual(self.get(paris).status, 404)
        self.joined(paris)
        rosaline.affiliate(self.room, PARIS, 'outcast')
        self.state(paris, 'left', reason='banned')
        rosaline.affiliate(self.room, PARIS, 'none')
        self.joined(paris)
        rosaline.destroy(self.room, 'Closed', 'elsewhere@' + SERVER)
        left = self.state(paris, 'left', reason='gone')
        self.assertEqual((left['detail'], left['alternative']), ('Closed', 'elsewhere@' + SERVER))
        self.assertEqual(paris.get('/v1/rooms').json['rooms'], [])

    def test_a_room_that_has_forgotten_him(self):
        """It returns what he says; he comes back, and says it again."""
        rosaline = self.opened()
        paris = self.paris()
        self.joined(paris)
        self.server.control('room-forget', room=self.room, jid=PARIS)
        id = str(uuid.uuid4())
        self.assertEqual(self.say(paris, 'Sweet flower', id).status, 202)
        self.state(paris, 'waiting', reason='disconnected')
        eventually(lambda: len([event for event in paris.of_type('room.state')
                                if event['data']['state'] == 'joined']) == 2 or paris.poll(wait=1)
                   and False, what='his return')
        self.wait_for_members(paris, 'paris', 'rosaline')
        rosaline.wait_for('<message', 'Sweet flower')
        paris.wait_for('message.status', id=id, status='accepted')
        self.assertEqual([event['data']['status'] for event in paris.of_type('message.status')],
                         ['queued', 'sent', 'queued', 'sent', 'accepted'])
        self.say(paris, 'With flowers thy bridal bed I strew')
        rosaline.wait_for('<message', 'bridal bed')
        rosaline.say(self.room, 'Paris again')
        paris.wait_for('room.message', body='Paris again')

    def test_a_room_that_is_closed_while_he_is_away(self):
        rosaline = self.opened()
        paris = self.paris()
        self.joined(paris)
        self.bridge.kill()
        rosaline.affiliate(self.room, PARIS, 'outcast')
        self.bridge.start()
        self.state(paris, 'left', reason='banned')
        self.restart(paris)
        self.assertEqual(paris.get('/v1/rooms').json['rooms'], [])

    def test_members_and_topic(self):
        rosaline = self.opened()
        rosaline.send_raw("<message type='groupchat' to='%s'><subject>Masks</subject></message>"
                          % self.room)
        paris = self.paris()
        self.joined(paris)
        paris.wait_for('room.topic', room=self.room, topic='Masks')
        self.assertEqual(self.get(paris).json['topic'], 'Masks')
        answer = paris.put('/v1/rooms/%s/topic' % self.room, {'topic': 'Torches'})
        self.assertIn(answer.status, (204,), answer)
        juliet = self.room_peer(JULIET)
        juliet.enter(self.room, 'juliet')
        self.wait_for_members(paris, 'juliet', 'paris', 'rosaline')
        juliet.send_raw("<presence to='%s/Capulet'/>" % self.room)
        self.wait_for_members(paris, 'Capulet', 'paris', 'rosaline')
        juliet.leave(self.room, 'Capulet')
        self.wait_for_members(paris, 'paris', 'rosaline')
        roles = {member['nick']: member['role'] for member in self.get(paris).json['members']}
        self.assertEqual(roles, {'rosaline': 'owner', 'paris': 'participant'})

    def test_a_new_room_is_open_at_once(self):
        paris = self.paris()
        self.joined(paris)
        self.assertEqual(self.members(paris), ['paris'])
        rosaline = self.room_peer(ROSALINE)
        rosaline.enter(self.room, 'rosaline')
        rosaline.say(self.room, 'Is this yours?')
        paris.wait_for('room.message', body='Is this yours?')


class InvitationsTest(RoomsCase):
    def invitations(self, device):
        return [request for request in device.get('/v1/requests').json['requests']
                if request['type'] == 'room-invite']

    def answer(self, device, id, answer):
        return device.post('/v1/requests/' + id, {'answer': answer})

    def invited(self, peer, device, text='Come'):
        peer.send_raw("<message to='%s'><x xmlns='http://jabber.org/protocol/muc#user'>"
                      "<invite to='%s'><reason>%s</reason></invite></x></message>"
                      % (self.room, PARIS, text))
        return device.wait_for('room.invite', jid=self.room, text=text)['data']

    def test_an_invitation_is_accepted(self):
        rosaline = self.opened(passwordprotectedroom=1, roomsecret='rose')
        paris = self.paris()
        invitation = self.invited(rosaline, paris)
        self.assertEqual((invitation['type'], invitation['from'], invitation['name'],
                          invitation['answers']),
                         ('room-invite', self.room + '/rosaline', 'rosaline',
                          ['accept', 'decline']))
        rosaline.send(PARIS, 'Well?')
        paris.wait_for('message', body='Well?')
        self.assertEqual(len(paris.of_type('message')), 1, 'the words beside it are for others')
        self.restart(paris)
        self.assertEqual(self.invitations(paris), [invitation])
        self.assertEqual(self.answer(paris, invitation['id'], 'accept').status, 204)
        paris.wait_for('request.closed', id=invitation['id'], reason='accept')
        self.assertEqual(self.get(paris).json['state'], 'joined')
        self.assertEqual(self.invitations(paris), [])

    def test_an_invitation_is_declined(self):
        rosaline = self.opened()
        paris = self.paris()
        first = self.invited(rosaline, paris)
        rosaline.invite(self.room, PARIS)
        rosaline.send(PARIS, 'Well?')
        paris.wait_for('message', body='Well?')
        self.assertEqual(self.answer(paris, first['id'], 'perhaps').status, 422)
        self.assertEqual(self.answer(paris, first['id'], 'decline').status, 204)
        rosaline.wait_for('<decline', PARIS)
        paris.wait_for('request.closed', id=first['id'], reason='decline')
        self.assertEqual(len(paris.of_type('room.invite')), 1)

    def test_an_invitation_to_where_he_may_not_go(self):
        rosaline = self.opened()
        paris = self.paris()
        invitation = self.invited(rosaline, paris)
        rosaline.affiliate(self.room, PARIS, 'outcast')
        answer = self.answer(paris, invitation['id'], 'accept')
        self.assertEqual((answer.status, answer.code), (403, 'room-banned'))
        self.assertEqual(self.invitations(paris), [invitation])

    def test_no_place_for_a_room(self):
        self.server.spoil('error', 'http://jabber.org/protocol/disco#items')
        self.addCleanup(self.server.spoil, 'none')
        answer = self.paris().post('/v1/rooms', {})
        self.assertEqual((answer.status, answer.code), (409, 'not-supported'))

    def test_inviting(self):
        rosaline = self.room_peer(ROSALINE)
        paris = self.paris()
        self.joined(paris)
        answer = paris.post('/v1/rooms/%s/invite' % self.room, {'jid': ROSALINE, 'text': 'Dance'})
        self.assertEqual(answer.status, 204)
        rosaline.wait_for('<invite', self.room, 'Dance')
        answer = paris.post('/v1/rooms/%s/invite' % self.room, {'jid': 'no address'})
        self.assertEqual(answer.status, 422)
        answer = paris.post('/v1/rooms/none@%s/invite' % SERVER, {'jid': ROSALINE})
        self.assertEqual(answer.status, 404)

    def test_a_private_room(self):
        rosaline = self.room_peer(ROSALINE)
        paris = self.paris()
        answer = paris.post('/v1/rooms', {'invite': [ROSALINE]})
        self.assertEqual(answer.status, 201, answer)
        self.room = answer.json['jid']
        self.assertTrue(self.room.startswith('private-chat-'), self.room)
        rosaline.wait_for('<invite', self.room)
        rosaline.enter(self.room, 'rosaline')
        self.assertEqual(self.say(paris, 'Alone at last').status, 202)
        rosaline.wait_for('<message', 'Alone at last')
        answer = paris.post('/v1/rooms', {'invite': ['no address']})
        self.assertEqual(answer.status, 422)

    def test_a_private_room_as_googles(self):
        romeo = self.room_peer(ROMEO)
        juliet = self.bridge.login(JULIET)
        juliet.wait_online()
        answer = juliet.post('/v1/rooms', {'invite': [ROMEO]})
        self.assertEqual(answer.status, 201, answer)
        self.room = answer.json['jid']
        self.assertRegex(self.room, r'^private-chat-[0-9a-f-]{36}@groupchat\.talk\.example$')
        self.assertNotIn('<reason', romeo.wait_for('<invite', self.room))
        romeo.enter(self.room, 'romeo')
        romeo.say(self.room, 'My love')
        juliet.wait_for('room.message', room=self.room, body='My love')
        self.assertEqual(self.say(juliet, 'Ay me').status, 202)
        romeo.wait_for('<message', 'Ay me')
        nurse = 'nurse@talk.example'
        answer = juliet.post('/v1/rooms/%s/invite' % self.room, {'jid': nurse})
        self.assertEqual(answer.status, 204)
        refused = juliet.wait_for('room.invite-refused', room=self.room)['data']
        self.assertEqual((refused['jid'], refused['reason']), (nurse, 'service-unavailable'))
        self.assertEqual([body for body in self.bodies(juliet)], ['My love', 'Ay me'])


if __name__ == '__main__':
    unittest.main()
