"""IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051) over asyncio, on the codec in `codecs/imap`.

Started by `app.py`: `ImapServer(core, settings)`, one for each port. `server` listens and counts, `connection` gives commands to
their verbs in `commands/`, `wire` below it moves the bytes, `selected` is the mailbox a session has open, `refusals` maps refusals
to the words of IMAP.
"""

from mailwright.protocols.imap.server import ImapServer
from mailwright.protocols.imap.settings import ImapLimits, ImapSettings

__all__ = ["ImapLimits", "ImapServer", "ImapSettings"]
