# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon's end of the link to gtalk-bridge-push, played by a script."""

import concurrent.futures
import fcntl
import itertools
import os
import socket
import struct
import subprocess
import threading

import gi

gi.require_version('Gio', '2.0')
from gi.repository import Gio, GLib  # noqa: E402

from .process import DEADLINE_S, build_dir, tail  # noqa: E402
from .scripted_daemon import HostError, Loop, spawn_with_link  # noqa: E402
from .web_push import Device, encode  # noqa: E402

INTERFACE = 'gtalk.bridge.Push1'
TIMEOUT_MS = DEADLINE_S * 1000
LENGTH = struct.Struct('=I')


# BridgePushResult of bridge-push-link.h
RESULTS = ['delivered', 'gone', 'rejected', 'too-large', 'throttled', 'auth', 'config', 'refused',
           'transient', 'unknown']
# Of bridge-push-order.h, by their names here.
ORDER = {'endpoint': 's', 'target': 's', 'id': 's', 'registered': 'x', 'payload': 'ay',
         'p256dh': 'ay', 'auth': 'ay', 'secrets': 'aay', 'ttl': 'u', 'urgency': 's', 'topic': 's',
         'collapse': 'b', 'more': 'a{sv}'}
ORDER_TYPE = '(%s)' % ''.join(ORDER.values())
EMPTY = {'s': '', 'x': 0, 'ay': b'', 'aay': [], 'u': 0, 'b': False, 'a{sv}': {}}


def octets(value):
    return GLib.Variant('ay', value)


def write_order(service, push):
    """`push`: values by name; those of MPNS are its own."""
    own = {name for name in push if service == 'mpns' and name not in ('endpoint', 'id')}
    given = {name: value.unpack() for name, value in push.items() if name not in own}
    given['more'] = {name: push[name] for name in own}
    for name in ('payload', 'p256dh', 'auth'):
        given[name] = bytes(given.get(name, b''))
    return tuple(given.pop(name, EMPTY[kind]) for name, kind in ORDER.items())


def seal(text):
    """A sealed memory file that holds it."""
    fd = os.memfd_create('key', os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, text.encode())
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
                | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL)
    return fd


def read_outcome(result, status, retry_after, detail):
    if result >= len(RESULTS):
        return {}
    return {'result': RESULTS[result], 'status': status, 'retry-after': retry_after,
            'detail': detail}


class Pushes:
    """Our end of the socket of pushes and their outcomes."""

    def __init__(self):
        self.socket, self.theirs = socket.socketpair()
        self.numbers = itertools.count(1)
        self.waiting = {}
        self.lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, service, push):
        """A future of the outcome."""
        outcome = concurrent.futures.Future()
        with self.lock:
            number = next(self.numbers)
            self.waiting[number] = outcome
            written = GLib.Variant('a(us%s)' % ORDER_TYPE, [
                (number, service, write_order(service, push))]).get_data_as_bytes()
            self.socket.sendall(LENGTH.pack(written.get_size()) + written.get_data())
        return outcome

    def _read(self):
        try:
            with self.socket.makefile('rb') as stream:
                while True:
                    length, = LENGTH.unpack(stream.read(LENGTH.size))
                    outcomes = GLib.Variant.new_from_bytes(
                        GLib.VariantType('a(u(uuus))'), GLib.Bytes.new(stream.read(length)), False)
                    for number, outcome in outcomes.unpack():
                        self.waiting.pop(number).set_result(read_outcome(*outcome))
        except (OSError, struct.error):
            pass  # the process has gone

    def hand_over(self, fds):
        """The process's end, once."""
        if self.theirs is not None:
            fds.append(self.theirs.fileno())
            self.theirs.close()
            self.theirs = None

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes whoever reads
        except OSError:
            pass  # it is closed, or the process was first
        self.socket.close()


