# SPDX-License-Identifier: GPL-2.0-or-later
"""A server of one connection and one account, without TLS, that answers requests from a table: for
what an honest server would never answer, and for benchmarks that want no other work beside."""

import socket
import threading
import xml.etree.ElementTree as ElementTree

ACCOUNT = 'juliet@talk.example'
JID = ACCOUNT + '/Desk'
CONTACTS = ['contact%d@talk.example' % number for number in range(5)]

HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='x' version='1.0' "
          "from='talk.example' xmlns:stream='http://etherx.jabber.org/streams'>")
BEFORE = ("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
          "<mechanism>PLAIN</mechanism></mechanisms></stream:features>")
BEHIND = ("<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
          "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/><sm xmlns='urn:xmpp:sm:3'/>"
          "</stream:features>")
INFO = 'http://jabber.org/protocol/disco#info'
MAM = 'urn:xmpp:mam:2'
SM = 'urn:xmpp:sm:3'
FEATURES = (MAM, 'urn:xmpp:sid:0', 'urn:xmpp:carbons:2', INFO)

QUERY = '{%s}query' % MAM
ENABLE = '{%s}enable' % SM

ANSWERS = {
    '{urn:ietf:params:xml:ns:xmpp-bind}bind':
        "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>%s</jid></bind>" % JID,
    '{urn:ietf:params:xml:ns:xmpp-session}session': '',
    '{jabber:iq:roster}query':
        "<query xmlns='jabber:iq:roster'>%s</query>" % ''.join(
            "<item jid='%s' subscription='both'><group>Friends</group></item>" % jid
            for jid in CONTACTS),
    '{%s}query' % INFO:
        "<query xmlns='%s'><identity category='server' type='im' name='Test'/>%s</query>"
        % (INFO, ''.join("<feature var='%s'/>" % feature for feature in FEATURES)),
    QUERY:
        "<fin xmlns='urn:xmpp:mam:2' complete='true'>"
        "<set xmlns='http://jabber.org/protocol/rsm'><last>a0</last></set></fin>",
    '{urn:xmpp:carbons:2}enable': '',
    '{vcard-temp}vCard': "<vCard xmlns='vcard-temp'/>",
}


def ping(name):
    return ("<iq type='get' from='talk.example' to='%s' id='%s'>"
            "<ping xmlns='urn:xmpp:ping'/></iq>" % (JID, name))


class ScriptedServer:
    """answers: by the tag of what is asked, the content of the result; or a function of the server
    and the request that sends what it likes. What has no answer gets an error. behind: what is
    offered behind the authentication."""

    behind = BEHIND

    def __init__(self, deadline, **answers):
        self.deadline = deadline
        self.answers = {**ANSWERS, **answers}
        self.problem = None
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.listener.settimeout(deadline)
        self.port = self.listener.getsockname()[1]
        self.socket = None
        self.thread = None

    def _receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError('the client left')
        self.parser.feed(data)
        for event, element in self.parser.read_events():
            self.depth += 1 if event == 'start' else -1
            if event == 'end' and self.depth == 1:
                self.elements.append(element)

    def _read(self):
        while not self.elements:
            self._receive()
        return self.elements.pop(0)

    def write(self, text):
        self.socket.sendall(text.encode())

    def _open(self, features):
        """Not before the client's own header is here: what comes in the same segment as what was
        before would be read as a part of the old stream."""
        self.parser = ElementTree.XMLPullParser(['start', 'end'])
        self.depth = 0
        self.elements = []
        while self.depth == 0:
            self._receive()
        self.write(HEADER + features)

    def answer(self, iq, content, sender=None):
        """sender: '' for none, None for who was asked."""
        if sender is None:
            sender = iq.get('to', ACCOUNT)
        self.write("<iq type='result' id='%s' to='%s' %s>%s</iq>" % (
            iq.get('id'), JID, "from='%s'" % sender if sender else '', content))

    def refuse(self, iq, condition='service-unavailable'):
        self.write("<iq type='error' id='%s' to='%s' from='%s'><error type='cancel'>"
                   "<%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
                   % (iq.get('id'), JID, iq.get('to', ACCOUNT), condition))

    def _serve(self, element):
        if element.tag == ENABLE:
            self.write(self.answers.get(ENABLE, "<enabled xmlns='%s'/>" % SM))
        if element.tag != '{jabber:client}iq' or element.get('type') not in ('get', 'set'):
            return
        answer = self.answers.get(element[0].tag if len(element) else None)
        if callable(answer):
            answer(self, element)
        elif answer is None:
            self.refuse(element)
        else:
            self.answer(element, answer)

    def serve_until(self, condition):
        while True:
            element = self._read()
            if condition(element):
                return
            self._serve(element)

    def accept(self):
        self.socket, _ = self.listener.accept()
        self.socket.settimeout(self.deadline)

    def sign_in(self):
        """Up to the first presence."""
        self.accept()
        self._open(BEFORE)
        self.serve_until(lambda element: element.tag.endswith('}auth'))
        self.write("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        self._open(self.behind)
        self.serve_until(lambda element: element.tag == '{jabber:client}presence')

    def round_trip(self, name):
        """Until the client has handled all that was written."""
        self.write(ping(name))
        self.serve_until(lambda element: element.get('id') == name)

    # -- in a thread of its own

    def start(self):
        """Serves until the client leaves."""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def _run(self):
        try:
            self.sign_in()
            self.serve_until(lambda element: False)
        except OSError:
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.problem = error

    def close(self):
        """Behind the client's own end."""
        if self.thread is not None:
            self.thread.join(self.deadline)
        self.hang_up()
        if self.problem is not None:
            raise self.problem

    def hang_up(self):
        self.listener.close()
        if self.socket is not None:
            try:
                self.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.socket.close()
