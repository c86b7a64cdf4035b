# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon's command line, configuration, exit statuses and signals."""

import os
import signal
import socket
import subprocess
import unittest

from harness.bridge import DAEMON
from harness.case import BridgeCase
from harness.process import DEADLINE_S, build_dir, eventually


class DaemonTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.start_bridge(start=False)

    def run_to_end(self, *arguments):
        done = self.bridge.run(*arguments)
        return done.returncode, done.stderr.decode()

    def change(self, old, new):
        text = self.bridge.config.read_text()
        self.assertIn(old, text)
        self.bridge.config.write_text(text.replace(old, new))

    def test_command_lines_that_are_wrong(self):
        for arguments in ([], ['--check-config'], ['--no-such-option'], ['--config'],
                          ['--config', self.bridge.config, 'more']):
            with self.subTest(arguments):
                status, said = self.run_to_end(*arguments)
                self.assertEqual(status, 2)
                self.assertTrue(said.startswith('gtalk-bridge: '), said)

    def test_check_config(self):
        done = self.bridge.run('--config', self.bridge.config, '--check-config')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(self.bridge.store.exists())

    def check_named(self, *wrapper):
        done = subprocess.run([*wrapper, build_dir() / DAEMON, '--config', self.bridge.config,
                               '--check-config'], env=self.bridge.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=DEADLINE_S)
        return done.returncode, done.stderr.decode()

    def test_files_that_the_configuration_names(self):
        there = self.scratch / 'there.pem'
        self.change('[listen]', '[listen]\ntls-certificate=%s\ntls-key=%s' % (there, there))
        status, said = self.check_named()
        self.assertEqual(status, 78)
        for words in (str(self.bridge.config), '[listen] tls-certificate', str(there), 'put it'):
            self.assertIn(words, said)
        there.mkdir()
        status, said = self.check_named()
        self.assertEqual(status, 78)
        self.assertIn('is not a file', said)
        there.rmdir()
        there.write_text('')
        self.assertEqual(self.check_named(), (0, ''))
        # Whoever asks is perhaps not whom it is for; root without what makes it root is nobody.
        there.chmod(0)
        nobody = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] if os.getuid() == 0 else []
        status, said = self.check_named(*nobody)
        self.assertEqual(status, 0, said)
        self.assertIn('note: [listen] tls-key: %s cannot be read' % there, said)

    def test_credentials_of_a_service_that_does_not_run(self):
        name = '/run/credentials/no-such.service/key'
        self.change('[listen]', '[listen]\ntls-certificate=%s\ntls-key=%s' % (name, name))
        status, said = self.check_named()
        self.assertEqual(status, 0, said)
        self.assertIn('only while the service runs', said)

    def test_configurations_that_are_wrong(self):
        self.assertEqual(self.run_to_end('--config', '/no/such/file')[0], 78)
        self.change('[hosts]', '[hosts]\naccounts-per-host=none')
        for arguments in ([], ['--check-config']):
            status, said = self.run_to_end('--config', self.bridge.config, *arguments)
            self.assertEqual(status, 78)
            for name in (str(self.bridge.config), '[hosts]', 'accounts-per-host'):
                self.assertIn(name, said)

    def test_a_host_program_that_is_not_there(self):
        self.change('program=', 'program=/no/such/program')
        status, said = self.run_to_end('--config', self.bridge.config)
        self.assertEqual(status, 78)
        self.assertIn('[hosts] program', said)

    def test_an_address_in_use(self):
        with socket.socket() as other:
            other.bind(('127.0.0.1', 0))
            other.listen()
            self.change('address=unix:%s' % self.bridge.socket,
                        'address=127.0.0.1:%d' % other.getsockname()[1])
            status, said = self.run_to_end('--config', self.bridge.config)
        self.assertEqual(status, 1)
        self.assertIn('cannot listen', said)

    def test_store_errors_have_their_own_status(self):
        self.bridge.store.write_bytes(b'Dear diary, ' * 1000)
        self.assertEqual(self.run_to_end('--config', self.bridge.config)[0], 65)
        self.bridge.store.unlink()
        self.bridge.store.mkdir()
        self.assertEqual(self.run_to_end('--config', self.bridge.config)[0], 74)
        self.bridge.store.rmdir()
        self.bridge.start()
        self.change('socket=%s' % self.bridge.control_socket,
                    'socket=%s2' % self.bridge.control_socket)
        self.change('address=unix:%s' % self.bridge.socket,
                    'address=unix:%s2' % self.bridge.socket)
        self.assertEqual(self.run_to_end('--config', self.bridge.config)[0], 75)

    def test_it_tells_the_service_manager_and_ends_well(self):
        for name in ('SIGTERM', 'SIGINT'):
            with self.subTest(name), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                path = str(self.scratch / ('notify-' + name))
                manager.bind(path)
                manager.settimeout(60)
                self.bridge.more_environment = {'NOTIFY_SOCKET': path}
                self.bridge.start()
                told = b''
                while b'READY=1' not in told:
                    told += manager.recv(4096)
                os.kill(self.bridge.process.pid, getattr(signal, name))
                self.assertEqual(self.bridge.process.wait(60), 0)
                self.bridge.process = None
                while b'STOPPING=1' not in told:
                    told += manager.recv(4096)

    def test_it_ends_well_while_sealed(self):
        self.keyring.stop()
        self.bridge.start()
        self.assertEqual(self.bridge.api.try_login('juliet@talk.example', {
            'type': 'token', 'token': 'x'}).status, 503)
        self.assertEqual(self.bridge.stop(), 0)

    def test_nobody_else_can_read_its_files(self):
        self.bridge.start()
        for path in (self.bridge.store, self.bridge.control_socket):
            self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)
        eventually(lambda: self.bridge.api.get('/v1/capabilities').status == 200)


if __name__ == '__main__':
    unittest.main()
