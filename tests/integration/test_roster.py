# SPDX-License-Identifier: GPL-2.0-or-later
"""Roster attributes: who is blocked, hidden, pinned, and who is only in the address book."""

import unittest

from harness import Prosody, Scratch, XmppPeer, eventually
from harness.purple_client import PurpleClient

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'
MERCUTIO = 'mercutio@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
STRANGER = 'tybalt@talk.example'
FRIAR = 'friar@verona.example'


class RosterCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.class_scratch = Scratch()
        cls.addClassCleanup(cls.class_scratch.close)
        cls.server = Prosody(cls.class_scratch / 'server', '--trace', 'full')
        cls.addClassCleanup(cls.server.close)
        cls.server.control('account', user='tybalt', domain='talk.example', password='t')

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.server.reset()
        self.server.reset('talk.example')
        self.mark = len(self.server.trace())

    def client(self, jid=JULIET, **options):
        client = PurpleClient(self.scratch, jid, self.server.password(jid), ca=self.server.ca,
                              connect_server='localhost', port=self.server.port,
                              gtalk_mechanism='password', **options)
        self.addCleanup(client.close)
        self.addCleanup(client.quit)
        return client

    def signed_on(self, jid=JULIET, **options):
        client = self.client(jid, **options)
        event = client.sign_in()
        self.assertEqual(event['event'], 'signed-on', event)
        return client

    def peer(self, jid, password=None):
        peer = XmppPeer(self.server, jid, password)
        self.addCleanup(peer.close)
        return peer

    # -- the server's side

    def attributes(self, jid, owner=JULIET, **attributes):
        user, domain = owner.split('@')
        self.server.control('roster-attributes', user=user, domain=domain, jid=jid,
                            attributes=attributes)

    def item(self, jid, owner=JULIET):
        user, domain = owner.split('@')
        items = self.server.control('roster-items', user=user, domain=domain)['items']
        return next((item for item in items if item['jid'] == jid), None)

    def kind(self, jid):
        return ((self.item(jid) or {}).get('attributes') or {}).get('t')

    def sent(self, owner, *texts):
        """Stanzas that clients of the owner sent since the test began and that have all texts."""
        return [line['xml'] for line in self.server.trace()[self.mark:]
                if line['dir'] == 'in' and line.get('jid', '').startswith(owner)
                and all(text in line['xml'] for text in texts)]

    # -- the client's side

    def buddies(self, client):
        client.do('buddies')
        return client.wait_for('buddies')

    def buddy(self, client, jid):
        return next((b for b in self.buddies(client)['buddies'] if b['name'] == jid), None)

    def eventually_buddy(self, client, jid, check, what):
        def found():
            buddy = self.buddy(client, jid)
            return buddy is not None and check(buddy)
        eventually(found, what=what)

    def special(self, client):
        client.do('roster-list')
        return {c['jid']: c for c in client.wait_for('roster-list')['contacts']}


