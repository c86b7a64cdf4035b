# SPDX-License-Identifier: GPL-2.0-or-later
"""Pushes a second from gtalk-bridge-push to a stand-in over kept connections, beside a bare client
of libsoup that posts the same bytes: once with the whole machine for each of them, and once with a
core for whoever sends and the others for all else, which says what a push takes altogether.
And the time from a stanza leaving Prosody to the push request, beside the same to the server-sent
event: of a webhook, which is told at once, and of Web Push, which lets a burst of a conversation
come together for a quarter of a second first."""

import json
import os
import re
import socket
import subprocess
import threading
import time

import bench
from harness import Prosody, Scratch, XmppPeer, eventually, process
from harness.push_service import PushService
from server import certificates

ROUNDS = 5
PUSHES = 4000
GOAL = 'ratio >= 0.7'
BATCHES = 10
BATCH = 18  # a device gets so many at once, and then one in five seconds
PAUSE_S = 0.02  # so that this process sleeps meanwhile
JID = bench.users(0, 1)[0]
COALESCED_US = 250_000  # QUEUE_FIRST_US of bridge-push-queue.c
BODY = re.compile(rb'"body":"([^"]+)"')


def build(*names):
    return process.build_dir().joinpath(*names)


# ---- Pushes a second -----------------------------------------------------------------------------

def cores():
    """One for whoever sends, and the others; with one core there is nothing to be shared out."""
    all_of_them = sorted(os.sched_getaffinity(0))
    return all_of_them[:1], all_of_them[1:] or all_of_them


def whole():
    all_of_them = sorted(os.sched_getaffinity(0))
    return all_of_them, all_of_them


def pinned(some, *command):
    return ['taskset', '--cpu-list', ','.join(map(str, some)), *map(str, command)]


class Sink:
    """tests/bench/bare-sink"""

    def __init__(self, folder, some):
        self.process = process.spawn(
            pinned(some, build('tests/bench/bare-sink'), folder / 'certs/server.crt',
                   folder / 'certs/server.key'),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = 'https://localhost:%d/push/phone' % int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def load(some, *arguments):
    done = subprocess.run(pinned(some, build('tests/bench/push-load'), *arguments),
                          capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def measure_rates(folder, own, others):
    program = folder / 'pinned-push'
    program.write_text('#!/bin/sh\nexec %s\n' % ' '.join(
        pinned(own, build('bridge/push/gtalk-bridge-push'))))
    program.chmod(0o700)
    found = {'bare': [], 'bridge': []}
    with Sink(folder, others) as sink:
        for _ in range(ROUNDS):
            found['bare'].append(load(own, 'bare', sink.url, folder / 'ca', PUSHES))
            found['bridge'].append(load(others, 'bridge', sink.url, folder / 'ca', PUSHES, program))
    return found


def tell_rates(figure, goal, own, others):
    scratch = Scratch()
    certificates.make(scratch.path, {})
    found = measure_rates(scratch.path, own, others)
    scratch.close()
    rate, cost = {}, {}
    for name, rounds in found.items():
        rate[name] = bench.median(one['pushes'] / one['seconds'] for one in rounds)
        cost[name] = bench.median(one['processor_seconds'] / one['pushes'] for one in rounds) * 1e6
    bench.tell(figure, rate['bridge'], '1/s', baseline=round(rate['bare']),
               ratio=round(rate['bridge'] / rate['bare'], 3), goal=goal,
               processor_us=round(cost['bridge']), baseline_processor_us=round(cost['bare']))


# ---- From stanza to push -------------------------------------------------------------------------

class Stream:
    """A device's server-sent events; times_us says when the body was there."""

    def __init__(self, device, port):
        self.times_us = {}
        self.socket = socket.create_connection(('127.0.0.1', port))
        self.socket.sendall((f'GET /v1/events?after={device.cursor} HTTP/1.1\r\nHost: localhost\r\n'
                             'Accept: text/event-stream\r\n'
                             f'Authorization: Bearer {device.token}\r\n\r\n').encode())
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        data = b''
        while more := self.socket.recv(65536):
            now_us = time.time_ns() // 1000
            data += more
            whole, _, data = data.rpartition(b'\n\n')
            for body in BODY.findall(whole):
                self.times_us.setdefault(body.decode(), now_us)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.socket.close()


class Times:
    """When a resource was first asked for the push of a body, by the stand-in's clock."""

    def __init__(self, resource):
        self.resource = resource
        self.times_us = {}
        self.seen = 0
        self.offset_us = time.time_ns() // 1000 - round(time.monotonic() * 1e6)

    def has(self, body):
        pushes = self.resource.pushes[self.seen:]
        for push in pushes:
            said = json.loads(push.text)['data'].get('body')
            self.times_us.setdefault(said, round(push.time * 1e6) + self.offset_us)
        self.seen += len(pushes)
        return body in self.times_us


def subscribe(device, service, kind, name):
    resource = service.subscribe(name, 'hook' if kind == 'webhook' else 'push')
    asked = {'endpoint': resource.url, 'content': 'full', 'events': ['message']}
    if kind == 'webpush':
        asked['keys'] = resource.device.keys
    answer = device.put('/v1/push/' + kind, asked)
    assert answer.status == 201, answer
    resource.secrets = [answer.json['secret']] if 'secret' in answer.json else []
    said = json.loads(resource.wait(1)[0].text)
    assert device.post(f'/v1/push/{kind}/verify', said['data']).status == 204
    return Times(resource)


def exchange(peers, bodies, stream, pushed):
    """Each message of somebody else than the one before: none waits for another one's burst."""
    for number, body in enumerate(bodies):
        peers[number].send(JID, body, id=body)
        eventually(lambda: body in stream.times_us, what=body)
        for times in pushed.values():
            eventually(lambda: times.has(body), what='the push of ' + body)
        time.sleep(PAUSE_S)


def measure_batch(bridge, service, peers, stream, batch):
    """When the events and pushes of some messages came, in microseconds, by kind and body."""
    pushed = {}
    for kind in ('webhook', 'webpush'):
        device = bridge.login(JID)
        pushed[kind] = subscribe(device, service, kind, '%s-%d' % (kind, batch))
        pushed[kind].device = device
    bodies = ['bench-%d-%d' % (batch, number) for number in range(BATCH)]
    exchange(peers, bodies, stream, pushed)
    for kind, times in pushed.items():
        assert times.device.delete('/v1/push/' + kind).status == 204
    return {'event': {body: stream.times_us[body] for body in bodies},
            **{kind: {body: times.times_us[body] for body in bodies}
               for kind, times in pushed.items()}}


def measure_latencies(server, bridge, service, peers):
    device = bridge.login(JID)
    device.wait_online()
    device.poll()
    stream = Stream(device, bridge.port)
    try:
        batches = [measure_batch(bridge, service, peers, stream, batch)
                   for batch in range(BATCHES)]
    finally:
        stream.close()
    left = {line.get('id'): line['us'] for line in server.trace()
            if line['dir'] == 'out' and line['name'] == 'message'}
    return {kind: [at_us - left[body] for found in batches for body, at_us in found[kind].items()]
            for kind in batches[0]}


def tell_latencies():
    scratch = Scratch()
    with Prosody(scratch / 'server', '--users', 1, '--contacts', BATCH, '--trace', 'brief',
                 '--switch', 'strangers=deliver', '--log-level', 'warn') as server:
        service = PushService(server.folder)
        peers = [XmppPeer(server, 'contact%03d@talk.example' % number)
                 for number in range(BATCH)]
        with bench.running_bridge(server, 100, bench.free_port(), groups={
                'push': ['types=webpush;webhook', 'contact=mailto:push@example.org',
                         'allow=' + service.allow]}) as bridge:
            found = measure_latencies(server, bridge, service, peers)
        for peer in peers:
            peer.close()
        service.close()
    scratch.close()
    for kind, waits_us in (('webhook', 0), ('webpush', COALESCED_US)):
        for percent in (50, 99):
            value = bench.percentile(found[kind], percent)
            baseline = bench.percentile(found['event'], percent)
            bench.tell('stanza to request of %s, percentile %d' % (kind, percent), value, 'us',
                       baseline=round(baseline), beyond=round(value - baseline - waits_us),
                       waits=waits_us, messages=BATCHES * BATCH)


def main():
    tell_rates('pushes over kept connections', GOAL, *whole())
    tell_rates('pushes over kept connections, a core for each sender', 'none', *cores())
    tell_latencies()


if __name__ == '__main__':
    main()
