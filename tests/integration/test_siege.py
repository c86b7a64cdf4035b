# SPDX-License-Identifier: GPL-2.0-or-later
"""A siege: bridges side by side, each with a handful of accounts in hosts of their own, of which
the daemon, a host or all are killed again and again at random moments while messages go both ways;
to accounts that have the bridge alone and to ones that a phone is signed in to as well. Now and
then the clock is put. Whatever is hit and when: what was sent arrives once, in its order, nobody is
told otherwise, and a reader who keeps its cursor sees nothing twice.

GTALK_SIEGE_ROUNDS says how often, GTALK_SIEGE_SECONDS for how long at most, GTALK_SIEGE_CAMPAIGNS
how many times with a new server, of each kind (`ninja soak` makes thousands of rounds, unless these
say otherwise; no more in one, because ejabberd's archive is full after some 400); GTALK_SIEGE_SEED
makes the same choices again."""

import copy
import http.client
import os
import random
import signal
import threading
import time
import unittest
import uuid
from collections import Counter

from harness import Api, Bridge, Device, Ejabberd, Keyring, Scratch, eventually
from harness.case import BridgeCase
from harness.process import build_dir

SOAK = 'GTALK_SIEGE_SOAK' in os.environ
ROUNDS = int(os.environ.get('GTALK_SIEGE_ROUNDS', '300' if SOAK else '150'))
SECONDS = float(os.environ.get('GTALK_SIEGE_SECONDS', '400' if SOAK else '20'))
CAMPAIGNS = int(os.environ.get('GTALK_SIEGE_CAMPAIGNS', '17' if SOAK else '1'))
SEED = int(os.environ.get('GTALK_SIEGE_SEED', '0')) or random.SystemRandom().randrange(1, 10 ** 9)
TRUCE = 150  # rounds until all has to be there
BRIDGES = 3
ACCOUNTS = 2  # of each bridge; every other one has a phone as well
LULL_S = 0.4  # how long nobody is hit at most; now and then PEACE_S, of the server's kind
WHOM = ('daemon', 'host', 'host', 'host', 'hosts', 'all')
CLOCK_CHANCE = 0.1
AHEAD_H = 12  # at most; only ever ahead: the server's certificate is new
IN_PAUSE_S = 0.2  # on average; archives are slow to write and to read when they are long
OUT_PAUSE_S = 0.2
ANSWER_S = 20
SETTLE_S = 120
PATIENCE_S = 40  # longer than it takes until the archive has been looked through again
SHIFT = 'tests/harness/clock-shift.so'


