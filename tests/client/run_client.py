# SPDX-License-Identifier: GPL-2.0-or-later
"""A client that a generator of the npm registry makes from data/openapi.json: it must compile with
all checks, and hold a conversation with the running daemon. Needs npm, Node.js and the registry, so
meson's tests are without it: ninja generated-client. tests/run.sh runs it where they are."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from harness import eventually
from harness.case import BridgeCase

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = ('package.json', 'tsconfig.json', 'conversation.ts')
USER = 'rosaline@plain.example'
FRIEND = 'paris@plain.example'
QUESTION, ANSWER = 'Who made you?', 'A generator.'
INSTALL_S, STEP_S = 300, 120


class GeneratedClientTest(BridgeCase):
    def run_step(self, command, deadline=STEP_S, **more):
        done = subprocess.run(command, cwd=self.folder, env=self.environment, text=True,
                              capture_output=True, timeout=deadline, check=False, **more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def make_client(self):
        self.folder = self.scratch / 'client'
        self.folder.mkdir()
        for name in SOURCE:
            shutil.copy(HERE / name, self.folder)
        self.environment = dict(os.environ,
                                GTALK_OPENAPI=str(HERE.parents[1] / 'data/openapi.json'))
        self.run_step(['npm', 'install', '--no-audit', '--no-fund', '--no-package-lock',
                       '--prefer-offline'], INSTALL_S)
        self.run_step(['npm', 'run', 'generate'])
        self.run_step(['npm', 'run', 'compile'])
        # What the generator writes names its modules as bundlers take them.
        for file in (self.folder / 'compiled').rglob('*.gen.js'):
            text = file.read_text(encoding='utf-8')
            file.write_text(text.replace(".gen'", ".gen.js'"), encoding='utf-8')

    def test_a_conversation(self):
        self.make_client()
        self.start_bridge(groups={'listen': ['address=127.0.0.1:0;unix:%s'
                                             % (self.scratch / 'api.sock')]})
        task = {'url': 'http://%s:%d' % self.bridge.tcp_address(), 'username': USER,
                'password': self.server.password(USER), 'friend': FRIEND}
        friend = self.peer(FRIEND)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            run = pool.submit(self.run_step, ['node', 'compiled/conversation.js'],
                              input=json.dumps(task))
            eventually(lambda: run.done() or QUESTION in friend.bodies(), what='a question')
            friend.send(USER, ANSWER)
            told = json.loads(run.result().splitlines()[-1])
        self.assertEqual(told['account']['username'], USER)
        self.assertEqual(friend.bodies(), [QUESTION])
        self.assertIn(ANSWER,
                      [event['data']['body'] for event in told['history']['messages']])
        self.assertEqual([one['name'] for one in told['devices']['devices']], ['generated client'])
        self.assertEqual(told['problem']['status'], 422)


if __name__ == '__main__':
    unittest.main()
