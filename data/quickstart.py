# SPDX-License-Identifier: GPL-2.0-or-later
"""What quickstart.sh shows once everything is built."""

import contextlib
import os
import pathlib
import shlex
import signal
import socket
import sys
import threading

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / 'tests'))
from harness import Bridge, Keyring, Prosody, Scratch, XmppPeer, eventually  # noqa: E402
from harness.api import Api, token  # noqa: E402
from harness.bridge import domain_section  # noqa: E402
from harness.process import build_dir  # noqa: E402

TYPED = 'juliet@mail.example'  # an alias: the server answers with the domain it has chosen
CHAT_TOKEN = 'oauth-valid-juliet'
FRIEND = 'romeo@talk.example'
QUESTION = 'Art thou not Romeo, and a Montague?'
ANSWER = 'Neither, fair maid, if either thee dislike.'


def say(text=''):
    print(text, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Friend:
    """Romeo, at an independent client. Answers whoever writes to him, if told to."""

    def __init__(self, server):
        self.peer = XmppPeer(server, FRIEND)

    def answer_from_now_on(self):
        threading.Thread(target=self._answer, args=[len(self.peer.messages)],
                         daemon=True).start()

    def _answer(self, seen):
        while True:
            eventually(lambda: len(self.peer.messages) > seen, deadline=float('inf'), pause=0.1)
            message = self.peer.messages[seen]
            seen += 1
            say(f'  Romeo got: {message.body}')
            self.peer.send(message.bare, f'You said: {message.body}')


def start_bridge(stack, scratch, server):
    """The bridge on a TCP port; the domain of the example needs an enrolment code."""
    port = free_port()
    keyring = stack.enter_context(Keyring(scratch))
    domains = {domain: domain_section(server, domain, registration='invite', passwords=False)
               for domain in server.description['domains']}
    bridge = stack.enter_context(Bridge(
        scratch, server, keyring, domains=domains, start=False,
        groups={'listen': [f'address=127.0.0.1:{port}']}))
    bridge.api = Api(('127.0.0.1', port))
    bridge.start()
    return bridge, port


def invite(bridge):
    return bridge.ctl('invite').split()[-1]


def converse(bridge, friend):
    """Both ways; returns the device and the JID that the server chose."""
    device = bridge.api.login(TYPED, token(CHAT_TOKEN), enrolment=invite(bridge),
                              name='quickstart')
    device.wait_online()
    bound = device.account()['bound_jid']
    say(f'  Juliet signed in by token as {TYPED}')
    say(f'  the server chose          {bound}')
    own = bound.split('/')[0]
    answer = device.send(FRIEND, QUESTION)
    if answer.status != 202:
        raise AssertionError(f'the bridge did not take the message: {answer}')
    message = friend.peer.wait_for_message(QUESTION)
    say(f'  {FRIEND} got from {message.bare}: {message.body}')
    friend.peer.send(own, ANSWER)
    event = device.wait_for('message', body=ANSWER)
    say(f'  {own} got from {event["data"]["from"]}: {event["data"]["body"]}')
    return device, own


def state_folder():
    base = os.environ.get('XDG_STATE_HOME') or pathlib.Path.home() / '.local' / 'state'
    return pathlib.Path(base) / 'gtalk-quickstart'


@contextlib.contextmanager
def environment_file(values):
    """What the README's commands need, for a shell to read; gone at the end."""
    folder = state_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / 'env'
    lines = [f'{name}={shlex.quote(str(value))}' for name, value in values.items()]
    path.touch(mode=0o600)
    path.write_text('\n'.join(lines) + '\nexport PATH\n', encoding='utf-8')
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def tell_how_to_go_on(port, device, path):
    say(f'''
The bridge listens on 127.0.0.1:{port} until you press Ctrl-C. In another terminal, as Juliet:

  curl -s http://127.0.0.1:{port}/v1/account -H 'Authorization: Bearer {device.token}'

  curl -s http://127.0.0.1:{port}/v1/messages -H 'Authorization: Bearer {device.token}' \\
       -H 'Content-Type: application/json' \\
       -d '{{"id":"'$(cat /proc/sys/kernel/random/uuid)'","to":"{FRIEND}","body":"Hello"}}'

  curl -sN http://127.0.0.1:{port}/v1/events -H 'Authorization: Bearer {device.token}' \\
       -H 'Accept: text/event-stream'

README.md goes on from here, with what is in {path}. Romeo answers what he is told.''')


def stay(bridge, port, device, friend):
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    values = {'BRIDGE': f'http://127.0.0.1:{port}', 'CONTROL': bridge.control_socket,
              'TOKEN': device.token,
              'PATH': f'{build_dir() / "bridge" / "ctl"}:{os.environ["PATH"]}'}
    friend.answer_from_now_on()
    with environment_file(values) as path:
        tell_how_to_go_on(port, device, path)
        say('ready')
        while not stopped.wait(0.5):
            if bridge.process.poll() is not None:
                raise AssertionError(f'the bridge ended:\n{bridge.show_log()}')
    say('stopping')


def main():
    with contextlib.ExitStack() as stack:
        scratch = Scratch('gtalk-quickstart-')
        stack.callback(scratch.close)
        say('starting a test server (Prosody), a keyring on a bus of its own, and the bridge')
        server = stack.enter_context(Prosody(scratch / 'server'))
        friend = Friend(server)
        stack.callback(friend.peer.close)
        bridge, port = start_bridge(stack, scratch, server)
        try:
            device, _ = converse(bridge, friend)
        except Exception:
            say(bridge.show_log())
            raise
        say('It works.')
        if '--once' not in sys.argv[1:]:
            stay(bridge, port, device, friend)


if __name__ == '__main__':
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
