# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon's end of the link, played by a script: starts a gtalk-bridge-host, calls it, keeps
what it delivers, and answers deliveries only as the test wants."""

import array
import os
import socket
import struct
import subprocess
import threading

import gi

gi.require_version('Gio', '2.0')
from gi.repository import Gio, GLib  # noqa: E402

from .process import DEADLINE_S, build_dir, eventually, spawn, tail  # noqa: E402

LINK_FD = 3
CALL_TIMEOUT_MS = DEADLINE_S * 1000
HOST_INTERFACE = 'gtalk.bridge.Host1'
LENGTH = struct.Struct('=I')  # before each value on the socket of events


def host_program():
    return build_dir() / 'bridge' / 'host' / 'gtalk-bridge-host'


def host_environment(scratch, **more):
    return scratch.environment(GTALK_PLUGIN_PATH=build_dir() / 'plugin', **more)


def spawn_with_link(arguments, link, environment, log):
    """Starts a program whose descriptor 3 is the given socket, and closes it here."""
    # The shell moves the socket to where the program wants it.
    move = '' if link.fileno() == LINK_FD else '%d<&%d-' % (LINK_FD, link.fileno())
    process = spawn(['/bin/bash', '-c', 'exec "$@" ' + move, 'bash', *arguments],
                    env=environment, stdout=log, stderr=subprocess.STDOUT,
                    pass_fds=(link.fileno(),))
    link.close()
    return process


class HostError(Exception):
    """A D-Bus error that the host answered; .name is without its prefix."""

    def __init__(self, error):
        self.name = (Gio.DBusError.get_remote_error(error) or str(error)).split('.')[-1]
        super().__init__('%s: %s' % (self.name, error.message))


# Of the tuple that a message is told as.
MESSAGE_MEMBERS = ('sent', 'origin', 'id', 'stanza-id', 'from', 'to', 'body', 'type', 'time',
                   'encrypted', 'record', 'stream', 'stanza')


class Event:
    def __init__(self, number, account, type, data):
        self.number = number
        self.account = account
        self.type = type
        self.data = dict(zip(MESSAGE_MEMBERS, data)) if type == 'message' else data

    def __repr__(self):
        return '<%d %s %s %r>' % (self.number, self.account, self.type, self.data)


class Loop:
    """GLib's default main context in a thread: one for all tests of a process."""

    instance = None

    def __init__(self):
        self.loop = GLib.MainLoop()
        threading.Thread(target=self.loop.run, daemon=True).start()

    @classmethod
    def ensure(cls):
        if cls.instance is None:
            cls.instance = cls()

    @classmethod
    def call(cls, function):
        """Runs function() in the loop's thread and returns its result."""
        cls.ensure()
        done = threading.Event()
        result = []

        def run():
            try:
                result.append((function(), None))
            except Exception as error:  # handed to the caller
                result.append((None, error))
            done.set()
            return False
        GLib.idle_add(run)
        if not done.wait(DEADLINE_S):
            raise AssertionError('the main loop does not answer')
        value, error = result[0]
        if error is not None:
            raise error
        return value


def variant(value):
    """A GVariant for what settings are made of."""
    if isinstance(value, GLib.Variant):
        return value
    if isinstance(value, bool):
        return GLib.Variant('b', value)
    if isinstance(value, (list, tuple)):
        return GLib.Variant('as', value)
    return GLib.Variant('s', value)


