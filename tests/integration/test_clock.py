# SPDX-License-Identifier: GPL-2.0-or-later
"""A clock that was ahead and is put back, while the bridge runs or while it does not: nothing is
lost for it or told twice, and nobody waits until the time that it was comes again."""

import os
import unittest

from harness.api import password
from harness.case import BridgeCase
from harness.process import build_dir

SHIFT = 'tests/harness/clock-shift.so'
AHEAD_H = (12, 8, 4, 0)
DAYS_AHEAD_H = 72
EACH = 120  # more than are remembered by their ids alone


class ClockTest(BridgeCase):
    juliet = 'juliet@talk.example'
    nurse = 'nurse@talk.example'
    paris = 'paris@plain.example'
    mercutio = 'mercutio@talk.example'
    romeo_jid = 'romeo@talk.example'

    def setUp(self):
        super().setUp()
        if 'ASAN_OPTIONS' in os.environ:
            self.skipTest('a sanitizer has to come first')
        self.clock = self.scratch / 'clock'
        self.set_ahead(AHEAD_H[0])
        self.romeo = self.peer(self.romeo_jid)
        self.start_bridge(environment={'LD_PRELOAD': build_dir() / SHIFT,
                                       'GTALK_CLOCK_SHIFT': self.clock})

    def set_ahead(self, hours):
        """In its place, for who has it mapped."""
        with open(self.clock, 'r+b' if self.clock.exists() else 'wb') as clock:
            clock.write((hours * 3600).to_bytes(8, 'little', signed=True))

    def say(self, jid, *words):
        for word in words:
            self.romeo.send(jid, word)

    def heard(self, device):
        return [event['data']['body'] for event in device.of_type('message')]

    def test_put_back_meanwhile(self):
        device = self.bridge.login(self.juliet)
        device.wait_online()
        words = []
        for hours in AHEAD_H:
            self.set_ahead(hours)
            news = ['%d hours ahead, %d' % (hours, number) for number in range(EACH)]
            self.say(self.juliet, *news)
            device.wait_for('message', body=news[-1])
            name = device.send(self.romeo_jid, 'out, %d ahead' % hours).json['id']
            device.wait_for('message.status', id=name, status='sent')
            words += news
        self.server.control('kick', jid=self.juliet)
        self.say(self.juliet, 'gone')
        device.wait_for('message', body='gone')
        self.assertEqual(self.heard(device), words + ['gone'])
        self.assertEqual(self.romeo.bodies(), ['out, %d ahead' % hours for hours in AHEAD_H])
        self.assertEqual(self.romeo.errors, [])

    def test_put_back_while_it_is_gone(self):
        """And another client of the account gets all that comes, so that only the archive is left;
        from the time of the first sign-in on, as long as nothing else is known of it."""
        phone = self.peer(self.nurse, resource='phone', carbons=True)
        device = self.bridge.login(self.nurse)
        device.wait_online()
        words = []
        for hours in AHEAD_H[1:]:
            self.bridge.kill()
            self.set_ahead(hours)
            news = ['%d hours ahead, %d' % (hours, number) for number in range(EACH)]
            self.say(self.nurse, *news)
            phone.wait_for_message(news[-1])
            self.bridge.start()
            device.wait_for('message', body=news[-1])
            words += news
        self.assertEqual(self.heard(device), words)
        self.assertEqual(self.romeo.errors, [])

    def test_days_ahead_at_the_first_sign_in(self):
        """Of who has nothing in the archive yet."""
        self.set_ahead(DAYS_AHEAD_H)
        phone = self.peer(self.paris, resource='phone', carbons=True)
        device = self.bridge.api.login(self.paris, password(self.server.password(self.paris)))
        device.wait_online()
        words = []
        for hours in (DAYS_AHEAD_H, 0):
            self.bridge.kill()
            self.set_ahead(hours)
            news = ['%d hours ahead, %d' % (hours, number) for number in range(EACH)]
            self.say(self.paris, *news)
            phone.wait_for_message(news[-1])
            self.bridge.start()
            device.wait_for('message', body=news[-1])
            words += news
        self.assertEqual(self.heard(device), words)
        self.assertEqual(self.romeo.errors, [])

    def test_ahead_all_the_time(self):
        """And killed before anything is known of the archive, which is slow to answer for once."""
        phone = self.peer(self.mercutio, resource='phone', carbons=True)
        self.server.switch('archive-delay-ms', 60000)
        device = self.bridge.login(self.mercutio)
        self.bridge.kill()
        self.server.switch('archive-delay-ms', 0)
        words = ['12 hours ahead, %d' % number for number in range(EACH)]
        self.say(self.mercutio, *words)
        phone.wait_for_message(words[-1])
        self.bridge.start()
        device.wait_for('message', body=words[-1])
        self.assertEqual(self.heard(device), words)
        self.assertEqual(self.romeo.errors, [])


if __name__ == '__main__':
    unittest.main()
