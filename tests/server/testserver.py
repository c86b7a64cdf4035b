# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes, starts and stops a real Prosody with the Google side of tests/server/modules.

Used by the scripts `start` and `stop` beside it; tests go through the package `harness`. Everything
lies in one folder: ca/, certs/, data/, prosody.cfg.lua, prosody.log, server.json.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import certificates

HERE = pathlib.Path(__file__).resolve().parent
START_DEADLINE_S = 60
STOP_DEADLINE_S = 10

CANONICAL = 'talk.example'
ALIAS = 'mail.example'
PLAIN = 'plain.example'

# domain: how its certificate is, and whether it has the Google habits
DOMAINS = {
    CANONICAL: {'certificate': 'good', 'google': True, 'canonical': CANONICAL},
    ALIAS: {'certificate': 'good', 'google': True, 'canonical': CANONICAL},
    PLAIN: {'certificate': 'good', 'google': False, 'canonical': PLAIN},
    'selfsigned.example': {'certificate': 'self-signed', 'google': False,
                           'canonical': 'selfsigned.example'},
    'wrongname.example': {'certificate': 'wrong-name', 'google': False,
                          'canonical': 'wrongname.example'},
    'expired.example': {'certificate': 'expired', 'google': False,
                        'canonical': 'expired.example'},
}

# They all have each other in their rosters.
PEOPLE = ['juliet@' + CANONICAL, 'romeo@' + CANONICAL, 'nurse@' + CANONICAL,
          'mercutio@' + CANONICAL, 'paris@' + PLAIN, 'rosaline@' + PLAIN]
# Domains of rooms: Google's, which belong to their domain and behave as its do, and plain ones.
GROUPCHAT = 'groupchat.' + CANONICAL
CONFERENCE = 'conference.' + PLAIN

LONERS = ['benvolio@selfsigned.example', 'benvolio@wrongname.example', 'benvolio@expired.example']

MODULES = ['c2s', 'tls', 'saslauth', 'disco', 'roster', 'presence', 'message', 'iq', 'ping',
           'pep', 'blocklist', 'carbons', 'csi', 'smacks', 'mam', 'offline', 'posix', 'private',
           'vcard_legacy', 'version', 'time', 'muc_unique', 'google_bind', 'google_disco',
           'google_fault', 'google_trace', 'google_control', 'google_pushes', 'google_replies',
           'google_settings', 'google_mail', 'google_nosave', 'google_routing', 'google_roster',
           'google_jingleinfo', 'google_archive', 'google_shared_status', 'google_queue',
           'invisible_command']
MODULES_OFF = ['s2s', 's2s_auth_certs', 'register', 'register_ibr', 'admin_socket', 'cron',
               'auth_insecure', 'dialback']

TOKEN_LIFETIME_S = 12 * 3600
WRONG_SCOPE = 'https://mail.google.com/'


class ServerError(Exception):
    pass


# ---- what is put in the data folder ------------------------------------------------------------

def lua_string(text):
    escaped = ''.join(c if c.isprintable() and c not in '"\\' and ord(c) < 128
                      else ''.join('\\%03d' % b for b in c.encode()) for c in text)
    return '"' + escaped + '"'


