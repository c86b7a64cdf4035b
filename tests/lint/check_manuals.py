# SPDX-License-Identifier: GPL-2.0-or-later
"""Manual pages are clean mdoc, and the configuration's page and example name the same keys."""

import re
import sys

import source

PAGE = 'data/gtalk-bridge.conf.5'
EXAMPLE = 'data/gtalk-bridge.conf'


def keys_of_page():
    group, found = None, set()
    for line in source.read(PAGE).splitlines():
        if line.startswith('.Ss ['):
            group = line[len('.Ss ['):-1]
        elif line.startswith('.It Cm ') and group:
            found.add((group, line[len('.It Cm '):]))
    return found


def keys_of_example():
    """Keys may stand behind a # in the example, groups may not."""
    group, found = None, set()
    for line in source.read(EXAMPLE).splitlines():
        if re.match(r'\[.*\]$', line):
            group = line[1:-1]
        elif re.match(r'#?[a-z-]+=', line):
            found.add((group, line.lstrip('#').partition('=')[0]))
    return found


source.need('mandoc')
status = source.run('mandoc', '-T', 'lint', '-W', 'warning',
                    *(path for path in source.paths('.1', '.5', '.8')
                      if path.parts[0] == 'data'))
page, example = keys_of_page(), keys_of_example()
for group, key in sorted(page - example):
    print(f'{PAGE} has [{group}] {key}, {EXAMPLE} has not')
for group, key in sorted(example - page):
    print(f'{EXAMPLE} has [{group}] {key}, {PAGE} has not')
sys.exit(1 if status or page != example else 0)
