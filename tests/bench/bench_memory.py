# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory: what an idle account costs in the plugin and in the bridge, and a host.

An account's share is the slope of the line through several numbers of accounts, in one host that is
there already, beside that of the bare host. Accounts sign in a few at a time, and after them every
process gives its free memory back, as before it is looked at: the peak of a sign-in, which later
ones use again (for buffers of which they write little), is no part of what an idle account keeps.
Proportional set size of all processes of ours,
without the pages of files; beside it what is in use of their heaps, which knows neither pages nor
fragments."""

import argparse
import itertools
import statistics

import bench
from harness import Prosody, Scratch
from heap import HeapProbe

# libpurple enters its objects, some 60 for an account, in three tables that double when they are
# full: with about 127, 253, 506 accounts it takes a megabyte and more at once. So each range is one
# doubling, with one such jump between its first two steps, on both sides: whether one side has it
# at 249 and the other at 257 accounts does not count.
BRIDGE_STEPS = (440, 550, 660, 770, 880)
PLUGIN_STEPS = (220, 275, 330, 385, 440)
BATCH = 5  # sign-ins at once
HOSTS = 6
IN_EACH = 5


def sign_in(log_in, first, last, trim):
    for start in range(first, last, BATCH):
        log_in(bench.users(start, min(start + BATCH, last)))
        trim()


def grow(log_in, steps, measure, trim):
    """What each account adds, in kB, of each Memory in measure()'s list: [(pss, heap), ...]"""
    seen = []
    for first, last in itertools.pairwise((0, *steps)):
        sign_in(log_in, first, last, trim)
        seen.append(measure())
    return [tuple(statistics.linear_regression(steps, values).slope for values in zip(*series))
            for series in zip(*seen)]


def measure_bare(server, probe, protocol, steps):
    with bench.BareHost(server, protocol, probe.environment) as host:
        def measure():
            bench.wait_until_quiet(host.pids)
            return [probe.measure(host.pids())]
        return grow(lambda jids: host.sign_in(server, jids), steps, measure,
                    lambda: probe.measure(host.pids()))[0]


def measure_bridge(server, probe, steps):
    """An account's share of everything, and of the daemon alone."""
    with bench.running_bridge(server, steps[-1], environment=probe.environment) as bridge:
        def measure():
            bench.wait_until_quiet(lambda: bench.pids_of(bridge))
            return [probe.measure(bench.pids_of(bridge)), probe.measure([bridge.process.pid])]
        shares = grow(lambda jids: bench.sign_in(bridge, jids), steps, measure,
                      lambda: probe.measure(bench.pids_of(bridge)))
        if len(bridge.hosts()) != 1:
            raise AssertionError('all accounts should be in one host')
        return shares


def measure_host(server, probe, account_kb):
    """Fixed cost of a further host: what HOSTS - 1 more add beyond their accounts."""
    with bench.running_bridge(server, IN_EACH, environment=probe.environment) as bridge:
        def measure():
            bench.wait_until_quiet(lambda: bench.pids_of(bridge))
            return probe.measure(bench.pids_of(bridge)).pss_kb, len(bridge.hosts())
        bench.sign_in(bridge, bench.users(0, IN_EACH))
        before, hosts = measure()
        sign_in(lambda jids: bench.sign_in(bridge, jids), IN_EACH, HOSTS * IN_EACH,
                lambda: probe.measure(bench.pids_of(bridge)))
        after, all_hosts = measure()
        more = all_hosts - hosts
        return (after - before - (HOSTS - 1) * IN_EACH * account_kb) / more, more


def tell(figure, share, baseline, limit, steps):
    (pss, heap), (baseline_pss, baseline_heap) = share, baseline
    bench.tell(figure, pss, 'kB', baseline=round(baseline_pss, 1),
               ratio=round(pss / baseline_pss, 3), goal=f'ratio <= {limit}',
               heap=round(heap, 1), heap_baseline=round(baseline_heap, 1),
               heap_ratio=round(heap / baseline_heap, 3), accounts=f'{steps[0]} to {steps[-1]}')


def compare_plugin(server, probe, where):
    plain, ours = (measure_bare(server, probe, protocol, PLUGIN_STEPS)
                   for protocol in ('prpl-jabber', 'prpl-googletalk'))
    tell(f'memory of an idle account in the plugin, {where}', ours, plain, 1.1, PLUGIN_STEPS)


def compare_bridge(server, probe):
    bare = measure_bare(server, probe, 'prpl-jabber', BRIDGE_STEPS)
    account, daemon = measure_bridge(server, probe, BRIDGE_STEPS)
    tell('memory of an idle account in the bridge', account, bare, 1.15, BRIDGE_STEPS)
    bench.tell("the daemon's own share of it", daemon[0], 'kB', heap=round(daemon[1], 1))
    host_kb, hosts = measure_host(server, probe, account[0])
    bench.tell('fixed memory of a further host', host_kb / 1024, 'MB', goal='<= 10', hosts=hosts)


PARTS = {
    'plain': lambda server, probe: compare_plugin(server, probe, 'plain server'),
    'google': lambda server, probe: compare_plugin(server, probe, "all of Google's extensions"),
    'bridge': compare_bridge,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('parts', nargs='*', metavar='PART', help=f'of {", ".join(PARTS)}')
    parts = parser.parse_args().parts or list(PARTS)
    bench.raise_file_limit()
    scratch = Scratch()
    with HeapProbe() as probe:
        for part in parts:
            with Prosody(scratch / part, '--users', max(BRIDGE_STEPS + PLUGIN_STEPS), '--contacts',
                         0, '--log-level', 'warn',
                         *(['--switch', 'google=false'] if part == 'plain' else [])) as server:
                PARTS[part](server, probe)
    scratch.close()


if __name__ == '__main__':
    main()
