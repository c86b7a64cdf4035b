# SPDX-License-Identifier: GPL-2.0-or-later
"""A server's offline storage that can be asked (XEP-0013): it is not poured out, nothing that it
alone has is lost, and nothing in it that was not answered for."""

import time
import unittest

from harness import Ejabberd, Scratch, Stream, XmppPeer, eventually
from harness.process import DEADLINE_S
from harness.scripted_server import (ACCOUNT, ANSWERS, INFO, JID, QUERY, SM, FEATURES,
                                     ScriptedServer)
from harness.purple_client import PurpleClient

OFFLINE = 'http://jabber.org/protocol/offline'
ITEMS = 'http://jabber.org/protocol/disco#items'
ROMEO = 'romeo@talk.example/Phone'
JULIET = 'juliet@ejabberd.example'
LIST = "<query xmlns='%s' node='%s'/>" % (ITEMS, OFFLINE)
RESULT = ("<message to='%s'><result xmlns='urn:xmpp:mam:2' queryid='%s' id='%s'>"
          "<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='%s'/>"
          "<message xmlns='jabber:client' from='%s' to='%s' type='chat'><body>%s</body></message>"
          "</forwarded></result></message>")
PING = "<ping xmlns='urn:xmpp:ping'/>"
NOT_ARCHIVED = "<no-permanent-store xmlns='urn:xmpp:hints'/>"
STORED_S = 1700000000
ONE, TWO, THREE = ('%d%06d' % (STORED_S + 10 * number, 1500) for number in range(3))
LISTED = (('list', [ONE]), 'presence', ('list', [ONE]), ('list', [ONE]))


def stamp(node):
    """When the archive got what is stored as that node: a moment before."""
    seconds, microseconds = divmod(int(node) - 1000, 1000000)
    return '%s.%06dZ' % (time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds)), microseconds)


class Late(list):
    """A list before which something happens."""

    def __init__(self, nodes, happens):
        super().__init__(nodes)
        self.happens = happens


