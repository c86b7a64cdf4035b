# SPDX-License-Identifier: GPL-2.0-or-later
"""Every file says its licence, ends its last line, and leaves nothing half done."""

import re

import source

TEXTS = ('.c', '.h', '.py', '.sh', '.lua', '.xml', '.build', '.md', '.txt', '.conf', '.json',
         '.1', '.5', '.8', '.yml', '.yaml', '.in', '.supp', '')
LICENSED = ('.c', '.h', '.py', '.sh', '.lua')
LINE_MAX = 100  # C is clang-format's business
TWICE = re.compile(r'\b(?:MAX|MIN|CLAMP|ABS)\(')  # GLib's
LEFT_OVER = re.compile(r'\b(TO' r'DO|FIX' r'ME|X' r'XX)\b')


def is_changed_twice(line):
    """Whether such a macro's argument changes what it is made of; as far as this line goes."""
    for match in TWICE.finditer(line):
        depth, end = 1, match.end()
        while depth and end < len(line):
            depth += {'(': 1, ')': -1}.get(line[end], 0)
            end += 1
        if re.search(r'\+\+|--', line[match.end():end]):
            return True
    return False


def complaints_about(path):
    text = source.read(path)
    if path.suffix in LICENSED and 'SPDX-License-Identifier: GPL-2.0-or-later' not in text[:400]:
        yield f'{path}: no SPDX line at its beginning'
    if text and not text.endswith('\n'):
        yield f'{path}: the last line does not end'
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip() and path.suffix not in ('.md',):
            yield f'{path}:{number}: blanks at the end of the line'
        if LEFT_OVER.search(line):
            yield f'{path}:{number}: something left to do'
        if path.suffix in ('.c', '.h') and is_changed_twice(line):
            yield f'{path}:{number}: the macro evaluates that twice'
        if path.suffix in ('.py', '.sh') and len(line) > LINE_MAX:
            yield f'{path}:{number}: more than {LINE_MAX} columns'


def is_ours(path):
    """Neither the licence's text nor what fuzz targets are fed with."""
    return path.name != 'COPYING' and not path.parent.name.startswith('corpus-')


source.finish([complaint for path in source.paths(*TEXTS) if is_ours(path)
               for complaint in complaints_about(path)])
