# SPDX-License-Identifier: GPL-2.0-or-later
"""A siege: the daemon, its hosts or all of them are killed again and again while messages go both
ways, to an account that has the bridge alone and to one that a phone is signed in to as well; and
now and then the clock is put. Whatever is hit and when: what was sent arrives once, in its order,
nobody is told otherwise, and a reader who keeps its cursor sees nothing twice.

GTALK_SIEGE_ROUNDS says how often, GTALK_SIEGE_SECONDS how long at most, GTALK_SIEGE_CAMPAIGNS how
many times with a new server, of each kind (`ninja soak` makes thousands of rounds);
GTALK_SIEGE_SEED makes the same choices again."""

import copy
import http.client
import itertools
import os
import random
import signal
import threading
import time
import unittest
import uuid
from collections import Counter

from harness import Device, Ejabberd, eventually
from harness.case import BridgeCase
from harness.process import build_dir

ROUNDS = int(os.environ.get('GTALK_SIEGE_ROUNDS', '20'))
SECONDS = float(os.environ.get('GTALK_SIEGE_SECONDS', '8'))
CAMPAIGNS = int(os.environ.get('GTALK_SIEGE_CAMPAIGNS', '1'))
SEED = int(os.environ.get('GTALK_SIEGE_SEED', '0')) or random.SystemRandom().randrange(1, 10 ** 9)
TRUCE = 25  # rounds until all has to be there
LIFE_S = 0.7  # how long a daemon lives at most
HOST_KILLS_MAX = 2  # more within one life are quarantine's business
CLOCK_CHANCE = 0.1
AHEAD_H = 12  # at most; only ever ahead: the server's certificate is new
IN_PAUSE_S = 0.06  # archives are slow to write and to read when they are long
OUT_PAUSE_S = 0.05
ANSWER_S = 20
SETTLE_S = 120
SHIFT = 'tests/harness/clock-shift.so'


class Besieged:
    """One account: who writes to it, who writes for it, and who reads."""

    def __init__(self, siege, jid):
        self.siege = siege
        self.jid = jid
        self.name = jid.split('@')[0]
        self.device = siege.bridge.login(jid)
        self.random = random.Random('%s %s' % (siege.seed, jid))
        self.sent_in = []
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
            self.siege.assertFalse(thread.is_alive(), '%s does not come to its end' % self.name)
        if self.failure is not None:
            raise self.failure

    def work(self, what):
        try:
            while not self.over.is_set():
                what()
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    def write_in(self):
        body = '%s in %05d' % (self.name, len(self.sent_in))
        self.siege.romeo.send(self.jid, body)
        self.sent_in.append(body)
        self.over.wait(IN_PAUSE_S)

    def write_out(self):
        """The same one until it is taken: who gets no answer asks again."""
        body = '%s out %05d' % (self.name, len(self.sent_out))
        name = str(uuid.UUID(int=self.random.getrandbits(128)))
        eventually(lambda: self.offer(body, name), 60, 'an answer to ' + body, OUT_PAUSE_S)
        self.sent_out.append(body)
        self.over.wait(OUT_PAUSE_S)

    def offer(self, body, name):
        message = {'to': self.siege.romeo.jid, 'body': body, 'id': name}
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
            self.over.wait(OUT_PAUSE_S)
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
        return len(set(self.sent_in) - set(self.bodies))

    def missing_out(self):
        return len(set(self.sent_out) - set(self.siege.bodies_out(self.name)))


