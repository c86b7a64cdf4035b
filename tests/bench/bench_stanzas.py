# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions for each received stanza in the plugin beside plain prpl-jabber: the same corpus
from a scripted server without TLS, counted by callgrind. Each protocol runs twice, the second time
with twice the corpus, so that start and sign-in drop out of the difference."""

import re
import socket
import subprocess
import xml.etree.ElementTree as ElementTree

from bench import process, tell

PROTOCOLS = ('prpl-jabber', 'prpl-googletalk')
CORPUS = 4000  # stanzas; the accidents of a run shall stay far below one percent
GOAL = 1.05
DEADLINE_S = 600

CONTACTS = ['contact%d@talk.example' % number for number in range(5)]
HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='x' version='1.0' "
          "from='talk.example' xmlns:stream='http://etherx.jabber.org/streams'>")
BEFORE = ("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
          "<mechanism>PLAIN</mechanism></mechanisms></stream:features>")
BEHIND = ("<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
          "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/><sm xmlns='urn:xmpp:sm:3'/>"
          "</stream:features>")
INFO = 'http://jabber.org/protocol/disco#info'
FEATURES = ('urn:xmpp:mam:2', 'urn:xmpp:sid:0', 'urn:xmpp:carbons:2', INFO)

ANSWERS = {
    '{urn:ietf:params:xml:ns:xmpp-bind}bind':
        "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
        "<jid>juliet@talk.example/Desk</jid></bind>",
    '{urn:ietf:params:xml:ns:xmpp-session}session': '',
    '{jabber:iq:roster}query':
        "<query xmlns='jabber:iq:roster'>%s</query>" % ''.join(
            "<item jid='%s' subscription='both'><group>Friends</group></item>" % jid
            for jid in CONTACTS),
    '{%s}query' % INFO:
        "<query xmlns='%s'><identity category='server' type='im' name='Test'/>%s</query>"
        % (INFO, ''.join("<feature var='%s'/>" % feature for feature in FEATURES)),
    '{urn:xmpp:mam:2}query':
        "<fin xmlns='urn:xmpp:mam:2' complete='true'>"
        "<set xmlns='http://jabber.org/protocol/rsm'><last>a0</last></set></fin>",
    '{urn:xmpp:carbons:2}enable': '',
    '{vcard-temp}vCard': "<vCard xmlns='vcard-temp'/>",
}


def message(number, contact):
    return ("<message from='%s/Work' to='juliet@talk.example' type='chat' id='m%d'>"
            "<body>This is message number %d, of an ordinary length for a chat.</body>"
            "<active xmlns='http://jabber.org/protocol/chatstates'/>"
            "<origin-id xmlns='urn:xmpp:sid:0' id='m%d'/>"
            "<stanza-id xmlns='urn:xmpp:sid:0' by='juliet@talk.example' id='a%d'/></message>"
            % (contact, number, number, number, number))


def typing(number, contact):
    return ("<message from='%s/Work' to='juliet@talk.example/Desk' type='chat' id='t%d'>"
            "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>"
            % (contact, number))


def presence(number, contact):
    return ("<presence from='%s/Work' to='juliet@talk.example/Desk'><show>%s</show>"
            "<status>status %d</status><priority>5</priority>"
            "<x xmlns='vcard-temp:x:update'/></presence>"
            % (contact, 'away' if number % 2 else 'dnd', number))


def ping(name):
    return ("<iq type='get' from='talk.example' to='juliet@talk.example/Desk' id='%s'>"
            "<ping xmlns='urn:xmpp:ping'/></iq>" % name)


def corpus(count):
    """Of ten stanzas four are texts, two typing, three presence, one a request."""
    kinds = [message, presence, typing, message, presence, message, typing, presence, message]
    parts = []
    for number in range(1, count + 1):
        contact = CONTACTS[number % len(CONTACTS)]
        if number % 10 == 0:
            parts.append(ping('p%d' % number) + "<r xmlns='urn:xmpp:sm:3'/>")
        else:
            parts.append(kinds[number % 10 - 1](number, contact))
    return ''.join(parts)


class ScriptedServer:
    """One connection: sign-in by the book, the corpus, the end."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.listener.settimeout(DEADLINE_S)
        self.port = self.listener.getsockname()[1]

    def _read(self):
        while not self.elements:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError('the client left')
            self.parser.feed(data)
            for event, element in self.parser.read_events():
                self.depth += 1 if event == 'start' else -1
                if event == 'end' and self.depth == 1:
                    self.elements.append(element)
        return self.elements.pop(0)

    def _write(self, text):
        self.socket.sendall(text.encode())

    def _open(self, features):
        self.parser = ElementTree.XMLPullParser(['start', 'end'])
        self.depth = 0
        self.elements = []
        self._write(HEADER + features)

    def _answer(self, iq):
        child = iq[0].tag if len(iq) else None
        answer = ANSWERS.get(child)
        self._write("<iq type='%s' id='%s' from='%s' to='juliet@talk.example/Desk'>%s</iq>" % (
            'error' if answer is None else 'result', iq.get('id'),
            iq.get('to', 'juliet@talk.example'),
            "<error type='cancel'><service-unavailable "
            "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>" if answer is None else answer))

    def _serve_until(self, condition):
        while True:
            element = self._read()
            if condition(element):
                return
            if element.tag == '{jabber:client}iq' and element.get('type') in ('get', 'set'):
                self._answer(element)
            elif element.tag == '{urn:xmpp:sm:3}enable':
                self._write("<enabled xmlns='urn:xmpp:sm:3'/>")

    def _round_trip(self, name):
        self._write(ping(name))
        self._serve_until(lambda element: element.get('id') == name)

    def run(self, count):
        self.socket, _ = self.listener.accept()
        self.socket.settimeout(DEADLINE_S)
        self._open(BEFORE)
        self._serve_until(lambda element: element.tag.endswith('}auth'))
        self._write("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        self._open(BEHIND)
        self._serve_until(lambda element: element.tag == '{jabber:client}presence')
        self._round_trip('settled1')
        self._round_trip('settled2')
        self._write(corpus(count))
        self._round_trip('done')
        self.socket.close()

    def close(self):
        self.listener.close()


def count_instructions(protocol, count, scratch):
    """Of a whole run."""
    out = scratch / ('callgrind-%s-%d' % (protocol, count))
    server = ScriptedServer()
    program = process.build_dir() / 'tests' / 'bench' / 'stanza-host'
    with (scratch / 'stanza-host.log').open('wb') as log:
        host = process.spawn(['valgrind', '--tool=callgrind', '--callgrind-out-file=%s' % out,
                              program, protocol, server.port, scratch / ('user-%s-%d' % (
                                  protocol, count)), process.build_dir() / 'plugin'],
                             stdout=log, stderr=subprocess.STDOUT, env=scratch.environment())
        try:
            server.run(count)
            if host.wait(DEADLINE_S) != 0:
                raise AssertionError(process.tail(scratch / 'stanza-host.log'))
        finally:
            process.terminate(host)
            server.close()
    return int(re.search(r'^(?:summary|totals): (\d+)', out.read_text(), re.M).group(1))


def per_stanza(protocol, scratch):
    once, twice = (count_instructions(protocol, times * CORPUS, scratch) for times in (1, 2))
    return (twice - once) / CORPUS


def main():
    scratch = process.Scratch()
    try:
        plain, ours = (per_stanza(protocol, scratch) for protocol in PROTOCOLS)
    finally:
        scratch.close()
    tell('instructions for each received stanza', ours, 'instructions', baseline=round(plain),
         ratio=round(ours / plain, 4), goal=round(GOAL * plain))


if __name__ == '__main__':
    main()
