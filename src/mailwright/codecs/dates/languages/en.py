"""English. "Half ten" is 10:30, as the British say; "Friday week" is a week after Friday."""

from __future__ import annotations

from datetime import timedelta

from mailwright.codecs.dates.calendars import coming, working_days_on
from mailwright.codecs.dates.grammar.periods import calendar_unit
from mailwright.codecs.dates.language import Language, numerals
from mailwright.codecs.dates.meaning import Context, When, a_day, one_day
from mailwright.codecs.dates.patterns import Rules

_UNITS = (
    "zero|oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = {
    20: "twenty",
    30: "thirty",
    40: "forty|fourty",
    50: "fifty",
    60: "sixty",
    70: "seventy",
    80: "eighty",
    90: "ninety",
}
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth|nineth", "tenth", "eleventh", "twelfth",
    "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
    *(f"twenty-{n}|twenty {n}" for n in ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")),
    "thirtieth", "thirty-first|thirty first",
)  # fmt: skip

_WEEKDAYS = {
    "monday|mon|mon.": 0,
    "tuesday|tue|tue.|tues|tues.": 1,
    "wednesday|wed|wed.|weds|wednes": 2,
    "thursday|thu|thu.|thur|thur.|thurs|thurs.": 3,
    "friday|fri|fri.": 4,
    "saturday|sat|sat.": 5,
    "sunday|sun|sun.": 6,
}

_MONTHS = {
    "january|jan|jan.": 1,
    "february|feb|feb.": 2,
    "march|mar|mar.": 3,
    "april|apr|apr.": 4,
    "may": 5,
    "june|jun|jun.": 6,
    "july|jul|jul.": 7,
    "august|aug|aug.": 8,
    "september|sept|sep|sept.|sep.": 9,
    "october|oct|oct.": 10,
    "november|nov|nov.": 11,
    "december|dec|dec.": 12,
}

_RULES = rule = Rules()


@rule("spokenyear", "n:NUMBER THOUSAND", "n:NUMBER THOUSAND AND? m:NUMBER")
def _thousands(context: Context, n: int, m: int = 0) -> int | None:
    """Two thousand and thirty-two."""
    return n * 1000 + m if n in (1, 2) and m < 100 else None


@rule("spokenyear", "n:NUMBER m:NUMBER", "n:NUMBER HUNDRED AND? m:NUMBER")
def _hundreds(context: Context, n: int, m: int) -> int | None:
    """Nineteen ninety-six, seventeen hundred thirty-three."""
    return n * 100 + m if 15 <= n <= 21 and 10 <= m <= 99 else None


@rule("named", "A WEEKON ON|FROM w:WEEKDAY")
def _week_on(context: Context, w: int) -> When:
    """A week on Tuesday."""
    return When((one_day(coming(w, context.today) + timedelta(days=7)),), weekday=w)


@rule("dated", "THE? e:EDGE OF? p:unitspan", "THE? e:EDGE OF? u:PERIODUNIT", "THE? u:PERIODEND")
def _end_of_week(context: Context, e: str = "end", p: When | None = None, u: str = "week") -> When | None:
    """The end of the week is its last working day: Friday."""
    week = p or (calendar_unit(context, "week", 0) if u == "week" else None)
    if e != "end" or week is None or week.unit != "week":
        return None
    ends = [each.ends for each in week.readings if each.ends]
    return a_day(*(working_days_on(each.date(), -1, context.habits.weekend) for each in ends))


@rule("offset", "A WEEKON n:DAYOFF", "n:DAYOFF WEEKON")
def _week_tomorrow(context: Context, n: int) -> When | None:
    """A week tomorrow, tomorrow week."""
    return a_day(context.today + timedelta(days=7 + n)) if n >= 0 else None


