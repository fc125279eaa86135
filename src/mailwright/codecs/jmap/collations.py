"""How strings are put in order (RFC 8620 §5.5, collation): the key of a string under each collation this server offers."""

from __future__ import annotations

import unicodedata

ASCII = "i;ascii-casemap"
UNICODE = "i;unicode-casemap"
DEFAULT = UNICODE

_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def key(text: str, collation: str = DEFAULT) -> str:
    """What to compare instead of the text. Raises KeyError for a collation that is not offered."""
    return _KEYS[collation](text)


def is_known(collation: str) -> bool:
    """Whether it is offered."""
    return collation in _KEYS


def _ascii(text: str) -> str:
    return text.translate(_UPPER)  # RFC 4790 §9.2.1


def _unicode(text: str) -> str:
    # RFC 5051 §2: each character in title case, then taken apart as far as it goes.
    return unicodedata.normalize("NFKD", "".join([letter.title() for letter in text]))


_KEYS = {ASCII: _ascii, UNICODE: _unicode}
