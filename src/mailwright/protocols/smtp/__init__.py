"""SMTP (RFC 5321), LMTP (RFC 2033) and submission (RFC 6409) over asyncio, on the codec in `codecs/smtp`.

Started by `app.py`: `MailServer(kind, entrance, settings)`. `server` listens and counts, `connection` carries bytes between a
socket and a session, `verbs/` has one file per verb, `replies` maps refusals to SMTP's words, `entrance` is what is asked of
core.
"""

from mailwright.protocols.smtp.entrance import Entrance, Outcome, Receipt, SignedIn
from mailwright.protocols.smtp.server import MailServer
from mailwright.protocols.smtp.settings import Kind, SmtpLimits, SmtpSettings

__all__ = ["Entrance", "Kind", "MailServer", "Outcome", "Receipt", "SignedIn", "SmtpLimits", "SmtpSettings"]
