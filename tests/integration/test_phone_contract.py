# SPDX-License-Identifier: GPL-2.0-or-later
"""What the old proxy's API promises phones word for word, and what once ended the old proxy for
everybody: sent to the real bridge over HTTPS, while another phone looks on undisturbed."""

import hashlib
import json
import os
import signal
import socket
import threading
import time
import unittest
import urllib.parse

import phone
from harness import eventually
from harness.peer import TINY_PNG
from harness.phone_case import JULIET, NURSE, PASSWORD, ROMEO, PhoneCase

PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
TYBALT = 'tybalt@plain.example'
NOWHERE = 'juliet@nowhere.example'
FIELDS = {'/login': {'username': JULIET, 'auth': 'wrong'}, '/key': {}, '/register': {'url': 'x'},
          '/roster': {}, '/messagequeue': {}, '/message': {'to': ROMEO, 'body': 'x'},
          '/presence': {'show': 'away'}, '/otr': {'jid': ROMEO}, '/notifications': {},
          '/logout': {}, '/photo': {'jid': ROMEO}, '/crashreport': {'exception': 'x'}}
OPEN = {'/login', '/crashreport'}  # whoever asks
# What an address or a resource would do to a stanza that it were put into as it is.
HOSTILE = [ROMEO + "/' type='error", ROMEO + '/"/></message><presence type="unavailable"/>',
           ROMEO + '/x></message></stream:stream>', ROMEO + '/]]>&evil;',
           "romeo' to='" + NURSE, 'a@b><c', 'romeo@talk.example\n/x', '/', '@talk.example',
           'r' * 1100 + '@talk.example', ROMEO + '/' + 'r' * 1100]


def sha1(octets):
    return hashlib.sha1(octets).hexdigest()


