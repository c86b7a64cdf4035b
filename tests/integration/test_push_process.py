# SPDX-License-Identifier: GPL-2.0-or-later
"""gtalk-bridge-push, asked by a script, before a stand-in that is as strict as push services."""

import base64
import concurrent.futures
import email.utils
import os
import socket
import ssl
import struct
import threading
import time
import unittest


from harness import eventually
from harness.process import DEADLINE_S, build_dir
from harness.push_case import PushProcessCase
from harness.push_service import PushService
from harness.relay import Relay
from harness.scripted_daemon import HostError
from harness.scripted_push import ScriptedPush

SOON_MS = 5000
SHIFT = 'tests/harness/clock-shift.so'


def resident_mb(pid):
    with open('/proc/%d/statm' % pid, encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE') / 1e6


def count_segments(end):
    """Those with data that came to this end of a connection (tcpi_data_segs_in of linux/tcp.h)."""
    said = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
    return struct.unpack_from('=I', said, 152)[0]


class Babbler:
    """A service that answers with `beginning` and then `word` again and again until it is left;
    with no word it says no more."""

    def __init__(self, folder, word=b'x' * 0x2000):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / 'certs/server.crt', folder / 'certs/server.key')
        self.beginning = b''
        self.word = word
        self.ended = threading.Event()
        self.socket = context.wrap_socket(socket.create_server(('127.0.0.1', 0)), server_side=True)
        port = self.socket.getsockname()[1]
        self.url = 'https://localhost:%d/' % port
        self.allow = 'localhost:%d=127.0.0.0/8' % port
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.babble(connection)
            self.ended.set()

    def babble(self, connection):
        try:
            connection.recv(4096)
            connection.sendall(self.beginning)
            while not self.word:
                if not connection.recv(4096):
                    return
            while True:
                connection.sendall(self.word)
        except OSError:
            pass  # it has had enough

    def wait_for_end(self):
        if not self.ended.wait(DEADLINE_S):
            raise AssertionError('the connection is still there')
        self.ended.clear()


def secret():
    return 'whsec_' + base64.b64encode(os.urandom(32)).decode()


