# SPDX-License-Identifier: GPL-2.0-or-later
"""The limits and defaults that the manual names are those of the code."""

import re

import source

PAGE = 'data/gtalk-bridge.conf.5'
EXAMPLE = 'data/gtalk-bridge.conf'
CONFIG = 'bridge/config/bridge-config.c'
KIB, MIB, DAY_US = 1024, 1024 * 1024, 86400 * 1000000
UNITS = {'': 1, 'bytes': 1, 'KiB': KIB, 'MiB': MIB, 's': 1, 'days': 1}

# Rows of the table without a key: in which file the macro is, and what one of its units is here.
FIXED = {
    'not read by a reader': ('bridge-event-reader-private.h',
                             'BRIDGE_EVENT_PENDING_BYTES_MAX'),
    'a reader that takes nothing': ('bridge-listener.h', '.write_ms', 1000),
    'tickets': ('bridge-tickets.c', 'TICKETS_OF_DEVICE_MAX'),
    'commands of a WebSocket': ('bridge-event-socket.c', 'SOCKET_COMMANDS_MAX'),
    'sign-ins under way (account)': ('bridge-login.c', 'LOGIN_WAITING_MAX'),
    'messages waiting to be sent': ('bridge-account-send.c', 'SEND_QUEUE_MAX'),
    'rooms': ('bridge-rooms.h', 'BRIDGE_ROOMS_MAX'),
    'header': ('bridge-request-reader.h', 'BRIDGE_REQUEST_HEAD_BYTES_MAX'),
    'body, frame of a WebSocket': ('bridge-request-reader.h',
                                   'BRIDGE_REQUEST_BODY_BYTES_MAX'),
    'depth of JSON': ('bridge-json-check.h', 'BRIDGE_JSON_DEPTH_MAX'),
    'content of a push': ('bridge-push-payload.h', 'BRIDGE_PUSH_PAYLOAD_BYTES_MAX'),
    'time to live': ('bridge-push-settings.h', 'BRIDGE_PUSH_TTL_MAX_S', 86400),
    'between two tests': ('bridge-push-device.c', 'PUSH_TEST_SPACING_US', 1000000),
    'attempts to verify': ('bridge-push-queue.c', 'QUEUE_CHALLENGES_MAX'),
    'webpush that fails': ('bridge-push-backoff.c', 'BACKOFF_HOPELESS_US', DAY_US),
    'webhook that fails': ('bridge-push-backoff.c', 'BACKOFF_HOPELESS_WEBHOOK_US', DAY_US),
    'fcm not given anew': ('bridge-push-settings.h', 'BRIDGE_PUSH_STALE_US', DAY_US),
    'fcm never given anew': ('bridge-push-settings.h', 'BRIDGE_PUSH_FORGOTTEN_US', DAY_US),
    'pushes under way': ('bridge-push-process.c', 'PUSH_PROCESS_UNDER_WAY_MAX'),
    'sign-ins under way (all)': ('bridge-accounts.c', 'ACCOUNTS_TRIALS_MAX'),
    'a stanza': ('host-stanza-guard.h', 'HOST_STANZA_GUARD_BYTES_MAX'),
    'elements of a stanza': ('host-stanza-guard.h',
                             'HOST_STANZA_GUARD_ELEMENTS_MAX'),
    'attributes of an element': ('host-stanza-guard.h',
                                 'HOST_STANZA_GUARD_ATTRIBUTES_MAX'),
    'depth of a stanza': ('host-stanza-guard.h', 'HOST_STANZA_GUARD_DEPTH_MAX'),
    'archive at a sign-in': ('gtalk-archive-course.h',
                             'GTALK_ARCHIVE_COURSE_MESSAGES_MAX'),
}
SAME_NAME = {('Of an account', 'sign-ins under way'): 'sign-ins under way (account)',
             ('Of all together', 'sign-ins under way'): 'sign-ins under way (all)'}
# Both of them are meant by one row.
TWINS = [(('bridge-request-reader.h', 'BRIDGE_REQUEST_BODY_BYTES_MAX'),
          ('bridge-frame.h', 'BRIDGE_FRAME_MESSAGE_BYTES_MAX'))]


