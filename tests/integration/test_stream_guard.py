# SPDX-License-Identifier: GPL-2.0-or-later
"""The secret of an account stays here, whatever a server does to get at it. Each test fails without
the part of the guard that it names: the inherited protocol alone gives the secret away."""

import base64
import hashlib
import hmac
import unittest

from harness import Scratch
from harness.hostile import (BIND, PROCEED, STARTTLS, SUCCESS, HostileServer, features,
                             make_certificate, mechanisms, traces_of)
from harness.purple_client import (AUTHENTICATION_IMPOSSIBLE, ENCRYPTION_ERROR, INVALID_SETTINGS,
                                   NETWORK_ERROR, PurpleClient)

SECRET = 'ya29.the-token-that-nobody-may-have'
USER = 'juliet'
CHALLENGE = 'a-challenge-of-the-server'
TOKEN_OPTIONS = ('x-oauth2', 'oauthbearer', 'x-google-token')
IQ_AUTH_FEATURE = "<auth xmlns='http://jabber.org/features/iq-auth'/>"


class StreamGuardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.certificate = make_certificate(cls.scratch.path)

    def serve(self, script):
        server = HostileServer(self.certificate, script)
        self.addCleanup(server.close)
        return server

    def client(self, server, mechanism='x-oauth2', trusted=True, **options):
        options = {'connect_server': 'localhost', 'port': server.port,
                   'gtalk_mechanism': mechanism, **options}
        client = PurpleClient(self.scratch, USER + '@talk.example/Desk', SECRET,
                              ca=self.certificate if trusted else None, **options)
        self.addCleanup(client.close)
        return client

    def assert_nothing_leaked(self, server, client=None):
        mac = hmac.new(SECRET.encode(), CHALLENGE.encode(), hashlib.md5).hexdigest().encode()
        for trace in traces_of(SECRET, USER) | {mac}:
            self.assertNotIn(trace, server.received)
        self.assertNotIn(b'<auth', server.received)
        self.assertNotIn(b'jabber:iq:auth', server.received)
        if client is not None:
            self.assertNotIn(SECRET, client.debug_log())

    def refused(self, script, reason, **options):
        """Signs in to the script's server and expects an error of this kind and no leak."""
        server = self.serve(script)
        client = self.client(server, **options)
        event = client.sign_in()
        server.wait_for_end()
        self.assertEqual((event['event'], event.get('reason')), ('error', reason), event)
        self.assert_nothing_leaked(server, client)
        return event

    # -- bait mechanisms

    def test_no_bait_mechanism_gets_a_token(self):
        baits = ('PLAIN', 'DIGEST-MD5', 'CRAM-MD5', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'LOGIN',
                 'ANONYMOUS', 'WEBEX-TOKEN', 'X-OAUTH2 ', 'x-oauth2', 'PLAIN-CLIENTTOKEN')
        for option in TOKEN_OPTIONS:
            with self.subTest(option):
                event = self.refused(lambda line: line.secure(features(mechanisms(*baits))),
                                     AUTHENTICATION_IMPOSSIBLE, mechanism=option)
                self.assertIn('DIGEST-MD5', event['text'])

    def test_no_bait_mechanism_gets_a_password(self):
        baits = ('DIGEST-MD5', 'CRAM-MD5', 'LOGIN', 'NTLM', 'ANONYMOUS', 'WEBEX-TOKEN')
        for option in ('password', 'auto'):
            with self.subTest(option):
                self.refused(lambda line: line.secure(features(mechanisms(*baits))),
                             AUTHENTICATION_IMPOSSIBLE, mechanism=option)

    def test_another_token_mechanism_gets_nothing(self):
        self.refused(lambda line: line.secure(features(mechanisms('X-GOOGLE-TOKEN'))),
                     AUTHENTICATION_IMPOSSIBLE, mechanism='x-oauth2')

    # -- injection behind <proceed/>

    INJECTED = (
        features(mechanisms('PLAIN', 'X-OAUTH2')),
        features(mechanisms('X-OAUTH2')) + SUCCESS + features(BIND),
        features(),
        features(IQ_AUTH_FEATURE),
        SUCCESS,
        "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
    )

    def inject(self, injected):
        def script(line):
            line.expect_header(features(STARTTLS))
            line.read_until('<starttls[^>]*>')
            line.write(PROCEED, injected)
            line.start_tls()
            line.read_until('.')
        return script

    def test_nothing_injected_behind_proceed_is_taken_up_before_the_certificate_is_judged(self):
        for option in ('x-oauth2', 'auto', 'password'):
            for injected in self.INJECTED:
                with self.subTest(option=option, injected=injected):
                    server = self.serve(self.inject(injected))
                    client = self.client(server, option, trusted=False)
                    client.do('connect')
                    client.wait_for('question')
                    self.assertEqual(client.state()['state'], 'connecting')
                    client.do('answer', accept=False)
                    client.wait_for('error')
                    server.wait_for_end()
                    self.assertEqual(server.lines[0].secret, b'')
                    self.assert_nothing_leaked(server, client)

    def test_the_sign_in_goes_on_when_a_slow_certificate_answer_is_yes(self):
        def script(line):
            self.inject(features(mechanisms('PLAIN', 'X-OAUTH2')))(line)
            line.taken = 0
            line.expect_header(features(mechanisms('X-OAUTH2')))
            line.read_until('<auth[^>]*>')
            line.hang_up()
        server = self.serve(script)
        client = self.client(server, trusted=False)
        client.do('connect')
        client.wait_for('question')
        client.state()
        client.do('answer', accept=True)
        client.do('state')
        client.wait_for('error')
        server.wait_for_end()
        self.assertTrue(server.lines[0].secret.startswith(b'<stream:stream'))
        self.assertEqual(server.lines[0].secret.count(b'<auth'), 1)

    # -- jabber:iq:auth

    def answer_iq_auth(self, line, fields):
        request = line.read_until("<iq [^>]*id='([^']*)'")
        line.write("<iq type='result' id='%s'><query xmlns='jabber:iq:auth'><username/><resource/>"
                   "%s</query></iq>" % (request.group(1).decode(), fields))

    def test_jabber_iq_auth_within_tls(self):
        for fields in ('<password/>', '<digest/>', "<crammd5 challenge='%s'/>" % CHALLENGE):
            for offered in (features(), features(IQ_AUTH_FEATURE),
                            features("<ver xmlns='urn:xmpp:features:rosterver'/>")):
                for option in ('x-oauth2', 'password'):
                    with self.subTest(fields=fields, offered=offered, option=option):
                        def script(line, offered=offered, fields=fields):
                            line.secure(offered)
                            self.answer_iq_auth(line, fields)
                        self.refused(script, AUTHENTICATION_IMPOSSIBLE, mechanism=option)

    def test_jabber_iq_auth_in_the_clear(self):
        for fields in ('<password/>', '<digest/>', "<crammd5 challenge='%s'/>" % CHALLENGE):
            for offered in (features(), features(IQ_AUTH_FEATURE)):
                for security in ('require_tls', 'opportunistic_tls'):
                    with self.subTest(fields=fields, offered=offered, security=security):
                        def script(line, offered=offered, fields=fields):
                            line.expect_header(offered)
                            self.answer_iq_auth(line, fields)
                        self.refused(script, ENCRYPTION_ERROR, connection_security=security,
                                     auth_plain_in_clear=True)

    def test_jabber_iq_auth_by_password_in_the_clear(self):
        for fields in ('<password/>', '<digest/>'):
            with self.subTest(fields):
                def script(line, fields=fields):
                    line.expect_header(features())
                    self.answer_iq_auth(line, fields)
                self.refused(script, AUTHENTICATION_IMPOSSIBLE, mechanism='password',
                             connection_security='opportunistic_tls', auth_plain_in_clear=True)

    # -- streams that are not version 1.0

    def test_a_stream_without_version_in_the_clear(self):
        for option, security in (('x-oauth2', 'require_tls'), ('auto', 'opportunistic_tls'),
                                 ('password', 'require_tls')):
            with self.subTest(option=option, security=security):
                def script(line):
                    line.read_until('<stream:stream[^>]*>')
                    line.header(version='')
                    self.answer_iq_auth(line, '<password/><digest/>')
                self.refused(script, ENCRYPTION_ERROR, mechanism=option,
                             connection_security=security, auth_plain_in_clear=True)

    def test_a_stream_without_version_within_tls(self):
        for option in ('x-oauth2', 'password'):
            with self.subTest(option):
                def script(line):
                    line.expect_header(features(STARTTLS))
                    line.read_until('<starttls[^>]*>')
                    line.write(PROCEED)
                    line.start_tls()
                    line.read_until('<stream:stream[^>]*>')
                    line.header(version='')
                    self.answer_iq_auth(line, '<password/><digest/>')
                self.refused(script, AUTHENTICATION_IMPOSSIBLE, mechanism=option,
                             connection_security='require_tls')

    def test_a_stream_without_version_with_direct_tls(self):
        def script(line):
            line.start_tls()
            line.read_until('<stream:stream[^>]*>')
            line.header(version='')
            self.answer_iq_auth(line, '<password/><digest/>')
        self.refused(script, AUTHENTICATION_IMPOSSIBLE, connection_security='old_ssl')

    def test_a_later_stream_without_version(self):
        """The first one had it; the one after <success/> falls back."""
        def script(line):
            line.secure(features(mechanisms('X-OAUTH2')))
            line.read_until('</auth>')
            line.write(SUCCESS)
            line.read_until('<stream:stream[^>]*>')
            line.header(version='')
            line.write(features())
            self.answer_iq_auth(line, '<password/><digest/>')
        server = self.serve(script)
        client = self.client(server)
        event = client.sign_in()
        server.wait_for_end()
        self.assertEqual(event['reason'], NETWORK_ERROR)
        self.assertNotIn(b'jabber:iq:auth', server.received)

    # -- streams without TLS

    def test_a_stream_without_starttls(self):
        for option in ('x-oauth2', 'oauthbearer', 'x-google-token', 'auto', 'password'):
            with self.subTest(option):
                event = self.refused(
                    lambda line: line.expect_header(features(mechanisms('PLAIN', 'X-OAUTH2',
                                                                        'X-GOOGLE-TOKEN',
                                                                        'OAUTHBEARER',
                                                                        'SCRAM-SHA-1'))),
                    ENCRYPTION_ERROR, mechanism=option, auth_plain_in_clear=True)
                self.assertIn('encryption', event['text'])

    def test_a_token_account_cannot_be_told_to_do_without_tls(self):
        for option in TOKEN_OPTIONS + ('auto',):
            with self.subTest(option):
                self.refused(
                    lambda line: line.expect_header(features(mechanisms('PLAIN', 'X-OAUTH2',
                                                                        'SCRAM-SHA-1'))),
                    ENCRYPTION_ERROR, mechanism=option, auth_plain_in_clear=True,
                    connection_security='opportunistic_tls')

    def test_mechanisms_beside_starttls_in_the_clear_are_not_used(self):
        def script(line):
            line.expect_header(features(STARTTLS, mechanisms('PLAIN', 'X-OAUTH2')))
            line.read_until('<starttls[^>]*>')
            line.write(features(mechanisms('PLAIN', 'X-OAUTH2')))
            line.write("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.refused(script, ENCRYPTION_ERROR)

    def test_a_starttls_in_a_foreign_namespace_is_no_offer(self):
        self.refused(
            lambda line: line.expect_header(features("<starttls xmlns='urn:other'/>",
                                                     mechanisms('X-OAUTH2'))),
            ENCRYPTION_ERROR)

    # -- stanzas before there is a session

    def test_no_stanza_is_taken_before_there_is_a_session(self):
        """By name, as the inherited protocol tells them, whatever their namespace."""
        messages = ''.join(
            "<%smessage type='chat' from='boss@talk.example/x'><body>Pay!</body></%smessage>"
            % (prefix, prefix) for prefix in ('', 'stream:'))
        stanzas = messages + ''.join(
            "<%siq type='get' id='x1' from='talk.example'><query xmlns='jabber:iq:version'/></%siq>"
            % (prefix, prefix) for prefix in ('', 'stream:'))

        def script(line):
            line.secure(stanzas, features(mechanisms('X-OAUTH2')))
            line.read_until('</auth>')
            line.write(stanzas, SUCCESS, stanzas)
            line.expect_header(stanzas, features(BIND))
            line.read_until('<bind')
            line.write(messages)
            line.hang_up()
        server = self.serve(script)
        client = self.client(server)
        client.do('connect')
        client.wait_for('error')
        server.wait_for_end()
        self.assertNotIn(b'x1', server.received)
        self.assertNotIn('message', [event['event'] for event in client.seen])

    def test_another_plugin_cannot_write_in_the_clear(self):
        def script(line):
            line.expect_header()
            line.waits.set()
        server = self.serve(script)
        client = self.client(server)
        client.do('connect')
        server.wait_for_line(0)
        client.do('raw', text="<iq type='set' id='r1'><query xmlns='jabber:iq:auth'><password>%s"
                  '</password></query></iq>' % SECRET)
        self.assertEqual(client.wait_for('error')['reason'], ENCRYPTION_ERROR)
        server.wait_for_end()
        self.assertNotIn(b'r1', server.received)
        self.assertNotIn(SECRET.encode(), server.received)

    def test_http_binding_is_refused(self):
        server = self.serve(lambda line: None)
        client = self.client(server, bosh_url='https://localhost:%d/bosh' % server.port)
        self.assertEqual(client.sign_in()['reason'], INVALID_SETTINGS)
        self.assertEqual(client.quit(), 0)
        self.assertEqual(server.lines, [])

    def test_http_binding_gets_no_password(self):
        """As the inherited protocol takes it up by itself from a forged DNS record."""
        body = ("<body xmlns='http://jabber.org/protocol/httpbind' sid='s1' wait='60' hold='1' "
                "ver='1.6' xmlns:stream='http://etherx.jabber.org/streams'>%s</body>"
                % features(mechanisms('PLAIN', 'SCRAM-SHA-1')))

        def script(line):
            line.start_tls()
            line.read_until('</body>|/>')
            line.write('HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s'
                       % (len(body), body))
        server = self.serve(script)
        client = self.client(server, 'password', connection_security='opportunistic_tls',
                             bosh_url='https://localhost:%d/bosh' % server.port)
        event = client.sign_in()
        server.wait_for_end()
        self.assertEqual(event['reason'], ENCRYPTION_ERROR)
        self.assertIn(b'httpbind', server.received)
        self.assert_nothing_leaked(server, client)

    # -- too much of everything

    def test_features_without_number(self):
        for flood in (mechanisms(*['X-OAUTH2'] * 3000), '<x/>' * 3000, STARTTLS * 3000,
                      '<x>' * 150 + '<y/>' * 100 + '</x>' * 150):
            with self.subTest(flood[:60]):
                self.refused(lambda line, flood=flood: line.secure(features(flood)), NETWORK_ERROR)

    # -- certificates

    def test_a_refused_certificate(self):
        def script(line):
            line.secure(features(mechanisms('X-OAUTH2')))
        for option in ('x-oauth2', 'password'):
            with self.subTest(option):
                server = self.serve(script)
                client = self.client(server, option, trusted=False)
                client.do('connect')
                client.wait_for('question')
                client.do('answer', accept=False)
                client.wait_for('error')
                server.wait_for_end()
                self.assertEqual(server.lines[0].secret, b'')
                self.assert_nothing_leaked(server, client)

    def test_a_question_that_is_never_answered(self):
        for last in ('disconnect', 'quit'):
            with self.subTest(last):
                server = self.serve(self.inject(features(mechanisms('X-OAUTH2'))))
                client = self.client(server, trusted=False)
                client.do('connect')
                client.wait_for('question')
                if last == 'disconnect':
                    client.do('disconnect')
                    client.wait_for('signed-off')
                self.assertEqual(client.quit(), 0)
                server.wait_for_end()
                self.assert_nothing_leaked(server)

    def test_a_question_that_nobody_answers_in_time(self):
        server = self.serve(self.inject(''))
        client = self.client(server, trusted=False, gtalk_sign_in_deadline=3)
        client.do('connect')
        client.wait_for('question')
        self.assertEqual(client.wait_for('error')['reason'], NETWORK_ERROR)
        client.wait_for('signed-off')
        self.assertEqual(client.quit(), 0)

    def test_a_refused_certificate_with_direct_tls(self):
        def script(line):
            line.start_tls()
            line.write('<stream:features>')
        server = self.serve(script)
        client = self.client(server, trusted=False, connection_security='old_ssl')
        client.do('connect')
        client.wait_for('question')
        client.do('answer', accept=False)
        client.wait_for('error')
        server.wait_for_end()
        self.assertEqual(server.lines[0].secret, b'')

    # -- what goes where it should

    def test_direct_tls_is_a_stream_that_may_have_the_token(self):
        def script(line):
            line.start_tls()
            line.expect_header(features(STARTTLS, mechanisms('X-OAUTH2')))
            auth = line.read_until('<auth[^>]*>([^<]*)</auth>')
            line.token = base64.b64decode(auth.group(1))
            line.hang_up()
        server = self.serve(script)
        client = self.client(server, connection_security='old_ssl')
        client.sign_in()
        server.wait_for_end()
        self.assertEqual(server.lines[0].token,
                         ('\0%s@talk.example\0%s' % (USER, SECRET)).encode())

    def sign_in_after_clear_offer(self, *in_the_clear):
        """Signs in by X-GOOGLE-TOKEN, which is offered within TLS, whatever was offered before."""
        def script(line):
            line.expect_header(features(STARTTLS, mechanisms(*in_the_clear)))
            line.read_until('<starttls[^>]*>')
            line.write(PROCEED)
            line.start_tls()
            line.expect_header(features(mechanisms('PLAIN', 'X-GOOGLE-TOKEN')))
            line.read_until("<auth[^>]*mechanism='X-GOOGLE-TOKEN'.*</auth>")
            line.hang_up()
        server = self.serve(script)
        client = self.client(server, 'x-google-token')
        client.sign_in()
        server.wait_for_end()
        self.assertNotIn(b'<auth', server.lines[0].clear)
        self.assertEqual(server.lines[0].secret.count(b'<auth'), 1)

    def test_an_offer_in_the_clear_does_not_count_as_one(self):
        """Google itself offered X-GOOGLE-TOKEN before TLS, in 2005."""
        self.sign_in_after_clear_offer('X-GOOGLE-TOKEN')

    def test_what_the_clear_offer_lacks_may_come_within_tls(self):
        self.sign_in_after_clear_offer('DIGEST-MD5')

    def test_a_registration_is_asked_for_within_tls(self):
        def script(line):
            line.secure(features(mechanisms('PLAIN', 'X-OAUTH2'),
                                 "<register xmlns='http://jabber.org/features/iq-register'/>"))
            line.read_until("<iq [^>]*type='get'.*?jabber:iq:register")
            line.hang_up()
        for option in ('password', 'auto'):
            with self.subTest(option):
                server = self.serve(script)
                client = self.client(server, option)
                client.do('register')
                client.wait_for('error')
                server.wait_for_end()
                self.assertNotIn(b'register', server.lines[0].clear)
                self.assertIn(b'jabber:iq:register', server.lines[0].secret)
                self.assert_nothing_leaked(server, client)

    def test_one_attempt_for_each_connection(self):
        def script(line):
            line.secure(features(mechanisms('X-OAUTH2')))
            line.read_until('</auth>')
            line.write(features(mechanisms('X-OAUTH2', 'PLAIN')), SUCCESS)
            line.read_until('<stream:stream[^>]*>')
            line.hang_up()
        server = self.serve(script)
        client = self.client(server)
        client.do('connect')
        client.wait_for('error')
        server.wait_for_end()
        self.assertEqual(server.received.count(b'<auth'), 1)


if __name__ == '__main__':
    unittest.main()
