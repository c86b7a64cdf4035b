# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing that a strings search or a SQLite shell finds in what a bridge leaves behind names a
person or a contact, or has a token or a word of a message in it: store, log of the store, temporary
folders, journal, backups. The same after SIGKILL, and of what everybody sees of its processes."""

import os
import shutil
import signal
import sqlite3
import subprocess
import unittest

from harness import eventually, journal, traces
from harness.api import password
from harness.bridge import CONTROL, DAEMON
from harness.peer import RoomPeer
from harness.phone_case import JULIET, PASSWORD, ROMEO, SAYS, PhoneCase
from harness.process import DEADLINE_S, ROOT, Scratch, build_dir, command_line, is_alive
from harness.push_service import PushService

PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
ROOM = 'tombscene@conference.plain.example'
PASSPHRASE = 'stars-hide-your-fires'
PEOPLE = ['juliet', 'romeo', 'nurse', 'mercutio', 'paris', 'rosaline', 'tombscene', 'parismask']
IN, OUT, OFF_RECORD, UNSENT = 'balconyscene', 'nightingale', 'poisonvial', 'neverdelivered'
IN_ROOM, OF_ROOM = 'torchlight', 'mandrakes'
ALIAS, GROUP, STATUS = 'Montague Heir', 'Capulet Rivals', 'rehearsing tragedies'
SUBJECT, SNIPPET, SENDER = 'Potion invoice', 'twenty-and-four hours', 'apothecary@mantua.example'
DEVICE, PHONE_URL = 'Telephone of a Capulet', 'https://push.example/lattice-window'
# Not of the bridge's making: its configuration and certificates, and what the test looks at.
GIVEN = {'gtalk-bridge.conf', 'both.pem', 'phones.crt', 'phones.key', 'bus.conf'}
FOLDERS_GIVEN = {'ca', 'programs'}


class SecrecyCase(PhoneCase):
    def setUp(self):
        super().setUp()
        self.service = PushService(self.server.folder)
        self.addCleanup(self.service.close)
        self.entries = self.scratch / 'entries'
        # beside each other, as they are installed: the one starts the other
        (self.scratch / 'programs').mkdir()
        for name in (CONTROL, DAEMON):
            shutil.copy(build_dir() / name, self.scratch / 'programs')
        self.start(start=False, environment={'G_MESSAGES_DEBUG': 'all'}, groups={
            'push': ['types=webpush;webhook', 'contact=mailto:push@example.org',
                     'allow=' + self.service.allow,
                     'program=%s' % (build_dir() / 'bridge/push/gtalk-bridge-push')]})
        self.bridge.wrapper = journal.build_command(self.folder('journal'), self.entries, [
            (self.folder('tmp'), '/tmp'), (self.folder('var-tmp'), '/var/tmp'),
            (self.folder('shm'), '/dev/shm'),
            *[(path, path) for path in (ROOT, build_dir(), self.class_scratch.path,
                                        self.scratch.path)]])
        self.bridge.start()

    def folder(self, name):
        """Where the bridge writes instead of what all programs share."""
        path = self.scratch / name
        path.mkdir()
        return path

    @property
    def proxy(self):
        said = eventually(lambda: [text for text in journal.messages(self.entries) if SAYS in text],
                          what='its address')
        return 'https://localhost:' + said[-1].rsplit(':', 1)[1]

    def stop_daemon(self):
        """In good order, unlike what it was started by."""
        daemon = next(pid for pid in self.bridge.descendants()
                      if command_line(pid).startswith(str(build_dir() / DAEMON)))
        os.kill(daemon, signal.SIGTERM)
        eventually(lambda: not is_alive(daemon), what='the end of the daemon')
        self.bridge.kill()

    # -- a life

    def subscribe(self, kind, resource, **more):
        answer = self.app.put('/v1/push/' + kind, {'endpoint': resource.url, **more})
        self.assertEqual(answer.status, 201, answer)
        if 'secret' in answer.json:
            resource.secrets = [answer.json['secret']]
        resource.wait(1)
        return answer.json

    def live(self):
        """Everything that a bridge is told, once. Returns (words, bearers)."""
        self.server.switch('mail-quiet-s', 0)
        self.server.control('mail', jid=JULIET, threads=[
            {'tid': '16', 'subject': SUBJECT, 'snippet': SNIPPET,
             'senders': [{'name': 'Apothecary', 'address': SENDER}]}])
        self.romeo = self.peer(ROMEO)
        self.code = self.ctl('invite').strip()
        self.phone = self.make_phone()
        self.phone.start(JULIET, PASSWORD)
        self.phone.register(url=PHONE_URL)
        self.app = self.bridge.login(JULIET, name=DEVICE)
        self.paris = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))
        self.talk()
        words = self.be_pushed() + PEOPLE + [
            IN, OUT, OFF_RECORD, UNSENT, IN_ROOM, OF_ROOM, *ALIAS.split(), GROUP.split()[1],
            *STATUS.split(), *SUBJECT.split(), SNIPPET, SENDER, DEVICE.split()[0],
            DEVICE.split()[-1], PHONE_URL, PASSWORD, PASSPHRASE, ROOM, JULIET, ROMEO, PARIS,
            self.server.token(JULIET), self.phone.auth, self.server.password(PARIS),
            *self.google.minted]
        return words, [self.app.token, self.paris.token, self.phone.token, self.phone.key,
                       self.code]

    def talk(self):
        put = self.app.put('/v1/contacts/' + ROMEO, {'name': ALIAS, 'groups': [GROUP]})
        self.assertEqual(put.status, 204, put)
        self.app.put('/v1/presence', {'show': 'dnd', 'status': STATUS})
        self.romeo.send(JULIET, IN)
        self.app.wait_for('message', body=IN)
        self.phone.send(ROMEO, OUT)
        self.app.wait_for('message.sent', body=OUT)
        eventually(lambda: self.app.get('/v1/mail').json.get('unread') == 1, what='mail')
        eventually(lambda: self.app.put('/v1/contacts/%s/off-the-record' % ROMEO,
                                        {'enabled': True}).status == 204, what='off the record')
        self.romeo.send(JULIET, OFF_RECORD)
        self.app.wait_for('message', body=OFF_RECORD)
        self.app.send('nobody@talk.example', UNSENT)
        host = RoomPeer(self.server, ROSALINE)
        self.addCleanup(host.close)
        host.enter(ROOM, 'rosaline')
        host.configure(ROOM)
        self.paris.put('/v1/rooms/' + ROOM, {'nick': 'parismask'})
        host.say(ROOM, OF_ROOM)
        self.paris.wait_for('room.message', body=OF_ROOM)
        self.paris.send(ROOM, IN_ROOM)
        host.wait_for(IN_ROOM)

    def be_pushed(self):
        web = self.service.subscribe('window-of-hers')
        hook = self.service.subscribe('orchard-wall', 'hook')
        keys = web.device.keys
        self.subscribe('webpush', web, keys=keys, content='full')
        secret = self.subscribe('webhook', hook, content='full')['secret']
        return ['window-of-hers', 'orchard-wall', keys['auth'], keys['p256dh'], secret,
                secret.removeprefix('whsec_')]

    def ctl(self, *arguments, passphrase=None):
        options = ['--passphrase-fd=0'] if passphrase else []
        return subprocess.run(
            [self.scratch / 'programs' / CONTROL.rsplit('/', 1)[1], *arguments, *options,
             '--config', self.bridge.config], env=self.bridge.environment,
            input=(passphrase or '') + '\n', text=True, capture_output=True, check=True,
            timeout=DEADLINE_S).stdout

    # -- what is left of it

    def left_behind(self):
        """{name: octets}: every file that this bridge could have written, and what SQLite shows."""
        found = {}
        for path in self.scratch.path.rglob('*'):
            if not path.is_file() or path.name in GIVEN \
                    or FOLDERS_GIVEN & set(path.relative_to(self.scratch.path).parts):
                continue
            try:
                found[str(path.relative_to(self.scratch.path))] = path.read_bytes()
            except FileNotFoundError:
                pass  # of the keyring, for a moment
        found['the dump'], found['the cells'] = traces.dump(self.bridge.store)
        found['command lines'] = '\n'.join(
            command_line(pid) for pid in self.bridge.descendants()).encode()
        return found

    def check_nothing_is_told(self, search, *names):
        found = self.left_behind()
        self.assertLessEqual({'store/bridge.db', 'entries', 'bridge.log', *names}, set(found))
        self.assertGreater(len(found['the cells']), 5000)
        told = {name: search.find(octets) for name, octets in found.items()}
        self.assertEqual({name: words for name, words in told.items() if words}, {})


class SecrecyTest(SecrecyCase):
    def test_nothing_is_told(self):
        search = traces.Search(*self.live())
        logs = ['store/bridge.db-wal', 'store/bridge.db-shm']
        self.ctl('backup', self.scratch / 'by-passphrase', passphrase=PASSPHRASE)
        self.ctl('backup', self.scratch / 'by-key', '--master-key')
        backups = ['by-passphrase', 'by-key']
        self.check_nothing_is_told(search, *logs, *backups)
        self.assertIn(b'gtalk-bridge-push', self.left_behind()['command lines'])
        self.bridge.kill()
        self.check_nothing_is_told(search, *logs, *backups)
        self.bridge.start()
        self.app.wait_online()
        self.move(self.phone)
        self.assertIn(IN, [message['body'] for message in self.phone.queue()])
        self.assertEqual(self.app.contact(ROMEO)['name'], ALIAS)
        self.ctl('rotate')
        self.stop_daemon()
        self.check_nothing_is_told(search, *backups)


class SearchTest(unittest.TestCase):
    """So that the test above shows something."""

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.search = traces.Search(['juliet@talk.example', 'wherefore'], ['a-long-bearer'])

    def test_what_is_found(self):
        for octets in (b'<JULIET@talk.example/x>', 'x juliet@talk.example'.encode('utf-16-be'),
                       b'juliet%40talk.example', b'juliet\\40talk.example', b'7768657265666F7265',
                       b'd2hlcmVmb3Jl', b'eHdoZXJlZm9yZQ==', b'eHh3aGVyZWZvcmU=', b'erofe' b'rehw',
                       bytes.fromhex('6a0e7d9a0a2f8b7ac0b9a3c9ce1b6b26') + b'wherefore',
                       b'a-long-bearer'):
            with self.subTest(octets):
                self.assertNotEqual(self.search.find(octets + b'\n'), {})
        for octets in (b'nothing to see', b'where fore', b'juliet'):
            self.assertEqual(self.search.find(octets), {})

    def test_digests_are_found_but_of_bearers(self):
        digest = traces.digests_of
        self.assertEqual(len(self.search.find(b' '.join(digest('juliet@talk.example')))), 1)
        self.assertEqual(self.search.find(b' '.join(digest('a-long-bearer'))), {})

    def test_what_a_shell_shows(self):
        path = self.scratch / 'some.db'
        database = sqlite3.connect(path)
        self.addCleanup(database.close)
        database.execute('PRAGMA journal_mode=WAL')
        database.execute('CREATE TABLE t (a TEXT, b BLOB)')
        database.execute('INSERT INTO t VALUES (?, ?)', ('x', b'\xffwherefore'))
        database.commit()
        for octets in traces.dump(path):
            self.assertEqual(set(self.search.find(octets)), {'wherefore'})


if __name__ == '__main__':
    unittest.main()
