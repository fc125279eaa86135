"""What Italian and Portuguese say alike and the shared grammar does not: a week of eight days, a fortnight of fifteen, ends of months.

Used by `it` and `pt`, whose tables have these classes besides those of `language`:

    SHORTDAY     0..6, only before a date          lun 23/11, seg. 23/11
    EIGHTDAYS    7                                 otto giorni, oito dias: a week, after "in" only
    FIFTEENDAYS  14                                quindici giorni, 15 dias: a fortnight, after "in" and "every"
    TOEIGHT      7 or 14, behind a day             (lunedì) a otto, a quindici
    LASTDAY      None                              fine, fim: with a month or year behind it its last day, with a week its last working day
    OFTHE        None                              del, do, da: of the, before a bare unit
    DAYWORD      None                              il, il giorno, dia: a day of the month follows
    THISWEEK     None                              in settimana
    HOURBOUND    None                              dopo le, antes das: an hour follows
    FROMTHE TOTHE  None                            dal (20) al (27): days of the month, not hours
    ATDAY        None                              (ogni anno) a, il
    YESNO        None, behind a weekday            sì e uno no
    YES NO       None, each behind a weekday       sim, não
    UNS          None, before a number             umas (duas horas)
    HALFOF       1 or 2                            prima metà, segunda quinzena
    ASAT         None, between a day and an hour   as for às
    EM           None, between the same numbers    (de três) em (três dias)
    DAYAFTER     2                                 depois de amanhã, dopo domani: which has "after" in it
    COMMA        None                              a sign within an hour: ore 15,30
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from mailwright.codecs.dates.calendars import coming, months_on, working_days_on
from mailwright.codecs.dates.grammar.dates import digits
from mailwright.codecs.dates.grammar.days import _nth as nth
from mailwright.codecs.dates.grammar.days import _nth_day as nth_day
from mailwright.codecs.dates.grammar.days import _numbered as coming_days
from mailwright.codecs.dates.grammar.days import _weekday_and_date as weekday_and_date
from mailwright.codecs.dates.grammar.days import _weekday_and_dom as weekday_and_dom
from mailwright.codecs.dates.grammar.days import shift
from mailwright.codecs.dates.grammar.daytimes import DayPart, at_clock, from_now, in_part
from mailwright.codecs.dates.grammar.daytimes import _part_and_clock as part_and_clock
from mailwright.codecs.dates.grammar.periods import _quarter as quarter
from mailwright.codecs.dates.grammar.periods import calendar_unit
from mailwright.codecs.dates.grammar.phrases import _clock as clock_phrase
from mailwright.codecs.dates.grammar.recurrences import Again, by_unit, first_time, on_day_of_month, on_weekdays
from mailwright.codecs.dates.grammar.recurrences import _day_of_every_month as day_of_every_month
from mailwright.codecs.dates.grammar.recurrences import _every_part as every_part
from mailwright.codecs.dates.grammar.recurrences import _every_year as every_year
from mailwright.codecs.dates.grammar.recurrences import _nth_of_every_month as nth_of_every_month
from mailwright.codecs.dates.languages.romance import _edge_of_unit as edge_of_unit
from mailwright.codecs.dates.meaning import (
    Clock,
    Context,
    Length,
    Meaning,
    Part,
    When,
    a_day,
    a_period,
    hour_of_afternoon,
)
from mailwright.codecs.dates.patterns import Rules
from mailwright.codecs.dates.tokens import Numeric
from mailwright.codecs.dates.words import Kind, Precision

RULES = rule = Rules()


@rule("ofunit", "OFTHE u:UNIT")
def _of_unit(context: Context, u: str) -> When | None:
    """Del mese: of the present one."""
    return calendar_unit(context, u, 0) if u in ("week", "month", "quarter", "year") else None


@rule("named", "THE? n:ordinal w:WEEKDAY p:ofunit")
def _nth(context: Context, n: int, w: int, p: When) -> When | None:
    """Il primo lunedì del mese: of the next month when this one's is over."""
    return _to_come(context, nth(context, n=n, w=w, p=p), lambda later: nth(context, n=n, w=w, p=later), p)


@rule("dated", "THE? n:ordinal u:UNIT p:ofunit")
def _nth_day(context: Context, n: int, u: str, p: When) -> When | None:
    return _to_come(context, nth_day(context, n=n, u=u, p=p), lambda later: nth_day(context, n=n, u=u, p=later), p)


