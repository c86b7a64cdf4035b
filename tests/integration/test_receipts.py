# SPDX-License-Identifier: GPL-2.0-or-later
"""Delivery receipts (XEP-0184) of the plugin on a server that is not Google's, with a second client
that shares no code with it."""

import base64
import hashlib
import unittest
from xml.etree import ElementTree

from harness import Prosody, Scratch, XmppPeer, eventually
from harness.purple_client import PurpleClient
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
RECEIPTS = 'urn:xmpp:receipts'
INFO = 'http://jabber.org/protocol/disco#info'
CAPS = 'http://jabber.org/protocol/caps'
SYSTEM = 0x4  # PurpleMessageFlags


class ReceiptsCase(unittest.TestCase):
    OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'server', '--trace', 'full', *cls.OPTIONS)
        cls.addClassCleanup(cls.server.close)

    def signed_on(self, jid=PARIS, **options):
        client = PurpleClient(self.scratch, jid, self.server.password(jid), ca=self.server.ca,
                              connect_server='localhost', port=self.server.port,
                              gtalk_mechanism='password', **options)
        self.addCleanup(client.close)
        self.addCleanup(client.quit)
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        client.wait_for('archive-done')
        return client

    def peer(self, jid=ROSALINE, **more):
        """A client that notes receipts, and sends none by itself."""
        peer = XmppPeer(self.server, jid, **more)
        self.addCleanup(peer.close)
        peer.receipts = []

        def listen(client):
            client.register_plugin('xep_0030')
            client.register_handler(Callback(
                'receipts', MatchXPath('{jabber:client}message/{%s}received' % RECEIPTS),
                lambda message: self.note(peer, message)))
        peer.call(listen)
        return peer

    @staticmethod
    def note(peer, message):
        received = message.xml.find('{%s}received' % RECEIPTS)
        if received is not None:
            peer.receipts.append((received.get('id'), message['from'].full, message['type']))

    def send(self, peer, to, body, name, request=True, kind='chat'):
        def send(client):
            message = client.make_message(mto=to, mbody=body, mtype=kind)
            message['id'] = name
            if request:
                message.xml.append(self.element('request'))
            message.send()
        peer.call(send)

    @staticmethod
    def element(name, **attributes):
        return ElementTree.Element('{%s}%s' % (RECEIPTS, name), attributes)

    def receipt(self, peer, to, name):
        def send(client):
            message = client.make_message(mto=to)
            message.xml.append(self.element('received', id=name))
            message.send()
        peer.call(send)

    def session(self, jid=PARIS):
        return self.server.sessions(jid)[0]['jid']

    def inject(self, xml, jid=PARIS):
        self.server.control('send', jid=self.session(jid), xml=xml)

    def receipts_sent(self, jid=PARIS):
        """All that the client has sent of them so far."""
        return [t['xml'] for t in self.server.trace() if t['dir'] == 'in' and t['name'] == 'message'
                and t.get('jid') == jid and '<received' in t['xml']]


