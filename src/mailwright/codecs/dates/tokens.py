"""Cutting a text into words, numbers and signs, and reading the forms that are made of digits: 2026-11-20, 3/4, 9:30, 2.5.

Called by `finding`. Offsets are those of the text given. Takes time proportional to the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from mailwright.codecs.dates.calendars import FIRST_YEAR, LAST_YEAR
from mailwright.codecs.dates.patterns import Item

# A blank line is a sign of its own, so that no phrase goes over it; a single line break is only space, for mail is wrapped.
_TOKEN = re.compile(r"\n[ \t\r]*\n|\d+|[^\W\d_]+|[^\w\s]|_")
_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "～": "~"}
)


@dataclass(frozen=True, slots=True)
class Token:
    """`text[begin:end]`, in small letters; `gap` when there is space before it."""

    word: str
    begin: int
    end: int
    gap: bool


def cut(text: str) -> list[Token]:
    """The tokens of a text."""
    found: list[Token] = []
    at = 0
    for match in _TOKEN.finditer(text):
        found.append(Token(fold(match[0]), match.start(), match.end(), match.start() > at))
        at = match.end()
    return found


def unglued(tokens: list[Token], halves: Mapping[str, int]) -> list[Token]:
    """The tokens with words of two parts cut in two: "freitagmorgen" into "freitag" and "morgen". `halves` has their first part's length."""
    found: list[Token] = []
    for token in tokens:
        length = halves.get(token.word)
        if length is None or token.end - token.begin != len(token.word):
            found.append(token)
            continue
        found.append(Token(token.word[:length], token.begin, token.begin + length, token.gap))
        found.append(Token(token.word[length:], token.begin + length, token.end, False))
    return found


def fold(word: str) -> str:
    """In small letters, with plain quotes and dashes."""
    return unicodedata.normalize("NFC", word).casefold().translate(_QUOTES)


def levelled(text: str) -> str:
    """The text in small letters with plain quotes and dashes, every character where it was."""
    return "".join(small if len(small := fold(letter)) == 1 else letter for letter in text)


def bare(word: str) -> str:
    """Without accents: what people type on a foreign keyboard."""
    return "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter))


@dataclass(frozen=True, slots=True)
class Numeric:
    """A date in digits as written: three numbers or two, the sign between them."""

    numbers: tuple[int, ...]
    digits: tuple[int, ...]
    sign: str


_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?![\d:])", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d|[-/]\d{3})")
_THREE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d|[/.]\d)")
_TWO = re.compile(r"(\d{1,2})(?:([-/])(\d{1,2})|(\.)(\d{1,2})\.?)(?!\d|[/.,]\d|:)")
_PACKED = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d|[.,]\d)")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?(?!\d|:\d)")
_DOTTED = re.compile(r"(\d{1,2})\.(\d\d)(?!\d|[.,:]\d|\s?(?:%|percent|per cent))")
_PACKED_CLOCK = re.compile(r"([01]?\d|2[0-3])([0-5]\d)(?!\d|[.,:/]\d)")
_DECIMAL = re.compile(r"\d+[.,]\d+(?!\d|[.,]\d)")
_BEFORE = re.compile(r"(?:\d[/.,:]|[$€£#@+]\s?|\d)\Z")  # in the middle of a longer number, or a price
_PRICE = re.compile(r"[$€£]\s?\Z")


def in_digits(text: str, tokens: list[Token], index: int) -> list[Item]:
    """What the digits that begin at this token may be: classes NUM, YEAR4, DECIMAL, ISO, NUMERIC, PACKED, CLOCK, DOTTED, HHMM."""
    token = tokens[index]
    begin = token.begin
    if len(token.word) > 8:
        return []
    items: list[Item] = []
    before = text[max(0, begin - 2) : begin]
    if _PRICE.search(before):
        return []
    inside = _BEFORE.search(before) is not None
    number = int(token.word) if token.word.isdecimal() else -1
    if number >= 0 and len(token.word) <= 4:
        items.append(("NUM", number, 1))
        if len(token.word) == 2:
            items.append(("NUM2", number, 1))
        if len(token.word) == 4 and FIRST_YEAR <= number <= LAST_YEAR:
            items.append(("YEAR4", number, 1))
    for name, pattern in _FORMS:
        match = pattern.match(text, begin)
        if match is None or (inside and name not in ("CLOCK", "PACKED")):
            continue
        value = _value(name, match)
        length = _tokens_until(tokens, index, match.end())
        if value is not None and length:
            items.append((name, value, length))
    return items


_FORMS = (
    ("ISO", _ISO),
    ("NUMERIC", _YEAR_FIRST),
    ("NUMERIC", _THREE),
    ("NUMERIC", _TWO),
    ("PACKED", _PACKED),
    ("CLOCK", _CLOCK),
    ("DOTTED", _DOTTED),
    ("HHMM", _PACKED_CLOCK),
    ("DECIMAL", _DECIMAL),
)


def _value(name: str, match: re.Match[str]) -> Any:
    if name == "DECIMAL":
        return float(match[0].replace(",", "."))
    if name == "NUMERIC":
        numbers = [part for part in match.groups() if part is not None and part.isdecimal()]
        return Numeric(tuple(map(int, numbers)), tuple(map(len, numbers)), match[2] or match[4])
    numbers = [part for part in match.groups() if part]
    if name in ("CLOCK", "DOTTED", "HHMM"):
        hour, minute, second = (*map(int, numbers), 0, 0)[:3]
        valid = hour <= 24 and minute < 60 and second < 60 and (hour < 24 or minute == second == 0)
        return (hour, minute, second, len(numbers), numbers[0][0] == "0") if valid else None
    try:
        date(*map(int, numbers[:3]))
    except ValueError:
        return None
    return tuple(map(int, numbers))


def _tokens_until(tokens: list[Token], index: int, end: int) -> int:
    """How many tokens from this one lie before that offset; 0 when it is in the middle of one."""
    at = index
    while at < len(tokens) and tokens[at].end < end:
        at += 1
    return at - index + 1 if at < len(tokens) and tokens[at].end == end else 0
