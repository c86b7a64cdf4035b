# SPDX-License-Identifier: GPL-2.0-or-later
"""Another of libpurple's protocols on a real server: IRC, when the administrator allows it."""

import json
import unittest
import uuid
from urllib.parse import quote

from harness import eventually
from harness.case import BridgeCase
from harness.ircd import DOMAIN, PASSWORD, Ircd, IrcPeer

JULIET = 'juliet@' + DOMAIN
FEATURES = ['acceptance', 'best-effort-durability']
PROTOCOLS = {'hosts': ['protocols=googletalk;irc']}


class IrcCase(BridgeCase):
    @classmethod
    def make_server(cls, scratch):
        return Ircd(scratch / 'ircd')

    def irc_peer(self, nick):
        peer = IrcPeer(self.server, nick)
        self.addCleanup(peer.close)
        return peer

    def try_login(self, username=JULIET, password=PASSWORD, **more):
        return self.bridge.api.try_login(username, {'type': 'password', 'password': password},
                                         protocol=more.pop('protocol', 'irc'), **more)

    def login(self, username=JULIET):
        return self.bridge.api.login(username, {'type': 'password', 'password': PASSWORD},
                                     protocol='irc')


class IrcTest(IrcCase):
    def setUp(self):
        super().setUp()
        self.start_bridge(groups=PROTOCOLS)

    def test_what_is_offered(self):
        protocols = self.bridge.api.get('/v1/capabilities').json['protocols']
        self.assertEqual([(each['id'], each['name'], each['auth']) for each in protocols],
                         [('googletalk', 'GTalk', ['token', 'oauth2', 'password']),
                          ('irc', 'IRC', ['password'])])

    def test_messages_both_ways(self):
        romeo = self.irc_peer('Romeo[x]')
        device = self.login('Juliet@IRC.Example')
        account = device.account()
        self.assertEqual((account['protocol'], account['username'], account['bound_jid'],
                          account['state']), ('irc', JULIET, JULIET, 'online'))
        eventually(lambda: device.account()['features'] == FEATURES,
                   what=lambda: device.account()['features'])
        romeo.send('juliet', 'But soft! 2 < 3 & \u00fc')
        message = device.wait_for('message')['data']
        self.assertEqual((message['from'], message['to'], message['body']),
                         ('romeo[x]', JULIET, 'But soft! 2 < 3 & \u00fc'))
        sent = str(uuid.uuid4())
        self.assertEqual(device.send('Romeo[x]', 'first <b>\nsecond', id=sent).status, 202)
        self.assertEqual(romeo.wait_for_message('first <b>'), ('juliet', 'first <b>'))
        romeo.wait_for_message('second')
        device.wait_for('message.status', id=sent, status='accepted')
        history = device.get('/v1/messages?with=ROMEO%5Bx%5D').json['messages']
        self.assertEqual([event['data']['body'] for event in history],
                         ['first <b>\nsecond', 'But soft! 2 < 3 & \u00fc'])
        self.assertEqual(self.try_login().status, 201)  # one more device, the same account
        self.assertEqual(romeo.knows('juliet'), True)
        self.assertEqual(device.delete('/v1/account').status, 204)
        self.assertEqual(romeo.knows('juliet'), False)

    def test_a_channel(self):
        romeo = self.irc_peer('Romeo')
        romeo.raw('JOIN #Verona')
        device = self.login()
        room = device.put('/v1/rooms/%23Verona', {})
        self.assertEqual(room.status, 200, room)
        self.assertEqual((room.json['jid'], room.json['nick']), ('#verona', 'juliet'))
        eventually(lambda: romeo.saw('JOIN'), what='her coming')
        eventually(lambda: [member['nick'] for member in device.get(
            '/v1/rooms/%23verona').json['members']] == ['Romeo', 'juliet'], what='who is there')
        romeo.send('#verona', 'Is she a Capulet?')
        said = device.wait_for('room.message', room='#verona')['data']
        self.assertEqual((said['nick'], said['body'], said['own']),
                         ('Romeo', 'Is she a Capulet?', False))
        sent = str(uuid.uuid4())
        self.assertEqual(device.send('#verona', 'Ay <me>', id=sent).status, 202)
        eventually(lambda: romeo.saw('PRIVMSG #verona :Ay <me>')
                   or romeo.saw('PRIVMSG #Verona :Ay <me>'), what='her words')
        device.wait_for('message.status', id=sent, status='accepted')
        self.bridge.kill()
        self.bridge.start()
        device.wait_online()
        eventually(lambda: device.get('/v1/rooms/%23verona').json['state'] == 'joined',
                   what='back in the channel')
        self.assertEqual([event['data']['body'] for event in device.get(
            '/v1/messages?with=%23verona').json['messages']], ['Ay <me>', 'Is she a Capulet?'])
        romeo.raw('KICK #Verona juliet :away')
        device.wait_for('room.state', room='#verona', state='left', reason='kicked')
        self.assertEqual(device.get('/v1/rooms/%23verona').status, 404)

    def test_why_a_channel_cannot_be_entered(self):
        romeo = self.irc_peer('Romeo')
        device = self.login()

        def check(channel, status, code, mode=None, **members):
            if mode is not None:
                romeo.raw('JOIN ' + channel)
                romeo.raw('MODE %s %s' % (channel, mode))
                eventually(lambda: romeo.saw('MODE %s %s' % (channel, mode)), what=mode)
            room = '/v1/rooms/' + quote(channel)
            answer = device.put(room, members)
            self.assertEqual((answer.status, answer.code), (status, code), answer)
            self.assertEqual(device.get(room).status, 404)

        check('#masked', 403, 'room-banned', '+b juliet!*@*')
        check('#invited', 403, 'room-members-only', '+i')
        check('#keyed', 403, 'room-password', '+k rose')
        check('verona', 404, 'room-gone')
        answer = device.put('/v1/rooms/%23keyed', {'password': 'rose'})
        self.assertEqual(answer.status, 200, answer)
        self.bridge.kill()
        romeo.raw('MODE #keyed +b juliet!*@*')
        eventually(lambda: not romeo.knows('juliet'), what='the end of the old connection')
        self.bridge.start()
        device.wait_for('room.state', room='#keyed', state='left', reason='banned')
        self.assertEqual(device.get('/v1/rooms').json['rooms'], [])

    def test_nobody_there(self):
        device = self.login()
        sent = str(uuid.uuid4())
        device.send('nobody', 'Art thou not Romeo?', id=sent)
        failed = device.wait_for('message.status', id=sent, status='failed')['data']
        self.assertEqual(failed['body'], 'Art thou not Romeo?')
        self.assertIn('No such nick', failed['detail'] + failed['reason'])

    def test_what_irc_has_not(self):
        device = self.login()
        for answer in (device.get('/v1/mail'), device.get('/v1/shared-status'),
                       device.put('/v1/contacts/romeo', {'name': 'Romeo'}),
                       device.post('/v1/contacts/romeo/block', {}),
                       device.put('/v1/contacts/romeo/off-the-record', {'enabled': True}),
                       device.get('/v1/contacts/romeo/avatar')):
            self.assertEqual((answer.status, answer.code), (409, 'not-supported'), answer)
        self.assertEqual(device.account()['state'], 'online')

    def test_addresses(self):
        device = self.login()
        for wrong in ('', 'two words', 'a@b', '#channel', 'a,b', 'a\r\nQUIT', ':x', 'j\u00fcliet'):
            answer = device.send(wrong, 'x')
            self.assertEqual((answer.status, answer.json['errors'][0]['pointer']), (422, '/to'),
                             wrong)
        for wrong in ('juliet', '@' + DOMAIN, '9juliet@' + DOMAIN, 'a b@' + DOMAIN, JULIET + '/x'):
            answer = self.try_login(wrong)
            self.assertEqual((answer.status, answer.json['errors'][0]['pointer']),
                             (422, '/username'), wrong)

    def test_a_wrong_password(self):
        self.assertEqual(self.try_login(password='wrong').code, 'credentials-refused')

    def test_another_password_is_no_way_in(self):
        """Most servers of IRC take any: it proves nothing."""
        self.login()
        answer = self.try_login(password='wrong')
        self.assertEqual((answer.status, answer.code), (422, 'credentials-refused'))
        self.assertIn('here already', answer.json['detail'])

    def test_a_nickname_that_is_taken(self):
        """Nobody is signed in as somebody else."""
        self.irc_peer('juliet')
        answer = self.try_login()
        self.assertEqual((answer.status, answer.code), (422, 'server-refused'))
        self.assertIn('nickname', answer.json['detail'])

    def test_other_credentials(self):
        answer = self.bridge.api.try_login(JULIET, {'type': 'token', 'token': 'x'}, protocol='irc')
        self.assertEqual((answer.status, answer.json['errors'][0]['pointer']),
                         (422, '/auth/type'))

    def test_the_server_starts_again(self):
        device = self.login()
        self.server.stop()
        device.wait_for('account.state', state='waiting')
        self.server.start()
        device.wait_online(120)
        romeo = self.irc_peer('romeo')
        self.assertEqual(device.send('romeo', 'after').status, 202)
        self.assertEqual(romeo.wait_for_message('after'), ('juliet', 'after'))
        romeo.send('JULIET', 'I am here')
        device.wait_for('message', body='I am here')

    def test_it_is_there_again_after_a_restart(self):
        device = self.login()
        self.bridge.kill()
        romeo = self.irc_peer('romeo')
        eventually(lambda: not romeo.knows('juliet'), what='the end of the old connection')
        self.bridge.start()
        device.wait_online()
        romeo.send('juliet', 'again')
        device.wait_for('message', body='again')


