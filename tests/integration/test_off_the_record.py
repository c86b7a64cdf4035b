# SPDX-License-Identifier: GPL-2.0-or-later
"""Off the record by the bridge, beside independent clients: with a server that keeps the state for
both sides, with one that knows nothing of it, and in the store."""

import pathlib
import sqlite3
import unittest
import uuid

from harness import eventually
from harness.api import password
from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
NOSAVE = 'google:nosave'
HINT = '{urn:xmpp:hints}no-store'
CHUNK = 16  # octets of a sealed value: as good as unique
DISTANCE = 1002  # what lies before is sealed blanks: bridge/store/FORMAT.md


class OffTheRecordCase(BridgeCase):
    SERVER_OPTIONS = ('--trace', 'full', '--hibernation', '1')

    def setUp(self):
        super().setUp()
        self.server.reset()
        self.server.spoil('none')
        self.start_bridge()

    def put(self, device, jid, enabled):
        return device.put('/v1/contacts/%s/off-the-record' % jid, {'enabled': enabled})

    def switch(self, device, jid, enabled):
        """As soon as the server has told who is off the record."""
        eventually(lambda: self.put(device, jid, enabled).status == 204, what='off the record')

    def history(self, device, jid):
        return [(event['data']['body'], event['data']['off_the_record'])
                for event in device.get('/v1/messages?with=' + jid).json['messages']]

    def change(self, device, **members):
        return device.wait_for('off-the-record', **members)['data']

    def restart(self, jid):
        self.bridge.kill()
        eventually(lambda: not [session for session in self.server.sessions(jid)
                                if 'bridge-' in session['jid']], what='the end of the session')


class SharedTest(OffTheRecordCase):
    """The server keeps the state."""

    def setUp(self):
        super().setUp()
        self.pair(False)
        self.phone = self.bridge.login(JULIET)
        self.phone.wait_online()

    def pair(self, off):
        self.server.control('nosave', jid=JULIET, contact=ROMEO, value=off)

    def test_we_go_off_the_record(self):
        romeo = self.peer(ROMEO)
        self.switch(self.phone, ROMEO, True)
        self.assertTrue(self.server.control('nosave', jid=ROMEO, contact=JULIET)['off'])
        self.assertEqual(self.change(self.phone, enabled=True),
                         {'jid': ROMEO, 'enabled': True, 'by': 'bridge'})
        self.assertTrue(self.phone.contact(ROMEO)['off_the_record'])
        self.assertEqual(self.put(self.phone, ROMEO, True).status, 204)
        self.assertEqual(self.phone.send(ROMEO, 'not for the file').status, 202)
        mark = romeo.wait_for_message('not for the file').stanza.xml.find('{%s}x' % NOSAVE)
        self.assertEqual(mark.get('value'), 'enabled')
        romeo.send(JULIET, 'nor this')
        event = self.phone.wait_for('message', body='nor this')
        self.assertTrue(event['data']['off_the_record'])
        sent = self.phone.wait_for('message.sent', body='not for the file')
        self.assertTrue(sent['data']['off_the_record'])
        self.assertEqual(self.history(self.phone, ROMEO),
                         [('nor this', True), ('not for the file', True)])
        self.assertEqual(self.put(self.phone, ROMEO, False).status, 204)
        self.assertFalse(self.phone.contact(ROMEO)['off_the_record'])
        romeo.send(JULIET, 'for the file')
        event = self.phone.wait_for('message', body='for the file')
        self.assertFalse(event['data']['off_the_record'])
        self.assertEqual(len(self.phone.of_type('off-the-record')), 2)

    def test_the_other_side_does(self):
        romeo = self.peer(ROMEO)
        self.switch(self.phone, ROMEO, False)
        for value, enabled in (('enabled', True), ('disabled', False)):
            romeo.send_raw("<iq type='set' id='%s'><query xmlns='%s'><item jid='%s' value='%s'/>"
                           "</query></iq>" % (value, NOSAVE, JULIET, value))
            self.assertEqual(self.change(self.phone, enabled=enabled)['by'], 'contact')
            self.assertEqual(self.phone.contact(ROMEO)['off_the_record'], enabled)

    def test_what_changed_meanwhile(self):
        """Off while nobody was looking, and back again: one event for each."""
        self.switch(self.phone, ROMEO, False)
        for off in (True, False):
            self.restart(JULIET)
            self.pair(off)
            self.bridge.start()
            self.phone.wait_online()
            self.assertEqual(self.change(self.phone, enabled=off)['by'], 'unknown')
            eventually(lambda: self.phone.contact(ROMEO)['off_the_record'] == off)
        self.assertEqual(len(self.phone.of_type('off-the-record')), 2)

    def test_a_refusal(self):
        self.switch(self.phone, ROMEO, False)
        self.server.spoil('error', NOSAVE, type='set', condition='internal-server-error')
        answer = self.put(self.phone, ROMEO, True)
        self.assertEqual((answer.status, answer.code), (422, 'server-refused'))
        self.assertFalse(self.phone.contact(ROMEO)['off_the_record'])

    def test_an_account_that_has_nothing_kept(self):
        romeo = self.peer(ROMEO)
        self.switch(self.phone, ROMEO, False)
        self.server.control('settings', jid=JULIET, values={'archivingenabled': False})
        self.addCleanup(self.server.control, 'settings', jid=JULIET,
                        values={'archivingenabled': True})
        romeo.send(JULIET, 'marked')
        self.assertTrue(self.phone.wait_for('message', body='marked')['data']['off_the_record'])
        eventually(lambda: self.sends_off('ours %s' % uuid.uuid4()), what='the setting')

    def sends_off(self, body):
        self.assertEqual(self.phone.send(ROMEO, body).status, 202)
        return self.phone.wait_for('message.sent', body=body)['data']['off_the_record']


