# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is typing, both ways, beside an independent client."""

import unittest

from harness import eventually
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
STATE = '<message to="%s" type="chat"><%s xmlns="http://jabber.org/protocol/chatstates"/></message>'


class TypingTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.start_bridge()
        self.device = self.bridge.login(JULIET)
        self.romeo = self.peer(ROMEO)
        eventually(lambda: self.romeo.sees(JULIET), what='presence')
        self.romeo.send(JULIET, 'one')
        self.device.wait_for('message', body='one')

    def tell(self, state, to=ROMEO):
        return self.device.post('/v1/contacts/%s/typing' % to, {'state': state})

    def test_it_is_told_to_who_listens(self):
        stream = self.device.stream(after=self.device.cursor)
        for state in ('composing', 'paused'):
            self.romeo.send_raw(STATE % (JULIET, state))
            event = next(event for _, _, event in stream if event['type'] == 'typing')
            self.assertEqual(event['data'], {'jid': ROMEO, 'state': state})
            self.assertNotIn('cursor', event)
        stream.close()

    def test_a_message_tells_that_it_is_over_and_of_nobody_else(self):
        stream = self.device.stream(after=self.device.cursor)
        self.romeo.send_raw(STATE % (JULIET, 'composing'))
        for body in ('typed', 'untyped'):
            self.romeo.send(JULIET, body)
        told = []
        while told[-1:] != ['untyped']:
            event = next(event for _, _, event in stream
                         if event['type'] in ('typing', 'message'))
            told.append(event['data'].get('state') or event['data']['body'])
        self.assertEqual(sorted(told), sorted(['composing', 'active', 'typed', 'untyped']))
        stream.close()

    def test_it_is_told_to_the_contact(self):
        self.romeo.send_raw('<message to="%s" type="chat"><body>two</body>'
                            '<active xmlns="http://jabber.org/protocol/chatstates"/></message>'
                            % JULIET)  # now it is known to understand chat states
        self.device.wait_for('message', body='two')
        for state in ('composing', 'paused'):
            self.assertEqual(self.tell(state).status, 204)
            eventually(lambda: self.romeo.chat_states(JULIET)[-1:] == [state], what=state)

    def test_what_is_refused(self):
        for state, status, code in ((7, 400, 'malformed'), ('singing', 422, 'not-acceptable')):
            answer = self.tell(state)
            self.assertEqual((answer.status, answer.code), (status, code))
        answer = self.tell('composing', to='%20')
        self.assertEqual((answer.status, answer.code), (404, 'not-found'))

    def test_an_account_that_is_not_online(self):
        self.addCleanup(self.server.start_again)
        self.server.stop()
        eventually(lambda: not self.device.is_online(), what='offline')
        answer = self.tell('composing')
        self.assertEqual((answer.status, answer.code), (409, 'not-online'))


if __name__ == '__main__':
    unittest.main()
