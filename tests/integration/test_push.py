# SPDX-License-Identifier: GPL-2.0-or-later
"""What arrives reaches a device that sleeps: subscriptions by the API, verified by challenge, and
what they are sent, before stand-ins that are as strict as the real services."""

import datetime
import json
import unittest

from harness import eventually
from harness.api import Api, password, token
from harness.case import BridgeCase
from harness.push_service import PushService

PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
BOTH = 'types=webpush;webhook'


class PushCase(BridgeCase):
    def setUp(self):
        super().setUp()
        self.service = PushService(self.server.folder)
        self.addCleanup(self.service.close)
        self.start_bridge(groups={'push': [BOTH, 'contact=mailto:push@example.org',
                                           'allow=' + self.service.allow]})
        self.phone = self.login('phone')
        self.phone.wait_online()
        self.friend = self.peer(ROSALINE)

    def login(self, name):
        return self.bridge.api.login(PARIS, password(self.server.password(PARIS)), name=name)

    def subscribe(self, device, resource, kind='webpush', **more):
        """The answer to a subscription that is not verified yet."""
        body = {'endpoint': resource.url, **more}
        if kind == 'webpush':
            body['keys'] = resource.device.keys
        answer = device.put('/v1/push/' + kind, body)
        self.assertEqual(answer.status, 201, answer)
        if 'secret' in answer.json:
            resource.secrets = [answer.json['secret']]
        return answer.json

    def verify(self, device, resource, kind='webpush'):
        said = self.said(resource.wait(1)[0])
        self.assertEqual((said['type'], list(said['data'])), ('verify', ['challenge']))
        answer = device.post('/v1/push/%s/verify' % kind, said['data'])
        self.assertEqual(answer.status, 204, answer)

    def verified(self, name, device=None, kind='webpush', **more):
        """A resource that the device has subscribed with."""
        resource = self.service.subscribe(name, 'hook' if kind == 'webhook' else 'push')
        device = device or self.phone
        self.subscribe(device, resource, kind, **more)
        self.verify(device, resource, kind)
        return resource

    def start_again(self, kill=True):
        if kill:
            self.bridge.kill()
        else:
            self.bridge.stop()
        self.bridge.start()

    @staticmethod
    def quiet_hours():
        """Now, and for an hour."""
        now = datetime.datetime.now(datetime.timezone.utc)
        hour = datetime.timedelta(hours=1)
        return {'from': (now - hour).strftime('%H:%M'), 'to': (now + hour).strftime('%H:%M')}

    @staticmethod
    def said(push):
        return json.loads(push.text)

    def bodies(self, resource):
        return [self.said(push)['data'].get('body') for push in resource.pushes[1:]]

    def wait_for_body(self, resource, body):
        eventually(lambda: body in self.bodies(resource),
                   what='%r among %r' % (body, self.bodies(resource)))
        return next(push for push in resource.pushes
                    if self.said(push)['data'].get('body') == body)


