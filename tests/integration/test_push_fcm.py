# SPDX-License-Identifier: GPL-2.0-or-later
"""gtalk-bridge-push and Firebase Cloud Messaging, before a stand-in that is as strict."""

import concurrent.futures
import json
import subprocess
import time
import unittest

from cryptography.hazmat.primitives.asymmetric import rsa
from gi.repository import GLib

from harness.fcm_service import FcmService, error
from harness.push_case import PushProcessCase
from harness.web_push import decode


class PushFcm(PushProcessCase):
    def setUp(self):
        super().setUp()
        self.service = self.serve(FcmService)

    def start(self, account=None, **options):
        return self.start_push(allow=[self.service.allow],
                               credentials={'fcm': account or self.service.account()},
                               options={'fcm-url': self.service.url + '/',
                                        'fcm-token-url': self.service.token_url}, **options)

    def test_a_device_gets_what_is_pushed(self):
        push, phone = self.start(), self.service.register('phone')
        texts = [b'{"v":1}', b'x' * 2048]
        for text in texts:
            self.assert_result(push.send_fcm(phone, text), 'delivered', status=200)
        self.assertEqual([one.text for one in phone.pushes], texts)
        self.assertEqual(phone.pushes[0].claims['android'], {'priority': 'HIGH', 'ttl': '60s'})
        self.assert_result(push.send_fcm(phone, ttl=2 ** 32 - 1, urgency='low',
                                         collapse=GLib.Variant('b', True)), 'delivered')
        self.assertEqual(phone.pushes[-1].claims['android'],
                         {'priority': 'NORMAL', 'ttl': '2419200s', 'collapse_key': 'm'})
        tablet = self.service.register('tablet', 'fid')
        self.assert_result(push.send_fcm(tablet), 'delivered')
        self.assertEqual((self.service.refusals, self.service.token_requests), ([], 1))

    def test_its_statement_is_signed_as_openssl_signs(self):
        """The scheme knows no chance: the same octets, signed by another program, are the same."""
        push, phone = self.start(), self.service.register('phone')
        self.assert_result(push.send_fcm(phone), 'delivered')
        said, _, signature = self.service.assertions[0].rpartition('.')
        key = self.scratch / 'key.pem'
        key.write_text(json.loads(self.service.account())['private_key'])
        done = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', key], input=said.encode(),
                              capture_output=True, check=True)
        self.assertEqual(done.stdout, decode(signature))

    def test_what_does_not_fit_is_not_sent(self):
        push, phone = self.start(), self.service.register('phone')
        self.assert_result(push.send_fcm(phone, b'x' * 2049), 'too-large')
        self.assertEqual(phone.requests, 0)

    def test_answers_are_judged(self):
        push, phone = self.start(), self.service.register('phone')
        html = {'Content-Type': 'text/html', 'body': b'<html>502. That\xe2\x80\x99s an error.'}
        for answer, result, wait in (
                (error(400, 'INVALID_ARGUMENT', 'message.token'), 'gone', 0),
                (error(400, 'INVALID_ARGUMENT', 'message.fid'), 'gone', 0),
                (error(400, 'INVALID_ARGUMENT', 'message.android.ttl'), 'rejected', 0),
                (error(400, 'INVALID_ARGUMENT', message='Android message is too big'),
                 'too-large', 0),
                (error(403, 'SENDER_ID_MISMATCH'), 'gone', 0),
                (error(404, 'UNREGISTERED'), 'gone', 0),
                (error(429, 'QUOTA_EXCEEDED'), 'throttled', 60),
                ((429, {**error(429, 'QUOTA_EXCEEDED')[1], 'Retry-After': '7'}), 'throttled', 7),
                (error(500, 'INTERNAL'), 'transient', 0),
                ((503, {'Retry-After': '120'}), 'transient', 120),
                ((502, html), 'transient', 0),
                ((404, html), 'config', 0)):
            with self.subTest(answer=answer):
                phone.script = [answer]
                self.assert_result(push.send_fcm(phone), result, **{'retry-after': wait})
        self.assertEqual(self.service.refusals, [])

    def test_what_is_set_up_wrongly_is_not_tried_again_and_again(self):
        for answer in (error(401, 'THIRD_PARTY_AUTH_ERROR'), error(403), error(404)):
            with self.subTest(answer=answer):
                push, phone = self.start(), self.service.register('phone')
                phone.script = [answer]
                self.assert_result(push.send_fcm(phone), 'config', status=answer[0])
                self.assert_result(push.send_fcm(phone), 'config', detail='paused', status=0)
                self.assertEqual(phone.requests, 1)
                self.assertIn('set up wrongly', push.show_log())
                push.close()

    def test_a_refused_token_is_renewed_once(self):
        push, phone = self.start(), self.service.register('phone')
        push.send_fcm(phone)
        self.service.revoke()
        self.assert_result(push.send_fcm(phone), 'delivered')
        self.assertEqual(self.service.token_requests, 2)
        phone.script = [error(401), error(401)]
        self.assert_result(push.send_fcm(phone), 'auth', status=401)
        self.assertEqual((phone.requests, self.service.token_requests), (4, 3))

    def test_a_token_is_renewed_before_it_expires(self):
        self.service.lifetime_s = 299
        push, phone = self.start(), self.service.register('phone')
        for _ in range(3):
            self.assert_result(push.send_fcm(phone), 'delivered')
        self.assertEqual(self.service.token_requests, 3)
        # One that is good for a while yet is used where there is no other.
        self.service.token_script = [(503, {})]
        self.assert_result(push.send_fcm(phone), 'delivered')
        self.service.lifetime_s = 3600
        for _ in range(3):
            self.assert_result(push.send_fcm(phone), 'delivered')
        self.assertEqual(self.service.token_requests, 5)

    def test_many_wait_for_one_token(self):
        push = self.start()
        phones = [self.service.register('phone-%d' % i) for i in range(20)]
        with concurrent.futures.ThreadPoolExecutor(len(phones)) as pool:
            for outcome in pool.map(push.send_fcm, phones):
                self.assert_result(outcome, 'delivered')
        self.assertEqual(self.service.token_requests, 1)

    def test_without_a_token_nothing_is_sent(self):
        push, phone = self.start(), self.service.register('phone')
        for answer, result in (((503, {'Retry-After': '30'}), 'transient'),
                               ((429, {}), 'transient'),
                               ((200, {'body': b'{}'}), 'transient'),
                               ((200, {'body': b'[' * 4000}), 'transient'),
                               ((200, {'body': b'{"access_token":"a\\r\\nb","expires_in":9}'}),
                                'transient'),
                               ((400, {'body': b'{"error":"invalid_grant"}'}), 'config')):
            with self.subTest(answer=answer):
                self.service.token_script = [answer]
                self.assert_result(push.send_fcm(phone), result, status=0)
        self.assertEqual(phone.requests, 0)

    def test_who_is_nobody_there_pushes_nothing(self):
        phone = self.service.register('phone')
        stranger = rsa.generate_private_key(65537, 2048)
        mine, self.service.key = self.service.key, stranger
        forged = self.service.account()
        self.service.key = rsa.generate_private_key(65537, 1024)
        weak = self.service.account()
        self.service.key = mine
        for account in (forged, weak, self.service.account(private_key='none'),
                        self.service.account(project_id='../x'), '[]', 'no JSON'):
            with self.subTest(account=account[:60]):
                push = self.start(account)
                self.assert_result(push.send_fcm(phone), 'config', status=0)
                push.close()
        self.assertEqual(phone.requests, 0)

    def test_who_does_not_answer_is_left(self):
        push, phone = self.start(deadline_ms=1000), self.service.register('phone')
        self.assert_result(push.send_fcm(phone), 'delivered')
        held = self.service.take
        self.service.take = lambda *_: time.sleep(2) or (200, {})
        self.assert_result(push.send_fcm(phone), 'unknown', detail='no-answer')
        self.service.take = held
        self.assert_result(push.send_fcm(phone), 'delivered')


if __name__ == '__main__':
    unittest.main()
