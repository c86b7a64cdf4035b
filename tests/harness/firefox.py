# SPDX-License-Identifier: GPL-2.0-or-later
"""Firefox without a window, with a profile of its own, that talks to this machine alone."""

import json
import os
import signal

from .process import spawn, tail, terminate

NOBODY = 1   # a port behind which no proxy is
PREFERENCES = {
    # No question is asked, and no page is shown but ours.
    'browser.aboutwelcome.enabled': False,
    'browser.preonboarding.enabled': False,
    'browser.shell.checkDefaultBrowser': False,
    'browser.startup.homepage_override.mstone': 'ignore',
    'datareporting.policy.dataSubmissionEnabled': False,
    'permissions.default.desktop-notification': 1,
    # Nothing leaves the machine: what is not of this machine goes through a proxy that is not.
    'network.proxy.type': 1,
    'network.proxy.http': '127.0.0.1',
    'network.proxy.http_port': NOBODY,
    'network.proxy.ssl': '127.0.0.1',
    'network.proxy.ssl_port': NOBODY,
    'network.captive-portal-service.enabled': False,
    'network.connectivity-service.enabled': False,
    'services.settings.server': 'data:,',
    'app.normandy.enabled': False,
    'app.update.disabledForTesting': True,
    'browser.safebrowsing.update.enabled': False,
    'extensions.update.enabled': False,
    'media.gmp-manager.updateEnabled': False,
    'toolkit.telemetry.server': '',
    # As few processes as do.
    'dom.ipc.processCount': 1,
    'dom.ipc.processPrelaunch.enabled': False,
    # Its push service is a stand-in, and need not speak TLS.
    'dom.push.connection.enabled': True,
    'dom.push.testing.allowInsecureServerURL': True,
    'dom.push.testing.ignorePermission': True,
}


class Firefox:
    """It may be closed and started again, with the same profile. push_url: of the push service's
    WebSocket."""

    def __init__(self, scratch, url, push_url, **environment):
        self.profile = scratch / 'firefox'
        self.profile.mkdir()
        preferences = {**PREFERENCES, 'dom.push.serverURL': push_url}
        (self.profile / 'user.js').write_text(''.join(
            'user_pref(%s, %s);\n' % (json.dumps(name), json.dumps(value))
            for name, value in preferences.items()))
        self.url = url
        self.environment = scratch.environment(MOZ_HEADLESS=1, MOZ_CRASHREPORTER_DISABLE=1,
                                               **environment)
        self.log = scratch / 'firefox.log'
        self.process = None

    def start(self):
        with open(self.log, 'ab') as out:
            self.process = spawn(['firefox-esr', '--no-remote', '--profile', self.profile,
                                  self.url], env=self.environment, stdout=out, stderr=out)

    def show_log(self):
        return tail(self.log)

    def close(self):
        if self.process is None:
            return
        group = self.process.pid  # a session of its own
        terminate(self.process)
        self.process = None
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass
