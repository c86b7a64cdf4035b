# SPDX-License-Identifier: GPL-2.0-or-later
"""Processor time of a sign-in with 100 contacts in 5 groups, all processes of ours together: the
last of 300 accounts beside the first 30; in hosts as large as they are by default, all in one host,
and in the bare host."""

import bench
from harness import Prosody, Scratch

FEW = 30
MANY = 300
HOST = 100  # accounts-per-host by default


def measure(sign_in, pids):
    """Milliseconds a sign-in, at FEW and at MANY accounts."""
    sign_in(bench.users(0, 1))  # starts what is started once
    bench.wait_until_quiet(pids)
    start = bench.cpu_seconds(pids())
    sign_in(bench.users(1, 1 + FEW))
    bench.wait_until_quiet(pids)
    few = bench.cpu_seconds(pids()) - start
    sign_in(bench.users(1 + FEW, MANY - FEW))
    bench.wait_until_quiet(pids)
    start = bench.cpu_seconds(pids())
    sign_in(bench.users(MANY - FEW, MANY))
    bench.wait_until_quiet(pids)
    return few / FEW * 1000, (bench.cpu_seconds(pids()) - start) / FEW * 1000


def measure_bare(server):
    with bench.BareHost(server) as host:
        return measure(lambda jids: host.sign_in(server, jids), host.pids)


def measure_bridge(server, accounts_per_host):
    with bench.running_bridge(server, accounts_per_host) as bridge:
        return measure(lambda jids: bench.sign_in(bridge, jids), lambda: bench.pids_of(bridge))


def main():
    bench.raise_file_limit()
    scratch = Scratch()
    with Prosody(scratch / 'server', '--users', MANY, '--contacts', 100, '--groups', 5,
                 '--log-level', 'warn') as server:
        few, many = measure_bridge(server, HOST)
        bench.tell('processor time of a sign-in at 300 accounts', many, 'ms',
                   baseline=round(few, 1), ratio=round(many / few, 3), goal='ratio <= 1.2',
                   beside='the same at 30 accounts')
        few, many = measure_bridge(server, MANY)
        bench.tell('the same with all accounts in one host', many, 'ms', baseline=round(few, 1),
                   ratio=round(many / few, 3))
        few, many = measure_bare(server)
        bench.tell('the same in the bare host', many, 'ms', baseline=round(few, 1),
                   ratio=round(many / few, 3))
    scratch.close()


if __name__ == '__main__':
    main()