class Storage(ScriptedServer):
    """It has XEP-0013, and an archive with what was stored as the nodes in `archived`. Each list is
    the next of `lists`. What it was asked to do with nodes is in `done`."""

    def __init__(self, lists, archived=(), **answers):
        self.lists = list(lists)
        self.archived = archived
        self.done = []
        features = "".join("<feature var='%s'/>" % var for var in (*FEATURES, OFFLINE))
        self.info = "<query xmlns='%s'>%s</query>" % (INFO, features)
        super().__init__(DEADLINE_S, **{
            '{%s}query' % INFO: self.info,
            '{%s}query' % ITEMS: Storage.list,
            QUERY: Storage.query,
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
            "<item jid='%s' node='%s' name='%s'/>" % (ACCOUNT, node, ROMEO) for node in nodes)))

    def bring(self, iq, name, body, node=ONE, sender=ROMEO, to=ACCOUNT):
        """A message out of the archive."""
        self.write(RESULT % (JID, iq[0].get('queryid'), name, stamp(node), sender, to, body))

    def query(self, iq):
        for node in self.archived:
            self.bring(iq, 'a' + node, node, node)
        self.answer(iq, ANSWERS[QUERY])

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

    def told(self, client):
        client.state()
        return [event['body'] for event in client.seen if event['event'] == 'googletalk-message']

    def wait_for(self, *done):
        eventually(lambda: self.server.done == list(done), what='%s' % (done,))

    def test_what_the_archive_has_is_taken_out_unread(self):
        both = [ONE, TWO]
        client = self.client([both, both, both], both)
        self.wait_for(('list', both), 'presence', ('list', both), ('list', both),
                      ('remove', ONE), ('remove', TWO))
        self.assertEqual(self.told(client), both)

    def test_what_the_archive_does_not_have_is_asked_for(self):
        """It was never meant for it, or there was no room."""
        all_three = [ONE, TWO, THREE]
        client = self.client([all_three, all_three, all_three], [ONE, THREE])
        self.wait_for(('list', all_three), 'presence', ('list', all_three), ('list', all_three),
                      ('remove', ONE), ('remove', THREE), ('view', TWO), ('remove', TWO))
        self.assertEqual(self.told(client), [ONE, THREE, TWO])

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
        client = self.client([[ONE], [ONE], [ONE]],
                             **{'{%s}query' % INFO: info, '{jabber:iq:roster}query': roster})
        client.state()
        eventually(lambda: ('remove', ONE) in self.server.done)

    def test_what_came_between_is_read_from_the_archive(self):
        """And before what came live meanwhile: of that it says nothing until then."""
        def query(server, iq):
            server.bring(iq, 'a1', 'one')
            if server.done[-1] == ('list', [ONE, TWO]):
                server.bring(iq, 'a2', 'two', TWO)
                server.bring(iq, 'a3', 'three', THREE)
            server.answer(iq, ANSWERS[QUERY])
            server.done.append('archive')

        def change(server):
            server.write("<message from='%s' to='%s' type='chat'><body>three</body>"
                         "<stanza-id xmlns='urn:xmpp:sid:0' by='%s' id='a3'/></message>"
                         % (ROMEO, JID, ACCOUNT))
        client = self.client([[ONE], Late([ONE, TWO], change), [ONE, TWO]], **{QUERY: query})
        self.assertEqual(self.told(client), ['one', 'two', 'three'])
        self.wait_for(('list', [ONE]), 'presence', 'archive', ('list', [ONE, TWO]), 'archive',
                      ('list', [ONE, TWO]), ('remove', ONE), ('remove', TWO))

    def test_it_is_read_again_a_moment_later(self):
        """What the session before sent, and what was said before something that comes live, may be
        in nobody's list and not in the archive yet."""
        late = ((JID, ROMEO, 'sent'), (ROMEO, ACCOUNT, 'two'), (ROMEO, ACCOUNT, 'three'))

        def query(server, iq):
            if server.done.count(('list', [])) == 2:
                for number, (sender, to, body) in enumerate(late, 1):
                    server.bring(iq, 'a%d' % number, body, sender=sender, to=to)
            server.answer(iq, ANSWERS[QUERY])

        def change(server):
            server.write("<message from='%s' to='%s' type='chat'><body>three</body>"
                         "<stanza-id xmlns='urn:xmpp:sid:0' by='%s' id='a3'/></message>"
                         % (ROMEO, JID, ACCOUNT))
        client = self.client([[], Late([], change), []], **{QUERY: query})
        self.assertEqual([event['event'] for event in client.seen[-4:]],
                         ['googletalk-message'] * 3 + ['archive-done'])
        self.assertEqual(self.told(client), ['sent', 'two', 'three'])

    def test_what_the_archive_brought_is_answered_for_first(self):
        """Who dies before that may have come past it in the archive."""
        client = self.client([[ONE], [ONE], [ONE]], [ONE], hold=True)
        number = client.expect('googletalk-message')['stanza']
        self.wait_for(*LISTED)
        self.server.write("<r xmlns='%s'/>" % SM)
        client.expect('acknowledged')
        self.assertNotIn(('remove', ONE), self.server.done)
        client.do('release', number=number)
        self.wait_for(*LISTED, ('remove', ONE))

    def test_a_list_that_always_has_something_new_is_not_waited_for(self):
        nodes = ['%d%06d' % (STORED_S + 10 * number, 1500) for number in range(20)]
        self.client([nodes[:count] for count in range(1, 20)], nodes)
        eventually(lambda: ('remove', nodes[4]) in self.server.done)
        self.assertNotIn('view', [what[0] for what in self.server.done])
        self.assertNotIn(('remove', nodes[5]), self.server.done)

    def test_what_is_held_is_not_taken_out(self):
        client = self.client([[ONE], [ONE], [ONE]], hold=True)
        number = client.expect('googletalk-message')['stanza']
        self.wait_for(*LISTED, ('view', ONE))
        self.server.write("<r xmlns='%s'/>" % SM)
        client.expect('acknowledged')
        self.assertNotIn(('remove', ONE), self.server.done)
        client.do('release', number=number)
        self.wait_for(*LISTED, ('view', ONE), ('remove', ONE))

    def test_where_the_archive_is_not_read_all_is_asked_for(self):
        client = self.client([[ONE], [ONE]], **{QUERY: None})
        self.assertEqual(client.expect('googletalk-message')['body'], ONE)
        self.wait_for(('list', [ONE]), 'presence', ('list', [ONE]), ('view', ONE),
                      ('remove', ONE))

    def test_many_go_in_several_requests(self):
        nodes = ['node%d' % number for number in range(250)]
        client = self.client([nodes, nodes, nodes])
        eventually(lambda: ('remove', nodes[-1]) in self.server.done)
        self.assertEqual([what for what in self.server.done if what[0] == 'remove'],
                         [('remove', node) for node in nodes])
        self.assertEqual(self.told(client), nodes)

    def test_a_first_sign_in_takes_what_the_server_pours_out(self):
        self.client([], after=None)
        self.wait_for('presence')

    def test_a_server_that_refuses(self):
        client = self.client([], **{'{%s}query' % ITEMS: None})
        client.state()
        self.wait_for('presence')


