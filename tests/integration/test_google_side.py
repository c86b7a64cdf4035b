# SPDX-License-Identifier: GPL-2.0-or-later
"""The Google side of the test server, extension by extension, and the faults that it can be told to
have, seen by a client that shares no code with anything under test."""

import unittest

from harness import Prosody, Scratch, Stream, eventually
from harness.prosody import ControlError
from harness.stream import CLIENT, StreamClosed, tag

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
NOSAVE = 'google:nosave'
SETTING = 'google:setting'
MAIL = 'google:mail:notify'
INFO = 'http://jabber.org/protocol/disco#info'
STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

SETTINGS_QUERY = "<usersetting xmlns='%s'/>" % SETTING
MAIL_QUERY = "<query xmlns='%s'/>" % MAIL


def setting(name, value):
    return "<usersetting xmlns='%s'><%s value='%s'/></usersetting>" % (SETTING, name, value)


def nosave(jid, value):
    return "<query xmlns='%s'><item jid='%s' value='%s'/></query>" % (NOSAVE, jid, value)


def values(element):
    """The settings in an element, by name."""
    return {tag(child).split('}')[1]: child.get('value')
            for child in element.find('{%s}usersetting' % SETTING)}


def error(element):
    """The condition of an error stanza."""
    return next(child.tag.split('}')[1] for child in element.find('{%s}error' % CLIENT)
                if child.tag.startswith('{%s}' % STANZAS))


def tids(element):
    return [thread.get('tid') for thread in element.iter('{%s}mail-thread-info' % MAIL)]


def is_push(element):
    return tag(element) == 'iq' and element.get('type') == 'set'


class GoogleSideCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'prosody')
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.addCleanup(self.server.reset, 'talk.example')
        self.addCleanup(self.server.spoil, 'none')

    def signed_in(self, jid=JULIET, resource='Desk'):
        user, domain = jid.split('@')
        stream = Stream(self.server, domain)
        self.addCleanup(stream.close)
        stream.sign_in(user, self.server.password(jid), 'PLAIN', resource)
        return stream

    def pushes(self, stream):
        return self.server.pushes(stream.jid)


