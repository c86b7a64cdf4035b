# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that is full, read-only or failing: the bridge says so, takes nothing that it cannot keep,
lets the chat server keep what it has, lets everybody read, idles, and goes on by itself."""

import errno
import os
import subprocess
import time
import unittest

from harness import eventually
from harness.api import Api
from harness.bridge import CONTROL
from harness.case import BridgeCase
from harness.process import build_dir

FAULT = 'tests/harness/disk-fault.so'
IDLE_S = 4
IDLE_SHARE_MAX = 0.05  # of one processor, daemon and hosts together
STORE_FAILED = 74


class DiskTest(BridgeCase):
    juliet = 'juliet@talk.example'
    romeo_jid = 'romeo@talk.example'

    def setUp(self):
        super().setUp()
        if 'ASAN_OPTIONS' in os.environ:
            self.skipTest('a sanitizer has to come first')
        self.switch = self.scratch / 'disk'
        self.set_disk(0)
        self.romeo = self.peer(self.romeo_jid)

    def set_disk(self, code):
        """In one step, for who reads it meanwhile."""
        new = self.scratch / 'disk.new'
        new.write_text('%d' % code)
        new.rename(self.switch)

    def start(self, **more):
        return self.start_bridge(environment={
            'LD_PRELOAD': build_dir() / FAULT,
            'GTALK_DISK_FAULT_STORE': self.scratch / 'store' / 'bridge.db',
            'GTALK_DISK_FAULT_SWITCH': self.switch}, **more)

    def readyz(self):
        return Api(self.bridge.control_socket).get('/readyz')

    def is_unwritable(self):
        answer = self.readyz()
        return answer.status == 503 and answer.code == 'store-unwritable'

    def used_s(self):
        """Processor time of daemon and hosts so far."""
        ticks = 0
        for pid in [self.bridge.process.pid] + self.bridge.descendants():
            with open('/proc/%d/stat' % pid, encoding='ascii') as stat:
                fields = stat.read().rsplit(')', 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf('SC_CLK_TCK')

    def say(self, *words):
        """Sends them with a mark of this test: who begins anew may be told once more what the test
        before said."""
        for word in words:
            self.romeo.send(self.juliet, '%s: %s' % (self._testMethodName, word))

    def wait_for(self, device, word):
        device.wait_for('message', body='%s: %s' % (self._testMethodName, word))

    def heard(self, device):
        told = [event['data']['body'].split(': ') for event in device.of_type('message')]
        return [word for test, word in told if test == self._testMethodName]

    def endure(self, code, words):
        self.start()
        device = self.bridge.login(self.juliet)
        device.wait_online()
        self.say('before')
        self.wait_for(device, 'before')
        pid, hosts = self.bridge.process.pid, self.bridge.hosts()
        self.assertEqual(self.readyz().status, 200)
        self.set_disk(code)
        sent = ['meanwhile %03d' % number for number in range(150)]
        self.say(*sent)
        eventually(self.is_unwritable, what='that it says so')
        self.assertIn(words, self.readyz().json['detail'])
        self.refuse(device)
        self.read_on(device)
        self.idle()
        self.doctor(words)
        self.assertEqual((self.bridge.process.pid, self.bridge.hosts()), (pid, hosts))
        self.set_disk(0)
        self.wait_for(device, sent[-1])
        self.assertEqual(self.heard(device), ['before'] + sent)
        self.assertEqual(self.readyz().status, 200)
        self.assertEqual(device.send(self.romeo_jid, 'after').status, 202)
        self.romeo.wait_for_message('after')
        self.assertEqual([m.body for m in self.romeo.messages], ['after'])
        self.assertEqual(self.romeo.errors, [])
        self.assertEqual((self.bridge.process.pid, self.bridge.hosts()), (pid, hosts))

    def refuse(self, device):
        begun = time.monotonic()
        answer = device.send(self.romeo_jid, 'refused')
        self.assertEqual((answer.status, answer.code), (503, 'store-unwritable'))
        self.assertTrue(answer.json['retryable'])
        self.assertGreater(int(answer.headers['Retry-After']), 0)
        self.assertLess(time.monotonic() - begun, 5)
        answer = self.bridge.api.try_login('nurse@talk.example', {
            'type': 'token', 'token': self.server.token('nurse@talk.example')})
        self.assertEqual((answer.status, answer.code), (503, 'store-unwritable'))

    def read_on(self, device):
        history = device.get('/v1/events?after=%s' % device.login['cursor'])
        self.assertEqual(history.status, 200)
        self.assertIn(self._testMethodName + ': before',
                      [event['data'].get('body') for event in history.json['events']])

    def idle(self):
        """Nobody does anything, and neither does the bridge."""
        before, begun = self.used_s(), time.monotonic()
        time.sleep(IDLE_S)
        share = (self.used_s() - before) / (time.monotonic() - begun)
        self.assertLess(share, IDLE_SHARE_MAX)

    def doctor(self, words):
        done = subprocess.run([build_dir() / CONTROL, '--socket', self.bridge.control_socket,
                               'doctor'], env=self.bridge.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False, timeout=60)
        self.assertIn(words, done.stdout.decode())

    def test_full(self):
        self.endure(errno.ENOSPC, 'full')

    def test_read_only(self):
        self.endure(errno.EROFS, 'disk I/O error')

    def test_ended_while_it_is_full(self):
        """What was kept back only in memory, the server has."""
        self.start()
        device = self.bridge.login(self.juliet)
        device.wait_online()
        self.set_disk(errno.ENOSPC)
        self.say(*['kept %02d' % number for number in range(20)])
        eventually(self.is_unwritable, what='that it says so')
        self.assertEqual(self.bridge.stop(), 0)
        self.set_disk(0)
        self.bridge.start()
        self.wait_for(device, 'kept 19')
        self.assertEqual(self.heard(device), ['kept %02d' % number for number in range(20)])
        self.assertEqual(self.romeo.errors, [])

    def test_a_start_on_a_full_disk(self):
        """Serves what is there."""
        self.start()
        device = self.bridge.login(self.juliet)
        self.say('before')
        self.wait_for(device, 'before')
        self.bridge.kill()
        self.set_disk(errno.ENOSPC)
        self.bridge.start()
        self.say('meanwhile')
        eventually(self.is_unwritable, what='that it says so')
        self.read_on(device)
        self.set_disk(0)
        self.wait_for(device, 'meanwhile')
        self.assertEqual(self.heard(device), ['before', 'meanwhile'])

    def test_a_start_on_a_read_only_disk(self):
        """Ends, with words: nothing could be signed in without being written down."""
        self.start()
        self.bridge.stop()
        self.set_disk(errno.EROFS)
        done = self.bridge.run('--config', self.bridge.config)
        self.assertEqual(done.returncode, STORE_FAILED, done.stderr.decode())
        self.assertIn('bridge.db', done.stderr.decode())
        self.set_disk(0)
        self.bridge.start()


if __name__ == '__main__':
    unittest.main()
