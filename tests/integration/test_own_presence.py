# SPDX-License-Identifier: GPL-2.0-or-later
"""What an account of the bridge shows of itself, as an independent contact sees it."""

import re
import unittest
from concurrent.futures import ThreadPoolExecutor

from harness import eventually
from harness.api import password
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
SHARED = 'google:shared-status'
ID = re.compile("<iq[^>]* id='([^']*)'")
EMPTY = {'text': '', 'busy': False, 'invisible': False, 'texts': {'default': [], 'dnd': []}}


class OwnPresenceCase(BridgeCase):
    SERVER_OPTIONS = ('--trace', 'full', '--hibernation', '1')

    def setUp(self):
        super().setUp()
        self.server.reset()
        self.server.spoil('none')
        self.server.control('invisible', domain='plain.example')
        eventually(lambda: not self.server.sessions(JULIET) + self.server.sessions(PARIS),
                   what='the end of the last test')
        self.server.control('shared_status', jid=JULIET, values=EMPTY)
        self.start_bridge()

    def login(self, jid=JULIET):
        if jid == JULIET:
            return self.bridge.login(jid)
        return self.bridge.api.login(jid, password(self.server.password(jid)))

    def put(self, device, show='available', status='', invisible=False):
        return device.api.request('PUT', '/v1/presence', token=device.token, body={
            'show': show, 'status': status, 'invisible': invisible})

    def presence(self, device):
        answer = device.get('/v1/presence').json
        return answer['show'], answer['status'], answer['invisible'], answer['shown']

    def check_presence(self, device, *expected):
        eventually(lambda: self.presence(device) == expected,
                   what='%r, not %r' % (expected, self.presence(device)))

    def seen_by(self, peer, jid):
        """(show, text) of each session that the contact sees."""
        return sorted(value for full, value in dict(peer.statuses).items()
                      if full.startswith(jid + '/') and value[0] != 'unavailable')

    def check_seen(self, peer, jid, *expected):
        eventually(lambda: self.seen_by(peer, jid) == sorted(expected),
                   what='%r seen, not %r' % (expected, self.seen_by(peer, jid)))

    def check_never_seen(self, peer, jid):
        peer.sync()
        self.assertEqual([kind for full, kind in list(peer.presences)
                          if full.startswith(jid + '/') and kind != 'unavailable'], [])

    def change(self, **values):
        """As another client of the account does."""
        self.server.control('shared_status', jid=JULIET, values=values)

    def document(self):
        return self.server.control('shared_status', jid=JULIET)['status']

    def sign_in_again(self, device):
        """By a new daemon, killed without a word."""
        self.bridge.kill()
        eventually(lambda: not self.server.sessions(device.login['account']['bound_jid']),
                   what='the end of the session')
        self.bridge.start()
        device.wait_online()

    def priorities(self, jid):
        return [line['xml'] for line in self.server.trace()
                if line['dir'] == 'in' and line.get('jid', '').startswith(jid)
                and '<priority>' in line['xml'] and '<priority>0<' not in line['xml']]


