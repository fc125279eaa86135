"""National ids: found by the way they are written and by their check digits, or beside a word that names them.

Called by `recognisers`; the numbers stand in `nationalids_table`. Promises: never raises; linear.
Does not: believe a weak proof alone. One of eleven nine-digit numbers is a Dutch BSN: a word has to say that it is one.
"""

import importlib
import re
from collections.abc import Callable, Iterator
from itertools import groupby

from mailwright.codecs.redaction.finding import Found
from mailwright.codecs.redaction.nationalids_table import NUMBERS, Number
from mailwright.codecs.redaction.reading import LATIN, Label, Reading

KIND = "nationalid"
_APART = re.compile(r"[ ./+-]+")
_GAP = re.compile(
    rf"[^\d\n]{{0,32}}?\n?[^\d\n]{{0,4}}?(?<![{LATIN}])(?=[A-Za-z]{{0,6}}\d|[A-Z]{{3}} [A-Z]{{3}} \d|[A-Z]{{2}}[ -]\d)"
)
_BEHIND_LABEL = re.compile(
    r"[A-Za-z]{0,6}\d[A-Za-z0-9]*(?:[ ./+-]{1,2}[A-Za-z0-9]*\d[A-Za-z0-9]*|[ -][A-Z](?![A-Za-z])){0,7}|[A-Z]{3} [A-Z]{3} \d{2}[A-Z]\d{2} [A-Z]\d{3}[A-Z]|[A-Z]{2}(?:[ -]\d{2}){3}[ -][A-D]"
)
_SIGNS = {"9": r"\d", "A": "[A-Za-z]", "X": "[A-Za-z0-9]"}
_NO_PART = rf"(?![{LATIN}]|[.,/+-]\d)"
_DATED = re.compile(
    r"(?:19|20)\d{2}[01]\d[0-3]\d|[0-3]?\d[./-][01]?\d[./-](?:19|20)?\d{2}|(?:19|20)\d{2}[./-][01]?\d[./-][0-3]?\d"
)


def national_ids(reading: Reading) -> Iterator[Found]:
    """Numbers of all countries in the table."""
    for match in _ALONE.finditer(reading.text):
        found = _by_shape(reading, match)
        if found is not None:
            yield found
    for label in reading.named(_LABELS):
        found = _named(reading, label)
        if found is not None:
            yield found


def _by_shape(reading: Reading, match: re.Match[str]) -> Found | None:
    written = match[0]
    for number in BY_SHAPE.get(_shape(written), ()):
        if not _proved(number, written):
            continue
        label = reading.label_of(*match.span())
        if label == number.label or number.strong or label.startswith("id"):
            return Found(match.start(), match.end(), KIND, _value(written), 3)
        if label in ("other", "phone", "account", "routing", "secret") or written.replace(" ", "").isdigit():
            continue  # digits and blanks could be anything
        return Found(match.start(), match.end(), KIND, _value(written), 2)
    return None


def _named(reading: Reading, label: Label) -> Found | None:
    gap = _GAP.match(reading.text, label.end)
    if gap is None or any(not each.name.startswith("id") for each in reading.labels_between(label.end, gap.end())):
        return None
    written = _BEHIND_LABEL.match(reading.text, gap.end())
    if written is None:
        return None
    close = gap.end() - label.end <= 12
    for end in _ends(written[0]):
        part = written[0][:end]
        if _DATED.fullmatch(part):
            continue
        for number in BY_LABEL[label.name]:
            if len(_value(part)) in number.lengths and (
                _proved(number, part) if number.module else label.name == "id" or close
            ):
                return Found(gap.end(), gap.end() + end, KIND, _value(part), 3)
    if not close or label.name == "id":
        return None
    for end in _ends(written[0]):  # a wrong digit makes it no less somebody's number
        part = written[0][:end]
        if len(_value(part)) in {
            length for number in BY_LABEL[label.name] for length in number.lengths
        } and not _DATED.fullmatch(part):
            return Found(gap.end(), gap.end() + end, KIND, _value(part), 1)
    return None


def _ends(written: str) -> list[int]:
    """Where a number that begins there may end, the longest first."""
    return [len(written), *(match.start() for match in reversed(list(_APART.finditer(written))))]


def _value(written: str) -> str:
    return _APART.sub("", written).upper()


def _shape(written: str) -> str:
    """The shape of the table that it is written in; the first one that fits."""
    signature = "".join("9" if each.isdigit() else "A" if each.isalpha() else each for each in written)
    if signature in BY_SHAPE:
        return signature
    return next(
        (shape for shape in _WITH_EITHER if len(shape) == len(written) and _PATTERNS[shape].fullmatch(written)), ""
    )