class ForbiddenTest(IrcCase):
    def test_not_allowed(self):
        self.start_bridge()
        answer = self.try_login()
        self.assertEqual((answer.status, answer.json['errors'][0]['pointer']), (422, '/protocol'))

    def test_allowed_no_more(self):
        self.start_bridge(groups=PROTOCOLS)
        device = self.login()
        self.bridge.stop()
        self.bridge.write_config({}, {})
        self.bridge.start()
        account = device.account()
        self.assertEqual((account['state'], account['reason'], account['user_action']),
                         ('signed-out', 'unsupported', 'ask-administrator'))

    def test_a_certificate_that_does_not_verify(self):
        (self.scratch / 'nobody').mkdir()
        self.start_bridge(groups={**PROTOCOLS,
                                  'tls': ['ca-directory=%s' % (self.scratch / 'nobody')]})
        answer = self.try_login()
        self.assertEqual((answer.status, answer.code), (502, 'certificate-refused'))

    def test_the_certificate_is_for_the_domain(self):
        other = '[domain other.example]\nregistration=open\npasswords=true\nserver=%s\nport=%d' % (
            self.server.host, self.server.port)
        self.start_bridge(groups=PROTOCOLS, domains={'other.example': other})
        answer = self.try_login('juliet@other.example')
        self.assertEqual((answer.status, answer.code), (502, 'certificate-refused'))

    def test_private_networks(self):
        """Where nobody but the caller says so; a server's name would be asked for in DNS."""
        domains = {name: '[domain %s]\nregistration=open\npasswords=true' % name
                   for name in ('localhost', '127.0.0.1', '127.1')}
        self.start_bridge(groups=PROTOCOLS, domains=domains)
        answer = self.try_login('juliet@localhost')
        self.assertEqual((answer.status, answer.code), (502, 'server-unreachable'))
        self.assertIn('in a private network', self.bridge.show_log())
        self.assertIn('in a private network', answer.json['detail'])
        for address in ('127.0.0.1', '127.1'):
            answer = self.try_login('juliet@' + address)
            self.assertEqual(answer.status, 422, address)
            self.assertIn('domain is an address', json.dumps(answer.json))
        self.bridge.stop()
        self.bridge.write_config(domains, {'hosts': PROTOCOLS['hosts'] + [
            'private-networks=127.0.0.0/8;::1']})
        self.bridge.start()
        before = self.bridge.show_log().count('in a private network')
        self.try_login('juliet@localhost')
        self.assertEqual(self.bridge.show_log().count('in a private network'), before)

    def test_a_plugin_that_is_not_installed(self):
        self.start_bridge(groups={'hosts': ['protocols=nothing-of-the-kind']})
        answer = self.try_login(protocol='nothing-of-the-kind')
        self.assertEqual(answer.status, 422)
        self.assertIn('not installed', answer.json['detail'])


if __name__ == '__main__':
    unittest.main()
