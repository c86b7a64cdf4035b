# SPDX-License-Identifier: GPL-2.0-or-later
"""A desktop's notification service (org.freedesktop.Notifications, Desktop Notifications
Specification) on a test's bus: keeps what programs show, and shows nothing."""

import threading

import gi

gi.require_version('Gio', '2.0')
from gi.repository import Gio, GLib  # noqa: E402

from .process import eventually  # noqa: E402

NAME = 'org.freedesktop.Notifications'
PATH = '/org/freedesktop/Notifications'
CLOSED_BY_CALL = 3
INTERFACE = '''<node><interface name="org.freedesktop.Notifications">
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/>
    <arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>'''


class Notifications:
    """shown: (summary, body) of each, by number; what was closed is no more there."""

    def __init__(self, address):
        self.shown = {}
        self.count = 0
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop(self.context)
        self.thread = threading.Thread(target=self.run, args=(address,), daemon=True)
        self.ready = threading.Event()
        self.thread.start()
        self.ready.wait()

    def run(self, address):
        self.context.push_thread_default()
        flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
                 | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        self.connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
        self.connection.register_object(PATH, interface, self.call, None, None)
        self.connection.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus',
                                  'org.freedesktop.DBus', 'RequestName',
                                  GLib.Variant('(su)', (NAME, 0)), None,
                                  Gio.DBusCallFlags.NONE, -1, None)
        self.ready.set()
        self.loop.run()
        self.connection.close_sync(None)
        self.context.pop_thread_default()

    def call(self, _connection, _sender, _path, _interface, method, arguments, invocation):
        arguments = arguments.unpack()
        if method == 'GetCapabilities':
            answer = GLib.Variant('(as)', (['actions', 'body'],))
        elif method == 'GetServerInformation':
            answer = GLib.Variant('(ssss)', ('a stand-in', 'purple-gtalk', '1', '1.2'))
        elif method == 'Notify':
            answer = GLib.Variant('(u)', (self.notify(*arguments),))
        else:
            answer = None
            self.take_away(*arguments)
        invocation.return_value(answer)

    def notify(self, _program, replaces, _icon, summary, body, *_):
        if not replaces:
            self.count += 1
            replaces = self.count
        self.shown[replaces] = (summary, body)
        return replaces

    def take_away(self, number):
        if self.shown.pop(number, None) is not None:
            self.connection.emit_signal(None, PATH, NAME, 'NotificationClosed',
                                        GLib.Variant('(uu)', (number, CLOSED_BY_CALL)))

    def wait(self, *shown):
        """Until these are shown and nothing else."""
        eventually(lambda: sorted(self.shown.values()) == sorted(shown),
                   what=lambda: '%r shown, not %r' % (shown, self.shown))

    def close(self):
        self.loop.quit()
        self.thread.join()
