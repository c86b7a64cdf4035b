# SPDX-License-Identifier: GPL-2.0-or-later
"""Latency from the stanza leaving Prosody to the event leaving a waiting long poll, beside the
bare host's own latency and one fdatasync on the store's disk. Prosody's trace says when a stanza
left."""

import socket
import struct
import threading
import time

import bench
from harness import Prosody, Scratch, XmppPeer, eventually

MESSAGES = 400
PAUSE_S = 0.02  # so that this process sleeps meanwhile, and the poll waits again
SO_TIMESTAMPNS = 35  # of Linux; the module socket has no name for it
JIDS = bench.users(0, 2)  # of the bare host, of the bridge
SENDER = 'romeo@talk.example'


class LongPoll:
    """Polls for ever on one connection; times_us says when the answer with a body was there."""

    def __init__(self, device, port):
        self.token = device.token
        self.cursor = device.cursor
        self.socket = socket.create_connection(('127.0.0.1', port))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.times_us = {}
        self.ended = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _receive(self):
        """Octets, and when the kernel had them in microseconds: not when Python woke up."""
        data, ancillary, _, _ = self.socket.recvmsg(65536, socket.CMSG_SPACE(16))
        if not ancillary:  # the kernel begins to stamp a while after it was asked to
            return data, time.time_ns() // 1000
        seconds, nanoseconds = struct.unpack('qq', ancillary[0][2])
        return data, seconds * 1000000 + nanoseconds // 1000

    def _read(self):
        """One answer, and the time at which its first octet was there."""
        data, at_us = b'', None
        while b'\r\n\r\n' not in data:
            more, more_us = self._receive()
            if not more:
                raise ConnectionError('the bridge closed the connection')
            data += more
            at_us = at_us or more_us
        head, _, body = data.partition(b'\r\n\r\n')
        length = next(int(line.split(b':')[1]) for line in head.split(b'\r\n')
                      if line.lower().startswith(b'content-length'))
        while len(body) < length:
            body += self.socket.recv(65536)
        return at_us, bench.json.loads(body)

    def _run(self):
        while not self.ended:
            self.socket.sendall(
                (f'GET /v1/events?after={self.cursor}&wait=50 HTTP/1.1\r\nHost: localhost\r\n'
                 f'Authorization: Bearer {self.token}\r\n\r\n').encode())
            try:
                at_us, page = self._read()
            except (OSError, StopIteration, IndexError):
                return
            self.cursor = page['cursor']
            for event in page['events']:
                if event['type'] == 'message':
                    self.times_us[event['data']['body']] = at_us

    def close(self):
        self.ended = True
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.socket.close()


def measure(server, sender, targets, folder):
    """Latencies in microseconds, by target, and those of fdatasync; all of them in turn, so that
    they meet the same moods of the machine. targets: name -> (JID, times that fill)."""
    found = {name: [] for name in targets}
    sync = []
    for number in range(MESSAGES):
        for name, (jid, times_us) in targets.items():
            body = '%s-%d' % (name, number)
            sender.send(jid, body, id=body)
            time.sleep(PAUSE_S)
            eventually(lambda: body in times_us, what=body)
        sync += bench.fdatasync_us(folder, 1)
    left = {line.get('id'): line['us'] for line in server.trace()
            if line['dir'] == 'out' and line['name'] == 'message'}
    for name, (_, times_us) in targets.items():
        found[name] = [times_us[body] - left[body] for body in times_us]
    return found, sync


def run(server, sender, folder):
    with bench.BareHost(server) as host, bench.running_bridge(
            server, 100, bench.free_port()) as bridge:
        host.sign_in(server, [JIDS[0]])
        device = bridge.login(JIDS[1])
        device.wait_online()
        device.poll()
        poll = LongPoll(device, bridge.port)
        try:
            return measure(server, sender, {'bare': (JIDS[0], host.times_us),
                                            'bridge': (JIDS[1], poll.times_us)}, folder)
        finally:
            poll.close()


def main():
    scratch = Scratch()
    with Prosody(scratch / 'server', '--users', 2, '--contacts', 0, '--trace', 'brief',
                 '--switch', 'strangers=deliver', '--log-level', 'warn') as server, \
            XmppPeer(server, SENDER) as sender:
        latency, sync = run(server, sender, scratch.path)
    scratch.close()
    bare, bridge = latency['bare'], latency['bridge']
    for percent, goal in ((50, 2), (99, 4)):
        baseline = bench.percentile(bare, percent) + bench.percentile(sync, percent)
        value = bench.percentile(bridge, percent)
        bench.tell('latency of an event, percentile %d' % percent, value, 'us',
                   baseline=round(baseline), ratio=round(value / baseline, 3),
                   goal='ratio <= %d' % goal, bare_host=round(bench.percentile(bare, percent)),
                   fdatasync=round(bench.percentile(sync, percent)), messages=MESSAGES)


if __name__ == '__main__':
    main()
