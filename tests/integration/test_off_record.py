# SPDX-License-Identifier: GPL-2.0-or-later
"""Off the record (specification 4.6) in the plugin: with a server that keeps the state for both
sides, and with one that knows nothing of it."""

import unittest

from harness import Prosody, Scratch, Stream, XmppPeer, eventually
from harness.purple_client import PurpleClient
from harness.stream import tag

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
NOSAVE = 'google:nosave'
HINTS = 'urn:xmpp:hints'

# GTalkRecord
UNKNOWN, ON, OFF = 0, 1, 2
FAILED = 1  # PurpleCmdStatus
SYSTEM, ERROR = 0x4, 0x200  # PurpleMessageFlags


def item(jid, value):
    return "<query xmlns='%s'><item jid='%s' value='%s'/></query>" % (NOSAVE, jid, value)


class OffRecordCase(unittest.TestCase):
    OWN = JULIET
    OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'server', '--trace', 'full', *cls.OPTIONS)
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.addCleanup(self.server.reset, 'talk.example')
        self.addCleanup(self.server.spoil, 'none')
        for contact in (ROMEO, NURSE):
            self.server.control('nosave', jid=JULIET, contact=contact, value=False)

    def signed_on(self, jid=None, **options):
        jid = jid or self.OWN
        client = PurpleClient(self.scratch, jid, self.server.password(jid), ca=self.server.ca,
                              connect_server='localhost', port=self.server.port,
                              gtalk_mechanism='password', **options)
        self.addCleanup(client.close)
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        if jid != PARIS:
            self.wait_until_known(client)
        return client

    def wait_until_known(self, client):
        eventually(lambda: client.ask('record', 'record', to=ROMEO)['record'] != UNKNOWN,
                   what='the list')

    def peer(self, jid, **more):
        peer = XmppPeer(self.server, jid, **more)
        self.addCleanup(peer.close)
        return peer

    def expect_line(self, client, text):
        """A line of nobody in a conversation that says so, written already or yet to come."""
        def is_it(event):
            return (event['event'] == 'written' and text in event['html']
                    and event['flags'] & (SYSTEM | ERROR))
        while not any(is_it(event) for event in client.seen):
            client.wait_for('written')

    def known(self, client):
        """What was told when it was known who is off the record."""
        return next(e for e in client.seen if e['event'] == 'off-record-known')

    def logging(self, client, jid):
        return client.ask('conversation', 'conversation', to=jid)['logging']


