# SPDX-License-Identifier: GPL-2.0-or-later
"""gtalk-bridge-host against a real Prosody, with a daemon that is a script."""

import os
import pathlib
import signal
import socket
import struct
import sys
import threading
import unittest

from gi.repository import GLib

from harness import Prosody, Scratch, XmppPeer, eventually
from harness.process import children_of, is_alive
from harness.scripted_daemon import (HostError, ScriptedDaemon, ScriptedTemplate, host_environment,
                                     spawn_with_link)

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'
PARIS = 'paris@plain.example'

TRICKY_TEXTS = [
    ' leading and trailing  ',
    'two\nlines\n\n and a\ttab',
    '<b>not bold</b> &amp; &lt; &#65; "quotes" \'single\'',
    '<html><body><br/></body></html>',
    '/me waves',
    'https://example.org/?a=1&b=<2>',
    '\U0001f600 \U0001f468‍\U0001f469‍\U0001f467',
    'שלום ‮abc‬ سلام',
    'no-break space',
]


class HostCase(unittest.TestCase):
    """One server for the class, a host for each test."""

    SERVER_OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        cls.class_scratch = Scratch()
        cls.addClassCleanup(cls.class_scratch.close)
        cls.server = Prosody(cls.class_scratch / 'server', *cls.SERVER_OPTIONS)
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.server.reset()
        self.server.reset('talk.example')

    def start_host(self, **options):
        options.setdefault('ca_directory', self.server.ca_directory)
        daemon = ScriptedDaemon.start(self.scratch, **options)
        self.addCleanup(self.show_log, daemon)
        self.addCleanup(daemon.close)
        return daemon

    def show_log(self, daemon):
        result = self._outcome.result
        if any(test is self for test, _ in result.failures + result.errors):
            print('---- %s: host\n%s' % (self.id(), daemon.log()), file=sys.stderr)

    def sign_in(self, daemon, jid=JULIET, account='a1', credential=None, **settings):
        daemon.sign_in(account, jid, credential or self.server.token(jid), self.server,
                       **settings)
        daemon.wait_for_state('online', account)
        daemon.wait_for('archive-done', account=account)

    def peer(self, jid, **more):
        peer = XmppPeer(self.server, jid, **more)
        self.addCleanup(peer.close)
        return peer


