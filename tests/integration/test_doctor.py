# SPDX-License-Identifier: GPL-2.0-or-later
"""What gtalk-bridgectl doctor finds wrong with configuration, DNS, certificates, keys and pushes,
and that it lets alone what is well. In a network of its own, which has a DNS server by a script."""

import os
import unittest

from harness import eventually
from harness.api import password
from harness.case import BridgeCase
from harness.network import Names, be_alone
from harness.process import build_dir
from harness.push_service import PushService
from server import certificates

PARIS = 'paris@plain.example'
SHIFT = 'tests/harness/clock-shift.so'
SERVICE = '_xmpp-client._tcp.'
BAD, GOOD, UNKNOWN = 'bad', 'good', 'unknown'


class DoctorCase(BridgeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.names = Names()
        cls.addClassCleanup(cls.names.close)
        certificates.make_ca(cls.class_scratch.path)

    def setUp(self):
        super().setUp()
        self.names.names.clear()
        self.names.trouble.clear()

    def look_at(self, **more):
        """{subject: [(verdict, message)]} of a configuration, whatever the daemon goes by."""
        self.bridge.write_config(more.pop('domains', {}), more)
        return self.bridge.doctor()

    def check(self, findings, subject, verdict, *words):
        """The last of what was found."""
        self.assertIn(subject, findings)
        self.assertEqual(findings[subject][-1][0], verdict, findings[subject])
        for word in words:
            self.assertIn(word, findings[subject][-1][1])

    def certificate(self, name, days=20, names=('bridge.example',)):
        stem = self.class_scratch / name
        certificates.sign(self.class_scratch.path, stem, list(names), days)
        return stem


class ConfigurationTest(DoctorCase):
    def test_programs_folders_and_servers(self):
        self.start_bridge()
        found = self.bridge.doctor()
        ill = {subject: findings[-1][1] for subject, findings in found.items()
               if findings[-1][0] != GOOD}
        self.assertIn('it has expired', ill.pop('domain expired.example'))
        self.assertIn('of another name', ill.pop('domain wrongname.example'))
        self.assertIn('authority is unknown', ill.pop('domain selfsigned.example'))
        self.assertEqual(ill, {})
        self.assertLessEqual({'configuration', 'daemon', 'master key', 'hosts', 'store',
                              'certificate authorities', 'domain talk.example'}, set(found))
        (self.scratch / 'empty').mkdir()
        first = self.bridge.config.read_text()
        self.scratch.path.chmod(0o777)
        found = self.look_at(
            tls=['ca-directory=%s' % (self.scratch / 'empty')], hosts=['program=/no-such-program'],
            push=['types=webhook', 'program=/no-such-program'],
            store=['path=%s' % (self.scratch / 'bridge.db')],
            domains={'gone.example': '[domain gone.example]\nserver=127.0.0.1\nport=1'})
        for subject in ('certificate authorities', 'hosts', 'push', 'store'):
            self.check(found, subject, BAD)
        self.check(found, 'domain gone.example', BAD, 'cannot be reached')
        self.check(found, 'domain talk.example', BAD, 'authority is unknown')
        self.bridge.config.write_text(first + '\n[nonsense]\n')
        self.check(self.bridge.doctor(), 'configuration', BAD, 'nonsense')
        if 'ASAN_OPTIONS' not in os.environ:  # a sanitizer has to come first
            clock = self.scratch / 'clock'
            clock.write_bytes((-20000 * 86400).to_bytes(8, 'little', signed=True))
            found = self.bridge.doctor({'LD_PRELOAD': build_dir() / SHIFT,
                                        'GTALK_CLOCK_SHIFT': clock})
            self.check(found, 'clock', BAD, 'put it right')

    def test_a_password_of_the_keys_that_others_can_read(self):
        self.start_bridge()
        secret = self.scratch / 'password'
        store = ['path=%s' % self.bridge.store, 'key-source=secret-file',
                 'key-password-file=%s' % secret]
        self.check(self.look_at(store=store), 'key password', BAD, 'key-password-file')
        secret.write_text('a' * 43)
        secret.chmod(0o644)
        self.check(self.look_at(store=store), 'key password', BAD, 'others can read')
        secret.chmod(0o600)
        self.check(self.look_at(store=store), 'key password', GOOD)

    def test_tokens_in_clear(self):
        self.start_bridge()
        api = 'unix:%s' % self.bridge.socket
        found = self.look_at(listen=['address=127.0.0.1:0;systemd:api;[::1]:0;' + api])
        self.assertNotIn('listen', found)
        for address in ('0.0.0.0:8642', '[::]:8642', '192.168.7.7:1'):
            found = self.look_at(listen=['address=127.0.0.1:0;' + address])
            self.check(found, 'listen', BAD, address, 'without TLS')

    def test_without_a_daemon(self):
        self.start_bridge()
        self.bridge.stop()
        self.check(self.bridge.doctor(), 'daemon', BAD, 'start it')


class DnsTest(DoctorCase):
    def test_what_dns_says(self):
        self.start_bridge()
        port = self.server.port
        sections = {name: '[domain %s]' % name for name in (
            'inside.example', 'inside-too.example', 'trouble.example', 'none.example',
            'literal.example', 'nowhere.example', 'talk.example', 'plain.example')}
        self.names.names.update({
            'inside.example': ['192.168.7.7'],
            SERVICE + 'inside-too.example': [(1, 5222, 'router.lan')], 'router.lan': ['fd00::7'],
            SERVICE + 'none.example': [(0, 0, '')],
            SERVICE + 'literal.example': [(0, port, '127.0.0.1')],
            SERVICE + 'talk.example': [(1, 1, 'dead.lan'), (2, port, 'server.lan')],
            'dead.lan': ['127.0.0.9'], 'server.lan': ['127.0.0.1'],
            'plain.example': ['127.0.0.1']})
        self.names.trouble.add(SERVICE + 'trouble.example')
        hosts = ['private-networks=127.0.0.0/8']
        found = self.look_at(hosts=hosts, domains=sections)
        self.check(found, 'domain inside.example', BAD, 'private network', '192.168.7.7')
        self.check(found, 'domain inside-too.example', BAD, 'private network', 'fd00::7')
        self.assertEqual(found['domain trouble.example'][0][0], BAD)
        self.assertIn('does not tell its SRV record', found['domain trouble.example'][0][1])
        self.check(found, 'domain none.example', BAD, 'no server')
        self.check(found, 'domain literal.example', BAD, 'no server')
        self.check(found, 'domain nowhere.example', BAD, 'no server')
        self.check(found, 'domain talk.example', GOOD, 'answers')
        self.check(found, 'domain plain.example', BAD, 'cannot be reached')
        self.assertEqual(found['domain plain.example'][0][0], UNKNOWN)
        self.assertIn('own address is taken', found['domain plain.example'][0][1])
        found = self.look_at(domains=sections)
        self.check(found, 'domain talk.example', BAD, 'private network', 'private-networks')


class CertificateTest(DoctorCase):
    def listen(self, stem, key=None, names='localhost;bridge.example;[::1]'):
        return ['address=127.0.0.1:0', 'host-names=' + names,
                'tls-certificate=%s.crt' % stem, 'tls-key=%s.key' % (key or stem)]

    def test_its_own(self):
        self.start_bridge()
        good, soon = self.certificate('good'), self.certificate('soon', days=5)
        other = self.certificate('other', names=['somebody-else.example'])
        gone = self.class_scratch / 'gone'
        certificates.sign_expired(self.class_scratch.path, gone, ['bridge.example'])
        for listen, verdict, word in ((self.listen(good), GOOD, 'good'),
                                      (self.listen(soon), BAD, 'expires in 4 days'),
                                      (self.listen(gone), BAD, 'has expired'),
                                      (self.listen(other), BAD, 'bridge.example'),
                                      (self.listen(other, names='localhost'), GOOD, 'good'),
                                      (self.listen(good, key=soon), BAD, 'another certificate'),
                                      (self.listen(self.scratch / 'missing'), BAD, 'missing')):
            with self.subTest(listen):
                self.check(self.look_at(listen=listen), 'certificate', verdict, word)
        found = self.look_at(legacy=self.listen(good, key=soon)[2:] + ['address=127.0.0.1:0'])
        self.check(found, 'certificate for phones', BAD, 'another certificate')

    def test_a_server_s_that_ends_soon(self):
        self.start_bridge()
        self.certificate('server-soon', days=5, names=['soon.example'])
        service = PushService(self.class_scratch.path, 'server-soon')
        self.addCleanup(service.close)
        section = ('[domain soon.example]\nserver=127.0.0.1\nport=%d\ndirect-tls=true'
                   % service.port)
        found = self.look_at(tls=['ca-directory=%s' % (self.class_scratch / 'ca')],
                             domains={'soon.example': section})
        self.check(found, 'domain soon.example', BAD, 'expires in 4 days')


class PushTest(DoctorCase):
    def test_what_does_not_arrive(self):
        service = PushService(self.server.folder)
        self.addCleanup(service.close)
        self.start_bridge(groups={'push': ['types=webhook', 'allow=' + service.allow]})
        phone = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))
        resource = service.subscribe('phone', 'hook')
        resource.script = [(503, {})]
        answer = phone.put('/v1/push/webhook', {'endpoint': resource.url})
        resource.secrets = [answer.json['secret']]
        subject = 'push to %s by webhook' % phone.login['device']['id']
        eventually(lambda: phone.get('/v1/push/webhook').json['last_error'], what='an attempt')
        self.check(self.bridge.doctor(), subject, BAD, service.url, 'next try')
        resource.wait(1)
        eventually(lambda: subject not in self.bridge.doctor(), what='nothing wrong with it')
        self.check(self.bridge.doctor(), 'push', GOOD)


if __name__ == '__main__':
    be_alone()
    unittest.main()
