# SPDX-License-Identifier: GPL-2.0-or-later
"""The unit for systemd: how much it takes away, and that the daemon does not miss it; and that
nothing leaves a picture of its memory behind."""

import contextlib
import json
import os
import re
import resource
import signal
import subprocess
import unittest

from harness import Scratch, eventually, journal, sandbox
from harness.case import BridgeCase
from harness.bridge import DAEMON, PUSH
from harness.phone_case import JULIET, PASSWORD, ROMEO, PhoneCase
from harness.process import ROOT, build_dir, command_line, is_alive
from harness.push_service import PushService

EXPOSURE_MAX = 1.5
UNIT = build_dir() / 'data' / 'gtalk-bridge.service'


class UnitTest(unittest.TestCase):
    def test_what_is_left_open(self):
        done = subprocess.run(['systemd-analyze', 'security', '--offline=true', UNIT],
                              capture_output=True, text=True, check=True, timeout=60)
        level = float(re.search(r'Overall exposure level for .*: ([0-9.]+) ', done.stdout).group(1))
        self.assertLessEqual(level, EXPOSURE_MAX, done.stdout)

    def test_systemd_understands_it(self):
        done = subprocess.run(['systemd-analyze', 'verify', '--man=no', UNIT],
                              capture_output=True, text=True, check=False, timeout=60)
        complaints = [line for line in done.stderr.splitlines()
                      if 'gtalk-bridge' in line and 'is not executable' not in line]
        self.assertEqual(complaints, [])
        for path in (ROOT / 'data').glob('*.socket'):
            for line in path.read_text(encoding='utf-8').splitlines():
                self.assertRegex(line, r'^(|#.*|\[(Unit|Socket|Install)\]|[A-Z][A-Za-z]+=.+)$')

    def make(self, program, kind, root, *options):
        with open(ROOT / 'data' / ('gtalk-bridge.' + kind), encoding='utf-8') as text:
            subprocess.run([program, '--root=%s' % root, *options, '-'], stdin=text,
                           capture_output=True, check=True, timeout=60)

    def test_user_and_folders_are_made(self):
        if os.geteuid() != 0:
            self.skipTest('only root can give files away')
        scratch = Scratch()
        self.addCleanup(scratch.close)
        (scratch / 'etc').mkdir()
        self.make('systemd-sysusers', 'sysusers', scratch.path)
        name, _, user, group, _, home, shell = (scratch / 'etc/passwd').read_text().strip().split(
            ':')
        self.assertEqual((name, home), ('gtalk-bridge', '/var/lib/gtalk-bridge'))
        self.assertIn('nologin', shell)
        self.make('systemd-tmpfiles', 'tmpfiles', scratch.path, '--create')
        for path, mode, owner, of_group in (('var/lib/gtalk-bridge', 0o700, user, group),
                                            ('etc/gtalk-bridge', 0o750, '0', group),
                                            ('etc/credstore.encrypted', 0o700, '0', '0')):
            made = (scratch / path).stat()
            self.assertEqual((made.st_mode & 0o7777, str(made.st_uid), str(made.st_gid)),
                             (mode, owner, of_group), path)


def subscribe(case, service, phone):
    """A webhook that was pushed to, and the process that did."""
    hook = service.subscribe('phone', 'hook')
    answer = phone.put('/v1/push/webhook', {'endpoint': hook.url})
    case.assertEqual(answer.status, 201, answer)
    hook.secrets = [answer.json['secret']]
    hook.wait(1)
    return next(pid for pid in case.bridge.descendants()
                if command_line(pid).startswith(str(build_dir() / PUSH)))


