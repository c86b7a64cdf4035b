# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared status: the plugin beside an independent client of the same account, seen by a contact."""

import time
import unittest

from harness import Prosody, Scratch, XmppPeer, eventually
from harness.purple_client import PurpleClient

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
XMLNS = 'google:shared-status'
EMPTY = {'text': '', 'busy': False, 'invisible': False, 'texts': {'default': [], 'dnd': []}}

GET = "<iq type='get' id='get' to='%s'><query xmlns='%s' version='2'/></iq>" % (JULIET, XMLNS)


class StatusCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'server', '--trace', 'full', '--hibernation', '1')
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.server.reset()
        self.server.spoil('none')
        eventually(lambda: not self.server.sessions(JULIET), what='the end of the last test')
        self.server.control('shared_status', jid=JULIET, values=EMPTY)
        self.mark = len(self.server.trace())
        self.since = time.time()

    def client(self, jid=JULIET, **options):
        client = PurpleClient(self.scratch, jid, self.server.token(jid), ca=self.server.ca,
                              connect_server='localhost', port=self.server.port, **options)
        self.addCleanup(client.close)
        self.addCleanup(client.quit)
        return client

    def sign_in(self, jid=JULIET, status=None, text=None, **options):
        client = self.client(jid, **options)
        if status is not None:
            client.do('set-status', id=status, **({'text': text} if text is not None else {}))
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        if not [event for event in client.seen if event['event'] == 'shared-status']:
            client.wait_for('shared-status')
        client.state()
        return client

    def peer(self, jid, **more):
        peer = XmppPeer(self.server, jid, **more)
        self.addCleanup(peer.close)
        return peer

    def other(self):
        """An independent client of the same account, of version 2."""
        peer = self.peer(JULIET, available=False, resource='other')
        peer.send_raw(GET)
        peer.send_raw('<presence/>')
        peer.sync()
        return peer

    def document(self):
        return self.server.control('shared_status', jid=JULIET)['status']

    def change(self, **values):
        self.server.control('shared_status', jid=JULIET, values=values)

    def sent(self, name='iq', contains=XMLNS, of='', since=None):
        """What clients of Juliet sent, in order, since the test began."""
        return [line['xml'] for line in self.server.trace()[since or self.mark:]
                if line['dir'] == 'in' and line.get('jid', '').startswith(JULIET + of)
                and line['name'] == name and contains in line['xml']]

    def sets(self):
        return [xml for xml in self.sent() if "type='set'" in xml or 'type="set"' in xml]

    def notice(self, client):
        """What the user was told, the first time."""
        told = [event for event in client.seen if event['event'] == 'notice']
        return (told[0] if told else client.wait_for('notice'))['secondary']

    def pushes(self):
        return self.server.pushes(JULIET, since=self.since)

    def status(self, client):
        """What the account's status has last become, None if it has not changed."""
        client.state()
        last = [event for event in client.seen if event['event'] == 'status'][-1:]
        return (last[0]['id'], last[0]['text']) if last else None

    def check_status(self, client, *expected):
        eventually(lambda: self.status(client) == expected,
                   what='status %s, not %s' % (expected, self.status(client)))

    def seen_by(self, peer, jid=JULIET):
        """(show or type, text) of each session as the contact sees it."""
        return sorted(value for full, value in dict(peer.statuses).items()
                      if full.startswith(jid + '/'))

    def check_seen(self, peer, *expected):
        eventually(lambda: self.seen_by(peer) == sorted(expected),
                   what='%s seen, not %s' % (expected, self.seen_by(peer)))

    def check_never_seen(self, peer):
        shown = [kind for full, kind in list(peer.presences)
                 if full.startswith(JULIET + '/') and kind != 'unavailable']
        self.assertEqual(shown, [])


