# SPDX-License-Identifier: GPL-2.0-or-later
"""The servers of tests/server, and the line to the control port of ours."""

import json
import os
import pathlib
import socket
import subprocess
import sys

from .api import Api
from .process import ROOT, tail

SERVER = ROOT / 'tests' / 'server'
CONTROL_TIMEOUT_S = 30


class ControlError(Exception):
    pass


def run_script(name, *arguments):
    done = subprocess.run([sys.executable, '-B', SERVER / name, *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return done.stdout


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

    def _start(self, *more):
        self.description = json.loads(run_script('start', '--owner', str(os.getpid()),
                                                 *self.arguments, *more, self.folder))
        self.control = Control(self.description['control_port'])

    def stop(self):
        if self.control is not None:
            self.control.close()
            self.control = None
            run_script('stop', self.folder)

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

    def push(self, jid, xml, **options):
        """Sends <iq type='set'> with xml to the sessions of jid and returns the ids; options: from_
        (a JID or 'none', by default the own bare JID), kind, id."""
        if 'from_' in options:
            options['from'] = options.pop('from_')
        return self.control('push', jid=jid, xml=xml, **options)['ids'] or []

    def pushes(self, jid=None, since=0):
        """Every push so far: id, jid, kind, answer (False: none yet), answered_to, overdue, ..."""
        answer = self.control('pushes', since=since, **({'jid': jid} if jid else {}))['pushes']
        return answer or []

    def spoil(self, what, xmlns=None, **options):
        """Arms a fault of replies; see mod_google_replies.lua."""
        if 'from_' in options:
            options['from'] = options.pop('from_')
        self.control('spoil', what=what, **({'xmlns': xmlns} if xmlns else {}), **options)

    def spoilt(self):
        """How often each armed fault has struck."""
        return self.control('spoilt')['faults'] or []

    def trace(self):
        """The traced stanzas so far; one that is being written is not there yet."""
        try:
            text = pathlib.Path(self.description['trace']).read_text()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.split('\n')[:-1]]

    def log(self):
        return tail(self.description['log'])

    host = property(lambda self: self.description['host'])
    port = property(lambda self: self.description['port'])
    direct_tls_port = property(lambda self: self.description['direct_tls_port'])
    ca = property(lambda self: self.description['ca'])
    ca_directory = property(lambda self: self.description['ca_directory'])

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


class Ejabberd:
    """A running ejabberd; what a client needs of it has the names that Prosody's has. Arguments are
    those of tests/server/start-ejabberd."""

    def __init__(self, folder, *arguments):
        self.folder = pathlib.Path(folder)
        self.arguments = [str(argument) for argument in arguments]
        self._start()

    def _start(self, *more):
        self.description = json.loads(run_script('start-ejabberd', '--owner', str(os.getpid()),
                                                 *self.arguments, *more, self.folder))

    def stop(self):
        run_script('stop', self.folder)

    def start_again(self):
        self._start('--again')

    def command(self, name, **arguments):
        """One of ejabberd's own."""
        answer = Api(self.description['api']).post('/api/' + name, arguments)
        if answer.status != 200:
            raise ControlError('%s: %r' % (name, answer))
        return answer.json

    def log(self):
        return tail(self.description['log'])

    host = property(lambda self: self.description['host'])
    port = property(lambda self: self.description['port'])
    ca = property(lambda self: self.description['ca'])
    ca_directory = property(lambda self: self.description['ca_directory'])

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
