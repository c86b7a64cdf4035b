# SPDX-License-Identifier: GPL-2.0-or-later
"""Durable throughput: messages a second from Prosody through the store to server-sent events, for
one account and for a hundred, beside the same with the store in memory; and their median latency
beside that of single messages.

In memory means on tmpfs: the same calls of SQLite, and a flush that costs nothing. (SQLite's own
":memory:" belongs to one connection; the store writes by one and reads by another.) Both bridges
run at once, signed in to the same Prosody, and are loaded in turns, with so many messages in
flight: each that is read lets another one go. With few of them latency is the path's; with as many
as may be withheld from a server the machine is full, and latency is the length of the queue by the
throughput, in memory too. Prosody makes the messages by its module google_load; whose processor
time a message is, is told beside the figures."""

import contextlib
import os
import re
import selectors
import socket
import tempfile
import time

import bench
from harness import Prosody, Scratch, process

MEMORY = '/dev/shm'
ACCOUNTS = (1, 100)
ROUNDS = 5
ROUND_S = 2
FEW = 16  # enough for whole batches, too few for a queue
MANY = 200  # so many stanzas may be withheld from a server
SINGLES = 200
PAUSE_S = 0.01
DEADLINE_S = 30
SPARE_HOST_S = 90  # a host without accounts ends after a minute

BODY = re.compile(rb'"body":"load (\d+) (\d+) ')
CURSOR = re.compile(rb'^id: (.*)$', re.M)


class Streams:
    """Server-sent events of devices; every message of the load is to come once, in order."""

    def __init__(self, devices, port):
        self.selector = selectors.EpollSelector()
        for device in devices:
            one = socket.create_connection(('127.0.0.1', port))
            one.sendall((f'GET /v1/events?after={device.cursor} HTTP/1.1\r\nHost: localhost\r\n'
                         f'Accept: text/event-stream\r\nAuthorization: Bearer {device.token}\r\n'
                         '\r\n').encode())
            head = one.recv(4096)
            assert head.split()[1] == b'200', head
            self.selector.register(one, selectors.EVENT_READ,
                                   {'device': device, 'rest': b'', 'last': 0})

    def take(self, timeout_s):
        """Latencies in microseconds of what came."""
        found = []
        for key, _ in self.selector.select(timeout_s):
            found += self._read(key.fileobj, key.data)
        return found

    @staticmethod
    def _read(one, state):
        data = one.recv(1 << 18)
        at_us = time.time_ns() // 1000
        assert data, 'the bridge closed a stream'
        whole, _, state['rest'] = (state['rest'] + data).rpartition(b'\n\n')
        cursors = CURSOR.findall(whole)
        if cursors:
            state['device'].cursor = cursors[-1].decode()
        found = []
        for number, left_us in BODY.findall(whole):
            assert int(number) == state['last'] + 1, (number, state['last'])
            state['last'] += 1
            found.append(at_us - int(left_us))
        return found

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


class Load:
    """What Prosody sends, on a control connection of its own: nobody waits for its answers."""

    def __init__(self, server, devices):
        server.control('load-targets',
                       jids=[device.login['account']['username'] for device in devices])
        self.socket = socket.create_connection(('127.0.0.1', server.description['control_port']))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent = 0

    def send(self, count):
        self.socket.sendall(b'{"op":"load","count":%d}\n' % count)
        self.sent += count
        with contextlib.suppress(BlockingIOError):
            self.socket.recv(1 << 16, socket.MSG_DONTWAIT)

    def close(self):
        self.socket.close()


