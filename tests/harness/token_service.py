# SPDX-License-Identifier: GPL-2.0-or-later
"""A stand-in for the services that hand out tokens: ClientLogin with IssueAuthToken, and a token
endpoint of OAuth 2.0, over HTTPS. What it hands out the test server accepts."""

import base64
import http.server
import json
import pathlib
import ssl
import threading
import urllib.parse

from .prosody import Control

# one transparent pixel
PICTURE = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q'
                           'DwADhgGAWjR9awAAAABJRU5ErkJggg==')
# an answer for a script: whoever signs in is to read the picture first
CAPTCHA = (403, 'Error=CaptchaRequired\nCaptchaToken=c4ptcha\nCaptchaUrl=Captcha?ctoken=c4ptcha\n')


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body, kind='text/plain', **headers):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def do_GET(self):
        self.server.service.see(self.path, None)
        self.answer(200, PICTURE, 'image/png')

    def do_POST(self):
        service = self.server.service
        length = int(self.headers['Content-Length'])
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode(),
                                           keep_blank_values=True))
        self.answer(*service.see(self.path, form))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_):
        """The client has gone."""


class TokenService:
    """Serves accounts of `server` until it is closed.

    `requests` are (path, form) in order; `script` holds answers (status, body) that come before
    the service's own ones; `gate` may be cleared to let it fall silent."""

    def __init__(self, server, certificate='certs/server'):
        folder = pathlib.Path(server.folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / (certificate + '.crt'), folder / (certificate + '.key'))
        self.control = Control(server.description['control_port'])
        self.lock = threading.Lock()
        self.requests = []
        self.script = []
        self.passwords = {}        # by address
        self.refresh_tokens = {}   # to addresses
        self.refreshed = 0         # how many were given
        self.long_tokens = {}      # likewise
        self.lifetime = 3600       # what is said
        self.lifetimes = []        # what was said
        self.gives_refresh_token = True
        self.rotates = False       # a new refresh token each time
        self.issues = False        # ClientLogin gives a long token only
        self.minted = []
        self.gate = threading.Event()
        self.gate.set()
        self.http = Server(('127.0.0.1', 0), Handler)
        self.http.service = self
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True,
                                               do_handshake_on_connect=False)
        self.url = 'https://localhost:%d' % self.http.server_port
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def see(self, path, form):
        self.requests.append((path, form))
        self.gate.wait()
        if form is None:
            return None
        if self.script:
            return self.script.pop(0)
        page = {'/accounts/ClientLogin': self.client_login,
                '/accounts/IssueAuthToken': self.issue, '/token': self.grant}.get(path)
        return page(form) if page else (404, 'no such page')

    def mint(self, jid, kind, **more):
        with self.lock:
            token = '%s-minted-%d' % (kind, len(self.minted))
            self.minted.append(token)
            self.control('token', jid=jid, token=token, kind=kind, **more)
        return token

    def client_login(self, form):
        jid = form['Email']
        if form['Passwd'] != self.passwords.get(jid):
            return 403, 'Error=BadAuthentication\n'
        if not self.issues:
            return 200, 'SID=unused\nLSID=unused\nAuth=%s\n' % self.mint(jid, 'google')
        long_token = 'long-%d' % len(self.long_tokens)
        self.long_tokens[long_token] = jid
        return 200, 'SID=%s\nLSID=l-%s\n' % (long_token, long_token)

    def issue(self, form):
        jid = self.long_tokens.get(form['SID'])
        if jid is None or form['LSID'] != 'l-' + form['SID']:
            return 403, 'Error=BadAuthentication\n'
        return 200, self.mint(jid, 'google', once=True) + '\n'

    def find_granted(self, form):
        if form['grant_type'] == 'refresh_token':
            return self.refresh_tokens.get(form['refresh_token'])
        if form['password'] == self.passwords.get(form['username']):
            return form['username']
        return None

    def new_refresh_token(self, jid):
        token = 'refresh-%d' % self.refreshed
        self.refreshed += 1
        self.refresh_tokens[token] = jid
        return token

    def grant(self, form):
        jid = self.find_granted(form)
        if jid is None:
            return 400, json.dumps({'error': 'invalid_grant'}), 'application/json'
        self.lifetimes.append(self.lifetime)
        answer = {'access_token': self.mint(jid, 'oauth'), 'token_type': 'Bearer',
                  'expires_in': self.lifetimes[-1]}
        if self.rotates or (self.gives_refresh_token and form['grant_type'] == 'password'):
            self.refresh_tokens.pop(form.get('refresh_token'), None)
            answer['refresh_token'] = self.new_refresh_token(jid)
        return 200, json.dumps(answer), 'application/json'

    def paths(self):
        return [path for path, _ in self.requests]

    def close(self):
        self.gate.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
        with self.lock:
            self.control.close()