class SiegeTest(BridgeCase):
    domain = 'talk.example'
    campaign = 0
    LATE_MAX = 0
    BOUNCES_MAX = 0

    def setUp(self):
        super().setUp()
        type(self).campaign += 1
        self.seed = '%d %d %s' % (SEED, self.campaign, self.domain)
        self.random = random.Random(self.seed)
        self.clock = self.scratch / 'clock'
        self.clock.write_bytes(bytes(8))
        self.start_bridge(environment=self.shifted())
        self.romeo = self.peer('romeo@' + self.domain)
        self.kills = Counter()
        self.host_kills = 0

    def shifted(self):
        if 'ASAN_OPTIONS' in os.environ:
            return {}  # a sanitizer has to come first
        return {'LD_PRELOAD': build_dir() / SHIFT, 'GTALK_CLOCK_SHIFT': self.clock}

    def put_clock(self):
        """In its place, for who has it mapped."""
        with open(self.clock, 'r+b') as clock:
            clock.write(self.random.randrange(AHEAD_H * 3600).to_bytes(8, 'little'))
        self.kills['clock'] += 1

    def bodies_out(self, name):
        return [body for body in self.romeo.bodies() if body.startswith(name + ' out ')]

    def strike(self):
        """After a while, at whom chance says."""
        time.sleep(self.random.random() * LIFE_S)
        if self.random.random() < CLOCK_CHANCE:
            self.put_clock()
        whom = self.random.choice(('daemon', 'hosts', 'all'))
        hosts = self.bridge.hosts()
        if whom == 'hosts' and (self.host_kills >= HOST_KILLS_MAX or not hosts):
            whom = 'daemon'
        self.kills[whom] += 1
        if whom == 'hosts':
            self.strike_hosts(hosts)
            return
        if whom == 'daemon':
            os.kill(self.bridge.process.pid, signal.SIGKILL)
            self.bridge.process.wait()
        else:
            self.bridge.kill()
        self.host_kills = 0
        self.bridge.start()

    def strike_hosts(self, hosts):
        self.host_kills += 1
        for pid in hosts:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def settle(self, people):
        for one in people:
            one.halt()
        self.romeo.sync()
        for one in people:
            eventually(lambda one=one: one.missing_in() == 0, SETTLE_S,
                       lambda one=one: self.explain(one), 0.2)
            eventually(lambda one=one: one.missing_out() == 0, SETTLE_S,
                       lambda one=one: 'all that %s sent: %r' % (one.name, sorted(
                           set(one.sent_out) - set(self.bodies_out(one.name)))[:20]), 0.2)
        self.romeo.sync()
        for one in people:
            one.read()
            self.check(one)

    def check(self, one):
        self.compare(one.bodies, one.sent_in, 'to ' + one.name)
        self.compare(self.bodies_out(one.name), one.sent_out, 'from ' + one.name)
        self.assertEqual([told for told in one.statuses
                          if told['status'] in ('failed', 'unknown')], [])
        self.assertLessEqual(len(self.romeo.errors), self.BOUNCES_MAX,
                             [str(error) for error in self.romeo.errors[:5]])

    def compare(self, found, wanted, what):
        twice = [body for body, count in Counter(found).items() if count > 1]
        self.assertEqual(twice, [], 'twice ' + what)
        self.assertEqual(len(found), len(wanted), what)
        highest = itertools.accumulate(found, max)
        late = [body for body, newest in zip(found, highest) if body < newest]
        if 0 < len(late) <= self.LATE_MAX:
            print('seed %s: late %s: %r' % (self.seed, what, late), flush=True)
            self.assertEqual(sorted(found), wanted, what)
            return
        at = next((n for n, pair in enumerate(zip(found, wanted)) if pair[0] != pair[1]), None)
        if at is not None:
            self.fail('%s: %r where %r belongs' % (what, found[at:at + 5], wanted[at:at + 5]))

    def check_from_start(self, one):
        """Another reader sees what this one saw."""
        again = Device(self.bridge.api, one.device.login)
        while again.poll():
            pass
        bodies = [event['data']['body'] for event in again.of_type('message')]
        self.assertEqual([body for body in bodies if body.startswith(one.name)], one.bodies)
        cursors = [event['cursor'] for event in again.durable()]
        self.assertEqual(len(cursors), len(set(cursors)))

    def test_nothing_is_lost(self):
        phone = self.peer('nurse@' + self.domain, resource='phone', carbons=True)
        people = [Besieged(self, 'juliet@' + self.domain), Besieged(self, 'nurse@' + self.domain)]
        begun = time.monotonic()
        done = 0
        while done < ROUNDS and time.monotonic() - begun < SECONDS:
            for one in people:
                one.go()
            for _ in range(min(TRUCE, ROUNDS - done)):
                self.strike()
                done += 1
                if time.monotonic() - begun >= SECONDS:
                    break
            truce = time.monotonic()
            self.settle(people)
            print('seed %s: %d rounds, %.0f s, of them %.1f until all was there: %s, %d in, %d out'
                  % (self.seed, done, time.monotonic() - begun, time.monotonic() - truce,
                     dict(self.kills), sum(len(one.sent_in) for one in people),
                     sum(len(one.sent_out) for one in people)), flush=True)
        for one in people:
            self.check_from_start(one)
        self.assertLessEqual(set(people[1].sent_in), set(phone.bodies()))

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
        missing = sorted(set(one.sent_in) - set(one.bodies))
        bounced = [body for body in missing
                   if any(body in str(error) for error in self.romeo.errors)]
        archive = self.archive(one)
        lines = ['seed %s, to %s: %r, of them returned: %r'
                 % (self.seed, one.name, missing[:20], bounced)]
        for body in missing[:5]:
            at = [n for n, (_, text) in enumerate(archive) if text == body]
            lines.append('%s in the archive: %r' % (body, [archive[max(n - 3, 0):n + 4]
                                                          for n in at]))
        return '\n'.join(lines)


class EjabberdSiegeTest(SiegeTest):
    """ejabberd may decide that nobody is there for a message, take a client's presence and answer
    for its archive, and only then put that message there: what its sender wrote next comes live,
    and the message itself when it is asked for. So a few may be late; and it returns what was asked
    for and not answered for."""

    domain = 'ejabberd.example'
    LATE_MAX = 10
    BOUNCES_MAX = 10

    @classmethod
    def make_server(cls, scratch):
        return Ejabberd(scratch / 'server')


def load_tests(_loader, tests, _pattern):
    """Each campaign has servers of its own: between tests of one class they would stay."""
    return unittest.TestSuite(copy.deepcopy(tests) for _ in range(CAMPAIGNS))


if __name__ == '__main__':
    unittest.main()