class SharedTest(OffRecordCase):
    """The server keeps the state."""

    def test_the_other_side_goes_off_the_record(self):
        """Scenario 10: the user is told, logging stops, the mark is "enabled"."""
        client = self.signed_on()
        with Stream(self.server, 'talk.example') as romeo:
            romeo.sign_in('romeo', self.server.password(ROMEO), 'PLAIN')
            romeo.write('<presence/>')
            client.do('say', to=ROMEO, text='for the file')
            self.assertTrue(self.logging(client, ROMEO))
            self.assertEqual(romeo.iq('set', item(JULIET, 'enabled')).get('type'), 'result')
            event = client.wait_for('off-record')
            self.assertEqual((event['jid'], event['off'], event['by']), (ROMEO, True, 'contact'))
            self.assertFalse(self.logging(client, ROMEO))
            client.do('say', to=ROMEO, text='not for the file')
            message = romeo.read_until(
                lambda e: tag(e) == 'message' and e.findtext('{jabber:client}body') ==
                'not for the file')
            self.assertEqual(message.find('{%s}x' % NOSAVE).get('value'), 'enabled')
            romeo.write("<message to='%s' type='chat'><body>nor this</body></message>" % JULIET)
            received = client.wait_for('googletalk-message')
            self.assertEqual((received['body'], received['record']), ('nor this', OFF))
            self.assertEqual(romeo.iq('set', item(JULIET, 'disabled')).get('type'), 'result')
            self.assertFalse(client.wait_for('off-record')['off'])
            self.assertTrue(self.logging(client, ROMEO))
            client.do('say', to=ROMEO, text='for the file again')
        eventually(lambda: 'for the file again' in client.logged(), what='the log')
        log = client.logged()
        self.assertIn('for the file', log)
        self.assertIn('has gone off the record', log)
        self.assertNotIn('not for the file', log)
        self.assertNotIn('nor this', log)
        lines = [e['html'] for e in client.seen if e['event'] == 'written' and e['flags'] & SYSTEM]
        self.assertEqual(lines, [
            'Romeo has gone off the record: what you write to each other from now on is not kept.',
            'Romeo has gone back on the record: what you write to each other may be kept again.'])
        eventually(lambda: [p['answer'] for p in self.server.pushes()
                            if p['jid'].startswith(JULIET) and p['kind'] == 'nosave']
                   == ['result', 'result'], what='an answer to each push')

    def test_the_servers_list_goes_before_what_a_host_says(self):
        self.server.control('nosave', jid=JULIET, contact=NURSE, value=True)
        client = self.signed_on(gtalk_off_record=ROMEO)
        self.assertEqual(self.known(client)['shared'], True)
        self.assertEqual([(e['jid'], e['off'], e['by']) for e in client.seen
                          if e['event'] == 'off-record'], [(NURSE, True, 'listed')])
        self.assertEqual(client.ask('record', 'record', to=ROMEO)['record'], ON)

    def test_the_command(self):
        client = self.signed_on()
        client.do('open', to=ROMEO)
        self.assertEqual(client.ask('command', 'commanded', to=ROMEO, text='otr')['status'], 0)
        self.expect_line(client, 'on the record')
        self.assertEqual(client.ask('command', 'commanded', to=ROMEO, text='otr on')['status'], 0)
        event = client.wait_for('off-record')
        self.assertEqual((event['jid'], event['off'], event['by']), (ROMEO, True, 'us'))
        self.assertTrue(self.server.control('nosave', jid=ROMEO, contact=JULIET)['off'])
        client.ask('command', 'commanded', to=ROMEO, text='otr status')
        self.expect_line(client, 'is not kept')
        self.assertFalse(self.logging(client, ROMEO))
        client.ask('command', 'commanded', to=ROMEO, text='otr off')
        self.assertFalse(client.wait_for('off-record')['off'])
        self.assertTrue(self.logging(client, ROMEO))
        answer = client.ask('command', 'commanded', to=ROMEO, text='otr maybe')
        self.assertEqual(answer['status'], FAILED)
        self.assertIn('/otr on', answer['error'])

    def test_the_menu(self):
        client = self.signed_on()
        labels = client.ask('buddy-menu', 'buddy-menu', to=ROMEO)['labels']
        self.assertIn('Go Off the Record', labels)
        client.do('buddy-menu', to=ROMEO, label='Go Off the Record')
        self.assertTrue(client.wait_for('off-record')['off'])
        labels = client.ask('buddy-menu', 'buddy-menu', to=ROMEO)['labels']
        self.assertNotIn('Go Off the Record', labels)
        client.do('buddy-menu', to=ROMEO, label='Go On the Record')
        self.assertFalse(client.wait_for('off-record')['off'])

    def test_an_account_that_keeps_no_chats(self):
        """There is nothing to go off: no control, and the marks say nothing about the pair."""
        self.server.control('settings', jid=JULIET, values={'archivingenabled': False})
        self.addCleanup(self.server.control, 'settings', jid=JULIET,
                        values={'archivingenabled': True})
        client = self.signed_on()
        romeo = self.peer(ROMEO)
        romeo.send(JULIET, 'marked')
        self.assertEqual(client.wait_for('googletalk-message')['record'], OFF)
        client.wait_for('message')
        self.assertEqual(client.ask('record', 'record', to=ROMEO)['record'], ON)
        self.assertNotIn('Go Off the Record',
                         client.ask('buddy-menu', 'buddy-menu', to=ROMEO)['labels'])
        answer = client.ask('command', 'commanded', to=ROMEO, text='otr on')
        self.assertEqual(answer['status'], FAILED)
        self.assertIn('chat history is switched off', answer['error'])

    def test_nothing_changes_before_the_server_agrees(self):
        client = self.signed_on()
        client.do('open', to=ROMEO)
        self.server.spoil('error', NOSAVE, type='set', condition='internal-server-error')
        client.do('off-record', to=ROMEO, off=True)
        event = client.wait_for('off-record-refused')
        self.assertEqual((event['jid'], event['condition'], event['off']),
                         (ROMEO, 'internal-server-error', True))
        self.expect_line(client, 'may still be kept')
        self.assertTrue(self.logging(client, ROMEO))
        self.assertEqual(client.ask('record', 'record', to=ROMEO)['record'], ON)

    def test_it_is_known_at_the_next_sign_in(self):
        self.server.control('nosave', jid=JULIET, contact=ROMEO, value=True)
        client = self.signed_on()
        self.assertEqual(client.ask('record', 'record', to=ROMEO)['record'], OFF)
        self.assertEqual(client.ask('record', 'record', to=NURSE)['record'], ON)
        client.do('open', to=ROMEO)
        self.expect_line(client, 'You and Romeo are off the record')
        self.assertFalse(self.logging(client, ROMEO))
        client.do('say', to=ROMEO, text='whispered')
        client.wait_for('written')
        self.assertNotIn('whispered', client.logged())

    def test_what_another_device_does(self):
        client = self.signed_on()
        client.do('open', to=ROMEO)
        with Stream(self.server, 'talk.example') as other:
            other.sign_in('juliet', self.server.password(JULIET), 'PLAIN')
            other.iq('set', item(ROMEO, 'enabled'))
            self.assertEqual(client.wait_for('off-record')['by'], 'own')
            other.write("<iq type='get' id='list'><query xmlns='%s'/></iq>" % NOSAVE)
            other.read_until(lambda e: e.get('id') == 'list')
            client.do('off-record', to=ROMEO, off=False)
            push = other.read_until(lambda e: tag(e) == 'iq' and e.get('type') == 'set')
            self.assertEqual(push.find('.//{%s}item' % NOSAVE).get('value'), 'disabled')

    def test_an_echo_is_not_another_device(self):
        client = self.signed_on()
        self.server.spoil('delay', NOSAVE, type='set', ms=300)
        client.do('off-record', to=ROMEO, off=True)
        eventually(lambda: self.server.control('nosave', jid=JULIET, contact=ROMEO)['off'])
        self.server.push(JULIET, "<query xmlns='%s'><item jid='%s' value='enabled' source='%s'/>"
                         "</query>" % (NOSAVE, ROMEO, JULIET))
        self.assertEqual(client.wait_for('off-record')['by'], 'us')

    def test_a_mark_is_news(self):
        """A server that pushes nothing to the other side: the next message tells."""
        self.server.switch('nosave-push-peer', False, 'talk.example')
        client = self.signed_on()
        romeo = self.peer(ROMEO)
        client.do('open', to=ROMEO)
        # what was kept for later tells how it was then, and errors and rooms tell nothing
        for more, children in (
                ("type='chat'", "<delay xmlns='urn:xmpp:delay' stamp='2010-02-19T07:33:20Z'/>"),
                ("type='groupchat'", ''), ("type='error' id='e'", '<error/>')):
            self.server.control('send', jid=self.server.sessions(JULIET)[0]['jid'], xml=(
                "<message from='%s/x' %s><body>old</body><x xmlns='%s' value='enabled'/>%s"
                "</message>" % (ROMEO, more, NOSAVE, children)))
        self.server.control('nosave', jid=ROMEO, contact=JULIET, value=True)
        romeo.send(JULIET, 'quietly')
        event = client.wait_for('off-record')
        self.assertEqual((event['jid'], event['off'], event['by']), (ROMEO, True, 'unknown'))
        bodies = [e['body'] for e in client.seen if e['event'] == 'googletalk-message']
        self.assertEqual(bodies, ['old', 'old'])
        eventually(lambda: client.wait_for('message')['text'] == 'quietly')
        self.assertNotIn('quietly', client.logged())

    def test_foreign_pushes_are_refused(self):
        client = self.signed_on()
        for sender in ('mallory@evil.example/lair', ROMEO, JULIET + '/other', 'evil.example'):
            with self.subTest(sender):
                name = self.server.push(JULIET, item(ROMEO, 'enabled'), from_=sender)[0]
                answered = eventually(lambda: next(
                    p for p in self.server.pushes() if p['id'] == name)['answer'])
                self.assertNotEqual(answered, 'result')
                self.assertEqual(client.ask('record', 'record', to=ROMEO)['record'], ON)
        for sender in (JULIET, 'talk.example', 'none'):
            with self.subTest(sender):
                self.server.push(JULIET, item(ROMEO, 'enabled'), from_=sender)
                self.assertTrue(client.wait_for('off-record')['off'])
                self.server.push(JULIET, item(ROMEO, 'disabled'), from_=sender)
                self.assertFalse(client.wait_for('off-record')['off'])

    def test_odd_pushes_are_answered_and_change_nothing(self):
        client = self.signed_on()
        for payload in ("<query xmlns='%s'/>" % NOSAVE, item('', 'enabled'),
                        item(ROMEO, 'perhaps'), "<query xmlns='%s'><item/></query>" % NOSAVE):
            name = self.server.push(JULIET, payload)[0]
            eventually(lambda: next(p for p in self.server.pushes()
                                    if p['id'] == name)['answer'] == 'result')
        self.assertEqual(client.ask('record', 'record', to=ROMEO)['record'], ON)

    def test_a_client_sets_no_marks_itself(self):
        client = self.signed_on()
        client.do('off-record', to=ROMEO, off=True)
        client.wait_for('off-record')
        client.do('say', to=ROMEO, text='unmarked')
        line = eventually(lambda: [t['xml'] for t in self.server.trace()
                                   if t['dir'] == 'in' and 'unmarked' in t.get('xml', '')])[0]
        self.assertNotIn(NOSAVE, line)
        self.assertNotIn(HINTS, line)