class RepliesTest(GoogleSideCase):
    """The faults are those of any reply; settings stand for all."""

    def ask(self, stream, to=None):
        return stream.iq('get', SETTINGS_QUERY, to)

    def test_who_a_reply_is_from(self):
        stream = self.signed_in()
        for how, sender in (('bare', JULIET), ('none', None), ('domain', 'talk.example')):
            self.server.switch('reply-from', how, 'talk.example')
            for to in (None, JULIET):
                self.assertEqual(self.ask(stream, to).get('from'), sender)

    def test_only_what_is_announced_is_there(self):
        self.server.switch('features', [MAIL], 'talk.example')
        stream = self.signed_in()
        self.assertEqual(error(self.ask(stream)), 'service-unavailable')
        self.assertEqual(stream.iq('get', MAIL_QUERY).get('type'), 'result')
        plain = self.signed_in(PARIS)
        self.assertEqual(error(self.ask(plain)), 'service-unavailable')

    def test_a_dropped_reply_never_comes(self):
        stream = self.signed_in()
        self.server.spoil('drop', SETTING)
        stream.write("<iq type='get' id='lost'>%s</iq>" % SETTINGS_QUERY)
        stream.write("<iq type='get' id='found'>%s</iq>" % SETTINGS_QUERY)
        self.assertEqual(stream.read_until(lambda e: tag(e) == 'iq').get('id'), 'found')
        self.assertEqual(self.server.spoilt(), [{'what': 'drop', 'xmlns': SETTING, 'struck': 1}])
        self.server.spoil('error', SETTING)
        self.assertEqual(self.ask(stream).get('type'), 'error', 'asking changes nothing')

    def test_a_delayed_reply_comes_later(self):
        stream = self.signed_in()
        self.server.spoil('delay', SETTING, ms=100)
        stream.write(''.join("<iq type='get' id='%s'>%s</iq>" % (name, SETTINGS_QUERY)
                             for name in ('late', 'soon')))
        self.assertEqual([stream.read().get('id') for _ in range(2)], ['soon', 'late'])

    def test_a_reply_may_come_twice(self):
        stream = self.signed_in()
        self.server.spoil('duplicate', SETTING)
        stream.write("<iq type='get' id='both'>%s</iq>" % SETTINGS_QUERY)
        self.assertEqual([stream.read().get('id') for _ in range(2)], ['both', 'both'])

    def test_replies_may_change_places(self):
        stream = self.signed_in()
        self.server.spoil('reorder', SETTING)
        stream.write("<iq type='get' id='first'>%s</iq>" % SETTINGS_QUERY)
        stream.write("<iq type='get' id='second'>%s</iq>" % SETTINGS_QUERY)
        self.assertEqual([stream.read().get('id') for _ in range(2)], ['second', 'first'])

    def test_replies_of_strangers(self):
        stream = self.signed_in()
        self.server.spoil('forge', SETTING, xml=setting('gmail', 'maybe'))
        stream.write("<iq type='get' id='two'>%s</iq>" % SETTINGS_QUERY)
        first, second = stream.read(), stream.read()
        self.assertEqual((first.get('from'), values(first)),
                         ('mallory@evil.example/lair', {'gmail': 'maybe'}))
        self.assertEqual((second.get('from'), values(second)['gmail']), (JULIET, 'true'))
        self.server.spoil('foreign', SETTING, from_='romeo@talk.example')
        self.assertEqual(self.ask(stream).get('from'), 'romeo@talk.example')

    def test_errors_and_other_answers(self):
        stream = self.signed_in()
        for condition in ('service-unavailable', 'feature-not-implemented',
                          'internal-server-error', 'bad-request'):
            self.server.spoil('error', SETTING, condition=condition)
            self.assertEqual(error(self.ask(stream)), condition)
        self.server.spoil('replace', SETTING, xml="<other xmlns='urn:example:other'/>")
        self.assertIsNotNone(self.ask(stream).find('{urn:example:other}other'))
        self.server.spoil('replace', SETTING)
        self.assertEqual(len(self.ask(stream)), 0)

    def test_a_fault_can_be_for_some_only(self):
        stream = self.signed_in()
        self.server.spoil('error', SETTING, count=0, type='set', jid=JULIET)
        self.server.spoil('error', SETTING, count=0, jid='romeo@talk.example')
        self.assertEqual(self.ask(stream).get('type'), 'result')
        for _ in range(2):
            answer = stream.iq('set', setting('archivingenabled', 'true'))
            self.assertEqual(answer.get('type'), 'error')

    def test_a_stream_cut_before_the_reply(self):
        stream = self.signed_in()
        self.server.spoil('cut', INFO)
        with self.assertRaises((StreamClosed, ConnectionError)):
            stream.iq('get', "<query xmlns='%s'/>" % INFO, 'talk.example')

    def test_unknown_faults(self):
        with self.assertRaises(ControlError):
            self.server.spoil('burn', SETTING)


