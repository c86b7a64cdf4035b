# SPDX-License-Identifier: GPL-2.0-or-later
"""History, read positions and the snapshot, beside an independent client."""

import unittest
import urllib.parse

from harness.case import BridgeCase

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
NURSE = 'nurse@talk.example'


class HistoryTest(BridgeCase):
    def setUp(self):
        super().setUp()
        self.start_bridge()
        self.device = self.bridge.login(JULIET)
        self.romeo = self.peer(ROMEO)
        for body in ('one', 'two', 'three'):
            self.romeo.send(JULIET, body)
            self.device.wait_for('message', body=body)
        self.assertEqual(self.device.send(ROMEO, 'four').status, 202)
        self.assertEqual(self.device.send(NURSE, 'five').status, 202)
        self.device.wait_for('message.sent', body='five')

    def history(self, **query):
        answer = self.device.get('/v1/messages?' + urllib.parse.urlencode(query))
        self.assertEqual(answer.status, 200, answer)
        page = answer.json
        return [event['data']['body'] for event in page['messages']], page['next']

    def cursor_of(self, body):
        return next(event['cursor'] for event in self.device.events
                    if event['data'].get('body') == body and event['type'].startswith('message'))

    def read(self, cursor, jid=ROMEO, device=None):
        return (device or self.device).api.request(
            'PUT', '/v1/contacts/%s/read' % jid, {'cursor': cursor},
            (device or self.device).token)

    def unread(self):
        contacts = self.device.get('/v1/contacts').json['contacts']
        return next(contact['unread'] for contact in contacts if contact['jid'] == ROMEO)

    def test_history_by_pages(self):
        self.assertEqual(self.history()[0], ['five', 'four', 'three', 'two', 'one'])
        self.assertEqual(self.history(**{'with': ROMEO})[0], ['four', 'three', 'two', 'one'])
        bodies, page = self.history(limit=2, **{'with': ROMEO})
        self.assertEqual(bodies, ['four', 'three'])
        bodies, page = self.history(limit=2, page=page, **{'with': ROMEO})
        self.assertEqual(bodies, ['two', 'one'])
        self.assertEqual(self.history(page=page, **{'with': ROMEO}), ([], None))
        self.assertEqual(self.history(**{'with': 'nobody@talk.example'}), ([], None))

    def test_what_is_refused(self):
        for query, status, code in (('with=%20', 422, 'not-acceptable'),
                                    ('page=x', 422, 'not-acceptable'),
                                    ('page=other.1', 410, 'cursor-expired'),
                                    ('limit=0', 400, 'malformed')):
            answer = self.device.get('/v1/messages?' + query)
            self.assertEqual((answer.status, answer.code), (status, code), query)
        beyond = self.device.cursor.split('.')[0] + '.99999'
        answer = self.read(beyond)
        self.assertEqual((answer.status, answer.code), (422, 'not-acceptable'))

    def test_read_on_all_devices(self):
        phone = self.bridge.login(JULIET, name='phone')
        self.assertEqual(self.unread(), 3)
        self.assertEqual(self.read(self.cursor_of('two')).status, 204)
        self.assertEqual(self.unread(), 1)
        event = phone.wait_for('read', jid=ROMEO)
        self.assertEqual(event['data']['cursor'], self.cursor_of('two'))
        self.assertEqual(self.read(self.cursor_of('three'), device=phone).status, 204)
        self.assertEqual(self.unread(), 0)
        self.bridge.kill()
        self.bridge.start()
        self.device.wait_online()
        self.assertEqual(self.unread(), 0)

    def test_snapshot(self):
        answer = self.device.get('/v1/snapshot')
        self.assertEqual(answer.status, 200, answer)
        snapshot = answer.json
        self.assertEqual(snapshot['account']['username'], JULIET)
        self.assertIn(ROMEO, [contact['jid'] for contact in snapshot['contacts']])
        self.assertEqual([(talk['jid'], talk['unread'], talk['last']['data']['body'])
                          for talk in snapshot['conversations']],
                         [(NURSE, 0, 'five'), (ROMEO, 3, 'four')])
        self.romeo.send(JULIET, 'six')
        page = self.device.get('/v1/events?wait=30&after=' + snapshot['cursor']).json
        while not any(event['data'].get('body') == 'six' for event in page['events']):
            page = self.device.get('/v1/events?wait=30&after=' + page['cursor']).json
        self.assertNotIn('five', [event['data'].get('body') for event in page['events']
                                  if event['type'] == 'message.sent'])

    def test_snapshot_that_is_known(self):
        first = self.device.get('/v1/snapshot')
        headers = {'If-None-Match': first.headers['ETag']}
        again = self.device.get('/v1/snapshot', headers=headers)
        while again.status != 304:  # something happened in between, such as presence
            self.assertEqual(again.status, 200)
            headers = {'If-None-Match': again.headers['ETag']}
            again = self.device.get('/v1/snapshot', headers=headers)
        self.assertEqual(again.body, b'')
        self.assertEqual(self.read(self.cursor_of('three')).status, 204)
        changed = self.device.get('/v1/snapshot', headers=headers)
        self.assertEqual(changed.status, 200)


if __name__ == '__main__':
    unittest.main()
