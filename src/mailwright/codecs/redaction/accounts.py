"""Passports, bank accounts and routing numbers: numbers that prove nothing by themselves, named by a word beside them.

Called by `recognisers`. Promises: never raises; bounded work for each label.
"""

import re
from collections.abc import Iterator

from stdnum.iso7064 import mod_97_10
from stdnum.us import rtn

from mailwright.codecs.redaction.finding import Found
from mailwright.codecs.redaction.reading import Label, Reading

_PASSPORT = re.compile(
    r"[^\n]{0,34}?\n?[^\d\n]{0,4}?(?<![0-9A-Za-z])"
    r"((?=[A-Z]{0,9}\d)[A-Z0-9]{6,10}(?![0-9A-Za-z]|[./-]\d)|\d{2} ?\d{2} \d{6}(?![0-9A-Za-z]))"
)
_NUMBER = re.compile(r"\d(?:[ -]?\d){4,33}(?![0-9A-Za-z]|[.,:]\d)")
_GAP = re.compile(r"[^\d\n+€$£/]{0,24}\n?[^\d\n+€$£/]{0,4}")
_SHORT_GAP = 14  # characters: a bare "account" often speaks of something else
_DATE = re.compile(r"(?:19|20)\d{2}-?[01]\d-?[0-3]\d|[0-3]\d[ -][01]\d[ -](?:19|20)?\d{2}")
_ROUTING = re.compile(
    r"\d{2}([ -]?)\d{2}\1\d{2}(?![0-9A-Za-z]|[ -]\d)|\d{3}[ -]?\d{3}(?![0-9A-Za-z]|[ -]\d)|\d{3}[ -]?\d{3}[ -]?\d{2,3}(?![0-9A-Za-z])|\d{4,5}(?:-\d)?(?![0-9A-Za-z])"
)
_BARE = frozenset(
    ("account", "konto", "compte", "cuenta", "conto", "conta", "rekening", "hesap", "rachunek", "rachunku", "konta", "счет", "a/c", "c/c")
)  # fmt: skip
_BEFORE_ROUTING = re.compile(r"(?<![0-9A-Za-z])(\d(?:[ -]?\d){5,11})[\s(,;/]{1,3}$")
_SORT_CODE_BEHIND = re.compile(r"[\s,;/]{1,3}(\d{2}([ -]?)\d{2}\2\d{2})(?![0-9A-Za-z]|[ .,:/-]\d)")
_AMERICAN = ("routing", "aba", "rtn")  # nine digits, the last of them a check digit
_POLISH = re.compile(r"(?<![0-9A-Za-z])\d{2}(?:[ -]?\d{4}){6}(?![0-9A-Za-z])")
_MACHINE_READABLE = re.compile(r"P[A-Z<][A-Z]{3}[A-Z<]{39}|[A-Z0-9<]{9}\d[A-Z<]{3}\d{7}[MFX<]\d{7}[A-Z0-9<]{14}\d{2}")


def passports(reading: Reading) -> Iterator[Found]:
    """Numbers behind a word for passport, and the two machine-readable lines of one (ICAO 9303-4)."""
    for label in reading.named(("passport",)):
        match = _PASSPORT.match(reading.text, label.end)
        if match is None or _DATE.fullmatch(match[1]):
            continue
        if all(each.name in ("passport", "card") for each in reading.labels_between(label.end, match.start(1))):
            yield Found(match.start(1), match.end(1), "passport", match[1].replace(" ", ""), 2)
    for line in _MACHINE_READABLE.finditer(reading.text):
        yield Found(line.start(), line.end(), "passport", line[0], 3)


def accounts(reading: Reading) -> Iterator[Found]:
    """Account numbers behind a word for account, routing numbers behind theirs; Polish ones prove themselves as an IBAN does."""
    for label in reading.named(("account", "routing")):
        found = _routing(reading, label) if label.name == "routing" else _account(reading, label)
        if found is not None:
            yield found
            sort_code = _SORT_CODE_BEHIND.match(reading.text, found.end) if label.name == "account" else None
            if sort_code:
                yield Found(sort_code.start(1), sort_code.end(1), "account", re.sub(r"[ -]", "", sort_code[1]), 1)
        if found is not None and label.name == "routing":
            found = _before_routing(reading, label)
            if found is not None:
                yield found
    for match in _POLISH.finditer(reading.text):
        digits = re.sub(r"[ -]", "", match[0])
        if mod_97_10.is_valid(digits[2:] + "2521" + digits[:2]):  # "PL" in digits, as ISO 13616-1 counts letters
            yield Found(match.start(), match.end(), "account", digits, 3)


def _account(reading: Reading, label: Label) -> Found | None:
    gap = _GAP.match(reading.text, label.end)
    at = gap.end() if gap else label.end
    number = _NUMBER.match(reading.text, at)
    if number is None or any(each.name not in ("account", "iban") for each in reading.labels_between(label.end, at)):
        return None
    if reading.lower[label.start : label.end] in _BARE and at - label.end > _SHORT_GAP:
        return None
    if (
        reading.text[at - 1 : at].isalpha()
        or _DATE.fullmatch(number[0])
        or re.match(r"\s?[€$£%]", reading.text[number.end() : number.end() + 2])
    ):
        return None
    digits = re.sub(r"[ -]", "", number[0])
    return Found(number.start(), number.end(), "account", digits, 2) if len(digits) >= 6 else None


def _routing(reading: Reading, label: Label) -> Found | None:
    gap = _GAP.match(reading.text, label.end)
    at = gap.end() if gap else label.end
    number = _ROUTING.match(reading.text, at)
    if number is None or at - label.end > 20 or reading.labels_between(label.end, at):
        return None
    digits = re.sub(r"[ -]", "", number[0])
    if reading.lower.startswith(_AMERICAN, label.start) and not rtn.is_valid(digits):
        return None
    return Found(number.start(), number.end(), "account", digits, 2)


def _before_routing(reading: Reading, label: Label) -> Found | None:
    """The account of "12345678 (sort code 12-34-56)"."""
    start = max(0, label.start - 24)
    number = _BEFORE_ROUTING.search(reading.text, start, label.start)
    if number is None or _DATE.fullmatch(number[1]):
        return None
    return Found(number.start(1), number.end(1), "account", re.sub(r"[ -]", "", number[1]), 1)