def _to_come(context: Context, found: When | None, again: Callable[[When], When | None], p: When) -> When | None:
    if found is None or found.day >= context.today:
        return found
    later = calendar_unit(context, p.unit, 1)
    return again(later) if later else found


@rule("unitspan", "THE? n:ordinal u:UNIT y:yearspan")
def _quarter(context: Context, n: int, u: str, y: When) -> When | None:
    return quarter(context, n=n, y=y, u=u)


@rule("dated", "THE|DAYWORD? d:ORDINAL|NUM p:ofunit")
def _day_of_the_month(context: Context, d: int, p: When) -> When | None:
    """Il primo del mese: of the next month when this one's is over."""
    return a_day(*coming_days(context, d)) if p.unit == "month" and 1 <= d <= 31 else None


@rule("numbered", "THE? REL DAYWORD d:NUM")
def _next_such_day(context: Context, d: int) -> When | None:
    """No próximo dia 5."""
    return _day_of_some_month(context, d)


@rule("named", "w:SHORTDAY >AT")
def _short_weekday_alone(context: Context, w: int) -> When:
    return _weekday(context, w)


@rule("range", "FROMTHE a:NUM TOTHE b:NUM")
def _days(context: Context, a: int, b: int) -> When | None:
    """Dal 20 al 27: hours would have another article."""
    if not (1 <= a <= 31 and 1 <= b <= 31):
        return None
    first = coming_days(context, a)[0]
    last = first.replace(day=b) if b > a else months_on(first.replace(day=1), 1).replace(day=b)
    return a_period(first, last + timedelta(days=1), Precision.DAY, "day")


@rule("beyondday", "n:DAYAFTER")
def _day_after_tomorrow(context: Context, n: int) -> When:
    return a_day(context.today + timedelta(days=n))


@rule(
    "phrase",
    "d:beyondday ,? p:part ,? AT? c:clock",
    "d:beyondday ,? p:part ,? AT|ASAT c:plain",
    "d:beyondday ,? AT? c:clock",
    "d:beyondday ,? AT|ASAT c:plain|simple|parted",
    "d:beyondday ,? p:part",
)
def _time_of_day_after(context: Context, d: When, c: Clock | None = None, p: Part | None = None) -> Meaning | None:
    """Depois de amanhã às 9 is no time after that of tomorrow."""
    if c is not None:
        found = part_and_clock(context, x=(d, p), c=c) if p else at_clock(d, c, context)
    else:
        found = in_part(d, p, context) if p else None
    return Meaning(Kind.DATETIME, found.readings) if found else None


@rule("bound", "HOURBOUND c:plain|simple|parted OF? d:day")
def _hour_bound_of_day(context: Context, c: Clock, d: When) -> Meaning:
    """Entro le 18 di domani."""
    return Meaning(Kind.DATETIME, at_clock(d, c, context).readings)


@rule("phrase", "HOURBOUND c:plain|simple|parted")
def _bound_hour(context: Context, c: Clock) -> Meaning:
    return clock_phrase(context, c=c)


@rule("bound", "d:day ,? HOURBOUND c:plain|simple|parted")
def _bound_hour_of_day(context: Context, d: When, c: Clock) -> Meaning:
    return Meaning(Kind.DATETIME, at_clock(d, c, context).readings)


@rule("moment", "IN h:int ~OCLOCK ~m:NUM2")
def _in_hours_and_minutes(context: Context, h: int, m: int) -> When | None:
    return from_now(context, Length(seconds=h * 3600 + m * 60, unit="minute"), 1) if m < 60 else None


@rule("core", "e:everyunit ATDAY d:dated")
def _every_year_at(context: Context, e: Again, d: When) -> Again | None:
    return every_year(context, d=d, e=e)


@rule("again", "FROM a:WEEKDAY TO b:WEEKDAY ,? AT t:clock|plain")
def _weekdays_at(context: Context, a: int, b: int, t: Clock) -> Meaning | None:
    """From Monday to Friday at 8: every one of these days."""
    if b <= a:
        return None
    again = on_weekdays(context, list(range(a, b + 1)))
    return Meaning(Kind.SET, (first_time(context, again, hour_of_afternoon(t, context)),), again.rule)


@rule("period", "e:EDGE o:OFTHE? u:UNIT")
def _edge_of_unit(context: Context, e: str, u: str, o: str = "") -> When | None:
    """A inizio settimana. Not fine settimana and fim de semana, which are the weekend."""
    return edge_of_unit(context, e=e, u=u) if (e, u) != ("end", "week") or o == "the" else None


