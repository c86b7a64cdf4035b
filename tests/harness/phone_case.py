# SPDX-License-Identifier: GPL-2.0-or-later
"""A test case with a bridge that serves old phones over HTTPS, and a ClientLogin for them."""

import pathlib

import phone
from server import certificates

from .case import BridgeCase
from .process import eventually
from .token_service import TokenService

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'
PASSWORD = 'of the phone'
SAYS = "the old proxy's API is on "


class PhoneCase(BridgeCase):
    def setUp(self):
        super().setUp()
        self.server.reset()
        self.server.reset('talk.example')
        self.google = TokenService(self.server)
        self.addCleanup(self.google.close)
        self.google.passwords = {jid: PASSWORD for jid in (JULIET, ROMEO, NURSE)}

    def start(self, groups=None, **more):
        certificates.make_ca(self.scratch.path)
        certificates.sign(self.scratch.path, self.scratch / 'phones', ['localhost'])
        self.ca = self.scratch / 'both.pem'
        self.ca.write_bytes((self.scratch / 'ca' / 'ca.pem').read_bytes()
                            + b''.join(path.read_bytes() for path in
                                       pathlib.Path(self.server.ca_directory).iterdir()))
        groups = dict(groups or {})
        groups['legacy'] = ['address=127.0.0.1:0',
                            'tls-certificate=%s.crt' % (self.scratch / 'phones'),
                            'tls-key=%s.key' % (self.scratch / 'phones'),
                            *groups.get('legacy', [])]
        self.start_bridge(groups=groups, **more)

    @property
    def proxy(self):
        """Where it listens since the last start."""
        log = eventually(lambda: SAYS in self.bridge.log.read_text()
                         and self.bridge.log.read_text(), what='its address')
        return 'https://localhost:' + log.split(SAYS)[-1].split('\n')[0].rsplit(':', 1)[1]

    def make_phone(self):
        return phone.Phone(self.proxy, self.google.url, self.ca)

    def move(self, phone):
        """After a restart: a real bridge keeps its port."""
        phone.proxy = phone.root = self.proxy

    def check(self, answer, status, body, kind='text/plain'):
        self.assertEqual((answer.status, answer.text, answer.headers['Content-Type']),
                         (status, body, kind))