def find(name):
    """The one file of ours with that name, wherever it is."""
    path, = (path for path in source.paths('.c', '.h') if path.name == name)
    return path


def macro(file, name):
    """The value of a macro that is numbers and what is between them; or of a member."""
    pattern = (r'%s = ([0-9]+),' % re.escape(name) if name.startswith('.')
               else r'^#define %s (.*?)(?:/\*.*)?$' % name)
    found = re.search(pattern, source.read(find(file)), re.M)
    text = re.sub(r'\(gint64\)', '', found.group(1)).replace('G_USEC_PER_SEC', '1000000')
    if not re.fullmatch(r'[0-9 ()*+]+', text):
        raise ValueError('%s of %s is not plain: %s' % (name, file, text))
    return eval(text)  # pylint: disable=eval-used


def defaults():
    """{key: default} of the keys that are numbers."""
    text = source.read(CONFIG)
    found = {}
    for group, key, member in re.findall(
            r'\{"([a-z]+)", "([a-z-]+)", CONFIG_UINT, CONFIG_AT\(([a-z_.]+)\)', text):
        given = re.search(r'config->%s = (\d+);' % re.escape(member), text)
        found[group, key] = int(given.group(1)) if given else 0
    return found


def table():
    """(heading, what, value) of each row of the page's table."""
    heading = None
    for line in source.read(PAGE).splitlines():
        if line.startswith('.It Sy '):
            heading = line[len('.It Sy '):].split(' Ta ')[0]
        elif line.startswith('.It ') and ' Ta ' in line:
            what, value, _ = line[len('.It '):].split(' Ta ')
            yield heading, what, value


def number(text):
    value, _, unit = text.partition(' ')
    return int(value) * UNITS[unit]


def in_table():
    keys = {key: value for (_, key), value in defaults().items()}
    seen = set()
    for heading, what, value in table():
        name = SAME_NAME.get((heading, what), what)
        seen.add(name)
        if name in FIXED:
            file, known, *unit = FIXED[name]
            expected = macro(file, known) // (unit[0] if unit else 1)
        elif name in keys:
            expected = keys[name]
        else:
            yield '%s: nothing is known of the limit "%s"' % (PAGE, what)
            continue
        if number(value) != expected:
            yield '%s: "%s" is %s there, %d in the code' % (PAGE, what, value, expected)
    for name in sorted(set(FIXED) - seen):
        yield '%s: the limit "%s" has no row' % (PAGE, name)
    for first, second in TWINS:
        if macro(*first) != macro(*second):
            yield '%s and %s differ' % (first[1], second[1])
    for group, key in defaults():
        if group == 'limits' and key not in seen:
            yield '%s: the limit "%s" has no row' % (PAGE, key)


def in_example():
    group = None
    given = {}
    for line in source.read(EXAMPLE).splitlines():
        match = re.match(r'#?([a-z-]+)=(\d+)$', line)
        if line.startswith('['):
            group = line[1:-1]
        elif match:
            given[group, match.group(1)] = int(match.group(2))
    for (group, key), value in defaults().items():
        if given.get((group, key)) != value:
            yield '%s: [%s] %s is %s there, %d in the code' % (
                EXAMPLE, group, key, given.get((group, key)), value)


def in_items():
    """What the page says by default, of keys that are described in words."""
    group = key = None
    text = {}
    for line in source.read(PAGE).splitlines():
        if line.startswith('.S'):
            group = line[len('.Ss ['):-1] if line.startswith('.Ss [') else None
            key = None
        elif line.startswith('.It Cm ') and group:
            key = line[len('.It Cm '):]
        elif key:
            text[group, key] = text.get((group, key), '') + line + ' '
    for (group, key), value in defaults().items():
        words = 'never' if value == 0 else '%d' % value
        if not re.search(r'\b%s\b by\s+default' % words, text.get((group, key), '')):
            yield '%s: [%s] %s does not say "%s by default"' % (PAGE, group, key, words)


source.finish([*in_table(), *in_example(), *in_items()])