class SharedStatusTest(StatusCase):
    def test_text_changed_in_one_is_shown_in_the_other(self):
        """Scenario 2."""
        romeo = self.peer(ROMEO)
        first = self.sign_in()
        second = self.sign_in()
        self.check_seen(romeo, ('available', ''), ('available', ''))
        first.do('set-status', id='available', text='At the &lt;harbour&gt;')
        self.check_status(second, 'available', 'At the &lt;harbour&gt;')
        self.check_seen(romeo, *[('available', 'At the <harbour>')] * 2)
        second.do('set-status', id='dnd', text='Deadline')
        self.check_status(first, 'dnd', 'Deadline')
        self.check_seen(romeo, *[('dnd', 'Deadline')] * 2)
        self.assertEqual(len(self.sets()), 2)
        texts = self.document()['texts']
        self.assertEqual((texts['default'], texts['dnd']), (['At the <harbour>'], ['Deadline']))
        eventually(lambda: {push['answer'] for push in self.pushes()} == {'result'},
                   what='the answer to each push')

    def test_an_echo_is_no_change(self):
        """Scenario 3."""
        self.server.switch('shared-echo', True)
        client = self.sign_in()
        client.do('set-status', id='dnd', text='Once')
        eventually(lambda: any(push['answer'] for push in self.pushes()[-1:]),
                   what='an answered echo')
        client.do('set-status', id='available', text='Twice')
        eventually(lambda: self.document()['text'] == 'Twice', what='the second text')
        client.state()
        self.assertEqual(len(self.sets()), 2)
        self.assertEqual(self.status(client), ('available', 'Twice'))

    def test_an_old_client_prevents_invisibility(self):
        """Scenario 4."""
        romeo = self.peer(ROMEO)
        client = self.sign_in(status='invisible')
        eventually(lambda: self.document()['invisible'], what='an invisible document')
        romeo.sync()
        self.check_never_seen(romeo)
        old = self.peer(JULIET, resource='old')
        self.assertIn('signed in elsewhere', self.notice(client))
        self.check_status(client, 'dnd', None)
        self.check_seen(romeo, ('available', ''), ('dnd', ''))
        old.close()
        self.check_status(client, 'invisible', None)
        eventually(lambda: not romeo.sees(JULIET), what='nobody seen')
        self.assertEqual(len(self.sets()), 1)

    def test_invisible_beside_an_old_client_is_busy(self):
        """Scenario 4, the other way round."""
        romeo = self.peer(ROMEO)
        self.peer(JULIET, resource='old')
        client = self.sign_in(status='invisible')
        self.assertIn('signed in elsewhere', self.notice(client))
        self.check_status(client, 'dnd', None)
        self.check_seen(romeo, ('available', ''), ('dnd', ''))
        self.assertEqual((self.document()['busy'], self.document()['invisible']), (True, False))

    def test_invisible_to_away(self):
        """Scenario 5: the server stops hiding before presence says away."""
        romeo = self.peer(ROMEO)
        client = self.sign_in(status='invisible')
        eventually(lambda: self.document()['invisible'], what='an invisible document')
        before = len(self.server.trace())
        client.do('set-status', id='away', text='Lunch')
        self.check_seen(romeo, ('away', ''))
        order = [line['xml'] for line in self.server.trace()[before:]
                 if line['dir'] == 'in' and line.get('jid', '').startswith(JULIET)
                 and (XMLNS in line['xml'] or '<show>away' in line['xml'])]
        self.assertEqual(len(order), 2)
        self.assertIn("invisible value='false'", order[0].replace('"', "'"))
        self.assertIn('<show>away', order[1])

    def test_away_and_back(self):
        """Scenario 6: away is presence only, coming back is both, the text first."""
        romeo = self.peer(ROMEO)
        client = self.sign_in(status='available', text='Here')
        self.check_seen(romeo, ('available', 'Here'))
        sets = len(self.sets())
        client.do('set-status', id='away')
        self.check_seen(romeo, ('away', 'Here'))
        self.assertEqual(len(self.sets()), sets)
        before = len(self.server.trace())
        client.do('set-status', id='available', text='Here')
        self.check_seen(romeo, ('available', 'Here'))
        names = [line['name'] for line in self.server.trace()[before:]
                 if line['dir'] == 'in' and line.get('jid', '').startswith(JULIET)
                 and (XMLNS in line['xml'] or line['name'] == 'presence')]
        self.assertEqual(names, ['iq', 'presence'])

    def test_available_and_busy_are_no_presence(self):
        client = self.sign_in()
        eventually(lambda: self.server.sessions(JULIET)[0]['available'], what='a presence')
        before = len(self.server.trace())
        client.do('set-status', id='dnd', text='Busy')
        client.do('set-status', id='available', text='Free')
        eventually(lambda: self.document()['text'] == 'Free', what='the text')
        client.state()
        self.assertEqual(self.sent('presence', '', since=before), [])

    def test_changed_while_away(self):
        client = self.sign_in(status='available', text='Morning')
        while client.expect('shared-status').get('text') != 'Morning':
            pass  # until the two agree
        client.do('set-status', id='away')
        self.change(text='Evening', busy=True)
        eventually(lambda: self.pushes()[-1]['answer'], what='the answer')
        self.check_status(client, 'away', None)
        client.do('set-status', id='available', text='Morning')
        self.check_status(client, 'dnd', 'Evening')
        client.state()
        self.assertEqual((self.document()['text'], self.document()['busy']), ('Evening', True))

    def test_six_texts(self):
        """Scenario 7."""
        client = self.sign_in()
        for text in ('one', 'two', 'three', 'two', 'four', 'five', 'six'):
            client.do('set-status', id='available', text=text)
        eventually(lambda: self.document()['texts']['default']
                   == ['six', 'five', 'four', 'two', 'three'], what=str(self.document()))

    def test_a_long_text_is_cut(self):
        """Scenario 8."""
        self.server.switch('status-overflow', 'refuse')
        client = self.sign_in()
        client.do('set-status', id='available', text='x' * 511 + 'ä' + 'y' * 87)
        eventually(lambda: self.document()['text'] == 'x' * 511, what='the text, cut')

    def test_an_empty_reply(self):
        """Scenario 9: plain presence is used."""
        self.server.switch('shared-empty-reply', True)
        romeo = self.peer(ROMEO)
        client = self.sign_in(status='dnd', text='Plain')
        self.check_seen(romeo, ('dnd', 'Plain'))
        client.do('set-status', id='available', text='Still')
        self.check_seen(romeo, ('available', 'Still'))
        self.assertEqual(self.sets(), [])

    def test_no_shared_status(self):
        """Scenario 25: the feature is not announced, nothing is asked."""
        features = [name for name in self.server.control('switch', domain='talk.example')
                    ['switches']['features'] if name != XMLNS]
        self.server.switch('features', features)
        romeo = self.peer(ROMEO)
        self.sign_in(status='dnd', text='Plain')
        self.check_seen(romeo, ('dnd', 'Plain'))
        self.assertEqual(self.sent(), [])

    def test_signing_in_keeps_what_others_chose(self):
        self.change(text='From the phone', busy=True)
        client = self.sign_in()
        self.check_status(client, 'dnd', 'From the phone')
        self.assertEqual(self.sets(), [])

    def test_signing_in_invisible_is_not_shown(self):
        romeo = self.peer(ROMEO)
        client = self.sign_in(status='invisible')
        eventually(lambda: self.document()['invisible'], what='an invisible document')
        eventually(lambda: self.server.sessions(JULIET)[0]['available'], what='a presence')
        romeo.send(JULIET, 'I know that you are there')
        client.wait_for('message')
        romeo.sync()
        self.check_never_seen(romeo)
        client.do('set-status', id='available', text='Here I am')
        self.check_seen(romeo, ('available', 'Here I am'))

    def test_invisible_elsewhere_is_invisible_here(self):
        romeo = self.peer(ROMEO)
        client = self.sign_in()
        self.check_seen(romeo, ('available', ''))
        self.change(invisible=True)
        self.check_status(client, 'invisible', None)
        eventually(lambda: not romeo.sees(JULIET), what='nobody seen')
        self.change(invisible=False)
        self.check_status(client, 'available', None)
        self.check_seen(romeo, ('available', ''))

    def test_both_sessions_of_another_kind(self):
        other = self.other()
        client = self.sign_in(status='invisible')
        eventually(lambda: self.document()['invisible'], what='an invisible document')
        self.assertEqual(self.document()['min_version'], 2)
        other.send_raw("<iq type='set' id='set' to='%s'><query xmlns='%s' version='2'><status>Both"
                       "</status><show>dnd</show><invisible value='false'/></query></iq>"
                       % (JULIET, XMLNS))
        self.check_status(client, 'dnd', 'Both')


