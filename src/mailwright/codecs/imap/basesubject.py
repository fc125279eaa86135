"""The base subject: a subject without "Re:", "Fwd:", list tags and their like (RFC 5256 §2.1).

Used by `sorting` and `threading`, which must agree with clients that do the same.
Expects a decoded subject. Promises linear time. Of a longer subject than MAX_CHARACTERS the beginning counts.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from mailwright.codecs.imap.folding import fold

MAX_CHARACTERS = 2000  # of a subject: what is longer is not told apart behind here

_WHITE = re.compile(r"[ \t\r\n]+")
_BLOB = re.compile(r"\[[^\[\]]*+\][ \t]*+")
_REFWD = re.compile(r"(?:re|fwd?)[ \t]*+(?:\[[^\[\]]*+\][ \t]*+)?:")


class BaseSubject(NamedTuple):
    """`text` is folded, fit to be compared. `is_reply`: something that marks a reply or a forward was taken off."""

    text: str
    is_reply: bool


@lru_cache(maxsize=4096)
def base_subject(subject: str) -> BaseSubject:
    """The base subject of a decoded subject."""
    # (1) Tabs and continuations become a space, several spaces one.
    text = fold(_WHITE.sub(" ", subject[:MAX_CHARACTERS]))
    is_reply = False
    start, end = 0, len(text)
    while True:
        # (2) Trailers: white space and "(fwd)".
        trimmed = True
        while trimmed:
            end = _trim_end(text, start, end)
            trimmed = text.endswith("(fwd)", start, end)
            if trimmed:
                end -= 5
                is_reply = True
        # (3) to (5) Leaders, and blobs that leave something behind.
        start, found = _without_leaders(text, start, end)
        is_reply = is_reply or found
        # (6) "[fwd:" around all of it; then again from (2).
        if not (text.startswith("[fwd:", start, end) and text.endswith("]", start, end)):
            return BaseSubject(text[start:end], is_reply)
        start, end = start + 5, end - 1
        is_reply = True


def _without_leaders(text: str, start: int, end: int) -> tuple[int, bool]:
    """Where the base begins, and whether a "re:" or "fwd:" was passed."""
    is_reply = False
    while True:
        while start < end and text[start] == " ":
            start += 1
        blobs = start
        last = start  # the beginning of the last blob of the run
        while blob := _BLOB.match(text, blobs, end):
            last, blobs = blobs, blob.end()
        refwd = _REFWD.match(text, blobs, end)
        if refwd is None:
            # No leader any more, so none comes by taking blobs off: all go that leave a base that is not empty.
            return (blobs if blobs < end else last), is_reply
        start = refwd.end()
        is_reply = True


def _trim_end(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1] == " ":
        end -= 1
    return end
