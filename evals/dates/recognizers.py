"""Microsoft's Recognizers-Text specs as a yardstick: the same figures for us and for the peer, on a folder somebody fetched.

Called by the command with `--recognizers FOLDER`: the project's `Specs/DateTime/English`, of which `DateTimeModel.json` is read. Nothing
of it is part of this project. How it is counted:

- All cases count, also those that some of the project's own libraries do not support ("NotSupported"): the expectation is meant all
  the same. Further rows leave out what the libraries for .NET, the reference, do not support; and take only the sentences whose spans
  are all points in time (dates, times, both), since ranges, lengths and what comes again are nothing that the peer claims to find.
- Spans are compared by offset. A sentence is whole when all its spans are found and no other; a case without results is one where
  nothing is to be found.
- A value is right when the span is exact and our first reading begins when one of theirs does (they give the past and the coming
  14 October; we the coming one), to the day or the minute as theirs does; of a length, the seconds. What comes again has no value
  there and is left out of values, and so are time zones. We are told when their weeks and parts of the day begin, as habits; other
  conventions stay ours, and count as wrong where they differ: a range that ends before Friday is due on Thursday here, a day ends at 17:00.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

from evals.dates import peer
from evals.table import Row
from mailwright.codecs.dates import find, habits_of
from mailwright.codecs.dates.words import Habits, Hours, Kind

MODEL = "DateTimeModel.json"
OURS = "codecs.dates"
_REFERENCE = "dotnet"
_NOW = datetime(2016, 11, 7)  # where a case says none, as most cases do
_PREFIX = "datetimeV2."
_WITHOUT_VALUE = ("set", "timezone")
_POINTS = {"date", "time", "datetime"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A span and what it may be: its type and the values listed for it."""

    begin: int
    end: int
    type: str
    values: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence of the specs."""

    text: str
    now: datetime
    wanted: tuple[Wanted, ...]
    unsupported: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """One finding of either: its span, its moment, its length in seconds."""

    begin: int
    end: int
    value: datetime | None
    ends: datetime | None = None
    seconds: int | None = None


Answering = Callable[[Case], list[Answer]]


def read(folder: Path) -> list[Case]:
    """The cases of a folder. Raises FileNotFoundError when it has no such file."""
    return [_case(each) for each in json.loads((folder / MODEL).read_text(encoding="utf-8-sig"))]


def rows(folder: Path) -> tuple[list[Row], dict[str, Any]]:
    """The figures of both, and our mistakes."""
    cases = read(folder)
    supported = [each for each in cases if _REFERENCE not in each.unsupported]
    points = [each for each in cases if _POINTS.issuperset(want.type for want in each.wanted)]
    answered = {OURS: [_ours(each) for each in cases], peer.name(): [_theirs(each) for each in cases]}
    table = []
    parts = {"": cases, ", points in time": points, ", supported by .NET": supported}
    for part, some in parts.items():
        chosen = {id(each) for each in some}
        for name, answers in answered.items():
            table += _rows(
                f"dates, Recognizers-Text{part}",
                name,
                [(c, a) for c, a in zip(cases, answers, strict=True) if id(c) in chosen],
            )
    mistakes = [
        {
            "text": case.text,
            "now": case.now.isoformat(),
            "wanted": [f"{case.text[each.begin : each.end]} {each.type} {each.values}" for each in case.wanted],
            "found": [f"{case.text[each.begin : each.end]} {each.value} {each.ends or ''}" for each in answers],
            "whole": _whole(case, answers),
        }
        for case, answers in zip(cases, answered[OURS], strict=True)
        if not _whole(case, answers) or not all(_right(want, answers) for want in _valued(case))
    ]
    return table, {"mistakes": mistakes}


def _case(raw: Mapping[str, Any]) -> Case:
    now = raw.get("Context", {}).get("ReferenceDateTime")
    unsupported = ",".join(raw.get(each, "") for each in ("NotSupported", "NotSupportedByDesign"))
    return Case(
        raw["Input"],
        datetime.fromisoformat(now) if now else _NOW,
        tuple(_wanted(each) for each in raw["Results"]),
        frozenset(each.strip().lower() for each in unsupported.split(",") if each.strip()),
    )


def _wanted(raw: Mapping[str, Any]) -> Wanted:
    kind = str(raw.get("TypeName") or raw.get("Typename")).removeprefix(_PREFIX)
    values = (raw.get("Resolution") or {}).get("values") or []
    return Wanted(raw["Start"], raw["End"] + 1, kind, tuple(values))


def _ours(case: Case) -> list[Answer]:
    habits = _american()
    answers = []
    for each in find(case.text, case.now, language="en", habits=habits):
        first = each.readings[0] if each.readings else None
        seconds = each.seconds if each.kind is Kind.DURATION else None
        answers.append(
            Answer(each.begin, each.end, first.begins if first else None, first.ends if first else None, seconds)
        )
    return answers


def _theirs(case: Case) -> list[Answer]:
    seen = peer.search(case.text, case.now, language="en", day_first=_american().day_first)
    return [Answer(each.begin, each.end, each.value) for each in seen]


def _american() -> Habits:
    """Their conventions where they differ from those of the locale: weeks begin on Monday, and their parts of the day are earlier."""
    hours = Hours(time(8), time(8), time(8), time(12), time(12), time(16), time(20), time(17))
    return replace(habits_of("en-US", "en"), first_weekday=0, hours=hours)


def _rows(part: str, name: str, answered: Sequence[tuple[Case, list[Answer]]]) -> list[Row]:
    spans = [_found(want, answers) is not None for case, answers in answered for want in case.wanted]
    values = [_right(want, answers) for case, answers in answered for want in _valued(case)]
    whole = [_whole(case, answers) for case, answers in answered]
    empty = [answers for case, answers in answered if not case.wanted]
    return [
        Row(part, name, "spans", len(spans)),
        Row(part, name, "span exact", _share(spans), "%"),
        Row(part, name, "whole sentence", _share(whole), "%", f"{len(whole)} texts"),
        Row(part, name, "value right", _share(values), "%", f"of {len(values)}"),
        Row(part, name, "texts with a false alarm", sum(map(bool, empty)), note=f"of {len(empty)} without dates"),
    ]


def _share(held: Sequence[bool]) -> float:
    return sum(held) / len(held) if held else 0.0


def _found(want: Wanted, answers: Sequence[Answer]) -> Answer | None:
    return next((each for each in answers if (each.begin, each.end) == (want.begin, want.end)), None)


def _whole(case: Case, answers: Sequence[Answer]) -> bool:
    return [(each.begin, each.end) for each in answers] == sorted((each.begin, each.end) for each in case.wanted)


def _valued(case: Case) -> list[Wanted]:
    return [each for each in case.wanted if each.type not in _WITHOUT_VALUE and each.values]


def _right(want: Wanted, answers: Sequence[Answer]) -> bool:
    answer = _found(want, answers)
    return answer is not None and any(_is(value, answer) for value in want.values)


def _is(value: Mapping[str, str], answer: Answer) -> bool:
    if value.get("type") == "duration":
        return answer.seconds is not None and str(answer.seconds) == value.get("value")
    begins = value.get("start") or value.get("value") or value.get("end")
    if begins is None or answer.value is None:
        return False
    if "start" in value or "value" in value:
        return _at(begins, answer.value)
    # Before and until have no beginning there: their end is what is named.
    return _at(begins, answer.value) or (answer.ends is not None and _at(begins, answer.ends))


def _at(wanted: str, moment: datetime) -> bool:
    for form, shown in (
        ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"),
        ("%Y-%m-%d", "%Y-%m-%d"),
        ("%H:%M:%S", "%H:%M"),
    ):
        try:
            return datetime.strptime(wanted, form).strftime(shown) == moment.strftime(shown)
        except ValueError:
            continue
    return False