LANGUAGE = Language(
    code="en",
    words={
        "WEEKDAY": _WEEKDAYS,
        "WEEKDAYS": {
            f"{name}s": n
            for n, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
        },
        "MONTH": _MONTHS,
        "DAYOFF": {
            "today|2day|otd|current date": 0,
            "tomorrow|tmrw|tmr|tomorow|tommorow|tommorrow|tomorrrow|2moro|2morrow": 1,
            "yesterday": -1,
            "the day after tomorrow|day after tomorrow|overmorrow": 2,
            "the day before yesterday|day before yesterday": -2,
        },
        "HOLIDAY": {
            "christmas|christmas day|xmas|xmas day": "12-25",
            "christmas eve|xmas eve": "12-24",
            "boxing day": "12-26",
            "new year's eve|new years eve|new year eve": "12-31",
            "new year's day|new years day|new year day|new year|new year's|new years": "1-1",
            "valentine's day|valentines day|valentine's": "2-14",
            "st patrick's day|saint patrick's day|st. patrick's day|saint patrick|saint patricks day": "3-17",
            "april fools|april fools day|april fools' day|april fool's day": "4-1",
            "earth day": "4-22",
            "good friday": "easter-2",
            "easter|easter sunday|easter day": "easter",
            "easter monday": "easter+1",
            "ascension day": "easter+39",
            "whit monday|pentecost monday": "easter+50",
            "may day|labour day|international workers' day|international workers day": "5-1",
            "mother's day|mothers day": "5-2th-6",
            "father's day|fathers day": "6-3th-6",
            "memorial day": "5--1th-0",
            "juneteenth|freedom day|jubilee day": "6-19",
            "independence day|4th of july|fourth of july": "7-4",
            "labor day": "9-1th-0",
            "columbus day": "10-2th-0",
            "halloween|hallowe'en": "10-31",
            "guy fawkes night|bonfire night": "11-5",
            "veterans day": "11-11",
            "thanksgiving|thanksgiving day": "11-4th-3",
            "black friday": "11-4th-3+1",
            "cyber monday": "11-4th-3+4",
            "mlk day|martin luther king day": "1-3th-0",
        },
        "SEASON": {"spring": 0, "summer": 1, "autumn|fall": 2, "winter": 3},
        "NUMBER": numerals(_UNITS, _TENS, "{tens}-{unit}|{tens} {unit}|{tens} and {unit}")
        | {"a hundred|one hundred|hundred": 100, "a dozen": 12},
        "DECADE": {"nineties": 1990, "eighties": 1980, "seventies": 1970, "sixties": 1960, "fifties": 1950},
        "ISH": {"ish": None},
        "SAMETIME": {"this time|same time|the same time|about this time": None},
        "MEAL": {"breakfast": (9, 0), "lunch": (13, 0), "dinner|dinnertime|supper|tea time": (20, 0)},
        "MORETHAN": {"more than|less than|at least|at most|no more than|fewer than|over": None},
        "PERIODUNIT": {"week": "week", "month": "month", "quarter": "quarter", "year": "year"},
        "PERIODEND": {"eoy": "year", "eom": "month", "eow": "week", "eoq": "quarter"},
        "THOUSAND": {"thousand": None},
        "HUNDRED": {"hundred": None},
        "FRACTION": {"half": 0.5, "½": 0.5, "¼": 0.25, "¾": 0.75, "quarter|a quarter|a quarter of": 0.25},
        "ORDINAL": {word: n for n, word in enumerate(_ORDINALS, 1)} | {"last|final": -1},
        "COUNT": {"few": 3, "couple|couple of": 2, "several": 3, "some": 3},
        "UNIT": {
            "second|seconds|sec|secs|sec.": "second",
            "minute|minutes|min|mins|min.|mins.": "minute",
            "hour|hours|hr|hrs|hr.|hrs.": "hour",
            "day|days|night|nights": "day",
            "week|weeks|wk|wks": "week",
            "month|months|mth|mths": "month",
            "quarter|quarters": "quarter",
            "year|years|yr|yrs": "year",
            "decade|decades": "decade",
            "century|centuries": "century",
            "fortnight|fortnights": "2 week",
            "business day|business days|working day|working days|workday|workdays|weekday|weekdays|work day|work days": "workday",
            "weekend|weekends|week-end": "weekend",
        },
        "UNITLET": {"d": "day", "w": "week", "h": "hour", "y": "year", "m": "minute", "s": "second"},
        "LENGTH": {
            "all day": "1 day",
            "all week": "1 week",
            "all month": "1 month",
            "all year": "1 year",
            "half an hour|half hour|half-hour": "30 minute",
            "a quarter of an hour|quarter of an hour": "15 minute",
        },
        "REL": {
            "this|current|the present|same": "this",
            "next|following": "next",
            "last|past|previous": "last",
            "coming|upcoming|the coming|this coming|this upcoming": "coming",
            "after next": "afternext",
        },
        "PART": {
            "morning|mornin": "morning",
            "forenoon": "morning",
            "afternoon|arvo": "afternoon",
            "evening": "evening",
            "night|night-time|nighttime|night time": "night",
            "lunchtime|lunch time": "noon",
            "dinner time": "evening",
            "daytime|day time": "morning",
            "end of business|close of business|cob|eob": "end_of_day",
        },
        "PARTS": {"mornings": "morning", "afternoons": "afternoon", "evenings": "evening", "nights": "night"},
        "DAYPART": {
            "tonight|tonite|2nite": (0, "evening"),
            "last night": (-1, "night"),
        },
        "DAYEND": {"eod|end of day|end of the day|end of play|cob|close of business|end of business": None},
        "EDGE": {
            "end of|end of the": "end",
            "late": "late",
            "beginning of|beginning of the|start of|start of the|early": "begin",
            "middle of|middle of the|mid|mid-": "mid",
            "rest of|rest of the|remainder of|remainder of the|remaining of|remaining of the|later|later in|later in the": "rest",
            "earlier|earlier in|earlier in the": "begin",
        },
        "EARLY": {"early|first thing|first thing in the": None},
        "LATE": {"late|later": None},
        "NOW": {
            "now|right now|at the moment|at present|at the present time|at this time|at the minute|immediately|straight away|right away": None
        },
        "SOON": {"soon|shortly|one of these days": 3},
        "SOMETIME": {"sometime|some time|at some point|any time|anytime|at some time": None},
        "ABOUT": {"about|around|approximately|approx|approx.|circa|roughly|near|by about": None},
        "CLOCKWORD": {"noon|midday|mid-day|noonish|high noon": (12, 0), "midnight|mid night|mid-night": (24, 0)},
        "OCLOCK": {"o'clock|oclock|o clock": None},
        "MERIDIEM": {"am|a.m.|a.m|a m": "am", "pm|p.m.|p.m|p m": "pm"},
        "MERIDIEMLET": {"a": "am", "p": "pm"},
        "MINUTEWORD": {"minute|minutes|min|mins": None},
        "HALF": {"half": None},
        "QUARTER": {"quarter": 15},
        "PAST": {"past|after": None},
        "TOHOUR": {"to|til|till": "range", "before": None},
        "EVERY": {"every|each": None},
        "OTHER": {"other|second": None},
        "ADVERB": {
            "daily|everyday|every day|day-to-day": "FREQ=DAILY",
            "weekly": "FREQ=WEEKLY",
            "biweekly|bi-weekly|fortnightly": "FREQ=WEEKLY;INTERVAL=2",
            "monthly": "FREQ=MONTHLY",
            "bimonthly|bi-monthly": "FREQ=MONTHLY;INTERVAL=2",
            "quarterly": "FREQ=MONTHLY;INTERVAL=3",
            "semiannual|semi-annual|semiannually|semi-annually|biannually|half-yearly": "FREQ=MONTHLY;INTERVAL=6",
            "yearly|annually|annual": "FREQ=YEARLY",
            "hourly": "FREQ=HOURLY",
            "on weekdays|weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        },
        "TIMES": {"once|one": 1, "twice": 2, "thrice|three times": 3},
        "TIMESWORD": {"times": None},
        "PER": {"per": None},
        "WEEKNO": {"week|wk|cw|calendar week": None},
        "WEEKON": {"week": None},
        "WEEKOF": {
            "week of|week beginning|week starting|week commencing|week starting on|week beginning on|w/c|wc|w/b|week of the": None
        },
        "YEARWORD": {"year|fy|cy|sy|fiscal year|calendar year|school year|academic year|financial year": None},
        "DECADEMARK": {"s": None},
        "QUARTERNO": {"q1": 1, "q2": 2, "q3": 3, "q4": 4},
        "HALFYEAR": {"h1": 1, "h2": 2},
        "WORKWEEK": {"working week|workweek|work week|business week": None},
        "WEEKENDWORD": {"weekend|week-end": None},
        "WEEKENDWORDS": {"weekends": None},
        "TIMEWORD": {"'s time|' time|s' time|time": None},
        "ORLATER": {"or later|and later|onwards|onward|and onwards|and greater": None},
        "STARTING": {"starting|beginning|starting from|starting at|effective|as of|as from": None},
        "THE": {"the": None},
        "A": {"a|an|another": None},
        "OF": {"of|of the|in the|'s": None},
        "ON": {"on": None},
        "AT": {"at|@": None},
        "IN": {"in|in the|during|during the|over the": None},
        "WITHIN": {"within|within the|inside of": None},
        "AGO": {"ago|back": None},
        "LATER": {"later|from now|hence|from today": None},
        "FOR": {"for|for the|lasting": None},
        "AND": {"and|&": None},
        "OR": {"or": None},
        "FROM": {"from": None},
        "TO": {"to|til|till|until|'til|through|thru|to the": None},
        "BETWEEN": {"between|between the": None},
        "UNTIL": {
            "until|until the|till|by|by the|no later than|not later than|up to|as late as|at the latest by|latest": None
        },
        "BEFORE": {"before|before the|prior to|ahead of|earlier than": None},
        "AFTER": {"after|after the|later than|greater than|year greater than|post": None},
        "SINCE": {"since|since the": "past", "as early as": None},
    },
    ordinal_marks=("st", "nd", "rd", "th"),
    traps=(
        r"\bhave an? (?:very |really )?(?:great|nice|good|lovely|wonderful|pleasant|fantastic|productive|safe) (?:day|night|evening|afternoon|morning|week|weekend|month|year|time|summer)\b",
        r"\b(?:nice|great|good) (?:day|morning|afternoon|evening|night|week)\b",
        r"\bmay (?:be|not|or|well|also|have|i|we|you|he|she|it|they|at|take|email|ask|result|get|contain|differ|need|want|differ|require|update|only|still|never|just|even|as well)\b",
        r"\b(?:it|this|that|i|you|we|they|he|she|which|who|email|information|information|employer|and|one|results?) may\b(?! \d)",
        r"\b(?:a|the) second (?:round|wave|time|opinion|thought|thoughts|look|chance|one|floor|hand|half|class|language|name|option|question)\b",
        r"\b(?:just|wait|hang on|hold on|give me) (?:a|one) (?:second|sec|minute|moment|min)\b",
        r"\b(?:will|can|could|would|should|must|may|might|n't|shall) last(?= (?:for|about|\d|a|an|one|two|three|four|five|six|several|some|only)\b)",
        r"\b(?:at )?(?:one|two|three|four|five|\d+)(?= (?:morning|evening|afternoon|night)s?\b)",
        r"\bthe sun\b(?!day)",
        r"\b(?:he|she|i|we|they|who|you|just|have|has|had|never|quietly) sat\b|\bsat (?:down|there)\b",
        r"(?<!this )(?<!next )(?<!last )(?<!the )(?<!in )\bfall\b",
        r"\bon second thoughts?\b",
        r"\b(?:they|we|i|you|will|who|soldiers) march\b",
        r"\bat \d{1,5}[a-z]? (?:\w{1,20} ){1,2}(?:street|road|avenue|lane|square|drive|st\.|rd\.|ave)",
        r"\bthe march of\b|\bsunday times\b|\bnight and day\b|\bday and night\b|\bnight owls?\b|\b7[- ]eleven\b",
        r"\b24/7\b|\b50/50\b|\b9-to-5\b",
        r"\bone day (?:i|we|you|he|she|it|they|the)\b",
        r"\b(?:for|by|until|up to|just) now\b|\bnow (?:that|and then|it|we|i|the|works?|has|have|is|are)\b",
        r"\b(?:mr|mrs|ms|dr|miss)\.? (?:friday|monday|may|march|april|june|august|day|summer|winter|spring)\b",
        r"\b(?:april|june|may|august|summer) (?:called|rang|said|wrote|asked|says|sent|thinks|wants)\b",
        r"https?://\S+",
        r"[\w.+-]{1,64}@[\w.-]{1,255}",
        r"\bday (?:after|by|in and|to) day\b",
        r"\bup[- ]to[- ]date\b",
    ),
    date_signs="/",
    dropped=r"(?:(?:sometime|some time|at some point|any time|anytime) (?:on |in )?|about |in (?=late |early |in )|for (?=the |all )"
    r"|the year of |the (?=(?:next|last(?! \w+(?: \w+)? of\b)|previous|past|coming|upcoming|following|end of|middle of|beginning of|start of|mid|fiscal"
    r"|school|calendar|independence|cy|sy|fy)\b|(?:week|year) \d|\d+ (?:next|last(?! \w+(?: \w+)? of\b)|previous|past|coming|upcoming)"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)\b))+",
    rules=tuple(_RULES),
    telling=frozenset(
        [
            "the",
            "and",
            "to",
            "of",
            "is",
            "you",
            "that",
            "for",
            "with",
            "on",
            "are",
            "be",
            "this",
            "have",
            "not",
            "will",
            "at",
            "me",
            "my",
            "please",
            "remind",
            "follow",
            "up",
            "about",
            "next",
            "tomorrow",
        ]
    ),
)
