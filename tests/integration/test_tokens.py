# SPDX-License-Identifier: GPL-2.0-or-later
"""Accounts whose tokens come from a token service: a stand-in that speaks ClientLogin and OAuth 2.0
over HTTPS, and hands out what the real Prosody then accepts."""

import base64
import pathlib
import unittest

from harness import Prosody, Scratch, eventually
from harness.purple_client import (AUTHENTICATION_FAILED, CERT_OTHER_ERROR, INVALID_SETTINGS,
                                   NETWORK_ERROR, PurpleClient)
from harness.socks import Socks
from harness.token_service import CAPTCHA, PICTURE, TokenService

JULIET = 'juliet@talk.example'
PASSWORD = 'a password & more'
LOGIN = '/accounts/ClientLogin'
ISSUE = '/accounts/IssueAuthToken'
SOCKS5 = 3  # PurpleProxyType


class TokenCase(unittest.TestCase):
    service_kind = 'oauth-password'

    @classmethod
    def setUpClass(cls):
        cls.class_scratch = Scratch()
        cls.addClassCleanup(cls.class_scratch.close)
        cls.server = Prosody(cls.class_scratch / 'server')
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.before = len(self.server.auths())
        self.service = self.serve()

    def serve(self, *certificate):
        service = TokenService(self.server, *certificate)
        self.addCleanup(service.close)
        service.passwords[JULIET] = PASSWORD
        return service

    def client(self, secret=PASSWORD, kind=None, url=None, **options):
        if url is None:
            url = self.service.url + ('' if self.service_kind == 'clientlogin' else '/token')
        client = PurpleClient(self.scratch, JULIET, secret, ca=self.server.ca,
                              connect_server='localhost', port=self.server.port,
                              gtalk_token_service=kind or self.service_kind, gtalk_token_url=url,
                              **options)
        self.addCleanup(client.close)
        return client

    def signed_on(self, client):
        event = client.sign_in()
        self.assertEqual(event['event'], 'signed-on', event)

    def sign_off(self, client):
        client.do('disconnect')
        client.wait_for('signed-off')
        eventually(lambda: not self.server.sessions(JULIET), what='signed off')

    def refused(self, client, reason, *words):
        event = client.sign_in()
        self.assertEqual((event['event'], event.get('reason')), ('error', reason), event)
        for word in words:
            self.assertIn(word, event['text'])
        for secret in (PASSWORD, *self.service.minted):
            self.assertNotIn(secret, event['text'])
        client.wait_for('signed-off')
        return event

    def attempts(self):
        return [(a['mechanism'], a['outcome']) for a in self.server.auths()[self.before:]]

    def stored(self):
        """What libpurple has on disk of all clients of this test."""
        return ''.join(path.read_text()
                       for path in pathlib.Path(self.scratch.path).glob('purple-*/accounts.xml'))

    def assert_silent(self, client):
        log = client.debug_log()
        for secret in (PASSWORD, *self.service.minted, *self.service.refresh_tokens):
            self.assertNotIn(secret, log)


