# SPDX-License-Identifier: GPL-2.0-or-later
"""The built gtalk-bridge with its hosts, from the build directory, configured for a test."""

import json
import os
import signal
import subprocess
import unittest

from .api import Api
from .process import (DEADLINE_S, STOP_DEADLINE_S, build_dir, children_of, command_line,
                      descendants_of, eventually, is_alive, spawn, tail, terminate)

DAEMON = 'bridge/gtalk-bridge'
PUSH = 'bridge/push/gtalk-bridge-push'
HOST = 'bridge/host/gtalk-bridge-host'
HOST_NAME = 'gtalk-bridge-host'
CONTROL = 'bridge/ctl/gtalk-bridgectl'


def domain_section(server, domain, registration='open', passwords=True, **more):
    """[domain ...] that leads to a server of tests/server."""
    keys = {'registration': registration, 'passwords': str(passwords).lower(),
            'server': server.host, 'port': server.port, **more}
    return '\n'.join(['[domain %s]' % domain] + ['%s=%s' % item for item in keys.items()])


def hostile_plugins(scratch):
    """An environment in which hosts load ours and the plugin that ends or hangs them when a message
    says "hostile: crash" or "hostile: hang"."""
    folder = scratch / 'plugins'
    folder.mkdir()
    for plugin in (build_dir() / 'plugin/googletalk.so',
                   build_dir() / 'tests/harness/hostile-plugin.so'):
        (folder / plugin.name).symlink_to(plugin)
    return {'GTALK_PLUGIN_PATH': folder}