class Side:
    """One bridge with its devices, and what has been measured of it, by the number of accounts."""

    def __init__(self, server, bridge, jids):
        self.server = server
        self.bridge = bridge
        self.devices = bench.sign_in(bridge, jids)
        for device in self.devices:
            device.wait_online()
        process.eventually(lambda: len(bridge.hosts()) == 1, SPARE_HOST_S, 'one host')
        bench.wait_until_quiet(lambda: bench.pids_of(bridge))
        self.pids = {'daemon': [bridge.process.pid], 'hosts': bridge.hosts(),
                     'server': [server.description['pid']], 'reader': [os.getpid()]}

    @contextlib.contextmanager
    def loaded(self, accounts):
        devices = self.devices[:accounts]
        with contextlib.closing(Streams(devices, self.bridge.port)) as streams, \
                contextlib.closing(Load(self.server, devices)) as load:
            yield streams, load

    def used(self):
        return {name: bench.cpu_seconds(pids) for name, pids in self.pids.items()}

    def load(self, accounts, in_flight):
        """Messages a second, the processor time of each by whose it is, and their latencies."""
        with self.loaded(accounts) as (streams, load):
            load.send(in_flight)
            wait_for(streams, in_flight)  # warm
            load.send(in_flight)
            before, start, found = self.used(), time.monotonic(), []
            while time.monotonic() < start + ROUND_S:
                came = streams.take(1)
                found += came
                if came:
                    load.send(len(came))
            seconds = time.monotonic() - start
            used = {name: (after - before[name]) / len(found) * 1e6
                    for name, after in self.used().items()}
            wait_for(streams, in_flight)
            return {'speed': len(found) / seconds, 'used': used, 'latency': found}

    def single(self, accounts):
        """Latencies of messages that come when nothing else does."""
        with self.loaded(accounts) as (streams, load):
            found = []
            for _ in range(SINGLES // ROUNDS):
                time.sleep(PAUSE_S)
                load.send(1)
                found += wait_for(streams, 1)
            return found


def wait_for(streams, count):
    found, end = [], time.monotonic() + DEADLINE_S
    while len(found) < count:
        assert time.monotonic() < end, '%d of %d messages came' % (len(found), count)
        found += streams.take(1)
    return found


def tell_throughput(what, runs):
    speed = {name: bench.median([run['speed'] for run in rounds]) for name, rounds in runs.items()}
    used = {name: round(bench.median([run['used'][name] for run in runs['disk']]))
            for name in runs['disk'][0]['used']}
    bench.tell('durable messages to server-sent events, ' + what, speed['disk'], '1/s',
               baseline=round(speed['memory']), ratio=round(speed['disk'] / speed['memory'], 3),
               goal='ratio >= 0.5', processor_us_each=used)


def tell_latency(what, runs, single, **goal):
    latency = {name: sum((run['latency'] for run in rounds), [])
               for name, rounds in runs.items()}
    value, baseline = bench.median(latency['disk']), bench.median(single)
    bench.tell('their median latency, ' + what, value, 'us', baseline=round(baseline),
               ratio=round(value / baseline, 3), beside='single messages',
               in_memory=round(bench.median(latency['memory'])),
               percentile_99=bench.percentile(latency['disk'], 99), **goal)


def measure(sides, accounts, in_flight, **goal):
    runs, single = {name: [] for name in sides}, []
    for _ in range(ROUNDS):
        single += sides['disk'].single(accounts)
        for name, side in sides.items():
            runs[name].append(side.load(accounts, in_flight))
    what = '%d account%s, %d in flight' % (accounts, 's' if accounts > 1 else '', in_flight)
    tell_throughput(what, runs)
    tell_latency(what, runs, single, **goal)


def main():
    scratch = Scratch()
    most = max(ACCOUNTS)
    with Prosody(scratch / 'server', '--users', 2 * most, '--contacts', 0, '--log-level', 'warn',
                 '--with', 'google_load', '--set', 'network_settings = { nagle = false }'
                 ) as server, \
            tempfile.TemporaryDirectory(dir=MEMORY) as memory, \
            bench.running_bridge(server, most, bench.free_port()) as on_disk, \
            bench.running_bridge(server, most, bench.free_port(),
                                 store=os.path.join(memory, 'bridge.db')) as in_memory:
        sides = {'disk': Side(server, on_disk, bench.users(0, most)),
                 'memory': Side(server, in_memory, bench.users(most, 2 * most))}
        bench.tell('a small append with its flush, median',
                   bench.median(bench.fdatasync_us(scratch.path)), 'us',
                   baseline=round(bench.median(bench.fdatasync_us(memory)), 1))
        for accounts in ACCOUNTS:
            measure(sides, accounts, FEW, goal='ratio <= 3')
            measure(sides, accounts, MANY)
    scratch.close()


if __name__ == '__main__':
    main()
