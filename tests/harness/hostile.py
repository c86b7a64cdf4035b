# SPDX-License-Identifier: GPL-2.0-or-later
"""A server that does what a test tells it to, byte by byte, and keeps all that it was sent."""

import base64
import hashlib
import re
import socket
import ssl
import subprocess
import threading

from .process import DEADLINE_S, eventually

HEADER = ("<?xml version='1.0'?><stream:stream from='%s' id='%s' %sxmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams'>")
STREAM_ID = 'c2FtZSBpZA'
STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"


def mechanisms(*names):
    return "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>%s</mechanisms>" % ''.join(
        '<mechanism>%s</mechanism>' % name for name in names)


def features(*children):
    return '<stream:features>%s</stream:features>' % ''.join(children)


def failure(condition, text=''):
    return ("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><%s/>%s</failure>"
            % (condition, '<text>%s</text>' % text if text else ''))


def make_certificate(folder, name='localhost'):
    """A self-signed certificate that is its own authority."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=' + name,
                    '-addext', 'subjectAltName=DNS:' + name,
                    '-keyout', folder / 'hostile.key', '-out', folder / 'hostile.crt'],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / 'hostile.crt'


class Closed(Exception):
    """The client closed the connection."""


class Line:
    """The server's end of one connection, as the script sees it."""

    def __init__(self, connection, certificate, domain):
        self.socket = connection
        self.certificate = certificate
        self.domain = domain
        self.clear = b''   # all that came before TLS
        self.secret = b''  # all that came within
        self.taken = 0
        self.is_tls = False
        self.waits = threading.Event()  # set by scripts that are waited for
        self.socket.settimeout(DEADLINE_S)

    @property
    def received(self):
        return self.secret if self.is_tls else self.clear

    def write(self, *texts):
        self.socket.sendall(''.join(texts).encode())

    def header(self, version="version='1.0' "):
        self.write(HEADER % (self.domain, STREAM_ID, version))

    def _read_more(self):
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed() from error
        if not data:
            raise Closed()
        if self.is_tls:
            self.secret += data
        else:
            self.clear += data

    def read_until(self, pattern):
        """Reads on until the pattern is there, behind what was read so far; returns the match."""
        while True:
            match = re.search(pattern.encode(), self.received[self.taken:], re.DOTALL)
            if match:
                self.taken += match.end()
                return match
            self._read_more()

    def read_to_end(self):
        """All that comes until the client closes."""
        try:
            while True:
                self._read_more()
        except Closed:
            pass

    def hang_up(self):
        raise Closed()

    def start_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.certificate.with_suffix('.key'))
        try:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        except (OSError, ssl.SSLError) as error:
            raise Closed() from error
        self.is_tls = True
        self.taken = 0

    def answer_iq(self, pattern, content='', attributes=''):
        """Waits for a request that matches and answers it; returns the request's text."""
        request = self.read_until('<iq (?:(?!</iq>).)*?%s(?:(?!</iq>).)*?</iq>' % pattern)
        name = re.search(b"<iq [^>]*?id='([^']*)'", request.group(0)).group(1).decode()
        self.write("<iq type='result' id='%s' %s>%s</iq>" % (name, attributes, content))
        return request.group(0).decode()

    # -- the honest steps, up to where a script wants to be dishonest

    def expect_header(self, *answer):
        self.read_until('<stream:stream[^>]*>')
        self.header()
        self.write(*answer)

    def secure(self, *answer):
        """Up to our features within TLS."""
        self.expect_header(features(STARTTLS))
        self.read_until('<starttls[^>]*>')
        self.write(PROCEED)
        self.start_tls()
        self.expect_header(*answer)


class HostileServer:
    """Runs the script (a function of a Line) for each connection in a thread of its own."""

    def __init__(self, certificate, script, domain='localhost'):
        self.certificate = certificate
        self.script = script
        self.domain = domain
        self.lines = []
        self.ended = threading.Semaphore(0)
        self.problem = None
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        line = Line(connection, self.certificate, self.domain)
        self.lines.append(line)
        try:
            self.script(line)
            line.read_to_end()
        except Closed:
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.problem = error
        finally:
            line.socket.close()
            self.ended.release()

    def wait_for_end(self):
        """Until a client has closed its connection and all that it sent is here."""
        if not self.ended.acquire(timeout=DEADLINE_S):
            raise AssertionError('the client does not close the connection')
        if self.problem is not None:
            raise self.problem

    def wait_for_line(self, number):
        """Until the script of this connection has said that it waits."""
        eventually(lambda: len(self.lines) > number)
        if not self.lines[number].waits.wait(DEADLINE_S):
            raise AssertionError('the script does not get there')

    @property
    def received(self):
        return b''.join(line.clear + b'\n' + line.secret for line in self.lines)

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def traces_of(secret, user, nonces=(STREAM_ID,)):
    """What a secret can look like on the wire: raw, in base64 at any offset, as a digest with what
    the server chose."""
    raw = secret.encode()
    found = {raw}
    for prefix in (b'', b'x', b'xx'):
        encoded = base64.b64encode(prefix + raw)
        # the first and last groups depend on the neighbours
        found.add(encoded[4 if prefix else 0:-4])
    for nonce in nonces:
        for algorithm in ('sha1', 'md5', 'sha256'):
            for text in (nonce.encode() + raw, raw):
                found.add(hashlib.new(algorithm, text).hexdigest().encode())
    return found
