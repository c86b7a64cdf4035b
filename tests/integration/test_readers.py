# SPDX-License-Identifier: GPL-2.0-or-later
"""Readers of events, and what else only the whole daemon shows of its HTTP side."""

import array
import fcntl
import json
import os
import pathlib
import socket
import subprocess
import termios
import threading
import unittest

from harness import eventually
from harness.api import password
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
READERS_MAX = 4
SENT_BYTES_MAX = 1024 * 1024  # what a socket takes, and the piece behind it
CONTACTS = 2000  # that take a moment to be told
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Poll(threading.Thread):
    """A long poll that waits in a thread of its own, sent when it is made; `answer` when it has
    ended."""

    def __init__(self, device, wait=50):
        super().__init__(daemon=True)
        self.device = device
        self.wait = wait
        self.answer = None
        self.sent = threading.Event()
        self.start()
        assert self.sent.wait(90), 'the poll was not sent'

    def run(self):
        self.answer = self.device.get('/v1/events?after=%s&wait=%d'
                                      % (self.device.cursor, self.wait), sent=self.sent)

    def end(self):
        self.join(90)
        assert self.answer is not None, 'the poll did not end'
        return self.answer


def unread_bytes(connection):
    """What has been sent to this end and waits in the system to be read."""
    count = array.array('i', [0])
    fcntl.ioctl(connection, termios.FIONREAD, count)
    return count[0]


