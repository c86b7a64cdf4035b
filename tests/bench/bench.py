# SPDX-License-Identifier: GPL-2.0-or-later
"""What the benchmarks share: the bare host, what processes cost, and how figures are told."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import resource
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from harness import Bridge, Keyring, process

SIGN_IN_DEADLINE_S = 600
QUIET_S = 3  # how long nobody of ours may use the processor before a figure is read
SIGN_INS_AT_ONCE = 8  # as many as the bare host has under way
CLOCK_TICKS = os.sysconf('SC_CLK_TCK')


def tell(figure, value, unit, **more):
    """One result; `baseline` and `goal` are in the same unit, `ratio` has none."""
    print(json.dumps({'figure': figure, 'value': round(value, 3), 'unit': unit, **more}),
          flush=True)


def raise_file_limit():
    """Thousands of connections need thousands of descriptors; children inherit the limit."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def cpu_seconds(pids):
    """Processor time of all these processes, user and system."""
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / CLOCK_TICKS


def wait_until_quiet(pids):
    """Until the processes have used no more than 2 % of a processor for a while."""
    def quiet():
        before = cpu_seconds(pids())
        time.sleep(QUIET_S)
        return cpu_seconds(pids()) - before <= 0.02 * QUIET_S
    process.eventually(quiet, SIGN_IN_DEADLINE_S, 'the processes are idle')


def fdatasync_us(folder, count=300):
    """How long one small append and fdatasync take on the disk of a folder, each."""
    times = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(count):
            start = time.monotonic_ns()
            file.write(b'x' * 4096)
            os.fdatasync(file.fileno())
            times.append((time.monotonic_ns() - start) / 1000)
    return times


def percentile(values, percent):
    """The smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def median(values):
    return statistics.median(values)


def users(first, last):
    """Bench accounts of the test server."""
    return ['user%04d@talk.example' % number for number in range(first, last)]


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_bridge(server, accounts_per_host, port=None, environment=None, store=None,
                   sign_ins_per_second=20, groups=None, listen=()):
    """A bridge with a store at that path, else on the disk of TMPDIR; with a TCP port too if one is
    given; listen: more of how it listens."""
    scratch = process.Scratch()
    addresses = f'address=unix:{scratch / "api.sock"}'
    if port is not None:
        addresses += f';127.0.0.1:{port}'
    try:
        with Keyring(scratch) as keyring, Bridge(
                scratch, server, keyring, environment=environment,
                groups={'hosts': [f'accounts-per-host={accounts_per_host}',
                                  f'sign-ins-per-second={sign_ins_per_second}'],
                        'store': [f'path={store}'] if store is not None else [],
                        'limits': ['sign-ins-per-minute=100000', 'requests-per-second=100000',
                                   'account-requests-per-second=100000'],
                        'listen': [addresses, 'max-connections=5000', *listen],
                        **(groups or {})}) as bridge:
            bridge.port = port
            yield bridge
    finally:
        scratch.close()


def pids_of(bridge):
    return [bridge.process.pid] + bridge.descendants()


def sign_in(bridge, jids):
    """Signs the accounts in, a few at a time; returns their devices."""
    with concurrent.futures.ThreadPoolExecutor(SIGN_INS_AT_ONCE) as pool:
        return list(pool.map(bridge.login, jids))


class BareHost:
    """tests/bench/bare-host; times_us says when each message came, by its body."""

    def __init__(self, server, protocol='prpl-jabber', environment=None):
        build = process.build_dir()
        self.scratch = process.Scratch()
        self.process = process.spawn(
            [build / 'tests/bench/bare-host', '--server', server.host, '--port', server.port,
             '--protocol', protocol, '--plugins', build / 'plugin'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=self.scratch.environment(**(environment or {})))
        self.online = 0
        self.times_us = {}
        self.trouble = None
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            word, _, rest = line.rstrip('\n').partition(' ')
            if word == 'online':
                self.online += 1
            elif word == 'message':
                at, _, body = rest.partition(' ')
                self.times_us[body] = int(at)
            else:
                self.trouble = line

    def sign_in(self, server, jids):
        wanted = self.online + len(jids)
        for jid in jids:
            self.process.stdin.write(f'{jid} {server.password(jid)}\n')
        self.process.stdin.flush()

        def ready():
            if self.trouble or self.process.poll() is not None:
                raise AssertionError(f'the bare host failed: {self.trouble}')
            return self.online >= wanted
        process.eventually(ready, SIGN_IN_DEADLINE_S, f'{wanted} accounts online in the bare host')

    def pids(self):
        return [self.process.pid]

    def close(self):
        self.process.stdin.close()
        process.terminate(self.process)
        self.reader.join(10)
        self.process.stdout.close()
        self.scratch.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
