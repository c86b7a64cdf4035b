#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An old phone's app, as the old proxy's API needs it to be: signs in at ClientLogin, then at the
proxy, and talks. It is written from what that app expects, and shares no code with the bridge.

    tests/phone.py --google https://localhost:1 --proxy https://localhost:2 --ca ca.pem \\
        --state phone.json login juliet@talk.example secret
    tests/phone.py --ca ca.pem --state phone.json queue

What it keeps (token, root URL, user key, credential) is in the state file, as on the phone. What
the proxy refuses is told, and the status is 1."""

import argparse
import base64
import hashlib
import http.client
import json
import pathlib
import ssl
import sys
import urllib.parse

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

DEADLINE_S = 30  # then the app gives up


class Refused(Exception):
    """The app goes by how the body begins, not by the status; so does this."""

    def __init__(self, status, body):
        super().__init__(body or 'cannot reach server')
        self.status = status
        self.body = body

    @property
    def code(self):
        return self.body[:3]


class Answer:
    def __init__(self, status, reason, headers, body):
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body

    @property
    def text(self):
        return self.body.decode()


def derive(salt, key):
    """The app's key and IV."""
    secret = ('%s$%s' % (salt, key)).encode()
    digests = [hashlib.md5(secret).digest()]
    for _ in range(2):
        digests.append(hashlib.md5(digests[-1] + secret).digest())
    return digests[0] + digests[1], digests[2]


def decrypt(line, user_key):
    """What is in an envelope; whatever the app would die of is an exception here as well."""
    length, salt, sealed = line.split(':')[:3]
    key, vector = derive(salt, user_key)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    padded = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    plain = unpadder.update(padded) + unpadder.finalize()
    if int(length) > len(plain):
        raise ValueError('the length is beyond the data')
    return plain[:int(length)].decode()


def read_contact(line):
    contact = json.loads(line)
    if contact.get('name') == '':
        raise ValueError('the app groups contacts by the first letter of their names')
    for session in contact['sessions'].values():
        if None in session.get('caps', []):
            raise ValueError('a null in caps')
    contact['jid']  # it has to be there
    return contact


def read_message(text):
    message = json.loads(text)
    if not 0 <= message['time'] < 1e15:
        raise ValueError('no time for the app')
    message['from']  # it has to be there
    return message


class Phone:
    """proxy: the URL that is compiled into the app; google: that of ClientLogin."""

    def __init__(self, proxy, google=None, ca=None, state=None):
        self.proxy = proxy
        self.google = google
        self.context = ssl.create_default_context(cafile=ca)
        self.auth = self.token = self.root = self.key = None
        self.username = None
        for name, value in (state or {}).items():
            setattr(self, name, value)

    def state(self):
        return {name: getattr(self, name)
                for name in ('proxy', 'google', 'auth', 'token', 'root', 'key', 'username')}

    # -- the wire

    def connect(self, url):
        parts = urllib.parse.urlsplit(url)
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=DEADLINE_S,
                                           context=self.context)

    def exchange(self, method, url, body=None, headers=None):
        """Any request at all, on a connection of its own."""
        connection = self.connect(url)
        try:
            connection.request(method, url[url.index('/', len('https://')):], body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.reason, answer.headers, answer.read())
        finally:
            connection.close()

    def post(self, address, raw=None, /, **form):
        """raw: sent behind the fields as it is."""
        body = urllib.parse.urlencode(form)
        body += ('&' if body and raw else '') + (raw or '')
        return self.exchange('POST', address, body.encode(),
                             {'Content-Type': 'application/x-www-form-urlencoded'})

    def ask(self, address, /, **form):
        answer = self.post(address, **form)
        if answer.status != 200:
            raise Refused(answer.status, answer.text)
        return answer

    def call(self, path, /, **form):
        """One call at the root URL, with the token."""
        return self.ask(self.root + path, token=self.token, **form)

    # -- what the app does

    def client_login(self, email, password):
        answer = self.ask(self.google + '/accounts/ClientLogin',
                          accountType='HOSTED_OR_GOOGLE', Email=email, Passwd=password,
                          service='mail', source='gchatapp.com-gchat-1.6')
        line = next(line for line in answer.text.split('\n') if line.startswith('Auth='))
        self.username = email
        self.auth = line.split('=')[1]

    def login(self):
        lines = self.ask(self.proxy + '/login', username=self.username,
                         auth=self.auth).text.split('\n')
        self.token, self.root = lines[0], lines[1]
        return self.token

    def fetch_key(self):
        if self.key is None:
            self.key = self.call('/key').text
        return self.key

    def register(self, url='https://push.example/channel', tiles=(), **more):
        return self.post(self.root + '/register', 'as=a+b%zz&=', token=self.token, url=url,
                         tiles=json.dumps(list(tiles)), version='1.6', **more)

    def roster(self):
        return [read_contact(line) for line in self.call('/roster').text.split('\n') if line]

    def queue(self):
        return [read_message(decrypt(line, self.fetch_key()))
                for line in self.call('/messagequeue').text.split('\n') if line]

    def send(self, to, body):
        return self.call('/message', to=to, body=body)

    def presence(self, show, **more):
        return self.call('/presence', show=show, **more)

    def logout(self):
        self.call('/logout')
        self.token = self.root = self.key = self.auth = None

    def start(self, email=None, password=None):
        """As the app does when it is opened."""
        if self.auth is None:
            self.client_login(email, password)
        if self.token is None:
            self.login()
        self.fetch_key()
        answer = self.register()
        if answer.status != 200:
            raise Refused(answer.status, answer.text)
        return self.roster()


