# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the API is served, to whom, and how much of it: TLS, sockets of the service manager,
trusted proxies, web pages, limits."""

import http.client
import os
import signal
import socket
import ssl
import subprocess
import unittest

from harness import eventually
from harness.api import Api
from harness.bridge import DAEMON
from harness.case import BridgeCase
from harness.phone_case import SAYS
from harness.process import build_dir, spawn
from harness.websocket import HandshakeRefused, Socket
from server import certificates

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NAME = 'bridge.example'


class TlsTest(BridgeCase):
    def certificate(self, name):
        certificates.make_ca(self.scratch.path)
        certificates.sign(self.scratch.path, self.scratch / 'server', [name, 'localhost'])
        return self.scratch / 'server.crt', self.scratch / 'server.key'

    def curl(self, port, *more):
        return subprocess.run(
            ['curl', '--silent', '--show-error', '--noproxy', '*', '--max-time', '60',
             '--cacert', self.scratch / 'ca' / 'ca.pem', '--resolve', '%s:%d:127.0.0.1' % (
                 NAME, port), *more], check=False, capture_output=True, stdin=subprocess.DEVNULL)

    def test_tls(self):
        certificate, key = self.certificate(NAME)
        self.start_bridge(groups={'listen': [
            'address=127.0.0.1:0;unix:%s' % (self.scratch / 'api.sock'),
            'host-names=localhost;' + NAME, 'tls-certificate=%s' % certificate,
            'tls-key=%s' % key]})
        _, port = self.bridge.tcp_address()
        phone = self.bridge.login(JULIET)  # a Unix socket needs no TLS
        url = 'https://%s:%d/v1/capabilities' % (NAME, port)
        done = self.curl(port, url, url, '--write-out', '%{num_connects}\n')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count(b'"gtalk-bridge"'), 2)
        self.assertTrue(done.stdout.endswith(b'0\n'), 'the connection was not kept')
        self.assertNotEqual(self.curl(port, 'http://%s:%d/' % (NAME, port)).returncode, 0)
        context = ssl.create_default_context(cafile=self.scratch / 'ca' / 'ca.pem')
        opened = Socket('wss://localhost:%d' % port, phone.token, phone.cursor, ssl=context)
        self.addCleanup(opened.close)
        peer = self.peer(ROMEO)
        large = 'x' * 30000  # of more than one record
        for number in range(5):
            peer.send(JULIET, large + str(number))
        self.assertEqual([opened.event('message')['data']['body'] for _ in range(5)],
                         [large + str(number) for number in range(5)])
        self.silent(port)

    def silent(self, port):
        """Who shakes no hands keeps nobody else waiting."""
        waiting = [socket.create_connection(('127.0.0.1', port)) for _ in range(20)]
        done = self.curl(port, 'https://%s:%d/v1/capabilities' % (NAME, port))
        self.assertEqual(done.returncode, 0, done.stderr)
        for one in waiting:
            one.close()

    def reload(self, said):
        before = self.bridge.log.read_text().count(said)
        os.kill(self.bridge.process.pid, signal.SIGHUP)
        eventually(lambda: self.bridge.log.read_text().count(said) > before, what=said)

    def test_another_certificate(self):
        """Whoever connects after SIGHUP gets it, here and at the old proxy's API; a broken one
        changes nothing."""
        self.certificate(NAME)
        keys = ['tls-certificate=%s' % (self.scratch / 'server.crt'),
                'tls-key=%s' % (self.scratch / 'server.key')]
        self.start_bridge(groups={'listen': [
            'address=127.0.0.1:0;unix:%s' % (self.scratch / 'api.sock'), *keys],
            'legacy': ['address=127.0.0.1:0', *keys]})
        phones = self.bridge.log.read_text().split(SAYS)[1].split('\n')[0].rsplit(':', 1)
        places = [self.bridge.tcp_address(), (phones[0], int(phones[1]))]

        def check(certificate):
            for place in places:
                self.assertEqual(ssl.get_server_certificate(place, timeout=60), certificate)
        first = (self.scratch / 'server.crt').read_text()
        check(first)
        self.certificate(NAME)
        second = (self.scratch / 'server.crt').read_text()
        self.assertNotEqual(first, second)
        check(first)
        self.reload('the configuration was read anew')
        check(second)
        certificates.sign(self.scratch.path, self.scratch / 'third', [NAME])
        (self.scratch / 'third.key').rename(self.scratch / 'server.key')
        self.reload('the key of another certificate')
        check(second)
        (self.scratch / 'server.crt').write_text('nothing of the kind')
        self.reload('the certificate stays as it is')
        check(second)

    def test_a_certificate_that_is_not_there(self):
        self.start_bridge(start=False, groups={'listen': [
            'address=127.0.0.1:0', 'tls-certificate=/nonexistent', 'tls-key=/nonexistent']})
        done = self.bridge.run('--config', self.bridge.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'[listen] tls-certificate', done.stderr)


class ActivationTest(BridgeCase):
    def launch(self, listening, names):
        """Starts the daemon as the service manager does, with these sockets from descriptor 3
        on."""
        script = ' '.join('%d<&%d' % (3 + i, one.fileno() + 100)
                          for i, one in enumerate(listening))
        for one in listening:
            os.dup2(one.fileno(), one.fileno() + 100)
        with open(self.bridge.log, 'ab') as out:
            self.bridge.process = spawn(
                ['bash', '-c', 'export LISTEN_PID=$$; exec "$0" "$@" ' + script,
                 build_dir() / DAEMON, '--config', self.bridge.config], stdout=out, stderr=out,
                env={**self.bridge.environment, 'LISTEN_FDS': str(len(listening)),
                     'LISTEN_FDNAMES': names},
                pass_fds=[one.fileno() + 100 for one in listening])
        for one in listening:
            os.close(one.fileno() + 100)

    def test_sockets_of_the_service_manager(self):
        path = self.scratch / 'api.sock'
        self.start_bridge(start=False, groups={'listen': ['address=systemd:api;systemd:tcp']})
        local = socket.socket(socket.AF_UNIX)
        local.bind(str(path))
        local.listen()
        tcp = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(local.close)
        self.addCleanup(tcp.close)
        # asked before anybody serves: it is answered when somebody does
        early = socket.create_connection(tcp.getsockname(), timeout=60)
        self.addCleanup(early.close)
        early.sendall(b'GET /v1/capabilities HTTP/1.0\r\nHost: localhost\r\n\r\n')
        self.launch([tcp, local], 'tcp:api')
        eventually(self.bridge.answers, what='an answer')
        self.assertIn(b' 200 ', early.recv(100))
        self.assertEqual(Api(tcp.getsockname()).get('/v1/capabilities').status, 200)
        self.bridge.login(JULIET)
        hosts = self.bridge.hosts()
        self.assertEqual(self.bridge.stop(), 0)
        self.assertTrue(path.exists(), 'it is not ours to remove')
        self.assertTrue(hosts)

    def test_a_socket_for_old_phones(self):
        """Of a port that the daemon could not open by itself; whatever is left is the own API's."""
        certificates.make_ca(self.scratch.path)
        certificates.sign(self.scratch.path, self.scratch / 'phones', ['localhost'])
        self.start_bridge(start=False, groups={
            'listen': ['address=systemd'],
            'legacy': ['address=systemd:phones', 'tls-certificate=%s.crt' % (
                self.scratch / 'phones'), 'tls-key=%s.key' % (self.scratch / 'phones')]})
        local = socket.socket(socket.AF_UNIX)
        local.bind(str(self.scratch / 'api.sock'))
        local.listen()
        phones = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(local.close)
        self.addCleanup(phones.close)
        self.launch([local, phones], 'api:phones')
        eventually(self.bridge.answers, what='an answer')
        context = ssl.create_default_context(cafile=self.scratch / 'ca' / 'ca.pem')
        connection = http.client.HTTPSConnection('localhost', phones.getsockname()[1], timeout=60,
                                                 context=context)
        self.addCleanup(connection.close)
        connection.request('GET', '/nothing')
        self.assertEqual(connection.getresponse().read(), b'404 - Not found')

    def test_no_such_socket(self):
        self.start_bridge(start=False, groups={'listen': ['address=systemd:api']})
        tcp = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(tcp.close)
        self.launch([tcp], 'other')
        self.assertEqual(self.bridge.process.wait(60), 1)
        self.assertIn('no socket of the name api', self.bridge.log.read_text())


