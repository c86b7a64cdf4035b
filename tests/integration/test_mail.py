# SPDX-License-Identifier: GPL-2.0-or-later
"""News of mail and the settings that the server keeps, from the server's modules to what a person
is shown."""

import unittest

from harness import Prosody, Scratch, Stream, eventually
from harness.purple_client import PurpleClient

MALLORY = 'mallory@evil.example/lair'
MAIL = 'google:mail:notify'
SETTING = 'google:setting'
NEW_MAIL = "<new-mail xmlns='%s'/>" % MAIL
INBOX = 'http://mail.google.com/mail'


def thread(number, **more):
    return {'tid': str(number), 'subject': 'No. %d' % number, 'snippet': 'It says %d.' % number,
            'senders': [{'name': 'Romeo', 'address': 'romeo@talk.example'}], **more}


class MailCase(unittest.TestCase):
    """The account is another one for each test, so that no mail is left over."""

    people = iter(range(1000))

    @classmethod
    def setUpClass(cls):
        cls.class_scratch = Scratch()
        cls.addClassCleanup(cls.class_scratch.close)
        cls.server = Prosody(cls.class_scratch / 'server', '--trace', 'full')
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.addCleanup(self.server.reset, 'talk.example')
        self.addCleanup(self.server.spoil, 'none')
        self.user = 'reader%d' % next(self.people)
        self.jid = self.user + '@talk.example'
        self.server.control('account', user=self.user, domain='talk.example', password='secret')

    def client(self, want_mail=True, **options):
        """Not signed in yet."""
        client = PurpleClient(self.scratch, self.jid + '/Desk', 'secret', ca=self.server.ca,
                              connect_server='localhost', port=self.server.port,
                              gtalk_mechanism='password', **options)
        self.addCleanup(client.close)
        client.do('want-mail', want=want_mail)
        return client

    def signed_in(self, want_mail=True, **options):
        client = self.client(want_mail, **options)
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        client.expect('features')
        return client

    def deliver(self, *threads, **more):
        self.server.control('mail', jid=self.jid, threads=threads, **more)

    def turn_on(self):
        """The setting, as another client has done before: no second question follows it."""
        self.server.control('settings', jid=self.jid, values={'mailnotifications': True})

    def queries(self):
        return self.server.control('mail-queries', jid=self.jid)['queries'] or []

    def settings(self):
        return self.server.control('settings', jid=self.jid)['settings']

    def wait_until_answered(self, n=1):
        """All pushes of the account, and there are at least n."""
        def answered():
            pushes = self.server.pushes(self.jid)
            return len(pushes) >= n and all(push['answer'] for push in pushes) and pushes
        return eventually(answered, what='answers to %d pushes' % n)

    def shown(self, client):
        """The subjects that a person has been shown so far."""
        client.state()
        return [subject for event in client.seen if event['event'] == 'emails'
                for subject in event['subjects']]

    def sent(self, text):
        """Stanzas of the account that have text in them."""
        return [line['xml'] for line in self.server.trace() if line['dir'] == 'in'
                and (line.get('jid') or '').startswith(self.jid) and text in line['xml']]