class SignInTest(HostCase):
    def test_with_a_token(self):
        host = self.start_host()
        self.sign_in(host)
        states = [event.data for event in host.snapshot('state')]
        self.assertEqual([state['state'] for state in states], ['connecting', 'online'])
        self.assertRegex(states[1]['bound-jid'], r'^juliet@talk\.example/.+')
        features = host.snapshot('features')[0].data['features']
        for feature in ('stream-management', 'archive', 'carbons', 'stanza-ids'):
            self.assertIn(feature, features)
        session, = self.server.sessions(JULIET)
        self.assertEqual(session['priority'], 0)
        self.assertTrue(session['carbons'])
        numbers = [event.number for event in host.snapshot()]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))

    def test_with_a_password(self):
        host = self.start_host()
        self.sign_in(host, PARIS, credential=self.server.password(PARIS), mechanism='password')

    def test_over_direct_tls(self):
        host = self.start_host()
        self.sign_in(host, security='direct', port=self.server.direct_tls_port)

    def test_wrong_token(self):
        host = self.start_host()
        host.sign_in('a1', JULIET, 'no-such-token', self.server)
        offline = host.wait_for_state('offline')
        self.assertEqual(offline['reason'], 'credentials-refused')
        self.assertTrue(offline['detail'])
        self.assertNotIn('no-such-token', offline['detail'])

    def test_two_accounts_with_one_address(self):
        """The same JID at another endpoint is another account."""
        host = self.start_host()
        self.sign_in(host, account='a1', resource='one')
        host.sign_in('a2', JULIET, 'no-such-token', self.server)
        self.assertEqual(host.wait_for_state('offline', 'a2')['reason'], 'credentials-refused')
        self.sign_in(host, account='a3', resource='two')
        self.assertEqual(host.probe()['accounts'], 2)

    def test_sign_out_and_in_again(self):
        host = self.start_host()
        for _ in range(3):
            self.sign_in(host)
            host.sign_out('a1')
            last = host.snapshot()[-1]
            self.assertEqual((last.type, last.data['state'], last.data['reason']),
                             ('state', 'offline', 'signed-out'))
            eventually(lambda: not self.server.sessions(JULIET))
            with host.lock:
                host.events.clear()
        self.assertEqual(host.probe()['accounts'], 0)
        host.sign_out('a1')
        host.sign_out('never-seen')

    def test_sign_out_while_connecting(self):
        self.server.switch('fault', 'silent@auth', 'talk.example')
        host = self.start_host()
        host.sign_in('a1', JULIET, self.server.token(JULIET), self.server)
        host.sign_out('a1')
        self.assertEqual(host.snapshot()[-1].data['reason'], 'signed-out')

    def test_nothing_on_disk(self):
        host = self.start_host()
        self.sign_in(host)
        host.close()
        left = [path for path in pathlib.Path(self.scratch.path).rglob('*') if path.is_file()]
        self.assertEqual([path.name for path in left], ['host.log'])

    def test_nothing_of_it_can_be_read(self):
        host = self.start_host()
        self.sign_in(host)
        log = host.log()
        self.assertNotIn(self.server.token(JULIET), log)
        self.assertEqual(os.stat('/proc/%d/mem' % host.process.pid).st_uid, 0)
        limits = pathlib.Path('/proc/%d/limits' % host.process.pid).read_text()
        self.assertRegex(limits, r'Max core file size\s+0\s+0')
        self.assertRegex(limits, r'Max open files\s+(\d+)\s+\1\s')

    def test_debug_output_has_no_secret(self):
        host = self.start_host(debug=True)
        self.sign_in(host)
        peer = self.peer(ROMEO)
        peer.send(JULIET, 'the nightingale')
        host.wait_for('message')
        self.assertIn('connection', host.log())
        self.assertNotIn(self.server.token(JULIET), pathlib.Path(host.log_path).read_text())
        self.assertNotIn('nightingale', pathlib.Path(host.log_path).read_text())


