"""Times of day and parts of the day. Makes: hour, clock (a time by itself), bareclock (an hour only when a day or "at" is beside it),
part, clockpart."""

from __future__ import annotations

from dataclasses import replace

from mailwright.codecs.dates.meaning import Clock, Context, Part, clock_in
from mailwright.codecs.dates.patterns import Rules
from mailwright.codecs.dates.words import Precision

RULES = rule = Rules()


# Where the afternoon is written 18:05, who writes 6:05 means the morning. In Spanish and Portuguese that depends on the country.
_WRITTEN_IN_24_HOURS = frozenset({"de", "fr", "it", "pt", "nl"})


@rule("hour", "n:int")
def _hour(context: Context, n: int) -> int | None:
    return n if 0 <= n <= 24 else None


@rule("named_minutes", "n:int MINUTEWORD", "q:QUARTER", "A q:QUARTER")
@rule("minutes", "n:int MINUTEWORD?", "q:QUARTER", "A q:QUARTER")
def _minutes(context: Context, n: int = 0, q: int = 0) -> int | None:
    return q or (n if 1 <= n <= 59 else None)


@rule("digital", "c:CLOCK OCLOCK?")
def _digital(context: Context, c: tuple[int, int, int, int, bool]) -> Clock:
    hour, minute, second, count, padded = c
    loose = _is_loose_in_digits(context, hour, padded=padded)
    return Clock(hour, minute, second, loose, Precision.SECOND if count > 2 else Precision.MINUTE)


@rule("dotted", "c:DOTTED")
def _dotted(context: Context, c: tuple[int, int, int, int, bool]) -> Clock:
    return Clock(c[0], c[1], 0, _is_loose_in_digits(context, c[0], padded=c[4]))


@rule("packed", "c:HHMM")
def _packed(context: Context, c: tuple[int, int, int, int, bool]) -> Clock:
    return Clock(c[0], c[1])


@rule(
    "simple",
    "c:digital|dotted|packed ~.? m:MERIDIEM",
    "h:hour ~.? m:MERIDIEM",
    "h:hour OCLOCK m:MERIDIEM",
    "h:hour ~m:MERIDIEMLET",
    "c:digital ~m:MERIDIEMLET",
    "h:hour n:NUMBER m:MERIDIEM",
)
def _with_meridiem(context: Context, m: str, c: Clock | None = None, h: int = 0, n: int = 0) -> Clock | None:
    clock = c or Clock(h, n, precision=Precision.MINUTE if n else Precision.HOUR)
    if clock.hour > 12:
        return replace(clock, loose=False)
    hour = clock.hour % 12 + (12 if m == "pm" else 0)
    return replace(clock, hour=hour, loose=False)


@rule("simple", "h:hour ~ISH")
def _about(context: Context, h: int) -> Clock:
    return Clock(h, loose=_is_loose(context, h), precision=Precision.HOUR)


@rule("simple", "c:digital", "c:dotted OCLOCK")
def _as_written(context: Context, c: Clock) -> Clock:
    return c


@rule("simple", "h:hour OCLOCK AND|PLUS m:NUMBER", "h:hour OCLOCK")
def _oclock(context: Context, h: int, m: int = 0) -> Clock | None:
    return (
        Clock(h, int(m), loose=_is_loose(context, h), precision=Precision.MINUTE if m else Precision.HOUR)
        if m < 60
        else None
    )


@rule("simple", "h:NUM OCLOCK m:NUM2", "h:NUM ~OCLOCK ~m:NUM2")
def _oclock_in_digits(context: Context, h: int, m: int) -> Clock | None:
    """6h05, 6 Uhr 05."""
    return Clock(h, m, loose=_is_loose_in_digits(context, h, padded=False)) if h <= 24 and m < 60 else None


@rule("simple", "h:hour OCLOCK m:NUMBER")
def _oclock_in_words(context: Context, h: int, m: float) -> Clock | None:
    """Nine o'clock thirty; but "um 9 Uhr zwei Termine" has no minutes."""
    return _oclock(context, h, int(m)) if m >= 10 else None


@rule("simple", "HOURMARK h:hour", "HOURMARK c:dotted|packed")
def _marked(context: Context, h: int = 0, c: Clock | None = None) -> Clock:
    return c or Clock(h, loose=_is_loose(context, h), precision=Precision.HOUR)


@rule("simple", "m:minutes PAST THE|HOURMARK? h:hour OCLOCK?")
def _past(context: Context, m: int, h: int) -> Clock:
    return Clock(h, m, loose=_is_loose(context, h))


@rule(
    "simple",
    "m:named_minutes TOHOUR THE|HOURMARK? h:hour OCLOCK?",
    "m:minutes TOHOUR HOURMARK h:hour",
    "m:minutes TOHOUR h:hour OCLOCK",
)
def _to(context: Context, m: int, h: int) -> Clock:
    return _before_hour(context, h, m)


