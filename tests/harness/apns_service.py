# SPDX-License-Identifier: GPL-2.0-or-later
"""A stand-in for Apple's push service over HTTP/2, by Python's h2 and the test server's authority:
it checks every header, verifies the provider's token, allows one stream until one was good, and
answers what the real one answers. It speaks HTTP/2 only. `fault` is what it does to the next
request in place of answering: "drop" the connection, "goaway", "reset" the stream, be "silent"."""

import json
import secrets
import socket
import ssl
import struct
import threading
import time
import uuid

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from .push_service import Push, Resource
from .web_push import decode

TOPIC = 'org.example.verona'
KEY_ID = 'VERONA1597'
TEAM_ID = 'CAPULET123'
HEADERS = {':method', ':path', ':scheme', ':authority', 'authorization', 'apns-topic',
           'apns-push-type', 'apns-priority', 'apns-expiration', 'apns-collapse-id', 'apns-id',
           'content-length', 'content-type', 'user-agent'}
PUSH_TYPES = {'alert', 'background', 'voip', 'complication', 'fileprovider', 'mdm', 'location',
              'liveactivity', 'pushtotalk', 'controls'}
BODY_BYTES_MAX = 4096
TOKEN_MAX_S = 3600
TOKEN_MIN_S = 20 * 60
STREAMS = h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS


class Refusal(Exception):
    def __init__(self, status, reason, why=''):
        super().__init__('%s %s' % (reason, why))
        self.answer = (status, {'reason': reason})


def need(condition, status, reason, why=''):
    if not condition:
        raise Refusal(status, reason, why)


class ApnsDevice(Resource):
    """A registered one; `path` is its token. `script`: (status, JSON) that come first."""

    target = 'production'

    def accept(self, headers, body):
        said = json.loads(body)
        text = self.open(decode(said['e']))
        if self.script:
            return self.script.pop(0)
        self.pushes.append(Push(headers, text, said['aps']))
        self.pushes[-1].body = decode(said['e'])
        return 200, None


class Connection:
    """One client's, in a thread of its own."""

    def __init__(self, service, connection):
        self.service = service
        self.socket = connection
        self.bodies = {}    # stream -> (headers, octets)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding='utf-8'))
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values={STREAMS: 1})
        self.trusted = False

    def serve(self):
        try:
            self.socket.do_handshake()
            if self.socket.selected_alpn_protocol() != 'h2':
                self.service.refusals.append('no HTTP/2')
                return
            self.service.connections += 1
            self.h2.initiate_connection()
            self.flush()
            while self.receive():
                pass
        except OSError:
            pass    # the client has gone, or we have
        finally:
            self.socket.close()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def receive(self):
        octets = self.socket.recv(65536)
        if not octets:
            return False
        for event in self.h2.receive_data(octets):
            if isinstance(event, h2.events.RequestReceived):
                self.bodies[event.stream_id] = (event.headers, bytearray())
            elif isinstance(event, h2.events.DataReceived):
                self.bodies[event.stream_id][1].extend(event.data)
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                if not self.finish(event.stream_id):
                    return False
        self.flush()
        return True

    def finish(self, stream):
        headers, body = self.bodies.pop(stream)
        self.service.requests += 1
        fault = self.service.take_fault()
        if fault:
            return self.fail(fault, stream)
        pairs = dict(headers)
        try:
            need(len(pairs) == len(headers), 400, 'DuplicateHeaders')
            status, said = self.service.take(pairs, bytes(body))
        except Refusal as refusal:
            self.service.refusals.append(str(refusal))
            status, said = refusal.answer
        if status not in (403, 429) and not self.trusted:
            self.trusted = True
            self.h2.update_settings({STREAMS: 1000})
        content = b'' if said is None else json.dumps(said).encode()
        self.h2.send_headers(stream, [(':status', str(status)),
                                      ('apns-id', pairs.get('apns-id', str(uuid.uuid4())))],
                             end_stream=not content)
        if content:
            self.h2.send_data(stream, content, end_stream=True)
        return True

    def fail(self, fault, stream):
        if fault == 'reset':
            self.h2.reset_stream(stream, h2.errors.ErrorCodes.REFUSED_STREAM)
        elif fault == 'goaway':
            self.h2.close_connection(0, json.dumps({'reason': 'Shutdown'}).encode())
            self.flush()
            return False
        elif fault == 'drop':
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            return False
        return True