class TroubleTest(HostCase):
    """Each kind of trouble has its reason."""

    def ends(self, reason, jid=JULIET, credential='x', host=None, **settings):
        host = host or self.start_host()
        host.sign_in('a1', jid, credential, self.server, **settings)
        offline = host.wait_for_state('offline')
        self.assertEqual(offline['reason'], reason, offline)
        return offline

    def test_certificates(self):
        for domain, words in (('selfsigned.example', 'itself'), ('expired.example', 'expired'),
                              ('wrongname.example', 'not issued')):
            with self.subTest(domain):
                jid = 'benvolio@' + domain
                offline = self.ends('certificate-refused', jid, self.server.password(jid),
                                    mechanism='password')
                self.assertIn(words, offline['detail'])
                self.assertFalse(self.server.sessions(jid))

    def test_unknown_authority(self):
        host = self.start_host(ca_directory='')
        offline = self.ends('certificate-refused', credential=self.server.token(JULIET),
                            host=host)
        self.assertIn('authority', offline['detail'])
        host.configure(ca_directory=self.server.ca_directory)
        self.sign_in(host, account='trusted')

    def test_pins(self):
        jid = 'benvolio@selfsigned.example'
        good = self.server.fingerprint('selfsigned.example')
        host = self.start_host(ca_directory='')
        host.sign_in('good', jid, self.server.password(jid), self.server, mechanism='password',
                     pins=['00' * 32, good])
        host.wait_for_state('online', 'good')
        bad = host.sign_in('bad', JULIET, self.server.token(JULIET), self.server, pins=[good])
        self.assertIsNone(bad)
        offline = host.wait_for_state('offline', 'bad')
        self.assertEqual(offline['reason'], 'certificate-refused')
        self.assertIn('pinned', offline['detail'])

    def test_nobody_listens(self):
        with socket.create_server(('127.0.0.1', 0)) as closed:
            port = closed.getsockname()[1]
        host = self.start_host()
        self.ends('unreachable', host=host, port=port)
        self.assertEqual(host.probe()['accounts'], 0)

    def test_no_such_domain(self):
        """By DNS, which knows neither the service nor the name."""
        host = self.start_host()
        host.sign_in('a1', 'juliet@talk.invalid', 'x')
        self.assertEqual(host.wait_for_state('offline')['reason'], 'unreachable')
        self.assertEqual(host.probe()['accounts'], 0)

    def test_broken_off(self):
        for stage in ('header', 'starttls', 'proceed', 'auth'):
            with self.subTest(stage):
                self.server.switch('fault', 'close@' + stage, 'talk.example')
                self.ends('unreachable', credential=self.server.token(JULIET))
        self.server.switch('fault', 'none', 'talk.example')

    def test_server_ends_the_stream(self):
        host = self.start_host()
        self.sign_in(host)
        self.server.control('kick', jid=JULIET, how='close')
        self.assertEqual(host.wait_for_state('offline')['reason'], 'server')
        self.assertEqual(host.probe()['accounts'], 0)

    def test_another_client_takes_the_resource_over(self):
        host = self.start_host()
        self.sign_in(host)
        self.server.control('kick', jid=JULIET, how='conflict')
        self.assertEqual(host.wait_for_state('offline')['reason'], 'conflict')

    def test_dead_link(self):
        host = self.start_host(dead_after=4)
        host.sign_in('a1', JULIET, self.server.token(JULIET), self.server)
        host.wait_for_state('online')
        os.kill(self.server.description['pid'], signal.SIGSTOP)
        try:
            offline = host.wait_for_state('offline')
        finally:
            os.kill(self.server.description['pid'], signal.SIGCONT)
        self.assertEqual(offline['reason'], 'unreachable')

    def test_a_quiet_link_is_not_dead(self):
        self.server.control('trace', mode='full')
        self.addCleanup(self.server.control, 'trace', mode='off')
        host = self.start_host(dead_after=10)
        self.sign_in(host)
        # Three silences that each ended with a ping and its answer.
        eventually(lambda: sum('gtalk-bridge-ping' in str(entry) for entry in self.server.trace())
                   >= 6, deadline=120)
        self.assertEqual(host.snapshot('state')[-1].data['state'], 'online')

    def test_a_room_that_has_forgotten_us(self):
        """It says nothing, so it is asked by and by; one that knows us is not left for that."""
        host = self.start_host(dead_after=4)
        self.sign_in(host, JULIET)
        rooms = ['%s@conference.plain.example' % name for name in ('forgets', 'remembers')]
        for room in rooms:
            self.enter(host, room)
        self.server.control('room-forget', room=rooms[0], jid=JULIET)
        left = host.wait_for('room-left').data
        self.assertEqual((left['jid'], left['reason']), (rooms[0], 'disconnected'))
        self.enter(host, rooms[0])
        eventually(lambda: [event.data['nick'] for event in host.snapshot('room-member')
                            if event.data['jid'] == rooms[0]] == ['juliet', 'juliet'],
                   what='entered twice')
        self.assertEqual(len(host.snapshot('room-left')), 1)

    def test_an_answer_names_the_news_it_rests_on(self):
        host = self.start_host()
        self.sign_in(host, JULIET)
        host.wait_for('roster-done')
        peer = self.peer(ROMEO)
        host.hold()
        room = 'verona@conference.plain.example'
        for count in range(1, 5):  # the window, a batch each
            peer.send(JULIET, 'x')
            eventually(lambda: len(host.waiting) >= count, what='another batch')
        answer, after = self.join(host, room)
        self.assertEqual(answer['nick'], 'juliet', answer)
        self.assertFalse(host.snapshot('room-joined'))
        self.assertGreater(after, host.snapshot()[-1].number)
        host.answer()
        self.assertLessEqual(host.wait_for('room-joined').number, after)

    def test_a_room_is_entered_for_who_asked_last(self):
        host = self.start_host()
        self.sign_in(host, JULIET)
        answers = []

        def ask():
            try:
                answers.append(self.join(host, 'twice@conference.plain.example')[0]['nick'])
            except HostError as error:
                answers.append(error.name)
        threads = [threading.Thread(target=ask) for _ in range(2)]
        os.kill(self.server.description['pid'], signal.SIGSTOP)
        try:
            for thread in threads:
                thread.start()
            eventually(lambda: answers, what='one of them')
        finally:
            os.kill(self.server.description['pid'], signal.SIGCONT)
        for thread in threads:
            thread.join()
        self.assertEqual(answers, ['NotOnline', 'juliet'])

    def join(self, host, room):
        return host.call('Request', '(ssa{sv})', 'a1', 'room-join',
                         {'jid': GLib.Variant('s', room)})

    def enter(self, host, room):
        answer, _ = self.join(host, room)
        self.assertEqual(answer['nick'], 'juliet', answer)

    def test_bad_calls(self):
        host = self.start_host()
        self.sign_in(host)
        calls = [
            ('Exists', lambda: host.sign_in('a1', JULIET, 'x', self.server)),
            ('Invalid', lambda: host.sign_in('', JULIET, 'x', self.server)),
            ('Invalid', lambda: host.sign_in('b', JULIET, '', self.server)),
            ('Invalid', lambda: host.sign_in('b', JULIET, 'x' * 40000, self.server)),
            ('Invalid', lambda: host.sign_in('b', JULIET, 'x', self.server, protocol='irc')),
            ('UnknownAccount', lambda: host.send('b', 'i', ROMEO, 'x')),
            ('Invalid', lambda: host.send('a1', '', ROMEO, 'x')),
            ('Invalid', lambda: host.send('a1', 'i', '', 'x')),
            ('Invalid', lambda: host.send('a1', 'i', 'a@b@c/', 'x')),
            ('Invalid', lambda: host.send('a1', 'i', ROMEO, '')),
            ('Invalid', lambda: host.send('a1', 'i', ROMEO, 'bell\x07')),
            ('Invalid', lambda: host.send('a1', 'i', ROMEO, 'x' * 300000)),
        ]
        for name, call in calls:
            with self.subTest(name):
                with self.assertRaises(HostError) as caught:
                    call()
                self.assertEqual(caught.exception.name, name)
        self.assertEqual(host.probe()['accounts'], 1)

    def test_not_online_yet(self):
        self.server.switch('fault', 'silent@auth', 'talk.example')
        host = self.start_host()
        host.sign_in('a1', JULIET, self.server.token(JULIET), self.server)
        with self.assertRaises(HostError) as caught:
            host.send('a1', 'i', ROMEO, 'x')
        self.assertEqual(caught.exception.name, 'NotOnline')


