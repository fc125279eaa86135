"""What a text states: its prices, percentages, dates, times, lengths of time, numbers, links and addresses, with what each can mean.

Called by claims (over a draft, and over everything that may support it) and by drafting (does an answer have what was asked for?).
Promises: pure, linear, bounded; never raises; a text that says the same in another way ("tomorrow", "13 March", "13.3.") has a meaning
in common. What can be read two ways has both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, TypeAlias
from unicodedata import decimal as digit_value

from mailwright.agents.assistant import claims_table as table
from mailwright.agents.assistant import joined_numbers
from mailwright.agents.assistant import stated_table as patterns
from mailwright.domain import clock
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.zones import zone_of

MAX_STATED = 2_000  # things found in one text; a mail with more is a list
LATEST: Final = 200_000 * DAY  # in the year 2517: a Date field may say anything

Key: TypeAlias = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Stated:
    """One thing that a text says. `needs`: each of its values (a range has two) as everything it can mean; `also` is what it says beside
    that, and supports in another text."""

    kind: str
    start: int
    end: int
    text: str
    needs: tuple[frozenset[Key], ...]
    also: frozenset[Key] = frozenset()


def find(text: str, *, at: Instant, time_zone: str = "UTC", language: str = "") -> list[Stated]:
    """Everything stated, in its order. `at` is when it was written; `language` chooses the words of numbers, empty for those of all."""
    plain = _ascii_digits(text)
    today = _day_of(at, time_zone)
    out: list[Stated] = []
    plain = patterns.GAP.sub(_masked, plain)
    plain = patterns.LIST_MARK.sub(_masked, plain)
    readers: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], _Read | None]], ...] = (
        ("link", patterns.LINK, _link),
        ("address", patterns.MAIL, lambda found: _one(("mail", found[0].casefold()))),
        ("price", patterns.PRICE, _price),
        ("price", patterns.FREE, lambda _found: _one(("price", "nothing"))),
        ("percentage", patterns.PART, lambda found: _one(("part", found.lastgroup))),
        ("percentage", patterns.PERCENT, _percentage),
        ("date", patterns.MONTH_PART, lambda found: _one(("month", table.MONTHS[found["month"].casefold()]))),
        ("date", patterns.DATE, lambda found: _date(found, today)),
        ("number", patterns.PHONE, _phone),
        ("time", patterns.TIME, _time),
        ("time", patterns.SPELLED_TIME, _spelled_time),
        ("duration", patterns.SPAN, _span),
        ("duration", patterns.FORTNIGHT, lambda _found: _one(("span", Decimal(14 * 1440).normalize()))),
        ("number", patterns.CODE, _code),
        ("number", patterns.NUMBER, lambda found: _number(found, language)),
    )
    for kind, pattern, read in readers:
        if len(out) >= MAX_STATED:
            break
        plain = _take(plain, text, kind, pattern, read, out)
    return sorted(out, key=lambda each: each.start)


_Read: TypeAlias = tuple[tuple[frozenset[Key], ...], frozenset[Key]]


def _take(
    plain: str,
    text: str,
    kind: str,
    pattern: re.Pattern[str],
    read: Callable[[re.Match[str]], _Read | None],
    out: list[Stated],
) -> str:
    """Read what one pattern finds into `out`; the text with that covered."""
    pieces, done = [], 0
    for found in pattern.finditer(plain):
        meaning = read(found)
        if meaning is None or len(out) >= MAX_STATED:
            continue
        start, end = found.span()
        while end > start + 1 and (plain[end - 1] in " ,;" or (plain[end - 1] == "." and plain[end - 2].isalpha())):
            end -= 1  # a full stop is the sentence's
        out.append(Stated(kind, start, end, text[start:end], *meaning))
        pieces += [plain[done:start], patterns.TAKEN * (end - start)]
        done = end
    return "".join([*pieces, plain[done:]])


def _masked(found: re.Match[str]) -> str:
    return patterns.TAKEN * len(found[0])


def _ascii_digits(text: str) -> str:
    """Digits of every script as ours, each in its place."""
    if text.isascii():
        return text
    return "".join(str(digit_value(c)) if not c.isascii() and c.isdecimal() else c for c in text)


def _one(*keys: Key, also: frozenset[Key] = frozenset()) -> _Read:
    return (frozenset(keys),), also


def _values(digits: str) -> set[Decimal]:
    """What digits can mean: "1.234" is a thousand or one."""
    compact = re.sub(r"[\s'’\u00a0\u202f]", "", digits)
    out = set()
    for mark, other in ((".", ","), (",", ".")):
        whole, has_mark, fraction = compact.partition(mark)
        groups = whole.split(other)
        if len(groups) > 1 and not (1 <= len(groups[0]) <= 3 and all(len(each) == 3 for each in groups[1:])):
            continue
        if has_mark and not (fraction.isdigit() and whole):
            continue
        out.add(Decimal(f"{''.join(groups)}.{fraction or 0}").normalize())
    return out


def _spelled(words: str, language: str = "") -> Decimal | None:
    """The value of words of numbers: "two thousand five hundred". None: only "thousand", or not of that language."""
    known = table.NUMBER_WORDS.get(language, table.ALL_NUMBER_WORDS)
    total = part = 0
    said = False
    for word in re.split(r"[\s-]", words.casefold()):
        value = known.get(word)
        if value is None:
            value = joined_numbers.value(word, language)
        if value is None:
            return None
        said = said or value not in table.MULTIPLIERS
        if value in table.MULTIPLIERS:
            part = max(part, 1) * value
            if value == 1000:
                total, part = total + part, 0
        else:
            part += value
    return Decimal(total + part).normalize() if said else None


def _amounts(kind: str, found: re.Match[str], names: tuple[str, ...], unit: object = None) -> _Read | None:
    """A range has two values; each counts as a plain number as well."""
    needs, also = [], set()
    for name in names:
        if not found[name]:
            continue
        values = _values(found[name])
        if name == "b2" and found["more"].strip():
            values = {each * table.TIMES_MORE[found["more"].strip().casefold()] for each in values}
        needs.append(frozenset((kind, (each.normalize(), unit)) for each in values))
        also |= {("num", each.normalize()) for each in values}
    if "spelled" in found.re.groupindex and found["spelled"]:
        value = _spelled(found["spelled"])
        if value is None:
            return None
        needs.append(frozenset([(kind, (value, unit))]))
        also.add(("num", value))
    return (tuple(needs), frozenset(also)) if needs and all(needs) else None


def _price(found: re.Match[str]) -> _Read | None:
    word = found["cur1"] or found["cur2"] or found["cur3"]
    currency = table.CURRENCIES.get(word.casefold(), word.upper())
    if found["cur1"] and word[-1].isalpha() and found["a1"] and word.casefold() == "fr.":
        return None
    return _amounts("price", found, ("a1", "b1", "a2", "b2"), currency)


def _percentage(found: re.Match[str]) -> _Read | None:
    return _amounts("percent", found, ("a", "b"))


def _span(found: re.Match[str]) -> _Read | None:
    minutes = table.MINUTES[found["unit"].casefold()]
    needs, also = [], set()
    spelled = _spelled(found["spelled"]) if found["spelled"] else None
    every = [_values(found[name]) for name in ("a", "b") if found[name]] or ([{spelled}] if spelled is not None else [])
    for values in every:
        needs.append(frozenset(("span", (each * minutes).normalize()) for each in values))
        also |= {("num", each) for each in values}
    return (tuple(needs), frozenset(also)) if needs else None


def _link(found: re.Match[str]) -> _Read:
    address = re.sub(r"^(?:https?://)?(?:www\.)?", "", found[0].rstrip(".,;:!?)]}>*_").casefold()).rstrip("/")
    return _one(("link", address))


def _phone(found: re.Match[str]) -> _Read | None:
    digits = re.sub(r"\D", "", found[0])
    return _one(("phone", digits[-7:])) if 7 <= len(digits) <= 16 else None  # ITU-T E.164: fifteen digits at most


def _code(found: re.Match[str]) -> _Read | None:
    word = found[0].casefold().rstrip(".-/#")
    if word in table.NAMES_WITH_DIGITS:
        return (), frozenset()
    if patterns.ORDINAL.fullmatch(word):
        return _one(("num", Decimal(re.match(r"\d+", word)[0]).normalize()))  # type: ignore[index]  # it begins with digits
    return _one(("code", word.lstrip("#")))


def _number(found: re.Match[str], language: str) -> _Read | None:
    if found[0][0].isdigit():
        values = _values(found[0])
        if not values:  # digits that are no number
            return _one(("code", found[0]))
        return (frozenset(("num", each) for each in values),), frozenset()
    value = _spelled(found[0], language)
    if value is None or (language and table.UNCOUNTED.match(found.string, found.end())):
        return None
    return _one(("num", value))


def _time(found: re.Match[str]) -> _Read | None:
    if found["noon"]:
        return _one(("time", 720))
    halves = (found["ahalf"] or found["half"], found["half"])
    needs = []
    for text, half in zip((found["a"], found["hm"] or found["hd"] or found["h"] or found["h2"]), halves, strict=True):
        if not text:
            continue
        hour, _, minute = re.sub(r"[.h]", ":", text.lower()).partition(":")
        at = int(hour) * 60 + int(minute or 0)
        keys: set[Key] = set()
        mark = (half or "").strip().lower()[:1]
        if mark:
            if int(hour) > 12:
                return None
            keys.add(("time", at % 720 + (720 if mark == "p" else 0)))
        else:
            keys |= {("time", at), *([("time", at + 720)] if at < 720 and not hour.startswith("0") else [])}
        if found["h2"]:  # "at 3 sites"
            keys.add(("num", Decimal(hour).normalize()))
        if found["h"] and not mark:  # "3 h"
            keys.add(("span", Decimal(60 * int(hour)).normalize()))
        needs.append(frozenset(keys))
    return tuple(needs), frozenset()


def _spelled_time(found: re.Match[str]) -> _Read | None:
    """ "Half past six", "halb sieben", "six heures et demie", "las seis y media", "alle sei e mezza"."""
    word = (found["w1"] or found["w2"] or found["w3"]).casefold()
    hour = {"one": 1, "eins": 1, "una": 1, "sei": 6, "neuf": 9}.get(word) or table.ALL_NUMBER_WORDS[word]
    before, after = (found["before"] or "").casefold(), (found["after"] or found["after3"] or "").casefold()
    shift = 0
    if before:
        shift = {"halb": -30, "half past": 30, "quarter past": 15, "viertel nach": 15}.get(before, -15)
    elif found["less"]:
        shift = -15
    elif after:
        shift = 15 if after in ("quart", "cuarto", "quarto") else 30
    at = hour * 60 + shift
    keys: set[Key] = {("time", at), *([("time", at + 720)] if at < 720 else [])}
    if not shift and found["w2"]:  # "at six sites"
        keys.add(("num", Decimal(hour).normalize()))
    return (frozenset(keys),), frozenset()


def _date(found: re.Match[str], today: date) -> _Read | None:
    if found["week"]:
        monday = today + timedelta(weeks=table.WEEKS_AWAY[found["week"].casefold()])
        return _one(("week", monday.isocalendar()[:2]))
    if found["away"]:
        word = found["away"].casefold()
        if word in ("morgen", "mañana") and patterns.MORNING.search(
            found.string, max(found.start() - 12, 0), found.start()
        ):
            return None
        day = today + timedelta(days=table.DAYS_AWAY[word])
        return _one(("day", day), also=_of(day))
    if found["weekday"]:
        return _weekday(found, today)
    if found["lone"]:
        return _one(("month", table.MONTHS[found["lone"].casefold()]))
    lone = found["d5"] or found["d6"] or found["d7"]
    if lone:
        number = int(lone)
        if not 1 <= number <= 31:
            return None
        coming = next((day for day in _days(today, 62) if day.day == number), None)
        return _one(("dom", number), also=_of(coming) if coming else frozenset())
    return _full(found, today)


def _full(found: re.Match[str], today: date) -> _Read | None:
    """Day and month, perhaps a year, perhaps several days."""
    if found["iy"]:
        wanted = [[(int(found["iy"]), int(found["im"]), int(found["id"]))]]
    elif found["days"]:
        month, year = table.MONTHS[found["m1"].casefold()], int(found["y1"] or 0)
        wanted = [[(year, month, int(each))] for each in re.findall(r"\d{1,2}", found["days"])]
    elif found["m2"]:
        wanted = [[(int(found["y2"] or 0), table.MONTHS[found["m2"].casefold()], int(found["d2"]))]]
    elif found["d3"]:
        wanted = [[(_year(found["y3"]), int(found["m3"]), int(found["d3"]))]]
    else:
        if found[0] == "24/7":
            return (), frozenset()
        first, second, year = int(found["a4"]), int(found["b4"]), _year(found["y4"])
        wanted = [[(year, second, first), (year, first, second)]]
    needs: list[frozenset[Key]] = []
    also: set[Key] = set()
    for readings in wanted:
        keys: set[Key] = set()
        for year, month, number in readings:
            day = _near(year, month, number, today)
            if day is not None:
                keys.add(("day", day) if year else ("md", (day.month, day.day)))
                also |= _of(day)
                if year:
                    also.add(("num", Decimal(year).normalize()))
        if not keys:
            return None
        needs.append(frozenset(keys))
    return tuple(needs), frozenset(also)


def _weekday(found: re.Match[str], today: date) -> _Read:
    number = table.WEEKDAYS[found["weekday"].casefold()]
    coming = today + timedelta(days=(number - today.weekday()) % 7)
    after = bool(found["after"] or patterns.NEXT.search(found.string, max(found.start() - 12, 0), found.start()))
    days = [coming, coming + timedelta(days=7)] if after or coming == today else [coming]
    return _one(("weekday", number), also=frozenset(key for day in days for key in _of(day) if key[0] != "month"))


def _of(day: date) -> frozenset[Key]:
    """Everything that a text which names this day says."""
    return frozenset(
        [
            ("day", day),
            ("md", (day.month, day.day)),
            ("dom", day.day),
            ("weekday", day.weekday()),
            ("month", day.month),
            ("week", day.isocalendar()[:2]),
        ]
    )


def on_day(at: Instant, time_zone: str = "UTC") -> frozenset[Key]:
    """What the Date field of a mail says: its day."""
    day = _day_of(at, time_zone)
    return frozenset([("day", day), ("md", (day.month, day.day))])


def _day_of(at: Instant, time_zone: str) -> date:
    return clock.to_datetime(min(max(at, 0), LATEST)).astimezone(zone_of(time_zone)).date()


def _near(year: int, month: int, number: int, today: date) -> date | None:
    """The day; without a year the one nearest to today."""
    found = []
    for each in [year] if year else [today.year - 1, today.year, today.year + 1]:
        try:
            found.append(date(each, month, number))
        except ValueError:  # there is no such day, or no such year
            continue
    return min(found, key=lambda day: abs((day - today).days)) if found else None


def _days(first: date, count: int) -> Iterator[date]:
    return (first + timedelta(days=each) for each in range(count))


def _year(text: str | None) -> int:
    return 0 if not text else int(text) if len(text) == 4 else 2000 + int(text)
