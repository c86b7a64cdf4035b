# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that is full, read-only or failing, and a store that another program has locked: the
bridge says so, takes nothing that it cannot keep, lets the chat server keep what it has, lets
everybody read, idles, and goes on by itself. A page that is damaged is told, and nothing
overwritten."""

import errno
import os
import sqlite3
import subprocess
import time
import unittest

from harness import eventually
from harness.api import Api
from harness.bridge import CONTROL
from harness.case import BridgeCase
from harness.process import build_dir

FAULT = 'tests/harness/disk-fault.so'
IDLE_S = 2
IDLE_SHARE_MAX = 0.05  # of one processor, daemon and hosts together
STORE_FAILED = 74
PAGE_BYTES = 4096
LEAF = 0x0a  # of a table without row ids
ROWS = range(4, 13)  # on a page of events with texts as long as those
READABLE_MIN = 0.8  # of the events, with one page of a dozen or two damaged


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

    def test_locked(self):
        """By another program for a while, as one that makes backups."""
        self.start()
        device = self.bridge.login(self.juliet)
        device.wait_online()
        self.say('before')
        self.wait_for(device, 'before')
        other = sqlite3.connect(self.bridge.store, isolation_level=None)
        self.addCleanup(other.close)
        other.execute('BEGIN IMMEDIATE')
        sent = ['meanwhile %03d' % number for number in range(150)]
        self.say(*sent)
        eventually(self.is_unwritable, what='that it says so')
        self.assertIn('locked', self.readyz().json['detail'])
        self.read_on(device)
        processes = (self.bridge.process.pid, self.bridge.hosts())
        self.idle()
        other.execute('ROLLBACK')
        self.wait_for(device, sent[-1])
        self.assertEqual(self.heard(device), ['before'] + sent)
        eventually(lambda: self.readyz().status == 200, what='that it is ready again')
        self.assertEqual(self.romeo.errors, [])
        self.assertEqual((self.bridge.process.pid, self.bridge.hosts()), processes)

    def test_a_damaged_page(self):
        """What can be read is served, what is wrong is said, and nothing is overwritten. What comes
        meanwhile the chat server keeps, until somebody has put a good store in its place."""
        self.start()
        device = self.bridge.login(self.juliet)
        nurse = self.bridge.login('nurse@talk.example')
        words = ['%03d %s' % (number, 'x' * 300) for number in range(120)]
        self.say(*words)
        self.wait_for(device, words[-1])
        self.bridge.stop()
        good = self.bridge.store.read_bytes()
        self.spoil_page(self.bridge.store)
        before = self.bridge.store.read_bytes()
        self.bridge.start()
        eventually(self.is_unwritable, what='that it says so')
        self.assertIn('damaged', self.readyz().json['detail'])
        self.doctor('damaged')
        self.assertEqual(self.bridge.api.get('/v1/account', nurse.token).status, 200)
        self.assertEqual(nurse.get('/v1/events?after=' + nurse.login['cursor']).status, 200)
        self.read_most(device)
        answer = device.send(self.romeo_jid, 'refused')
        self.assertEqual((answer.status, answer.code), (503, 'store-unwritable'))
        processes = (self.bridge.process.pid, self.bridge.hosts())
        self.say('meanwhile')
        self.romeo.sync()
        self.idle()
        self.assertEqual((self.bridge.process.pid, self.bridge.hosts()), processes)
        self.bridge.stop()
        self.assertEqual(self.bridge.store.read_bytes(), before)
        self.put_store(good)
        self.bridge.start()
        self.wait_for(device, 'meanwhile')
        self.assertEqual(self.heard(device), words + ['meanwhile'])
        self.assertEqual(self.romeo.errors, [])

    def read_most(self, device):
        """Event by event: what lies on other pages than the damaged one."""
        answers = [device.get('/v1/events?limit=1&after=' + event['cursor']).status
                   for event in device.durable()]
        self.assertLessEqual(set(answers), {200, 503})
        self.assertIn(503, answers)
        self.assertGreater(answers.count(200), READABLE_MIN * len(answers))

    def put_store(self, contents):
        for path in self.bridge.store.parent.iterdir():
            path.unlink()
        self.bridge.store.write_bytes(contents)

    def spoil_page(self, path):
        """One of events, found by what it holds: a leaf of rows (SQLite's format, 1.6) in the
        middle. And a log that nobody closed."""
        data = bytearray(path.read_bytes())
        leaves = [at for at in range(PAGE_BYTES, len(data), PAGE_BYTES)
                  if data[at] == LEAF and int.from_bytes(data[at + 3:at + 5], 'big') in ROWS]
        at = leaves[len(leaves) // 2]
        data[at:at + PAGE_BYTES] = bytes([0xa5]) * PAGE_BYTES
        path.write_bytes(data)
        path.with_name(path.name + '-wal').write_bytes(b'stopped')


if __name__ == '__main__':
    unittest.main()
