# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the master key comes from, and another one for a store in use: keyring, libsecret's file,
systemd credential."""

import base64
import os
import re
import subprocess
import unittest

from harness import eventually
from harness.bridge import CONTROL
from harness.case import BridgeCase
from harness.process import DEADLINE_S, build_dir

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
REFUSED, SEALED = 1, 5


class VaultCase(BridgeCase):
    def ctl(self, *arguments, status=0):
        """What a command that ends with that status says."""
        done = subprocess.run(
            [build_dir() / CONTROL, *arguments, '--socket', self.bridge.control_socket],
            env=self.bridge.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=DEADLINE_S)
        self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
        return done.stdout + done.stderr

    def check_sealed(self, why):
        """Started without waiting for the API, which waits for a key that may come at once."""
        self.bridge.launch()
        eventually(lambda: self.bridge.control_socket.exists(), what='the control socket')
        eventually(lambda: why in self.ctl('health', status=SEALED), what=why)

    def check_use(self, phone, body):
        phone.wait_online()
        phone.send(ROMEO, body)
        self.assertEqual(phone.wait_for('message.sent', body=body)['data']['to'], ROMEO)

    def check_after_kill(self, phone, *bodies):
        """What was stored under the key before is there, and life goes on."""
        self.bridge.kill()
        self.bridge.start()
        self.check_use(phone, 'after a kill, %d' % len(bodies))
        stored = {event['data'].get('body')
                  for event in phone.get('/v1/events?after=%s' % phone.login['cursor']).json[
                      'events']}
        self.assertLessEqual(set(bodies), stored)


class KeyringTest(VaultCase):
    def keys(self):
        """{key-id: secret} of this bridge in the keyring."""
        done = subprocess.run(['secret-tool', 'search', '--all', 'instance', 'default'],
                              env=self.bridge.environment, capture_output=True, text=True,
                              check=True, timeout=DEADLINE_S)
        text = done.stdout + done.stderr
        return dict(zip(re.findall(r'attribute\.key-id = (\d+)', text),
                        re.findall(r'^secret = (.*)$', text, re.M)))

    def test_rotation_while_in_use(self):
        self.start_bridge()
        phone = self.bridge.login(JULIET)
        self.check_use(phone, 'under the first key')
        first = self.keys()
        self.assertEqual(list(first), ['1'])
        self.assertIn('2', self.ctl('rotate'))
        eventually(lambda: list(self.keys()) == ['2'], what='the old key forgotten')
        self.assertNotEqual(self.keys()['2'], first['1'])
        self.check_use(phone, 'under the second')
        tablet = self.bridge.login(ROMEO)
        self.check_after_kill(phone, 'under the first key', 'under the second')
        tablet.wait_online()
        self.ctl('rotate')
        self.check_after_kill(phone, 'under the second')
        eventually(lambda: list(self.keys()) == ['3'], what='the old key forgotten')

    def test_what_a_broken_rotation_left_is_mended(self):
        self.start_bridge()
        phone = self.bridge.login(JULIET)
        first = self.keys()
        self.ctl('rotate')
        # killed before the old one was forgotten, and after the next one was stored
        for number, secret in (('1', first['1']), ('3', base64.b64encode(os.urandom(32)).decode())):
            subprocess.run(['secret-tool', 'store', '--label=x', 'xdg:schema',
                            'gtalk.bridge.MasterKey', 'instance', 'default', 'key-id', number],
                           input=secret, text=True, env=self.bridge.environment, check=True,
                           timeout=DEADLINE_S)
        self.check_after_kill(phone)
        eventually(lambda: sorted(self.keys()) == ['2', '3'], what='the old key forgotten')
        self.ctl('rotate')
        self.check_after_kill(phone)
        eventually(lambda: sorted(self.keys()) == ['3'], what='the old key forgotten')

    def test_a_locked_keyring(self):
        self.start_bridge()
        phone = self.bridge.login(JULIET)
        # the key stays in memory, but a new one cannot be put away
        self.keyring.lock()
        self.check_use(phone, 'while it is locked')
        self.ctl('rotate', status=SEALED)
        self.keyring.unlock()
        self.ctl('rotate')
        self.check_after_kill(phone, 'while it is locked')


class FileTest(VaultCase):
    def test_rotation(self):
        password = self.scratch / 'password'
        password.write_text('correct horse battery staple\n')
        self.start_bridge(absent=True, groups={'store': [
            'path=%s' % (self.scratch / 'store/bridge.db'), 'key-source=secret-file',
            'key-file=%s' % (self.scratch / 'store/keys'), 'key-password-file=%s' % password]})
        phone = self.bridge.login(JULIET)
        self.check_use(phone, 'under the first key')
        self.ctl('rotate')
        self.check_use(phone, 'under the second')
        self.check_after_kill(phone, 'under the first key', 'under the second')


class CredentialTest(VaultCase):
    def setUp(self):
        super().setUp()
        self.credentials = self.scratch / 'credentials'
        self.credentials.mkdir()
        self.key = self.credentials / 'master-key'

    def start_with_credentials(self):
        self.start_bridge(absent=True, groups={'store': [
            'path=%s' % (self.scratch / 'store/bridge.db'), 'key-source=systemd-credential']},
            environment={'CREDENTIALS_DIRECTORY': self.credentials}, start=False)

    def test_one_restart_replaces_it(self):
        self.key.write_bytes(os.urandom(32))
        self.start_with_credentials()
        self.bridge.start()
        phone = self.bridge.login(JULIET)
        self.check_use(phone, 'under the first key')
        self.assertIn('master-key-previous', self.ctl('rotate', status=REFUSED))
        self.bridge.stop()
        previous = self.key.rename(self.credentials / 'master-key-previous')
        self.key.write_bytes(base64.b64encode(os.urandom(32)) + b'\n')
        self.bridge.start()
        self.check_use(phone, 'under the second')
        eventually(lambda: 'has the master key 2' in self.bridge.show_log(), what='the rewrapping')
        # both are there for as long as the administrator likes
        self.check_after_kill(phone, 'under the first key', 'under the second')
        self.bridge.stop()
        second = self.key.read_bytes()
        previous.rename(self.key)
        self.check_sealed('not the one of this store')
        self.bridge.stop()
        self.key.write_bytes(second)
        self.bridge.start()
        self.check_after_kill(phone, 'under the first key')

    def test_without_one(self):
        self.start_with_credentials()
        self.check_sealed('"master-key" is not there')
        self.assertFalse(self.bridge.store.exists())
        self.bridge.stop()
        self.key.write_text('too short\n')
        self.check_sealed('holds no key')
        self.assertFalse(self.bridge.store.exists())


if __name__ == '__main__':
    unittest.main()
