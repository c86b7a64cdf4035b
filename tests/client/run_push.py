# SPDX-License-Identifier: GPL-2.0-or-later
"""What gtalk-bridge-push sends, opened and verified by libraries of the npm registry: http_ece,
jose and standardwebhooks. Needs npm, Node.js and the registry, so it is no part of the tests: ninja
push-oracles."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from cryptography.hazmat.primitives import serialization

from harness import Scratch
from harness.apns_service import KEY_ID, TEAM_ID, TOPIC, ApnsService
from harness.fcm_service import EMAIL, FcmService
from harness.push_service import PushService
from harness.scripted_push import ScriptedPush
from harness.web_push import encode
from server import certificates

HERE = pathlib.Path(__file__).resolve().parent / 'push'
HEADERS = ('webhook-id', 'webhook-timestamp', 'webhook-signature')
INSTALL_S, STEP_S = 300, 120


def secret():
    return 'whsec_' + base64.b64encode(os.urandom(32)).decode()


class PushOracles(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        certificates.make(self.scratch.path, {})
        self.service = PushService(self.scratch.path)
        self.addCleanup(self.service.close)
        self.bridge = ScriptedPush(self.scratch, ca_directory=self.scratch / 'ca',
                                   allow=[self.service.allow])
        self.addCleanup(self.bridge.close)

    def run_step(self, command, deadline, **more):
        done = subprocess.run(command, cwd=self.scratch / 'check', text=True, capture_output=True,
                              timeout=deadline, check=False, **more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    @staticmethod
    def sealed(phone, text):
        """What the device has to open it by."""
        private = phone.device.key.private_numbers().private_value.to_bytes(32, 'big')
        return {'body': encode(phone.pushes[-1].body), 'private': encode(private),
                'auth': encode(phone.device.auth), 'text': encode(text)}

    def push(self, phone, text):
        self.assertEqual(self.bridge.send_web(phone, text)['result'], 'delivered')
        return {**self.sealed(phone, text), 'audience': self.service.url,
                'authorization': phone.pushes[-1].headers['authorization']}

    @staticmethod
    def statement(service, algorithm, token, issuer):
        return {'token': token, 'algorithm': algorithm, 'issuer': issuer,
                'key': service.key.public_key().public_bytes(
                    serialization.Encoding.PEM,
                    serialization.PublicFormat.SubjectPublicKeyInfo).decode()}

    def start_vendor(self, service, **more):
        self.addCleanup(service.close)
        scratch = Scratch()
        self.addCleanup(scratch.close)
        bridge = ScriptedPush(scratch, ca_directory=self.scratch / 'ca', allow=[service.allow],
                              **more)
        self.addCleanup(bridge.close)
        return bridge

    def firebase(self, texts):
        """(what was pushed, who said so)"""
        service = FcmService(self.scratch.path)
        bridge = self.start_vendor(service, credentials={'fcm': service.account()}, options={
            'fcm-url': service.url + '/', 'fcm-token-url': service.token_url})
        phone = service.register('phone')
        sent = []
        for text in texts:
            self.assertEqual(bridge.send_fcm(phone, text)['result'], 'delivered')
            sent.append(self.sealed(phone, text))
        return sent, self.statement(service, 'RS256', service.assertions[0], EMAIL)

    def apple(self, texts):
        service = ApnsService(self.scratch.path)
        bridge = self.start_vendor(service, http2=True, credentials={'apns': service.key_file()},
                                   options={'apns-url': service.url,
                                            'apns-sandbox-url': service.url,
                                            'apns-key-id': KEY_ID, 'apns-team-id': TEAM_ID,
                                            'apns-topic': TOPIC})
        phone = service.register()
        sent = []
        for text in texts:
            self.assertEqual(bridge.send_apns(phone, text)['result'], 'delivered')
            sent.append(self.sealed(phone, text))
        token = phone.pushes[-1].headers['authorization'].removeprefix('bearer ')
        return sent, self.statement(service, 'ES256', token, TEAM_ID)

    def hook(self, hook, text, key):
        self.assertEqual(self.bridge.send_hook(hook, text, id='msg_%d' % len(text))['result'],
                         'delivered')
        taken = hook.pushes[-1]
        return {'body': encode(taken.body), 'secret': key,
                'headers': {name: taken.headers[name] for name in HEADERS}}

    def test_others_open_and_verify_it(self):
        shutil.copytree(HERE, self.scratch / 'check')
        self.run_step(['npm', 'install', '--no-audit', '--no-fund', '--no-package-lock'], INSTALL_S)
        phones = [self.service.subscribe('phone-%d' % i) for i in range(20)]
        hook = self.service.subscribe('hook', 'hook')
        hook.secrets = [secret(), secret()]
        texts = [json.dumps({'body': body}, ensure_ascii=False).encode()
                 for body in ('', 'Où es-tu, Roméo?', 'x' * 256, 'y' * 2036, 'z' * 3981)]
        pushes = [self.push(phone, text) for phone in phones for text in texts]
        hooks = [self.hook(hook, text, key) for text in texts for key in hook.secrets]
        vendors = [vendor(texts[:4]) for vendor in (self.firebase, self.apple)]
        told = json.loads(self.run_step(['node', 'check.js'], STEP_S, input=json.dumps({
            'pushes': pushes, 'hooks': hooks, 'sealed': [one for sent, _ in vendors
                                                         for one in sent],
            'statements': [statement for _, statement in vendors]})))
        self.assertEqual(told, {'pushes': 100, 'hooks': 10, 'sealed': 8, 'statements': 2})


if __name__ == '__main__':
    unittest.main()
