"""Telephone numbers: international ones by their country's plan, national ones beside a word or written as that country writes them.

Called by `recognisers`; plans are those of Google's libphonenumber. A text's languages say which countries come first.
Promises: never raises; at most MAX_ASKED numbers of a text are looked up, beyond that the way of writing decides, so that a text
full of numbers costs no more than one with some.
"""

import re
from collections.abc import Iterator

import phonenumbers

from mailwright.codecs.redaction.finding import Found
from mailwright.codecs.redaction.reading import LATIN, NUMBER, Reading

MAX_ASKED = 3000
_ALONGSIDE = 32  # characters between two numbers of one person
_CANDIDATE = re.compile(
    rf"(?<![{LATIN}_])(?<![{LATIN}][./,@#-])(?<!\d[:=])(?<![=&?])(?:\+|\(\+?)?\d(?:[ ().\-/]{{0,2}}\d){{5,17}}(?![{LATIN}_]|[,.:/-]\d|-[A-Za-z])"
)
_BEHIND_SIGN = re.compile(
    rf"(?<=[{LATIN}][.:=#])(?:\+|\()\d(?:[ ().\-/]{{0,2}}\d){{6,17}}(?![{LATIN}_])|(?<=tel:)\+?\d{{6,17}}"
)
_UNIT = re.compile(r"\s?(?:[kcm]?m|[km]?g|px|kwh|[€$£%]|eur|usd|chf|gbp|pln|sek)(?![^\W_])", re.IGNORECASE)
_NO_PHONE = re.compile(
    r"(?:19|20)\d{2}[ ./-][01]?\d[ ./-][0-3]?\d(?:[ T]+.*)?|[0-3]?\d[./-][0-3]?\d[./-](?:19|20)?\d{2}(?: .*)?"  # dates
    r"|(?:\d{1,3}\.){3}\d{1,3}|\d{1,3}(?:\.\d{1,4}){3,}|\d+\.\d+|\d{1,3}(?:[ .]\d{3})+"  # addresses, versions, amounts
    r"|(?:19|20)\d{2} ?[-/] ?(?:19|20)?\d{2}(?:[ /-].*)?|\d{1,2}(?: \d{1,2})+ \d{1,2}"  # years, small numbers in a row
)
_PAIRS = re.compile(r"0\d(?:[ .-]\d{2}){4}")
_NORTH_AMERICA = re.compile(r"(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}")
_TRUNK = re.compile(r"\(?0[1-9]\d{0,4}\)?(?:[ /.-]{1,3}\(?0?\)?\d{1,8}){1,6}|0[1-9]\d{8,10}")
_REGIONS = {
    "en": ("US", "GB", "AU", "IE"), "de": ("DE", "AT", "CH"), "fr": ("FR", "BE", "CH"), "es": ("ES", "MX", "AR", "CO", "CL"), "it": ("IT", "CH"),
    "pt": ("PT", "BR"), "nl": ("NL", "BE"), "pl": ("PL",), "sv": ("SE", "FI"), "da": ("DK",), "no": ("NO",), "fi": ("FI",), "cs": ("CZ", "SK"),
    "tr": ("TR",), "in": ("IN",), "au": ("AU",),
}  # fmt: skip
_ANYWHERE = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "BR", "IN", "JP", "CN", "KR", "RU", "AU")
_LEAST, _MOST = 7, 15  # digits; ITU-T E.164 has at most fifteen


def phones(reading: Reading) -> Iterator[Found]:
    """Telephone and fax numbers."""
    asked = _Asked(reading)
    for pattern in (_CANDIDATE, _BEHIND_SIGN):
        for match in pattern.finditer(reading.text):
            start, end = match.span()
            if reading.text[start] == "(" and ")" not in match[0]:
                start += 1
            found = _phone(reading, asked, start, end)
            if found is not None:
                asked.last = end
                yield found


class _Asked:
    """How often the plans were looked into for one text."""

    def __init__(self, reading: Reading) -> None:
        self._left = MAX_ASKED
        self.last = -_ALONGSIDE  # where the number before ended
        spoken = [region for language in reading.languages for region in _REGIONS.get(language, ())]
        self.near = tuple(dict.fromkeys(spoken))
        self.all = tuple(dict.fromkeys([*spoken, *_ANYWHERE]))

    def number(self, written: str, region: str | None, *, possible: bool = False) -> str:
        """The number as E.164 when the plan of `region` has it; "" when not, or nobody may ask any more."""
        if self._left <= 0:
            return ""
        self._left -= 1
        try:
            parsed = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            return ""
        if phonenumbers.is_valid_number(parsed) or (possible and phonenumbers.is_possible_number(parsed)):
            return f"+{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"
        return ""

    @property
    def over(self) -> bool:
        """Whether nothing is looked up any more."""
        return self._left <= 0