class MailTest(MailCase):
    def test_what_is_unread_at_sign_in(self):
        self.deliver(thread(16), thread(17, snippet='Tom &amp; Jerry&hellip;'))
        client = self.signed_in()
        shown = client.expect('emails')
        self.assertEqual((shown['count'], shown['detailed']), (2, True))
        self.assertEqual(shown['subjects'], ['No. 17 – Tom & Jerry…', 'No. 16 – It says 16.'])
        self.assertEqual(shown['froms'], ['Romeo', 'Romeo'])
        self.assertEqual(shown['tos'], [self.jid] * 2)
        self.assertEqual(shown['urls'], [INBOX + '/#inbox/11', INBOX + '/#inbox/10'])
        told = client.expect('mail')
        self.assertEqual([(t['tid'], t['new']) for t in told['threads']],
                         [('17', True), ('16', True)])

    def test_a_push_is_followed_by_a_question(self):
        client = self.signed_in()
        client.expect('mail')
        told = {}
        while told.get('mailnotifications') != 'true':  # which the plugin itself has set
            event = client.expect('setting')
            told[event['name']] = event['value']
        self.deliver(thread(1))
        self.assertEqual(client.expect('emails')['subjects'], ['No. 1 – It says 1.'])
        push, = self.wait_until_answered()
        self.assertEqual((push['answer'], push['answers'], push['answered_to']),
                         ('result', 1, self.jid))
        first, second = self.queries()[:2]
        self.assertNotIn('newer_than_time', first)
        self.assertGreater(int(second['newer_than_time']), 0)

    def test_twice_within_a_minute(self):
        """Scenario 14: no second push comes, yet both mails are known."""
        client = self.signed_in(environment={'PURPLE_BOOT_SECOND_MS': '200'})
        client.expect('mail')
        told = {}
        while told.get('mailnotifications') != 'true':  # which the plugin itself has set
            event = client.expect('setting')
            told[event['name']] = event['value']
        self.server.switch('mail-delay-ms', 1000, 'talk.example')
        self.deliver(thread(1))
        self.deliver(thread(2))
        subjects = []
        while len(subjects) < 2:
            subjects += client.expect('emails')['subjects']
        self.assertEqual(sorted(subjects), ['No. 1 – It says 1.', 'No. 2 – It says 2.'])
        self.assertEqual(len(self.wait_until_answered()), 1)
        self.assertEqual(sorted(self.shown(client)), sorted(subjects), 'each once')

    def test_nobody_wants_to_know(self):
        """Scenario 15: with the option off pushes are answered, and that is all."""
        client = self.signed_in(want_mail=False)
        for sender in (self.jid, 'talk.example', 'none'):
            self.server.push(self.jid, NEW_MAIL, from_=sender)
        self.server.push(self.jid, "<mailbox xmlns='%s'/>" % MAIL)
        pushes = self.wait_until_answered(4)
        self.assertEqual([(p['answer'], p['answers']) for p in pushes], [('result', 1)] * 4)
        self.assertEqual((self.queries(), self.shown(client)), ([], []))
        self.assertFalse(self.settings()['mailnotifications'])

    def test_a_program_asks(self):
        """By the call, with the option off: told by signal, shown to nobody."""
        self.deliver(thread(1))
        client = self.signed_in(want_mail=False)
        client.do('check-mail')
        self.assertEqual(client.expect('answer')['value'], 'true')
        self.assertEqual(client.expect('mail')['threads'][0]['subject'], 'No. 1')
        told = {}
        while told.get('mailnotifications') != 'true':  # which the plugin itself has set
            event = client.expect('setting')
            told[event['name']] = event['value']
        self.deliver(thread(2))
        told = client.expect('mail')
        while not any(t['tid'] == '2' and t['new'] for t in told['threads']):
            told = client.expect('mail')
        self.assertEqual(self.shown(client), [])

    def test_nothing_is_told_twice(self):
        """Neither by the inherited protocol beside ours, nor after a reconnect."""
        self.turn_on()
        self.deliver(thread(1))
        client = self.signed_in()
        client.expect('mail')
        client.do('disconnect')
        client.wait_for('signed-off')
        self.deliver(thread(2))
        client.do('connect')
        told = client.expect('mail')
        self.assertEqual([(t['tid'], t['new']) for t in told['threads']],
                         [('2', True), ('1', False)])
        self.assertEqual(self.shown(client), ['No. 1 – It says 1.', 'No. 2 – It says 2.'])
        self.assertEqual(len(self.queries()), 2, 'one for each session')

    def test_a_mail_from_the_future(self):
        """It hides nothing that comes before it."""
        self.turn_on()
        self.deliver(thread(1, date=4000000000000))
        client = self.signed_in()
        client.expect('mail')
        client.do('disconnect')
        client.wait_for('signed-off')
        self.deliver(thread(2, date=3999999999999))
        client.do('connect')
        client.expect('mail')
        self.assertIn('No. 2 – It says 2.', self.shown(client))

    def test_a_thread_goes_on(self):
        client = self.signed_in()
        client.expect('mail')
        told = {}
        while told.get('mailnotifications') != 'true':  # which the plugin itself has set
            event = client.expect('setting')
            told[event['name']] = event['value']
        self.server.switch('mail-quiet-s', 0, 'talk.example')
        for snippet in ('Once', 'Twice'):
            self.deliver(thread(1, snippet=snippet))
            self.assertEqual(client.expect('emails')['subjects'], ['No. 1 – ' + snippet])

    def test_more_than_are_listed(self):
        self.server.switch('mail-cap', 2, 'talk.example')
        self.deliver(*[thread(number) for number in range(1, 6)])
        client = self.signed_in()
        self.assertEqual(client.expect('emails')['count'], 2)
        rest = client.expect('emails')
        self.assertEqual((rest['count'], rest['detailed'], rest['urls']), (3, False, [INBOX]))
        self.assertEqual(client.expect('mail')['matched'], 5)

    def test_the_minute_after_a_push(self):
        """Questions for news, then one for all, by which what was read elsewhere is known."""
        self.server.switch('mail-url', 'http://talk.example/mail', 'talk.example')
        client = self.signed_in(environment={'PURPLE_BOOT_SECOND_MS': '150'})
        client.expect('mail')
        told = {}
        while told.get('mailnotifications') != 'true':  # which the plugin itself has set
            event = client.expect('setting')
            told[event['name']] = event['value']
        self.deliver(thread(1))
        self.assertEqual(client.expect('emails')['count'], 1)
        self.server.control('mail-read', jid=self.jid)
        self.assertEqual(client.expect('emails')['count'], 0, 'taken away')
        asked = [query.get('newer_than_time') for query in self.queries()]
        self.assertEqual([asked[0], asked[-1]], [None, None])
        self.assertGreaterEqual(len(asked), 3)
        self.assertNotIn(None, asked[1:-1])
        self.server.push(self.jid, NEW_MAIL)
        self.wait_until_answered(2)
        eventually(lambda: len(self.queries()) > len(asked), what='another round')

    def test_links_are_web_pages(self):
        self.server.switch('mail-url', 'file:///etc/passwd', 'talk.example')
        self.deliver(thread(1, url='javascript:alert(1)'),
                     thread(2, url='https://webmail.example/thread/2'))
        client = self.signed_in()
        self.assertEqual(client.expect('emails')['urls'],
                         ['https://webmail.example/thread/2', ''])
        self.assertIsNone(client.expect('mail')['url'])

    def test_strangers_are_refused(self):
        self.turn_on()
        client = self.signed_in()
        client.expect('mail')
        for payload in (NEW_MAIL, "<mailbox xmlns='%s' total-matched='9'/>" % MAIL):
            self.server.push(self.jid, payload, from_=MALLORY)
        pushes = self.wait_until_answered(2)
        self.assertEqual({p['answer'] for p in pushes}, {'service-unavailable'})
        self.assertEqual(len(self.queries()), 1)
        self.assertEqual(self.shown(client), [])

    def test_answers_of_strangers(self):
        self.deliver(thread(1))
        self.server.spoil('forge', MAIL, xml="<mailbox xmlns='%s' total-matched='1'>"
                          "<mail-thread-info tid='7'><subject>forged</subject></mail-thread-info>"
                          "</mailbox>" % MAIL)
        client = self.signed_in()
        client.expect('mail')
        self.assertEqual(self.shown(client), ['No. 1 – It says 1.'])

    def test_answers_from_nobody_and_from_the_domain(self):
        for how in ('none', 'domain'):
            self.server.switch('reply-from', how, 'talk.example')
            client = self.signed_in()
            if how == 'none':
                client.expect('mail')
            client.do('disconnect')
            client.wait_for('signed-off')

    def test_trouble_with_answers(self):
        """Errors, no mailbox, answers twice, late or never: nothing is shown, the session goes on,
        and it can end while a question is open."""
        for number, fault in enumerate((
                {'what': 'error', 'condition': 'internal-server-error', 'error_type': 'wait'},
                {'what': 'error', 'condition': 'feature-not-implemented'},
                {'what': 'replace'}, {'what': 'replace', 'xml': "<mailbox xmlns='x'/>"},
                {'what': 'duplicate'}, {'what': 'delay', 'ms': 100}, {'what': 'drop'})):
            with self.subTest(fault=fault):
                self.server.spoil(xmlns=MAIL, **fault)
                client = self.signed_in()
                eventually(lambda: self.server.spoilt()[number]['struck'])
                self.assertEqual(client.state()['state'], 'connected')
                self.assertEqual(self.shown(client), [])
                client.quit()


