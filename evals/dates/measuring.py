"""Counting: by language, how many phrases are found exactly, read rightly, and how often a date is seen where there is none.

Called by the command and by the tests. Promises: ours and the peer's figures are of the same texts, and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.dates import peer, phrases, recognizers
from evals.dates.phrases import Phrase
from evals.table import Row
from mailwright.codecs.dates import find, habits_of
from mailwright.codecs.dates.words import Found, Kind, Precision

OURS = "codecs.dates"


@dataclass(frozen=True, slots=True)
class Judged:
    """One text and what was made of it."""

    phrase: Phrase
    span: bool
    whole: bool
    first: bool
    near: bool  # the likeliest reading was found there, a word more or less in its span
    all: bool | None  # None: the peer gives one value only
    false_alarms: int  # findings in a text without dates
    found: tuple[str, ...]


def ours(phrase: Phrase) -> Judged:
    """What we make of it."""
    found = find(phrase.text, phrase.now, language=phrase.language, habits=habits_of(phrase.locale, phrase.language))
    own = phrases.its_own(phrase, found)
    return Judged(
        phrase,
        span=own is not None,
        whole=phrases.is_whole(phrase, found),
        first=own is not None and phrases.first_right(phrase, own),
        near=any(phrases.first_right(phrase, each) for each in found if _touches(phrase, each.begin, each.end)),
        all=own is not None and phrases.all_right(phrase, own),
        false_alarms=0 if phrase.span else len(found),
        found=tuple(_told(each) for each in found),
    )


def theirs(phrase: Phrase) -> Judged:
    """What dateparser makes of it. Of what comes again and of lengths it knows nothing: those count for its spans alone."""
    habits = habits_of(phrase.locale, phrase.language)
    seen = peer.search(phrase.text, phrase.now, language=phrase.language, day_first=habits.day_first)
    texts = [phrase.text[each.begin : each.end] for each in seen]
    own = next((each for each, text in zip(seen, texts, strict=True) if phrase.span and text == phrase.span), None)
    return Judged(
        phrase,
        span=own is not None,
        whole=texts == ([phrase.span] if phrase.span else []),
        first=own is not None and _first_of_theirs(phrase, own),
        near=any(_first_of_theirs(phrase, each) for each in seen if _touches(phrase, each.begin, each.end)),
        all=None,
        false_alarms=0 if phrase.span else len(seen),
        found=tuple(f"{text!r} {each.value:%Y-%m-%dT%H:%M}" for each, text in zip(seen, texts, strict=True)),
    )


def rows(specs: Path | None) -> tuple[list[Row], dict[str, Any]]:
    """The rows of the table, and the mistakes; with a folder of specs, its figures as well."""
    material = phrases.read()
    measured = {OURS: [ours(each) for each in material], peer.name(): [theirs(each) for each in material]}
    table = [row for name, judged in measured.items() for row in _rows("dates, all languages", name, judged)]
    for language in sorted({each.language for each in material}):
        for name, judged in measured.items():
            table += _rows(f"dates, {language}", name, [each for each in judged if each.phrase.language == language])
    fresh = phrases.read(phrases.UNSEEN)
    table += _rows("dates, unseen", OURS, [ours(each) for each in fresh])
    table += _rows("dates, unseen", peer.name(), [theirs(each) for each in fresh])
    details: dict[str, Any] = {
        "mistakes": [
            {"at": each.phrase.name, "text": each.phrase.text, "wanted": _wanted(each.phrase), "found": each.found}
            for each in measured[OURS]
            if not each.whole or (each.phrase.span and not each.all)
        ]
    }
    if specs is not None:
        more, details["recognizers"] = recognizers.rows(specs)
        table += more
    return table, details


def told(details: dict[str, Any]) -> str:
    """Our mistakes, one after the other."""
    lines = [
        f"{each['at']}: {each['text']!r}\n    wanted {each['wanted'] or 'nothing'}\n    found  {' and '.join(each['found']) or 'nothing'}"
        for each in details["mistakes"]
    ]
    for each in details.get("recognizers", {}).get("mistakes", []):
        whole = "span" if not each["whole"] else "value"
        lines.append(f"{whole}: {each['text']!r} ({each['now']})")
        lines.append(f"    wanted {each['wanted'] or 'nothing'}\n    found  {each['found'] or 'nothing'}")
    return "\n".join(lines)


def _rows(part: str, name: str, judged: Sequence[Judged]) -> list[Row]:
    dated = [each for each in judged if each.phrase.span]
    valued = [each for each in dated if each.all is not None or each.phrase.kind not in (Kind.SET, Kind.DURATION)]
    undated = [each for each in judged if not each.phrase.span]
    found = [
        Row(part, name, "phrases", len(dated)),
        Row(part, name, "span exact", _part(dated, lambda each: each.span), "%"),
        Row(part, name, "whole sentence", _part(judged, lambda each: each.whole), "%", f"{len(judged)} texts"),
        Row(part, name, "first reading right", _part(valued, lambda each: each.first), "%", f"of {len(valued)}"),
    ]
    found.append(Row(part, name, "the same, with any span", _part(valued, lambda each: each.near), "%"))
    if all(each.all is not None for each in dated):
        found.append(Row(part, name, "all readings right", _part(dated, lambda each: bool(each.all)), "%"))
    alarmed = sum(each.false_alarms > 0 for each in undated)
    found.append(Row(part, name, "texts with a false alarm", alarmed, note=f"of {len(undated)} without dates"))
    return found


def _part(judged: Iterable[Judged], holds: Callable[[Judged], bool]) -> float:
    held = [holds(each) for each in judged]
    return sum(held) / len(held) if held else 0.0


def _touches(phrase: Phrase, begin: int, end: int) -> bool:
    at = phrase.text.find(phrase.span)
    return bool(phrase.span) and begin < at + len(phrase.span) and at < end


def _first_of_theirs(phrase: Phrase, own: peer.Seen) -> bool:
    if not phrase.readings or phrase.kind in (Kind.SET, Kind.DURATION):
        return False
    begins = phrase.readings[0].partition("/")[0]
    length = 10 if "T" not in begins or begins.endswith("T00:00") else 16  # of a day, the day
    return own.value.isoformat(timespec="minutes")[:length] == begins[:length]


def _wanted(phrase: Phrase) -> str:
    return (
        f"{phrase.span!r} {phrase.kind or ''} {';'.join(phrase.readings)} {phrase.rule}".rstrip() if phrase.span else ""
    )


def _told(found: Found) -> str:
    """One finding in a line, as the tables write it."""
    vague = " (vague)" if found.vague else ""
    length = f" {found.seconds} s" if found.kind is Kind.DURATION else ""
    readings = ";".join(f"{phrases.told(each)}{_about(each.precision)}" for each in found.readings)
    return f"{found.text!r} {found.kind} {readings}{length} {found.rule}".rstrip() + vague


def _about(precision: Precision) -> str:
    return f" ({precision.name.lower()})" if precision < Precision.DAY or precision is Precision.PART else ""