def _phone(reading: Reading, asked: _Asked, start: int, end: int) -> Found | None:
    written = reading.text[start:end]
    digits = re.sub(r"\D", "", written)
    if not _LEAST <= len(digits) <= _MOST + 2:
        return None
    if written.lstrip("(").startswith("+"):
        value = asked.number(_without_trunk(written), None, possible=True)
        return Found(start, end, "phone", value or f"+{digits}", 3) if value or asked.over else None
    label = reading.label_of(start, end)
    if label != "phone" and _INITIAL.search(reading.text, max(0, start - 8), start):
        label = "phone"
    if digits.startswith("00"):
        value = asked.number("+" + _without_trunk(written).lstrip("0 "), None, possible=label == "phone")
        return Found(start, end, "phone", value, 2) if value and label in ("", NUMBER, "phone") else None
    if _DATED.fullmatch(written) or (
        label != "phone" and _NO_PHONE.fullmatch(written) and not _PAIRS.fullmatch(written)
    ):
        return None
    if label == "phone":
        value = next((value for region in asked.all if (value := asked.number(written, region))), "")
        return Found(start, end, "phone", value or digits, 2) if len(digits) <= _MOST else None
    return _as_written_there(reading, asked, start, end, label)


def _as_written_there(reading: Reading, asked: _Asked, start: int, end: int, label: str) -> Found | None:
    """A number that nothing names, by the way it is written in the countries whose languages the text is in."""
    written = reading.text[start:end]
    american, trunk = _NORTH_AMERICA.fullmatch(written), _TRUNK.fullmatch(written)
    if label not in ("", NUMBER):
        # "customer Ada (…)" says whose it is, "customer no 0…" what it is
        if not (american or trunk) or reading.label_of(start, end, near=_CLOSE) not in ("", NUMBER):
            return None
        label = ""
    if _UNIT.match(reading.text, end):
        return None
    if 0 < start - asked.last < _ALONGSIDE:  # "… or 312 …"
        label = NUMBER
    alone = _LINE_BEFORE.search(reading.text, max(0, start - 6), start) and _LINE_AFTER.match(reading.text, end)
    regions: list[str] = []
    if american:
        regions.append("US")
    if trunk:
        regions += [region for region in asked.near or asked.all if region != "US"]
    elif label == NUMBER or alone or _BRACKETED.fullmatch(written):
        regions += [region for region in asked.near if region != "US" or label == NUMBER]
    if (
        not regions
        and label == ""
        and any(_MOBILE[region].fullmatch(written) for region in asked.near if region in _MOBILE)
    ):
        regions += asked.near
    value = next((value for region in regions if (value := asked.number(written, region))), "")
    return Found(start, end, "phone", value, 1) if value else None


_MOBILE = {
    "ES": re.compile(r"[67]\d{2}(?:[ .-]?\d{3}){2}|[67]\d{2}(?:[ .-]\d{2}){3}"),
    "IT": re.compile(r"3\d{2}[ ./-]?\d{3}[ .-]?\d{3,4}"),
    "PT": re.compile(r"9[1236]\d(?:[ .-]\d{3}){2}"),
    "PL": re.compile(r"[4-8]\d{2}(?:[ -]\d{3}){2}"),
}
"""Of countries whose mobile numbers begin with no 0: enough in a text of their language."""
_CLOSE = 12  # characters
_INITIAL = re.compile(r"(?:^|[\n|,;·•]\s{0,3}|\s{2})[TPMCODFWHtpmcodfwh][.:)]?\s{1,2}$")  # "M: …" in a signature
_LINE_BEFORE = re.compile(r"(?:^|\n)[ \t>*-]{0,4}$")
_LINE_AFTER = re.compile(r"[ \t*]{0,4}(?:\n|\r|$)")
_BRACKETED = re.compile(r"\(\d{2,3}\) ?\d{4,5}[ -]?\d{4}")
_DATED = re.compile(
    r"(?:19|20)\d{2}[ ./-][01]?\d[ ./-][0-3]?\d(?:[ T]+.*)?|[0-3]?\d[./-][0-3]?\d[./-](?:19|20)?\d{2}(?: .*)?|(?:\d{1,3}\.){3}\d{1,3}"
)


def _without_trunk(written: str) -> str:
    """+49 (0)30 … is +49 30 …."""
    return written.replace("(0)", " ")
