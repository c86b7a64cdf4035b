# SPDX-License-Identifier: GPL-2.0-or-later
"""A server's offline storage that can be asked (XEP-0013): it is not poured out, nothing that it
alone has is lost, and nothing in it that was not answered for."""

import unittest

from harness import Ejabberd, Scratch, Stream, XmppPeer, eventually
from harness.process import DEADLINE_S
from harness.scripted_server import (ACCOUNT, ANSWERS, INFO, JID, QUERY, SM, FEATURES,
                                     ScriptedServer)
from harness.purple_client import PurpleClient

OFFLINE = 'http://jabber.org/protocol/offline'
ITEMS = 'http://jabber.org/protocol/disco#items'
MAM = 'urn:xmpp:mam:2'
ROMEO = 'romeo@talk.example'
JULIET = 'juliet@ejabberd.example'
LISTED = (('list', ['one']), 'presence', ('list', ['one']), ('list', ['one']))
LIST = "<query xmlns='%s' node='%s'/>" % (ITEMS, OFFLINE)


RESULT = ("<message to='%s'><result xmlns='" + MAM + "' queryid='%s' id='%s'>"
          "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='%s' to='%s' "
          "type='chat'><body>%s</body></message></forwarded></result></message>")


class Late(list):
    """A list before which something happens."""

    def __init__(self, nodes, happens):
        super().__init__(nodes)
        self.happens = happens


class Storage(ScriptedServer):
    """It has XEP-0013, and an archive that keeps what `preferences` says. Each list is the next of
    `lists`. What it was asked to do with nodes is in `done`."""

    def __init__(self, lists, preferences="default='always'", **answers):
        self.lists = list(lists)
        self.done = []
        features = "".join("<feature var='%s'/>" % var for var in (*FEATURES, OFFLINE))
        self.info = "<query xmlns='%s'>%s</query>" % (INFO, features)
        super().__init__(DEADLINE_S, **{
            '{%s}query' % INFO: self.info,
            '{%s}query' % ITEMS: Storage.list,
            '{%s}prefs' % MAM: "<prefs xmlns='%s' %s/>" % (MAM, preferences),
            '{%s}offline' % OFFLINE: Storage.change, **answers})

    def list(self, iq):
        if iq[0].get('node') != OFFLINE:
            self.refuse(iq)
            return
        nodes = self.lists.pop(0)
        if isinstance(nodes, Late):
            nodes.happens(self)
        self.done.append(('list', nodes))
        self.answer(iq, "<query xmlns='%s' node='%s'>%s</query>" % (ITEMS, OFFLINE, ''.join(
            "<item jid='%s' node='%s'/>" % (ACCOUNT, node) for node in nodes)))

    def change(self, iq):
        for item in iq[0]:
            self.done.append((item.get('action'), item.get('node')))
            if item.get('action') == 'view':
                self.write("<message from='%s' to='%s' type='chat'><body>%s</body></message>"
                           % (ROMEO, JID, item.get('node')))
        self.answer(iq, '')

    def sign_in(self):
        super().sign_in()
        self.done.append('presence')