class AttributesTest(RosterCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.forget)

    def forget(self):
        for jid in (ROMEO, NURSE, MERCUTIO):
            self.server.control('roster', user='juliet', domain='talk.example', jid=jid,
                                name=jid.split('@')[0].capitalize(), groups=['Verona'])
        self.server.control('roster', user='juliet', domain='talk.example', jid=STRANGER,
                            subscription='remove')

    def test_all_of_them_are_read(self):
        self.attributes(ROMEO, t='P', w='26.4', mc='4', emc='3')
        self.attributes(NURSE, autosub='true', inv='A', rejected='true',
                        profileurl='http://profiles.example/nurse')
        self.attributes(MERCUTIO, **{'alias-for': ROMEO})
        client = self.signed_on()
        special = self.special(client)
        self.assertEqual(set(special), {ROMEO, NURSE, MERCUTIO, FRIAR,
                                        'apothecary@mantua.example'})
        self.assertEqual(
            {name: special[ROMEO][name] for name in ('kind', 'weight', 'messages', 'mails',
                                                     'groups', 'name', 'subscription')},
            {'kind': 'pinned', 'weight': 26400, 'messages': 4, 'mails': 3, 'groups': ['Verona'],
             'name': 'Romeo', 'subscription': 'both'})
        self.assertEqual(
            {name: special[NURSE][name] for name in ('automatic', 'invited', 'rejected',
                                                     'profile_url')},
            {'automatic': True, 'invited': True, 'rejected': True,
             'profile_url': 'http://profiles.example/nurse'})
        self.assertEqual(special[MERCUTIO]['alias_for'], ROMEO)
        self.assertEqual({b['name'] for b in self.buddies(client)['buddies']},
                         {ROMEO, NURSE, MERCUTIO, PARIS, ROSALINE},
                         'an alias or an offer with a subscription is a contact')

    def test_a_push_is_followed(self):
        client = self.signed_on()
        self.attributes(ROMEO, t='P')
        event = client.wait_for('roster-contact')
        while event['jid'] != ROMEO:
            event = client.wait_for('roster-contact')
        self.assertEqual(event['kind'], 'pinned')
        self.attributes(ROMEO)
        event = client.wait_for('roster-contact')
        self.assertEqual((event['jid'], event['kind']), (ROMEO, 'normal'))
        self.assertNotIn(ROMEO, self.special(client))

    def test_the_address_book_is_no_contact_list(self):
        client = self.signed_on()
        self.assertIsNone(self.buddy(client, FRIAR))
        self.assertEqual((self.special(client)[FRIAR]['name'],
                          self.special(client)[FRIAR]['mails']), ('Friar Laurence', 5))

    def test_block_and_unblock(self):
        """Scenario 16: roster set with B, offline, then a probe."""
        romeo = self.peer(ROMEO)
        client = self.signed_on()
        eventually(lambda: romeo.sees(JULIET))
        self.eventually_buddy(client, ROMEO, lambda b: b['status'] != 'offline', 'Romeo online')
        client.do('block', jid=ROMEO)
        eventually(lambda: self.kind(ROMEO) == 'B', what='the block on the server')
        self.assertEqual((self.item(ROMEO)['name'], self.item(ROMEO)['groups'],
                          self.item(ROMEO)['subscription']), ('Romeo', ['Verona'], 'both'))
        eventually(lambda: not romeo.sees(JULIET), what='Juliet offline to Romeo')
        self.assertEqual(self.buddy(client, ROMEO)['status'], 'offline')
        romeo.send(JULIET, 'But soft')
        eventually(lambda: romeo.errors, what='the message back')
        self.mark = len(self.server.trace())
        client.do('unblock', jid=ROMEO)
        eventually(lambda: self.kind(ROMEO) is None, what='the end of the block')
        eventually(lambda: romeo.sees(JULIET), what='Juliet online to Romeo')
        self.eventually_buddy(client, ROMEO, lambda b: b['status'] != 'offline',
                              'Romeo online again')
        self.assertTrue(self.sent(JULIET, '<presence', "type='probe'", ROMEO))
        self.assertEqual(client.state()['state'], 'connected')
        self.assertNotIn('forgotten', [m.body for m in romeo.messages])

    def test_strangers_can_be_blocked(self):
        tybalt = self.peer(STRANGER, 't')
        client = self.signed_on()
        client.do('block', jid=STRANGER)
        eventually(lambda: self.kind(STRANGER) == 'B', what='the block on the server')
        eventually(lambda: self.special(client).get(STRANGER, {}).get('kind') == 'blocked',
                   what='the push')
        tybalt.send(JULIET, 'What, drawn, and talk of peace?')
        eventually(lambda: tybalt.errors, what='the message back')
        self.assertIsNone(self.buddy(client, STRANGER), 'only on the block list')
        client.do('unblock', jid=STRANGER)
        eventually(lambda: self.kind(STRANGER) is None, what='the end of the block')

    def test_a_block_by_another_client_is_followed(self):
        self.attributes(ROMEO, t='B')
        self.attributes(STRANGER, t='B')
        client = self.signed_on()
        eventually(lambda: set(self.buddies(client)['denied']) == {ROMEO, STRANGER},
                   what='both on the block list')
        self.attributes(STRANGER)
        eventually(lambda: self.buddies(client)['denied'] == [ROMEO])
        self.attributes(ROMEO)
        eventually(lambda: self.buddies(client)['denied'] == [])

    def test_forged_pushes_change_nothing(self):
        client = self.signed_on()
        session = self.server.sessions(JULIET)[0]['jid']
        for sender in ('mallory@evil.example', ROMEO + '/x', 'talk.example.evil'):
            self.server.push(session, "<query xmlns='jabber:iq:roster' xmlns:g='google:roster' "
                             "g:ext='2'><item jid='%s' subscription='both' g:t='B'/></query>"
                             % NURSE, from_=sender)
        self.attributes(ROMEO, t='P')  # and after them an honest one
        eventually(lambda: self.special(client).get(ROMEO, {}).get('kind') == 'pinned')
        self.assertNotIn(NURSE, self.special(client))
        self.assertEqual(self.buddies(client)['denied'], [])

    def test_hide_and_show(self):
        client = self.signed_on()
        client.do('roster-kind', jid=NURSE, kind='hidden')
        self.assertTrue(client.wait_for('roster-kind')['done'])
        eventually(lambda: self.buddy(client, NURSE) is None, what='hidden')
        self.assertEqual((self.kind(NURSE), self.item(NURSE)['name'], self.item(NURSE)['groups']),
                         ('H', 'Nurse', ['Verona']))
        self.assertEqual(self.special(client)[NURSE]['kind'], 'hidden')
        nurse = self.peer(NURSE)
        eventually(lambda: nurse.sees(JULIET), what='hidden is not blocked')
        client.do('roster-kind', jid=NURSE, kind='normal')
        self.eventually_buddy(client, NURSE, lambda b: b['status'] != 'offline', 'shown, online')
        self.assertEqual((self.kind(NURSE), self.item(NURSE)['name'], self.item(NURSE)['groups']),
                         (None, 'Nurse', ['Verona']))

    def test_hidden_from_the_start(self):
        self.attributes(NURSE, t='H')
        client = self.signed_on()
        self.assertIsNone(self.buddy(client, NURSE))
        self.assertEqual(self.special(client)[NURSE]['kind'], 'hidden')

    def test_pinned_is_shown_offline_and_survives_other_changes(self):
        client = self.signed_on()
        client.do('roster-kind', jid=NURSE, kind='pinned')
        self.eventually_buddy(client, NURSE, lambda b: b['show_offline'], 'shown when offline')
        client.do('alias-buddy', jid=NURSE, alias='Angelica')
        eventually(lambda: self.item(NURSE)['name'] == 'Angelica', what='the new name')
        self.assertEqual(self.kind(NURSE), 'P')
        self.assertTrue(self.buddy(client, NURSE)['show_offline'])
        client.do('roster-kind', jid=NURSE, kind='normal')
        self.eventually_buddy(client, NURSE, lambda b: not b['show_offline'], 'as others')
        self.assertIsNone(self.kind(NURSE))
        self.assertEqual(self.item(NURSE)['name'], 'Angelica')

    def test_unpinned_meanwhile(self):
        self.attributes(NURSE, t='P')
        client = self.signed_on()
        self.eventually_buddy(client, NURSE, lambda b: b['show_offline'], 'pinned')
        client.do('disconnect')
        client.wait_for('signed-off')
        self.attributes(NURSE)
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        self.eventually_buddy(client, NURSE, lambda b: not b['show_offline'], 'as others')

    def test_a_refusal_is_told(self):
        client = self.signed_on()
        self.server.switch('roster-frozen', True)
        client.do('block', jid=STRANGER)
        eventually(lambda: self.sent(JULIET, STRANGER, 'google:roster'), what='the set')
        eventually(lambda: self.buddies(client)['denied'] == [], what='taken back')

    def test_flicker(self):
        """Scenario 17: the contact never vanishes."""
        self.server.switch('roster-flicker', True)
        self.peer(STRANGER, 't')
        client = self.signed_on()
        client.do('add-buddy', jid=STRANGER, group='Verona')
        self.eventually_buddy(client, STRANGER, lambda b: b['status'] != 'offline',
                              'subscribed, after all that')
        self.assertIn(self.item(STRANGER)['subscription'], ('to', 'both'))
        self.assertNotIn(STRANGER, [e['name'] for e in client.seen
                                    if e['event'] == 'buddy-removed'])
        session = self.server.sessions(JULIET)[0]['jid']
        eventually(lambda: {p['answer'] for p in self.server.pushes(session)} == {'result'},
                   what='every push answered')


    def test_the_menus(self):
        client = self.signed_on()
        self.attributes(STRANGER, t='B')
        entries = client.ask('buddy-menu', 'buddy-menu', to=NURSE)['labels']
        self.assertLessEqual({'Show in Contact List/Always', 'Show in Contact List/Never',
                              'Start Group Chat', 'Suggest Contacts...'}, set(entries))
        self.assertNotIn('Show in Contact List/When Online', entries, 'it is so already')
        self.assertNotIn('Initiate _Chat', entries, 'replaced')
        client.ask('buddy-menu', 'buddy-menu', to=NURSE, label='Show in Contact List/Never')
        eventually(lambda: self.buddy(client, NURSE) is None, what='hidden')
        eventually(lambda: STRANGER in self.special(client))
        self.assertLessEqual({'Hidden and Blocked People...', 'People You Write To...'},
                             set(client.ask('menu', 'menu')['labels']))
        client.do('choose', label='Hidden and Blocked People...')
        form = client.expect('form')
        self.assertEqual(set(form['fields'][0]['items']),
                         {'Nurse <%s>, hidden' % NURSE, '%s, blocked' % STRANGER})
        client.do('fill', fields={'people': form['fields'][0]['items']})
        self.eventually_buddy(client, NURSE, lambda b: True, 'shown again')
        eventually(lambda: self.kind(STRANGER) is None, what='the end of the block')

    def test_the_address_book_has_suggestions(self):
        client = self.signed_on()
        client.do('choose', label='People You Write To...')
        self.assertEqual(client.expect('form')['fields'][0]['items'],
                         ['Friar Laurence <%s>' % FRIAR, 'apothecary@mantua.example'])
        client.do('cancel')


