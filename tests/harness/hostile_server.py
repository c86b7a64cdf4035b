# SPDX-License-Identifier: GPL-2.0-or-later
"""A chat server over TLS that plays tricks on the account that it serves: what a test makes the
account send starts them, in the server's own thread."""

import hashlib
import socket
import ssl

from .hostile import make_certificate
from .scripted_server import ACCOUNT, ENABLE, SM, ScriptedServer


def message(name, body, sender='romeo@talk.example/orchard', inner=''):
    return ("<message type='chat' id='%s' from='%s' to='%s'><body>%s</body>%s</message>"
            % (name, sender, ACCOUNT, body, inner))


class HostileServer(ScriptedServer):
    """tricks: by the body of a message that the account sends, a function of the server, for once.
    Serves one connection after the other; sign_ins counts them."""

    def __init__(self, scratch, deadline, **answers):
        super().__init__(deadline, **answers)
        certificate = make_certificate(scratch.path)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, certificate.with_suffix('.key'))
        der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
        self.pin = hashlib.sha256(der).hexdigest()
        self.tricks = {}
        self.sign_ins = 0
        self.handled = 0
        self.closed = False

    def domain_section(self):
        return ('[domain talk.example]\nregistration=open\npasswords=true\nserver=127.0.0.1\n'
                'port=%d\ndirect-tls=true\npins=%s' % (self.port, self.pin))

    def accept(self):
        connection, _ = self.listener.accept()
        connection.settimeout(self.deadline)
        self.socket = self.context.wrap_socket(connection, server_side=True)

    def write_bytes(self, data):
        self.socket.sendall(data)

    def end_stream(self):
        """Only this one; the next may come."""
        self.write('</stream:stream>')
        raise ConnectionError()

    def _serve(self, element):
        body = element.find('{jabber:client}body')
        trick = self.tricks.pop(body.text, None) if body is not None else None
        if element.tag == ENABLE:
            self.handled = 0
        elif element.tag.startswith('{jabber:client}'):
            self.handled += 1
        if trick is None:
            super()._serve(element)
            return
        self.write("<a xmlns='%s' h='%d'/>" % (SM, self.handled))  # or it would be sent again
        trick(self)

    def _serve_one(self):
        self.sign_in()
        self.handled += 1  # the presence
        self.sign_ins += 1
        self.serve_until(lambda element: False)

    def _run(self):
        while not self.closed:
            try:
                self._serve_one()
            except OSError:
                pass
            except Exception as error:  # pylint: disable=broad-except
                self.problem = error
            if self.socket is not None:
                self.socket.close()

    def close(self):
        self.closed = True
        self.listener.shutdown(socket.SHUT_RDWR)
        super().hang_up()
        self.thread.join(self.deadline)
        if self.problem is not None:
            raise self.problem
