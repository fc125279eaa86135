"""What French and Spanish say alike and the shared grammar does not: a week from Friday in one word, the last day of a month, every
second Friday, the 20th with nothing but an article.

Used by `fr` and `es`, whose tables have these classes besides those of `language`:

    INDAYS      7 or 14, behind a day              (vendredi) en huit, (de hoy) en ocho
    LASTDAY     None                               fin de, a final de: of a month or year its last day
    WEEKEND     None                               la fin de: of a week too, its last working day
    DOMMARK     None, before digits                le (20), el (día) 20
    OUTOFTWO    None, behind a weekday             sur deux, sí y otro no
    HERE        None, behind a unit or a weekday   -ci
    SOEARLY     None, behind a day                 tôt, temprano
    PERIODIC    "month" or "week", before a day    mensuel (le 5)
    TERM        None, before days                  sous, dans un délai de: counted to the day
    OFTHE       None                               de la, du, del
    UNTILTHE    None, before a day of the month    jusqu'au
    MONTHOF     None, before a month               mois de
    FIRST       1, the day of a month              1er
    LASTREL     "last" of a weekday or period alone: pasado, which before "mañana" is something else
    MORNINGS    None, before a part of the day     la (mañana): not tomorrow
    WEEKENDCA   None                               fin de semaine, which is a weekend in Canada alone
"""

from __future__ import annotations

from datetime import timedelta

from mailwright.codecs.dates.calendars import coming, gone, months_on, working_days_on
from mailwright.codecs.dates.grammar.dates import _relative_date, digits
from mailwright.codecs.dates.grammar.days import _nth, _nth_day, _weekday_and_dom, shift
from mailwright.codecs.dates.grammar.periods import _month, _relative_month, _season, _weekend, calendar_unit, edge_of
from mailwright.codecs.dates.grammar.ranges import _week_of
from mailwright.codecs.dates.grammar.recurrences import (
    Again,
    _nth_of_every_month,
    by_unit,
    on_day_of_month,
    on_weekdays,
)
from mailwright.codecs.dates.meaning import Context, Length, Meaning, Part, When, a_day, one_day, part_on
from mailwright.codecs.dates.patterns import Rules
from mailwright.codecs.dates.tokens import Numeric
from mailwright.codecs.dates.words import Kind

RULES = rule = Rules()

SUNDAY = 6


# Days


@rule("dated", "FROM? d:offset n:INDAYS", "FROM? THE? w:WEEKDAY n:INDAYS")
def _in_eight(context: Context, n: int, d: When | None = None, w: int = 0) -> When:
    """Both ends are counted: today is the first of eight days, and of fifteen."""
    day = d.day if d else coming(w, context.today)
    return a_day(day + timedelta(days=n))


@rule("named", "r:REL w:WEEKDAY HERE")
def _this_one(context: Context, r: str, w: int) -> When:
    today = context.today
    return When((one_day(today + timedelta(days=(w - today.weekday()) % 7)),), weekday=w)


@rule("named", "k:unitspan , THE w:WEEKDAY")
def _weekday_of_week(context: Context, k: When, w: int) -> When | None:
    """La semana que viene, el martes."""
    return (
        a_day(*(each.begins.date() + timedelta(days=(w - each.begins.weekday()) % 7) for each in k.readings))
        if k.unit == "week"
        else None
    )


@rule("moment", "TERM n:int u:UNIT")
@rule("counted", "TERM n:int u:UNIT")
def _term(context: Context, n: int, u: str) -> When | None:
    """A term of a contract or of law is counted to the day."""
    return a_day(context.today + timedelta(days=n)) if u == "day" else None


@rule("counted", "IN n:NUM TO|- l:length")
def _in_some_days(context: Context, n: int, l: Length) -> When | None:  # noqa: E741
    """In three to five days: by the fifth."""
    return (
        When(a_day(shift(context.today, l, 1, context)).readings, vague=True) if not l.seconds and n < l.count else None
    )


@rule("daypart", "d:day SOEARLY", "d:day p:part SOEARLY")
def _early(context: Context, d: When, p: Part | None = None) -> tuple[When, Part]:
    return d, Part("early_morning")


@rule("dated", "DOMMARK n:NUMERIC")
def _the_numeric(context: Context, n: Numeric) -> When | None:
    return digits(context, n)


