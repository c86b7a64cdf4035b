# SPDX-License-Identifier: GPL-2.0-or-later
"""Looking for words in what programs leave on a disk, in any form that a person with a strings
search or a SQLite shell would recognise."""

import base64
import hashlib
import re
import shutil
import sqlite3
import tempfile
import urllib.parse

WHOLE = 4   # characters of base64 that do not depend on their neighbours
TRIES = 10
FEW_ZEROS = bytes(8)
ZEROS = re.compile(rb'\0{8,}')
DIGESTS = ('md5', 'sha1', 'sha256')  # without a key, whoever guesses a name finds it


def base64_of(octets):
    """What is certain of it wherever it stands in a longer text: standard and for URLs."""
    found = set()
    for before in range(3):
        text = base64.b64encode(bytes(before) + octets).rstrip(b'=')
        first = -(-before * 8 // 6)
        last = (before + len(octets)) * 8 // 6
        found |= {text[first:last], text[first:last].translate(bytes.maketrans(b'+/', b'-_'))}
    return found


def digests_of(word):
    found = set()
    for text in {word, word.lower()}:
        for algorithm in DIGESTS:
            digest = hashlib.new(algorithm, text.encode())
            found |= {digest.digest(), digest.hexdigest().encode(),
                      base64.b64encode(digest.digest()).rstrip(b'=')}
    return found


class Search:
    """words: that must not be found; bearers: of them, those whose plain digest may be: they are
    random and long enough."""

    def __init__(self, words, bearers=()):
        self.exactly, self.lower = {}, {}
        for word in {*words, *bearers}:
            self.add(word, word in bearers)

    def add(self, word, is_bearer):
        octets = word.encode()
        low = word.lower()
        for form in (low, low[::-1]):
            for encoding in ('utf-8', 'utf-16-le', 'utf-16-be', 'utf-32-le'):
                self.lower[form.encode(encoding)] = word
        for text in (octets.hex(), low.encode().hex(), urllib.parse.quote(low, safe=''),
                     low.replace('@', '\\40')):
            self.lower[text.lower().encode()] = word
        for text in {octets, low.encode()}:
            for form in base64_of(text):
                if len(form) > WHOLE:
                    self.exactly[form] = word
        if not is_bearer:
            for form in digests_of(word):
                self.exactly[form] = word

    def find(self, octets):
        """{word: the form in which it is there}"""
        octets = ZEROS.sub(FEW_ZEROS, octets)  # which no form has so many of
        low = octets.lower()
        return {**{word: form for form, word in self.lower.items() if form in low},
                **{word: form for form, word in self.exactly.items() if form in octets}}


def cells(database):
    """Each value of each table, as octets."""
    tables = [name for name, in database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0")]
    for table in tables:
        for row in database.execute('SELECT * FROM "%s"' % table):
            for value in row:
                yield value if isinstance(value, bytes) else str(value).encode()


def read_all(path):
    """(its .dump, its values), of a database that nobody changes."""
    database = sqlite3.connect(path)
    try:
        database.text_factory = lambda octets: octets.decode(errors='surrogateescape')
        text = '\n'.join(database.iterdump()).encode(errors='surrogateescape')
        return text, b'\n'.join(cells(database))
    finally:
        database.close()


def dump(path):
    """What a SQLite shell shows of a database, its log included: its .dump, and the values
    themselves. The files are looked at, not changed; copied while somebody writes, they may not fit
    together, and are copied again."""
    for left in reversed(range(TRIES)):
        with tempfile.TemporaryDirectory(prefix='gtalk-') as folder:
            for part in path.parent.glob(path.name + '*'):
                shutil.copy(part, folder)
            try:
                return read_all('%s/%s' % (folder, path.name))
            except sqlite3.DatabaseError:
                if left == 0:
                    raise
    return None
