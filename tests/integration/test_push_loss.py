# SPDX-License-Identifier: GPL-2.0-or-later
"""Whoever is killed, nothing that is to be pushed is lost, and what is sent again is known by its
id."""

import os
import signal
import unittest

from harness import eventually
from harness.process import children_of, command_line
from test_push import PARIS, PushCase

QUEUED = 1000
LONG = 6000  # octets: what the store gives at once is bounded by its length, too


class PushLossTest(PushCase):
    def push_process(self):
        """Its process id, None if there is none."""
        return next((pid for pid in children_of(self.bridge.process.pid)
                     if 'gtalk-bridge-push' in command_line(pid)), None)

    def ids(self, resource):
        return [self.said(push)['id'] for push in resource.pushes]

    def test_who_is_killed_loses_nothing(self):
        resource = self.verified('phone', content='full')
        # The daemon, while the service has trouble.
        resource.script = [(503, {})] * 1000
        self.friend.send(PARIS, 'one')
        eventually(lambda: len(resource.script) < 1000, what='an attempt')
        self.start_again()
        resource.script = []
        self.wait_for_body(resource, 'one')
        self.assertEqual(self.bodies(resource).count('one'), 1)

        # The push process, between request and answer.
        resource.gate.clear()
        before = resource.requests
        self.friend.send(PARIS, 'two')
        eventually(lambda: resource.requests > before, what='the request')
        os.kill(self.push_process(), signal.SIGKILL)
        resource.gate.set()
        self.wait_for_body(resource, 'two')
        said = dict(zip(self.ids(resource), [None, *self.bodies(resource)]))
        self.assertEqual(len(said), len(set(said.values())), 'an id for each, again or not')
        self.assertEqual(resource.refusals, [])

    def number(self, push):
        return int(self.said(push)['data']['body'].split(' ')[0])

    def test_a_long_queue_survives(self):
        wanted = {'content': 'full', 'events': ['message']}
        hook = self.verified('hook', kind='webhook', quiet=self.quiet_hours(), **wanted)
        bodies = ['%d %s' % (i, 'x' * LONG) for i in range(QUEUED)]
        for body in bodies:
            self.friend.send(PARIS, body)
        self.phone.wait_for('message', body=bodies[-1])
        self.assertEqual(hook.requests, 1)
        self.assertEqual(self.phone.put('/v1/push/webhook',
                                        {'endpoint': hook.url, **wanted}).status, 200)
        hook.wait(QUEUED // 4)
        self.bridge.kill()
        taken = len(hook.pushes)
        self.assertLess(taken, QUEUED)
        self.bridge.start()
        hook.wait(max(taken + 10, QUEUED // 2))
        os.kill(self.push_process(), signal.SIGKILL)
        eventually(lambda: self.number(hook.pushes[-1]) == QUEUED - 1,
                   what=lambda: 'all of them (%d)' % len(hook.pushes))

        # In order, and what came twice is known by its id.
        first = {}
        for push in hook.pushes[1:]:
            first.setdefault(push.headers['webhook-id'], self.number(push))
        self.assertEqual(list(first.values()), list(range(QUEUED)))
        self.assertEqual(hook.refusals, [])


if __name__ == '__main__':
    unittest.main()
