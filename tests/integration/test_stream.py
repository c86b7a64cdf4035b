# SPDX-License-Identifier: GPL-2.0-or-later
"""Stream management, archive and carbons of the plugin, against real servers: nothing is lost or
doubled, whoever dies when, and nobody can forge a message."""

import html
import re
import time
import unittest

from harness import Ejabberd, Prosody, Scratch, XmppPeer, eventually
from harness.process import DEADLINE_S
from harness.purple_client import NETWORK_ERROR, PurpleClient
from harness.scripted_server import (ACCOUNT, ANSWERS, BEHIND, ENABLE, INFO, JID, MAM, QUERY,
                                     ScriptedServer)

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'
PARIS = 'paris@plain.example'
SM = 'urn:xmpp:sm:3'
INFO_QUERY = '{%s}query' % INFO
ROSTER_QUERY = '{jabber:iq:roster}query'
SESSION = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"
SESSION_QUERY = '{urn:ietf:params:xml:ns:xmpp-session}session'
SEND, RECV, DELAYED, REMOTE_SEND = 0x1, 0x2, 0x400, 0x10000


class Client(PurpleClient):
    """Signed in, the archive read."""

    def __init__(self, test, jid=JULIET, hold=False, take=False, secret=None, wait=True,
                 greeting=None, **options):
        where = {'connect_server': test.server.host, 'port': test.server.port}
        super().__init__(test.scratch, '%s/Desk' % jid, secret or test.server.password(jid),
                         getattr(test.server, 'ca', None), gtalk_mechanism='password',
                         **{**where, **options})
        test.addCleanup(self.close)
        self.hold(hold)
        self.do('take', take=take)
        if greeting is not None:
            self.do('greet', text=greeting)
        signed_on = self.sign_in()
        self.jid = signed_on['bound_jid']
        self.archive = self.wait_for_archive() if wait else None

    def wait_for_archive(self):
        return self.find('archive-done') or self.wait_for('archive-done')

    def sign_in(self):
        """Whatever the server's certificate says of its address."""
        self.do('connect')
        event = self.wait_for('signed-on', 'error', 'question')
        while event['event'] == 'question':
            self.do('answer', accept=True)
            event = self.wait_for('signed-on', 'error', 'question')
        assert event['event'] == 'signed-on', event
        return event

    def hold(self, hold):
        self.do('hold', hold=hold)

    def find(self, name):
        return next((event for event in self.seen if event['event'] == name), None)

    def all(self, name, **members):
        """What was told of that name so far, with these members."""
        self.state()
        return [event for event in self.seen if event['event'] == name
                and members.items() <= event.items()]

    def bodies(self, **members):
        return [event['body'] for event in self.all('googletalk-message', **members)]

    def wait_for_bodies(self, bodies, **members):
        eventually(lambda: set(bodies) <= set(self.bodies(**members)), what='%s' % bodies)

    def written(self):
        """(conversation, text, flags) of each line."""
        return [(event['conversation'].split('/')[0],
                 html.unescape(re.sub('<[^>]*>', '', event['html'])), event['flags'])
                for event in self.all('written')]

    def kill(self):
        self.process.kill()
        self.process.wait()


class StreamCase(unittest.TestCase):
    OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = cls.make_server()
        cls.addClassCleanup(cls.server.close)

    @classmethod
    def make_server(cls):
        return Prosody(cls.scratch / 'prosody', *cls.OPTIONS)

    def client(self, *arguments, **options):
        return Client(self, *arguments, **options)

    def peer(self, jid=ROMEO, **more):
        peer = XmppPeer(self.server, jid, **more)
        self.addCleanup(peer.close)
        return peer

    def send(self, client, xml):
        """To the client as if the server had made it."""
        self.assertEqual(self.server.control('send', jid=client.jid, xml=xml)['count'], 1)

    def unacked(self, client):
        return sum(session['unacked'] for session in self.server.sessions(client.jid))

    def gone(self, client):
        eventually(lambda: not self.server.sessions(client.jid), what='%s gone' % client.jid)

    def say(self, peer, prefix, count=5, to=JULIET):
        bodies = ['%s %d' % (prefix, number) for number in range(count)]
        for body in bodies:
            peer.send(to, body)
        return bodies


