# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions for each received stanza in the plugin beside plain prpl-jabber, by kind: the same
stanzas from a scripted server without TLS, counted by callgrind. The counter is set to zero when
the sign-in has settled and read before the stream ends, so that neither is in the figure."""

import re
import subprocess

from bench import process, tell
from harness.scripted_server import ACCOUNT, CONTACTS, INFO, JID, ScriptedServer, ping

PROTOCOLS = ('prpl-jabber', 'prpl-googletalk')
GOAL = 1.05  # where no extension is involved
DEADLINE_S = 600
MAIL = 'google:mail:notify'
MAILBOX = ("<mailbox xmlns='google:mail:notify' result-time='1266564900000' total-matched='1' "
           "url='http://mail.talk.example/'><mail-thread-info tid='1428125450019863099' "
           "participation='1' messages='3' date='1266564800000' url='http://mail.talk.example/'>"
           "<senders><sender name='Bob' address='bob@talk.example' unread='1'/></senders>"
           "<subject>Train times</subject><snippet>The 9:40 is gone</snippet>"
           "</mail-thread-info></mailbox>")


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


def request(number, contact):
    return ping('p%d' % number)


def mixed(number, contact):
    """Of ten stanzas four are texts, two typing, three presence, one a request."""
    kinds = [message, presence, typing, message, presence, message, typing, presence, message]
    return (kinds[number % 10 - 1] if number % 10 else request)(number, contact)


def mail(number):
    """The server's push; what the plugin does with it ends in a question to the server."""
    return ("<iq type='set' from='%s' to='%s' id='mail%d'><new-mail xmlns='google:mail:notify'/>"
            "</iq>" % (ACCOUNT, JID, number))


def write_all(kind):
    def write(server, count):
        server.write(''.join(kind(number, CONTACTS[number % len(CONTACTS)])
                             + ("<r xmlns='urn:xmpp:sm:3'/>" if number % 10 == 0 else '')
                             for number in range(1, count + 1)))
    return write


def write_mail(server, count):
    """Each with what it brings about, as a person's mail is not pushed by the thousand."""
    for number in range(1, count + 1):
        server.write(mail(number))
        server.round_trip('after%d' % number)


# What it is called, how it is written, how many; whether plain XMPP has to do it too.
KINDS = [
    ('mixed stanza', write_all(mixed), 3000, True),
    ('message', write_all(message), 2000, True),
    ('presence', write_all(presence), 2000, True),
    ('iq', write_all(request), 3000, True),
    ('mail push, with its query and a ping', write_mail, 300, False),
]


def new_server():
    server = ScriptedServer(DEADLINE_S)
    server.answers['{%s}query' % INFO] = server.answers['{%s}query' % INFO].replace(
        '</query>', "<feature var='%s'/></query>" % MAIL)
    server.answers['{%s}query' % MAIL] = MAILBOX
    return server


def order(command, host, scratch):
    """To callgrind: zero, or dump."""
    subprocess.run(['vgdb', '--vgdb-prefix=%s' % (scratch / 'vgdb'), '--pid=%d' % host.pid,
                    command], check=True, capture_output=True, timeout=DEADLINE_S)


def serve(server, write, count, host, scratch):
    server.sign_in()
    server.round_trip('settled1')
    server.round_trip('settled2')
    order('zero', host, scratch)
    write(server, count)
    server.round_trip('done')
    order('dump', host, scratch)
    server.hang_up()


def count_instructions(protocol, write, count, scratch):
    """From the sign-in to the end of the stream."""
    out = scratch / 'callgrind'
    server = new_server()
    with (scratch / 'stanza-host.log').open('wb') as log:
        host = process.spawn(['valgrind', '--tool=callgrind', '--callgrind-out-file=%s' % out,
                              '--vgdb=yes', '--vgdb-prefix=%s' % (scratch / 'vgdb'),
                              process.build_dir() / 'tests' / 'bench' / 'stanza-host', protocol,
                              server.port, scratch / 'user', process.build_dir() / 'plugin'],
                             stdout=log, stderr=subprocess.STDOUT, env=scratch.environment())
        try:
            serve(server, write, count, host, scratch)
            if host.wait(DEADLINE_S) != 0:
                raise AssertionError(process.tail(scratch / 'stanza-host.log'))
        finally:
            process.terminate(host)
            server.hang_up()
    # the first dump; what comes after it is in another one
    text = out.with_name(out.name + '.1').read_text()
    return int(re.search(r'^(?:summary|totals): (\d+)', text, re.M).group(1))


def per_stanza(protocol, write, count):
    scratch = process.Scratch()
    try:
        return count_instructions(protocol, write, count, scratch) / count
    finally:
        scratch.close()


def main():
    for name, write, count, is_plain in KINDS:
        plain, ours = (per_stanza(protocol, write, count) for protocol in PROTOCOLS)
        tell('instructions for each received ' + name, ours, 'instructions',
             baseline=round(plain), ratio=round(ours / plain, 4),
             **({'goal': round(GOAL * plain)} if is_plain else {}))


if __name__ == '__main__':
    main()
