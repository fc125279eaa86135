"""Flags of a message: the five that are bits, and keywords, which are any other word.

Used by the grammar, by the writer of FETCH lines and by `protocols/imap`. The bits have the numbers the store uses.
Flags travel as (bits, keywords): an int and a tuple of words as the client spelled them, each once, case ignored.
"""

from collections.abc import Iterable

SEEN = 1
ANSWERED = 2
FLAGGED = 4
DELETED = 8
DRAFT = 16

BITS: dict[str, int] = {
    "\\Seen": SEEN,
    "\\Answered": ANSWERED,
    "\\Flagged": FLAGGED,
    "\\Deleted": DELETED,
    "\\Draft": DRAFT,
}
"""Every system flag a client may set, as it is written (RFC 9051 §2.3.2), and its bit."""

MAX_KEYWORD_OCTETS = 100  # of one keyword: longer than any in the registry, short enough for an index
MAX_KEYWORDS = 100  # of one command: more is no labelling any more

_BY_LOWER = {name.lower(): bit for name, bit in BITS.items()}


def bit_of(name: str) -> int | None:
    """The bit of a system flag in any case (`\\SEEN`), None for every other word."""
    return _BY_LOWER.get(name.lower())


def names_of(bits: int) -> list[str]:
    """The system flags that are set, as they are written."""
    return [name for name, bit in BITS.items() if bits & bit]


def once_each(keywords: Iterable[str]) -> tuple[str, ...]:
    """Every keyword once, in the order and the spelling of its first appearance."""
    # RFC 9051 §2.3.2: flags are case-insensitive.
    found: dict[str, str] = {}
    for keyword in keywords:
        found.setdefault(keyword.lower(), keyword)
    return tuple(found.values())
