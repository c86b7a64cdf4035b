# SPDX-License-Identifier: GPL-2.0-or-later
"""Adding, changing and removing contacts, as another client of the account sees it."""

import unittest

from harness import eventually
from harness.api import password, token
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'
TYBALT = 'tybalt@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
GROUPS = ['Capulet', 'Ä & <b>']


class ContactsTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.start_bridge()
        self.device = self.bridge.login(JULIET)
        self.juliet = self.peer(JULIET)

    def account(self, jid):
        user, domain = jid.split('@')
        self.server.control('account', user=user, domain=domain, password='t')

    def put(self, jid, **members):
        return self.device.put('/v1/contacts/' + jid, members)

    def test_a_contact_comes_and_goes(self):
        self.account(TYBALT)
        tybalt = self.peer(TYBALT, password='t')
        self.assertIsNone(self.device.contact(TYBALT))
        self.assertEqual(self.put(TYBALT, name='Tybalt', groups=GROUPS).status, 204)
        self.assertEqual(sorted(self.device.contact(TYBALT)['groups']), GROUPS)
        self.assertEqual(self.juliet.roster()[TYBALT][:2], ('Tybalt', GROUPS))
        self.device.wait_for('contact', jid=TYBALT, subscription='to')  # which Tybalt has granted
        self.device.wait_for('contact', jid=TYBALT, name='Tybalt', subscription='none')
        eventually(lambda: self.device.contact(TYBALT)['presence']['show'] == 'available',
                   what='presence of the new contact')
        self.assertEqual(self.device.send(TYBALT, 'welcome').status, 202)
        tybalt.wait_for_message('welcome')
        self.assertEqual(self.device.delete('/v1/contacts/' + TYBALT).status, 204)
        self.device.wait_for('contact.removed', jid=TYBALT)
        self.assertIsNone(self.device.contact(TYBALT))
        self.assertNotIn(TYBALT, self.juliet.roster())
        self.assertEqual(tybalt.roster().get(JULIET, (0, 0, 'none'))[2], 'none')
        answer = self.device.delete('/v1/contacts/' + TYBALT)
        self.assertEqual((answer.status, answer.code), (404, 'not-found'))

    def test_groups_are_exactly_those_given(self):
        before = self.juliet.roster()
        for groups in (['A', 'B', 'C'], ['C', 'D'], [], ['Verona']):
            self.assertEqual(self.put(ROMEO, groups=groups).status, 204)
            self.assertEqual(self.juliet.roster()[ROMEO], ('Romeo', groups, 'both', False))
            self.assertEqual(sorted(self.device.contact(ROMEO)['groups']), groups)
        self.assertEqual(self.put(ROMEO, name='Montague').status, 204)
        self.assertEqual(self.juliet.roster()[ROMEO], ('Montague', ['Verona'], 'both', False))
        self.assertEqual(self.put(ROMEO, name='').status, 204)
        self.assertEqual(self.device.contact(ROMEO)['name'], '')
        self.assertEqual(self.put(ROMEO, name='Romeo').status, 204)
        self.assertEqual(self.juliet.roster(), before)

    def block(self, device, jid, what='block'):
        return device.post('/v1/contacts/%s/%s' % (jid, what), None)

    def check_blocking(self, device, own, other, contact, unblock):
        """contact: who sees own, and can write to it; other: somebody else in the roster;
        unblock(jid): what another client of own does."""
        eventually(lambda: contact.sees(own), what='presence')
        self.assertEqual(self.block(device, other).status, 204)
        self.assertEqual(self.block(device, contact.jid).status, 204)
        self.assertTrue(device.contact(contact.jid)['blocked'])
        self.assertTrue(device.contact(other)['blocked'], 'as before')
        device.wait_for('contact', jid=contact.jid, blocked=True)
        eventually(lambda: not contact.sees(own), what='no presence for who is blocked')
        contact.send(own, 'let me in')
        contact.sync()
        self.assertEqual(self.block(device, contact.jid, 'unblock').status, 204)
        self.assertFalse(device.contact(contact.jid)['blocked'])
        device.wait_for('contact', jid=contact.jid, blocked=False)
        eventually(lambda: contact.sees(own), what='presence again')
        contact.send(own, 'thanks')
        device.wait_for('message', body='thanks')
        self.assertEqual([event['data']['body'] for event in device.of_type('message')],
                         ['thanks'])
        self.assertEqual(self.block(device, contact.jid).status, 204)
        eventually(lambda: self.last_told(device, contact.jid)['blocked'], what='the last news')
        told = self.restart(device)
        self.assertTrue(device.contact(other)['blocked'])
        self.assertEqual([event['data'] for event in told if event['type'] == 'contact'], [],
                         'nothing has changed')
        told = self.restart(device, lambda: unblock(contact.jid))
        self.assertEqual([(event['data']['jid'], event['data']['blocked']) for event in told
                          if event['type'] == 'contact'], [(contact.jid, False)])
        self.assertFalse(device.contact(contact.jid)['blocked'])
        unblock(other)
        device.wait_for('contact', jid=other, blocked=False)

    def last_told(self, device, jid):
        device.poll()
        return [event['data'] for event in device.of_type('contact')
                if event['data']['jid'] == jid][-1]

    def restart(self, device, meanwhile=lambda: None):
        """Returns the events from then until all who are blocked have been told."""
        device.poll()
        count = len(device.events)
        self.bridge.kill()
        meanwhile()
        self.bridge.start()
        device.wait_online()
        self.assertEqual(self.block(device, 'marker@talk.example').status, 204)
        self.assertEqual(self.block(device, 'marker@talk.example', 'unblock').status, 204)
        device.poll()
        return device.events[count:]

    def unblock_by_roster(self, jid):
        self.server.control('roster-attributes', user='juliet', domain='talk.example', jid=jid,
                            attributes={})

    def unblock_by_standard(self, jid):
        paris = self.peer(PARIS)
        paris.send_raw("<iq type='set' id='unblock'><unblock xmlns='urn:xmpp:blocking'>"
                       "<item jid='%s'/></unblock></iq>" % jid)
        paris.sync()
        paris.close()

    def test_blocking_by_the_roster(self):
        self.check_blocking(self.device, JULIET, NURSE, self.peer(ROMEO), self.unblock_by_roster)

    def test_blocking_by_the_standard(self):
        paris = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))
        self.assertEqual(paris.put('/v1/contacts/' + NURSE, {'name': 'Nurse'}).status, 204)
        self.check_blocking(paris, PARIS, NURSE, self.peer(ROSALINE), self.unblock_by_standard)
        self.server.spoil('error', 'urn:xmpp:blocking')
        answer = self.block(paris, ROSALINE)
        self.assertEqual((answer.status, answer.code), (409, 'not-supported'))

    def test_what_is_refused(self):
        for members, status, pointer in (
                ({'name': 7}, 400, '/name'),
                ({'name': 'x' * 1024}, 422, '/name'),
                ({'name': 'two\nlines'}, 422, '/name'),
                ({'groups': 'Verona'}, 400, '/groups'),
                ({'groups': ['Verona', 7]}, 400, '/groups'),
                ({'groups': ['']}, 422, '/groups'),
                ({'groups': ['Verona', 'Verona']}, 422, '/groups'),
                ({'groups': ['Ver\x01ona']}, 422, '/groups'),
                ({'groups': ['g%d' % n for n in range(65)]}, 422, '/groups')):
            answer = self.put(ROMEO, **members)
            self.assertEqual((answer.status, answer.json['errors'][0]['pointer']),
                             (status, pointer), members)
        for jid, status, code in ((JULIET, 422, 'not-acceptable'), ('%20', 404, 'not-found')):
            answer = self.put(jid, name='nobody')
            self.assertEqual((answer.status, answer.code), (status, code), jid)
        self.assertIn('cannot be a contact', self.put(JULIET).json['detail'])
        self.server.spoil('error', 'jabber:iq:roster', condition='not-allowed')
        self.addCleanup(self.server.spoil, 'none')
        answer = self.put(NURSE, name='Angelica')
        self.assertEqual((answer.status, answer.code), (422, 'server-refused'))
        self.server.spoil('error', 'jabber:iq:roster', condition='not-allowed')
        answer = self.device.delete('/v1/contacts/' + NURSE)
        self.assertEqual((answer.status, answer.code), (422, 'server-refused'))
        self.server.control('roster', user='juliet', domain='talk.example', jid=NURSE,
                            name='Nurse', groups=['Verona'])  # it had done so all the same
        self.addCleanup(self.server.start_again)
        self.server.stop()
        eventually(lambda: not self.device.is_online(), what='offline')
        for answer in (self.put(ROMEO, name='R'), self.device.delete('/v1/contacts/' + ROMEO)):
            self.assertEqual((answer.status, answer.code), (409, 'not-online'))


