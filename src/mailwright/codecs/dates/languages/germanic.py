"""What German and Dutch say alike and the shared grammar does not: eight days that are a week, quarters of the coming hour, ends of
months.

Used by `de` and `nl`, whose tables have these classes besides those of `language`:

    EIGHTDAYS  None                         acht Tagen, acht dagen: a week, in words only
    QUARTEROF  15 or 45, before an hour     viertel zehn is 9:15, drei viertel zehn 9:45
    ENDOF      unit                         Monatsende: the last day of it
    EDGEOF     (edge, unit)                 Monatsanfang, Wochenmitte
    LASTDAY    None                         Ende, eind: with a month or a longer period behind it its last day
    PARTNOUN   part, a noun                 Abend, ochtend: a time behind a day or a preposition only
    SHADE      part                         früh, vroeg: behind a day only, where it is a part of it
    DER        None                         an article between a weekday and its date only
    BEFORELAST None                         vorletzten
    WEEKOF     None                         (die) Woche vom
    VOOR       None                         voor, which is before and for
    OMDE       None                         om de, which is every
    HOURUNIT   None                         uur, which is both a length and a time
    NEARLY     None                         ongeveer, before a length
    HEUER      None                         this year
    AB         None                         ab, vanaf: from then on
    SPARTS     part                         (freitag)nachmittags, every one
    YEARSEND   None                         zwischen den Jahren
    ETAIL      None, glued to a number      (de 3)e
"""

from __future__ import annotations

from datetime import date, timedelta

from mailwright.codecs.dates.calendars import coming, gone, months_on, week_of
from mailwright.codecs.dates.grammar import days, phrases
from mailwright.codecs.dates.grammar.dates import without_year
from mailwright.codecs.dates.grammar.days import shift
from mailwright.codecs.dates.grammar.daytimes import at_clock, from_now
from mailwright.codecs.dates.grammar.lengths import length_of
from mailwright.codecs.dates.grammar.periods import calendar_unit, edge_of
from mailwright.codecs.dates.grammar.recurrences import Again, by_unit, first_time, on_weekdays
from mailwright.codecs.dates.meaning import (
    Clock,
    Context,
    Length,
    Meaning,
    Part,
    When,
    a_day,
    a_period,
    clock_in,
    one_day,
)
from mailwright.codecs.dates.patterns import Rules
from mailwright.codecs.dates.words import Kind, Precision

RULES = rule = Rules()


@rule("ahead", "IN EIGHTDAYS")
def _in_eight_days(context: Context) -> When:
    """A week, as both ends were counted once; some count eight."""
    return a_day(*(context.today + timedelta(days=n) for n in (7, 8)))


@rule("ahead", "d:offset IN EIGHTDAYS", "d:offset IN l:length")
def _day_and_length(context: Context, d: When, l: Length | None = None) -> When | None:  # noqa: E741
    """Today in a week, tomorrow in eight days."""
    if l is not None and l.seconds:
        return None
    return When(tuple(one_day(shift(each.begins.date(), l or Length(days=7), 1, context)) for each in d.readings))


@rule("ahead", "THE? w:WEEKDAY IN EIGHTDAYS", "THE? w:WEEKDAY IN l:length")
def _weekday_and_length(context: Context, w: int, l: Length | None = None) -> When | None:  # noqa: E741
    """Friday in a week: a week after the coming one."""
    length = l or Length(days=7)
    if length.seconds or length.workdays or length.months or length.days % 7:
        return None
    return When((one_day(coming(w, context.today) + timedelta(days=length.days)),), weekday=w)


@rule("moment", "d:ahead")
@rule("day", "d:ahead")
def _ahead(context: Context, d: When) -> When:
    return d


@rule("moment", "WITHIN A|THE? REL? EIGHTDAYS", "WITHIN THE? REL? l:length")
def _within(context: Context, l: Length | None = None) -> When:  # noqa: E741
    """Within a week: due when it is over."""
    length = l or Length(days=7)
    return from_now(context, length, 1) if length.seconds else a_day(shift(context.today, length, 1, context))


