// SPDX-License-Identifier: GPL-2.0-or-later
//
// Subscribes with the bridge's key, and gives the bridge the subscription.

function say(what) {
    return fetch('/said', {method: 'POST', body: JSON.stringify(what)});
}

async function subscribe() {
    const {bridge, token} = await (await fetch('/settings')).json();
    const capabilities = await (await fetch(bridge + '/v1/capabilities')).json();
    await navigator.serviceWorker.register('/worker.js');
    const registration = await navigator.serviceWorker.ready;
    const subscription = await registration.pushManager.subscribe(
        {userVisibleOnly: true, applicationServerKey: capabilities.vapid_key});
    const {endpoint, keys} = subscription.toJSON();
    const answer = await fetch(bridge + '/v1/push/webpush', {
        method: 'PUT',
        headers: {'Authorization': 'Bearer ' + token, 'Content-Type': 'application/json'},
        body: JSON.stringify({endpoint, keys, content: 'full'}),
    });
    return {subscribed: answer.status, permission: Notification.permission};
}

subscribe().then(say, error => say({error: String(error)}));
