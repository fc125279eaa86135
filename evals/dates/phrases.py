"""The phrase tables: reading them, and judging what was found in one of their texts.

A table is a file `<language>.tsv`, UTF-8, its columns parted by tabs under one line of names:

    now        when it was said, wall clock: 2026-11-18T10:00
    locale     whose habits hold: en-GB
    text       what was said
    span       the phrase in the text; empty when there is none
    kind       a word of `Kind`
    readings   all its meanings, the likeliest first, parted by ";": a day as 2026-11-20, a moment or a part of a day as when it begins
               (2026-11-20T09:00), what lasts as begins/ends (the end of a part of a day may be left out); empty for a duration and for
               what there is not; "PT…" or "P…" gives the length of a duration
    rule       the RRULE of what comes again

A line that begins with "#" is a remark. Called by `evals.dates.measuring` and by the tests.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailwright.codecs.dates.words import Found, Kind, Precision, Reading

TABLES = Path(__file__).resolve().parents[2] / "tests" / "codecs" / "dates" / "phrases"
UNSEEN = Path(__file__).resolve().parent / "unseen"
"""Written by others than the tables and the code, after both, and measured once before anybody mended what they show."""
COLUMNS = ("now", "locale", "text", "span", "kind", "readings", "rule")
_LENGTH = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line of a table. `line` is its number in the file."""

    language: str
    line: int
    now: datetime
    locale: str
    text: str
    span: str
    kind: Kind | None
    readings: tuple[str, ...]
    rule: str

    @property
    def name(self) -> str:
        """Where it stands: en.tsv:12."""
        return f"{self.language}.tsv:{self.line}"


def read(folder: Path = TABLES) -> list[Phrase]:
    """All lines of all tables, in the order of languages and lines. Raises ValueError naming the line that is no phrase."""
    return [phrase for path in sorted(folder.glob("*.tsv")) for phrase in _table(path)]


def _table(path: Path) -> list[Phrase]:
    found = []
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        for number, row in enumerate(rows, 1):
            if number == 1:
                if tuple(row) != COLUMNS:
                    raise ValueError(f"{path.name}: the columns are {row}, not {list(COLUMNS)}")
                continue
            if not row or row[0].startswith("#"):
                continue
            try:
                found.append(_phrase(path.stem, number, [*row, *[""] * (len(COLUMNS) - len(row))]))
            except ValueError as error:
                raise ValueError(f"{path.name}:{number}: {error}") from error
    return found


def _phrase(language: str, number: int, row: Sequence[str]) -> Phrase:
    now, locale, text, span, kind, readings, rule = (each.strip() if at != 2 else each for at, each in enumerate(row))
    if span and span not in text:
        raise ValueError(f"{span!r} does not stand in {text!r}")
    if bool(span) != bool(kind):
        raise ValueError("a phrase has a kind, and a text without one has none")
    kept = tuple(each for each in (part.strip() for part in readings.split(";")) if each)
    for each in kept:
        if not each.startswith("P"):
            for end in each.split("/"):
                datetime.fromisoformat(end)
    if (kind == "set") != bool(rule):
        raise ValueError("what comes again, and nothing else, has a rule")
    return Phrase(
        language, number, datetime.fromisoformat(now), locale, text, span, Kind(kind) if kind else None, kept, rule
    )


def is_whole(phrase: Phrase, found: Sequence[Found]) -> bool:
    """Whether exactly the phrase was found in its text, and nothing else."""
    return [each.text for each in found] == ([phrase.span] if phrase.span else [])


def its_own(phrase: Phrase, found: Sequence[Found]) -> Found | None:
    """What was found exactly where the phrase stands."""
    return next((each for each in found if phrase.span and each.text == phrase.span), None)


def first_right(phrase: Phrase, found: Found) -> bool:
    """Whether the likeliest reading is meant; of a duration, its length."""
    if not phrase.readings or phrase.readings[0].startswith("P"):
        return all_right(phrase, found)
    return bool(found.readings) and same(phrase.readings[0], found.readings[0]) and _same_rule(phrase.rule, found.rule)


def all_right(phrase: Phrase, found: Found) -> bool:
    """Whether all readings are there, no other, the likeliest first; and kind and rule are right."""
    if phrase.kind is not found.kind or not _same_rule(phrase.rule, found.rule):
        return False
    if phrase.readings and phrase.readings[0].startswith("P"):
        return found.seconds == seconds(phrase.readings[0])
    told = {each: at for at, each in enumerate(phrase.readings)}
    if len(told) != len(found.readings):
        return False
    first = not told or same(phrase.readings[0], found.readings[0])
    return first and all(any(same(each, other) for other in found.readings) for each in told)


def same(wanted: str, reading: Reading) -> bool:
    """Whether a reading is what the table says: as exact as the table, and with its end where something lasts."""
    begins, _, ends = wanted.partition("/")
    if "T" not in begins:
        return reading.precision <= Precision.DAY and reading.begins.date() == datetime.fromisoformat(begins).date()
    if reading.begins.replace(second=0, microsecond=0) != datetime.fromisoformat(begins):
        return False
    if not ends or reading.precision is Precision.PART:
        return True
    return reading.ends is not None and reading.ends.replace(second=0, microsecond=0) == datetime.fromisoformat(ends)


def seconds(length: str) -> int | None:
    """The length of an ISO 8601 duration of weeks, days, hours, minutes and seconds."""
    match = _LENGTH.fullmatch(length)
    if match is None:
        return None
    weeks, days, hours, minutes, rest = (int(each or 0) for each in match.groups())
    return int(timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=rest).total_seconds())


def told(reading: Reading) -> str:
    """A reading as the tables write it."""
    if reading.ends is None and reading.precision is Precision.DAY:
        return reading.begins.date().isoformat()
    ends = f"/{reading.ends.isoformat(timespec='minutes')}" if reading.ends else ""
    return reading.begins.isoformat(timespec="minutes") + ends


def _same_rule(wanted: str, found: str) -> bool:
    return _parts(wanted) == _parts(found)


def _parts(rule: str) -> frozenset[tuple[str, frozenset[str]]]:
    """The order of parts and days does not matter, and every one of something is said by leaving INTERVAL out."""
    parts = (piece.partition("=") for piece in rule.upper().split(";") if piece and piece != "INTERVAL=1")
    return frozenset((name, frozenset(value.split(","))) for name, _, value in parts)
