# SPDX-License-Identifier: GPL-2.0-or-later
"""install-packages.sh installs what is missing and nothing else, and leaves no service behind.
The system's programs are replaced by scripts that write down how they were called."""

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORD = '#!/bin/sh\necho "$(basename "$0") $*" >>"$CALLS"\n'
AS_RECORDED = '#!/bin/sh\necho "$(basename "$0") $*" >>"$CALLS"\nexec "$@"\n'
TOOLS = ('basename', 'cat', 'dirname', 'grep', 'rm', 'sed', 'sh', 'tr')


class PackagesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.bin = self.folder / 'bin'
        self.bin.mkdir()
        self.calls = self.folder / 'calls'
        self.calls.touch()
        for name in TOOLS:
            (self.bin / name).symlink_to('/usr/bin/' + name)
        (self.bin / 'rm').unlink()
        for name in ('apt-get', 'chmod', 'rm', 'systemctl', 'tee'):
            self.program(name, RECORD)
        self.program('env', '#!/bin/sh\nshift\nexec "$@"\n')
        self.user(0)
        self.installed(missing=())

    def program(self, name, text):
        (self.bin / name).write_text(text, encoding='utf-8')
        (self.bin / name).chmod(0o755)

    def user(self, number):
        self.program('id', f'#!/bin/sh\necho {number}\n')

    def installed(self, missing):
        names = '|'.join(missing) or 'nothing'
        self.program('dpkg-query', '#!/bin/sh\nfor name; do :; done\n'
                     f'case $name in {names}) exit 1 ;; *) printf installed ;; esac\n')

    def run_script(self):
        return subprocess.run(['/bin/sh', ROOT / 'data' / 'install-packages.sh'],
                              env={'PATH': str(self.bin), 'CALLS': str(self.calls)},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)

    def called(self):
        return self.calls.read_text(encoding='utf-8').splitlines()

    def test_asks_for_nothing_when_nothing_is_missing(self):
        self.assertEqual(self.run_script().returncode, 0)
        self.assertEqual(self.called(), [])

    def test_installs_exactly_what_is_missing(self):
        self.installed(missing=('meson', 'prosody'))
        self.assertEqual(self.run_script().returncode, 0)
        installs = [call for call in self.called() if ' install ' in call]
        self.assertEqual(len(installs), 1)
        self.assertTrue(installs[0].endswith(' meson prosody'), installs)

    def test_new_servers_are_not_left_enabled(self):
        self.installed(missing=('prosody',))
        self.run_script()
        disabled = [call for call in self.called() if call.startswith('systemctl disable')]
        self.assertEqual(disabled, ['systemctl disable prosody.service'])

    def test_services_may_not_start_while_it_installs(self):
        self.installed(missing=('prosody',))
        self.run_script()
        words = [call.split()[0] for call in self.called() if 'policy-rc.d' in call
                 or ' install ' in call]
        a_policy_is_there = os.path.exists('/usr/sbin/policy-rc.d')  # containers have one
        self.assertEqual(words, ['apt-get'] if a_policy_is_there
                         else ['tee', 'chmod', 'apt-get', 'rm'])

    def test_a_failed_installation_is_a_failure(self):
        self.installed(missing=('meson',))
        self.program('apt-get', '#!/bin/sh\nexit 100\n')
        self.assertNotEqual(self.run_script().returncode, 0)

    def test_uses_sudo_for_who_is_not_root(self):
        self.user(1000)
        self.program('sudo', AS_RECORDED)
        self.installed(missing=('meson',))
        self.assertEqual(self.run_script().returncode, 0)
        self.assertTrue(any(call.startswith('sudo apt-get update') for call in self.called()))

    def test_without_root_and_sudo_it_says_what_is_missing(self):
        self.user(1000)
        self.installed(missing=('meson',))
        done = self.run_script()
        self.assertEqual(done.returncode, 1)
        self.assertIn('meson', done.stderr)


if __name__ == '__main__':
    unittest.main()
