# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin does with presence: held back while nobody looks, and invisible on servers that
are not Google's."""

import re
import unittest

from harness import Prosody, Scratch, XmppPeer, eventually
from harness.purple_client import PurpleClient

JULIET = 'juliet@talk.example'
ROMEO = 'romeo@talk.example'
PARIS = 'paris@plain.example'
ROSALINE = 'rosaline@plain.example'
QUEUE = 'google:queue'
INVISIBLE = 'urn:xmpp:invisible:1'


class PresenceCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'server', '--trace', 'full', '--hibernation', '1')
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.server.reset()
        self.server.control('invisible', domain='plain.example')
        eventually(lambda: not self.server.sessions(JULIET) + self.server.sessions(PARIS),
                   what='the end of the last test')
        self.mark = len(self.server.trace())

    def sign_in(self, jid, status=None, **options):
        secret = self.server.token(jid) if jid == JULIET else self.server.password(jid)
        mechanism = 'auto' if jid == JULIET else 'password'
        client = PurpleClient(self.scratch, jid, secret, ca=self.server.ca, port=self.server.port,
                              connect_server='localhost', gtalk_mechanism=mechanism, **options)
        self.addCleanup(client.close)
        self.addCleanup(client.quit)
        if status is not None:
            client.do('set-status', id=status)
        self.assertEqual(client.sign_in()['event'], 'signed-on')
        if not [event for event in client.seen if event['event'] == 'shared-status']:
            client.wait_for('shared-status')
        return client

    def peer(self, jid, **more):
        peer = XmppPeer(self.server, jid, **more)
        self.addCleanup(peer.close)
        return peer

    def sent(self, jid, contains):
        return [line['xml'] for line in self.server.trace()[self.mark:]
                if line['dir'] == 'in' and line.get('jid', '').startswith(jid)
                and contains in line['xml']]

    def present(self, jid):
        eventually(lambda: any(session['available'] for session in self.server.sessions(jid)),
                   what='presence of %s' % jid)


