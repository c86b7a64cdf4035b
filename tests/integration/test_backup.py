# SPDX-License-Identifier: GPL-2.0-or-later
"""gtalk-bridgectl backup and restore: a copy of a store in use that tells nothing, and what can be
made of it."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

from harness import Keyring, Scratch
from harness.bridge import CONTROL, DAEMON, Bridge
from harness.case import BridgeCase
from harness.process import DEADLINE_S, build_dir

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PASSPHRASE = 'wherefore art thou'
SAID = 'a word that nobody else may read'
DONE, REFUSED, USAGE, BUSY_STORE = 0, 1, 2, 65


class BackupTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.start_bridge()
        self.file = self.scratch / 'backup'
        # beside each other, as they are installed: the one starts the other
        self.programs = self.scratch / 'programs'
        self.programs.mkdir()
        for name in (CONTROL, DAEMON):
            shutil.copy(build_dir() / name, self.programs)

    def ctl(self, *arguments, status=DONE, passphrase=PASSPHRASE, bridge=None):
        """What a command that ends with that status says; a passphrase comes by descriptor."""
        bridge = bridge or self.bridge
        options = ['--passphrase-fd=0'] if passphrase else []
        done = subprocess.run(
            [self.programs / pathlib.Path(CONTROL).name, *arguments, *options, '--config',
             bridge.config], env=bridge.environment, input=(passphrase or '') + '\n', text=True,
            capture_output=True, check=False, timeout=DEADLINE_S)
        self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
        return done.stdout + done.stderr

    def sign_in(self):
        phone = self.bridge.login(JULIET, name='telephone')
        phone.send(ROMEO, SAID)
        phone.wait_for('message.sent', body=SAID)
        return phone

    def check_files(self, secrets):
        """Store, log, journal, temporary files and whatever else was written."""
        looked_at = set()
        for path in self.scratch.path.rglob('*'):
            if not path.is_file() or self.programs in path.parents or 'keyrings' in path.parts:
                continue
            octets = path.read_bytes().lower()
            looked_at.add(path.name)
            for word in secrets:
                self.assertNotIn(word.lower().encode(), octets, path)
        self.assertLessEqual({'bridge.db', 'bridge.db-wal', 'bridge.log', 'backup'}, looked_at)

    def check_restored(self, bridge, phone):
        """The device is known, what it had is there, its cursors are not."""
        bridge.start()
        phone.api = bridge.api
        phone.wait_online()
        answer = phone.get('/v1/events?after=' + phone.cursor)
        self.assertEqual((answer.status, answer.code), (410, 'cursor-expired'))
        events = phone.get('/v1/events').json['events']
        self.assertIn(SAID, [event['data'].get('body') for event in events])

    def test_by_passphrase_to_another_machine(self):
        phone = self.sign_in()
        code = self.ctl('invite', passphrase=None).strip()
        self.ctl('backup', self.file)
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        self.assertEqual(sorted(os.listdir(self.bridge.store.parent)),
                         ['bridge.db', 'bridge.db-shm', 'bridge.db-wal', 'bridge.db.lock'])
        octets = self.file.read_bytes()
        secrets = ('juliet', 'romeo', SAID, 'telephone', phone.token, code,
                   self.server.token(JULIET), PASSPHRASE)
        for word in secrets + ('SQLite', 'CREATE TABLE', 'talk.example'):
            self.assertNotIn(word.encode(), octets)
        self.check_files(secrets)
        told = json.loads(self.ctl('backup', self.scratch / 'second', '--json'))
        self.assertEqual(told, {'file': str(self.scratch / 'second'),
                                'bytes': (self.scratch / 'second').stat().st_size})
        self.bridge.kill()
        self.check_files(secrets)

        elsewhere = Scratch()
        self.addCleanup(elsewhere.close)
        keyring = Keyring(elsewhere)
        self.addCleanup(keyring.close)
        other = Bridge(elsewhere, self.server, keyring, start=False)
        self.addCleanup(other.close)
        self.assertIn('does not open with this passphrase', self.ctl(
            'restore', self.file, bridge=other, passphrase='art thou', status=BUSY_STORE))
        damaged = elsewhere / 'damaged'
        for broken in (octets[:-1], octets[:5000] + b'x' + octets[5001:] + b'x', octets[4:]):
            damaged.write_bytes(broken)
            self.ctl('restore', damaged, bridge=other, status=BUSY_STORE)
            self.assertEqual([name for name in os.listdir(other.store.parent)
                              if not name.endswith('.lock')], [])
        said = self.ctl('restore', damaged, '--json', bridge=other, status=BUSY_STORE)
        self.assertIn('{"file":"%s","restored":false}' % damaged, said)
        self.assertIn('gtalk-bridge: ', said)
        said = self.ctl('restore', self.file, '--json', bridge=other).splitlines()[0]
        self.assertEqual(json.loads(said), {'file': str(self.file), 'restored': True})
        self.check_restored(other, phone)
        refused = other.api.try_login(ROMEO, {'type': 'token',
                                              'token': self.server.token(ROMEO)}, code)
        self.assertNotEqual(refused.code, 'internal')
        self.assertIn('move it away', self.ctl('restore', self.file, bridge=other,
                                               status=BUSY_STORE))

    def test_by_the_master_key(self):
        phone = self.sign_in()
        self.ctl('backup', self.file, '--master-key', passphrase=None)
        piped = subprocess.run([self.programs / pathlib.Path(CONTROL).name, 'backup', '-',
                                '--master-key', '--config', self.bridge.config],
                               env=self.bridge.environment, stdin=subprocess.DEVNULL,
                               capture_output=True, check=True, timeout=DEADLINE_S).stdout
        self.assertGreater(len(piped), 50000)
        self.assertNotIn(SAID.encode(), piped)
        self.assertIn('move it away', self.ctl('restore', self.file, passphrase=None,
                                               status=BUSY_STORE))
        self.bridge.stop()
        self.bridge.store.unlink()
        self.ctl('restore', self.file, passphrase=None)
        self.check_restored(self.bridge, phone)

    def test_what_is_refused(self):
        self.assertIn('a passphrase is needed',
                      self.ctl('backup', self.file, passphrase=None, status=USAGE))
        self.assertIn('at least 8', self.ctl('backup', self.file, passphrase='short',
                                             status=REFUSED))
        self.assertEqual(list(self.scratch.path.glob('backup*')), [])


if __name__ == '__main__':
    unittest.main()
