# SPDX-License-Identifier: GPL-2.0-or-later
"""The bridge beside ejabberd: its rooms, and what is shown of an account over reconnects."""

import unittest
import uuid

from harness import Ejabberd, eventually
from harness.api import password
from harness.bridge import domain_section
from harness.case import BridgeCase
from harness.peer import RoomPeer
from harness.relay import Relay

JULIET = 'juliet@ejabberd.example'
ROMEO = 'romeo@ejabberd.example'
ROOMS = 'conference.ejabberd.example'


class EjabberdCase(BridgeCase):
    @classmethod
    def make_server(cls, scratch):
        return Ejabberd(scratch / 'server')

    def setUp(self):
        super().setUp()
        self.wire = Relay(self.server.host, self.server.port)
        self.addCleanup(self.wire.close)
        self.start_bridge(domains={'ejabberd.example': domain_section(self.wire,
                                                                     'ejabberd.example')})
        self.romeo = RoomPeer(self.server, ROMEO)
        self.addCleanup(self.romeo.close)
        self.device = self.bridge.api.login(JULIET, password(self.server.password(JULIET)))
        self.device.wait_online()

    def sign_in_again(self, device):
        """By a new daemon; the old one was killed without a word."""
        self.bridge.kill()
        self.bridge.start()
        device.wait_online()


class RoomsTest(EjabberdCase):
    def setUp(self):
        super().setUp()
        self.room = '%s@%s' % (uuid.uuid4().hex, ROOMS)
        self.romeo.enter(self.room, 'romeo')

    def join(self, **members):
        return self.device.put('/v1/rooms/' + self.room, members)

    def get(self):
        return self.device.get('/v1/rooms/' + self.room)

    def bodies(self):
        answer = self.device.get('/v1/messages?limit=200&with=' + self.room)
        return [event['data']['body'] for event in answer.json['messages']][::-1]

    def say(self, body):
        id = str(uuid.uuid4())
        answer = self.device.post('/v1/messages', {'id': id, 'to': self.room, 'body': body})
        self.assertEqual(answer.status, 202, answer)
        return id

    def wait_for_members(self, *nicks):
        eventually(lambda: sorted(member['nick'] for member in self.get().json['members'])
                   == sorted(nicks), what='members %s' % (nicks,))

    def test_a_conversation_over_a_restart(self):
        self.romeo.say(self.room, 'before')
        answer = self.join(nick='juliet')
        self.assertEqual((answer.status, answer.json['state']), (200, 'joined'), answer)
        self.device.wait_for('room.message', body='before')
        self.wait_for_members('juliet', 'romeo')
        accepted = self.say('Good <morrow>')
        self.romeo.wait_for('<message', 'Good &lt;morrow&gt;')
        self.device.wait_for('message.status', id=accepted, status='accepted')
        self.bridge.kill()
        eventually(lambda: self.romeo.saw('<presence', self.room + '/juliet', 'unavailable'),
                   what='her absence')
        self.romeo.say(self.room, 'missed')
        self.romeo.sync()
        self.bridge.start()
        self.device.wait_online()
        self.device.wait_for('room.message', body='missed')
        self.wait_for_members('juliet', 'romeo')
        self.say('back')
        self.romeo.wait_for('<message', '>back<')
        self.assertEqual(self.bodies(), ['before', 'Good <morrow>', 'missed', 'back'])
        self.assertEqual(self.device.delete('/v1/rooms/' + self.room).status, 204)
        self.assertEqual(self.get().status, 404)

    def test_why_a_room_cannot_be_entered(self):
        self.check_refused(409, 'room-nickname-taken', nick='romeo')
        self.romeo.configure(self.room, membersonly=1)
        self.check_refused(403, 'room-members-only')
        self.romeo.configure(self.room, membersonly=0, passwordprotectedroom=1, roomsecret='rose')
        self.check_refused(403, 'room-password')
        self.assertEqual(self.join(password='rose').status, 200)
        self.assertEqual(self.device.delete('/v1/rooms/' + self.room).status, 204)
        self.romeo.affiliate(self.room, JULIET, 'outcast')
        self.check_refused(403, 'room-banned', password='rose')

    def check_refused(self, status, code, **members):
        answer = self.join(**members)
        self.assertEqual((answer.status, answer.code), (status, code), answer)

    def test_who_is_thrown_out_is_told(self):
        self.join(nick='juliet')
        self.romeo.kick(self.room, 'juliet', 'Away')
        left = self.device.wait_for('room.state', room=self.room, state='left')['data']
        self.assertEqual((left['reason'], left['detail']), ('kicked', 'Away'))
        self.join(nick='juliet')
        self.romeo.destroy(self.room, 'Closed', 'elsewhere@' + ROOMS)
        left = self.device.wait_for('room.state', room=self.room, reason='gone')['data']
        self.assertEqual(left['alternative'], 'elsewhere@' + ROOMS)


