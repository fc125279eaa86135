"""The patterns by which `stated` finds prices, dates, times and their like. Linear: every repetition is bounded."""

import re
from collections.abc import Iterable

from mailwright.agents.assistant import claims_table as table
from mailwright.agents.assistant import joined_numbers


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_NUM = r"(?:\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?!\d)(?:[.,]\d{1,4}(?!\d))?|\d{1,30}(?:[.,]\d{1,8}(?!\d))?)"
_BEFORE = r"(?<![\w.,:/@#\x1a-])"
_WORDS = rf"{joined_numbers.PATTERN}|{_any(table.ALL_NUMBER_WORDS)}"
_SPELLED = rf"(?>{_WORDS})(?:[\s-](?>{_WORDS})){{0,5}}"
_TO = r"\s?(?:-|–|—|bis|to|und|and|oder|or|à|a|al|et|ou|y|e|o)\s?"
_MORE = rf"(?:\s?(?:{_any(table.TIMES_MORE)})(?!\w))?"
_MONEY = rf"(?:{_any(table.CURRENCIES)}|EUR|USD|GBP|CHF|JPY|CNY|INR|SEK|NOK|DKK|PLN|CZK|HUF|CAD|AUD|BRL)"
_MONTH = _any(table.MONTHS)
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.|º|er|°)?"
_WEEKDAY = _any(table.WEEKDAYS)

LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>\"'“”«»]{2,500}", re.IGNORECASE)
MAIL = re.compile(r"(?<![\w.+-])[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
PRICE = re.compile(
    rf"{_BEFORE}(?:(?P<cur1>{_MONEY})\s?(?P<a1>{_NUM}){_MORE}(?:\s?(?:-|–|—|to|bis|à)\s?(?:{_MONEY})?\s?(?P<b1>{_NUM}){_MORE})?"
    rf"|(?:(?P<a2>{_NUM}){_MORE}{_TO})?(?P<b2>{_NUM})(?:[.,]?[-–—])?(?P<more>{_MORE})\s?(?:de |di |d['’])?(?P<cur2>{_MONEY})(?!\w)"
    rf"|(?P<spelled>{_SPELLED})\s(?:de |di |d['’])?(?P<cur3>{_MONEY})(?!\w))",
    re.IGNORECASE,
)
PERCENT = re.compile(
    rf"{_BEFORE}(?:(?:(?P<a>{_NUM})\s?%?{_TO})?(?P<b>{_NUM})|(?P<spelled>{_SPELLED}))\s?(?:%|-?(?:percent|per cent|prozent|pour cent|"
    r"por ciento|per cento)(?:ige[nrs]?|ig)?\b)",
    re.IGNORECASE,
)
DATE = re.compile(
    rf"{_BEFORE}(?:(?P<iy>\d{{4}})-(?P<im>\d{{1,2}})-(?P<id>\d{{1,2}})(?![\d-])"
    rf"|(?P<days>{_DAY}(?:{_TO}{_DAY}){{0,2}})\s?(?:of\s|de\s|di\s)?(?P<m1>{_MONTH})(?!\w)\.?(?:,?\s(?:de\s|del\s)?(?P<y1>(?:19|20)\d\d)(?!\d))?"
    rf"|(?P<m2>{_MONTH})(?!\w)\.?\s(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?![\w%:€$£]|[.,]\d)(?:,?\s(?P<y2>(?:19|20)\d\d)(?!\d))?"
    r"|(?P<d3>\d{1,2})\.\s?(?P<m3>\d{1,2})\.(?:\s?(?P<y3>(?:19|20)\d\d|\d\d)(?!\d))?"
    r"|(?P<a4>\d{1,2})/(?P<b4>\d{1,2})(?:/(?P<y4>\d{4}|\d\d))?(?![\d/])"
    rf"|(?P<weekday>{_WEEKDAY})s?(?!\w)(?:\s(?P<after>prochaine?|prossim[oa]|que viene|próximo))?"
    rf"|(?P<week>{_any(table.WEEKS_AWAY)})(?!\w)"
    rf"|(?P<away>{_any(table.DAYS_AWAY)})(?!\w)"
    rf"|(?P<lone>{_any(table.LONG_MONTHS)}|(?<=in\s)may|(?<=by\s)may|(?<=im\s)mai|(?<=en\s)mai)(?!\w)"
    r"|(?:the\s(?P<d5>\d{1,2})(?:st|nd|rd|th)|(?:am|zum|vom|den|bis)\s(?P<d6>\d{1,2})\.(?=[\s,;!?)]|\Z)|(?:le|el|el día|il|dal|al)\s(?P<d7>\d{1,2})(?![\w.,:/%€$]))"
    rf"(?!\w|\s(?:of\s|de\s|di\s)?(?:{_MONTH})(?!\w)))",
    re.IGNORECASE,
)
_HALF = r"(?:\s?(?:a\.?m\b\.?|p\.?m\b\.?))"
_CLOCK = r"(?:uhr|o['’]clock|heures?|h)(?!\w)"
_HM = r"(?:[01]?\d|2[0-4])[:.h][0-5]\d"
_H = r"(?:2[0-4]|1\d|0?\d)"
_AT = r"(?:at|um|gegen|ab|a\slas|a\sla|alle|ore|dalle|around|circa|vers)"
TIME = re.compile(
    rf"{_BEFORE}(?:(?:(?P<a>{_HM}|{_H})(?:\s?{_CLOCK})?(?P<ahalf>{_HALF})?{_TO})?(?:(?P<hm>{_H}[:h][0-5]\d)(?!\d)(?:\s?{_CLOCK})?|(?P<hd>{_H}\.[0-5]\d)(?=\s?(?:{_CLOCK}|[ap]\.?m))|(?P<h>{_H})(?=\s?(?:{_CLOCK}|[ap]\.?m\b)))"
    rf"(?:\s?{_CLOCK})?(?P<half>{_HALF})?"
    rf"|(?<!\w)(?:{_AT})\s(?P<h2>{_H})(?![\d%€$]|[.,:/h]\d|\s?(?:%|€|\$|{_MONEY}|{_CLOCK}|[ap]\.?m\b))"
    r"|(?P<noon>noon|midday|mittags|midi|mediodía|mezzogiorno)(?!\w))",
    re.IGNORECASE,
)
SPAN = re.compile(
    rf"{_BEFORE}(?:(?:(?P<a>\d{{1,5}}){_TO})?(?P<b>\d{{1,5}}(?:[.,]\d{{1,2}})?)|(?P<spelled>{_SPELLED}))[\s-]?(?:(?:working|business|ganze[nr]?)\s)?"
    rf"(?P<unit>{_any(table.MINUTES)})(?!\w)",
    re.IGNORECASE,
)
PHONE = re.compile(r"(?<![\w.,/+-])(?:\+|00|\(?0)\d?[\d ()/.-]{6,20}\d(?!\w)")
CODE = re.compile(
    r"(?<![\w@.])(?=[\w/#.-]{0,40}\d)(?=[\w/#.-]{0,40}[^\W\d_])[\w#][\w/#-]{1,60}(?:\.[\w/#-]{1,40}){0,3}"
)
NUMBER = re.compile(rf"{_NUM}|(?<!\w)(?:{_SPELLED})(?!\w)", re.IGNORECASE)
LIST_MARK = re.compile(
    rf"^[ \t>]{{0,8}}\(?\d{{1,3}}[.)](?=\s)(?!\s(?:{_MONTH}|und|oder|bis|-|–)(?!\w))", re.MULTILINE | re.IGNORECASE
)
GAP = re.compile(r"\[[^\[\]\n]{1,60}\?\]")
MORNING = re.compile(
    r"(?:guten|am|heute|gestern|jeden|von|der|die|dieser|diesen|la|esta|cada|buen[ao]s?|ogni)\s\Z", re.IGNORECASE
)
NEXT = re.compile(r"(?:next|nächste[nrs]?|kommende[nr]?|próximo|prossim[oa])\s\Z", re.IGNORECASE)
ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|er|ère|º|ª|°|te[nrs]?|ste[nrs]?)\Z", re.IGNORECASE)
TAKEN = "\x1a"  # what was read is not read again
FREE = re.compile(
    r"(?<!\w)(?:free of charge|for free|free (?:shipping|delivery)|(?:at |for )?no (?:extra |additional )?(?:charge|cost)|complimentary|without charge|"
    r"kostenlos\w{0,2}|kostenfrei\w{0,2}|gratis|umsonst|unentgeltlich\w{0,2}|ohne (?:aufpreis|mehrkosten|(?:weitere |zusätzliche )?kosten|berechnung)|"
    r"gratuit\w{0,7}|sans (?:frais|supplément)|sin (?:coste|cargo|costo)|senza (?:costi|spese|sovrapprezzo)|in omaggio)(?!\w)",
    re.IGNORECASE,
)
PART = re.compile(
    r"(?<!\w)(?:(?P<third>(?:a|one|two) thirds?|ein(?:em|es)? drittel|(?:un|deux) tiers|(?:un|dos) tercios?|(?:un|due) terz[oi])"
    r"|(?P<quarter>a quarter (?:off|less|of)|ein(?:em|es)? viertel|un quart (?:de|en)|una? cuarta parte|un quarto (?:di|in))"
    r"|(?P<half>half (?:off|price|the price|of)|(?:die|der) hälfte|zum halben preis|la moitié|moitié prix|la mitad|mitad de precio|la metà|metà prezzo))(?!\w)",
    re.IGNORECASE,
)
FORTNIGHT = re.compile(
    r"(?<!\w)(?:(?:a |one )?fortnight|une quinzaine(?: de jours)?|una quincena)(?!\w)", re.IGNORECASE
)
MONTH_PART = re.compile(
    rf"(?<!\w)(?:(?:anfang|mitte|ende)\s)?(?P<month>{_any(table.LONG_MONTHS)})(?:woche|wochen|wochenende|ende|hälfte|mitte|anfang)(?!\w)",
    re.IGNORECASE,
)
_HOURS = "one|eins|una|sei|neuf|" + "|".join(
    sorted((word for word, value in table.ALL_NUMBER_WORDS.items() if value <= 24), key=len, reverse=True)
)
SPELLED_TIME = re.compile(
    rf"(?<!\w)(?:(?P<before>half past|quarter past|(?:a )?quarter to|halb|viertel (?:nach|vor))\s(?P<w1>{_HOURS})"
    rf"|(?:{_AT}|à|all['’])\s?(?P<w2>{_HOURS})(?:\s(?:heures|uhr|o['’]clock))?(?:\s(?P<less>moins le|menos|meno un)\s(?:quart|cuarto|quarto)"
    r"|\s(?:e un|et|y|e)\s(?P<after>mezz[ao]|demie|media|quart|cuarto|quarto))?"
    rf"|(?P<w3>{_HOURS})\s(?:heures|uhr|o['’]clock)(?:\set\s(?P<after3>demie|quart))?)(?!\w|\s(?:{_any(table.MINUTES)}|{_any(table.CURRENCIES)}|prozent|percent)(?!\w))",
    re.IGNORECASE,
)
