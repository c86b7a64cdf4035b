# SPDX-License-Identifier: GPL-2.0-or-later
"""gtalk-bridge-push, asked by a script, before a stand-in for MPNS that is as strict as its
documentation."""

import unittest

from gi.repository import GLib

from harness.mpns import DAILY_LIMIT, EXPIRED, INACTIVE, QUEUE_FULL, SENDER, SUPPRESSED, Mpns
from harness.push_case import PushProcessCase
from harness.scripted_push import octets
from server import certificates

HOSTILE = '<&>"\' ]]> \x01\x08\x1f\x7f \ufffe\uffff \u202e \U0001f600 </wp:Text1><wp:Param>/Evil'
LEGAL = HOSTILE.translate(dict.fromkeys([1, 8, 0x1f, 0xfffe, 0xffff]))


class MpnsTest(PushProcessCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.identity = certificates.sign_client(cls.folder.path, cls.folder / 'sender', SENDER)
        cls.other = certificates.sign_client(cls.folder.path, cls.folder / 'other', 'Somebody')

    def setUp(self):
        super().setUp()
        self.mpns = self.serve(Mpns)
        self.phone = self.mpns.open('phone')

    def start(self, identity=None, **options):
        identity = self.identity if identity is None else identity
        self.push = self.start_push(allow=options.pop('allow', [self.mpns.allow]),
                                    credentials={'mpns': identity} if identity else None, **options)

    def send(self, kind, url=None, **more):
        return self.push.send('mpns', endpoint=self.phone.url if url is None else url, kind=kind,
                              id='id', **more)

    def send_raw(self, payload=b'msg:1:x:y', **more):
        return self.send('raw', payload=octets(payload), **more)

    def send_toast(self, title='Romeo', text='Hark', param='/Pages/Chat.xaml?from=romeo%40x.y'):
        return self.send('toast', title=title, text=text, param=param)

    def send_tile(self, count, tile=''):
        return self.send('tile', count=GLib.Variant('u', count), tile=tile)

    def test_each_kind(self):
        self.start()
        self.assertEqual(self.send_raw(b'msg:16:AAAA:L4Tyz4Sp'),
                         {'result': 'delivered', 'status': 200, 'retry-after': 0, 'detail': ''})
        self.assertEqual(self.send_toast()['result'], 'delivered')
        self.assertEqual(self.send_tile(4)['result'], 'delivered')
        self.assertEqual(self.send_tile(100, '/Pages/Chat.xaml?from=romeo%40x.y')['result'],
                         'delivered')
        raw, toast, tile, contact = self.phone.taken()
        self.assertEqual((raw.kind, raw.said), ('raw', 'msg:16:AAAA:L4Tyz4Sp'))
        self.assertEqual(toast.body, b'<?xml version="1.0" encoding="utf-8"?>\n'
                         b'<wp:Notification xmlns:wp="WPNotification"><wp:Toast>'
                         b'<wp:Text1>Romeo</wp:Text1><wp:Text2>Hark</wp:Text2>'
                         b'<wp:Param>/Pages/Chat.xaml?from=romeo%40x.y</wp:Param></wp:Toast>'
                         b'</wp:Notification>')
        self.assertEqual((tile.said, contact.said),
                         ({'tile': '', 'count': 4},
                          {'tile': '/Pages/Chat.xaml?from=romeo%40x.y', 'count': 99}))
        self.assertEqual([(one.headers.get('x-windowsphone-target'),
                           one.headers['x-notificationclass'], one.headers['content-type'])
                          for one in (raw, toast, tile, contact)],
                         [(None, '3', 'text/plain'), ('toast', '2', 'text/xml'),
                          ('token', '1', 'text/xml'), ('token', '1', 'text/xml')])
        self.assertEqual(self.phone.refusals, [])

    def test_whatever_people_write_is_text(self):
        self.start()
        self.assertEqual(self.send_toast(HOSTILE, HOSTILE, '/x?' + LEGAL)['result'], 'delivered')
        self.assertEqual(self.phone.taken()[0].said,
                         {'title': LEGAL, 'text': LEGAL, 'param': '/x?' + LEGAL})
        self.assertEqual(self.send_tile(1, '/x?' + HOSTILE)['result'], 'delivered')
        self.assertEqual(self.phone.taken()[1].said['tile'], '/x?' + LEGAL)
        self.assertEqual(self.phone.refusals, [])

    def test_what_is_too_long(self):
        self.start()
        for text in ('x' * 10000, '&' * 10000, '\U0001f600' * 5000, 'x\u00e9' * 3000):
            self.assertEqual(self.send_toast('\u00e9' * 5000, text)['result'], 'delivered')
            said = self.phone.taken()[-1].said
            self.assertEqual(said['title'], '\u00e9' * 128)
            self.assertTrue(text.startswith(said['text']))
            self.assertGreater(len(self.phone.taken()[-1].body), 3064)
        self.assertEqual(self.send_raw(b'x' * 3072)['result'], 'delivered')
        before = self.phone.requests
        self.assertEqual(self.send_raw(b'x' * 3073)['detail'], 'unusable')
        self.assertEqual(self.send_toast(param='/' + 'x' * 4000)['detail'], 'unusable')
        self.assertEqual(self.send_tile(1, '/' + 'x' * 4000)['detail'], 'unusable')
        self.assertEqual(self.send('banner')['detail'], 'unusable')
        self.assertEqual(self.phone.requests, before)

    def test_answers_are_judged(self):
        self.start()
        for answer, result, wait, detail in (
                (QUEUE_FULL, 'throttled', 0, 'queue-full'),
                (SUPPRESSED, 'rejected', 0, 'suppressed'),
                ((200, 'Dropped', 'Connected', 'Active'), 'rejected', 0, 'dropped'),
                ((200, 'N/A', 'N/A', 'N/A'), 'rejected', 0, 'dropped'),
                ((200, 'RECEIVED', 'Connected', 'Active'), 'delivered', 0, ''),
                ((200, 'Queue Full', 'Connected', 'Active'), 'throttled', 0, 'queue-full'),
                ((201, 'Received', 'Connected', 'Active'), 'rejected', 0, 'dropped'),
                ((400, '', '', ''), 'rejected', 0, 'rejected'),
                ((401, '', '', ''), 'auth', 0, 'not-authorized'),
                ((403, '', '', ''), 'auth', 0, 'not-authorized'),
                (EXPIRED, 'gone', 0, 'gone'), ((410, '', '', ''), 'gone', 0, 'gone'),
                ((400, 'Dropped', 'N/A', 'Expired'), 'gone', 0, 'gone'),
                ((405, '', '', ''), 'rejected', 0, 'rejected'),
                (DAILY_LIMIT, 'throttled', 3600, 'daily-limit'),
                (INACTIVE, 'transient', 3660, 'device-inactive'),
                ((412, 'Dropped', 'Temp Disconnected', 'N/A'), 'transient', 3660,
                 'device-disconnected'),
                ((413, '', '', ''), 'too-large', 0, 'too-large'),
                ((500, '', '', ''), 'transient', 0, 'service-trouble'),
                ((503, '', '', ''), 'transient', 300, 'service-trouble'),
                ((302, '', '', ''), 'rejected', 0, 'redirected')):
            with self.subTest(answer=answer):
                self.phone.script = [answer]
                self.assertEqual(self.send_raw(), {'result': result, 'status': answer[0],
                                                   'retry-after': wait, 'detail': detail})

    def test_who_sends(self):
        """By its certificate, and by nothing else."""
        self.start()
        self.assertEqual(self.send_raw()['result'], 'delivered')
        self.assertEqual(self.phone.names(), [SENDER])
        self.push.close()
        self.start()
        web = self.push.send('webhook', endpoint=self.phone.url, id='id', payload=octets(b'{}'),
                             secrets=GLib.Variant('aay', [b'x' * 32]))
        self.assertEqual((web['status'], self.phone.names()), (403, []))
        self.push.close()
        for identity in ('', self.other):
            self.start(identity=identity)
            self.assertEqual(self.send_raw()['result'], 'auth')
            self.push.close()
        self.start(identity='-----BEGIN CERTIFICATE-----')
        self.assertEqual(self.send_raw()['result'], 'auth')

    def test_no_channel_leads_elsewhere(self):
        """https to the service's own hosts, whatever other hosts may be pushed to."""
        self.start(hosts=['push.example.net'])
        for url in ('http://localhost:%d%s' % (self.mpns.port, self.phone.path),
                    'http://db3.notify.live.net/throttledthirdparty/01.00/x',
                    'https://push.example.net/', 'https://notify.live.net.evil.example/',
                    'https://evilnotify.live.net/', 'https://db3.notify.live.net:8443/',
                    'https://u:p@db3.notify.live.net/', 'https://127.0.0.1/', 'https://[::1]/',
                    'https://localhost/', '', '/'):
            with self.subTest(url=url):
                self.assertEqual(self.send_raw(url=url)['result'], 'refused')
        self.assertEqual(self.phone.requests, 0)
        self.assertEqual(self.send_raw()['result'], 'delivered')
        # Nor does anything else lead to those hosts.
        self.push.close()
        self.start()
        for url in ('https://db3.notify.live.net/x', 'https://notify.live.net./x'):
            web = self.push.send('webhook', endpoint=url, id='id', payload=octets(b'{}'),
                                 secrets=GLib.Variant('aay', [b'x' * 32]))
            self.assertEqual(web['result'], 'refused')

    def test_no_answer(self):
        self.start(deadline_ms=1000)
        self.phone.gate.clear()
        self.assertEqual(self.send_raw()['result'], 'unknown')
        self.phone.gate.set()
        self.assertEqual(self.send_raw()['result'], 'delivered')


class StandInTest(unittest.TestCase):
    """It refuses what the service refuses."""

    def check(self, headers, body):
        channel = Mpns.open(type('Service', (), {'resources': {}, 'sender': None})(), 'x')
        try:
            return channel.check(headers, body).said
        except Exception as error:
            return getattr(error, 'status', error)

    def test_it_is_strict(self):
        begin = (b'<?xml version="1.0" encoding="utf-8"?>\n'
                 b'<wp:Notification xmlns:wp="WPNotification">')
        end = b'</wp:Notification>'
        tile = begin + b'<wp:Tile><wp:Count>1</wp:Count></wp:Tile>' + end
        good = {'x-windowsphone-target': 'token', 'x-notificationclass': '1',
                'content-type': 'text/xml'}
        self.assertEqual(self.check(good, tile), {'tile': '', 'count': 1})
        for wrong in ({'x-notificationclass': '2'}, {'x-windowsphone-target': 'tile'},
                      {'content-type': 'text/plain'}, {'x-unknown': '1'},
                      {'x-windowsphone-target': 'toast', 'x-notificationclass': '2'}):
            self.assertEqual(self.check({**good, **wrong}, tile), 400, wrong)
        for body in (b'', tile[len(begin):], tile.replace(b'>1<', b'>100<'), tile + b'x',
                     tile.replace(b'>1<', b'>-1<'), tile.replace(b'Tile>', b'Toast>'),
                     tile.replace(b'<wp:Tile>', b'<wp:Tile Id="x">'),
                     tile.replace(b'WPNotification', b'Other')):
            self.assertEqual(self.check(good, body), 400, body)
        self.assertEqual(self.check(good, tile + b' ' * 3072), 413)


if __name__ == '__main__':
    unittest.main()