class QueueTest(PresenceCase):
    def news(self, client, since):
        client.state()
        return [(event['name'], event['id'], event['text']) for event in client.seen[since:]
                if event['event'] == 'contact-status']

    def shower(self, session, number, contacts=10):
        """number presences of as many full JIDs of one contact."""
        for count in range(number):
            self.server.control('send', jid=session, xml=(
                "<presence from='%s/r%d'><show>away</show><status>%d</status></presence>"
                % (ROMEO, count % contacts, count)))

    def received(self, session, since):
        return [line['xml'] for line in self.server.trace()[since:]
                if line['dir'] == 'out' and line.get('jid') == session
                and line['name'] == 'presence' and ROMEO in line['xml']]

    def test_fifty_of_ten(self):
        """Scenario 18."""
        nurse = self.peer('nurse@talk.example')
        client = self.sign_in(JULIET)
        self.present(JULIET)
        client.do('idle', idle=True)
        self.assertEqual(client.wait_for('queue')['mode'], 'server')
        eventually(lambda: self.server.control('queues', jid=JULIET)['queues'][0]['enabled'],
                   what='the queue')
        nurse.send(JULIET, 'behind what was said of contacts at first')
        client.wait_for('message')
        session = self.server.sessions(JULIET)[0]['jid']
        since, seen = len(self.server.trace()), len(client.seen)
        self.shower(session, 50)
        nurse.send(JULIET, 'at once')
        client.wait_for('message')
        self.assertEqual(self.received(session, since), [])
        self.assertEqual(self.news(client, seen), [])
        waiting = self.server.control('queues', jid=JULIET)['queues'][0]['waiting']
        self.assertEqual(len([jid for jid in waiting if jid.startswith(ROMEO)]), 10)
        client.do('idle', idle=False)
        self.assertEqual(client.wait_for('queue')['mode'], 'off')
        eventually(lambda: len(self.received(session, since)) == 10, what='ten')
        eventually(lambda: self.news(client, seen), what='news')
        order = [xml for xml in self.sent(JULIET, QUEUE)]
        self.assertEqual([name for xml in order for name in ('enable', 'disable', 'flush')
                          if '<%s' % name in xml], ['enable', 'disable', 'flush'])

    def test_white_space_keeps_the_connection(self):
        """What the server sends while it holds back is nothing, and stays without an answer."""
        self.server.switch('queue-keepalive-s', 1)
        client = self.sign_in(JULIET)
        self.present(JULIET)
        client.do('queue', on=True)
        self.assertEqual(client.wait_for('queue')['mode'], 'server')
        eventually(lambda: len(re.findall(r'Recv \(ssl\)\(1\):  ', client.debug_log())) > 1,
                   what='white space')
        mark = len(self.server.trace())
        session = self.server.sessions(JULIET)[0]['jid']
        self.server.control('send', jid=session, xml="<message from='nurse@talk.example/x' type="
                            "'chat'><body>still there?</body></message>")
        client.wait_for('message')
        self.assertEqual(client.state()['state'], 'connected')
        self.assertEqual({line['name'] for line in self.server.trace()[mark:]
                          if line['dir'] == 'in'} - {'a', 'r', 'iq'}, set())

    def test_refused(self):
        """Scenario 19: kept here, and nobody is bothered."""
        self.server.switch('queue-refuse', True)
        client = self.sign_in(JULIET)
        self.present(JULIET)
        client.do('queue', on=True)
        self.assertEqual(client.wait_for('queue')['mode'], 'server')
        self.assertEqual(client.wait_for('queue')['mode'], 'client-state')
        client.do('queue', on=False)
        self.assertEqual(client.wait_for('queue')['mode'], 'off')
        eventually(lambda: self.sent(JULIET, '<active'), what='active')
        self.assertEqual(len(self.sent(JULIET, '<inactive')), 1)
        self.assertEqual([e for e in client.seen if e['event'] in ('notice', 'error')], [])

    def test_by_the_menu(self):
        client = self.sign_in(JULIET)
        client.do('choose', label='Pause Status Updates of Contacts')
        self.assertEqual(client.wait_for('queue')['mode'], 'server')
        client.do('choose', label='Resume Status Updates of Contacts')
        self.assertEqual(client.wait_for('queue')['mode'], 'off')

    def test_not_when_idle(self):
        client = self.sign_in(JULIET, gtalk_queue_when_idle=False)
        client.do('idle', idle=True)
        client.state()
        self.assertEqual(self.sent(JULIET, QUEUE), [])

    def test_client_state_elsewhere(self):
        client = self.sign_in(PARIS)
        client.do('idle', idle=True)
        self.assertEqual(client.wait_for('queue')['mode'], 'client-state')
        client.do('idle', idle=False)
        self.assertEqual(client.wait_for('queue')['mode'], 'off')
        eventually(lambda: self.sent(PARIS, '<active'), what='active')
        self.assertEqual(len(self.sent(PARIS, '<inactive')), 1)
        self.assertEqual(self.sent(PARIS, QUEUE), [])