class RosterTest(HostCase):
    def test_groups_are_the_server_s(self):
        host = self.start_host()
        self.sign_in(host)
        host.wait_for('roster-done')
        types = [event.type for event in host.snapshot()]
        self.assertLess(types.index('state'), types.index('contact'))
        last_contact = len(types) - 1 - types[::-1].index('contact')
        self.assertLess(last_contact, types.index('roster-done'))
        contacts = {event.data['jid']: event.data for event in host.snapshot('contact')}
        self.assertEqual(contacts[ROMEO], {'jid': ROMEO, 'name': 'Romeo', 'groups': ['Verona'],
                                           'subscription': 'both', 'ask': False})
        for data in contacts.values():
            self.assertEqual(data['groups'], ['Verona'])

    def test_who_is_not_to_be_shown_is_no_contact(self):
        def attributes(jid, **values):
            self.server.control('roster-attributes', user='juliet', domain='talk.example',
                                jid=jid, attributes=values)
        for jid, kind in ((NURSE, 'H'), (ROMEO, 'P')):
            attributes(jid, t=kind)
            self.addCleanup(attributes, jid)
        host = self.start_host()
        self.sign_in(host)
        host.wait_for('roster-done')
        contacts = {event.data['jid']: event.data for event in host.snapshot('contact')}
        self.assertNotIn(NURSE, contacts, 'hidden')
        self.assertNotIn('friar@verona.example', contacts, 'of the address book')
        self.assertEqual(contacts[ROMEO]['groups'], ['Verona'])
        attributes(ROMEO, t='H')
        host.wait_for('contact-removed', lambda data: data['jid'] == ROMEO)
        attributes(ROMEO)
        told = eventually(lambda: [event for event in host.snapshot('contact')
                                   if event.data['jid'] == ROMEO][1:], what='shown again')
        self.assertEqual(told[0].data['groups'], ['Verona'])

    def test_changes_by_another_client(self):
        host = self.start_host()
        self.sign_in(host)
        other = self.peer(JULIET, resource='phone')
        groups = ['Friends & <foes>', 'Verona', 'second']
        other.call(lambda client: client.update_roster('tybalt@talk.example', name='T "x"',
                                                       groups=groups))
        changed = host.wait_for('contact', lambda data: data['jid'] == 'tybalt@talk.example')
        self.assertEqual(sorted(changed.data['groups']), sorted(groups))
        self.assertEqual(changed.data['name'], 'T "x"')
        other.call(lambda client: client.del_roster_item('tybalt@talk.example'))
        host.wait_for('contact-removed', lambda data: data['jid'] == 'tybalt@talk.example')

    def test_presence(self):
        host = self.start_host()
        self.sign_in(host)
        peer = self.peer(ROMEO, resource='orchard')
        seen = host.wait_for('presence', lambda data: data['jid'] == ROMEO and
                             data['show'] == 'available')
        self.assertTrue(seen.data['resource'].startswith('orchard'))
        peer.call(lambda client: client.send_presence(pshow='dnd', pstatus='a < b', ppriority=7))
        seen = host.wait_for('presence', lambda data: data['show'] == 'dnd')
        self.assertEqual((seen.data['status'], seen.data['priority']), ('a < b', 7))
        peer.close()
        host.wait_for('presence', lambda data: data['jid'] == ROMEO and data['resource'] and
                      data['show'] == 'unavailable')