class PushesTest(GoogleSideCase):
    def test_answers_are_noted(self):
        stream = self.signed_in()
        self.server.push(JULIET, MAIL_QUERY, kind='odd')
        push = stream.read_until(is_push)
        self.assertEqual(push.get('from'), JULIET)
        self.assertEqual([(p['kind'], p['answer']) for p in self.pushes(stream)],
                         [('odd', False)])
        stream.write("<iq type='result' to='%s' id='%s'/>" % (JULIET, push.get('id')))
        noted = eventually(lambda: [p for p in self.pushes(stream) if p['answer']])[0]
        self.assertEqual((noted['answer'], noted['answered_to'], noted['answers']),
                         ('result', JULIET, 1))

    def test_whom_a_push_is_from(self):
        stream = self.signed_in()
        for sender, seen in (('none', None), ('mallory@evil.example', 'mallory@evil.example')):
            self.server.push(JULIET, MAIL_QUERY, from_=sender)
            push = stream.read_until(is_push)
            self.assertEqual(push.get('from'), seen)
            stream.write("<iq type='error' id='%s'><error type='cancel'><not-allowed "
                         "xmlns='%s'/></error></iq>" % (push.get('id'), STANZAS))
        eventually(lambda: [p['answer'] for p in self.pushes(stream)] == ['not-allowed'] * 2)

    def test_without_answer_it_is_overdue(self):
        self.server.switch('push-timeout-s', 0, 'talk.example')
        stream = self.signed_in()
        self.server.push(stream.jid, MAIL_QUERY)
        eventually(lambda: [p['overdue'] for p in self.pushes(stream)] == [True])


class SettingsTest(GoogleSideCase):
    def test_what_they_are_at_first(self):
        stream = self.signed_in('mercutio@talk.example')
        self.assertEqual(values(stream.iq('get', SETTINGS_QUERY)), {
            'autoacceptsuggestions': 'false', 'mailnotifications': 'false',
            'archivingenabled': 'true', 'gmail': 'true', 'emailverified': 'true',
            'domainprivacynotice': 'false', 'displayname': 'mercutio'})

    def test_a_change_is_pushed_to_the_others(self):
        setter, other, deaf = (self.signed_in(resource=name) for name in ('A', 'B', 'C'))
        for stream in (setter, other):
            stream.iq('get', SETTINGS_QUERY)
        for number, how in enumerate(('changed', 'all')):
            self.server.switch('settings-push', how, 'talk.example')
            setter.iq('set', setting('autoacceptsuggestions', ['true', 'false'][number]))
            pushed = values(other.read_until(is_push))
            self.assertEqual(len(pushed), [1, 7][number])
        self.assertEqual((self.pushes(setter), self.pushes(deaf)), ([], []))
        self.server.switch('settings-echo', True, 'talk.example')
        setter.iq('set', setting('autoacceptsuggestions', 'true'))
        eventually(lambda: self.pushes(setter))

    def test_some_cannot_be_set(self):
        stream = self.signed_in()
        for name in ('gmail', 'emailverified', 'domainprivacynotice', 'displayname', 'nonsense'):
            self.assertEqual(error(stream.iq('set', setting(name, 'false'))), 'bad-request')
        self.server.switch('settings-writable', True, 'talk.example')
        self.assertEqual(stream.iq('set', setting('displayname', 'J')).get('type'), 'result')

    def test_the_test_changes_them_too(self):
        stream = self.signed_in()
        stream.iq('get', SETTINGS_QUERY)
        known = self.server.control('settings', jid=JULIET, values={'archivingenabled': False})
        self.assertEqual(known['settings']['archivingenabled'], False)
        self.assertEqual(values(stream.read_until(is_push)), {'archivingenabled': 'false'})
        self.server.control('settings', jid=JULIET, values={'archivingenabled': True})


