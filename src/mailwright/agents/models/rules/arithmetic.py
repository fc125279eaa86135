"""Arithmetic found in text: "what is 12.5 * 8?", "15% of 80", "(3 + 4) ^ 2", "add 3, 4 and 5".

Called by the rules model's work. Exact: fractions, never float, never `eval`. Bounded: a hostile power is left alone.
Careful: dates, ranges, phone numbers and sizes look like sums; without a word that asks, only clear operators count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from mailwright.agents.models.rules import numbers

MAX_RESULTS = 20  # calculations answered in one mail
MAX_EXPRESSION = 300  # characters
MAX_BITS = 512  # of a numerator or denominator: some 150 digits, more is no question a person asks
MAX_DEPTH = 30  # nested parentheses
MAX_TEXT = 20_000  # characters looked at: questions are asked in a letter, not in a book

_NUMBER = re.compile(numbers.PLAIN)
_CANDIDATE = re.compile(r"(?<![\w.,/:@#-])[-−(\d][\d \t\u00a0().,+*/×÷·^%xX'−–-]{0,300}[\d)%](?![\w/:@-])")
_STRONG = re.compile(r"[+*×÷·^]|\*\*")
_BETWEEN = re.compile(r"[\d)%]\s*(?:[+*/×÷·^−–-]|\*\*|[xX])\s*[-−(\d]")
_CUE = re.compile(
    r"(?:what(?:'s|’s| is| are)|how much (?:is|are)|compute|calculate|evaluate|work out|solve|result of|multiply|divide|"
    r"was (?:ist|sind|ergibt|macht)|wie ?viel (?:ist|sind|ergibt|macht)|berechnen?|rechnen?|ausrechnen|combien font|calcule[rz]?|"
    r"cu[áa]nto (?:es|son)|calcula|quanto (?:fa|é)|hoeveel is|bereken)\s{0,3}(?:sie|du|bitte|please|me|mir|die|the|for)?\s{0,3}:?\s{0,3}\Z",
    re.IGNORECASE,
)
_ASKS = re.compile(_CUE.pattern.removesuffix(r"\Z") + r"[-−(]?\d", re.IGNORECASE)
_EQUALS = re.compile(r"[ \t]*=[ \t]*(?:\?|$)", re.MULTILINE)
_SPACED_X = re.compile(r"\d[ \t]+[xX][ \t]+[\d(]")
_AND = re.compile(r"[ \t]{0,3}[,;]?[ \t]{0,3}(?:and|und|et|y|e|en|or|oder)?[ \t]{0,3}")
_SPOKEN = {
    "plus": "+",
    "minus": "-",
    "times": "*",
    "multiplied by": "*",
    "divided by": "/",
    "mal": "*",
    "geteilt durch": "/",
    "fois": "*",
    "moins": "-",
    "divisé par": "/",
    "más": "+",
    "menos": "-",
    "dividido por": "/",
    "dividido entre": "/",
}
_SPOKEN_WORDS = "|".join(_SPOKEN)
_OPERATOR = re.compile(rf"(?<=[\d)%])[ \t]{{1,3}}({_SPOKEN_WORDS})[ \t]{{1,3}}(?=[-−(\d])", re.IGNORECASE)
_PERCENT_LEFT = re.compile(  # what `_PERCENT_OF` leaves: one link of a longer calculation
    r"(?<=\d)[ \t]{0,3}(?:%|percent|prozent)[ \t]{1,3}(?:of|von|vom|de|del)[ \t]{1,3}(?=[(\d])", re.IGNORECASE
)
_PERCENT_OF = re.compile(
    rf"(?<![\d.,])(?<!% of )(?<!% von )(?P<part>{numbers.PLAIN})\s*(?:%|percent|per cent|prozent|pour ?cent|por ciento|procent)\s*"
    rf"(?:of|von|vom|de|del|di|van|av)\s*(?:the |den |der )?(?P<money>[€$£¥]?)\s*(?P<whole>{numbers.PLAIN})"
    # "20% of 30% of 50" and "5% of 10 + 5": a part of what was asked is not the answer.
    rf"(?!\d|[.,]\d|\s{{0,3}}(?:[%+*/×÷·^]|percent|prozent|pour ?cent|por ciento)|\s{{1,3}}[-−–]\s|\s{{1,3}}(?:{_SPOKEN_WORDS})\b)",
    re.IGNORECASE,
)
_SERIES = re.compile(
    r"\b(?P<what>sum|total|add(?: up| together)?|average|mean|median|summe|summiere|addiere|durchschnitt|mittelwert|"
    r"somme|moyenne|suma|promedio|media|som|gemiddelde)\b"
    # Between the two only words that point at the numbers, or a colon: "the total of invoices 4711, 4712 is due" is no sum.
    r"(?:[^\d\n.!?:]{0,40}:\s{0,3}|(?:\s{1,3}(?:of|the|these|those|this|following|numbers?|figures?|values?|amounts?|for|is|are|von|der|die|den|"
    r"aus|diese[rn]?|folgende[rn]?|zahlen|werte|beträge|de|des|les|la|le|ces|nombres|suivants|del|los|las|estos|números|siguientes|van)){0,6}\s{1,3})"
    rf"(?P<list>(?:{numbers.PLAIN})(?:(?:\s{{0,3}}[,;]\s{{1,3}}|\s{{0,3}};\s{{0,3}}|\s{{0,3}},?\s{{1,3}}(?:and|und|et|y|e|en|plus)\s{{1,3}})"
    rf"(?:{numbers.PLAIN})){{1,100}})",
    re.IGNORECASE,
)
_AVERAGES = frozenset({"average", "mean", "durchschnitt", "mittelwert", "moyenne", "promedio", "media", "gemiddelde"})
_NOT_SUMS = re.compile(
    r"https?://\S+|www\.\S+|(?<!\S)\S{1,100}@\S{1,300}|\b\d{4}-\d{1,2}-\d{1,2}(?:T[\d:.]+Z?)?|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{1,2}:\d{2}\b"
    r"|(?<!\w)\+\d[\d ()/-]{6,}|\b\d{1,3}(?:\.\d{1,3}){3}\b"
)


class _NoSum(Exception):
    """The characters are no expression, or one that is too large."""


@dataclass(frozen=True, slots=True)
class Calculation:
    """`asked` is how it was read, in one spelling; `result` is exact."""

    asked: str
    result: Fraction
    mark: str = "."  # begins the decimals of both

    def __str__(self) -> str:
        answer = numbers.shown(self.result, mark=self.mark)
        return f"{self.asked} {answer}" if answer.startswith("≈") else f"{self.asked} = {answer}"


def find(text: str, *, prefer: str = ".") -> list[Calculation]:
    """The calculations a text asks for, in its order. `prefer` is the decimal mark where digits leave a doubt."""
    text = text[:MAX_TEXT]
    found: list[tuple[int, Calculation]] = []
    masked = _NOT_SUMS.sub(lambda m: " " * len(m[0]), text)
    if _ASKS.search(masked):  # "7 times 8" is a question's multiplication; "I called 3 times 2 days ago" is not
        masked = _OPERATOR.sub(lambda m: f" {_SPOKEN[m[1].lower()]} ".ljust(len(m[0])), masked)
    for match in _PERCENT_OF.finditer(masked):
        part, whole = _number(match["part"], prefer), _number(match["whole"], prefer)
        if part is not None and whole is not None:
            asked = f"{numbers.shown(part, mark=prefer)}% of {match['money']}{numbers.shown(whole, mark=prefer)}"
            found.append((match.start(), Calculation(asked, part / 100 * whole, prefer)))
            masked = _blank(masked, match)
    masked = _PERCENT_LEFT.sub(lambda m: "% * ".ljust(len(m[0])), masked)
    for match in _SERIES.finditer(masked):
        values = [_number(each, prefer) for each in _items(match["list"])]
        series = [each for each in values if each is not None]
        if len(series) == len(values) >= 2:
            found.append((match.start(), _of_series(match["what"].lower(), series, prefer)))
            masked = _blank(masked, match)
    last = -1  # where the calculation before ended: "compute 2 * 3 and 8 / 4" asks for both
    for match in _CANDIDATE.finditer(masked):
        goes_on = last >= 0 and _AND.fullmatch(masked, last, match.start()) is not None
        calculation = _read(masked, match, prefer, asked_for=goes_on)
        if calculation is not None:
            found.append((match.start(), calculation))
            last = match.end()
    ordered = [calculation for _at, calculation in sorted(found, key=lambda pair: pair[0])]
    return list(dict.fromkeys(ordered))[:MAX_RESULTS]


def numbers_in(text: str) -> int:
    """How many numbers a text has."""
    return len(_items(_NOT_SUMS.sub(" ", text[:MAX_TEXT])))


def evaluate(expression: str, *, prefer: str = ".") -> Fraction | None:
    """The value of an expression with + - * / ^ % and parentheses, or None when it is none (or divides by zero)."""
    try:
        return _Reader(expression, prefer).whole()[1]
    except _NoSum:
        return None


def _read(text: str, match: re.Match[str], prefer: str, *, asked_for: bool) -> Calculation | None:
    expression = match[0].strip()
    if len(expression) > MAX_EXPRESSION or not _BETWEEN.search(expression):
        return None
    asked_for = (
        asked_for
        or _CUE.search(text, max(0, match.start() - 60), match.start()) is not None
        or _EQUALS.match(text, match.end()) is not None
    )
    if not asked_for and not (_STRONG.search(expression) or _SPACED_X.search(expression)):
        return None
    try:
        asked, result = _Reader(expression, prefer).whole()
    except _NoSum:
        return None
    return Calculation(asked, result, prefer)


def _of_series(what: str, series: list[Fraction], mark: str) -> Calculation:
    listed = ("; " if mark == "," else ", ").join(numbers.shown(each, mark=mark) for each in series)
    if what in _AVERAGES:
        return Calculation(f"average of {listed}", sum(series, Fraction(0)) / len(series), mark)
    if what == "median":
        ordered, middle = sorted(series), len(series) // 2
        value = ordered[middle] if len(series) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
        return Calculation(f"median of {listed}", value, mark)
    return Calculation(f"sum of {listed}", sum(series, Fraction(0)), mark)


def _items(text: str) -> list[str]:
    return [match[0] for match in _NUMBER.finditer(text)]


def _number(digits: str, prefer: str) -> Fraction | None:
    mark, _sure = numbers.decimal_mark([digits], prefer=prefer)
    found = numbers.parse(digits, mark)
    return None if found is None else Fraction(found)


def _blank(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]


class _Reader:
    """Recursive descent: sum → product → power → signed → atom. Each returns its spelling and its value."""

    def __init__(self, expression: str, prefer: str) -> None:
        self._tokens = self._split(expression, prefer)
        self._mark = prefer
        self._at = 0
        self._depth = 0

    def whole(self) -> tuple[str, Fraction]:
        spelled, result = self._sum()
        if self._at != len(self._tokens):
            raise _NoSum
        return spelled, result

    @staticmethod
    def _split(expression: str, prefer: str) -> list[str | Fraction]:
        if len(expression) > MAX_EXPRESSION:
            raise _NoSum
        tokens: list[str | Fraction] = []
        at = 0
        while at < len(expression):
            character = expression[at]
            if character.isspace():
                at += 1
            elif number := _NUMBER.match(expression, at):
                found = _number(number[0], prefer)
                if found is None:
                    raise _NoSum
                tokens.append(found)
                at = number.end()
            elif expression.startswith("**", at):
                tokens.append("^")
                at += 2
            else:
                spelled = {"×": "*", "·": "*", "x": "*", "X": "*", "÷": "/", "−": "-", "–": "-"}.get(
                    character, character
                )
                if spelled not in "+-*/^%()":
                    raise _NoSum
                tokens.append(spelled)
                at += 1
        return tokens

    def _next(self) -> str | Fraction | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, wanted: str) -> str | None:
        token = self._next()
        if isinstance(token, str) and token in wanted:
            self._at += 1
            return token
        return None

    def _sum(self) -> tuple[str, Fraction]:
        spelled, value = self._product()
        while sign := self._take("+-"):
            begins = self._at
            text, right = self._product()
            # "200 + 10%" means ten percent more, as every pocket calculator has it.
            if text.endswith("%") and self._at - begins == 2:
                right *= value
            value = _bounded(value + right if sign == "+" else value - right)
            spelled = f"{spelled} {'+' if sign == '+' else '−'} {text}"
        return spelled, value

    def _product(self) -> tuple[str, Fraction]:
        spelled, value = self._signed()
        while sign := self._take("*/"):
            text, right = self._signed()
            if sign == "/" and right == 0:
                raise _NoSum
            value = _bounded(value * right if sign == "*" else value / right)
            spelled = f"{spelled} {'×' if sign == '*' else '÷'} {text}"
        return spelled, value

    def _signed(self) -> tuple[str, Fraction]:
        sign = self._take("+-")
        self._deeper()
        spelled, value = self._signed() if sign else self._power()
        self._depth -= 1
        return (f"−{spelled}", -value) if sign == "-" else (spelled, value)

    def _power(self) -> tuple[str, Fraction]:
        spelled, value = self._atom()
        if not self._take("^"):
            return spelled, value
        text, exponent = self._signed()  # binds to the right: 2^3^2 is 2^9
        if exponent.denominator != 1 or (value == 0 and exponent < 0):
            raise _NoSum
        bits = max(value.numerator.bit_length(), value.denominator.bit_length())
        if bits > 1 and bits * abs(exponent.numerator) > MAX_BITS * 2:
            raise _NoSum
        if abs(exponent.numerator) > MAX_BITS * 2:
            exponent = Fraction(exponent.numerator % 2)  # the base is -1, 0 or 1
        return f"{spelled}^{text}", _bounded(Fraction(value**exponent.numerator))

    def _atom(self) -> tuple[str, Fraction]:
        token = self._next()
        self._at += 1
        if isinstance(token, Fraction):
            spelled, value = numbers.shown(token, mark=self._mark), token
        elif token == "(":  # noqa: S105 - a token of an expression
            self._deeper()
            inner, value = self._sum()
            self._depth -= 1
            if not self._take(")"):
                raise _NoSum
            spelled = f"({inner})"
        else:
            raise _NoSum
        while self._take("%"):
            spelled, value = f"{spelled}%", value / 100
        return spelled, value

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _NoSum


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS * 2:
        raise _NoSum
    return value