class MessageTest(HostCase):
    def test_exact_texts_both_ways(self):
        host = self.start_host()
        self.sign_in(host)
        peer = self.peer(ROMEO)
        for index, text in enumerate(TRICKY_TEXTS):
            with self.subTest(text):
                host.send('a1', 'out-%d' % index, ROMEO, text)
                arrived = peer.wait_for_message(text)
                self.assertEqual(arrived.id, 'out-%d' % index)
                self.assertIsNone(arrived.stanza.xml.find(
                    '{http://jabber.org/protocol/xhtml-im}html'))
                name = peer.send(JULIET, text)
                received = host.wait_for('message', lambda data, name=name: data['id'] == name)
                self.assertEqual(received.data['body'], text)
                self.assertFalse(received.data['sent'])
                self.assertEqual(received.data['origin'], 'live')
                self.assertTrue(received.data['from'].startswith(ROMEO + '/'))

    def test_accepted_and_failed(self):
        host = self.start_host()
        self.sign_in(host)
        host.send('a1', 'good', NURSE, 'hello')
        host.wait_for('message-status', lambda data: data['id'] == 'good' and
                      data['status'] == 'accepted')
        host.send('a1', 'bad', 'nobody@nowhere.invalid', 'hello')
        failed = host.wait_for('message-status', lambda data: data['id'] == 'bad' and
                               data['status'] == 'failed')
        self.assertTrue(failed.data['reason'])

    def test_sent_by_another_client(self):
        host = self.start_host()
        self.sign_in(host)
        other = self.peer(JULIET, resource='phone')
        other.send(ROMEO, 'from the phone')
        copy = host.wait_for('message', lambda data: data['body'] == 'from the phone')
        self.assertEqual((copy.data['sent'], copy.data['origin']), (True, 'carbon'))

    def test_probe(self):
        host = self.start_host()
        self.sign_in(host)
        before = host.probe()
        self.assertGreater(before['private-bytes'], 100000)
        self.peer(ROMEO).send(JULIET, 'now')
        host.wait_for('message')
        self.assertGreater(host.probe()['last-traffic']['a1'], before['last-traffic']['a1'])