class ScriptedTest(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)

    def client(self, *arguments, hold=False, after='a0', **more):
        self.server = Storage(*arguments, **more).start()
        self.addCleanup(self.server.close)
        client = PurpleClient(self.scratch, ACCOUNT + '/Desk', 'secret', None,
                              gtalk_mechanism='password', connect_server='127.0.0.1',
                              port=self.server.port, connection_security='opportunistic_tls',
                              auth_plain_in_clear=True,
                              **({'gtalk_archive_after': after} if after else {}))
        self.addCleanup(client.close)
        client.do('hold', hold=hold)
        client.do('take', take=True)
        client.sign_in()
        client.expect('archive-done')
        return client

    def wait_for(self, *done):
        eventually(lambda: self.server.done == list(done), what='%s' % (done,))

    def test_what_the_archive_has_is_taken_out_unread(self):
        both = ['one', 'two']
        self.client([both, both, both])
        self.wait_for(('list', both), 'presence', ('list', both), ('list', both),
                      ('remove', 'one'), ('remove', 'two'))

    def test_a_server_that_takes_its_time_to_say_so(self):
        waiting = []

        def info(server, iq):
            if iq.get('to') == ACCOUNT:
                waiting.append(iq)
            else:
                server.answer(iq, server.info)

        def roster(server, iq):
            server.answer(iq, ANSWERS['{jabber:iq:roster}query'])
            server.round_trip('rostered')
            server.answer(waiting.pop(), server.info)
        client = self.client([['one'], ['one'], ['one']],
                             **{'{%s}query' % INFO: info, '{jabber:iq:roster}query': roster})
        client.state()
        eventually(lambda: ('remove', 'one') in self.server.done)

    def test_what_came_between_is_read_from_the_archive(self):
        """And before what came live meanwhile: of that it says nothing until then."""
        def query(server, iq):
            if server.done[-1] == ('list', ['one', 'two']):
                for name, body in (('a2', 'two'), ('a3', 'three')):
                    server.write(RESULT % (JID, iq[0].get('queryid'), name, ROMEO, ACCOUNT, body))
            server.answer(iq, ANSWERS[QUERY])
            server.done.append('archive')

        def change(server):
            server.write("<message from='%s' to='%s' type='chat'><body>three</body>"
                         "<stanza-id xmlns='urn:xmpp:sid:0' by='%s' id='a3'/></message>"
                         % (ROMEO, JID, ACCOUNT))
        client = self.client([['one'], Late(['one', 'two'], change), ['one', 'two']],
                             **{QUERY: query})
        client.state()
        self.assertEqual([event['body'] for event in client.seen
                          if event['event'] == 'googletalk-message'], ['two', 'three'])
        self.wait_for(('list', ['one']), 'presence', 'archive', ('list', ['one', 'two']), 'archive',
                      ('list', ['one', 'two']), ('remove', 'one'), ('remove', 'two'))

    def test_it_is_read_again_a_moment_later(self):
        """What the session before sent, and what was said before something that comes live, may be
        in nobody's list and not in the archive yet."""
        late = ((JID, ROMEO, 'sent'), (ROMEO, ACCOUNT, 'two'), (ROMEO, ACCOUNT, 'three'))

        def query(server, iq):
            if server.done.count(('list', [])) == 2:
                for number, (sender, to, body) in enumerate(late, 1):
                    server.write(RESULT % (JID, iq[0].get('queryid'), 'a%d' % number, sender, to,
                                           body))
            server.answer(iq, ANSWERS[QUERY])

        def change(server):
            server.write("<message from='%s' to='%s' type='chat'><body>three</body>"
                         "<stanza-id xmlns='urn:xmpp:sid:0' by='%s' id='a3'/></message>"
                         % (ROMEO, JID, ACCOUNT))
        client = self.client([[], Late([], change), []], **{QUERY: query})
        self.assertEqual([event['body'] for event in client.seen
                          if event['event'] == 'googletalk-message'], ['sent', 'two', 'three'])
        self.assertEqual(client.seen[-1]['event'], 'archive-done')

    def test_what_the_archive_brought_is_answered_for_first(self):
        """Who dies before that may have come past it in the archive."""
        def query(server, iq):
            server.write(RESULT % (JID, iq[0].get('queryid'), 'a1', ROMEO, ACCOUNT, 'one'))
            server.answer(iq, ANSWERS[QUERY])
        client = self.client([['one'], ['one'], ['one']], hold=True, **{QUERY: query})
        number = client.expect('googletalk-message')['stanza']
        self.wait_for(*LISTED)
        self.server.write("<r xmlns='%s'/>" % SM)
        client.expect('acknowledged')
        self.assertNotIn(('remove', 'one'), self.server.done)
        client.do('release', number=number)
        self.wait_for(*LISTED, ('remove', 'one'))

    def test_a_list_that_always_has_something_new_is_not_waited_for(self):
        lists = [['n%d' % number for number in range(count)] for count in range(1, 20)]
        self.client(lists)
        eventually(lambda: ('remove', 'n4') in self.server.done)
        self.assertNotIn('view', [what[0] for what in self.server.done])
        self.assertNotIn(('remove', 'n5'), self.server.done)

    def test_what_the_archive_may_not_have_is_read_first(self):
        client = self.client([['one'], ['one'], ['one']], "default='roster'")
        self.assertEqual(client.expect('googletalk-message')['body'], 'one')
        self.wait_for(*LISTED, ('view', 'one'), ('remove', 'one'))

    def test_what_is_held_is_not_taken_out(self):
        client = self.client([['one'], ['one'], ['one']], "default='roster'", hold=True)
        number = client.expect('googletalk-message')['stanza']
        self.wait_for(*LISTED, ('view', 'one'))
        self.server.write("<r xmlns='%s'/>" % SM)
        client.expect('acknowledged')
        self.assertNotIn(('remove', 'one'), self.server.done)
        client.do('release', number=number)
        self.wait_for(*LISTED, ('view', 'one'), ('remove', 'one'))

    def test_nothing_is_taken_out_unread_behind_a_gap(self):
        client = self.client([['one'], ['one']], **{QUERY: None})
        self.assertEqual(client.expect('googletalk-message')['body'], 'one')
        self.wait_for(('list', ['one']), 'presence', ('list', ['one']), ('view', 'one'),
                      ('remove', 'one'))

    def test_many_go_in_several_requests(self):
        nodes = ['node%d' % number for number in range(250)]
        client = self.client([nodes, nodes, nodes], "default='roster'")
        eventually(lambda: ('remove', nodes[-1]) in self.server.done)
        self.assertEqual([what for what in self.server.done if what[0] == 'remove'],
                         [('remove', node) for node in nodes])
        client.state()
        self.assertEqual([event['body'] for event in client.seen
                          if event['event'] == 'googletalk-message'], nodes)

    def test_a_first_sign_in_takes_what_the_server_pours_out(self):
        self.client([], after=None)
        self.wait_for('presence')

    def test_a_server_that_refuses(self):
        client = self.client([], **{'{%s}query' % ITEMS: None})
        client.state()
        self.wait_for('presence')


