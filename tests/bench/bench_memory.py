# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory: what an idle account costs in the plugin and in the bridge, and a host; proportional set
size of all processes of ours.

An account's share is what 500 more accounts add to 500, in one host that is there already, beside
what they add to the bare host."""

import bench
from harness import Prosody, Scratch

ACCOUNTS = 500
HOSTS = 6
IN_EACH = 5


def grow(sign_in, pids, measured):
    """What ACCOUNTS more add, in kB an account: for each list of processes in measured()."""
    sign_in(bench.users(0, ACCOUNTS))
    bench.wait_until_quiet(pids)
    before = [bench.pss_kb(some) for some in measured()]
    sign_in(bench.users(ACCOUNTS, 2 * ACCOUNTS))
    bench.wait_until_quiet(pids)
    after = [bench.pss_kb(some) for some in measured()]
    return [(b - a) / ACCOUNTS for a, b in zip(before, after)]


def measure_bare(server, protocol):
    with bench.BareHost(server, protocol) as host:
        return grow(lambda jids: host.sign_in(server, jids), host.pids,
                    lambda: [host.pids()])[0]


def measure_bridge(server):
    with bench.running_bridge(server, 2 * ACCOUNTS) as bridge:
        def pids():
            return bench.pids_of(bridge)
        shares = grow(lambda jids: bench.sign_in(bridge, jids), pids,
                      lambda: [pids(), [bridge.process.pid]])
        return *shares, len(bridge.hosts())


def measure_host(server, account_kb):
    """Fixed cost of a further host: what HOSTS - 1 more add beyond their accounts."""
    with bench.running_bridge(server, IN_EACH) as bridge:
        def pids():
            return bench.pids_of(bridge)
        bench.sign_in(bridge, bench.users(0, IN_EACH))
        bench.wait_until_quiet(pids)
        before, hosts = bench.pss_kb(pids()), len(bridge.hosts())
        bench.sign_in(bridge, bench.users(IN_EACH, HOSTS * IN_EACH))
        bench.wait_until_quiet(pids)
        more = len(bridge.hosts()) - hosts
        added = bench.pss_kb(pids()) - before - (HOSTS - 1) * IN_EACH * account_kb
        return added / more, more


def main():
    bench.raise_file_limit()
    scratch = Scratch()
    with Prosody(scratch / 'server', '--users', 2 * ACCOUNTS, '--contacts', 0,
                 '--log-level', 'warn') as server:
        bare = measure_bare(server, 'prpl-jabber')
        plugin = measure_bare(server, 'prpl-googletalk')
        bench.tell('memory of an idle account in the plugin', plugin, 'kB',
                   baseline=round(bare, 1), ratio=round(plugin / bare, 3), goal='ratio <= 1.1',
                   accounts=2 * ACCOUNTS)
        account, daemon, hosts = measure_bridge(server)
        bench.tell('memory of an idle account', account, 'kB', baseline=round(bare, 1),
                   ratio=round(account / bare, 3), goal='ratio <= 1.15', accounts=2 * ACCOUNTS,
                   hosts=hosts)
        bench.tell("the daemon's own share of it", daemon, 'kB', accounts=2 * ACCOUNTS)
        host, more = measure_host(server, account)
        bench.tell('fixed memory of a further host', host / 1024, 'MB', goal='<= 10', hosts=more)
    scratch.close()


if __name__ == '__main__':
    main()