class ContractTest(PhoneCase):
    def setUp(self):
        super().setUp()
        self.start(domains={'nowhere.example': '[domain nowhere.example]\nregistration=open\n'
                                               'server=127.0.0.1\nport=1',
                            'closed.example': '[domain closed.example]\nregistration=closed'})
        self.phone = self.make_phone()
        self.phone.client_login(JULIET, PASSWORD)
        self.phone.login()

    def tearDown(self):
        """Whatever happened, she is still there."""
        if self.phone.token is not None:
            self.assertIn(ROMEO, [contact['jid'] for contact in self.phone.roster()])

    # -- section 2.4

    def test_the_order_of_the_checks(self):
        root = self.phone.root
        for path in ('/', '/nothing', '/roster?x', '/roster/', '/ROSTER', '/rawiq', '/jingle',
                     '/images/', '/images/..%2f..%2fetc', '/images/' + 'g' * 40,
                     '/x/images/' + 'a' * 40, '/images/' + 'A' * 40, '/images/' + 'a' * 32):
            self.check(self.phone.post(root + path, token='x'), 404, '404 - Not found')
        for path, fields in FIELDS.items():
            with self.subTest(path):
                self.check(self.phone.exchange('GET', root + path), 405,
                           '405 - Method not supported')
                self.check(self.phone.post(root + path), 400, '400 - Bad Request')
                # Missing, then empty, with a token that is none; then that token.
                for name in fields:
                    rest = {key: value for key, value in fields.items() if key != name}
                    self.check(self.phone.post(root + path, token='x', **rest), 400,
                               '400 - Bad Request')
                    self.check(self.phone.post(root + path, token='x', **{**fields, name: ''}),
                               400, '400 - Bad Request')
                if path in OPEN:
                    continue
                self.check(self.phone.post(root + path, token='constructor', **fields), 403,
                           '403 - Forbidden')

    def test_reasons(self):
        root = self.phone.root
        self.assertEqual(self.phone.post(root + '/no').reason, 'Not found')
        self.assertEqual(self.phone.exchange('GET', root + '/key').reason, 'Method not supported')
        self.assertEqual(self.phone.post(root + '/key').reason, 'Bad Request')
        self.assertEqual(self.phone.post(root + '/key', token='x').reason, 'Forbidden')
        self.assertEqual(self.phone.post(root + '/login', **FIELDS['/login']).reason,
                         'Authentication Required')

    def test_answers(self):
        call, root = self.phone.call, self.phone.root
        for path, fields in (('/message', {'to': ROMEO, 'body': 'x'}),
                             ('/presence', {'show': 'xa'}),
                             ('/otr', {'jid': ROMEO, 'enabled': 'False'}),
                             ('/otr', {'jid': 'unknown@talk.example', 'enabled': 'True'}),
                             ('/notifications', {'toast': 'False', 'jid': ROMEO})):
            self.check(call(path, **fields), 200, '')
        self.check(self.phone.post(root + '/crashreport', exception='1.6 now\nat X'), 200, '',
                   'text/xml')
        self.check(call('/messagequeue'), 200, '', 'text/json')
        answer = self.phone.exchange('POST', root + '/roster', 'token=' + self.phone.token,
                                     {'Accept-Encoding': 'gzip, deflate'})
        self.assertEqual(answer.headers['Content-Type'], 'text/json')
        self.assertIsNone(answer.headers['Content-Encoding'])
        self.assertTrue(answer.text.endswith('}\n'))
        contacts = {c['jid']: c for c in map(json.loads, answer.text.splitlines())}
        self.assertNotIn(JULIET, contacts)
        self.assertEqual(contacts[NURSE]['sessions'], {})  # she is offline
        key = call('/key').text
        self.assertRegex(key, '^[A-Za-z0-9/-]{22,}$')
        self.assertRegex(self.phone.register().text, '^%s/.+' % JULIET)

    def test_fields(self):
        root = self.phone.root
        token = 'token=' + self.phone.token
        for form in ('username=a@talk.example&username=b@talk.example&auth=x',
                     'username=%ff&auth=x', 'username=%00&auth=x',
                     'username=%zz&auth=x', 'username=a%4&auth=x',
                     "username=a@b'%20xmlns='x&auth=x", 'username=' + 'a' * 4000 + '&auth=x'):
            self.check(self.phone.post(root + '/login', form), 400, '400 - Bad Request')
        for form in ('&to=%s&body=a&body=b' % ROMEO, '&to=%s&body=%%07' % ROMEO, '&to=@&body=x',
                     '&to=a%20b@talk.example&body=x'):
            self.check(self.phone.post(root + '/message', token + form), 400, '400 - Bad Request')
        self.check(self.phone.post(root + '/message', token, to=ROMEO, body='x' * 40000), 413,
                   '413 - Content Too Large')
        self.check(self.phone.post(root + '/crashreport', exception='x' * 70000), 413,
                   '413 - Content Too Large')
        self.check(self.phone.exchange('POST', root + '/roster', token,
                                       {'Origin': 'https://evil.example'}), 400,
                   '400 - Bad Request')
        self.check(self.phone.exchange('POST', root + '/roster', token, {'Host': 'evil.example'}),
                   400, '400 - Bad Request')
        for url in ('ftp://h/', 'xhttp://h/', 'https://UPPER/', 'https://h:0/', 'https://h:99999/',
                    'https:///x', 'https://h/a b', 'https://h@evil/', 'https://h' + '/x' * 2000):
            self.check(self.phone.register(url), 400, '400 - Bad Request')
        for url in ('https://h', 'https://h:8443/', 'http://h.example/x?y#z'):
            self.assertEqual(self.phone.register(url).status, 200)
        for tiles in ('', '{', '[1]', '[' * 10000, '{"a":1}', '["%s"]' % ROMEO):
            self.assertEqual(self.phone.post(root + '/register', token=self.phone.token,
                                             url='https://h/', tiles=tiles).status, 200)

    def test_hostile_addresses(self):
        """They are refused or lead nowhere, and her stream stays the one that it was."""
        before = [one['jid'] for one in self.server.sessions(JULIET)]
        with self.peer(ROMEO) as romeo, self.peer(NURSE) as nurse:
            for jid in HOSTILE:
                for path, more in (('/message', {'to': jid, 'body': 'to ' + jid[:20]}),
                                   ('/otr', {'jid': jid, 'enabled': 'False'}),
                                   ('/photo', {'jid': jid})):
                    answer = self.phone.post(self.phone.root + path, token=self.phone.token,
                                             **more)
                    self.assertIn(answer.status, (200, 400, 404), (path, jid))
            for end, peer in ((ROMEO, romeo), (NURSE, nurse)):
                self.phone.send(end, 'the end')
                peer.wait_for_message('the end')
            self.assertTrue(romeo.sees(JULIET))
            self.assertEqual(nurse.bodies(), ['the end'])
            self.assertEqual(romeo.errors, [])
        self.assertEqual([one['jid'] for one in self.server.sessions(JULIET)], before)

    # -- signing in

    def test_signing_in_twice_is_one_session(self):
        self.assertEqual(self.make_twin().login(), self.phone.token)
        sessions = len(self.server.sessions(JULIET))
        tokens = []
        romeo = self.make_phone()
        romeo.client_login(ROMEO, PASSWORD)

        def sign_in():
            twin = self.make_phone()
            twin.username, twin.auth = ROMEO, romeo.auth
            tokens.append(twin.login())
        threads = [threading.Thread(target=sign_in) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(tokens), len(set(tokens))), (5, 1))
        self.assertEqual(len(self.server.sessions(ROMEO)), 1)
        self.assertEqual(len(self.server.sessions(JULIET)), sessions)

    def make_twin(self):
        twin = self.make_phone()
        twin.username, twin.auth = self.phone.username, self.phone.auth
        return twin

    def test_who_may_not_sign_in(self):
        root = self.phone.root
        for username in (JULIET, 'juliet@closed.example', 'juliet@unknown.example'):
            self.check(self.phone.post(root + '/login', username=username, auth='no token'), 401,
                       '401 - Authentication Required')
        self.check(self.phone.post(root + '/login', username=NOWHERE, auth='x'), 503,
                   '503 - Service Unavailable')
        # A server with a wrong certificate gets to see no credential.
        for domain in ('selfsigned.example', 'wrongname.example', 'expired.example'):
            self.check(self.phone.post(root + '/login', username='benvolio@' + domain, auth='x'),
                       401, '401 - Authentication Required')
        # An app's token is no session of a phone.
        app = self.bridge.login(JULIET)
        self.check(self.phone.post(root + '/roster', token=app.token), 403, '403 - Forbidden')

    def test_a_plain_server_and_an_empty_roster(self):
        self.server.switch('mechanisms', ['PLAIN', 'SCRAM-SHA-1'], 'plain.example')
        self.server.control('account', user='tybalt', domain='plain.example', password='prince')
        tybalt = self.make_phone()
        tybalt.username, tybalt.auth = TYBALT, 'prince'
        tybalt.login()
        self.assertEqual(tybalt.roster(), [])
        with self.peer(ROSALINE) as rosaline:
            # Whom he does not know: presence with an avatar that is a path, then a message.
            rosaline.send_raw("<presence type='unavailable' to='%s'><x xmlns='vcard-temp:x:update'>"
                              "<photo>../../evil</photo></x></presence>" % TYBALT)
            tybalt.send(ROSALINE, 'Who are you?')
            rosaline.wait_for_message('Who are you?')
            rosaline.send(TYBALT, 'A stranger')
            eventually(lambda: [m['body'] for m in tybalt.queue()] == ['A stranger'], what='it')
            self.assertEqual([(c['jid'], c['sessions']) for c in tybalt.roster()],
                             [(ROSALINE, {})])
        tybalt.logout()

    def test_the_chat_server_refuses_later(self):
        """A token that is good no more, then one that is: a dead session, then another."""
        self.server.control('revoke', jid=JULIET, token=self.phone.auth)
        self.server.control('kick', jid=JULIET, how='close')
        eventually(lambda: self.phone.post(self.phone.root + '/key',
                                           token=self.phone.token).status == 403, what='403')
        with self.assertRaisesRegex(Exception, '^401 - Authentication Required$'):
            self.phone.login()
        dead = self.phone.token
        self.phone.client_login(JULIET, PASSWORD)
        self.assertNotEqual(self.phone.login(), dead)

    def test_a_broken_stream_is_no_news(self):
        for how in ('close', 'drop'):
            self.server.control('kick', jid=JULIET, how=how)
            self.assertIn(ROMEO, [contact['jid'] for contact in self.phone.roster()])
            self.phone.send(ROMEO, 'After ' + how)
            with self.peer(ROMEO) as romeo:
                romeo.wait_for_message('After ' + how)

    # -- queue

    def test_nothing_is_lost_or_doubled_while_it_is_fetched(self):
        expected = ['number %d' % i for i in range(300)]
        got = []
        with self.peer(ROMEO) as romeo:
            for body in expected:
                romeo.send(JULIET, body)
                if len(got) < 200 and body.endswith('7'):
                    got += [message['body'] for message in self.phone.queue()]

            def all_there():
                got.extend(message['body'] for message in self.phone.queue())
                return len(got) >= len(expected)
            eventually(all_there, what='all messages')
        self.assertEqual(got, expected)

    def test_a_queue_that_breaks_off_stays(self):
        """The phone loses its connection while it reads."""
        bodies = ['%d ' % i + 'x' * 20000 for i in range(60)]
        app = self.bridge.login(JULIET)
        with self.peer(ROMEO) as romeo:
            for body in bodies:
                romeo.send(JULIET, body)
            app.wait_for('message', body=bodies[-1])
        with self.connect_slowly() as connection:
            form = 'token=' + urllib.parse.quote(self.phone.token)
            connection.sendall(('POST /messagequeue HTTP/1.1\r\nHost: localhost\r\n'
                                'Content-Length: %d\r\n\r\n%s' % (len(form), form)).encode())
            self.assertIn(b' 200 OK', connection.recv(100))
        self.assertEqual([message['body'] for message in self.phone.queue()], bodies)
        self.assertEqual(self.phone.queue(), [])

    def connect_slowly(self):
        """Of what comes, this end takes little until it is read."""
        place = urllib.parse.urlsplit(self.phone.root)
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(('127.0.0.1', place.port))
        return self.phone.context.wrap_socket(connection, server_hostname=place.hostname)

    def test_two_phones_of_an_account(self):
        """One queue; what one registers, the other's session of another account keeps."""
        other = self.make_phone()
        other.client_login(JULIET, PASSWORD)
        self.assertNotEqual(other.login(), self.phone.token)
        self.assertEqual(other.fetch_key(), self.phone.fetch_key())
        romeo = self.make_phone()
        romeo.client_login(ROMEO, PASSWORD)
        romeo.login()
        self.assertEqual(romeo.register('https://push.example/one').status, 200)
        self.assertEqual(self.phone.register('https://push.example/one').status, 200)
        self.assertTrue(romeo.roster())
        # The same phone, signed in anew: its old session is over.
        old = other.token
        self.assertEqual(other.register('https://push.example/two').status, 200)
        self.assertEqual(self.phone.register('https://push.example/two').status, 200)
        eventually(lambda: self.phone.post(self.phone.root + '/key', token=old).status == 403,
                   what='its end')

    # -- pictures

    def test_pictures(self):
        root = self.phone.root
        with self.peer(ROMEO) as romeo:
            self.addCleanup(self.clear_avatar)
            romeo.set_avatar(TINY_PNG, 'image/png\r\nX-Evil: 1')
            hash = sha1(TINY_PNG)
            eventually(lambda: hash in [c.get('photo') for c in self.phone.roster()], what='it')
            for _ in range(2):
                answer = self.phone.exchange('GET', root + '/images/' + hash)
                self.assertEqual((answer.status, answer.body), (200, TINY_PNG))
                self.assertEqual(answer.headers['Content-Type'], 'image/png')
                self.assertEqual(answer.headers['Content-Length'], str(len(TINY_PNG)))
                self.assertIsNone(answer.headers['X-Evil'])
            self.assertEqual(self.phone.call('/photo', jid=ROMEO).body, TINY_PNG)
            # Another picture's name; none that is a name; a link instead of a picture.
            for name in (sha1(b'other'), '../../evil', '<photo/>'):
                romeo.send_raw("<presence><x xmlns='vcard-temp:x:update'><photo>%s</photo></x>"
                               "</presence>" % name.replace('<photo/>', ''))
            romeo.send_raw("<presence><x xmlns='vcard-temp:x:update'><photo>%s</photo></x>"
                           "</presence>" % sha1(b'other'))
            eventually(lambda: sha1(b'other') in [c.get('photo') for c in self.phone.roster()],
                       what='the other name')
            self.check(self.phone.exchange('GET', root + '/images/' + sha1(b'other')), 404,
                       '404 - Not found')
            romeo.send_raw("<iq type='set' id='v'><vCard xmlns='vcard-temp'><PHOTO><EXTVAL>"
                           "http://evil.example/x</EXTVAL></PHOTO></vCard></iq>")
            romeo.sync()
            self.check(self.phone.post(root + '/photo', token=self.phone.token, jid=ROMEO), 404,
                       '404 - Not found')
            # A card without a picture.
            romeo.send_raw("<iq type='set' id='w'><vCard xmlns='vcard-temp'><FN>R</FN></vCard>"
                           "</iq>")
            romeo.sync()
            for path, method, form in (('/photo', 'POST', {'jid': ROMEO}),
                                       ('/images/' + sha1(b'other'), 'GET', {})):
                body = urllib.parse.urlencode({'token': self.phone.token, **form})
                self.check(self.phone.exchange(method, root + path, body), 404,
                           '404 - Not found')
        self.check(self.phone.exchange('GET', root + '/images/' + sha1(b'nobody')), 404,
                   '404 - Not found')

    def clear_avatar(self):
        with self.peer(ROMEO) as romeo:
            romeo.set_avatar(None)

    # -- what is logged

    def test_a_crash_report_is_one_line(self):
        for i in range(20):
            self.phone.post(self.phone.root + '/crashreport',
                            exception='1.6\nat %d\n** (forged) line\n' % i + 'x' * 5000)
        log = self.bridge.log.read_text()
        reports = [line for line in log.splitlines() if 'reports a crash' in line]
        self.assertEqual(len(reports), 10)
        self.assertTrue(all(len(line) < 1000 for line in reports))
        self.assertNotIn('\n** (forged)', log)


