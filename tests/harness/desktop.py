# SPDX-License-Identifier: GPL-2.0-or-later
"""Pidgin on a virtual display, driven through its own D-Bus interface, and Finch in a terminal."""

import os
import re
import shutil
import subprocess
import time
from xml.sax.saxutils import escape

from gi.repository import Gio, GLib

from .keyring import Bus
from .process import DEADLINE_S, ROOT, build_dir, eventually, spawn, tail, terminate

SERVICE = 'im.pidgin.purple.PurpleService'
PATH = '/im/pidgin/purple/PurpleObject'
INTERFACE = 'im.pidgin.purple.PurpleInterface'
PIDGIN_UI = 'gtk-gaim'
FINCH_UI = 'gnt-purple'
OUR_PROTOCOL = 'prpl-googletalk'
SCREEN = '1000x800x24'
# the arrow keys as Finch's terminal library knows them
UP = '\x1bOA'
DOWN = '\x1bOB'
RIGHT = '\x1bOC'

# PurpleStatusPrimitive
AVAILABLE = 2
UNAVAILABLE = 3
INVISIBLE = 4
AWAY = 5
# PurpleConversationType
IM = 1
CHAT = 2
# PurpleMessageFlags
SENT = 1
RECEIVED = 2
SYSTEM = 4
ERROR = 0x200

PREFS = '''<?xml version='1.0' encoding='UTF-8' ?>
<pref version='1' name='/'>
 <pref name='purple'>
  <pref name='away'><pref name='idle_reporting' type='string' value='none'/>
   <pref name='away_when_idle' type='bool' value='0'/></pref>
  <pref name='sound'><pref name='while_status' type='int' value='0'/></pref>
 </pref>
 <pref name='pidgin'>
  <pref name='plugins'><pref name='loaded' type='pathlist'><item value='%(lever)s'/></pref></pref>
  <pref name='sound'><pref name='method' type='string' value='none'/>
   <pref name='mute' type='bool' value='1'/></pref>
  <pref name='conversations'><pref name='tabs' type='bool' value='0'/>
   <pref name='spellcheck' type='bool' value='0'/></pref>
  <pref name='docklet'><pref name='show' type='string' value='never'/></pref>
  <pref name='blist'><pref name='show_offline_buddies' type='bool' value='1'/>
   <pref name='show_protocol_icons' type='bool' value='1'/>
   <pref name='list_visible' type='bool' value='1'/>
   <pref name='x' type='int' value='20'/><pref name='y' type='int' value='20'/>
   <pref name='width' type='int' value='260'/><pref name='height' type='int' value='420'/></pref>
 </pref>
</pref>
'''

# The same sizes everywhere, for clicks and pictures.
LOOK = '''gtk-theme-name="Clearlooks"
gtk-font-name="DejaVu Sans 9"
gtk-cursor-blink=0
'''


class Display:
    """An X server without a screen, with a window manager."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.log = scratch / 'display.log'
        read_end, write_end = os.pipe()
        with self.log.open('ab') as out:
            self.process = spawn(['Xvfb', '-displayfd', str(write_end), '-screen', '0', SCREEN,
                                  '-nolisten', 'tcp', '-noreset'],
                                 stdout=out, stderr=out, pass_fds=[write_end],
                                 env=scratch.environment())
            os.close(write_end)
            with os.fdopen(read_end) as numbers:
                number = numbers.readline().strip()
            if not number:
                raise AssertionError('no display: %s' % tail(self.log))
            self.name = ':' + number
            self.manager = spawn(['openbox'], stdout=out, stderr=out,
                                 env=scratch.environment(DISPLAY=self.name))
        eventually(lambda: self.xdotool('get_desktop'), what='the window manager')

    def xdotool(self, *words):
        """Its output; None if it found nothing."""
        done = subprocess.run(['xdotool', *map(str, words)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                              timeout=DEADLINE_S, env=self.scratch.environment(DISPLAY=self.name))
        return done.stdout.decode() if done.returncode == 0 else None

    def windows(self, title):
        """Ids of the visible windows whose title matches the regular expression."""
        return (self.xdotool('search', '--onlyvisible', '--name', title) or '').split()

    def window(self, title):
        """Waits for such a window and makes it the active one."""
        found = eventually(lambda: self.windows(title), what='a window "%s"' % title)[0]
        self.xdotool('windowactivate', '--sync', found)
        return found

    def key(self, *keys):
        self.xdotool('key', '--clearmodifiers', *keys)

    def type(self, text):
        self.xdotool('type', '--delay', '8', text)

    def click(self, window, x, y, button=1):
        """At a place of the window's inside."""
        self.xdotool('mousemove', '--window', window, x, y, 'click', button)

    def shoot(self, path, window='root', *options):
        """A picture of a window as PNG; options are those of import(1)."""
        subprocess.run(['import', '-window', window, *options, '-strip', 'png:%s' % path],
                       check=True, timeout=DEADLINE_S,
                       env=self.scratch.environment(DISPLAY=self.name))

    def settle(self):
        """Until the screen has stopped changing."""
        before, path = None, self.scratch / 'settle.png'

        def is_still():
            nonlocal before
            self.shoot(path)
            last, before = before, path.read_bytes()
            return last == before
        eventually(is_still, what='a still screen', pause=0.3)

    def close(self):
        terminate(self.manager)
        terminate(self.process)


