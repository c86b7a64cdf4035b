# SPDX-License-Identifier: GPL-2.0-or-later
"""Ten thousand readers that wait at one daemon, by long poll, server-sent events and WebSocket:
what each costs in memory, beside one that a bare SoupServer keeps waiting; what all cost while
nothing happens; how quickly those of one account are woken, and nobody else; and what a request
takes meanwhile."""

import base64
import contextlib
import os
import pathlib
import re
import selectors
import socket
import time

import bench
from bench_http import BareSoup
from harness import Bridge, Keyring, Prosody, Scratch, XmppPeer, process

ACCOUNTS = 10
READERS = 10000
BARE_READERS = 1000  # more take a main loop that polls each of them minutes to let in
GOAL_BYTES = 8 * 1024  # for each reader
STEP = 50  # so many ask before they are known to have been heard: fewer than may stand in line
IDLE_S = 10
SETTLE_S = 8  # after which nobody is thought to type any more
PINGS = 50
SENDER = 'romeo@talk.example'

HANDSHAKE = ('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
             'Sec-WebSocket-Protocol: gtalk-bridge.v1\r\nSec-WebSocket-Key: %s\r\n'
             % base64.b64encode(os.urandom(16)).decode())
KINDS = {  # path, further header fields, whether an answer comes before any event
    'long poll': ('/v1/events?wait=50&after=%s', '', False),
    'server-sent events': ('/v1/events?after=%s', 'Accept: text/event-stream\r\n', True),
    'WebSocket': ('/v1/socket?after=%s', HANDSHAKE, True),
}


def ask(port, path, fields=''):
    one = socket.create_connection(('127.0.0.1', port), timeout=60)
    one.sendall(f'GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n'.encode())
    return one


def catch_up(port, path='/v1/capabilities'):
    """Until the server has heard all who asked before: they are accepted in order."""
    with contextlib.closing(ask(port, path, 'Connection: close\r\n')) as one:
        assert one.recv(4096).split()[1] == b'200'


class Crowd:
    """Readers on raw sockets, in equal parts of the devices."""

    def __init__(self, kind, devices, port):
        path, fields, greets = KINDS[kind]
        self.sockets = []
        for number in range(READERS):
            device = devices[number % len(devices)]
            one = ask(port, path % device.cursor,
                      f'Authorization: Bearer {device.token}\r\n{fields}')
            if number % STEP == 0:
                catch_up(port)
            if greets:
                head = one.recv(4096)
                assert head.split()[1] in (b'101', b'200'), head
            self.sockets.append(one)
        catch_up(port)

    def wait_for(self, count, deadline=60):
        """Until so many have received anything; returns who has, and when the last of them had."""
        selector = selectors.EpollSelector()
        for one in self.sockets:
            selector.register(one, selectors.EVENT_READ)
        woken, end = set(), time.monotonic() + deadline
        while len(woken) < count:
            assert time.monotonic() < end, '%d of %d were woken' % (len(woken), count)
            for key, _ in selector.select(1):
                if key.fileobj.recv(65536):
                    woken.add(key.fileobj)
        at = time.monotonic()
        woken |= {key.fileobj for key, _ in selector.select(0.5)}
        selector.close()
        return woken, at

    def close(self):
        for one in self.sockets:
            one.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def anonymous_bytes(pid):
    text = pathlib.Path('/proc/%d/status' % pid).read_text(encoding='ascii')
    return 1024 * int(re.search(r'^RssAnon:\s+(\d+) kB', text, re.M).group(1))


def bare_bytes():
    """What a reader costs that a bare SoupServer keeps waiting."""
    with BareSoup('{}') as bare, contextlib.ExitStack() as crowd:
        catch_up(bare.port, '/')
        before = anonymous_bytes(bare.process.pid)
        for _ in range(BARE_READERS):
            crowd.enter_context(contextlib.closing(ask(bare.port, '/wait')))
            catch_up(bare.port, '/')  # it lets but few stand in line
        return (anonymous_bytes(bare.process.pid) - before) / BARE_READERS


