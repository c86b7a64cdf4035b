# SPDX-License-Identifier: GPL-2.0-or-later
"""What an old phone is pushed, before a stand-in for its push service that is as strict as the real
one: the messages themselves while its app is open, then toasts and counts, and whatever goes wrong,
nothing is lost and nothing comes twice."""

import json
import os
import signal
import unittest

import phone
from harness import eventually
from harness.api import Api
from harness.mpns import (DAILY_LIMIT, EXPIRED, INACTIVE, QUEUE_FULL, RECEIVED, SENDER, SUPPRESSED,
                          Mpns)
from harness.phone_case import JULIET, NURSE, PASSWORD, ROMEO, PhoneCase
from server import certificates

PAGE = '/Pages/Chat.xaml?from='
TILE = PAGE + 'romeo%40talk.example'
STATE = '<message to="%s" type="chat"><%s xmlns="http://jabber.org/protocol/chatstates"/></message>'


class PhonePushTest(PhoneCase):
    def setUp(self):
        super().setUp()
        self.mpns = Mpns(self.server.folder)
        self.addCleanup(self.mpns.close)
        certificates.sign_client(self.server.folder, self.scratch / 'sender', SENDER)
        self.start(groups={'push': ['types=mpns;webhook', 'allow=' + self.mpns.allow,
                                    'mpns-certificate=%s' % (self.scratch / 'sender.crt'),
                                    'mpns-key=%s' % (self.scratch / 'sender.key')]})
        self.channel = self.mpns.open('juliet')
        self.phone = self.sign_in(JULIET)
        self.register(tiles=[ROMEO])
        self.romeo = self.peer(ROMEO)

    def tearDown(self):
        self.assertEqual(self.channel.refusals, [])

    def sign_in(self, jid):
        one = self.make_phone()
        one.client_login(jid, PASSWORD)
        one.login()
        one.fetch_key()
        return one

    def register(self, channel=None, **more):
        answer = self.phone.register((channel or self.channel).url, **more)
        self.assertEqual(answer.status, 200)

    def open(self, raw):
        """The message in a raw notification."""
        self.assertTrue(raw.said.startswith('msg:'))
        return phone.read_message(phone.decrypt(raw.said[len('msg:'):], self.phone.key))

    def raws(self):
        return [self.open(raw)['body'] for raw in self.channel.taken('raw')]

    def queue(self):
        return [message['body'] for message in self.phone.queue()]

    def close_app(self, body='psst'):
        """The next push finds it closed."""
        self.channel.script = [SUPPRESSED]
        self.romeo.send(JULIET, body)
        self.channel.wait_for('tile', tile='', count=1)

    # -- the app is open

    def test_an_open_app_is_handed_each_message(self):
        app = self.bridge.login(JULIET)
        texts = ['it\'s <me> & "you"', 'caf\u00e9 \u2713\n\n  twice', 'x' * 1500]
        for text in texts:
            self.romeo.send(JULIET, text)
        raws = [self.open(raw) for raw in self.channel.wait(3)]
        self.assertEqual([message['body'] for message in raws], texts)
        self.assertEqual(list(raws[0]), ['from', 'time', 'id', 'type', 'body', 'otr'])
        self.assertTrue(raws[0]['from'].startswith(ROMEO + '/'))
        for raw in self.channel.taken():
            self.assertEqual((raw.kind, raw.headers['x-notificationclass']), ('raw', '3'))
        self.assertEqual(self.queue(), [])
        app.wait_for('message', body=texts[-1])
        # What is too long for a push is in the queue, and the phone is told.
        self.romeo.send(JULIET, 'y' * 3000)
        self.channel.wait_for('tile', tile='', count=1)
        self.assertEqual(self.queue(), ['y' * 3000])
        # After a restart it is open still, as far as anybody knows.
        self.phone.call('/notifications')  # which answers when all before it is durable
        self.bridge.kill()
        self.bridge.start()
        self.move(self.phone)
        self.romeo.send(JULIET, 'after')
        eventually(lambda: 'after' in self.raws(), what='one without registering')
        # (The chat server may tell of older ones from its archive.)
        self.assertEqual([body for body in self.raws() if body in (*texts, 'after')],
                         [*texts, 'after'])
        self.assertEqual(self.queue(), [])

    def test_nothing_twice_and_nothing_lost_while_it_fetches(self):
        expected = ['number %d' % i for i in range(120)]
        got = []
        self.channel.script = [RECEIVED, QUEUE_FULL]
        for body in expected:
            self.romeo.send(JULIET, body)
            if body.endswith('7'):
                got += self.queue()
            if body.endswith('5'):
                self.register()
                got += self.queue()

        def all_there():
            got.extend(self.queue())
            return len(got) + len(self.raws()) >= len(expected)
        eventually(all_there, what='all messages')
        raws = self.raws()
        self.assertEqual(sorted(got + raws), sorted(expected),
                         'fetched %r, handed %r' % (got, raws))
        self.register()
        self.romeo.send(JULIET, 'one more')
        eventually(lambda: 'one more' in self.raws(), what='it')

    def test_an_open_app_is_told_who_is_typing(self):
        """Never what is over, nor an app that is closed; a message says that he has stopped."""
        found = []

        def news():
            """Of typing, since it was asked last, without what is in each."""
            told = [self.open(raw) for raw in self.channel.taken('raw')]
            found[:] = [{name: one[name] for name in one if name in ('typing', 'otr', 'body')}
                        for one in told]
            return found

        def begin():
            """It is told between two pushes, or not at all."""
            self.romeo.send_raw(STATE % (JULIET, 'active'))
            self.romeo.send_raw(STATE % (JULIET, 'composing'))
            return news()[-1:] == [{'typing': True}]
        eventually(begin, what='that he is typing')
        told = self.open(self.channel.taken('raw')[0])
        self.assertEqual(list(told), ['from', 'time', 'type', 'typing'])
        self.assertEqual((told['from'], told['type']), (ROMEO, 'chat'))
        self.romeo.send_raw(STATE % (JULIET, 'paused'))
        eventually(lambda: news()[-1] == {'typing': False, 'otr': False}, what='a pause')
        eventually(begin, what='that he goes on')
        self.romeo.send_raw(STATE % (JULIET, 'active'))
        eventually(lambda: news()[-1] == {'otr': False}, what='the end')
        eventually(begin, what='that he begins again')
        before = len(found)
        self.romeo.send(JULIET, 'That is all')
        eventually(lambda: news()[-1] == {'otr': False, 'body': 'That is all'}, what='it')
        self.assertEqual(self.queue(), [])
        # While a message is on its way, nothing is told beside it.
        self.channel.gate.clear()
        arrived = self.channel.arrived
        self.romeo.send(JULIET, 'one')
        eventually(lambda: self.channel.arrived > arrived, what='one on its way')
        for state in ('composing', 'active', 'composing'):
            self.romeo.send_raw(STATE % (JULIET, state))
        self.romeo.send(JULIET, 'two')
        self.romeo.sync()
        self.assertEqual(self.channel.arrived, arrived + 1)
        self.channel.gate.set()
        eventually(lambda: news()[-1].get('body') == 'two', what='two')
        self.assertEqual([one['body'] for one in found[before:] if 'body' in one],
                         ['That is all', 'one', 'two'])
        self.assertEqual(self.queue(), [])
        before = len(found)
        self.close_app()
        self.channel.wait_for('tile', tile=TILE, count=1)
        self.assertEqual(len(news()), before)
        before = self.channel.requests
        self.romeo.send_raw(STATE % (JULIET, 'composing'))
        self.romeo.send(JULIET, 'two')
        self.channel.wait_for('tile', tile=TILE, count=2)
        self.assertEqual(self.channel.requests, before + 3)
        self.assertEqual(self.queue(), ['psst', 'two'])

    def test_an_app_that_is_found_closed_by_that(self):
        """The next message is told at once, by a toast."""
        def closed():
            self.romeo.send_raw(STATE % (JULIET, 'active'))
            self.romeo.send_raw(STATE % (JULIET, 'composing'))
            return not self.channel.script
        self.channel.script = [SUPPRESSED]
        eventually(closed, what='a push')
        self.romeo.send(JULIET, 'Good night')
        self.channel.wait_for('toast', text='Good night')
        self.assertEqual(self.channel.taken('raw'), [])
        self.assertEqual(self.queue(), ['Good night'])

    # -- the app is closed

    def test_a_closed_app_is_told(self):
        app = self.bridge.login(JULIET)
        self.close_app('Wherefore & <why>?')
        self.channel.wait_for('tile', tile=TILE, count=1)
        toast, tile, contact = self.channel.taken()
        self.assertEqual((toast.said['title'], toast.said['text']), ('Romeo', 'Wherefore & <why>?'))
        self.assertTrue(toast.said['param'].startswith(PAGE + 'romeo%40talk.example%2F'))
        self.assertEqual([(one.headers['x-windowsphone-target'],
                           one.headers['x-notificationclass'], one.headers['content-type'])
                          for one in (toast, tile, contact)],
                         [('toast', '2', 'text/xml'), ('token', '1', 'text/xml'),
                          ('token', '1', 'text/xml')])
        # It stays so, and what is off the record is not said.
        self.set_off_the_record(app, True)
        self.addCleanup(self.set_off_the_record, app, False)
        self.romeo.send(JULIET, 'a secret')
        self.channel.wait_for('tile', tile=TILE, count=2)
        self.assertEqual([one.said['text'] for one in self.channel.taken('toast')],
                         ['Wherefore & <why>?', '(OTR)'])
        self.assertEqual(self.channel.taken('raw'), [])
        # An app reads them: the counts go. The phone's own queue has them still, once.
        cursor = app.wait_for('message', body='a secret')['cursor']
        self.assertEqual(app.put('/v1/contacts/%s/read' % ROMEO, {'cursor': cursor}).status, 204)
        self.channel.wait_for('tile', tile=TILE, count=0)
        self.channel.wait_for('tile', tile='', count=0)
        self.assertEqual(self.queue(), ['Wherefore & <why>?', 'a secret'])
        self.assertEqual(self.queue(), [])
        # Opened again, it is handed what comes.
        self.register()
        self.romeo.send(JULIET, 'face to face')
        eventually(lambda: self.raws() == ['face to face'], what='the message itself')
        self.assertEqual(self.queue(), [])

    def set_off_the_record(self, app, enabled):
        """The chat server keeps it."""
        answer = app.put('/v1/contacts/%s/off-the-record' % ROMEO, {'enabled': enabled})
        self.assertEqual(answer.status, 204)

    def test_toasts_without_words(self):
        """The push service reads them; from SIGHUP on, as all that concerns times and words."""
        text = self.bridge.config.read_text()
        self.bridge.config.write_text(text.replace('[legacy]\n', '[legacy]\ntoast-text=false\n'))
        os.kill(self.bridge.process.pid, signal.SIGHUP)
        eventually(lambda: 'read anew' in self.bridge.log.read_text(), what='it')
        self.close_app('a secret')
        toast = self.channel.taken('toast')[0]
        self.assertEqual((toast.said['title'], toast.said['text']), ('Romeo', ''))
        self.assertNotIn(b'a secret', b''.join(one.body for one in self.channel.taken()))
        self.assertEqual(self.queue(), ['a secret'])

    def test_what_is_fetched_counts_no_more(self):
        self.close_app()
        self.romeo.send(JULIET, 'two')
        self.channel.wait_for('tile', tile='', count=2)
        self.assertEqual(self.queue(), ['psst', 'two'])
        self.romeo.send(JULIET, 'three')
        eventually(lambda: self.channel.taken('toast')[-1].said['text'] == 'three', what='it')
        eventually(lambda: [one.said['count'] for one in self.channel.taken('tile')
                            if one.said['tile'] == ''][-1] == 1, what='one')

    def test_tiles_stay_pinned(self):
        """However often the app is started."""
        for _ in range(3):
            self.register(tiles=[ROMEO, 'a+b@plain.example'])
        self.assertEqual(self.phone.post(self.phone.root + '/register', token=self.phone.token,
                                         url=self.channel.url, tiles='none').status, 200)
        self.close_app()
        self.channel.wait_for('tile', tile=TILE, count=1)
        with self.peer(NURSE) as nurse:
            nurse.send(JULIET, 'My lady')
            self.channel.wait_for('tile', tile='', count=2)
        self.register(tiles=[])
        self.close_app_again()
        self.assertEqual(len([one for one in self.channel.taken('tile') if one.said['tile']]), 1)

    def close_app_again(self):
        before = len(self.channel.taken('toast'))
        self.channel.script = [SUPPRESSED]
        self.romeo.send(JULIET, 'again')
        self.romeo.send(JULIET, 'and again')
        eventually(lambda: len(self.channel.taken('toast')) == before + 2, what='toasts')

    def test_each_kind_can_be_left_out(self):
        call = self.phone.call
        call('/notifications', toast='False', tile='True', secondarytile='True', jid=ROMEO)
        self.close_app('no toast')
        self.channel.wait_for('tile', tile=TILE, count=1)
        self.assertEqual(self.channel.taken('toast'), [])
        call('/notifications', toast='True', tile='False', secondarytile='True')
        self.romeo.send(JULIET, 'no tile')
        self.channel.wait_for('tile', tile=TILE, count=2)
        call('/notifications', toast='True', tile='False', secondarytile='False')
        self.romeo.send(JULIET, 'a toast only')
        self.channel.wait_for('toast', text='a toast only')
        self.assertEqual([one.said['text'] for one in self.channel.taken('toast')],
                         ['no tile', 'a toast only'])
        self.assertEqual(len(self.channel.taken('tile')), 3)
        self.assertEqual(self.queue(), ['no toast', 'no tile', 'a toast only'])
        call('/notifications', toast='False', tile='False', secondarytile='False')
        before = self.channel.requests
        self.romeo.send(JULIET, 'nothing')
        self.romeo.send(JULIET, 'nothing either')
        got = []
        eventually(lambda: got.extend(self.queue()) or len(got) == 2, what='both')
        self.assertEqual(self.channel.requests, before)

    def test_odd_messages_reach_a_closed_app_too(self):
        """Each of them once ended the old proxy for everybody."""
        self.close_app('first')
        self.romeo.send_raw("<message type='chat' to='%s' id='e'><body/></message>" % JULIET)
        self.romeo.send_raw("<message type='chat' to='%s' id='l'><body xml:lang='it'>ciao</body>"
                            "</message>" % JULIET)
        self.romeo.send_raw("<message type='chat' to='%s'><body>no id\n\n  twice</body></message>"
                            % JULIET)
        # A tile may count what is told next.
        toasts = self.channel.wait(3, 'toast')
        self.channel.wait_for('tile', tile='', count=3)
        self.assertEqual([one.said['text'] for one in toasts],
                         ['first', 'ciao', 'no id\n\n  twice'])
        self.assertEqual(self.queue(), ['first', 'ciao', 'no id\n\n  twice'])

    def test_a_stanza_that_comes_again_comes_once(self):
        """Killed before anybody was told that it was there, and asked again."""
        self.close_app('first')
        self.romeo.send(JULIET, 'once')
        self.bridge.kill()
        self.bridge.start()
        self.move(self.phone)
        got = []

        def last():
            got.extend(self.queue())
            return 'last' in got + self.raws()
        self.romeo.send(JULIET, 'last')
        eventually(last, what='the last one')
        self.assertEqual(sorted(body for body in got + self.raws() if body in ('once', 'last')),
                         ['last', 'once'])

    # -- trouble

    def test_whatever_goes_wrong_it_is_in_the_queue(self):
        for answer in ((500, '', '', ''), (503, '', '', ''), (400, '', '', ''), (401, '', '', ''),
                       (403, '', '', ''), (413, '', '', ''), (302, '', '', ''), DAILY_LIMIT,
                       INACTIVE, QUEUE_FULL, (200, 'Dropped', 'Connected', 'Active'), EXPIRED):
            with self.subTest(answer=answer):
                self.register()
                before = self.channel.requests
                self.channel.script = [answer]
                self.romeo.send(JULIET, 'despite %r' % (answer,))
                eventually(lambda: self.channel.requests > before, what='a push')
                got = []
                eventually(lambda: got.extend(self.queue()) or got, what='it')
                self.assertEqual(got, ['despite %r' % (answer,)])
        # The last one said that the channel is no more. The session stays.
        before = self.channel.requests
        eventually(lambda: 'is no more: gone' in self.bridge.log.read_text(), what='its end')
        self.romeo.send(JULIET, 'to nobody')
        eventually(lambda: self.queue() == ['to nobody'], what='it')
        self.assertEqual(self.channel.requests, before)
        self.register()
        self.romeo.send(JULIET, 'to somebody')
        eventually(lambda: self.raws() == ['to somebody'], what='the message itself')

    def test_nobody_is_there(self):
        self.mpns.close()
        self.romeo.send(JULIET, 'anybody?')
        eventually(lambda: self.queue() == ['anybody?'], what='it')
        self.assertTrue(self.phone.roster())

    def test_a_session_that_ended_hands_its_channel_on(self):
        """The chat server takes the phone's credential no more: it signs in anew, and does not
        register."""
        self.server.control('revoke', jid=JULIET, token=self.phone.auth)
        self.server.control('kick', jid=JULIET, how='close')
        eventually(lambda: self.phone.post(self.phone.root + '/message', token=self.phone.token,
                                           to=ROMEO, body='x').status == 403, what='403')
        self.phone.client_login(JULIET, PASSWORD)
        self.phone.login()
        self.romeo.send(JULIET, 'Here again?')
        eventually(lambda: 'Here again?' in self.raws(), what='the message')
        # Who signs out hands on nothing.
        self.phone.logout()
        before = self.channel.requests
        self.phone = self.sign_in(JULIET)
        self.romeo.send(JULIET, 'And now?')
        eventually(lambda: 'And now?' in self.queue(), what='it')
        self.assertEqual(self.channel.requests, before)

    # -- who may push where

    def test_a_channel_is_one_phones(self):
        """Another account's phone takes it over; whose it was keeps the session and the queue."""
        other = self.sign_in(NURSE)
        self.assertEqual(other.register(self.channel.url).status, 200)
        with self.peer(ROMEO) as romeo:
            romeo.send(NURSE, 'to the nurse')
            self.channel.wait(1)
            romeo.send(JULIET, 'to Juliet')
            eventually(lambda: self.queue() == ['to Juliet'], what='it')
        self.assertEqual(len(self.channel.all), 1)
        other.logout()
        self.register()
        self.romeo.send(JULIET, 'back')
        eventually(lambda: len(self.channel.taken()) == 2, what='her channel')

    def test_no_channel_leads_elsewhere(self):
        """Plain http, this machine, and hosts that are not the push service's."""
        port = self.mpns.port
        for url in ('http://localhost:%d%s' % (port, self.channel.path), 'https://127.0.0.1/',
                    'https://localhost/', 'https://push.example.net/x',
                    'https://db3.notify.live.net:8443/x', 'http://db3.notify.live.net/x'):
            with self.subTest(url=url):
                self.assertEqual(self.phone.register(url).status, 200)
                self.romeo.send(JULIET, url)
                eventually(lambda: self.queue() == [url], what='it')
        self.assertEqual(self.channel.requests, 0)
        self.assertNotIn('mpns', self.bridge.ctl('push'))

    def test_apps_cannot_ask_for_it(self):
        app = self.bridge.login(JULIET)
        self.assertEqual(app.put('/v1/push/mpns', {'endpoint': self.channel.url}).status, 404)
        self.assertEqual(self.bridge.api.get('/v1/capabilities').json['push'], ['webhook'])
        self.assertIn('mpns', self.bridge.ctl('push'))
        self.assertNotIn(self.channel.path, self.bridge.ctl('push'))
        metrics = Api(self.bridge.control_socket).get('/metrics').body.decode()
        self.assertIn('gtalk_bridge_push_subscriptions{service="mpns"} 1\n', metrics)
        self.assertNotIn(self.channel.path, json.dumps(self.bridge.log.read_text()))


if __name__ == '__main__':
    unittest.main()