class EjabberdTest(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.server = Ejabberd(self.scratch / 'ejabberd')
        self.addCleanup(self.server.close)

    def sign_in(self):
        client = PurpleClient(self.scratch, JULIET + '/Desk', self.server.password(JULIET),
                              self.server.ca, gtalk_mechanism='password',
                              connect_server=self.server.host, port=self.server.port,
                              gtalk_archive_since='1000000000')
        self.addCleanup(client.close)
        client.do('connect')
        while client.wait_for('question', 'signed-on')['event'] == 'question':
            client.do('answer', accept=True)
        client.expect('archive-done')
        eventually(lambda: self.count() == 0, what='an empty storage')
        client.state()
        return [(event['origin'], event['body']) for event in client.seen
                if event['event'] == 'googletalk-message']

    def count(self):
        with Stream(self.server, 'ejabberd.example') as stream:
            stream.sign_in('juliet', self.server.password(JULIET), resource='counter')
            return len(list(stream.iq('get', LIST, to=JULIET).iter('{%s}item' % ITEMS)))

    def write(self, *messages):
        with Stream(self.server, 'ejabberd.example') as romeo:
            romeo.sign_in('romeo', self.server.password('romeo@ejabberd.example'))
            for body, hint in messages:
                romeo.write("<message to='%s' type='chat'><body>%s</body>%s</message>"
                            % (JULIET, body, hint))
            romeo.iq('get', PING, to='ejabberd.example')
        eventually(lambda: self.count() == len(messages), what='a full storage')

    def test_it_is_empty_when_the_archive_has_been_read(self):
        with XmppPeer(self.server, 'romeo@ejabberd.example') as romeo:
            for number in range(20):
                romeo.send(JULIET, 'missed %d' % number)
            romeo.sync()
        self.assertEqual(self.count(), 20)
        self.assertEqual(self.sign_in(),
                         [('archive', 'missed %d' % number) for number in range(20)])

    def test_what_its_archive_does_not_keep_is_not_lost(self):
        """A message that asks for that (XEP-0334) is in the storage alone."""
        self.write(('kept', ''), ('passing', NOT_ARCHIVED), ('kept, too', ''))
        self.assertEqual(self.sign_in(), [('archive', 'kept'), ('archive', 'kept, too'),
                                          ('live', 'passing')])

    def test_what_its_archive_has_no_room_for_is_not_lost(self):
        """It takes nothing more where its table has 2 GB, of whatever."""
        with open(self.scratch / 'ejabberd' / 'spool' / 'archive_msg.DAT', 'r+b') as table:
            table.truncate(2100000000)
        self.write(('one', ''), ('two', ''))
        self.assertEqual(self.sign_in(), [('live', 'one'), ('live', 'two')])


if __name__ == '__main__':
    unittest.main()
