# SPDX-License-Identifier: GPL-2.0-or-later
"""Ten thousand idle accounts: what each costs in memory, with its share of the hosts, beside the
same at a thousand; what all cost in a minute of idling; how long it takes to sign them all in again
after a restart, and how hard their server is hit meanwhile.

Takes a quarter of an hour; with a number as argument it does with so many accounts."""

import argparse
import collections
import contextlib
import re
import time

import bench
from harness import Api, Prosody, Scratch, process
from heap import HeapProbe

MANY = 10000
FIRST_PART = 10  # the baseline is at a tenth
BATCH = 50
HOST = 100  # accounts-per-host by default
PER_SECOND = 50
IDLE_S = 60
FRESH_S = 75  # after which whatever follows a sign-in late has been done
STOP_S = 120
MONITOR_S = 0.5
WHOLE_S = 3600  # nobody asks the server anything meanwhile, and is not hung up on


class Herd:
    """One bridge and its accounts."""

    def __init__(self, server, bridge, probe):
        self.server = server
        self.bridge = bridge
        self.probe = probe
        self.control = Api(bridge.control_socket)
        self.count = 0

    def server_pid(self):
        return self.server.description['pid']

    def online(self):
        text = self.control.get('/metrics').body.decode()
        found = re.search(r'^gtalk_bridge_accounts\{state="online"\} (\d+)', text, re.M)
        return int(found.group(1))

    def grow(self, count):
        """Until so many accounts are signed in and idle; returns the seconds that it took."""
        start = time.monotonic()
        while self.count < count:
            last = min(self.count + BATCH, count)
            bench.sign_in(self.bridge, bench.users(self.count, last))
            self.count = last
        process.eventually(lambda: self.online() == count, bench.SIGN_IN_DEADLINE_S,
                           f'{count} accounts online', MONITOR_S)
        return time.monotonic() - start

    def memory(self):
        """Of all processes, of nothing but what is in use, and of the daemon alone, in kB."""
        self.probe.measure(bench.pids_of(self.bridge))
        return (self.probe.measure(bench.pids_of(self.bridge)).pss_kb,
                self.probe.measure([self.bridge.process.pid]).pss_kb)

    def idle(self):
        """Processor seconds in a minute: of the daemon, of the hosts, of the server."""
        pids = [[self.bridge.process.pid], self.bridge.descendants(), [self.server_pid()]]
        before = [bench.cpu_seconds(some) for some in pids]
        time.sleep(IDLE_S)
        return [bench.cpu_seconds(some) - then for some, then in zip(pids, before)]

    def restart(self):
        """Seconds to the end of the old processes, and from the start until all are online; what
        the server had to do meanwhile, in sign-ins of each second and in processor time."""
        start = time.monotonic()
        self.bridge.stop(STOP_S)
        stopped = time.monotonic()
        hit = time.time()
        before = bench.cpu_seconds([self.server_pid()])
        self.bridge.start()
        process.eventually(lambda: self.online() == self.count, bench.SIGN_IN_DEADLINE_S,
                           lambda: f'{self.count} accounts online again, not {self.online()}',
                           MONITOR_S)
        seconds = time.monotonic() - stopped
        seconds_of = collections.Counter(int(auth['time']) for auth in self.server.auths(hit))
        return (stopped - start, seconds, seconds_of,
                bench.cpu_seconds([self.server_pid()]) - before)


def tell_memory(count, empty, few, memory):
    """Shares of what has come since the bridge was empty; few: (count, memory) of the baseline."""
    for name, nothing, before, now in zip(('with its share of the hosts', 'in the daemon alone'),
                                          empty, few[1], memory):
        value, baseline = (now - nothing) / count, (before - nothing) / few[0]
        bench.tell('memory of each of %d accounts, %s' % (count, name), value, 'kB',
                   baseline=round(baseline, 1), ratio=round(value / baseline, 3),
                   goal='ratio <= 1.1', beside='the same at %d' % few[0],
                   whole_mb=round(now / 1024, 1))


def tell_restart(herd):
    stop_s, seconds, seconds_of, server_s = herd.restart()
    bench.tell('time until %d accounts have signed out at a stop' % herd.count, stop_s, 's')
    bench.tell('time to sign %d accounts in again' % herd.count, seconds, 's',
               baseline=herd.count / PER_SECOND, ratio=round(seconds * PER_SECOND / herd.count, 3),
               beside='%d a second, which is the limit' % PER_SECOND)
    bench.tell('sign-ins that reach the server in its busiest second', max(seconds_of.values()),
               '1/s', limit=PER_SECOND, sign_ins=sum(seconds_of.values()),
               server_processor_percent=round(server_s / seconds * 100))


def measure(herd, count):
    empty = herd.memory()
    few = count // FIRST_PART
    herd.grow(few)
    time.sleep(FRESH_S)
    at_few = (few, herd.memory())
    bench.tell('sign-ins by the API', (count - few) / herd.grow(count), '1/s')
    time.sleep(FRESH_S)
    tell_memory(count, empty, at_few, herd.memory())
    daemon, hosts, server = herd.idle()
    bench.tell('processor time of %d accounts in a minute of idling' % count, daemon + hosts, 's',
               daemon=round(daemon, 2), hosts=round(hosts, 2), server=round(server, 2),
               number_of_hosts=len(herd.bridge.hosts()))
    tell_restart(herd)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('count', nargs='?', type=int, default=MANY)
    count = parser.parse_args().count
    bench.raise_file_limit()
    with contextlib.closing(Scratch()) as scratch, HeapProbe() as probe, \
            Prosody(scratch / 'server', '--users', count, '--contacts', 0, '--log-level', 'warn',
                    '--set', 'network_settings = { nagle = false, read_timeout = %d }' % WHOLE_S
                    ) as server, \
            bench.running_bridge(server, HOST, environment=probe.environment,
                                 sign_ins_per_second=PER_SECOND) as bridge:
        measure(Herd(server, bridge, probe), count)


if __name__ == '__main__':
    main()