class OracleTest(unittest.TestCase):
    """The phone that asks opens what other implementations have sealed."""

    def test_vectors(self):
        key = 'Pq3/xZ81-aB'
        self.assertEqual(
            json.loads(phone.decrypt(
                '118:k7-Q:QdCL/ZlsondnmstP+zP5lYQTL8JIO8+PWE2aNi6LIvB3jb8COCpn8e7+Eq8zpxrWNjW90lNb'
                'cXCgXrrvibRBJeOzhmj/c0hqxMvGNOZjskXAsB7CAI3GOb4/62P5/9ChGHW2eBHH9ppQkct8Vki6DypaS4'
                'a1EFqup8Ob9Z8VDeU=', key)),
            {'from': 'juliet@example.com/balcony', 'time': 1700000000000, 'id': 'a1',
             'type': 'chat', 'body': 'Are you there?', 'otr': False})
        self.assertEqual(
            json.loads(phone.decrypt(
                '91:Zz0/:xjmPXEeWOYhmFLLYdyRsfTx/eCPEXS05FRxP4JggurrV9sl1jBOxdJTAn64052HCHU6TFWRQC'
                '6j95d+SAGV5WEB4Tj1fkE6BqJ2hQqwpwWL/hswn0237fAF9ombm5jIz', key))['body'],
            'caf\u00e9 \u2713')
        self.assertEqual(phone.decrypt('16:AAAA:L4Tyz4Sp7jjleh2m2A/UF71AWEnTgHvAxZCLX7t03+o=', key),
                         '0123456789abcdef')


