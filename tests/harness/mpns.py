# SPDX-License-Identifier: GPL-2.0-or-later
"""A stand-in for Microsoft's push service for Windows Phone (MPNS), over HTTPS with the test
server's authority: as strict as its documentation. It checks every header and the whole body, and
knows who sends by the certificate that is shown. `open` gives a phone a channel; `script` lets that
answer otherwise first."""

import pathlib
import ssl
import threading
import time
import xml.etree.ElementTree

from .process import eventually
from .push_service import Handler, Refusal, Server, need

SENDER = 'PositiveSSL CA'  # what the phones' app opens its channels for
NAMESPACE = '{WPNotification}'
DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n<wp:Notification xmlns:wp="WPNotification">'
HEADERS = {'host', 'user-agent', 'content-length', 'content-type', 'connection',
           'x-notificationclass', 'x-windowsphone-target'}
CLASSES = {'tile': {'1', '11', '21'}, 'toast': {'2', '12', '22'},
           'raw': {str(n) for n in (*range(3, 11), *range(13, 21), *range(23, 32))}}
TARGETS = {None: 'raw', 'toast': 'toast', 'token': 'tile'}
BYTES_MAX = 3072

RECEIVED = (200, 'Received', 'Connected', 'Active')
QUEUE_FULL = (200, 'QueueFull', 'TempDisconnected', 'Active')
SUPPRESSED = (200, 'Suppressed', 'Connected', 'Active')
EXPIRED = (404, 'Dropped', 'Disconnected', 'Expired')
DAILY_LIMIT = (406, 'Dropped', 'Connected', 'Active')
INACTIVE = (412, 'Dropped', 'InActive', 'N/A')


def parse(body):
    """The one child of the root."""
    need(body.startswith(DECLARATION), 400, 'it begins %r' % body[:100])
    try:
        root = xml.etree.ElementTree.fromstring(body)
    except xml.etree.ElementTree.ParseError as error:
        raise Refusal(400, 'XML: %s' % error) from None
    need(root.tag == NAMESPACE + 'Notification' and not root.attrib and len(root) == 1, 400, 'root')
    return root[0]


def texts(element, names):
    need([child.tag for child in element] == [NAMESPACE + name for name in names], 400,
         'children %r' % [child.tag for child in element])
    need(not any(child.attrib or len(child) for child in element), 400, 'inside of children')
    return [child.text or '' for child in element]


def check_toast(body):
    toast = parse(body)
    need(toast.tag == NAMESPACE + 'Toast' and not toast.attrib, 400, 'toast')
    title, text, param = texts(toast, ['Text1', 'Text2', 'Param'])
    need(param.startswith('/'), 400, 'Param %r' % param)
    return {'title': title, 'text': text, 'param': param}


def check_tile(body):
    tile = parse(body)
    need(tile.tag == NAMESPACE + 'Tile' and set(tile.attrib) <= {'Id'}, 400, 'tile')
    count = texts(tile, ['Count'])[0]
    need(count.isdigit() and 0 <= int(count) <= 99, 400, 'Count %r' % count)
    need(tile.get('Id', '/').startswith('/'), 400, 'Id')
    return {'tile': tile.get('Id', ''), 'count': int(count)}


class Notification:
    """What was taken. Of a raw one `said` is the text, of others what it shows."""

    def __init__(self, kind, headers, body):
        self.kind = kind
        self.headers = headers
        self.body = body
        self.time = time.monotonic()
        self.said = {'raw': lambda octets: octets.decode(), 'toast': check_toast,
                     'tile': check_tile}[kind](body)

    def __repr__(self):
        return '%s %r' % (self.kind, self.said)


class Channel:
    """A phone's: what came of which kind (all), answers that come first, and what was wrong."""

    def __init__(self, service, path):
        self.service = service
        self.path = path
        self.script = []
        self.requests = 0
        self.all = []      # whatever came that could be read, with the answer's second word
        self.refusals = []
        self.certificate = None
        self.gate = threading.Event()
        self.gate.set()    # cleared: it does not answer until it is set
        self.arrived = 0   # requests, those included that wait for that

    @property
    def url(self):
        return self.service.url + self.path

    def taken(self, kind=None):
        return [notification for notification, word in self.all
                if word == 'Received' and kind in (None, notification.kind)]

    def wait(self, count, kind=None):
        """The first so many of that kind that were taken."""
        eventually(lambda: len(self.taken(kind)) >= count,
                   what='%d %s, not %r; refused: %s' % (count, kind or 'of all', self.all,
                                                        self.refusals))
        return self.taken(kind)[:count]

    def wait_for(self, kind, **said):
        """A notification of that kind that shows all that."""
        def find():
            return next((one for one in self.taken(kind) if said.items() <= one.said.items()), None)
        return eventually(find, what='%s %r among %r' % (kind, said, self.all))

    def check(self, headers, body):
        if self.service.sender is not None:
            need(self.service.sender in self.names(), 403, 'sender %r' % self.names())
        need(set(headers) <= HEADERS, 400, 'headers %s' % (set(headers) - HEADERS))
        need(len(body) <= BYTES_MAX, 413, '%d octets' % len(body))
        target = headers.get('x-windowsphone-target')
        need(target in TARGETS, 400, 'target %r' % target)
        kind = TARGETS[target]
        need(headers.get('x-notificationclass') in CLASSES[kind], 400, 'class')
        need(headers.get('content-type') == ('text/plain' if kind == 'raw' else 'text/xml'), 400,
             'type %r' % headers.get('content-type'))
        need(body, 400, 'nothing')
        return Notification(kind, headers, body)

    def names(self):
        subject = (self.certificate or {}).get('subject', ())
        return [value for part in subject for name, value in part if name == 'commonName']

    def take(self, headers, body):
        notification = self.check(headers, body)
        status, said, connection, subscription = self.script.pop(0) if self.script else RECEIVED
        self.all.append((notification, said if status == 200 else status))
        return status, {'X-NotificationStatus': said, 'X-DeviceConnectionStatus': connection,
                        'X-SubscriptionStatus': subscription}


class ChannelHandler(Handler):
    def do_POST(self):
        channel = self.server.service.resources.get(self.path)
        if channel is not None:
            channel.certificate = self.connection.getpeercert()
            channel.arrived += 1
            channel.gate.wait()
        super().do_POST()


class Mpns:
    """Listens on loopback until it is closed; `folder`: the test server's, with certificates;
    sender: the name that has to be on the certificate of who sends; None: anybody may."""

    def __init__(self, folder, sender=SENDER):
        folder = pathlib.Path(folder)
        self.sender = sender
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / 'certs/server.crt', folder / 'certs/server.key')
        context.load_verify_locations(folder / 'ca' / 'ca.pem')
        context.verify_mode = ssl.CERT_OPTIONAL
        self.resources = {}
        self.http = Server(('127.0.0.1', 0), ChannelHandler)
        self.http.service = self
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True,
                                               do_handshake_on_connect=False)
        self.port = self.http.server_port
        self.url = 'https://localhost:%d' % self.port
        self.allow = 'localhost:%d=127.0.0.0/8' % self.port
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def open(self, name):
        path = '/unthrottledthirdparty/01.00/' + name
        self.resources[path] = Channel(self, path)
        return self.resources[path]

    def close(self):
        for channel in self.resources.values():
            channel.gate.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