class InvitationTest(RosterCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.server.control, 'roster', user='juliet', domain='talk.example',
                        jid=STRANGER, subscription='remove')

    def test_a_text_goes_with_the_request(self):
        client = self.signed_on()
        client.do('add-buddy', jid=STRANGER, group='Verona', alias='Tybalt',
                  message='I use &lt;this&gt; now.')
        request = eventually(lambda: self.sent(JULIET, '<presence', "type='subscribe'", STRANGER),
                             what='the request')[0]
        for part in ('<status>I use &lt;this&gt; now.</status>', 'google:subscribe', 'Tybalt',
                     'Chat with me'):
            self.assertIn(part, request)

    def test_by_the_call(self):
        client = self.signed_on()
        self.assertTrue(client.ask('invite', 'answer', jid=STRANGER, name='Tybalt',
                                   text='Peace?')['done'])
        eventually(lambda: self.sent(JULIET, '<presence', "type='subscribe'", 'google:subscribe',
                                     'Peace?'), what='the request')

    def test_without_a_text_there_is_none(self):
        client = self.signed_on()
        client.do('add-buddy', jid=STRANGER, group='Verona')
        request = eventually(lambda: self.sent(JULIET, '<presence', "type='subscribe'", STRANGER),
                             what='the request')[0]
        self.assertNotIn('invitation', request)

    def test_what_others_write_is_told(self):
        client = self.signed_on()
        self.server.control('route', domain='talk.example',
                            xml="<presence type='subscribe' from='%s' to='%s'><status>It is I"
                                "</status></presence>" % (STRANGER, JULIET))
        event = client.wait_for('invited')
        self.assertEqual((event['from'], event['text']), (STRANGER, 'It is I'))

    def suggest(self, sender, items):
        session = self.server.sessions(JULIET)[0]['jid']
        self.server.control('send', jid=session,
                            xml="<message from='%s' to='%s'><x xmlns="
                                "'http://jabber.org/protocol/rosterx'>%s</x></message>"
                                % (sender, session, items))

    def test_contacts_that_a_contact_suggests(self):
        client = self.signed_on()
        self.suggest('mallory@evil.example', "<item jid='eve@evil.example'/>")
        self.suggest(ROMEO + '/x', "<item action='add' jid='%s' name='Tybalt'><group>Capulet"
                                   "</group></item><item jid='%s'/><item action='delete' "
                                   "jid='%s'/>" % (STRANGER, NURSE, PARIS))
        event = client.wait_for('suggested')
        self.assertEqual({name: event[name] for name in ('from', 'jid', 'name', 'group')},
                         {'from': ROMEO, 'jid': STRANGER, 'name': 'Tybalt', 'group': 'Capulet'})
        form = client.expect('form')
        self.assertEqual(form['fields'][0]['items'], ['Tybalt <%s>' % STRANGER])
        client.do('fill', fields={'people': form['fields'][0]['items']})
        eventually(lambda: (self.item(STRANGER) or {}).get('ask') == 'subscribe', what='asked')
        self.assertEqual(self.item(STRANGER)['groups'], ['Capulet'])
        self.assertIsNotNone(self.buddy(client, PARIS))

    def test_contacts_suggested_to_a_contact(self):
        client = self.signed_on()
        self.assertTrue(client.ask('suggest', 'answer', jid=ROMEO, whom=NURSE,
                                   name='Nurse')['done'])
        eventually(lambda: self.sent(JULIET, '<message', 'rosterx', NURSE), what='the message')
        client.ask('buddy-menu', 'buddy-menu', to=ROMEO, label='Suggest Contacts...')
        form = client.expect('form')
        self.assertIn('Mercutio <%s>' % MERCUTIO, form['fields'][0]['items'])
        client.do('fill', fields={'people': ['Mercutio <%s>' % MERCUTIO]})
        eventually(lambda: self.sent(JULIET, '<message', 'rosterx', MERCUTIO),
                   what='the message')


