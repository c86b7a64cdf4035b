# SPDX-License-Identifier: GPL-2.0-or-later
"""Includes follow the lines that the folders' READMEs draw: dependencies point one way."""

import os
import pathlib
import re

import source

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)

# What a folder may include of ours. "contract" is what the plugin tells others, "link" what daemon
# and host share, "error" the daemon's one error domain.
MAY_USE = {
    'contract': {'contract'},
    'plugin/core': {'plugin/core', 'contract'},
    'plugin/sign-in': {'plugin/sign-in', 'plugin/core', 'contract'},
    'plugin/contacts': {'plugin/contacts', 'plugin/core', 'contract'},
    'plugin/rooms': {'plugin/rooms', 'plugin/core', 'contract'},
    'plugin/mail': {'plugin/mail', 'plugin/core', 'contract'},
    'plugin/status': {'plugin/status', 'plugin/core', 'contract'},
    'plugin/calls': {'plugin/calls', 'plugin/sign-in', 'plugin/core', 'contract'},
    'plugin/messages': {'plugin/messages', 'plugin/contacts', 'plugin/mail', 'plugin/status',
                        'plugin/core', 'contract'},
    # puts the units together
    'plugin': {'plugin', 'plugin/calls', 'plugin/contacts', 'plugin/core', 'plugin/mail',
               'plugin/messages', 'plugin/rooms', 'plugin/sign-in', 'plugin/status', 'contract'},
    'link': {'link'},
    'error': {'error'},
    'bridge/vault': {'bridge/vault', 'error'},
    'bridge/store': {'bridge/store', 'bridge/vault', 'error'},
    'bridge': {'bridge', 'bridge/store', 'bridge/vault', 'link', 'error'},
    'bridge/http': {'bridge/http', 'bridge', 'link', 'error'},
    'bridge/api': {'bridge/api', 'bridge/http', 'bridge', 'bridge/store', 'link', 'error'},
    'bridge/control': {'bridge/control', 'bridge/api', 'bridge/http', 'bridge', 'bridge/store',
                       'link', 'error'},
    # translates by what the own API is made of: its listener, limits and checks
    'bridge/legacy': {'bridge/legacy', 'bridge/api', 'bridge/http', 'bridge', 'bridge/store',
                      'link', 'error'},
    'bridge/ctl': {'bridge/ctl', 'bridge', 'link', 'error'},
    'bridge/host': {'bridge/host', 'link', 'contract'},
    'bridge/push': {'bridge/push', 'link'},
    # puts the parts together
    'main': {'main', 'bridge', 'bridge/api', 'bridge/control', 'bridge/ctl', 'bridge/legacy',
             'bridge/store', 'bridge/vault', 'link', 'error'},
}
SPECIAL = {
    'plugin/gtalk.h': 'contract',
    'plugin/gtalk-units.h': 'plugin/core',  # only the name of the table, which the core walks
    'bridge/main.c': 'main',
    'bridge/bridge-daemon.c': 'main',
    'bridge/bridge-daemon.h': 'main',
    'bridge/bridge-restore.c': 'main',
    'bridge/bridge-restore.h': 'main',
    'bridge/bridge-address.c': 'link',
    'bridge/bridge-address.h': 'link',
    'bridge/bridge-anchors.c': 'link',
    'bridge/bridge-anchors.h': 'link',
    'bridge/bridge-base64.c': 'link',
    'bridge/bridge-base64.h': 'link',
    'bridge/bridge-grant.c': 'link',
    'bridge/bridge-grant.h': 'link',
    'bridge/bridge-handover.c': 'link',
    'bridge/bridge-handover.h': 'link',
    'bridge/bridge-link.c': 'link',
    'bridge/bridge-link.h': 'link',
    'bridge/bridge-link-pipe.c': 'link',
    'bridge/bridge-link-pipe.h': 'link',
    'bridge/bridge-push-link.c': 'link',
    'bridge/bridge-push-link.h': 'link',
    'bridge/bridge-push-url.c': 'link',
    'bridge/bridge-push-url.h': 'link',
    'bridge/bridge-timers.c': 'link',
    'bridge/bridge-timers.h': 'link',
    'bridge/bridge-error.c': 'error',
    'bridge/bridge-error.h': 'error',
}
LINK_NAMES = ('bridge-link.h', 'bridge-link-generated.h', 'bridge-push-link-generated.h')

PLUGIN = ('contract', *(layer for layer in MAY_USE if layer.startswith('plugin')))

# Libraries that only some may know, by the beginning of the header's name.
LIBRARIES = {
    'purple.h': (*PLUGIN, 'bridge/host'),
    'libpurple/': (*PLUGIN, 'bridge/host'),
    'libsoup/': ('main', 'bridge/http', 'bridge/api', 'bridge/ctl', 'bridge/legacy', 'bridge/push',
                 'plugin/sign-in'),
    'libsecret/': ('bridge/vault',),
    'sqlite3.h': ('bridge/store',),
    'openssl/': ('bridge/vault', 'bridge/store', 'bridge', 'bridge/api', 'bridge/host',
                 'bridge/legacy', 'bridge/push'),
}


def layer_of(path):
    """The layer of a path below the root; None for what has no rule (tests, generated)."""
    name = path.as_posix()
    if name in SPECIAL:
        return SPECIAL[name]
    folder = path.parent.as_posix()
    return folder if folder in MAY_USE else None


def resolve(path, name):
    """The path below the root that an include in quotes means, or None if it is generated."""
    for folder in (path.parent, pathlib.Path('.'), pathlib.Path('bridge'), pathlib.Path('plugin')):
        target = pathlib.Path(os.path.normpath(folder / name))
        if (source.root() / target).is_file():
            return target
    return None


def complain_of_own(path, layer, name):
    if pathlib.Path(name).name in LINK_NAMES:
        other = 'link'
    else:
        target = resolve(path, name)
        other = layer_of(target) if target else None
        if target and target.parts[0] == 'tests':
            return f'{path}: includes {name} of the tests'
        if target and target.stem.endswith('-private') and target.parent != path.parent:
            return f'{path}: includes the private header {name} of another folder'
    if other is not None and other not in MAY_USE[layer]:
        return f'{path}: {layer} must not include {name} ({other})'
    return None


def complain_of_library(path, layer, name):
    for beginning, layers in LIBRARIES.items():
        if name.startswith(beginning) and layer not in layers:
            return f'{path}: {layer} must not include <{name}>'
    if name.startswith('jabber') or '/jabber/' in name:
        return f'{path}: {name} is private to libpurple'
    return None


def complaints_about(path):
    layer = layer_of(path)
    if layer is None:
        return
    for kind, name in INCLUDE.findall(source.read(path)):
        complain = complain_of_library if kind == '<' else complain_of_own
        complaint = complain(path, layer, name)
        if complaint:
            yield complaint


source.finish([complaint for path in source.paths('.c', '.h')
               for complaint in complaints_about(path)])
