# SPDX-License-Identifier: GPL-2.0-or-later
"""What strangers send ends or hangs a host, or comes in masses: one account pays for it. The bug in
the host is a plugin of the tests (tests/harness/hostile-plugin.c)."""

import datetime
import json
import os
import signal
import unittest

from harness import eventually
from harness.api import Api
from harness.bridge import hostile_plugins
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
OTHERS = ['nurse@talk.example', 'mercutio@talk.example']
ROMEO = 'romeo@talk.example'
FLOOD = 1500
NESTED = 2000
LARGE = 3000000
BACK_S = 15  # seconds, on a machine that has much else to do


class HostilityCase(BridgeCase):
    def start(self, **groups):
        self.romeo = self.peer(ROMEO)
        groups.setdefault('hosts', ['hang-seconds=6'])
        self.start_bridge(environment=hostile_plugins(self.scratch), groups=groups)
        self.juliet = self.bridge.login(JULIET)
        self.others = {jid: self.bridge.login(jid) for jid in OTHERS}

    def states(self, device):
        device.poll()
        return [event['data']['state'] for event in device.of_type('account.state')]

    def check_was_back_soon(self, device):
        """After the one time that it was away, by the bridge's own clock."""
        times = [(event['data']['state'], datetime.datetime.fromisoformat(event['time']))
                 for event in device.of_type('account.state')]
        away = next(at for at, (state, _) in enumerate(times) if state == 'waiting')
        back = next(time for state, time in times[away:] if state == 'online')
        self.assertLess((back - times[away][1]).total_seconds(), BACK_S)

    def check_receives(self, jid, device, text):
        eventually(lambda: self.romeo.sees(jid), what=jid)
        self.romeo.send(jid, text)
        device.wait_for('message', body=text)


class DeathTest(HostilityCase):
    def check_stanza(self, text):
        """It comes back until its account is in a host of its own, and then no more."""
        self.start()
        [shared] = self.bridge.hosts()
        for jid, device in self.others.items():
            self.check_receives(jid, device, 'before')
        self.romeo.send(JULIET, text)
        told = self.juliet.wait_for('message.undeliverable', deadline=120)['data']
        self.assertEqual((told['from'], told['reason']), (ROMEO, 'host-lost'))
        self.juliet.wait_online()
        self.check_receives(JULIET, self.juliet, 'after')
        for jid, device in self.others.items():
            device.wait_online()
            self.check_receives(jid, device, 'after')
            self.assertEqual(self.states(device)[-4:],
                             ['online', 'waiting', 'connecting', 'online'])
            self.assertEqual(self.states(device).count('waiting'), 1)
            self.check_was_back_soon(device)
            self.assertFalse(device.account()['quarantined'])
        self.assertTrue(self.juliet.account()['quarantined'])
        self.assertEqual(self.states(self.juliet).count('waiting'), 2)
        self.assertEqual([event['data']['body'] for event in self.juliet.of_type('message')],
                         ['after'])
        self.assertNotIn(shared, self.bridge.hosts())
        self.assertEqual(len(self.bridge.hosts()), 2)
        self.assertEqual(self.romeo.errors, [])
        self.check_it_is_over()

    def check_it_is_over(self):
        """A restart takes the stanza from the archive once more, if the server has it there."""
        hosts = self.bridge.hosts()
        self.assertTrue(json.loads(self.bridge.ctl('accounts', JULIET, '--json'))['quarantined'])
        metrics = Api(self.bridge.control_socket).get('/metrics').body.decode()
        self.assertIn('accounts_quarantined 1', metrics)
        self.bridge.ctl('release', JULIET)
        self.assertFalse(self.juliet.account()['quarantined'])
        self.assertEqual(self.bridge.hosts(), hosts)
        self.bridge.stop()
        self.bridge.start()
        self.juliet.wait_online()
        self.check_receives(JULIET, self.juliet, 'at last')
        self.assertEqual(len(self.juliet.of_type('message.undeliverable')), 1)

    def test_a_stanza_that_crashes(self):
        self.check_stanza('hostile: crash')

    def test_a_stanza_that_hangs(self):
        self.check_stanza('hostile: hang')


class QuarantineTest(HostilityCase):
    def kill_host(self):
        [host] = [pid for pid in self.bridge.hosts() if pid not in self.spared]
        os.kill(host, signal.SIGKILL)

    def test_deaths_without_a_stanza(self):
        """Nobody knows why: more and more apart, until somebody looks after it."""
        self.start(**{'hosts': ['accounts-per-host=1']})
        pids = {jid: {s['jid'] for s in self.server.sessions(jid)} for jid in OTHERS}
        everybody = self.bridge.hosts()
        self.assertEqual(len(everybody), 3)
        self.spared = everybody[1:]
        for _ in range(2):
            self.kill_host()
            self.juliet.wait_for('account.state', state='waiting')
            self.juliet.events.clear()
            self.juliet.wait_for('account.state', state='online')
            self.juliet.events.clear()
        self.assertTrue(self.juliet.account()['quarantined'])
        self.kill_host()
        self.juliet.wait_for('account.state', state='waiting', reason='quarantined',
                             user_action='ask-administrator')
        self.bridge.ctl('release', JULIET)
        self.juliet.wait_online(20)
        self.assertFalse(self.juliet.account()['quarantined'])
        self.check_receives(JULIET, self.juliet, 'released')
        self.assertEqual({jid: {s['jid'] for s in self.server.sessions(jid)} for jid in OTHERS},
                         pids)


class MassTest(HostilityCase):
    """From a contact, through a chat server that lets it pass. Prosody's archive takes nothing that
    is nested deeper than 127 and loses the message with it: hence the hint."""

    SERVER_OPTIONS = ('--set', 'c2s_stanza_size_limit=%d' % (4 * LARGE))

    def test_floods_and_sizes(self):
        """Neither harms the neighbours in the same host."""
        self.start()
        [host] = self.bridge.hosts()
        eventually(lambda: self.romeo.sees(JULIET), what=JULIET)
        self.romeo.send(JULIET, 'x' * LARGE)
        self.romeo.send_raw("<message to='%s' type='chat'>%s%s<body>deep</body>"
                            "<no-store xmlns='urn:xmpp:hints'/></message>"
                            % (JULIET, "<a xmlns='urn:deep'>" * NESTED, '</a>' * NESTED))
        for number in range(FLOOD):
            self.romeo.send(JULIET, 'flood %d' % number)
        for jid, device in self.others.items():
            self.check_receives(jid, device, 'meanwhile')
        self.juliet.wait_for('message', body='flood %d' % (FLOOD - 1), deadline=120)
        bodies = [event['data']['body'] for event in self.juliet.of_type('message')]
        self.assertEqual(bodies, ['x' * LARGE, 'deep']
                         + ['flood %d' % number for number in range(FLOOD)])
        self.assertEqual(self.bridge.hosts(), [host])


if __name__ == '__main__':
    unittest.main()
