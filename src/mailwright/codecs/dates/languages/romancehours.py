"""Hours and lengths as French and Spanish say them: words for hours that are words for lengths too, half past and quarter to.

Used by `fr` and `es`, whose tables have these classes besides those of `language` and `romance`:

    HOURWORD    None, behind an hour               h, heures: lengths too, so that they are hours only behind "à" or a day
    HOURLET     None, behind an hour               h alone: from 7 on an hour without more ado
    SHARP       None, behind an hour               pile, en punto
    BYTHEHOUR   None, before an hour               antes de las
    LUNCHTIME   None                               entre midi et deux
"""

from __future__ import annotations

from dataclasses import replace

from mailwright.codecs.dates.grammar.clocks import _before_hour, _is_loose
from mailwright.codecs.dates.grammar.daytimes import at_clock
from mailwright.codecs.dates.grammar.lengths import length_of
from mailwright.codecs.dates.grammar.phrases import _clock
from mailwright.codecs.dates.grammar.ranges import ClockRange, clock_range
from mailwright.codecs.dates.meaning import Clock, Context, Length, Meaning, When
from mailwright.codecs.dates.patterns import Rules
from mailwright.codecs.dates.words import Precision

RULES = rule = Rules()


@rule("onelength", "l:LENGTH")
def _whole(context: Context, l: str) -> Length | None:  # noqa: E741
    number, _, unit = l.partition(" ")
    return length_of(float(number), unit)


@rule("onelength", "h:int ~HOURLET ~m:NUM2", "h:int HOURWORD m:NUM2|NUMBER")
def _hours_and_minutes(context: Context, h: int, m: float) -> Length | None:
    return Length(seconds=h * 3600 + m * 60, unit="minute", count=h) if 1 <= m <= 59 else None


@rule("hourly", "h:NUM HOURWORD m:NUM2 SHARP?")
def _hour_and_minutes_in_digits(context: Context, h: int, m: int) -> Clock | None:
    """6h05 is the morning: who means the other one writes 18h05."""
    return Clock(h, m) if h <= 24 and m < 60 else None


@rule("hourly", "h:hour HOURWORD SHARP?", "h:hour HOURWORD m:NUM2|NUMBER SHARP?")
def _hour(context: Context, h: int, m: float = 0) -> Clock | None:
    if not 0 <= m < 60:
        return None
    return Clock(h, int(m), loose=_is_loose(context, h), precision=Precision.MINUTE if m else Precision.HOUR)


@rule("hourly", "h:hour HOURWORD PLUS m:minutes", "h:hour HOURWORD PLUS HALF")
def _hour_and(context: Context, h: int, m: int = 30) -> Clock:
    return Clock(h, m, loose=_is_loose(context, h))


@rule("hourly", "h:hour HOURWORD MINUS THE? m:minutes")
def _hour_less(context: Context, h: int, m: int) -> Clock:
    return _before_hour(context, h, m)


@rule("simple", "c:hourly m:MERIDIEM")
def _hour_of_half(context: Context, c: Clock, m: str) -> Clock:
    if c.hour > 12:
        return replace(c, loose=False)
    return replace(c, hour=c.hour % 12 + (12 if m == "pm" else 0), loose=False)


@rule("simple", "h:hour HOURLET m:NUM2", "h:hour HOURLET", "h:hour HOURWORD m:NUM2")
def _hour_alone(context: Context, h: int, m: int = 0) -> Clock | None:
    """14h30 is an hour, and 1h30 more likely a length, unless something else tells."""
    if not 7 <= h < 24 or m > 59:
        return None
    return Clock(h, m, loose=_is_loose(context, h), precision=Precision.MINUTE if m else Precision.HOUR)


@rule("plain", "h:hour PLUS m:minutes", "h:hour PLUS HALF")
def _hour_plus(context: Context, h: int, m: int = 30) -> Clock:
    return Clock(h, m, loose=_is_loose(context, h))


@rule("plain", "h:hour MINUS m:minutes")
def _hour_minus(context: Context, h: int, m: int) -> Clock:
    return _before_hour(context, h, m)


@rule("simple", "h:hour PLUS q:minutes m:MERIDIEM", "h:hour PLUS HALF m:MERIDIEM")
def _hour_plus_of_half(context: Context, h: int, m: str, q: int = 30) -> Clock:
    return _hour_of_half(context, Clock(h, q), m)


@rule("plain", "c:hourly")
def _hour_beside(context: Context, c: Clock) -> Clock:
    return c


@rule("clockrange", "LUNCHTIME")
def _lunch_time(context: Context) -> ClockRange:
    return ClockRange(Clock(12), Clock(14))


@rule("clock", "AT? c:simple SHARP", "AT c:plain SHARP")
def _sharp(context: Context, c: Clock) -> Clock:
    return c


@rule("clockrange", "FROM|BETWEEN? n:NUM TO|AND|- b:simple|hourly")
def _hours(context: Context, n: int, b: Clock) -> ClockRange | None:
    """De 14 à 16h: the word is said once."""
    return clock_range(context, Clock(n, loose=_is_loose(context, n)), b) if n <= 24 else None


@rule("moment", "d:day ,? c:hourly")
def _day_and_hour(context: Context, d: When, c: Clock) -> When:
    return at_clock(d, c, context)


@rule("phrase", "BYTHEHOUR c:plain|simple")
def _by_the_hour(context: Context, c: Clock) -> Meaning:
    """Antes de las doce."""
    return _clock(context, c)


@rule("meridian", "AT? h:hour OCLOCK? m:MERIDIEM", "AT? h:hour PLUS q:minutes|halfhour m:MERIDIEM")
def _meridian(context: Context, h: int, m: str, q: int = 0) -> Clock:
    return _hour_of_half(context, Clock(h, q), m)


@rule("halfhour", "HALF")
def _half_hour(context: Context) -> int:
    return 30


@rule("phrase", "c:meridian")
def _of_the_morning(context: Context, c: Clock) -> Meaning:
    """Las nueve de la mañana: an hour, and no hour of tomorrow."""
    return _clock(context, c)
