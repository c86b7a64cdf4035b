# SPDX-License-Identifier: GPL-2.0-or-later
"""The bridge's JSON API as an app speaks it, through a Unix socket or a TCP port."""

import http.client
import json
import socket
import uuid

from .contract import hold_event, hold_events_of
from .process import DEADLINE_S, eventually

TIMEOUT_S = 90  # more than the longest poll and the longest sign-in


WITH_EVENTS = ('/v1/events', '/v1/messages', '/v1/snapshot')


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__('localhost', timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The stable code of a problem, None if this is none."""
        if not self.headers.get('Content-Type', '').startswith('application/problem+json'):
            return None
        return self.json['code']

    def __repr__(self):
        return '%d %s' % (self.status, self.body.decode(errors='replace')[:500])


class Api:
    """address: the path of a Unix socket, or (host, port)."""

    def __init__(self, address):
        self.address = address

    def connect(self, timeout=TIMEOUT_S):
        if isinstance(self.address, tuple):
            return http.client.HTTPConnection(*self.address, timeout=timeout)
        return _UnixConnection(self.address, timeout)

    def request(self, method, path, body=None, token=None, headers=None, timeout=TIMEOUT_S,
                sent=None):
        """One request on a connection of its own. body: bytes as they are, else as JSON. sent: is
        set when it is on its way."""
        headers = dict(headers or {})
        if token is not None:
            headers['Authorization'] = 'Bearer ' + token
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault('Content-Type', 'application/json')
        connection = self.connect(timeout)
        try:
            connection.request(method, path, body, headers)
            if sent is not None:
                sent.set()
            got = connection.getresponse()
            answer = Answer(got.status, dict(got.getheaders()), got.read())
        finally:
            connection.close()
        if answer.status == 200 and path.partition('?')[0] in WITH_EVENTS:
            hold_events_of(answer.json)
        return answer

    def get(self, path, token=None, **more):
        return self.request('GET', path, token=token, **more)

    def post(self, path, body, token=None, **more):
        return self.request('POST', path, body, token, **more)

    def try_login(self, username, auth, enrolment=None, name='test', protocol=None):
        body = {'username': username, 'auth': auth, 'device': {'name': name}}
        if enrolment is not None:
            body['enrolment'] = enrolment
        if protocol is not None:
            body['protocol'] = protocol
        return self.post('/v1/login', body)

    def login(self, username, auth, enrolment=None, name='test', protocol=None):
        answer = self.try_login(username, auth, enrolment, name, protocol)
        if answer.status != 201:
            raise AssertionError('login of %s: %r' % (username, answer))
        return Device(self, answer.json)


class Device:
    """One signed-in device and where it is in the events."""

    def __init__(self, api, login):
        self.api = api
        self.token = login['access_token']
        self.login = login
        self.cursor = login['cursor']
        self.events = []

    def get(self, path, **more):
        return self.api.get(path, self.token, **more)

    def post(self, path, body, **more):
        return self.api.post(path, body, self.token, **more)

    def put(self, path, body, **more):
        return self.api.request('PUT', path, body, self.token, **more)

    def delete(self, path):
        return self.api.request('DELETE', path, token=self.token)

    def by_pages(self, path, member, limit):
        """A list as its pages give it, one after the other."""
        found, page = [], ''
        while page is not None:
            answer = self.get('%s?limit=%d%s' % (path, limit, '&page=' + page if page else '')).json
            assert len(answer[member]) <= limit, answer
            found += answer[member]
            page = answer['next']
        return found

    def account(self):
        return self.get('/v1/account').json

    def is_online(self):
        return self.account()['state'] == 'online'

    def wait_online(self, deadline=DEADLINE_S):
        eventually(self.is_online, deadline, 'the account online')

    def poll(self, wait=0, limit=500):
        """Reads on from this device's own cursor, without acknowledging; returns the new events."""
        answer = self.get('/v1/events?after=%s&wait=%d&limit=%d' % (self.cursor, wait, limit))
        if answer.status != 200:
            raise AssertionError('events: %r' % answer)
        page = answer.json
        self.cursor = page['cursor']
        self.events += page['events']
        return page['events']

    def durable(self):
        """What was read so far and has a cursor; the rest (presence, typing) is for the moment."""
        return [event for event in self.events if 'cursor' in event]

    def of_type(self, kind):
        return [event for event in self.events if event['type'] == kind]

    def wait_for(self, kind, deadline=DEADLINE_S, **members):
        """The first event of that type whose data has these members; polls until it is there."""
        def fits(event):
            return event['type'] == kind and all(event['data'].get(name) == value
                                                 for name, value in members.items())

        def found():
            event = next((event for event in self.events if fits(event)), None)
            if event is None:
                self.poll(wait=1)
            return event
        return eventually(found, deadline, 'event %s %r' % (kind, members))

    def contact(self, jid):
        """As GET /v1/contacts has it, None if it is no contact."""
        return next((contact for contact in self.get('/v1/contacts').json['contacts']
                     if contact['jid'] == jid), None)

    def ack(self, cursor=None):
        return self.post('/v1/events/ack', {'cursor': cursor or self.cursor})

    def send(self, to, body, id=None):
        """Sends a message and returns the answer."""
        return self.post('/v1/messages', {'id': id or str(uuid.uuid4()), 'to': to, 'body': body})

    def stream(self, after=None, timeout=TIMEOUT_S):
        """Server-sent events, as they come; close() the generator to hang up. When this returns,
        the bridge is telling them already."""
        connection = self.api.connect(timeout)
        connection.request('GET', '/v1/events' + ('?after=' + after if after else ''),
                           headers={'Authorization': 'Bearer ' + self.token,
                                    'Accept': 'text/event-stream'})
        answer = connection.getresponse()
        if answer.status != 200:
            connection.close()
            raise AssertionError('%d %r' % (answer.status, answer.read()))
        return _stream(connection, answer)


def _stream(connection, answer):
    try:
        yield from _server_sent(answer)
    finally:
        connection.close()


def _server_sent(lines):
    """(id, type, data) of each event in an event stream."""
    name, kind, data = None, 'message', []
    for line in lines:
        line = line.decode().rstrip('\n')
        if not line and data:
            event = json.loads('\n'.join(data))
            hold_event(event)
            yield name, kind, event
            kind, data = 'message', []
        field, _, value = line.partition(':')
        value = value[1:] if value.startswith(' ') else value
        if field == 'id':
            name = value
        elif field == 'event':
            kind = value
        elif field == 'data':
            data.append(value)


def token(value, mechanism=None):
    auth = {'type': 'token', 'token': value}
    if mechanism is not None:
        auth['mechanism'] = mechanism
    return auth


def password(value):
    return {'type': 'password', 'password': value}
