# SPDX-License-Identifier: GPL-2.0-or-later
"""Stanzas that no honest server sends, put on the wire of a signed-in plugin: they change nothing,
and what comes after them still works."""

import unittest

from harness import Prosody, Scratch, eventually
from harness.purple_client import PurpleClient

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example/orchard'
MALLORY = 'mallory@evil.example/lair'

CLIENT = "xmlns='jabber:client'"
FORWARDED = ("<forwarded xmlns='urn:xmpp:forward:0'><message %s from='%s' to='%s' type='chat'>"
             "<body>%s</body></message></forwarded>")


def forwarded(body, sender=ROMEO, to=JULIET):
    return FORWARDED % (CLIENT, sender, to, body)


def carbon(who, kind='received', body='forged', **more):
    return ("<message from='%s' type='chat'><%s xmlns='urn:xmpp:carbons:2'>%s</%s></message>"
            % (who, kind, forwarded(body, **more), kind))


def archived(sender, query='none', body='forged'):
    return ("<message from='%s'><result xmlns='urn:xmpp:mam:2' queryid='%s' id='1'>%s</result>"
            "</message>" % (sender, query, forwarded(body)))


FORGED = {
    'carbon of a stranger': carbon(MALLORY),
    'carbon of a contact': carbon(ROMEO),
    'carbon of the domain': carbon('talk.example'),
    'carbon of the own resource': carbon(JULIET + '/other'),
    'carbon of something sent by a stranger': carbon(MALLORY, 'sent', sender=JULIET, to=ROMEO),
    'archive of a stranger': archived(MALLORY),
    'archive of the own account without a question': archived(JULIET),
    'archive of the own account with a guessed id': archived(JULIET, 'purple1'),
}

ODD = {
    'carbon with nothing in it': "<message from='%s'><received xmlns='urn:xmpp:carbons:2'/>"
                                 "</message>" % JULIET,
    'carbon in a carbon': "<message from='%s'><received xmlns='urn:xmpp:carbons:2'><forwarded "
                          "xmlns='urn:xmpp:forward:0'>%s</forwarded></received></message>"
                          % (JULIET, carbon(JULIET).replace('<message', '<message ' + CLIENT, 1)),
    'carbon and archive at once': "<message from='%s'><received xmlns='urn:xmpp:carbons:2'/>"
                                  "<result xmlns='urn:xmpp:mam:2'/></message>" % JULIET,
    'message without sender': "<message type='chat'><body/></message>",
    'message of unknown type': "<message from='%s' type='shout'/>" % ROMEO,
    'error without error': "<message from='%s' type='error' id='x'/>" % ROMEO,
    'error without id': "<message from='%s' type='error'><error/></message>" % ROMEO,
    'delay of no time': "<message from='%s' type='chat'><delay xmlns='urn:xmpp:delay' "
                        "stamp='yesterday'/><body/></message>" % ROMEO,
    'delay beyond all time': "<message from='%s' type='chat'><delay xmlns='urn:xmpp:delay' "
                             "stamp='99999999999-99-99T99:99:99Z'/><body/></message>" % ROMEO,
    'stanza id of nobody': "<message from='%s' type='chat'><stanza-id xmlns='urn:xmpp:sid:0'/>"
                           "<body/></message>" % ROMEO,
    'bind result once more': "<iq type='result' id='x'><bind xmlns="
                             "'urn:ietf:params:xml:ns:xmpp-bind'><jid>%s</jid></bind></iq>"
                             % MALLORY,
    'roster of a stranger': "<iq type='set' id='r' from='%s'><query xmlns='jabber:iq:roster'>"
                            "<item jid='%s' subscription='both'/></query></iq>"
                            % (MALLORY, MALLORY),
    'result without request': "<iq type='result' id='never' from='%s'/>" % MALLORY,
    'presence of nobody': "<presence/>",
    'presence of itself': "<presence from='%s'/>" % JULIET,
    'more mechanisms': "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                       "<mechanism>PLAIN</mechanism></mechanisms>",
    'success once more': "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
    'a challenge': "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AAAA</challenge>",
    'enabled once more': "<enabled xmlns='urn:xmpp:sm:3'/>",
    'resumed': "<resumed xmlns='urn:xmpp:sm:3' h='7' previd='x'/>",
    'request': "<r xmlns='urn:xmpp:sm:3'/>",
    'request of the older namespace': "<r xmlns='urn:xmpp:sm:2'/>",
    'unknown element': "<blackhole xmlns='urn:example:nothing'/>",
}


class StanzasTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'server')
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.client = PurpleClient(self.scratch, JULIET, self.server.token(JULIET),
                                   ca=self.server.ca, connect_server='localhost',
                                   port=self.server.port)
        self.addCleanup(self.client.close)
        self.addCleanup(self.client.quit)  # signs off: nothing is left for the next test
        self.assertEqual(self.client.sign_in()['event'], 'signed-on')
        self.session = eventually(lambda: [s for s in self.server.sessions(JULIET)
                                           if s['carbons'] and s['smacks']],
                                  what='carbons and stream management')[0]['jid']

    def inject(self, xml):
        answer = self.server.control('send', jid=self.session, xml=xml)
        self.assertEqual(answer['count'], 1, 'the session is still there')

    def check_works(self, mark):
        """The next honest message is the next that is seen."""
        self.inject("<message from='%s' type='chat' id='%s'><body>%s</body></message>"
                    % (ROMEO, mark, mark))
        seen = []
        while seen[-1:] != [mark]:
            event = self.client.wait_for('message', 'error', 'signed-off')
            self.assertEqual(event['event'], 'message', event)
            seen.append(event['text'])
        self.assertEqual(seen, [mark])

    def test_forged_copies_are_not_shown(self):
        for number, (name, xml) in enumerate(FORGED.items()):
            with self.subTest(name):
                self.inject(xml)
                self.check_works('after %d' % number)

    def test_honest_copies_are(self):
        self.inject(carbon(JULIET, body='honest'))
        self.assertEqual(self.client.wait_for('message')['text'], 'honest')

    def test_odd_stanzas_do_no_harm(self):
        for number, (name, xml) in enumerate(ODD.items()):
            with self.subTest(name):
                self.inject(xml)
                self.check_works('odd %d' % number)
        buddies = {e['name'] for e in self.client.seen if e['event'] == 'buddy'}
        self.assertNotIn(MALLORY.split('/')[0], buddies)
        self.assertEqual(self.client.state()['display_name'].split('/')[0], JULIET)

    def test_markup_is_text(self):
        self.inject(carbon(JULIET, body='&lt;b&gt;bold&lt;/b&gt; &amp;amp;'))
        text = self.client.wait_for('message')['text']
        self.assertEqual(text, '&lt;b&gt;bold&lt;/b&gt; &amp;amp;')

    def test_large_messages(self):
        self.inject(carbon(JULIET, body='x' * 200000))
        self.assertEqual(len(self.client.wait_for('message')['text']), 200000)
        self.check_works('after the large one')

    def test_counts_that_cannot_be_end_the_stream(self):
        self.inject("<a xmlns='urn:xmpp:sm:3' h='4000000'/>")
        self.assertEqual(self.client.wait_for('error')['fatal'], False)
        eventually(lambda: not self.server.sessions(JULIET), what='the end of the session')


if __name__ == '__main__':
    unittest.main()
