# SPDX-License-Identifier: GPL-2.0-or-later
"""A test case with a gtalk-bridge-push that is asked by a script, and certificates for the services
that it pushes to."""

import unittest

from server import certificates

from .process import Scratch
from .scripted_push import ScriptedPush


class PushProcessCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Scratch()
        cls.addClassCleanup(cls.folder.close)
        certificates.make(cls.folder.path, {})

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)

    def serve(self, service, **options):
        """A stand-in of that class."""
        serving = service(self.folder.path, **options)
        self.addCleanup(serving.close)
        return serving

    def start_push(self, **options):
        push = ScriptedPush(self.scratch, ca_directory=self.folder / 'ca', **options)
        self.addCleanup(push.close)
        return push

    def assert_result(self, outcome, result, **more):
        self.assertEqual({'result': outcome['result'], **{name: outcome[name] for name in more}},
                         {'result': result, **more})
