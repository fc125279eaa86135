"""Days. Makes: date (14 November, 3/4, tomorrow, next Friday), day (those, and what is counted from them)."""

from __future__ import annotations

from datetime import date, timedelta

from mailwright.codecs.dates.calendars import coming, gone, holiday, months_on, nth_weekday, week_of, working_days_on
from mailwright.codecs.dates.grammar.dates import RECENT
from mailwright.codecs.dates.grammar.periods import calendar_unit
from mailwright.codecs.dates.meaning import Context, Length, When, a_day, one_day
from mailwright.codecs.dates.patterns import Rules

RULES = rule = Rules()


@rule(
    "holiday",
    "THE? h:HOLIDAY OF|IN|,? y:yearspan|relyear",
    "THE? r:REL h:HOLIDAY",
    "THE? h:HOLIDAY r:REL",
    "THE? h:HOLIDAY",
)
def _holiday(context: Context, h: str, y: When | None = None, r: str = "") -> When:
    today = context.today
    day = holiday(h, y.day.year if y else today.year)
    if y is None and r == "last" and day >= today:
        day = holiday(h, today.year - 1)
    elif y is None and day < today and r != "last":
        day = holiday(h, today.year + 1)
    return When((one_day(day),), dom=day.day, month=day.month)


@rule("relyear", "THE? r:REL u:UNIT", "THE? u:UNIT r:REL")
def _year_only(context: Context, r: str, u: str) -> When | None:
    if u != "year":
        return None
    year = context.today.year + {"next": 1, "last": -1, "coming": 1, "afternext": 2}.get(r, 0)
    return When((one_day(date(year, 1, 1)),), year=year, unit="year")


@rule("offset", "n:DAYOFF", "THE n:DAYOFF")
def _offset(context: Context, n: int) -> When:
    return a_day(context.today + timedelta(days=n))


@rule("offset", "THE? r:REL u:UNIT", "THE u:UNIT", "THE? u:UNIT r:REL")
def _next_day(context: Context, u: str, r: str = "this") -> When | None:
    if u not in ("day", "workday"):
        return None
    step = {"next": 1, "last": -1, "coming": 1, "afternext": 2}.get(r, 0)
    if u == "workday":
        return a_day(working_days_on(context.today, step, context.habits.weekend)) if step else None
    return a_day(context.today + timedelta(days=step))


@rule("offset", "THE u:UNIT AFTER")
def _day_after(context: Context, u: str) -> When | None:
    return a_day(context.today + timedelta(days=1)) if u == "day" else None


@rule("offset", "THE u:UNIT BEFORE")
def _day_before(context: Context, u: str) -> When | None:
    return a_day(context.today - timedelta(days=1)) if u == "day" else None


@rule("named", "THE? w:WEEKDAY")
def _weekday(context: Context, w: int) -> When:
    day = coming(w, context.today)
    return When((one_day(day),), weekday=w)


@rule("named", "THE? r:REL w:WEEKDAY", "THE? w:WEEKDAY r:REL", "REL r:REL w:WEEKDAY")
def _relative_weekday(context: Context, r: str, w: int) -> When:
    """Which Friday "next Friday" is: the one of next week; said on Monday to Wednesday it may be this week's. Tomorrow it is not, for
    that has a name; and where the nearest is the likelier, it may be this week's on Thursday and Friday too."""
    today = context.today
    monday = week_of(today, 0)
    in_next_week = monday + timedelta(days=7 + w)
    near = coming(w, today)
    if r == "last":
        return When((one_day(gone(w, today)),), weekday=w)
    if r == "afternext":
        return When((one_day(in_next_week + timedelta(days=7)),), weekday=w)
    if r in ("this", "coming") or near == in_next_week:
        return When(
            (one_day(near),), weekday=w
        )  # said on Sunday of Monday, too: the week that begins tomorrow is the next
    far = one_day(in_next_week, "of next week")
    if (near - today).days < 2 or (today.weekday() > 2 and not context.language.nearest_next):
        return When((far,), weekday=w)
    this = one_day(near, "of this week")
    return When((this, far) if context.language.nearest_next else (far, this), weekday=w)


