# SPDX-License-Identifier: GPL-2.0-or-later
"""What a server does not announce is not sent to it: everything that a person and a program can do
is done, and the server's trace says what went over the wire."""

import re
import unittest
import xml.etree.ElementTree as ElementTree

from harness import Prosody, Scratch, XmppPeer, eventually
from harness.purple_client import PurpleClient

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'

SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
# Everything that the service called its own (section 2 of the specification).
OF_GOOGLE = re.compile(r'google:|https?://(\w+\.)?google\.com/|http://jabber\.org/protocol/archive|'
                       r'http://jabber\.org/protocol/rosterx')

# What the service announced -> the namespaces that are used where it did. An extension belongs here
# with whatever act() does to have it used.
EXTENSIONS = {
    'google:setting': {'google:setting'},
    'google:mail:notify': {'google:mail:notify'},
    'google:nosave': {'google:nosave'},
    'google:roster': {'google:roster'},
    'http://jabber.org/protocol/rosterx': {'http://jabber.org/protocol/rosterx'},
    'google:jingleinfo': {'google:jingleinfo'},
    'google:shared-status': {'google:shared-status'},
    'google:queue': {'google:queue'},
}
# Announced together, or without a stanza of the client's own.
COMPANIONS = {'google:nosave': ['http://jabber.org/protocol/archive#otr']}
FEATURES = [
    'google:jingleinfo', 'google:roster', 'google:nosave', 'google:setting',
    'google:shared-status', 'http://jabber.org/protocol/archive#otr',
    'http://jabber.org/protocol/archive#save', 'google:mail:notify', 'google:queue',
    'http://jabber.org/protocol/rosterx',
]

# What a server pushed that speaks all of it.
PUSHES = (
    "<usersetting xmlns='google:setting'><archivingenabled value='false'/></usersetting>",
    "<new-mail xmlns='google:mail:notify'/>",
    "<query xmlns='google:nosave'><item xmlns='google:nosave' jid='%s' value='enabled'/></query>",
    "<query xmlns='google:shared-status' status-min-ver='2'><status>Hi</status><show>dnd</show>"
    "<invisible value='true'/></query>",
    "<query xmlns='google:jingleinfo'><stun><server host='127.0.0.1' udp='9'/></stun></query>",
    "<query xmlns='google:queue'><enable/></query>",
)

OWN_MENU = {'Check Mail Now', 'Open Inbox', 'Settings Kept by the Server...',
            'Hidden and Blocked People...', 'People You Write To...'}


def names(element):
    """Every namespace of elements and attributes, and the values that tell what a client can."""
    for child in element.iter():
        yield child.tag[1:].split('}')[0] if child.tag.startswith('{') else ''
        for name, value in child.attrib.items():
            if name.startswith('{'):
                yield name[1:].split('}')[0]
            if name in ('node', 'ext'):
                yield value


def of_google(text):
    """What is Google's in one stanza. Signing in comes before a server can announce anything, and
    its attributes are there for that; an error quotes what the server itself has sent."""
    stanza = ElementTree.fromstring(text)
    if stanza.tag == '{%s}auth' % SASL or stanza.get('type') == 'error':
        return set()
    return {name for name in names(stanza) if OF_GOOGLE.match(name) or 'pmuc' in name}


class RestraintTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'server', '--trace', 'full')
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.addCleanup(self.server.reset, 'talk.example')
        self.addCleanup(self.server.control, 'switch', domain='plain.example', name='google',
                        value=False)
        self.marks = iter(range(1000))

    def signed_in(self, jid):
        client = PurpleClient(self.scratch, jid, self.server.password(jid), ca=self.server.ca,
                              connect_server='localhost', port=self.server.port,
                              gtalk_mechanism='password')
        self.addCleanup(client.close)
        client.do('want-mail', want=True)
        client.do('media')
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        client.expect('features')
        client.expect('archive-done')
        return client

    def act(self, client, contact):
        """What a person does with a contact and the account, and a program by the calls."""
        client.do('open', to=contact)
        client.do('say', to=contact, text='before')
        client.do('command', to=contact, text='otr on')
        client.do('say', to=contact, text='meanwhile')
        client.do('command', to=contact, text='otr off')
        client.do('off-record', to=contact, off=True)
        client.do('off-record', to=contact, off=False)
        client.do('check-mail')
        client.do('set-setting', name='archivingenabled', value='false')
        client.do('set-setting', name='archivingenabled', value='true')
        for kind in ('hidden', 'pinned', 'blocked', 'normal'):
            client.do('roster-kind', jid=contact, kind=kind)
        client.do('add-buddy', jid='capulet@' + contact.split('@')[1], group='Verona',
                  alias='Capulet', message='Let me in')
        client.do('block', jid='tybalt@' + contact.split('@')[1])
        client.do('unblock', jid='tybalt@' + contact.split('@')[1])
        client.do('suggest', jid=contact, whom='tybalt@' + contact.split('@')[1], name='Tybalt')
        client.do('close', to=contact)
        for status in ('away', 'dnd', 'invisible', 'available'):
            client.do('set-status', id=status, text='As you see, ' + status)
        client.do('save-status', title='At the ball', text='Dancing')
        client.do('saved-statuses')
        client.do('set-texts', busy=False, texts=['Here', 'There'])
        for idle in (True, False):
            client.do('idle', idle=idle)
        client.do('call', to=contact)
        client.expect('called')
        client.do('groupchat', who=[contact])
        client.expect('groupchat')

    def be_pushed(self, jid, contact):
        for xml in PUSHES:
            self.server.push(jid, xml.replace('%s', contact))
        session = self.server.sessions(jid)[0]['jid']
        eventually(lambda: all(p['answers'] for p in self.server.pushes(session)),
                   what=lambda: 'answers to %s' % [p['kind'] for p in self.server.pushes(session)
                                                   if not p['answers']])

    def session(self, jid, contact):
        """A whole session; returns what was sent of Google's, and the menu."""
        start = len(self.server.trace())
        with XmppPeer(self.server, contact) as peer:
            client = self.signed_in(jid)
            eventually(lambda: peer.sees(jid), what='presence')
            self.act(client, contact)
            self.be_pushed(jid, contact)
            client.do('menu')
            menu = set(client.expect('menu')['labels'])
            mark = 'the end, no. %d' % next(self.marks)
            client.do('say', to=contact, text=mark)
            peer.wait_for_message(mark)  # so that everything before has arrived as well
            client.quit()
            eventually(lambda: not self.server.sessions(jid), what='the end of the session')
        sent = set()
        for line in self.server.trace()[start:]:
            if line['dir'] == 'in' and (line.get('jid') or '').startswith(jid):
                sent |= of_google(line['xml'])
        return sent, menu

    def test_a_server_that_is_not_googles(self):
        """Scenario 24: none of the extensions' stanzas is sent."""
        sent, menu = self.session(PARIS, ROSALINE)
        self.assertEqual(sent, set())
        self.assertEqual(menu & OWN_MENU, set())

    def test_a_server_that_announces_nothing(self):
        """The same where all of it would be served by a server that only looks like the service."""
        self.server.switch('features', [], 'talk.example')
        self.server.switch('identity-name', 'Prosody', 'talk.example')
        sent, menu = self.session(JULIET, ROMEO)
        self.assertEqual(sent, set())
        self.assertEqual(menu & OWN_MENU, set())

    def test_all_of_it(self):
        """Where it is announced it is used: what the other tests look for would be seen."""
        sent, menu = self.session(JULIET, ROMEO)
        self.assertEqual(set.union(*EXTENSIONS.values()) - sent, set())
        self.assertEqual(OWN_MENU - menu, set())

    def test_each_on_its_own(self):
        """Scenario 25, for every extension: without its feature it is not used, the others are."""
        for feature, namespaces in EXTENSIONS.items():
            with self.subTest(feature):
                gone = [feature] + COMPANIONS.get(feature, [])
                self.server.switch('features', [f for f in FEATURES if f not in gone],
                                   'talk.example')
                sent, _ = self.session(JULIET, ROMEO)
                self.assertEqual(sent & namespaces, set())
                rest = set.union(*(EXTENSIONS[f] for f in EXTENSIONS if f != feature))
                self.assertEqual(rest - sent, set())


if __name__ == '__main__':
    unittest.main()
