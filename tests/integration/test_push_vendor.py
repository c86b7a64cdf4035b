# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices that are woken by the service of whoever made them: from the message to the device."""

import json
import os
import unittest

from harness import eventually
from harness.api import Api
from harness.apns_service import KEY_ID, TEAM_ID, TOPIC, ApnsService
from harness.case import BridgeCase
from harness.fcm_service import FcmService, error
from harness.process import build_dir
from test_push import PARIS, ROMEO, ROSALINE, PushCase

# A conversation is not heard of twice in five seconds; another one is.
NURSE = 'nurse@talk.example'
MERCUTIO = 'mercutio@talk.example'
SHIFT = 'tests/harness/clock-shift.so'
DAY_S = 24 * 3600


class PushVendorTest(PushCase):
    def setUp(self):
        BridgeCase.setUp(self)
        self.fcm = FcmService(self.server.folder)
        self.addCleanup(self.fcm.close)
        self.account = self.scratch / 'account.json'
        self.account.write_text(self.fcm.account())
        self.account.chmod(0o600)
        self.apns = ApnsService(self.server.folder)
        self.addCleanup(self.apns.close)
        self.sandbox = ApnsService(self.server.folder)
        self.addCleanup(self.sandbox.close)
        self.sandbox.key = self.apns.key
        self.key = self.scratch / 'apns.p8'
        self.key.write_text(self.apns.key_file())
        self.key.chmod(0o600)
        self.clock = self.scratch / 'clock'
        self.set_ahead(0)
        environment = {'LD_PRELOAD': build_dir() / SHIFT, 'GTALK_CLOCK_SHIFT': self.clock}
        if 'ASAN_OPTIONS' in os.environ:  # a sanitizer has to come first
            environment = {}
        push = ['types=fcm;apns',
                'allow=%s;%s;%s' % (self.fcm.allow, self.apns.allow, self.sandbox.allow),
                'fcm-account=%s' % self.account, 'fcm-url=%s/' % self.fcm.url,
                'fcm-token-url=' + self.fcm.token_url,
                'apns-key=%s' % self.key, 'apns-key-id=' + KEY_ID, 'apns-team-id=' + TEAM_ID,
                'apns-topic=' + TOPIC, 'apns-url=' + self.apns.url,
                'apns-sandbox-url=' + self.sandbox.url]
        self.start_bridge(environment=environment,
                          groups={'store': ['history-days=3650'], 'push': push})
        self.phone = self.login('phone')
        self.phone.wait_online()
        self.friend = self.peer(ROSALINE)

    def set_ahead(self, days):
        """In its place, for who has it mapped."""
        with open(self.clock, 'r+b' if self.clock.exists() else 'wb') as clock:
            clock.write((days * DAY_S).to_bytes(8, 'little', signed=True))

    def put_apns(self, device, environment, **more):
        answer = self.phone.put('/v1/push/apns', {'token': device.path, 'environment': environment,
                                                  'keys': device.device.keys, **more})
        self.assertIn(answer.status, (200, 201), answer)
        return answer

    def put(self, device, **more):
        return self.phone.put('/v1/push/fcm', {device.target: device.path,
                                               'keys': device.device.keys, **more})

    def test_firebase_wakes_a_device(self):
        pixel = self.fcm.register('pixel')
        answer = self.put(pixel, content='full')
        self.assertEqual((answer.status, answer.json['origin'], answer.json['verified']),
                         (201, None, False))
        self.assertNotIn(pixel.path, json.dumps(answer.json))
        self.verify(self.phone, pixel, 'fcm')
        self.friend.send(PARIS, 'wherefore')
        push = self.wait_for_body(pixel, 'wherefore')
        self.assertEqual((self.said(push)['type'], push.claims['android']['priority']),
                         ('message', 'HIGH'))
        self.assertNotIn('collapse_key', push.claims['android'])

        # The account is in the store, not in clear, and its file may go.
        self.account.unlink()
        secret = json.loads(self.fcm.account())['private_key'].splitlines()[3].encode()
        for path in self.bridge.store.parent.iterdir():
            if path.is_file():
                self.assertNotIn(secret, path.read_bytes())
        self.start_again()
        eventually(lambda: self.phone.get('/v1/push/fcm').status == 200, what='the store')
        self.assertEqual(self.put(pixel, content='none').json['verified'], True)
        self.friend.send(PARIS, 'again')
        eventually(lambda: pixel.pushes[-1].claims['android'].get('collapse_key') == 'm',
                   what='a push that says nothing')
        self.assertEqual(self.said(pixel.pushes[-1])['type'], 'new')

        # A message that the service will not take is not the end of it, a device's is.
        pixel.script = [error(500, 'INTERNAL')]
        metrics = Api(self.bridge.control_socket)
        self.peer(NURSE).send(PARIS, 'for nothing')
        eventually(lambda: self.phone.get('/v1/push/fcm').json['attempts'] == 1, what='a failure')
        self.assertIn('push_attempts_total{service="fcm",result="transient"} 1\n',
                      metrics.get('/metrics').body.decode())
        del self.fcm.devices[pixel.path]
        self.assertIn('gone', self.bridge.ctl('push', 'test', self.phone.login['device']['id'],
                                              'fcm'))
        self.assertEqual(self.fcm.refusals, [])

    def test_apple_wakes_a_device(self):
        phone = self.sandbox.register()
        answer = self.phone.put('/v1/push/apns', {
            'token': phone.path.upper(), 'environment': 'sandbox', 'keys': phone.device.keys,
            'content': 'full'})
        self.assertEqual((answer.status, answer.json['origin']), (201, None))
        self.verify(self.phone, phone, 'apns')
        self.friend.send(PARIS, 'wherefore')
        push = self.wait_for_body(phone, 'wherefore')
        self.assertEqual(push.headers['apns-push-type'], 'alert')
        cursor = self.phone.wait_for('message', body='wherefore')['cursor']
        tablet = self.login('tablet')
        self.assertEqual(tablet.put('/v1/contacts/%s/read' % ROSALINE,
                                    {'cursor': cursor}).status, 204)
        eventually(lambda: phone.pushes[-1].headers['apns-push-type'] == 'background',
                   what='the withdrawal')
        self.assertEqual(phone.pushes[-1].headers['apns-collapse-id'],
                         push.headers['apns-collapse-id'])
        # Of a registration that is older than this one: not the end of it.
        phone.script = [(410, {'reason': 'Unregistered', 'timestamp': 1})]
        self.peer(NURSE).send(PARIS, 'again')
        self.wait_for_body(phone, 'again')
        self.assertEqual(self.sandbox.refusals, [])
        # Apple takes no other token so soon, whoever has ended meanwhile.
        self.start_again(kill=False)
        self.peer(ROMEO).send(PARIS, 'what, drawn')
        self.wait_for_body(phone, 'what, drawn')
        self.assertEqual(phone.pushes[-1].headers['authorization'],
                         push.headers['authorization'])
        del self.sandbox.devices[phone.path]
        self.peer(MERCUTIO).send(PARIS, 'are you there')
        event = self.phone.wait_for('push.trouble')
        self.assertEqual((event['data']['type'], event['data']['reason']), ('apns', 'gone'))
        for body in ({'token': 'abc', 'keys': phone.device.keys},
                     {'token': 'xy', 'keys': phone.device.keys},
                     {'token': 'ab', 'environment': 'moon', 'keys': phone.device.keys}):
            self.assertEqual(self.phone.put('/v1/push/apns', body).status, 422)

    def test_who_never_registers_anew_is_left_alone(self):
        if 'ASAN_OPTIONS' in os.environ:
            self.skipTest('a sanitizer has to come first')
        pixel, phone = self.fcm.register('pixel'), self.apns.register()
        self.put(pixel, content='full')
        self.verify(self.phone, pixel, 'fcm')
        self.put_apns(phone, 'production', content='full')
        self.verify(self.phone, phone, 'apns')
        self.set_ahead(61)
        self.friend.send(PARIS, 'in two months')
        self.wait_for_body(phone, 'in two months')
        self.assertEqual(pixel.requests, 1)
        self.assertTrue(self.put(pixel, content='full').json['verified'])
        self.wait_for_body(pixel, 'in two months')
        self.set_ahead(61 + 271)
        self.friend.send(PARIS, 'in a year')
        event = self.phone.wait_for('push.trouble')
        self.assertEqual((event['data']['type'], event['data']['reason']), ('fcm', 'stale'))
        self.assertEqual(self.phone.get('/v1/push/fcm').status, 404)

    def test_a_device_is_looked_for_where_it_was(self):
        phone = self.sandbox.register()
        self.put_apns(phone, 'sandbox')
        self.verify(self.phone, phone, 'apns')
        self.assertFalse(self.put_apns(phone, 'production', content='full').json['verified'])
        challenge = self.said(phone.wait(2)[1])['data']
        self.assertEqual(self.phone.post('/v1/push/apns/verify', challenge).status, 204)
        self.assertEqual(self.apns.requests, 1)
        self.friend.send(PARIS, 'wherefore')
        self.wait_for_body(phone, 'wherefore')
        self.assertEqual(self.apns.requests, 1)
        # Only once.
        del self.sandbox.devices[phone.path]
        self.put_apns(phone, 'production')
        event = self.phone.wait_for('push.trouble')
        self.assertEqual((event['data']['type'], event['data']['reason']), ('apns', 'gone'))
        self.assertEqual(self.apns.requests, 2)

    def test_the_device_is_told_of_its_end(self):
        pixel = self.fcm.register('pixel', 'fid')
        self.put(pixel)
        self.verify(self.phone, pixel, 'fcm')
        del self.fcm.devices[pixel.path]
        self.friend.send(PARIS, 'are you there')
        event = self.phone.wait_for('push.trouble')
        self.assertEqual((event['data']['type'], event['data']['reason']), ('fcm', 'gone'))
        self.assertEqual(self.phone.get('/v1/push/fcm').status, 404)

    def test_what_is_not_accepted(self):
        pixel = self.fcm.register('pixel')
        keys = pixel.device.keys
        for body in ({'token': 'a b', 'keys': keys}, {'token': '', 'keys': keys},
                     {'token': '{"x":1}', 'keys': keys}, {'token': 'a', 'fid': 'b', 'keys': keys},
                     {'token': 'a', 'keys': {'p256dh': 'AAAA', 'auth': 'AAAA'}}):
            with self.subTest(body=body):
                self.assertEqual(self.phone.put('/v1/push/fcm', body).status, 422)
        for body in ({'keys': keys}, {'token': 'a'}, {'endpoint': pixel.url, 'keys': keys}):
            with self.subTest(body=body):
                self.assertEqual(self.phone.put('/v1/push/fcm', body).status, 400)


if __name__ == '__main__':
    unittest.main()
