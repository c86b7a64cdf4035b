# SPDX-License-Identifier: GPL-2.0-or-later
"""A browser as its users have it: Firefox subscribes, opens what the bridge has pushed, and shows
it; its push service is a stand-in."""

import unittest

from harness.autopush import Autopush
from harness.case import BridgeCase
from harness.firefox import Firefox
from harness.notifications import Notifications
from harness.web_app import WebApp
from test_push import BOTH, PARIS, ROSALINE, PushCase


class PushBrowserTest(PushCase):
    def setUp(self):
        BridgeCase.setUp(self)
        self.service = Autopush(self.server.folder)
        self.addCleanup(self.service.close)
        self.app = WebApp()
        self.addCleanup(self.app.close)
        self.start_bridge(groups={
            'push': [BOTH, 'contact=mailto:push@example.org', 'allow=' + self.service.allow],
            'listen': ['address=127.0.0.1:0;unix:%s' % (self.scratch / 'api.sock'),
                       'origins=' + self.app.origin]})
        self.phone = self.login('browser')
        self.phone.wait_online()
        self.desktop = Notifications(self.keyring.bus.address)
        self.addCleanup(self.desktop.close)
        self.firefox = Firefox(self.scratch, self.app.origin + '/', self.service.socket_url,
                               **self.keyring.environment)
        self.addCleanup(self.firefox.close)

    def test_firefox_shows_what_arrived(self):
        self.firefox.start()
        self.service.wait_browser()
        self.app.begin('http://%s:%d' % self.bridge.tcp_address(), self.phone.token)
        self.assertEqual(self.app.wait_for(lambda said: 'push' not in said, 'its subscription'),
                         {'subscribed': 201, 'permission': 'granted'})
        self.app.wait_for(lambda said: said == {'verified': 204}, 'the challenge')
        name = self.phone.contact(ROSALINE)['name']
        self.peer(ROSALINE).send(PARIS, 'wherefore \u263a')
        said = self.app.wait_for(lambda said: 'shown' in said, 'a notification')
        self.assertEqual(said['shown'], [{'title': name, 'body': 'wherefore \u263a',
                                          'tag': ROSALINE}])
        self.desktop.wait((name, 'wherefore \u263a'))

        # Read elsewhere: it is taken away.
        cursor = self.phone.wait_for('message', body='wherefore \u263a')['cursor']
        self.assertEqual(self.login('tablet').put('/v1/contacts/%s/read' % ROSALINE,
                                                  {'cursor': cursor}).status, 204)
        self.desktop.wait()
        channel = self.service.wait_channel()
        channel.wait_delivered(3)
        self.assertEqual((channel.refusals, self.service.refusals), ([], []))


if __name__ == '__main__':
    unittest.main()
