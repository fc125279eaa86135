"""CSS declarations: `color: red; width: 10px` in, what may stay out of it.

Called by `sanitise` for `style` attributes and by `stylesheets` for the inside of rules.
Promises: what comes out has only properties of the list, and values of few characters and known functions: nothing that fetches,
escapes, moves over other things, or could be read as anything else. One pass; never raises.
"""

from __future__ import annotations

import re

from mailwright.codecs.htmlmail.allowed_table import FUNCTIONS, NEGATIVE, PROPERTIES

MAX_CHARACTERS = 20_000  # of one list of declarations
MAX_VALUE = 300  # characters; the longest honest ones are lists of fonts

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# No backslash (CSS escapes spell any word), no @ < > { } : and no quote inside quotes.
_VALUE = re.compile(r"""(?:[A-Za-z0-9 #.,%()+/_-]|'[A-Za-z0-9 ._-]*'|"[A-Za-z0-9 ._-]*")+""")
_FUNCTION = re.compile(r"([A-Za-z_-]*)\(")
_NEGATIVE = re.compile(r"(?<![A-Za-z0-9_)-])-\s*[0-9.]")
# A page is some thousand pixels wide: no five digits, and no powers of ten (CSS Values 4 §5.2) but in the names of colours.
_LARGE = re.compile(r"(?<![#A-Za-z0-9_.-])[0-9]{5,}|(?<![#A-Za-z0-9_-])[0-9.]+e[+-]?[0-9]")
_IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)
_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")


def filtered(text: str) -> str:
    """The declarations of `text` that may stay, as `name:value` joined by semicolons."""
    kept = []
    for declaration in _COMMENT.sub(" ", text[:MAX_CHARACTERS]).split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        if colon and name in PROPERTIES and (fine := _value(name, value)):
            kept.append(f"{name}:{fine}")
    return ";".join(kept)


def _value(name: str, given: str) -> str:
    """The value as it is written out, or nothing."""
    value = " ".join(given.split())
    important = _IMPORTANT.search(value)
    if important:
        value = value[: important.start()]
    if not value or len(value) > MAX_VALUE or not _VALUE.fullmatch(value):
        return ""
    bare = _QUOTED.sub("", value).lower()
    if any(function not in FUNCTIONS for function in _FUNCTION.findall(bare)) or bare.count("(") != bare.count(")"):
        return ""
    if "//" in bare or "/*" in bare or _LARGE.search(bare) or (name not in NEGATIVE and _NEGATIVE.search(bare)):
        return ""
    if name == "unicode-bidi" and bare == "bidi-override":  # shows the letters of an address in another order
        return ""
    return f"{value}!important" if important else value
