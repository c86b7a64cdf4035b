# SPDX-License-Identifier: GPL-2.0-or-later
"""A test case with a server, a keyring and a bridge, whose logs are printed when it fails."""

import sys
import unittest

from .bridge import Bridge
from .keyring import Keyring
from .peer import XmppPeer
from .process import Scratch
from .prosody import Prosody


class BridgeCase(unittest.TestCase):
    """One server for the class; keyring and bridge are each test's own, in a folder of its own."""

    SERVER_OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        cls.class_scratch = Scratch()
        cls.addClassCleanup(cls.class_scratch.close)
        cls.server = cls.make_server(cls.class_scratch)
        cls.addClassCleanup(cls.server.close)

    @classmethod
    def make_server(cls, scratch):
        return Prosody(scratch / 'server', *cls.SERVER_OPTIONS)

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.keyring = None
        self.bridge = None
        self.addCleanup(self._show)

    def _show(self):
        """Cleanups run whatever happened: look whether this test has failed."""
        result = self._outcome.result
        failed = [test for test, _ in result.failures + result.errors]
        if self not in failed and all(getattr(test, 'test_case', None) is not self
                                      for test in failed) and sys.exc_info()[0] is None:
            return
        print('---- %s' % self.id(), file=sys.stderr)
        if self.bridge is not None:
            print('---- bridge\n%s' % self.bridge.show_log(), file=sys.stderr)
        print('---- server\n%s' % self.server.log(), file=sys.stderr)

    def start_bridge(self, absent=False, **more):
        """Keyword arguments are Bridge's; absent: without a keyring."""
        self.keyring = Keyring(self.scratch, absent)
        self.addCleanup(self.keyring.close)
        self.bridge = Bridge(self.scratch, self.server, self.keyring, **more)
        self.addCleanup(self.bridge.close)
        return self.bridge

    def peer(self, jid, **more):
        peer = XmppPeer(self.server, jid, **more)
        self.addCleanup(peer.close)
        return peer
