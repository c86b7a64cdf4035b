// SPDX-License-Identifier: GPL-2.0-or-later
// Opens and verifies what gtalk-bridge-push has sent, by libraries of the npm registry. Standard
// input: {pushes: [{body, private, auth, text, authorization, audience}], sealed: [{body, private,
// auth, text}], statements: [{token, algorithm, key, issuer}], hooks: [{body, headers, secret}]},
// octets in base64url. Anything that is wrong ends it with an exception.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { readFileSync } from 'node:fs';

import ece from 'http_ece';
import { importJWK, importSPKI, jwtVerify } from 'jose';
import { Webhook } from 'standardwebhooks';

const { pushes, sealed, statements, hooks } = JSON.parse(readFileSync(0, 'utf8'));
const octets = (text) => Buffer.from(text, 'base64url');

function open(push) {
    const key = crypto.createECDH('prime256v1');
    key.setPrivateKey(octets(push.private));
    const text = ece.decrypt(octets(push.body), {
        version: 'aes128gcm', privateKey: key, authSecret: octets(push.auth),
    });
    assert.equal(text.toString('base64url'), push.text);
}

for (const push of pushes) {
    open(push);
    const [, token, sender] = /^vapid t=([^,]+), ?k=(.+)$/.exec(push.authorization);
    const point = octets(sender);
    const jwk = {
        kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'),
        y: point.subarray(33).toString('base64url'),
    };
    const { payload } = await jwtVerify(token, await importJWK(jwk, 'ES256'), {
        audience: push.audience, algorithms: ['ES256'],
    });
    assert.match(payload.sub, /^mailto:/);
}
for (const push of sealed) {
    open(push);
}
for (const { token, algorithm, key, issuer } of statements) {
    const { payload } = await jwtVerify(token, await importSPKI(key, algorithm), {
        issuer, algorithms: [algorithm],
    });
    assert.ok(Math.abs(payload.iat - Date.now() / 1000) < 300);
}
for (const hook of hooks) {
    const body = octets(hook.body).toString('utf8');
    const webhook = new Webhook(hook.secret);
    webhook.verify(body, hook.headers);
    assert.throws(() => webhook.verify(`${body} `, hook.headers));
}
console.log(JSON.stringify({
    pushes: pushes.length, hooks: hooks.length, sealed: sealed.length,
    statements: statements.length,
}));