class SilenceTest(PhoneCase):
    PATIENCE_S = 1  # of the bridge; it is 20 if nothing is configured: see test_patience.py

    def start(self, **more):
        super().start(groups={'legacy': ['answer-seconds=%d' % self.PATIENCE_S]}, **more)

    def ask(self, phone, path, **form):
        """Returns the answer, which has to come in time."""
        begin = time.monotonic()
        answer = phone.post(phone.proxy + path, **form)
        self.assertLess(time.monotonic() - begin, self.PATIENCE_S + 5, path)
        return answer

    def test_every_answer_comes_in_time(self):
        """The chat server stands still. No session ends for that, and nothing is lost."""
        self.start()
        juliet, nurse = self.make_phone(), self.make_phone()
        juliet.start(JULIET, PASSWORD)
        nurse.client_login(NURSE, PASSWORD)
        romeo = self.peer(ROMEO)
        eventually(lambda: romeo.sees(JULIET), what='her presence')
        token = {'token': juliet.token}
        credentials = {'username': JULIET, 'auth': juliet.auth}
        os.kill(self.server.description['pid'], signal.SIGSTOP)
        try:
            for path, fields in FIELDS.items():
                if path not in OPEN | {'/register', '/photo', '/logout'}:
                    self.assertEqual(self.ask(juliet, path, **token, **fields).status, 200, path)
            self.assertEqual(juliet.register().status, 200)
            self.assertEqual(self.ask(juliet, '/login', **credentials).text.split('\n')[0],
                             juliet.token)
            self.check(self.ask(juliet, '/photo', **token, jid=ROMEO), 404, '404 - Not found')
            self.check(self.ask(juliet, '/crashreport', exception='x'), 200, '', 'text/xml')
            self.check(self.ask(nurse, '/login', username=NURSE, auth=nurse.auth), 503,
                       '503 - Service Unavailable')
            # Nor for a restart, while her account is still signing in.
            self.bridge.kill()
            self.bridge.start()
            self.move(juliet)
            self.check(self.ask(juliet, '/roster', **token), 503, '503 - Service Unavailable')
            self.assertEqual(self.ask(juliet, '/message', to=ROMEO, body='at last',
                                      **token).status, 200)
            self.assertEqual(self.ask(juliet, '/logout', token='x').status, 403)
        finally:
            os.kill(self.server.description['pid'], signal.SIGCONT)
        romeo.wait_for_message('at last')
        self.assertTrue(juliet.roster())

    def test_a_chat_server_that_says_nothing(self):
        """Who signs in there is told in time, and others are not held up."""
        with socket.create_server(('127.0.0.1', 0)) as silent:
            self.start(domains={'silent.example': '[domain silent.example]\nregistration=open\n'
                                                  'server=127.0.0.1\nport=%d'
                                                  % silent.getsockname()[1]})
            juliet, other = self.make_phone(), self.make_phone()
            juliet.start(JULIET, PASSWORD)
            found = []
            thread = threading.Thread(target=lambda: found.append(
                self.ask(other, '/login', username='a@silent.example', auth='x')))
            thread.start()
            self.assertTrue(juliet.roster())
            juliet.send(ROMEO, 'Meanwhile')
            self.assertEqual(found, [])
            thread.join()
            self.check(found[0], 503, '503 - Service Unavailable')


