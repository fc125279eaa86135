"""Recurrences in words: an RRULE as a person reads it, in seven languages. Pure; called by `letters`.

What it cannot say in words it leaves out; the date of the next time stands beside it always.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from babel import Locale
from babel.dates import format_date

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_A_MONDAY = date(2024, 1, 1)
_BYDAY = re.compile(r"(?P<nth>[+-]?\d{1,2})?(?P<day>MO|TU|WE|TH|FR|SA|SU)")

EVERY: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "HOURLY": ("every hour", "every {n} hours"),
        "DAILY": ("every day", "every {n} days"),
        "WEEKLY": ("every week", "every {n} weeks"),
        "MONTHLY": ("every month", "every {n} months"),
        "YEARLY": ("every year", "every {n} years"),
    },
    "de": {
        "HOURLY": ("jede Stunde", "alle {n} Stunden"),
        "DAILY": ("jeden Tag", "alle {n} Tage"),
        "WEEKLY": ("jede Woche", "alle {n} Wochen"),
        "MONTHLY": ("jeden Monat", "alle {n} Monate"),
        "YEARLY": ("jedes Jahr", "alle {n} Jahre"),
    },
    "fr": {
        "HOURLY": ("chaque heure", "toutes les {n} heures"),
        "DAILY": ("chaque jour", "tous les {n} jours"),
        "WEEKLY": ("chaque semaine", "toutes les {n} semaines"),
        "MONTHLY": ("chaque mois", "tous les {n} mois"),
        "YEARLY": ("chaque année", "tous les {n} ans"),
    },
    "es": {
        "HOURLY": ("cada hora", "cada {n} horas"),
        "DAILY": ("cada día", "cada {n} días"),
        "WEEKLY": ("cada semana", "cada {n} semanas"),
        "MONTHLY": ("cada mes", "cada {n} meses"),
        "YEARLY": ("cada año", "cada {n} años"),
    },
    "it": {
        "HOURLY": ("ogni ora", "ogni {n} ore"),
        "DAILY": ("ogni giorno", "ogni {n} giorni"),
        "WEEKLY": ("ogni settimana", "ogni {n} settimane"),
        "MONTHLY": ("ogni mese", "ogni {n} mesi"),
        "YEARLY": ("ogni anno", "ogni {n} anni"),
    },
    "pt": {
        "HOURLY": ("a cada hora", "a cada {n} horas"),
        "DAILY": ("todos os dias", "a cada {n} dias"),
        "WEEKLY": ("todas as semanas", "a cada {n} semanas"),
        "MONTHLY": ("todos os meses", "a cada {n} meses"),
        "YEARLY": ("todos os anos", "a cada {n} anos"),
    },
    "nl": {
        "HOURLY": ("elk uur", "elke {n} uur"),
        "DAILY": ("elke dag", "elke {n} dagen"),
        "WEEKLY": ("elke week", "elke {n} weken"),
        "MONTHLY": ("elke maand", "elke {n} maanden"),
        "YEARLY": ("elk jaar", "elke {n} jaar"),
    },
}
LAST = {"en": "last", "de": "letzter", "fr": "dernier", "es": "último", "it": "ultimo", "pt": "último", "nl": "laatste"}


def told(rule: str, locale: Locale) -> str:
    """The rule in words: "every week (Monday, Wednesday)"."""
    language = locale.language if locale.language in EVERY else "en"
    parts = dict(each.partition("=")[::2] for each in rule.split(";"))
    once, often = EVERY[language].get(parts.get("FREQ", ""), ("", ""))
    count = int(parts["INTERVAL"]) if parts.get("INTERVAL", "").isdecimal() else 1
    head = once if count == 1 else often.format(n=count)
    details = [_weekday(each, locale, language) for each in parts.get("BYDAY", "").split(",") if each]
    if sorted(parts.get("BYDAY", "").split(",")) == sorted(_DAYS):
        details = []
    details += [_month_day(each, language) for each in parts.get("BYMONTHDAY", "").split(",") if each]
    details = [each for each in details if each]
    return f"{head} ({', '.join(details)})" if details else head


def _weekday(text: str, locale: Locale, language: str) -> str:
    found = _BYDAY.fullmatch(text)
    if found is None:
        return ""
    name = format_date(_A_MONDAY + timedelta(days=_DAYS.index(found["day"])), "EEEE", locale=locale)
    nth = int(found["nth"] or 0)
    return f"{LAST[language]} {name}" if nth == -1 else f"{nth}. {name}" if nth > 0 else name


def _month_day(text: str, language: str) -> str:
    if text == "-1":
        return LAST[language]
    return f"{text}." if text.isdecimal() else ""
