# SPDX-License-Identifier: GPL-2.0-or-later
"""A conversation between the bridge and an independent client, both ways, by every way in."""

import unittest

from harness import eventually
from harness.api import password, token
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
ALIAS = 'juliet@mail.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'


class ConversationTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.server.reset()
        self.server.reset('talk.example')
        self.romeo = self.peer(ROMEO)

    def auth_of(self, since=0):
        return self.server.auths(since)[-1]

    def converse(self, device, mine=JULIET):
        """One message each way."""
        eventually(lambda: self.romeo.sees(mine), what='presence of %s' % mine)
        self.romeo.send(mine, 'Wherefore art thou?')
        event = device.wait_for('message', body='Wherefore art thou?')
        self.assertEqual((event['data']['from'], event['data']['to']), (ROMEO, mine))
        answer = device.send(ROMEO, 'Here & <there>\n  "now"')
        self.assertEqual(answer.status, 202, answer)
        got = self.romeo.wait_for_message('Here & <there>\n  "now"')
        self.assertEqual(got.bare, mine)
        device.wait_for('message.status', id=answer.json['id'], status='accepted')
        self.assertEqual(self.romeo.errors, [])

    # -- every way in

    def test_each_mechanism(self):
        self.start_bridge()
        for name, kind, on_the_wire in (('x-oauth2', 'oauth', 'X-OAUTH2'),
                                        ('oauthbearer', 'oauth', 'OAUTHBEARER'),
                                        ('x-google-token', 'google', 'X-GOOGLE-TOKEN')):
            with self.subTest(name):
                device = self.bridge.api.login(JULIET,
                                               token(self.server.token(JULIET, kind), name))
                self.assertEqual(self.auth_of()['mechanism'], on_the_wire)
                self.assertEqual(self.auth_of()['full_bind_result'], 'true')
                self.converse(device)
                self.assertEqual(device.delete('/v1/account').status, 204)
                eventually(lambda: not self.server.sessions(JULIET), what='signed out')

    def test_the_best_mechanism_is_chosen(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        self.assertEqual(self.auth_of()['mechanism'], 'X-OAUTH2')
        self.converse(device)

    def test_a_password_where_it_is_allowed(self):
        self.start_bridge()
        device = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))
        self.assertEqual(self.auth_of()['outcome'], 'success')
        self.converse(device, PARIS)

    def test_the_server_chooses_the_domain(self):
        self.start_bridge()
        device = self.bridge.api.login(ALIAS, token(self.server.token(JULIET), 'x-oauth2'))
        account = device.account()
        self.assertEqual(account['username'], ALIAS)
        self.assertRegex(account['bound_jid'], '^' + JULIET + '/.*[0-9A-F]{8}$')
        self.converse(device)
        sent = device.wait_for('message.sent')
        self.assertEqual((sent['data']['from'], sent['data']['to']), (JULIET, ROMEO))

    # -- what else a conversation needs

    def test_the_roster(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        def listed():
            contacts = {c['jid']: c for c in device.get('/v1/contacts').json['contacts']}
            return contacts if len(contacts) == 5 else None
        contacts = eventually(listed, what='five contacts')
        self.assertEqual(contacts[ROMEO]['groups'], ['Verona'])
        self.assertEqual(contacts[ROMEO]['subscription'], 'both')
        eventually(lambda: next(c for c in device.get('/v1/contacts').json['contacts']
                                if c['jid'] == ROMEO)['presence']['show'] == 'available',
                   what='romeo available')

    def test_the_same_message_is_sent_once(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        name = 'b4b12c1e-8a4e-4b59-9a44-1f3a4ec4a9d1'
        first, second = (device.send(ROMEO, 'once', name) for _ in range(2))
        self.assertEqual((first.status, first.json), (second.status, second.json))
        conflict = device.send(ROMEO, 'twice', name)
        self.assertEqual(conflict.status, 409)
        device.send(ROMEO, 'last')
        self.romeo.wait_for_message('last')
        self.assertEqual(self.romeo.bodies(), ['once', 'last'])

    def test_other_clients_get_everything_too(self):
        phone = self.peer(JULIET, resource='phone', carbons=True)
        self.start_bridge()
        device = self.bridge.login(JULIET)
        eventually(lambda: all(s['carbons'] and s['available']
                               for s in self.server.sessions(JULIET)), what='carbons')
        self.assertEqual({s['priority'] for s in self.server.sessions(JULIET)}, {0})
        for number in range(5):
            self.romeo.send(JULIET, 'for all %d' % number)
        phone.wait_for_message('for all 4')
        device.wait_for('message', body='for all 4')
        phone.send(ROMEO, 'from the phone')
        event = device.wait_for('message.sent', body='from the phone')
        self.assertEqual(event['data']['to'], ROMEO)
        device.send(ROMEO, 'from the bridge')
        phone.wait_for_message('from the bridge')
        device.poll()
        bodies = [e['data']['body'] for e in device.of_type('message')]
        self.assertEqual(bodies, ['for all %d' % number for number in range(5)])

    def test_a_bounce_is_told(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        name = device.send('nobody@talk.example', 'lost').json['id']
        event = device.wait_for('message.status', id=name, status='failed')
        self.assertTrue(event['data']['reason'])

    def test_server_sent_events(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        stream = device.stream(after=device.cursor)
        self.romeo.send(JULIET, 'streamed')
        name, event = next((name, event) for name, _, event in stream
                           if event['type'] == 'message')
        self.assertEqual(event['data']['body'], 'streamed')
        self.assertEqual(event['cursor'], name)
        stream.close()

    def test_what_came_while_nobody_was_online(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        self.romeo.send(JULIET, 'before')
        device.wait_for('message', body='before')
        self.assertEqual(self.bridge.stop(), 0)
        eventually(lambda: not self.server.sessions(JULIET), what='signed out')
        for number in range(3):
            self.romeo.send(JULIET, 'away %d' % number)
        self.romeo.sync()
        self.bridge.start()
        device.wait_for('message', body='away 2')
        self.romeo.send(JULIET, 'back')
        device.wait_for('message', body='back')
        bodies = [e['data']['body'] for e in device.of_type('message')]
        self.assertEqual(bodies, ['before', 'away 0', 'away 1', 'away 2', 'back'])
        # seconds: a stamp of the server has no more
        times = [e['time'][:19] for e in device.of_type('message')]
        self.assertEqual(times, sorted(times))
        self.assertEqual(self.romeo.errors, [])

    def test_what_was_sent_while_not_online(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        self.server.switch('fault', 'close@header', 'talk.example')
        self.server.control('kick', jid=JULIET, how='drop')
        eventually(lambda: not device.is_online(), what='offline')
        answer = device.send(ROMEO, 'queued')
        self.assertEqual(answer.status, 202)
        self.server.switch('fault', 'none', 'talk.example')
        self.romeo.wait_for_message('queued')
        device.wait_for('message.status', id=answer.json['id'], status='accepted')

    def test_a_lost_connection_comes_back(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        self.server.control('kick', jid=JULIET, how='drop')
        device.wait_for('account.state', state='waiting')
        device.wait_online()
        self.converse(device)

    def test_what_is_encrypted_is_marked(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        self.romeo.send_raw(
            "<message to='%s' type='chat' id='secret'><body>You need OMEMO to read this</body>"
            "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/></encrypted>"
            "<encryption xmlns='urn:xmpp:eme:0' namespace='eu.siacs.conversations.axolotl'/>"
            "</message>" % JULIET)
        self.assertTrue(device.wait_for('message', id='secret')['data']['encrypted'])

    def test_presence_is_not_kept(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        stream = device.stream(after=device.cursor)
        # It connects when it is first read; presence is not kept for who comes later.
        next(event for _, _, event in stream if event['data'].get('state') == 'online')
        self.romeo.call(lambda client: client.send_presence(pshow='away', pstatus='gone'))
        event = next(event for _, _, event in stream if event['type'] == 'presence'
                     and event['data'].get('show') == 'away')
        self.assertEqual((event['data']['jid'], event['data']['status']), (ROMEO, 'gone'))
        self.assertNotIn('cursor', event)
        stream.close()
        device.poll()
        self.assertEqual(device.of_type('presence'), [])

    def test_nothing_is_written_but_the_store(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        self.converse(device)
        self.bridge.stop()
        written = {str(path.relative_to(self.scratch.path)).split('/')[0]
                   for path in self.scratch.path.rglob('*') if path.is_file()}
        self.assertLessEqual(written, {'store', 'home', 'gtalk-bridge.conf', 'bridge.log',
                                       'bus.conf', 'bus.log', 'keyring.log'})
        home = [path for path in (self.scratch / 'home').rglob('*')
                if path.is_file() and 'keyrings' not in path.parts]
        self.assertEqual(home, [])


if __name__ == '__main__':
    unittest.main()
