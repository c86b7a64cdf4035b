# SPDX-License-Identifier: GPL-2.0-or-later
"""Accounts of this plugin and of plain XMPP in the same Pidgin, under valgrind: neither disturbs
the other, whether our protocol is loaded, unloaded or loaded again, nor at the end."""

import re
import unittest

from harness import Prosody, Scratch, XmppPeer, eventually
from harness.desktop import Pidgin

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'


class NeighboursTest(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.server = Prosody(self.scratch / 'server')
        self.addCleanup(self.server.close)
        self.memcheck = self.scratch / 'memcheck.log'
        self.pidgin = Pidgin(self.scratch, self.server, wrapper=[
            'valgrind', '--quiet', '--log-file=%s' % self.memcheck, '--num-callers=40',
            '--undef-value-errors=no', '--leak-check=full', '--show-leak-kinds=definite',
            '--keep-debuginfo=yes'])
        self.addCleanup(self.pidgin.close)

    def peer(self, jid):
        peer = XmppPeer(self.server, jid)
        self.addCleanup(peer.close)
        return peer

    def hears(self, account, jid, peer, text):
        """A message from the peer arrives, in a conversation of that account."""
        peer.send(jid, text)
        conversation = eventually(lambda: self.pidgin.find_conversation(account, peer.jid))
        self.pidgin.wait_for_line(conversation, text)
        return conversation

    def errors(self):
        """Whatever is invalid, and what is lost by us; what Pidgin loses is its own."""
        text = re.sub(r'^==\d+== ?', '', self.memcheck.read_text(), flags=re.M)
        return [error for error in text.split('\n\n') if error.strip()
                and (' lost in loss record ' not in error or '(gtalk-' in error)]

    def test_loading_and_unloading_beside_plain_xmpp(self):
        pidgin, server = self.pidgin, self.server
        paris = pidgin.add_account(PARIS, server.password(PARIS), 'prpl-jabber')
        juliet = pidgin.add_account(JULIET, server.token(JULIET))
        pidgin.wait_until_online(paris)
        pidgin.wait_until_online(juliet)
        romeo, rosaline = self.peer(ROMEO), self.peer(ROSALINE)
        session = [one['jid'] for one in server.sessions(PARIS)]
        self.hears(juliet, JULIET, romeo, 'What light?')
        conversation = self.hears(paris, PARIS, rosaline, 'Good morrow')

        pidgin.load_protocol(False)
        eventually(lambda: not server.sessions(JULIET))
        self.assertFalse(pidgin.is_online(juliet))
        self.assertTrue(pidgin.is_online(paris))
        self.hears(paris, PARIS, rosaline, 'while it is gone')
        pidgin.PurpleConvImSend(pidgin.PurpleConversationGetImData(conversation), 'Good even')
        rosaline.wait_for_message('Good even')

        pidgin.load_protocol(True)
        pidgin.wait_until_online(juliet)
        eventually(lambda: romeo.sees(JULIET))
        self.hears(juliet, JULIET, romeo, 'Art thou there?')
        self.hears(paris, PARIS, rosaline, 'when it is back')
        self.assertEqual([one['jid'] for one in server.sessions(PARIS)], session)

        self.assertEqual(pidgin.quit(), 0, pidgin.show_log())
        eventually(lambda: not server.sessions(JULIET) and not server.sessions(PARIS))
        self.assertEqual(self.errors(), [])


if __name__ == '__main__':
    unittest.main()
