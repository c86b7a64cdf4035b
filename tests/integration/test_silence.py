# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers that never answer: every request of the plugin has its deadline, the session goes on."""

import unittest

from harness import Scratch
from harness.purple_client import PurpleClient
from harness.scripted_server import ACCOUNT, INFO, QUERY, ScriptedServer

DISCO = '{%s}query' % INFO
REQUEST_S = 30  # how long an answer is waited for


def silent(server, iq):
    """No answer."""


def silent_to_us(server, iq):
    """An answer for the inherited protocol only, which would not sign in without one."""
    if iq.get('id').startswith('purple'):
        server.answer(iq, "<query xmlns='%s'/>" % INFO)


class SilenceTest(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)

    def sign_in(self, answers):
        server = ScriptedServer(4 * REQUEST_S, **answers).start()
        self.addCleanup(server.close)
        client = PurpleClient(self.scratch, ACCOUNT + '/Desk', 'secret', gtalk_mechanism='password',
                              connect_server='127.0.0.1', port=server.port,
                              connection_security='opportunistic_tls', auth_plain_in_clear=True,
                              gtalk_archive_after='a0')
        self.addCleanup(client.close)
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        return client

    def test_deadlines(self):
        """Both wait, the archive's question twice for half a minute, so they wait together."""
        unread = self.sign_in({QUERY: silent})
        unknown = self.sign_in({DISCO: silent_to_us})
        done = unread.wait_for('archive-done', deadline=3 * REQUEST_S)
        self.assertEqual((done['available'], done['complete'], done['after']), (True, False, 'a0'))
        self.assertEqual(unknown.wait_for('features')['features'], ['stream-management'])
        self.assertFalse(unknown.wait_for('archive-done')['available'])
        for client in (unread, unknown):
            self.assertEqual(client.state()['state'], 'connected')


if __name__ == '__main__':
    unittest.main()