class PlainTest(RosterCase):
    def test_a_text_goes_to_the_contact_alone(self):
        client = self.signed_on(PARIS)
        client.do('add-buddy', jid='capulet@plain.example', group='Verona', message='My lord')
        request = eventually(lambda: self.sent(PARIS, '<presence', "type='subscribe'"),
                             what='the request')[0]
        self.assertIn('<status>My lord</status>', request)
        self.assertNotIn('google', request)
        self.assertFalse(client.ask('suggest', 'answer', jid=ROSALINE, whom=PARIS,
                                    name='Paris')['done'])

    def test_nothing_of_it_on_another_server(self):
        client = self.signed_on(PARIS)
        client.do('roster-kind', jid=ROSALINE, kind='pinned')
        self.assertFalse(client.wait_for('roster-kind')['done'])
        client.do('roster-kind', jid=ROSALINE, kind='blocked')
        self.assertTrue(client.wait_for('roster-kind')['done'], 'by XEP-0191')
        eventually(lambda: self.sent(PARIS, 'urn:xmpp:blocking', ROSALINE))
        client.do('roster-kind', jid=ROSALINE, kind='normal')
        eventually(lambda: self.sent(PARIS, '<unblock', ROSALINE))
        self.assertEqual(self.sent(PARIS, 'google:roster'), [])
        self.assertEqual(self.special(client), {})


if __name__ == '__main__':
    unittest.main()
