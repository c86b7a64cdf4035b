# SPDX-License-Identifier: GPL-2.0-or-later
"""Several devices of one account: attaching, reading and acknowledging, leaving, erasing."""

import unittest

from harness import Device, eventually
from harness.api import password, token
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'


class DevicesTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.romeo = self.peer(ROMEO)
        self.start_bridge()
        self.phone = self.bridge.login(JULIET, name='phone')
        self.session = self.server.sessions(JULIET)[0]['jid']

    def check_same_session(self):
        self.assertEqual([s['jid'] for s in self.server.sessions(JULIET)], [self.session])
        self.assertTrue(self.phone.is_online())

    def receive(self, *bodies):
        for body in bodies:
            self.romeo.send(JULIET, body)
        return [self.phone.wait_for('message', body=body)['cursor'] for body in bodies]

    def unread(self, device):
        """What a reader without `after` gets."""
        return [event['data']['body'] for event in device.get('/v1/events').json['events']
                if event['type'] == 'message']

    def test_the_same_credential_attaches(self):
        before = len(self.server.auths())
        tablet = self.bridge.login(JULIET, name='tablet')
        self.assertNotEqual(tablet.token, self.phone.token)
        self.assertEqual(tablet.login['account']['id'], self.phone.login['account']['id'])
        self.assertEqual(len(self.server.auths()), before, 'no new sign-in')
        self.check_same_session()
        names = {d['name'] for d in tablet.get('/v1/devices').json['devices']}
        self.assertEqual(names, {'phone', 'tablet'})

    def test_by_pages(self):
        devices = [self.phone] + [self.bridge.login(JULIET, name=name) for name in 'abcd']
        everybody = self.phone.get('/v1/devices').json
        self.assertIsNone(everybody['next'])
        self.assertEqual([device['id'] for device in everybody['devices']],
                         [device.login['device']['id'] for device in devices])
        self.assertEqual(self.phone.by_pages('/v1/devices', 'devices', 2), everybody['devices'])
        first = self.phone.get('/v1/devices?limit=2').json
        devices[1].delete('/v1/devices/self')  # the last one of that page
        second = self.phone.get('/v1/devices?limit=2&page=' + first['next']).json
        self.assertEqual(second['devices'], everybody['devices'][2:4])

    def test_another_credential_must_prove_itself(self):
        for auth in (token('wrong'), password('wrong'), token(self.server.token(ROMEO))):
            answer = self.bridge.api.try_login(JULIET, auth)
            self.assertEqual((answer.status, answer.code), (422, 'credentials-refused'))
            self.check_same_session()
        self.server.control('token', jid=JULIET, token='another', kind='oauth', lifetime=3600)
        tablet = self.bridge.api.login(JULIET, token('another'))
        self.assertEqual(tablet.login['account']['id'], self.phone.login['account']['id'])
        self.receive('for both')
        tablet.wait_for('message', body='for both')

    def test_each_sees_what_the_other_sends(self):
        tablet = self.bridge.login(JULIET, name='tablet')
        name = self.phone.send(ROMEO, 'from the phone').json['id']
        event = tablet.wait_for('message.sent', id=name)
        self.assertEqual(event['data']['body'], 'from the phone')
        self.assertEqual(event['data']['device'], self.phone.login['device']['id'])

    def test_ids_are_scoped_to_their_device(self):
        tablet = self.bridge.login(JULIET, name='tablet')
        name = '7a04ba70-5b2e-4d5f-8f1a-3b7d3cf2f0aa'
        self.assertEqual(self.phone.send(ROMEO, 'one', name).status, 202)
        self.assertEqual(tablet.send(ROMEO, 'two', name).status, 202)
        self.romeo.wait_for_message('one')
        self.romeo.wait_for_message('two')

    def test_each_acknowledges_for_itself(self):
        tablet = self.bridge.login(JULIET, name='tablet')
        cursors = self.receive('one', 'two', 'three')
        self.assertEqual(self.unread(self.phone), ['one', 'two', 'three'])
        self.assertLess(self.phone.ack(cursors[1]).status, 300)
        self.assertEqual(self.unread(self.phone), ['three'])
        self.assertEqual(self.unread(tablet), ['one', 'two', 'three'])
        # going back is no acknowledgement, and history stays
        self.assertLess(self.phone.ack(cursors[0]).status, 300)
        self.assertEqual(self.unread(self.phone), ['three'])
        again = Device(self.bridge.api, self.phone.login)
        again.wait_for('message', body='one')

    def test_positions_survive_a_kill(self):
        cursors = self.receive('one', 'two')
        self.phone.ack(cursors[0])
        self.bridge.kill()
        self.bridge.start()
        self.assertEqual(self.unread(self.phone), ['two'])
        self.phone.wait_online()
        self.receive('three')
        self.assertEqual(self.unread(self.phone), ['two', 'three'])

    def test_a_removed_device(self):
        tablet = self.bridge.login(JULIET, name='tablet')
        self.assertEqual(self.phone.delete('/v1/devices/' + tablet.login['device']['id']).status,
                         204)
        self.assertEqual(tablet.get('/v1/account').code, 'token-revoked')
        self.check_same_session()
        self.assertEqual(self.phone.delete('/v1/devices/self').status, 204)
        self.assertEqual([s['jid'] for s in self.server.sessions(JULIET)], [self.session],
                         'the account stays signed in')
        self.bridge.stop()
        self.bridge.start()
        self.assertEqual(tablet.get('/v1/account').code, 'token-revoked')

    def test_an_erased_account_leaves_nothing(self):
        self.receive('to be forgotten')
        tablet = self.bridge.login(JULIET, name='tablet')
        self.assertEqual(tablet.delete('/v1/account').status, 204)
        eventually(lambda: not self.server.sessions(JULIET), what='signed out')
        for device in (self.phone, tablet):
            self.assertEqual(device.get('/v1/account').code, 'account-erased')
        again = self.bridge.login(JULIET)
        self.assertEqual(self.unread(again), [])
        self.assertNotEqual(again.login['account']['id'], self.phone.login['account']['id'])
        self.bridge.kill()
        self.bridge.start()
        self.assertEqual(self.phone.get('/v1/account').code, 'account-erased')

    def test_a_long_poll_ends_with_the_first_event(self):
        self.phone.poll()
        self.romeo.send(JULIET, 'now')
        # One may end with what is only for the moment, such as presence.
        while not any(event['data'].get('body') == 'now' for event in self.phone.poll(wait=50)):
            pass
        self.assertEqual([event for event in self.phone.poll(wait=0) if 'cursor' in event], [])

    def test_a_reader_is_told_of_the_end(self):
        """A long poll that waits when its account is erased ends."""
        tablet = self.bridge.login(JULIET, name='tablet')
        stream = tablet.stream(after=tablet.cursor)
        self.receive('first')
        next(stream)
        self.phone.delete('/v1/account')
        self.assertLess(len(list(stream)), 20)


if __name__ == '__main__':
    unittest.main()
