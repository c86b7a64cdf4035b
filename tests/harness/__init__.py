# SPDX-License-Identifier: GPL-2.0-or-later
"""What integration tests stand on; see tests/README.md."""

from .api import Answer, Api, Device
from .bridge import Bridge
from .keyring import Keyring
from .peer import XmppPeer
from .process import Scratch, eventually
from .prosody import Control, Ejabberd, Prosody
from .stream import Stream, StreamClosed

__all__ = ['Answer', 'Api', 'Bridge', 'Control', 'Device', 'Ejabberd', 'Keyring', 'Prosody',
           'Scratch', 'Stream', 'StreamClosed', 'XmppPeer', 'eventually']
