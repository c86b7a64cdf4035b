# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers for calls, and calls in Google's protocol: with a user interface that has media (a
backend that stays silent) and with one that has none. The other side is slixmpp, stanza by
stanza."""

import threading
import unittest
import xml.etree.ElementTree as ET

from harness import Prosody, Scratch, XmppPeer, eventually
from harness.purple_client import PurpleClient

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
STUN = ['stun.talk.example 19302 0 0', 'stun1.talk.example 19302 0 0']
RELAYS = ['relay.talk.example 19295 19294 443']
SESSION = '{http://www.google.com/session}session'


class CallCase(unittest.TestCase):
    arguments = ('--trace', 'full')

    @classmethod
    def setUpClass(cls):
        cls.class_scratch = Scratch()
        cls.addClassCleanup(cls.class_scratch.close)
        cls.server = Prosody(cls.class_scratch / 'server', *cls.arguments)
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.addCleanup(self.server.reset)
        self.addCleanup(self.server.reset, 'talk.example')
        self.addCleanup(lambda: eventually(lambda: not self.server.sessions(), what='all gone'))

    def client(self, jid=JULIET, media=True):
        client = PurpleClient(self.scratch, jid, self.server.password(jid), ca=self.server.ca,
                              connect_server='localhost', port=self.server.port,
                              gtalk_mechanism='password')
        self.addCleanup(client.close)
        if media:
            client.do('media')
        event = client.sign_in()
        self.assertEqual(event['event'], 'signed-on', event)
        client.full = event['bound_jid']
        return client

    def peer(self, jid=ROMEO):
        peer = Caller(self.server, jid)
        self.addCleanup(peer.close)
        return peer

    def sent(self, client, text):
        return [line['xml'] for line in self.server.trace()
                if line['dir'] == 'in' and line.get('jid') == client.full and text in line['xml']]


class Caller(XmppPeer):
    """A peer that sees every <iq/> and calls."""

    def __init__(self, server, jid):
        self.iqs = []
        self.lock = threading.Lock()
        super().__init__(server, jid)
        self.call(lambda client: client.add_filter('in', self._see))
        self.full = self.call(lambda client: client.boundjid.full)

    def _see(self, stanza):
        if stanza.name == 'iq':
            with self.lock:
                self.iqs.append(ET.fromstring(str(stanza)))
        return stanza

    def find(self, **attributes):
        with self.lock:
            return [iq for iq in self.iqs
                    if all(iq.get(name.rstrip('_')) == value
                           for name, value in attributes.items())]

    def answer_to(self, name):
        """The type of the answer to the <iq/> of this id, and its error condition."""
        iq = eventually(lambda: self.find(id=name), what='an answer to ' + name)[0]
        conditions = [child.tag.split('}')[1] for error in iq if error.tag.endswith('error')
                      for child in error if 'stanzas' in child.tag]
        return (iq.get('type'), *conditions)

    def sessions(self, kind):
        with self.lock:
            return [(iq, session) for iq in self.iqs for session in iq
                    if session.tag == SESSION and session.get('type') == kind]

    def wait_for_session(self, kind):
        return eventually(lambda: self.sessions(kind), what='a session ' + kind)[0]

    def session(self, to, name, kind, content='', number='1', initiator=None):
        self.send_raw("<iq type='set' to='%s' id='%s'><session "
                      "xmlns='http://www.google.com/session' type='%s' id='%s' initiator='%s'>%s"
                      '</session></iq>' % (to, name, kind, number, initiator or self.full,
                                           content))

    def ring(self, to, name='ring', medium='phone', **more):
        self.session(to, name, 'initiate',
                     "<description xmlns='http://www.google.com/session/%s'><payload-type id='0' "
                     "name='PCMU' clockrate='8000'/></description>" % medium, **more)


class JingleInfoTest(CallCase):
    def first(self, client):
        """The answer, which may have come before the client was signed on."""
        return next((event for event in client.seen if event['event'] == 'jingle-info'), None) \
            or client.wait_for('jingle-info')

    def asked(self):
        return self.server.control('jingleinfo-asked', jid=JULIET)['asked']

    def test_it_is_asked_and_told(self):
        client = self.client()
        event = self.first(client)
        self.assertEqual((event['stun'], event['relays'], event['token']),
                         (STUN, RELAYS, 'CAESFwoHYW5uQHRhbGs='))
        self.assertEqual(len(self.sent(client, 'google:jingleinfo')), 1)

    def test_it_is_asked_where_the_server_has_another_name(self):
        self.server.switch('identity-name', 'Verona', 'talk.example')
        client = self.client()
        self.assertEqual(self.first(client)['stun'], STUN)
        self.assertEqual(len(self.sent(client, 'google:jingleinfo')), 1)

    def test_it_is_not_asked_without_media(self):
        client = self.client(media=False)
        client.wait_for('archive-done')
        self.assertEqual(self.asked(), 0)
        self.assertEqual(self.sent(client, 'google:jingleinfo'), [])

    def test_it_is_not_asked_where_it_is_not_announced(self):
        """Scenario 24, for this extension; the name alone is not enough."""
        self.server.switch('features', ['google:roster'], 'talk.example')
        client = self.client()
        client.wait_for('archive-done')
        self.assertEqual(self.sent(client, 'google:jingleinfo'), [])
        self.server.push(JULIET, "<query xmlns='google:jingleinfo'><stun><server "
                                 "host='127.0.0.1' udp='9'/></stun></query>")
        eventually(lambda: [p['answer'] for p in self.server.pushes(JULIET)][-1:] == ['result'],
                   what='the push answered')
        client.state()
        self.assertEqual([e for e in client.seen if e['event'] == 'jingle-info'], [])

    def test_a_push_is_answered_and_replaces_what_was_known(self):
        client = self.client()
        self.first(client)
        self.addCleanup(self.server.control, 'jingleinfo',
                        stun=[{'host': 'stun.talk.example', 'udp': '19302'},
                              {'host': 'stun1.talk.example', 'udp': '19302'}],
                        token='CAESFwoHYW5uQHRhbGs=')
        self.server.control('jingleinfo', stun=[{'host': '127.0.0.1', 'udp': '3478'}],
                            token='another')
        for from_ in (None, 'none', 'talk.example'):
            with self.subTest(from_):
                self.server.control('jingleinfo-push', jid=JULIET,
                                    **({'from': from_} if from_ else {}))
                event = client.wait_for('jingle-info')
                self.assertEqual((event['stun'], event['token']),
                                 (['127.0.0.1 3478 0 0'], 'another'))
        eventually(lambda: [p['answer'] for p in self.server.pushes(JULIET)
                            if p['kind'] == 'jingleinfo'] == ['result'] * 3,
                   what='all pushes answered')

    def test_a_stranger_does_not_choose_the_servers(self):
        """Scenario 23."""
        client = self.client()
        self.first(client)
        romeo = self.peer()
        romeo.send_raw("<iq type='set' to='%s' id='evil'><query xmlns='google:jingleinfo'><stun>"
                       "<server host='evil.example' udp='1'/></stun></query></iq>" % client.full)
        self.assertEqual(romeo.answer_to('evil'), ('error', 'service-unavailable'))
        for from_ in (ROMEO, 'plain.example', 'evil.example', JULIET + '.evil.example'):
            self.server.control('jingleinfo-push', jid=JULIET, **{'from': from_})
        self.server.control('jingleinfo-push', jid=JULIET)
        client.wait_for('jingle-info')
        seen = [e for e in client.seen if e['event'] == 'jingle-info']
        self.assertEqual([e['stun'] for e in seen], [STUN] * 2)


class MediaTest(CallCase):
    def ringing(self):
        client, romeo = self.client(), self.peer()
        eventually(lambda: romeo.sees(JULIET), what='presence')
        romeo.ring(client.full)
        self.assertEqual(client.wait_for('media')['who'], romeo.full)
        self.assertEqual(romeo.answer_to('ring'), ('result',))
        return client, romeo

    def test_a_call_comes_is_accepted_and_ended(self):
        client, romeo = self.ringing()
        client.do('calls')
        self.assertEqual(client.wait_for('calls')['remote'], romeo.full)
        client.do('accept-call')
        romeo.wait_for_session('accept')
        romeo.wait_for_session('candidates')
        romeo.session(client.full, 'there', 'candidates',
                      "<candidate name='rtp' address='127.0.0.1' port='9' username='u' "
                      "password='p' preference='1' protocol='udp' type='local' network='0' "
                      "generation='0'/>")
        self.assertEqual(romeo.answer_to('there'), ('result',))
        client.wait_for('media-candidates')
        romeo.session(client.full, 'bye', 'terminate')
        self.assertEqual(romeo.answer_to('bye'), ('result',))
        client.do('calls')
        event = client.wait_for('calls')
        self.assertEqual((event['number'], event['remote']), (0, None))
        self.assertEqual([e['state'] for e in client.seen if e['event'] == 'call'],
                         ['incoming', 'accepted', 'ended'])

    def test_a_call_is_refused_by_the_user(self):
        client, romeo = self.ringing()
        client.do('reject-call')
        romeo.wait_for_session('reject')
        client.do('calls')
        self.assertEqual(client.wait_for('calls')['number'], 0)

    def test_a_call_goes_out(self):
        client, romeo = self.client(), self.peer()
        eventually(lambda: romeo.sees(JULIET), what='presence')
        romeo.take_calls()

        def can_be_called():
            client.do('media-caps', to=ROMEO)
            return client.wait_for('media-caps')['caps']
        eventually(can_be_called, what='the caps of the contact')
        client.do('call', to=ROMEO)
        self.assertTrue(client.wait_for('called')['begun'])
        iq, session = romeo.wait_for_session('initiate')
        self.assertEqual(session.get('initiator'), client.full)
        client.do('call', to=ROMEO)
        self.assertFalse(client.wait_for('called')['begun'])
        number = session.get('id')
        romeo.session(client.full, 'yes', 'reject', number=number, initiator=client.full)
        self.assertEqual(romeo.answer_to('yes'), ('result',))
        client.do('calls')
        self.assertEqual(client.wait_for('calls')['number'], 0)

    def test_a_call_is_not_steered_by_others(self):
        client, romeo = self.ringing()
        nurse = self.peer('nurse@talk.example')
        for kind in ('terminate', 'reject', 'accept', 'candidates', 'initiate'):
            nurse.session(client.full, 'evil-' + kind, kind, initiator=romeo.full)
            self.assertEqual(nurse.answer_to('evil-' + kind), ('error', 'service-unavailable'))
        client.do('calls')
        event = client.wait_for('calls')
        self.assertEqual((event['number'], event['remote']), (1, romeo.full))
        romeo.session(client.full, 'bye', 'terminate')
        self.assertEqual(romeo.answer_to('bye'), ('result',))

    def test_nobody_calls_in_the_name_of_another(self):
        client, nurse = self.client(), self.peer('nurse@talk.example')
        nurse.ring(client.full, 'evil', initiator=ROMEO + '/peer')
        self.assertEqual(nurse.answer_to('evil'), ('error', 'service-unavailable'))
        client.do('calls')
        self.assertEqual(client.wait_for('calls')['number'], 0)

    def test_a_second_call_hears_that_it_is_one_too_many(self):
        client, romeo = self.ringing()
        nurse = self.peer('nurse@talk.example')
        nurse.ring(client.full, number='2')
        self.assertEqual(nurse.answer_to('ring'), ('result',))
        nurse.wait_for_session('reject')
        romeo.ring(client.full, 'again')
        self.assertEqual(romeo.answer_to('again'), ('error', 'service-unavailable'))
        nurse.send_raw("<iq type='set' to='%s' id='jingle'><jingle xmlns='urn:xmpp:jingle:1' "
                       "action='session-initiate' initiator='%s' sid='3'/></iq>"
                       % (client.full, nurse.full))
        self.assertEqual(nurse.answer_to('jingle'), ('error', 'service-unavailable'))
        client.do('calls')
        self.assertEqual(client.wait_for('calls')['remote'], romeo.full)
        romeo.session(client.full, 'bye', 'terminate')
        self.assertEqual(romeo.answer_to('bye'), ('result',))

    def test_what_is_not_understood_is_refused(self):
        client, romeo = self.ringing()
        for name, kind, number in (('1', 'transport-info', '1'), ('2', 'info', '1'),
                                   ('3', 'candidates', '7'), ('4', 'terminate', '7')):
            romeo.session(client.full, 'odd' + name, kind, number=number)
            self.assertEqual(romeo.answer_to('odd' + name), ('error', 'service-unavailable'))
        for name, medium in (('5', 'video'), ('6', 'share'), ('7', 'voicemail')):
            romeo.ring(client.full, 'odd' + name, medium, number='8')
            self.assertEqual(romeo.answer_to('odd' + name), ('error', 'service-unavailable'))
        romeo.send_raw("<iq type='get' to='%s' id='odd9'><session "
                       "xmlns='http://www.google.com/session' type='terminate' id='1' "
                       "initiator='%s'/></iq>" % (client.full, romeo.full))
        self.assertEqual(romeo.answer_to('odd9')[0], 'error')
        romeo.send_raw("<iq type='set' to='%s' id='odd8'><session "
                       "xmlns='http://www.google.com/session'/></iq>" % client.full)
        self.assertEqual(romeo.answer_to('odd8'), ('error', 'service-unavailable'))
        romeo.session(client.full, 'bye', 'terminate')
        self.assertEqual(romeo.answer_to('bye'), ('result',))

    def test_voice_is_offered(self):
        client = self.client()
        eventually(lambda: self.sent(client, 'voice-v1'), what='voice-v1 in the presence')

    def test_the_program_ends_in_the_middle_of_a_call(self):
        client, _ = self.ringing()
        self.assertEqual(client.quit(), 0)


class NoMediaTest(CallCase):
    def test_a_call_is_refused_politely(self):
        """4.10.4: refused at once, so that the caller's client can say so; nothing is offered."""
        client, romeo = self.client(media=False), self.peer()
        eventually(lambda: romeo.sees(JULIET), what='presence')
        client.do('open', to=ROMEO)
        client.state()  # it is open
        romeo.ring(client.full)
        self.assertEqual(romeo.answer_to('ring'), ('error', 'service-unavailable'))
        self.assertIn('tried to call you', client.wait_for('written')['html'])
        self.assertEqual(client.wait_for('call')['state'], 'missed')
        romeo.session(client.full, 'bye', 'terminate')
        self.assertEqual(romeo.answer_to('bye'), ('error', 'service-unavailable'))
        self.assertEqual(self.sent(client, 'voice-v1'), [])
        client.do('call', to=ROMEO)
        self.assertFalse(client.wait_for('called')['begun'])
        client.do('media-caps', to=ROMEO)
        self.assertEqual(client.wait_for('media-caps')['caps'], 0)

    def test_a_stranger_learns_nothing(self):
        self.server.control('roster', user='juliet', domain='talk.example', jid=PARIS,
                            subscription='remove')
        client, paris = self.client(media=False), self.peer(PARIS)
        paris.ring(client.full)
        self.assertEqual(paris.answer_to('ring'), ('error', 'service-unavailable'))
        self.assertEqual([e for e in client.seen if e['event'] == 'call'], [])


if __name__ == '__main__':
    unittest.main()