class OAuthTest(TokenCase):
    def test_a_password_becomes_a_refresh_token_and_a_token(self):
        client = self.client(gtalk_token_client_id='desk', gtalk_token_scope='chat')
        self.signed_on(client)
        self.assertEqual(self.service.requests,
                         [('/token', {'grant_type': 'password', 'username': JULIET,
                                      'password': PASSWORD, 'client_id': 'desk',
                                      'scope': 'chat'})])
        self.assertEqual(self.attempts(), [('X-OAUTH2', 'success')])
        state = client.state()
        self.assertEqual((state['password'], state['token_service']),
                         ('refresh-0', 'oauth-refresh'))
        self.assert_silent(client)
        self.assertEqual(client.quit(), 0)
        self.assertIn('refresh-0', self.stored())
        for secret in (PASSWORD, *self.service.minted):
            self.assertNotIn(secret, self.stored())

    def test_by_refresh_token(self):
        self.service.refresh_tokens['r1'] = JULIET
        client = self.client('r1', 'oauth-refresh', gtalk_token_client_id='desk')
        self.signed_on(client)
        self.assertEqual(self.service.requests,
                         [('/token', {'grant_type': 'refresh_token', 'refresh_token': 'r1',
                                      'client_id': 'desk'})])
        self.assertEqual(client.state()['password'], 'r1')

    def test_a_rotated_refresh_token_takes_the_place_of_the_old_one(self):
        self.service.refresh_tokens['r1'] = JULIET
        self.service.rotates = True
        client = self.client('r1', 'oauth-refresh')
        self.signed_on(client)
        self.assertNotIn('r1', self.service.refresh_tokens)
        self.assertIn(client.state()['password'], self.service.refresh_tokens)

    def test_nothing_remembered_nothing_stored(self):
        client = self.client(remember=False)
        self.signed_on(client)
        self.assertEqual(client.state()['token_service'], 'oauth-password')
        self.assertEqual(client.quit(), 0)
        for secret in (PASSWORD, 'refresh-0', *self.service.minted):
            self.assertNotIn(secret, self.stored())

    def test_a_lost_connection_comes_back_by_the_refresh_token(self):
        client = self.client(remember=False)
        self.signed_on(client)
        self.server.control('kick', jid=JULIET)
        client.wait_for('signed-off')
        self.assertEqual(client.state()['password'], 'refresh-0')
        self.signed_on(client)
        self.assertEqual([form['grant_type'] for _, form in self.service.requests],
                         ['password', 'refresh_token'])
        self.sign_off(client)
        self.assertIsNone(client.state()['password'])

    def test_a_service_without_refresh_tokens(self):
        self.service.gives_refresh_token = False
        client = self.client()
        self.signed_on(client)
        state = client.state()
        self.assertEqual((state['password'], state['token_service']), (PASSWORD, 'oauth-password'))

    def test_a_token_is_used_again_while_it_is_good(self):
        client = self.client()
        for _ in range(3):
            self.signed_on(client)
            self.sign_off(client)
        self.assertEqual(len(self.service.requests), 1)
        self.assertEqual(self.attempts(), [('X-OAUTH2', 'success')] * 3)

    def test_a_token_that_the_server_no_longer_takes(self):
        """Scenario 22: one reconnect with a new token, no loop, no password sent."""
        client = self.client()
        self.signed_on(client)
        self.sign_off(client)
        self.server.control('revoke', jid=JULIET, token=self.service.minted[0])
        self.before = len(self.server.auths())
        self.signed_on(client)
        self.assertEqual(self.attempts(), [('X-OAUTH2', 'not-authorized'),
                                           ('X-OAUTH2', 'success')])
        self.assertEqual([event for event in client.seen if event['event'] == 'error'], [])
        self.assertEqual([form['grant_type'] for _, form in self.service.requests],
                         ['password', 'refresh_token'])
        self.assert_silent(client)
        self.assertEqual(client.quit(), 0)

    def test_the_server_takes_no_new_token_either(self):
        """Scenario 22: no loop."""
        client = self.client()
        self.signed_on(client)
        self.sign_off(client)
        self.server.control('revoke', jid=JULIET, token=self.service.minted[0])
        self.service.mint = lambda jid, kind, **more: 'unknown-to-the-server'
        self.before = len(self.server.auths())
        self.refused(client, AUTHENTICATION_FAILED, 'new token')
        self.assertEqual(self.attempts(), [('X-OAUTH2', 'not-authorized')] * 2)
        self.assertEqual(len(self.service.requests), 2)

    def test_a_token_is_renewed_before_it_expires(self):
        self.service.lifetime = 6
        client = self.client()
        self.signed_on(client)
        self.assertEqual(client.wait_for('token')['lifetime'], 6)
        self.assertEqual(len(self.service.requests), 2)
        self.assertEqual(self.service.requests[1][1]['grant_type'], 'refresh_token')
        self.assertEqual(client.state()['state'], 'connected')
        self.assertEqual(len(self.server.sessions(JULIET)), 1)

    def test_renewed_on_request(self):
        client = self.client()
        self.signed_on(client)
        client.do('renew-token')
        client.wait_for('token')
        self.assertEqual(len(self.service.requests), 2)

    def test_the_service_refuses(self):
        for answer, reason, word in (
                ((400, '{"error": "invalid_grant"}'), AUTHENTICATION_FAILED, 'password'),
                ((400, '{"error": "mfa_required"}'), AUTHENTICATION_FAILED, 'two-step'),
                ((401, '{"error": "invalid_client"}'), INVALID_SETTINGS, 'client id'),
                ((400, '{"error": "invalid_scope"}'), INVALID_SETTINGS, 'scope'),
                ((503, 'try again later'), NETWORK_ERROR, 'moment'),
                ((404, 'nothing here'), INVALID_SETTINGS, 'address'),
                ((200, '<html>Welcome</html>'), INVALID_SETTINGS, 'not a token service'),
                ((400, '{"error": "invalid_grant", "error_description": "Call Verona"}'),
                 AUTHENTICATION_FAILED, 'Call Verona')):
            with self.subTest(answer):
                self.service.script = [answer]
                self.refused(self.client(), reason, 'localhost', word)
        self.assertEqual(self.attempts(), [])

    def test_a_refused_refresh_token(self):
        event = self.refused(self.client('r9', 'oauth-refresh'), AUTHENTICATION_FAILED,
                             'refresh token')
        self.assertTrue(event['fatal'])

    def test_a_password_that_is_not_remembered_is_asked_for_again(self):
        client = self.client('wrong', remember=False)
        client.sign_in()
        self.assertIsNone(client.wait_for('signed-off')['password'])

    def test_a_redirection_is_not_followed(self):
        other = self.serve()
        self.service.script = [(307, '', 'text/plain')]
        see = self.service.see
        self.service.see = lambda path, form: (see(path, form)[0], '', 'text/plain')
        self.refused(self.client(), INVALID_SETTINGS, 'address')
        self.assertEqual(other.requests, [])

    def test_a_certificate_that_is_not_to_be_trusted(self):
        for certificate in ('selfsigned', 'wrongname', 'expired'):
            with self.subTest(certificate):
                service = self.serve('certs-bad/%s.example' % certificate)
                self.refused(self.client(url=service.url + '/token'), CERT_OTHER_ERROR,
                             'certificate')
                self.assertEqual(service.requests, [])

    def test_addresses_that_are_none(self):
        for url in ('', 'http://localhost/token', 'https://user:password@localhost/token'):
            with self.subTest(url):
                self.refused(self.client(url=url), INVALID_SETTINGS, 'https://')

    def test_a_service_that_cannot_be_reached(self):
        url = self.service.url
        self.service.close()
        self.refused(self.client(url=url + '/token'), NETWORK_ERROR, 'cannot be reached')

    def test_it_goes_through_the_accounts_proxy(self):
        proxy = Socks()
        self.addCleanup(proxy.close)
        client = self.client(proxy={'type': SOCKS5, 'host': '127.0.0.1', 'port': proxy.port})
        self.signed_on(client)
        self.assertEqual(proxy.asked, [('localhost', self.service.http.server_port),
                                       ('localhost', self.server.port)])

    def test_it_does_not_go_past_a_proxy_that_makes_no_sense(self):
        self.refused(self.client(proxy={'type': SOCKS5}), NETWORK_ERROR, 'cannot be reached')
        self.assertEqual(self.service.requests, [])

    def test_signing_off_while_the_service_is_silent(self):
        self.service.gate.clear()
        client = self.client()
        for _ in range(2):
            client.do('connect')
            eventually(lambda: self.service.requests, what='asked')
            self.assertEqual(client.state()['state'], 'connecting')
            client.do('disconnect')
            client.wait_for('signed-off')
            self.service.requests.clear()
        self.service.gate.set()
        self.signed_on(client)
        self.assertEqual(client.quit(), 0)

    def test_unloading_while_the_service_is_silent(self):
        self.service.gate.clear()
        client = self.client()
        client.do('connect')
        eventually(lambda: self.service.requests, what='asked')
        client.do('unload')
        client.wait_for('signed-off')
        self.service.gate.set()
        client.do('load')
        self.assertEqual(client.wait_for('signed-on', 'error')['event'], 'signed-on')
        self.assertEqual(client.quit(), 0)

    def test_a_plain_password_asks_no_service(self):
        client = self.client(self.server.password(JULIET), gtalk_mechanism='password')
        self.signed_on(client)
        self.assertEqual(self.service.requests, [])

    def test_a_server_without_token_mechanisms_gets_nothing(self):
        self.server.switch('mechanisms', ['PLAIN', 'SCRAM-SHA-1'], 'talk.example')
        self.addCleanup(self.server.reset, 'talk.example')
        self.assertEqual(self.client().sign_in()['event'], 'error')
        self.assertEqual(self.attempts(), [])


