# SPDX-License-Identifier: GPL-2.0-or-later
"""Accounts whose tokens come from a token service, kept signed in by the bridge: a stand-in that
speaks ClientLogin and OAuth 2.0 over HTTPS, and hands out what the real Prosody takes."""

import unittest

from harness import eventually
from harness.api import password, token
from harness.bridge import domain_section
from harness.case import BridgeCase
from harness.token_service import CAPTCHA, TokenService

DOMAIN = 'talk.example'
JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PASSWORD = 'a password & more'


class RenewalCase(BridgeCase):
    KIND = 'oauth2'

    def setUp(self):
        super().setUp()
        self.server.reset()
        self.service = TokenService(self.server)
        self.addCleanup(self.service.close)
        self.service.passwords[JULIET] = PASSWORD
        self.before = len(self.server.auths())
        self.start_bridge(domains={DOMAIN: self.section()})

    def section(self, **more):
        url = self.service.url + ('/token' if self.KIND == 'oauth2' else '')
        keys = {'token-service': self.KIND, 'token-url': url}
        if self.KIND == 'oauth2':
            keys.update({'token-client-id': 'bridge', 'token-scope': 'chat'})
        return domain_section(self.server, DOMAIN, **{**keys, **more})

    def attempts(self):
        return [(a['mechanism'], a['outcome']) for a in self.server.auths()[self.before:]]

    def forms(self, grant='refresh_token'):
        return [form for _, form in list(self.service.requests)
                if form and form.get('grant_type') == grant]

    def used(self):
        """The refresh tokens that were used up so far, in order."""
        return [form['refresh_token'] for form in self.forms()]

    def sign_in_again(self):
        """The daemon and its hosts die, and come back."""
        self.bridge.kill()
        self.bridge.start()
        self.device.wait_online()

    def kick(self):
        self.server.control('kick', jid=JULIET)

    def assert_silent(self):
        log = self.bridge.show_log()
        for secret in (PASSWORD, *self.service.minted, *self.service.refresh_tokens):
            self.assertNotIn(secret, log)