class TroubleTest(StatusCase):
    """Invisible never becomes visible by what goes wrong."""

    def refuse_sets(self):
        """By a limit that no client could know."""
        self.server.switch('status-list-max', 0)

    def test_a_lost_answer_is_asked_for(self):
        client = self.sign_in(status='available', text='Here')
        eventually(lambda: self.document()['text'] == 'Here', what='the text')
        self.server.spoil('error', XMLNS, type='set')  # which did take it
        client.do('set-status', id='dnd', text='There')
        client.wait_for('notice')
        eventually(lambda: self.status(client) == ('dnd', 'There'), what='the status')
        self.assertEqual(self.document()['text'], 'There')

    def test_get_fails(self):
        for what in ('error', 'replace'):
            with self.subTest(what):
                self.server.spoil(what, XMLNS, type='get')
                romeo = self.peer(ROMEO, resource=what)
                client = self.sign_in(status='invisible')
                self.assertIn('offline', self.notice(client))
                romeo.sync()
                self.check_never_seen(romeo)
                client.do('set-status', id='available', text='Here')
                eventually(lambda: romeo.sees(JULIET), what='presence')
                romeo.close()
                client.do('disconnect')
                eventually(lambda: not self.server.sessions(JULIET), what='the end')

    def test_set_fails_at_sign_in(self):
        self.server.spoil('error', XMLNS, type='set')
        romeo = self.peer(ROMEO)
        client = self.sign_in(status='invisible')
        self.assertIn('offline', self.notice(client))
        romeo.sync()
        self.check_never_seen(romeo)
        client.do('set-status', id='available', text='Here')
        self.check_seen(romeo, ('available', 'Here'))

    def test_set_fails_later(self):
        romeo = self.peer(ROMEO)
        client = self.sign_in(status='available', text='Here')
        self.check_seen(romeo, ('available', 'Here'))
        self.refuse_sets()
        client.do('set-status', id='invisible')
        client.wait_for('notice')
        eventually(lambda: not romeo.sees(JULIET), what='nobody seen')
        self.check_status(client, 'invisible', None)
        self.server.reset()
        client.do('set-status', id='available', text='Back')
        eventually(lambda: romeo.sees(JULIET), what='somebody seen')
        self.check_seen(romeo, ('available', 'Back'))

    def test_another_status_is_refused(self):
        client = self.sign_in(status='available', text='Here')
        eventually(lambda: self.document()['text'] == 'Here', what='the text')
        self.refuse_sets()
        client.do('set-status', id='dnd', text='There')
        client.wait_for('notice')
        self.check_status(client, 'available', 'Here')
        self.assertEqual(self.document()['text'], 'Here')

    def test_forged_replies_and_pushes(self):
        client = self.sign_in(status='available', text='Here')
        push = ("<query xmlns='%s'><status>Forged</status><show>dnd</show>"
                "<invisible value='false'/></query>" % XMLNS)
        eventually(lambda: self.document()['text'] == 'Here', what='the text')
        self.server.push(JULIET, push, from_='mallory@evil.example/lair')
        self.server.push(JULIET, push, from_=ROMEO + '/x')
        eventually(lambda: all(p['answer'] for p in self.pushes()), what='answers')
        self.assertEqual([p['answer'] == 'result' for p in self.pushes()[-2:]],
                         [False, False])
        self.assertIsNone(self.status(client), 'no change')

    def test_odd_pushes(self):
        client = self.sign_in(status='invisible')
        eventually(lambda: self.document()['invisible'], what='an invisible document')
        for xml in ("<query xmlns='%s'/>", "<query xmlns='%s'><show/></query>",
                    "<query xmlns='%s'><status>x</status><unknown/></query>",
                    "<query xmlns='%s' status-max='-4' status-min-ver='x'><invisible/></query>",
                    "<query xmlns='%%s'><status>%s</status></query>" % ('y' * 100000),
                    "<query xmlns='%s'><status>&lt;b&gt;</status><invisible value='so'/></query>"):
            self.server.push(JULIET, xml % XMLNS)
        eventually(lambda: all(p['answer'] == 'result' for p in self.pushes()),
                   what='answers')
        self.assertIsNone(self.status(client), 'no change')

    def test_cut_between_set_and_result(self):
        romeo = self.peer(ROMEO)
        client = self.sign_in()
        self.server.spoil('cut', XMLNS, type='set')
        client.do('set-status', id='invisible')
        client.wait_for('signed-off')  # it tells the error a moment earlier
        eventually(lambda: not self.server.sessions(JULIET), what='the end of the session')
        romeo.sync()  # what was sent of the session before is there, too
        romeo.presences.clear()
        client.do('connect')
        client.wait_for('signed-on')
        eventually(lambda: self.document()['invisible'] and self.server.sessions(JULIET)
                   and self.server.sessions(JULIET)[0]['available'], what='invisible again')
        romeo.sync()
        self.check_never_seen(romeo)