class LossCase(StreamCase):
    def lose(self, phone):
        """Five messages are received and held when the client dies; what comes back, and where."""
        romeo = self.peer(self.romeo)
        before = self.client(self.juliet, hold=True)
        other = self.peer(self.juliet, resource='phone', carbons=True) if phone else None
        bodies = self.say(romeo, 'phone' if phone else 'alone', to=self.juliet)
        before.wait_for_bodies(bodies)
        self.assert_unanswered(before, bodies)
        after = before.archive['after'] or ''
        since = before.archive['since'] or ''
        before.kill()
        self.wait_until_noticed(before, romeo)
        again = self.client(self.juliet, gtalk_archive_after=after, gtalk_archive_since=since)
        again.wait_for_bodies(bodies)
        by_id = {}
        for event in again.all('googletalk-message', direction='received'):
            by_id.setdefault(event['stanza_id'], event['body'])
        self.assertEqual(sorted(body for body in by_id.values() if body in bodies), bodies)
        self.assertEqual(sorted(text for _, text, _ in again.written() if text in bodies), bodies)
        romeo.sync()
        self.assertEqual(romeo.errors, [])
        if phone:
            self.assertEqual(sorted(other.bodies()), bodies)

    def assert_unanswered(self, client, bodies):
        first = client.all('googletalk-message', body=bodies[0])[0]['stanza']
        self.assertLess(client.all('acknowledged')[-1]['handled'], first)


class EjabberdTest(LossCase):
    """Another server, with other habits about what was not answered for."""

    juliet, romeo = 'juliet@ejabberd.example', 'romeo@ejabberd.example'

    @classmethod
    def make_server(cls):
        return Ejabberd(cls.scratch / 'ejabberd')

    def wait_until_noticed(self, client, romeo):
        eventually(lambda: not romeo.sees(client.jid), what='%s gone' % client.jid)

    def test_what_was_held_comes_again_once(self):
        self.lose(phone=False)

    def test_and_with_a_second_client_online(self):
        self.lose(phone=True)


class DurabilityTest(LossCase):
    juliet, romeo = JULIET, ROMEO

    def wait_until_noticed(self, client, romeo):
        self.gone(client)

    def test_what_was_held_comes_again_once(self):
        self.lose(phone=False)

    def test_and_with_a_second_client_online(self):
        self.lose(phone=True)

    def test_what_was_released_is_acknowledged(self):
        romeo = self.peer()
        client = self.client(hold=True)
        bodies = self.say(romeo, 'gate', 3)
        client.wait_for_bodies(bodies)
        events = {event['body']: event for event in client.all('googletalk-message')}
        first, second, third = (events[body]['stanza'] for body in bodies)
        self.assertLess(first, second)
        for number in (first, third):
            client.do('release', number=number)
        eventually(lambda: client.all('acknowledged')[-1]['handled'] >= first)
        self.assertEqual(client.all('acknowledged')[-1]['handled'], second - 1)
        self.assertGreaterEqual(self.unacked(client), 2)
        client.do('release', number=second)
        eventually(lambda: client.all('acknowledged')[-1]['handled'] >= third)
        eventually(lambda: self.unacked(client) == 0)

    def test_the_gate_is_open_when_nobody_holds(self):
        romeo = self.peer()
        client = self.client()
        client.wait_for_bodies(self.say(romeo, 'open'))
        eventually(lambda: self.unacked(client) == 0)

    def test_a_polite_end_acknowledges_up_to_the_gate(self):
        romeo = self.peer()
        client = self.client(hold=True)
        bodies = self.say(romeo, 'end', 3)
        client.wait_for_bodies(bodies)
        events = {event['body']: event for event in client.all('googletalk-message')}
        client.do('release', number=events[bodies[0]]['stanza'])
        client.do('disconnect')
        client.wait_for('signed-off')
        self.gone(client)
        self.assertEqual(client.all('acknowledged')[-1]['handled'], events[bodies[1]]['stanza'] - 1)

    def test_release_after_the_stream_ended_is_harmless(self):
        romeo = self.peer()
        client = self.client(hold=True)
        bodies = self.say(romeo, 'late', 1)
        client.wait_for_bodies(bodies)
        number = client.all('googletalk-message', body=bodies[0])[0]['stanza']
        client.hold(False)
        client.do('disconnect')
        client.wait_for('signed-off')
        client.sign_in()
        client.do('release', number=number)
        client.wait_for_bodies(self.say(romeo, 'afterwards', 1))
        eventually(lambda: self.unacked(client) == 0)


