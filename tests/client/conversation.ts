// SPDX-License-Identifier: GPL-2.0-or-later
//
// A conversation by nothing but what is generated from the OpenAPI document: types that do not fit
// fail to compile, answers that do not fit fail here. Standard input: where, who, to whom.

import * as api from './generated/sdk.gen.js';
import { client } from './generated/client.gen.js';
import type { Event, Problem } from './generated/types.gen.js';

interface Task {
    url: string;
    username: string;
    password: string;
    friend: string;
}

async function readTask(): Promise<Task> {
    let text = '';
    for await (const piece of process.stdin)
        text += piece;
    return JSON.parse(text) as Task;
}

function expect<T>(answer: { data?: T; error?: unknown }, what: string): T {
    if (answer.data === undefined)
        throw new Error(`${what}: ${JSON.stringify(answer.error)}`);
    return answer.data;
}

async function waitFor(cursor: string, wanted: (event: Event) => boolean): Promise<string> {
    const end = Date.now() + 60_000;
    while (Date.now() < end) {
        const page = expect(await api.readEvents({ query: { after: cursor, wait: 10 } }), 'events');
        cursor = page.cursor;
        if (page.events.some(wanted))
            return cursor;
    }
    throw new Error('what was waited for did not come');
}

// Each kind of event has data of its own: an error of the compiler is what proves it.
export function bodyOf(event: Event): string | undefined {
    switch (event.type) {
    case 'message':
    case 'message.sent':
    case 'room.message':
        return event.data.body;
    case 'account.state':
        // @ts-expect-error: states have no body
        return event.data.body;
    default:
        return undefined;
    }
}

async function main(): Promise<void> {
    const task = await readTask();
    client.setConfig({ baseUrl: task.url });
    expect(await api.getCapabilities(), 'capabilities');
    const login = expect(await api.login({
        body: {
            username: task.username,
            auth: { type: 'password', password: task.password },
            device: { name: 'generated client' },
        },
    }), 'login');
    client.setConfig({ auth: () => login.access_token });

    let cursor = await waitFor(login.cursor, event => event.type === 'account.state' &&
                                                      event.data.state === 'online');
    const account = expect(await api.getAccount(), 'account');
    const contacts = expect(await api.listContacts(), 'contacts');
    const sent = expect(await api.sendMessage({
        body: { id: crypto.randomUUID(), to: task.friend, body: 'Who made you?' },
    }), 'message');
    cursor = await waitFor(cursor, event => event.type === 'message' &&
                                            event.data.body === 'A generator.');
    expect(await api.acknowledgeEvents({ body: { cursor } }), 'acknowledgement');
    const history = expect(await api.getHistory({ query: { with: task.friend } }), 'history');
    const devices = expect(await api.listDevices(), 'devices');

    const refused = await api.sendMessage({ body: { id: crypto.randomUUID(), to: '', body: 'x' } });
    const problem: Problem | undefined = refused.error;
    console.log(JSON.stringify({ account, contacts, sent, history, devices, problem }));
}

await main();
