# SPDX-License-Identifier: GPL-2.0-or-later
"""Every operation and every status code of data/openapi.json against the running daemon.

Whoever adds an operation adds a row to CASES: what a device asks to get each status. These come by
themselves: 401 (no token), 413 and 415 and, with a body, 400 (what is wrong with any body), 429,
503 (no keyring), 504 (the first case again, while the account's host does nothing), and where the
path has {jid} 404 (no JID) and 409 (the first case again, while the chat server is gone). What
cannot be shown here in a moment stands in ELSEWHERE.

And every kind of event, of which each that any test sees is held against its schema (harness/
contract.py): whoever adds one has it happen in walk_events, or names the test where it does in
EVENTS_ELSEWHERE."""

import base64
import concurrent.futures
import contextlib
import os
import signal
import threading
import unittest
import uuid

from harness import Keyring, Scratch, eventually
from harness.api import password, token
from harness.bridge import Bridge, domain_section
from harness.case import BridgeCase
from harness.contract import Contract
from harness.peer import TINY_PNG, RoomPeer

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'
ROSALINE = 'rosaline@plain.example'
ROOM = 'ball@conference.plain.example'
CLOSED = 'closed@conference.plain.example'
ENOUGH = 20  # requests to be refused for their number
BODY_MAX = 64 * 1024


class World:
    """What the cases ask with."""

    def __init__(self, bridge, case):
        self.bridge = bridge
        self.case = case
        self.phone = bridge.login(JULIET)
        self.phone.wait_online()
        self.epoch = self.phone.cursor.partition('.')[0]
        self.message_id = str(uuid.uuid4())
        self.romeo = None

    def ask(self, method, path, body=None, device=None, **headers):
        headers = {name.replace('_', '-'): value for name, value in headers.items()}
        return self.bridge.api.request(method, path, body, (device or self.phone).token,
                                       headers=headers)

    def login(self, jid, auth=None):
        auth = auth or token(self.bridge.server.token(jid))
        return self.bridge.api.try_login(jid, auth)

    def another(self):
        """A device of another account."""
        return self.bridge.login(ROMEO)

    def credential(self, auth):
        return self.ask('PUT', '/v1/account/credential', {'auth': auth})

    def contact(self, method, jid, what='', body=None):
        return self.ask(method, '/v1/contacts/%s%s' % (jid, what), body)

    def avatar(self):
        """Of somebody who has one."""
        if self.romeo is None:
            self.romeo = self.case.peer(ROMEO)
            self.romeo.set_avatar(TINY_PNG)
        return self.get('/v1/contacts/%s/avatar' % ROMEO)

    def message(self, body, to=ROMEO):
        return self.ask('POST', '/v1/messages', {'id': self.message_id, 'to': to, 'body': body})

    def cursor(self, number):
        return '%s.%d' % (self.epoch, number)

    def get(self, path):
        return self.ask('GET', path)

    def ack(self, cursor):
        return self.ask('POST', '/v1/events/ack', {'cursor': cursor})

    def socket(self, query=''):
        return self.ask('GET', '/v1/socket' + query, Connection='Upgrade', Upgrade='websocket',
                        Sec_WebSocket_Version='13', Sec_WebSocket_Protocol='gtalk-bridge.v1',
                        Sec_WebSocket_Key=base64.b64encode(os.urandom(16)).decode())

    def open_request(self):
        """Somebody asks to see the presence."""
        name = 'x' + uuid.uuid4().hex
        self.bridge.server.control('account', user=name, domain='talk.example', password='t')
        peer = self.case.peer(name + '@talk.example', password='t', authorize=False)
        peer.send_raw('<presence to="%s" type="subscribe"/>' % JULIET)
        return self.phone.wait_for('subscription.request', jid=peer.jid)['data']['id']

    def request(self, answer):
        return self.ask('POST', '/v1/requests/' + self.open_request(), {'answer': answer})

    def push(self, method, what='', kind='webhook', **members):
        return self.ask(method, '/v1/push/' + kind + what,
                        members if method == 'PUT' or what == '/verify' else None)

    def challenge(self):
        """Once more, as soon as there may be another one."""
        def ask():
            answer = self.push('POST', '/test')
            return None if answer.status == 503 else answer
        return eventually(ask, what='another challenge', pause=0.5)

    def room(self, method, what='', **members):
        return self.ask(method, '/v1/rooms/%s%s' % (ROOM, what),
                        members if method != 'GET' else None)

    def closed_room(self):
        owner = RoomPeer(self.bridge.server, ROSALINE)
        self.case.addCleanup(owner.close)
        owner.enter(CLOSED, 'rosaline')
        owner.configure(CLOSED, membersonly=1)
        return self.ask('PUT', '/v1/rooms/' + CLOSED, {})

    def left_room(self):
        other = 'left@' + ROOM.split('@')[1]
        self.ask('PUT', '/v1/rooms/' + other, {})
        return self.ask('DELETE', '/v1/rooms/' + other)


