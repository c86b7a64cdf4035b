# SPDX-License-Identifier: GPL-2.0-or-later
"""A small web client of the bridge, served from this machine: `web_app/` has its page, which
subscribes, and its worker, which is pushed. What they tell about themselves is in `said`."""

import http.server
import json
import pathlib
import threading

from .process import eventually

FOLDER = pathlib.Path(__file__).with_name('web_app')
TYPES = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8'}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, kind='text/plain', body=b''):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        app = self.server.app
        file = FOLDER / (self.path[1:] or 'index.html')
        if self.path == '/settings':
            app.ready.wait()
            self.answer(200, 'application/json', json.dumps(app.settings).encode())
        elif file.parent == FOLDER and file.is_file():
            self.answer(200, TYPES[file.suffix], file.read_bytes())
        else:
            self.answer(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        self.server.app.said.append(json.loads(body))
        self.answer(204)


class WebApp:
    """Its page waits for begin()."""

    def __init__(self):
        self.settings = {}
        self.ready = threading.Event()
        self.said = []
        self.http = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.http.daemon_threads = True
        self.http.block_on_close = False
        self.http.app = self
        self.origin = 'http://localhost:%d' % self.http.server_port
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def begin(self, bridge, token):
        """The bridge's URL, and a device's token."""
        self.settings = {'bridge': bridge, 'token': token}
        self.ready.set()

    def wait_for(self, fits, what):
        """The first thing said that fits."""
        found = eventually(lambda: [said for said in self.said if fits(said)],
                           what=lambda: '%s among %r' % (what, self.said))
        return found[0]

    def close(self):
        self.ready.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