@rule("named", "THE? r:REL w:WEEKDAY")
def _after_next(context: Context, r: str, w: int) -> When | None:
    """The one after "next Friday", which has two readings in the first days of a week."""
    if r != "afternext":
        return None
    near = coming(w, context.today) + timedelta(days=7)
    far = week_of(context.today, 0) + timedelta(days=14 + w)
    soon = (near - context.today).days < 9  # "next" is not said of tomorrow
    two = near != far and not soon and (context.today.weekday() <= 2 or context.language.nearest_next)
    return a_day(near, far) if two else a_day(far)


@rule("simple", "q:QUARTEROF h:hour OCLOCK?")
def _quarter_of_hour(context: Context, q: int, h: int) -> Clock | None:
    return Clock(h - 1 or 12, q, loose=True) if 1 <= h <= 12 else None


@rule("day", "AFTER THE? WEEKENDWORD")
def _after_weekend(context: Context) -> When:
    """The first working day behind it."""
    day = coming(0, context.today)
    while day.weekday() in context.habits.weekend and len(context.habits.weekend) < 7:
        day += timedelta(days=1)
    return a_day(day)


@rule("lastday", "THE? u:ENDOF", "LASTDAY OF? THE? u:UNIT", "LASTDAY OF? THE? p:unitspan|month|yearspan")
def _last_day(context: Context, u: str = "", p: When | None = None) -> When | None:
    """A deadline: the last day of a month, a quarter, a year."""
    period = p or (calendar_unit(context, u, 0) if u in ("month", "quarter", "year") else None)
    if period is None or period.unit not in ("month", "quarter", "year"):
        return None
    return a_day(*(each.ends.date() - timedelta(days=1) for each in period.readings if each.ends is not None))


@rule("dated", "d:lastday")
def _a_last_day(context: Context, d: When) -> When:
    return d


@rule("bound", "BEFORE|VOOR d:lastday")
def _by_the_end(context: Context, d: When) -> Meaning:
    """Before the end of the year is by its last day."""
    return Meaning(Kind.DATE, d.readings)


@rule("bound", "VOOR p:moment|day")
def _before(context: Context, p: When) -> Meaning | None:
    """Before Friday, and for Friday: two readings. With a week it is "for"; with an hour both are the same."""
    found = tuple(each for each in p.readings if each.precision == Precision.DAY)
    if len(found) != 1:
        return None
    day = found[0].begins.date()
    return Meaning(Kind.DATE, (one_day(day - timedelta(days=1), "the day before"), found[0]))


@rule("ahead", "l:length VOOR d:date")
def _length_before(context: Context, l: Length, d: When) -> When | None:  # noqa: E741
    if l.seconds:
        return None
    return When(tuple(one_day(shift(each.begins.date(), l, -1, context)) for each in d.readings))


@rule("phrase", "NEARLY? n:int HOURUNIT")
def _hours(context: Context, n: int) -> Meaning | None:
    """Two hours, which Dutch does not tell from two o'clock: of the clock only behind "om", a day, "rond", or from 13 on."""
    if n > 12:
        return None
    length = Length(seconds=n * 3600, unit="hour", count=n)
    return Meaning(Kind.DURATION, seconds=n * 3600, length=length)


@rule("part", "ON|IN|INTHE|ABOUT|AT|UNTIL THE? p:PARTNOUN")
def _noun(context: Context, p: str) -> Part:
    return Part(p)


@rule("daypart", "d:day ,? p:PARTNOUN|SHADE")
def _day_and_noun(context: Context, d: When, p: str) -> tuple[When, Part]:
    return d, Part(p)


@rule("daypart", "r:REL p:PARTNOUN")
def _this_noun(context: Context, r: str, p: str) -> tuple[When, Part] | None:
    days = {"this": 0, "last": -1, "next": 1, "coming": 1}.get(r)
    return None if days is None else (a_day(context.today + timedelta(days=days)), Part(p))


@rule("parted", "c:simple SHADE", "c:simple IN THE? p:PARTNOUN")
def _clock_and_noun(context: Context, c: Clock, p: str = "morning") -> Clock | None:
    return clock_in(Part(p), c)


@rule("parted_core", "EVERY p:PARTNOUN", "c:core p:PARTNOUN|SHADE")
def _every_noun(context: Context, p: str, c: Again | None = None) -> tuple[Again, Part]:
    return c or Again("FREQ=DAILY", context.today), Part(p)


@rule("again", "c:core t:dotted")
def _written_hour(context: Context, c: Again, t: Clock) -> Meaning:
    return Meaning(Kind.SET, (first_time(context, c, t),), c.rule)


