# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions for each received stanza in the plugin beside plain prpl-jabber: the same corpus
from a scripted server without TLS, counted by callgrind. Each protocol runs twice, the second time
with twice the corpus, so that start and sign-in drop out of the difference."""

import re
import subprocess

from bench import process, tell
from harness.scripted_server import CONTACTS, ScriptedServer, ping

PROTOCOLS = ('prpl-jabber', 'prpl-googletalk')
CORPUS = 4000  # stanzas; the accidents of a run shall stay far below one percent
GOAL = 1.05
DEADLINE_S = 600


def message(number, contact):
    return ("<message from='%s/Work' to='juliet@talk.example' type='chat' id='m%d'>"
            "<body>This is message number %d, of an ordinary length for a chat.</body>"
            "<active xmlns='http://jabber.org/protocol/chatstates'/>"
            "<origin-id xmlns='urn:xmpp:sid:0' id='m%d'/>"
            "<stanza-id xmlns='urn:xmpp:sid:0' by='juliet@talk.example' id='a%d'/></message>"
            % (contact, number, number, number, number))


def typing(number, contact):
    return ("<message from='%s/Work' to='juliet@talk.example/Desk' type='chat' id='t%d'>"
            "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>"
            % (contact, number))


def presence(number, contact):
    return ("<presence from='%s/Work' to='juliet@talk.example/Desk'><show>%s</show>"
            "<status>status %d</status><priority>5</priority>"
            "<x xmlns='vcard-temp:x:update'/></presence>"
            % (contact, 'away' if number % 2 else 'dnd', number))


def corpus(count):
    """Of ten stanzas four are texts, two typing, three presence, one a request."""
    kinds = [message, presence, typing, message, presence, message, typing, presence, message]
    parts = []
    for number in range(1, count + 1):
        contact = CONTACTS[number % len(CONTACTS)]
        if number % 10 == 0:
            parts.append(ping('p%d' % number) + "<r xmlns='urn:xmpp:sm:3'/>")
        else:
            parts.append(kinds[number % 10 - 1](number, contact))
    return ''.join(parts)


def serve(server, count):
    server.sign_in()
    server.round_trip('settled1')
    server.round_trip('settled2')
    server.write(corpus(count))
    server.round_trip('done')
    server.hang_up()


def count_instructions(protocol, count, scratch):
    """Of a whole run."""
    out = scratch / ('callgrind-%s-%d' % (protocol, count))
    server = ScriptedServer(DEADLINE_S)
    program = process.build_dir() / 'tests' / 'bench' / 'stanza-host'
    with (scratch / 'stanza-host.log').open('wb') as log:
        host = process.spawn(['valgrind', '--tool=callgrind', '--callgrind-out-file=%s' % out,
                              program, protocol, server.port, scratch / ('user-%s-%d' % (
                                  protocol, count)), process.build_dir() / 'plugin'],
                             stdout=log, stderr=subprocess.STDOUT, env=scratch.environment())
        try:
            serve(server, count)
            if host.wait(DEADLINE_S) != 0:
                raise AssertionError(process.tail(scratch / 'stanza-host.log'))
        finally:
            process.terminate(host)
            server.hang_up()
    return int(re.search(r'^(?:summary|totals): (\d+)', out.read_text(), re.M).group(1))


def per_stanza(protocol, scratch):
    once, twice = (count_instructions(protocol, times * CORPUS, scratch) for times in (1, 2))
    return (twice - once) / CORPUS


def main():
    scratch = process.Scratch()
    try:
        plain, ours = (per_stanza(protocol, scratch) for protocol in PROTOCOLS)
    finally:
        scratch.close()
    tell('instructions for each received stanza', ours, 'instructions', baseline=round(plain),
         ratio=round(ours / plain, 4), goal=round(GOAL * plain))


if __name__ == '__main__':
    main()
