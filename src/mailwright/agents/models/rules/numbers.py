"""Numbers as people write them: 1,234.56 and 1.234,56 and 1 234,56, with currencies, percent signs and minus signs.

Called by arithmetic, tables and facts.
Promises: exact (Decimal and Fraction, never float); what cannot be read with certainty is None, not a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

MAX_DIGITS = 40  # of one number; longer ones are identifiers
SHOWN_PLACES = 10  # decimal places of a result that does not end

SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW", "zł": "PLN"}
CODES = ("EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "CAD", "AUD", "BRL")

PLAIN = r"\d{1,40}(?:[.,' \u00a0\u202f]\d{3}){1,12}(?:[.,]\d{1,20})?(?!\d)|\d{1,40}(?:[.,]\d{1,20})?"
"""A number in running text, without sign; spaces only between groups of three digits."""

_MONEY = "|".join(re.escape(symbol) for symbol in SYMBOLS) + "|" + "|".join(CODES)
_CELL = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+−–])?\s*(?P<before>{_MONEY})?\s*(?P<sign2>[-+−–])?\s*"
    rf"(?P<number>\d[\d.,' \u00a0\u202f]*|[.,]\d+)\s*(?P<percent>%)?\s*(?P<after>{_MONEY})?\s*(?P<last>[-−–])?\s*(?P<close>\))?"
)
_MINUS = "-−–"
_SPACES = re.compile(r"[\s'\u00a0\u202f]")
_GROUPED_COMMA = re.compile(r"\d{1,3}(?:,\d{3})+")
_GROUPED_POINT = re.compile(r"\d{1,3}(?:\.\d{3})+")


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a table read as a number: its digits as written, and what stood around them."""

    digits: str
    negative: bool
    percent: bool
    currency: str


def cell(text: str) -> Cell | None:
    """A field that is a number and nothing else (currency, sign, percent allowed), or None."""
    text = text.strip()
    if not text or len(text) > 60:
        return None
    found = _CELL.fullmatch(text)
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [found["sign"], found["sign2"], found["last"]]
    if sum(1 for sign in signs if sign) > 1 or (found["before"] and found["after"]):
        return None
    negative = bool(found["open"]) or any(sign is not None and sign in _MINUS for sign in signs)
    money = found["before"] or found["after"] or ""
    return Cell(found["number"].strip(), negative, bool(found["percent"]), SYMBOLS.get(money, money))


def decimal_mark(numbers: Iterable[str], *, prefer: str = ".") -> tuple[str, bool]:
    """Which mark begins the decimals in these digits, and whether they leave no doubt.

    "1.234,5" and "12,5" settle it for the comma, "1,234.5" and "12.5" for the point, "1.234.567" for the comma. Where all
    could be groups of three ("1,234"), `prefer` decides.
    """
    votes = {".": 0, ",": 0}
    doubtful = False
    for number in numbers:
        digits = _SPACES.sub("", number)
        point, comma = digits.count("."), digits.count(",")
        if point and comma:
            votes["." if digits.rfind(".") > digits.rfind(",") else ","] += 1
        elif point > 1:
            votes[","] += 1
        elif comma > 1:
            votes["."] += 1
        elif point or comma:
            mark = "." if point else ","
            if _GROUPED_POINT.fullmatch(digits) or _GROUPED_COMMA.fullmatch(digits):
                doubtful = doubtful or not digits.startswith("0")
                if digits.startswith("0"):
                    votes[mark] += 1
            else:
                votes[mark] += 1
    if votes["."] == votes[","]:
        return prefer, not doubtful and votes["."] == 0
    return ("." if votes["."] > votes[","] else ","), not (votes["."] and votes[","])


def parse(digits: str, mark: str) -> Decimal | None:
    """The value of digits without sign, `mark` beginning the decimals; None when they do not fit that."""
    other = "," if mark == "." else "."
    compact = _SPACES.sub("", digits)
    whole, has_mark, fraction = compact.partition(mark)
    if len(compact) > MAX_DIGITS or (has_mark and (mark in fraction or other in fraction or not fraction)):
        return None
    if other in whole:
        groups = whole.split(other)
        if not (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])):
            return None
        whole = "".join(groups)
    if not (whole or fraction) or not (whole + fraction).isascii() or not (whole + fraction).isdigit():
        return None
    return Decimal(f"{whole or '0'}.{fraction or '0'}") if has_mark else Decimal(whole)


def value(of: Cell, mark: str) -> Decimal | None:
    """The value of a cell."""
    found = parse(of.digits, mark)
    return None if found is None else -found if of.negative else found


def shown(number: Fraction | Decimal, *, mark: str = ".", places: int = SHOWN_PLACES) -> str:
    """A number for people, exact when it ends within `places`, else "≈". `mark` begins the decimals, the other one groups:
    who writes 1.600,50 reads "1,600" as something else."""
    exact = Fraction(number)
    scaled = exact * 10**places
    sign = "-" if exact < 0 else ""
    rounded = (abs(scaled.numerator) * 2 + scaled.denominator) // (2 * scaled.denominator)
    whole, rest = divmod(rounded, 10**places)
    fraction = f"{rest:0{places}d}".rstrip("0")
    text = f"{sign if rounded else ''}{whole:,}" + (f".{fraction}" if fraction else "")
    if mark == ",":
        text = text.translate(_SWAPPED)
    return text if scaled.denominator == 1 else f"≈ {text}"


def money(number: Fraction | Decimal, currency: str, *, mark: str = ".") -> str:
    """An amount for people: two decimals unless it ends with more, then the currency."""
    text = shown(number, mark=mark)
    if text.startswith("≈"):
        text = shown(number, mark=mark, places=2)
    _whole, point, places = text.partition(mark)
    text = f"{text}{mark}00" if not point else f"{text}0" if len(places) == 1 else text
    return f"{text} {currency}".strip()


_SWAPPED = str.maketrans({",": ".", ".": ","})
