"""Whole phrases, which is what is found in a text. Makes: phrase."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mailwright.codecs.dates.grammar.days import shift
from mailwright.codecs.dates.grammar.daytimes import at_clock, from_now
from mailwright.codecs.dates.grammar.lengths import seconds_of
from mailwright.codecs.dates.grammar.ranges import ClockRange
from mailwright.codecs.dates.meaning import (
    Clock,
    Context,
    Length,
    Meaning,
    Part,
    When,
    a_day,
    at,
    hour_of_afternoon,
    part_on,
)
from mailwright.codecs.dates.patterns import Rules
from mailwright.codecs.dates.words import Kind, Precision, Reading

RULES = rule = Rules()


@rule("phrase", "m:bounded", "m:again", "m:bound")
def _made(context: Context, m: Meaning) -> Meaning:
    return m


@rule("phrase", "w:moment")
def _moment(context: Context, w: When) -> Meaning:
    kind = Kind.DATE if w.readings and w.readings[0].precision == Precision.DAY else Kind.DATETIME
    return Meaning(kind, w.readings, vague=w.vague, seconds=w.seconds)


@rule("phrase", "ON? a:day|moment OR ON? b:day|moment")
def _either(context: Context, a: When, b: When) -> Meaning | None:
    """Monday or Tuesday: two readings, to be asked about. Of "Monday or Tuesday at ten" both are at ten."""
    if not a.readings or not b.readings:
        return None
    second = b.readings[0]
    if second.precision > Precision.DAY:
        offset = second.begins - at(second.begins.date())
        length = second.ends - second.begins if second.ends else None
        firsts = [
            replace(second, begins=begins, ends=begins + length if length else None, because=each.because)
            if each.precision is Precision.DAY
            else each
            for each in a.readings
            for begins in (at(each.begins.date()) + offset,)
        ]
    else:
        firsts = list(a.readings)
    exact = any(each.precision > Precision.DAY for each in (*firsts, second))
    kind = Kind.DATETIME if exact else Kind.DATE
    return Meaning(kind, (*firsts, *b.readings), vague=a.vague or b.vague)


@rule("phrase", "w:day")
def _day(context: Context, w: When) -> Meaning:
    return Meaning(Kind.DATE, w.readings, vague=w.vague)


@rule("phrase", "w:period", "w:range")
def _period(context: Context, w: When) -> Meaning:
    return Meaning(Kind.RANGE, w.readings, vague=w.vague)


@rule("phrase", "c:clockrange")
def _clocks(context: Context, c: ClockRange) -> Meaning:
    today = c.on(context.today, context)
    if today.begins <= context.now:
        today = c.on(context.today + timedelta(days=1), context)
    return Meaning(Kind.RANGE, (today,))


@rule("phrase", "c:clock", "AFTER|BEFORE|UNTIL|SINCE ABOUT? c:clock", "AFTER|BEFORE|UNTIL|SINCE AT? ABOUT? c:dotted")
def _clock(context: Context, c: Clock) -> Meaning:
    """At 5: the coming one. At 8, said at ten, may be tonight's: both."""
    meant = hour_of_afternoon(c, context)
    first = Reading(meant.on(context.today), None, meant.precision)
    readings = [first]
    if first.begins <= context.now:
        readings = [replace(first, begins=first.begins + timedelta(days=1))]
        evening = c.loose and meant.hour < 12 and not context.language.evening_said
        tonight = replace(meant, hour=meant.hour + 12).on(context.today) if evening else context.now
        if tonight > context.now:
            readings.append(replace(first, begins=tonight))
    return Meaning(Kind.TIME, tuple(readings))


@rule("phrase", "IN|AT THE p:PART", "p:part")
def _part(context: Context, p: Part | str) -> Meaning:
    part = p if isinstance(p, Part) else Part(p)
    reading = part_on(context.today, part, context)
    if reading.begins <= context.now:
        reading = part_on(context.today + timedelta(days=1), part, context)
    return Meaning(Kind.TIME, (reading,))


@rule("phrase", "c:clock ORLATER", "c:clock ORLATER ,? ON? d:day")
def _clock_or_later(context: Context, c: Clock, d: When | None = None) -> Meaning:
    if d is None:
        return _clock(context, c)
    return Meaning(Kind.DATETIME, at_clock(d, c, context).readings)


@rule("phrase", "AFTER|BEFORE|AT|ABOUT m:MEAL")
def _meal(context: Context, m: tuple[int, int]) -> Meaning:
    return _clock(context, Clock(*m))


@rule("phrase", "n:length")
def _length(context: Context, n: Length) -> Meaning | None:
    return Meaning(Kind.DURATION, vague=n.vague, seconds=seconds_of(n), length=n)


@rule("phrase", "days:SOON")
def _soon(context: Context, days: int) -> Meaning:
    readings = a_day(context.today + timedelta(days=days)).readings
    return Meaning(Kind.DATE, readings, vague=True)


@rule("phrase", "SOMETIME ON|IN|AT|,? w:range|period|day|moment")
def _sometime(context: Context, w: When) -> Meaning:
    period = bool(w.readings) and w.readings[0].ends is not None
    return Meaning(Kind.RANGE if period else Kind.DATE, w.readings, vague=True)


def from_length(meaning: Meaning, context: Context) -> Meaning:
    """A length as the answer to "when?": so long from now. Other meanings stay as they are."""
    if meaning.length is None:
        return meaning
    length = meaning.length
    if length.seconds:
        counted = from_now(context, length, 1)
        return Meaning(Kind.DATETIME, counted.readings, vague=length.vague, seconds=counted.seconds)
    return Meaning(Kind.DATE, a_day(shift(context.today, length, 1, context)).readings, vague=length.vague)