class GoogleTest(OwnPresenceCase):
    def setUp(self):
        super().setUp()
        self.romeo = self.peer(ROMEO)
        self.device = self.login()
        eventually(lambda: self.romeo.sees(JULIET), what='presence')

    def test_each_show(self):
        self.check_presence(self.device, 'available', '', False, 'available')
        for show in ('dnd', 'away', 'xa', 'available'):
            answer = self.put(self.device, show, 'At the <harbour> & beyond')
            self.assertEqual((answer.status, answer.json['shown']), (200, show))
            self.check_seen(self.romeo, JULIET, (show, 'At the <harbour> & beyond'))
        self.assertEqual(self.priorities(JULIET), [])

    def test_away_has_a_text_of_its_own(self):
        """Which the server keeps for all sessions; and whoever is away is not back meanwhile."""
        self.put(self.device, 'dnd', 'Writing')
        self.check_seen(self.romeo, JULIET, ('dnd', 'Writing'))
        for show, text in (('away', 'Lunch'), ('xa', 'Long lunch'), ('away', 'Tea'), ('away', '')):
            seen = len(self.romeo.presences)
            self.assertEqual(self.put(self.device, show, text).json['shown'], show)
            self.check_seen(self.romeo, JULIET, (show, text))
            self.assertLessEqual({kind for full, kind in self.romeo.presences[seen:]
                                  if full.startswith(JULIET + '/')}, {'dnd', 'away', 'xa'})
        self.assertTrue(self.document()['busy'])
        self.put(self.device, 'available', 'Back')
        self.check_seen(self.romeo, JULIET, ('available', 'Back'))
        self.assertFalse(self.document()['busy'])

    def test_another_client_changes_it_while_away(self):
        """Away is this session's own, the text and who is hidden are everybody's."""
        self.put(self.device, 'dnd', 'Writing')
        self.put(self.device, 'away', 'Lunch')
        self.check_seen(self.romeo, JULIET, ('away', 'Lunch'))
        self.change(text='From the phone')
        self.check_seen(self.romeo, JULIET, ('away', 'From the phone'))
        self.check_presence(self.device, 'away', 'From the phone', False, 'away')
        self.sign_in_again(self.device)
        self.check_presence(self.device, 'away', 'From the phone', False, 'away')
        self.check_seen(self.romeo, JULIET, ('away', 'From the phone'))
        self.assertEqual(self.put(self.device, 'dnd', 'Writing').json['shown'], 'dnd')
        self.check_seen(self.romeo, JULIET, ('dnd', 'Writing'))

    def test_another_client_hides_it_while_away(self):
        self.put(self.device, 'away', 'Lunch')
        self.check_seen(self.romeo, JULIET, ('away', 'Lunch'))
        self.change(invisible=True)
        eventually(lambda: not self.romeo.sees(JULIET), what='nobody seen')
        self.check_presence(self.device, 'away', 'Lunch', True, 'unavailable')
        self.romeo.presences.clear()
        self.sign_in_again(self.device)
        self.check_presence(self.device, 'away', 'Lunch', True, 'unavailable')
        self.check_never_seen(self.romeo, JULIET)
        self.assertEqual(self.put(self.device, 'away', 'Lunch').status, 200)
        self.check_seen(self.romeo, JULIET, ('away', 'Lunch'))
        self.check_presence(self.device, 'away', 'Lunch', False, 'away')

    def test_away_chosen_while_offline(self):
        self.put(self.device, 'away', 'Lunch')
        self.check_seen(self.romeo, JULIET, ('away', 'Lunch'))
        self.server.stop()
        try:
            eventually(lambda: not self.device.is_online(), what='offline')
            self.assertEqual(self.put(self.device, 'away', 'Long lunch').status, 200)
        finally:
            self.server.start_again()
        romeo = self.peer(ROMEO, resource='later')
        self.device.wait_online()
        self.check_seen(romeo, JULIET, ('away', 'Long lunch'))
        self.check_presence(self.device, 'away', 'Long lunch', False, 'away')

    def test_it_is_restored(self):
        self.put(self.device, 'dnd', 'Do not disturb')
        self.check_seen(self.romeo, JULIET, ('dnd', 'Do not disturb'))
        eventually(lambda: self.document()['busy'], what='the shared status')
        self.sign_in_again(self.device)
        self.check_presence(self.device, 'dnd', 'Do not disturb', False, 'dnd')
        self.check_seen(self.romeo, JULIET, ('dnd', 'Do not disturb'))

    def test_invisible_is_restored_before_anything_is_seen(self):
        answer = self.put(self.device, 'dnd', 'Later', invisible=True)
        self.assertEqual((answer.status, answer.json['invisible'], answer.json['shown']),
                         (200, True, 'unavailable'))
        eventually(lambda: not self.romeo.sees(JULIET), what='nobody seen')
        self.romeo.presences.clear()
        self.sign_in_again(self.device)
        self.romeo.send(JULIET, 'I know that you are there')
        self.device.wait_for('message', body='I know that you are there')
        self.check_never_seen(self.romeo, JULIET)
        self.check_presence(self.device, 'dnd', 'Later', True, 'unavailable')
        self.assertEqual(self.put(self.device, 'dnd', 'Here').status, 200)
        self.check_seen(self.romeo, JULIET, ('dnd', 'Here'))

    def test_chosen_while_offline(self):
        self.server.stop()
        try:
            eventually(lambda: not self.device.is_online(), what='offline')
            answer = self.put(self.device, invisible=True)
        finally:
            self.server.start_again()
        self.assertEqual((answer.status, answer.json['shown']), (200, 'unavailable'))
        romeo = self.peer(ROMEO, resource='later')
        self.device.wait_online()
        eventually(lambda: self.document()['invisible'], what='an invisible document')
        self.check_never_seen(romeo, JULIET)

    def test_another_client_changes_it(self):
        self.change(text='From the phone', busy=True)
        self.check_presence(self.device, 'dnd', 'From the phone', False, 'dnd')
        self.change(invisible=True)
        self.check_presence(self.device, 'dnd', 'From the phone', True, 'unavailable')
        self.romeo.presences.clear()
        self.sign_in_again(self.device)
        self.check_presence(self.device, 'dnd', 'From the phone', True, 'unavailable')
        self.check_never_seen(self.romeo, JULIET)

    def test_the_server_refuses_to_hide(self):
        self.server.switch('status-list-max', 0)
        answer = self.put(self.device, invisible=True)
        self.assertEqual((answer.status, answer.code), (409, 'not-supported'), answer)
        self.assertIn('shown as offline', answer.json['detail'])
        eventually(lambda: not self.romeo.sees(JULIET), what='nobody seen')
        self.check_presence(self.device, 'available', '', True, 'unavailable')
        self.server.reset()
        self.assertEqual(self.put(self.device, 'available', 'Back').status, 200)
        self.check_seen(self.romeo, JULIET, ('available', 'Back'))

    def test_a_session_too_old_to_hide(self):
        self.assertEqual(self.put(self.device, invisible=True).status, 200)
        eventually(lambda: not self.romeo.sees(JULIET), what='nobody seen')
        self.romeo.presences.clear()
        old = self.peer(JULIET, resource='old')
        eventually(lambda: self.document()['min_version'] == 0, what='an old session')
        eventually(lambda: not self.here()['available'], what='unavailable')
        eventually(lambda: not self.romeo.sees(self.device.account()['bound_jid']),
                   what='the session of the bridge unseen')
        self.assertEqual(self.put(self.device, invisible=True).code, 'not-supported')
        old.close()
        eventually(lambda: self.here()['available'], what='hidden again')
        self.check_presence(self.device, 'available', '', True, 'unavailable')

    def here(self):
        jid = self.device.account()['bound_jid']
        return next(session for session in self.server.sessions(JULIET)
                    if session['jid'] == jid)