@rule("counted", "IN n:int w:WEEKDAY|WEEKDAYS")
def _in_so_many_weekdays(context: Context, n: int, w: int) -> When | None:
    """Tra due lunedì: the second from now."""
    return a_day(coming(w, context.today) + timedelta(days=7 * (n - 1))) if 2 <= n <= 53 else None


@rule("vagueamount", "UNS n:int")
def _some(context: Context, n: int) -> float:
    """Umas duas horas."""
    return n


@rule("period", "THE? h:HALFOF OF? p:month|unitspan|ofunit")
def _half(context: Context, h: int, p: When) -> When | None:
    """The second half of a month begins on the 16th."""
    begins, ends = p.day, p.readings[0].ends
    if ends is None or p.unit not in ("month", "year"):
        return None
    middle = begins.replace(day=16) if p.unit == "month" else begins.replace(month=7)
    half = (begins, middle) if h == 1 else (middle, ends.date())
    return a_period(*half, Precision.WEEK if p.unit == "month" else Precision.QUARTER, p.unit)


@rule("moment", "w:WEEKDAY d:NUM p:part")
def _part_of_that_day(context: Context, w: int, d: int, p: Part) -> When | None:
    """Venerdì 20 sera is no 20 o'clock."""
    day = weekday_and_dom(context, w=w, d=d) if 13 <= d <= 31 else None
    near = day is not None and day.readings and day.day - context.today <= timedelta(days=31)
    return in_part(day, p, context) if day is not None and near else None


@rule("moment", "c:clock|plain OF x:daypart")
def _hour_of_that_part(context: Context, c: Clock, x: DayPart) -> When | None:
    return part_and_clock(context, x=x, c=c)


@rule("moment", "d:day ASAT c:simple|plain|parted")
def _hour_without_accent(context: Context, d: When, c: Clock) -> When:
    return at_clock(d, c, context)


@rule("unitspan", "THISWEEK")
def _this_week(context: Context) -> When | None:
    return calendar_unit(context, "week", 0)


@rule("dated", "DAYWORD|THE|IN n:NUMERIC")
def _numeric(context: Context, n: Numeric) -> When | None:
    return digits(context, n)


@rule("bound", "WITHIN l:length")
def _within(context: Context, l: Length) -> Meaning | None:  # noqa: E741
    """A term: due when it ends."""
    if l.seconds:
        return Meaning(Kind.DATETIME, from_now(context, l, 1).readings, vague=l.vague)
    return Meaning(Kind.DATE, a_day(shift(context.today, l, 1, context)).readings, vague=l.vague)


