# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin in a real libpurple without a user interface: drives the program purple-client."""

import json
import os
import queue
import subprocess
import threading
import time

from .process import DEADLINE_S, build_dir, spawn, terminate

# PurpleConnectionError
NETWORK_ERROR = 0
INVALID_USERNAME = 1
AUTHENTICATION_FAILED = 2
AUTHENTICATION_IMPOSSIBLE = 3
NO_SSL_SUPPORT = 4
ENCRYPTION_ERROR = 5
CERT_UNTRUSTED = 9
CERT_OTHER_ERROR = 15
INVALID_SETTINGS = 7


class PurpleClient:
    """One account. Events come as dicts; see the head of purple-client.c."""

    def __init__(self, scratch, username, secret, ca=None, protocol='prpl-googletalk',
                 remember=True, environment=None, bystander=None, proxy=None, **options):
        """bystander: another account, (protocol, username, password), with the same options;
        proxy: a dict of type, host and port."""
        self.events = queue.Queue()
        self.seen = []
        self.expected = {}  # how far expect() has looked, by name
        self.debug_path = scratch / ('debug-%d.log' % time.monotonic_ns())
        self.user_dir = scratch / ('purple-%d' % time.monotonic_ns())
        self.errors = (scratch / 'purple-client.err').open('ab')
        # under AddressSanitizer plugins stay loaded, so that a leak has a stack with names
        leak_check = {'PURPLE_LEAKCHECK_HELP': '1'} if 'ASAN_OPTIONS' in os.environ else {}
        self.process = spawn([build_dir() / 'tests/harness/purple-client'],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                             env=scratch.environment(**leak_check, **(environment or {})))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self._write(protocol=protocol, username=username, password=secret, remember=remember,
                    user_dir=str(self.user_dir), plugin_dir=str(build_dir() / 'plugin'),
                    debug_log=str(self.debug_path), options=options,
                    **({'ca': str(ca)} if ca else {}), **({'proxy': proxy} if proxy else {}),
                    **({'bystander': {**dict(zip(('protocol', 'username', 'password'), bystander)),
                                      'options': options}} if bystander else {}))
        self.wait_for('ready')

    def _read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))
        self.events.put(None)

    def _write(self, **members):
        self.process.stdin.write(json.dumps(members).encode() + b'\n')
        self.process.stdin.flush()

    def do(self, command, **members):
        self._write(do=command, **members)

    def _next(self, end, names):
        """The next event of all, kept in self.seen."""
        try:
            event = self.events.get(timeout=max(0.01, end - time.monotonic()))
        except queue.Empty:
            raise AssertionError('no %s but %s' % (' or '.join(names), self.seen)) from None
        if event is None:
            raise AssertionError('purple-client ended with %s, before %s; saw %s'
                                 % (self.process.wait(), ' or '.join(names), self.seen))
        self.seen.append(event)
        return event

    def wait_for(self, *names, deadline=DEADLINE_S):
        """The next event of one of these names; the others stay in self.seen."""
        end = time.monotonic() + deadline
        while True:
            event = self._next(end, names)
            if event['event'] in names:
                return event

    def expect(self, name, deadline=DEADLINE_S):
        """The first event of that name that this method has not returned yet: for events that come
        in no certain order, it does not matter whether wait_for() has passed them by."""
        end = time.monotonic() + deadline
        while True:
            for index in range(self.expected.get(name, 0), len(self.seen)):
                if self.seen[index]['event'] == name:
                    self.expected[name] = index + 1
                    return self.seen[index]
            self.expected[name] = len(self.seen)
            self._next(end, [name])

    def state(self):
        """A round trip through the client's main loop."""
        self.do('state')
        return self.wait_for('state')

    def sign_in(self):
        """Returns the event signed-on, or that of the error."""
        self.do('connect')
        return self.wait_for('signed-on', 'error')

    def ask(self, command, answer, **members):
        """A command that is answered by the event of that name."""
        self.do(command, **members)
        return self.wait_for(answer)

    def logged(self):
        """All that libpurple has logged of conversations, as one text."""
        return ''.join(path.read_text(errors='replace')
                       for path in sorted((self.user_dir / 'logs').rglob('*.html')))

    def debug_log(self):
        return self.debug_path.read_text(errors='replace')

    def quit(self):
        """Returns the exit status: 0 unless something went wrong at the end."""
        self.do('quit')
        return self.process.wait(DEADLINE_S)

    def close(self):
        terminate(self.process)
        self.process.stdin.close()
        self.reader.join(DEADLINE_S)
        self.process.stdout.close()
        self.errors.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
