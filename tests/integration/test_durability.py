# SPDX-License-Identifier: GPL-2.0-or-later
"""Killed in the middle of a thousand incoming messages and started again, the bridge shows each of
them exactly once by cursor, in the order of sending, and no sender hears of it."""

import unittest

from harness import Device, Ejabberd, Stream, eventually
from harness.case import BridgeCase

MESSAGES = 1000
END = 'the end of '
KILL_AFTER = (150, 450, 800)  # messages seen by the reader when the axe falls
PURGE = "<offline xmlns='http://jabber.org/protocol/offline'><purge/></offline>"


class KilledTest(BridgeCase):
    juliet = 'juliet@talk.example'
    romeo_jid = 'romeo@talk.example'
    nurse_jid = 'nurse@talk.example'

    def setUp(self):
        super().setUp()
        self.romeo = self.peer(self.romeo_jid)
        self.end = END + self.id()

    def bodies(self, device):
        """Without the last word of the test before, which its server may not know as handled and
        keep for the account's next session."""
        bodies = [event['data']['body'] for event in device.of_type('message')]
        return [body for body in bodies if body == self.end or not body.startswith(END)]

    def survive(self, device, name):
        """Sends MESSAGES while killing the bridge; returns when the last one is there."""
        sent = ['%s %04d' % (name, number) for number in range(MESSAGES)]
        waiting = iter(sent)
        kills = list(KILL_AFTER)
        for body in waiting:
            self.romeo.send(self.juliet, body)
            if len(kills) and int(body.split()[1]) >= kills[0]:
                kills.pop(0)
                eventually(lambda: self.read(device) and self.bodies(device), what='any message')
                self.bridge.kill()
                self.send_some(waiting)
                self.bridge.start()
        return sent

    def read(self, device):
        device.poll(wait=1)
        return True

    def send_some(self, waiting):
        """While nobody is there."""
        for _, body in zip(range(20), waiting):
            self.romeo.send(self.juliet, body)
        self.romeo.sync()

    def read_all(self, device, wanted):
        """However long it takes, as long as it goes on."""
        while not wanted <= set(self.bodies(device)):
            before = len(self.bodies(device))
            eventually(lambda: self.read(device) and len(self.bodies(device)) > before, 120,
                       '%d messages' % len(wanted - set(self.bodies(device))))

    def check(self, device, sent):
        self.read_all(device, set(sent))
        self.romeo.send(self.juliet, self.end)
        device.wait_for('message', body=self.end)
        self.assertEqual(self.bodies(device), sent + [self.end])
        self.assertEqual([str(error) for error in self.romeo.errors[:3]], [])
        from_start = Device(self.bridge.api, {**device.login})
        while from_start.poll():
            pass
        self.assertEqual(from_start.durable(), device.durable())

    def test_as_the_only_client(self):
        self.start_bridge()
        device = self.bridge.login(self.juliet)
        self.check(device, self.survive(device, 'only'))

    def test_beside_a_second_client(self):
        phone = self.peer(self.juliet, resource='phone', carbons=True)
        self.start_bridge()
        device = self.bridge.login(self.juliet)
        sent = self.survive(device, 'both')
        self.check(device, sent)
        phone.wait_for_message(self.end)
        self.assertLessEqual(set(sent), set(phone.bodies()))

    def slow_archive(self):
        """Far slower than a held stanza can wait."""
        self.server.switch('archive-delay-ms', 400)
        self.addCleanup(self.server.reset)

    def test_what_was_missed_comes_first(self):
        """New messages arrive, and the bridge is killed once more, while the archive is being read
        for what came while nobody was there."""
        self.start_bridge()
        device = self.bridge.login(self.juliet)
        nurse = self.peer(self.nurse_jid)
        sent = {self.romeo_jid: [], self.nurse_jid: []}

        def say(prefix, count):
            for number in range(count):
                for peer, jid in ((self.romeo, self.romeo_jid), (nurse, self.nurse_jid)):
                    sent[jid].append('%s %s %03d' % (jid, prefix, number))
                    peer.send(self.juliet, sent[jid][-1])
            self.romeo.sync()
            nurse.sync()
        say('before', 10)
        self.read_all(device, set(sum(sent.values(), [])))
        self.slow_archive()
        for round_name in ('first', 'second'):
            self.bridge.kill()
            say('%s away' % round_name, 100)
            self.bridge.start()
            device.wait_online()
            say('%s back' % round_name, 60)
        self.read_all(device, set(sum(sent.values(), [])))
        for jid, bodies in sent.items():
            self.assertEqual([body for body in self.bodies(device) if body.startswith(jid)],
                             bodies)
        self.assertEqual([str(error) for error in (self.romeo.errors + nurse.errors)[:3]], [])

    def test_what_the_api_took_is_sent(self):
        self.start_bridge()
        device = self.bridge.login(self.juliet)
        names = {}
        for number in range(60):
            body = 'out %02d' % number
            names[body] = device.send(self.romeo_jid, body).json['id']
            if number in (20, 40):
                self.bridge.kill()
                self.bridge.start()
        self.romeo.wait_for_message('out 59')
        for body, name in names.items():
            self.romeo.wait_for_message(body)
            device.wait_for('message.status', id=name)
        self.assertEqual(set(names), set(self.romeo.bodies()))


class EjabberdKilledTest(KilledTest):
    """The same beside ejabberd, which returns what came out of its offline storage and was not
    answered for: so nothing that the archive has is taken from there."""

    juliet = 'juliet@ejabberd.example'
    romeo_jid = 'romeo@ejabberd.example'
    nurse_jid = 'nurse@ejabberd.example'

    @classmethod
    def make_server(cls, scratch):
        return Ejabberd(scratch / 'server')

    def setUp(self):
        """What an earlier test left in the offline storage is poured out to a new account."""
        super().setUp()
        user, domain = self.juliet.split('@')
        with Stream(self.server, domain) as stream:
            stream.sign_in(user, self.server.password(self.juliet), resource='cleaner')
            stream.iq('set', PURGE, to=self.juliet)

    def slow_archive(self):
        """Its own is slow enough."""


if __name__ == '__main__':
    unittest.main()