class PushProcess(PushProcessCase):
    def setUp(self):
        super().setUp()
        self.service = self.serve(PushService)

    def start(self, allow=None, **options):
        return self.start_push(allow=[self.service.allow] if allow is None else allow, **options)

    def test_a_device_gets_what_is_pushed(self):
        push, phone = self.start(), self.service.subscribe('phone')
        texts = ['{"v":1}'.encode(), b'x' * 2048, b'x' * 3993]
        for text in texts:
            self.assert_result(push.send_web(phone, text), 'delivered', status=201)
        self.assertEqual([one.text for one in phone.pushes], texts)
        headers = phone.pushes[0].headers
        self.assertEqual((headers['ttl'], headers['urgency'], headers['topic']),
                         ('60', 'high', 'topic'))
        self.assertEqual(phone.pushes[0].claims['sub'], 'mailto:push@example.org')
        self.assertEqual(len({one.headers['authorization'] for one in phone.pushes}), 1)
        self.assertEqual(push.show_log().count('an exception of the configuration is used'), 1)

    def test_a_request_leaves_in_one_piece(self):
        relay = Relay('127.0.0.1', self.service.port)
        self.addCleanup(relay.close)
        hook = self.service.subscribe('hook', 'hook')
        hook.secrets = [secret()]
        push = self.start(allow=['localhost:%d=127.0.0.0/8' % relay.port])
        url = 'https://localhost:%d%s' % (relay.port, hook.path)
        self.assert_result(push.send_hook(hook, url=url), 'delivered')
        connection, *_ = relay.ends
        grown = []
        for _ in range(10):
            before = count_segments(connection)
            self.assert_result(push.send_hook(hook, url=url), 'delivered')
            grown.append(count_segments(connection) - before)
        # What is held back for 200 ms leaves, whatever else is to come.
        self.assertGreaterEqual(grown.count(1), 8, grown)

    def test_what_does_not_fit_is_not_sent(self):
        push, phone = self.start(), self.service.subscribe('phone')
        self.assert_result(push.send_web(phone, b'x' * 3994), 'rejected', detail='unusable')
        self.assertEqual(phone.requests, 0)

    def test_answers_are_judged(self):
        push, phone = self.start(), self.service.subscribe('phone')
        later = email.utils.formatdate(time.time() + 300, usegmt=True)
        for status, headers, result, wait in (
                (200, {}, 'delivered', 0), (202, {}, 'delivered', 0), (204, {}, 'delivered', 0),
                (400, {}, 'rejected', 0), (404, {}, 'gone', 0), (410, {}, 'gone', 0),
                (413, {}, 'too-large', 0), (429, {'Retry-After': '120'}, 'throttled', 120),
                (429, {'Retry-After': 'soon'}, 'throttled', 0),
                (429, {'Retry-After': '-5'}, 'throttled', 0),
                (503, {'Retry-After': '999999999'}, 'transient', 6 * 3600),
                (500, {}, 'transient', 0), (502, {}, 'transient', 0), (507, {}, 'transient', 600),
                (418, {}, 'rejected', 0)):
            with self.subTest(status=status, **headers):
                phone.script = [(status, headers)]
                self.assert_result(push.send_web(phone), result, **{'retry-after': wait})
        phone.script = [(429, {'Retry-After': later})]
        self.assertAlmostEqual(push.send_web(phone)['retry-after'], 300, delta=5)
        self.assertEqual(phone.refusals, [])

    def test_nothing_is_signed_by_a_clock_that_is_wrong(self):
        if 'ASAN_OPTIONS' in os.environ:
            return  # a sanitizer has to come first
        clock = self.scratch / 'clock'
        clock.write_bytes((-20000 * 86400).to_bytes(8, 'little', signed=True))
        push = self.start(environment={'LD_PRELOAD': build_dir() / SHIFT,
                                       'GTALK_CLOCK_SHIFT': clock})
        phone, hook = self.service.subscribe('phone'), self.service.subscribe('hook', 'hook')
        hook.secrets = [secret()]
        self.assert_result(push.send_web(phone), 'transient', status=0, detail='clock')
        self.assert_result(push.send_hook(hook), 'transient', status=0, detail='clock')
        self.assertEqual((phone.requests, hook.requests), (0, 0))

    def test_no_redirection_is_followed(self):
        push, phone = self.start(), self.service.subscribe('phone')
        elsewhere = self.service.subscribe('elsewhere')
        for status in (301, 302, 307, 308):
            phone.script = [(status, {'Location': elsewhere.url})]
            self.assert_result(push.send_web(phone), 'rejected', detail='redirected')
        self.assertEqual(elsewhere.requests, 0)

    def test_it_signs_anew_once(self):
        push, phone = self.start(), self.service.subscribe('phone')
        push.send_web(phone)
        phone.script = [(403, {})]
        self.assert_result(push.send_web(phone), 'delivered')
        first, second = (one.headers['authorization'] for one in phone.pushes)
        self.assertNotEqual(first, second)
        phone.script = [(401, {}), (401, {})]
        self.assert_result(push.send_web(phone), 'auth', status=401)
        self.assertEqual(phone.requests, 5)

    def test_a_long_answer_is_not_read(self):
        push, phone = self.start(), self.service.subscribe('phone')
        phone.script = [(200, {'body': b'x' * 10_000_000, 'Content-Encoding': 'gzip'})]
        self.assert_result(push.send_web(phone), 'delivered')
        self.assert_result(push.send_web(phone), 'delivered', status=201)

    def test_an_answer_without_end_ends(self):
        phone = self.service.subscribe('phone')
        with Babbler(self.folder.path) as babbler:
            push = self.start(allow=[babbler.allow])
            for header in (b'Content-Length: 1000000000\r\n\r\n',
                           b'Transfer-Encoding: chunked\r\n\r\n40000000\r\n', b'\r\n'):
                babbler.beginning = b'HTTP/1.1 201 Created\r\n' + header
                self.assert_result(push.send_web(phone, url=babbler.url), 'delivered', status=201)
                babbler.wait_for_end()
            eventually(lambda: push.probe() == {'under-way': 0, 'hung': 0}, what='the end of all')

    def test_who_stops_halfway_has_answered(self):
        phone = self.service.subscribe('phone')
        with Babbler(self.folder.path, b'') as babbler:
            babbler.beginning = b'HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nab'
            push = self.start(allow=[babbler.allow], deadline_ms=SOON_MS // 5)
            self.assert_result(push.send_web(phone, url=babbler.url), 'delivered', status=201)
            babbler.wait_for_end()

    def test_headers_without_end_end(self):
        phone = self.service.subscribe('phone')
        with Babbler(self.folder.path, b'X-Word: ' + b'bla' * 1000 + b'\r\n') as babbler:
            babbler.beginning = b'HTTP/1.1 201 Created\r\n'
            push = self.start(allow=[babbler.allow], deadline_ms=SOON_MS)
            self.assertNotEqual(push.send_web(phone, url=babbler.url)['result'], 'delivered')
            babbler.wait_for_end()
            self.assertLess(resident_mb(push.process.pid), 200)

    def test_who_does_not_answer_keeps_nobody_waiting(self):
        push = self.start(deadline_ms=SOON_MS)
        holes = [self.service.subscribe('hole-%d' % i) for i in range(3)]
        phones = [self.service.subscribe('phone-%d' % i) for i in range(100)]
        for hole in holes:
            hole.gate.clear()
        with concurrent.futures.ThreadPoolExecutor(len(holes)) as pool:
            waiting = [pool.submit(push.send_web, hole) for hole in holes]
            eventually(lambda: all(hole.requests for hole in holes), what='the black holes')
            begin = time.monotonic()
            for one in phones:
                self.assert_result(push.send_web(one), 'delivered')
            took = time.monotonic() - begin
            for one in waiting:
                self.assert_result(one.result(), 'unknown', detail='no-answer', status=0)
        self.assertLess(took, SOON_MS / 1000, 'not one after the other')
        eventually(lambda: push.probe() == {'under-way': 0, 'hung': 0}, what='the end of all')
        self.assert_result(push.send_web(phones[0]), 'delivered')

    def test_webhooks_are_signed_by_each_secret(self):
        push, hook = self.start(), self.service.subscribe('mine', 'hook')
        old, new = secret(), secret()
        hook.secrets = [new]
        hook_of_both = type('Hook', (), {'url': hook.url, 'secrets': [old, new]})
        self.assert_result(push.send_hook(hook_of_both, b'{"type":"a"}', id='msg_x'), 'delivered')
        self.assertEqual(hook.pushes[0].text, b'{"type":"a"}')
        self.assertEqual(hook.pushes[0].headers['webhook-id'], 'msg_x')
        hook_of_old = type('Hook', (), {'url': hook.url, 'secrets': [old]})
        self.assert_result(push.send_hook(hook_of_old), 'transient', status=401)
        hook.script = [(410, {})]
        self.assert_result(push.send_hook(hook), 'gone')
        no_secret = type('Hook', (), {'url': hook.url, 'secrets': []})
        self.assert_result(push.send_hook(no_secret), 'rejected')

    def test_strangers_name_no_place_of_ours(self):
        push, phone = self.start(), self.service.subscribe('phone')
        port = self.service.port
        for url in ('http://localhost:%d/push/phone' % port, 'https://127.0.0.1:%d/' % port,
                    'https://[::1]:%d/' % port, 'https://[::ffff:127.0.0.1]:%d/' % port,
                    'https://localhost/', 'https://u@localhost:%d/push/phone' % port,
                    phone.url + '#part', 'https://intranet/', 'https://a.local/', 'file:///etc',
                    'https://10.0.0.1/', 'https://push.example.net:8443/', 'https:///x', '',
                    'https://push.example.net/' + 'x' * 2048):
            with self.subTest(url=url):
                self.assert_result(push.send_web(phone, url=url), 'refused', status=0)
        self.assertEqual(phone.requests, 0)

    def test_an_exception_is_for_its_network_only(self):
        push = self.start(allow=['localhost:%d=192.0.2.0/24' % self.service.port])
        phone = self.service.subscribe('phone')
        self.assert_result(push.send_web(phone), 'refused', detail='address-refused')
        self.assertEqual(phone.requests, 0)

    def test_only_listed_hosts(self):
        push = self.start(hosts=['*.example.net'], deadline_ms=5000)
        phone = self.service.subscribe('phone')
        self.assert_result(push.send_web(phone, url='https://push.example.org/'), 'refused')
        self.assert_result(push.send_web(phone), 'delivered')  # an exception of the administrator's

    def test_whom_nobody_trusts_gets_nothing(self):
        push = ScriptedPush(self.scratch, allow=[self.service.allow])
        self.addCleanup(push.close)
        phone = self.service.subscribe('phone')
        self.assert_result(push.send_web(phone), 'transient', detail='certificate')
        self.assertEqual(phone.requests, 0)

    def test_nobody_there(self):
        with socket.socket() as unused:
            unused.bind(('127.0.0.1', 0))
            port = unused.getsockname()[1]
            push = self.start(allow=['localhost:%d=127.0.0.0/8' % port])
            phone = self.service.subscribe('phone')
            self.assert_result(push.send_web(phone, url='https://localhost:%d/' % port),
                               'transient', detail='unreachable')

    def test_it_is_told_before_it_works(self):
        push = ScriptedPush(self.scratch, configure=False)
        self.addCleanup(push.close)
        phone = self.service.subscribe('phone')
        early = push.pushes.send('webpush', {})
        push.configure(contact='')
        self.assertEqual(early.result(10)['result'], 'rejected')
        self.assert_result(push.send_web(phone), 'rejected')
        with self.assertRaises(HostError):
            push.configure()
        self.assertEqual(push.send('pigeon', endpoint=''), {})

    def test_it_ends_with_its_link(self):
        push = self.start()
        push.connection.close_sync(None)
        self.assertEqual(push.process.wait(10), 0)


if __name__ == '__main__':
    unittest.main()