class OAuthTest(RenewalCase):
    def setUp(self):
        super().setUp()
        self.access = self.service.mint(JULIET, 'oauth')
        self.refresh = self.service.new_refresh_token(JULIET)

    def auth(self, **more):
        return {'type': 'oauth2', 'access_token': self.access, 'refresh_token': self.refresh,
                **more}

    def login(self, **more):
        self.device = self.bridge.api.login(JULIET, self.auth(**more))

    def forget_access_tokens(self):
        for minted in self.service.minted:
            self.server.control('revoke', jid=JULIET, token=minted)

    def test_the_access_token_is_used_first(self):
        self.login()
        self.assertEqual((self.attempts(), self.forms()), ([('X-OAUTH2', 'success')], []))
        self.assertTrue(self.device.is_online())

    def test_an_old_access_token_is_refreshed_at_once(self):
        self.forget_access_tokens()
        self.login(client_id='phone')
        self.assertEqual([outcome for _, outcome in self.attempts()], ['not-authorized', 'success'])
        self.assertEqual(self.forms(), [{'grant_type': 'refresh_token', 'client_id': 'phone',
                                         'refresh_token': self.refresh, 'scope': 'chat'}])
        self.assert_silent()

    def test_refreshed_ahead_of_time(self):
        """What is good for seconds is renewed every few seconds, without a reconnect."""
        self.service.lifetime = 8
        self.forget_access_tokens()
        self.login()
        eventually(lambda: len(self.forms()) >= 3, what='renewals')
        self.assertEqual(self.forms()[-1]['client_id'], 'bridge')
        self.assertEqual([outcome for _, outcome in self.attempts()], ['not-authorized', 'success'])
        self.assertTrue(self.device.is_online())

    def test_what_was_rotated_is_there_after_a_crash(self):
        self.service.rotates = True
        self.service.lifetime = 8
        self.forget_access_tokens()
        self.login()
        eventually(lambda: len(self.used()) >= 2, what='a renewal')
        self.service.lifetime = 3600
        eventually(lambda: self.service.lifetimes[-1] == 3600, what='the last renewal')
        self.romeo_says('what follows it')
        self.forget_access_tokens()
        self.sign_in_again()
        used = self.used()
        self.assertEqual(len(set(used)), len(used), used)
        self.assertEqual(self.device.account()['state'], 'online')

    def romeo_says(self, text):
        """Behind everything that the bridge had to store before."""
        romeo = self.peer(ROMEO)
        romeo.send(JULIET, text)
        self.device.wait_for('message', body=text)

    def test_what_was_rotated_in_vain_is_not_lost(self):
        """The token service has taken it, the chat server is out of order: the same again."""
        self.service.rotates = True
        self.forget_access_tokens()
        self.server.switch('fault', 'close@bind', DOMAIN)
        self.addCleanup(self.server.switch, 'fault', 'none', DOMAIN)
        for count in (1, 2):
            answer = self.bridge.api.try_login(JULIET, self.auth())
            self.assertEqual((answer.status, answer.code), (502, 'server-unreachable'))
            self.assertEqual(len(self.used()), 1, 'the access token that came with it is good')
            if count == 2:
                self.forget_access_tokens()
        self.server.switch('fault', 'none', DOMAIN)
        self.login()
        self.assertEqual(len(set(self.used())), 2, 'each of them once')
        self.sign_in_again()
        self.assert_silent()

    def test_a_token_that_is_good_still_is_kept_over_a_restart(self):
        self.forget_access_tokens()
        self.login()
        self.service.gate.clear()  # whoever asks now waits
        self.sign_in_again()
        self.assertEqual(len(self.forms()), 1)

    def test_refused_it_is_signed_out_and_one_call_brings_it_back(self):
        self.login()
        self.service.refresh_tokens.clear()
        self.forget_access_tokens()
        self.kick()
        self.device.wait_for('account.state', state='signed-out', reason='credentials-refused',
                             user_action='sign-in-again')
        self.device.wait_for('request', type='sign-in-again')
        self.access = self.service.mint(JULIET, 'oauth')
        self.refresh = self.service.new_refresh_token(JULIET)
        answer = self.device.put('/v1/account/credential', {'auth': self.auth()})
        self.assertEqual(answer.status, 204, answer)
        self.assertEqual(self.device.account()['state'], 'online')
        self.forget_access_tokens()
        self.sign_in_again()
        self.assertEqual(self.used()[-1], self.refresh)

    def test_a_service_that_is_gone_for_a_while(self):
        self.login()
        self.forget_access_tokens()
        self.service.script = [(503, 'later'), (404, 'nothing here')]
        self.kick()
        self.device.wait_for('account.state', state='waiting')
        self.device.wait_for('account.state', state='waiting', reason='token-service',
                             user_action='ask-administrator')
        self.device.wait_online()

    def test_another_device_leaves_the_refresh_token_alone(self):
        self.login()
        other = {'type': 'oauth2', 'access_token': self.service.mint(JULIET, 'oauth'),
                 'refresh_token': 'used-up-long-ago'}
        self.bridge.api.login(JULIET, other, name='tablet')
        self.bridge.api.login(JULIET, token(self.service.mint(JULIET, 'oauth')), name='watch')
        self.assertEqual(len(self.device.get('/v1/devices').json['devices']), 3)
        self.forget_access_tokens()
        self.sign_in_again()
        self.assertEqual(set(self.used()), {self.refresh})
        answer = self.bridge.api.try_login(JULIET, {**other, 'access_token': 'forged'})
        self.assertEqual((answer.status, answer.code), (422, 'credentials-refused'))
        self.assertEqual(set(self.used()), {self.refresh})

    def test_a_password_becomes_a_refresh_token(self):
        self.device = self.bridge.api.login(JULIET, password(PASSWORD))
        self.assertEqual(len(self.forms('password')), 1)
        self.service.passwords.clear()
        self.romeo_says('behind it')
        self.forget_access_tokens()
        self.sign_in_again()
        self.assertEqual(len(self.forms('password')), 1)
        self.assertEqual(len(self.forms()), 1)
        self.assert_silent()

    def test_not_where_no_service_is_configured(self):
        self.bridge.close()
        self.bridge.write_config({}, {})
        self.bridge.start()
        answer = self.bridge.api.try_login(JULIET, self.auth())
        self.assertEqual((answer.status, answer.code), (422, 'not-acceptable'))
        for more in ({'refresh_token': 'line\nbreak'}, {'refresh_token': ''}, {'client_id': '\t'}):
            answer = self.bridge.api.try_login(JULIET, self.auth(**more))
            self.assertEqual((answer.status, answer.code), (422, 'not-acceptable'), more)