class SandboxTest(PhoneCase):
    def test_the_daemon_works_in_it(self):
        """With all that it starts: hosts, what pushes, and the listener for old phones."""
        romeo = self.peer(ROMEO)
        service = PushService(self.server.folder)
        self.addCleanup(service.close)
        self.start(start=False, groups={'push': ['types=webhook', 'allow=' + service.allow]})
        self.bridge.wrapper = sandbox.build_command(UNIT, self.scratch.path, build_dir(),
                                                    self.class_scratch.path)
        self.bridge.start()
        phone = self.bridge.login(JULIET)
        phone.send(ROMEO, 'from the sandbox')
        romeo.wait_for_message('from the sandbox')
        romeo.send(JULIET, 'into the sandbox')
        phone.wait_for('message', body='into the sandbox')
        subscribe(self, service, phone)
        old = self.make_phone()
        self.assertIn(ROMEO, [contact['jid'] for contact in old.start(JULIET, PASSWORD)])
        old.send(ROMEO, 'by hand')
        romeo.wait_for_message('by hand')
        self.assertIn('online', self.bridge.ctl('accounts'))
        self.bridge.ctl('rotate')
        daemon = next(pid for pid in self.bridge.descendants()
                      if command_line(pid).startswith(str(build_dir() / DAEMON)))
        os.kill(daemon, signal.SIGTERM)
        self.assertEqual(self.bridge.process.wait(60), 0)

    def test_the_sandbox_is_one(self):
        """So that the test above shows something."""
        self.start_bridge(start=False)
        command = sandbox.build_command(UNIT, self.scratch.path)
        for forbidden in ('echo > /etc/x', 'echo > /usr/x', 'unshare -r true', 'chmod 4755 %s/x',
                          'mount -t tmpfs none /mnt', 'chown nobody %s/x', 'nice -n -5 true'):
            (self.scratch / 'x').write_text('x')
            script = forbidden % self.scratch.path if '%s' in forbidden else forbidden
            done = subprocess.run([*command, 'sh', '-ec', script], capture_output=True, text=True,
                                  check=False, timeout=60)
            told = done.returncode != 0 or 'annot set niceness' in done.stderr
            self.assertTrue(told, (script, done.stderr))
        subprocess.run([*command, 'sh', '-ec', 'echo > %s/x' % self.scratch.path], check=True,
                       timeout=60)


class JournalTest(BridgeCase):
    def end_programs(self):
        for pid in self.bridge.descendants():
            with contextlib.suppress(ProcessLookupError):  # it ends by itself, too
                os.kill(pid, signal.SIGKILL)

    def test_entries_have_fields(self):
        folder, entries = self.scratch / 'journal', self.scratch / 'entries'
        folder.mkdir()
        self.start_bridge(start=False)
        self.bridge.wrapper = journal.build_command(folder, entries)
        self.bridge.start()
        phone = self.bridge.login(JULIET)
        self.addCleanup(self.end_programs)

        def found():
            return [json.loads(line) for line in entries.read_text().splitlines()]
        eventually(lambda: any('-> online' in entry['MESSAGE'] for entry in found()),
                   what='the entry of the sign-in')
        name = phone.login['account']['id']
        online = next(entry for entry in found() if '-> online' in entry['MESSAGE'])
        self.assertEqual((online['GTALK_ACCOUNT'], online['PRIORITY'], online['GLIB_DOMAIN']),
                         (name, '5', 'gtalk-bridge'))
        self.assertNotIn('juliet', entries.read_text())


class CoreTest(BridgeCase):
    def test_nothing_leaves_a_core(self):
        before = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, before)
        here = os.getcwd()
        os.chdir(self.scratch.path)
        self.addCleanup(os.chdir, here)
        # A sanitizer would catch the signal and end by itself.
        options = os.environ.get('ASAN_OPTIONS')
        service = PushService(self.server.folder)
        self.addCleanup(service.close)
        self.start_bridge(environment={'ASAN_OPTIONS': options + ':handle_segv=0'}
                          if options else None,
                          groups={'push': ['types=webhook', 'allow=' + service.allow]})
        pusher = subscribe(self, service, self.bridge.login(JULIET))
        for pid in (pusher, *self.bridge.hosts()):
            with open('/proc/%d/limits' % pid, encoding='utf-8') as limits:
                self.assertRegex(limits.read(), r'Max core file size +0 +0 ')
            os.kill(pid, signal.SIGSEGV)
            eventually(lambda: not is_alive(pid), what='its death')
        os.kill(self.bridge.process.pid, signal.SIGSEGV)
        ended = os.waitid(os.P_PID, self.bridge.process.pid, os.WEXITED | os.WNOWAIT)
        self.assertEqual((ended.si_code, ended.si_status), (os.CLD_KILLED, signal.SIGSEGV))
        self.assertEqual(list(self.scratch.path.glob('*core*')), [])


if __name__ == '__main__':
    unittest.main()