NOWHERE = 'https://localhost:1/hook'
OTHER_EPOCH = 'aaaaaaaa.1'
CASES = {
    'GET /v1/capabilities': {200: lambda w: w.get('/v1/capabilities')},
    'GET /v1/openapi.json': {200: lambda w: w.get('/v1/openapi.json')},
    'POST /v1/login': {
        201: lambda w: w.login(ROMEO),
        403: lambda w: w.login('somebody@elsewhere.example', token('x')),
        422: lambda w: w.login(ROMEO, token('wrong')),
        502: lambda w: w.login('somebody@gone.example', token('x'))},
    'GET /v1/account': {200: lambda w: w.get('/v1/account')},
    'DELETE /v1/account': {
        204: lambda w: w.ask('DELETE', '/v1/account', device=w.another())},
    'PUT /v1/account/credential': {
        204: lambda w: w.credential(token(w.bridge.server.token(JULIET))),
        403: lambda w: w.credential(password('secret')),
        422: lambda w: w.credential(token('wrong'))},
    'GET /v1/snapshot': {
        200: lambda w: w.get('/v1/snapshot'),
        304: lambda w: w.ask('GET', '/v1/snapshot',
                             If_None_Match=w.get('/v1/snapshot').headers['ETag'])},
    'GET /v1/presence': {200: lambda w: w.get('/v1/presence')},
    'PUT /v1/presence': {
        200: lambda w: w.ask('PUT', '/v1/presence', {'show': 'away', 'status': 'at the tomb'}),
        422: lambda w: w.ask('PUT', '/v1/presence', {'show': 'asleep'})},
    'GET /v1/shared-status': {200: lambda w: w.get('/v1/shared-status')},
    'PUT /v1/shared-status': {
        204: lambda w: w.ask('PUT', '/v1/shared-status',
                             {'show': 'dnd', 'status': 'at the ball', 'invisible': False}),
        422: lambda w: w.ask('PUT', '/v1/shared-status',
                             {'show': 'asleep', 'status': '', 'invisible': False})},
    'GET /v1/contacts': {
        200: lambda w: w.get('/v1/contacts'),
        400: lambda w: w.get('/v1/contacts?limit=0')},
    'PUT /v1/contacts/{jid}': {
        204: lambda w: w.contact('PUT', ROMEO, body={'name': 'Romeo'}),
        422: lambda w: w.contact('PUT', JULIET, body={'name': 'Me'})},
    'DELETE /v1/contacts/{jid}': {
        204: lambda w: w.contact('DELETE', NURSE)},
    'POST /v1/contacts/{jid}/approve': {
        204: lambda w: w.contact('POST', ROMEO, '/approve'),
        422: lambda w: w.contact('POST', JULIET, '/approve')},
    'POST /v1/contacts/{jid}/deny': {
        204: lambda w: w.contact('POST', NURSE, '/deny'),
        422: lambda w: w.contact('POST', JULIET, '/deny')},
    'POST /v1/contacts/{jid}/block': {
        204: lambda w: w.contact('POST', NURSE, '/block'),
        422: lambda w: w.contact('POST', JULIET, '/block')},
    'POST /v1/contacts/{jid}/unblock': {
        204: lambda w: w.contact('POST', NURSE, '/unblock'),
        422: lambda w: w.contact('POST', JULIET, '/unblock')},
    'GET /v1/contacts/{jid}/avatar': {
        200: lambda w: w.avatar(),
        304: lambda w: w.ask('GET', '/v1/contacts/%s/avatar' % ROMEO,
                             If_None_Match=w.avatar().headers['ETag']),
        404: lambda w: w.get('/v1/contacts/%s/avatar' % NURSE)},
    'POST /v1/contacts/{jid}/typing': {
        204: lambda w: w.contact('POST', ROMEO, '/typing', {'state': 'composing'}),
        422: lambda w: w.contact('POST', ROMEO, '/typing', {'state': 'asleep'})},
    'PUT /v1/contacts/{jid}/read': {
        204: lambda w: w.contact('PUT', ROMEO, '/read', {'cursor': w.cursor(1)}),
        410: lambda w: w.contact('PUT', ROMEO, '/read', {'cursor': OTHER_EPOCH}),
        422: lambda w: w.contact('PUT', ROMEO, '/read', {'cursor': w.cursor(999999)})},
    'PUT /v1/contacts/{jid}/off-the-record': {
        204: lambda w: w.contact('PUT', NURSE, '/off-the-record', {'enabled': True}),
        422: lambda w: w.contact('PUT', JULIET, '/off-the-record', {'enabled': True})},
    'POST /v1/messages': {
        202: lambda w: w.message('Wherefore?'),
        409: lambda w: w.message('Therefore!'),
        422: lambda w: w.message('Who?', to='no address')},
    'GET /v1/messages': {
        200: lambda w: w.get('/v1/messages?with=' + ROMEO),
        400: lambda w: w.get('/v1/messages?with=%s&limit=0' % ROMEO),
        410: lambda w: w.get('/v1/messages?with=%s&page=%s' % (ROMEO, OTHER_EPOCH)),
        422: lambda w: w.get('/v1/messages?with=%20')},
    'PUT /v1/rooms/{jid}': {
        200: lambda w: w.room('PUT', nick='Juliet'),
        403: lambda w: w.closed_room(),
        422: lambda w: w.room('PUT', nick='two\nlines')},
    'GET /v1/rooms': {
        200: lambda w: w.get('/v1/rooms'),
        400: lambda w: w.get('/v1/rooms?limit=0')},
    'POST /v1/rooms': {
        201: lambda w: w.ask('POST', '/v1/rooms', {'invite': [ROMEO]}),
        422: lambda w: w.ask('POST', '/v1/rooms', {'invite': ['no address']})},
    'GET /v1/rooms/{jid}': {200: lambda w: w.room('GET')},
    'POST /v1/rooms/{jid}/invite': {
        204: lambda w: w.room('POST', '/invite', jid=ROMEO),
        422: lambda w: w.room('POST', '/invite', jid='no address')},
    'PUT /v1/rooms/{jid}/topic': {
        204: lambda w: w.room('PUT', '/topic', topic='Masks'),
        422: lambda w: w.room('PUT', '/topic', topic='x' * 5000)},
    'DELETE /v1/rooms/{jid}': {
        204: lambda w: w.left_room()},
    'GET /v1/requests': {
        200: lambda w: w.get('/v1/requests'),
        400: lambda w: w.get('/v1/requests?limit=501')},
    'POST /v1/requests/{id}': {
        204: lambda w: w.request('deny'),
        404: lambda w: w.ask('POST', '/v1/requests/none', {'answer': 'deny'}),
        422: lambda w: w.request('perhaps')},
    'GET /v1/events': {
        200: lambda w: w.get('/v1/events?after=' + w.phone.login['cursor']),
        400: lambda w: w.get('/v1/events?limit=0'),
        410: lambda w: w.get('/v1/events?after=' + OTHER_EPOCH),
        422: lambda w: w.get('/v1/events?after=' + w.cursor(999999))},
    'POST /v1/events/ack': {
        204: lambda w: w.ack(w.cursor(1)),
        410: lambda w: w.ack(OTHER_EPOCH),
        422: lambda w: w.ack(w.cursor(999999))},
    'GET /v1/socket': {
        101: lambda w: w.socket(),
        410: lambda w: w.socket('?after=' + OTHER_EPOCH),
        422: lambda w: w.socket('?after=' + w.cursor(999999)),
        426: lambda w: w.get('/v1/socket')},
    'POST /v1/tickets': {201: lambda w: w.ask('POST', '/v1/tickets')},
    'PUT /v1/push/{type}': {
        201: lambda w: w.push('PUT', endpoint=NOWHERE),
        200: lambda w: w.push('PUT', endpoint=NOWHERE, content='full',
                              quiet={'from': '22:00', 'to': '07:00'}),
        404: lambda w: w.push('PUT', kind='pigeon', endpoint=NOWHERE),
        422: lambda w: w.push('PUT', endpoint='https://localhost/')},
    'GET /v1/push/{type}': {
        200: lambda w: w.push('GET'),
        404: lambda w: w.push('GET', kind='webpush')},
    'POST /v1/push/{type}/verify': {
        404: lambda w: w.push('POST', '/verify', 'webpush', challenge='x'),
        422: lambda w: w.push('POST', '/verify', challenge='x')},
    'POST /v1/push/{type}/test': {
        200: lambda w: w.challenge(),
        404: lambda w: w.push('POST', '/test', 'webpush')},
    'DELETE /v1/push/{type}': {
        204: lambda w: w.push('DELETE'),
        404: lambda w: w.push('DELETE')},
    'GET /v1/devices': {
        200: lambda w: w.get('/v1/devices'),
        400: lambda w: w.get('/v1/devices?page=_')},
    'DELETE /v1/devices/{id}': {
        204: lambda w: w.ask('DELETE', '/v1/devices/self', device=w.another()),
        404: lambda w: w.ask('DELETE', '/v1/devices/none')},
}

