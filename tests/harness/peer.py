# SPDX-License-Identifier: GPL-2.0-or-later
"""An independent client: slixmpp in a thread of its own, with a blocking face for tests."""

import asyncio
import base64
import hashlib
import logging
import re
import threading
import uuid

logging.getLogger('slixmpp').setLevel(logging.CRITICAL)  # before it complains while it loads
import slixmpp  # noqa: E402

from .process import DEADLINE_S, eventually  # noqa: E402

MUC = 'http://jabber.org/protocol/muc'
CAPS = "<presence><c xmlns='http://jabber.org/protocol/caps' node='http://peer.example' " \
       "ver='1' ext='%s'/></presence>"
# The smallest picture there is: one transparent point.
TINY_PNG = base64.b64decode(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=')
DISCO = "<iq type='result' to='%s' id='%s'><query node='%s' " \
        "xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc' " \
        "name='peer'/><feature var='http://www.google.com/xmpp/protocol/voice/v1'/></query></iq>"


class _Client(slixmpp.ClientXMPP):
    async def _pick_dns_answer(self, domain, service=None):
        return None  # always the address that the test gave, never the network's DNS


class PeerMessage:
    """One message stanza that arrived."""

    def __init__(self, stanza):
        self.sender = stanza['from'].full
        self.bare = stanza['from'].bare
        self.to = stanza['to'].full
        self.id = stanza['id']
        self.type = stanza['type']
        self.body = stanza['body']
        self.stanza = stanza

    def __repr__(self):
        return '<message %s from %s: %r>' % (self.id, self.sender, self.body)


class XmppPeer:
    """Signed in and available from construction on; answers every subscription request with yes,
    unless it is told to leave them alone.

    messages: with a body, in order; errors: messages of this peer that came back; statuses: the
    newest (show or type, text) of each full JID; states: chat states
    (XEP-0085); they grow in the peer's own thread, so read them through eventually()."""

    def __init__(self, server, jid, password=None, resource='peer', available=True, priority=0,
                 carbons=False, authorize=True):
        self.jid = jid
        self.messages = []
        self.errors = []
        self.states = []
        self.presences = []
        self.statuses = {}
        self.failure = None
        self.started = threading.Event()
        self.ended = threading.Event()
        self.available = available
        self.priority = priority
        self.carbons = carbons
        self.authorize = authorize
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True, args=(
            server, '%s/%s' % (jid, resource), password or server.password(jid)))
        self.thread.start()
        if not self.started.wait(DEADLINE_S) or self.failure is not None:
            self.close()
            raise AssertionError('%s cannot sign in: %s' % (jid, self.failure or 'no answer'))
        if available:
            self._wait_until_present()

    def _wait_until_present(self):
        """Presence has no answer, but it comes back to its sender; until then messages to the bare
        address may pass this client by."""
        eventually(lambda: (self.full_jid, 'available') in self.presences,
                   what='presence of %s' % self.full_jid)
        self.sync()

    # -- in the peer's thread

    def _run(self, server, jid, password):
        asyncio.set_event_loop(self.loop)
        client = _Client(jid, password)
        client.loop = self.loop
        client.ca_certs = server.ca
        client.auto_authorize = True if self.authorize else None
        client.auto_subscribe = self.authorize
        client.whitespace_keepalive = False
        client.register_plugin('xep_0054')
        client.register_plugin('xep_0085')
        client.register_plugin('xep_0199')
        client.register_plugin('xep_0280')
        client.add_event_handler('session_start', self._session_start)
        client.add_event_handler('message', self._message)
        client.add_event_handler('message_error', self._error)
        client.add_event_handler('chatstate', self._chat_state)
        client.add_event_handler('carbon_sent', self._carbon)
        client.add_event_handler('carbon_received', self._carbon)
        for name in ('available', 'away', 'chat', 'dnd', 'xa', 'unavailable'):
            client.add_event_handler('presence_' + name, self._presence)
        for name in ('failed_auth', 'failed_all_auth', 'ssl_invalid_chain', 'connection_failed'):
            client.add_event_handler(name, lambda what, name=name: self._fail(name, what))
        client.add_event_handler('disconnected', lambda _: self.ended.set())
        self.client = client
        client.connect((server.host, server.port))
        self.loop.run_forever()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self.loop.close()

    def _fail(self, name, what):
        self.failure = '%s: %s' % (name, what)
        self.started.set()

    async def _session_start(self, _):
        await self.client.get_roster()
        if self.carbons:
            await self.client['xep_0280'].enable()
        if self.available:
            self.client.send_presence(ppriority=self.priority)
        self.full_jid = self.client.boundjid.full
        self.started.set()

    def _message(self, stanza):
        if stanza['body'] and stanza['type'] != 'error':
            self.messages.append(PeerMessage(stanza))

    def _carbon(self, stanza):
        kind = 'carbon_sent' if stanza.xml.find('{urn:xmpp:carbons:2}sent') is not None \
            else 'carbon_received'
        self.messages.append(PeerMessage(stanza[kind]))

    def _chat_state(self, stanza):
        self.states.append((stanza['from'].bare, stanza['chat_state']))

    def _error(self, stanza):
        self.errors.append(stanza)

    def _presence(self, stanza):
        self.presences.append((stanza['from'].full, stanza['type']))
        self.statuses[stanza['from'].full] = (stanza['type'], stanza['status'])

    # -- for the test

    def call(self, function):
        """Runs function(client) in the peer's thread and returns its result; coroutines too."""
        async def run():
            result = function(self.client)
            return await result if asyncio.iscoroutine(result) or asyncio.isfuture(result) \
                else result
        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(DEADLINE_S)

    def send(self, to, body, id=None):
        """Sends a chat message and returns its id."""
        name = id or str(uuid.uuid4())

        def send(client):
            message = client.make_message(mto=to, mbody=body, mtype='chat')
            message['id'] = name
            message.send()
        self.call(send)
        return name

    def send_raw(self, text):
        self.call(lambda client: client.send_raw(text))

    def sync(self):
        """Returns once the server has handled everything sent so far; a refusal tells as much."""
        async def ping(client):
            try:
                await client['xep_0199'].send_ping(self.jid.split('@')[1], timeout=DEADLINE_S)
            except slixmpp.exceptions.IqError:
                pass
        self.call(ping)

    def take_calls(self):
        """From now on this client says, also to who asks, that it can be called."""
        def answer(stanza):
            if stanza.name != 'iq' or stanza['type'] != 'get' or 'disco#info' not in str(stanza):
                return stanza
            node = re.search(r'node=["\']([^"\']*)', str(stanza))
            self.client.send_raw(DISCO % (stanza['from'].full, stanza['id'],
                                          node.group(1) if node else ''))
            return None
        self.call(lambda client: client.add_filter('in', answer))
        self.send_raw(CAPS % 'voice-v1')

    def sees(self, jid):
        """Whether the given account (bare) or resource (full) is available to this peer."""
        now = {}
        for sender, kind in list(self.presences):
            now[sender] = kind
        return any(kind != 'unavailable' and (sender == jid or sender.split('/')[0] == jid)
                   for sender, kind in now.items())

    def wait_for_message(self, body=None, deadline=DEADLINE_S):
        """The first message with that body (or any)."""
        def found():
            return next((m for m in list(self.messages) if body is None or m.body == body), None)
        return eventually(found, deadline, 'message %r to %s' % (body, self.jid))

    def set_avatar(self, image, kind='image/png'):
        """In its vCard (XEP-0054), and tells by presence which one it is (XEP-0153); None: none."""
        async def publish(client):
            vcard = client['xep_0054'].make_vcard()
            if image is not None:
                vcard['PHOTO']['TYPE'] = kind
                vcard['PHOTO']['BINVAL'] = image
            await client['xep_0054'].publish_vcard(vcard=vcard, timeout=DEADLINE_S)
        self.call(publish)
        photo = '<photo>%s</photo>' % hashlib.sha1(image).hexdigest() if image else '<photo/>'
        self.send_raw("<presence><x xmlns='vcard-temp:x:update'>%s</x></presence>" % photo)

    def roster(self):
        """What the server says of the account's contacts: by address (name, groups, subscription,
        whether it has been asked for)."""
        async def ask(client):
            return await client.get_roster(timeout=DEADLINE_S)
        items = self.call(ask)['roster']['items']
        return {jid.full: (item['name'], sorted(item['groups']), item['subscription'],
                           item['ask'] == 'subscribe') for jid, item in items.items()}

    def chat_states(self, bare):
        """What this contact's client said of typing, in order."""
        return [state for sender, state in list(self.states) if sender == bare]

    def bodies(self):
        return [message.body for message in list(self.messages)]

    def close(self):
        if not self.thread.is_alive():
            return
        if hasattr(self, 'client') and self.failure is None:
            self.loop.call_soon_threadsafe(self.client.disconnect, 5)
            self.ended.wait(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def cut(self):
        """Drops the connection without a word."""
        self.loop.call_soon_threadsafe(self.client.abort)
        self.ended.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class RoomPeer(XmppPeer):
    """A client that keeps every stanza it gets, and can tell that it knows pmuc-v1."""

    def __init__(self, server, jid, pmuc=True, **more):
        super().__init__(server, jid, **more)
        self.stanzas = []
        self.call(lambda client: client.add_filter('in', self._keep))
        self.send_raw(CAPS % ('pmuc-v1' if pmuc else 'other'))
        self.sync()

    def _keep(self, stanza):
        self.stanzas.append(str(stanza))
        return stanza

    def saw(self, *texts):
        return next((s for s in list(self.stanzas) if all(text in s for text in texts)), None)

    def wait_for(self, *texts):
        return eventually(lambda: self.saw(*texts), what='%s at %s' % (' and '.join(texts),
                                                                       self.jid))

    def enter(self, room, nick):
        self.send_raw("<presence to='%s/%s'><x xmlns='%s'/></presence>" % (room, nick, MUC))
        self.wait_for(room + '/' + nick, '110')

    def say(self, room, text, id=None):
        self.send_raw("<message type='groupchat' to='%s' %s><body>%s</body></message>"
                      % (room, "id='%s'" % id if id else '', text))

    def leave(self, room, nick):
        self.send_raw("<presence type='unavailable' to='%s/%s'/>" % (room, nick))

    def _ask_room(self, room, what, query):
        """What a room's moderator or owner asks for; returns when it is done."""
        id = str(uuid.uuid4())
        self.send_raw("<iq type='set' id='%s' to='%s'><query xmlns='%s#%s'>%s</query></iq>"
                      % (id, room, MUC, what, query))
        answer = self.wait_for('<iq', id)
        if 'type="result"' not in answer:
            raise AssertionError('%s at %s: %s' % (query, room, answer))

    def configure(self, room, **fields):
        """fields: without "muc#roomconfig_"; none: as it is."""
        form = ''.join("<field var='muc#roomconfig_%s'><value>%s</value></field>" % field
                       for field in fields.items())
        self._ask_room(room, 'owner', "<x xmlns='jabber:x:data' type='submit'><field "
                       "var='FORM_TYPE'><value>%s#roomconfig</value></field>%s</x>" % (MUC, form))

    def affiliate(self, room, jid, affiliation):
        self._ask_room(room, 'admin', "<item jid='%s' affiliation='%s'/>" % (jid, affiliation))

    def kick(self, room, nick, reason):
        self._ask_room(room, 'admin', "<item nick='%s' role='none'><reason>%s</reason></item>"
                       % (nick, reason))

    def destroy(self, room, reason, alternative):
        self._ask_room(room, 'owner', "<destroy jid='%s'><reason>%s</reason></destroy>"
                       % (alternative, reason))

    def invite(self, room, who):
        self.send_raw("<message to='%s'><x xmlns='%s#user'><invite to='%s'/></x></message>"
                      % (room, MUC, who))
