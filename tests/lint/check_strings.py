# SPDX-License-Identifier: GPL-2.0-or-later
"""Sentences for people come through gtalk-i18n.h, from files that po/POTFILES.in names."""

import re

import source

HEADER = 'gtalk-i18n.h'
USED = re.compile(rf'#include "(core/)?{HEADER}"')
OTHERS = re.compile(r'#include <(glib/gi18n(-lib)?|libintl)\.h>')
METAINFO = 'data/im.pidgin.purple_gtalk.metainfo.xml.in'
POTFILES = 'po/POTFILES.in'


def listed():
    return [line for line in source.read(POTFILES).splitlines()
            if line and not line.startswith('#')]


def complaints():
    users = {METAINFO} | {path.as_posix() for path in source.paths('.c')
                          if path.parts[0] == 'plugin' and USED.search(source.read(path))}
    for name in sorted(users - set(listed())):
        yield f'{POTFILES}: {name} is missing, which includes {HEADER}'
    for name in sorted(set(listed()) - users):
        yield f'{POTFILES}: {name} does not include {HEADER}'
    if listed() != sorted(listed()):
        yield f'{POTFILES}: not sorted'
    for path in source.paths('.c', '.h'):
        if path.parts[0] == 'plugin' and path.name != HEADER and OTHERS.search(source.read(path)):
            yield f'{path}: include {HEADER} instead'


source.finish(list(complaints()))
