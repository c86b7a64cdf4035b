# SPDX-License-Identifier: GPL-2.0-or-later
"""The test server itself, seen by a client that shares no code with anything under test."""

import json
import ssl
import base64
import time
import unittest

from harness import Ejabberd, Prosody, Scratch, Stream, StreamClosed, eventually
from harness.stream import SASL, SM, condition, features, tag

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
INFO = 'http://jabber.org/protocol/disco#info'
ITEMS = 'http://jabber.org/protocol/disco#items'
MAM = 'urn:xmpp:mam:2'
OFFLINE_LIST = "<query xmlns='%s' node='http://jabber.org/protocol/offline'/>" % ITEMS
SUFFIX = '[0-9A-F]{8}$'


def is_message(element):
    return tag(element) == 'message'


class ServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'prosody', '--hibernation', '2', '--trace', 'full')
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.addCleanup(self.server.reset)
        self.addCleanup(self.server.reset, 'talk.example')

    def stream(self, domain='talk.example', **keywords):
        stream = Stream(self.server, domain, **keywords)
        self.addCleanup(stream.close)
        return stream

    def signed_in(self, jid=JULIET, resource='Desk', carbons=False):
        user, domain = jid.split('@')
        stream = self.stream(domain)
        stream.sign_in(user, self.server.password(jid), 'PLAIN', resource)
        if carbons:
            stream.iq('set', "<enable xmlns='urn:xmpp:carbons:2'/>")
        stream.write('<presence/>')
        stream.read_until(lambda e: tag(e) == 'presence' and e.get('from') == stream.jid)
        return stream

    def failure(self, mechanism, message, domain='talk.example', attributes=''):
        stream = self.stream(domain)
        stream.start_tls()
        answer = stream.auth(mechanism, message, attributes)
        self.assertEqual(tag(answer), '{%s}failure' % SASL)
        return condition(answer)

    # -- mechanisms and tokens

    def test_each_era_offers_its_mechanisms(self):
        for offered in (['PLAIN', 'X-GOOGLE-TOKEN'], ['PLAIN', 'X-OAUTH2'], ['SCRAM-SHA-1']):
            self.server.switch('mechanisms', offered, 'talk.example')
            self.assertEqual(features(self.stream().start_tls()), set(offered))

    def test_nothing_is_offered_before_tls(self):
        self.assertEqual(features(self.stream().open()), set())

    def test_valid_tokens_sign_in(self):
        for mechanism, kind in (('X-GOOGLE-TOKEN', 'google'), ('X-OAUTH2', 'oauth'),
                                ('OAUTHBEARER', 'oauth')):
            with self.subTest(mechanism):
                jid = self.stream().sign_in('juliet', self.server.token(JULIET, kind), mechanism)
                self.assertTrue(jid.startswith(JULIET + '/'))

    def test_the_user_may_be_a_bare_jid(self):
        token = self.server.token(JULIET)
        self.assertTrue(self.stream().sign_in(JULIET, token, 'X-OAUTH2').startswith(JULIET))

    def test_direct_tls(self):
        stream = self.stream(direct_tls=True)
        self.assertTrue(stream.sign_in('juliet', 'juliet-password').startswith(JULIET))

    def test_bad_tokens_are_refused(self):
        oauth, google = (self.server.description['accounts'][JULIET]['tokens'][kind]
                         for kind in ('oauth', 'google'))
        bad = [('X-GOOGLE-TOKEN', google['expired']), ('X-GOOGLE-TOKEN', oauth['valid']),
               ('X-OAUTH2', oauth['expired']), ('X-OAUTH2', oauth['scope']),
               ('X-OAUTH2', google['valid']), ('X-OAUTH2', 'juliet-password'),
               ('X-OAUTH2', self.server.token(ROMEO)), ('PLAIN', oauth['valid'])]
        for mechanism, secret in bad:
            with self.subTest(mechanism=mechanism, secret=secret):
                self.assertEqual(self.failure(mechanism, '\0juliet\0' + secret), 'not-authorized')

    def test_a_token_may_be_good_for_once(self):
        token = self.server.token(ROMEO, 'google', 'once')
        self.stream().sign_in('romeo', token, 'X-GOOGLE-TOKEN')
        self.assertEqual(self.failure('X-GOOGLE-TOKEN', '\0romeo\0' + token), 'not-authorized')

    def test_a_token_runs_out(self):
        self.server.control('token', jid=JULIET, token='brief', kind='oauth', lifetime=1)
        self.stream().sign_in('juliet', 'brief', 'X-OAUTH2')
        eventually(lambda: self.refused('juliet', 'brief'))

    def refused(self, user, token):
        stream = self.stream()
        stream.start_tls()
        return tag(stream.auth('X-OAUTH2', '\0%s\0%s' % (user, token))) == '{%s}failure' % SASL

    def test_oauthbearer_explains_before_it_fails(self):
        for token, status in ((self.server.token(JULIET, state='expired'), 'invalid_token'),
                              (self.server.token(JULIET, state='scope'), 'insufficient_scope')):
            stream = self.stream()
            stream.start_tls()
            answer = stream.auth('OAUTHBEARER',
                                 'n,a=%s,\x01auth=Bearer %s\x01\x01' % (JULIET, token))
            self.assertEqual(tag(answer), '{%s}challenge' % SASL)
            self.assertEqual(json.loads(base64.b64decode(answer.text))['status'], status)
            self.assertEqual(condition(stream.respond('\x01')), 'not-authorized')

    def test_the_stream_ends_after_the_first_failure(self):
        stream = self.stream()
        stream.start_tls()
        stream.auth('X-OAUTH2', '\0juliet\0wrong')
        with self.assertRaises(StreamClosed):
            stream.read()

    def test_more_attempts_by_switch(self):
        self.server.switch('auth-attempts', 2, 'talk.example')
        stream = self.stream()
        stream.start_tls()
        stream.auth('X-OAUTH2', '\0juliet\0wrong')
        answer = stream.auth('X-OAUTH2', '\0juliet\0' + self.server.token(JULIET))
        self.assertEqual(tag(answer), '{%s}success' % SASL)

    def test_a_locked_account(self):
        self.server.control('lock', jid=JULIET, locked=True)
        self.addCleanup(self.server.control, 'lock', jid=JULIET, locked=False)
        self.assertEqual(self.failure('X-OAUTH2', '\0juliet\0' + self.server.token(JULIET)),
                         'account-disabled')

    def test_it_remembers_what_was_sent(self):
        before = self.server.auths()
        since = before[-1]['time'] if before else 0
        self.stream().sign_in('juliet', self.server.token(JULIET), 'X-OAUTH2',
                              attributes="ga:client-uses-full-bind-result='true' "
                                         "ga:service='oauth2'")
        seen = self.server.auths(since)[-1]
        self.assertEqual((seen['mechanism'], seen['full_bind_result'], seen['service'],
                          seen['outcome'], seen['secure']),
                         ('X-OAUTH2', 'true', 'oauth2', 'success', True))

    # -- identity

    def test_the_alias_becomes_the_canonical_domain(self):
        jid = self.stream('mail.example').sign_in('juliet', self.server.token(JULIET), 'X-OAUTH2',
                                                  'Desk')
        self.assertRegex(jid, '^juliet@talk.example/Desk' + SUFFIX)

    def test_messages_reach_a_session_under_the_alias(self):
        juliet = self.stream('mail.example')
        juliet.sign_in('juliet', 'juliet-password')
        juliet.write('<presence/>')
        juliet.read_until(lambda e: tag(e) == 'presence')
        romeo = self.signed_in(ROMEO)
        romeo.write("<message to='%s' type='chat'><body>hello</body></message>" % JULIET)
        message = juliet.read_until(is_message)
        self.assertEqual(message.get('to'), JULIET)

    def test_the_resource_is_changed_only_there(self):
        self.assertRegex(self.signed_in(JULIET).jid, '/Desk' + SUFFIX)
        self.assertEqual(self.signed_in(PARIS).jid, PARIS + '/Desk')

    def test_the_alias_may_demand_the_promise(self):
        self.server.switch('require-ga', True)
        message = '\0juliet\0' + self.server.token(JULIET)
        self.assertEqual(self.failure('X-OAUTH2', message, 'mail.example'), 'not-authorized')
        self.stream('mail.example').sign_in('juliet', self.server.token(JULIET), 'X-OAUTH2')
        self.stream().sign_in('juliet', self.server.token(JULIET), 'X-OAUTH2', attributes='')

    def test_a_server_may_dislike_the_promise(self):
        self.server.switch('dislike-ga', True)
        message = '\0juliet\0' + self.server.token(JULIET)
        self.assertEqual(self.failure('X-OAUTH2', message,
                                      attributes="ga:client-uses-full-bind-result='true'"),
                         'malformed-request')

    # -- discovery

    def discover(self, stream, domain):
        answer = stream.iq('get', "<query xmlns='%s'/>" % INFO, domain)
        return (answer.find('.//{%s}identity' % INFO).get('name'),
                {feature.get('var') for feature in answer.iter('{%s}feature' % INFO)})

    def test_the_google_side_says_who_it_is(self):
        name, found = self.discover(self.signed_in(), 'talk.example')
        self.assertEqual(name, 'Google Talk')
        self.assertLessEqual({'google:setting', 'google:nosave', 'urn:xmpp:carbons:2'}, found)

    def test_a_plain_server_says_nothing_of_google(self):
        name, found = self.discover(self.signed_in(PARIS), 'plain.example')
        self.assertNotEqual(name, 'Google Talk')
        self.assertFalse([feature for feature in found if 'google' in feature])

    def test_disco_items(self):
        query = "<query xmlns='%s'/>" % ITEMS
        stream = self.signed_in()
        answer = stream.iq('get', query, 'talk.example')
        self.assertEqual(answer.get('type'), 'error')
        self.assertEqual(answer[0][0].tag.split('}')[1], 'feature-not-implemented')
        self.assertEqual(self.signed_in(PARIS).iq('get', query, 'plain.example').get('type'),
                         'result')

    # -- Debian's modules

    def test_stream_management(self):
        juliet, romeo = self.signed_in(), self.signed_in(ROMEO)
        juliet.write("<enable xmlns='%s'/>" % SM)
        juliet.read_until(lambda e: tag(e) == '{%s}enabled' % SM)
        romeo.write("<message to='%s' type='chat'><body>one</body></message>" % juliet.jid)
        juliet.read_until(is_message)
        eventually(lambda: self.server.sessions(juliet.jid)[0]['unacked'])
        juliet.write("<a xmlns='%s' h='1'/>" % SM)
        eventually(lambda: not self.server.sessions(juliet.jid)[0]['unacked'])

    def test_what_was_not_acknowledged_comes_again(self):
        juliet, nurse = self.signed_in(), self.signed_in('nurse@talk.example')
        juliet.write("<enable xmlns='%s'/>" % SM)
        juliet.read_until(lambda e: tag(e) == '{%s}enabled' % SM)
        nurse.write("<message to='%s' type='chat' id='again'><body>x</body></message>" % JULIET)
        juliet.read_until(is_message)
        juliet.close()
        eventually(lambda: not self.server.sessions(JULIET))
        again = self.signed_in()
        message = again.read_until(lambda e: is_message(e) and e.get('id') == 'again')
        self.assertIsNotNone(message.find('{urn:xmpp:delay}delay'))

    def test_a_lost_session_sleeps_only_briefly(self):
        stream = self.signed_in(PARIS, 'sleeper')
        stream.write("<enable xmlns='%s' resume='true'/>" % SM)
        stream.read_until(lambda e: tag(e) == '{%s}enabled' % SM)
        stream.close()
        eventually(lambda: self.server.sessions(PARIS + '/sleeper')[0]['hibernating'])
        eventually(lambda: not self.server.sessions(PARIS + '/sleeper'))

    def test_archive(self):
        romeo = self.signed_in(ROMEO)
        romeo.write("<message to='mercutio@talk.example' type='chat'><body>kept</body></message>")
        romeo.write("<iq type='set' id='archive'><query xmlns='%s'/></iq>" % MAM)
        result = romeo.read_until(lambda e: e.find('.//{%s}result' % MAM) is not None)
        self.assertEqual(result.findtext('.//{jabber:client}body'), 'kept')

    def test_carbons(self):
        first = self.signed_in(JULIET, 'one', carbons=True)
        second = self.signed_in(JULIET, 'two')
        second.write("<message to='%s' type='chat'><body>copied</body></message>" % PARIS)
        copy = first.read_until(lambda e: e.find('.//{urn:xmpp:carbons:2}sent') is not None)
        self.assertEqual(copy.findtext('.//{jabber:client}body'), 'copied')

    def test_rosters_are_mutual(self):
        answer = self.signed_in().iq('get', "<query xmlns='jabber:iq:roster'/>")
        items = {item.get('jid'): item for item in answer.iter('{jabber:iq:roster}item')}
        self.assertEqual(items[ROMEO].get('subscription'), 'both')
        self.assertEqual(items[ROMEO].findtext('{jabber:iq:roster}group'), 'Verona')
        self.assertIn(PARIS, items)

    # -- faults

    def test_streams_are_cut_where_asked(self):
        for stage in ('header', 'starttls', 'proceed', 'secure', 'auth', 'authenticated', 'bind'):
            with self.subTest(stage):
                self.server.switch('fault', 'close@' + stage, 'talk.example')
                with self.assertRaises((StreamClosed, OSError, ssl.SSLError)):
                    self.stream().sign_in('juliet', 'juliet-password')
        self.server.switch('fault', 'none', 'talk.example')
        self.stream().sign_in('juliet', 'juliet-password')

    def test_streams_fall_silent_where_asked(self):
        self.server.switch('fault', 'silent@auth', 'talk.example')
        stream = self.stream()
        stream.start_tls()
        stream.write("<auth xmlns='%s' mechanism='PLAIN'>AAAA</auth>" % SASL)
        with self.assertRaises(TimeoutError):
            stream.read(timeout=0.5)

    def test_bad_certificates_are_bad(self):
        for domain in ('selfsigned.example', 'wrongname.example', 'expired.example'):
            with self.subTest(domain):
                with self.assertRaises(ssl.SSLCertVerificationError):
                    self.stream(domain).start_tls()
                self.stream(domain, verify=False).start_tls()

    def test_sessions_are_kicked(self):
        stream = self.signed_in()
        self.server.control('kick', jid=stream.jid, how='conflict')
        error = stream.read_until(lambda e: tag(e).endswith('}error'))
        self.assertEqual(error[0].tag.split('}')[1], 'conflict')

    def test_stanzas_are_injected_and_traced(self):
        stream = self.signed_in()
        self.server.control('send', jid=stream.jid,
                            xml="<message id='mark'><body>m</body></message>")
        stream.read_until(lambda e: e.get('id') == 'mark')
        marks = [line for line in self.server.trace() if line.get('id') == 'mark']
        self.assertEqual([(m['dir'], m['jid']) for m in marks], [('out', stream.jid)])
        self.assertGreater(marks[0]['us'], 1_700_000_000_000_000)