class OutgoingTest(StreamCase):
    def test_the_server_accepts_by_id(self):
        romeo = self.peer()
        client = self.client()
        client.do('next-id', id='the-very-id')
        client.do('send', to=ROMEO, text='named')
        client.do('send', to=ROMEO, text='unnamed')
        self.assertEqual(romeo.wait_for_message('named').id, 'the-very-id')
        stanza = romeo.wait_for_message('named').stanza.xml
        self.assertEqual(stanza.find('{urn:xmpp:sid:0}origin-id').get('id'), 'the-very-id')
        unnamed = romeo.wait_for_message('unnamed').id
        self.assertRegex(unnamed, '^[0-9a-f]{32}$')
        eventually(lambda: [event['id'] for event in client.all('accepted')]
                   == ['the-very-id', unnamed])

    def test_many_at_once_are_all_accepted(self):
        client = self.client()
        ids = ['burst-%d' % number for number in range(50)]
        for name in ids:
            client.do('next-id', id=name)
            client.do('send', to=ROMEO, text=name)
        eventually(lambda: [event['id'] for event in client.all('accepted')] == ids)

    def test_a_bounce_names_its_message(self):
        client = self.client()
        client.do('next-id', id='to-nobody')
        client.do('send', to='nobody@talk.example', text='hello?')
        bounce = client.wait_for('bounced')
        self.assertEqual((bounce['id'], bounce['condition']), ('to-nobody', 'service-unavailable'))

    def test_counts_beyond_what_was_sent_end_the_stream(self):
        client = self.client()
        self.send(client, "<a xmlns='%s' h='4000000'/>" % SM)
        self.assertEqual(client.wait_for('error')['reason'], NETWORK_ERROR)
        self.assertEqual(client.all('accepted'), [])

    def test_what_went_out_as_raw_text_is_counted(self):
        romeo = self.peer()
        client = self.client()
        client.do('raw', text=' ')
        for text in ("<message to='%s'><body>raw</body></message>" % ROMEO,
                     "<iq type='get' id='raw'><ping xmlns='urn:xmpp:ping'/></iq><presence/>"):
            client.do('raw', text=text)
        romeo.wait_for_message('raw')
        client.do('send', to=ROMEO, text='cooked')
        client.wait_for('accepted')
        self.assertEqual(client.all('error'), [])

    def test_nonsense_of_the_namespace_is_survived(self):
        client = self.client()
        for nonza in ("<r xmlns='%s'/>", "<enabled xmlns='%s' id='x' resume='true'/>",
                      "<resumed xmlns='%s' h='9'/>", "<what xmlns='%s'/>", "<failed xmlns='%s'/>"):
            self.send(client, nonza % SM)
        client.wait_for_bodies(self.say(self.peer(), 'still here', 1))
        eventually(lambda: self.unacked(client) == 0)