class RequestsTest(BridgeCase):
    """Who asks to see the presence, and who has to sign in again."""

    def setUp(self):
        super().setUp()
        self.server.reset()
        self.start_bridge()
        self.fresh = 'fresh-token-of-juliet'
        self.server.control('token', jid=JULIET, token=self.fresh, kind='oauth')
        self.device = self.bridge.api.login(JULIET, token(self.fresh))

    def stranger(self, name):
        self.server.control('account', user=name, domain='talk.example', password='t')
        return self.peer(name + '@talk.example', password='t', authorize=False)

    def ask(self, peer, what='subscribe', inside=''):
        peer.send_raw('<presence to="%s" type="%s">%s</presence>' % (JULIET, what, inside))

    def requests(self, kind='subscription'):
        return [request for request in self.device.get('/v1/requests').json['requests']
                if request['type'] == kind]

    def answer(self, request, answer):
        return self.device.post('/v1/requests/' + request, {'answer': answer})

    def test_a_request_waits_for_its_answer(self):
        peers = [self.stranger(name) for name in ('balthasar', 'sampson', 'gregory', 'peter')]
        balthasar, sampson, gregory, peter = [peer.jid for peer in peers]
        self.ask(peers[0], inside='<status>It is &lt;me&gt;</status>'
                 '<nick xmlns="http://jabber.org/protocol/nick">Balthasar</nick>')
        event = self.device.wait_for('subscription.request', jid=balthasar)
        first = event['data']
        self.assertEqual((first['type'], first['name'], first['text'], first['answers']),
                         ('subscription', 'Balthasar', 'It is <me>', ['approve', 'deny']))
        self.assertEqual(self.requests(), [first])
        for peer in peers[1:]:
            self.ask(peer)
            self.device.wait_for('subscription.request', jid=peer.jid)
        self.assertEqual([request['jid'] for request in self.requests()],
                         [peer.jid for peer in peers])
        self.assertEqual(self.device.by_pages('/v1/requests', 'requests', 3), self.requests())
        self.bridge.kill()
        self.bridge.start()
        self.device.wait_online()  # where the server says all of them again
        self.ask(peers[3], 'unsubscribe')
        self.device.wait_for('request.closed', jid=peter, reason='withdrawn')
        self.assertEqual([request['jid'] for request in self.requests()],
                         [balthasar, sampson, gregory])
        self.assertEqual(self.requests()[0], first)
        self.assertEqual(len(self.device.of_type('subscription.request')), 4)
        self.check_answers(first['id'], *peers[:3])

    def check_answers(self, first, balthasar, sampson, gregory):
        for id, members, status in ((first, {'answer': 'perhaps'}, 422), (first, {}, 400),
                                    ('none', {'answer': 'deny'}, 404)):
            answer = self.device.post('/v1/requests/' + id, members)
            self.assertEqual(answer.status, status)
        self.assertEqual(self.answer(first, 'approve').status, 204)
        self.device.wait_for('request.closed', id=first, reason='approve')
        self.assertEqual(self.answer(first, 'approve').status, 404)
        eventually(lambda: balthasar.sees(JULIET), what='presence for whom it was granted')
        answer = self.device.post('/v1/contacts/%s/deny' % sampson.jid, None)
        self.assertEqual(answer.status, 204)
        self.device.wait_for('request.closed', jid=sampson.jid, reason='deny')
        juliet = self.peer(JULIET, authorize=False)
        juliet.send_raw('<presence to="%s" type="subscribed"/>' % gregory.jid)
        self.device.wait_for('request.closed', jid=gregory.jid, reason='elsewhere')
        self.assertEqual(self.requests(), [])
        self.assertFalse(sampson.sees(JULIET))
        self.assertEqual(self.device.post('/v1/contacts/%s/deny' % balthasar.jid, None).status, 204)
        eventually(lambda: not balthasar.sees(JULIET), what='no presence any more')

        self.check_offline(gregory)

    def check_offline(self, peer):
        self.ask(peer, 'unsubscribe')
        self.ask(peer)
        eventually(self.requests, what='another request')
        self.addCleanup(self.server.start_again)
        self.server.stop()
        eventually(lambda: not self.device.is_online(), what='offline')
        answer = self.answer(self.requests()[0]['id'], 'deny')
        self.assertEqual((answer.status, answer.code), (409, 'not-online'))
        self.assertEqual(len(self.requests()), 1, 'it goes on waiting')

    def test_signing_in_again_is_a_request(self):
        self.server.control('revoke', jid=JULIET, token=self.fresh)
        self.server.control('kick', jid=JULIET)
        request = self.device.wait_for('request', type='sign-in-again')['data']
        self.assertEqual(self.requests('sign-in-again'), [request])
        self.assertEqual((request['answers'], request['expires']), ([], None))
        self.assertEqual(self.answer(request['id'], 'approve').status, 422)
        self.bridge.kill()
        self.bridge.start()
        self.assertEqual(self.requests('sign-in-again'), [request])
        answer = self.device.put('/v1/account/credential',
                                 {'auth': token(self.server.token(JULIET))})
        self.assertEqual(answer.status, 204)
        self.device.wait_for('request.closed', id=request['id'], reason='signed-in')
        self.assertEqual(self.requests('sign-in-again'), [])


if __name__ == '__main__':
    unittest.main()
