# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever DNS says of a domain that a stranger owns: nothing of a private network is connected to,
unless the configuration names it. Shown by who listens there."""

import itertools
import unittest

from harness import eventually
from harness.api import Api, password
from harness.apns_service import KEY_ID, TEAM_ID, TOPIC, ApnsService
from harness.bridge import PUSH
from harness.case import BridgeCase
from harness.fcm_service import FcmService
from harness.mpns import SENDER
from harness.network import Ears, Names, add_address, be_alone
from harness.phone_case import JULIET, PASSWORD, ROMEO, PhoneCase
from harness.process import build_dir
from harness.web_push import Device
from server import certificates

PARIS = 'paris@plain.example'
OWN = '45.45.45.45'      # of this machine
PUBLIC = '45.45.45.46'   # of another one, as far as anybody knows
PRIVATE = ['10.1.2.3', '172.16.5.4', '192.168.7.7', '100.64.0.9', '169.254.169.254']
PRIVATE_6 = ['fd00::7', 'fec0::7']
LOOPBACK, LOOPBACK_6 = '127.0.0.1', '::1'
MAPPED, TRANSLATED = '::ffff:127.0.0.1', '64:ff9b::7f00:1'
XMPP, XMPP_TLS, IRC, IRC_TLS, HTTPS = 5222, 5223, 6667, 6697, 443
SERVICE = '_xmpp-client._tcp.'
INSIDE = {
    'four.example': [LOOPBACK, *PRIVATE],
    'six.example': [LOOPBACK_6, *PRIVATE_6],
    'mapped.example': [MAPPED],
    'translated.example': [TRANSLATED],
    'alias.example': ['router.home.example'],
    'router.home.example': ['192.168.7.7'],
}
CHANGING = {'changing.example': [[PUBLIC], [LOOPBACK], ['10.1.2.3']]}
BY_SERVICE = {
    SERVICE + 'service.example': [(1, XMPP, 'four.example'), (2, HTTPS, 'six.example'),
                                  (3, XMPP, 'localhost')],
    'service.example': [LOOPBACK],
    SERVICE + 'literal.example': [(1, XMPP, '127.0.0.1'), (2, XMPP, '10.1.2.3')],
    'literal.example': ['10.1.2.3'],
}
OUTSIDE = {'outside.example': [PUBLIC], 'own.example': [OWN],
           'mixed.example': [*PRIVATE, PUBLIC, LOOPBACK],
           SERVICE + 'far.example': [(1, XMPP, 'outside.example')]}
ALLOWED = {'allowed.example': ['10.1.2.3']}


class NetworkCase(BridgeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.names = Names()
        cls.addClassCleanup(cls.names.close)
        cls.names.names.update({**INSIDE, **BY_SERVICE, **CHANGING, **OUTSIDE,
                                **ALLOWED})
        cls.ears = Ears(XMPP, XMPP_TLS, IRC, IRC_TLS, HTTPS)
        cls.addClassCleanup(cls.ears.close)

    def start(self, *networks, **keys):
        """Accounts of every domain may sign in; where their servers are DNS says."""
        keys = ['%s=%s' % item for item in {'registration': 'open', 'passwords': 'true',
                                            **keys}.items()]
        domains = {name: '\n'.join(['[domain %s]' % name] + keys)
                   for name in [*INSIDE, *CHANGING, 'service.example', 'literal.example',
                                'outside.example', 'mixed.example', 'far.example',
                                'allowed.example']}
        groups = {'hosts': ['protocols=googletalk;irc'],
                  'push': ['types=webpush;webhook', 'contact=mailto:push@example.org',
                           'program=%s' % (build_dir() / PUSH),
                           'allow=allowed.example:443=10.0.0.0/8']}
        if networks:
            groups['hosts'].append('private-networks=' + ';'.join(networks))
        self.start_bridge(groups=groups, domains=domains)
        self.ears.take()

    def try_domain(self, domain, **more):
        """Who heard of an attempt to sign in there."""
        answer = self.bridge.api.try_login('ann@' + domain, password('of hers'), **more)
        self.assertEqual((answer.status, answer.code), (502, 'server-unreachable'), domain)
        return self.ears.take()


class SignInTest(NetworkCase):
    def check(self, port, domains, **more):
        for domain in domains:
            with self.subTest(domain):
                self.assertEqual(self.try_domain(domain, **more), [])
                self.assertIn(domain, [name.removeprefix(SERVICE)
                                       for name, _ in self.names.asked])
        self.assertEqual(self.try_domain('outside.example', **more), [(PUBLIC, port)])
        self.assertEqual(self.try_domain('mixed.example', **more), [(PUBLIC, port)])

    def test_xmpp(self):
        self.start()
        self.check(XMPP, [*INSIDE, 'service.example', 'literal.example'])
        self.assertEqual(self.try_domain('far.example'), [(PUBLIC, XMPP)])
        heard = [self.try_domain('changing.example') for _ in range(6)]
        self.assertIn([(PUBLIC, XMPP)], heard)
        self.assertIn([], heard)
        self.assertLessEqual({ear for ears in heard for ear in ears}, {(PUBLIC, XMPP)})

    def test_xmpp_encrypted_from_the_start(self):
        self.start(**{'direct-tls': 'true'})
        self.check(XMPP_TLS, INSIDE)

    def test_irc(self):
        self.start()
        heard = self.try_domain('outside.example', protocol='irc')
        self.assertEqual([address for address, _ in heard], [PUBLIC])
        self.check(heard[0][1], INSIDE, protocol='irc')

    def test_what_the_configuration_names(self):
        self.start('10.0.0.0/8', '::1/128')
        self.assertEqual(self.try_domain('four.example'), [('10.1.2.3', XMPP)])
        self.assertEqual(self.try_domain('six.example'), [('::1', XMPP)])
        self.assertEqual(self.try_domain('router.home.example'), [])


class PushTest(NetworkCase):
    def setUp(self):
        super().setUp()
        self.start()
        self.login()

    def login(self):
        """One more device: each may push so many tests a minute."""
        self.phone = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))

    def try_push(self, kind, host):
        """Who heard of the first push of a subscription there, and what became of it."""
        self.login()
        body = {'endpoint': 'https://%s/here' % host}
        if kind == 'webpush':
            body['keys'] = Device().keys
        answer = self.phone.put('/v1/push/' + kind, body)
        self.assertEqual(answer.status, 201, answer)
        error = eventually(lambda: self.phone.get('/v1/push/' + kind).json['last_error'],
                           what='an attempt')
        self.assertEqual(self.phone.delete('/v1/push/' + kind).status, 204)
        return set(self.ears.take()), error

    def test_what_a_device_names(self):
        for kind, name in itertools.product(('webpush', 'webhook'),
                                            [*INSIDE, 'own.example']):
            with self.subTest((kind, name)):
                self.assertEqual(self.try_push(kind, name), (set(), 'address-refused'))
        for name, address in (('outside.example', PUBLIC), ('mixed.example', PUBLIC),
                              ('allowed.example', '10.1.2.3')):
            self.assertEqual(self.try_push('webpush', name)[0], {(address, HTTPS)})
        for _ in range(4):
            self.assertLessEqual(self.try_push('webpush', 'changing.example')[0],
                                 {(PUBLIC, HTTPS)})

    def test_addresses(self):
        for host in (LOOPBACK, '2130706433', '[::1]', '[%s]' % MAPPED, '10.1.2.3',
                     '[fd00::7]', 'localhost', 'localhost.', 'router.local'):
            answer = self.phone.put('/v1/push/webpush', {'endpoint': 'https://%s/here' % host,
                                                         'keys': Device().keys})
            self.assertEqual(answer.status, 422, (host, answer))
        self.assertEqual(self.ears.take(), [])


class VendorTest(NetworkCase, PhoneCase):
    """Services whose names no stranger gives; but where they lead to DNS says here as well. The
    same name leads elsewhere later: it is asked each time."""

    INSIDE = [LOOPBACK, OWN, *PRIVATE, *PRIVATE_6]
    OUTSIDE = [*PRIVATE, PUBLIC]

    def make_keys(self):
        """Keys of [push] for what each service wants to see."""
        fcm, apns = FcmService(self.server.folder), ApnsService(self.server.folder)
        for service in (fcm, apns):
            self.addCleanup(service.close)
        account, key = self.scratch / 'account.json', self.scratch / 'apns.p8'
        for path, text in ((account, fcm.account()), (key, apns.key_file())):
            path.write_text(text)
            path.chmod(0o600)
        certificates.sign_client(self.server.folder, self.scratch / 'sender', SENDER)
        return ['fcm-account=%s' % account, 'fcm-token-url=' + fcm.token_url, 'allow=' + fcm.allow,
                'apns-key=%s' % key, 'apns-key-id=' + KEY_ID, 'apns-team-id=' + TEAM_ID,
                'apns-topic=' + TOPIC, 'mpns-certificate=%s' % (self.scratch / 'sender.crt'),
                'mpns-key=%s' % (self.scratch / 'sender.key')]

    def setUp(self):
        super().setUp()
        PhoneCase.start(self, groups={'push': [
            'types=fcm;apns;mpns', 'program=%s' % (build_dir() / PUSH),
            'fcm-url=https://fcm.example/', 'apns-url=https://apns.example/', *self.make_keys()]})
        self.metrics = Api(self.bridge.control_socket)

    def attempts(self, kind):
        text = self.metrics.get('/metrics').body.decode()
        return sum(int(line.split()[-1]) for line in text.splitlines() if line.startswith(
            'gtalk_bridge_push_attempts_total{service="%s"' % kind))

    def check_service(self, kind, name, push):
        for addresses, heard in ((self.INSIDE, set()), (self.OUTSIDE, {(PUBLIC, HTTPS)})):
            with self.subTest(kind, addresses=addresses):
                self.names.names[name] = addresses
                before = self.attempts(kind)
                self.ears.take()
                push()
                eventually(lambda known=before: self.attempts(kind) > known, what='an attempt')
                self.assertEqual(set(self.ears.take()), heard)

    def test_what_their_names_lead_to(self):
        app = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))

        def push(kind, token):
            app.delete('/v1/push/' + kind)
            self.assertEqual(app.put('/v1/push/' + kind, {
                'token': token, 'keys': Device().keys}).status, 201)
        self.check_service('fcm', 'fcm.example', lambda: push('fcm', 'pixel:APA91b' + 'x' * 120))
        self.check_service('apns', 'apns.example', lambda: push('apns', 'ab' * 32))
        old, romeo = self.make_phone(), self.peer(ROMEO)
        old.start(JULIET, PASSWORD)

        def message():
            self.assertEqual(old.register('https://db3.notify.live.net/u/1').status, 200)
            romeo.send(JULIET, 'psst')
        self.check_service('mpns', 'db3.notify.live.net', message)


if __name__ == '__main__':
    be_alone()
    for which, ours in enumerate([OWN, *PRIVATE, *PRIVATE_6]):
        add_address(ours, which)
    unittest.main()
