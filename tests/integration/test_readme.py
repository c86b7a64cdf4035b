# SPDX-License-Identifier: GPL-2.0-or-later
"""A newcomer's first hour: the quickstart, then every command of README.md in order."""

import os
import re
import signal
import subprocess
import unittest

from harness import Scratch, eventually
from harness.process import ROOT, build_dir, is_alive, spawn, tail

QUICKSTART = [ROOT / 'data' / 'quickstart.sh', '--no-install', '--build', build_dir()]
DEADLINE_S = 240


def commands():
    """What stands between ```sh and ``` in README.md, in order."""
    return re.findall(r'^```sh\n(.*?)^```$', (ROOT / 'README.md').read_text(encoding='utf-8'),
                      re.M | re.S)


class ReadmeTest(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.environment = self.scratch.environment()
        self.log = self.scratch / 'quickstart.log'

    def run_quickstart(self, *arguments):
        with open(self.log, 'wb') as out:
            return spawn([*QUICKSTART, *arguments], env=self.environment, stdout=out, stderr=out)

    def output(self):
        return tail(self.log, 1000)

    def left_over(self):
        return [path.name for path in self.scratch.path.iterdir()
                if path.name.startswith('gtalk-')]

    def assert_shows_a_conversation(self):
        output = self.output()
        self.assertIn('juliet@mail.example', output)
        self.assertRegex(output, r'the server chose +juliet@talk\.example/')
        self.assertIn('romeo@talk.example got from juliet@talk.example', output)
        self.assertIn('juliet@talk.example got from romeo@talk.example', output)

    def test_once_shows_a_conversation_and_cleans_up(self):
        process = self.run_quickstart('--once')
        self.assertEqual(process.wait(DEADLINE_S), 0, self.output())
        self.assert_shows_a_conversation()
        self.assertEqual(self.left_over(), [])

    def test_once_fails_when_there_is_nothing_to_show(self):
        QUICKSTART[-1], before = self.scratch.path, QUICKSTART[-1]
        self.addCleanup(QUICKSTART.__setitem__, -1, before)
        self.assertNotEqual(self.run_quickstart('--once').wait(DEADLINE_S), 0)
        self.assertEqual(self.left_over(), [])

    def test_every_command_of_the_readme_works(self):
        process = self.run_quickstart()

        def ready():
            self.assertIsNone(process.poll(), self.output())
            return '\nready' in self.output()
        eventually(ready, DEADLINE_S, 'the quickstart')
        self.assert_shows_a_conversation()
        self.follow_readme()
        os.kill(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE_S), 0, self.output())
        self.assertFalse(is_alive(process.pid))
        self.assertEqual(self.left_over(), [])

    def follow_readme(self):
        blocks = commands()
        self.assertGreater(len(blocks), 5)
        script = 'set -eu\n' + '\n'.join("echo '## %d'\n%s" % pair for pair in enumerate(blocks))
        done = subprocess.run(['bash', '-c', script], env=self.environment, cwd=self.scratch.path,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=DEADLINE_S, check=False)
        shown = done.stdout.decode()
        self.assertEqual(done.returncode, 0, shown + self.output())
        self.assertIn('nurse@talk.example', shown)
        self.assertIn('"6d1f3c58-2b7e-4b0a-9c41-d7a2e5f80b36"', shown)
        self.assertIn('You said: Anon, anon!', shown)
        self.assertNotIn('/problems/', shown)


if __name__ == '__main__':
    unittest.main()
