# SPDX-License-Identifier: GPL-2.0-or-later
"""Manual pages are clean mdoc."""

import sys

import source

source.need('mandoc')
pages = [path for path in source.paths('.1', '.5', '.8') if path.parts[0] == 'data']
if not pages:
    print('there is no manual page')
    sys.exit(1)
sys.exit(source.run('mandoc', '-T', 'lint', '-W', 'warning', *pages))