class ReceiptsTest(ReceiptsCase):
    def test_a_contact_gets_a_receipt(self):
        client = self.signed_on()
        rosaline = self.peer()
        self.send(rosaline, PARIS, 'arrived?', 'r1')
        client.wait_for('message')
        eventually(lambda: rosaline.receipts == [('r1', self.session(), 'chat')],
                   what='the receipt')

    def test_what_gets_none(self):
        """Each is followed by one that does: a single receipt says that the others had none."""
        client = self.signed_on()
        rosaline = self.peer()
        session = self.session()
        request = "<request xmlns='%s'/>" % RECEIPTS
        self.send(rosaline, PARIS, 'unasked', 'r1', request=False)
        for xml in (
                # who is no contact may not learn that we are there
                "<message from='mallory@evil.example/lair' type='chat' id='x1'><body>hi</body>%s"
                "</message>" % request,
                "<message from='%s/peer' type='groupchat' id='x2'><body>hi</body>%s</message>"
                % (ROSALINE, request),
                "<message from='%s/peer' type='headline' id='x3'><body>hi</body>%s</message>"
                % (ROSALINE, request),
                "<message from='%s/peer' type='chat'><body>hi</body>%s</message>"
                % (ROSALINE, request),
                "<message from='%s/peer' type='chat' id='x4'><body>hi</body>%s"
                "<received xmlns='%s' id='x4'/></message>" % (ROSALINE, request, RECEIPTS),
                "<message from='%s/peer' type='error' id='x5'><body>hi</body>%s<error/></message>"
                % (ROSALINE, request),
                # a copy of what another client got, which answers itself
                "<message from='%s'><received xmlns='urn:xmpp:carbons:2'><forwarded "
                "xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='%s/peer' "
                "to='%s/other' type='chat' id='x6'><body>hi</body>%s</message></forwarded>"
                "</received></message>" % (PARIS, ROSALINE, PARIS, request)):
            self.inject(xml)
        self.send(rosaline, PARIS, 'the last', 'r2')
        eventually(lambda: rosaline.receipts, what='the receipt')
        client.state()
        self.assertEqual(rosaline.receipts, [('r2', session, 'chat')])
        self.assertEqual(len(self.receipts_sent(session)), 1)

    def test_what_is_not_safe_yet_gets_it_later(self):
        client = self.signed_on()
        rosaline = self.peer()
        client.do('hold', hold=True)
        self.send(rosaline, PARIS, 'held', 'r1')
        number = client.wait_for('googletalk-message')['stanza']
        self.assertGreater(number, 0)
        client.state()
        rosaline.sync()
        self.assertEqual(self.receipts_sent(self.session()), [])
        client.do('release', number=number)
        eventually(lambda: rosaline.receipts == [('r1', self.session(), 'chat')],
                   what='the receipt')

    def test_the_option(self):
        client = self.signed_on(gtalk_receipts=False)
        rosaline = self.peer()
        self.send(rosaline, PARIS, 'arrived?', 'r1')
        client.wait_for('message')
        client.do('say', to=ROSALINE, text='no questions')
        message = rosaline.wait_for_message('no questions')
        self.assertIsNone(message.stanza.xml.find('{%s}request' % RECEIPTS))
        self.assertEqual(rosaline.receipts, [])
        info = rosaline.call(lambda c: c['xep_0030'].get_info(self.session()))
        self.assertNotIn(RECEIPTS, info['disco_info']['features'])

    def test_not_on_google(self):
        client = self.signed_on(JULIET)
        romeo = self.peer(ROMEO)
        self.send(romeo, JULIET, 'arrived?', 'r1')
        client.wait_for('message')
        client.do('say', to=ROMEO, text='no questions')
        message = romeo.wait_for_message('no questions')
        self.assertIsNone(message.stanza.xml.find('{%s}request' % RECEIPTS))
        self.assertEqual(romeo.receipts, [])

    def test_asked_for_and_told(self):
        client = self.signed_on()
        rosaline = self.peer()
        client.do('say', to=ROSALINE, text='arrived?')
        message = rosaline.wait_for_message('arrived?')
        self.assertIsNotNone(message.stanza.xml.find('{%s}request' % RECEIPTS))
        self.receipt(rosaline, message.sender, message.id)
        event = client.wait_for('delivered')
        self.assertEqual((event['id'], event['jid']), (message.id, ROSALINE + '/peer'))
        self.receipt(rosaline, message.sender, message.id)
        client.do('say', to=ROSALINE, text='second')
        second = rosaline.wait_for_message('second')
        self.receipt(rosaline, second.sender, second.id)
        self.assertEqual(client.wait_for('delivered')['id'], second.id)

    def test_only_the_recipient_can_confirm(self):
        client = self.signed_on()
        rosaline = self.peer()
        client.do('say', to=ROSALINE, text='arrived?')
        message = rosaline.wait_for_message('arrived?')
        self.inject("<message from='%s/x'><received xmlns='%s' id='%s'/></message>"
                    % (ROMEO, RECEIPTS, message.id))
        self.inject("<message from='%s/peer' type='error'><received xmlns='%s' id='%s'/>"
                    "<error/></message>" % (ROSALINE, RECEIPTS, message.id))
        client.state()
        self.assertEqual([e for e in client.seen if e['event'] == 'delivered'], [])
        self.receipt(rosaline, message.sender, message.id)
        client.wait_for('delivered')

    def test_a_client_that_does_not_know_receipts_is_not_asked(self):
        client = self.signed_on()
        rosaline = self.peer()
        self.inject("<message from='%s' type='chat'><body>bind to me</body></message>"
                    % rosaline.full_jid)
        client.wait_for('message')
        client.do('say', to=ROSALINE, text='no questions')
        message = rosaline.wait_for_message('no questions')
        self.assertEqual(message.to, rosaline.full_jid)
        self.assertIsNone(message.stanza.xml.find('{%s}request' % RECEIPTS))

    def test_who_was_away_is_told_of(self):
        client = self.signed_on()
        client.do('say', to=ROSALINE, text='for later')
        name = client.wait_for('accepted')['id']
        self.inject("<message from='%s/phone'><received xmlns='%s' id='%s'/></message>"
                    % (ROSALINE, RECEIPTS, name))
        client.wait_for('delivered')
        lines = [e['html'] for e in client.seen if e['event'] == 'written' and e['flags'] & SYSTEM]
        self.assertEqual(len(lines), 1)
        self.assertIn('Rosaline has now received your message of', lines[0])
        client.wait_for('acknowledged')

    @staticmethod
    def digest(info):
        """XEP-0115 section 5.1, by hand."""
        parts = sorted('%s/%s/%s/%s' % (category, kind, lang or '', name or '')
                       for category, kind, lang, name in info['disco_info']['identities'])
        parts += sorted(info['disco_info']['features'])
        return base64.b64encode(hashlib.sha1(
            ''.join(part + '<' for part in parts).encode()).digest()).decode()

    def caps(self, jid):
        """The capabilities in the newest presence of that session."""
        found = [ElementTree.fromstring(t['xml']).find('{%s}c' % CAPS)
                 for t in self.server.trace() if t['dir'] == 'in' and t['name'] == 'presence'
                 and t.get('jid') == jid]
        return found[-1] if found else None

    def test_receipts_are_announced_by_discovery_and_presence(self):
        self.signed_on()
        rosaline = self.peer()
        jid = self.session()

        def announced():
            caps = self.caps(jid)
            node = '%s#%s' % (caps.get('node'), caps.get('ver'))
            info = rosaline.call(lambda c: c['xep_0030'].get_info(jid, node=node))
            return RECEIPTS in info['disco_info']['features'] and (caps.get('ver'), node, info)
        ver, node, info = eventually(announced, what='receipts in the capabilities')
        self.assertEqual(ver, self.digest(info))
        self.assertEqual(info['disco_info']['node'], node)
        plain = rosaline.call(lambda c: c['xep_0030'].get_info(jid))
        self.assertEqual(plain['disco_info']['features'], info['disco_info']['features'])

    def test_the_other_accounts_of_the_program_promise_nothing(self):
        client = self.signed_on(bystander=('prpl-jabber', ROSALINE,
                                           self.server.password(ROSALINE)))
        client.do('connect-bystander')
        client.wait_for('signed-on')
        paris = self.session()
        other = self.session(ROSALINE)
        romeo = self.peer('romeo@talk.example')
        eventually(lambda: RECEIPTS in romeo.call(
            lambda c: c['xep_0030'].get_info(paris))['disco_info']['features'])
        info = romeo.call(lambda c: c['xep_0030'].get_info(other))
        self.assertNotIn(RECEIPTS, info['disco_info']['features'])
        caps = self.caps(other)
        self.assertEqual(caps.get('ver'), self.digest(info))
        # and who asks for the inherited list gets it, true to its hash
        node = '%s#%s' % (caps.get('node'), caps.get('ver'))
        info = romeo.call(lambda c: c['xep_0030'].get_info(paris, node=node))
        self.assertEqual(caps.get('ver'), self.digest(info))


class ArchiveTest(ReceiptsCase):
    OPTIONS = ('--without', 'offline')  # so that nothing but the archive delivers it

    def test_what_the_archive_has_gets_none(self):
        client = self.signed_on()
        client.do('disconnect')
        client.wait_for('signed-off')
        eventually(lambda: not self.server.sessions(PARIS))
        rosaline = self.peer()
        self.send(rosaline, PARIS, 'while away', 'r1')
        rosaline.sync()
        client.do('connect')
        event = client.wait_for('googletalk-message')
        self.assertEqual((event['body'], event['origin']), ('while away', 'archive'))
        self.send(rosaline, PARIS, 'back again', 'r2')
        eventually(lambda: rosaline.receipts, what='the receipt')
        self.assertEqual([name for name, _, _ in rosaline.receipts], ['r2'])


if __name__ == '__main__':
    unittest.main()
