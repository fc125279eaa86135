"""Replies: a code, an enhanced code and a text, and how they are spelled on the wire.

Made by the verbs of `protocols/smtp` and by the codec's own refusals; encoded by the session.
Promises: what comes out is one well-formed reply whatever the text holds; a text cannot inject a line.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

MAX_LINE_OCTETS = 512  # RFC 5321 §4.5.3.1.5: a reply line including its code and CRLF
MAX_LINES = 100  # a HELP page is the longest thing we say
REPLY_CACHE = 512  # replies are few and repeat; the ones with an id in them push each other out

_UNPRINTABLE_ASCII = re.compile(r"[^\t\x20-\x7e]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply (RFC 5321 §4.2). `enhanced` is empty where RFC 2034 §4 leaves it out (greeting, hello, 3xx). "\\n" parts lines."""

    code: int
    enhanced: str
    text: str

    def encode(self, *, utf8: bool = False) -> bytes:
        """The bytes with CRLF. `utf8`: the client declared SMTPUTF8 and may be shown more than ASCII (RFC 6531 §3.7.4)."""
        return _encode(self.code, self.enhanced, self.text, utf8)

    @property
    def is_temporary(self) -> bool:
        """4xx: the same request may succeed later (RFC 5321 §4.2.1)."""
        return 400 <= self.code < 500


@lru_cache(maxsize=REPLY_CACHE)
def _encode(code: int, enhanced: str, text: str, utf8: bool) -> bytes:
    lines = text.split("\n")[:MAX_LINES]
    # RFC 2034 §4: the enhanced code is repeated on every line of a reply.
    start = f"{enhanced} " if enhanced else ""
    unprintable = _UNPRINTABLE if utf8 else _UNPRINTABLE_ASCII
    room = MAX_LINE_OCTETS - len(start) - 6  # "250-" and CRLF
    out = []
    for number, line in enumerate(lines, 1):
        # RFC 5321 §4.2.1: every line but the last has a hyphen after its code.
        mark = " " if number == len(lines) else "-"
        shown = unprintable.sub("?", line).encode()[:room].decode(errors="ignore")
        out.append(f"{code}{mark}{start}{shown}".encode())
    out.append(b"")
    return b"\r\n".join(out)
