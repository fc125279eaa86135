"""Disputes: what pages about one person say against each other, and what was so once and is no more. Pure.

Called by `sifting` with the sentences of all pages about the recipient, before a fact of one of them is used.
Promises: of two pages that contradict each other, the older one loses; where that cannot be told, neither is used. What a page says of
now is not used when a newer page, or the owner, says that the recipient is elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.agents.scribe import facts_table as table
from mailwright.agents.scribe import identity_table
from mailwright.agents.scribe.names import fold
from mailwright.agents.scribe.recipient import Known, same_place, stem, telling

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NUMBER = re.compile(r"(?<![\w.,])(\d{1,3}(?:[.,\u202f ]\d{3})+|\d+)\s+((?:[^\W\d_]+\s+)?[^\W\d_]{3,30})", re.UNICODE)
_HAPPENED = {
    kind: re.compile(rf"\b(?:{words})" if words[0] != r"\(" else words, re.IGNORECASE)
    for kind, words in table.HAPPENED.items()
}
_CITED = re.compile(r"[“\"«„]([^“”\"«»„\n]{3,120})[”\"»“]")
_CAPITALS = re.compile(
    r"[A-ZÀ-ÖØ-Þ][\w'’-]{1,40}(?:\s+(?:of|the|de|la|der|di|do|da|and|und|et|e|y|[A-ZÀ-ÖØ-Þ][\w'’-]{1,40}))*\s+[A-ZÀ-ÖØ-Þ][\w'’-]{1,40}|[A-ZÀ-ÖØ-Þ][\w'’-]{3,40}"
)
_UPDATED = re.compile(
    r"(?:last (?:updated|changed|modified)|updated|stand|zuletzt geändert|mis(?:e)? à jour|actualizad[oa]|aggiornat[oa]|bijgewerkt|atualizad[oa])"
    r"[^\n]{0,30}?\b((?:19|20)\d\d)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence of a page about the recipient. `year`: of the page, 0 when unknown; `own`: the page belongs to them or their house."""

    source: int
    text: str
    year: int = 0
    own: bool = False


def year_of(published: str, text: str) -> int:
    """How old a page is, by what it says of itself; 0 when it does not."""
    updated = _UPDATED.search(text)
    if updated is not None:
        return int(updated[1])
    return int(published[:4]) if published[:4].isdigit() else 0


class Disputes:
    """What the pages say, looked up by what it is about. `name` parts are no subject of a dispute."""

    def __init__(self, known: Known, every: Sequence[Told]) -> None:
        self._own_words = frozenset([*known.name.given, *known.name.family])
        self._years: dict[tuple[str, str], list[tuple[int, Told]]] = {}
        self._counts: dict[tuple[str, str], list[tuple[str, Told]]] = {}
        for each in every:
            for key, year in self._happened(each.text):
                self._years.setdefault(key, []).append((year, each))
            for key, count in self._counted(each.text):
                self._counts.setdefault(key, []).append((count, each))
        self._left = _left(known, every)

    def against(self, told: Told) -> str:
        """Why a sentence is not used; "" when nothing speaks against it."""
        if told.source in self._left and _is_now(told.text):
            return "outdated"
        for key, year in self._happened(told.text):
            if self._loses(told, [(each, other) for each, other in self._years.get(key, ()) if each != year]):
                return "contradicted"
        for key, count in self._counted(told.text):
            if self._loses(told, [(each, other) for each, other in self._counts.get(key, ()) if each != count]):
                return "contradicted"
        return ""

    def _loses(self, told: Told, others: Sequence[tuple[object, Told]]) -> bool:
        """Whether somebody says otherwise who is not plainly older. A page does not contradict itself: it counts two things."""
        return any(
            other.source != told.source and not (told.year and other.year and told.year > other.year)
            for _, other in others
        )

    def _happened(self, text: str) -> list[tuple[tuple[str, str], int]]:
        years = {int(each) for each in _YEAR.findall(text)}
        if len(years) != 1:
            return []
        (year,) = years
        kinds = [kind for kind, words in _HAPPENED.items() if words.search(text)]
        return [((kind, subject), year) for kind in kinds for subject in self._subjects(text)]

    def _counted(self, text: str) -> list[tuple[tuple[str, str], str]]:
        out = []
        for number, noun in _NUMBER.findall(text):
            digits = re.sub(r"\D", "", number)
            if len(digits) == 4 and digits[:2] in ("19", "20"):
                continue
            unit = stem(noun.split()[-1])
            out += [((unit, subject), digits) for subject in self._subjects(text)]
        return out

    def _subjects(self, text: str) -> set[str]:
        """What a sentence is about, beside the recipient: titles and names."""
        found = {" ".join(map(fold, each.split())) for each in (*_CITED.findall(text), *_CAPITALS.findall(text))}
        words = {each.removeprefix("the ") for each in found} - {""}
        return {each for each in words if not set(each.split()) <= self._own_words} or {""}


def _is_now(text: str) -> bool:
    """Whether a sentence says how things are."""
    return table.PAST.search(text) is None and (
        table.NOW.search(text) is not None or table.ROLE.search(text) is not None
    )


def _places(text: str) -> list[frozenset[str]]:
    return [each for found in identity_table.ORGANISATION.finditer(text) if (each := telling(found[0]))]


def _left(known: Known, every: Sequence[Told]) -> set[int]:
    """The pages that have the recipient at a place that they left: by the owner's word, else by the newest page that names a place."""
    at = {
        each.source: places
        for each in every
        if table.ROLE.search(each.text) and _is_now(each.text) and (places := _places(each.text))
    }
    here = list(known.organisations)
    if not here:
        dated = [(each.year, each.source) for each in every if each.source in at and each.year]
        newest = max(dated, default=(0, 0))
        here = at.get(newest[1], []) if len({year for year, _ in dated}) > 1 else []
    if not here:
        return set()
    return {
        source for source, places in at.items() if not any(same_place(place, each) for place in places for each in here)
    }
