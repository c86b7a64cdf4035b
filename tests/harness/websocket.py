# SPDX-License-Identifier: GPL-2.0-or-later
"""The bridge's WebSocket, by an independent client: Debian's python3-websockets."""

import asyncio
import json
import threading

import websockets

from .contract import hold_event
from .process import DEADLINE_S

PROTOCOL = 'gtalk-bridge.v1'


class HandshakeRefused(Exception):
    def __init__(self, status):
        super().__init__('the handshake was answered with %d' % status)
        self.status = status


class Socket:
    """One open socket; a thread of its own runs the client, every call here waits for it.

    address: the path of a Unix socket, or a URI. token None: by nothing but the query."""

    def __init__(self, address, token, after=None, query='', headers=None, **more):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.refs = 0
        self.kept = []  # that came while something else was waited for
        headers = dict(headers or {})
        if token is not None:
            headers['Authorization'] = 'Bearer ' + token
        query = '&'.join(filter(None, [query, 'after=' + after if after else '']))
        options = {'subprotocols': [PROTOCOL], 'extra_headers': headers, 'max_size': None,
                   'ping_interval': None, 'compression': None, **more}
        try:
            self.client = self.call(self._connect(address, query, options))
        except websockets.InvalidStatusCode as refusal:
            self._stop()
            raise HandshakeRefused(refusal.status_code) from None

    async def _connect(self, address, query, options):
        if str(address).startswith(('ws:', 'wss:')):
            return await websockets.connect('%s/v1/socket?%s' % (address, query), **options)
        return await websockets.unix_connect(str(address), 'ws://localhost/v1/socket?' + query,
                                             **options)

    def call(self, coroutine):
        waiting = asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, DEADLINE_S),
                                                   self.loop)
        return waiting.result(DEADLINE_S + 10)

    def send(self, text):
        self.call(self.client.send(text))

    def receive(self):
        message = json.loads(self.call(self.client.recv()))
        if 'type' in message:
            hold_event(message)
        return message

    def _next(self, fits):
        """The first message that fits; the others are kept."""
        for place, message in enumerate(self.kept):
            if fits(message):
                return self.kept.pop(place)
        while True:
            message = self.receive()
            if fits(message):
                return message
            self.kept.append(message)

    def event(self, kind=None):
        """The next event, of that type; what is for the moment only if it is asked for."""
        return self._next(lambda message: 'type' in message and (
            message['type'] == kind if kind else 'cursor' in message))

    def reply(self):
        return self._next(lambda message: 'status' in message)

    def ask(self, method, path, body=None):
        """Sends a command and returns the reply to it."""
        self.refs += 1
        ref = str(self.refs)
        command = {'ref': ref, 'method': method, 'path': path}
        if body is not None:
            command['body'] = body
        self.send(json.dumps(command))
        return self._next(lambda message: message.get('ref') == ref)

    def end(self):
        """(status, reason) when it has ended."""
        if not self.loop.is_closed():
            self.call(self.client.wait_closed())
        return self.client.close_code, self.client.close_reason

    def close(self):
        if not self.loop.is_closed():
            self.call(self.client.close())
            self._stop()

    def _stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
