# SPDX-License-Identifier: GPL-2.0-or-later
"""The test server of tests/server, and the line to its control port."""

import json
import os
import pathlib
import socket
import subprocess
import sys

from .process import ROOT, tail

SERVER = ROOT / 'tests' / 'server'
CONTROL_TIMEOUT_S = 30


class ControlError(Exception):
    pass


class Control:
    """One request a line, one answer a line; the operations are in mod_google_control.lua."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), CONTROL_TIMEOUT_S)
        self.lines = self.socket.makefile('r', encoding='utf-8')

    def __call__(self, op, **request):
        self.socket.sendall(json.dumps({'op': op, **request}).encode() + b'\n')
        line = self.lines.readline()
        if not line:
            raise ControlError('the server closed the control connection')
        answer = json.loads(line)
        if not answer.pop('ok'):
            raise ControlError('%s: %s' % (op, answer['error']))
        return answer

    def close(self):
        self.lines.close()
        self.socket.close()


class Prosody:
    """A running test server; arguments are those of tests/server/start."""

    def __init__(self, folder, *arguments):
        self.folder = pathlib.Path(folder)
        self.arguments = [str(argument) for argument in arguments]
        self.control = None
        self._start()

    def _run(self, script, *arguments):
        done = subprocess.run([sys.executable, '-B', SERVER / script, *arguments, self.folder],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
        return done.stdout

    def _start(self, *more):
        self.description = json.loads(self._run('start', '--owner', str(os.getpid()),
                                                *self.arguments, *more))
        self.control = Control(self.description['control_port'])

    def stop(self):
        if self.control is not None:
            self.control.close()
            self.control = None
            self._run('stop')

    def start_again(self):
        """After stop(): the same ports, accounts and archive."""
        self._start('--again')

    def switch(self, name, value, domain='*'):
        self.control('switch', domain=domain, name=name, value=value)

    def reset(self, domain='*'):
        self.control('reset', domain=domain)

    def sessions(self, jid=None):
        answer = self.control('sessions', **({'jid': jid} if jid else {}))['sessions']
        return answer or []

    def auths(self, since=0):
        return self.control('auths', since=since)['auths'] or []

    def trace(self):
        """The traced stanzas so far."""
        try:
            text = pathlib.Path(self.description['trace']).read_text()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.splitlines()]

    def log(self):
        return tail(self.description['log'])

    @property
    def host(self):
        return self.description['host']

    @property
    def port(self):
        return self.description['port']

    @property
    def direct_tls_port(self):
        return self.description['direct_tls_port']

    @property
    def ca(self):
        return self.description['ca']

    @property
    def ca_directory(self):
        return self.description['ca_directory']

    def fingerprint(self, domain):
        return self.description['domains'][domain]['sha256']

    def password(self, jid):
        return self.description['accounts'][jid]['password']

    def token(self, jid, kind='oauth', state='valid'):
        return self.description['accounts'][jid]['tokens'][kind][state]

    def close(self):
        self.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
