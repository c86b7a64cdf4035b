# SPDX-License-Identifier: GPL-2.0-or-later
"""A stand-in for push services, over HTTPS with the test server's authority: as strict as the real
ones. It checks every header, knows who signed, and refuses what they refuse. Paths:

  /push/NAME   a resource of Web Push (RFC 8030)
  /hook/NAME   a receiver of webhooks (Standard Webhooks)

`subscribe` makes one; `script` gives a resource answers (status, headers) that come first."""

import base64
import hashlib
import hmac
import http.server
import pathlib
import ssl
import threading
import time

from .process import eventually
from .web_push import Device, verify_vapid

HOUR_S = 3600
TOPIC = set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
WEB_HEADERS = {'host', 'user-agent', 'content-length', 'content-type', 'content-encoding', 'ttl',
               'urgency', 'topic', 'authorization', 'connection'}
HOOK_HEADERS = {'host', 'user-agent', 'content-length', 'content-type', 'connection', 'webhook-id',
                'webhook-timestamp', 'webhook-signature'}


class Refusal(Exception):
    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


def need(condition, status, why):
    if not condition:
        raise Refusal(status, why)


class Push:
    """What was taken: its headers (lower case), its text in clear and, of Web Push, its claims; and
    its body as it came."""

    def __init__(self, headers, text, claims=None):
        self.headers = headers
        self.body = text
        self.text = text
        self.claims = claims
        self.time = time.monotonic()


class Resource:
    """One subscription's: what came (pushes), answers that come first, and what was wrong."""

    def __init__(self, service, path):
        self.service = service
        self.path = path
        self.device = Device()
        self.secrets = []     # of a webhook
        self.sender = None    # the first one's key; nobody else's is taken
        self.script = []      # (status, headers)
        self.requests = 0
        self.pushes = []
        self.refusals = []
        self.gate = threading.Event()
        self.gate.set()       # cleared: it does not answer

    @property
    def url(self):
        return self.service.url + self.path

    def wait(self, count):
        """The first so many pushes."""
        eventually(lambda: len(self.pushes) >= count,
                   what='%d pushes to %s (%d, refused: %s)' % (count, self.path, len(self.pushes),
                                                               self.refusals))
        return self.pushes[:count]

    def take(self, headers, body):
        check = self.check_web if self.path.startswith('/push/') else self.check_hook
        push = check(headers, body)
        push.body = body
        if self.script:
            return self.script.pop(0)
        self.pushes.append(push)
        return 201, {'Location': self.service.url + '/message/%d' % len(self.pushes)}

    def check_web(self, headers, body):
        need(set(headers) <= WEB_HEADERS, 400, 'headers %s' % (set(headers) - WEB_HEADERS))
        ttl = headers.get('ttl', '')
        need(ttl.isdigit() and int(ttl) < 1 << 31, 400, 'TTL %r' % ttl)
        need(headers.get('urgency', 'normal') in ('very-low', 'low', 'normal', 'high'), 400,
             'Urgency')
        topic = headers.get('topic')
        need(topic is None or (0 < len(topic) <= 32 and set(topic) <= TOPIC), 400, 'Topic')
        need(headers.get('content-encoding') == 'aes128gcm', 400, 'Content-Encoding')
        need(headers.get('content-type') == 'application/octet-stream', 400, 'Content-Type')
        need(len(body) <= 4096, 413, '%d octets' % len(body))
        return Push(headers, self.open(body), self.check_sender(headers))

    def check_sender(self, headers):
        need('authorization' in headers, 401, 'no Authorization')
        try:
            key, claims = verify_vapid(headers['authorization'])
        except Exception as error:
            raise Refusal(401, 'VAPID: %r' % error) from None
        need(claims['aud'] == self.service.url, 403, 'aud %r' % claims['aud'])
        left = claims['exp'] - time.time()
        need(0 < left <= 24 * HOUR_S, 403, 'exp in %r s' % left)
        need(claims['sub'].startswith(('mailto:', 'https:')) and 'localhost' not in claims['sub'],
             403, 'sub %r' % claims['sub'])
        need(self.sender in (None, key), 403, 'another sender')
        self.sender = key
        return claims

    def open(self, body):
        try:
            return self.device.open(body)
        except Exception as error:
            raise Refusal(400, 'the device cannot open it: %r' % error) from None

    def check_hook(self, headers, body):
        need(set(headers) <= HOOK_HEADERS, 400, 'headers %s' % (set(headers) - HOOK_HEADERS))
        need(headers.get('content-type') == 'application/json', 415, 'Content-Type')
        name, moment = headers.get('webhook-id', ''), headers.get('webhook-timestamp', '')
        need(name and '.' not in name, 400, 'webhook-id %r' % name)
        need(moment.isdigit() and abs(int(moment) - time.time()) < 300, 400, 'webhook-timestamp')
        given = headers.get('webhook-signature', '').split(' ')
        content = b'.'.join((name.encode(), moment.encode(), body))
        for secret in self.secrets:
            mac = hmac.new(base64.b64decode(secret.removeprefix('whsec_')), content, hashlib.sha256)
            if 'v1,' + base64.b64encode(mac.digest()).decode() in given:
                return Push(headers, body)
        raise Refusal(401, 'webhook-signature')


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def do_POST(self):
        resource = self.server.service.resources.get(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get('content-length', 0))
        body = self.rfile.read(length)
        if len(body) < length:  # who sent it was killed meanwhile
            self.close_connection = True
            return
        if resource is None:
            self.answer(404, {})
            return
        resource.requests += 1
        if not resource.gate.is_set():
            resource.gate.wait()
            self.close_connection = True
            return
        try:
            status, more = resource.take(headers, body)
        except Refusal as refusal:
            resource.refusals.append(str(refusal))
            status, more = refusal.status, {}
        self.answer(status, more)

    def answer(self, status, more):
        body = more.pop('body', b'')
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, *_):
        """The client has gone."""


class PushService:
    """Listens on loopback until it is closed; `folder`: the test server's, with certificates."""

    handler = Handler

    def __init__(self, folder, certificate='certs/server'):
        folder = pathlib.Path(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / (certificate + '.crt'), folder / (certificate + '.key'))
        self.resources = {}
        self.http = Server(('127.0.0.1', 0), self.handler)
        self.http.service = self
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True,
                                               do_handshake_on_connect=False)
        self.port = self.http.server_port
        self.url = 'https://localhost:%d' % self.port
        self.allow = 'localhost:%d=127.0.0.0/8' % self.port
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def subscribe(self, name, kind='push'):
        path = '/%s/%s' % (kind, name)
        self.resources[path] = Resource(self, path)
        return self.resources[path]

    def close(self):
        for resource in self.resources.values():
            resource.gate.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
