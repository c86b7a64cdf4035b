# SPDX-License-Identifier: GPL-2.0-or-later
"""An old phone, by the old proxy's API over HTTPS: it signs in, sees its contacts, talks, shows
itself, and finds everything again after a restart."""

import json
import subprocess
import sys
import unittest

from harness import eventually
from harness.process import DEADLINE_S, ROOT
from harness.phone_case import JULIET, PASSWORD, ROMEO, PhoneCase


class ConversationTest(PhoneCase):
    def setUp(self):
        super().setUp()
        self.start()
        self.phone = self.make_phone()
        self.romeo = self.peer(ROMEO)
        self.roster = self.phone.start(JULIET, PASSWORD)
        eventually(lambda: self.romeo.sees(JULIET), what='presence before anybody called')

    def test_a_conversation(self):
        """Both ways, beside an app that has the same account."""
        contacts = {contact['jid']: contact for contact in self.roster}
        self.assertIn(ROMEO, contacts)
        self.assertNotIn(JULIET, contacts)
        app = self.bridge.login(JULIET)
        self.phone.send(ROMEO + '/whatever', "it's <me> & \"you\"\n\n  twice")
        self.romeo.wait_for_message("it's <me> & \"you\"\n\n  twice")
        self.assertEqual(app.wait_for('message.sent')['data']['to'], ROMEO)
        self.romeo.send(JULIET, 'Caf\u00e9 \u2713\n\n  as  it is')
        self.romeo.send_raw("<message type='chat' to='%s'><body>without an id</body></message>"
                            % JULIET)
        self.romeo.send_raw("<message type='chat' to='%s' id='e'><body/></message>" % JULIET)
        self.romeo.send_raw("<message type='chat' to='%s' id='l'><body xml:lang='it'>ciao</body>"
                            "</message>" % JULIET)
        self.romeo.sync()
        app.wait_for('message', body='ciao')
        messages = self.phone.queue()
        self.assertEqual([message['body'] for message in messages],
                         ['Caf\u00e9 \u2713\n\n  as  it is', 'without an id', 'ciao'])
        for message in messages:
            self.assertEqual(message['from'].split('/')[0], ROMEO)
            self.assertEqual((message['type'], message['otr']), ('chat', False))
        self.assertEqual(list(messages[0]), ['from', 'time', 'id', 'type', 'body', 'otr'])
        self.assertEqual(self.phone.queue(), [])

    def test_what_she_chooses_holds(self):
        shown = lambda: [value for full, value in dict(self.romeo.statuses).items()
                         if full.startswith(JULIET + '/')][-1]
        self.phone.presence('dnd', status='rehearsing')
        eventually(lambda: shown() == ('dnd', 'rehearsing'), what='dnd')
        self.phone.send(ROMEO, 'Not now')
        self.romeo.wait_for_message('Not now')
        self.phone.presence('away')
        eventually(lambda: shown() == ('away', 'rehearsing'), what='away, the text kept')
        self.phone.presence('nonsense')
        eventually(lambda: shown() == ('available', 'rehearsing'), what='available')

    def test_invisible_still_receives(self):
        self.phone.presence('invisible')
        eventually(lambda: not self.romeo.sees(JULIET), what='nobody sees her')
        self.romeo.send(JULIET, 'Art thou there?')
        eventually(lambda: [m['body'] for m in self.phone.queue()] == ['Art thou there?'],
                   what='the message')
        self.phone.send(ROMEO, 'Hush')
        self.romeo.wait_for_message('Hush')
        self.assertFalse(self.romeo.sees(JULIET))
        self.phone.presence('available')
        eventually(lambda: self.romeo.sees(JULIET), what='she is seen again')

    def test_a_restart(self):
        """Same token, same key, the queue as it was; presence without the phone."""
        app = self.bridge.login(JULIET)
        self.romeo.send(JULIET, 'Before')
        app.wait_for('message', body='Before')
        token, key = self.phone.token, self.phone.key
        self.bridge.kill()
        self.romeo.presences.clear()
        self.bridge.start()
        self.move(self.phone)
        self.assertEqual([contact['jid'] for contact in self.phone.roster()],
                         [contact['jid'] for contact in self.roster])
        eventually(lambda: self.romeo.sees(JULIET), what='presence without the phone')
        self.phone.key = None
        self.assertEqual(self.phone.fetch_key(), key)
        self.assertEqual([message['body'] for message in self.phone.queue()], ['Before'])
        self.assertEqual(self.phone.login(), token)

    def test_signing_out(self):
        key, token = self.phone.key, self.phone.token
        root = self.phone.root
        self.phone.logout()
        self.check(self.phone.post(root + '/roster', token=token), 403, '403 - Forbidden')
        eventually(lambda: not self.romeo.sees(JULIET), what='the end of her presence')
        eventually(lambda: not self.server.sessions(JULIET), what='the end of her stream')
        self.phone.start(JULIET, PASSWORD)
        self.assertNotEqual(self.phone.token, token)
        self.assertEqual(self.phone.key, key)

    def test_signing_out_beside_an_app(self):
        app = self.bridge.login(JULIET)
        self.phone.logout()
        self.romeo.send(JULIET, 'Still there?')
        app.wait_for('message', body='Still there?')
        self.assertTrue(app.is_online())
        # What came meanwhile is in the queue of who signs in again.
        self.phone.start(JULIET, PASSWORD)
        self.assertEqual([m['body'] for m in self.phone.queue()], ['Still there?'])

    def test_an_app_sees_the_same(self):
        """Contacts, who is there, what the account shows, what is off the record: each of the two
        sees what the other one sees, and changes it for both."""
        app = self.bridge.login(JULIET)
        app.wait_online()
        self.romeo.send_raw('<presence><show>dnd</show><status>in exile</status></presence>')

        def of_app():
            return {contact['jid']: (contact['name'], contact['presence'],
                                     contact['off_the_record'])
                    for contact in app.get('/v1/contacts?limit=200').json['contacts']}

        def of_phone():
            return {contact['jid']: (contact.get('name', ''), best(contact['sessions'].values()),
                                     contact['otr'])
                    for contact in self.phone.roster()}

        def best(sessions):
            shown = [{'show': one.get('show', 'available'), 'status': one.get('status', '')}
                     for one in sessions]
            return shown[0] if shown else {'show': 'unavailable', 'status': ''}
        eventually(lambda: of_phone()[ROMEO][1] == {'show': 'dnd', 'status': 'in exile'},
                   what='his presence')
        self.assertEqual(of_phone(), of_app())
        self.phone.presence('dnd', status='rehearsing')
        eventually(lambda: (lambda shown: (shown['show'], shown['status']))(
            app.get('/v1/presence').json) == ('dnd', 'rehearsing'), what='her choice')
        choice = {'show': 'available', 'status': 'back'}
        self.assertEqual(app.put('/v1/presence', choice).status, 200)
        self.phone.send(ROMEO, 'Good night')
        self.romeo.wait_for_message('Good night')
        eventually(lambda: [value for full, value in dict(self.romeo.statuses).items()
                            if full.startswith(JULIET + '/')][-1] == ('available', 'back'),
                   what='what the app chose')
        self.phone.call('/otr', jid=ROMEO + '/x', enabled='True')
        eventually(lambda: of_app()[ROMEO][2], what='off the record')
        self.assertEqual(of_phone(), of_app())
        self.phone.call('/otr', jid=ROMEO, enabled='False')
        eventually(lambda: not of_app()[ROMEO][2], what='its end')
        self.assertEqual(of_phone(), of_app())

    def test_the_command_line(self):
        state = self.scratch / 'phone.json'

        def run(*arguments):
            return [json.loads(line) for line in talk(*arguments).stdout.splitlines()]

        def talk(*arguments, check=True):
            return subprocess.run(
                [sys.executable, ROOT / 'tests' / 'phone.py', '--state', state, '--ca', self.ca,
                 *arguments], capture_output=True, check=check, timeout=DEADLINE_S, text=True)
        contacts = run('--proxy', self.proxy, '--google', self.google.url, 'login', JULIET,
                       PASSWORD)
        self.assertIn(ROMEO, [contact['jid'] for contact in contacts])
        run('send', ROMEO, 'From a shell')
        self.romeo.wait_for_message('From a shell')
        self.romeo.send(JULIET, 'To a shell')
        eventually(lambda: [m['body'] for m in run('queue')] == ['To a shell'], what='it')
        self.assertEqual(talk('register', 'https://h.example/', ROMEO).stdout.split('/')[0],
                         JULIET)
        self.assertEqual(talk('key').stdout, json.loads(state.read_text())['key'] + '\n')
        refused = talk('register', 'nowhere', check=False)
        self.assertEqual((refused.returncode, refused.stderr), (1, '400 - Bad Request\n'))
        self.assertEqual(run('logout'), [])
        self.assertEqual(talk('queue', 'x', check=False).returncode, 2)


if __name__ == '__main__':
    unittest.main()
