# SPDX-License-Identifier: GPL-2.0-or-later
"""A real IRC server (ngircd) with TLS, and a client of another hand that talks to it."""

import socket
import sys
import threading

from .process import ROOT, eventually, spawn, tail, terminate

sys.path.insert(0, str(ROOT / 'tests' / 'server'))
import certificates  # noqa: E402

DOMAIN = 'irc.example'
PASSWORD = 'server-secret'
SERVER_NAME = 'irc.server.example'
NGIRCD = '/usr/sbin/ngircd'

CONFIGURATION = '''[Global]
Name = %(name)s
AdminInfo1 = test
Info = test
Listen = 127.0.0.1
Ports = %(port)d
Password = %(password)s
MotdPhrase = hello

[Limits]
MaxConnectionsIP = 0
MaxPenaltyTime = 0
MaxNickLength = 30
PingTimeout = 600

[Options]
DNS = no
Ident = no
PAM = no

[SSL]
CertFile = %(certificate)s
KeyFile = %(key)s
Ports = %(tls_port)d
'''


def free_ports(count):
    """Ports of loopback that nobody has; all were open at once, so they differ."""
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Ircd:
    """As Bridge wants a server: host, port, ca_directory and the domains that lead to it."""

    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir()
        self.host = '127.0.0.1'
        self.plain_port, self.port = free_ports(2)
        self.description = {'domains': [DOMAIN]}
        certificates.make_ca(folder)
        certificates.sign(folder, folder / 'irc', [DOMAIN])
        self.ca_directory = folder / 'ca'
        self.log_path = folder / 'ngircd.log'
        self.config = folder / 'ngircd.conf'
        self.config.write_text(CONFIGURATION % {
            'name': SERVER_NAME, 'port': self.plain_port, 'tls_port': self.port,
            'password': PASSWORD, 'certificate': folder / 'irc.crt', 'key': folder / 'irc.key'})
        self.config.chmod(0o644)
        self.process = None
        self.start()

    def accepts(self):
        if self.process.poll() is not None:
            raise AssertionError('ngircd ended:\n' + self.log())
        try:
            socket.create_connection(('127.0.0.1', self.plain_port), 1).close()
            return True
        except OSError:
            return False

    def start(self):
        with open(self.log_path, 'ab') as out:
            self.process = spawn([NGIRCD, '-n', '-f', self.config], stdout=out, stderr=out)
        eventually(self.accepts, what='ngircd')

    def stop(self):
        terminate(self.process)

    close = stop

    def log(self):
        return tail(self.log_path)


class IrcPeer:
    """Registered from construction on. messages: (nickname, text) of those that came for it."""

    def __init__(self, server, nick):
        self.nick = nick
        self.messages = []
        self.lines = []
        self.socket = socket.create_connection(('127.0.0.1', server.plain_port))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.raw('PASS ' + PASSWORD)
        self.raw('NICK ' + nick)
        self.raw('USER peer 0 * :peer')
        eventually(lambda: self.saw(' 001 '), what=lambda: 'welcome; %r' % self.lines)

    def raw(self, line):
        self.socket.sendall(line.encode() + b'\r\n')

    def send(self, to, text):
        self.raw('PRIVMSG %s :%s' % (to, text))

    def saw(self, text):
        return any(text in line for line in list(self.lines))

    def _read(self):
        try:
            for line in self.socket.makefile('r', encoding='utf-8', errors='replace',
                                             newline='\n'):
                self._take(line.rstrip('\r\n'))
        except OSError:
            pass

    def _take(self, line):
        self.lines.append(line)
        if line.startswith('PING '):
            self.raw('PONG ' + line[5:])
        parts = line.split(' ', 3)
        if len(parts) == 4 and parts[1] == 'PRIVMSG' and parts[2] == self.nick:
            self.messages.append((parts[0][1:].split('!')[0], parts[3][1:]))

    def wait_for_message(self, text):
        return eventually(lambda: next((m for m in list(self.messages) if m[1] == text), None),
                          what=lambda: '%r in %r' % (text, self.messages))

    def knows(self, nick):
        """Whether somebody has this nickname now (RFC 2812, section 4.9)."""
        self.lines.clear()
        self.raw('ISON ' + nick)
        line = eventually(lambda: next((each for each in list(self.lines) if ' 303 ' in each),
                                       None), what='ISON')
        return nick in line.split(':', 2)[-1].lower().split()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
