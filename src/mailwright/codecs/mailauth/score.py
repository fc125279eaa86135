"""A few plain signs of spam, each with its weight: what is looked at when no rspamd is asked.

Called by `core.authentication` for mail of other servers. Deterministic, and about how a message was sent, never about its words:
no list of phrases, no learning. The weights are in docs/howto/check-what-arrives.md; a test compares.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mailwright.codecs.mailauth.examination import Findings

THRESHOLD = 5.0
"""From here on a message is filed into Junk: nothing reaches it by one sign alone."""
CROWD = 50  # recipients of one message, as the envelope has them


@dataclass(frozen=True, slots=True)
class Sign:
    """One of them, as it is recorded with the message, and what it weighs."""

    name: str
    weight: float


DMARC_FAIL = Sign("dmarc-fail", 3.0)
SPF_FAIL = Sign("spf-fail", 2.0)
SPF_SOFTFAIL = Sign("spf-softfail", 1.0)
NO_AUTHOR = Sign("no-author", 2.5)
NO_DATE = Sign("no-date", 1.0)
NO_MESSAGE_ID = Sign("no-message-id", 1.0)
STRANGE_HELLO = Sign("strange-hello", 1.5)
OUR_HELLO = Sign("our-own-hello", 3.0)
A_CROWD = Sign("a-crowd", 1.0)
SIGNS = (
    DMARC_FAIL,
    SPF_FAIL,
    SPF_SOFTFAIL,
    NO_AUTHOR,
    NO_DATE,
    NO_MESSAGE_ID,
    STRANGE_HELLO,
    OUR_HELLO,
    A_CROWD,
)


def signs(findings: Findings, names: Collection[bytes], *, helo: str, hostname: str, recipients: int) -> list[Sign]:
    """What speaks against a message. `names` are its header's, in lower case; `hostname` is ours."""
    spf = findings.result_of("spf")
    hello = helo.lower().rstrip(".")
    is_strange = "." not in hello and ":" not in hello  # RFC 5321 §4.1.1.1: a full name or an address literal
    found = [
        (DMARC_FAIL, findings.failed),
        (SPF_FAIL, spf == "fail"),
        (SPF_SOFTFAIL, spf == "softfail"),
        (NO_AUTHOR, findings.author is None),
        (NO_DATE, b"date" not in names),
        (NO_MESSAGE_ID, b"message-id" not in names),
        (OUR_HELLO, hello == hostname.lower()),
        (STRANGE_HELLO, is_strange and hello != hostname.lower()),
        (A_CROWD, recipients > CROWD),
    ]
    return [sign for sign, applies in found if applies]