class ArchiveTest(StreamCase):
    def test_a_first_sign_in_brings_no_flood(self):
        romeo = self.peer()
        phone = self.peer(JULIET, resource='phone')
        self.say(romeo, 'old')
        phone.wait_for_message('old 4')
        client = self.client()
        self.assertTrue(client.archive['complete'])
        self.assertIsNotNone(client.archive['after'])
        self.assertEqual(client.bodies(origin='archive'), [])

    def position(self):
        client = self.client()
        self.addCleanup(client.close)
        client.do('disconnect')
        client.wait_for('signed-off')
        return client.archive['after'], client.archive['since']

    def miss(self, prefix, count):
        romeo = self.peer()
        with XmppPeer(self.server, JULIET, resource='phone') as phone:
            bodies = self.say(romeo, prefix, count)
            phone.wait_for_message(bodies[-1])
        return bodies

    def test_pages_follow_each_other_in_order(self):
        after, _ = self.position()
        bodies = self.miss('paged', 120)
        client = self.client(gtalk_archive_after=after)
        self.assertEqual(client.bodies(origin='archive'), bodies)
        self.assertEqual((client.archive['available'], client.archive['complete']), (True, True))
        self.assertEqual(client.archive['last_id'], client.archive['after'])
        times = [event['time'] for event in client.all('googletalk-message', origin='archive')]
        self.assertEqual(times, sorted(times))
        self.assertLess(abs(times[0] / 1e6 - time.time()), 600)

    def test_from_a_time(self):
        start = int(time.time()) - 1
        bodies = self.miss('timed', 60)
        client = self.client(gtalk_archive_since=str(start))
        self.assertEqual([body for body in client.bodies(origin='archive')
                          if body.startswith('timed')], bodies)

    def test_an_unknown_id_falls_back_to_the_time(self):
        start = int(time.time()) - 1
        bodies = self.miss('fallen', 3)
        client = self.client(gtalk_archive_after='no-such-id', gtalk_archive_since=str(start))
        self.assertLessEqual(set(bodies), set(client.bodies(origin='archive')))
        self.assertTrue(client.archive['complete'])

    def test_an_unknown_id_without_a_time_admits_the_gap(self):
        self.miss('gap', 1)
        client = self.client(gtalk_archive_after='no-such-id')
        self.assertFalse(client.archive['complete'])
        self.assertTrue(client.archive['available'])
        self.assertNotIn(client.archive['after'], (None, 'no-such-id'))

    def test_what_was_missed_is_shown_in_its_conversation(self):
        after, _ = self.position()
        bodies = self.miss('missed', 3)
        client = self.client(gtalk_archive_after=after)
        self.assertEqual(client.written(), [(ROMEO, body, RECV | DELAYED) for body in bodies])

    def test_a_listener_takes_messages_over(self):
        after, _ = self.position()
        bodies = self.miss('taken', 3)
        client = self.client(gtalk_archive_after=after, take=True)
        live = self.say(self.peer(), 'taken live', 2)
        client.wait_for_bodies(bodies + live)
        self.assertEqual(client.written(), [])

    def test_live_messages_move_the_place_on(self):
        client = self.client()
        client.wait_for_bodies(self.say(self.peer(), 'known', 3))
        client.do('disconnect')
        client.wait_for('signed-off')
        bodies = self.miss('unknown', 2)
        client.seen.clear()
        client.sign_in()
        client.wait_for_bodies(bodies)
        self.assertEqual(client.bodies(origin='archive')[-2:], bodies)
        self.assertEqual([text for _, text, _ in client.written()], bodies)

    def test_what_comes_live_waits_for_a_slow_archive(self):
        after, _ = self.position()
        missed = self.miss('missed', 120)
        self.server.switch('archive-delay-ms', 700)
        self.addCleanup(self.server.reset)
        client = self.client(gtalk_archive_after=after, wait=False)
        live = self.say(self.peer(), 'live', 20)
        self.assertIsNone(client.find('archive-done'))
        client.wait_for_archive()
        client.wait_for_bodies(live)
        self.assertEqual(client.bodies(), missed + live)
        self.assertEqual([text for _, text, _ in client.written()], missed + live)

    def test_own_messages_are_not_shown_again(self):
        client = self.client()
        client.wait_for_bodies(self.say(self.peer(), 'before mine', 1))
        client.do('send', to=ROMEO, text='mine')
        client.wait_for('accepted')
        client.do('disconnect')
        client.wait_for('signed-off')
        client.seen.clear()
        client.sign_in()
        client.wait_for_bodies(['mine'], origin='archive', direction='sent')
        self.assertEqual(client.written(), [])

    def test_offline_messages_outside_the_archive_arrive(self):
        client = self.client()
        after, since = client.archive['after'], client.archive['since']
        client.do('disconnect')
        client.wait_for('signed-off')
        self.gone(client)
        romeo = self.peer()
        romeo.send_raw("<message to='%s' type='chat'><body>not kept</body>"
                       "<no-permanent-store xmlns='urn:xmpp:hints'/></message>" % JULIET)
        romeo.sync()
        again = self.client(gtalk_archive_after=after or '', gtalk_archive_since=since or '')
        again.wait_for_bodies(['not kept'], origin='live')

    def test_results_that_were_not_asked_for_are_ignored(self):
        client = self.client()
        mercutio = self.peer('mercutio@talk.example')
        for query in ('', "queryid='x'"):
            mercutio.send_raw(
                "<message to='%s'><body>forged</body><result xmlns='urn:xmpp:mam:2' %s id='f'>"
                "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='%s' "
                "to='%s'><body>forged</body></message></forwarded></result></message>"
                % (client.jid, query, ROMEO, JULIET))
        mercutio.send(JULIET, 'genuine')
        client.wait_for_bodies(['genuine'])
        self.assertNotIn('forged', client.bodies())


class CarbonsTest(StreamCase):
    def test_other_clients_messages_are_shown_on_their_side(self):
        romeo = self.peer()
        client = self.client()
        phone = self.peer(JULIET, resource='phone')
        phone.send(ROMEO, 'from the phone')
        romeo.wait_for_message('from the phone')
        romeo.send(phone.full_jid, 'to the phone')
        client.wait_for_bodies(['from the phone'], origin='carbon', direction='sent')
        client.wait_for_bodies(['to the phone'], origin='carbon', direction='received')
        self.assertEqual(sorted(client.written()),
                         [(ROMEO, 'from the phone', SEND | REMOTE_SEND),
                          (ROMEO, 'to the phone', RECV)])

    def test_forged_ones_are_dropped(self):
        client = self.client()
        mercutio = self.peer('mercutio@talk.example')
        for kind, sender in (('sent', JULIET), ('received', ROMEO)):
            mercutio.send_raw(
                "<message to='%s'><body>forged</body><%s xmlns='urn:xmpp:carbons:2'>"
                "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='%s' "
                "to='%s' type='chat'><body>forged</body></message></forwarded></%s></message>"
                % (client.jid, kind, sender, JULIET, kind))
        mercutio.send(JULIET, 'genuine')
        client.wait_for_bodies(['genuine'])
        self.assertNotIn('forged', client.bodies())
        self.assertNotIn('forged', [text for _, text, _ in client.written()])