class UnannouncedTest(OffRecordCase):
    def test_a_server_without_it_is_not_asked(self):
        self.server.switch('features', ['google:setting'], 'talk.example')
        client = self.signed_on()
        client.do('off-record', to=ROMEO, off=True)
        self.assertEqual(client.wait_for('off-record')['by'], 'us')
        client.state()
        self.assertEqual([t for t in self.server.trace()
                          if t['dir'] == 'in' and NOSAVE in t.get('xml', '')], [])


class AloneTest(OffRecordCase):
    """A server that is not Google's."""

    OWN = PARIS

    def wait_until_ours(self, client):
        eventually(lambda: client.ask('record', 'record', to=ROSALINE)['record'] != UNKNOWN,
                   what='discovery')

    def test_messages_ask_not_to_be_stored(self):
        client = self.signed_on()
        self.wait_until_ours(client)
        rosaline = self.peer(ROSALINE)
        client.do('say', to=ROSALINE, text='stored')
        client.do('off-record', to=ROSALINE, off=True)
        self.assertEqual(client.wait_for('off-record')['by'], 'us')
        self.expect_line(client, 'asked not to keep it')
        self.assertFalse(self.logging(client, ROSALINE))
        client.do('say', to=ROSALINE, text='forgotten')
        hint = '{%s}no-store' % HINTS
        self.assertIsNone(rosaline.wait_for_message('stored').stanza.xml.find(hint))
        self.assertIsNotNone(rosaline.wait_for_message('forgotten').stanza.xml.find(hint))
        client.do('off-record', to=ROSALINE, off=False)
        self.assertTrue(self.logging(client, ROSALINE))
        client.do('say', to=ROSALINE, text='stored again')
        self.assertIsNone(rosaline.wait_for_message('stored again').stanza.xml.find(hint))
        eventually(lambda: 'stored again' in client.logged(), what='the log')
        self.assertNotIn('forgotten', client.logged())

    def test_it_is_kept_with_the_buddy(self):
        client = self.signed_on()
        self.wait_until_ours(client)
        client.do('off-record', to=ROSALINE, off=True)
        client.wait_for('off-record')
        client.do('disconnect')
        client.wait_for('signed-off')
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        self.wait_until_ours(client)
        self.assertEqual(client.ask('record', 'record', to=ROSALINE)['record'], OFF)
        client.do('off-record', to=ROSALINE, off=False)
        client.wait_for('off-record')

    def test_a_host_without_buddy_list_says_who_it_is(self):
        """From the first message on, discovery or not."""
        rosaline = self.peer(ROSALINE)
        client = PurpleClient(self.scratch, PARIS, self.server.password(PARIS),
                              ca=self.server.ca, connect_server='localhost',
                              port=self.server.port, gtalk_mechanism='password',
                              gtalk_off_record='mercutio@plain.example\n%s\n' % ROSALINE)
        self.addCleanup(client.close)
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        client.do('say', to=ROSALINE, text='at once')
        self.wait_until_ours(client)
        self.assertEqual(self.known(client)['shared'], False)
        self.assertEqual(client.ask('record', 'record', to=ROSALINE)['record'], OFF)
        client.do('say', to=ROSALINE, text='later')
        for body in ('at once', 'later'):
            stanza = rosaline.wait_for_message(body).stanza
            self.assertIsNotNone(stanza.xml.find('{%s}no-store' % HINTS), body)

    def test_a_contact_cannot_set_it_by_marks(self):
        client = self.signed_on()
        self.wait_until_ours(client)
        session = self.server.sessions(PARIS)[0]['jid']
        self.server.control('send', jid=session, xml=(
            "<message from='%s/x' type='chat'><body>hi</body><x xmlns='%s' value='enabled'/>"
            "</message>" % (ROSALINE, NOSAVE)))
        self.assertEqual(client.wait_for('googletalk-message')['record'], OFF)
        self.assertEqual(client.ask('record', 'record', to=ROSALINE)['record'], ON)


if __name__ == '__main__':
    unittest.main()