class Bridge:
    """One bridge in a scratch folder; start() and kill() may alternate, the store stays.

    server: its CA is trusted and every domain of it gets a section, except where `domains` names
    its own text. groups: further lines of a group, by group name, e.g. {'hosts':
    ['accounts-per-host=2']}. A keyring or None."""

    def __init__(self, scratch, server, keyring, domains=None, groups=None, environment=None,
                 start=True):
        self.scratch = scratch
        self.server = server
        self.keyring = keyring
        self.process = None
        self.wrapper = []  # what the daemon is started by
        self.socket = scratch / 'api.sock'
        self.control_socket = scratch / 'control.sock'
        self.store = scratch / 'store' / 'bridge.db'
        self.config = scratch / 'gtalk-bridge.conf'
        self.log = scratch / 'bridge.log'
        self.more_environment = environment or {}
        self.api = Api(self.socket)
        self.store.parent.mkdir(exist_ok=True)
        self.write_config(domains or {}, groups or {})
        if start:
            self.start()

    def write_config(self, domains, groups):
        sections = {
            'listen': ['address=unix:%s' % self.socket],
            'control': ['socket=%s' % self.control_socket],
            'store': ['path=%s' % self.store, 'key-source=secret-service'],
            'hosts': ['program=%s' % (build_dir() / HOST)],
            'limits': ['sign-ins-per-minute=1000', 'account-sign-ins-per-minute=1000',
                       'requests-per-second=1000', 'account-requests-per-second=1000',
                       'devices-per-account=1000', 'subscriptions-per-account=1000'],
            'push': ['program=%s' % (build_dir() / PUSH)],
            'tls': ['ca-directory=%s' % self.server.ca_directory],
        }
        for name, lines in groups.items():
            taken = {line.split('=')[0] for line in lines}
            sections[name] = [line for line in sections.get(name, [])
                              if line.split('=')[0] not in taken] + lines
        text = ['[%s]\n%s' % (name, '\n'.join(lines)) for name, lines in sections.items()]
        for domain in self.server.description['domains']:
            text.append(domains.get(domain) or domain_section(self.server, domain))
        text += [section for domain, section in domains.items()
                 if domain not in self.server.description['domains']]
        self.config.write_text('\n\n'.join(text) + '\n')

    @property
    def environment(self):
        of_keyring = self.keyring.environment if self.keyring else {
            'DBUS_SESSION_BUS_ADDRESS': 'unix:path=%s' % (self.scratch / 'no-such-bus')}
        return self.scratch.environment(**{'GTALK_PLUGIN_PATH': build_dir() / 'plugin',
                                           **of_keyring, **self.more_environment})

    def run(self, *arguments):
        """The daemon's program to its end, for --check-config and start-up failures."""
        return subprocess.run([build_dir() / DAEMON, *arguments], env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=DEADLINE_S)

    def ctl(self, *arguments):
        """gtalk-bridgectl; returns its output."""
        done = subprocess.run([build_dir() / CONTROL, '--socket', self.control_socket, *arguments],
                              env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False, timeout=DEADLINE_S)
        if done.returncode != 0:
            raise AssertionError('gtalk-bridgectl %s: %s' % (arguments, done.stderr.decode()))
        return done.stdout.decode()

    def doctor(self, environment=None):
        """{subject: [(verdict, message)]}"""
        done = subprocess.run([build_dir() / CONTROL, 'doctor', '--json', '--config', self.config],
                              env={**self.environment, **(environment or {})},
                              stdin=subprocess.DEVNULL,
                              capture_output=True, check=False, timeout=DEADLINE_S)
        found = {}
        for finding in json.loads(done.stdout)['findings']:
            found.setdefault(finding['subject'], []).append((finding['verdict'],
                                                             finding['message']))
        bad = any(verdict == 'bad' for each in found.values() for verdict, _ in each)
        if done.returncode != int(bad):
            raise AssertionError('the doctor ended with %d: %s' % (done.returncode, found))
        return found

    def launch(self):
        """Starts the daemon without waiting for anything."""
        with open(self.log, 'ab') as out:
            self.process = spawn([*self.wrapper, build_dir() / DAEMON, '--config', self.config],
                                 env=self.environment, stdout=out, stderr=out)

    def answers(self):
        """Whether the API answers; fails at once when the daemon has ended."""
        if self.process.poll() is not None:
            raise AssertionError('gtalk-bridge ended with %d:\n%s'
                                 % (self.process.returncode, tail(self.log)))
        try:
            return self.api.get('/v1/capabilities', timeout=5).status == 200
        except OSError:
            return False

    def start(self):
        self.launch()
        eventually(self.answers, what='an answer of gtalk-bridge')

    def tcp_address(self):
        """Of the first TCP address that the bridge says it listens on."""
        log = eventually(lambda: 'listening on ' in self.log.read_text()
                         and self.log.read_text(), what='its addresses')
        addresses = log.split('listening on ')[1].split('\n')[0].split(', ')
        host, port = next(address for address in addresses if address[0] != 'u').rsplit(':', 1)
        return host, int(port)

    def descendants(self):
        return descendants_of(self.process.pid) if self.process else []

    def hosts(self):
        """Process ids of the daemon's hosts: started by it, or forked by its warm template. Only
        by what every user may read of a process that is not dumpable."""
        if self.process is None:
            return []
        below = [pid for pid in children_of(self.process.pid) if HOST_NAME in command_line(pid)]
        templates = [pid for pid in below if '--template' in command_line(pid)]
        return ([pid for pid in below if pid not in templates]
                + [pid for template in templates for pid in children_of(template)])

    def resident_kib(self):
        """Memory of the daemon's own. A sanitizer keeps what is freed: skips the test."""
        if 'ASAN_OPTIONS' in os.environ:
            raise unittest.SkipTest('a sanitizer keeps what is freed')
        with open('/proc/%d/status' % self.process.pid, encoding='ascii') as status:
            return next(int(line.split()[1]) for line in status if line.startswith('RssAnon'))

    def signal_everybody(self, number):
        """Returns their process ids; one that was ending anyway is not missed."""
        everybody = [self.process.pid] + self.descendants()
        for pid in everybody:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        return everybody

    def kill(self):
        """SIGKILL for the daemon and every process below it, at the same moment."""
        self.signal_everybody(signal.SIGSTOP)
        everybody = self.signal_everybody(signal.SIGKILL)
        self.process.wait()
        self.process = None
        eventually(lambda: not any(is_alive(pid) for pid in everybody), what='their death')

    def stop(self, deadline=STOP_DEADLINE_S):
        """SIGTERM; returns the exit status once every process below has gone too."""
        if self.process is None:
            return None
        below = self.descendants()
        status = terminate(self.process, deadline)
        self.process = None
        eventually(lambda: not any(is_alive(pid) for pid in below), what='the end of the hosts')
        return status

    def login(self, jid, state='valid', kind='oauth', **more):
        """A device of this account, signed in with its seeded token."""
        return self.api.login(jid, {'type': 'token', 'token': self.server.token(jid, kind, state)},
                              **more)

    def show_log(self):
        return tail(self.log, 120)

    def close(self):
        if self.process is not None:
            everybody = [self.process.pid] + self.descendants()
            terminate(self.process)
            self.process = None
            for pid in everybody:
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