def lua_value(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return lua_string(value)
    if isinstance(value, dict):
        return '{' + ';'.join('[%s]=%s' % (lua_value(k), lua_value(v))
                              for k, v in value.items()) + '}'
    return '{' + ';'.join(lua_value(v) for v in value) + '}'


def encode_name(text):
    """As Prosody's data manager names files."""
    return ''.join(c if c.isascii() and c.isalnum() else '%%%02x' % b
                   for c in text for b in c.encode())


def store(data, domain, kind, user, value):
    folder = data / encode_name(domain) / kind
    folder.mkdir(parents=True, exist_ok=True)
    (folder / (encode_name(user) + '.dat')).write_text('return ' + lua_value(value) + ';\n')


def roster_item(name, groups):
    return {'name': name, 'subscription': 'both', 'groups': {group: True for group in groups}}


def store_roster(data, jid, items):
    user, domain = jid.split('@')
    store(data, domain, 'roster', user, {False: {'version': 1}, **items})


def password_of(jid):
    return jid.split('@')[0] + '-password'


def tokens_of(jid):
    """The tokens that each account has from the start, by kind and state."""
    user = jid.split('@')[0]
    return {kind: {state: '%s-%s-%s' % (kind, state, user) for state in states}
            for kind, states in (('google', ('valid', 'expired', 'once')),
                                 ('oauth', ('valid', 'expired', 'once', 'scope')))}


def token_seeds(jid):
    seeds = []
    for kind, states in tokens_of(jid).items():
        for state, value in states.items():
            seed = {'jid': jid, 'kind': kind, 'token': value, 'lifetime': TOKEN_LIFETIME_S}
            if state == 'expired':
                seed['lifetime'] = -1
            if state == 'once':
                seed['once'] = True
            if state == 'scope':
                seed['scope'] = WRONG_SCOPE
            seeds.append(seed)
    return seeds


def bench_users(count):
    return ['user%04d@%s' % (number, CANONICAL) for number in range(count)]


def bench_contacts(count):
    return ['contact%03d@%s' % (number, CANONICAL) for number in range(count)]


def group_names(count):
    return ['Group %d' % number for number in range(count)]


def seed_people(data):
    for jid in PEOPLE:
        others = [other for other in PEOPLE if other != jid]
        store_roster(data, jid, {other: roster_item(other.split('@')[0].capitalize(), ['Verona'])
                                 for other in others})


def seed_bench(data, users, contacts, groups):
    """Every user has every contact, and the other way round, so that presence is mutual."""
    names = group_names(groups)
    of_user = {jid: roster_item('Contact %d' % number, [names[number % groups]] if groups else [])
               for number, jid in enumerate(contacts)}
    of_contact = {jid: roster_item('', []) for jid in users}
    for jid in users:
        store_roster(data, jid, of_user)
    for jid in contacts:
        store_roster(data, jid, of_contact)


def seed(folder, options):
    data = folder / 'data'
    data.mkdir(exist_ok=True)
    users, contacts = bench_users(options.users), bench_contacts(options.contacts)
    accounts = PEOPLE + LONERS + users + (contacts if users else [])
    tokens = []
    for jid in accounts:
        user, domain = jid.split('@')
        store(data, domain, 'accounts', user, {'password': password_of(jid)})
        tokens += token_seeds(jid)
    seed_people(data)
    if users:
        seed_bench(data, users, contacts, options.groups)
    switches = [{'domain': domain, 'name': 'google', 'value': False}
                for domain, what in DOMAINS.items() if not what['google']]
    switches += options.switches
    (folder / 'seed.json').write_text(json.dumps({'tokens': tokens, 'switches': switches}))
    return accounts


# ---- configuration -----------------------------------------------------------------------------

def host_section(folder, domain):
    lines = ['VirtualHost "%s"' % domain,
             '    google_canonical = "%s"' % DOMAINS[domain]['canonical']]
    if DOMAINS[domain]['certificate'] != 'good':
        stem = folder / 'certs-bad' / domain
        lines.append('    ssl = { certificate = "%s.crt"; key = "%s.key" }' % (stem, stem))
    return lines


def room_sections():
    return ['Component "%s" "muc"' % GROUPCHAT,
            '    google_canonical = "%s"' % CANONICAL,
            '    modules_enabled = { "google_groupchat" }',
            '    muc_room_locking = false',
            '    muc_room_default_public_jids = true',
            '    muc_room_default_history_length = 0',
            'Component "%s" "muc"' % CONFERENCE,
            '    modules_enabled = {}']


def write_config(folder, options, ports):
    modules = [name for name in MODULES + options.with_modules if name not in options.without]
    settings = {
        'run_as_root': True,
        'data_path': str(folder / 'data'),
        'pidfile': str(folder / 'prosody.pid'),
        'certificates': str(folder / 'certs'),
        'plugin_paths': [str(HERE / 'modules')],
        'interfaces': ['127.0.0.1'],
        'c2s_ports': [ports.get('port', 0)],
        'c2s_direct_tls_ports': [],
        'legacy_ssl_ports': [],
        'modules_enabled': modules,
        'modules_disabled': MODULES_OFF + options.without,
        'authentication': 'google',
        'storage': 'internal',
        'archive_expires_after': 'never',
        'default_archive_policy': True,
        'google_direct_tls_port': ports.get('direct_tls_port', 0),
        'google_first_domain': CANONICAL,
        'google_seed_file': str(folder / 'seed.json'),
        'google_ports_file': str(folder / 'ports.json'),
        'google_trace': options.trace,
        'google_trace_file': str(folder / 'trace.jsonl'),
    }
    if options.hibernation is not None:
        settings['smacks_hibernation_time'] = options.hibernation
    if options.owner is not None:
        settings['google_owner_pid'] = options.owner
    lines = ['%s = %s' % (name, lua_value(value)) for name, value in settings.items()]
    lines.append('log = { { levels = { min = "%s" }, to = "file", filename = "%s" } }'
                 % (options.log_level, folder / 'prosody.log'))
    lines += options.settings
    for domain in DOMAINS:
        lines += host_section(folder, domain)
    lines += room_sections()
    (folder / 'prosody.cfg.lua').write_text('\n'.join(lines) + '\n')


# ---- process -----------------------------------------------------------------------------------

def start_time(pid):
    """Tells a process from another one that got its number later; None if there is none."""
    try:
        fields = pathlib.Path('/proc/%d/stat' % pid).read_text().rsplit(')', 1)[1].split()
    except (OSError, IndexError):
        return None
    return None if fields[0] == 'Z' else int(fields[19])


def tail(path, lines=40):
    try:
        return '\n'.join(path.read_text(errors='replace').splitlines()[-lines:])
    except OSError:
        return '(no %s)' % path.name


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


def launch(folder):
    """Starts Prosody and returns (process, ports) once it accepts connections."""
    ports_file = folder / 'ports.json'
    ports_file.unlink(missing_ok=True)
    (folder / 'prosody.pid').unlink(missing_ok=True)
    with open(folder / 'prosody.out', 'ab') as out:
        process = subprocess.Popen(['prosody', '-F', '--config', folder / 'prosody.cfg.lua'],
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   start_new_session=True)
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if ports_file.exists():
            ports = json.loads(ports_file.read_text())
            if ports.get('port') and accepts(ports['port']):
                return process, ports
            break
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise ServerError('Prosody did not start:\n' + tail(folder / 'prosody.out') + '\n'
                      + tail(folder / 'prosody.log'))


def describe(folder, process, ports, accounts):
    description = {
        'pid': process.pid, 'start_time': start_time(process.pid), 'folder': str(folder),
        'host': '127.0.0.1', **ports,
        'ca': str(folder / 'ca' / 'ca.pem'), 'ca_directory': str(folder / 'ca'),
        'log': str(folder / 'prosody.log'), 'trace': str(folder / 'trace.jsonl'),
        'domains': {domain: {**what, 'sha256': certificates.fingerprint(
            folder / ('certs' if what['certificate'] == 'good' else 'certs-bad')
            / ('server.crt' if what['certificate'] == 'good' else domain + '.crt'))}
            for domain, what in DOMAINS.items()},
        'accounts': {jid: {'password': password_of(jid), 'tokens': tokens_of(jid)}
                     for jid in accounts},
    }
    path = folder / 'server.json'
    path.with_suffix('.new').write_text(json.dumps(description, indent=1))
    path.with_suffix('.new').rename(path)
    return description


def read_description(folder):
    try:
        return json.loads((folder / 'server.json').read_text())
    except OSError as error:
        raise ServerError('no server was started in %s' % folder) from error


def start(folder, options):
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / 'server.json').exists():
        raise ServerError('%s has a server already: stop it, or give --again' % folder)
    certificates.make(folder, DOMAINS)
    accounts = seed(folder, options)
    write_config(folder, options, {})
    process, ports = launch(folder)
    return describe(folder, process, ports, accounts)


def start_again(folder, options):
    """A stopped server once more: same ports, accounts and archive."""
    before = read_description(folder)
    if start_time(before['pid']) == before['start_time']:
        raise ServerError('the server in %s still runs' % folder)
    write_config(folder, options, before)
    process, ports = launch(folder)
    return describe(folder, process, ports, list(before['accounts']))


def stop(folder):
    """Ends the server of this folder; one that is gone is no error."""
    before = read_description(folder)
    pid, born = before['pid'], before['start_time']
    for what in (signal.SIGTERM, signal.SIGKILL):
        if start_time(pid) != born:
            return
        os.kill(pid, what)
        deadline = time.monotonic() + STOP_DEADLINE_S
        while start_time(pid) == born and time.monotonic() < deadline:
            time.sleep(0.02)
    if start_time(pid) == born:
        raise ServerError('process %d does not end' % pid)
