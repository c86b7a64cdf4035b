# SPDX-License-Identifier: GPL-2.0-or-later
"""Sign-ins and starts that must fail, each with an error of its own and without harm to others."""

import sqlite3
import unittest

from harness import eventually
from harness.api import password, token
from harness.bridge import domain_section
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'


class SignInTest(BridgeCase):
    """What a login answers. One account is signed in all the while and must not notice."""

    def setUp(self):
        super().setUp()
        self.server.reset()
        self.server.reset('talk.example')

    def start_with_nurse(self, **more):
        self.start_bridge(**more)
        self.nurse = self.bridge.login('nurse@talk.example')
        self.session = self.server.sessions('nurse@talk.example')[0]['jid']

    def tearDown(self):
        if getattr(self, 'nurse', None) is not None:
            self.assertEqual(self.server.sessions('nurse@talk.example')[0]['jid'], self.session)
            self.assertEqual(self.nurse.account()['state'], 'online')

    def refuse(self, jid, auth, status, code, **more):
        answer = self.bridge.api.try_login(jid, auth, **more)
        self.assertEqual((answer.status, answer.code), (status, code), answer)
        problem = answer.json
        for member in ('type', 'title', 'detail', 'retryable'):
            self.assertIn(member, problem)
        for secret in (auth.get('token'), auth.get('password')):
            if secret:
                self.assertNotIn(secret, answer.body.decode())
        return problem

    def test_bad_tokens(self):
        self.start_with_nurse()
        for mechanism, kind, state in (('x-oauth2', 'oauth', 'expired'),
                                       ('x-oauth2', 'oauth', 'scope'),
                                       ('oauthbearer', 'oauth', 'expired'),
                                       ('oauthbearer', 'oauth', 'scope'),
                                       ('x-google-token', 'google', 'expired')):
            with self.subTest(mechanism=mechanism, state=state):
                before = len(self.server.auths())
                problem = self.refuse(JULIET, token(self.server.token(JULIET, kind, state),
                                                    mechanism), 422, 'credentials-refused')
                self.assertEqual(problem['user_action'], 'sign-in-again')
                seen = self.server.auths()[before:]
                self.assertEqual(len(seen), 1, 'one attempt, no loop, no other mechanism')

    def test_bad_passwords(self):
        self.start_with_nurse()
        self.refuse(JULIET, password('wrong'), 422, 'credentials-refused')
        self.refuse('nobody@talk.example', password('wrong'), 422, 'credentials-refused')
        self.assertEqual(self.server.sessions(JULIET), [])

    def test_passwords_are_not_taken_by_default(self):
        domains = {'talk.example': domain_section(self.server, 'talk.example', passwords=False)}
        self.start_with_nurse(domains=domains)
        before = len(self.server.auths())
        self.refuse(JULIET, password('juliet-password'), 403, 'password-not-allowed')
        self.assertEqual(len(self.server.auths()), before)

    def test_enrolment(self):
        domains = {'plain.example': domain_section(self.server, 'plain.example', 'invite'),
                   'talk.example': domain_section(self.server, 'talk.example', 'open')}
        self.start_with_nurse(domains=domains)
        paris, secret = 'paris@plain.example', password('paris-password')
        self.refuse(paris, secret, 403, 'enrolment-required')
        self.refuse(paris, secret, 403, 'enrolment-required', enrolment='never-given-out')
        code = self.bridge.ctl('invite').split()[-1]
        self.bridge.api.login(paris, secret, enrolment=code)
        self.refuse('rosaline@plain.example', password('rosaline-password'), 403,
                    'enrolment-required', enrolment=code)

    def test_certificates_that_do_not_verify(self):
        self.start_with_nurse()
        for domain in ('selfsigned.example', 'wrongname.example', 'expired.example'):
            with self.subTest(domain):
                before = len(self.server.auths())
                problem = self.refuse('benvolio@' + domain, password('benvolio-password'), 502,
                                      'certificate-refused')
                self.assertEqual(problem['user_action'], 'ask-administrator')
                self.assertEqual(len(self.server.auths()), before, 'nothing was sent')

    def test_pinned_certificates(self):
        def pinned(domain, pin):
            return domain_section(self.server, domain, pins=pin)
        self.start_with_nurse(domains={
            'selfsigned.example': pinned('selfsigned.example',
                                         self.server.fingerprint('selfsigned.example')),
            'plain.example': pinned('plain.example', '0' * 64)})
        self.bridge.api.login('benvolio@selfsigned.example', password('benvolio-password'))
        self.refuse('paris@plain.example', password('paris-password'), 502,
                    'certificate-refused')

    def test_a_server_that_closes_in_the_middle(self):
        self.start_with_nurse()
        for stage in ('header', 'starttls', 'proceed', 'secure', 'auth', 'authenticated', 'bind',
                      'session', 'roster'):
            with self.subTest(stage):
                self.server.switch('fault', 'close@' + stage, 'plain.example')
                problem = self.refuse('paris@plain.example', password('paris-password'), 502,
                                      'server-unreachable')
                self.assertTrue(problem['retryable'])
        self.server.switch('fault', 'none', 'plain.example')
        self.bridge.api.login('paris@plain.example', password('paris-password'))

    def test_a_server_that_falls_silent(self):
        self.start_with_nurse()
        self.server.switch('fault', 'silent@auth', 'plain.example')
        self.refuse('paris@plain.example', password('paris-password'), 504, 'sign-in-timed-out')
        self.server.switch('fault', 'none', 'plain.example')

    def test_a_server_that_is_not_there(self):
        nobody = '[domain nowhere.example]\nregistration=open\nserver=127.0.0.1\nport=1'
        self.start_with_nurse(domains={'nowhere.example': nobody})
        self.refuse('ann@nowhere.example', token('x'), 502, 'server-unreachable')

    def test_a_token_that_dies_later(self):
        self.start_with_nurse()
        self.server.control('token', jid=JULIET, token='mortal', kind='oauth', lifetime=3600)
        device = self.bridge.api.login(JULIET, token('mortal'))
        self.server.control('revoke', jid=JULIET, token='mortal')
        before = len(self.server.auths())
        self.server.control('kick', jid=JULIET, how='drop')
        event = device.wait_for('account.state', state='signed-out')
        self.assertEqual(event['data']['user_action'], 'sign-in-again')
        self.assertEqual(len(self.server.auths()), before + 1)