class ScriptedDaemon:
    """One host and our end of its link. answering: whether deliveries are answered at once."""

    def __init__(self, link, process=None, log=None, ca_directory='', **options):
        self.process = process
        self.log_path = log
        self.events = []
        self.deliveries = []  # number of events of each batch
        self.waiting = []  # last numbers of the batches that were not answered yet
        self.answering = True
        self.lock = threading.Lock()
        Loop.ensure()
        self.closed = threading.Event()
        self.connection = self._connect(link)
        self.socket = self._start_events()
        self.configure(ca_directory=ca_directory, **options)

    @staticmethod
    def program():
        return host_program()

    @classmethod
    def start(cls, scratch, environment=None, name='host', **options):
        """Starts a host by itself."""
        ours, theirs = socket.socketpair()
        log = scratch / (name + '.log')
        with open(log, 'ab') as output:
            process = spawn_with_link([host_program()], theirs,
                                      environment or host_environment(scratch), output)
        return cls(ours, process, log, **options)

    def _connect(self, link):
        stream = Gio.Socket.new_from_fd(link.detach()).connection_factory_create_connection()
        connection = Gio.DBusConnection.new_sync(
            stream, Gio.dbus_generate_guid(),
            Gio.DBusConnectionFlags.AUTHENTICATION_SERVER |
            Gio.DBusConnectionFlags.DELAY_MESSAGE_PROCESSING, None, None)

        def prepare():
            connection.connect('closed', lambda *_: self.closed.set())
            connection.start_message_processing()
        Loop.call(prepare)
        return connection

    def open_events(self):
        """A new socket of events: the host has the other end."""
        ours, theirs = socket.socketpair()
        fds = Gio.UnixFDList.new()
        fds.append(theirs.fileno())
        theirs.close()
        try:
            self.call('OpenEvents', '(h)', 0, fds=fds)
        except HostError:
            ours.close()
            raise
        return ours

    def _start_events(self):
        ours = self.open_events()
        threading.Thread(target=self._read, args=(ours,), daemon=True).start()
        return ours

    # -- in a thread of its own

    def _read(self, ours):
        try:
            with ours.makefile('rb') as stream:
                while True:
                    length, = LENGTH.unpack(stream.read(LENGTH.size))
                    batch = GLib.Variant.new_from_bytes(
                        GLib.VariantType('a(tssv)'), GLib.Bytes.new(stream.read(length)), False)
                    self._take([Event(*event) for event in batch.unpack()])
        except (OSError, struct.error):
            pass  # the host has gone

    def _take(self, events):
        with self.lock:
            self.events += events
            self.deliveries.append(len(events))
            self.waiting.append(events[-1].number)
        if self.answering:
            self._answer(None)

    def _answer(self, count):
        with self.lock:
            taken, self.waiting = self.waiting[:count], self.waiting[len(self.waiting[:count]):]
            for number in taken:
                self.tell(struct.pack('=Q', number))

    # -- for the test

    def call(self, method, signature, *arguments, fds=None):
        parameters = GLib.Variant(signature, arguments) if signature else None
        try:
            if fds is not None:
                result, _ = self.connection.call_with_unix_fd_list_sync(
                    None, '/host', HOST_INTERFACE, method, parameters, None, 0, CALL_TIMEOUT_MS,
                    fds, None)
            else:
                result = self.connection.call_sync(None, '/host', HOST_INTERFACE, method,
                                                   parameters, None, 0, CALL_TIMEOUT_MS, None)
        except GLib.Error as error:
            raise HostError(error) from None
        return result.unpack()

    def configure(self, **options):
        dead_after = options.pop('dead_after', None)
        values = {name.replace('_', '-'): variant(value) for name, value in options.items()}
        if dead_after is not None:
            values['dead-after'] = GLib.Variant('u', dead_after)
        self.call('Configure', '(a{sv})', values)

    def sign_in(self, account, username, credential, server=None, port=None, since=None,
                **settings):
        """server: whose address to use; other settings are the link's, with underscores."""
        values = {'protocol': 'googletalk', 'username': username, 'mechanism': 'auto', **settings}
        values = {name.replace('_', '-'): variant(value) for name, value in values.items()}
        if server is not None:
            values['server'] = variant(server.host)
            values['port'] = GLib.Variant('q', port or server.port)
        if since is not None:
            values['archive-since'] = GLib.Variant('x', since)
        fd = os.memfd_create('credential')
        os.write(fd, credential.encode())
        fds = Gio.UnixFDList.new()
        fds.append(fd)
        os.close(fd)
        self.call('SignIn', '(sa{sv}h)', account, values, 0, fds=fds)

    def sign_out(self, account):
        self.call('SignOut', '(s)', account)

    def send(self, account, id, to, body):
        self.call('SendMessage', '(ssss)', account, id, to, body)

    def probe(self):
        return self.call('Probe', None)[0]

    def hold(self):
        """From now on deliveries are kept waiting."""
        with self.lock:
            self.answering = False

    def answer(self, count=None):
        """Answers what waits, or the first of it; without count also what comes later."""
        if count is None:
            self.answering = True
        self._answer(count)

    def tell(self, octets):
        """Writes a value on the socket of events, whatever it is."""
        try:
            self.socket.sendall(LENGTH.pack(len(octets)) + octets)
        except OSError:
            pass  # the host has gone

    def refuse(self):
        """Takes no more events, and answers none of those that wait."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the host was first

    def snapshot(self, type=None, account=None):
        with self.lock:
            return [event for event in self.events
                    if type in (None, event.type) and account in (None, event.account)]

    def wait_for(self, type, condition=lambda data: True, account=None):
        """The first event of that type whose data fulfils the condition."""
        def found():
            return next((event for event in self.snapshot(type, account)
                         if condition(event.data)), None)
        try:
            return eventually(found, what='an event %r' % type)
        except AssertionError as error:
            raise AssertionError('%s; there are %r\n%s' % (error, self.snapshot(),
                                                           self.log())) from None

    def wait_for_state(self, state, account=None):
        return self.wait_for('state', lambda data: data['state'] == state, account).data

    def log(self):
        return tail(self.log_path) if self.log_path else ''

    def close(self):
        try:
            self.connection.close_sync(None)
        except GLib.Error:
            pass  # the host was first
        self.refuse()
        self.socket.close()
        if self.process is not None:
            try:
                self.process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class ScriptedTemplate:
    """A warm template, asked as bridge-template.h says; with is_open, one whose descriptors
    others than root may look at, too."""

    REQUEST = struct.pack('=I', 1)
    REPLY = struct.Struct('=ii')

    def __init__(self, scratch, is_open=False):
        environment = host_environment(scratch)
        if is_open:
            environment['LD_PRELOAD'] = str(build_dir() / 'tests/harness/open-process.so')
            environment['ASAN_OPTIONS'] = ':'.join(filter(None, (
                environment.get('ASAN_OPTIONS'), 'verify_asan_link_order=0')))
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(DEADLINE_S)
        self.log_path = scratch / 'template.log'
        with open(self.log_path, 'ab') as output:
            self.process = spawn_with_link([host_program(), '--template'], theirs,
                                           environment, output)

    def spawn(self, **options):
        """Returns the new host's process id and a ScriptedDaemon that speaks with it."""
        ours, theirs = socket.socketpair()
        self.control.sendmsg([self.REQUEST], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                               array.array('i', [theirs.fileno()]))])
        theirs.close()
        reply, control, _, _ = self.control.recvmsg(self.REPLY.size, socket.CMSG_SPACE(4))
        pid, error = self.REPLY.unpack(reply)
        if pid == 0:
            raise OSError(error, os.strerror(error))
        os.close(array.array('i', control[0][2])[0])
        return pid, ScriptedDaemon(ours, log=self.log_path, **options)

    def close(self):
        self.control.close()
        self.process.wait(DEADLINE_S)