# -- the command line

def show(what):
    print(what if isinstance(what, str) else json.dumps(what, ensure_ascii=False))


def register(phone, url, *tiles):
    answer = phone.register(url, tiles)
    if answer.status != 200:
        raise Refused(answer.status, answer.text)
    return [answer.text]


def said(answer):
    return [answer.text] if answer.body else []


# What it is called with, what it does, and that: returns what is printed, line by line.
COMMANDS = {
    'login': ('EMAIL PASSWORD', 'as when the app is opened: signs in, registers, asks for contacts',
              lambda phone, *arguments: phone.start(*arguments)),
    'key': ('', 'the user key', lambda phone: [phone.fetch_key()]),
    'register': ('URL [TILE...]', 'another push channel, and the contacts on the start screen',
                 register),
    'roster': ('', 'the contacts', lambda phone: phone.roster()),
    'queue': ('', 'the messages that wait, opened', lambda phone: phone.queue()),
    'send': ('JID TEXT', 'a message', lambda phone, to, text: said(phone.send(to, text))),
    'presence': ('SHOW', 'available, away, xa, dnd or invisible',
                 lambda phone, shown: said(phone.presence(shown))),
    'open': ('TEXT', 'what is in a line of the queue or in a raw notification',
             lambda phone, text: [read_message(decrypt(text.removeprefix('msg:'),
                                                       phone.fetch_key()))]),
    'logout': ('', 'forgets all but where the proxy is', lambda phone: phone.logout() or []),
}


def fits(words, arguments):
    """Whether there are as many as the command takes."""
    wanted = [word for word in words.split() if not word.startswith('[')]
    return len(arguments) == len(wanted) or len(arguments) > len(wanted) < len(words.split())


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='commands:\n' + '\n'.join(
            '  %-24s %s' % (name + ' ' + words, what)
            for name, (words, what, _) in COMMANDS.items()))
    parser.add_argument('--proxy', metavar='URL', help='what is compiled into the app')
    parser.add_argument('--google', metavar='URL', help='where ClientLogin is')
    parser.add_argument('--ca', metavar='FILE', help='authorities, if not the system\'s')
    parser.add_argument('--state', metavar='FILE', type=pathlib.Path, required=True,
                        help='what the phone knows; is made')
    parser.add_argument('command', choices=COMMANDS, metavar='COMMAND')
    parser.add_argument('arguments', nargs='*', metavar='ARGUMENT')
    options = parser.parse_args()
    words = COMMANDS[options.command][0]
    if not fits(words, options.arguments):
        parser.error('%s %s' % (options.command, words))
    return options


def main():
    options = parse()
    state = json.loads(options.state.read_text()) if options.state.exists() else {}
    state.update({name: value for name, value in (('proxy', options.proxy),
                                                  ('google', options.google)) if value})
    phone = Phone(None, ca=options.ca, state=state)
    if options.command != 'login' and phone.token is None:
        print('log in first', file=sys.stderr)
        return 1
    try:
        for line in COMMANDS[options.command][2](phone, *options.arguments):
            show(line)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    finally:
        options.state.write_text(json.dumps(phone.state()))
    return 0


if __name__ == '__main__':
    sys.exit(main())
