# SPDX-License-Identifier: GPL-2.0-or-later
"""A stand-in for Firebase Cloud Messaging (HTTP v1) and for the service that gives tokens for it,
over HTTPS with the test server's authority. It takes what the real ones take: statements signed by
RS256, which Python's cryptography verifies, and messages of the known form to registered devices;
and answers anything else as they do."""

import http.server
import json
import re
import secrets
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .push_service import Push, PushService, Refusal, Resource, need
from .web_push import decode

PROJECT = 'verona-1597'
EMAIL = 'bridge@verona-1597.iam.gserviceaccount.com'
KEY_ID = '3f1c9a5b7d2e4f60'
GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError'
BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest'
STATUS = {400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED',
          404: 'NOT_FOUND', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 503: 'UNAVAILABLE'}
HEADERS = {'host', 'user-agent', 'content-length', 'content-type', 'connection'}
MESSAGE = {'token', 'fid', 'topic', 'condition', 'data', 'notification', 'android', 'webpush',
           'apns', 'fcm_options'}
ANDROID = {'priority', 'ttl', 'collapse_key', 'restricted_package_name', 'direct_boot_ok'}
TTL_MAX_S = 2419200
DATA_BYTES_MAX = 4096


def error(status, code=None, field=None, message='no'):
    """(status, headers) of an error as Google writes them; `code`: FCM's own."""
    details = []
    if code:
        details.append({'@type': FCM_ERROR, 'errorCode': code})
    if field:
        details.append({'@type': BAD_REQUEST,
                        'fieldViolations': [{'field': field, 'description': message}]})
    body = {'error': {'code': status, 'message': message, 'status': STATUS[status],
                      'details': details}}
    return status, {'Content-Type': 'application/json; charset=UTF-8',
                    'body': json.dumps(body, indent=2).encode()}


