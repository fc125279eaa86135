"""What comes again: every Friday at 9, daily, twice a week, the first Monday of every month. Makes: again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from mailwright.codecs.dates.calendars import coming, months_on, nth_weekday
from mailwright.codecs.dates.meaning import (
    Clock,
    Context,
    Meaning,
    Part,
    When,
    at,
    clock_in,
    hour_of_afternoon,
    part_on,
)
from mailwright.codecs.dates.patterns import Rules
from mailwright.codecs.dates.words import Kind, Precision, Reading

RULES = rule = Rules()

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = {
    "second": ("SECONDLY", 1),
    "minute": ("MINUTELY", 1),
    "hour": ("HOURLY", 1),
    "day": ("DAILY", 1),
    "week": ("WEEKLY", 1),
    "month": ("MONTHLY", 1),
    "quarter": ("MONTHLY", 3),
    "year": ("YEARLY", 1),
    "decade": ("YEARLY", 10),
    "century": ("YEARLY", 100),
}


@dataclass(frozen=True, slots=True)
class Again:
    """An RRULE (RFC 5545 §3.3.10) and the first day it falls on; `spaced` when nothing ties it to a day, so that it begins a step on."""

    rule: str
    first: date


def by_unit(context: Context, unit: str, interval: int = 1) -> Again | None:
    """Every so many of a unit, the first one from now."""
    times, _, name = unit.rpartition(" ")
    interval *= int(times or 1)
    today = context.today
    if name == "workday":
        free = context.habits.weekend
        days = [day for day in range(7) if day not in free]
        return on_weekdays(context, days) if days and interval == 1 else None
    if name == "weekend":
        days = sorted(context.habits.weekend)
        return on_weekdays(context, days, interval) if days else None
    if name == "day" and interval % 7 == 0:  # every 14 days is every second week
        name, interval = "week", interval // 7
    frequency, step = _FREQUENCIES[name]
    interval *= step
    if not 1 <= interval <= 1000:
        return None
    if name in ("day", "week"):
        first = today + timedelta(days=interval * (7 if name == "week" else 1))
    elif frequency in ("MONTHLY", "YEARLY"):
        first = months_on(today, interval * (12 if frequency == "YEARLY" else 1))
    else:
        first = today
    return Again(f"FREQ={frequency}" + (f";INTERVAL={interval}" if interval > 1 else ""), first)


def on_weekdays(context: Context, days: list[int], interval: int = 1) -> Again:
    """Every week (or every second) on these weekdays."""
    first = min(coming(day, context.today) for day in days)
    names = ",".join(_DAYS[day] for day in sorted(days))
    return Again("FREQ=WEEKLY" + (f";INTERVAL={interval}" if interval > 1 else "") + f";BYDAY={names}", first)


def on_day_of_month(context: Context, dom: int, months: int = 1) -> Again:
    """Every month on that day (where a month has none, `moments` takes its last)."""
    first = context.today
    for step in range(13):
        try:
            first = months_on(context.today.replace(day=1), step).replace(day=dom)
        except ValueError:
            continue
        if first > context.today:
            break
    return Again("FREQ=MONTHLY" + (f";INTERVAL={months}" if months > 1 else "") + f";BYMONTHDAY={dom}", first)


@rule(
    "days",
    "a:WEEKDAY|WEEKDAYS ,|AND|/? AND? b:WEEKDAY|WEEKDAYS ,|AND|/ AND? c:WEEKDAY|WEEKDAYS",
    "a:WEEKDAY|WEEKDAYS ,|AND|/ AND? b:WEEKDAY|WEEKDAYS",
    "a:WEEKDAY|WEEKDAYS",
)
def _days(context: Context, a: int, b: int | None = None, c: int | None = None) -> list[int]:
    return sorted({day for day in (a, b, c) if day is not None})


@rule("core", "EVERY d:days", "EVERY o:OTHER d:days", "EVERY n:int d:days")
def _every_weekday(context: Context, d: list[int], n: int = 1, o: object = 0) -> Again | None:
    interval = 2 if o != 0 else n
    if interval < 1:
        return None
    return on_weekdays(context, d, interval)


@rule("core", "EVERY n:ordinal d:days")
def _every_so_manieth_weekday(context: Context, n: int, d: list[int]) -> Again | None:
    """Every second Friday is every other one; every first (or last) Friday is that of each month."""
    if n in (1, -1):
        return _nth_of_every_month(context, n, d[0], Again("FREQ=MONTHLY", context.today)) if len(d) == 1 else None
    return on_weekdays(context, d, n) if n > 1 else None


@rule("core", "ON? THE? d:WEEKDAYS", "ON? THE? d:WEEKDAYS AND e:WEEKDAYS")
def _weekdays(context: Context, d: int, e: int | None = None) -> Again:
    return on_weekdays(context, [d] if e is None else [d, e])


@rule("core", "EVERY u:UNIT", "EVERY o:OTHER u:UNIT", "EVERY n:int u:UNIT", "EVERY n:ordinal u:UNIT")
def _every_unit(context: Context, u: str, n: int = 1, o: object = 0) -> Again | None:
    return by_unit(context, u, 2 if o != 0 else n) if n > 0 else None


@rule("core", "EVERY text:LENGTH")
def _every_length(context: Context, text: str) -> Again | None:
    number, _, unit = text.partition(" ")
    return by_unit(context, unit, int(number))


@rule("core", "EVERY WEEKENDWORD", "EVERY OTHER WEEKENDWORD", "WEEKENDWORDS")
def _weekends(context: Context) -> Again | None:
    return by_unit(context, "weekend")


@rule("core", "e:everyunit ON|,? THE? d:days", "e:ADVERB ON|,? THE? d:days")
def _every_so_many_weeks(context: Context, e: Again | str, d: list[int]) -> Again | None:
    rule_text = e if isinstance(e, str) else e.rule
    if not rule_text.startswith("FREQ=WEEKLY") or "BYDAY" in rule_text:
        return None
    found = on_weekdays(context, d)
    return Again(rule_text + ";" + found.rule.partition(";")[2], found.first)


@rule("everyunit", "EVERY u:UNIT", "EVERY o:OTHER u:UNIT", "EVERY n:int u:UNIT", "EVERY n:ordinal u:UNIT")
def _unit(context: Context, u: str, n: int = 1, o: object = 0) -> Again | None:
    return _every_unit(context, u, n, o)


@rule(
    "core",
    "e:everyunit ON|,? THE? d:dom",
    "e:ADVERB ON THE? d:dom",
    "ON? THE? d:dom OF? e:everyunit",
    "ON? THE? d:dom u:UNIT OF e:everyunit",
    "EVERY d:ORDINAL !WEEKDAY|UNIT|PART",
)
def _day_of_every_month(context: Context, e: Again | str = "FREQ=MONTHLY", d: int = 0, u: str = "day") -> Again | None:
    rule_text = e if isinstance(e, str) else e.rule
    if not rule_text.startswith("FREQ=MONTHLY") or u != "day" or d < 1:
        return None
    _, _, interval = rule_text.partition("INTERVAL=")
    return on_day_of_month(context, d, int(interval or 1))


@rule(
    "core",
    "ON? THE? d:dom AND THE? x:dom OF? e:everyunit",
    "EVERY d:ORDINAL AND x:ORDINAL",
    "e:everyunit ON THE? d:dom AND THE? x:dom",
)
def _two_days_of_every_month(context: Context, d: int, x: int, e: Again | None = None) -> Again | None:
    """On the 1st and the 15th of every month."""
    if (e and e.rule != "FREQ=MONTHLY") or d < 1 or x < 1:
        return None
    first = min(on_day_of_month(context, d).first, on_day_of_month(context, x).first)
    return Again(f"FREQ=MONTHLY;BYMONTHDAY={d},{x}", first)


@rule("core", "ON? THE? n:ordinal w:WEEKDAY OF|IN? e:everyunit", "e:everyunit ON|,? THE? n:ordinal w:WEEKDAY")
def _nth_of_every_month(context: Context, n: int, w: int, e: Again) -> Again | None:
    if not e.rule.startswith("FREQ=MONTHLY") or not (1 <= n <= 5 or n == -1):
        return None
    for step in range(60):
        first = months_on(context.today.replace(day=1), step)
        try:
            day = nth_weekday(first.year, first.month, w, n)
        except ValueError:
            continue
        if day > context.today:
            return Again(f"{e.rule};BYDAY={n}{_DAYS[w]}", day)
    return None


@rule("core", "EVERY n:ordinal w:WEEKDAY OF|IN THE? u:UNIT")
def _every_nth_of_the_month(context: Context, n: int, w: int, u: str) -> Again | None:
    return _nth_of_every_month(context, n, w, Again("FREQ=MONTHLY", context.today)) if u == "month" else None


@rule("core", "EVERY n:ordinal d:UNIT OF|IN THE? u:UNIT")
def _every_last_day_of_the_month(context: Context, n: int, d: str, u: str) -> Again | None:
    return _last_day_of_every_month(context, Again("FREQ=MONTHLY", context.today), n, d) if u == "month" else None


@rule("core", "EVERY d:ORDINAL OF|IN THE? u:UNIT")
def _every_dom_of_the_month(context: Context, d: int, u: str) -> Again | None:
    return on_day_of_month(context, d) if u == "month" and d > 0 else None


@rule("core", "ON? THE? n:ordinal u:UNIT OF|IN? e:everyunit", "THE? EDGE OF? e:everyunit")
def _last_day_of_every_month(context: Context, e: Again, n: int = -1, u: str = "day") -> Again | None:
    if not e.rule.startswith("FREQ=MONTHLY") or u not in ("day", "workday"):
        return None
    if n == 1:
        return _first_day_of_every_month(context, e, u)
    if n != -1:
        return None
    ends = months_on(context.today.replace(day=1), 1) - timedelta(days=1)
    if u == "workday":
        days = ",".join(_DAYS[day] for day in range(7) if day not in context.habits.weekend)
        while ends.weekday() in context.habits.weekend:
            ends -= timedelta(days=1)
        return Again(f"{e.rule};BYDAY={days};BYSETPOS=-1", ends)
    return Again(f"{e.rule};BYMONTHDAY=-1", ends)


def _first_day_of_every_month(context: Context, e: Again, u: str) -> Again:
    first = months_on(context.today.replace(day=1), 1)
    if u == "day":
        return Again(f"{e.rule};BYMONTHDAY=1", first)
    while first.weekday() in context.habits.weekend:
        first += timedelta(days=1)
    days = ",".join(_DAYS[day] for day in range(7) if day not in context.habits.weekend)
    return Again(f"{e.rule};BYDAY={days};BYSETPOS=1", first)


@rule("core", "e:everyunit ON|,? d:dated", "ON? d:dated e:everyunit", "e:ADVERB ON d:dated", "EVERY d:dated")
def _every_year(context: Context, d: When, e: Again | str = "FREQ=YEARLY") -> Again | None:
    rule_text = e if isinstance(e, str) else e.rule
    if rule_text != "FREQ=YEARLY" or not d.readings or d.year or d.month is None:
        return None
    return Again(f"FREQ=YEARLY;BYMONTH={d.day.month};BYMONTHDAY={d.day.day}", d.day)


@rule("core", "e:ADVERB")
def _adverb(context: Context, e: str) -> Again | None:
    frequency = e.partition(";")[0].removeprefix("FREQ=")
    names = {
        "DAILY": "day",
        "WEEKLY": "week",
        "MONTHLY": "month",
        "YEARLY": "year",
        "HOURLY": "hour",
        "MINUTELY": "minute",
    }
    _, _, interval = e.partition("INTERVAL=")
    if "BYDAY=" in e:
        days = [_DAYS.index(name) for name in e.partition("BYDAY=")[2].partition(";")[0].split(",")]
        return on_weekdays(context, days)
    found = by_unit(context, names[frequency], int(interval.partition(";")[0] or 1))
    return Again(e, found.first) if found else None


@rule("core", "n:TIMES A|EVERY|PER u:UNIT", "n:TIMES EVERY o:OTHER u:UNIT", "n:int TIMESWORD A|EVERY|PER u:UNIT")
def _so_often(context: Context, n: int, u: str, o: object = 0) -> Again | None:
    """Twice a week: as often as said, spread over it; the days are ours to choose."""
    found = by_unit(context, u, 2 if o != 0 else 1)
    if found is None or n == 1:
        return found
    spread = {"week": {2: [1, 3], 3: [0, 2, 4]}, "month": {}}.get(u, {}).get(n)
    return on_weekdays(context, spread) if spread else found


@rule("parted_core", "EVERY p:PART", "ON? THE? p:PARTS", "EVERY OTHER p:PART", "EVERY UNIT p:part", "p:PARTS")
def _every_part(context: Context, p: str | Part) -> tuple[Again, Part]:
    found = by_unit(context, "day")
    assert found is not None
    return Again(found.rule, context.today), p if isinstance(p, Part) else Part(p)


@rule("parted_core", "c:core ,? p:part", "d:WEEKDAY p:PARTS", "EVERY d:WEEKDAY p:PART", "p:PARTS ON? c:core")
def _core_and_part(context: Context, p: Part | str, c: Again | None = None, d: int = 0) -> tuple[Again, Part]:
    return c or on_weekdays(context, [d]), p if isinstance(p, Part) else Part(p)


def first_time(context: Context, again: Again, clock: Clock) -> Reading:
    """The first time it happens, which is today when the hour is still to come and the rule has no day of its own."""
    day = again.first
    today = clock.on(context.today)
    if again.rule in ("FREQ=DAILY",) and today > context.now:
        day = context.today
    elif "BYDAY" in again.rule and "MONTHLY" not in again.rule and today > context.now:
        names = again.rule.partition("BYDAY=")[2].partition(";")[0].split(",")
        if _DAYS[context.today.weekday()] in names:
            day = context.today
    return Reading(clock.on(day), None, clock.precision)


@rule(
    "again", "c:core ,? AT|FROM? t:clock", "t:clock ,? ON? c:core", "c:core AT ABOUT? t:plain", "c:core ABOUT t:plain"
)
def _at(context: Context, c: Again, t: Clock) -> Meaning:
    return Meaning(Kind.SET, (first_time(context, c, hour_of_afternoon(t, context)),), c.rule)


@rule("again", "x:parted_core ,? AT t:plain|clock", "x:parted_core t:clock")
def _part_at(context: Context, x: tuple[Again, Part], t: Clock) -> Meaning | None:
    clock = clock_in(x[1], t)
    if clock is None:
        return None
    reading = first_time(context, x[0], clock)
    if reading.begins <= context.now:
        reading = replace(reading, begins=reading.begins + timedelta(days=1))
    return Meaning(Kind.SET, (reading,), x[0].rule)


@rule("again", "x:parted_core")
def _part(context: Context, x: tuple[Again, Part]) -> Meaning:
    reading = part_on(x[0].first, x[1], context)
    if reading.begins <= context.now:
        reading = part_on(x[0].first + timedelta(days=1), x[1], context)
    return Meaning(Kind.SET, (reading,), x[0].rule)


@rule("again", "c:core")
def _again(context: Context, c: Again) -> Meaning:
    if c.rule.startswith(("FREQ=HOURLY", "FREQ=MINUTELY", "FREQ=SECONDLY")):
        unit = {"H": 3600, "M": 60, "S": 1}[c.rule[5]]
        interval = int(c.rule.partition("INTERVAL=")[2] or 1)
        return Meaning(
            Kind.SET, (Reading(context.now + timedelta(seconds=unit * interval), None, Precision.MINUTE),), c.rule
        )
    return Meaning(Kind.SET, (Reading(at(c.first), None, Precision.DAY),), c.rule)


@rule("bounded", "a:again ,? UNTIL d:day|period")
def _until(context: Context, a: Meaning, d: When) -> Meaning | None:
    """Every Monday until Christmas: the last day counts."""
    last = d.readings[0] if d.readings else None
    if last is None or "UNTIL" in a.rule or last.begins < a.readings[0].begins:
        return None
    day = (last.ends - timedelta(days=1)).date() if last.ends else last.begins.date()
    return replace(a, rule=f"{a.rule};UNTIL={day:%Y%m%d}")


@rule("bounded", "a:again ,? STARTING|FROM ON? d:day|period")
def _from(context: Context, a: Meaning, d: When) -> Meaning | None:
    """Every Friday starting next week: the first one that is not before then."""
    if not d.readings:
        return None
    begins, first = d.readings[0].begins, a.readings[0]
    if "BYDAY=" in a.rule and "MONTHLY" not in a.rule:
        names = a.rule.partition("BYDAY=")[2].partition(";")[0].split(",")
        while _DAYS[begins.weekday()] not in names:
            begins += timedelta(days=1)
    elif "BY" in a.rule:
        return None
    moved = begins - at(first.begins.date())
    ends = first.ends + moved if first.ends else None
    return replace(a, readings=(replace(first, begins=first.begins + moved, ends=ends),))