class DurabilityTest(HostCase):
    def acknowledged(self, host):
        return max([event.data['stanza'] for event in host.snapshot('acknowledged')], default=0)

    def test_not_acknowledged_before_it_is_durable(self):
        host = self.start_host()
        self.sign_in(host)
        peer = self.peer(ROMEO)
        host.wait_for('presence', lambda data: data['show'] == 'available')
        host.hold()
        name = peer.send(JULIET, 'keep me')
        held = host.wait_for('message', lambda data: data['id'] == name).data['stanza']
        self.assertGreater(held, 0)
        # The ping's answer is a stanza behind it; the server asks for an acknowledgement again.
        peer.sync()
        self.assertLess(self.acknowledged(host), held)
        host.answer()
        eventually(lambda: self.acknowledged(host) >= held)

    def test_comes_again_when_it_was_not(self):
        host = self.start_host()
        self.sign_in(host)
        peer = self.peer(ROMEO)
        host.hold()
        names = [peer.send(JULIET, 'message %d' % index) for index in range(5)]
        for name in names:
            host.wait_for('message', lambda data, name=name: data['id'] == name)
        host.process.kill()
        host.close()
        second = self.start_host(name='second')
        second.sign_in('a1', JULIET, self.server.token(JULIET), self.server, since=1)
        for name in names:
            second.wait_for('message', lambda data, name=name: data['id'] == name)
        self.assertEqual(peer.errors, [])

    def test_refused_events_end_the_host(self):
        host = self.start_host()
        self.sign_in(host)
        host.hold()
        self.peer(ROMEO).send(JULIET, 'too much')
        host.wait_for('message')
        host.refuse()
        host.process.wait(60)

    def test_senseless_answers_end_the_host(self):
        for octets in (struct.pack('=Q', 4711), b'short', b'far too long'):
            with self.subTest(octets):
                host = self.start_host()
                self.sign_in(host)
                host.tell(octets)
                self.assertEqual(host.process.wait(60), 0)

    def test_there_is_one_socket_of_events(self):
        host = self.start_host()
        with self.assertRaises(HostError) as refused:
            host.open_events()
        self.assertEqual(refused.exception.name, 'Exists')
        self.sign_in(host)

    def test_reading_stops_while_the_daemon_is_full(self):
        host = self.start_host()
        self.sign_in(host)
        peer = self.peer(ROMEO)
        host.hold()
        total = 3000
        peer.call(lambda client: [client.send_message(JULIET, 'flood %d' % index, mtype='chat')
                                  for index in range(total)] and None)
        peer.sync()
        eventually(lambda: len(host.waiting) == 4)
        # A turn of the main loop is behind it: what it wants to say it has said.
        for _ in range(20):
            host.probe()
        self.assertEqual(len(host.waiting), 4)
        self.assertLessEqual(max(host.deliveries), 100)
        self.assertLess(len(host.snapshot('message')), total)
        host.answer()
        eventually(lambda: len(host.snapshot('message')) == total)
        bodies = [event.data['body'] for event in host.snapshot('message')]
        self.assertEqual(bodies, ['flood %d' % index for index in range(total)])


class RestraintTest(HostCase):
    SERVER_OPTIONS = ('--without', 'mam')

    def sign_in(self, daemon, jid=JULIET, account='a1'):
        daemon.sign_in(account, jid, self.server.token(jid), self.server)
        daemon.wait_for('features', account=account)

    def test_acknowledges_at_once_beside_another_client(self):
        host = self.start_host()
        self.sign_in(host)
        self.assertNotIn('archive', host.snapshot('features')[0].data['features'])
        peer = self.peer(ROMEO)
        host.hold()
        first = peer.send(JULIET, 'alone')
        held = host.wait_for('message', lambda data: data['id'] == first).data['stanza']
        peer.sync()
        self.assertFalse([event for event in host.snapshot('acknowledged')
                          if event.data['stanza'] >= held])
        host.answer()
        other = self.peer(JULIET, resource='phone')
        host.wait_for('features', lambda data: 'best-effort-durability' in data['features'])
        host.hold()
        second = peer.send(JULIET, 'in company')
        stanza = host.wait_for('message', lambda data: data['id'] == second).data['stanza']
        host.wait_for('acknowledged', lambda data: data['stanza'] >= stanza)
        host.answer()
        other.close()
        eventually(lambda: 'best-effort-durability' not in
                   host.snapshot('features')[-1].data['features'])


