# SPDX-License-Identifier: GPL-2.0-or-later
"""A private session bus, and a real gnome-keyring on it or none."""

import socket
import struct
import subprocess

from .process import eventually, spawn, tail, terminate

PASSWORD = 'keyring-password'
SERVICE = 'org.freedesktop.secrets'
CONTROL_UNLOCK = 1
COLLECTION = '/org/freedesktop/secrets/collection/login'
BUS_CONFIG = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
'''


class Bus:
    """A dbus-daemon that starts no services by itself."""

    def __init__(self, scratch):
        self.socket = scratch / 'bus'
        self.address = 'unix:path=%s' % self.socket
        config = scratch / 'bus.conf'
        config.write_text(BUS_CONFIG % self.socket)
        self.log = scratch / 'bus.log'
        with open(self.log, 'ab') as out:
            self.process = spawn(['dbus-daemon', '--nofork', '--config-file', config],
                                 stdout=out, stderr=out, env=scratch.environment())
        eventually(self.socket.exists, what='the session bus')

    def call(self, destination, path, method, *arguments):
        """One method call by gdbus; returns its printed result, None when it failed."""
        done = subprocess.run(['gdbus', 'call', '--address', self.address, '--dest', destination,
                               '--object-path', path, '--method', method, *arguments],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False, timeout=60)
        return done.stdout.decode() if done.returncode == 0 else None

    def owns(self, name):
        answer = self.call('org.freedesktop.DBus', '/org/freedesktop/DBus',
                           'org.freedesktop.DBus.NameHasOwner', name)
        return answer is not None and 'true' in answer

    def close(self):
        terminate(self.process)


class Keyring:
    """gnome-keyring-daemon on a bus of its own; its files are in the scratch folder's HOME.

    absent=True: only the bus. The login keyring is made and unlocked with PASSWORD."""

    def __init__(self, scratch, absent=False):
        self.scratch = scratch
        self.bus = Bus(scratch)
        self.process = None
        self.log = scratch / 'keyring.log'
        if not absent:
            self.start()

    @property
    def environment(self):
        return {'DBUS_SESSION_BUS_ADDRESS': self.bus.address}

    def start(self):
        """Starts the daemon (again) and unlocks the login keyring."""
        environment = self.scratch.environment(**self.environment)
        with open(self.log, 'ab') as out:
            self.process = spawn(
                ['gnome-keyring-daemon', '--foreground', '--unlock', '--components=secrets'],
                stdin=subprocess.PIPE, stdout=out, stderr=out, env=environment)
        self.process.stdin.write(PASSWORD.encode())
        self.process.stdin.close()
        eventually(lambda: self.bus.owns(SERVICE), what='the keyring on its bus')
        eventually(lambda: self.is_locked() is False, what='the unlocked keyring: '
                   + tail(self.log))
        # a keyring without any item cannot be unlocked once it was locked
        subprocess.run(['secret-tool', 'store', '--label=of the harness', 'harness', 'item'],
                       input=b'x', env=environment, check=True, timeout=60)

    def is_locked(self):
        """True, False, or None when there is no answer."""
        answer = self.bus.call(SERVICE, COLLECTION, 'org.freedesktop.DBus.Properties.Get',
                               'org.freedesktop.Secret.Collection', 'Locked')
        return None if answer is None else 'true' in answer

    def lock(self):
        self.bus.call(SERVICE, '/org/freedesktop/secrets', 'org.freedesktop.Secret.Service.Lock',
                      "[objectpath '%s']" % COLLECTION)
        eventually(self.is_locked, what='the locked keyring')

    def unlock(self):
        """As a person who signs in: the running daemon is told the password, by the protocol of
        its control socket: lengths and the operation as 32 bits, big-endian."""
        password = PASSWORD.encode()
        body = struct.pack('>II', CONTROL_UNLOCK, len(password)) + password
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(60)
            control.connect(str(self.scratch / 'run/keyring/control'))
            control.sendall(b'\0' + struct.pack('>I', len(body) + 4) + body)
            result = struct.unpack('>II', control.recv(8, socket.MSG_WAITALL))[1]
        if result != 0:
            raise AssertionError('the keyring does not unlock: %d' % result)
        eventually(lambda: self.is_locked() is False, what='the unlocked keyring')

    def stop(self):
        """The service goes away; the bus and the keyring's files stay."""
        if self.process is not None:
            terminate(self.process)
            self.process = None

    def close(self):
        self.stop()
        self.bus.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
