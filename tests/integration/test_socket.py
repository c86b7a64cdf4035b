# SPDX-License-Identifier: GPL-2.0-or-later
"""Events and commands on a WebSocket, with an independent client (websockets) and by hand."""

import base64
import json
import os
import select
import signal
import socket
import struct
import unittest
import uuid

from harness import eventually
from harness.case import BridgeCase
from harness.websocket import PROTOCOL, HandshakeRefused, Socket

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
READERS_MAX = 4
COMMANDS_MAX = 8


class RawSocket:
    """Frames by hand, for what a well-behaved client does not do."""

    def __init__(self, path, token, after, pipelined=b''):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(90)
        self.socket.connect(str(path))
        head = ['GET /v1/socket?after=%s HTTP/1.1' % after, 'Host: localhost',
                'Authorization: Bearer ' + token, 'Connection: keep-alive, Upgrade',
                'Upgrade: WebSocket', 'Sec-WebSocket-Version: 13',
                'Sec-WebSocket-Protocol: other, ' + PROTOCOL,
                'Sec-WebSocket-Key: ' + base64.b64encode(os.urandom(16)).decode()]
        self.socket.sendall(('\r\n'.join(head) + '\r\n\r\n').encode() + pipelined)
        self.input = self.socket.makefile('rb')
        self.status = int(self.input.readline().split()[1])
        self.headers = dict(line.decode().rstrip().split(': ', 1)
                            for line in iter(self.input.readline, b'\r\n'))

    def send(self, first, payload, mask=b'abcd', length=None):
        """One frame; first: its first octet; length: what it says of itself."""
        length = len(payload) if length is None else length
        if length < 126:
            head = bytes([first, 0x80 | length])
        elif length < 65536:
            head = bytes([first, 0x80 | 126]) + struct.pack('>H', length)
        else:
            head = bytes([first, 0x80 | 127]) + struct.pack('>Q', length)
        self.socket.sendall(head + mask + bytes(octet ^ mask[i % 4]
                                                for i, octet in enumerate(payload)))

    def receive(self):
        """(first octet, payload) of the next frame; (None, b'') at the end."""
        head = self.input.read(2)
        if len(head) < 2:
            return None, b''
        length = head[1]
        if length == 126:
            length, = struct.unpack('>H', self.input.read(2))
        elif length == 127:
            length, = struct.unpack('>Q', self.input.read(8))
        return head[0], self.input.read(length)

    def close_status(self):
        """Reads to the end; the status of the closing frame."""
        status = None
        while True:
            first, payload = self.receive()
            if first is None:
                return status
            if first == 0x88:
                status, = struct.unpack('>H', payload[:2])

    def close(self):
        self.input.close()
        self.socket.close()


class SocketTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.romeo = self.peer(ROMEO)
        self.start_bridge(environment={'G_MESSAGES_DEBUG': 'bridge-api'})
        self.phone = self.bridge.login(JULIET, name='phone')
        self.romeo.send(JULIET, 'settled')
        self.phone.wait_for('message', body='settled')

    def open(self, device=None, after=None, **more):
        device = device or self.phone
        opened = Socket(self.bridge.socket, device.token, after or device.cursor, **more)
        self.addCleanup(opened.close)
        return opened

    def raw(self, **more):
        raw = RawSocket(self.bridge.socket, self.phone.token, self.phone.cursor, **more)
        self.addCleanup(raw.close)
        return raw

    def test_events_are_those_of_the_long_poll(self):
        start = self.phone.cursor
        opened = self.open()
        bodies = ['number %d' % i for i in range(130)]  # more than one piece
        for body in bodies:
            self.romeo.send(JULIET, body)
        live = [opened.event() for _ in bodies]
        self.assertEqual([event['data']['body'] for event in live], bodies)
        late = self.open(after=start)
        self.assertEqual([late.event() for _ in bodies], live)
        self.phone.wait_for('message', body=bodies[-1])
        self.assertEqual(self.phone.durable()[-len(bodies):], live)
        opened.close()
        again = self.open(after=live[99]['cursor'])
        self.assertEqual([again.event() for _ in bodies[100:]], live[100:])

    def test_presence_is_told(self):
        opened = self.open()
        self.romeo.call(lambda client: client.send_presence(pshow='dnd'))
        event = opened.event('presence')
        self.assertEqual(event['data']['show'], 'dnd')
        self.assertNotIn('cursor', event)

    def test_commands(self):
        opened = self.open()
        message = {'id': str(uuid.uuid4()), 'to': ROMEO, 'body': 'over the socket'}
        sent = opened.ask('POST', '/v1/messages', message)
        self.assertEqual((sent['status'], sent['body']['id']), (202, message['id']))
        self.romeo.wait_for_message('over the socket')
        self.assertEqual(opened.ask('POST', '/v1/messages', message), dict(sent, ref='2'))
        event = opened.event('message.sent')
        self.assertEqual(event['cursor'], sent['body']['cursor'])
        acked = opened.ask('POST', '/v1/events/ack', {'cursor': event['cursor']})
        self.assertEqual(acked, {'ref': '3', 'status': 204})
        devices = opened.ask('GET', '/v1/devices')['body']
        self.assertEqual(devices, self.phone.get('/v1/devices').json)
        self.assertEqual(devices['devices'][0]['acked'], event['cursor'])
        contacts = opened.ask('GET', '/v1/contacts?limit=1')['body']
        self.assertEqual(contacts, self.phone.get('/v1/contacts?limit=1').json)

    def test_commands_that_are_refused(self):
        opened = self.open()
        for status, code, command in (
                (422, 'not-acceptable', ('POST', '/v1/events/ack', {'cursor': 'other.1'})),
                (400, 'malformed', ('POST', '/v1/events/ack', {'cursor': 1})),
                (400, 'malformed', ('POST', '/v1/events/ack')),
                (400, 'malformed', ('GET', '/v1/contacts?limit=x')),
                (404, 'not-found', ('GET', '/v1/nothing')),
                (404, 'not-found', ('GET', '/v1/events')),
                (404, 'not-found', ('GET', '/v1/socket')),
                (404, 'not-found', ('POST', '/v1/login', {})),
                (405, 'method-not-allowed', ('PUT', '/v1/messages', {}))):
            reply = opened.ask(*command)
            if code == 'not-acceptable':  # another epoch: the past is not there
                status, code = reply['status'], reply['body']['code']
                self.assertIn((status, code), ((410, 'cursor-expired'), (422, 'not-acceptable')))
            self.assertEqual((reply['status'], reply['body']['code']), (status, code), command)
            self.assertEqual(reply['body']['status'], status)
        for status, text, pointer in (
                (422, '{"method":"GET","path":"/v1/a\\nb"}', '/path'),
                (422, '{"method":"GET","path":"v1"}', '/path'),
                (422, '{"method":"G T","path":"/"}', '/method'),
                (400, '{"method":"GET"}', '/path'), (400, '[]', None), (400, '{', None),
                (400, '{"method":"GET","path":"/","body":1,"ref":"9"}', '/body')):
            broken = self.open()
            broken.send(text)
            reply = broken.reply()
            self.assertEqual(reply['status'], status, text)
            self.assertEqual(reply['ref'], '9' if pointer == '/body' else None)
            if pointer is not None:
                self.assertEqual(reply['body']['errors'][0]['pointer'], pointer)
            self.assertEqual(broken.end(), (4400, 'malformed'))

    def test_handshakes_that_are_refused(self):
        key = {'Sec-WebSocket-Key': base64.b64encode(b'x' * 16).decode()}
        good = {'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13',
                'Sec-WebSocket-Protocol': PROTOCOL, **key}
        for status, code, changed in (
                (426, 'upgrade-required', {'Upgrade': 'h2c'}),
                (426, 'upgrade-required', {'Connection': 'keep-alive'}),
                (426, 'upgrade-required', {'Sec-WebSocket-Version': '8'}),
                (400, 'malformed', {'Sec-WebSocket-Key': 'short'}),
                (400, 'malformed', {'Sec-WebSocket-Protocol': 'chat'})):
            answer = self.phone.get('/v1/socket', headers={**good, **changed})
            self.assertEqual((answer.status, answer.code), (status, code), changed)
        self.assertEqual(self.phone.get('/v1/socket').headers['Upgrade'], 'websocket')
        for token, code in ((None, 'token-missing'), ('wrong', 'token-unknown')):
            answer = self.bridge.api.get('/v1/socket', token, headers=good)
            self.assertEqual((answer.status, answer.code), (401, code))
        for after, code in (('other.1', 410), (self.phone.cursor + '0', 422)):
            with self.assertRaises(HandshakeRefused) as refused:
                self.open(after=after)
            self.assertEqual(refused.exception.status, code)
        raw = self.raw(pipelined=b'\x81\x80abcd')
        self.assertEqual(raw.status, 400)

    def test_too_many_readers(self):
        opened = [self.open() for _ in range(READERS_MAX)]
        with self.assertRaises(HandshakeRefused) as refused:
            self.open()
        self.assertEqual(refused.exception.status, 429)
        opened[0].close()
        eventually(lambda: self.phone.get('/v1/events').status == 200, what='a place')

    # -- tickets

    def ticket(self):
        answer = self.phone.post('/v1/tickets', None)
        self.assertEqual(answer.status, 201, answer)
        return answer.json['ticket']

    def test_a_ticket_stands_for_the_token_once(self):
        ticket = self.ticket()
        opened = Socket(self.bridge.socket, None, self.phone.cursor, query='ticket=' + ticket)
        self.addCleanup(opened.close)
        self.assertEqual(opened.ask('GET', '/v1/devices')['body']['self'],
                         self.phone.login['device']['id'])
        answer = self.bridge.api.get('/v1/events?ticket=' + ticket)
        self.assertEqual((answer.status, answer.code), (401, 'ticket-unknown'))
        other = opened.ask('POST', '/v1/tickets')['body']['ticket']
        answer = self.bridge.api.get('/v1/account?ticket=' + other)
        self.assertEqual((answer.status, answer.code), (401, 'token-missing'))
        answer = self.bridge.api.get('/v1/events?ticket=%s&after=%s' % (other, self.phone.cursor))
        self.assertEqual(answer.status, 200)
        late = self.ticket()
        self.assertEqual(self.phone.delete('/v1/devices/self').status, 204)
        answer = self.bridge.api.get('/v1/events?ticket=' + late)
        self.assertEqual((answer.status, answer.code), (401, 'token-revoked'))
        log = self.bridge.log.read_text()
        self.assertIn('/v1/events: 200', log)
        for secret in (ticket, other, late):
            self.assertNotIn(secret, log)

    # -- its end

    def test_a_removed_device(self):
        tablet = self.bridge.login(JULIET, name='tablet')
        opened = self.open(tablet)
        self.assertEqual(self.phone.delete('/v1/devices/' + tablet.login['device']['id']).status,
                         204)
        reply = opened.reply()
        self.assertEqual((reply['status'], reply['body']['code']), (401, 'token-revoked'))
        self.assertEqual(opened.end(), (4401, 'token-revoked'))

    def test_a_daemon_that_stops(self):
        opened = self.open()
        self.assertEqual(self.bridge.stop(), 0)
        self.assertEqual(opened.end(), (4503, 'stopping'))

    def test_a_client_that_closes(self):
        opened = self.open()
        opened.close()
        self.assertEqual(opened.end()[0], 1000)
        raw = self.raw()
        raw.send(0x88, struct.pack('>H', 1001))
        self.assertEqual(raw.close_status(), 1000)

    # -- frames

    def test_frames(self):
        raw = self.raw()
        self.assertEqual(raw.status, 101)
        self.assertEqual(raw.headers['Sec-WebSocket-Protocol'], PROTOCOL)
        self.assertIn('X-Request-Id', raw.headers)
        command = json.dumps({'ref': 'ä', 'method': 'GET', 'path': '/v1/account'}).encode()
        raw.send(0x01, command[:9])
        raw.send(0x89, b'still there?')
        self.assertEqual(raw.receive(), (0x8a, b'still there?'))
        raw.send(0x00, b'')
        raw.send(0x80, command[9:])
        first, payload = raw.receive()
        self.assertEqual((first, json.loads(payload)['ref']), (0x81, 'ä'))

    def test_frames_that_are_refused(self):
        for status, send in (
                (1002, lambda raw: raw.socket.sendall(b'\x81\x01x')),  # not masked
                (1002, lambda raw: raw.send(0xc1, b'x')),  # reserved bit
                (1002, lambda raw: raw.send(0x83, b'x')),  # unknown opcode
                (1002, lambda raw: raw.send(0x80, b'x')),  # goes on with nothing
                (1002, lambda raw: raw.send(0x89, b'x' * 126)),
                (1003, lambda raw: raw.send(0x82, b'x')),
                (1007, lambda raw: raw.send(0x81, b'\xff')),
                (1009, lambda raw: raw.send(0x81, b'', length=65537))):
            raw = self.raw()
            send(raw)
            self.assertEqual(raw.close_status(), status)

    def test_commands_at_work_at_a_time(self):
        """The next ones wait their turn: unanswered, and unread."""
        raw = self.raw()
        hosts = self.bridge.hosts()

        def ask(ref, method, path, body=None):
            command = {'ref': ref, 'method': method, 'path': path}
            raw.send(0x81, json.dumps(dict(command, body=body) if body else command).encode())

        def reply():
            while True:
                _, payload = raw.receive()
                message = json.loads(payload)
                if 'status' in message:
                    return message['ref'], message['status']
        for host in hosts:
            os.kill(host, signal.SIGSTOP)
        try:
            for i in range(COMMANDS_MAX - 1):  # each waits for a host
                ask('waits', 'PUT', '/v1/contacts/' + ROMEO, {'name': 'Romeo %d' % i})
            ask('the last one', 'GET', '/v1/devices')
            self.assertEqual(reply(), ('the last one', 200))
            ask('waits', 'PUT', '/v1/contacts/' + ROMEO, {'name': 'Romeo'})
            ask('too many', 'GET', '/v1/devices')
            for _ in range(3):  # whoever could be answered would have been
                self.assertEqual(self.phone.get('/v1/devices').status, 200)
            self.assertEqual(select.select([raw.socket], [], [], 0)[0], [])
        finally:
            for host in hosts:
                os.kill(host, signal.SIGCONT)
        self.assertEqual(sorted(reply() for _ in range(COMMANDS_MAX + 1)),
                         [('too many', 200)] + [('waits', 204)] * COMMANDS_MAX)

    # -- who does not read

    def test_a_slow_reader_costs_no_memory(self):
        raw = self.raw()
        before = self.bridge.resident_kib()
        bodies = ['%03d' % i + 'x' * 40000 for i in range(250)]
        for body in bodies:
            self.romeo.send(JULIET, body)
        self.phone.wait_for('message', body=bodies[-1])
        self.assertLess(self.bridge.resident_kib() - before, 6 * 1024, 'of 10 MB')
        seen = []
        while len(seen) < len(bodies):
            first, payload = raw.receive()
            if first is None:  # it was cut off: it resumes
                raw = RawSocket(self.bridge.socket, self.phone.token, seen[-1]['cursor'])
                self.addCleanup(raw.close)
            elif first == 0x81 and b'"cursor"' in payload:
                seen.append(json.loads(payload))
        self.assertEqual([event['data']['body'] for event in seen], bodies)

    def test_a_client_that_only_asks_is_not_heard(self):
        raw = self.raw()
        raw.socket.settimeout(1)
        before = self.bridge.resident_kib()
        command = json.dumps({'method': 'GET', 'path': '/v1/account'}).encode()
        sent = 0
        try:
            while sent < 64 * 1024 * 1024:
                raw.send(0x81, command)
                raw.send(0x89, b'x' * 125)
                sent += len(command) + 125
        except (socket.timeout, BrokenPipeError, ConnectionResetError):
            pass
        self.assertLess(sent, 64 * 1024 * 1024, 'it does not take all of that')
        self.assertLess(self.bridge.resident_kib() - before, 4 * 1024)


if __name__ == '__main__':
    unittest.main()