class MailTest(GoogleSideCase):
    JID = 'nurse@talk.example'

    def setUp(self):
        super().setUp()
        self.server.control('settings', jid=self.JID, values={'mailnotifications': True})
        self.server.control('mail-read', jid=self.JID)
        self.server.switch('mail-quiet-s', 0, 'talk.example')
        self.stream = self.signed_in(self.JID)

    def deliver(self, *tids, **more):
        self.server.control('mail', jid=self.JID,
                            threads=[{'tid': tid, 'subject': 'No. ' + tid, **more} for tid in tids])

    def query(self, **attributes):
        return self.stream.iq('get', "<query xmlns='%s' %s/>" % (
            MAIL, ' '.join("%s='%s'" % (name.replace('_', '-'), value)
                           for name, value in attributes.items())))

    def test_new_mail(self):
        self.deliver('9', '10')
        self.assertEqual(self.pushes(self.stream), [], 'nobody asked for them')
        answer = self.query()
        self.assertEqual(tids(answer), ['10', '9'])
        self.assertEqual(answer[0].get('total-matched'), '2')
        self.deliver('11', date=int(answer[0].get('result-time')) + 1)
        push = self.stream.read_until(is_push)
        self.assertEqual([tag(child) for child in push], ['{%s}new-mail' % MAIL])
        self.assertEqual(tids(self.query(newer_than_tid='9')), ['11', '10'])
        self.assertEqual(tids(self.query(newer_than_time=answer[0].get('result-time'))), ['11'])
        self.assertEqual(tids(self.query(q='is:unread 10')), ['10'])
        self.server.control('mail-read', jid=self.JID, tid='10')
        self.assertEqual(tids(self.query()), ['11', '9'])

    def test_quiet_after_a_push(self):
        self.query()
        self.deliver('21')
        self.server.switch('mail-quiet-s', 60, 'talk.example')
        self.deliver('22')
        self.assertEqual(len(self.pushes(self.stream)), 1)

    def test_nobody_is_told_who_does_not_want_to(self):
        self.query()
        self.server.control('settings', jid=self.JID, values={'mailnotifications': False})
        self.deliver('31')
        self.assertEqual(self.pushes(self.stream), [])

    def test_late_and_many(self):
        self.server.switch('mail-delay-ms', 300, 'talk.example')
        self.server.switch('mail-cap', 2, 'talk.example')
        self.deliver('41', '42', '43')
        answer = eventually(lambda: (lambda a: tids(a) and a)(self.query()))
        self.assertEqual((len(tids(answer)), answer[0].get('total-matched')), (2, '3'))
        self.assertGreaterEqual(int(answer[0].get('result-time')) - int(answer[0][0].get('date')),
                                299)