class ClientLoginTest(RenewalCase):
    KIND = 'clientlogin'

    def test_by_password(self):
        self.device = self.bridge.api.login(JULIET, password(PASSWORD))
        self.assertEqual(self.attempts(), [('X-GOOGLE-TOKEN', 'success')])
        self.sign_in_again()
        self.assertEqual(self.service.paths(), ['/accounts/ClientLogin'] * 2)
        self.assert_silent()

    def test_a_wrong_one(self):
        answer = self.bridge.api.try_login(JULIET, password('wrong'))
        self.assertEqual((answer.status, answer.code), (422, 'credentials-refused'))
        self.assertEqual(self.attempts(), [])

    def types(self):
        return sorted(request['type'] for request in
                      self.device.get('/v1/requests').json['requests'])

    def read(self, request, text):
        return self.device.post('/v1/requests/' + request['data']['id'], {'answer': text})

    def test_a_picture_to_read(self):
        self.device = self.bridge.api.login(JULIET, password(PASSWORD))
        self.service.script = [CAPTCHA, CAPTCHA]
        self.kick()
        request = self.device.wait_for('request', type='captcha')
        self.assertEqual(request['data']['url'],
                         self.service.url + '/accounts/Captcha?ctoken=c4ptcha')
        self.device.wait_for('account.state', state='signed-out', reason='captcha')
        # It waits, over a restart too, and nobody asks the service meanwhile.
        asked = len(self.service.requests)
        self.bridge.kill()
        self.bridge.start()
        eventually(lambda: self.types() == ['captcha', 'sign-in-again'], what='what waits')
        for wrong in ('', 'two\nlines', 'x' * 257):
            self.assertEqual(self.read(request, wrong).status, 422, wrong)
        self.assertEqual(len(self.service.requests), asked)
        # Misread: the service has another one.
        self.device.events.clear()
        self.assertEqual(self.read(request, 'xandau').status, 204)
        self.device.wait_for('request.closed', type='captcha', reason='answered')
        request = self.device.wait_for('request', type='captcha')
        self.device.wait_for('account.state', state='signed-out', reason='captcha')
        self.assertEqual(self.read(request, 'xanadu').status, 204)
        self.device.wait_online()
        self.device.wait_for('request.closed', type='sign-in-again')
        self.assertEqual(self.types(), [])
        self.assertEqual([(form['logintoken'], form['logincaptcha'])
                          for _, form in self.service.requests[asked:]],
                         [('c4ptcha', 'xandau'), ('c4ptcha', 'xanadu')])
        # Told once.
        self.kick()
        self.device.events.clear()
        self.device.wait_for('account.state', state='online')
        self.assertNotIn('logincaptcha', self.service.requests[-1][1])

    def test_a_picture_at_the_first_sign_in(self):
        """No device is there that could answer."""
        self.service.script = [CAPTCHA]
        answer = self.bridge.api.try_login(JULIET, password(PASSWORD))
        self.assertEqual((answer.status, answer.code), (422, 'credentials-refused'))
        self.assertIn('human', answer.json['detail'])

    def test_a_second_factor(self):
        self.device = self.bridge.api.login(JULIET, password(PASSWORD))
        self.service.script = [(403, 'Error=BadAuthentication\nInfo=InvalidSecondFactor\n')]
        self.kick()
        event = self.device.wait_for('account.state', state='signed-out')
        self.assertIn('application password', event['data']['detail'])
        self.device.wait_for('request', type='sign-in-again')


if __name__ == '__main__':
    unittest.main()