class LifeTest(unittest.TestCase):
    def test_stopped_and_started_again_it_is_the_same(self):
        scratch = Scratch()
        self.addCleanup(scratch.close)
        server = Prosody(scratch / 'prosody')
        self.addCleanup(server.close)
        with Stream(server, 'talk.example') as romeo:
            romeo.sign_in('romeo', 'romeo-password')
            romeo.write("<message to='%s' type='chat' id='o'><body>x</body></message>" % JULIET)
            romeo.iq('get', "<ping xmlns='urn:xmpp:ping'/>", 'talk.example')
        port = server.port
        server.stop()
        server.start_again()
        self.assertEqual(server.port, port)
        with Stream(server, 'talk.example') as juliet:
            juliet.sign_in('juliet', self.token(server))
            juliet.write('<presence/>')
            self.assertEqual(juliet.read_until(is_message).get('id'), 'o')

    def token(self, server):
        return server.password(JULIET)

    def test_many_accounts(self):
        scratch = Scratch()
        self.addCleanup(scratch.close)
        server = Prosody(scratch / 'prosody', '--users', '20', '--contacts', '10', '--groups', '3')
        self.addCleanup(server.close)
        with Stream(server, 'talk.example') as user:
            user.sign_in('user0019', server.token('user0019@talk.example'), 'X-OAUTH2')
            answer = user.iq('get', "<query xmlns='jabber:iq:roster'/>")
        groups = [group.text for group in answer.iter('{jabber:iq:roster}group')]
        self.assertEqual((len(groups), len(set(groups))), (10, 3))


