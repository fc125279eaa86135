"""Words of dates in English, German, French and Spanish: months, weekdays, units, and days named by where they lie."""

_MONTH_NAMES = (
    ("january", "jan", "januar", "jänner", "janvier", "enero"),
    ("february", "feb", "februar", "feber", "février", "fevrier", "febrero"),
    ("march", "mar", "märz", "maerz", "mrz", "mars", "marzo"),
    ("april", "apr", "avril", "abril"),
    ("may", "mai", "mayo"),
    ("june", "jun", "juni", "juin", "junio"),
    ("july", "jul", "juli", "juillet", "julio"),
    ("august", "aug", "août", "aout", "agosto"),
    ("september", "sep", "sept", "septembre", "septiembre"),
    ("october", "oct", "oktober", "okt", "octobre", "octubre"),
    ("november", "nov", "novembre", "noviembre"),
    ("december", "dec", "dezember", "dez", "décembre", "decembre", "diciembre"),
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}
"""Name → 1 to 12, lower case."""

_WEEKDAY_NAMES = (
    ("monday", "mon", "montag", "lundi", "lunes"),
    ("tuesday", "tue", "tues", "dienstag", "mardi", "martes"),
    ("wednesday", "wed", "mittwoch", "mercredi", "miércoles", "miercoles"),
    ("thursday", "thu", "thurs", "donnerstag", "jeudi", "jueves"),
    ("friday", "fri", "freitag", "vendredi", "viernes"),
    ("saturday", "sat", "samstag", "sonnabend", "samedi", "sábado", "sabado"),
    ("sunday", "sun", "sonntag", "dimanche", "domingo"),
)
WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAY_NAMES) for name in names}
"""Name → 0 (Monday) to 6, lower case."""

UNITS = {
    "day": "day",
    "days": "day",
    "tag": "day",
    "tagen": "day",
    "week": "week",
    "weeks": "week",
    "woche": "week",
    "wochen": "week",
    "month": "month",
    "months": "month",
    "monat": "month",
    "monaten": "month",
}

RELATIVE = {
    "today": "0",
    "tonight": "0",
    "heute": "0",
    "aujourd'hui": "0",
    "hoy": "0",
    "tomorrow": "1",
    "demain": "1",
    "mañana": "1",
    "the day after tomorrow": "2",
    "day after tomorrow": "2",
    "übermorgen": "2",
    "uebermorgen": "2",
    "après-demain": "2",
    "pasado mañana": "2",
    "yesterday": "-1",
    "gestern": "-1",
    "hier soir": "-1",
    "ayer": "-1",
    "end of the month": "month-end",
    "end of month": "month-end",
    "ende des monats": "month-end",
    "monatsende": "month-end",
    "end of the year": "year-end",
    "end of year": "year-end",
    "jahresende": "year-end",
}
"""Phrase → days from the day of the message, or the end of its month or year. ("morgen" is also the German morning: left out.)"""