class PushTest(PushCase):
    def test_a_message_reaches_a_sleeping_device(self):
        resource = self.service.subscribe('phone')
        shown = self.subscribe(self.phone, resource, content='full')
        self.assertEqual((shown['verified'], shown['origin']), (False, self.service.url))
        self.assertNotIn(resource.url, json.dumps(shown))
        self.friend.send(PARIS, 'too early')
        self.phone.wait_for('message', body='too early')
        self.verify(self.phone, resource)

        self.friend.send(PARIS, 'wherefore')
        push = self.wait_for_body(resource, 'wherefore')
        said = self.said(push)
        event = self.phone.wait_for('message', body='wherefore')
        self.assertEqual((said['v'], said['type'], said['data']['conversation'],
                          said['data']['badge'], said['data']['cursor'], said['data']['count']),
                         (1, 'message', ROSALINE, 2, event['cursor'], 1))
        self.assertEqual((push.headers['urgency'], push.claims['sub'], len(push.text) < 2048),
                         ('high', 'mailto:push@example.org', True))
        self.assertLessEqual(int(push.headers['ttl']), 86400)
        self.assertEqual(self.bodies(resource), ['wherefore'])

        for i in range(20):
            self.friend.send(PARIS, 'burst %d' % i)
        last = self.wait_for_body(resource, 'burst 19')
        self.assertLess(len(resource.pushes), 12)
        self.assertEqual(self.said(last)['data']['badge'], 22)
        self.assertEqual(last.headers['topic'], push.headers['topic'])

        tablet = self.login('tablet')
        cursor = self.phone.wait_for('message', body='burst 19')['cursor']
        self.assertEqual(tablet.put('/v1/contacts/%s/read' % ROSALINE,
                                    {'cursor': cursor}).status, 204)
        eventually(lambda: self.said(resource.pushes[-1])['type'] == 'read', what='the withdrawal')
        self.assertEqual((self.said(resource.pushes[-1])['data']['badge'],
                          resource.pushes[-1].headers['urgency'],
                          resource.pushes[-1].headers['topic']),
                         (0, 'low', push.headers['topic']))
        answer = self.phone.post('/v1/push/webpush/test', {})
        self.assertEqual(answer.json, {'result': 'delivered', 'status': 201, 'detail': None})
        self.assertEqual(self.said(resource.pushes[-1])['type'], 'test')
        shown = self.phone.get('/v1/push/webpush').json
        self.assertEqual((shown['verified'], shown['attempts'], shown['last_error']),
                         (True, 0, None))
        self.assertEqual(resource.refusals, [])
        self.see_it_administered(resource)

    def see_it_administered(self, resource):
        table = self.bridge.ctl('push')
        self.assertIn(self.service.url, table)
        self.assertNotIn(resource.path, table)
        pushes = len(resource.pushes)
        eventually(lambda: 'delivered' in self.ask_for_test(), what='a test', pause=0.5)
        self.assertEqual(len(resource.pushes), pushes + 1)
        metrics = Api(self.bridge.control_socket).get('/metrics').body.decode()
        self.assertRegex(metrics,
                         r'push_attempts_total{service="webpush",result="delivered"} [1-9]')
        self.assertIn('gtalk_bridge_push_subscriptions{service="webpush"} 1\n', metrics)
        self.assertIn('gtalk_bridge_push_hosts_paused 0\n', metrics)
        self.assertRegex(metrics,
                         r'push_attempt_seconds_bucket{service="webpush",le="20"} [1-9]')
        self.assertRegex(metrics,
                         r'push_attempt_seconds_count{service="webpush"} [1-9]')

    def ask_for_test(self):
        try:
            return self.bridge.ctl('push', 'test', self.phone.login['device']['id'])
        except AssertionError as error:
            return str(error)  # too soon after the last one

    def test_each_gets_what_it_asked_for(self):
        tablet = self.login('tablet')
        quiet = self.verified('phone', content='none', events=['message'])
        hook = self.verified('hook', tablet, 'webhook', content='full')
        self.friend.send(PARIS, 'hello')
        push = hook.wait(2)[1]
        said = self.said(push)
        self.assertEqual((said['type'], said['data']['body'], said['data']['conversation']),
                         ('message', 'hello', ROSALINE))
        self.assertRegex(said['timestamp'], r'^\d{4}-\d\d-\d\dT')
        said = self.said(quiet.wait(2)[1])
        self.assertEqual((said['type'], sorted(said['data'])), ('new', ['badge', 'cursor']))

        # What is off the record is not said in clear.
        self.assertEqual(self.phone.put('/v1/contacts/%s/off-the-record' % ROSALINE,
                                        {'enabled': True}).status, 204)
        self.friend.send(PARIS, 'a secret')
        self.phone.wait_for('message', body='a secret')
        self.assertTrue(self.phone.events[-1]['data']['off_the_record'])
        said = self.said(hook.wait(3)[2])
        self.assertEqual((said['data']['off_the_record'], said['data'].get('body')), (True, None))

        # Another secret, beside the old one.
        answer = tablet.put('/v1/push/webhook', {'endpoint': hook.url, 'rotate_secret': True})
        self.assertEqual((answer.status, answer.json['verified']), (200, True))
        hook.secrets = [answer.json['secret']]
        self.friend.send(PARIS, 'again')
        signatures = hook.wait(4)[3].headers['webhook-signature'].split(' ')
        self.assertEqual(len(signatures), 2)
        answer = tablet.put('/v1/push/webhook', {'endpoint': hook.url})
        self.assertNotIn('secret', answer.json)
        # The challenge may be there before the receiver knows its secret; then it comes again.
        self.assertEqual(quiet.refusals + [why for why in hook.refusals
                                           if why != 'webhook-signature'], [])

    def test_quiet_hours(self):
        asleep = self.verified('phone', content='full', quiet=self.quiet_hours())
        awake = self.verified('tablet', self.login('tablet'), content='full')
        self.friend.send(PARIS, 'psst')
        self.wait_for_body(awake, 'psst')
        self.assertEqual(asleep.requests, 1)
        answer = self.phone.put('/v1/push/webpush', {
            'endpoint': asleep.url, 'keys': asleep.device.keys, 'content': 'full'})
        self.assertEqual((answer.status, answer.json['verified']), (200, True))
        self.wait_for_body(asleep, 'psst')

    def test_quiet_hours_do_not_keep_a_sign_out(self):
        self.server.control('token', jid=JULIET, token='mortal', kind='oauth')
        device = self.bridge.api.login(JULIET, token('mortal'))
        device.wait_online()
        wanted = {'content': 'full', 'events': ['message', 'sign-out']}
        resource = self.verified('juliet', device, quiet=self.quiet_hours(), **wanted)
        self.peer(ROMEO).send(JULIET, 'psst')
        device.wait_for('message', body='psst')
        resource.script = [(503, {})]
        self.server.control('revoke', jid=JULIET, token='mortal')
        self.server.control('kick', jid=JULIET)
        # Nor does it get lost when the bridge ends before it is pushed.
        eventually(lambda: not resource.script, what='an attempt')
        self.start_again()
        self.assertEqual(self.said(resource.wait(2)[1])['type'], 'sign-out')
        # What was said before is there at their end, and this is not there again.
        answer = device.put('/v1/push/webpush', {
            'endpoint': resource.url, 'keys': resource.device.keys, **wanted})
        self.assertEqual(answer.status, 200)
        self.wait_for_body(resource, 'psst')
        self.assertEqual([self.said(push)['type'] for push in resource.pushes],
                         ['verify', 'sign-out', 'message'])

    def test_what_is_not_accepted(self):
        resource = self.service.subscribe('phone')
        good = {'endpoint': resource.url, 'keys': resource.device.keys}
        self.assertEqual(self.phone.get('/v1/push/pigeon').status, 404)
        self.assertEqual(self.phone.get('/v1/push/webpush').status, 404)
        self.assertEqual(self.phone.delete('/v1/push/webpush').status, 404)
        for body in ({**good, 'endpoint': 'http://push.example.net/'},
                     {**good, 'endpoint': 'https://10.0.0.1/'},
                     {**good, 'endpoint': 'https://localhost/'},
                     {**good, 'keys': {'p256dh': 'AAAA', 'auth': 'AAAA'}},
                     {**good, 'content': 'all'}, {**good, 'events': ['war']},
                     {**good, 'quiet': {'from': '25:00', 'to': '07:00'}},
                     {**good, 'quiet': {'from': '22:00', 'to': '07:00', 'timezone': 'Mars'}}):
            with self.subTest(body=body):
                self.assertEqual(self.phone.put('/v1/push/webpush', body).status, 422)
        self.assertEqual(self.phone.put('/v1/push/webpush', {}).status, 400)
        self.subscribe(self.phone, resource)
        answer = self.phone.post('/v1/push/webpush/verify', {'challenge': 'guessed'})
        self.assertEqual(answer.status, 422)
        self.verify(self.phone, resource)
        self.assertEqual(self.phone.put('/v1/push/webpush', {**good, 'content': 'full'}).status,
                         200)
        self.assertTrue(self.phone.get('/v1/push/webpush').json['verified'])
        # Another endpoint has to prove itself.
        other = self.service.subscribe('other')
        self.assertFalse(self.phone.put('/v1/push/webpush', {
            'endpoint': other.url, 'keys': other.device.keys}).json['verified'])
        other.wait(1)
        self.assertEqual(self.phone.delete('/v1/push/webpush').status, 204)
        self.assertEqual(self.phone.get('/v1/push/webpush').status, 404)
        capabilities = self.bridge.api.get('/v1/capabilities').json
        self.assertEqual(capabilities['push'], ['webpush', 'webhook'])
        self.assertEqual(len(capabilities['vapid_key']), 87)
        self.assertEqual(capabilities['vapid_key'], resource.sender)


if __name__ == '__main__':
    unittest.main()
