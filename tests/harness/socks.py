# SPDX-License-Identifier: GPL-2.0-or-later
"""A proxy by SOCKS 5 that knows every name: all of them are this machine."""

import socket
import socketserver
import struct
import threading

from .relay import pass_on


class Handler(socketserver.BaseRequestHandler):
    def read(self, length):
        data = b''
        while len(data) < length:
            more = self.request.recv(length - len(data))
            if not more:
                raise ConnectionError('the client has gone')
            data += more
        return data

    def handle(self):
        try:
            _, n_methods = self.read(2)
            self.read(n_methods)
            self.request.sendall(b'\5\0')
            _, _, _, kind = self.read(4)
            name = self.read(self.read(1)[0]).decode() if kind == 3 else \
                socket.inet_ntoa(self.read(4))
            port = struct.unpack('>H', self.read(2))[0]
            self.server.asked.append((name, port))
            with socket.create_connection(('127.0.0.1', port)) as far:
                self.request.sendall(b'\5\0\0\1\0\0\0\0\0\0')
                back = threading.Thread(target=pass_on, args=(far, self.request), daemon=True)
                back.start()
                pass_on(self.request, far)
                back.join()
        except OSError:
            pass


class Socks(socketserver.ThreadingTCPServer):
    """`asked`: (name, port) of every connection, in order."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.asked = []
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.shutdown()
        self.server_close()
        self.thread.join()
