# SPDX-License-Identifier: GPL-2.0-or-later
"""A stand-in for autopush, Firefox's push service: takes what it is sent as a push service does
(harness.push_service), and hands it to the browser over its WebSocket (subprotocol
push-notification). Only the browser can open it. Pushes that it has not acknowledged come again
when it is there again."""

import asyncio
import base64
import json
import threading
import uuid

import websockets

from .process import DEADLINE_S, eventually
from .push_service import PushService, Resource, need
from .web_push import decode

DELIVERED = 100     # what a browser acknowledges with: the worker has had it
HEADER_BYTES = 86   # of a body: salt, record size, and the sender's point


class Channel(Resource):
    """A browser's subscription; made by its key, and nobody else's requests are taken."""

    def __init__(self, service, path, channel, key):
        super().__init__(service, path)
        self.channel = channel
        self.sender = key
        self.codes = {}    # by version: how the browser acknowledged it

    def open(self, body):
        """Only the form: the keys never leave the browser."""
        need(len(body) > HEADER_BYTES, 400, 'a body of %d octets' % len(body))
        need(body[16:21] == b'\0\0\x10\0\x41', 400, 'record size, key length %r' % body[16:21])
        need(body[21:HEADER_BYTES] != decode(self.sender), 400, 'it is encrypted by the VAPID key')

    def take(self, headers, body):
        count = len(self.pushes)
        status, more = super().take(headers, body)
        if len(self.pushes) > count:
            push = self.pushes[-1]
            push.version = uuid.uuid4().hex
            self.service.hand_over(self, push)
            more['TTL'] = headers['ttl']
        return status, more

    def notification(self, push):
        data = base64.urlsafe_b64encode(push.body).rstrip(b'=').decode()
        return {'messageType': 'notification', 'channelID': self.channel, 'version': push.version,
                'data': data, 'headers': {'encoding': 'aes128gcm'}}

    def wait_delivered(self, count):
        """Once so many pushes were given to the worker; returns them."""
        eventually(lambda: list(self.codes.values()).count(DELIVERED) >= count,
                   what=lambda: '%d delivered of %d, acknowledged %r, refused %r' % (
                       count, len(self.pushes), self.codes, self.refusals))
        return self.pushes[:count]


class Autopush(PushService):
    """One browser's. `socket_url` is for its preferences; `refusals`: what it said wrong."""

    def __init__(self, folder):
        super().__init__(folder)
        self.uaid = None
        self.client = None    # the browser's open socket
        self.refusals = []
        self.loop = asyncio.new_event_loop()
        self.loop_thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.loop_thread.start()
        self.sockets = self.call(self.listen())
        self.socket_url = 'ws://127.0.0.1:%d/' % self.sockets.sockets[0].getsockname()[1]

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(DEADLINE_S)

    async def listen(self):
        return await websockets.serve(self.serve, '127.0.0.1', 0, ping_interval=None,
                                      subprotocols=['push-notification'])

    def channels(self):
        return [each for each in self.resources.values() if isinstance(each, Channel)]

    def wait_browser(self):
        """While it starts, a browser loses what a page asks of its push service."""
        eventually(lambda: self.client is not None, what=lambda: 'it (%s)' % self.refusals)

    def wait_channel(self):
        """The browser's subscription, once there is one."""
        return eventually(self.channels, what=lambda: 'a subscription (%s)' % self.refusals)[-1]

    def hand_over(self, channel, push):
        client = self.client
        if client is not None:
            self.call(client.send(json.dumps(channel.notification(push))))

    async def serve(self, client, _path):
        try:
            need(client.subprotocol == 'push-notification', 1002, 'subprotocol')
            await self.greet(client, json.loads(await client.recv()))
            async for text in client:
                said = json.loads(text)
                answer = self.answer(said)
                if answer is not None:
                    await client.send(json.dumps(answer))
        except websockets.ConnectionClosed:
            pass
        except Exception as error:  # as strict as the service, which hangs up
            self.refusals.append(repr(error))
        finally:
            if self.client is client:
                self.client = None

    async def greet(self, client, said):
        need(said.get('messageType') == 'hello' and said.get('use_webpush') is True, 1002,
             'no hello: %r' % said)
        if self.uaid is None or said.get('uaid') != self.uaid:
            self.uaid = uuid.uuid4().hex
        await client.send(json.dumps({'messageType': 'hello', 'uaid': self.uaid, 'status': 200,
                                      'use_webpush': True, 'broadcasts': {}}))
        self.client = client
        for channel in self.channels():
            for push in channel.pushes:
                if push.version not in channel.codes:
                    await client.send(json.dumps(channel.notification(push)))

    def answer(self, said):
        kind = said.get('messageType')
        if not said:
            return {}  # it wants to know whether we are there
        if kind == 'register':
            return self.register(said)
        if kind == 'unregister':
            for channel in self.channels():
                if channel.channel == said['channelID']:
                    del self.resources[channel.path]
            return {'messageType': kind, 'channelID': said['channelID'], 'status': 200}
        if kind == 'ack':
            self.acknowledge(said)
        else:
            need(kind in ('nack', 'broadcast_subscribe'), 1002, 'unknown %r' % said)
        return None

    def register(self, said):
        uuid.UUID(said['channelID'])
        need(len(decode(said.get('key', ''))) == 65, 1002, 'key %r' % said)
        path = '/push/' + uuid.uuid4().hex
        self.resources[path] = Channel(self, path, said['channelID'],
                                       said['key'].rstrip('='))
        return {'messageType': 'register', 'channelID': said['channelID'], 'status': 200,
                'pushEndpoint': self.url + path}

    def acknowledge(self, said):
        for update in said['updates']:
            channel = next(each for each in self.channels()
                           if each.channel == update['channelID'])
            need(update['version'] in [push.version for push in channel.pushes], 1002,
                 'it acknowledges %r' % update)
            channel.codes[update['version']] = update['code']

    def close(self):
        super().close()
        self.sockets.close()
        self.call(self.sockets.wait_closed())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.loop_thread.join()
        self.loop.close()
