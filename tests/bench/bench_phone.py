# SPDX-License-Identifier: GPL-2.0-or-later
"""The old proxy's API beside the own one, of the same daemon in the same run, both by HTTPS:
contact lists a second, and what a phone's session costs beside an app's device."""

import functools
import re
import subprocess

import bench
import phone
from heap import HeapProbe
from harness import Prosody, Scratch
from server import certificates

CONTACTS = 200
CONNECTIONS = 16
ROUNDS = 5
ROUND_S = 3
GOAL = 'ratio >= 0.5'
ACCOUNTS = 20
PHONES = 8  # of an account: there can be no more
AT_ONCE = 2
MEMORY_GOAL = 'ratio <= 10'
SAYS = "the old proxy's API is on "

REPORT = ('function done(summary, latency, requests)\n'
          '  io.write("failed ", summary.errors.status + summary.errors.connect +'
          ' summary.errors.read + summary.errors.timeout, "\\n")\n'
          'end\n')


def write_script(path, *lines):
    """For wrk; no secret belongs on a command line."""
    path.write_text('\n'.join(lines) + '\n' + REPORT)
    return path


def requests_a_second(url, script):
    run = subprocess.run(
        ['wrk', '--threads', '1', '--connections', str(CONNECTIONS), '--duration',
         '%ds' % ROUND_S, '--script', script, url], capture_output=True, text=True, check=True)
    assert 'failed 0\n' in run.stdout, run.stdout
    return float(re.search(r'^Requests/sec:\s+([\d.]+)', run.stdout, re.M).group(1))


def make_tls(scratch):
    """Of both listeners."""
    certificates.make_ca(scratch.path)
    certificates.sign(scratch.path, scratch / 'both', ['localhost'])
    return ['tls-certificate=%s.crt' % (scratch / 'both'), 'tls-key=%s.key' % (scratch / 'both')]


def make_groups(tls):
    return {'legacy': ['address=127.0.0.1:0', *tls],
            'limits': ['sign-ins-per-minute=100000', 'account-sign-ins-per-minute=100000',
                       'requests-per-second=100000', 'account-requests-per-second=100000',
                       'devices-per-account=1000']}


def find_proxy(bridge):
    return 'https://localhost:' + bridge.log.read_text().split(SAYS)[-1].split('\n')[0].split(
        ':')[-1]


def sign_in_phone(server, bridge, scratch, jid, number=0):
    """A phone with a credential of its own: the same one would be the same session."""
    token = 'phone-%d-of-%s' % (number, jid)
    server.control('token', jid=jid, token=token, kind='google')
    one = phone.Phone(find_proxy(bridge), ca=scratch / 'ca' / 'ca.pem')
    one.username, one.auth = jid, token
    one.login()
    return one


def compare_lists(scratch, server, bridge, port):
    jid = bench.users(0, 1)[0]
    app = bridge.login(jid)
    app.wait_online()
    one = sign_in_phone(server, bridge, scratch, jid)
    assert len(one.roster()) == CONTACTS, len(one.roster())
    path = '/v1/contacts?limit=%d' % CONTACTS
    assert len(app.get(path).json['contacts']) == CONTACTS
    asked = {
        'app': ('https://localhost:%d%s' % (port, path),
                write_script(scratch / 'app.lua',
                             'wrk.headers["Authorization"] = "Bearer %s"' % app.token)),
        'phone': (one.root + '/roster',
                  write_script(scratch / 'phone.lua', 'wrk.method = "POST"',
                               'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"',
                               'wrk.body = "token=%s"' % one.token))}
    found = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, (url, script) in asked.items():
            found[name].append(requests_a_second(url, script))
    value, baseline = bench.median(found['phone']), bench.median(found['app'])
    bench.tell('requests of /roster with %d contacts' % CONTACTS, value, '1/s',
               baseline=round(baseline), ratio=round(value / baseline, 3), goal=GOAL,
               connections=CONNECTIONS)


def compare_sessions(scratch, server, bridge, probe):
    """What each adds to the daemon, of accounts that have one of both already. A phone's credential
    is another one each time, so the chat server is asked for each: that is not counted."""
    jids = bench.users(1, 1 + ACCOUNTS)
    sign_in = {'app': lambda jid, _: bridge.login(jid),
               'phone': functools.partial(sign_in_phone, server, bridge, scratch)}

    def measure():
        bench.wait_until_quiet(lambda: bench.pids_of(bridge))
        return probe.measure([bridge.process.pid]).heap_kb

    def cost(name, numbers):
        before = measure()
        for jid in jids:
            for number in numbers:
                sign_in[name](jid, number)
        return (measure() - before) / (len(jids) * len(numbers))
    bench.sign_in(bridge, jids)
    cost('phone', [0])
    found = {name: [] for name in sign_in}
    for first in range(1, PHONES - AT_ONCE + 1, AT_ONCE):
        for name, costs in found.items():
            costs.append(cost(name, range(first, first + AT_ONCE)))
    value, baseline = bench.median(found['phone']), bench.median(found['app'])
    bench.tell("memory of a phone's session", value, 'kB', baseline=round(baseline, 2),
               ratio=round(value / baseline, 2), goal=MEMORY_GOAL,
               sessions=len(jids) * AT_ONCE * len(found['phone']))


def main():
    bench.raise_file_limit()
    scratch = Scratch()
    port = bench.free_port()
    tls = make_tls(scratch)
    with HeapProbe() as probe, \
            Prosody(scratch / 'server', '--users', 1 + ACCOUNTS, '--contacts', CONTACTS,
                    '--log-level', 'warn') as server, \
            bench.running_bridge(server, 100, port, groups=make_groups(tls), listen=tls,
                                 environment=probe.environment) as bridge:
        compare_lists(scratch, server, bridge, port)
        compare_sessions(scratch, server, bridge, probe)
    scratch.close()


if __name__ == '__main__':
    main()