class SharedStatusTest(OwnPresenceCase):
    def setUp(self):
        super().setUp()
        self.device = self.login()
        eventually(lambda: self.get().status == 200, what='the shared status')

    def get(self):
        return self.device.get('/v1/shared-status')

    def put_shared(self, **body):
        return self.device.api.request('PUT', '/v1/shared-status', body, self.device.token)

    def test_what_there_is(self):
        self.change(text='At the <harbour>', busy=True, texts={'default': ['One', 'Two'],
                                                              'dnd': ['At the <harbour>']})
        event = self.device.wait_for('shared-status', status='At the <harbour>')
        self.assertEqual(event['data'], {
            'show': 'dnd', 'status': 'At the <harbour>', 'invisible': False, 'can_hide': True,
            'texts': {'available': ['One', 'Two'], 'dnd': ['At the <harbour>']},
            'limits': {'status_bytes': 512, 'texts': 5}})
        self.assertEqual(self.get().json, event['data'])

    def test_a_sign_in_is_no_news(self):
        self.change(text='Once')
        self.device.wait_for('shared-status', status='Once')
        self.sign_in_again(self.device)
        eventually(lambda: self.get().status == 200, what='the shared status')
        self.change(text='Twice')
        self.device.wait_for('shared-status', status='Twice')
        told = [event['data']['status'] for event in self.device.of_type('shared-status')]
        self.assertEqual(told.count('Once'), 1)

    def test_it_is_set(self):
        romeo = self.peer(ROMEO)
        self.assertEqual(self.put_shared(show='dnd', status='Reading').status, 204)
        self.device.wait_for('shared-status', show='dnd', status='Reading')
        self.check_seen(romeo, JULIET, ('dnd', 'Reading'))
        self.check_presence(self.device, 'dnd', 'Reading', False, 'dnd')
        self.assertEqual(self.put_shared(show='dnd', invisible=True).status, 204)
        self.assertTrue(self.document()['invisible'])

    def test_texts_are_replaced(self):
        self.change(texts={'default': ['Old'], 'dnd': ['Stays']})
        self.device.wait_for('shared-status', texts={'available': ['Old'], 'dnd': ['Stays']})
        answer = self.put_shared(texts={'available': ['Ünë', 'a & b']})
        self.assertEqual(answer.status, 204, answer)
        self.assertEqual(self.document()['texts'], {'default': ['Ünë', 'a & b'],
                                                    'dnd': ['Stays']})
        answer = self.put_shared(texts={'available': ['x'], 'dnd': []})
        self.assertEqual(answer.status, 204, answer)
        self.assertEqual(self.document()['texts'], {'default': ['x'], 'dnd': []})

    def answers(self):
        """What the server has said to those who set the document."""
        trace = self.server.trace()
        names = {ID.search(line['xml']).group(1) for line in trace
                 if line['dir'] == 'in' and SHARED in line['xml'] and "type='set'" in line['xml']}
        return [line['xml'] for line in trace if line['dir'] == 'out'
                and names.intersection(ID.findall(line['xml']))]

    def test_it_is_set_when_the_server_says_so(self):
        self.server.spoil('delay', SHARED, type='set', ms=1000)
        count = len(self.answers())
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(self.put_shared, texts={'available': ['Mine']})
            eventually(lambda: self.document()['texts']['default'] == ['Mine'], what='the texts')
            self.change(text='Meanwhile')  # what is pushed then is no answer
            self.assertEqual(answer.result().status, 204)
        self.assertEqual(len(self.answers()), count + 1)

    def test_what_is_refused(self):
        for body, status in (({'show': 'away'}, 422), ({'status': 'alone'}, 400),
                             ({'texts': {'dnd': 7}}, 400),
                             ({'texts': {'dnd': [str(n) for n in range(6)]}}, 422),
                             ({'texts': {'dnd': ['x' * 513]}}, 422),
                             ({'texts': {'dnd': ['a\nb']}}, 422)):
            self.assertEqual(self.put_shared(**body).status, status, repr(body))
        self.server.switch('status-list-max', 0)
        answer = self.put_shared(texts={'dnd': ['No']})
        self.assertEqual((answer.status, answer.code), (422, 'server-refused'))

    def test_where_there_is_none(self):
        device = self.login(PARIS)
        for answer in (device.get('/v1/shared-status'), device.api.request(
                'PUT', '/v1/shared-status', {'show': 'dnd'}, device.token)):
            self.assertEqual((answer.status, answer.code), (409, 'not-supported'))