class PurpleBus:
    """libpurple's D-Bus interface: purple.PurpleAccountsFind('juliet@talk.example', 'prpl-jabber').
    Objects are numbers, 0 is NULL; strings, numbers and lists of numbers are themselves."""

    def __init__(self, address):
        self.connection = Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)

    @staticmethod
    def _variant(value):
        if isinstance(value, str):
            return GLib.Variant('s', value)
        return GLib.Variant('i', int(value))

    def __getattr__(self, method):
        if not method.startswith('Purple'):
            raise AttributeError(method)

        def call(*arguments):
            answer = self.connection.call_sync(
                SERVICE, PATH, INTERFACE, method,
                GLib.Variant.new_tuple(*map(self._variant, arguments)), None,
                Gio.DBusCallFlags.NONE, DEADLINE_S * 1000, None).unpack()
            return answer[0] if len(answer) == 1 else answer or None
        return call

    def close(self):
        self.connection.close_sync(None)


class DesktopClient:
    """What Pidgin and Finch have in common: the folder of their settings, and their accounts."""

    def __init__(self, scratch, server, ui):
        self.scratch = scratch
        self.server = server
        self.ui = ui
        self.folder = scratch / 'purple'
        self.log = scratch / 'desktop.log'
        self._write_settings()

    def _write_settings(self):
        plugins = self.folder / 'plugins'
        plugins.mkdir(parents=True)
        (plugins / 'googletalk.so').symlink_to(build_dir() / 'plugin/googletalk.so')
        lever = plugins / 'desktop-lever.so'
        lever.symlink_to(build_dir() / 'tests/harness/desktop-lever.so')
        (self.folder / 'prefs.xml').write_text(PREFS % {'lever': lever})
        # as if the person had accepted the server's certificate
        peers = self.folder / 'certificates/x509/tls_peers'
        peers.mkdir(parents=True)
        shutil.copy(self.server.folder / 'certs/server.crt', peers / 'localhost')

    def write_accounts(self, *accounts):
        """accounts.xml before the start; each is (protocol, jid, secret, {option: value})."""
        lines = ["<?xml version='1.0' encoding='UTF-8' ?>", "<account version='1.0'>"]
        for protocol, jid, secret, options in accounts:
            lines += ['<account><protocol>%s</protocol><name>%s</name><password>%s</password>'
                      % tuple(map(escape, (protocol, jid, secret))), '<settings>']
            for name, value in {**self.connection_options(), **options}.items():
                kind = {bool: 'bool', int: 'int', str: 'string'}[type(value)]
                value = int(value) if kind == 'bool' else value
                lines.append("<setting name='%s' type='%s'>%s</setting>"
                             % (name, kind, escape(str(value))))
            lines.append("</settings><settings ui='%s'><setting name='auto-login' type='bool'>1"
                         "</setting></settings></account>" % self.ui)
        (self.folder / 'accounts.xml').write_text('\n'.join(lines + ['</account>\n']))

    def connection_options(self):
        # "localhost" is a name in the server's certificate
        return {'connect_server': 'localhost', 'port': self.server.port}

    def show_log(self):
        return tail(self.log, 150)