class ClientLoginTest(TokenCase):
    service_kind = 'clientlogin'

    def test_a_token_for_the_password(self):
        client = self.client()
        self.signed_on(client)
        [(path, form)] = self.service.requests
        self.assertEqual((path, form['Email'], form['Passwd'], form['service'],
                          form['accountType']),
                         (LOGIN, JULIET, PASSWORD, 'mail', 'HOSTED_OR_GOOGLE'))
        self.assertEqual(self.attempts(), [('X-GOOGLE-TOKEN', 'success')])
        self.assertEqual(client.state()['password'], PASSWORD)
        self.assert_silent(client)

    def test_a_long_token_is_exchanged_and_kept_in_memory(self):
        self.service.issues = True
        client = self.client()
        for _ in range(2):
            self.signed_on(client)
            self.sign_off(client)
        self.assertEqual(self.service.paths(), [LOGIN, ISSUE, ISSUE])
        self.assertEqual(self.service.requests[1][1],
                         {'SID': 'long-0', 'LSID': 'l-long-0', 'service': 'mail',
                          'Session': 'true'})
        self.assertEqual(self.attempts(), [('X-GOOGLE-TOKEN', 'success')] * 2)
        self.assertEqual(client.quit(), 0)
        self.assertNotIn('long-0', self.stored())

    def test_a_long_token_that_is_over(self):
        self.service.issues = True
        client = self.client()
        self.signed_on(client)
        self.sign_off(client)
        self.service.long_tokens.clear()
        self.signed_on(client)
        self.assertEqual(self.service.paths(), [LOGIN, ISSUE, ISSUE, LOGIN, ISSUE])

    def test_the_service_refuses(self):
        for body, word in (('Error=BadAuthentication\n', 'password'),
                           ('Error=BadAuthentication\nInfo=InvalidSecondFactor\n', 'two-step'),
                           ('Error=AccountDisabled\n', 'disabled'),
                           ('Error=TermsNotAgreed\n', 'web browser'),
                           ('Error=ServiceDisabled\n', 'may not use')):
            with self.subTest(body):
                self.service.script = [(403, body)]
                self.refused(self.client(), AUTHENTICATION_FAILED, word)

    def test_a_captcha_is_shown_and_answered(self):
        self.service.script = [CAPTCHA, CAPTCHA]
        client = self.client()
        client.do('connect')
        for read in ('wrong', 'right'):
            form = client.wait_for('form')
            fields = {field['id']: field for field in form['fields']}
            self.assertIn('localhost', form['secondary'])
            self.assertIn('/accounts/Captcha?ctoken=c4ptcha', form['secondary'])
            self.assertEqual(base64.b64decode(fields['picture']['image']), PICTURE)
            client.do('fill', fields={'read': read})
        self.assertEqual(client.wait_for('signed-on', 'error')['event'], 'signed-on')
        logins = [form for path, form in self.service.requests if path == LOGIN]
        self.assertEqual([form.get('logincaptcha') for form in logins], [None, 'wrong', 'right'])
        self.assertEqual([form.get('logintoken') for form in logins],
                         [None, 'c4ptcha', 'c4ptcha'])

    def test_a_captcha_that_nobody_answers(self):
        self.service.script = [CAPTCHA]
        client = self.client()
        client.do('connect')
        client.wait_for('form')
        client.do('cancel')
        event = client.wait_for('error')
        self.assertEqual(event['reason'], AUTHENTICATION_FAILED)
        self.assertIn('human', event['text'])

    def test_a_captcha_goes_with_the_sign_in(self):
        self.service.script = [CAPTCHA]
        client = self.client()
        client.do('connect')
        client.wait_for('form')
        client.do('disconnect')
        client.wait_for('form-closed')
        self.assertEqual(client.quit(), 0)

    def test_a_picture_from_somewhere_else_is_not_fetched(self):
        other = self.serve()
        self.service.script = [(403, 'Error=CaptchaRequired\nCaptchaToken=c\n'
                                     'CaptchaUrl=%s/p\n' % other.url.replace('localhost',
                                                                             '127.0.0.1'))]
        self.refused(self.client(), AUTHENTICATION_FAILED, 'human')
        self.assertEqual(other.requests, [])


if __name__ == '__main__':
    unittest.main()