@rule("numbered", "DOMMARK n:NUM", "DOMMARK n:FIRST", "<UNTILTHE n:NUM|FIRST")
def _numbered(context: Context, n: int) -> When | None:
    """The 20th: of this month, or of the next that has one."""
    for step in range(4):
        try:
            day = months_on(context.today.replace(day=1), step).replace(day=n)
        except ValueError:
            continue
        if day >= context.today:
            return a_day(day)
    return None


@rule("dated", "THE? d:dom OF? m:MONTH LASTREL")
def _last_date(context: Context, d: int, m: int) -> When | None:
    return _relative_date(context, d, m, "last")


@rule("weekdated", "THE? REL? w:WEEKDAY DAYWORD d:dom")
def _weekday_and_number(context: Context, w: int, d: int) -> When | None:
    """El lunes día 23."""
    return _weekday_and_dom(context, w, d)


@rule("named", "THE? w:WEEKDAY r:LASTREL", "THE? r:LASTREL w:WEEKDAY")
def _last_weekday(context: Context, w: int, r: str) -> When:
    return a_day(gone(w, context.today))


@rule("named", "r:REL w:WEEKDAY REL")
def _this_coming(context: Context, w: int, r: str) -> When | None:
    """Este viernes que viene."""
    return a_day(coming(w, context.today)) if r == "this" else None


@rule("named", "THE? n:ordinal w:WEEKDAY OFTHE u:UNIT")
def _nth_weekday(context: Context, n: int, w: int, u: str) -> When | None:
    p = calendar_unit(context, u, 0) if u in ("month", "quarter", "year") else None
    return _nth(context, n, w, p) if p else None


@rule("dated", "THE? n:ordinal u:UNIT OFTHE v:UNIT")
def _nth_day_of_unit(context: Context, n: int, u: str, v: str) -> When | None:
    p = calendar_unit(context, v, 0) if v in ("week", "month", "quarter", "year") else None
    return _nth_day(context, n, u, p) if p else None


@rule("lastday", "LASTDAY OFTHE|OF? THE? u:UNIT", "LASTDAY OFTHE|OF? p:unitspan|yearspan")
def _last_day(context: Context, u: str = "", p: When | None = None) -> When | None:
    """The end of the month is its last day."""
    p = p or calendar_unit(context, u, 0) if u in ("", "month", "quarter", "year", "6 month") else None
    if p is None or p.unit not in ("month", "quarter", "year", ""):
        return None
    return _last_of(p)


@rule("lastday", "WEEKEND OFTHE u:UNIT", "WEEKEND OFTHE p:unitspan", "WEEKEND o:OF p:unitspan")
def _last_working_day(context: Context, u: str = "", p: When | None = None, o: object = 0) -> When | None:
    """The end of the week is the last day that is worked on. (Without an article "la fin de semaine" is Canadian: the weekend.)"""
    if o is None and context.habits.first_weekday == SUNDAY and context.language.code == "fr":
        return None
    p = p or (calendar_unit(context, u, 0) if u == "week" else None)
    if p is None or p.unit != "week":
        return None
    free = context.habits.weekend
    ends = [each.ends.date() for each in p.readings if each.ends]
    days = [working_days_on(end, -1, free) for end in ends]
    return a_day(*(day if day >= context.today else day + timedelta(days=7) for day in days))


@rule("dated", "d:lastday")
def _a_last_day(context: Context, d: When) -> When:
    return d


def _last_of(p: When) -> When:
    return a_day(*(each.ends.date() - timedelta(days=1) for each in p.readings if each.ends))


@rule("bound", "UNTIL|BEFORE d:lastday", "UNTIL|BEFORE LASTDAY OF? THE? m:month")
def _by_the_end(context: Context, d: When | None = None, m: When | None = None) -> Meaning:
    """Before the end of the month is by its last day, not by the day before it."""
    found = d or _last_of(m) if m else d
    assert found is not None
    return Meaning(Kind.DATE, found.readings)


# Periods


@rule("month", "THE? m:MONTH LASTREL")
def _last_month(context: Context, m: int) -> When:
    return _relative_month(context, m, "last")


@rule("range", "UNTIL THE? WEEKOF ON? d:day")
def _for_the_week(context: Context, d: When) -> When | None:
    """Para la semana del 14: in it, not by its end."""
    return _week_of(context, d)


