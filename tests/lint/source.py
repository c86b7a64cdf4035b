# SPDX-License-Identifier: GPL-2.0-or-later
"""What the checks of the source share: which files there are, and how a check ends."""

import os
import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77  # meson's exit status of a skipped test


def root():
    return pathlib.Path(sys.argv[1])


def paths(*suffixes):
    """Every file of ours with one of the suffixes (all if none), relative to the root."""
    found = []
    for folder, folders, names in os.walk(root()):
        folders[:] = [name for name in folders
                      if name not in ('.git', '__pycache__') and not name.startswith('build')]
        found += [pathlib.Path(folder, name).relative_to(root()) for name in names]
    return sorted(path for path in found
                  if not suffixes or path.suffix in suffixes)


def read(path):
    return (root() / path).read_text(encoding='utf-8')


def need(program):
    """Ends the check as skipped if a program is missing."""
    if shutil.which(program) is None:
        print(f'{program} is not installed')
        sys.exit(SKIPPED)


def run(*command):
    """Runs a program in the root and hands on its exit status."""
    return subprocess.run([str(word) for word in command], cwd=root(), check=False).returncode


def finish(complaints):
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)
