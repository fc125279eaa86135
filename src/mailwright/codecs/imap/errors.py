"""Whose mistake was it? The peer's, with the answer it deserves, or our own.

Raised inside the codec: `PeerError` is turned into a `Garbled` command by the session and never leaves it, except from
`names` and from `SequenceSet.resolve`, whose callers answer with it. `LocalError` reaches the server: it is a bug there.
"""

from typing import Literal

Condition = Literal["BAD", "NO"]


class PeerError(Exception):
    """The client broke a rule. `condition`, `code` (without brackets, may be empty) and `text` make the answer."""

    def __init__(self, text: str, *, code: str = "", condition: Condition = "BAD") -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.condition: Condition = condition


class NoSuchNumber(PeerError):
    """A message sequence number beyond the last message of the mailbox."""

    def __init__(self, count: int) -> None:
        # RFC 9051 §9, seq-number: a number greater than the number of messages is answered with a tagged BAD.
        super().__init__(f"there are {count} messages here; a sequence number beyond them means nothing")


class LocalError(Exception):
    """The server used the session out of turn."""
