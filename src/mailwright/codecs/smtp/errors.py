"""Whose mistake was it? The peer's, with the answer it deserves, or our own.

Raised inside the codec: `PeerError` is turned into a `Garbled` command by the session and never leaves it; `LocalError`
reaches the server, because it is a bug there.
"""

from mailwright.codecs.smtp.replies import Reply


class PeerError(Exception):
    """The client broke a rule. `reply` is the answer that tells it which."""

    def __init__(self, code: int, enhanced: str, text: str) -> None:
        super().__init__(text)
        self.reply = Reply(code, enhanced, text)


class LocalError(Exception):
    """The server used the session out of turn: a reply nobody waits for, a success the state does not allow."""