class Besieged:
    """One account: who writes to it, who writes for it, and who reads."""

    def __init__(self, castle, user, friend, has_phone):
        self.castle = castle
        self.jid = user
        self.name = user.split('@')[0]
        self.random = random.Random('%s %s' % (castle.seed, user))
        case = castle.case
        self.friend = case.peer(friend)
        self.phone = case.peer(user, resource='phone', carbons=True) if has_phone else None
        self.device = castle.bridge.login(user)
        self.sent_in = []
        self.lost = []  # of them, by the server
        self.sent_out = []
        self.bodies = []
        self.statuses = []
        self.failure = None
        self.threads = []

    def go(self):
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(what,), daemon=True)
                        for what in (self.write_in, self.write_out, self.read_on)]
        for thread in self.threads:
            thread.start()

    def halt(self):
        self.over.set()
        for thread in self.threads:
            thread.join(60)
            if thread.is_alive():
                raise AssertionError('%s does not come to its end' % self.name)
        if self.failure is not None:
            raise self.failure

    def work(self, what):
        try:
            while not self.over.is_set():
                what()
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    def pause(self, mean_s):
        """Now one behind the other, now after a while."""
        self.over.wait(min(self.random.expovariate(1 / mean_s), 5 * mean_s))

    def write_in(self):
        body = '%s in %05d' % (self.name, len(self.sent_in) + len(self.lost))
        self.friend.send(self.jid, body)
        self.sent_in.append(body)
        self.pause(IN_PAUSE_S)

    def write_out(self):
        """The same one until it is taken: who gets no answer asks again."""
        body = '%s out %05d' % (self.name, len(self.sent_out))
        name = str(uuid.UUID(int=self.random.getrandbits(128)))
        eventually(lambda: self.offer(body, name), 60, 'an answer to ' + body, 0.05)
        self.sent_out.append(body)
        self.pause(OUT_PAUSE_S)

    def offer(self, body, name):
        message = {'to': self.friend.jid, 'body': body, 'id': name}
        try:
            answer = self.device.post('/v1/messages', message, timeout=ANSWER_S)
        except (OSError, http.client.HTTPException):
            return False  # nobody is there, or was hit before the answer
        if answer.status not in (200, 202, 503):
            raise AssertionError('%s: %r' % (body, answer))
        return answer.status != 503

    def read_on(self):
        """What is said before a blow has to stand after it."""
        try:
            self.device.poll(wait=1)
        except (OSError, http.client.HTTPException):
            self.over.wait(0.05)
        self.keep()

    def read(self):
        """What is there now."""
        while self.device.poll():
            pass
        self.keep()

    def keep(self):
        """Of what was read, only the words, and how messages fared."""
        self.bodies += [event['data']['body'] for event in self.device.of_type('message')
                        if event['data']['body'].startswith(self.name + ' in ')]
        self.statuses += [event['data'] for event in self.device.of_type('message.status')]
        self.device.events = []

    def missing_in(self):
        self.read()
        return sorted(set(self.sent_in) - set(self.bodies))

    def missing_out(self):
        return sorted(set(self.sent_out) - set(self.friend.bodies()))


class Castle:
    """One bridge with its accounts, and who strikes at it."""

    def __init__(self, case, number):
        self.case = case
        self.seed = '%s, bridge %d' % (case.seed, number)
        self.random = random.Random(self.seed)
        self.scratch = Scratch()
        case.addCleanup(self.scratch.close)
        self.clock = self.scratch / 'clock'
        self.clock.write_bytes(bytes(8))
        keyring = Keyring(self.scratch)
        case.addCleanup(keyring.close)
        self.bridge = Bridge(self.scratch, case.server, keyring, environment=self.shifted(),
                             groups={'hosts': ['accounts-per-host=1',
                                               'sign-ins-per-second=1000']})
        case.addCleanup(self.bridge.close)
        self.admin = Api(self.bridge.control_socket)
        self.people = [Besieged(self, *case.people(number * ACCOUNTS + n), n % 2 == 1)
                       for n in range(ACCOUNTS)]
        self.kills = Counter()
        self.killed_hosts = 0
        self.next_s = 0

    def shifted(self):
        if 'ASAN_OPTIONS' in os.environ:
            return {}  # a sanitizer has to come first
        return {'LD_PRELOAD': build_dir() / SHIFT, 'GTALK_CLOCK_SHIFT': self.clock}

    def choose_next(self):
        """When it is hit, for the first time or again."""
        peace = self.random.random() < self.case.PEACE_CHANCE
        most = self.case.PEACE_S if peace else LULL_S
        self.next_s = time.monotonic() + self.random.random() * most

    def strike(self):
        """At whom chance says."""
        if self.random.random() < CLOCK_CHANCE:
            self.put_clock()
        if self.bridge.process.poll() is not None:
            raise AssertionError('the daemon ended by itself')
        whom = self.random.choice(WHOM)
        hosts = self.bridge.hosts() if whom.startswith('host') else []
        if whom == 'host' and hosts:
            hosts = [self.random.choice(hosts)]
        if hosts:
            self.strike_hosts(hosts)
        elif whom == 'all':
            self.bridge.kill()
            self.bridge.start()
        else:
            whom = 'daemon'
            os.kill(self.bridge.process.pid, signal.SIGKILL)
            self.bridge.process.wait()
            self.bridge.start()
        self.kills[whom] += 1

    def strike_hosts(self, hosts):
        """That hosts die again and again is quarantine's business: an administrator lets them out
        of it."""
        self.killed_hosts += len(hosts)
        for pid in hosts:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.random.random() < 0.5:
            for one in self.people:
                self.release(one)

    def release(self, one):
        self.admin.post('/admin/accounts/%s/release' % one.jid, {})

    def put_clock(self):
        """In its place, for who has it mapped."""
        with open(self.clock, 'r+b') as clock:
            clock.write(self.random.randrange(AHEAD_H * 3600).to_bytes(8, 'little'))
        self.kills['clock'] += 1