def _proved(number: Number, written: str) -> bool:
    own = _OWN.get(number.module)
    if own is not None:
        return own(written)
    module = importlib.import_module(f"stdnum.{number.module}")
    try:
        return bool(module.is_valid(written if number.module in _READS_SIGNS else _value(written)))
    except (ValueError, LookupError, AttributeError):  # of characters that no number of theirs holds
        return False


def _nino(written: str) -> bool:
    """UK: HMRC's National Insurance Manual, NIM39110: which prefixes are given."""
    return bool(
        re.fullmatch(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]?", _value(written))
    )


def _rvnr(written: str) -> bool:
    """Germany: Verordnung über die Versicherungsnummer, §4: the sum of the digits' digital sums, letters as their places."""
    value = _value(written)
    if not re.fullmatch(r"\d{2}[0-3]\d[01]\d{3}[A-Z]\d{3}", value):
        return False
    digits = f"{value[:8]}{ord(value[8]) - 64:02}{value[9:11]}"
    weighted = (int(digit) * weight for digit, weight in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return sum(product // 10 + product % 10 for product in weighted) % 10 == int(value[11])


def _snils(written: str) -> bool:
    """Russia: the weighted sum of nine digits, of 101."""
    value = _value(written)
    if not value.isdigit() or len(value) != 11:
        return False
    return sum(
        int(digit) * weight for digit, weight in zip(value[:9], range(9, 0, -1), strict=True)
    ) % 101 % 100 == int(value[9:])


def _nric(written: str) -> bool:
    """Singapore: a weighted sum chooses the letter; T and G count four more."""
    value = _value(written)
    if not re.fullmatch(r"[STFG]\d{7}[A-Z]", value):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(value[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True)) + 4 * (
        value[0] in "TG"
    )
    return value[8] == ("JZIHGFEDCBA" if value[0] in "ST" else "XWUTRQPNMLK")[total % 11]


def _nir(written: str) -> bool:
    value = _value(written)
    module = importlib.import_module("stdnum.fr.nir")
    return len(value) == 15 and value[0] in "12378" and value[3:5].isdigit() and bool(module.is_valid(value))


def _pan(written: str) -> bool:
    """India: the fourth letter says whose number it is; P is a person."""
    return bool(re.fullmatch(r"[A-Z]{3}P[A-Z](?!0000)\d{4}[A-Z]", _value(written)))


def _isikukood(written: str) -> bool:
    return bool(importlib.import_module("stdnum.ee.ik").is_valid(_value(written)))


_OWN: dict[str, Callable[[str], bool]] = {
    "gb.nino": _nino,
    "de.rvnr": _rvnr,
    "ru.snils": _snils,
    "sg.nric": _nric,
    "fr.nir": _nir,
    "in_.pan": _pan,
    "ee.ik": _isikukood,
}
_READS_SIGNS = frozenset({"se.personnummer", "fi.hetu"})  # where "+" or "-" tells the century

BY_SHAPE = {
    shape: tuple(number for number in NUMBERS if shape in number.shapes)
    for shape in sorted({shape for number in NUMBERS for shape in number.shapes})
}
_LABELS = frozenset(number.label for number in NUMBERS)
# One word serves several countries ("TIN", "Sozialversicherungsnummer"): any of theirs may stand behind it.
_TOGETHER = {
    "id de": ("id de", "id at"),
    "id at": ("id at", "id de"),
    "id es": ("id es", "id ar", "id pt"),
    "id pt": ("id pt", "id es"),
    "id se": ("id se", "id dk", "id no"),
    "id dk": ("id dk", "id no", "id se"),
    "id no": ("id no", "id dk"),
}
BY_LABEL = {
    label: tuple(number for number in NUMBERS if number.label in _TOGETHER.get(label, (label,))) for label in _LABELS
}
_WITH_EITHER = tuple(shape for shape in BY_SHAPE if "X" in shape)


def _pattern(shape: str) -> str:
    runs = ((sign, len(list(group))) for sign, group in groupby(shape))
    return "".join(f"{_SIGNS[sign]}{{{count}}}" if sign in _SIGNS else re.escape(sign) * count for sign, count in runs)


_PATTERNS = {shape: re.compile(_pattern(shape)) for shape in BY_SHAPE}
_ALONE = re.compile(
    rf"(?<![{LATIN}])(?<!\d[.,/+-])(?=[A-Za-z]{{0,6}}\d|[A-Za-z]{{1,3}}[ -](?:[A-Za-z]{{3}} )?\d)(?:"
    + "|".join(_pattern(shape) for shape in sorted(BY_SHAPE, key=len, reverse=True))
    + f"){_NO_PART}"
)
