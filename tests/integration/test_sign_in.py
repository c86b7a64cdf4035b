# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin says at each step of a sign-in, and what it makes of odd answers, to a server
that follows a script. The same against real servers is in test_plugin.py."""

import base64
import re
import unittest

from harness import Prosody, Scratch, eventually
from harness.hostile import (BIND, PROCEED, STARTTLS, SUCCESS, HostileServer, failure, features,
                             make_certificate, mechanisms)
from harness.purple_client import (AUTHENTICATION_FAILED, AUTHENTICATION_IMPOSSIBLE,
                                   ENCRYPTION_ERROR, INVALID_SETTINGS, NETWORK_ERROR, PurpleClient)

SECRET = 'ya29.a-token'
TYPED = 'juliet@mail.example'
BOUND = 'juliet@talk.example'
FULL = BOUND + '/Desk0A1B2C3D'
GA = {"xmlns:ga='http://www.google.com/talk/protocol/auth'",
      "ga:client-uses-full-bind-result='true'", "ga:allow-non-google-login='true'"}
MECHANISMS = {'x-oauth2': 'X-OAUTH2', 'oauthbearer': 'OAUTHBEARER',
              'x-google-token': 'X-GOOGLE-TOKEN', 'password': 'PLAIN'}
ROSTER_PUSH = ("<iq type='set' id='%s' %s><query xmlns='jabber:iq:roster'>"
                "<item jid='%s' subscription='both'><group>Verona</group></item></query></iq>")


class SignInCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.certificate = make_certificate(cls.scratch.path)

    def serve(self, script):
        server = HostileServer(self.certificate, script, 'mail.example')
        self.addCleanup(server.close)
        return server

    def client(self, server, mechanism='x-oauth2', username=TYPED + '/Desk', secret=SECRET,
               **options):
        client = PurpleClient(self.scratch, username, secret, ca=self.certificate,
                              connect_server='localhost', port=server.port,
                              gtalk_mechanism=mechanism, **options)
        self.addCleanup(client.close)
        return client

    def refused(self, script, mechanism='x-oauth2', **options):
        server = self.serve(script)
        client = self.client(server, mechanism, **options)
        event = client.sign_in()
        self.assertEqual(event['event'], 'error', event)
        signed_off = client.wait_for('signed-off')
        server.wait_for_end()
        event.update(server=server, client=client, password=signed_off['password'])
        return event


class AuthenticationTest(SignInCase):
    def answer(self, *answers):
        """A server that offers everything and answers <auth/> so."""
        def script(line):
            line.secure(features(mechanisms('PLAIN', 'SCRAM-SHA-1', *MECHANISMS.values())))
            line.read_until('</auth>')
            line.write(*answers)
        return script

    # -- what is said

    def test_each_auth_has_the_two_attributes(self):
        for option, mechanism in (*MECHANISMS.items(), ('password', 'SCRAM-SHA-1')):
            with self.subTest(mechanism):
                def script(line, mechanism=mechanism):
                    line.secure(features(mechanisms(mechanism)))
                    line.read_until('</auth>')
                    line.hang_up()
                event = self.refused(script, option)
                auth = re.search('<auth([^>]*)>', event['server'].lines[0].secret.decode()).group(1)
                given = set(re.findall(r"\S+='[^']*'", auth))
                self.assertLessEqual(GA, given)
                self.assertIn("mechanism='%s'" % mechanism, given)
                self.assertEqual("auth:service='oauth2'" in given, mechanism == 'X-OAUTH2')

    def test_the_messages(self):
        plain = '\0%s\0%s' % (TYPED, SECRET)
        for option, message in (('x-oauth2', plain), ('x-google-token', plain),
                                ('oauthbearer',
                                 'n,a=%s,\x01auth=Bearer %s\x01\x01' % (TYPED, SECRET)),
                                ('password', '\0juliet\0' + SECRET)):
            with self.subTest(option):
                def script(line, option=option):
                    line.secure(features(mechanisms(MECHANISMS[option])))
                    line.said = base64.b64decode(
                        line.read_until('<auth[^>]*>([^<]*)</auth>').group(1))
                    line.hang_up()
                event = self.refused(script, option)
                self.assertEqual(event['server'].lines[0].said, message.encode())

    def test_blanks_around_a_token_are_cut(self):
        def script(line):
            line.secure(features(mechanisms('X-OAUTH2')))
            line.said = base64.b64decode(line.read_until('<auth[^>]*>([^<]*)</auth>').group(1))
            line.hang_up()
        event = self.refused(script, secret=' %s\n' % SECRET)
        self.assertTrue(event['server'].lines[0].said.endswith(b'\0' + SECRET.encode()))

    def test_what_is_no_token_is_not_sent(self):
        for secret in ('two words', 'a\x01auth=Bearer b', 'tök', ' '):
            with self.subTest(secret):
                event = self.refused(self.answer(), 'oauthbearer', secret=secret)
                self.assertEqual(event['reason'], AUTHENTICATION_FAILED)
                self.assertNotIn(b'<auth', event['server'].received)

    def test_an_unknown_option_is_an_error(self):
        server = self.serve(self.answer())
        event = self.client(server, 'x-oauth3').sign_in()
        self.assertEqual(event['reason'], INVALID_SETTINGS)

    def test_a_token_registers_no_account(self):
        server = self.serve(self.answer())
        client = self.client(server)
        client.do('register')
        self.assertEqual(client.wait_for('error')['reason'], INVALID_SETTINGS)
        self.assertEqual(server.lines, [])

    def test_the_secret_is_not_in_the_debug_log(self):
        for option, mechanism in MECHANISMS.items():
            with self.subTest(option):
                event = self.refused(self.answer(failure('not-authorized')), option)
                log = event['client'].debug_log()
                sent = re.search('<auth[^>]*>([^<]*)<', event['server'].received.decode())
                self.assertIn("mechanism='%s'" % mechanism if option != 'password'
                              else 'mechanism=', log)
                self.assertNotIn(SECRET, log)
                self.assertNotIn(sent.group(1), log)

    # -- refusals

    def test_a_refused_token_is_an_authentication_error_that_says_so(self):
        for option in ('x-oauth2', 'oauthbearer', 'x-google-token', 'auto'):
            with self.subTest(option):
                event = self.refused(self.answer(failure('not-authorized')), option)
                self.assertEqual(event['reason'], AUTHENTICATION_FAILED)
                self.assertTrue(event['fatal'])
                self.assertIn('refused the token', event['text'])
                self.assertIn('expired', event['text'])
                self.assertEqual(event['server'].received.count(b'<auth'), 1)

    def test_a_refused_password_is_not_tried_with_another_mechanism(self):
        def script(line):
            line.secure(features(mechanisms('SCRAM-SHA-1', 'PLAIN')))
            line.read_until("<auth[^>]*mechanism='SCRAM-SHA-1'[^>]*>[^<]*</auth>")
            line.write(failure('not-authorized'))
        event = self.refused(script, 'password')
        self.assertEqual(event['reason'], AUTHENTICATION_FAILED)
        self.assertIn('password', event['text'])
        self.assertEqual(event['server'].received.count(b'<auth'), 1)

    def test_the_server_may_say_why(self):
        event = self.refused(self.answer(failure('credentials-expired', 'Since &lt;noon&gt;')))
        self.assertEqual(event['reason'], AUTHENTICATION_FAILED)
        self.assertIn('expired', event['text'])
        self.assertIn('Since <noon>', event['text'])

    def test_a_failure_that_passes_is_worth_another_try(self):
        event = self.refused(self.answer(failure('temporary-auth-failure')))
        self.assertEqual((event['reason'], event['fatal']), (NETWORK_ERROR, False))

    def test_a_refused_secret_is_forgotten_unless_it_is_to_be_remembered(self):
        for remember in (False, True):
            with self.subTest(remember):
                event = self.refused(self.answer(failure('not-authorized')), remember=remember)
                self.assertEqual(event['password'], SECRET if remember else None)

    def test_oauthbearer_answers_the_error_by_one_byte(self):
        def script(line):
            self.answer("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>%s</challenge>"
                        % base64.b64encode(b'{"status":"invalid_token"}').decode())(line)
            line.said = line.read_until('<response[^>]*>([^<]*)</response>').group(1)
            line.write(failure('not-authorized'))
        event = self.refused(script, 'oauthbearer')
        self.assertEqual(event['server'].lines[0].said, base64.b64encode(b'\x01'))
        self.assertEqual(event['reason'], AUTHENTICATION_FAILED)
        self.assertIn('refused the token', event['text'])

    def test_an_answer_to_nothing_is_none(self):
        def script(line):
            line.secure(SUCCESS, failure('not-authorized'), features(mechanisms('X-OAUTH2')))
            line.read_until('</auth>')
            line.write(SUCCESS)
            line.expect_header(features(BIND))
            line.read_until('<bind')
            line.hang_up()
        event = self.refused(script)
        self.assertIn(b'<bind', event['server'].received)

    def test_a_challenge_where_there_is_none(self):
        for option in ('x-oauth2', 'x-google-token'):
            with self.subTest(option):
                event = self.refused(self.answer(
                    "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AA==</challenge>"), option)
                self.assertEqual(event['reason'], NETWORK_ERROR)
                self.assertNotIn(b'<response', event['server'].received)

    def test_challenges_without_end(self):
        challenge = "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>e30=</challenge>"
        event = self.refused(self.answer(challenge * 50), 'oauthbearer')
        self.assertEqual(event['reason'], NETWORK_ERROR)
        self.assertLessEqual(event['server'].received.count(b'<response'), 1)

    def test_a_server_that_ends_in_the_middle(self):
        def at_header(line):
            line.read_until('<stream:stream[^>]*>')
            line.hang_up()

        def at_starttls(line):
            line.expect_header(features(STARTTLS))
            line.read_until('<starttls[^>]*>')
            line.hang_up()

        def at_auth(line):
            self.answer()(line)
            line.hang_up()

        def at_success(line):
            self.answer(SUCCESS)(line)
            line.read_until('<stream:stream[^>]*>')
            line.hang_up()
        for script in (at_header, at_starttls, at_auth, at_success):
            with self.subTest(script.__name__):
                event = self.refused(script)
                self.assertEqual((event['reason'], event['fatal']), (NETWORK_ERROR, False))
                self.assertEqual(event['client'].quit(), 0)

    def test_a_server_that_falls_silent_is_given_up(self):
        def at_header(line):
            line.read_until('<stream:stream[^>]*>')

        def at_starttls(line):
            line.expect_header(features(STARTTLS))

        def at_proceed(line):
            line.expect_header(features(STARTTLS))
            line.read_until('<starttls[^>]*>')
            line.write(PROCEED)

        def at_mechanisms(line):
            line.secure()

        def at_auth(line):
            self.answer()(line)

        def at_bind(line):
            self.answer(SUCCESS)(line)
            line.expect_header(features(BIND))
        for script in (at_header, at_starttls, at_proceed, at_mechanisms, at_auth, at_bind):
            with self.subTest(script.__name__):
                event = self.refused(script, gtalk_sign_in_deadline=1)
                self.assertEqual((event['reason'], event['fatal']), (NETWORK_ERROR, False))
                self.assertIn('does not answer', event['text'])

    def test_starttls_refused(self):
        def script(line):
            line.expect_header(features(STARTTLS))
            line.read_until('<starttls[^>]*>')
            line.write("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.assertEqual(self.refused(script)['reason'], ENCRYPTION_ERROR)

    def test_without_the_package_of_mechanisms_the_error_names_it(self):
        for option in MECHANISMS:
            with self.subTest(option):
                event = self.refused(self.answer(), option,
                                     environment={'SASL_PATH': str(self.scratch.path / 'none')})
                self.assertEqual(event['reason'], AUTHENTICATION_IMPOSSIBLE)
                self.assertIn('libsasl2-modules', event['text'])


class IdentityTest(SignInCase):
    """From the bind result on the own account is what the server says."""

    def session(self, then, jid=FULL):
        """A server that lets the client in under jid, and goes on by then(line)."""
        def script(line):
            line.secure(features(mechanisms('X-OAUTH2')))
            line.read_until('</auth>')
            line.write(SUCCESS)
            line.expect_header(features(BIND))
            line.answer_iq('xmpp-bind', "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>%s</bind>"
                           % ('<jid>%s</jid>' % jid if jid is not None else ''))
            line.answer_iq('xmpp-session')
            then(line)
        return script

    def online(self, line):
        """Answers what clients ask for until the first presence comes."""
        while True:
            said = line.read_until('<iq .*?</iq>|<presence').group(0).decode()
            if said == '<presence':
                return
            name = re.search("id='([^']*)'", said).group(1)
            query = re.search("<query xmlns='([^']*)'", said)
            sender = re.search("to='([^']*)'", said)
            line.write("<iq type='result' id='%s'%s>%s</iq>" % (
                name, " from='%s'" % sender.group(1) if sender else '',
                "<query xmlns='%s'/>" % query.group(1) if query else ''))

    def test_the_bound_jid_is_told_and_shown(self):
        server = self.serve(self.session(self.online))
        client = self.client(server)
        event = client.sign_in()
        self.assertEqual(event['bound_jid'], FULL)
        self.assertEqual(event['display_name'], FULL)
        self.assertEqual(event['username'], TYPED + '/Desk')
        self.assertEqual([e['jid'] for e in client.seen if e['event'] == 'bound'], [FULL])

    def test_later_requests_go_to_the_bound_domain(self):
        server = self.serve(self.session(self.online))
        client = self.client(server)
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        after = server.lines[0].secret.decode().split('xmpp-session')[1]
        self.assertIn("to='talk.example'", after)
        self.assertNotIn('mail.example', after)

    def test_roster_pushes_of_the_own_account_count_and_no_others(self):
        senders = {'bound': "from='%s'" % BOUND, 'nobody': '',
                   'full': "from='%s'" % FULL, 'alias': "from='%s'" % TYPED,
                   'stranger': "from='mallory@talk.example'", 'domain': "from='evil.example'",
                   'cousin': "from='romeo@mail.example'"}

        def push(line):
            self.online(line)
            for name, sender in senders.items():
                line.write(ROSTER_PUSH % ('push-' + name, sender, name + '@talk.example'))
            line.write("<iq type='get' id='last' from='talk.example'><ping xmlns='urn:xmpp:ping'/>"
                       '</iq>')
            line.read_until("id='last'")
            line.waits.set()
        server = self.serve(self.session(push))
        client = self.client(server)
        client.do('connect')
        server.wait_for_line(0)
        client.state()
        added = {event['name'].split('@')[0] for event in client.seen if event['event'] == 'buddy'}
        self.assertEqual(added - {'juliet'}, {'bound', 'nobody', 'full', 'alias'} & added)
        self.assertLessEqual({'bound', 'nobody', 'alias'}, added)
        self.assertEqual(added & {'stranger', 'domain', 'cousin'}, set())

    def test_an_address_that_is_none(self):
        for jid in ('talk.example', '@talk.example/x', 'juliet@', 'juliet@/x', ' ',
                    'juliet@talk example/x', 'ju&#10;liet@talk.example/x', 'juliet/x@talk.example',
                    'x' * 4000 + '@y'):
            with self.subTest(jid[:20]):
                event = self.refused(self.session(lambda line: None, jid))
                self.assertEqual(event['reason'], NETWORK_ERROR)

    def test_a_bind_result_without_address_is_what_was_asked_for(self):
        server = self.serve(self.session(self.online, None))
        event = self.client(server).sign_in()
        self.assertEqual(event['bound_jid'], TYPED + '/Desk')

    def test_a_default_domain_is_put_in_where_none_was_typed(self):
        for typed, domain, sent in (('juliet', 'mail.example', 'mail.example'),
                                    ('juliet@/Desk', 'mail.example', 'mail.example'),
                                    ('juliet/Desk', 'mail.example', 'mail.example'),
                                    ('juliet@other.example@/', '', 'other.example'),
                                    ('juliet@other.example', 'mail.example', 'other.example')):
            with self.subTest(typed=typed, domain=domain):
                def script(line):
                    line.to = line.read_until("<stream:stream to='([^']*)'").group(1).decode()
                    line.hang_up()
                event = self.refused(script, username=typed, gtalk_default_domain=domain)
                self.assertEqual(event['server'].lines[0].to, sent)

    def test_a_default_domain_that_is_none(self):
        """Nor is there one that nobody has chosen: a secret is sent to no server by guess."""
        server = self.serve(lambda line: None)
        for domain in ('a b', 'a@b', 'a/b', ''):
            with self.subTest(domain):
                client = self.client(server, username='juliet@/', gtalk_default_domain=domain)
                event = client.sign_in()
                self.assertEqual(event['reason'], INVALID_SETTINGS)
                self.assertIn('no domain', event['text'])


class ReloadTest(unittest.TestCase):
    """Unloading and loading the plugin while accounts are online."""

    def test_own_accounts_leave_and_come_back_and_others_stay(self):
        scratch = Scratch()
        self.addCleanup(scratch.close)
        server = Prosody(scratch / 'server')
        self.addCleanup(server.close)
        paris = 'paris@plain.example'
        client = PurpleClient(scratch, BOUND, server.token(BOUND), ca=server.ca,
                              bystander=('prpl-jabber', paris, server.password(paris)),
                              connect_server='localhost', port=server.port)
        self.addCleanup(client.close)
        client.do('connect-bystander')
        self.assertTrue(client.wait_for('signed-on')['bystander'])
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        for _ in range(2):
            client.do('unload')
            self.assertFalse(client.wait_for('signed-off')['bystander'])
            eventually(lambda: not server.sessions(BOUND))
            self.assertEqual(client.state()['state'], 'offline')
            client.do('load')
            event = client.wait_for('signed-on', 'signed-off', 'error')
            self.assertEqual((event['event'], event['bystander']), ('signed-on', False))
        self.assertEqual(len(server.sessions(paris)), 1)
        self.assertEqual([e for e in client.seen
                          if e['event'] == 'signed-off' and e['bystander']], [])
        self.assertEqual(client.quit(), 0)


if __name__ == '__main__':
    unittest.main()