class MenuTest(MailCase):
    def test_check_mail_now(self):
        client = self.signed_in(want_mail=False)
        client.do('choose', label='Check Mail Now')
        self.assertEqual(client.expect('notice')['primary'], 'There is no unread mail.')
        self.deliver(thread(1))
        for _ in range(2):
            client.do('choose', label='Check Mail Now')
            self.assertEqual(client.expect('emails')['subjects'], ['No. 1 – It says 1.'])
        self.server.control('mail-read', jid=self.jid)
        client.do('choose', label='Check Mail Now')
        self.assertEqual(client.expect('emails')['count'], 0, 'taken away')
        self.assertEqual(client.expect('notice')['kind'], 'info')
        self.server.spoil('error', MAIL)
        client.do('choose', label='Check Mail Now')
        self.assertEqual(client.expect('notice')['kind'], 'error')

    def test_open_inbox(self):
        client = self.signed_in(want_mail=False)
        for _ in range(2):
            client.do('choose', label='Open Inbox')
            self.assertEqual(client.expect('uri')['uri'], INBOX)
        self.assertEqual(len(self.queries()), 1)

    def test_settings(self):
        client = self.signed_in()
        told = {}
        while told.get('mailnotifications') != 'true':  # which the plugin itself has set
            event = client.expect('setting')
            told[event['name']] = event['value']
        client.do('choose', label='Settings Kept by the Server...')
        form = client.expect('form')
        self.assertEqual({field['id']: field['value'] for field in form['fields']},
                         {'archivingenabled': True, 'mailnotifications': True,
                          'autoacceptsuggestions': False})
        client.do('fill', fields={'archivingenabled': False})
        client.expect('form-closed')
        eventually(lambda: not self.settings()['archivingenabled'], what='the change')
        self.assertEqual(len(self.sent("autoacceptsuggestions value")), 0, 'the rest is not sent')