class ScriptedPush:
    """A push process, and our end of its link."""

    def __init__(self, scratch, configure=True, http2=False, environment=None, **options):
        ours, theirs = socket.socketpair()
        self.log = scratch / 'push.log'
        self.sender = Device()
        with open(self.log, 'ab') as output:
            self.process = spawn_with_link(
                [build_dir() / 'bridge' / 'push' / 'gtalk-bridge-push',
                 *(['--http2'] if http2 else [])], theirs,
                {**scratch.environment(), **(environment or {})}, output)
        Loop.ensure()
        stream = Gio.Socket.new_from_fd(ours.detach()).connection_factory_create_connection()
        self.connection = Gio.DBusConnection.new_sync(
            stream, Gio.dbus_generate_guid(), Gio.DBusConnectionFlags.AUTHENTICATION_SERVER,
            None, None)
        self.pushes = Pushes()
        if configure:
            self.configure(**options)

    def call(self, method, signature, *arguments, fds=None):
        parameters = GLib.Variant(signature, arguments) if signature else None
        try:
            result, _ = self.connection.call_with_unix_fd_list_sync(
                None, '/push', INTERFACE, method, parameters, None, 0, TIMEOUT_MS, fds, None)
        except GLib.Error as error:
            raise HostError(error) from None
        return result.unpack()

    def configure(self, contact='mailto:push@example.org', ca_directory='', allow=(), hosts=(),
                  deadline_ms=20000, credentials=None, options=None):
        """`credentials`: of vendors' services, by name; `options`: more of them, texts."""
        private = self.sender.key.private_numbers().private_value.to_bytes(32, 'big')
        texts = {'vapid': encode(private) + ' ' + encode(self.sender.public),
                 **(credentials or {})}
        fds = Gio.UnixFDList.new()
        for text in texts.values():
            fd = seal(text)
            fds.append(fd)
            os.close(fd)
        self.pushes.hand_over(fds)
        handles = {name: place for place, name in enumerate(texts)}
        self.call('Configure', '(a{sv}a{sh}h)',
                  {'contact': GLib.Variant('s', contact),
                   'ca-directory': GLib.Variant('s', str(ca_directory)),
                   'allow': GLib.Variant('as', allow), 'hosts': GLib.Variant('as', hosts),
                   'deadline-ms': GLib.Variant('u', deadline_ms),
                   **{name: GLib.Variant('s', value) for name, value in (options or {}).items()}},
                  handles, len(texts), fds=fds)

    def send(self, service, **push):
        """What came of it: result, status, retry-after, detail; nothing if it would not."""
        values = {name: value if isinstance(value, GLib.Variant) else GLib.Variant('s', value)
                  for name, value in push.items()}
        return self.pushes.send(service, values).result(DEADLINE_S)

    def send_web(self, resource, payload=b'{"v":1}', url=None, ttl=60, **more):
        return self.send('webpush', endpoint=resource.url if url is None else url, id='id',
                         payload=octets(payload), p256dh=octets(resource.device.public),
                         auth=octets(resource.device.auth), ttl=GLib.Variant('u', ttl),
                         **{'urgency': 'high', 'topic': 'topic', **more})

    def send_hook(self, resource, payload=b'{}', id='msg_1', url=None):
        keys = [GLib.base64_decode(secret.removeprefix('whsec_')) for secret in resource.secrets]
        return self.send('webhook', endpoint=resource.url if url is None else url, id=id,
                         payload=octets(payload), secrets=GLib.Variant('aay', keys))

    def send_fcm(self, device, payload=b'{"v":1}', ttl=60, **more):
        return self.send('fcm', endpoint=device.path, target=device.target, id='id',
                         payload=octets(payload), p256dh=octets(device.device.public),
                         auth=octets(device.device.auth), ttl=GLib.Variant('u', ttl),
                         **{'urgency': 'high', 'topic': 'topic', **more})

    def send_apns(self, device, payload=b'{"v":1}', ttl=60, id='id', **more):
        return self.send('apns', endpoint=device.path, target=device.target, id=id,
                         payload=octets(payload), p256dh=octets(device.device.public),
                         auth=octets(device.device.auth), ttl=GLib.Variant('u', ttl),
                         **{'urgency': 'high', 'topic': 'topic', **more})

    def probe(self):
        return self.call('Probe', None)[0]

    def show_log(self):
        return tail(self.log)

    def close(self):
        try:
            self.connection.close_sync(None)
        except GLib.Error:
            pass  # it was first
        self.pushes.close()
        try:
            self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
