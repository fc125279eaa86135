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


def order(text: str) -> str:
    """By what `text` stands before or after another in SORT: letters with marks beside those without, "_" after "Z"."""
    folded = fold(text)
    if folded.isascii():
        return folded.upper()
    # RFC 5051 §2: title case of each character, where that is one character, then its decomposition.
    titled = "".join([title if len(title := each.title()) == 1 else each for each in folded])
    return unicodedata.normalize("NFKD", titled)