class LocalQueueTest(QueueTest):
    """Where the server can do neither."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        cls.server = Prosody(cls.scratch / 'server', '--trace', 'full', '--hibernation', '1',
                             '--without', 'csi')
        cls.addClassCleanup(cls.server.close)

    test_fifty_of_ten = test_by_the_menu = test_not_when_idle = None

    def test_refused(self):
        """Scenario 19."""
        self.server.switch('queue-refuse', True)
        client = self.sign_in(JULIET)
        self.present(JULIET)
        client.do('idle', idle=True)
        self.assertEqual(client.wait_for('queue')['mode'], 'server')
        self.assertEqual(client.wait_for('queue')['mode'], 'local')
        session = self.server.sessions(JULIET)[0]['jid']
        seen = len(client.seen)
        self.shower(session, 50)
        self.server.control('send', jid=session, xml="<message from='nurse@talk.example/x' type="
                            "'chat'><body>at once</body></message>")
        client.wait_for('message')
        self.assertEqual(self.news(client, seen), [])
        client.do('idle', idle=False)
        eventually(lambda: (ROMEO, 'away', '49') in self.news(client, seen), what='news')
        self.assertEqual([e for e in client.seen if e['event'] in ('notice', 'error')], [])

    def test_a_message_brings_its_senders_presence(self):
        client = self.sign_in(JULIET)
        self.present(JULIET)
        self.server.switch('queue-refuse', True)
        client.do('queue', on=True)
        self.assertEqual(client.wait_for('queue')['mode'], 'server')
        self.assertEqual(client.wait_for('queue')['mode'], 'local')
        session = self.server.sessions(JULIET)[0]['jid']
        seen = len(client.seen)
        self.shower(session, 1)
        self.server.control('send', jid=session, xml="<presence from='nurse@talk.example/x'/>")
        self.server.control('send', jid=session, xml="<message from='%s/r0' type='chat'><body>"
                            "here</body></message>" % ROMEO)
        client.wait_for('message')
        eventually(lambda: self.news(client, seen), what='his news')
        self.assertEqual(self.news(client, seen), [(ROMEO, 'away', '0')])

    def test_client_state_elsewhere(self):
        """Nothing announced: nothing is done for an idle account, but it can be asked for."""
        client = self.sign_in(PARIS)
        client.do('idle', idle=True)
        client.state()
        self.assertEqual([e for e in client.seen if e['event'] == 'queue'], [])
        client.do('queue', on=True)
        self.assertEqual(client.wait_for('queue')['mode'], 'local')


class InvisibleTest(PresenceCase):
    def offer(self, xmlns=INVISIBLE):
        self.server.control('invisible', domain='plain.example', xmlns=xmlns)

    def check_never_seen(self, peer):
        peer.sync()
        shown = [kind for full, kind in list(peer.presences)
                 if full.startswith(PARIS + '/') and kind != 'unavailable']
        self.assertEqual(shown, [])

    def hidden(self):
        return self.server.control('hidden')['hidden'] or []

    def test_signing_in_invisible(self):
        self.offer()
        rosaline = self.peer(ROSALINE)
        client = self.sign_in(PARIS, status='invisible')
        eventually(self.hidden, what='a hidden session')
        eventually(lambda: [e for e in client.seen + [client.state()]
                            if e['event'] == 'contact-status' and e['name'] == ROSALINE
                            and e['id'] == 'available'], what='the contact')
        rosaline.send(PARIS, 'psst')
        client.wait_for('message')
        self.check_never_seen(rosaline)
        client.do('set-status', id='available', text='Here')
        eventually(lambda: ('available', 'Here') in list(rosaline.statuses.values()),
                   what='presence')
        self.assertEqual([e for e in client.seen if e['event'] == 'notice'], [])

    def test_becoming_invisible_and_visible(self):
        for xmlns in (INVISIBLE, 'urn:xmpp:invisible:0'):
            with self.subTest(xmlns):
                self.offer(xmlns)
                rosaline = self.peer(ROSALINE)
                client = self.sign_in(PARIS)
                eventually(lambda: rosaline.sees(PARIS), what='presence')
                client.do('set-status', id='invisible')
                eventually(lambda: not rosaline.sees(PARIS), what='nobody')
                eventually(self.hidden, what='a hidden session')
                client.do('set-status', id='available')
                eventually(lambda: rosaline.sees(PARIS), what='presence again')
                rosaline.close()
                client.do('disconnect')
                eventually(lambda: not self.server.sessions(PARIS), what='the end')

    def test_refused(self):
        self.offer(INVISIBLE + ' refuse')
        self.check_withdraws()

    def test_not_offered(self):
        self.check_withdraws()
        self.assertEqual(self.sent(PARIS, 'urn:xmpp:invisible'), [])

    def check_withdraws(self):
        """The server cannot hide the account: it is as if offline, and the user is told."""
        rosaline = self.peer(ROSALINE)
        client = self.sign_in(PARIS, status='invisible')
        notices = [event for event in client.seen if event['event'] == 'notice']
        self.assertIn('offline', (notices or [client.wait_for('notice')])[0]['secondary'])
        self.check_never_seen(rosaline)
        client.do('set-status', id='dnd', text='Here')
        eventually(lambda: ('dnd', 'Here') in list(rosaline.statuses.values()), what='presence')
        client.do('set-status', id='invisible')
        eventually(lambda: not rosaline.sees(PARIS), what='nobody')


if __name__ == '__main__':
    unittest.main()
