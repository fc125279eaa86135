"""Keywords as JMAP has them: IMAP's flags and keywords in one set, in small letters (RFC 8621 §4.1.1).

Called by whatever shows, sets or is asked for the keywords of an Email.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from mailwright.core.marking import MAX_KEYWORDS, MAX_KEYWORDS_OCTETS
from mailwright.protocols.jmap.changing import SetError, invalid_properties
from mailwright.storage.filtering import SYSTEM_KEYWORDS

FLAGS = {name: int(flag) for name, flag in SYSTEM_KEYWORDS.items()}
"""RFC 8621 §4.1.1: these are system flags in IMAP; \\Deleted and \\Recent are not told of."""

KEYWORD = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]{1,255}")
"""RFC 8621 §4.1.1: what a keyword is made of."""


def shown(flags: int, words: Iterable[str]) -> dict[str, bool]:
    """The `keywords` of an Email."""
    found = {name: True for name, flag in FLAGS.items() if flags & flag}
    return found | {word.lower(): True for word in words}


def parse(value: Any) -> tuple[int, tuple[str, ...]]:
    """Flags and keywords of a `keywords` property. Raises SetError: invalidProperties, tooManyKeywords."""
    if value is None:
        return 0, ()  # RFC 8620 §5.3: the default
    if not isinstance(value, dict) or not all(KEYWORD.fullmatch(key) and on is True for key, on in value.items()):
        raise invalid_properties('keywords map words without spaces and ()]{%*"\\ to true', "keywords")
    names = {key.lower() for key in value}
    words = tuple(sorted(names - FLAGS.keys()))
    if len(words) > MAX_KEYWORDS or len(json.dumps(words)) > MAX_KEYWORDS_OCTETS:
        raise SetError("tooManyKeywords", f"an Email has at most {MAX_KEYWORDS} keywords")
    return sum(flag for name, flag in FLAGS.items() if name in names), words
