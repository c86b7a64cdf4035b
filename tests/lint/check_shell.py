# SPDX-License-Identifier: GPL-2.0-or-later
"""Shell scripts pass shellcheck."""

import sys

import source

source.need('shellcheck')
scripts = [path for path in source.paths() if path.suffix == '.sh']
scripts += [path for path in source.paths('') if source.read(path).startswith('#!/bin/sh')
            or source.read(path).startswith('#!/usr/bin/env bash')]
sys.exit(source.run('shellcheck', '--external-sources', *scripts))
