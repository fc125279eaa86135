"""Lists in a text: sorted, and freed of what comes twice, when that is asked for.

Called by the rules model's work. Finds bulleted or numbered lines, lines after a colon, or words after a colon on one line.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from mailwright.agents.models.rules import numbers

MAX_ITEMS = 2_000
MAX_TEXT = 100_000

_SORT = re.compile(
    r"\b(?:sort|order|alphabeti[sz]e|rank|arrange|sortier\w*|ordne|alphabetisch|trie[rz]?|trier|ordena\w*|sorteer)\b",
    re.IGNORECASE,
)
_UNIQUE = re.compile(
    r"\b(?:de-?duplicate|dedupe|duplicates?|unique|distinct|doppelte\w*|dubletten|duplikate|doublons|duplicados)\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:descending|reverse\w*|largest first|highest first|newest first|z ?(?:to|-|–) ?a|absteigend|umgekehrt|décroissant|descendente)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\s*(?:[-*•·–]|\d{1,4}[.)])\s+(\S.*)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done with a list."""

    sort: bool
    unique: bool
    descending: bool


@dataclass(frozen=True, slots=True)
class Done:
    """The items in their new order; `removed` is how many came twice; `numeric` whether they were sorted as numbers."""

    items: tuple[str, ...]
    removed: int
    numeric: bool


def wanted(text: str) -> Wanted | None:
    """What a request asks to be done with a list, or None."""
    sort, unique = bool(_SORT.search(text)), bool(_UNIQUE.search(text))
    return Wanted(sort, unique, bool(_DOWN.search(text))) if sort or unique else None


def find(text: str) -> list[str]:
    """The items of the first list in a text; empty when there is none of two items or more."""
    text = text[:MAX_TEXT]
    lines = text.splitlines()
    items = [match[1].strip() for line in lines if (match := _ITEM.fullmatch(line))]
    if len(items) >= 2:
        return items[:MAX_ITEMS]
    for index, line in enumerate(lines):
        head, colon, tail = line.partition(":")
        if not colon or "//" in line[len(head) : len(head) + 3]:
            continue
        if tail.strip():
            said = re.split(r"[.!?](?: |$)", " ".join(tail.split()), maxsplit=1)[0]
            inline = re.split(r" ?[,;] ?(?:(?:and|und|et|y) )?| (?:and|und|et|y) ", said)
            found = [each for each in inline if each]
        else:
            found = _following(lines[index + 1 :])
        if len(found) >= 2:
            return found[:MAX_ITEMS]
    return []


def do(items: list[str], what: Wanted) -> Done:
    """Sort, remove what comes twice, or both; the first spelling of a thing stays."""
    kept = items
    if what.unique:
        first: dict[str, str] = {}
        for item in items:
            first.setdefault(_key(item), item)
        kept = list(first.values())
    numeric = False
    if what.sort:
        values = [_value(item) for item in kept]
        numeric = all(value is not None for value in values)
        if numeric:
            pairs = sorted(zip([v for v in values if v is not None], kept, strict=True), reverse=what.descending)
            kept = [item for _value_, item in pairs]
        else:
            kept = sorted(kept, key=_key, reverse=what.descending)
    return Done(tuple(kept), len(items) - len(kept), numeric)


def _following(lines: list[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        if not line.strip():
            if found:
                break
            continue
        found.append(line.strip())
    return found


def _key(item: str) -> str:
    """Without case and accents, so that "Ärger" stands before "Zug"."""
    decomposed = unicodedata.normalize("NFKD", item.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).strip()


def _value(item: str) -> Fraction | None:
    cell = numbers.cell(item)
    if cell is None:
        return None
    mark, _sure = numbers.decimal_mark([cell.digits])
    found = numbers.value(cell, mark)
    return None if found is None else Fraction(found)
