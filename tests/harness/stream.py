# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of the test's own: a TLS socket and an XML parser, no library in between, so that a test
says and sees exactly what is on the wire."""

import base64
import re
import socket
import ssl
import time
import xml.etree.ElementTree as ElementTree

CLIENT = 'jabber:client'
SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
TLS = 'urn:ietf:params:xml:ns:xmpp-tls'
BIND = 'urn:ietf:params:xml:ns:xmpp-bind'
SM = 'urn:xmpp:sm:3'
GOOGLE_AUTH = 'http://www.google.com/talk/protocol/auth'

TIMEOUT_S = 30


class StreamClosed(Exception):
    """The server ended the stream or the connection."""


def tag(element):
    """'{ns}name' without the namespace of clients."""
    return element.tag.replace('{%s}' % CLIENT, '')


class Stream:
    """One connection to the server, from TCP to bound session, in steps."""

    def __init__(self, server, domain, direct_tls=False, verify=True):
        self.domain = domain
        self.context = ssl.create_default_context(cafile=server.ca)
        if not verify:
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE
        self.jid = None
        self.handled = 0
        port = server.direct_tls_port if direct_tls else server.port
        self.socket = socket.create_connection((server.host, port), TIMEOUT_S)
        if direct_tls:
            self._wrap()

    def _wrap(self):
        self.socket = self.context.wrap_socket(self.socket, server_hostname=self.domain)

    # -- the wire

    def write(self, text):
        self.socket.sendall(text.encode())

    def open(self):
        """Sends a stream header and returns the features that come back."""
        self.parser = ElementTree.XMLPullParser(['start', 'end'])
        self.depth = 0
        self.root = None
        self.queue = []
        self.write("<?xml version='1.0'?><stream:stream to='%s' version='1.0' xmlns='%s' "
                   "xmlns:stream='http://etherx.jabber.org/streams'>" % (self.domain, CLIENT))
        return self.read()

    def _feed(self, data):
        self.parser.feed(data)
        for event, element in self.parser.read_events():
            if event == 'start':
                self.depth += 1
                if self.depth == 1:
                    self.root = element
                continue
            self.depth -= 1
            if self.depth == 1:
                self.queue.append(element)
                self.root.remove(element)
            elif self.depth == 0:
                self.queue.append(None)

    def read(self, timeout=TIMEOUT_S):
        """The next element of the stream."""
        end = time.monotonic() + timeout
        while not self.queue:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            data = self.socket.recv(65536)
            if not data:
                raise StreamClosed('connection closed')
            self._feed(data)
        element = self.queue.pop(0)
        if element is None:
            raise StreamClosed('stream closed')
        if tag(element) in ('message', 'presence', 'iq'):
            self.handled += 1
        return element

    def read_until(self, condition, timeout=TIMEOUT_S):
        end = time.monotonic() + timeout
        while True:
            element = self.read(max(0.01, end - time.monotonic()))
            if condition(element):
                return element

    # -- the steps

    def start_tls(self):
        """Up to the features behind TLS."""
        self.open()
        self.write("<starttls xmlns='%s'/>" % TLS)
        answer = self.read()
        if tag(answer) != '{%s}proceed' % TLS:
            raise StreamClosed(tag(answer))
        self._wrap()
        return self.open()

    def auth(self, mechanism, message, attributes=''):
        """Sends <auth/> and returns the answer."""
        self.write("<auth xmlns='%s' xmlns:ga='%s' mechanism='%s' %s>%s</auth>"
                   % (SASL, GOOGLE_AUTH, mechanism, attributes,
                      base64.b64encode(message.encode()).decode()))
        return self.read()

    def respond(self, message):
        self.write("<response xmlns='%s'>%s</response>"
                   % (SASL, base64.b64encode(message.encode()).decode()))
        return self.read()

    def bind(self, resource=None):
        self.open()
        answer = self.iq('set', "<bind xmlns='%s'>%s</bind>" % (
            BIND, '<resource>%s</resource>' % resource if resource else ''))
        self.jid = answer.findtext('.//{%s}jid' % BIND)
        return self.jid

    def iq(self, kind, child, to=None):
        """Sends a request and returns its answer; what comes between is lost."""
        self.requests = getattr(self, 'requests', 0) + 1
        name = 'raw%d' % self.requests
        self.write("<iq type='%s' id='%s'%s>%s</iq>"
                   % (kind, name, " to='%s'" % to if to else '', child))
        return self.read_until(lambda e: tag(e) == 'iq' and e.get('id') == name)

    def sign_in(self, user, secret, mechanism='PLAIN', resource=None,
                attributes="ga:client-uses-full-bind-result='true'"):
        """All of it; secret is a password or a token."""
        self.start_tls() if not isinstance(self.socket, ssl.SSLSocket) else self.open()
        if mechanism == 'OAUTHBEARER':
            message = 'n,a=%s@%s,\x01auth=Bearer %s\x01\x01' % (user, self.domain, secret)
        else:
            message = '\0%s\0%s' % (user, secret)
        answer = self.auth(mechanism, message, attributes)
        if tag(answer) != '{%s}success' % SASL:
            raise StreamClosed(ElementTree.tostring(answer).decode())
        return self.bind(resource)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def features(element):
    """The mechanisms that a features element offers."""
    return {mechanism.text for mechanism in element.iter('{%s}mechanism' % SASL)}


def condition(failure):
    """not-authorized and the like, of a SASL failure."""
    return re.sub('{.*}', '', failure[0].tag)