@rule(
    "named",
    "w:WEEKDAY ON|IN|OF|,|-? k:week|unitspan",
    "THE? w:WEEKDAY OF k:week|unitspan",
    "k:week|weekof|unitspan ,|-? w:WEEKDAY",
    "ON w:WEEKDAY OF k:week|unitspan",
    "k:week|weekof|unitspan ON THE? w:WEEKDAY",
)
def _weekday_of_week(context: Context, w: int, k: When) -> When | None:
    if k.unit != "week":
        return None
    begins = k.day
    return When((one_day(begins + timedelta(days=(w - begins.weekday()) % 7)),), weekday=w)


@rule("named", "THE? w:WEEKDAY WEEKON", "THE? w:WEEKDAY LENGTHON")
def _week_on(context: Context, w: int) -> When:
    return When((one_day(coming(w, context.today) + timedelta(days=7)),), weekday=w)


@rule("named", "ON? THE? n:ordinal w:WEEKDAY OF|IN|,? THE? p:month|unitspan|yearspan")
def _nth(context: Context, n: int, w: int, p: When) -> When | None:
    begins = p.day
    if p.unit not in ("month", "year", "quarter") or not (1 <= n <= 5 or n == -1):
        return None
    if p.unit == "month":
        day = nth_weekday(begins.year, begins.month, w, n)
        if (
            p.month is not None
            and p.year is None
            and day < context.today
            and p.readings[0].begins.date() <= context.today
        ):
            day = nth_weekday(begins.year + 1, begins.month, w, n)
    else:
        ends = p.readings[0].ends
        last = months_on(ends.date(), -1) if ends else begins
        day = nth_weekday(begins.year, begins.month, w, n) if n > 0 else nth_weekday(last.year, last.month, w, n)
    return When((one_day(day),), weekday=w)


@rule("dated", "THE? n:ordinal u:UNIT OF|IN? p:month|unitspan|yearspan|week")
def _nth_day(context: Context, n: int, u: str, p: When) -> When | None:
    """The last working day of the month, the 15th day of June."""
    begins, ends = p.readings[0].begins.date(), p.readings[0].ends
    if ends is None or u not in ("day", "workday"):
        return None
    if u == "workday":
        free = context.habits.weekend
        day = working_days_on(begins - timedelta(days=1), n, free) if n > 0 else working_days_on(ends.date(), n, free)
    else:
        day = begins + timedelta(days=n - 1) if n > 0 else ends.date() + timedelta(days=n)
    return a_day(day) if begins <= day < ends.date() else None


@rule("dated", "THE? e:EDGE OF? p:month|unitspan|yearspan", "THE? e:EDGE OF? u:PERIODUNIT", "THE? u:PERIODEND")
def _last_day(context: Context, e: str = "end", p: When | None = None, u: str = "") -> When | None:
    """The end of the month is its last day; the end of a week is several (`periods`)."""
    period = p or calendar_unit(context, u, 0)
    if e != "end" or period is None or period.unit not in ("month", "quarter", "year"):
        return None
    days = a_day(*(each.ends.date() - timedelta(days=1) for each in period.readings if each.ends))
    return When(days.readings, unit="end")


@rule("dated", "THE? d:dom OF p:unitspan", "THE? d:ORDINAL ,? p:unitspan", "p:unitspan ON THE d:ORDINAL")
def _dom_of_month(context: Context, d: int, p: When) -> When | None:
    return a_day(date(p.day.year, p.day.month, d)) if p.unit == "month" else None


@rule("numbered", "<ON THE d:dom", "<ON d:ORDINAL", "THE d:ORDINAL >AT|FROM|BETWEEN")
def _day_of_some_month(context: Context, d: int) -> When:
    """The 18th: of this month, or of the next that has one."""
    return a_day(*_numbered(context, d))


def _numbered(context: Context, dom: int) -> list[date]:
    for step in range(13):
        first = months_on(context.today.replace(day=1), step)
        try:
            day = first.replace(day=dom)
        except ValueError:
            continue
        if day >= context.today:
            return [day]
    return []


@rule("weekdated", "d:holiday")
@rule("dated", "d:holiday")
def _holiday_is_a_date(context: Context, d: When) -> When:
    """Easter Monday is one, and no Monday in the week of Easter."""
    return d


@rule(
    "weekdated",
    "THE? w:WEEKDAY ,|-? THE|ON|(? d:dated ~)?",
    "d:dated ,? ~(? w:WEEKDAY ~)?",
    "r:REL w:WEEKDAY ,|-|(? d:dated ~)?",
)
def _weekday_and_date(context: Context, w: int, d: When, r: str = "") -> When | None:
    """Friday 14 November. Both readings when the 14th is no Friday: one of the two is a slip."""
    if not d.readings:
        return d
    near = [each for each in d.readings if abs(each.begins.date() - context.today) < 3 * RECENT]
    if d.unit == "dash" and all(each.begins.weekday() != w for each in near):  # Monday 12-4 is from twelve to four
        return None
    fitting = tuple(each for each in d.readings if each.begins.weekday() == w)
    if fitting or d.year is None:
        if not fitting and d.month and d.dom:
            for year in (context.today.year, context.today.year + 1):
                try:
                    day = date(year, d.month, d.dom)
                except ValueError:
                    continue
                if day.weekday() == w and abs((day - context.today).days) < 200:
                    fitting = (one_day(day),)
        if fitting:
            return When(fitting, weekday=w, dom=d.dom, month=d.month, year=d.year)
    day = d.day
    other = week_of(day, 0) + timedelta(days=w)
    return When((d.readings[0], one_day(other, "the weekday as said")), weekday=w, dom=d.dom, month=d.month)


@rule("weekdated", "THE? w:WEEKDAY ,? ON|THE? d:dom")
def _weekday_and_dom(context: Context, w: int, d: int) -> When:
    """Friday 13th: the nearest month, forward, where it is one."""
    for step in range(49):
        first = months_on(context.today.replace(day=1), step)
        try:
            day = first.replace(day=d)
        except ValueError:
            continue
        if day >= context.today and day.weekday() == w:
            return When((one_day(day),), weekday=w, dom=d)
    return When(())


@rule(
    "date", "d:weekdated", "d:dated", "d:named", "d:numbered", "d:offset", "o:offset ,|(? d:weekdated|dated|named ~)?"
)
def _date(context: Context, d: When, o: When | None = None) -> When:
    return d


def shift(day: date, length: Length, sign: int, context: Context) -> date:
    """That much later (sign 1) or earlier (sign -1)."""
    if length.workdays:
        day = working_days_on(day, sign * length.workdays, context.habits.weekend)
    return months_on(day, sign * length.months) + timedelta(days=sign * length.days)


@rule("counted", "THE u:UNIT AFTER d:date", "THE u:UNIT b:BEFORE d:date")
def _day_beside(context: Context, u: str, d: When, b: object = 0) -> When | None:
    """The day after Christmas."""
    days = {"day": 1, "week": 7}.get(u)
    if days is None:
        return None
    step = timedelta(days=days if b == 0 else -days)
    return a_day(*(each.begins.date() + step for each in d.readings))


@rule("counted", "THE w:WEEKDAY AFTER d:dated", "THE w:WEEKDAY b:BEFORE d:dated")
def _weekday_beside(context: Context, w: int, d: When, b: object = 0) -> When:
    """The Friday before Christmas."""
    return a_day(*((coming if b == 0 else gone)(w, each.begins.date()) for each in d.readings))


@rule("counted", "length:length AFTER|FROM|SINCE d:date", "length:length b:BEFORE d:date")
def _from_day(context: Context, length: Length, d: When, b: object = 0) -> When | None:
    if length.seconds:
        return None
    sign = 1 if b == 0 else -1
    return When(
        tuple(one_day(shift(each.begins.date(), length, sign, context)) for each in d.readings), vague=length.vague
    )


@rule(
    "counted",
    "IN THE? length:length",
    "IN THE? length:length TIMEWORD",
    "length:length LATER !REL",
    "THE? length:length LATER",
)
def _in_days(context: Context, length: Length) -> When | None:
    if length.seconds:
        return None
    return When((one_day(shift(context.today, length, 1, context)),), vague=length.vague)


@rule("counted", "length:length AGO", "AGOBEFORE length:length")
def _days_ago(context: Context, length: Length) -> When | None:
    if length.seconds:
        return None
    return When((one_day(shift(context.today, length, -1, context)),), vague=length.vague)


@rule("day", "c:counted ON|,? w:WEEKDAY", "w:WEEKDAY ,? c:counted", "w:WEEKDAY ,? IN? c:counted")
def _weekday_counted(context: Context, c: When, w: int) -> When:
    """Monday in two weeks: the Monday of the week that day is in."""
    return When(tuple(one_day(week_of(each.begins.date(), 0) + timedelta(days=w)) for each in c.readings), weekday=w)


@rule("day", "d:counted", "d:date", "ABOUT d:date")
def _day(context: Context, d: When) -> When:
    return d
