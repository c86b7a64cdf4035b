// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the bridge pushes: answers its challenge, shows what arrived, and takes away what was read.

function say(what) {
    return fetch('/said', {method: 'POST', body: JSON.stringify(what)});
}

async function verify(challenge) {
    const {bridge, token} = await (await fetch('/settings')).json();
    const answer = await fetch(bridge + '/v1/push/webpush/verify', {
        method: 'POST',
        headers: {'Authorization': 'Bearer ' + token, 'Content-Type': 'application/json'},
        body: JSON.stringify(challenge),
    });
    return {verified: answer.status};
}

async function shown() {
    const notifications = await self.registration.getNotifications();
    return notifications.map(({title, body, tag}) => ({title, body, tag}));
}

async function show({conversation, name, body}) {
    await self.registration.showNotification(name ?? conversation, {body, tag: conversation});
}

async function withdraw({conversation}) {
    for (const each of await self.registration.getNotifications({tag: conversation}))
        each.close();
}

async function take(push) {
    if (push.type === 'verify')
        return await verify(push.data);
    await (push.type === 'read' ? withdraw : show)(push.data);
    return {push, shown: await shown()};
}

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));
self.addEventListener('push', event => event.waitUntil(
    Promise.resolve().then(() => take(event.data.json()))
        .then(say, error => say({error: String(error)}))));
