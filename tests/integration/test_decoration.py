# SPDX-License-Identifier: GPL-2.0-or-later
"""What the service put into messages beside their text: announcements are not shown, *bold* and
_italic_ are, whichever way a message came; elsewhere signs are signs."""

import unittest

from harness import Prosody, Scratch, eventually
from harness.purple_client import PurpleClient

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'

TEXT = 'a *bold* and _italic_ word'
HTML = 'a <b>bold</b> and <i>italic</i> word'
ANNOUNCEMENT = "<google-rbc-announcement xmlns='google:metadata'/>"
REST = ("<google-mail-signature xmlns='google:metadata'>f00</google-mail-signature>"
        "<internal xmlns='google:internal'/>")


def message(sender, body, more=''):
    return ("<message from='%s/orchard' type='chat'><body>%s</body>%s</message>"
            % (sender, body, more))


def carbon(own, sender, body, more=''):
    return ("<message from='%s'><received xmlns='urn:xmpp:carbons:2'><forwarded "
            "xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='%s/orchard' to='%s' "
            "type='chat'><body>%s</body>%s</message></forwarded></received></message>"
            % (own, sender, own, body, more))


class DecorationTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'server')
        cls.addClassCleanup(cls.server.close)

    def signed_in(self, jid):
        self.jid = jid
        client = PurpleClient(self.scratch, jid, self.server.password(jid), ca=self.server.ca,
                              connect_server='localhost', port=self.server.port,
                              gtalk_mechanism='password')
        self.addCleanup(client.close)
        self.addCleanup(client.quit)  # signs off: nothing is left for the next test
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        client.expect('features')
        eventually(lambda: self.server.sessions(jid)[0]['available'], what='presence')
        return client

    def inject(self, xml):
        self.assertEqual(self.server.control('send', jid=self.jid, xml=xml)['count'], 1)

    def shown(self, client):
        return client.expect('message')['text']

    def test_bold_and_italic(self):
        client = self.signed_in(JULIET)
        self.inject(message(ROMEO, TEXT))
        self.assertEqual(self.shown(client), HTML)
        self.assertEqual(client.expect('googletalk-message')['body'], TEXT)
        self.inject(carbon(JULIET, ROMEO, TEXT))
        self.assertEqual(self.shown(client), HTML)

    def test_signs_elsewhere(self):
        client = self.signed_in(PARIS)
        self.inject(message(ROSALINE, TEXT))
        self.assertEqual(self.shown(client), TEXT)
        self.inject(carbon(PARIS, ROSALINE, TEXT))
        self.assertEqual(self.shown(client), TEXT)

    def test_announcements(self):
        client = self.signed_in(JULIET)
        for sender in (ROMEO, 'talk.example'):
            self.inject(message(sender, 'announced', ANNOUNCEMENT))
            self.inject(carbon(JULIET, sender, 'announced', ANNOUNCEMENT))
        self.inject(message(ROMEO, 'said', REST))
        self.assertEqual(self.shown(client), 'said')
        self.assertEqual([e['body'] for e in client.seen if e['event'] == 'googletalk-message'],
                         ['said'])


if __name__ == '__main__':
    unittest.main()
