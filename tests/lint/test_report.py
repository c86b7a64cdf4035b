# SPDX-License-Identifier: GPL-2.0-or-later
"""The report counts subtests, never hides a failure, and holds skips against us in CI."""

import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import report  # noqa: E402

UNITTEST = """test_one (test_x.X.test_one) ... ok
test_two (test_x.X.test_two) ... skipped 'no ejabberd here'

----------------------------------------------------------------------
Ran 2 tests in 0.1s

OK (skipped=1)
"""


class ReportTest(unittest.TestCase):
    def run_report(self, entries, checks='', ci='false', again=()):
        with tempfile.TemporaryDirectory() as folder:
            results = pathlib.Path(folder, 'results')
            results.write_text(checks, encoding='utf-8')
            log = pathlib.Path(folder, 'testlog.json')
            log.write_text(''.join(json.dumps(entry) + '\n' for entry in entries),
                           encoding='utf-8')
            if again:
                pathlib.Path(folder, 'testlog-again.json').write_text(
                    ''.join(json.dumps(entry) + '\n' for entry in again), encoding='utf-8')
            output = io.StringIO()
            with mock.patch.dict(os.environ, CI=ci), contextlib.redirect_stdout(output):
                status = report.main([str(results), str(log)])
        return status, output.getvalue().splitlines()

    def test_counts_the_cases_of_tap(self):
        text = 'TAP version 13\n1..3\nok 1 /a\nok 2 /b # SKIP no disk\nok 3 /c\n'
        status, lines = self.run_report([{'name': 'unit/a', 'result': 'OK', 'stdout': text}])
        self.assertEqual(status, 0)
        self.assertEqual(lines, ['skipped: unit/a /b: no disk', '2 passed, 0 failed, 1 skipped'])

    def test_counts_the_cases_of_unittest(self):
        status, lines = self.run_report(
            [{'name': 'integration/x', 'result': 'OK', 'stdout': '', 'stderr': UNITTEST}])
        self.assertEqual(status, 0)
        self.assertEqual(lines, ['skipped: integration/x: no ejabberd here',
                                 '1 passed, 0 failed, 1 skipped'])

    def test_counts_a_crash_after_passed_cases_as_a_failure(self):
        text = '1..2\nok 1 /a\n'
        status, lines = self.run_report([{'name': 'unit/a', 'result': 'ERROR', 'stdout': text}])
        self.assertEqual(status, 1)
        self.assertEqual(lines[-1], '1 passed, 1 failed, 0 skipped')

    def test_counts_a_timeout_as_a_failure(self):
        status, lines = self.run_report([{'name': 'unit/a', 'result': 'TIMEOUT'}])
        self.assertEqual(status, 1)
        self.assertEqual(lines, ['failed: unit/a (timeout)', '0 passed, 1 failed, 0 skipped'])

    def test_names_what_passed_only_when_run_again(self):
        good = {'name': 'x:unit / unit/a', 'result': 'OK', 'stdout': '1..1\nok 1 /a\n'}
        bad = {'name': 'x:unit / unit/a', 'result': 'FAIL', 'stdout': '1..1\nnot ok 1 /a\n'}
        other = {'name': 'x:unit / unit/b', 'result': 'FAIL', 'stdout': '1..1\nnot ok 1 /b\n'}
        status, lines = self.run_report([bad], again=[good])
        self.assertEqual(status, 0)
        self.assertEqual(lines, ['unsteady: unit/a failed, and passed when it was run again',
                                 '1 passed, 0 failed, 0 skipped'])
        status, lines = self.run_report([bad, other], again=[good, other])
        self.assertEqual(status, 1)
        self.assertEqual(lines[-2:], ['failed: unit/b /b', '1 passed, 1 failed, 0 skipped'])

    def test_counts_failed_cases_of_unittest(self):
        text = 'Ran 4 tests in 0.1s\n\nFAILED (failures=1, errors=1)\n'
        status, lines = self.run_report([{'name': 'x', 'result': 'FAIL', 'stderr': text}])
        self.assertEqual(status, 1)
        self.assertEqual(lines[-1], '2 passed, 2 failed, 0 skipped')

    def test_counts_builds(self):
        status, lines = self.run_report([], 'pass gcc build\nfail clang build\n')
        self.assertEqual(status, 1)
        self.assertEqual(lines, ['failed: clang build', '1 passed, 1 failed, 0 skipped'])

    def test_a_skip_is_a_failure_in_ci(self):
        entry = {'name': 'lint/x', 'result': 'SKIP', 'stdout': 'mandoc is not installed\n'}
        status, lines = self.run_report([entry], 'pass a\n', ci='true')
        self.assertEqual(status, 1)
        self.assertEqual(lines, ['skipped: lint/x: mandoc is not installed',
                                 '1 passed, 0 failed, 1 skipped'])

    def test_nothing_run_is_a_failure(self):
        self.assertEqual(self.run_report([])[0], 1)


if __name__ == '__main__':
    unittest.main()
