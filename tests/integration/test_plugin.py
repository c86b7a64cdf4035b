# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin in a real libpurple signs in to real servers: Prosody that plays the Google side, and
ejabberd with OAuth tokens of its own."""

import unittest

from harness import Ejabberd, Prosody, Scratch, XmppPeer, eventually
from harness.purple_client import AUTHENTICATION_FAILED, AUTHENTICATION_IMPOSSIBLE, PurpleClient

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
EJABBERD_JULIET = 'juliet@ejabberd.example'


class PluginCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.class_scratch = Scratch()
        cls.addClassCleanup(cls.class_scratch.close)
        cls.server = cls.make_server(cls.class_scratch / 'server')
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)

    def client(self, username, secret, mechanism='auto', **options):
        # "localhost" is a name in the servers' certificates, and libpurple checks against it
        client = PurpleClient(self.scratch, username, secret, ca=self.server.ca,
                              connect_server='localhost', port=self.server.port,
                              gtalk_mechanism=mechanism, **options)
        self.addCleanup(client.close)
        return client

    def signed_on(self, *arguments, **options):
        client = self.client(*arguments, **options)
        event = client.sign_in()
        self.assertEqual(event['event'], 'signed-on', event)
        return client, event

    def refused(self, *arguments, reason=AUTHENTICATION_FAILED):
        event = self.client(*arguments).sign_in()
        self.assertEqual((event['event'], event.get('reason')), ('error', reason), event)
        return event


class ProsodyTest(PluginCase):
    @classmethod
    def make_server(cls, folder):
        return Prosody(folder)

    def setUp(self):
        super().setUp()
        self.server.reset()
        self.server.reset('talk.example')
        self.before = len(self.server.auths())

    def attempts(self):
        return self.server.auths()[self.before:]

    def test_each_mechanism(self):
        for option, kind, name in (('x-oauth2', 'oauth', 'X-OAUTH2'),
                                   ('oauthbearer', 'oauth', 'OAUTHBEARER'),
                                   ('x-google-token', 'google', 'X-GOOGLE-TOKEN'),
                                   ('auto', 'oauth', 'X-OAUTH2')):
            with self.subTest(option):
                self.before = len(self.server.auths())
                self.signed_on(JULIET, self.server.token(JULIET, kind), option)
                seen = self.attempts()
                self.assertEqual([(a['mechanism'], a['outcome'], a['full_bind_result'],
                                   a['secure']) for a in seen], [(name, 'success', 'true', True)])

    def test_the_attributes_of_x_oauth2(self):
        self.signed_on(JULIET, self.server.token(JULIET), 'x-oauth2')
        self.assertEqual(self.attempts()[0]['service'], 'oauth2')

    def test_by_password(self):
        for mechanisms in (['SCRAM-SHA-1', 'PLAIN'], ['PLAIN'], ['SCRAM-SHA-1']):
            with self.subTest(mechanisms):
                self.server.switch('mechanisms', mechanisms, 'talk.example')
                self.signed_on(JULIET, self.server.password(JULIET), 'password')

    def test_the_eras(self):
        for mechanisms, kind in ((['PLAIN', 'X-GOOGLE-TOKEN'], 'google'),
                                 (['PLAIN', 'X-GOOGLE-TOKEN', 'X-OAUTH2'], 'oauth'),
                                 (['PLAIN', 'X-OAUTH2'], 'oauth'),
                                 (['OAUTHBEARER'], 'oauth')):
            with self.subTest(mechanisms):
                self.server.switch('mechanisms', mechanisms, 'talk.example')
                self.signed_on(JULIET, self.server.token(JULIET, kind))

    def test_bad_tokens_end_at_once(self):
        for option, kind, state in (('x-oauth2', 'oauth', 'expired'),
                                    ('x-oauth2', 'oauth', 'scope'),
                                    ('oauthbearer', 'oauth', 'expired'),
                                    ('oauthbearer', 'oauth', 'scope'),
                                    ('x-google-token', 'google', 'expired'),
                                    ('auto', 'oauth', 'expired')):
            with self.subTest(option=option, state=state):
                self.before = len(self.server.auths())
                token = self.server.token(JULIET, kind, state)
                event = self.refused(JULIET, token, option)
                self.assertNotIn(token, event['text'])
                self.assertEqual(len(self.attempts()), 1, 'one attempt, by one mechanism')

    def test_a_mechanism_that_is_not_offered(self):
        self.server.switch('mechanisms', ['PLAIN', 'SCRAM-SHA-1'], 'talk.example')
        self.refused(JULIET, self.server.token(JULIET), 'x-oauth2',
                     reason=AUTHENTICATION_IMPOSSIBLE)
        self.assertEqual(self.attempts(), [])

    def test_a_bad_password(self):
        self.refused(JULIET, 'wrong', 'password')

    def test_the_server_chooses_the_domain(self):
        self.server.switch('require-ga', True)
        for mechanism, secret in (('x-oauth2', self.server.token(JULIET)),
                                  ('oauthbearer', self.server.token(JULIET)),
                                  ('password', self.server.password(JULIET))):
            with self.subTest(mechanism):
                client, event = self.signed_on('juliet@mail.example/Desk', secret, mechanism)
                self.assertRegex(event['bound_jid'], '^juliet@talk.example/Desk[0-9A-F]{8}$')
                self.assertEqual(event['display_name'].split('/')[0], JULIET)
                client.do('disconnect')
                eventually(lambda: not self.server.sessions(JULIET))

    def test_no_domain_typed(self):
        _, event = self.signed_on('juliet', self.server.token(JULIET),
                                  gtalk_default_domain='talk.example')
        self.assertTrue(event['bound_jid'].startswith(JULIET))

    def test_a_conversation_under_the_alias(self):
        with XmppPeer(self.server, ROMEO) as romeo:
            client, _ = self.signed_on('juliet@mail.example', self.server.token(JULIET))
            eventually(lambda: romeo.sees(JULIET))
            romeo.send(JULIET, 'What light?')
            event = client.wait_for('message')
            self.assertEqual(event['from'].split('/')[0], ROMEO)
            client.do('send', to=ROMEO, text='Ay me!')
            self.assertEqual(romeo.wait_for_message('Ay me!').bare, JULIET)
            self.assertEqual(romeo.errors, [])

    def test_a_plain_server(self):
        _, event = self.signed_on(PARIS, self.server.password(PARIS), 'password')
        self.assertTrue(event['bound_jid'].startswith(PARIS))


class SessionTest(PluginCase):
    """What the plugin does with Debian's modules of the server, once signed in."""

    @classmethod
    def make_server(cls, folder):
        return Prosody(folder, '--trace', 'full')

    def session(self, jid=JULIET):
        return eventually(lambda: self.server.sessions(jid), what='a session')[0]

    def sent_by(self, session, text):
        return [line['xml'] for line in self.server.trace()
                if line['dir'] == 'in' and line.get('jid') == session['jid']
                and text in line['xml']]

    def test_stream_management_and_carbons_are_on(self):
        self.signed_on(JULIET, self.server.token(JULIET))
        eventually(lambda: self.session()['smacks'] and self.session()['carbons'],
                   what='stream management and carbons')

    def test_everything_is_acknowledged_on_the_desktop(self):
        with XmppPeer(self.server, ROMEO) as romeo:
            client, _ = self.signed_on(JULIET, self.server.token(JULIET))
            eventually(lambda: romeo.sees(JULIET) and self.session()['smacks'])
            for number in range(20):
                romeo.send(JULIET, 'number %d' % number)
            for _ in range(20):
                client.wait_for('message')
            eventually(lambda: self.session()['unacked'] == 0, what='all acknowledged')
            self.assertTrue(self.sent_by(self.session(), '<a '))

    def test_the_archive_is_asked(self):
        self.signed_on(JULIET, self.server.token(JULIET))
        eventually(lambda: self.sent_by(self.session(), 'urn:xmpp:mam:2'), what='a query')

    def test_a_sign_off_is_clean(self):
        with XmppPeer(self.server, ROMEO) as romeo:
            client, _ = self.signed_on(JULIET, self.server.token(JULIET))
            eventually(lambda: romeo.sees(JULIET))
            client.do('disconnect')
            client.wait_for('signed-off')
            eventually(lambda: not self.server.sessions(JULIET) and not romeo.sees(JULIET),
                       what='signed off')