class StoreTest(OffTheRecordCase):
    """They leave when every device has acknowledged them."""

    def setUp(self):
        super().setUp()
        self.server.control('nosave', jid=JULIET, contact=ROMEO, value=False)
        self.phone = self.bridge.login(JULIET)
        self.laptop = self.bridge.login(JULIET)
        self.phone.wait_online()
        self.switch(self.phone, ROMEO, True)
        self.romeo = self.peer(ROMEO)
        self.message_id = str(uuid.uuid4())
        self.assertEqual(self.phone.send(ROMEO, 'sealed lips', id=self.message_id).status, 202)
        self.romeo.wait_for_message('sealed lips')
        self.romeo.send(JULIET, 'loose lips')
        for device in (self.phone, self.laptop):
            device.wait_for('message.status', status='accepted', id=self.message_id)
            device.wait_for('message', body='loose lips')

    def sealed(self):
        """Of the two messages, and of what was sent."""
        with sqlite3.connect('file:%s?mode=ro' % self.bridge.store, uri=True) as db:
            rows = db.execute('SELECT seq, sealed FROM events').fetchall()
            sent = db.execute('SELECT sealed FROM outgoing').fetchall()
        db.close()
        wanted = [int(event['cursor'].split('.')[1]) for event in self.phone.events
                  if event['data'].get('body') in ('sealed lips', 'loose lips')]
        self.assertEqual((len(wanted), len(sent)), (2, 1))
        return [blob for seq, blob in rows if seq in wanted] + [blob for blob, in sent]

    def found(self, sealed):
        """How many of them have a piece in the files."""
        files = b''.join(path.read_bytes()
                         for path in pathlib.Path(self.bridge.store).parent.iterdir()
                         if path.name.startswith('bridge.db'))
        return sum(any(blob[at:at + CHUNK] in files
                       for at in range(DISTANCE, len(blob) - CHUNK, CHUNK)) for blob in sealed)

    def test_the_files(self):
        sealed = self.sealed()
        self.assertEqual(self.found(sealed), 3)
        self.assertEqual(self.phone.ack().status, 204)
        self.assertEqual(len(self.history(self.laptop, ROMEO)), 2)
        self.assertEqual(self.found(sealed), 3)
        self.assertEqual(self.laptop.ack().status, 204)
        self.assertEqual(self.history(self.laptop, ROMEO), [])
        eventually(lambda: not self.found(sealed), what='nothing in the files')

    def last(self, device):
        """Of the conversation, as the snapshot has it."""
        conversations = device.get('/v1/snapshot').json['conversations']
        return next(((found['last']['data']['body'], found['last']['data']['off_the_record'])
                     for found in conversations if found['jid'] == ROMEO), None)

    def test_the_snapshot(self):
        self.assertEqual(self.last(self.laptop), ('loose lips', True))
        for device in (self.phone, self.laptop):
            device.ack()
        self.assertIsNone(self.last(self.phone))
        self.switch(self.phone, ROMEO, False)
        self.romeo.send(JULIET, 'kept')
        self.phone.wait_for('message', body='kept')
        self.assertEqual(self.last(self.phone), ('kept', False))
        self.switch(self.phone, ROMEO, True)
        self.romeo.send(JULIET, 'hushed')
        self.phone.wait_for('message', body='hushed')
        self.assertEqual(self.last(self.phone), ('hushed', True))
        self.restart(JULIET)
        self.bridge.start()
        self.phone.wait_online()
        self.assertEqual(self.last(self.phone), ('hushed', True))
        self.laptop.wait_for('message', body='hushed')
        for device in (self.phone, self.laptop):
            device.ack()
        self.assertEqual(self.last(self.phone), ('kept', False))

    def test_killed_at_once(self):
        """What the log still had goes with the next start."""
        sealed = self.sealed()
        for device in (self.phone, self.laptop):
            self.assertEqual(device.ack().status, 204)
        self.bridge.kill()
        self.bridge.start()
        eventually(lambda: not self.found(sealed), what='nothing in the files')
        self.phone.wait_online()
        self.assertEqual(self.history(self.phone, ROMEO), [])

    def test_idempotency(self):
        """What has left is known when it comes again, and is not sent twice."""
        before = self.phone.send(ROMEO, 'sealed lips', id=self.message_id).json
        for device in (self.phone, self.laptop):
            device.ack()
        self.restart(JULIET)
        self.bridge.start()
        self.phone.wait_online()
        again = self.phone.send(ROMEO, 'sealed lips', id=self.message_id)
        self.assertEqual((again.status, again.json), (202, before))
        answer = self.phone.send(ROMEO, 'other words', id=self.message_id)
        self.assertEqual((answer.status, answer.code), (409, 'conflict'))
        # Nothing off the record is kept for who is not available.
        eventually(lambda: any(session['available'] for session in self.server.sessions(JULIET)),
                   what='presence')
        self.romeo.send(JULIET, 'done')
        self.phone.wait_for('message', body='done')
        self.romeo.sync()
        self.assertEqual(self.romeo.bodies(), ['sealed lips'])

    def test_what_comes_back(self):
        """A text that was not delivered is given back, and leaves like the others."""
        self.romeo.close()
        eventually(lambda: not self.server.sessions(ROMEO), what='nobody there')
        answer = self.phone.send(ROMEO, 'into the void')
        self.assertEqual(answer.status, 202)
        for device in (self.phone, self.laptop):
            failed = device.wait_for('message.status', status='failed', id=answer.json['id'])
            self.assertEqual(failed['data']['body'], 'into the void')
            device.ack()
        self.phone.cursor = self.phone.login['cursor']
        told = self.phone.poll()
        self.assertIn('off-the-record', [event['type'] for event in told])
        self.assertNotIn('into the void', [event['data'].get('body') for event in told])

    def test_a_device_that_leaves_holds_nothing_back(self):
        self.phone.ack()
        self.assertEqual(self.laptop.delete('/v1/devices/self').status, 204)
        self.assertEqual(self.history(self.phone, ROMEO), [])


