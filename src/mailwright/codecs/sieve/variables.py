"""The variables of one run (RFC 5229) and the flags kept in them (RFC 5232).

Made by the interpreter for each run.
"""

import re
from collections.abc import Callable, Iterable

from mailwright.codecs.sieve.limits import (
    MAX_KEYWORD_CHARACTERS,
    MAX_KEYWORDS,
    MAX_MATCH_VARIABLE,
    MAX_VARIABLE_CHARACTERS,
    MAX_VARIABLES,
)

FLAGS = ""
"""The name of the internal variable of RFC 5232 §3, which no script can write."""

_LOWER = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_UPPER = {ord(lower): lower.upper() for lower in "abcdefghijklmnopqrstuvwxyz"}
_SPECIAL = re.compile(r"([*?\\])")
# RFC 9051 §2.3.2: the system flags a client may set; \Recent cannot be (RFC 5232 §2).
_SYSTEM = {flag.lower(): flag for flag in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")}
_KEYWORD = re.compile(r"[!#$&'+,./0-9:;<=>?@A-Z\[^_`a-z|}~-]+")  # RFC 9051 §9: atom, which has no ] either

_MODIFIERS: dict[str, Callable[[str], str]] = {
    # RFC 5229 §4.1.3: only the letters of ASCII change.
    "lower": lambda text: text.translate(_LOWER),
    "upper": lambda text: text.translate(_UPPER),
    "lowerfirst": lambda text: text[:1].translate(_LOWER) + text[1:],
    "upperfirst": lambda text: text[:1].translate(_UPPER) + text[1:],
    "quotewildcard": lambda text: _SPECIAL.sub(r"\\\1", text),
    "length": lambda text: str(len(text)),
}


class Variables:
    """Values by name, and what the last successful `:matches` found."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._matched: list[str] = []

    def value_of(self, name: str) -> str:
        """A variable's value; empty for one that was never set."""
        if name.isdigit():
            index = int(name)
            return self._matched[index] if index < len(self._matched) else ""
        return self._values.get(name, "")

    def set(self, name: str, value: str, modifiers: Iterable[str] = ()) -> bool:
        """Keep a value, cut off where it is too long (RFC 5229 §6). False when there are too many variables."""
        if name not in self._values and len(self._values) >= MAX_VARIABLES:
            return False
        for modifier in modifiers:
            value = _MODIFIERS[modifier](value)
        self._values[name] = value[:MAX_VARIABLE_CHARACTERS]
        return True

    def matched(self, found: list[str]) -> None:
        """Remember what wildcards stood for (RFC 5229 §3.2): the whole, then each."""
        self._matched = found[: MAX_MATCH_VARIABLE + 1]


def flags_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The flags in lists parted by spaces, each once, system flags in their usual spelling; what is no flag is ignored."""
    found: dict[str, str] = {}
    for text in texts:
        for word in text.split():
            key = word.lower()
            if key in found:
                continue
            if key in _SYSTEM:
                found[key] = _SYSTEM[key]
            elif len(found) < MAX_KEYWORDS and len(word) <= MAX_KEYWORD_CHARACTERS and _KEYWORD.fullmatch(word):
                found[key] = word
    return tuple(found.values())


def changed_flags(before: str, flags: Iterable[str], how: str) -> str:
    """The value of a variable of flags after `set`, `add` or `remove`."""
    given = flags_in(flags)
    if how == "set":
        return " ".join(given)
    if how == "add":
        return " ".join(flags_in([before, *given]))
    gone = {flag.lower() for flag in given}
    return " ".join(flag for flag in flags_in([before]) if flag.lower() not in gone)