# What takes half a minute, or a fault: which test shows it.
ELSEWHERE = {
    ('POST /v1/login', 409): 'integration/listen: too many devices',
    ('POST /v1/login', 504): 'unit/bridge-login',
    ('PUT /v1/account/credential', 404): 'a race: erased while its token is checked',
    ('PUT /v1/account/credential', 502): 'integration/credential',
    ('PUT /v1/account/credential', 504): 'unit/bridge-login',
    ('POST /v1/requests/{id}', 403): 'integration/rooms: invited, and banned meanwhile',
    ('POST /v1/requests/{id}', 409): 'integration/contacts',
    ('GET /v1/contacts/{jid}/avatar', 422): 'integration/avatar: a server that refuses',
    ('POST /v1/rooms', 409): 'integration/rooms: no place for a room',
    ('DELETE /v1/contacts/{jid}', 422): 'integration/contacts',
    ('PUT /v1/presence', 409): 'integration/own-presence: a server that knows no invisibility',
    ('GET /v1/shared-status', 409): 'integration/own-presence',
    ('PUT /v1/shared-status', 409): 'integration/own-presence',
    ('GET /v1/mail', 200): 'integration/mailbox',
    ('GET /v1/mail', 409): 'integration/mailbox: a server without mail',
    ('GET /v1/mail', 504): 'as of the others, but only before the mail is known',
    ('GET /v1/socket', 400): 'integration/socket',
    ('PUT /v1/push/{type}', 409): 'unit/bridge-push',
    ('POST /v1/push/{type}/verify', 204): 'integration/push',
}