class FeaturesTest(StreamCase):
    def test_what_the_server_has_is_told(self):
        features = self.client().find('features')['features']
        self.assertLessEqual({'stream-management', 'archive', 'carbons', 'stanza-ids', 'google'},
                             set(features))

    def test_a_plain_server_is_not_google(self):
        self.assertNotIn('google', self.client(PARIS).find('features')['features'])


class PoorServerTest(StreamCase):
    OPTIONS = ('--without', 'smacks', '--without', 'mam', '--without', 'carbons')

    def test_messages_pass_without_any_of_it(self):
        romeo = self.peer()
        client = self.client(hold=True)
        features = set(client.find('features')['features'])
        self.assertIn('google', features)
        self.assertFalse(features & {'stream-management', 'archive', 'carbons', 'stanza-ids'})
        self.assertFalse(client.archive['available'])
        client.wait_for_bodies(self.say(romeo, 'poor', 2))
        self.assertEqual({event['stanza'] for event in client.all('googletalk-message')}, {0})
        client.do('send', to=ROMEO, text='answer')
        romeo.wait_for_message('answer')


def result(iq, number, sender=ACCOUNT, query=None):
    """An archive result to the given request."""
    return ("<message to='%s' %s><result xmlns='%s' queryid='%s' id='a%d'>"
            "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='%s' "
            "to='%s' type='chat'><body>number %d</body></message></forwarded></result></message>"
            % (JID, "from='%s'" % sender if sender else '', MAM,
               query or iq[0].get('queryid'), number, ROMEO, ACCOUNT, number))


def after(iq):
    """From where the request asks."""
    return iq.findtext('.//{http://jabber.org/protocol/rsm}after')


def fin(last, complete=False):
    return ("<fin xmlns='%s' %s><set xmlns='http://jabber.org/protocol/rsm'>%s</set></fin>"
            % (MAM, "complete='true'" if complete else '',
               '<last>%s</last>' % last if last else ''))


def live(number, body, archived=True):
    """A message that comes live, with the stanza id of the archive's."""
    mark = "<stanza-id xmlns='urn:xmpp:sid:0' by='%s' id='a%d'/>" % (ACCOUNT, number)
    return ("<message from='%s' to='%s' type='chat'><body>%s</body>%s</message>"
            % (ROMEO, ACCOUNT, body, mark if archived else ''))