class PresenceTest(EjabberdCase):
    def put(self, **members):
        return self.device.put('/v1/presence', members)

    def seen(self):
        """What the contact has been shown of her since the list was cleared."""
        self.romeo.sync()
        return {kind for full, kind in list(self.romeo.presences)
                if full.startswith(JULIET + '/') and kind != 'unavailable'}

    def test_it_is_restored(self):
        """Nothing that is more visible is shown before."""
        self.assertEqual(self.put(show='dnd', status='At the ball').status, 200)
        eventually(lambda: 'dnd' in self.seen(), what='dnd')
        self.romeo.presences.clear()
        self.sign_in_again(self.device)
        self.romeo.send(JULIET, 'I know')
        self.device.wait_for('message', body='I know')
        eventually(self.seen, what='presence')
        self.assertEqual(self.seen(), {'dnd'})
        presence = self.device.get('/v1/presence').json
        self.assertEqual((presence['show'], presence['status'], presence['shown']),
                         ('dnd', 'At the ball', 'dnd'))

    def check_is_back(self, show, *reasons):
        """Of her own accord, as she was, with what came meanwhile."""
        told = self.device.wait_for('account.state', state='waiting')['data']
        self.assertIn(told['reason'], reasons)
        self.romeo.send(JULIET, 'meanwhile ' + show)
        self.device.wait_for('account.state', state='online')
        self.device.wait_for('message', body='meanwhile ' + show)
        eventually(lambda: show in self.seen(), what='presence')
        self.assertEqual(self.seen(), {show})
        self.assertEqual(self.device.send(ROMEO, 'back, ' + show).status, 202)
        self.romeo.wait_for_message('back, ' + show)
        self.assertEqual([event['data']['body'] for event in self.device.of_type('message')],
                         ['meanwhile ' + show])
        self.assertEqual(self.romeo.errors, [])

    def be(self, show):
        self.assertEqual(self.put(show=show, status='At the ball').status, 200)
        eventually(lambda: show in self.seen(), what=show)
        self.device.poll()
        self.device.events.clear()
        self.romeo.presences.clear()

    def test_after_a_dropped_link(self):
        for show in ('away', 'xa'):
            with self.subTest(show):
                self.be(show)
                self.wire.cut()
                self.check_is_back(show, 'unreachable', 'server')

    def test_after_a_stream_error(self):
        self.be('xa')
        resource = self.device.account()['bound_jid'].split('/')[1]
        self.server.command('kick_session', user='juliet', host='ejabberd.example',
                            resource=resource, reason='as the test asked')
        self.check_is_back('xa', 'conflict', 'policy')
        self.assertNotEqual(self.device.account()['bound_jid'].split('/')[1], resource)

    def test_invisible(self):
        """It knows no way to hide that the plugin does: the account is shown as offline, and stays
        so until something else is chosen."""
        eventually(self.seen, what='presence')
        answer = self.put(show='dnd', invisible=True)
        self.assertEqual((answer.status, answer.code), (409, 'not-supported'), answer)
        eventually(lambda: not self.romeo.sees(JULIET), what='nobody seen')
        self.romeo.presences.clear()
        self.sign_in_again(self.device)
        self.romeo.send(self.device.account()['bound_jid'], 'I know')
        self.device.wait_for('message', body='I know')
        presence = self.device.get('/v1/presence').json
        self.assertEqual((presence['invisible'], presence['shown']), (True, 'unavailable'))
        self.assertEqual(self.seen(), set())
        self.assertEqual(self.put(show='dnd').status, 200)
        eventually(self.seen, what='presence')
        self.assertEqual(self.seen(), {'dnd'})


if __name__ == '__main__':
    unittest.main()