class Pidgin(DesktopClient):
    """Pidgin; attributes that begin with Purple are calls of its D-Bus interface."""

    def __init__(self, scratch, server, accounts=(), wrapper=(), **environment):
        super().__init__(scratch, server, PIDGIN_UI)
        self.bus = self.display = self.process = self.purple = None
        if accounts:
            self.write_accounts(*accounts)
        try:
            self.bus = Bus(scratch)
            self.display = Display(scratch)
            self._start(wrapper, environment)
        except BaseException:
            self.close()
            raise

    def _start(self, wrapper, environment):
        look = self.scratch / 'gtkrc'
        look.write_text(LOOK)
        environment = self.scratch.environment(
            DISPLAY=self.display.name, DBUS_SESSION_BUS_ADDRESS=self.bus.address,
            LD_PRELOAD=build_dir() / 'tests/harness/desktop-pixmaps.so',
            GTALK_PIXMAPS=ROOT / 'data/icons', GTALK_ROOTS=self.server.ca,
            GTK2_RC_FILES=look, NO_AT_BRIDGE='1', **environment)
        with self.log.open('ab') as out:
            self.process = spawn([*wrapper, '/usr/bin/pidgin', '--debug', '--config', self.folder],
                                 stdout=out, stderr=out, env=environment)
        eventually(lambda: self.bus.owns(SERVICE) or self.process.poll() is not None,
                   deadline=4 * DEADLINE_S, what='Pidgin on its bus')
        if self.process.poll() is not None:
            raise AssertionError('Pidgin ended: %s' % self.show_log())
        self.purple = PurpleBus(self.bus.address)

    def __getattr__(self, method):
        if not method.startswith('Purple'):
            raise AttributeError(method)
        return getattr(self.purple, method)

    def add_account(self, jid, secret, protocol=OUR_PROTOCOL, **options):
        """Adds an account and signs it in; returns its number."""
        account = self.PurpleAccountNew(jid, protocol)
        self.PurpleAccountSetPassword(account, secret)
        self.PurpleAccountSetRememberPassword(account, 1)
        for name, value in {**self.connection_options(), **options}.items():
            kind = {bool: 'Bool', int: 'Int', str: 'String'}[type(value)]
            getattr(self, 'PurpleAccountSet' + kind)(account, name, value)
        self.PurpleAccountsAdd(account)
        self.PurpleAccountSetEnabled(account, self.ui, 1)
        return account

    def account(self, jid, protocol=OUR_PROTOCOL):
        return self.PurpleAccountsFind(jid, protocol)

    def is_online(self, account):
        return bool(self.PurpleAccountIsConnected(account))

    def wait_until_online(self, account):
        eventually(lambda: self.is_online(account), what='the account is online')

    def converse(self, account, jid):
        """Opens a conversation and returns its number."""
        return self.PurpleConversationNew(IM, account, jid)

    def say(self, title, text):
        """Types a line into the conversation whose window has that title; commands too."""
        self.display.window('^%s$' % title)
        self.display.type(text)
        self.display.key('Return')

    def find_conversation(self, account, jid):
        """0 if there is none."""
        return self.PurpleFindConversationWithAccount(IM, jid, account)

    def find_chat(self, account, room):
        """0 if there is none."""
        return self.PurpleFindConversationWithAccount(CHAT, room, account)

    def lines(self, conversation):
        """(flags, text) of each line of a conversation, oldest first."""
        found = [(self.PurpleConversationMessageGetFlags(message),
                  self.PurpleConversationMessageGetMessage(message))
                 for message in self.PurpleConversationGetMessageHistory(conversation)]
        return found[::-1]

    def wait_for_line(self, conversation, part, flags=0):
        """The first line that has these words and flags; returns its text."""
        def find():
            return [text for its_flags, text in self.lines(conversation)
                    if part in text and its_flags & flags == flags]
        return eventually(find, what='"%s" in the conversation' % part)[0]

    def set_status(self, primitive, message=''):
        """As a person chooses it: a saved status for all accounts."""
        status = self.PurpleSavedstatusNew('', primitive)
        if message:
            self.PurpleSavedstatusSetMessage(status, message)
        self.PurpleSavedstatusActivate(status)

    def open_mail(self):
        """Clicks where the buddy list tells of mail; returns the windows that list mails."""
        self.display.click(self.display.window('^Buddy List$'), 100, 37)
        return self.display.windows('^New Mail$')

    def load_protocol(self, loaded):
        """Loads or unloads our protocol."""
        self.PurplePrefsSetBool('/plugins/core/gtalk-lever/loaded', loaded)

    def quit(self):
        """As by its menu; returns the exit status."""
        self.PurpleCoreQuit()
        return self.process.wait(4 * DEADLINE_S)

    def close(self):
        if self.purple is not None:
            self.purple.close()
        for part in (self.process,):
            if part is not None:
                terminate(part)
        if self.display is not None:
            self.display.close()
        if self.bus is not None:
            self.bus.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Finch(DesktopClient):
    """Finch in a terminal of tmux, which is looked at and typed into."""

    def __init__(self, scratch, server, *accounts):
        super().__init__(scratch, server, FINCH_UI)
        self.write_accounts(*accounts)
        self.knows_accounts = False
        self.socket = scratch / 'tmux'
        self.environment = scratch.environment(TERM='screen', LC_ALL='C.UTF-8',
                                               SHELL='/bin/sh')
        command = 'exec finch --config %s 2>%s' % (self.folder, self.log)
        self.tmux('-f', '/dev/null', 'new-session', '-d', '-x', '110', '-y', '36', command)

    def tmux(self, *words):
        done = subprocess.run(['tmux', '-S', self.socket, *map(str, words)], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=self.environment, timeout=DEADLINE_S)
        return done.stdout.decode() if done.returncode == 0 else None

    def screen(self):
        """What the terminal shows."""
        return self.tmux('capture-pane', '-p') or ''

    def keys(self, *names):
        """By tmux's names: Enter, Escape, M-a, C-x."""
        self.tmux('send-keys', *names)

    def type(self, text):
        self.tmux('send-keys', '-l', text)

    def windows(self):
        """The titles in the last line, as far as there is room for them."""
        lines = self.screen().rstrip('\n').split('\n')
        return [title.strip() for title in lines[-1].split('│')]

    def go_to(self, title):
        """To the window whose title begins so."""
        def number():
            return next((number for number, its_title in enumerate(self.windows(), 1)
                         if its_title.startswith(title)), 0)
        self.keys('M-%d' % eventually(number, what='a window "%s"' % title))

    def choose(self, label):
        """An entry of the (only) account's menu."""
        self.go_to('Buddy List')
        self.keys('F10')
        self.wait_for('Accounts')
        if not self.knows_accounts:  # the menu opens where it was left
            self.type(RIGHT)
            self.knows_accounts = True
        self.wait_for(') > ')
        self.type(RIGHT)
        self._press(label)

    def choose_of(self, contact, *labels):
        """An entry of a contact's menu, by the labels that lead to it."""
        self.go_to('Buddy List')
        self.wait_for(contact)
        rows = self.screen().split('\n')
        row = next(number for number, line in enumerate(rows) if contact in line)
        self.type(UP * len(rows) + DOWN * (row - 1))
        self.keys('F11')
        for label in labels:
            self._press(label)

    def _press(self, label):
        """The letter of a menu's entry."""
        letter = re.compile(re.escape(label) + r' *\((.)\)')
        self.type(eventually(lambda: letter.search(self.screen()),
                             what='"%s" in a menu' % label).group(1))

    def wait_for(self, text):
        try:
            eventually(lambda: text in self.screen())
        except AssertionError:
            raise AssertionError('no "%s" on the screen:\n%s' % (text, self.screen())) from None

    def is_running(self):
        return self.tmux('has-session') is not None

    def close(self):
        self.tmux('kill-server')
        end = time.monotonic() + DEADLINE_S
        while self.is_running() and time.monotonic() < end:
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
