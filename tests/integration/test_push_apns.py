# SPDX-License-Identifier: GPL-2.0-or-later
"""gtalk-bridge-push and Apple's push service, over HTTP/2, before a stand-in that is as strict."""

import concurrent.futures
import time
import unittest

from cryptography.hazmat.primitives.asymmetric import ec
from gi.repository import GLib

from harness import eventually
from harness.apns_service import KEY_ID, TEAM_ID, TOPIC, ApnsService
from harness.push_case import PushProcessCase

SOON_MS = 700


class PushApns(PushProcessCase):
    def setUp(self):
        super().setUp()
        self.service = self.serve(ApnsService)

    def start(self, service=None, key=None, sandbox=None, topic=TOPIC, **options):
        service = service or self.service
        sandbox = sandbox or service
        return self.start_push(http2=True, allow=list({service.allow, sandbox.allow}),
                               credentials={'apns': key or service.key_file()},
                               options={'apns-url': service.url, 'apns-sandbox-url': sandbox.url,
                                        'apns-key-id': KEY_ID, 'apns-team-id': TEAM_ID,
                                        'apns-topic': topic}, **options)

    def test_a_device_gets_what_is_pushed(self):
        push, phone = self.start(), self.service.register()
        texts = [b'{"v":1}', b'x' * 2048]
        for text in texts:
            self.assert_result(push.send_apns(phone, text), 'delivered', status=200)
        self.assertEqual([one.text for one in phone.pushes], texts)
        first, second = (one.headers for one in phone.pushes)
        self.assertEqual((first['apns-push-type'], first['apns-priority'],
                          first['apns-collapse-id']), ('alert', '10', 'topic'))
        self.assertAlmostEqual(int(first['apns-expiration']), time.time() + 60, delta=30)
        self.assertEqual((first['apns-id'], first['authorization']),
                         (second['apns-id'], second['authorization']))
        self.assertEqual(phone.pushes[0].claims, {
            'alert': {'loc-key': 'GTALK_BRIDGE_NEWS'}, 'mutable-content': 1, 'sound': 'default',
            'thread-id': 'topic'})
        push.send_apns(phone, urgency='low', topic='', ttl=0, id='another')
        last = phone.pushes[-1].headers
        self.assertEqual((last['apns-push-type'], last['apns-priority'], last['apns-expiration']),
                         ('background', '5', '0'))
        self.assertNotIn('apns-collapse-id', last)
        self.assertNotEqual(last['apns-id'], first['apns-id'])
        self.assertEqual((self.service.refusals, self.service.connections), ([], 1))

    def test_what_does_not_fit_is_not_sent(self):
        push, phone = self.start(), self.service.register()
        self.assert_result(push.send_apns(phone, b'x' * 2049), 'too-large')
        for token in ('', 'xyz', 'ABCD', 'abc', '../device', 'a' * 202):
            phone.path = token
            self.assert_result(push.send_apns(phone), 'rejected', detail='unusable')
        self.assertEqual(self.service.requests, 0)

    def test_each_environment_has_its_host(self):
        sandbox = self.serve(ApnsService)
        sandbox.key = self.service.key
        push, phone = self.start(sandbox=sandbox), sandbox.register()
        phone.target = 'sandbox'
        self.assert_result(push.send_apns(phone), 'delivered')
        self.assertEqual((sandbox.requests, self.service.requests), (1, 0))

    def test_answers_are_judged(self):
        push, phone = self.start(), self.service.register()
        now_ms = int(time.time() * 1000)
        registered = GLib.Variant('x', now_ms * 1000)
        for status, said, result in (
                (400, {'reason': 'BadDeviceToken'}, 'gone'),
                (400, {'reason': 'DeviceTokenNotForTopic'}, 'gone'),
                (400, {'reason': 'BadCollapseId'}, 'rejected'),
                (400, {'reason': 'IdleTimeout'}, 'transient'),
                (400, None, 'rejected'),
                (404, {'reason': 'BadPath'}, 'rejected'),
                (405, {'reason': 'MethodNotAllowed'}, 'rejected'),
                (410, {'reason': 'Unregistered', 'timestamp': now_ms + 1}, 'gone'),
                (410, {'reason': 'ExpiredToken', 'timestamp': now_ms + 1}, 'gone'),
                (410, {'reason': 'Unregistered', 'timestamp': now_ms - 1}, 'transient'),
                (410, {'reason': 'Unregistered'}, 'gone'),
                (413, {'reason': 'PayloadTooLarge'}, 'too-large'),
                (429, {'reason': 'TooManyRequests'}, 'throttled'),
                (429, {'reason': 'TooManyProviderTokenUpdates'}, 'throttled'),
                (500, {'reason': 'InternalServerError'}, 'transient'),
                (503, {'reason': 'ServiceUnavailable'}, 'transient'),
                (503, {'reason': 'Shutdown'}, 'transient'),
                (499, {'reason': 'Unheard'}, 'rejected')):
            with self.subTest(status=status, said=said):
                phone.script = [(status, said)]
                self.assert_result(push.send_apns(phone, registered=registered), result,
                                   status=status)
        self.assertEqual((self.service.refusals, self.service.connections), ([], 1))

    def test_what_is_set_up_wrongly_is_not_tried_again_and_again(self):
        stranger = ApnsService(self.folder.path)
        self.addCleanup(stranger.close)
        phone = self.service.register()
        weak = ec.generate_private_key(ec.SECP384R1())
        mine, stranger.key = stranger.key, weak
        other_curve = stranger.key_file()
        stranger.key = mine
        for options, requests in (({'key': stranger.key_file()}, 1),
                                  ({'topic': 'org.example.x'}, 1),
                                  ({'key': other_curve}, 0), ({'key': 'no key'}, 0)):
            with self.subTest(**options):
                before = self.service.requests
                push = self.start(**options)
                for _ in range(2):
                    self.assert_result(push.send_apns(phone), 'config')
                self.assertEqual(self.service.requests - before, requests)
                push.close()
        self.assertEqual(phone.requests, 0)

    def test_a_token_is_not_signed_anew_within_twenty_minutes(self):
        push, phone = self.start(), self.service.register()
        push.send_apns(phone)
        self.service.expired.add(phone.pushes[0].headers['authorization'].split(' ')[1])
        self.assert_result(push.send_apns(phone), 'auth', status=403)
        self.assertEqual((self.service.requests, len(self.service.tokens)), (2, 1))

    def test_who_speaks_http1_is_not_apple(self):
        service = self.serve(ApnsService, protocols=('http/1.1',))
        push, phone = self.start(service, deadline_ms=5000), service.register()
        self.assertNotEqual(push.send_apns(phone)['result'], 'delivered')
        self.assertEqual(service.refusals[:1], ['no HTTP/2'])

    def test_many_at_once(self):
        push = self.start()
        phones = [self.service.register() for _ in range(60)]
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            for outcome in pool.map(push.send_apns, phones):
                self.assert_result(outcome, 'delivered')
        self.assertLessEqual(self.service.connections, 2)
        self.assertEqual(len(self.service.tokens), 1)

    def test_a_stream_that_is_refused_is_tried_again(self):
        push, phone = self.start(), self.service.register()
        push.send_apns(phone)
        self.service.faults = ['reset']
        # By libsoup itself, which would leave its body out.
        self.assert_result(push.send_apns(phone), 'delivered')
        self.assertEqual((self.service.requests, self.service.refusals), (3, []))

    def is_delivered(self, push, *phones):
        """A busy machine may need more than these tests' deadline for an answer, but not always."""
        with concurrent.futures.ThreadPoolExecutor(len(phones)) as pool:
            return {outcome['result'] for outcome in pool.map(push.send_apns, phones)} == {
                'delivered'}

    def test_nothing_hangs_when_the_connection_goes(self):
        push, phone = self.start(deadline_ms=SOON_MS), self.service.register()
        for fault in ('drop', 'goaway', 'silent'):
            with self.subTest(fault=fault):
                eventually(lambda: self.is_delivered(push, phone), what='a healthy service')
                self.service.faults = [fault]
                self.assert_result(push.send_apns(phone), 'unknown', status=0)
        eventually(lambda: self.is_delivered(push, phone), what='a healthy service')
        self.assertEqual(self.service.refusals, [])

    def test_what_the_library_never_ends_is_ended(self):
        """Of several requests on a connection that is reset, libsoup 3.2 leaves one hanging for
        ever mostly, and does not let it be cancelled."""
        push = self.start(deadline_ms=SOON_MS)
        phones = [self.service.register() for _ in range(8)]
        with concurrent.futures.ThreadPoolExecutor(len(phones)) as pool:
            for _ in range(4):
                eventually(lambda: self.is_delivered(push, *phones), what='a healthy service')
                self.service.faults = ['drop'] * 3
                for outcome in pool.map(push.send_apns, phones):
                    self.assertIn(outcome['result'], ('unknown', 'delivered'))
                self.service.faults = []
        eventually(lambda: self.is_delivered(push, phones[0]), what='a healthy service')
        eventually(lambda: push.probe()['under-way'] == 0, what='the end of all')


if __name__ == '__main__':
    unittest.main()
