# SPDX-License-Identifier: GPL-2.0-or-later
"""Where an account connects to, and whom the certificate there has to name: domains with SRV
records and without, hosted domains on a server with another name, TLS from the start."""

import unittest

from harness import Prosody, Scratch, eventually
from harness.purple_client import INVALID_SETTINGS, NETWORK_ERROR, PurpleClient

JULIET = 'juliet@talk.example'
HOSTED = 'benvolio@wrongname.example'   # its certificate names another server
ANOTHER_NAME = 'somebody-else.example'
SRV = '_xmpp-client._tcp.'


class EndpointTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.class_scratch = Scratch()
        cls.addClassCleanup(cls.class_scratch.close)
        cls.server = Prosody(cls.class_scratch / 'server')
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)

    def client(self, jid=JULIET, names=None, **options):
        client = PurpleClient(self.scratch, jid, self.server.password(jid), ca=self.server.ca,
                              gtalk_mechanism='password', **options)
        self.addCleanup(client.close)
        client.do('names', names=names or {})
        return client

    def signed_on(self, *arguments, **options):
        client = self.client(*arguments, **options)
        event = client.sign_in()
        self.assertEqual(event['event'], 'signed-on', event)
        client.do('disconnect')
        client.wait_for('signed-off')
        eventually(lambda: not self.server.sessions(), what='signed off')
        return client

    def asked_about_certificate(self, *arguments, **options):
        client = self.client(*arguments, **options)
        before = len(self.server.auths())
        client.do('connect')
        event = client.wait_for('question', 'signed-on', 'error')
        self.assertEqual(event['event'], 'question', event)
        client.do('answer', accept=False)
        self.assertTrue(client.wait_for('error')['fatal'])
        self.assertEqual(len(self.server.auths()), before)
        return event['text']

    def test_found_by_srv_the_certificate_names_the_domain(self):
        names = {SRV + 'talk.example': [['server.lan', self.server.port]],
                 'server.lan': '127.0.0.1'}
        self.signed_on(names=names)

    def test_the_next_srv_record_when_one_does_not_answer(self):
        names = {SRV + 'talk.example': [['nowhere.lan', self.server.port], ['server.lan', 1],
                                        ['server.lan', self.server.port]],
                 'server.lan': '127.0.0.1'}
        self.signed_on(names=names)

    def test_srv_records_do_not_say_whom_to_trust(self):
        names = {SRV + 'wrongname.example': [[ANOTHER_NAME, self.server.port]],
                 ANOTHER_NAME: '127.0.0.1'}
        self.assertIn('wrongname.example', self.asked_about_certificate(HOSTED, names))

    def test_without_srv_the_domain_itself(self):
        self.signed_on(names={'talk.example': '127.0.0.1'}, port=self.server.port)

    def test_a_hosted_domain_by_the_name_of_its_server(self):
        """Section 1.3: the certificate names the server that the settings name."""
        client = self.signed_on(HOSTED, {ANOTHER_NAME: '127.0.0.1'}, port=self.server.port,
                                connect_server=' %s ' % ANOTHER_NAME)
        self.assertEqual(client.quit(), 0)

    def test_a_hosted_domain_by_another_server(self):
        self.asked_about_certificate(HOSTED, {'talk.example': '127.0.0.1'},
                                     port=self.server.port, connect_server='talk.example')

    def test_encrypted_from_the_start(self):
        for options in ({'connect_server': 'mail.example'}, {}):
            with self.subTest(options):
                self.signed_on(names={'talk.example': '127.0.0.1', 'mail.example': '127.0.0.1'},
                               port=self.server.direct_tls_port, connection_security='old_ssl',
                               **options)

    def test_the_usual_port_goes_with_the_encryption(self):
        for security, port, used in (('old_ssl', 5222, 5223), ('require_tls', 5223, 5222)):
            with self.subTest(security):
                client = self.client(connection_security=security, port=port)
                self.assertEqual(client.sign_in()['reason'], NETWORK_ERROR)
                self.assertEqual(client.state()['port'], used)

    def test_settings_that_make_no_sense(self):
        for options, word in (({'port': 0}, 'port'), ({'port': 70000}, 'port'),
                              ({'connect_server': 'talk.example:5222'}, 'server'),
                              ({'connect_server': 'https://talk.example'}, 'server')):
            with self.subTest(options):
                event = self.client(**options).sign_in()
                self.assertEqual((event['event'], event['reason']), ('error', INVALID_SETTINGS))
                self.assertIn(word, event['text'])


if __name__ == '__main__':
    unittest.main()
