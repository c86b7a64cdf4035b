# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of messages (specification 5.1, 5.2): one that comes back is told in its own
conversation, one that was kept for later has its true time."""

import time
import unittest

from harness import Prosody, Scratch, Stream, XmppPeer, eventually
from harness.purple_client import PurpleClient

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'

ERROR = 0x200  # PurpleMessageFlags
# GTalkUndeliveredReason
OFFLINE, OFF_RECORD, NOT_SUBSCRIBED, BLOCKED, REFUSED, NO_VOICE = 1, 2, 3, 4, 7, 9

OFFLINE_MESSAGE = (
    "<message from='%s/Work5E5E5E5E' to='%s' id='3'><body>Call me later</body>"
    "<x xmlns='jabber:x:delay' stamp='20100219T07:33:20'/>"
    "<time xmlns='google:timestamp' ms='1266564800123'/>"
    "<nos:x value='disabled' xmlns:nos='google:nosave'/>"
    "<arc:record otr='false' xmlns:arc='http://jabber.org/protocol/archive'/></message>")
OFFLINE_TIME = 1266564800


class DeliveryCase(unittest.TestCase):
    OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'server', '--trace', 'full', *cls.OPTIONS)
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.addCleanup(self.server.reset, 'talk.example')
        self.server.control('nosave', jid=JULIET, contact=ROMEO, value=False)

    def client(self, jid=JULIET, **options):
        client = PurpleClient(self.scratch, jid, self.server.password(jid), ca=self.server.ca,
                              connect_server='localhost', port=self.server.port,
                              gtalk_mechanism='password', **options)
        self.addCleanup(client.close)
        self.addCleanup(client.quit)  # signs off: nothing is left for the next test
        return client

    def signed_on(self, jid=JULIET, **options):
        client = self.client(jid, **options)
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        eventually(lambda: client.ask('record', 'record', to=ROMEO)['record'], what='discovery')
        client.expect('archive-done')
        return client

    def peer(self, jid, **more):
        peer = XmppPeer(self.server, jid, **more)
        self.addCleanup(peer.close)
        return peer

    def sign_off(self, jid):
        eventually(lambda: not self.server.sessions(jid), what='%s to be gone' % jid)

    def undelivered(self, client, jid, text):
        """Sends a message that comes back; returns the signal and the line in the conversation."""
        client.do('say', to=jid, text=text)
        event = client.wait_for('undelivered')
        self.assertEqual((event['jid'], event['body']), (jid, text))
        sent = eventually(lambda: [t for t in self.server.trace() if t['dir'] == 'in'
                                   and t['name'] == 'message' and text in t['xml']])
        self.assertEqual(event['id'], sent[-1]['id'])
        line = self.error_line(client)
        self.assertEqual(line['conversation'], jid)
        self.assertTrue(line['html'].endswith('Not delivered: ' + text), line)
        self.assertEqual([e for e in client.seen if e['event'] == 'notice'], [])
        return event, line['html']

    def error_line(self, client):
        """The newest line of that kind in a conversation."""
        client.state()
        return [e for e in client.seen if e['event'] == 'written' and e['flags'] & ERROR][-1]


class GoogleTest(DeliveryCase):
    def test_a_contact_who_is_away(self):
        """Scenario 11: with history on there is no error; it is delivered later, with its time."""
        client = self.signed_on()
        client.do('say', to=ROMEO, text='for later')
        client.wait_for('accepted')
        romeo = self.peer(ROMEO)
        message = romeo.wait_for_message('for later')
        stamp = message.stanza.xml.find('{google:timestamp}time')
        self.assertLess(abs(int(stamp.get('ms')) / 1000 - time.time()), 3600)
        client.state()
        self.assertEqual([e for e in client.seen if e['event'] in ('bounced', 'undelivered')], [])

    def test_off_the_record_with_a_contact_who_is_away(self):
        """Scenario 12: the error belongs to the message, with a sentence in the conversation."""
        client = self.signed_on()
        with self.peer(ROMEO):
            client.do('off-record', to=ROMEO, off=True)
            self.assertTrue(client.wait_for('off-record')['off'])
        self.sign_off(ROMEO)
        event, line = self.undelivered(client, ROMEO, 'not for later')
        self.assertEqual((event['reason'], event['condition']),
                         (OFF_RECORD, 'service-unavailable'))
        self.assertIn("Romeo is offline and can't receive messages right now", line)
        self.assertIn('off the record', line)
        self.assertNotIn('not for later', client.logged())
        client.do('off-record', to=ROMEO, off=False)
        client.wait_for('off-record')

    def test_a_stranger(self):
        """Scenario 13: the message bounces and the client explains the subscription; and the same
        the other way round."""
        for one, other in ((JULIET, NURSE), (NURSE, JULIET)):
            user, domain = one.split('@')
            self.server.control('roster', user=user, domain=domain, jid=other,
                                subscription='remove')
            self.addCleanup(self.server.control, 'roster', user=user, domain=domain, jid=other,
                            name=other.split('@')[0].capitalize(), groups=['Verona'])
        client = self.signed_on()
        nurse = self.peer(NURSE)
        client.do('open', to=NURSE)
        self.assertIn('may not get your messages', client.wait_for('written')['html'])
        event, line = self.undelivered(client, NURSE, 'who are you')
        self.assertEqual(event['reason'], NOT_SUBSCRIBED)
        self.assertIn('not each other', line)
        self.assertIn('authorization', line)
        nurse.send(JULIET, 'nobody')
        eventually(lambda: nurse.errors, what='the bounce')
        client.state()
        self.assertEqual([e for e in client.seen if e.get('body') == 'nobody'], [])

    def test_who_keeps_no_chats(self):
        self.server.control('settings', jid=ROMEO, values={'archivingenabled': False})
        self.addCleanup(self.server.control, 'settings', jid=ROMEO,
                        values={'archivingenabled': True})
        client = self.signed_on()
        event, line = self.undelivered(client, ROMEO, 'lost')
        self.assertEqual(event['reason'], OFFLINE)
        self.assertTrue(line.startswith(
            "Romeo is offline and can't receive messages right now.<BR>Not delivered: lost"), line)

    def test_whom_we_have_blocked(self):
        client = self.signed_on()
        client.do('deny', to=ROMEO)
        eventually(lambda: "'t': 'B'" in str(self.server.control(
            'roster-items', user='juliet', domain='talk.example')), what='the block')
        event, line = self.undelivered(client, ROMEO, 'blocked')
        self.assertEqual((event['reason'], event['condition']), (BLOCKED, 'service-unavailable'))
        self.assertIn('because you have blocked this contact', line)
        client.do('allow', to=ROMEO)
        client.do('say', to=ROMEO, text='welcome back')
        self.peer(ROMEO).wait_for_message('welcome back')

    def test_it_is_shown_where_the_conversation_was_closed(self):
        self.server.switch('offline-store', 'never', 'talk.example')
        client = self.signed_on()
        client.do('say', to=ROMEO, text='closing')
        client.do('close', to=ROMEO)
        client.wait_for('undelivered')
        self.assertTrue(client.ask('conversation', 'conversation', to=ROMEO)['open'])

    def test_who_was_written_to_alone_can_bounce(self):
        """Errors for messages that were never sent are not shown, whatever they claim."""
        client = self.signed_on()
        self.server.control('send', jid=self.server.sessions(JULIET)[0]['jid'], xml=(
            "<message type='error' from='%s' id='guessed'><error type='cancel'><gone "
            "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>" % ROMEO))
        client.wait_for('bounced')
        client.state()
        self.assertFalse(client.ask('conversation', 'conversation', to=ROMEO)['open'])

    def test_typing_notices_bounce_unseen(self):
        self.server.switch('offline-store', 'never', 'talk.example')
        client = self.signed_on()
        client.do('open', to=ROMEO)
        client.state()  # it is open
        self.server.control('send', jid=self.server.sessions(JULIET)[0]['jid'], xml=(
            "<message type='error' from='%s' id='purple17'><composing "
            "xmlns='http://jabber.org/protocol/chatstates'/><error type='cancel'>"
            "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
            % ROMEO))
        client.wait_for('bounced')
        client.state()
        self.assertEqual([e for e in client.seen if e['event'] in ('written', 'undelivered')], [])

    def test_the_time_of_an_offline_message(self):
        """Shown like chat, at the time when it was written."""
        client = self.signed_on()
        session = self.server.sessions(JULIET)[0]['jid']
        self.server.control('send', jid=session, xml=OFFLINE_MESSAGE % (ROMEO, JULIET))
        event = client.wait_for('googletalk-message')
        self.assertEqual((event['type'], event['time']), ('normal', 1266564800123000))
        written = client.wait_for('written')
        self.assertEqual((written['html'], written['time']), ('Call me later', OFFLINE_TIME))

    def test_the_earliest_of_several_times_holds_and_none_is_in_the_future(self):
        client = self.signed_on()
        session = self.server.sessions(JULIET)[0]['jid']
        delay = "<delay xmlns='urn:xmpp:delay' stamp='%s'/>"
        for number, (stamps, expected) in enumerate((
                (('2010-02-19T07:33:20Z', '2012-01-01T00:00:00Z'), OFFLINE_TIME),
                (('2012-01-01T00:00:00Z', '2010-02-19T07:33:20.500Z'), OFFLINE_TIME),
                (('2099-01-01T00:00:00Z',), None))):
            self.server.control('send', jid=session, xml=(
                "<message from='%s/x' type='chat'><body>m%d</body>%s</message>"
                % (ROMEO, number, ''.join(delay % stamp for stamp in stamps))))
            written = client.wait_for('written')
            self.assertEqual(written['html'], 'm%d' % number)
            if expected is None:
                self.assertLess(abs(written['time'] - time.time()), 3600)
            else:
                self.assertEqual(written['time'], expected)


class OfflineStoreTest(DeliveryCase):
    """Without an archive, so that the offline storage is what delivers."""

    OPTIONS = ('--without', 'mam')

    def test_what_was_kept_for_us(self):
        """Scenario 11 the other way round."""
        with self.peer(ROMEO) as romeo:
            romeo.send(JULIET, 'while you were away')
            romeo.sync()
        client = self.client()
        client.do('connect')
        event = client.wait_for('googletalk-message')
        self.assertEqual((event['body'], event['type'], event['record']),
                         ('while you were away', 'normal', 1))
        written = client.wait_for('written')
        self.assertEqual(written['time'], event['time'] // 1000000)
        self.assertEqual(written['conversation'].split('/')[0], ROMEO)


class PlainTest(DeliveryCase):
    """A server that is not Google's."""

    def signed_on(self, jid=PARIS, **options):
        return super().signed_on(jid, **options)

    def test_whom_we_have_blocked(self):
        client = self.signed_on()
        client.do('deny', to=ROSALINE)
        eventually(lambda: [t for t in self.server.trace() if t['dir'] == 'out'
                            and t.get('jid', '').startswith(PARIS)
                            and 'urn:xmpp:blocking' in t['xml'] and t.get('type') == 'set'],
                   what='the block')
        event, line = self.undelivered(client, ROSALINE, 'blocked')
        self.assertEqual((event['reason'], event['condition']), (BLOCKED, 'not-acceptable'))
        self.assertIn('because you have blocked this contact', line)

    def test_what_the_server_says(self):
        client = self.signed_on()
        client.do('say', to='somebody@elsewhere.example', text='hello')
        event = client.wait_for('undelivered')
        self.assertEqual((event['reason'], event['body']), (REFUSED, 'hello'))
        self.assertIn('remote domains', event['text'])
        line = self.error_line(client)['html']
        self.assertIn('The server says: ' + event['text'], line)
        self.assertIn('Not delivered: hello', line)

    def test_a_room_in_which_one_may_not_speak(self):
        client = self.signed_on()
        room = 'silence@conference.plain.example'
        with Stream(self.server, 'plain.example') as owner:
            owner.sign_in('rosaline', self.server.password(ROSALINE), 'PLAIN')
            owner.write("<presence to='%s/rosaline'><x xmlns='http://jabber.org/protocol/muc'/>"
                        "</presence>" % room)
            owner.iq('set', "<query xmlns='http://jabber.org/protocol/muc#owner'>"
                     "<x xmlns='jabber:x:data' type='submit'/></query>", room)
            client.do('join', room='silence', server='conference.plain.example', handle='paris')
            client.wait_for('chat-joined')
            answer = owner.iq('set', "<query xmlns='http://jabber.org/protocol/muc#admin'>"
                              "<item nick='paris' role='visitor'/></query>", room)
            self.assertEqual(answer.get('type'), 'result')
            client.do('room-say', to=room, text='may I')
            event = client.wait_for('undelivered')
            self.assertEqual((event['jid'], event['reason'], event['body']),
                             (room, NO_VOICE, 'may I'))
            line = self.error_line(client)
            self.assertEqual(line['conversation'], room)
            self.assertIn('not allowed to speak there', line['html'])
            self.assertEqual([e for e in client.seen if e['event'] == 'notice'], [])

    def test_markup_stays_text(self):
        client = self.signed_on()
        client.do('say', to='somebody@elsewhere.example', text='&lt;b&gt; &amp;amp;')
        self.assertEqual(client.wait_for('undelivered')['body'], '<b> &amp;')
        line = self.error_line(client)['html']
        self.assertIn('Not delivered: &lt;b&gt; &amp;amp;', line)

    def test_what_bounced_while_we_were_away_is_shown_once(self):
        """The archive keeps bounces: one that was shown is not shown again at the next sign-in, one
        that came later is."""
        client = self.signed_on()
        client.do('say', to=ROSALINE, text='first')
        first = client.wait_for('accepted')['id']
        self.bounce(first, 'first', self.server.sessions(PARIS)[0]['jid'])
        client.wait_for('undelivered')
        client.do('say', to=ROSALINE, text='second')
        second = client.wait_for('accepted')['id']
        client.state()
        client.do('disconnect')
        client.wait_for('signed-off')
        self.sign_off(PARIS)
        self.bounce(second, 'second', PARIS + '/gone')
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        event = client.wait_for('undelivered')
        self.assertEqual((event['id'], event['body']), (second, 'second'))
        client.expect('archive-done')
        self.assertEqual([e['id'] for e in client.seen if e['event'] == 'undelivered'],
                         [first, second])

    def bounce(self, name, text, to):
        self.server.control('route', domain='plain.example', xml=(
            "<message type='error' from='%s' to='%s' id='%s'><body>%s</body>"
            "<error type='cancel'><service-unavailable "
            "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
            % (ROSALINE, to, name, text)))

    def test_what_another_device_sent(self):
        """Its message and the bounce of it come as carbons."""
        client = self.signed_on()
        session = eventually(lambda: [s for s in self.server.sessions(PARIS) if s['carbons']])[0]
        for kind, attributes, children in (
                ('sent', "type='chat' from='%s/phone' to='%s' id='phone1'" % (PARIS, ROSALINE),
                 '<body>from the phone</body>'),
                ('received', "type='error' from='%s' to='%s/phone' id='phone1'"
                 % (ROSALINE, PARIS),
                 "<error type='cancel'><service-unavailable "
                 "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")):
            self.server.control('send', jid=session['jid'], xml=(
                "<message from='%s'><%s xmlns='urn:xmpp:carbons:2'><forwarded "
                "xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' %s>%s</message>"
                "</forwarded></%s></message>" % (PARIS, kind, attributes, children, kind)))
        event = client.wait_for('undelivered')
        self.assertEqual((event['id'], event['jid'], event['body']),
                         ('phone1', ROSALINE, 'from the phone'))


if __name__ == '__main__':
    unittest.main()
