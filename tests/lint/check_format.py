# SPDX-License-Identifier: GPL-2.0-or-later
"""C is as clang-format and .clang-format leave it."""

import sys

import source

source.need('clang-format')
sys.exit(source.run('clang-format', '--dry-run', '-Werror', *source.paths('.c', '.h')))
