# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests a second of GET /v1/account, beside a bare SoupServer that answers the same bytes; wrk
asks both in turns."""

import re
import subprocess

import bench
from harness import Prosody, Scratch, process

CONNECTIONS = 16
ROUNDS = 5
ROUND_S = 3
GOAL = 'ratio >= 0.6'
PATH = '/v1/account'


class BareSoup:
    """tests/bench/bare-soup"""

    def __init__(self, answer):
        self.process = process.spawn([process.build_dir() / 'tests/bench/bare-soup'],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(answer + '\n')
        self.process.stdin.flush()
        self.port = int(self.process.stdout.readline())

    def close(self):
        process.terminate(self.process)
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def write_script(path, token):
    """For wrk; no secret belongs on a command line."""
    path.write_text(
        'wrk.headers["Authorization"] = "Bearer %s"\n'
        'function done(summary, latency, requests)\n'
        '  io.write("failed ", summary.errors.status + summary.errors.connect +'
        ' summary.errors.read + summary.errors.timeout, "\\n")\n'
        'end\n' % token)
    return path


def requests_a_second(port, script):
    run = subprocess.run(
        ['wrk', '--threads', '1', '--connections', str(CONNECTIONS), '--duration',
         '%ds' % ROUND_S, '--script', script, f'http://127.0.0.1:{port}{PATH}'],
        capture_output=True, text=True, check=True)
    assert 'failed 0\n' in run.stdout, run.stdout
    return float(re.search(r'^Requests/sec:\s+([\d.]+)', run.stdout, re.M).group(1))


def main():
    scratch = Scratch()
    with Prosody(scratch / 'server', '--users', 1, '--contacts', 0, '--log-level',
                 'warn') as server, \
            bench.running_bridge(server, 100, bench.free_port()) as bridge:
        device = bridge.login(bench.users(0, 1)[0])
        device.wait_online()
        answer = device.get(PATH)
        assert answer.status == 200, answer
        with BareSoup(bench.json.dumps(answer.json, separators=(',', ':'))) as bare:
            script = write_script(scratch / 'script.lua', device.token)
            found = {'bare': [], 'bridge': []}
            for _ in range(ROUNDS):
                found['bare'].append(requests_a_second(bare.port, script))
                found['bridge'].append(requests_a_second(bridge.port, script))
    scratch.close()
    baseline, value = bench.median(found['bare']), bench.median(found['bridge'])
    bench.tell('requests of GET /v1/account', value, '1/s', baseline=round(baseline),
               ratio=round(value / baseline, 3), goal=GOAL, connections=CONNECTIONS)


if __name__ == '__main__':
    main()