class OffRecordTest(GoogleSideCase):
    """google:nosave, and how messages are routed."""

    def setUp(self):
        super().setUp()
        self.server.control('nosave', jid=JULIET, contact=ROMEO, value=False)

    def present(self, jid, **options):
        stream = self.signed_in(jid, **options)
        stream.iq('get', "<query xmlns='jabber:iq:roster'/>")
        stream.write('<presence/>')
        stream.read_until(lambda e: tag(e) == 'presence' and e.get('from') == stream.jid)
        return stream

    def absent(self, stream):
        stream.close()
        eventually(lambda: not self.server.sessions(stream.jid), what='the end of the session')

    def say(self, stream, to, body, more='', name='m1'):
        stream.write("<message type='chat' to='%s' id='%s'><body>%s</body>%s</message>"
                     % (to, name, body, more))

    def message(self, stream, body):
        return stream.read_until(lambda e: tag(e) == 'message' and e.findtext('{%s}body' % CLIENT)
                                 == body)

    def mark(self, message):
        return (message.find('{%s}x' % NOSAVE).get('value'),
                message.find('{http://jabber.org/protocol/archive}record').get('otr'))

    def test_the_list_and_its_changes(self):
        juliet, other = self.signed_in(resource='A'), self.signed_in(resource='B')
        romeo = self.signed_in(ROMEO)
        for stream in (juliet, other, romeo):
            stream.iq('get', "<query xmlns='%s'/>" % NOSAVE)
        juliet.iq('set', nosave(ROMEO, 'enabled'))
        for stream, contact in ((other, ROMEO), (romeo, JULIET)):
            found = stream.read_until(is_push).find('.//{%s}item' % NOSAVE)
            self.assertEqual((found.get('jid'), found.get('value'), found.get('source')),
                             (contact, 'enabled', JULIET))
        self.assertEqual(self.pushes(juliet), [])
        listed = romeo.iq('get', "<query xmlns='%s'/>" % NOSAVE).find('.//{%s}item' % NOSAVE)
        self.assertEqual((listed.get('jid'), listed.get('value')), (JULIET, 'enabled'))
        self.assertEqual(error(juliet.iq('set', nosave(ROMEO, 'perhaps'))), 'bad-request')

    def test_marks_are_the_servers(self):
        juliet, romeo = self.present(JULIET), self.present(ROMEO)
        claim = "<x xmlns='%s' value='enabled'/>" % NOSAVE
        self.say(juliet, ROMEO, 'one', claim)
        self.assertEqual(self.mark(self.message(romeo, 'one')), ('disabled', 'false'))
        self.server.switch('nosave-client-marks', 'honour', 'talk.example')
        self.say(juliet, ROMEO, 'two', claim)
        self.assertEqual(self.mark(self.message(romeo, 'two')), ('enabled', 'true'))
        self.server.control('nosave', jid=JULIET, contact=ROMEO, value=False)
        self.server.control('settings', jid=ROMEO, values={'archivingenabled': False})
        self.say(juliet, ROMEO, 'three')
        self.assertEqual(self.mark(self.message(romeo, 'three')), ('enabled', 'true'))
        self.server.control('settings', jid=ROMEO, values={'archivingenabled': True})

    def test_what_is_off_the_record_is_archived_nowhere(self):
        juliet, romeo = self.present(JULIET), self.present(ROMEO)
        self.say(juliet, ROMEO, 'kept')
        self.message(romeo, 'kept')
        self.server.control('nosave', jid=JULIET, contact=ROMEO, value=True)
        self.say(juliet, ROMEO, 'forgotten')
        self.message(romeo, 'forgotten')
        for stream in (juliet, romeo):
            stream.write("<iq type='set' id='all'><query xmlns='urn:xmpp:mam:2'/></iq>")
            found = []
            stream.read_until(lambda e: found.append(e) or e.get('id') == 'all')
            bodies = [b.text for e in found for b in e.iter('{%s}body' % CLIENT)]
            self.assertIn('kept', bodies)
            self.assertNotIn('forgotten', bodies)

    def test_who_is_away(self):
        juliet = self.present(JULIET)
        for how, off, stored in (('history', False, True), ('history', True, False),
                                 ('never', False, False), ('always', True, True)):
            with self.subTest(how=how, off=off):
                self.server.switch('offline-store', how, 'talk.example')
                self.server.control('nosave', jid=JULIET, contact=ROMEO, value=off)
                text = '%s %s' % (how, off)
                self.say(juliet, ROMEO, text)
                if not stored:
                    back = self.message(juliet, text)
                    self.assertEqual((back.get('type'), back.get('from'), back.get('id')),
                                     ('error', ROMEO, 'm1'))
                    self.assertEqual(error(back), 'service-unavailable')
                    continue
                juliet.iq('get', "<query xmlns='%s'/>" % NOSAVE)
                romeo = self.present(ROMEO)
                later = self.message(romeo, text)
                self.assertIsNone(later.get('type'))
                self.assertRegex(later.find('{jabber:x:delay}x').get('stamp'),
                                 r'^\d{8}T\d\d:\d\d:\d\d$')
                self.assertRegex(later.find('{google:timestamp}time').get('ms'), r'^\d{13}$')
                self.absent(romeo)

    def test_strangers(self):
        self.server.control('account', user='stranger', domain='talk.example', password='strange')
        stranger = Stream(self.server, 'talk.example')
        self.addCleanup(stranger.close)
        stranger.sign_in('stranger', 'strange', 'PLAIN')
        juliet = self.present(JULIET)
        self.say(stranger, JULIET, 'let me in')
        self.assertEqual(error(self.message(stranger, 'let me in')), 'service-unavailable')
        self.server.switch('strangers', 'deliver', 'talk.example')
        self.say(stranger, JULIET, 'once more')
        self.message(juliet, 'once more')


if __name__ == '__main__':
    unittest.main()
