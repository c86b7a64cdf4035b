# SPDX-License-Identifier: GPL-2.0-or-later
"""Who goes without a word, and when that is found with the times that are really used: minutes of
waiting, so these are no part of the ordinary tests, which shorten the times or calculate."""

import ctypes
import os
import re
import signal
import socket
import struct
import threading
import time
import unittest

from harness import Scratch, eventually, phone_case
from harness.api import Api
from harness.case import BridgeCase
from harness.purple_client import PurpleClient
from harness.scripted_server import ACCOUNT, ANSWERS, QUERY, ScriptedServer

JULIET = 'juliet@talk.example'
SO_ATTACH_FILTER = 26
READER_S = 60
CUT_OFF_S = 30 + 10  # what takes nothing for so long, and how late a timer may be
LINK_S = 90
COMMENT_S = 25 + 2
REQUEST_S = 30  # how long an answer is waited for


def vanish(connection):
    """From now on nothing that comes reaches this end, which acknowledges nothing any more."""
    nothing = ctypes.create_string_buffer(struct.pack('HBBI', 0x06, 0, 0, 0))
    program = struct.pack('HL', 1, ctypes.addressof(nothing))
    connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


class PatienceTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.start_bridge(groups={'listen': [
            'address=127.0.0.1:0;unix:%s' % (self.scratch / 'api.sock')]})
        self.device = self.bridge.login(JULIET)
        self.control = Api(self.bridge.control_socket)

    def connections(self):
        text = self.control.get('/metrics').body.decode()
        return int(re.search(r'^gtalk_bridge_http_connections (\d+)', text, re.M).group(1))

    def open(self, path, *more, small=False):
        """small: what the system takes for it is as little as can be."""
        connection = socket.socket()
        self.addCleanup(connection.close)
        if small:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(self.bridge.tcp_address())
        lines = ['GET %s HTTP/1.1' % path, 'Host: localhost',
                 'Authorization: Bearer ' + self.device.token, *more, '', '']
        connection.sendall('\r\n'.join(lines).encode())
        return connection

    def open_socket(self):
        connection = self.open('/v1/socket', 'Connection: Upgrade', 'Upgrade: websocket',
                               'Sec-WebSocket-Version: 13',
                               'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
                               'Sec-WebSocket-Protocol: gtalk-bridge.v1')
        self.assertIn(b' 101 ', connection.recv(65536))
        return connection

    def open_stream(self, **more):
        connection = self.open('/v1/events?after=' + self.device.cursor,
                               'Accept: text/event-stream', **more)
        self.assertIn(b' 200 ', connection.recv(65536))
        return connection

    def test_readers(self):
        self.device.poll()
        readers = [self.open_socket(), self.open_stream(),
                   self.open('/v1/events?after=%s&wait=50' % self.device.cursor)]
        self.open_socket()  # is there, and answers no ping
        eventually(lambda: self.connections() == 4, what='four readers')
        for connection in readers:
            vanish(connection)
        begin = time.monotonic()
        eventually(lambda: self.connections() == 0, READER_S, 'the end of those who vanished', 0.5)
        print('readers: found after %.1f s' % (time.monotonic() - begin))

    def test_a_stream_without_news(self):
        """A comment line now and then, for whoever is in between."""
        stream = self.open_stream()
        stream.settimeout(COMMENT_S)
        took = 0
        while took < COMMENT_S / 2:  # what happens at first is news
            begin = time.monotonic()
            came = stream.recv(65536)
            took = time.monotonic() - begin
        self.assertIn(b':', came.splitlines())
        print('stream: a comment after %.1f s' % took)

    def test_a_reader_that_takes_nothing(self):
        """It is there, but does not read; what the system would take for it is little."""
        self.device.poll()
        start = self.device.cursor
        stream = self.open_stream(small=True)
        romeo = self.peer('romeo@talk.example')
        before = self.bridge.resident_kib()
        bodies = ['%03d' % i + 'x' * 20000 for i in range(400)]
        for body in bodies:
            romeo.send(JULIET, body)
        begin = time.monotonic()
        self.device.wait_for('message', body=bodies[-1])
        grown = self.bridge.resident_kib() - before
        eventually(lambda: self.connections() == 0, CUT_OFF_S, 'the cut', 0.5)
        took = time.monotonic() - begin
        sent = 0
        try:
            while (piece := stream.recv(65536)):
                sent += len(piece)
        except ConnectionResetError:
            pass
        print('slow reader: cut off after %.1f s, %d of %d KiB sent, %d KiB more memory'
              % (took, sent // 1024, sum(map(len, bodies)) // 1024, grown))
        self.assertLess(sent, sum(map(len, bodies)) / 2)
        self.assertLess(grown, 8 * 1024)
        bodies_seen = [event['data']['body'] for event in self.read_on(start)]
        self.assertEqual(bodies_seen, bodies)

    def read_on(self, after):
        """The messages behind that cursor."""
        found, more = [], True
        while more:
            page = self.device.get('/v1/events?limit=100&after=' + after).json
            found += [event for event in page['events'] if event['type'] == 'message']
            after, more = page['cursor'], page['more']
        return found

    def test_a_chat_server(self):
        self.device.poll()
        begin = time.monotonic()
        os.kill(self.server.description['pid'], signal.SIGSTOP)
        try:
            state = self.device.wait_for('account.state', LINK_S, state='waiting')
        finally:
            os.kill(self.server.description['pid'], signal.SIGCONT)
        print('link: found after %.1f s' % (time.monotonic() - begin))
        self.assertEqual(state['data']['reason'], 'unreachable')
        self.device.wait_online()


class PhonePatienceTest(phone_case.PhoneCase):
    def test_a_chat_server_that_vanishes(self):
        """And comes back: the phone notices nothing."""
        self.start()
        juliet = self.make_phone()
        juliet.start(JULIET, phone_case.PASSWORD)
        app = self.bridge.login(JULIET)
        app.poll()
        token = juliet.token
        os.kill(self.server.description['pid'], signal.SIGSTOP)
        try:
            app.wait_for('account.state', LINK_S, state='waiting')
            self.assertTrue(juliet.roster())
            juliet.send(phone_case.ROMEO, 'Still there')
        finally:
            os.kill(self.server.description['pid'], signal.SIGCONT)
        self.peer(phone_case.ROMEO).wait_for_message('Still there')
        self.assertTrue(juliet.roster())
        self.assertEqual(juliet.login(), token)

    def test_a_chat_server_that_says_nothing(self):
        """An answer comes before the phone gives up, and others are not held up."""
        with socket.create_server(('127.0.0.1', 0)) as silent:
            self.start(domains={'silent.example': '[domain silent.example]\nregistration=open\n'
                                                  'server=127.0.0.1\nport=%d'
                                                  % silent.getsockname()[1]})
            juliet, other = self.make_phone(), self.make_phone()
            juliet.start(JULIET, phone_case.PASSWORD)
            found = []

            def sign_in():
                begin = time.monotonic()
                answer = other.post(other.proxy + '/login', username='a@silent.example', auth='x')
                found.append((answer.status, answer.text, time.monotonic() - begin))
            thread = threading.Thread(target=sign_in)
            thread.start()
            self.assertTrue(juliet.roster())
            juliet.send(phone_case.ROMEO, 'Meanwhile')
            thread.join()
            status, text, took = found[0]
            self.assertEqual((status, text), (503, '503 - Service Unavailable'))
            self.assertLess(took, 25)


class ArchiveTest(unittest.TestCase):
    def client(self, unanswered):
        """Its server leaves so many questions for the archive without an answer."""
        asked = []

        def query(server, iq):
            asked.append(iq)
            if len(asked) > unanswered:
                server.answer(iq, ANSWERS[QUERY])
        scratch = Scratch()
        self.addCleanup(scratch.close)
        server = ScriptedServer(5 * REQUEST_S, **{QUERY: query}).start()
        self.addCleanup(server.close)
        client = PurpleClient(scratch, ACCOUNT + '/Desk', 'secret', None,
                              gtalk_mechanism='password', connect_server='127.0.0.1',
                              port=server.port, connection_security='opportunistic_tls',
                              auth_plain_in_clear=True, gtalk_archive_after='a0')
        self.addCleanup(client.close)
        client.sign_in()
        done = client.expect('archive-done', 3 * REQUEST_S)
        return done['available'], done['complete'], len(asked)

    def test_a_question_without_an_answer_is_put_again(self):
        self.assertEqual(self.client(1), (True, True, 2))

    def test_an_archive_that_is_silent(self):
        self.assertEqual(self.client(2), (True, False, 2))


if __name__ == '__main__':
    unittest.main()