@rule("weekdated", "w:WEEKDAY ,? DER d:dated")
def _weekday_the_date(context: Context, w: int, d: When) -> When | None:
    return days._weekday_and_date(context, w, d)


@rule("weekdated", "w:WEEKDAY ,? DER d:ORDINAL")
def _weekday_the_day(context: Context, w: int, d: int) -> When | None:
    return days._weekday_and_dom(context, w, d) if 1 <= d <= 31 else None


@rule("dated", "d:ORDINAL m:ORDINAL", "d:ORDINAL m:ORDINAL y:year")
def _ordinals(context: Context, d: int, m: int, y: int = 0) -> When | None:
    """27. 11., and am siebten vierten."""
    if not (1 <= d <= 31 and 1 <= m <= 12):
        return None
    return a_day(date(y, m, d)) if y else without_year(context, m, d)


@rule("dated", "n:ordinal u:UNIT OF v:UNIT")
def _nth_day(context: Context, n: int, u: str, v: str) -> When | None:
    """The last day of the month."""
    for step in (0, 1):
        period = calendar_unit(context, v, step) if v in ("week", "month", "quarter", "year") else None
        found = days._nth_day(context, n, u, period) if period else None
        if found and found.day >= context.today:
            return found
    return None


@rule("named", "BEFORELAST w:WEEKDAY")
def _before_last(context: Context, w: int) -> When:
    return a_day(gone(w, context.today) - timedelta(days=7))


@rule("unitspan", "BEFORELAST u:UNIT|YEARWORD")
def _unit_before_last(context: Context, u: str | None) -> When | None:
    return calendar_unit(context, u or "year", -2) if u not in ("day", "workday", "hour", "minute", "second") else None


@rule("period", "WEEKOF d:date")
def _week_of(context: Context, d: When) -> When:
    monday = week_of(d.day, context.habits.first_weekday)
    return a_period(monday, monday + timedelta(days=7), Precision.WEEK, "week")


@rule("moment", "d:day AB ABOUT? c:clock|plain")
def _day_from_hour(context: Context, d: When, c: Clock) -> When:
    return at_clock(d, c, context)


@rule("bound", "AB p:moment|day", "UNTIL n:NUM ~.")
def _from_day_on(context: Context, p: When | None = None, n: int = 0) -> Meaning | None:
    """From Friday on; by the 15th."""
    if p is None:
        if not 1 <= n <= 31:
            return None
        p = a_day(*days._numbered(context, n))
    moment = bool(p.readings) and p.readings[0].precision > Precision.DAY
    return Meaning(Kind.DATETIME if moment else Kind.DATE, p.readings, vague=p.vague)


@rule("phrase", "AB|VOOR ABOUT? c:clock")
def _from_hour_on(context: Context, c: Clock) -> Meaning:
    return phrases._clock(context, c)


@rule("bound", "d:day VOOR ABOUT? c:clock|plain")
def _day_before_hour(context: Context, d: When, c: Clock) -> Meaning:
    return Meaning(Kind.DATETIME, at_clock(d, c, context).readings)


@rule("bound", "x:daypart VOOR ABOUT? c:clock|plain")
def _part_before_hour(context: Context, x: tuple[When, Part], c: Clock) -> Meaning | None:
    clock = clock_in(x[1], c)
    return Meaning(Kind.DATETIME, at_clock(x[0], clock, context).readings) if clock else None


@rule("phrase", "SOMETIME OF|DER? u:UNIT")
def _in_the_course(context: Context, u: str) -> Meaning | None:
    """In the course of the week: what is left of it."""
    if u == "day":
        return Meaning(Kind.DATE, a_day(context.today).readings, vague=True)
    period = calendar_unit(context, u, 0) if u in ("week", "month", "quarter", "year") else None
    return Meaning(Kind.RANGE, edge_of(context, period, "rest").readings, vague=True) if period else None


@rule("phrase", "SOMETIME OF|DER? p:PARTNOUN")
def _in_the_course_of_a_part(context: Context, p: str) -> Meaning:
    found = phrases._part(context, Part(p))
    return Meaning(found.kind, found.readings, vague=True)


@rule("period", "YEARSEND")
def _between_the_years(context: Context) -> When:
    """From Christmas to New Year."""
    year = context.today.year
    return a_period(date(year, 12, 27), date(year + 1, 1, 1), Precision.WEEK)


