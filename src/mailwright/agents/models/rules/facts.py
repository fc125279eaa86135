"""Facts that have a form: links, mail addresses, phone numbers, amounts of money and percentages.

Called by the rules model's work. Promises: what it lists stands in the text as written; linear, bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailwright.agents.models.rules import numbers, texts

MAX_EACH = 30  # of one kind in one mail
MAX_TEXT = 100_000
MAX_LINK = 300  # characters shown of a link

_LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>\"'“”«»\u2018\u2019]{3,2000}", re.IGNORECASE)
_MAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+[A-Za-z]{2,24}\b")
_PHONE = re.compile(
    r"(?<![\w.,/+-])(?:\+\d{1,3}[\d ()/.-]{5,20}\d|(?P<cue>(?:tel|phone|telefon|mobile|mobil|cell|call|fax|tél|handy)[.:a-z]*\s*)"
    r"\(?\d[\d ()/.-]{5,20}\d)(?![\w])",
    re.IGNORECASE,
)
_CODES = "|".join(numbers.CODES)
_MONEY = re.compile(
    rf"(?:[€$£¥₹]\s?-?(?:{numbers.PLAIN})(?:\s?(?:million|billion|mio|mrd|k|m|bn)\b)?"
    rf"|(?<![\w.,])(?:{numbers.PLAIN})(?:\s?(?:million|billion|mio\.?|mrd\.?))?\s?(?:[€£¥₹$]|(?:{_CODES}|euros?|dollars?|pounds|francs)\b)"
    rf"|\b(?:{_CODES})\s?-?(?:{numbers.PLAIN}))",
    re.IGNORECASE,
)
_PERCENT = re.compile(rf"(?<![\w.,])(?:{numbers.PLAIN})\s?(?:%|percent\b|per cent\b|prozent\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """Each kind in the order of the text, each thing once."""

    links: tuple[str, ...]
    addresses: tuple[str, ...]
    phones: tuple[str, ...]
    amounts: tuple[str, ...]
    percentages: tuple[str, ...]

    @property
    def figures(self) -> tuple[str, ...]:
        return self.amounts + self.percentages


def find(text: str) -> Facts:
    """What a text names."""
    text = text[:MAX_TEXT]
    links = _once(_LINK, text, trim=".,;:!?)]}>*_")
    without_links = _LINK.sub(" ", text)
    addresses = _once(_MAIL, without_links)
    rest = _MAIL.sub(" ", without_links)
    phones = []
    for match in _PHONE.finditer(rest):
        number = match[0][len(match["cue"] or "") :].strip()
        if 7 <= sum(c.isdigit() for c in number) <= 15:  # ITU-T E.164: fifteen digits at most
            phones.append(number)
    rest = _PHONE.sub(" ", rest)
    return Facts(
        tuple(link if len(link) <= MAX_LINK else link[:MAX_LINK] + "…" for link in links),
        addresses,
        tuple(dict.fromkeys(phones))[:MAX_EACH],
        _once(_MONEY, rest),
        _once(_PERCENT, rest),
    )


def _once(pattern: re.Pattern[str], text: str, *, trim: str = "") -> tuple[str, ...]:
    found: dict[str, None] = {}
    for piece in texts.pieces(text):
        for match in pattern.finditer(piece):
            found[" ".join(match[0].split()).rstrip(trim)] = None
            if len(found) >= MAX_EACH:
                return tuple(found)
    return tuple(found)
