# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of processes that run with heap-probe."""

import collections
import os
import pathlib
import re
import shutil
import signal
import tempfile

from harness import process

ASK_AGAIN_S = 0.5  # a process that was just about to wait overlooks a question

Memory = collections.namedtuple('Memory', 'pss_kb heap_kb')


def pss_kb(pid):
    """Proportional set size without the pages of files: how many of a library's a process has in
    memory, and with whom it shares them, depends on what else runs on the machine. What is idle
    may have been swapped out; it counts as well."""
    text = pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text(encoding='ascii')
    return sum(int(re.search(rf'^{name}: +(\d+) kB', text, re.M).group(1))
               for name in ('Pss_Anon', 'SwapPss'))


class HeapProbe:
    """environment is for the processes that will be measured."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='gtalk-heap-'))
        self.environment = {'LD_PRELOAD': process.build_dir() / 'tests/bench/heap-probe.so',
                            'HEAP_PROBE': self.folder}

    def _ask(self, pid):
        """Has the process give back what it does not use; returns what is in use of its heap."""
        answer = self.folder / str(pid)

        def answered():
            os.kill(pid, signal.SIGURG)
            try:
                process.eventually(answer.exists, ASK_AGAIN_S)
            except AssertionError:
                return False
            return True
        process.eventually(answered, what=f'an answer of process {pid}')
        in_use = int(answer.read_text(encoding='ascii')) / 1024
        answer.unlink()
        return in_use

    def measure(self, pids):
        """Memory of all these processes together, of nothing but what is in use."""
        heap_kb = sum([self._ask(pid) for pid in pids])
        return Memory(sum(pss_kb(pid) for pid in pids), heap_kb)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