@rule("month", "y:yearspan OF|IN m:MONTH", "r:REL YEARWORD OF|IN m:MONTH")
def _month_of_relative_year(context: Context, m: int, y: When | None = None, r: str = "") -> When | None:
    step = {"this": 0, "next": 1, "coming": 1, "last": -1, "afternext": 2}.get(r, 0)
    year = y.day.year if y else context.today.year + step
    begins = date(year, m, 1)
    return a_period(begins, months_on(begins, 1), Precision.MONTH, "month")


@rule("parted_core", "w:WEEKDAY ~p:SPARTS")
def _every_such_part(context: Context, w: int, p: str) -> tuple[Again, Part]:
    """Freitagnachmittags: every Friday."""
    return on_weekdays(context, [w]), Part(p)


@rule("core", "OMDE OTHER? w:WEEKDAY")
def _every_other_weekday(context: Context, w: int) -> Again:
    return on_weekdays(context, [w], 2)


@rule("moment", "WITHIN DER u:UNIT")
def _within_the(context: Context, u: str) -> When | None:
    return _within(context, length_of(1, u)) if u != "weekend" else None


@rule("numbered", "DER n:NUM ~ETAIL >AT|FROM|BETWEEN|.|,|!|)", "<ON DER n:NUM ~ETAIL", "<ON DER n:NUM ~.")
def _numbered_day(context: Context, n: int) -> When | None:
    return a_day(*days._numbered(context, n)) if 1 <= n <= 31 else None


@rule("numbered", "<ON|UNTIL r:REL d:ORDINAL")
def _next_first(context: Context, r: str, d: int) -> When | None:
    """The next 1st."""
    return a_day(*days._numbered(context, d)) if r in ("next", "coming") and 1 <= d <= 31 else None


@rule("simple", "A OCLOCK")
def _one(context: Context) -> Clock:
    return Clock(1, loose=True, precision=Precision.HOUR)


@rule("core", "OMDE n:int u:UNIT")
def _every_so_many(context: Context, n: int, u: str) -> Again | None:
    return by_unit(context, u, n) if n > 0 else None


@rule("unitspan", "HEUER")
def _this_year(context: Context) -> When | None:
    return calendar_unit(context, "year", 0)


@rule("unitspan", "THE? e:EDGEOF")
def _compound(context: Context, e: tuple[str, str]) -> When | None:
    edge, unit = e
    period = calendar_unit(context, unit, 0)
    return edge_of(context, period, edge) if period else None


@rule("period", "THE? e:EDGE OF u:UNIT")
def _edge_of_unit(context: Context, e: str, u: str) -> When | None:
    """Of the present week or month; of the next one when that is over."""
    for step in (0, 1):
        period = calendar_unit(context, u, step) if u in ("week", "month", "quarter", "year") else None
        found = edge_of(context, period, e) if period else None
        if found and found.readings[0].ends and found.readings[0].ends > context.now:
            return found
    return None


@rule("phrase", "w:range")
def _hours_of_day(context: Context, w: When) -> Meaning | None:
    """Friday 14-16 is no 14th."""
    if any(each.precision < Precision.HOUR or each.begins == context.now for each in w.readings):
        return None
    return Meaning(Kind.RANGE, w.readings, vague=w.vague)


@rule("counted", "w:WEEKDAY AFTER d:dated", "w:WEEKDAY b:BEFORE|VOOR d:dated")
def _weekday_beside(context: Context, w: int, d: When, b: object = 0) -> When:
    """Am Montag nach Ostern."""
    return days._weekday_beside(context, w, d, b)


@rule("counted", "u:UNIT AFTER d:dated", "u:UNIT b:BEFORE|VOOR d:dated")
def _day_beside(context: Context, u: str, d: When, b: object = 0) -> When | None:
    """Am Tag vor Heiligabend."""
    return days._day_beside(context, u, d, b)


@rule("week", "THE? n:ORDINAL WEEKNO")
def _numbered_week(context: Context, n: int) -> When | None:
    """The 50th week of the calendar: of this year, or of the next when it is over."""
    if not 1 <= n <= 53:
        return None
    monday = week_of(context.today, 0)
    for _ in range(60):
        if monday.isocalendar().week == n:
            return a_period(monday, monday + timedelta(days=7), Precision.WEEK, "week")
        monday += timedelta(days=7)
    return None
