# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs under valgrind's memcheck, and what it found in them."""

import re

from harness.process import ROOT, build_dir

SUPPRESSIONS = (ROOT / 'tests/memcheck/memcheck.supp', '/usr/share/glib-2.0/valgrind/glib.supp')
# A reply of D-Bus that nobody freed; its stack is that of GLib's thread, not of who asked.
LOST_REPLY = re.compile(r'in ([\d,]+) blocks are definitely lost.*\n(?:.*\n)*.*'
                        r'g_dbus_message_new_from_blob')


class Memcheck:
    """What is started by .command in .environment is checked, and what that starts or forks."""

    def __init__(self, scratch, *options):
        self.folder = scratch / 'memcheck'
        self.folder.mkdir()
        self.command = ['valgrind', '--quiet', '--trace-children=yes', '--vgdb=no',
                        '--num-callers=40', '--leak-check=full', '--show-leak-kinds=definite',
                        '--keep-debuginfo=yes', '--log-file=%s/%%p' % self.folder,
                        *['--suppressions=%s' % path for path in SUPPRESSIONS], *options]
        # every allocation one of malloc(); what stands in for system calls that valgrind lacks
        self.environment = {'G_SLICE': 'always-malloc', 'G_DEBUG': 'gc-friendly',
                            'LD_PRELOAD': build_dir() / 'tests/memcheck/pidfd.so'}

    def errors(self):
        """{process id: [error, as text]} of all that have ended"""
        found = {}
        for path in self.folder.iterdir():
            # --1234-- begins a remark about valgrind itself
            text = re.sub(r'^--\d+--.*\n', '', path.read_text(), flags=re.M)
            text = re.sub(r'^==\d+== ?', '', text, flags=re.M)
            found[int(path.name)] = [error for error in text.split('\n\n') if error.strip()]
        return found


def take_lost_replies(errors):
    """Removes them from a process's errors; how many there were"""
    lost = [error for error in errors if LOST_REPLY.search(error)]
    errors[:] = [error for error in errors if error not in lost]
    return sum(int(LOST_REPLY.search(error).group(1).replace(',', '')) for error in lost)