@rule("simple", "m:minutes t:TOHOUR THE? h:hour")
def _minutes_to(context: Context, m: int, h: int, t: str | None) -> Clock | None:
    return _before_hour(context, h, m) if t is None else None


@rule("plain", "m:minutes TOHOUR THE? h:hour")
def _minutes_to_behind_at(context: Context, m: int, h: int) -> Clock | None:
    """Ten to nine: where "to" says from–to as well (its value is "range"), only behind "at"."""
    return _before_hour(context, h, m) if m % 5 == 0 else None


@rule(
    "simple",
    "h:hour OCLOCK? MINUS m:minutes",
    "HOURMARK h:hour OCLOCK? MINUS THE? m:minutes",
    "h:hour OCLOCK? MINUS THE m:minutes",
)
def _less(context: Context, h: int, m: int) -> Clock:
    return _before_hour(context, h, m)


@rule(
    "simple",
    "HOURMARK h:hour OCLOCK? PLUS m:minutes",
    "h:hour OCLOCK PLUS m:minutes",
    "HOURMARK? h:hour OCLOCK? PLUS HALF",
)
def _more(context: Context, h: int, m: int = 30) -> Clock:
    return Clock(h, m, loose=_is_loose(context, h))


@rule("simple", "HALF PAST HOURMARK? h:hour OCLOCK?")
def _half_past(context: Context, h: int) -> Clock:
    return Clock(h, 30, loose=_is_loose(context, h))


@rule("simple", "HALF h:hour OCLOCK?")
def _half(context: Context, h: int) -> Clock:
    """Half ten: 9:30 in German and Dutch, 10:30 in British English."""
    return _before_hour(context, h, 30) if context.language.half_before else Clock(h, 30, loose=_is_loose(context, h))


@rule("simple", "m:minutes TOHOUR HALF h:hour", "m:minutes TOHOUR HALF h:hour OCLOCK")
def _before_half(context: Context, m: int, h: int) -> Clock | None:
    return _before_hour(context, h, 30 + m) if context.language.half_before and m < 30 else None


@rule("simple", "m:minutes PAST HALF h:hour OCLOCK?")
def _after_half(context: Context, m: int, h: int) -> Clock | None:
    return _before_hour(context, h, 30 - m) if context.language.half_before and m < 30 else None


@rule("simple", "c:CLOCKWORD", "NUM c:CLOCKWORD")
def _word(context: Context, c: tuple[int, int]) -> Clock:
    return Clock(c[0], c[1])


@rule("plain", "h:hour", "c:dotted|packed", "h:hour m:NUMBER")
def _plain(context: Context, h: int = 0, m: int = 0, c: Clock | None = None) -> Clock | None:
    """An hour that is one only because of the words around it."""
    if context.language.hours_named:
        return None
    if c is not None:
        return c
    if m and not 1 <= m <= 59:
        return None
    return Clock(h, int(m), loose=_is_loose(context, h), precision=Precision.MINUTE if m else Precision.HOUR)


@rule("part", "p:PART", "IN|AT|ON? THE? p:PART")
def _part(context: Context, p: str) -> Part:
    return Part(p)


@rule("part", "IN? THE? EARLY IN? THE? p:PART")
def _early(context: Context, p: str) -> Part:
    return Part(p, "early")


@rule("part", "IN? THE? LATE IN? THE? p:PART")
def _late(context: Context, p: str) -> Part:
    return Part(p, "late")


@rule("parted", "c:simple|plain ,? p:part", "p:part ,? AT|ABOUT? c:simple", "p:part ,? AT|ABOUT ABOUT? c:simple|plain")
def _clock_of_part(context: Context, c: Clock, p: Part) -> Clock | None:
    return clock_in(p, c)


@rule("clock", "AT|ABOUT? c:parted", "AT? ABOUT? c:simple", "AT ABOUT? c:plain")
def _clock(context: Context, c: Clock) -> Clock:
    return c


def _is_loose(context: Context, hour: int) -> bool:
    return 1 <= hour <= 12 and not context.language.hours24


def _is_loose_in_digits(context: Context, hour: int, *, padded: bool) -> bool:
    """06:05 is the morning for everybody, 6:05 for those who write 24 hours."""
    return not padded and _is_loose(context, hour) and context.language.code not in _WRITTEN_IN_24_HOURS


def _before_hour(context: Context, hour: int, minutes: int) -> Clock:
    hour = (hour - 1) % 24 if hour else 23
    loose = _is_loose(context, hour + 1)
    if loose and hour == 0:
        hour = 12
    return Clock(hour, 60 - minutes, loose=loose)
