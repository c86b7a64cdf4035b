# SPDX-License-Identifier: GPL-2.0-or-later
"""What integration tests stand on; see tests/README.md."""

from .process import Scratch, eventually
from .prosody import Control, Ejabberd, Prosody
from .stream import Stream, StreamClosed

__all__ = ['Control', 'Ejabberd', 'Prosody', 'Scratch', 'Stream', 'StreamClosed', 'eventually']