class SiegeTest(BridgeCase):
    """So many messages the server itself may lose, in a campaign; see there."""

    campaign = 0
    PEACE_CHANCE = 0.1
    PEACE_S = 2.5
    LOST_MAX = 0
    USER = 'user%04d@talk.example'
    CONTACT = 'contact%03d@talk.example'
    SERVER_OPTIONS = ('--users', BRIDGES * ACCOUNTS, '--contacts', BRIDGES * ACCOUNTS)

    def setUp(self):
        super().setUp()
        type(self).campaign += 1
        self.seed = '%d %s %d' % (SEED, self.USER.split('@')[1], self.campaign)
        self.castles = [Castle(self, number) for number in range(BRIDGES)]
        self.everybody = [one for castle in self.castles for one in castle.people]
        self.rounds = 0
        self.lost_max = self.LOST_MAX

    def people(self, number):
        return self.USER % number, self.CONTACT % number

    def besiege(self, most, end):
        """So many rounds at most; daemons are started by this thread, because they end with it."""
        for one in self.everybody:
            one.go()
        for castle in self.castles:
            castle.choose_next()
        while self.rounds < most and time.monotonic() < end:
            castle = min(self.castles, key=lambda castle: castle.next_s)
            time.sleep(max(castle.next_s - time.monotonic(), 0))
            castle.strike()
            castle.choose_next()
            self.rounds += 1
            if any(one.failure is not None for one in self.everybody):
                break

    def settle(self):
        for one in self.everybody:
            one.halt()
            one.castle.release(one)
        for one in self.everybody:
            one.friend.sync()
            self.settle_in(one)
            eventually(lambda one=one: not one.missing_out(), SETTLE_S,
                       lambda one=one: 'all that %s sent: %r' % (one.name, one.missing_out()[:20]),
                       0.1)
            one.friend.sync()
            one.read()

    def settle_in(self, one):
        """Until all is there that was not lost by the server: what it has nowhere, while it has
        told its sender nothing."""
        end = time.monotonic() + SETTLE_S
        patience = time.monotonic() + PATIENCE_S
        while one.missing_in():
            if self.lost_max > 0 and time.monotonic() > patience:
                patience = end
                self.forgive(one)
            if time.monotonic() > end:
                raise AssertionError('not within %d s: %s' % (SETTLE_S, self.explain(one)))
            time.sleep(0.1)

    def forgive(self, one):
        known = [body for _, body in self.archive(one)]
        returned = ''.join(str(error) for error in one.friend.errors)
        lost = [body for body in one.missing_in() if body not in known and body not in returned]
        print('seed %s: lost by the server: %r' % (self.seed, lost), flush=True)
        self.lost_max -= len(lost)
        if known and self.lost_max >= 0:
            one.sent_in = [body for body in one.sent_in if body not in lost]
            one.lost += lost

    def check(self, one):
        self.compare(one.bodies, one.sent_in, 'to ' + one.name)
        self.compare(one.friend.bodies(), one.sent_out, 'from ' + one.name)
        self.assertEqual([told for told in one.statuses
                          if told['status'] in ('failed', 'unknown')], [])
        self.assertEqual([str(error) for error in one.friend.errors[:5]], [])
        if one.phone is not None:
            self.assertLessEqual(set(one.sent_in), set(one.phone.bodies()))

    def compare(self, found, wanted, what):
        twice = [body for body, count in Counter(found).items() if count > 1]
        self.assertEqual(twice, [], 'twice ' + what)
        self.assertEqual(len(found), len(wanted), what)
        at = next((n for n, pair in enumerate(zip(found, wanted)) if pair[0] != pair[1]), None)
        if at is not None:
            self.fail('%s: %r where %r belongs' % (what, found[at:at + 5], wanted[at:at + 5]))

    def check_from_start(self, one):
        """Another reader sees what this one saw."""
        again = Device(one.castle.bridge.api, one.device.login)
        while again.poll():
            pass
        bodies = [event['data']['body'] for event in again.of_type('message')]
        self.assertEqual([body for body in bodies if body.startswith(one.name)], one.bodies)
        cursors = [event['cursor'] for event in again.durable()]
        self.assertEqual(len(cursors), len(set(cursors)))

    def check_log(self, castle):
        """No host ended that was not killed, and nothing was wrong."""
        log = castle.bridge.log.read_text()
        self.assertNotIn('CRITICAL', log)
        self.assertLessEqual(log.count('lost a host'), castle.killed_hosts)

    def test_nothing_is_lost(self):
        begun = time.monotonic()
        end = begun + SECONDS
        try:
            while self.rounds < ROUNDS and time.monotonic() < end:
                self.besiege(min(self.rounds + TRUCE, ROUNDS), end)
                truce = time.monotonic()
                self.settle()
                self.tell(begun, truce)
                for one in self.everybody:
                    self.check(one)
            for one in self.everybody:
                self.check_from_start(one)
            for castle in self.castles:
                self.check_log(castle)
        except BaseException:
            print('seed %s' % self.seed, flush=True)
            for castle in self.castles:
                print('---- %s\n%s' % (castle.seed, castle.bridge.show_log()), flush=True)
            raise

    def tell(self, begun, truce):
        kills = sum((castle.kills for castle in self.castles), Counter())
        now = time.monotonic()
        print('seed %s: %d rounds, %.0f s, of them %.1f until all was there: %s, %d in, %d out'
              % (self.seed, self.rounds, now - begun, now - truce, dict(kills),
                 sum(len(one.sent_in) for one in self.everybody),
                 sum(len(one.sent_out) for one in self.everybody)), flush=True)

    # -- When something is missing

    def archive(self, one):
        """What the server's archive of the account has, as another client reads it: (id, body)."""
        with self.peer(one.jid, resource='inspector', available=False) as peer:
            async def read(client):
                client.register_plugin('xep_0313')
                found = []
                query = client['xep_0313'].iterate(rsm={'max': 100})
                async for result in query:
                    stanza = result['mam_result']['forwarded']['stanza']
                    found.append((result['mam_result']['id'], stanza['body']))
                return found
            return peer.call(read)

    def explain(self, one):
        missing = one.missing_in()
        bounced = [body for body in missing
                   if any(body in str(error) for error in one.friend.errors)]
        archive = self.archive(one)
        lines = ['to %s: %r, of them returned: %r' % (one.name, missing[:20], bounced)]
        for body in missing[:5]:
            at = [n for n, (_, text) in enumerate(archive) if text == body]
            lines.append('%s in the archive: %r' % (body, [archive[max(n - 3, 0):n + 4]
                                                          for n in at]))
        return '\n'.join(lines)


class EjabberdSiegeTest(SiegeTest):
    """ejabberd loses messages under a siege, which `ninja server-loss` shows without any bridge:
    one that meets the end of a session is neither delivered nor archived, stored or returned."""

    USER = 'user%04d@ejabberd.example'
    CONTACT = 'contact%03d@ejabberd.example'
    PEACE_CHANCE = 0.3  # it takes longer until the archive has been read to its end
    PEACE_S = 4
    LOST_MAX = 2

    @classmethod
    def make_server(cls, scratch):
        return Ejabberd(scratch / 'server', '--users', BRIDGES * ACCOUNTS)


def load_tests(_loader, tests, _pattern):
    """Each campaign has servers of its own: between tests of one class they would stay."""
    return unittest.TestSuite(copy.deepcopy(tests) for _ in range(CAMPAIGNS))


if __name__ == '__main__':
    unittest.main()
