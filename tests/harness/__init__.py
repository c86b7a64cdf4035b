# SPDX-License-Identifier: GPL-2.0-or-later
"""What integration tests stand on; see tests/README.md."""

from .process import Scratch, eventually
from .prosody import Control, Prosody
from .stream import Stream, StreamClosed

__all__ = ['Control', 'Prosody', 'Scratch', 'Stream', 'StreamClosed', 'eventually']