@rule("month", "MONTHOF m:MONTH", "MONTHOF m:MONTH r:REL")
def _month_of(context: Context, m: int, r: str = "") -> When:
    return _relative_month(context, m, r) if r else _month(context, m)


@rule("season", "THE? s:SEASON LASTREL", "THE? LASTREL s:SEASON")
def _last_season(context: Context, s: int) -> When:
    return _season(context, s, "last")


@rule("unitspan", "THE? u:UNIT r:LASTREL", "THE? r:LASTREL u:UNIT")
def _last_unit(context: Context, u: str, r: str) -> When | None:
    return calendar_unit(context, u, -1) if u in ("week", "month", "quarter", "year", "weekend") else None


@rule("unitspan", "r:REL u:UNIT HERE")
def _this_unit(context: Context, r: str, u: str) -> When | None:
    return calendar_unit(context, u, 0) if r == "this" else None


@rule("canadian", "IN? THE? r:REL WEEKENDCA", "IN? THE? WEEKENDCA r:REL", "THE WEEKENDCA")
def _canadian_weekend(context: Context, r: str = "this") -> When | None:
    """In Canada the week's end is Saturday and Sunday: who writes French and begins the week on Sunday is there."""
    return _weekend(context, r) if context.habits.first_weekday == SUNDAY else None


@rule("unitspan", "p:canadian")
@rule("period", "p:canadian")
def _that_weekend(context: Context, p: When) -> When:
    return p


@rule("period", "e:EDGE OF? u:UNIT")
def _edge_of_unit(context: Context, e: str, u: str) -> When | None:
    """At the beginning of the week, said when it is over, is that of the next."""
    if u not in ("week", "month", "quarter", "year"):
        return None
    for step in (0, 1):
        found = calendar_unit(context, u, step)
        edge = edge_of(context, found, e) if found else None
        if edge and edge.readings[0].ends and edge.readings[0].ends > context.now:
            return edge
    return None


# What comes again


@rule("core", "EVERY text:LENGTH")
def _every_fortnight(context: Context, text: str) -> Again | None:
    number, _, unit = text.partition(" ")
    return by_unit(context, unit, int(number))


@rule("core", "EVERY n:ordinal w:WEEKDAY|WEEKDAYS OFTHE u:UNIT")
def _every_nth(context: Context, n: int, w: int, u: str) -> Again | None:
    return _nth_of_every_month(context, n, w, Again("FREQ=MONTHLY", context.today)) if u == "month" else None


@rule("core", "u:PERIODIC THE? d:days", "u:PERIODIC DOMMARK n:NUM", "EVERY DOMMARK n:NUM")
def _periodic(context: Context, u: str = "month", d: list[int] | None = None, n: int = 0) -> Again | None:
    """Un rappel mensuel le 5, hebdomadaire le lundi."""
    if d is not None:
        return on_weekdays(context, d) if u == "week" else None
    return on_day_of_month(context, n) if u == "month" and 1 <= n <= 31 else None


@rule("core", "e:everyunit DOMMARK n:NUM")
def _every_month_on(context: Context, e: Again, n: int) -> Again | None:
    """Cada mes el día 15, chaque mois le 5."""
    return on_day_of_month(context, n) if e.rule == "FREQ=MONTHLY" and 1 <= n <= 31 else None


@rule("parted_core", "EVERY p:PARTS")
def _every_part_of_day(context: Context, p: str) -> tuple[Again, Part]:
    return Again("FREQ=DAILY", context.today), Part(p)


@rule("core", "A? THE? d:days OUTOFTWO")
def _every_second(context: Context, d: list[int]) -> Again:
    return on_weekdays(context, d, 2)


@rule("core", "EVERY a:WEEKDAY|WEEKDAYS AND EVERY? b:WEEKDAY|WEEKDAYS")
def _both(context: Context, a: int, b: int) -> Again:
    return on_weekdays(context, [a, b])


# Phrases


@rule("phrase", "n:DAYOFF")
def _offset(context: Context, n: int) -> Meaning:
    return Meaning(Kind.DATE, a_day(context.today + timedelta(days=n)).readings)


@rule("phrase", "MORNINGS p:PART")
def _morning(context: Context, p: str) -> Meaning:
    """La mañana is a morning, and no tomorrow."""
    reading = part_on(context.today, Part(p), context)
    if reading.begins <= context.now:
        reading = part_on(context.today + timedelta(days=1), Part(p), context)
    return Meaning(Kind.DATETIME, (reading,))
