# SPDX-License-Identifier: GPL-2.0-or-later
"""A chat server, or somebody through it, sends what no honest one does: too much, too deep, without
end, or nothing that makes sense. The account that is there suffers, says why and comes back; its
neighbour in the same host notices nothing."""

import socket
import threading
import unittest

from harness import eventually
from harness.api import password
from harness.bridge import Bridge, domain_section
from harness.case import BridgeCase
from harness.hostile_server import HostileServer, message
from harness.keyring import Keyring
from harness.peer import XmppPeer
from harness.process import DEADLINE_S, Scratch
from harness.scripted_server import ACCOUNT, CONTACTS as CONTACTS_THERE, QUERY

PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
ROMEO = 'romeo@talk.example'
MEGABYTE = 1024 * 1024
LARGEST = 5 * MEGABYTE
CONTACTS = 10000
FLOOD_MAX = 50000
ARCHIVE_MAX = 10000  # of gtalk-archive-course.h
PUBSUB = 'http://jabber.org/protocol/pubsub'
RSM = 'http://jabber.org/protocol/rsm'
ARCHIVE_END = ("<fin xmlns='urn:xmpp:mam:2'%s><set xmlns='" + RSM + "'><last>%s</last></set></fin>")


def roster(count):
    return "<query xmlns='jabber:iq:roster'>%s</query>" % ''.join(
        "<item jid='contact%05d@talk.example' name='Contact %d' subscription='both'>"
        "<group>Group %d</group></item>" % (number, number, number % 50)
        for number in range(count))


def archived(query, number):
    return ("<message from='%s' to='%s'><result xmlns='urn:xmpp:mam:2' queryid='%s' id='a%d'>"
            "<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' "
            "stamp='2026-01-01T00:00:00Z'/><message xmlns='jabber:client' type='chat' from='%s' "
            "to='%s'><body>archived %d</body></message></forwarded></result></message>"
            % (ACCOUNT, ACCOUNT, query, number, ROMEO, ACCOUNT, number))


def nested(depth, name):
    return message('nested-%d' % depth, name, inner="<a xmlns='urn:deep'>" * depth
                   + '</a>' * depth)


class HostileServerCase(BridgeCase):
    """One bridge for the class; its account juliet is at the hostile server, paris at Prosody."""

    ANSWERS = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = Scratch()
        cls.addClassCleanup(cls.folder.close)
        cls.hostile = HostileServer(cls.folder, DEADLINE_S, **cls.ANSWERS)
        cls.addClassCleanup(cls.hostile.close)
        cls.hostile.start()
        ring = Keyring(cls.folder)
        cls.addClassCleanup(ring.close)
        cls.one_bridge = Bridge(cls.folder, cls.server, ring, domains={
            'talk.example': cls.hostile.domain_section(),
            'plain.example': domain_section(cls.server, 'plain.example')})
        cls.addClassCleanup(cls.one_bridge.close)
        cls.rosaline = XmppPeer(cls.server, ROSALINE)
        cls.addClassCleanup(cls.rosaline.close)
        cls.paris = cls.one_bridge.login(PARIS)
        cls.juliet = cls.one_bridge.api.login(ACCOUNT, password('any'))
        eventually(lambda: cls.rosaline.sees(PARIS), what=PARIS)

    def setUp(self):
        super().setUp()
        self.bridge = self.one_bridge
        self.bridge.ctl('release', ACCOUNT)  # a tester's patience is no topic here
        self.juliet.wait_online()
        self.juliet.poll()
        self.juliet.events.clear()
        self.hosts = self.bridge.hosts()
        self.assertEqual(len(self.hosts), 1)
        self.session = [session['jid'] for session in self.server.sessions(PARIS)]

    def start_trick(self, trick):
        name = self.id()
        self.hostile.tricks[name] = trick
        self.assertEqual(self.juliet.send(ROMEO, name).status, 202)

    def check_neighbour(self):
        """It is answered while there is trouble next door, in the same host, on the same stream."""
        self.rosaline.send(PARIS, self.id())
        self.paris.wait_for('message', body=self.id())
        self.assertEqual(self.bridge.hosts(), self.hosts)
        self.assertEqual([session['jid'] for session in self.server.sessions(PARIS)], self.session)
        self.assertFalse(self.juliet.account()['quarantined'])

    def check_ends(self, written, detail, by_itself=False):
        """The stream, with a reason; the account comes back, and is of use."""
        self.start_trick(lambda server: server.write_bytes(written))
        told = self.juliet.wait_for('account.state', state='waiting')['data']
        self.assertEqual((told['reason'], told['user_action']), ('server', 'wait'))
        self.assertIn(detail, told['detail'])
        self.assertIsNotNone(told['next_try'])
        self.check_neighbour()
        if not by_itself:
            self.bridge.ctl('release', ACCOUNT)
        self.juliet.wait_for('account.state', state='online')
        self.start_trick(lambda server: server.write(message(self.id(), 'back')))
        self.juliet.wait_for('message', body='back')

    def check_passes(self, written, body):
        self.start_trick(lambda server: server.write(written))
        self.juliet.wait_for('message', body=body)
        self.check_neighbour()
        self.assertEqual(self.juliet.of_type('account.state'), [])


