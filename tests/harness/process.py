# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes, folders and waiting: nothing that a test starts outlives it."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

DEADLINE_S = 60
STOP_DEADLINE_S = 20
# Of util-linux. A preexec_fn would do the same, but is run between fork and exec, where Python
# hangs now and then when the test has other threads.
DIE_WITH_PARENT = ('/usr/bin/setpriv', '--pdeathsig', 'KILL', '--')

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build_dir():
    """Where the programs under test lie: GTALK_BUILD_DIR, else build/ of this tree."""
    return pathlib.Path(os.environ.get('GTALK_BUILD_DIR', ROOT / 'build')).resolve()


def eventually(condition, deadline=DEADLINE_S, what=None, pause=0.02):
    """Waits until condition() is true and returns what it returned; what, or what it returns in the
    end, says what was waited for."""
    end = time.monotonic() + deadline
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            if callable(what):
                what = what()
            raise AssertionError('not within %g s: %s'
                                 % (deadline, what or getattr(condition, '__name__', 'condition')))
        time.sleep(pause)


def spawn(arguments, **keywords):
    """subprocess.Popen whose process dies with the test, in a session of its own."""
    keywords.setdefault('stdin', subprocess.DEVNULL)
    return subprocess.Popen([*DIE_WITH_PARENT, *(str(argument) for argument in arguments)],
                            start_new_session=True, **keywords)


def children_of(pid):
    """Process ids of the living children of pid."""
    found = []
    for entry in pathlib.Path('/proc').iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / 'stat').read_text().rsplit(')', 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[1]) == pid and fields[0] != 'Z':
            found.append(int(entry.name))
    return sorted(found)


def descendants_of(pid):
    found = []
    for child in children_of(pid):
        found += [child] + descendants_of(child)
    return found


def command_line(pid):
    try:
        return pathlib.Path('/proc/%d/cmdline' % pid).read_bytes().replace(b'\0', b' ').decode()
    except OSError:
        return ''


def is_alive(pid):
    try:
        return pathlib.Path('/proc/%d/stat' % pid).read_text().rsplit(')', 1)[1].split()[0] != 'Z'
    except (OSError, IndexError):
        return False


def terminate(process, deadline=STOP_DEADLINE_S):
    """SIGTERM, SIGKILL when that does not help; returns the exit status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(deadline)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def tail(path, lines=60):
    try:
        return '\n'.join(pathlib.Path(path).read_text(errors='replace').splitlines()[-lines:])
    except OSError as error:
        return str(error)


class Scratch:
    """A temporary folder that is HOME and everything else; gone at the end."""

    def __init__(self, prefix='gtalk-'):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        (self.path / 'home').mkdir()
        (self.path / 'run').mkdir(mode=0o700)

    def environment(self, **more):
        """Of the caller's environment only what programs need to run at all."""
        keep = ('PATH', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH', 'ASAN_OPTIONS', 'UBSAN_OPTIONS',
                'LSAN_OPTIONS')
        environment = {name: os.environ[name] for name in keep if name in os.environ}
        environment.update(HOME=str(self.path / 'home'), TMPDIR=str(self.path),
                           XDG_RUNTIME_DIR=str(self.path / 'run'),
                           XDG_DATA_HOME=str(self.path / 'home/.local/share'),
                           XDG_CONFIG_HOME=str(self.path / 'home/.config'),
                           XDG_CACHE_HOME=str(self.path / 'home/.cache'))
        environment.update({name: str(value) for name, value in more.items()})
        return environment

    def __truediv__(self, name):
        return self.path / name

    def close(self):
        if os.environ.get('GTALK_KEEP'):
            print('kept: %s' % self.path, flush=True)
        else:
            shutil.rmtree(self.path, ignore_errors=True)