class LifeTest(HostCase):
    def test_ends_with_the_daemon(self):
        host = self.start_host()
        self.sign_in(host)
        host.connection.close_sync(None)
        self.assertEqual(host.process.wait(60), 0)

    def test_signals_are_for_the_daemon(self):
        host = self.start_host()
        self.sign_in(host)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            host.process.send_signal(number)
        self.assertEqual(host.probe()['accounts'], 1)

    def test_says_what_it_is_when_started_by_hand(self):
        with open(self.scratch / 'log', 'wb') as log:
            nothing, other = socket.socketpair()
            with nothing:
                process = spawn_with_link(['/bin/bash', '-c', 'exec "$0" 3<&-',
                                           ScriptedDaemon.program()], other,
                                          host_environment(self.scratch), log)
                self.assertEqual(process.wait(60), 2)
        self.assertIn('started by gtalk-bridge', (self.scratch / 'log').read_text())

    def test_without_the_plugin(self):
        environment = host_environment(self.scratch)
        environment['GTALK_PLUGIN_PATH'] = str(self.scratch / 'home')
        host = self.start_host(environment=environment)
        host.sign_in('a1', JULIET, self.server.token(JULIET), self.server)
        state = host.wait_for('state', lambda data: data['state'] in ('online', 'offline')).data
        if state['state'] == 'online':
            self.skipTest('the plugin is installed in this system')
        self.assertEqual(state['reason'], 'unsupported')
        self.assertIn('not installed', state['detail'])

    def test_template(self):
        template = ScriptedTemplate(self.scratch)
        self.addCleanup(template.close)
        hosts = [template.spawn(ca_directory=self.server.ca_directory) for _ in range(2)]
        for pid, host in hosts:
            self.assertIn(pid, children_of(template.process.pid))
        for index, (_, host) in enumerate(hosts):
            self.sign_in(host, resource='host%d' % index)
        peer = self.peer(ROMEO)
        hosts[0][1].send('a1', 'id', ROMEO, 'from a forked host')
        peer.wait_for_message('from a forked host')
        self.assertEqual(len(os.listdir('/proc/%d/task' % template.process.pid)), 1)
        hosts[0][1].close()
        eventually(lambda: hosts[0][0] not in children_of(template.process.pid))
        self.assertTrue(is_alive(hosts[1][0]))
        self.assertEqual(hosts[1][1].probe()['accounts'], 1)

    def test_a_template_has_no_epoll_set_to_share(self):
        template = ScriptedTemplate(self.scratch, is_open=True)
        self.addCleanup(template.close)
        template.spawn()
        fds = pathlib.Path('/proc/%d/fd' % template.process.pid)
        self.assertNotIn('anon_inode:[eventpoll]', [os.readlink(fd) for fd in fds.iterdir()])

    def test_siblings_share_no_wake_up(self):
        template = ScriptedTemplate(self.scratch, is_open=True)
        self.addCleanup(template.close)
        ids = [self.eventfd_ids(template.spawn()[0]) for _ in range(2)]
        self.assertTrue(ids[0])
        self.assertFalse(ids[0] & ids[1])

    @staticmethod
    def eventfd_ids(pid):
        found = set()
        for info in pathlib.Path('/proc/%d/fdinfo' % pid).iterdir():
            for line in info.read_text().splitlines():
                if line.startswith('eventfd-id:'):
                    found.add(int(line.split(':')[1]))
        return found

    def test_a_template_takes_its_hosts_along(self):
        template = ScriptedTemplate(self.scratch)
        pid, host = template.spawn()
        os.kill(pid, signal.SIGSTOP)  # it cannot see that its link has closed
        template.close()
        eventually(lambda: not is_alive(pid))
        host.close()


if __name__ == '__main__':
    unittest.main()
