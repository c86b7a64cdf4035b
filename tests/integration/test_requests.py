# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests that must be refused by the whole daemon, each with its code, while a good client goes
on undisturbed."""

import socket
import unittest
import uuid

from harness import eventually
from harness.api import token
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'


class RequestsTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.start_bridge()
        self.device = self.bridge.login(JULIET)
        self.api = self.bridge.api

    def tearDown(self):
        self.assertEqual(self.device.account()['state'], 'online')

    def refuse(self, answer, status, code):
        self.assertEqual((answer.status, answer.code), (status, code), answer)
        self.assertEqual(answer.headers['Content-Type'].split(';')[0], 'application/problem+json')
        self.assertEqual(answer.json['status'], status)
        self.assertEqual(answer.json['type'], '/problems/' + code)
        return answer.json

    def pointers(self, problem):
        return [error['pointer'] for error in problem.get('errors', [])]

    def send(self, **members):
        body = {'id': str(uuid.uuid4()), 'to': ROMEO, 'body': 'x', **members}
        return self.device.post('/v1/messages', body)

    def test_malformed_json(self):
        for text in (b'', b'{', b'[]', b'"x"', b'{"id":1,}', b'\xff\xfe', b'{"a":1}{"b":2}',
                     b'{"body":"\\u0000"}'):
            with self.subTest(text):
                answer = self.api.request('POST', '/v1/messages', text, self.device.token,
                                          {'Content-Type': 'application/json'})
                self.refuse(answer, 400, 'malformed')

    def test_not_json(self):
        answer = self.api.request('POST', '/v1/messages', b'id=1', self.device.token,
                                  {'Content-Type': 'application/x-www-form-urlencoded'})
        self.refuse(answer, 415, 'not-json')

    def test_wrong_types(self):
        for name, value in (('id', 7), ('to', ['x']), ('body', {'a': 1}), ('body', None)):
            with self.subTest(name):
                problem = self.refuse(self.send(**{name: value}), 400, 'malformed')
                self.assertEqual(self.pointers(problem), ['/' + name])

    def test_members_that_nobody_knows(self):
        self.assertEqual(self.send(priority='high', id_of_later={'a': [1]}).status, 202)

    def test_wrong_types_at_login(self):
        problem = self.refuse(self.api.post('/v1/login', {
            'username': 5, 'auth': {'type': 'token', 'token': False}, 'device': 'phone'}),
            400, 'malformed')
        self.assertIn('/username', self.pointers(problem))

    def test_usernames_that_are_no_jids(self):
        for name in ('', '@', 'a@', '@talk.example', 'a b@talk.example', 'a@b@c', 'x' * 5000,
                     'a@talk..example', '"@talk.example'):
            with self.subTest(name[:40]):
                self.refuse(self.api.try_login(name, token('x')), 422, 'not-acceptable')

    def test_recipients_that_are_no_jids(self):
        for name in ('', '@', 'a b@talk.example', 'a@', 'x' * 5000):
            with self.subTest(name[:40]):
                problem = self.refuse(self.send(to=name), 422, 'not-acceptable')
                self.assertEqual(self.pointers(problem), ['/to'])

    def test_control_characters(self):
        for body in ('bell \x07', 'escape \x1b[0m', 'not a character \uffff', ''):
            with self.subTest(repr(body)):
                problem = self.refuse(self.send(body=body), 422, 'not-acceptable')
                self.assertEqual(self.pointers(problem), ['/body'])

    def test_what_is_allowed_in_a_message(self):
        romeo = self.peer(ROMEO)
        eventually(lambda: romeo.sees(JULIET), what='presence')
        for body in ('tab\tand\nnewline', 'Ünïcödé \U0001f600 日本', '<b>&amp;</b> &lt; "\'',
                     ' blanks  around ', 'http://example.org/?a=1&b=2', 'x' * 20000):
            with self.subTest(body[:20]):
                self.assertEqual(self.send(body=body).status, 202)
                romeo.wait_for_message(body)

    def test_bearers(self):
        get = self.api.get
        self.refuse(get('/v1/account'), 401, 'token-missing')
        self.refuse(get('/v1/account', 'nobody-ever-got-this'), 401, 'token-unknown')
        self.refuse(get('/v1/account', 'x' * 8000), 401, 'token-unknown')
        self.refuse(get('/v1/account', headers={'Authorization': 'Basic eDp5'}), 401,
                    'token-missing')

    def test_a_revoked_bearer(self):
        other = self.bridge.login(JULIET, name='other')
        self.assertEqual(other.delete('/v1/devices/self').status, 204)
        self.refuse(other.get('/v1/account'), 401, 'token-revoked')

    def test_the_bearer_of_an_erased_account(self):
        other = self.bridge.login('nurse@talk.example')
        self.assertEqual(other.delete('/v1/account').status, 204)
        self.refuse(other.get('/v1/account'), 401, 'account-erased')
        self.assertEqual(self.server.sessions('nurse@talk.example'), [])

    def test_another_account_is_not_there(self):
        other = self.bridge.login('nurse@talk.example')
        mine = self.device.get('/v1/devices').json['devices'][0]['id']
        self.refuse(other.delete('/v1/devices/' + mine), 404, 'not-found')
        self.assertEqual(self.device.get('/v1/account').status, 200)

    def test_unknown_paths_and_methods(self):
        self.refuse(self.device.get('/v1/nothing'), 404, 'not-found')
        answer = self.device.delete('/v1/messages')
        self.refuse(answer, 405, 'method-not-allowed')
        self.assertIn('POST', answer.headers['Allow'])

    def test_hosts_that_are_not_ours(self):
        self.refuse(self.api.get('/v1/capabilities', headers={'Host': 'evil.example'}), 421,
                    'wrong-host')

    def test_cursors(self):
        for cursor in ('x', '1', self.device.cursor + '0x', '..', '-1.5'):
            with self.subTest(cursor):
                answer = self.device.get('/v1/events?after=' + cursor)
                self.assertIn((answer.status, answer.code),
                              ((422, 'not-acceptable'), (410, 'cursor-expired')))
        answer = self.device.get('/v1/events?after=other.1')
        self.refuse(answer, 410, 'cursor-expired')
        epoch = self.device.cursor.split('.')[0]
        self.refuse(self.device.ack(epoch + '.999999'), 422, 'not-acceptable')

    # -- on the wire

    def raw(self, text):
        connection = socket.socket(socket.AF_UNIX)
        self.addCleanup(connection.close)
        connection.settimeout(60)
        connection.connect(str(self.bridge.socket))
        connection.sendall(text)
        return connection

    def test_a_body_too_large_is_refused_before_it_comes(self):
        head = ('POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n'
                'Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n'
                % self.device.token)
        self.assertIn(b' 413 ', self.raw(head.encode()).recv(65536).split(b'\r\n')[0])

    def test_a_half_request_ends(self):
        half = self.raw(b'GET /v1/account HTTP/1.1\r\nHost: local')
        self.assertEqual(self.device.get('/v1/account').status, 200)
        answer = half.recv(65536)
        self.assertTrue(answer == b'' or b' 408 ' in answer.split(b'\r\n')[0])

    def test_noise(self):
        for noise in (b'\x16\x03\x01\x02\x00\x01\x00', b'HELLO\r\n\r\n', b'\0' * 1000,
                      b'GET / HTTP/1.1\r\n' + b'X: ' + b'y' * 100000):
            connection = self.raw(b'')
            try:
                connection.sendall(noise)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)
            except OSError:
                pass  # it may hang up on us while we are talking
        self.assertEqual(self.device.get('/v1/account').status, 200)


if __name__ == '__main__':
    unittest.main()