class ApnsService:
    """Listens on loopback until it is closed; `folder`: the test server's, with certificates."""

    def __init__(self, folder, protocols=('h2',)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / 'certs/server.crt', folder / 'certs/server.key')
        context.set_alpn_protocols(list(protocols))
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.devices = {}
        self.refusals = []
        self.faults = []
        self.tokens = {}    # of providers -> when they were issued
        self.expired = set()
        self.requests = 0
        self.connections = 0
        self.lock = threading.Lock()
        self.open = set()
        self.socket = context.wrap_socket(socket.create_server(('127.0.0.1', 0)), server_side=True,
                                          do_handshake_on_connect=False)
        port = self.socket.getsockname()[1]
        self.url = 'https://localhost:%d/' % port
        self.allow = 'localhost:%d=127.0.0.0/8' % port
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.open.add(connection)
            threading.Thread(target=Connection(self, connection).serve, daemon=True).start()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        for connection in self.open:
            connection.close()

    def key_file(self):
        """What Apple hands out."""
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption()).decode()

    def register(self):
        token = secrets.token_hex(32)
        self.devices[token] = ApnsDevice(self, token)
        return self.devices[token]

    def take_fault(self):
        with self.lock:
            return self.faults.pop(0) if self.faults else None

    # ---- Requests

    def take(self, headers, body):
        need(headers[':method'] == 'POST', 405, 'MethodNotAllowed')
        need(headers[':path'].startswith('/3/device/'), 404, 'BadPath', headers[':path'])
        need(set(headers) <= HEADERS, 400, 'BadPath', set(headers) - HEADERS)
        self.check_provider(headers.get('authorization'))
        self.check_headers(headers)
        self.check_payload(headers, body)
        token = headers[':path'].removeprefix('/3/device/')
        need(token, 400, 'MissingDeviceToken')
        need(token in self.devices, 400, 'BadDeviceToken')
        device = self.devices[token]
        device.requests += 1
        return device.accept(headers, body)

    def check_provider(self, authorization):
        need(authorization is not None, 403, 'MissingProviderToken')
        scheme, _, token = authorization.partition(' ')
        try:
            assert scheme == 'bearer', scheme
            issued = self.verify(token)
        except Exception as error:
            raise Refusal(403, 'InvalidProviderToken', repr(error)) from None
        need(token not in self.expired and time.time() - issued < TOKEN_MAX_S, 403,
             'ExpiredProviderToken')
        with self.lock:
            others = [when for known, when in self.tokens.items() if known != token]
            need(all(issued - when >= TOKEN_MIN_S for when in others), 429,
                 'TooManyProviderTokenUpdates')
            self.tokens[token] = issued

    def verify(self, token):
        header, claims, signature = token.split('.')
        octets = decode(signature)
        assert len(octets) == 64, len(octets)
        der = utils.encode_dss_signature(int.from_bytes(octets[:32], 'big'),
                                         int.from_bytes(octets[32:], 'big'))
        self.key.public_key().verify(der, (header + '.' + claims).encode(),
                                     ec.ECDSA(hashes.SHA256()))
        header, claims = json.loads(decode(header)), json.loads(decode(claims))
        assert header == {'alg': 'ES256', 'kid': KEY_ID}, header
        issued = claims.pop('iat')
        assert claims == {'iss': TEAM_ID} and type(issued) is int, claims
        assert issued <= time.time() + 300, issued
        return issued

    @staticmethod
    def check_headers(headers):
        need('apns-topic' in headers, 400, 'MissingTopic')
        need(headers['apns-topic'] == TOPIC, 400, 'TopicDisallowed', headers['apns-topic'])
        need(headers.get('apns-push-type') in PUSH_TYPES, 400, 'InvalidPushType')
        need(headers.get('apns-priority', '10') in ('10', '5', '1'), 400, 'BadPriority')
        need(headers.get('apns-expiration', '0').isdigit(), 400, 'BadExpirationDate')
        need(len(headers.get('apns-collapse-id', '').encode()) <= 64, 400, 'BadCollapseId')
        name = headers.get('apns-id')
        try:
            need(name is None or str(uuid.UUID(name)) == name, 400, 'BadMessageId', name)
        except ValueError:
            raise Refusal(400, 'BadMessageId', name) from None

    @staticmethod
    def check_payload(headers, body):
        need(body, 400, 'PayloadEmpty')
        need(len(body) <= BODY_BYTES_MAX, 413, 'PayloadTooLarge')
        aps = json.loads(body)['aps']
        if headers['apns-push-type'] == 'background':
            need(headers['apns-priority'] == '5', 400, 'BadPriority', 'of a background push')
            need(aps == {'content-available': 1}, 400, 'InvalidPushType', aps)
        else:
            # The app's extension runs for what shows something, only.
            need(headers['apns-push-type'] == 'alert' and aps.get('alert')
                 and aps.get('mutable-content') == 1, 400, 'InvalidPushType', aps)