class AloneTest(OffTheRecordCase):
    """A server that is not Google's: messages ask not to be stored."""

    def setUp(self):
        super().setUp()
        self.device = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))
        self.device.wait_online()
        self.rosaline = self.peer(ROSALINE)

    def hinted(self, body):
        self.assertEqual(self.device.send(ROSALINE, body).status, 202)
        return self.rosaline.wait_for_message(body).stanza.xml.find(HINT) is not None

    def test_messages_ask_not_to_be_stored(self):
        self.assertFalse(self.hinted('stored'))
        self.switch(self.device, ROSALINE, True)
        self.assertEqual(self.change(self.device, enabled=True)['by'], 'bridge')
        self.assertTrue(self.hinted('forgotten'))
        self.rosaline.send(PARIS, 'likewise')
        self.device.wait_for('message', body='likewise')
        self.assertEqual(self.history(self.device, ROSALINE),
                         [('likewise', True), ('forgotten', True), ('stored', False)])
        self.switch(self.device, ROSALINE, False)
        self.assertFalse(self.hinted('stored again'))

    def test_what_the_contact_asks_not_to_be_stored(self):
        self.rosaline.send_raw("<message to='%s' type='chat'><body>hush</body>"
                               "<no-store xmlns='urn:xmpp:hints'/></message>" % PARIS)
        self.assertTrue(self.device.wait_for('message', body='hush')['data']['off_the_record'])

    def test_it_is_kept_over_a_restart(self):
        self.switch(self.device, ROSALINE, True)
        self.change(self.device, enabled=True)
        self.bridge.kill()
        self.bridge.start()
        # in the queue before the account is online: the first that goes out
        self.assertTrue(self.hinted('at once'))
        self.device.wait_online()
        self.assertTrue(self.hinted('later'))
        self.device.wait_for('message.sent', body='later')
        self.assertEqual(len(self.device.of_type('off-the-record')), 1)


if __name__ == '__main__':
    unittest.main()
