"""Payment cards and IBANs: numbers that prove themselves.

Called by `recognisers`. A card has a brand's prefix and length (ISO/IEC 7812-1), a correct Luhn digit and one of the groupings that
cards are written in; an IBAN has its country's length and remainder 1 of 97 (ISO 13616-1).
Promises: never raises; linear.
"""

import re
from collections.abc import Iterator

from stdnum import luhn, numdb
from stdnum.iso7064 import mod_97_10

from mailwright.codecs.redaction.finding import Found
from mailwright.codecs.redaction.reading import LATIN, Reading

_GROUP = re.compile(r"\d+")
_BETWEEN_GROUPS = re.compile(r"[ .-]{1,2}|[ -]?\r?\n(?:> ?)?")
_GROUPINGS = (
    (4, 4, 4, 4),
    (4, 6, 5),
    (4, 6, 4),
    (4, 4, 4, 4, 3),
    (4, 4, 4, 4, 2),
    (4, 4, 4, 3),
    (4, 4, 4, 1),
    (8, 8),
    (4, 12),
)
_MOST_GROUPS = 5
_FIRST_GROUP = 4  # digits, or all of them
_CLOSE = 16  # characters: "tracking number: " speaks of the very number behind it
_BRANDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:6011|64[4-9]\d|65\d{2})\d{12,15}"  # Discover
    r"|3(?:0[0-59]|[689]\d)\d(?:\d{10}|\d{12})"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|62\d{14,17}"  # UnionPay
    r"|220[0-4]\d{12}|(?:60|81|82)\d{14}"  # Mir, RuPay
)
_MAESTRO = re.compile(r"(?:5[0678]|6\d)\d{10,17}")  # any length: a word has to say that it is a card
_SECURITY_CODE = re.compile(r"(?:\s{0,2}[:=#]|\s{1,2}(?:is|are|ist|sind|lautet|est|es|e))?\s{0,2}(\d{3,4})(?!\d)")

_CODE_BEHIND = re.compile(
    r"[^\d\n]{0,16}\n?(?:0?[1-9]|1[0-2]) ?[/-] ?(?:20)?\d{2}[\s,;/|]{1,4}(\d{3,4})(?![\d/.-]\d|\d)"
)

_IBAN_START = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?=[ .\r\n-]{0,2}[A-Za-z0-9])")
_IBAN_PIECE = re.compile(r"[A-Za-z0-9]+")
_IBAN_BETWEEN = re.compile(r"[ .-]{1,2}|\r?\n(?:> ?)?")


def cards(reading: Reading) -> Iterator[Found]:
    """Card numbers, and the short code beside one when a word says so."""
    for groups in _runs(reading.text):
        yield from _cards_in(reading, groups)
    for label in reading.named(("cvv",)):
        code = _SECURITY_CODE.match(reading.lower, label.end)
        if code:
            yield Found(code.start(1), code.end(1), "card", f"cvv {code[1]}", 2)


def _runs(text: str) -> Iterator[list[tuple[int, int]]]:
    """Digits that stand in a row with little between."""
    run: list[tuple[int, int]] = []
    for group in _GROUP.finditer(text):
        if run and not (group.start() - run[-1][1] <= 4 and _BETWEEN_GROUPS.fullmatch(text, run[-1][1], group.start())):
            yield run
            run = []
        run.append(group.span())
    if run:
        yield run


def _cards_in(reading: Reading, groups: list[tuple[int, int]]) -> Iterator[Found]:
    index = 0
    while index < len(groups):
        if groups[index][1] - groups[index][0] < _FIRST_GROUP:
            index += 1
            continue
        for count in range(min(_MOST_GROUPS, len(groups) - index), 0, -1):
            part = groups[index : index + count]
            lengths = tuple(end - start for start, end in part)
            if not 12 <= sum(lengths) <= 19:
                continue
            digits = "".join(reading.text[start:end] for start, end in part)
            if (_BRANDS.fullmatch(digits) or _MAESTRO.fullmatch(digits)) and luhn.is_valid(digits):
                start, end = part[0][0], part[-1][1]
                if _is_card(reading, start, end, digits, lengths):
                    yield Found(start, end, "card", digits, 3)
                    code = _CODE_BEHIND.match(reading.text, end)
                    if code:
                        yield Found(code.start(1), code.end(1), "card", f"cvv {code[1]}", 2)
                    index += count - 1
                    break
        index += 1


def _is_card(reading: Reading, start: int, end: int, digits: str, lengths: tuple[int, ...]) -> bool:
    if set(digits) <= {"0", digits[0]}:
        return False
    label = reading.label_of(start, end)
    if label == "card":
        return True
    if not _BRANDS.fullmatch(digits) or (len(lengths) > 1 and lengths not in _GROUPINGS):
        return False
    before, behind = reading.text[max(0, start - 2) : start], reading.text[end : end + 2]
    if re.search(rf"[{LATIN}_]$|\d[.,]$", before) or re.match(r"[.,]\d|[A-Za-z_]", behind):
        return False
    return len(lengths) > 1 or reading.label_of(start, end, near=_CLOSE) not in ("other", "account")


def ibans(reading: Reading) -> Iterator[Found]:
    """IBANs of every country, in groups or not, in small letters, too."""
    after = 0
    for match in _IBAN_START.finditer(reading.text):
        length = IBAN_LENGTHS.get(match[0][:2].upper())
        if length is None or match.start() < after:
            continue
        whole = _iban_at(reading.text, match.start(), length)
        if whole is not None:
            after = whole.end
            yield whole


def _iban_at(text: str, start: int, length: int) -> Found | None:
    letters, at = "", start
    while True:
        piece = _IBAN_PIECE.match(text, at, at + length + 1)
        if piece is None:
            return None
        letters += piece[0]
        at = piece.end()
        if len(letters) >= length:
            break
        between = _IBAN_BETWEEN.match(text, at)
        if between is None:
            return None
        at = between.end()
    value = letters.upper()
    if len(letters) == length and mod_97_10.is_valid(value[4:] + value[:4]):
        return Found(start, at, "iban", value, 3)
    return None


def _iban_lengths() -> dict[str, int]:
    known = numdb.get("iban")
    lengths: dict[str, int] = {}
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for country in (first + second for first in letters for second in letters):
        properties = known.info(country + "00")[0][1]
        structure = properties.get("bban", "")
        if structure:
            lengths[country] = 4 + sum(int(count) for count in re.findall(r"(\d+)!", structure))
    return lengths


IBAN_LENGTHS = _iban_lengths()