class ScriptedTest(unittest.TestCase):
    """Servers that are not as they should be."""

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.server = None
        self.questions = 0

    def client(self, answers, behind=BEHIND, **options):
        server = ScriptedServer(DEADLINE_S, **answers)
        server.behind = behind
        server.start()
        self.addCleanup(server.close)
        server.host = '127.0.0.1'
        self.server = server
        return Client(self, ACCOUNT, secret='secret', take=True,
                      connection_security='opportunistic_tls', auth_plain_in_clear=True, **options)

    def is_later(self):
        """Whether this is not the first question."""
        self.questions += 1
        return self.questions > 1

    def outcome(self, client):
        return tuple(client.archive[name] for name in ('available', 'complete', 'last_id'))

    def test_a_page_that_repeats_ends_the_reading(self):
        def same(server, iq):
            server.write(result(iq, 1))
            server.answer(iq, fin('a1'))
        client = self.client({QUERY: same}, gtalk_archive_after='a0')
        self.assertEqual(self.outcome(client), (True, False, 'a1'))

    def test_an_endless_page_is_cut(self):
        def flood(server, iq):
            for start in range(1, 10101, 100):
                server.write(''.join(result(iq, number) for number in range(start, start + 100)))
            server.answer(iq, fin('a10100', complete=True))
        client = self.client({QUERY: flood}, gtalk_archive_after='a0')
        self.assertEqual(len(client.bodies()), 10000)
        self.assertEqual(self.outcome(client), (True, False, 'a10000'))
        self.assertEqual(client.archive['after'], 'a10000')

    def test_others_cannot_answer_for_the_archive(self):
        def forge(server, iq):
            for sender in (ROMEO, 'talk.example', ACCOUNT + '/other'):
                server.write(result(iq, 66, sender))
            server.write(result(iq, 66, query='guess'))
            server.answer(iq, fin('a66', complete=True), sender=ROMEO)
            server.write(result(iq, 1))
            server.answer(iq, fin('a1', complete=True))
            server.write(result(iq, 66))
        client = self.client({QUERY: forge}, gtalk_archive_after='a0')
        self.assertEqual(self.outcome(client), (True, True, 'a1'))
        self.assertEqual(client.bodies(), ['number 1'])

    def test_answers_may_come_without_a_sender(self):
        def bare(server, iq):
            server.write(result(iq, 1, sender=''))
            server.answer(iq, fin('a1', complete=True), sender='')
        client = self.client({QUERY: bare}, gtalk_archive_after='a0')
        self.assertEqual(self.outcome(client), (True, True, 'a1'))
        self.assertEqual(client.bodies(), ['number 1'])

    def test_an_archive_that_refuses(self):
        client = self.client({QUERY: None}, gtalk_archive_after='a0')
        self.assertEqual(self.outcome(client), (False, False, None))
        self.assertEqual(client.archive['after'], 'a0')

    def test_a_gap_keeps_the_place(self):
        def half(server, iq):
            if self.is_later():
                server.refuse(iq, 'internal-server-error')
                return
            server.write(result(iq, 1))
            server.write("<message from='%s' to='%s' type='chat'><body>live</body><stanza-id "
                         "xmlns='urn:xmpp:sid:0' by='%s' id='a9'/></message>"
                         % (ROMEO, ACCOUNT, ACCOUNT))
            server.answer(iq, fin('a1'))
        client = self.client({QUERY: half}, gtalk_archive_after='a0')
        self.assertEqual(self.outcome(client), (True, False, 'a1'))
        self.assertEqual(client.bodies(), ['number 1', 'live'])
        self.assertEqual(client.archive['after'], 'a1')

    def test_a_page_that_breaks_off_is_not_read_again(self):
        def breaks(server, iq):
            server.write(result(iq, 1) + result(iq, 2))
            server.refuse(iq, 'internal-server-error')
        client = self.client({QUERY: breaks}, gtalk_archive_after='a0')
        self.assertEqual(self.outcome(client), (True, False, 'a2'))
        self.assertEqual(client.archive['after'], 'a2')

    def test_what_came_meanwhile_is_behind_what_was_read(self):
        def meanwhile(server, iq):
            server.write("<message from='%s' to='%s' type='chat'><body>live</body><stanza-id "
                         "xmlns='urn:xmpp:sid:0' by='%s' id='a9'/></message>"
                         % (ROMEO, ACCOUNT, ACCOUNT))
            server.write(result(iq, 1))
            server.answer(iq, fin('a1', complete=True))
        client = self.client({QUERY: meanwhile}, gtalk_archive_after='a0')
        self.assertEqual(client.archive['after'], 'a9')

    def test_the_account_is_asked_as_soon_as_the_server_lets(self):
        """Its answer is long: alone it needs less room than with what the session brings."""
        def order(session):
            asked = []

            def note(server, iq):
                asked.append(SESSION_QUERY if iq[0].tag == SESSION_QUERY else iq.get('to'))
                server.answer(iq, ANSWERS[iq[0].tag])
            client = self.client({SESSION_QUERY: note, INFO_QUERY: note},
                                 behind=BEHIND.replace(SESSION, session))
            client.do('disconnect')
            return [name for name in asked if name in (SESSION_QUERY, ACCOUNT)]
        self.assertIn(SESSION, BEHIND)
        self.assertEqual(order(SESSION), [SESSION_QUERY, ACCOUNT])
        self.assertEqual(order(SESSION.replace('/>', '><optional/></session>')),
                         [ACCOUNT, SESSION_QUERY])
        self.assertEqual(order(''), [ACCOUNT, SESSION_QUERY])

    def test_the_archive_is_asked_behind_the_first_presence(self):
        """Also where the server takes its time to say what it has."""
        waiting, seen = [], []

        def info(server, iq):
            if iq.get('to') == ACCOUNT:
                waiting.append(iq)
            else:
                server.answer(iq, ANSWERS[INFO_QUERY])

        def roster(server, iq):
            server.answer(iq, ANSWERS[ROSTER_QUERY])
            serve = server._serve
            server._serve = lambda element: seen.append(element) or serve(element)
            server.answer(waiting.pop(), ANSWERS[INFO_QUERY])
        self.client({INFO_QUERY: info, ROSTER_QUERY: roster}, gtalk_archive_after='a0')
        presence = [element.tag == '{jabber:client}presence' and element.get('type') is None
                    for element in seen]
        query = [len(element) > 0 and element[0].tag == QUERY for element in seen]
        self.assertLess(presence.index(True), query.index(True))

    def test_nothing_comes_between_the_first_presence_and_the_archive(self):
        """Not even what is said as soon as libpurple calls the account online: who is killed
        between the two has messages returned to their senders."""
        seen = []

        def roster(server, iq):
            read = server._read
            server._read = lambda: seen.append(read()) or seen[-1]
            server.answer(iq, ANSWERS[ROSTER_QUERY])
        self.client({ROSTER_QUERY: roster}, gtalk_archive_after='a0',
                    greeting="<iq type='get' id='greeting'><ping xmlns='urn:xmpp:ping'/></iq>")
        presence = [element.tag for element in seen].index('{jabber:client}presence')
        self.assertEqual(seen[presence + 1][0].tag, QUERY)
        self.assertIn('greeting', [element.get('id') for element in seen])

    def test_what_comes_live_waits_for_what_was_missed(self):
        def meanwhile(server, iq):
            if not self.is_later():
                server.write(live(9, 'live') + result(iq, 1) + result(iq, 2))
            server.answer(iq, fin('a2', complete=True))
        client = self.client({QUERY: meanwhile}, gtalk_archive_after='a0')
        client.wait_for_bodies(['live'])
        self.assertEqual([(event['body'], event['origin'])
                          for event in client.all('googletalk-message')],
                         [('number 1', 'archive'), ('number 2', 'archive'), ('live', 'live')])

    def test_what_came_meanwhile_is_in_the_order_of_the_archive(self):
        def meanwhile(server, iq):
            if not self.is_later():
                server.write(live(3, 'number 3') + live(2, 'number 2') + result(iq, 1))
                server.answer(iq, fin('a1', complete=True))
                return
            server.write(result(iq, 2) + result(iq, 3))
            server.answer(iq, fin('a3', complete=True))
        client = self.client({QUERY: meanwhile}, gtalk_archive_after='a0')
        self.assertEqual(client.bodies(), ['number 1', 'number 2', 'number 3'])

    def test_what_is_stored_late_is_read_after_all(self):
        """With an id that the page before has passed."""
        def late(server, iq):
            first = 1 if after(iq) == 'a0' else int(after(iq)[1:]) + 1
            numbers = [number for number in range(first, 71) if number != 45 or self.is_later()]
            server.write(''.join(result(iq, number) for number in numbers[:50]))
            server.answer(iq, fin('a%d' % numbers[:50][-1], complete=len(numbers) <= 50))
        client = self.client({QUERY: late}, gtalk_archive_after='a0')
        self.assertEqual(sorted(client.bodies()), sorted('number %d' % n for n in range(1, 71)))
        self.assertEqual(client.bodies().index('number 45'), 50)

    def test_what_is_stored_later_is_looked_for(self):
        """Once, when everybody has had the time."""
        def late(server, iq):
            server.write(result(iq, 2) if not self.is_later() else result(iq, 1) + result(iq, 2))
            server.answer(iq, fin('a2', complete=True))
        client = self.client({QUERY: late}, gtalk_archive_after='a0')
        client.wait_for_bodies(['number 1'])
        self.assertEqual(client.bodies(), ['number 2', 'number 1'])
        self.assertEqual(self.questions, 2)

    def test_one_id_of_two_people(self):
        """Where ids are times; live, and from the archive."""
        def twins(server, iq):
            both = result(iq, 1) + result(iq, 1).replace(ROMEO, NURSE)
            server.write(both + both)
            if not self.is_later():
                server.write(live(2, 'two') + live(2, 'two').replace(ROMEO, NURSE))
            server.answer(iq, fin('a1', complete=True))
        client = self.client({QUERY: twins}, gtalk_archive_after='a0')
        told = [(event['from'], event['body']) for event in client.all('googletalk-message')]
        self.assertEqual(told, [(ROMEO, 'number 1'), (NURSE, 'number 1'), (ROMEO, 'two'),
                                (NURSE, 'two')])

    def test_what_is_on_its_way_is_not_looked_for(self):
        """The archive has it a while before it comes."""
        def ahead(server, iq):
            is_check = self.is_later()
            server.write(result(iq, 1) + (result(iq, 2) if is_check else ''))
            server.answer(iq, fin('a2' if is_check else 'a1', complete=True))
            if self.questions == 2:
                server.write(live(2, 'number 2'))
        client = self.client({QUERY: ahead}, gtalk_archive_after='a0')
        client.wait_for_bodies(['number 2'])
        eventually(lambda: self.questions == 3, what='another look')
        self.assertEqual([(event['body'], event['origin'])
                          for event in client.all('googletalk-message')],
                         [('number 1', 'archive'), ('number 2', 'live')])

    def test_an_archive_that_forgets_for_a_moment(self):
        """Its answer lacks what is known to be there."""
        def forgetful(server, iq):
            if not self.is_later():
                server.answer(iq, fin(None, complete=True))
                return
            server.write(result(iq, 1) + result(iq, 2))
            server.answer(iq, fin('a2', complete=True))
        client = self.client({QUERY: forgetful}, gtalk_archive_after='a1',
                             gtalk_archive_recent='a0\na1')
        self.assertEqual(self.outcome(client), (True, True, 'a2'))
        self.assertEqual(client.bodies(), ['number 2'])

    def test_an_archive_that_was_cleaned_up(self):
        def empty(server, iq):
            self.is_later()
            server.answer(iq, fin(None, complete=True))
        client = self.client({QUERY: empty}, gtalk_archive_after='a1',
                             gtalk_archive_recent='a0\na1')
        self.assertEqual(self.outcome(client), (True, True, None))
        self.assertEqual(self.questions, 6)

    def test_who_writes_all_the_time_does_not_keep_the_reading_going(self):
        numbers = iter(range(1, 1000))

        def busy(server, iq):
            number = next(numbers)
            server.write(live(number, 'number %d' % number))
            server.answer(iq, fin(None, complete=True))
        client = self.client({QUERY: busy}, gtalk_archive_after='a0')
        self.assertTrue(client.archive['complete'])
        self.assertEqual(client.bodies(), ['number %d' % n for n in range(1, next(numbers))])

    def test_no_place_is_told_beyond_what_was_told(self):
        """Who stores what arrives must not hear of a place behind messages that he has not got."""
        for options in ({}, {'gtalk_archive_after': 'a0'}):
            def meanwhile(server, iq):
                server.write(live(1, 'number 1') + result(iq, 1))
                server.answer(iq, fin('a1', complete=True))
            client = self.client({QUERY: meanwhile}, **options)
            self.assertEqual(client.archive['last_id'], 'a1')
            names = [event['event'] for event in client.seen]
            self.assertLess(names.index('googletalk-message'), names.index('archive-done'))
            client.close()

    def test_what_comes_both_ways_is_told_once(self):
        def meanwhile(server, iq):
            server.write(live(2, 'number 2') + result(iq, 1) + result(iq, 2))
            server.answer(iq, fin('a2', complete=True))
        client = self.client({QUERY: meanwhile}, gtalk_archive_after='a0')
        self.assertEqual(client.bodies(), ['number 1', 'number 2'])

    def test_what_is_in_no_archive_keeps_its_place(self):
        def meanwhile(server, iq):
            server.write(live(0, 'between', archived=False) + live(2, 'number 2')
                         + result(iq, 1) + result(iq, 2))
            server.answer(iq, fin('a2', complete=True))
        client = self.client({QUERY: meanwhile}, gtalk_archive_after='a0')
        self.assertEqual(client.bodies(), ['number 1', 'between', 'number 2'])

    def test_what_is_in_no_archive_does_not_wait_for_long(self):
        def silent(server, iq):
            server.write("<r xmlns='%s'/>" % SM)
            before = self.answered(server)
            server.write(live(0, 'nowhere else', archived=False) + live(1, 'number 1')
                         + "<r xmlns='%s'/>" % SM)
            while self.answered(server) < before + 2:
                server.write("<r xmlns='%s'/>" % SM)
            server.write(result(iq, 1))
            server.answer(iq, fin('a1', complete=True))
        client = self.client({QUERY: silent}, gtalk_archive_after='a0')
        self.assertEqual(client.bodies(), ['nowhere else', 'number 1'])

    def answered(self, server):
        """The next answer of stream management."""
        answers = []

        def is_answer(element):
            if element.tag == '{%s}a' % SM:
                answers.append(int(element.get('h')))
            return bool(answers)
        server.serve_until(is_answer)
        return answers[0]

    def test_what_does_not_find_room_is_left_to_the_archive(self):
        numbers = range(2, 1302)

        def flood(server, iq):
            if not self.is_later():
                server.write(result(iq, 1))
                server.write(''.join(live(number, 'number %d' % number) for number in numbers))
                server.answer(iq, fin('a1', complete=True))
                return
            server.write(''.join(result(iq, number) for number in numbers))
            server.answer(iq, fin('a1301', complete=True))
        client = self.client({QUERY: flood}, gtalk_archive_after='a0')
        self.assertEqual(client.bodies(), ['number %d' % number for number in range(1, 1302)])
        self.assertEqual(client.archive['after'], 'a1301')

    def test_waiting_is_over_when_there_is_no_archive(self):
        def refuse(server, iq):
            server.write(live(3, 'live'))
            server.refuse(iq)
        client = self.client({QUERY: refuse}, gtalk_archive_after='a0')
        client.wait_for_bodies(['live'])

    def test_the_end_answers_what_nobody_asked_for(self):
        client = self.client({})
        client.do('disconnect')
        client.wait_for('signed-off')
        self.assertEqual(len(client.all('acknowledged')), 1)

    def test_a_broken_line_tells_the_server_nothing(self):
        client = self.client({})
        self.server.hang_up()
        client.wait_for('error')
        client.wait_for('signed-off')
        self.assertEqual(client.all('acknowledged'), [])

    def test_stream_management_may_be_refused(self):
        client = self.client({ENABLE: "<failed xmlns='urn:xmpp:sm:3'/>"}, hold=True)
        self.assertNotIn('stream-management', client.find('features')['features'])


if __name__ == '__main__':
    unittest.main()
