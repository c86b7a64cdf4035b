# SPDX-License-Identifier: GPL-2.0-or-later
"""Pushes when something goes wrong at the other end: nobody waits for others, and who is there no
more is told of."""

import concurrent.futures
import time
import unittest

from harness import eventually
from test_push import PARIS, PushCase

ALWAYS_PRUNED = 10  # PUSH_PRUNE_ALWAYS of bridge-push.c
HEALTHY = 100
HISTORY = 100       # the fewest events that may be kept
JULIET = 'juliet@talk.example'
GRACE_S = 10        # QUEUE_GRACE_US of bridge-push-queue.c


class PushTroubleTest(PushCase):
    def test_changes_do_not_overtake_each_other(self):
        resources = [self.service.subscribe('phone-%d' % i) for i in range(8)]

        def put(resource):
            return self.phone.put('/v1/push/webpush', {'endpoint': resource.url,
                                                       'keys': resource.device.keys}).status

        with concurrent.futures.ThreadPoolExecutor(len(resources)) as pool:
            statuses = list(pool.map(put, resources))
        self.assertIn(201, statuses)
        self.assertLessEqual(set(statuses), {200, 201, 503})
        eventually(lambda: any(resource.pushes for resource in resources), what='a challenge')
        created = self.phone.get('/v1/push/webpush').json['created']
        self.start_again()
        eventually(lambda: self.phone.get('/v1/push/webpush').status == 200, what='the store')
        self.assertEqual(self.phone.get('/v1/push/webpush').json['created'], created)
        self.assertEqual(self.phone.delete('/v1/push/webpush').status, 204)
        self.start_again()
        eventually(lambda: self.phone.get('/v1/push/webpush').status == 404, what='the store')

    def test_not_all_of_them_can_be_gone(self):
        devices = [self.login('device %d' % i) for i in range(ALWAYS_PRUNED + 2)]
        resources = [self.verified('device-%d' % i, device)
                     for i, device in enumerate(devices)]
        for resource in resources:
            resource.script = [(410, {})] * 10
        self.friend.send(PARIS, 'anybody?')
        eventually(lambda: all(len(resource.script) < 10 for resource in resources),
                   what='an attempt for each')
        def find_left():
            return [device for device in devices if device.get('/v1/push/webpush').status == 200]
        eventually(lambda: len(find_left()) <= 2, what='what they answered to be heard')
        left = find_left()
        self.assertEqual(len(left), 2)
        shown = left[0].get('/v1/push/webpush').json
        self.assertEqual((shown['last_error'], shown['attempts']), ('gone', 1))

    def test_what_history_has_lost_is_told_of(self):
        hook = self.verified('hook', kind='webhook', content='full', quiet=self.quiet_hours())
        config = self.bridge.config
        config.write_text(config.read_text().replace(
            '[store]', '[store]\nhistory-events=%d' % HISTORY))
        self.start_again()
        self.phone.wait_online()
        for i in range(2 * HISTORY):
            self.friend.send(PARIS, 'number %d' % i)
        self.phone.wait_for('message', body='number %d' % (2 * HISTORY - 1))
        events = '/v1/events?after=' + self.phone.login['cursor']
        eventually(lambda: self.phone.get(events).code == 'cursor-expired', what='it trimmed')
        self.assertEqual(self.phone.put('/v1/push/webhook', {
            'endpoint': hook.url, 'content': 'full'}).status, 200)
        first, second = [self.said(push)['data'] for push in hook.wait(3)[1:3]]
        self.assertEqual((first['gap'], second.get('gap')), (True, None))
        number, next_number = [int(data['body'].split()[1]) for data in (first, second)]
        self.assertEqual(number + 1, next_number)
        # The oldest that there is, as many as there are: some events are no messages.
        self.assertGreaterEqual(number, HISTORY // 2)
        self.assertLessEqual(number, HISTORY + HISTORY // 4)

    def test_a_gone_subscription_is_told_of(self):
        resource = self.verified('phone')
        tablet = self.login('tablet')
        healthy = self.verified('tablet', tablet, content='full')
        resource.script = [(410, {})]
        self.friend.send(PARIS, 'anybody?')
        self.wait_for_body(healthy, 'anybody?')
        event = self.phone.wait_for('push.trouble', type='webpush', reason='gone')
        self.assertEqual(event['data']['device'], self.phone.login['device']['id'])
        self.assertEqual(self.phone.get('/v1/push/webpush').status, 404)
        answer = self.phone.put('/v1/push/webpush', {'endpoint': resource.url,
                                                     'keys': resource.device.keys})
        self.assertEqual(answer.status, 422, 'that one is gone')
        self.assertEqual(resource.requests, 2)
        shown = tablet.get('/v1/push/webpush').json
        self.start_again()
        self.assertEqual(self.phone.get('/v1/push/webpush').status, 404)
        eventually(lambda: tablet.get('/v1/push/webpush').status == 200, what='the tablet\'s')
        self.assertIsNotNone(shown['last_success'])
        self.assertEqual(tablet.get('/v1/push/webpush').json['last_success'],
                         shown['last_success'])

    def test_black_holes_delay_nobody(self):
        """Beside a hundred healthy subscriptions, at the same host."""
        names = ['hole-%d' % i for i in range(3)] + ['phone-%d' % i for i in range(HEALTHY)]
        devices = [self.login(name) for name in names]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            resources = list(pool.map(self.verified_of, names, devices))
        holes, healthy = resources[:3], resources[3:]
        for hole in holes:
            hole.gate.clear()
        self.friend.send(PARIS, 'hello')
        eventually(lambda: all(hole.requests > 1 for hole in holes), what='the black holes')
        for one in healthy:
            self.wait_for_body(one, 'hello')
        self.assertTrue(all(len(hole.pushes) == 1 for hole in holes))
        healthy[0].script = [(413, {})]
        self.friend.send(PARIS, 'world')
        eventually(lambda: self.said(healthy[0].pushes[-1])['type'] == 'new',
                   what='a smaller one')
        for hole in holes:
            hole.gate.set()

    def verified_of(self, name, device):
        return self.verified(name, device, content='full', events=['message'])

    def test_a_conversation_does_not_wait_for_another(self):
        resource = self.verified('phone', content='full')
        other = self.peer(JULIET)
        self.friend.send(PARIS, 'one')
        self.wait_for_body(resource, 'one')
        self.friend.send(PARIS, 'two')
        self.phone.wait_for('message', body='two')
        other.send(PARIS, 'and me')
        self.wait_for_body(resource, 'two')
        self.assertEqual(self.bodies(resource), ['one', 'and me', 'two'])

    def test_who_acknowledges_in_time_needs_no_push(self):
        resource = self.verified('phone', content='full')
        self.friend.send(PARIS, 'first')
        self.wait_for_body(resource, 'first')
        self.phone.wait_for('message', body='first')
        self.phone.ack()
        # While it is in use, however long that is: ten seconds are for each of them.
        begin = time.monotonic()
        self.friend.send(PARIS, 'seen')
        self.phone.wait_for('message', body='seen')
        self.phone.ack()
        eventually(lambda: time.monotonic() > begin + GRACE_S - 1)
        self.friend.send(PARIS, 'seen, too')
        self.phone.wait_for('message', body='seen, too')
        eventually(lambda: time.monotonic() > begin + GRACE_S + 1)
        self.phone.ack()
        # An open poll says nothing: this one is read and not acknowledged.
        self.friend.send(PARIS, 'read, but by whom?')
        self.phone.wait_for('message', body='read, but by whom?')
        self.wait_for_body(resource, 'read, but by whom?')
        self.assertEqual(self.bodies(resource), ['first', 'read, but by whom?'])


if __name__ == '__main__':
    unittest.main()
