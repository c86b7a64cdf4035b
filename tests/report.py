#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts what meson's testlog.json files say, subtests included.

usage: report.py RESULTS [TESTLOG...]
       report.py --failed TESTLOG

With --failed, prints the names of the tests that failed, a line each.

A test that failed and then passed when it was run again (its entry in "<name>-again.json" beside
"<name>.json") counts as passed and is named as unsteady: that is a bug, of the test or of ours,
which is to be found, but no reason to doubt the change at hand.

RESULTS is a file of "pass <name>" and "fail <name>" lines of the checks that meson does not know
(builds, installation). Prints each failure and each skip with its reason, then one line,
"N passed, N failed, N skipped". Exit status 1 on a failure, and on a skip where CI=true.
"""

import json
import os
import re
import sys
from collections import namedtuple

Outcome = namedtuple('Outcome', 'passed failed skipped')  # lists of names; skips carry reasons

TAP_LINE = re.compile(r'^(not )?ok\b\s*\d*\s*-?\s*([^#]*)(?:#\s*(\w+)\S*\s*(.*))?$', re.I)
UNITTEST_RAN = re.compile(r'^Ran (\d+) tests? in ', re.M)
UNITTEST_END = re.compile(r'^(?:OK|FAILED)(?: \(([^)]*)\))?$', re.M)
UNITTEST_SKIP = re.compile(r"skipped '(.*)'$|skipped \"(.*)\"$", re.M)


def read_tap(name, text):
    outcome = Outcome([], [], [])
    for line in text.splitlines():
        match = TAP_LINE.match(line)
        if match is None:
            continue
        bad, title, directive, reason = match.groups()
        title = f'{name} {title.strip()}'
        if directive and directive.lower().startswith('skip'):
            outcome.skipped.append(f'{title}: {reason or "no reason given"}')
        else:
            (outcome.failed if bad else outcome.passed).append(title)
    return outcome


def read_unittest(name, text):
    """The summary of Python's unittest; None if there is none."""
    ran, ends = UNITTEST_RAN.findall(text), UNITTEST_END.findall(text)
    if not ran or not ends:
        return None
    words = dict(re.findall(r'([a-z ]+)=(\d+)', ends[-1]))
    words = {key.strip(): int(value) for key, value in words.items()}
    bad = words.get('failures', 0) + words.get('errors', 0) + words.get('unexpected successes', 0)
    skips = words.get('skipped', 0)
    reasons = [a or b for a, b in UNITTEST_SKIP.findall(text)]
    reasons += ['no reason given'] * (skips - len(reasons))
    good = max(int(ran[-1]) - bad - skips, 0)
    return Outcome([name] * good, [name] * bad,
                   [f'{name}: {reason}' for reason in reasons[:skips]])


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else 'no reason given'


def name_of(entry):
    return entry['name'].split(' / ')[-1]


def is_bad(entry):
    return entry['result'] not in ('OK', 'EXPECTEDFAIL', 'SKIP')


def read_log(path):
    """The entries of a testlog.json, in their order; [] if there is no such file."""
    try:
        with open(path, encoding='utf-8') as log:
            return [json.loads(line) for line in log]
    except FileNotFoundError:
        return []


def read_test(entry):
    """What one test of a testlog.json comes to."""
    name, result = name_of(entry), entry['result']
    text = entry.get('stdout', '')
    both = text + '\n' + entry.get('stderr', '')
    if re.search(r'^(?:1\.\.\d+|TAP version \d+)', text, re.M):
        outcome = read_tap(name, text)
    else:
        outcome = read_unittest(name, both) or Outcome([], [], [])
    if result == 'SKIP' and not outcome.skipped:
        return Outcome([], [], [f'{name}: {last_line(both)}'])
    if is_bad(entry) and not outcome.failed:
        outcome.failed.append(f'{name} ({result.lower()})')
    if not any(outcome):
        outcome.passed.append(name)
    return outcome


def read_checks(path):
    outcome = Outcome([], [], [])
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            word, _, name = line.strip().partition(' ')
            (outcome.passed if word == 'pass' else outcome.failed).append(name)
    return outcome


def add(total, outcome):
    for mine, theirs in zip(total, outcome):
        mine.extend(theirs)


def read_run(path):
    """The entries of a run, with those of its second try in their place, and who was unsteady."""
    second_try = read_log(path.removesuffix('.json') + '-again.json')
    again = {name_of(entry): entry for entry in second_try}
    entries, unsteady = [], []
    for entry in read_log(path):
        second = again.get(name_of(entry)) if is_bad(entry) else None
        if second is not None and not is_bad(second):
            unsteady.append(name_of(entry))
            entry = second
        entries.append(entry)
    return entries, unsteady


def main(arguments):
    if arguments[0] == '--failed':
        print('\n'.join(name_of(entry) for entry in read_log(arguments[1]) if is_bad(entry)))
        return 0
    total = Outcome([], [], [])
    add(total, read_checks(arguments[0]))
    for path in arguments[1:]:
        entries, unsteady = read_run(path)
        for entry in entries:
            add(total, read_test(entry))
        for name in unsteady:
            print(f'unsteady: {name} failed, and passed when it was run again')
    for name in total.failed:
        print(f'failed: {name}')
    for name in total.skipped:
        print(f'skipped: {name}')
    print('%d passed, %d failed, %d skipped' % tuple(len(names) for names in total))
    strict = os.environ.get('CI') == 'true'
    return 1 if total.failed or not total.passed or (strict and total.skipped) else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