class IdleTest(PhoneCase):
    def test_no_timer_shows_more_than_was_chosen(self):
        """Romeo, available, becomes away; Juliet, who is busy, stays so, also after a message."""
        self.start(groups={'idle': ['away-seconds=2', 'extended-away-seconds=4']})
        juliet, romeo = self.make_phone(), self.make_phone()
        juliet.start(JULIET, PASSWORD)
        nurse = self.peer(NURSE)

        def shown(jid):
            return [value for full, value in dict(nurse.statuses).items()
                    if full.startswith(jid + '/') and value[0] != 'unavailable']
        juliet.presence('dnd', status='rehearsing')
        juliet.send(NURSE, 'Not now')
        nurse.wait_for_message('Not now')
        eventually(lambda: shown(JULIET) == [('dnd', 'rehearsing')], what='dnd')
        nurse.presences.clear()
        romeo.start(ROMEO, PASSWORD)
        eventually(lambda: [show for show, _ in shown(ROMEO)] == ['xa'], what='extended away')
        self.assertEqual(shown(JULIET), [('dnd', 'rehearsing')])
        self.assertEqual([full for full, kind in list(nurse.presences)
                          if full.startswith(JULIET + '/')], [])

    def test_a_session_ends_the_app_stays(self):
        self.start(groups={'legacy': ['session-seconds=3']})
        phone = self.make_phone()
        phone.start(JULIET, PASSWORD)
        token, root = phone.token, phone.root
        app = self.bridge.login(ROMEO)
        romeo = self.make_phone()
        romeo.start(ROMEO, PASSWORD)
        eventually(lambda: not self.server.sessions(JULIET), what='the end of her stream')
        self.check(phone.post(root + '/key', token=token), 403, '403 - Forbidden')
        eventually(lambda: romeo.post(root + '/key', token=romeo.token).status == 403,
                   what='the end of his session')
        self.assertTrue(app.is_online())
        # And she comes back with what she has.
        self.assertNotEqual(phone.login(), token)
        eventually(lambda: self.server.sessions(JULIET), what='her stream')
        self.assertTrue(phone.roster())


if __name__ == '__main__':
    unittest.main()
