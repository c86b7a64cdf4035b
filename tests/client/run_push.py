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

from harness import Scratch
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

    def push(self, phone, text):
        self.assertEqual(self.bridge.send_web(phone, text)['result'], 'delivered')
        private = phone.device.key.private_numbers().private_value.to_bytes(32, 'big')
        taken = phone.pushes[-1]
        return {'body': encode(taken.body), 'private': encode(private),
                'auth': encode(phone.device.auth), 'text': encode(text),
                'authorization': taken.headers['authorization'], 'audience': self.service.url}

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
        told = json.loads(self.run_step(['node', 'check.js'], STEP_S,
                                        input=json.dumps({'pushes': pushes, 'hooks': hooks})))
        self.assertEqual(told, {'pushes': 100, 'hooks': 10})


if __name__ == '__main__':
    unittest.main()