EVENTS_ELSEWHERE = {
    'mail': 'integration/mailbox',
    'message.undeliverable': 'integration/hostility',
    'push.trouble': 'integration/push-trouble',
    'request': 'integration/contacts: credentials that do not hold any more',
    'room.invite-refused': 'integration/rooms',
}


class Listener:
    """Reads what happens to a device's account, until the bridge ends."""

    def __init__(self, device):
        self.kinds = set()
        self.wrong = None
        self.stream = device.stream(after=device.login['cursor'])
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        try:
            for _, _, event in self.stream:
                self.kinds.add(event['type'])
        except AssertionError as wrong:
            self.wrong = wrong


class ContractTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.server.reset()
        self.contract = Contract()
        self.seen = set()

    def hold(self, operation, status, answer):
        with self.subTest(operation, status=status):
            self.seen.add((operation, status))
            self.assertEqual(answer.status, status, answer)
            self.assertIsNone(self.contract.check(operation, status, answer), answer)

    def expected(self):
        """{(operation, status)} that the document names."""
        return {(operation, int(status))
                for operation, what in self.contract.operations().items()
                for status in what['responses']}

    def names(self, status):
        return sorted(operation for operation, named in self.expected() if named == status)

    def plain(self, bridge, operation, headers=None, body=None):
        """Of a device without a name to a thing without one."""
        method, path = operation.split(' ')
        for name in ('{jid}', '{id}', '{type}'):
            path = path.replace(name, 'nobody')
        return bridge.api.request(method, path, body, headers=headers)

    def walk_bodies(self, world):
        """Whatever the path, the body is looked at first."""
        for operation in self.contract.operations():
            if not self.contract.takes_body(operation):
                continue
            method, path = operation.split(' ')
            for status, body, kind in ((400, b'{', 'application/json'), (415, b'{}', 'text/plain'),
                                       (413, b' ' * (BODY_MAX + 1), 'application/json')):
                self.hold(operation, status, world.ask(method, path.replace('{', '').replace(
                    '}', ''), body, Content_Type=kind))

    def walk_paths(self, world):
        for operation in self.names(404):
            method, path = operation.split(' ')
            if '{jid}' in path and 404 not in CASES.get(operation, {}):
                body = {} if self.contract.takes_body(operation) else None
                self.hold(operation, 404, world.ask(method, path.replace('{jid}', '%20'), body))

    def walk_events(self, world, listener):
        """What has not happened by what was asked for."""
        world.romeo.send(JULIET, 'It is the east.')
        world.romeo.send_raw('<message to="%s" type="chat"><composing xmlns='
                             '"http://jabber.org/protocol/chatstates"/></message>' % JULIET)
        world.romeo.send_raw('<presence><show>away</show></presence>')
        rosaline = RoomPeer(self.server, ROSALINE)
        self.addCleanup(rosaline.close)
        rosaline.enter(ROOM, 'rosaline')
        rosaline.say(ROOM, 'A hall, a hall!')
        rosaline.enter('feast@' + ROOM.split('@')[1], 'rosaline')
        rosaline.invite('feast@' + ROOM.split('@')[1], JULIET)
        expected = self.contract.kinds() - set(EVENTS_ELSEWHERE)
        with contextlib.suppress(AssertionError):
            eventually(lambda: listener.wrong or listener.kinds >= expected, what='all events')
        self.assertIsNone(listener.wrong)
        self.assertEqual(expected - listener.kinds, set(), 'kinds of events that did not happen')
        self.assertEqual(set(EVENTS_ELSEWHERE) - self.contract.kinds(), set())

    def walk_offline(self, world):
        self.server.stop()
        self.addCleanup(self.server.start_again)
        eventually(lambda: not world.phone.is_online(), what='offline')
        for operation in self.names(409):
            cases = CASES.get(operation, {})
            if '{jid}' in operation and 409 not in cases and cases:
                self.hold(operation, 409, next(iter(cases.values()))(world))

    @contextlib.contextmanager
    def frozen(self, world):
        """Meanwhile every operation that needs a host is asked for, and none of them answers."""
        waiting = world.open_request()
        cases = {operation: next(iter(CASES.get(operation, {}).values()), None)
                 for operation in self.names(504) if (operation, 504) not in ELSEWHERE}
        cases['DELETE /v1/contacts/{jid}'] = lambda w: w.contact('DELETE', ROMEO)
        cases['PUT /v1/rooms/{jid}'] = lambda w: w.ask('PUT', '/v1/rooms/other' + ROOM, {})
        cases['POST /v1/requests/{id}'] = lambda w: w.ask(
            'POST', '/v1/requests/' + waiting, {'answer': 'deny'})
        hosts = self.bridge.hosts()
        for host in hosts:
            os.kill(host, signal.SIGSTOP)
        try:
            with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
                asked = {operation: pool.submit(case, world) for operation, case in cases.items()}
                yield
            for operation, answer in asked.items():
                self.hold(operation, 504, answer.result())
        finally:
            for host in hosts:
                os.kill(host, signal.SIGCONT)

    def ask_too_often(self, limited, operation):
        answer = None
        for _ in range(ENOUGH):
            answer = self.plain(limited, operation)
            if answer.status == 429:
                break
        return answer

    def walk_refusals(self, sealed, limited):
        for operation in self.names(401):
            self.hold(operation, 401, self.plain(sealed, operation))
        for operation in self.names(503):
            self.hold(operation, 503, self.plain(
                sealed, operation, {'Authorization': 'Bearer x'},
                {'username': ROMEO, 'auth': token('x'), 'device': {'name': 'x'}}
                if self.contract.takes_body(operation) else None))
        for operation in self.names(429):
            self.hold(operation, 429, self.ask_too_often(limited, operation))

    def start_another(self, absent, groups):
        scratch = Scratch()
        self.addCleanup(scratch.close)
        keyring = Keyring(scratch, absent)
        self.addCleanup(keyring.close)
        bridge = Bridge(scratch, self.server, keyring, groups=groups, start=False)
        self.addCleanup(bridge.close)
        bridge.launch()
        return bridge

    def test_every_operation_and_status(self):
        rates = ['requests-per-second=%d', 'sign-ins-per-minute=%d']
        sealed = self.start_another(True, {})
        limited = self.start_another(False, {'limits': [rate % 1 for rate in rates]})
        self.start_bridge(groups={'hosts': ['hang-seconds=600'], 'push': ['types=webpush;webhook',
                                           'contact=mailto:push@example.org',
                                           'allow=localhost:1=127.0.0.0/8']}, domains={
            'talk.example': domain_section(self.server, 'talk.example', passwords=False),
            'gone.example': '[domain gone.example]\nregistration=open\nserver=127.0.0.1\nport=1'})
        world = World(self.bridge, self)
        listener = Listener(world.phone)
        for operation, cases in CASES.items():
            for status, case in cases.items():
                self.assertIn((operation, status), self.expected(),
                              'CASES has what data/openapi.json does not name')
                self.hold(operation, status, case(world))
        self.walk_bodies(world)
        self.walk_paths(world)
        self.walk_events(world, listener)
        for bridge in (sealed, limited):
            eventually(bridge.answers, what='the other bridges')
        with self.frozen(world):
            self.walk_refusals(sealed, limited)
        self.walk_offline(world)
        self.check_cover()

    def check_cover(self):
        for operation, status in sorted(self.expected() - self.seen - set(ELSEWHERE)):
            with self.subTest(operation, status=status):
                self.fail('data/openapi.json says that %s answers %d, and nothing here asks for '
                          'that: add a case to CASES in tests/integration/test_contract.py, or '
                          'the test that shows it to ELSEWHERE' % (operation, status))
        self.assertEqual(sorted(set(ELSEWHERE) - self.expected()), [],
                         'ELSEWHERE has what data/openapi.json does not name')


if __name__ == '__main__':
    unittest.main()