class EjabberdTest(unittest.TestCase):
    def test_it_is_empty_when_the_archive_has_been_read(self):
        scratch = Scratch()
        self.addCleanup(scratch.close)
        server = Ejabberd(scratch / 'ejabberd')
        self.addCleanup(server.close)
        with XmppPeer(server, 'romeo@ejabberd.example') as romeo:
            for number in range(20):
                romeo.send(JULIET, 'missed %d' % number)
            romeo.sync()
        self.assertEqual(self.count(server), 20)
        client = PurpleClient(scratch, JULIET + '/Desk', server.password(JULIET), server.ca,
                              gtalk_mechanism='password', connect_server=server.host,
                              port=server.port, gtalk_archive_since='1000000000')
        self.addCleanup(client.close)
        client.do('connect')
        while client.wait_for('question', 'signed-on')['event'] == 'question':
            client.do('answer', accept=True)
        client.expect('archive-done')
        eventually(lambda: self.count(server) == 0, what='an empty storage')
        client.state()
        self.assertEqual([(event['origin'], event['body']) for event in client.seen
                          if event['event'] == 'googletalk-message'],
                         [('archive', 'missed %d' % number) for number in range(20)])

    def count(self, server):
        with Stream(server, 'ejabberd.example') as stream:
            stream.sign_in('juliet', server.password(JULIET), resource='counter')
            return len(list(stream.iq('get', LIST, to=JULIET).iter('{%s}item' % ITEMS)))


if __name__ == '__main__':
    unittest.main()