class EjabberdTest(unittest.TestCase):
    juliet = 'juliet@ejabberd.example'
    romeo = 'romeo@ejabberd.example'

    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Ejabberd(cls.scratch / 'ejabberd')
        cls.addClassCleanup(cls.server.close)

    def stream(self):
        stream = Stream(self.server, 'ejabberd.example')
        self.addCleanup(stream.close)
        return stream

    def sender(self):
        stream = self.stream()
        stream.sign_in('romeo', self.server.password(self.romeo))
        return stream

    def receiver(self):
        """With stream management, but it answers for nothing."""
        stream = self.stream()
        stream.sign_in('juliet', self.server.password(self.juliet))
        stream.write("<enable xmlns='%s'/>" % SM)
        stream.read_until(lambda element: tag(element) == '{%s}enabled' % SM)
        return stream

    def round_trip(self, stream):
        """What came until its end."""
        seen = []
        stream.write("<iq type='get' id='ping'><ping xmlns='urn:xmpp:ping'/></iq>")
        stream.read_until(lambda element: seen.append(element) or element.get('id') == 'ping')
        return seen

    def returned(self, juliet, romeo):
        """Whether something comes back when the stream of its receiver breaks: at once, if at all,
        so a second of round trips will tell."""
        seen = []
        juliet.close()
        romeo.read_until(lambda element: seen.append(element) or (
            element.get('from') == juliet.jid and element.get('type') == 'unavailable'))
        end = time.monotonic() + 1
        while time.monotonic() < end:
            seen += self.round_trip(romeo)
        return any(is_message(element) and element.get('type') == 'error' for element in seen)

    def say(self, romeo, body):
        romeo.write("<message to='%s' type='chat' id='m1'><body>%s</body></message>"
                    % (self.juliet, body))
        self.round_trip(romeo)

    def test_tokens_of_its_own(self):
        jid = self.stream().sign_in('juliet', self.server.token(self.juliet), 'X-OAUTH2', 'Desk')
        self.assertEqual(jid, self.juliet + '/Desk')
        stream = self.stream()
        stream.start_tls()
        answer = stream.auth('X-OAUTH2',
                             '\0juliet\0' + self.server.token(self.juliet, state='expired'))
        self.assertEqual(condition(answer), 'not-authorized')

    def test_it_keeps_what_came_live_and_was_not_answered_for(self):
        romeo, juliet = self.sender(), self.receiver()
        for stream in (romeo, juliet):
            stream.write('<presence/>')
        romeo.read_until(lambda element: element.get('from') == juliet.jid)
        self.say(romeo, 'live')
        message = juliet.read_until(is_message)
        self.assertIsNotNone(message.find('{urn:xmpp:sid:0}stanza-id'))
        self.assertFalse(self.returned(juliet, romeo))

    def test_it_returns_what_came_out_of_its_offline_storage_and_was_not_answered_for(self):
        """Although the archive has it."""
        romeo = self.sender()
        romeo.write('<presence/>')
        self.say(romeo, 'stored')
        juliet = self.receiver()
        juliet.write('<presence/>')
        message = juliet.read_until(is_message)
        self.assertIsNotNone(message.find('{urn:xmpp:sid:0}stanza-id'))
        self.assertTrue(self.returned(juliet, romeo))

    def test_who_asks_for_the_list_does_not_get_its_offline_storage(self):
        romeo = self.sender()
        self.say(romeo, 'stored')
        juliet = self.receiver()
        items = juliet.iq('get', OFFLINE_LIST, to=self.juliet)
        self.assertEqual(len(list(items.iter('{%s}item' % ITEMS))), 1)
        juliet.write('<presence/>')
        juliet.read_until(lambda element: tag(element) == 'presence')
        self.assertEqual([element for element in self.round_trip(juliet) if is_message(element)],
                         [])
        juliet.iq('set', "<offline xmlns='http://jabber.org/protocol/offline'><purge/></offline>",
                  to=self.juliet)


if __name__ == '__main__':
    unittest.main()