class StreamTest(HostileServerCase):
    def test_malformed_utf_8(self):
        self.check_ends(b"<message from='a@b'><body>\xff\xfe</body></message>", 'XML',
                        by_itself=True)

    def test_characters_that_xml_does_not_have(self):
        self.check_ends(b"<message from='a@b'><body>a\x01b</body></message>", 'XML')

    def test_entities_and_what_defines_them(self):
        self.check_ends(b"<!DOCTYPE x [<!ENTITY a 'b'>]><message><body>&a;</body></message>", 'XML')

    def test_a_stanza_of_many_megabytes(self):
        self.check_ends(message('large', 'x' * 17 * MEGABYTE).encode(), 'too large')

    def test_a_stanza_of_very_many_elements(self):
        self.check_ends(message('many', 'x', inner='<a/>' * 410000).encode(), 'too many elements')

    def test_an_element_of_very_many_attributes(self):
        attributes = ' '.join("a%d=''" % number for number in range(60000))
        self.check_ends(message('many', 'x', inner='<a %s/>' % attributes).encode(),
                        'too many attributes')

    def test_a_stanza_of_megabytes(self):
        self.check_passes(message('big', 'y' * LARGEST), 'y' * LARGEST)

    def test_an_attribute_of_megabytes(self):
        self.check_passes(message('attribute', 'attribute', inner="<a b='%s'/>" % ('z' * LARGEST)),
                          'attribute')

    def test_deep_nesting(self):
        """What lies deep is left out; the message is there, and nobody's stream ends."""
        for depth in (100, 300, 2000, 300000):
            with self.subTest(depth):
                self.check_passes(nested(depth, 'deep %d' % depth), 'deep %d' % depth)

    def test_deep_nesting_without_an_id(self):
        """Such a message is known again by all that is in it."""
        text = "<a xmlns='urn:deep'>" * 200000 + '</a>' * 200000
        self.check_passes("<message type='chat' from='%s'>%s<body>nameless</body></message>"
                          % (ROMEO, text), 'nameless')

    def test_an_address_to_fetch_a_picture_from(self):
        """What a contact says that its picture is at (XEP-0084) may be anywhere, here too."""
        with socket.create_server(('127.0.0.1', 0)) as listener:
            listener.settimeout(2)
            event = ("<message from='%s' to='%s'><event xmlns='%s#event'><items "
                     "node='urn:xmpp:avatar:metadata'><item id='x'><metadata "
                     "xmlns='urn:xmpp:avatar:metadata'><info id='x' type='image/png' bytes='1' "
                     "url='http://127.0.0.1:%d/'/></metadata></item></items></event></message>"
                     % (CONTACTS_THERE[0], ACCOUNT, PUBSUB, listener.getsockname()[1]))
            self.check_passes(event + message('picture', 'picture'), 'picture')
            self.assertRaises(TimeoutError, listener.accept)

    def test_floods(self):
        """They go on until the neighbour was answered, and nothing of them is lost."""
        answered = threading.Event()
        written = []

        def flood(server):
            while not answered.is_set() and len(written) < FLOOD_MAX:
                written.append('flood %d' % len(written))
                server.write(message('flood-%d' % len(written), written[-1])
                             + "<presence from='contact%d@talk.example/x'/>" % (len(written) % 5))
            server.write(message('over', 'over'))
        self.start_trick(flood)
        self.juliet.wait_for('message', body='flood 0')
        self.check_neighbour()
        answered.set()
        self.juliet.wait_for('message', body='over')
        self.assertLess(len(written), FLOOD_MAX)
        self.assertEqual([event['data']['body'] for event in self.juliet.of_type('message')],
                         written + ['over'])


class RosterTest(HostileServerCase):
    ANSWERS = {'{jabber:iq:roster}query': roster(CONTACTS)}

    def test_ten_thousand_contacts(self):
        """They are there, page by page, and cost what they cost."""
        def all_there():
            return len(self.read_pages()) == CONTACTS
        eventually(all_there, what='the contacts', pause=0.2)
        self.assertEqual(sorted(self.read_pages()),
                         ['contact%05d@talk.example' % number for number in range(CONTACTS)])
        self.check_neighbour()
        self.assertLess(self.bridge.resident_kib(), 150 * 1024)

    def read_pages(self):
        found, path = [], '/v1/contacts?limit=500'
        while path is not None:
            answer = self.juliet.get(path).json
            self.assertLessEqual(len(answer['contacts']), 500)
            found += [contact['jid'] for contact in answer['contacts']]
            page = answer.get('next')
            path = '/v1/contacts?limit=500&page=%s' % page if page else None
        return found


class ArchiveTest(HostileServerCase):
    """An archive that never comes to its end: behind each page there is another one."""

    PAGE = 50
    asked = 0

    @classmethod
    def setUpClass(cls):
        cls.ANSWERS = {QUERY: cls.answer}
        super().setUpClass()

    @classmethod
    def answer(cls, server, iq):
        if iq.find('.//{%s}before' % RSM) is not None:  # where does it end?
            server.answer(iq, ARCHIVE_END % (" complete='true'", 'a0'))
            return
        first = cls.asked * cls.PAGE
        cls.asked += 1
        server.write(''.join(archived(iq[0].get('queryid'), number)
                             for number in range(first, first + cls.PAGE)))
        server.answer(iq, ARCHIVE_END % ('', 'a%d' % (first + cls.PAGE - 1)))

    def test_endless_pages(self):
        """It is read up to a limit; then the account goes on, and the log says what it lacks."""
        self.start_trick(HostileServer.end_stream)
        self.juliet.wait_for('account.state', state='waiting')
        self.juliet.wait_for('message', body='archived %d' % (ARCHIVE_MAX - 1))
        self.start_trick(lambda server: server.write(message('live', 'live')))
        self.juliet.wait_for('message', body='live')
        self.check_neighbour()
        bodies = [event['data']['body'] for event in self.juliet.of_type('message')]
        self.assertEqual(len(set(bodies)), ARCHIVE_MAX + 1)
        self.assertLessEqual(type(self).asked, ARCHIVE_MAX // self.PAGE + 1)
        self.assertTrue(self.juliet.is_online())
        self.assertIn('archive is not read to its end', self.bridge.show_log())


if __name__ == '__main__':
    unittest.main()
