"""How telling a push service can go: the words between `core.pushing` and whoever posts.

Here because neither floor may know the other. Promises: `text` is fit for a log; it holds no URL, no key and no mail text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """What the push service said: an HTTP status, and the seconds it wants to be left alone for (RFC 9110 §10.2.3)."""

    status: int
    retry_after: float | None = None


class PushFailed(Exception):
    """There was no answer: nobody there, a certificate that is not theirs, an address inside."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
