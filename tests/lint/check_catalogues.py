# SPDX-License-Identifier: GPL-2.0-or-later
"""The template has every sentence of the source and no other, and every catalogue translates all of
it; nothing is fuzzy."""

import pathlib
import re
import subprocess
import tempfile

import source

TEMPLATE = 'po/purple-gtalk.pot'
EXTRACT = ['xgettext', '--package-name=purple-gtalk', '--directory=.',
           '--files-from=po/POTFILES.in', '--from-code=UTF-8', '--add-comments=TRANSLATORS',
           '--keyword=_', '--keyword=N_', '--sort-by-file', '--add-location=file']


def output(*command):
    """What a program of gettext says, on both of its outputs; and whether it succeeded."""
    done = subprocess.run([str(word) for word in command], cwd=source.root(), check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode().strip(), done.returncode == 0


def entries(path):
    """The entries of a template, without its header and without the places they come from."""
    text, _ = output('msgcat', '--no-wrap', '--no-location', path)
    return set(text.split('\n\n')[1:])


def complaints_about_template(fresh):
    said, good = output(*EXTRACT, '-o', fresh)
    if not good:
        yield said
        return
    now, kept = entries(fresh), entries(TEMPLATE)
    for entry in sorted(now - kept):
        yield f'{TEMPLATE} lacks:\n{entry}'
    for entry in sorted(kept - now):
        yield f'{TEMPLATE} has, but the source has not:\n{entry}'


def complaints_about_catalogue(language, fresh):
    path = f'po/{language}.po'
    said, good = output('msgfmt', '--check', '--statistics', '-o', '/dev/null', path)
    if not good or not re.search(r'^\d+ translated messages?\.$', said, re.M):
        yield f'{path}: {said}'
    said, good = output('msgcmp', path, fresh)
    if not good:
        yield f'{path}: {said}'


def complaints():
    languages = [line for line in source.read('po/LINGUAS').splitlines()
                 if line and not line.startswith('#')]
    there = {path.stem for path in source.paths('.po')}
    if there != set(languages):
        yield f'po/LINGUAS: {sorted(there ^ set(languages))} only there or only a file'
    with tempfile.TemporaryDirectory() as folder:
        fresh = pathlib.Path(folder, 'fresh.pot')
        yield from complaints_about_template(fresh)
        for language in languages:
            yield from complaints_about_catalogue(language, fresh)


source.need('msgfmt')
source.finish(list(complaints()))
