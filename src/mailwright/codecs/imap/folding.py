"""Text made ready to be compared without regard to case: in SEARCH, SORT and THREAD.

Used by `evaluate`, `basesubject` and `sorting`. RFC 5256 §7 and RFC 9051 §6.4.4 want i;unicode-casemap (RFC 5051), which is
title case and decomposition of single characters. Here it is Unicode's full case folding after NFC: it finds all that the
other finds of letters people type, and "STRASSE" finds "straße" too. Both sides of a comparison are folded alike.
"""

import unicodedata


def fold(text: str) -> str:
    """`text` without differences of case and of composed and decomposed characters."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
