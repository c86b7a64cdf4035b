# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures of contacts, set by independent clients (XEP-0054, XEP-0153)."""

import hashlib
import unittest

from harness import eventually
from harness.api import password
from harness.case import BridgeCase
from harness.peer import TINY_PNG

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
GIF = (b'GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,'
       b'\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;')
VCARD = 'vcard-temp'


def sha1(image):
    return hashlib.sha1(image).hexdigest()


class AvatarCase(BridgeCase):
    SERVER_OPTIONS = ('--trace', 'full', '--hibernation', '1')

    def setUp(self):
        super().setUp()
        self.server.reset()
        self.server.spoil('none')
        self.start_bridge()

    def avatar(self, device, jid, known=None):
        headers = {} if known is None else {'If-None-Match': '"%s"' % known}
        return device.get('/v1/contacts/%s/avatar' % jid, headers=headers)

    def wait_until_known(self, device, jid, hash):
        eventually(lambda: device.contact(jid)['avatar'] == hash, what='avatar %s' % hash)

    def asked(self, jid):
        """How often somebody's vCard was asked for."""
        return len([line for line in self.server.trace() if line['dir'] == 'in'
                    and VCARD in line.get('xml', '') and "type='get'" in line['xml']
                    and jid in line['xml']])


class TalkTest(AvatarCase):
    def setUp(self):
        super().setUp()
        self.romeo = self.peer(ROMEO)
        self.addCleanup(self.romeo.set_avatar, None)
        self.device = self.bridge.login(JULIET)
        self.device.wait_online()

    def test_a_picture(self):
        self.romeo.set_avatar(TINY_PNG)
        event = self.device.wait_for('contact', jid=ROMEO, avatar=sha1(TINY_PNG))
        self.assertEqual(event['data']['subscription'], 'both')
        self.wait_until_known(self.device, ROMEO, sha1(TINY_PNG))
        answer = self.avatar(self.device, ROMEO)
        self.assertEqual((answer.status, answer.body), (200, TINY_PNG))
        self.assertEqual(answer.headers['Content-Type'], 'image/png')
        self.assertEqual(answer.headers['ETag'], '"%s"' % sha1(TINY_PNG))
        self.assertEqual(answer.headers['Cache-Control'], 'private, no-cache')
        self.assertEqual(answer.headers['X-Content-Type-Options'], 'nosniff')
        self.assertIn('sandbox', answer.headers['Content-Security-Policy'])

    def test_who_has_it_costs_the_server_nothing(self):
        self.romeo.set_avatar(TINY_PNG)
        self.wait_until_known(self.device, ROMEO, sha1(TINY_PNG))
        before = self.asked(ROMEO)
        answer = self.avatar(self.device, ROMEO, sha1(TINY_PNG))
        self.assertEqual((answer.status, answer.body), (304, b''))
        self.assertEqual(answer.headers['ETag'], '"%s"' % sha1(TINY_PNG))
        self.assertEqual(self.asked(ROMEO), before)
        self.assertEqual(self.avatar(self.device, ROMEO, sha1(b'another')).status, 200)
        self.assertEqual(self.asked(ROMEO), before + 1)

    def test_another_one_and_none(self):
        self.romeo.set_avatar(TINY_PNG)
        self.device.wait_for('contact', jid=ROMEO, avatar=sha1(TINY_PNG))
        self.romeo.set_avatar(GIF, 'image/png')  # whatever its owner calls it
        self.device.wait_for('contact', jid=ROMEO, avatar=sha1(GIF))
        answer = self.avatar(self.device, ROMEO, sha1(TINY_PNG))
        self.assertEqual((answer.status, answer.body), (200, GIF))
        self.assertEqual(answer.headers['Content-Type'], 'image/gif')
        self.romeo.set_avatar(None)
        self.device.wait_for('contact', jid=ROMEO, avatar=None)
        answer = self.avatar(self.device, ROMEO)
        self.assertEqual((answer.status, answer.code), (404, 'not-found'))

    def test_what_is_no_picture(self):
        for image in (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
                      b'<html><script>alert(1)</script></html>', b'\x89PNG'):
            with self.subTest(image):
                self.romeo.set_avatar(image)
                self.wait_until_known(self.device, ROMEO, sha1(image))
                answer = self.avatar(self.device, ROMEO)
                self.assertEqual((answer.status, answer.code), (404, 'not-found'))

    def test_a_sign_in_is_no_news(self):
        self.romeo.set_avatar(TINY_PNG)
        self.device.wait_for('contact', jid=ROMEO, avatar=sha1(TINY_PNG))
        told = len(self.device.of_type('contact'))
        self.bridge.kill()
        eventually(lambda: not [session for session in self.server.sessions(JULIET)
                                if 'bridge-' in session['jid']], what='the end of the session')
        self.bridge.start()
        self.device.wait_online()
        self.wait_until_known(self.device, ROMEO, sha1(TINY_PNG))
        self.romeo.send(JULIET, 'done')
        self.device.wait_for('message', body='done')
        self.assertEqual(len(self.device.of_type('contact')), told)

    def test_a_refusal(self):
        self.server.spoil('error', VCARD, type='get', condition='not-authorized')
        answer = self.avatar(self.device, ROMEO)
        self.assertEqual((answer.status, answer.code), (422, 'server-refused'))

    def test_nobodys_is_fetched_unasked(self):
        """libpurple would ask for the vCard of whoever has a picture."""
        before = self.asked(ROMEO)
        self.romeo.set_avatar(TINY_PNG)
        self.wait_until_known(self.device, ROMEO, sha1(TINY_PNG))
        self.romeo.send(JULIET, 'done')
        self.device.wait_for('message', body='done')
        self.assertEqual(self.asked(ROMEO), before)


class PlainTest(AvatarCase):
    def test_a_server_that_is_not_googles(self):
        rosaline = self.peer(ROSALINE)
        self.addCleanup(rosaline.set_avatar, None)
        rosaline.set_avatar(TINY_PNG)
        device = self.bridge.api.login(PARIS, password(self.server.password(PARIS)))
        device.wait_online()
        eventually(lambda: device.contact(ROSALINE) is not None, what='the roster')
        self.wait_until_known(device, ROSALINE, sha1(TINY_PNG))
        self.assertEqual(self.avatar(device, ROSALINE).body, TINY_PNG)


if __name__ == '__main__':
    unittest.main()