class Stream:
    """Server-sent events on a raw socket, read only when asked."""

    def __init__(self, bridge, device, after=None, last=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(90)
        self.socket.connect(str(bridge.socket))
        lines = ['GET /v1/events%s HTTP/1.1' % ('?after=' + after if after else ''),
                 'Host: localhost', 'Authorization: Bearer ' + device.token,
                 'Accept: text/event-stream']
        if last is not None:
            lines.append('Last-Event-ID: ' + last)
        self.socket.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
        self.lines = self.socket.makefile('rb')
        self.status = int(self.lines.readline().split()[1])
        self.headers = iter(self.lines.readline, b'\r\n')
        self.headers = dict(line.decode().rstrip().split(': ', 1) for line in self.headers)
        self.last = None

    def events(self):
        """(id, event) until the stream ends; the id of an ephemeral one is None."""
        name = None
        for line in self.lines:
            if line.startswith(b'id: '):
                name = line[4:].decode().rstrip('\n')
            elif line.startswith(b'data: '):
                self.last = name or self.last
                yield name, json.loads(line[6:])
            elif line == b'\n':
                name = None

    def durable(self):
        """The same without what is for the moment."""
        return ((name, event) for name, event in self.events() if name is not None)

    def next(self, kind=None):
        """The next event, of that type."""
        return next(pair for pair in self.events() if kind in (None, pair[1]['type']))

    def close(self):
        self.lines.close()
        self.socket.close()


class ReadersTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.romeo = self.peer(ROMEO)
        self.start_bridge()
        self.phone = self.bridge.login(JULIET, name='phone')
        self.settle(self.phone)

    def settle(self, device):
        """Reads what the sign-in brought, the other's presence last of all."""
        self.romeo.send(JULIET, 'settled')
        device.wait_for('message', body='settled')

    def stream(self, device, **more):
        stream = Stream(self.bridge, device, **more)
        self.addCleanup(stream.close)
        return stream

    # -- long poll

    def test_an_empty_answer(self):
        for wait in (0, 1):
            answer = self.phone.get('/v1/events?after=%s&wait=%d' % (self.phone.cursor, wait))
            self.assertEqual(answer.json, {'events': [], 'cursor': self.phone.cursor,
                                           'more': False})

    def test_pages(self):
        start = self.phone.cursor
        bodies = ['number %d' % i for i in range(7)]
        for body in bodies:
            self.romeo.send(JULIET, body)
        self.phone.wait_for('message', body=bodies[-1])
        seen, more, cursor = [], True, start
        while more:
            page = self.phone.get('/v1/events?after=%s&limit=3' % cursor).json
            self.assertLessEqual(len(page['events']), 3)
            self.assertEqual(page['events'][-1]['cursor'], page['cursor'])
            seen += [event['data'].get('body') for event in page['events']]
            cursor, more = page['cursor'], page['more']
        self.assertEqual(seen, bodies)

    def test_presence_is_told_to_who_listens(self):
        poll = Poll(self.phone)
        stream = self.stream(self.phone, after=self.phone.cursor)
        shows = iter(['dnd', 'away'] * 1000)

        def ended():  # it may not have been listening yet
            self.romeo.call(lambda client: client.send_presence(pshow=next(shows)))
            poll.join(0.5)
            return not poll.is_alive()
        eventually(ended, what='the end of the poll')
        answer = poll.end().json
        _, event = stream.next('presence')
        for told in (answer['events'][0], event):
            self.assertEqual(told['type'], 'presence')
            self.assertNotIn('cursor', told)
            self.assertIn(told['data']['show'], ('dnd', 'away'))
        self.assertEqual(answer['cursor'], self.phone.cursor)

    # -- how many, and their end

    def test_too_many_readers(self):
        streams = [self.stream(self.phone, after=self.phone.cursor) for _ in range(READERS_MAX)]
        self.assertEqual([stream.status for stream in streams], [200] * READERS_MAX)
        answer = self.phone.get('/v1/events?wait=1')
        self.assertEqual((answer.status, answer.code), (429, 'too-many-readers'))
        self.assertIn('Retry-After', answer.headers)
        tablet = self.bridge.login(JULIET, name='tablet')
        self.assertEqual(tablet.get('/v1/events').status, 200, "another device's are its own")
        streams[0].close()
        eventually(lambda: self.phone.get('/v1/events').status == 200, what='a place')

    def test_a_removed_device_reads_no_more(self):
        tablet = self.bridge.login(JULIET, name='tablet')
        tablet.cursor = self.phone.cursor
        poll = Poll(tablet)
        stream = self.stream(tablet, after=tablet.cursor)
        mine = self.stream(self.phone, after=self.phone.cursor)
        eventually(lambda: tablet.get('/v1/account').status == 200, what='an answer')
        self.assertEqual(self.phone.delete('/v1/devices/' + tablet.login['device']['id']).status,
                         204)
        self.assertEqual(list(stream.events()), [])
        answer = poll.end()
        self.assertEqual((answer.status, answer.code), (401, 'token-revoked'))
        self.romeo.send(JULIET, 'for the phone')
        self.assertEqual(mine.next('message')[1]['data']['body'], 'for the phone')

    def test_an_erased_account_is_read_no_more(self):
        poll = Poll(self.phone)
        stream = self.stream(self.phone, after=self.phone.cursor)
        self.assertEqual(self.phone.delete('/v1/account').status, 204)
        answer = poll.end()
        self.assertEqual((answer.status, answer.code), (401, 'account-erased'))
        self.assertEqual([event for name, event in stream.events() if name is not None
                          and event['type'] != 'account.state'], [])

    def test_a_daemon_that_stops_says_so(self):
        poll = Poll(self.phone)
        stream = self.stream(self.phone, after=self.phone.cursor)
        self.assertEqual(self.bridge.stop(), 0)
        self.assertIn((poll.end().status, poll.answer.code), ((503, 'stopping'), (200, None)))
        list(stream.events())

    # -- streams

    def test_a_stream_goes_on_where_it_was(self):
        start = self.phone.cursor
        bodies = ['number %d' % i for i in range(250)]  # more than one reading of the store
        for body in bodies[:240]:
            self.romeo.send(JULIET, body)
        self.phone.wait_for('message', body=bodies[239])
        stream = self.stream(self.phone, after=start)
        self.assertEqual(stream.headers['Content-Type'], 'text/event-stream')
        self.assertEqual(stream.headers['Cache-Control'], 'no-store')
        events = stream.durable()
        seen = [next(events) for _ in range(100)]
        stream.close()
        again = self.stream(self.phone, after='k.1', last=seen[-1][0])
        events = again.durable()
        while len(seen) < 240:
            seen.append(next(events))
        for body in bodies[240:]:
            self.romeo.send(JULIET, body)
        while len(seen) < 250:
            seen.append(next(events))
        self.assertEqual([event['data']['body'] for _, event in seen], bodies)
        self.assertEqual([name for name, _ in seen], [event['cursor'] for _, event in seen])

    def test_a_stream_of_another_epoch(self):
        stream = self.stream(self.phone, after=self.phone.cursor, last='another.1')
        self.assertEqual(stream.status, 410)
        body = stream.lines.read(int(stream.headers['Content-Length']))
        self.assertEqual(json.loads(body)['code'], 'cursor-expired')

    def test_slow_readers_cost_no_memory(self):
        """More than the sockets keep: what is not read stays in the store."""
        streams = [self.stream(self.phone, after=self.phone.cursor) for _ in range(READERS_MAX - 1)]
        stream = streams[0]
        before = self.bridge.resident_kib()
        bodies = ['%03d' % i + 'x' * 20000 for i in range(600)]
        for body in bodies:
            self.romeo.send(JULIET, body)
        self.phone.wait_for('message', body=bodies[-1])
        self.assertLess(self.bridge.resident_kib() - before, 8 * 1024, 'of 12 MB for each')
        for slow in streams:
            self.assertLess(unread_bytes(slow.socket), SENT_BYTES_MAX, 'of 12 MB')
        seen = []
        while len(seen) < len(bodies):
            for _, event in stream.durable():
                seen.append(event['data'].get('body'))
                if len(seen) == len(bodies):
                    break
            else:
                stream = self.stream(self.phone, last=stream.last)  # it was cut off: it resumes
        self.assertEqual(seen, bodies)


class HttpTest(BridgeCase):
    def test_the_contract_is_handed_out(self):
        self.start_bridge()
        answer = self.bridge.api.get('/v1/openapi.json')
        self.assertEqual(answer.json, json.loads((ROOT / 'data/openapi.json').read_text()))

    def test_contacts_that_nobody_has_told_yet(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        before = device.get('/v1/snapshot').json
        self.assertTrue(before['contacts_complete'])
        self.bridge.kill()
        self.server.switch('fault', 'close@auth', 'talk.example')
        self.addCleanup(self.server.switch, 'fault', 'none', 'talk.example')
        self.bridge.start()
        for path, member in (('/v1/snapshot', 'contacts_complete'), ('/v1/contacts', 'complete')):
            answer = device.get(path).json
            self.assertEqual((answer['contacts'], answer[member]), ([], False))
        self.server.switch('fault', 'none', 'talk.example')
        device.wait_online()
        after = device.get('/v1/snapshot').json
        self.assertEqual([contact['jid'] for contact in after['contacts']],
                         [contact['jid'] for contact in before['contacts']])
        self.assertTrue(after['contacts_complete'])

    def test_contacts_by_pages(self):
        self.start_bridge()
        device = self.bridge.login(JULIET)
        first = device.get('/v1/contacts').json  # waits for the chat server
        self.assertTrue(first['complete'])
        self.assertEqual(device.by_pages('/v1/contacts', 'contacts', 2), first['contacts'])
        names = [contact['jid'] for contact in first['contacts']]
        self.assertEqual(names, sorted(names))
        self.assertGreater(len(names), 2)
        for bad in ('limit=0', 'limit=501', 'limit=x', 'page=', 'page=!'):
            answer = device.get('/v1/contacts?' + bad)
            self.assertEqual((answer.status, answer.code), (400, 'malformed'), bad)

    def test_limits_of_the_configuration(self):
        self.start_bridge(groups={'limits': ['requests-per-second=1', 'sign-ins-per-minute=2'],
                                  'listen': ['address=unix:%s' % (self.scratch / 'api.sock'),
                                             'host-names=localhost;bridge.example']})
        device = self.bridge.login(JULIET)
        answers = [device.get('/v1/account') for _ in range(8)]
        refused = [answer for answer in answers if answer.status != 200]
        self.assertTrue(refused)
        for answer in refused:
            self.assertEqual((answer.status, answer.code), (429, 'rate-limited'))
            self.assertGreaterEqual(int(answer.headers['Retry-After']), 1)

        def sign_in():
            answer = self.bridge.api.try_login(JULIET, {'type': 'token', 'token': 'wrong'})
            return answer.status == 429
        eventually(sign_in, what='a refusal')

    def test_curl(self):
        """An independent client, over TCP and a port that the system chose."""
        self.start_bridge(groups={'listen': ['address=127.0.0.1:0;unix:%s'
                                             % (self.scratch / 'api.sock')]})
        address = '%s:%d' % self.bridge.tcp_address()

        def curl(*arguments):
            done = subprocess.run(['curl', '--silent', '--show-error', '--noproxy', '*',
                                   '--max-time', '60', *arguments], check=True,
                                  capture_output=True, stdin=subprocess.DEVNULL)
            return done.stdout.decode()
        base = 'http://%s/v1' % address
        self.assertEqual(json.loads(curl(base + '/capabilities'))['name'], 'gtalk-bridge')
        self.assertIn('HTTP/1.1 200', curl('--head', base + '/capabilities'))
        secret = self.server.token(JULIET, 'oauth', 'valid')
        login = json.loads(curl(base + '/login', '--json', json.dumps(
            {'username': JULIET, 'auth': {'type': 'oauth2', 'access_token': secret},
             'device': {'name': 'curl', 'kind': 'shell'}}), '--header', 'Expect: 100-continue'))
        bearer = ('--header', 'Authorization: Bearer ' + login['access_token'])
        account = json.loads(curl(*bearer, base + '/account', base + '/account').split('}{')[0]
                             .rstrip('}') + '}')
        self.assertEqual(account['username'], JULIET)
        self.assertEqual(login['device']['kind'], 'shell')
        large = self.scratch / 'large'
        large.write_bytes(b'x' * 70000)
        status = curl(*bearer, '--output', os.devnull, '--write-out', '%{http_code}', '--data',
                      '@%s' % large, base + '/messages')
        self.assertEqual(status, '413')


class ManyContactsTest(BridgeCase):
    SERVER_OPTIONS = ('--users', '1', '--contacts', str(CONTACTS), '--groups', '5')

    def test_a_first_screen_waits_for_all_of_them(self):
        self.start_bridge()
        user = 'user0000@talk.example'
        device = self.bridge.api.login(user, password(self.server.password(user)))
        answer = device.get('/v1/snapshot').json
        self.assertEqual((len(answer['contacts']), answer['contacts_complete']), (CONTACTS, True))


class ControlTest(BridgeCase):
    def test_a_bridge_that_serves(self):
        domain = 'registration=invite'
        self.start_bridge(domains={'talk.example': '\n'.join(
            ['[domain talk.example]', domain, 'server=%s' % self.server.host,
             'port=%d' % self.server.port])})
        self.assertEqual(self.bridge.ctl('health'), 'ready\n')
        self.assertEqual(os.stat(self.bridge.control_socket).st_mode & 0o777, 0o600)
        self.refuse_invitations()
        code = self.bridge.ctl('invite', '--domain', 'Talk.Example', '--valid', '1').strip()
        invitation = json.loads(self.bridge.ctl('--json', 'invite', '--domain', 'plain.example'))
        self.assertEqual(invitation['domain'], 'plain.example')
        auth = {'type': 'token', 'token': self.server.token(JULIET, 'oauth', 'valid')}
        answer = self.bridge.api.try_login(JULIET, auth, enrolment=invitation['code'])
        self.assertEqual((answer.status, answer.code), (403, 'enrolment-required'))
        self.bridge.api.login(JULIET, auth, enrolment=code)
        self.assertEqual([int(pid) for pid in self.bridge.ctl('hosts').split()],
                         self.bridge.hosts())

    def refuse_invitations(self):
        for arguments in (['--domain', 'no domain'], ['--valid', '-1'], ['--valid', '1000000']):
            with self.assertRaises(AssertionError) as failure:
                self.bridge.ctl('invite', *arguments)
            self.assertIn('gtalk-bridgectl: ', str(failure.exception))

    def test_a_bridge_that_is_sealed(self):
        self.start_bridge(absent=True, start=False)
        self.bridge.launch()
        eventually(self.bridge.control_socket.exists, what='the control socket')
        eventually(self.bridge.socket.exists, what='the API')
        with self.assertRaises(AssertionError) as failure:
            self.bridge.ctl('health')
        self.assertIn('gtalk-bridgectl: ', str(failure.exception))
        with self.assertRaises(AssertionError):
            self.bridge.ctl('invite')
        answer = self.bridge.api.try_login(JULIET, {'type': 'token', 'token': 'x'})
        self.assertEqual((answer.status, answer.code), (503, 'sealed'))
        self.assertIn('Retry-After', answer.headers)
        self.assertEqual(self.bridge.api.get('/v1/capabilities').status, 200)

    def test_no_bridge_at_all(self):
        self.start_bridge(absent=True, start=False)
        with self.assertRaises(AssertionError) as failure:
            self.bridge.ctl('health')
        self.assertIn('no gtalk-bridge answers at', str(failure.exception))


if __name__ == '__main__':
    unittest.main()