class FcmDevice(Resource):
    """A registered one; `path` is its token."""

    def __init__(self, service, token, target='token'):
        super().__init__(service, token)
        self.target = target

    def take(self, headers, body):
        message = json.loads(body)['message']
        text = self.open(decode(message['data']['e']))
        if self.script:
            return self.script.pop(0)
        self.pushes.append(Push(headers, text, message))
        self.pushes[-1].body = decode(message['data']['e'])
        name = 'projects/%s/messages/%d' % (PROJECT, len(self.pushes))
        return 200, {'Content-Type': 'application/json',
                     'body': json.dumps({'name': name}).encode()}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def do_POST(self):
        service = self.server.service
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get('content-length', 0)))
        serve = service.give_token if self.path == '/token' else service.take
        try:
            status, more = serve(self.path, headers, body)
        except Refusal as refusal:
            service.refusals.append(str(refusal))
            status, more = error(refusal.status, message=str(refusal))
        more = dict(more)
        content = more.pop('body', b'')
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class FcmService(PushService):
    handler = Handler
    key = None

    def __init__(self, folder):
        FcmService.key = self.key or rsa.generate_private_key(65537, 2048)  # it takes a while
        self.lifetime_s = 3600
        self.tokens = {}        # access token -> until when
        self.token_requests = 0
        self.assertions = []    # that were good
        self.token_script = []  # (status, headers)
        self.devices = {}
        self.refusals = []
        super().__init__(folder)
        self.token_url = self.url + '/token'

    def account(self, **changes):
        """The file that the console hands out."""
        pem = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()).decode()
        return json.dumps({'type': 'service_account', 'project_id': PROJECT,
                           'private_key_id': KEY_ID, 'private_key': pem, 'client_email': EMAIL,
                           'client_id': '1', 'token_uri': 'https://oauth2.googleapis.com/token',
                           **changes}, indent=2)

    def register(self, name, target='token'):
        # As they look: letters, digits, "-", "_" and a colon.
        token = '%s:APA91b%s' % (name, secrets.token_urlsafe(90))
        self.devices[token] = FcmDevice(self, token, target)
        return self.devices[token]

    def revoke(self):
        self.tokens.clear()

    # ---- Tokens

    def give_token(self, _path, headers, body):
        self.token_requests += 1
        if self.token_script:
            return self.token_script.pop(0)
        need(set(headers) <= HEADERS, 400, 'headers %s' % (set(headers) - HEADERS))
        need(headers['content-type'] == 'application/x-www-form-urlencoded', 400, 'Content-Type')
        need(b':' not in body, 400, 'a colon is not escaped')
        fields = urllib.parse.parse_qs(body.decode(), strict_parsing=True)
        need(set(fields) == {'grant_type', 'assertion'} and fields['grant_type'] == [GRANT], 400,
             'fields %s' % sorted(fields))
        try:
            self.check_statement(*fields['assertion'])
            self.assertions += fields['assertion']
        except Exception as why:
            self.refusals.append(repr(why))
            return 400, {'Content-Type': 'application/json', 'body': json.dumps(
                {'error': 'invalid_grant', 'error_description': 'Invalid JWT'}).encode()}
        token = 'ya29.' + secrets.token_urlsafe(150)
        self.tokens[token] = time.monotonic() + self.lifetime_s
        return 200, {'Content-Type': 'application/json; charset=utf-8', 'body': json.dumps(
            {'access_token': token, 'expires_in': self.lifetime_s,
             'token_type': 'Bearer'}).encode()}

    def check_statement(self, statement):
        header, claims, signature = statement.split('.')
        self.key.public_key().verify(decode(signature), (header + '.' + claims).encode(),
                                     padding.PKCS1v15(), hashes.SHA256())
        header, claims = json.loads(decode(header)), json.loads(decode(claims))
        assert header == {'alg': 'RS256', 'typ': 'JWT', 'kid': KEY_ID}, header
        issued, expires = claims.pop('iat'), claims.pop('exp')
        assert claims == {'iss': EMAIL, 'scope': SCOPE, 'aud': self.token_url}, claims
        assert type(issued) is int and abs(issued - time.time()) < 300, issued
        assert issued < expires <= issued + 3600, (issued, expires)

    # ---- Messages

    def take(self, path, headers, body):
        need(path == '/v1/projects/%s/messages:send' % PROJECT, 404, path)
        scheme, _, token = headers.get('authorization', '').partition(' ')
        if scheme != 'Bearer' or self.tokens.get(token, 0) < time.monotonic():
            return error(401)
        need(set(headers) <= HEADERS | {'authorization'}, 400, 'headers %s' % sorted(headers))
        need(headers['content-type'].split(';')[0] == 'application/json', 400, 'Content-Type')
        try:
            request = json.loads(body)
        except ValueError:
            raise Refusal(400, 'this is no JSON') from None
        need(set(request) <= {'message', 'validate_only'} and 'message' in request, 400, 'members')
        return self.deliver(self.check_message(request['message']), headers, body)

    def check_message(self, message):
        """Its device's token."""
        need(set(message) <= MESSAGE, 400, 'message: %s' % (set(message) - MESSAGE))
        need('notification' not in message, 400, 'the service would read what it shows')
        targets = set(message) & {'token', 'fid', 'topic', 'condition'}
        need(len(targets) == 1, 400, 'targets %s' % targets)
        data = message.get('data', {})
        need(all(isinstance(value, str) for value in data.values()), 400, 'data are no strings')
        need(not any(name in ('from', 'message_type') or name.startswith(('google', 'gcm'))
                     for name in data), 400, 'a reserved name')
        need(sum(len(name.encode()) + len(value.encode()) for name, value in data.items())
             <= DATA_BYTES_MAX, 400, 'Android message is too big')
        need(set(data) == {'v', 'e'} and data['v'] == '1', 400, 'data %s' % sorted(data))
        self.check_android(message.get('android', {}))
        return targets.pop(), message

    @staticmethod
    def check_android(android):
        need(set(android) <= ANDROID, 400, 'android: %s' % (set(android) - ANDROID))
        need(android.get('priority', 'NORMAL') in ('NORMAL', 'HIGH'), 400, 'priority')
        ttl = android.get('ttl', '0s')
        need(re.fullmatch(r'\d+(\.\d{1,9})?s', ttl) and float(ttl[:-1]) <= TTL_MAX_S, 400, 'ttl')
        need(isinstance(android.get('collapse_key', ''), str), 400, 'collapse_key')

    def deliver(self, addressed, headers, body):
        target, message = addressed
        device = self.devices.get(message[target])
        if device is None:
            return error(404, 'UNREGISTERED', message='Requested entity was not found.')
        need(device.target == target, 400, 'this is no %s' % target)
        device.requests += 1
        return device.take(headers, body)