def request_us(device):
    """The median time of a request on a connection of its own."""
    times = []
    for _ in range(PINGS):
        start = time.monotonic_ns()
        assert device.get('/v1/account').status == 200
        times.append((time.monotonic_ns() - start) / 1000)
    return bench.median(times)


def settle(devices, sender):
    """Until nothing that a sign-in brings is left to tell."""
    for device in devices:
        sender.send(device.login['account']['username'], 'settled')
        device.wait_for('message', body='settled')
    time.sleep(SETTLE_S)


def measure(kind, bridge, devices, sender, baseline):
    pid = bridge.process.pid
    alone_us = request_us(devices[0])
    before = anonymous_bytes(pid)
    started = bench.cpu_seconds([pid])
    with Crowd(kind, devices, bridge.port) as crowd:
        bench.tell('processor time to let a reader in, ' + kind,
                   (bench.cpu_seconds([pid]) - started) / READERS * 1e6, 'us')
        value = (anonymous_bytes(pid) - before) / READERS
        bench.tell('memory of a waiting reader, ' + kind, value, 'bytes', goal=GOAL_BYTES,
                   baseline=round(baseline), ratio=round(value / baseline, 3),
                   beside='one that a bare SoupServer keeps waiting')
        wake(kind, bridge, devices[0], sender, crowd)
        started = bench.cpu_seconds([pid])
        time.sleep(IDLE_S)
        bench.tell('processor use while %d wait, %s' % (READERS, kind),
                   (bench.cpu_seconds([pid]) - started) / IDLE_S * 100, 'percent')
        crowded_us = request_us(devices[0])
        bench.tell('a request while %d wait, %s' % (READERS, kind), crowded_us, 'us',
                   baseline=round(alone_us), ratio=round(crowded_us / alone_us, 2))
    process.eventually(lambda: connections(pid) < 100, what='the end of the connections')
    bench.tell('memory that is left of a reader, ' + kind,
               (anonymous_bytes(pid) - before) / READERS, 'bytes')


def connections(pid):
    return len(os.listdir('/proc/%d/fd' % pid))


def wake(kind, bridge, device, sender, crowd):
    wanted = READERS // ACCOUNTS
    word = 'wake-%d' % time.monotonic_ns()
    started, start = bench.cpu_seconds([bridge.process.pid]), time.monotonic()
    sender.send(device.login['account']['username'], word)
    woken, at = crowd.wait_for(wanted)
    bench.tell('time until all %d readers of an account know, %s' % (wanted, kind),
               (at - start) * 1000, 'ms')
    bench.tell('processor time to wake a reader, ' + kind,
               (bench.cpu_seconds([bridge.process.pid]) - started) / wanted * 1e6, 'us')
    bench.tell('readers of other accounts that were woken, ' + kind, len(woken) - wanted, 'readers',
               goal=0)
    device.wait_for('message', body=word)


@contextlib.contextmanager
def running_bridge(server):
    scratch = Scratch()
    port = bench.free_port()
    limits = ['%s=100000' % key for key in (
        'sign-ins-per-minute', 'account-sign-ins-per-minute', 'requests-per-second',
        'account-requests-per-second', 'readers-per-device', 'readers-per-account',
        'readers-per-address')]
    try:
        with Keyring(scratch) as keyring, Bridge(scratch, server, keyring, groups={
                'limits': limits, 'listen': ['address=unix:%s;127.0.0.1:%d'
                                             % (scratch / 'api.sock', port)]}) as bridge:
            bridge.port = port
            yield bridge
    finally:
        scratch.close()


def main():
    bench.raise_file_limit()
    scratch = Scratch()
    baseline = bare_bytes()
    with Prosody(scratch / 'server', '--users', ACCOUNTS, '--contacts', 0, '--switch',
                 'strangers=deliver', '--log-level', 'warn') as server, \
            XmppPeer(server, SENDER) as sender:
        for kind in KINDS:  # each with a daemon of its own, as memory is kept for the next
            with running_bridge(server) as bridge:
                devices = bench.sign_in(bridge, bench.users(0, ACCOUNTS))
                settle(devices, sender)
                measure(kind, bridge, devices, sender, baseline)
    scratch.close()


if __name__ == '__main__':
    main()
