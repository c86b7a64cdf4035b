# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts a real ejabberd with OAuth tokens of its own, beside nobody's system service.

The Erlang node is not distributed: no node name, cookie or port mapper. Commands go by ejabberd's
HTTP API through a Unix socket in the folder. `stop` ends it like the other server."""

import glob
import http.client
import json
import os
import re
import socket
import subprocess
import time

import certificates
from testserver import ServerError, accepts, password_of, start_time, tail

DOMAIN = 'ejabberd.example'
PEOPLE = ['juliet@' + DOMAIN, 'romeo@' + DOMAIN, 'nurse@' + DOMAIN]
USER = 'user%04d@' + DOMAIN
CONTACT = 'contact%03d@' + DOMAIN  # of the user with that number
START_DEADLINE_S = 90
TOKEN_LIFETIME_S = 12 * 3600
STARTED = re.compile(r'accepting TCP connections at 127\.0\.0\.1:(\d+) for ejabberd_c2s')

CONFIG = '''\
hosts: [%(domain)s]
loglevel: info
certfiles: ["%(folder)s/certs/server.crt", "%(folder)s/certs/server.key"]
ca_file: "%(folder)s/ca/ca.pem"
listen:
  - port: %(port)d
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls_required: true
    shaper: none
    access: all
  - port: "unix:%(folder)s/api.sock"
    module: ejabberd_http
    request_handlers:
      /api: mod_http_api
api_permissions:
  tests:
    who: all
    what: "*"
oauth_access: all
modules:
  mod_admin_extra: {}
  mod_blocking: {}
  mod_carboncopy: {}
  mod_client_state: {}
  mod_disco: {}
  mod_http_api: {}
  mod_mam:
    default: always
  mod_muc: {}
  mod_offline: {}
  mod_ping: {}
  mod_privacy: {}
  mod_roster: {}
  mod_stream_mgmt: {}
'''


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def command(api, name, **arguments):
    """One command of ejabberd's, by its HTTP API."""
    connection = _UnixConnection(api)
    try:
        connection.request('POST', '/api/' + name, json.dumps(arguments),
                           {'Content-Type': 'application/json'})
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise ServerError('%s: %d %s' % (name, answer.status, text.decode(errors='replace')))
    return json.loads(text)


def ebin():
    found = sorted(glob.glob('/usr/lib/*/ejabberd-*/ebin'))
    if not found:
        raise ServerError('ejabberd is not installed')
    return found[-1]


WATCH = ('spawn(fun Watch() -> timer:sleep(2000), case filelib:is_dir("/proc/%d") of '
         'true -> Watch(); false -> init:stop() end end).')


def launch(folder, owner):
    log = folder / 'ejabberd.log'
    log.unlink(missing_ok=True)
    for name in ('spool', 'home'):
        (folder / name).mkdir(exist_ok=True)
    environment = {'PATH': os.environ['PATH'], 'HOME': str(folder / 'home'),
                   'EJABBERD_CONFIG_PATH': str(folder / 'ejabberd.yml'),
                   'EJABBERD_LOG_PATH': str(log),
                   'ERL_CRASH_DUMP': str(folder / 'crash.dump')}
    with open(folder / 'ejabberd.out', 'ab') as out:
        process = subprocess.Popen(
            ['erl', '-noinput', '-noshell', '-pa', ebin(), '-mnesia', 'dir',
             '"%s"' % (folder / 'spool'), '-s', 'ejabberd',
             *(['-eval', WATCH % owner] if owner else [])],
            cwd=folder / 'spool', env=environment, stdin=subprocess.DEVNULL, stdout=out,
            stderr=out, start_new_session=True)
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline and process.poll() is None:
        found = STARTED.search(log.read_text() if log.exists() else '')
        if found and (folder / 'api.sock').exists() and accepts(int(found.group(1))):
            return process, int(found.group(1))
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise ServerError('ejabberd did not start:\n' + tail(folder / 'ejabberd.out') + tail(log))


def token(api, jid):
    """An OAuth token that is good for signing in."""
    issued = command(api, 'oauth_issue_token', jid=jid, ttl=TOKEN_LIFETIME_S, scopes='sasl_auth')
    return issued['token']


def make_account(api, jid, contacts):
    user, domain = jid.split('@')
    for other in contacts:
        command(api, 'add_rosteritem', localuser=user, localhost=domain,
                user=other.split('@')[0], host=domain, nick='', group='Verona', subs='both')
    revoked = token(api, jid)
    command(api, 'oauth_revoke_token', token=revoked)
    return {'password': password_of(jid),
            'tokens': {'oauth': {'valid': token(api, jid), 'expired': revoked}}}


def make_accounts(api, users):
    contacts = {jid: [other for other in PEOPLE if other != jid] for jid in PEOPLE}
    for number in range(users):
        user, contact = USER % number, CONTACT % number
        contacts.update({user: [contact], contact: [user]})
    for jid in contacts:
        user, domain = jid.split('@')
        command(api, 'register', user=user, host=domain, password=password_of(jid))
    return {jid: make_account(api, jid, contacts[jid]) for jid in contacts}


def write_config(folder, port):
    (folder / 'ejabberd.yml').write_text(
        CONFIG % {'domain': DOMAIN, 'folder': folder, 'port': port})


def start(folder, again=False, owner=None, users=0):
    description = folder / 'server.json'
    before = json.loads(description.read_text()) if again else None
    if before is None:
        folder.mkdir(parents=True, exist_ok=True)
        if description.exists():
            raise ServerError('%s has a server already: stop it, or give --again' % folder)
        certificates.make(folder, {DOMAIN: {'certificate': 'good'}})
    write_config(folder, before['port'] if before else 0)
    (folder / 'api.sock').unlink(missing_ok=True)
    process, port = launch(folder, owner)
    api = str(folder / 'api.sock')
    what = {
        'pid': process.pid, 'start_time': start_time(process.pid), 'folder': str(folder),
        'host': '127.0.0.1', 'port': port, 'api': api,
        'ca': str(folder / 'ca' / 'ca.pem'), 'ca_directory': str(folder / 'ca'),
        'log': str(folder / 'ejabberd.log'),
        'domains': {DOMAIN: {'certificate': 'good', 'google': False, 'canonical': DOMAIN,
                             'sha256': certificates.fingerprint(folder / 'certs/server.crt')}},
    }
    # Whatever goes wrong from here, `stop` finds the process.
    description.write_text(json.dumps(what))
    what['accounts'] = before['accounts'] if before else make_accounts(api, users)
    description.write_text(json.dumps(what, indent=1))
    return what