class SettingsTest(MailCase):
    def test_what_the_server_says(self):
        client = self.signed_in(want_mail=False)
        seen = {}
        while len(seen) < 7:
            event = client.expect('setting')
            seen[event['name']] = event['value']
        self.assertEqual((seen['archivingenabled'], seen['displayname']), ('true', self.user))
        client.do('get-setting', name='gmail')
        self.assertEqual(client.expect('answer')['value'], 'true')
        client.do('get-setting', name='nonsense')
        self.assertIsNone(client.expect('answer')['value'])

    def read(self, **more):
        client = self.signed_in(want_mail=False, **more)
        while client.expect('setting')['name'] != 'displayname':
            pass
        return client

    def test_a_push_is_followed(self):
        """Scenario 20: what another client changes is seen here, in an open dialogue too."""
        client = self.read()
        client.do('choose', label='Settings Kept by the Server...')
        client.expect('form')
        other = Stream(self.server, 'talk.example')
        self.addCleanup(other.close)
        other.sign_in(self.user, 'secret')
        other.iq('set', "<usersetting xmlns='%s'><archivingenabled value='false'/></usersetting>"
                 % SETTING)
        event = client.expect('setting')
        self.assertEqual((event['name'], event['value']), ('archivingenabled', 'false'))
        client.expect('form-closed')
        fields = {field['id']: field['value'] for field in client.expect('form')['fields']}
        self.assertFalse(fields['archivingenabled'])
        self.assertEqual(self.wait_until_answered()[0]['answers'], 1)

    def test_a_change_here(self):
        client = self.read()
        client.do('set-setting', name='autoacceptsuggestions', value='true')
        self.assertEqual(client.expect('setting')['value'], 'true')
        self.assertTrue(self.settings()['autoacceptsuggestions'])
        for condition in ('bad-request', 'service-unavailable'):
            self.server.spoil('error', SETTING, condition=condition)
            client.do('set-setting', name='archivingenabled', value='false')
            eventually(lambda: self.server.spoilt()[-1]['struck'])
        client.do('get-setting', name='archivingenabled')
        self.assertEqual(client.expect('answer')['value'], 'true')

    def test_a_stream_cut_before_the_answer(self):
        """What was asked for and not answered is not known to have changed."""
        client = self.read()
        self.server.spoil('cut', SETTING, type='set')
        client.do('set-setting', name='archivingenabled', value='false')
        self.assertFalse(client.expect('error')['fatal'])
        client.expect('signed-off')
        client.do('connect')
        while client.expect('setting')['name'] != 'displayname':
            pass
        client.do('get-setting', name='archivingenabled')
        self.assertEqual(client.expect('answer')['value'], 'false', 'what the server says')

    def test_a_refusal_is_told_to_who_asked(self):
        client = self.read()
        client.do('choose', label='Settings Kept by the Server...')
        client.expect('form')
        self.server.spoil('error', SETTING, type='set')
        client.do('fill', fields={'archivingenabled': False})
        notice = client.expect('notice')
        self.assertEqual((notice['kind'], notice['primary']), (
            'error', 'The server did not change whether it keeps a history of your chats.'))

    def test_odd_pushes(self):
        client = self.read()
        odd = ("<usersetting xmlns='%s'/>",
               "<usersetting xmlns='%s'><archivingenabled/></usersetting>",
               "<usersetting xmlns='%s'><unknown value='&lt;b&gt;'/></usersetting>",
               "<usersetting xmlns='%%s'><gmail value='%s'/></usersetting>" % ('x' * 5000),
               "<usersetting xmlns='%%s'>%s</usersetting>" % ''.join(
                   "<n%d value='1'/>" % number for number in range(100)))
        for xml in odd:
            self.server.push(self.jid, xml % SETTING)
        self.server.push(self.jid, "<usersetting xmlns='%s'><archivingenabled value='false'/>"
                         "</usersetting>" % SETTING, from_=MALLORY)
        pushes = self.wait_until_answered(len(odd) + 1)
        self.assertEqual([p['answer'] for p in pushes],
                         ['result'] * len(odd) + ['feature-not-implemented'])
        client.do('get-setting', name='archivingenabled')
        self.assertEqual(client.expect('answer')['value'], 'true')
        client.state()
        changed = [event for event in client.seen if event['event'] == 'setting']
        self.assertLessEqual(len(changed), 32)


if __name__ == '__main__':
    unittest.main()
