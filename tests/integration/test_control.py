# SPDX-License-Identifier: GPL-2.0-or-later
"""gtalk-bridgectl and the administrator's listener: who is here, signing out, erasing, health,
metrics, what happened lately."""

import datetime
import json
import os
import re
import signal
import subprocess
import time
import unittest

from harness import eventually
from harness.api import Api
from harness.bridge import CONTROL
from harness.case import BridgeCase
from harness.process import DEADLINE_S, build_dir

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
REFUSED, USAGE, NO_DAEMON, NOT_FOUND, SEALED = 1, 2, 3, 4, 5
SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+)="([^"\\]*)"\})? ([0-9.]+)$')


def read_metrics(text):
    """{(name, label): value}; fails on what Prometheus would not take."""
    described, found = {}, {}
    for line in text.splitlines():
        kind = re.match(r'# TYPE (\S+) (gauge|counter)$', line)
        if kind:
            described[kind.group(1)] = kind.group(2)
        elif not line.startswith('# HELP '):
            name, _, label, value = SAMPLE.match(line).groups()
            assert (name, label) not in found, line
            assert (described[name] == 'counter') == name.endswith('_total'), line
            found[name, label] = float(value)
    return found


class ControlTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.start_bridge(groups={'control': ['socket=%s' % (self.scratch / 'control.sock'),
                                              'monitor=127.0.0.1:0']})
        self.control = Api(self.bridge.control_socket)

    def ctl(self, *arguments, status=0):
        """Output and complaint of a command that ends with that status."""
        done = subprocess.run(
            [build_dir() / CONTROL, *arguments, '--socket', self.bridge.control_socket],
            env=self.bridge.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=DEADLINE_S)
        self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
        return done.stdout, done.stderr

    def monitor(self):
        found = re.search(r'health and metrics on (\S+):(\d+)', self.bridge.show_log())
        return Api((found.group(1), int(found.group(2))))

    def test_accounts_and_devices(self):
        self.assertEqual(json.loads(self.ctl('accounts', '--json')[0]), {'accounts': []})
        phone = self.bridge.login(JULIET, name='phone')
        tablet = self.bridge.login(JULIET, name='tablet')
        name = phone.login['account']['id']

        head, line = self.ctl('accounts')[0].splitlines()
        self.assertEqual(head.split()[:3], ['id', 'state', 'username'])
        self.assertEqual(line.split()[:3], [name, 'online', JULIET])
        for word in (name, JULIET, JULIET.upper()):
            self.assertEqual(json.loads(self.ctl('accounts', word, '--json')[0])['id'], name)
        self.assertIn('bound_jid: %s/' % JULIET, self.ctl('accounts', JULIET)[0])
        self.assertIn('no such account', self.ctl('accounts', ROMEO, status=NOT_FOUND)[1])

        shown = self.ctl('devices', JULIET)[0]
        self.assertIn('tablet', shown)
        stream = tablet.stream(after=tablet.cursor)
        device = tablet.login['device']['id']
        self.ctl('revoke', JULIET, device)
        self.assertLess(len(list(stream)), 20, 'its reader was told')
        self.assertEqual(tablet.get('/v1/account').code, 'token-revoked')
        self.assertIn('no such device', self.ctl('revoke', name, device, status=NOT_FOUND)[1])
        self.assertTrue(phone.is_online())

    def test_every_command_as_json(self):
        phone = self.bridge.login(JULIET, name='phone')
        lost = self.bridge.login(JULIET, name='lost').login['device']['id']
        name = phone.login['account']['id']
        for command, member in ((['health'], 'state'), (['hosts'], 'hosts'), (['invite'], 'code'),
                                (['accounts'], 'accounts'), (['accounts', name], 'state'),
                                (['devices', name], 'devices'), (['rotate'], None),
                                (['push'], 'subscriptions'), (['release', name], None),
                                (['revoke', name, lost], None),
                                (['erase', name, '--yes'], None)):
            with self.subTest(command[0]):
                said, complaint = self.ctl(*command, '--json')
                self.assertEqual(complaint, '')
                if member is not None:
                    self.assertIn(member, json.loads(said))
                elif said:
                    self.assertIsInstance(json.loads(said), dict)
        refused = json.loads(self.ctl('accounts', name, '--json', status=NOT_FOUND)[0])
        self.assertEqual((refused['status'], refused['code']), (404, 'not-found'))

    def test_how_long_a_code_is_good(self):
        def hours(*more):
            text = json.loads(self.ctl('invite', '--json', *more)[0])['expires']
            left = datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()
            return (left - time.time()) / 3600
        self.assertAlmostEqual(hours(), 24, delta=0.1)
        self.assertAlmostEqual(hours('--valid=2'), 2, delta=0.1)
        for none in ('0', '-1', 'soon'):
            self.assertIn('--valid', self.ctl('invite', '--valid', none, status=USAGE)[1])
        self.assertIn('valid_hours', self.ctl('invite', '--valid=9000', status=REFUSED)[1])

    def test_who_may_ask(self):
        """Its own user and root, even where somebody else could open the socket."""
        if os.geteuid() != 0:
            self.skipTest('only root can be somebody else')
        self.scratch.path.chmod(0o755)
        self.bridge.control_socket.chmod(0o666)
        script = ('import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); '
                  's.sendall(b"GET /readyz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n"); '
                  'print(s.recv(12))')

        def ask(user):
            done = subprocess.run(['/usr/bin/python3', '-c', script, self.bridge.control_socket],
                                  user=user, group=user, extra_groups=[], capture_output=True,
                                  text=True, check=False, timeout=DEADLINE_S)
            return done.stdout.strip() or done.stderr.splitlines()[-1]
        self.assertEqual(ask(0), "b'HTTP/1.0 200'")
        self.assertRegex(ask(65534), "^(b''|BrokenPipeError|ConnectionResetError)")

    def test_erasing(self):
        phone = self.bridge.login(JULIET)
        self.assertIn('--yes', self.ctl('erase', JULIET, status=USAGE)[1])
        self.assertTrue(phone.is_online())
        self.ctl('erase', JULIET, '--yes')
        self.assertEqual(phone.get('/v1/account').code, 'account-erased')
        self.assertEqual(self.server.sessions(JULIET), [])
        self.ctl('erase', JULIET, '--yes', status=NOT_FOUND)

    def test_events_tell_no_names(self):
        phone = self.bridge.login(JULIET)
        phone.send(ROMEO, 'a secret of two')
        phone.wait_for('message.sent')
        shown = self.ctl('events')[0] + self.ctl('events', '--json')[0]
        self.assertIn('message.sent', shown)
        self.assertIn(phone.login['account']['id'], shown)
        for word in ('juliet', 'romeo', 'talk.example', 'secret of'):
            self.assertNotIn(word, shown)
        last = self.control.get('/admin/events').json['last']
        waiting = subprocess.Popen(
            [build_dir() / CONTROL, 'events', '--follow', '--json', '--socket',
             self.bridge.control_socket], env=self.bridge.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(waiting.stdout.close)
        self.addCleanup(waiting.wait)
        self.addCleanup(waiting.kill)
        number = 0
        while number < last:
            number = json.loads(waiting.stdout.readline())['number']
        phone.send(ROMEO, 'one more')
        self.assertGreater(json.loads(waiting.stdout.readline())['number'], last)

    def test_metrics(self):
        before = read_metrics(self.control.get('/metrics').body.decode())
        phone = self.bridge.login(JULIET)
        phone.send(ROMEO, 'counted')
        phone.wait_for('message.sent')
        answer = self.control.get('/metrics')
        self.assertEqual(answer.headers['Content-Type'],
                         'text/plain; version=0.0.4; charset=utf-8')
        text = answer.body.decode()
        after = read_metrics(text)
        self.assertEqual(before['gtalk_bridge_accounts', 'online'], 0)
        self.assertEqual(after['gtalk_bridge_accounts', 'online'], 1)
        self.assertEqual(after['gtalk_bridge_ready', None], 1)
        self.assertEqual(after['gtalk_bridge_hosts', None], len(self.bridge.hosts()))
        self.assertEqual(after['gtalk_bridge_events_total', 'message.sent'], 1)
        self.assertEqual(after['gtalk_bridge_http_requests_total', '201'], 1)
        self.assertGreater(after['gtalk_bridge_store_size_bytes', 'database'], 0)
        self.assertGreater(after['process_resident_memory_bytes', None], 1 << 20)
        self.assertGreaterEqual(after['process_cpu_seconds_total', None],
                                before['process_cpu_seconds_total', None])
        for word in ('juliet', 'romeo', 'talk.example', 'counted'):
            self.assertNotIn(word, text)

    def test_the_monitor_sees_health_and_nothing_else(self):
        monitor = self.monitor()
        self.assertEqual(monitor.get('/healthz').json, {'state': 'running'})
        self.assertEqual(monitor.get('/readyz').json, {'state': 'ready'})
        self.assertIn(b'gtalk_bridge_ready 1', monitor.get('/metrics').body)
        self.assertEqual(monitor.get('/admin/accounts').status, 404)
        self.assertEqual(monitor.request('POST', '/admin/invite', {}).status, 404)
        self.assertEqual(monitor.get('/metrics', headers={'Host': 'elsewhere.example'}).code,
                         'wrong-host')

    def reload(self, text, said):
        """Another configuration; returns when the daemon has said that."""
        self.bridge.config.write_text(text)
        before = self.bridge.log.read_text().count(said)
        os.kill(self.bridge.process.pid, signal.SIGHUP)
        eventually(lambda: self.bridge.log.read_text().count(said) > before, what=said)

    def test_another_configuration(self):
        phone = self.bridge.login(JULIET)
        first = self.bridge.config.read_text()
        limited = first.replace('requests-per-second=1000', 'requests-per-second=1')
        self.reload(limited, 'the configuration was read anew')
        self.assertIn(429, [phone.get('/v1/account').status for _ in range(10)])
        closed = (first.replace('registration=open', 'registration=closed')
                  .replace('monitor=127.0.0.1:0', 'monitor=127.0.0.1:1')
                  .replace('server=%s' % self.server.host, 'server=192.0.2.1'))
        self.reload(closed, 'the configuration was read anew')
        log = self.bridge.log.read_text()
        self.assertIn('[control] monitor has changed: that needs a restart', log)
        self.assertIn('[domain talk.example] server has changed', log)
        self.assertTrue(phone.is_online())
        token = {'type': 'token', 'token': self.server.token(ROMEO)}
        self.assertEqual(self.bridge.api.try_login(ROMEO, token).status, 403)
        self.reload(first + '\n[nonsense]\n', 'the configuration stays as it is')
        self.assertEqual(self.bridge.api.try_login(ROMEO, token).status, 403)
        self.reload(first, 'the configuration was read anew')
        self.assertEqual(self.bridge.api.try_login(ROMEO, token).status, 201)

    def test_while_it_is_sealed(self):
        self.bridge.stop()
        self.keyring.lock()
        self.bridge.start()
        complaint = eventually(lambda: 'unlock it' in self.ctl('health', status=SEALED)[1])
        self.assertTrue(complaint)
        self.assertEqual(json.loads(self.ctl('health', '--json', status=SEALED)[0])['code'],
                         'sealed')
        for command in (['accounts'], ['devices', JULIET], ['invite']):
            self.ctl(*command, status=SEALED)
        self.assertEqual(read_metrics(self.control.get('/metrics').body.decode())[
            'gtalk_bridge_ready', None], 0)
        self.assertEqual(self.control.get('/healthz').status, 200)
        answer = self.control.get('/readyz')
        self.assertEqual((answer.status, answer.code), (503, 'sealed'))
        self.assertIn('unlock it', answer.json['detail'])
        self.assertEqual(self.bridge.doctor()['master key'][-1][0], 'bad')
        self.keyring.unlock()
        eventually(lambda: self.control.get('/readyz').status == 200, what='the unlocked store')

    def test_without_a_daemon(self):
        self.bridge.stop()
        self.assertIn('no gtalk-bridge answers', self.ctl('health', status=NO_DAEMON)[1])
        self.ctl('devices', status=USAGE)
        self.ctl('dance', status=USAGE)


if __name__ == '__main__':
    unittest.main()
