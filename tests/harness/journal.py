# SPDX-License-Identifier: GPL-2.0-or-later
"""A journal for a program: run as a script where /run/systemd/journal is a folder of its own, it
connects the program's standard error to it and writes each entry as a line of JSON to a file."""

import json
import os
import pathlib
import socket
import subprocess
import sys

FOLDER = pathlib.Path('/run/systemd/journal')


def build_command(folder, entries, binds=()):
    """The beginning of a command line; folder becomes the journal's. binds: further (folder, where
    it is to be seen)."""
    words = [word for source, place in binds for word in ('--bind', str(source), str(place))]
    return ['bwrap', '--dev-bind', '/', '/', '--tmpfs', '/run', '--dir', str(FOLDER), '--bind',
            str(folder), str(FOLDER), *words, '--die-with-parent', '--', sys.executable,
            str(pathlib.Path(__file__)), str(entries)]


def messages(entries):
    """What the entries in that file say."""
    return [json.loads(line).get('MESSAGE', '')
            for line in pathlib.Path(entries).read_text(encoding='utf-8').splitlines()]


def parse(datagram):
    """The fields of an entry in the journal's native protocol."""
    fields = {}
    while datagram:
        name, mark, rest = datagram.partition(b'\n')
        if b'=' in name:
            key, _, value = name.partition(b'=')
            datagram = rest
        else:
            key, length = name, int.from_bytes(rest[:8], 'little')
            value, datagram = rest[8:8 + length], rest[9 + length:]
        fields[key.decode()] = value.decode(errors='replace')
    return fields


def main(entries, *command):
    for name in ('socket', 'stdout'):  # of one that was killed
        (FOLDER / name).unlink(missing_ok=True)
    native = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    native.bind(str(FOLDER / 'socket'))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(FOLDER / 'stdout'))
    listener.listen()
    stream = socket.socket(socket.AF_UNIX)
    stream.connect(str(FOLDER / 'stdout'))
    with subprocess.Popen(command, stderr=stream), open(entries, 'a', encoding='utf-8') as out:
        while True:
            out.write(json.dumps(parse(native.recv(1 << 18))) + '\n')
            out.flush()


if __name__ == '__main__':
    os.environ.pop('JOURNAL_STREAM', None)
    main(*sys.argv[1:])