class WhoAsksTest(BridgeCase):
    def limited(self, *limits, **listen):
        lines = ['address=127.0.0.1:0;unix:%s' % (self.scratch / 'api.sock')]
        lines += ['%s=%s' % (key.replace('_', '-'), value) for key, value in listen.items()]
        self.start_bridge(groups={'limits': list(limits), 'listen': lines})
        self.tcp = Api(self.bridge.tcp_address())

    def sign_in(self, api, username=JULIET, **headers):
        return api.post('/v1/login', {'username': username, 'device': {'name': 'test'},
                                      'auth': {'type': 'token', 'token': 'wrong'}},
                        headers={name.replace('_', '-'): value
                                 for name, value in headers.items()}).status

    def test_trusted_proxies(self):
        self.limited('sign-ins-per-minute=2', trusted_proxies='127.0.0.1')
        ask = lambda client: self.sign_in(self.tcp, X_Forwarded_For=client)
        self.assertEqual([ask('198.51.100.1') for _ in range(3)], [422, 422, 429])
        self.assertEqual(ask('198.51.100.2'), 422, 'somebody else')
        self.assertEqual(ask('198.51.100.9, 198.51.100.1'), 429, 'said by the client')
        self.assertEqual(ask('198.51.100.1, 127.0.0.1'), 429, 'by way of another proxy')
        # whom nobody trusts may say what he likes
        local = [self.sign_in(self.bridge.api, X_Forwarded_For='203.0.113.%d' % number)
                 for number in range(3)]
        self.assertEqual(local, [422, 422, 429])

    def test_sign_ins_to_one_account(self):
        self.limited('account-sign-ins-per-minute=2', trusted_proxies='127.0.0.1')
        answers = [self.sign_in(self.tcp, X_Forwarded_For='198.51.100.%d' % number)
                   for number in range(3)]
        self.assertEqual(answers, [422, 422, 429])
        self.assertEqual(self.sign_in(self.tcp, username=ROMEO), 422)

    def test_requests_of_one_account(self):
        self.limited('account-requests-per-second=1')
        phone, tablet = self.bridge.login(JULIET), self.bridge.login(JULIET)
        answers = [device.get('/v1/account') for _ in range(4) for device in (phone, tablet)]
        self.assertEqual(answers[0].status, 200)
        self.assertEqual(answers[0].headers['RateLimit-Limit'], '3')
        refused = [answer for answer in answers if answer.status != 200]
        self.assertTrue(refused)
        for answer in refused:
            self.assertEqual((answer.status, answer.code), (429, 'rate-limited'))
            self.assertGreaterEqual(int(answer.headers['Retry-After']), 1)

    def test_readers(self):
        self.limited('readers-per-device=2', 'readers-per-account=3', 'readers-per-address=1',
                     'devices-per-account=2', trusted_proxies='127.0.0.1')
        phone, tablet = self.bridge.login(JULIET), self.bridge.login(JULIET)
        answer = self.bridge.api.try_login(JULIET, {
            'type': 'token', 'token': self.server.token(JULIET, 'oauth', 'valid')})
        self.assertEqual((answer.status, answer.code), (409, 'too-many-devices'))
        limits = self.bridge.api.get('/v1/capabilities').json['limits']
        self.assertEqual((limits['event_readers'], limits['account_event_readers'],
                          limits['devices']), (2, 3, 2))
        url = 'ws://localhost:%d' % self.tcp.address[1]
        opened = []

        def wait_at(device, client=None):
            try:
                opened.append(Socket(url if client else self.bridge.socket, device.token,
                                     device.cursor,
                                     headers={'X-Forwarded-For': client} if client else None))
                self.addCleanup(opened[-1].close)
                return 101
            except HandshakeRefused as refused:
                return refused.status
        self.assertEqual([wait_at(phone) for _ in range(3)], [101, 101, 429])
        self.assertEqual([wait_at(tablet) for _ in range(2)], [101, 429])
        while opened:
            opened.pop().close()
        eventually(lambda: wait_at(phone, '198.51.100.1') == 101, what='a place')
        self.assertEqual(wait_at(phone, '198.51.100.1'), 429)
        self.assertEqual(wait_at(phone, '198.51.100.2'), 101)

    def test_web_pages(self):
        self.limited(origins='https://chat.example')
        phone = self.bridge.login(JULIET)
        answer = phone.get('/v1/account', headers={'Origin': 'https://chat.example'})
        self.assertEqual(answer.headers['Access-Control-Allow-Origin'], 'https://chat.example')
        preflight = self.bridge.api.request('OPTIONS', '/v1/messages', headers={
            'Origin': 'https://chat.example', 'Access-Control-Request-Method': 'POST',
            'Access-Control-Request-Headers': 'authorization,content-type'})
        self.assertEqual(preflight.status, 204)
        self.assertIn('POST', preflight.headers['Access-Control-Allow-Methods'])
        for origin, status in (('https://chat.example', 101), ('http://localhost', 101),
                               ('https://evil.example', 403)):
            try:
                opened = Socket(self.bridge.socket, phone.token, phone.cursor, origin=origin)
                opened.close()
                self.assertEqual(status, 101, origin)
            except HandshakeRefused as refused:
                self.assertEqual(refused.status, status, origin)


if __name__ == '__main__':
    unittest.main()
