# SPDX-License-Identifier: GPL-2.0-or-later
"""What ejabberd does to messages whose recipient's connection is cut all the time: with clients of
the test's own, and no bridge, so that nothing else can be to blame. It says how many messages were
neither delivered nor archived, stored or returned, and how many that a client had sent before it
was cut were not yet in the archive when it asked in its next session. What the plugin builds on
holds all the same: nothing is in the offline storage that is not in the archive, and nothing is
returned as long as nothing is taken from there.

By hand: `ninja server-loss`. GTALK_LOSS_SECONDS says for how long."""

import os
import random
import threading
import time
import unittest

from harness import Ejabberd, Scratch, Stream, StreamClosed, XmppPeer
from harness.stream import CLIENT, SM

SECONDS = float(os.environ.get('GTALK_LOSS_SECONDS', '60'))
SEED = random.SystemRandom().randrange(1, 10 ** 9)
USERS = 6
DOMAIN = 'ejabberd.example'
LIFE_S = 0.4  # how long a session lasts at most
PAUSE_S = 0.1  # between messages, at most
PAGE = 100
BODY = '{%s}body' % CLIENT
MAM = 'urn:xmpp:mam:2'
ITEMS = 'http://jabber.org/protocol/disco#items'
OFFLINE = 'http://jabber.org/protocol/offline'
LIST = "<query xmlns='%s' node='%s'/>" % (ITEMS, OFFLINE)
QUERY = "<query xmlns='" + MAM + "'><set xmlns='http://jabber.org/protocol/rsm'><max>%d</max>" \
        "%s</set></query>"


class Cut:
    """An account whose client is cut and comes back, and a contact that writes to it."""

    def __init__(self, server, number):
        self.server = server
        self.user = 'user%04d' % number
        self.jid = '%s@%s' % (self.user, DOMAIN)
        self.random = random.Random('%d %d' % (SEED, number))
        self.contact = XmppPeer(server, 'contact%03d@%s' % (number, DOMAIN))
        self.cuts = 0
        self.sent_in = []
        self.sent_out = []
        self.seen = set()
        self.not_yet = []

    def sign_in(self, resource):
        stream = Stream(self.server, DOMAIN)
        stream.sign_in(self.user, self.server.password(self.jid), resource=resource)
        return stream

    def list_offline(self, stream):
        """Which keeps the server from pouring it out."""
        answer = stream.iq('get', LIST, to=self.jid)
        return [item.get('node') for item in answer.iter('{%s}item' % ITEMS)]

    def write(self, end):
        while time.monotonic() < end:
            self.sent_in.append('%s in %05d' % (self.user, len(self.sent_in)))
            self.contact.send(self.jid, self.sent_in[-1])
            time.sleep(self.random.random() * PAUSE_S)

    def live(self, end):
        while time.monotonic() < end:
            try:
                self.live_once()
            except (StreamClosed, ConnectionError):
                pass

    def live_once(self):
        with self.sign_in('cut') as stream:
            stream.write("<enable xmlns='%s'/>" % SM)
            self.list_offline(stream)
            stream.write('<presence/>')
            if self.sent_out and self.sent_out[-1] not in self.ask_newest(stream):
                self.not_yet.append(self.sent_out[-1])
            self.read(stream, time.monotonic() + self.random.random() * LIFE_S)
            self.sent_out.append('%s out %05d' % (self.user, len(self.sent_out)))
            stream.write("<message type='chat' to='%s' id='%d'><body>%s</body></message>"
                         % (self.contact.jid, len(self.sent_out), self.sent_out[-1]))
            self.cuts += 1

    def read(self, stream, end):
        """And answers for what came."""
        while time.monotonic() < end:
            try:
                element = stream.read(max(end - time.monotonic(), 0.001))
            except TimeoutError:
                return
            self.note(element)
            if element.tag == '{%s}r' % SM:
                stream.write("<a xmlns='%s' h='%d'/>" % (SM, stream.handled))

    def note(self, element):
        if element.find(BODY) is not None and element.get('type') != 'error':
            self.seen.add(element.findtext(BODY))

    def ask(self, stream, where):
        """One page of the archive: (id, body)."""
        name, page = 'page%d' % time.monotonic_ns(), []
        stream.write("<iq type='set' id='%s'>%s</iq>" % (name, QUERY % (PAGE, where)))
        while True:
            element = stream.read()
            result = element.find('{%s}result' % MAM)
            if result is not None:
                page.append((result.get('id'), result.findtext('.//' + BODY)))
            elif element.get('id') == name:
                return page
            self.note(element)

    def ask_newest(self, stream):
        return [body for _, body in self.ask(stream, '<before/>')]

    def archive(self, stream):
        found, where = [], ''
        while True:
            page = self.ask(stream, where)
            found += [body for _, body in page]
            if len(page) < PAGE:
                return set(found)
            where = '<after>%s</after>' % page[-1][0]

    def offline(self, stream):
        found, nodes = set(), self.list_offline(stream)
        for at in range(0, len(nodes), PAGE):
            items = ''.join("<item action='view' node='%s'/>" % node
                            for node in nodes[at:at + PAGE])
            stream.write("<iq type='get' id='view%d'><offline xmlns='%s'>%s</offline></iq>"
                         % (at, OFFLINE, items))
            while (element := stream.read()).get('id') != 'view%d' % at:
                found.add(element.findtext(BODY))
        return found - {None}


class ServerLossTest(unittest.TestCase):
    def setUp(self):
        scratch = Scratch()
        self.addCleanup(scratch.close)
        self.server = Ejabberd(scratch / 'server', '--users', USERS)
        self.addCleanup(self.server.close)
        self.cut = [Cut(self.server, number) for number in range(USERS)]
        for one in self.cut:
            self.addCleanup(one.contact.close)

    def test_what_is_archived(self):
        end = time.monotonic() + SECONDS
        threads = [threading.Thread(target=work, args=(end,), daemon=True)
                   for one in self.cut for work in (one.live, one.write)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in self.cut:
            one.contact.sync()
            self.look(one)

    def look(self, one):
        with one.sign_in('looking') as stream:
            archived, stored = one.archive(stream), one.offline(stream)
        lost = [body for body in one.sent_in if body not in archived | stored | one.seen]
        print('%s: %d cuts; %d sent to it, lost: %r; %d stored; of %d that it sent not yet in the '
              'archive: %d, of them later: %d'
              % (one.user, one.cuts, len(one.sent_in), lost, len(stored), len(one.sent_out),
                 len(one.not_yet), len(set(one.not_yet) & archived)), flush=True)
        self.assertEqual(stored - archived, set())
        self.assertEqual(one.contact.errors, [])


if __name__ == '__main__':
    unittest.main()
