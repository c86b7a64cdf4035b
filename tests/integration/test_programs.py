# SPDX-License-Identifier: GPL-2.0-or-later
"""The built programs as a user first meets them: their options, their manuals, what they link."""

import re
import subprocess
import unittest

from harness import Scratch
from harness.process import ROOT, build_dir

PROGRAMS = {
    'bridge/gtalk-bridge': 'gtalk-bridge.8',
    'bridge/ctl/gtalk-bridgectl': 'gtalk-bridgectl.1',
}
# Libraries that a file must not need, by the beginning of their names.
FORBIDDEN = {
    'bridge/gtalk-bridge': ['libpurple', 'libjabber'],
    'bridge/ctl/gtalk-bridgectl': ['libpurple', 'libjabber', 'libsqlite3', 'libsecret'],
    'bridge/push/gtalk-bridge-push': ['libpurple', 'libjabber', 'libsqlite3', 'libsecret'],
    'bridge/host/gtalk-bridge-host': ['libjabber', 'libsoup', 'libsqlite3', 'libsecret'],
    'plugin/googletalk.so': ['libjabber', 'libsqlite3', 'libsecret'],
}


def options_of_page(page):
    text = (ROOT / 'data' / page).read_text(encoding='utf-8')
    return set(re.findall(r'^\.(?:It|Op)?.*?Fl -([a-z-]+)', text, re.M)) \
        | set(re.findall(r', Fl -([a-z-]+)', text))


def options_of_help(text):
    """Without those that GOption adds by itself."""
    return set(re.findall(r'(?:^|\s|,)--([a-z-]+)', text)) - {'help-all', 'help-gtk'}


def commands_of_help(text):
    """Of a program that has any."""
    commands = re.search(r'^Commands:\n((?:  .*\n)+)', text, re.M)
    return set(re.findall(r'^  ([a-z]+) ', commands.group(1), re.M)) if commands else set()


class ProgramsTest(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)

    def run_program(self, path, *arguments):
        return subprocess.run([build_dir() / path, *arguments], env=self.scratch.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=60)

    def test_manuals_name_the_options_that_there_are(self):
        for path, page in PROGRAMS.items():
            with self.subTest(path):
                done = self.run_program(path, '--help')
                self.assertEqual(done.returncode, 0, done.stderr)
                options = options_of_help(done.stdout)
                for command in commands_of_help(done.stdout):
                    of_command = self.run_program(path, command, '--help')
                    self.assertEqual(of_command.returncode, 0, of_command.stderr)
                    options |= options_of_help(of_command.stdout)
                self.assertEqual(options, options_of_page(page))

    def test_manual_names_the_commands_that_there_are(self):
        done = self.run_program('bridge/ctl/gtalk-bridgectl', '--help')
        page = (ROOT / 'data' / 'gtalk-bridgectl.1').read_text(encoding='utf-8')
        self.assertEqual(commands_of_help(done.stdout),
                         set(re.findall(r'^\.It Cm ([a-z]+)', page, re.M)))

    def test_completion_offers_the_commands_that_there_are(self):
        script = ('source "$1"; COMP_WORDS=("$2" ""); COMP_CWORD=1; _gtalk_bridgectl; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        program = build_dir() / 'bridge/ctl/gtalk-bridgectl'
        done = subprocess.run(['bash', '-c', script, 'bash', ROOT / 'data/gtalk-bridgectl.bash',
                               program], capture_output=True, text=True, check=True, timeout=60)
        offered = {word for word in done.stdout.split() if not word.startswith('-')}
        self.assertEqual(offered, commands_of_help(self.run_program(program, '--help').stdout))

    def test_programs_tell_their_version(self):
        version = re.search(r"version: '([\d.]+)'",
                            (ROOT / 'meson.build').read_text(encoding='utf-8')).group(1)
        for path in PROGRAMS:
            with self.subTest(path):
                done = self.run_program(path, '--version')
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(version, done.stdout)

    def check_config(self, path):
        done = self.run_program('bridge/gtalk-bridge', '--check-config', '--config', path)
        return done.returncode, done.stderr

    def name_existing(self, text):
        """The example with files that are there in the place of those that it names."""
        there = self.scratch / 'there'
        there.write_text('')
        programs = build_dir() / 'bridge'
        text = re.sub(r'(program=).*gtalk-bridge-(host|push)',
                      r'\1%s/\2/gtalk-bridge-\2' % programs, text)
        text = re.sub(r'((?:certificate|key|password-file)=)/.*', r'\1%s' % there, text)
        return re.sub(r'(ca-directory=).*', r'\1%s' % self.scratch.path, text)

    def check_example(self, text):
        path = self.scratch / 'example.conf'
        path.write_text(text, encoding='utf-8')
        return self.check_config(path)

    def test_the_example_is_a_good_configuration(self):
        text = (ROOT / 'data' / 'gtalk-bridge.conf').read_text(encoding='utf-8')
        text = re.sub('^#program=', 'program=', text, flags=re.M)
        self.assertEqual(self.check_example(self.name_existing(text)), (0, ''))

    def test_the_example_is_good_with_every_key_set(self):
        text = (ROOT / 'data' / 'gtalk-bridge.conf').read_text(encoding='utf-8')
        text = re.sub(r'^#([a-z-]+=)', r'\1', text, flags=re.M)
        # key-file and its password go with this source only
        text = text.replace('key-source=secret-service', 'key-source=secret-file')
        self.assertEqual(self.check_example(self.name_existing(text)), (0, ''))

    def test_each_links_only_what_its_folder_may_use(self):
        for path, forbidden in FORBIDDEN.items():
            with self.subTest(path):
                done = subprocess.run(['readelf', '--dynamic', '--wide', build_dir() / path],
                                      capture_output=True, text=True, check=True)
                needed = re.findall(r'\(NEEDED\).*\[(.*)\]', done.stdout)
                self.assertTrue(needed)
                self.assertEqual([library for library in needed
                                  if library.startswith(tuple(forbidden))], [])


if __name__ == '__main__':
    unittest.main()
