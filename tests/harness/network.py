# SPDX-License-Identifier: GPL-2.0-or-later
"""A network that a test has for itself: every address that it wants, DNS by a script, and listeners
that tell who connected to what. Nothing of it is seen outside, so that ports are the usual ones."""

import fcntl
import ipaddress
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading

ALONE = 'GTALK_NETWORK_ALONE'
CONFIGURATION = {'resolv.conf': 'nameserver 127.0.0.1\noptions timeout:2 attempts:1\n',
                 'nsswitch.conf': 'hosts: files dns\n'}
SIOCSIFADDR = 0x8916
A, CNAME, AAAA, SRV = 1, 5, 28, 33
NO_SUCH_NAME, TROUBLE = 3, 2
IN, TTL_S = 1, 0


def be_alone():
    """Runs this script again with a network of its own, unless it has; first thing in a script."""
    if ALONE in os.environ:
        return
    with tempfile.TemporaryDirectory(prefix='gtalk-') as folder:
        binds = []
        for name, text in CONFIGURATION.items():
            (pathlib.Path(folder) / name).write_text(text, encoding='ascii')
            binds += ['--ro-bind', '%s/%s' % (folder, name), os.path.realpath('/etc/' + name)]
        user = [] if os.geteuid() == 0 else ['--unshare-user', '--uid', '0', '--gid', '0']
        sys.exit(subprocess.call(
            ['bwrap', '--dev-bind', '/', '/', *binds, '--unshare-net', *user, '--cap-add', 'ALL',
             '--die-with-parent', '--setenv', ALONE, '1', '--', sys.executable, *sys.argv]))


def add_address(text, number):
    """Makes it one of ours, and the rest of its class answer, too; number: another for each."""
    address = ipaddress.ip_address(text)
    if address.version == 4:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            fcntl.ioctl(control, SIOCSIFADDR, struct.pack(
                '16sH2x4s8x', b'lo:%d' % number, socket.AF_INET, address.packed))
    else:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
            fcntl.ioctl(control, SIOCSIFADDR, struct.pack(
                '16sIi', address.packed, 128, socket.if_nametoindex('lo')))


def encode_name(name):
    return b''.join(bytes([len(part)]) + part.encode() for part in name.split('.') if part) + b'\0'


def decode_name(packet, at):
    parts = []
    while packet[at]:
        parts.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += packet[at] + 1
    return '.'.join(parts).lower(), at + 1


def record_of(value):
    """(type, octets) of an address, of a (priority, port, target), or of another name."""
    if isinstance(value, tuple):
        return SRV, struct.pack('>HHH', value[0], 0, value[1]) + encode_name(value[2])
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return CNAME, encode_name(value)
    return (A if address.version == 4 else AAAA), address.packed


class Names:
    """A DNS server. names: lists of addresses, (priority, port, target) or another name; a list of
    such lists: one after the other, again and again. Names in `trouble` cannot be looked up."""

    def __init__(self):
        self.names = {}
        self.trouble = set()
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(('127.0.0.1', 53))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _find(self, name, kind):
        """[(name, type, octets)]"""
        values = self.names.get(name, [])
        if values and isinstance(values[0], list):
            turn = self.asked.count((name, kind)) - 1
            values = values[turn % len(values)]
        found = []
        for value in values:
            of_type, octets = record_of(value)
            if of_type == CNAME:
                found += [(name, CNAME, octets)] + self._find(value, kind)
            elif of_type == kind:
                found.append((name, of_type, octets))
        return found

    def _answer(self, packet):
        name, end = decode_name(packet, 12)
        kind, = struct.unpack('>H', packet[end:end + 2])
        self.asked.append((name, kind))
        found = self._find(name, kind)
        result = TROUBLE if name in self.trouble else 0 if name in self.names else NO_SUCH_NAME
        answer = packet[:2] + struct.pack('>HHHHH', 0x8180 | result, 1, len(found), 0, 0)
        answer += packet[12:end + 4]
        for owner, of_type, octets in found:
            answer += encode_name(owner) + struct.pack('>HHIH', of_type, IN, TTL_S, len(octets))
            answer += octets
        return answer

    def _serve(self):
        while True:
            packet, peer = self.socket.recvfrom(4096)
            if not packet:
                self.socket.close()
                return
            self.socket.sendto(self._answer(packet), peer)

    def close(self):
        """By a packet with nothing in it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b'', self.socket.getsockname())
        self.thread.join()


class Ears:
    """Listens on these ports of every address, and hangs up. heard: (address, port) that somebody
    has connected to."""

    def __init__(self, *ports):
        self.heard = []
        self.listeners = [socket.create_server(('::', port), family=socket.AF_INET6, backlog=64,
                                               dualstack_ipv6=True) for port in ports]
        for listener in self.listeners:
            threading.Thread(target=self._listen, args=(listener,), daemon=True).start()

    def _listen(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            address, port = connection.getsockname()[:2]
            self.heard.append((address.removeprefix('::ffff:'), port))
            connection.close()

    def take(self):
        heard, self.heard = self.heard, []
        return heard

    def close(self):
        for listener in self.listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
