# SPDX-License-Identifier: GPL-2.0-or-later
"""Host processes die and hang; nobody but their own accounts may notice, and they come back."""

import os
import signal
import unittest

from harness import eventually
from harness.case import BridgeCase

PEOPLE = ['juliet@talk.example', 'nurse@talk.example', 'mercutio@talk.example']
ROMEO = 'romeo@talk.example'


class HostsTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.romeo = self.peer(ROMEO)
        self.start_bridge(groups={'hosts': ['accounts-per-host=1',
                                            'hang-seconds=6']})
        self.devices = {jid: self.bridge.login(jid) for jid in PEOPLE}
        self.hosts = eventually(lambda: len(self.bridge.hosts()) == len(PEOPLE)
                                and self.bridge.hosts(), what='a host for each account')

    def states(self, device):
        device.poll()
        return [event['data']['state'] for event in device.of_type('account.state')]

    def sessions(self):
        return {jid: {s['jid'] for s in self.server.sessions(jid)} for jid in PEOPLE}

    def check_one_came_back(self, before):
        """Exactly one account has another session than before, and all work."""
        def changed():
            now = self.sessions()
            gone = [jid for jid in PEOPLE if not now[jid] & before[jid]]
            return gone if len(gone) == 1 and now[gone[0]] else None
        unlucky = eventually(changed, what='one new session')[0]
        self.devices[unlucky].wait_online()
        for jid, device in self.devices.items():
            eventually(lambda: self.romeo.sees(jid), what=jid)
            self.romeo.send(jid, 'after')
            device.wait_for('message', body='after')
            self.assertEqual(device.send(ROMEO, 'from ' + jid).status, 202)
            self.romeo.wait_for_message('from ' + jid)
        for jid, device in self.devices.items():
            if jid != unlucky:
                self.assertEqual(set(self.states(device)) - {'connecting', 'online'}, set())
                self.assertEqual(self.sessions()[jid], before[jid])
        self.assertEqual(self.romeo.errors, [])

    def test_a_killed_host(self):
        before = self.sessions()
        os.kill(self.hosts[1], signal.SIGKILL)
        self.check_one_came_back(before)
        self.assertNotIn(self.hosts[1], self.bridge.hosts())

    def test_a_hung_host(self):
        before = self.sessions()
        os.kill(self.hosts[1], signal.SIGSTOP)
        self.check_one_came_back(before)
        self.assertNotIn(self.hosts[1], self.bridge.hosts())

    def test_messages_of_a_killed_host_come_once(self):
        jid, device = PEOPLE[0], self.devices[PEOPLE[0]]
        for number in range(300):
            self.romeo.send(jid, 'number %03d' % number)
            if number in (60, 180):
                for pid in self.bridge.hosts():
                    os.kill(pid, signal.SIGKILL)
        device.wait_for('message', body='number 299', deadline=120)
        device.poll()
        bodies = [event['data']['body'] for event in device.of_type('message')]
        self.assertEqual(sorted(bodies), ['number %03d' % number for number in range(300)])
        self.assertEqual(self.romeo.errors, [])

    def test_a_killed_template(self):
        """What hosts are forked from may die as well."""
        everybody = set(self.bridge.descendants())
        template = everybody - set(self.hosts)
        for pid in template:
            os.kill(pid, signal.SIGKILL)
        before = self.sessions()
        still = [pid for pid in self.bridge.hosts() if pid in self.hosts]
        if still:
            os.kill(still[0], signal.SIGKILL)
            self.check_one_came_back(before)
        for device in self.devices.values():
            device.wait_online()


class DaemonTest(BridgeCase):
    def test_nothing_is_left_behind(self):
        self.start_bridge()
        self.bridge.login(PEOPLE[0])
        below = self.bridge.descendants()
        self.assertTrue(below)
        self.assertEqual(self.bridge.stop(), 0)
        eventually(lambda: not self.server.sessions(PEOPLE[0]), what='signed out')

    def test_hosts_end_with_a_killed_daemon(self):
        self.start_bridge()
        self.bridge.login(PEOPLE[0])
        below = self.bridge.descendants()
        os.kill(self.bridge.process.pid, signal.SIGKILL)
        self.bridge.process.wait()
        self.bridge.process = None
        eventually(lambda: not any(os.path.exists('/proc/%d' % pid) for pid in below),
                   what='the end of the hosts')


if __name__ == '__main__':
    unittest.main()