class BareServerTest(PluginCase):
    """A server without any of the modern extensions is no trouble."""

    @classmethod
    def make_server(cls, folder):
        return Prosody(folder, '--without', 'smacks', '--without', 'mam', '--without', 'carbons',
                       '--without', 'csi', '--without', 'blocklist', '--without', 'pep',
                       '--without', 'ping')

    def test_a_conversation(self):
        with XmppPeer(self.server, ROMEO) as romeo:
            client, _ = self.signed_on(JULIET, self.server.token(JULIET, 'google'),
                                       'x-google-token')
            eventually(lambda: romeo.sees(JULIET))
            romeo.send(JULIET, 'Speak again')
            self.assertIn('Speak again', client.wait_for('message')['text'])
            client.do('send', to=ROMEO, text='I do')
            romeo.wait_for_message('I do')


class EjabberdTest(PluginCase):
    @classmethod
    def make_server(cls, folder):
        return Ejabberd(folder)

    def test_its_own_tokens(self):
        _, event = self.signed_on(EJABBERD_JULIET, self.server.token(EJABBERD_JULIET), 'x-oauth2')
        self.assertTrue(event['bound_jid'].startswith(EJABBERD_JULIET + '/'))

    def test_the_token_is_preferred(self):
        self.signed_on(EJABBERD_JULIET, self.server.token(EJABBERD_JULIET))

    def test_a_revoked_token(self):
        self.refused(EJABBERD_JULIET, self.server.token(EJABBERD_JULIET, state='expired'),
                     'x-oauth2')

    def test_by_password(self):
        self.signed_on(EJABBERD_JULIET, self.server.password(EJABBERD_JULIET), 'password')


if __name__ == '__main__':
    unittest.main()