class SavedStatusesTest(StatusCase):
    def saved(self, client):
        client.do('saved-statuses')
        return {saved['title']: (saved['type'], saved['text'])
                for saved in client.wait_for('saved-statuses')['saved']
                if not saved['transient']}

    def check_saved(self, client, expected):
        eventually(lambda: self.saved(client) == expected,
                   what='saved statuses %s, not %s' % (expected, self.saved(client)))

    def test_stored_texts_are_saved_statuses(self):
        client = self.client()
        before = self.saved(client)
        self.change(texts={'default': ['At the harbour', 'At <home>'], 'dnd': ['Deadline']})
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        self.check_saved(client, {**before, 'At the harbour': ('available', 'At the harbour'),
                                  'At <home>': ('available', 'At &lt;home&gt;'),
                                  'Deadline': ('unavailable', 'Deadline')})
        self.change(texts={'default': ['At <home>'], 'dnd': []})
        self.check_saved(client, {**before, 'At <home>': ('available', 'At &lt;home&gt;')})
        self.assertEqual(self.sets(), [])

    def test_they_can_be_edited(self):
        self.change(texts={'default': ['One', 'Two', 'Three'], 'dnd': []})
        client = self.sign_in()
        client.do('save-status', title='Two', text='Second')
        client.do('delete-status', title='Three')
        eventually(lambda: self.document()['texts']['default'] == ['One', 'Second'],
                   what=str(self.document()))
        self.assertEqual(self.document()['text'], '')
        client.state()
        self.assertEqual(len(self.sets()), 1)

    def test_by_call(self):
        client = self.sign_in()
        client.do('set-texts', busy=True, texts=['Quiet', 'Please'])
        eventually(lambda: self.document()['texts']['dnd'] == ['Quiet', 'Please'],
                   what=str(self.document()))

    def test_a_pushed_status_becomes_the_current_one(self):
        client = self.sign_in()
        self.change(text='Chosen elsewhere', busy=True)
        self.check_status(client, 'dnd', 'Chosen elsewhere')
        client.do('saved-statuses')
        current = [saved for saved in client.wait_for('saved-statuses')['saved']
                   if saved['current']]
        self.assertEqual([(saved['type'], saved['text']) for saved in current],
                         [('unavailable', 'Chosen elsewhere')])

    def test_not_wanted(self):
        self.change(text='Here', texts={'default': ['Here'], 'dnd': []})
        client = self.client(gtalk_saved_statuses=False)
        before = self.saved(client)
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        self.check_status(client, 'available', 'Here')
        self.assertEqual(self.saved(client), before)


if __name__ == '__main__':
    unittest.main()