class PlainTest(OwnPresenceCase):
    def setUp(self):
        super().setUp()
        self.rosaline = self.peer(ROSALINE)

    def offer(self, xmlns='urn:xmpp:invisible:1'):
        self.server.control('invisible', domain='plain.example', xmlns=xmlns)

    def test_each_show(self):
        device = self.login(PARIS)
        eventually(lambda: self.rosaline.sees(PARIS), what='presence')
        for show in ('chat', 'dnd', 'away', 'xa', 'available'):
            self.assertEqual(self.put(device, show, 'So').json['shown'], show)
            self.check_seen(self.rosaline, PARIS, (show, 'So'))
        self.sign_in_again(device)
        self.check_seen(self.rosaline, PARIS, ('available', 'So'))
        self.assertEqual(self.priorities(PARIS), [])

    def test_invisible_by_command(self):
        self.offer()
        device = self.login(PARIS)
        eventually(lambda: self.rosaline.sees(PARIS), what='presence')
        self.assertEqual(self.put(device, invisible=True).status, 200)
        eventually(lambda: not self.rosaline.sees(PARIS), what='nobody seen')
        self.rosaline.presences.clear()
        self.sign_in_again(device)
        self.rosaline.send(PARIS, 'two')
        device.wait_for('message', body='two')
        self.check_never_seen(self.rosaline, PARIS)
        self.assertEqual(self.put(device).status, 200)
        eventually(lambda: self.rosaline.sees(PARIS), what='presence')

    def test_a_server_that_cannot(self):
        device = self.login(PARIS)
        eventually(lambda: self.rosaline.sees(PARIS), what='presence')
        answer = self.put(device, invisible=True)
        self.assertEqual((answer.status, answer.code), (409, 'not-supported'))
        eventually(lambda: not self.rosaline.sees(PARIS), what='nobody seen')
        self.rosaline.presences.clear()
        self.sign_in_again(device)
        self.check_presence(device, 'available', '', True, 'unavailable')
        self.check_never_seen(self.rosaline, PARIS)
        self.assertEqual(self.put(device, 'dnd').status, 200)
        eventually(lambda: self.rosaline.sees(PARIS), what='presence')

    def test_a_command_that_is_refused(self):
        self.offer('urn:xmpp:invisible:1 refuse')
        device = self.login(PARIS)
        answer = self.put(device, invisible=True)
        self.assertEqual((answer.status, answer.code), (409, 'not-supported'))
        eventually(lambda: not self.rosaline.sees(PARIS), what='nobody seen')

    def test_what_is_refused(self):
        device = self.login(PARIS)
        for body, status, pointer in (
                ({}, 400, '/show'), ({'show': 7}, 400, '/show'), ({'show': 'gone'}, 422, '/show'),
                ({'show': 'away', 'status': 'x' * 1025}, 422, '/status'),
                ({'show': 'away', 'status': 'x\u0007'}, 422, '/status'),
                ({'show': 'away', 'invisible': 'yes'}, 400, '/invisible')):
            answer = device.api.request('PUT', '/v1/presence', body, device.token)
            self.assertEqual((answer.status, answer.json['errors'][0]['pointer']),
                             (status, pointer), repr(body))
        self.check_presence(device, 'available', '', False, 'available')


if __name__ == '__main__':
    unittest.main()