class StartTest(BridgeCase):
    """Keyring and store at the daemon's start."""

    def fail_to_start(self):
        """Runs the daemon until it ends by itself; returns (exit status, what it said)."""
        done = self.bridge.run('--config', self.bridge.config)
        return done.returncode, done.stderr.decode()

    def sealed(self):
        """The API's answer while the store is closed."""
        answer = self.bridge.api.try_login(JULIET, token(self.server.token(JULIET)))
        return answer if answer.status == 503 else None

    def test_an_absent_keyring(self):
        self.start_bridge(absent=True)
        answer = eventually(self.sealed, what='503')
        self.assertEqual(answer.code, 'sealed')
        self.assertIn('Retry-After', answer.headers)
        self.keyring.start()
        eventually(lambda: self.bridge.login(JULIET) if not self.sealed() else None,
                   what='sign-in once the keyring is there')

    def test_a_locked_keyring(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        self.assertEqual(self.bridge.stop(), 0)
        self.keyring.lock()
        self.bridge.start()
        answer = eventually(self.sealed, what='503')
        self.assertEqual(answer.code, 'sealed')
        self.assertEqual(device.get('/v1/account').status, 503)
        self.assertEqual(self.server.sessions(JULIET), [])
        self.keyring.unlock()
        eventually(lambda: device.get('/v1/account').status == 200, 120, 'unsealed')
        device.wait_online()

    def test_a_lost_keyring(self):
        """A key that is gone is never replaced by a new one while the store has data."""
        self.start_bridge()
        device = self.bridge.login(JULIET)
        self.bridge.stop()
        self.keyring.stop()
        for path in (self.scratch / 'home/.local/share/keyrings').iterdir():
            path.unlink()
        self.keyring.start()
        self.bridge.start()
        eventually(self.sealed, what='503')
        self.assertEqual(device.get('/v1/account').status, 503)

    def test_a_key_file_and_its_password(self):
        """libsecret's file backend takes any password for an empty answer: the daemon must not."""
        secret = self.scratch / 'key-password'
        secret.write_text('a' * 43 + '\n')
        self.start_bridge(absent=True, groups={'store': [
            'path=%s' % (self.scratch / 'store/bridge.db'), 'key-source=secret-file',
            'key-file=%s' % (self.scratch / 'key-ring'), 'key-password-file=%s' % secret]})
        device = self.bridge.login(JULIET)
        self.assertEqual(self.bridge.stop(), 0)
        before = (self.scratch / 'key-ring').read_bytes()
        secret.write_text('b' * 43 + '\n')
        self.bridge.start()
        self.assertEqual(eventually(self.sealed, what='503').code, 'sealed')
        self.assertEqual(device.get('/v1/account').status, 503)
        self.assertEqual(self.server.sessions(JULIET), [])
        self.bridge.stop()
        self.assertEqual((self.scratch / 'key-ring').read_bytes(), before, 'nothing was written')
        secret.write_text('a' * 43 + '\n')
        self.bridge.start()
        device.wait_online()

    def test_a_store_that_is_not_ours(self):
        self.start_bridge(start=False)
        with sqlite3.connect(self.bridge.store) as database:
            database.execute('create table notes (text)')
            database.execute("insert into notes values ('mine')")
        database.close()
        before = self.bridge.store.read_bytes()
        status, said = self.fail_to_start()
        self.assertNotEqual(status, 0)
        self.assertIn(str(self.bridge.store), said)
        self.assertEqual(self.bridge.store.read_bytes(), before)

    def test_a_store_that_is_no_database(self):
        self.start_bridge(start=False)
        self.bridge.store.write_bytes(b'Dear diary, ' * 1000)
        status, said = self.fail_to_start()
        self.assertNotEqual(status, 0)
        self.assertIn(str(self.bridge.store), said)

    def test_a_store_of_a_newer_version(self):
        self.start_bridge()
        self.bridge.login(JULIET)
        self.bridge.stop()
        with sqlite3.connect(self.bridge.store) as database:
            version = database.execute('pragma user_version').fetchone()[0]
            database.execute('pragma user_version = %d' % (version + 1))
        database.close()
        status, said = self.fail_to_start()
        self.assertNotEqual(status, 0)
        self.assertIn('newer', said)

    def test_two_daemons_of_one_store(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        status, said = self.fail_to_start()
        self.assertNotEqual(status, 0)
        self.assertTrue(said)
        self.assertEqual(device.account()['state'], 'online')

    def test_the_store_tells_nothing(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        romeo = self.peer(ROMEO)
        romeo.send(JULIET, 'a very private word')
        device.wait_for('message', body='a very private word')
        self.bridge.stop()
        for path in self.bridge.store.parent.iterdir():
            content = path.read_bytes()
            for word in (b'private', b'juliet', b'romeo', b'talk.example',
                         self.server.token(JULIET).encode(), device.token.encode()):
                self.assertNotIn(word, content, path)


if __name__ == '__main__':
    unittest.main()
