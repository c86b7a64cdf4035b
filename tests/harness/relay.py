# SPDX-License-Identifier: GPL-2.0-or-later
"""A wire between a client and a server that can be cut."""

import socket
import struct
import threading

CHUNK = 65536
RESET = struct.pack('ii', 1, 0)  # close() is a reset then


def pass_on(source, target):
    """Until one of the two ends."""
    try:
        while data := source.recv(CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Relay:
    """Listens on a port of loopback and passes on what comes to (host, port)."""

    def __init__(self, host, port):
        self.to = (host, port)
        self.lock = threading.Lock()
        self.ends = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.host, self.port = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.to)
            with self.lock:
                self.ends += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=pass_on, args=(source, target), daemon=True).start()

    def cut(self):
        """What goes through it now ends without a word; what comes next passes."""
        with self.lock:
            ends, self.ends = self.ends, []
        for end in ends:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
