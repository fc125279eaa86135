"""Moments: when a phrase is due, as an instant; the one place where wall-clock time meets a time zone.

Called by the concierge's understanding, by the follow-ups of core (recurrences) and by the evaluations.
Expects: what `find` or `read` found, the moment it was said, and the zone and habits of who said it.
Promises: one instant when one is left, the choices and the reason when there are several or none; a later wall-clock time is never
an earlier instant; a recurrence keeps its hour of the wall clock across every change of it; bounded time, whatever the rule.
Does not: read text, read the clock, decide what is asked of whom.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from mailwright.codecs.dates.recurrence import TooOften, rule_of
from mailwright.codecs.dates.words import Found, Habits, Hours, Kind, Precision, Reading
from mailwright.domain.clock import SECOND, Instant

MAX_CHOICES = 4  # a question with more answers than that is no short question
AT_ONCE = timedelta(minutes=1)  # "now" is due so soon
SOONEST = timedelta(minutes=30)  # "today", said during the day, is due later on, and not at once
_LATER_TODAY = ("afternoon", "end_of_day", "evening", "night")
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1)


class Why(StrEnum):
    """Why a phrase is asked about."""

    NONE = "none"  # it names no moment (a duration), or one that there is not (31 February)
    SEVERAL = "several"  # readings that differ
    VAGUE = "vague"  # said so on purpose, or a week, a month: a choice of days
    PAST = "past"  # it is over
    TOO_OFTEN = "too often"  # a recurrence of minutes, or one that cannot be worked out


@dataclass(frozen=True, slots=True)
class Settled:
    """When it is due. `note` says what the clock does there: "gap" (this wall-clock time is skipped: the first moment after it), "fold" (it
    comes twice: the first) or ""."""

    instant: Instant
    reading: Reading
    note: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """Not to be settled without asking: the choices, the likeliest first, each in the future and no two alike; there may be none."""

    choices: tuple[Settled, ...]
    why: Why


def settle(found: Found, now: Instant, zone: ZoneInfo, habits: Habits) -> Settled | Open:
    """When what was said at `now` by somebody in `zone` is due: a day at its hour, a part of it at its own, a week or a month by asking."""
    if found.kind is Kind.DURATION and not found.readings:
        return Open(_after(found, now, zone, habits), Why.NONE)
    if found.kind is Kind.SET and found.rule:
        return _settle_recurring(found, now, zone, habits)
    choices = _different(
        each for reading in found.readings for each in _moments(found, reading, now, zone, habits) if each.instant > now
    )
    if not choices:
        if not found.readings:
            return Open((), Why.NONE)
        again = _different(
            each
            for reading in found.readings
            for each in _another_time(found, reading, now, zone, habits)
            if each.instant > now
        )
        return again[0] if found.kind is Kind.TIME and len(again) == 1 else Open(again, Why.PAST)
    if len(choices) == 1 and not found.vague:
        return choices[0]
    spread = found.vague or (len(found.readings) == 1 and _is_spread(found, found.readings[0]))
    return Open(choices, Why.VAGUE if spread else Why.SEVERAL)


def next_time(rule: str, first: datetime, after: Instant, zone: ZoneInfo, habits: Habits) -> Instant | None:
    """The first time later than `after` of what comes by `rule` (RFC 5545 §3.3.10) since `first`, a wall-clock time; None when there is
    none, or the rule is not one of ours. Where a month has no such day its last one counts: nothing is left out."""
    found = _next(rule, first, after, zone, habits)
    return found[1] if found is not None else None


def _next(
    rule: str, first: datetime, after: Instant, zone: ZoneInfo, habits: Habits
) -> tuple[datetime, Instant] | None:
    """The time on the clock, and the instant it is due."""
    try:
        times = rule_of(rule, first, zone, habits.first_weekday, near=wall_of(after, zone))
    except (TooOften, ValueError, OverflowError):
        return None
    # Wall clock and instants differ by less than a day and a half, also where a zone skips a whole day (Pacific/Apia, 2011).
    for wall in times.xafter(max(wall_of(after, zone) - 2 * _DAY, datetime.min + 3 * _DAY), inc=True):
        instant, _ = instant_of(wall, zone)
        if instant > after:
            return wall, instant
    return None


def wall_of(instant: Instant, zone: ZoneInfo) -> datetime:
    """What clocks in `zone` show then, as a naive datetime: what `find` takes for now."""
    return (_EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(zone).replace(tzinfo=None, fold=0)


def instant_of(wall: datetime, zone: ZoneInfo, *, now: Instant | None = None) -> tuple[Instant, str]:
    """The instant at which clocks in `zone` show `wall`, and "gap" or "fold" or "". A time that is skipped is the moment its gap ends; one
    that comes twice is the first, or the second when the first pass was over by `now`."""
    wall = wall.replace(tzinfo=None, fold=0)
    early, late = (_offset(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    plain = (wall - _EPOCH) // timedelta(microseconds=1)
    if early == late:
        return plain - early, ""
    # PEP 495: in a gap fold=0 reads by the offset before it, so it is the smaller one there, and the larger one in a fold.
    low, high = sorted((plain - early, plain - late))
    changes = _change(low, high, zone)
    if early < late:
        return changes, "gap"
    return (high if now is not None and now >= changes else low), "fold"


def _moments(found: Found, reading: Reading, now: Instant, zone: ZoneInfo, habits: Habits) -> Iterable[Settled]:
    """When one reading is due; several moments for a week or a month."""
    wall = wall_of(now, zone)
    if _is_deadline(reading, wall):
        return (_at(_by(reading, habits), reading, now, zone),)
    if _is_spread(found, reading):
        return _ends_of(reading, now, zone, habits)
    if (exact := _elapsed(found, reading, now, zone)) is not None:
        return (Settled(exact, reading),)
    if reading.precision >= Precision.HOUR and reading.ends is None and abs(reading.begins - wall) < AT_ONCE:
        return (Settled(now + AT_ONCE // timedelta(microseconds=1), reading),)
    if found.vague and reading.precision is Precision.DAY:
        reading = _working(reading, habits)
    due = _at(_due(reading, habits.hours), reading, now, zone)
    if due.instant > now:
        return (due,)
    return _what_is_left(reading, now, zone, habits)


def _due(reading: Reading, hours: Hours) -> datetime:
    begins = reading.begins
    if reading.precision <= Precision.DAY:
        return datetime.combine(begins.date(), hours.day)
    if reading.precision is Precision.PART and (hour := _hour_of(reading.part, hours)) is not None:
        at = datetime.combine(begins.date(), hour)
        if reading.ends is None or begins <= at < reading.ends:
            return at  # not for a narrower part: late in the afternoon begins after the afternoon's hour
    return begins


def _hour_of(part: str, hours: Hours) -> time | None:
    found = getattr(hours, part, None) if part in Hours.__dataclass_fields__ else None
    return found if isinstance(found, time) else None


def _at(wall: datetime, reading: Reading, now: Instant, zone: ZoneInfo) -> Settled:
    instant, note = instant_of(wall, zone, now=now)
    return Settled(instant, reading, note)


def _elapsed(found: Found, reading: Reading, now: Instant, zone: ZoneInfo) -> Instant | None:
    """In two hours is two hours, also in the night that the clocks change: when the phrase gave a length and counts it from now."""
    if found.seconds is None or reading.precision < Precision.HOUR:
        return None
    counted = timedelta(seconds=found.seconds)
    meant = abs(reading.begins - wall_of(now, zone) - counted) <= timedelta(minutes=1)
    return now + found.seconds * SECOND if meant else None


def _what_is_left(reading: Reading, now: Instant, zone: ZoneInfo, habits: Habits) -> Iterable[Settled]:
    """Its hour is over and it is not: today, this morning, from 3 to 5."""
    wall = wall_of(now, zone)
    if reading.precision is Precision.DAY:
        if reading.begins.date() != wall.date():
            return ()
        times = [
            datetime.combine(wall.date(), hour)
            for part in _LATER_TODAY
            if (hour := _hour_of(part, habits.hours)) is not None
        ]
        return [_at(each, reading, now, zone) for each in times if each >= wall + SOONEST][:1]
    if reading.ends is None or not reading.begins <= wall < reading.ends:
        return ()
    full = (wall + SOONEST + timedelta(minutes=59, seconds=59)).replace(minute=0, second=0, microsecond=0)
    return [_at(full, reading, now, zone)] if full < reading.ends else ()


def _is_deadline(reading: Reading, wall: datetime) -> bool:
    """Within 48 hours, in the next three days: it begins as it is said, and who says so wants it to be in time."""
    begun = reading.ends is not None and abs(reading.begins - wall) < AT_ONCE and reading.begins.time() != time()
    return begun and (reading.precision >= Precision.HOUR or reading.precision is Precision.DAY)


def _by(reading: Reading, habits: Habits) -> datetime:
    """The last moment of it that helps: of days, on the last one."""
    if reading.precision is Precision.DAY:
        return datetime.combine((_end_of(reading) - timedelta(microseconds=1)).date(), habits.hours.day)
    return _end_of(reading)


def _working(reading: Reading, habits: Habits) -> Reading:
    """In a few days is no weekend: the next working day."""
    for ahead in range(7):
        day = reading.begins + ahead * _DAY
        if day.weekday() not in habits.weekend:
            return replace(reading, begins=day)
    return reading


def _is_spread(found: Found, reading: Reading) -> bool:
    """Whether it is a choice of days: a week, a month, from Monday to Wednesday, the weekend."""
    if reading.precision <= Precision.WEEK:
        return True
    long = reading.ends is not None and reading.ends - reading.begins > _DAY
    return found.kind is Kind.RANGE and reading.precision is Precision.DAY and long


def _ends_of(reading: Reading, now: Instant, zone: ZoneInfo, habits: Habits) -> Iterable[Settled]:
    """Its first and its last working day that are still to come; its first and last day when no day of it is one."""
    first = max(reading.begins.date(), wall_of(now, zone).date())
    try:
        last = (_end_of(reading) - timedelta(microseconds=1)).date()
    except (OverflowError, ValueError):
        return ()
    chosen = []
    for begin, end, step in ((first, last, 1), (last, first, -1)):
        for day in _days(begin, end, step, habits.weekend):
            name = ("first " if step == 1 else "last ") + ("day" if day.weekday() in habits.weekend else "working day")
            each = Reading(datetime.combine(day, time()), None, Precision.DAY, because=f"its {name}")
            due = _at(_due(each, habits.hours), each, now, zone)
            left = [due] if due.instant > now else list(_what_is_left(each, now, zone, habits))
            if left:
                chosen += left
                break
    return chosen


def _days(begin: date, end: date, step: int, weekend: frozenset[int]) -> list[date]:
    """The first few days from begin towards end, working days when there is one among them: a weekend is shorter than eight days."""
    length = min(step * (end - begin).days + 1, 8)
    days = [begin + timedelta(days=step * each) for each in range(max(length, 0))]
    return [day for day in days if day.weekday() not in weekend] or days


def _end_of(reading: Reading) -> datetime:
    if reading.ends is not None:
        return reading.ends
    begins = reading.begins
    if reading.precision is Precision.WEEK:
        return begins + timedelta(days=7)
    months = {Precision.MONTH: 1, Precision.QUARTER: 3, Precision.YEAR: 12}[reading.precision]
    years, month = divmod(begins.month - 1 + months, 12)
    return begins.replace(year=begins.year + years, month=month + 1, day=1)


def _another_time(found: Found, reading: Reading, now: Instant, zone: ZoneInfo, habits: Habits) -> Iterable[Settled]:
    """What somebody may have meant by what is over: the next such time of day, today's part of tomorrow, that day of the next year. Nothing
    for what was meant to be over: yesterday, two weeks ago."""
    today = wall_of(now, zone).date()
    wall = _due(reading, habits.hours)
    if found.kind is Kind.TIME:
        ahead = wall.replace(year=today.year, month=today.month, day=today.day)
        again = next((each for each in (ahead, ahead + _DAY) if instant_of(each, zone, now=now)[0] > now), None)
    elif reading.begins.date() == today and reading.precision in (Precision.DAY, Precision.PART):
        again = wall + _DAY
    elif reading.precision >= Precision.DAY and _names_its_day(found.text, reading.begins):
        again = _in_a_coming_year(wall, now, zone)
    else:
        again = None
    if again is None:
        return ()
    moved = replace(reading, begins=reading.begins + (again - wall), ends=None, because=f"the next after {wall.date()}")
    return (_at(again, moved, now, zone),)


def _names_its_day(text: str, day: datetime) -> bool:
    """Whether it says the number of the day (3 March, 3/3/2026), which neither yesterday nor last week does."""
    numbers = {int(each) for each in "".join(each if each in "0123456789" else " " for each in text).split()[:8]}
    return day.day in numbers


def _in_a_coming_year(wall: datetime, now: Instant, zone: ZoneInfo) -> datetime | None:
    year = wall_of(now, zone).year
    for each in range(year, year + 9):  # 29 February is eight years away at most
        try:
            again = wall.replace(year=each)
        except ValueError:
            continue
        if instant_of(again, zone, now=now)[0] > now:
            return again
    return None


def _settle_recurring(found: Found, now: Instant, zone: ZoneInfo, habits: Habits) -> Settled | Open:
    """The first time that is still to come, of each reading; it begins when it is due on the clock, so that the rule counts from there."""
    firsts = []
    for reading in found.readings:
        wall = _due(reading, habits.hours)
        try:
            rule_of(found.rule, wall, zone, habits.first_weekday, near=wall)
        except (TooOften, ValueError, OverflowError):
            return Open((), Why.TOO_OFTEN)
        if instant_of(wall, zone, now=now)[0] <= now:
            again = _next(found.rule, wall, now, zone, habits)
            if again is None:
                continue
            wall = again[0]
        firsts.append(_at(wall, replace(reading, begins=wall, ends=None), now, zone))
    choices = _different(firsts)
    if len(choices) == 1 and not found.vague:
        return choices[0]
    if not choices:
        return Open((), Why.PAST if found.readings else Why.NONE)
    return Open(choices, Why.VAGUE if found.vague else Why.SEVERAL)


def _after(found: Found, now: Instant, zone: ZoneInfo, habits: Habits) -> tuple[Settled, ...]:
    """Three days, said alone, may mean in three days: worth offering, not worth assuming."""
    if not found.seconds or found.seconds < 0:
        return ()
    try:
        ahead = wall_of(now, zone) + timedelta(seconds=found.seconds)
    except (OverflowError, ValueError):
        return ()
    if found.seconds % 86_400:
        return (
            Settled(now + found.seconds * SECOND, Reading(ahead, None, Precision.MINUTE, because="that long from now")),
        )
    day = Reading(datetime.combine(ahead.date(), time()), None, Precision.DAY, because="that long from today")
    return (_at(_due(day, habits.hours), day, now, zone),)


def _different(choices: Iterable[Settled]) -> tuple[Settled, ...]:
    """One of each instant, in their order."""
    seen: dict[Instant, Settled] = {}
    for each in choices:
        seen.setdefault(each.instant, each)
    return tuple(seen.values())[:MAX_CHOICES]


def _offset(moment: datetime) -> int:
    """Microseconds ahead of UTC."""
    return (moment.utcoffset() or timedelta()) // timedelta(microseconds=1)


def _change(low: Instant, high: Instant, zone: ZoneInfo) -> Instant:
    """The instant between the two at which the offset of `zone` changes, to the second."""

    def offset(instant: Instant) -> timedelta | None:
        return (_EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(zone).utcoffset()

    low, high = low // SECOND, -(-high // SECOND)
    before = offset(low * SECOND)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle * SECOND) == before else (low, middle)
    return high * SECOND