@rule("core", "EVERY n:EIGHTDAYS|FIFTEENDAYS")
def _every_fortnight(context: Context, n: int) -> Again | None:
    return by_unit(context, "week", n // 7)


@rule("core", "DAYWORD d:dom OF? e:everyunit")
def _day_of_every_month(context: Context, e: Again, d: int) -> Again | None:
    return day_of_every_month(context, e=e, d=d)


@rule("core", "THE? d:dated , e:everyunit")
def _every_year_on(context: Context, d: When, e: Again) -> Again | None:
    return every_year(context, d=d, e=e)


@rule("core", "EVERY d:NUM p:ofunit")
def _every_such_day_of_the_month(context: Context, d: int, p: When) -> Again | None:
    return on_day_of_month(context, d) if p.unit == "month" and 1 <= d <= 31 else None


@rule("core", "EVERY DAYWORD d:dom")
def _every_such_day(context: Context, d: int) -> Again:
    """Todo dia 5."""
    return on_day_of_month(context, d)


@rule("parted_core", "EVERY p:PARTS")
def _every_part(context: Context, p: str) -> tuple[Again, Part]:
    return every_part(context, p=p)


@rule("core", "A? w:WEEKDAY YESNO", "w:WEEKDAY YES ,? v:WEEKDAY NO")
def _one_yes_one_no(context: Context, w: int, v: int | None = None) -> Again | None:
    """Un martedì sì e uno no; terça sim, terça não."""
    return on_weekdays(context, [w], 2) if v in (None, w) else None


@rule("core", "FROM n:int EM m:int u:UNIT")
def _from_so_many_to_so_many(context: Context, n: int, m: int, u: str) -> Again | None:
    """De três em três dias; de quinze em quinze is every second week."""
    if n != m or n < 1:
        return None
    return by_unit(context, "week", n // 7) if u == "day" and n in (8, 15) else by_unit(context, u, n)


@rule("core", "EVERY n:ordinal w:WEEKDAY p:ofunit")
def _every_nth(context: Context, n: int, w: int, p: When) -> Again | None:
    every = by_unit(context, "month")
    return nth_of_every_month(context, n=n, w=w, e=every) if every and p.unit == "month" else None


@rule("simple", "HOURMARK h:hour ~COMMA ~m:NUM2", "HOURMARK c:digital")
def _marked(context: Context, h: int = 0, m: int = 0, c: Clock | None = None) -> Clock | None:
    return c or (Clock(h, m, loose=1 <= h <= 12) if m < 60 else None)


@rule("moment", "IN n:EIGHTDAYS|FIFTEENDAYS")
@rule("counted", "IN n:EIGHTDAYS|FIFTEENDAYS")
def _in_a_fortnight(context: Context, n: int) -> When:
    """Both ends are counted: today is the first of eight days."""
    return a_day(context.today + timedelta(days=n))


@rule("phrase", "FROMDAY? d:offset|weekdayalone n:TOEIGHT")
def _week_after_all(context: Context, d: When, n: int) -> Meaning:
    """Before the hour that "a otto" could be."""
    return Meaning(Kind.DATE, _week_after(context, d, n).readings)


@rule("weekdayalone", "w:WEEKDAY")
def _weekday(context: Context, w: int) -> When:
    return a_day(coming(w, context.today))


@rule("named", "FROMDAY? d:offset|weekdayalone n:TOEIGHT")
def _week_after(context: Context, d: When, n: int) -> When:
    return a_day(d.day + timedelta(days=n))


@rule("weekdated", "DAYWORD d:dated")
def _that_day(context: Context, d: When) -> When:
    return d


@rule("weekdated", "w:WEEKDAY ,? DAYWORD d:dom")
def _weekday_and_dom(context: Context, w: int, d: int) -> When:
    return weekday_and_dom(context, w=w, d=d)


@rule("weekdated", "w:SHORTDAY ,? DAYWORD? d:dated", "w:WEEKDAY ,? DAYWORD d:dated")
def _short_weekday(context: Context, w: int, d: When) -> When | None:
    return weekday_and_date(context, w=w, d=d)


@rule("counted", "AGOBEFORE l:length AGO")
def _said_twice(context: Context, l: Length) -> When | None:  # noqa: E741
    """Há duas semanas atrás."""
    return None if l.seconds else a_day(shift(context.today, l, -1, context))


@rule("numbered", "DAYWORD d:NUM")
def _day_of_some_month(context: Context, d: int) -> When | None:
    """Il 20, dia 20: of this month, or of the next that has one."""
    return a_day(*coming_days(context, d)) if 1 <= d <= 31 else None


@rule("dated", "LASTDAY o:OFTHE? u:UNIT", "LASTDAY o:OFTHE? THE? p:unitspan|month")
def _last_day(context: Context, o: str = "", u: str = "", p: When | None = None) -> When | None:
    """The last day of a month, quarter or year; of a week the last that is worked on (without "the" it is the weekend)."""
    if u == "week" and o != "the":
        return None
    period = p or (calendar_unit(context, u, 0) if u in ("week", "month", "quarter", "year") else None)
    if period is None or period.unit in ("weekend", "season"):
        return None
    ends = [each.ends.date() for each in period.readings if each.ends]
    if period.unit == "week":
        return a_day(*(working_days_on(end, -1, context.habits.weekend) for end in ends))
    return a_day(*(end - timedelta(days=1) for end in ends))


@rule("phrase", "n:NUM ~OCLOCK", "n:NUM ~OCLOCK ~m:NUM2")
def _short_length(context: Context, n: int, m: int = 0) -> Meaning | None:
    """2h with nothing beside it is how long; 15h is when."""
    if not 1 <= n <= 6 or m > 59:
        return None
    seconds = n * 3600 + m * 60
    length = Length(seconds=seconds, unit="minute" if m else "hour", count=n)
    return Meaning(Kind.DURATION, seconds=seconds, length=length)


@rule("plain", "h:hour PLUS m:minutes")
def _plus(context: Context, h: int, m: int) -> Clock:
    return Clock(h, m, loose=1 <= h <= 12)
