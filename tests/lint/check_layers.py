# SPDX-License-Identifier: GPL-2.0-or-later
"""Includes follow the lines that the folders' READMEs draw: dependencies point one way."""

import os
import pathlib
import re

import source

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)

# Of the daemon's core: what all may use, and what stands on that.
BASE = ('bridge/base', 'bridge/link', 'error')
CORE = ('bridge/account', 'bridge/config', 'bridge/hosts', 'bridge/store', *BASE)

# What a folder may include of ours. "contract" is what the plugin tells others, "error" the
# daemon's one error domain.
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
    'bridge/link': {'bridge/link'},
    'error': {'error'},
    'bridge/host': {'bridge/host', 'bridge/link', 'contract'},
    'bridge/push': {'bridge/push', 'bridge/link'},
    'bridge/vault': {'bridge/vault', 'error'},
    'bridge/store': {'bridge/store', 'bridge/vault', 'error'},
    'bridge/base': {'bridge/base', 'bridge/link', 'error'},
    'bridge/config': {'bridge/config', 'bridge/vault', *BASE},
    'bridge/hosts': {'bridge/hosts', 'bridge/config', *BASE},
    'bridge/account': {'bridge/account', 'bridge/hosts', 'bridge/config', 'bridge/store', *BASE},
    'bridge/pushes': {'bridge/pushes', *CORE},
    'bridge/http': {'bridge/http', 'bridge/config', *BASE},
    'bridge/api': {'bridge/api', 'bridge/http', 'bridge/pushes', *CORE},
    'bridge/control': {'bridge/control', 'bridge/api', 'bridge/http', 'bridge/pushes', *CORE},
    # translates by what the own API is made of: its listener, limits and checks
    'bridge/legacy': {'bridge/legacy', 'bridge/api', 'bridge/http', 'bridge/pushes', *CORE},
    'bridge/ctl': {'bridge/ctl', 'bridge/config', *BASE},
    # puts the parts together
    'bridge': {'bridge', 'bridge/api', 'bridge/control', 'bridge/legacy', 'bridge/pushes',
               'bridge/vault', *CORE},
}
SPECIAL = {
    'plugin/gtalk.h': 'contract',
    'plugin/gtalk-units.h': 'plugin/core',  # only the name of the table, which the core walks
    'bridge/base/bridge-error.c': 'error',
    'bridge/base/bridge-error.h': 'error',
}
LINK_NAMES = ('bridge-link.h', 'bridge-link-generated.h', 'bridge-push-link-generated.h')

PLUGIN = ('contract', *(layer for layer in MAY_USE if layer.startswith('plugin')))

# Libraries that only some may know, by the beginning of the header's name.
LIBRARIES = {
    'purple.h': (*PLUGIN, 'bridge/host'),
    'libpurple/': (*PLUGIN, 'bridge/host'),
    'libsoup/': ('bridge', 'bridge/http', 'bridge/api', 'bridge/ctl', 'bridge/legacy',
                 'bridge/push', 'plugin/sign-in'),
    'libsecret/': ('bridge/vault',),
    'sqlite3.h': ('bridge/store',),
    'openssl/': ('bridge/vault', 'bridge/store', 'bridge/base', 'bridge/config',
                 'bridge/account', 'bridge/pushes', 'bridge/api', 'bridge/host', 'bridge/legacy',
                 'bridge/push'),
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
        other = 'bridge/link'
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
