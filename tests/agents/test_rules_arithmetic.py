"""The rules model's arithmetic, against Python's own."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.agents.models.rules import arithmetic, numbers


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> tuple[str, Fraction]:
    """An expression as people write it, and what Python makes of it."""
    if depth == 0 or draw(st.booleans()):
        whole, places = draw(st.integers(0, 99_999)), draw(st.integers(0, 2))
        text = f"{whole / 10**places:.{places}f}"
        return text, Fraction(text)
    left, a = draw(expressions(depth=depth - 1))
    right, b = draw(expressions(depth=depth - 1))
    sign = draw(st.sampled_from("+-*/"))
    if sign == "/" and b == 0:
        sign = "*"
    value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else a}[sign]
    return f"({left} {sign} {right})", value


@given(expressions())
@settings(max_examples=300, deadline=None)
def test_an_expression_has_the_value_python_gives_it(case: tuple[str, Fraction]) -> None:
    text, value = case
    assert arithmetic.evaluate(text) == value


@given(st.integers(-50, 50), st.integers(0, 12))
def test_a_power_has_the_value_python_gives_it(base: int, exponent: int) -> None:
    assert arithmetic.evaluate(f"({base})^{exponent}") == Fraction(base) ** exponent


@given(st.integers(0, 10_000), st.integers(0, 10_000_000))
def test_percent_of(part: int, whole: int) -> None:
    [found] = arithmetic.find(f"What is {part}% of {whole}?")
    assert found.result == Fraction(part * whole, 100)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=20))
def test_a_listed_sum_is_the_sum(values: list[int]) -> None:
    [found] = arithmetic.find("Please add " + ", ".join(map(str, values[:-1])) + f" and {values[-1]}")
    assert found.result == sum(values)


@given(st.text(alphabet="0123456789+-*/^%().,x =?abc\n", max_size=300))
@settings(max_examples=400, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    arithmetic.find(text)


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("What is 12.5 * 8?", ["12.5 × 8 = 100"]),
        ("Was ist 3,5 * 2?", ["3.5 × 2 = 7"]),
        ("Was sind 15 % von 1.200,50?", ["15% of 1,200.5 = 180.075"]),
        ("200 + 10%", ["200 + 10% = 220"]),
        ("what is 100/7", ["100 ÷ 7 ≈ 14.2857142857"]),
        ("the average of 1, 2 and 4", ["average of 1, 2, 4 ≈ 2.3333333333"]),
        ("compute 2 * 3 and 8 / 4, please", ["2 × 3 = 6", "8 ÷ 4 = 2"]),
        ("2^3^2 = ?", ["2^3^2 = 512"]),
        ("3 x 4 = ?", ["3 × 4 = 12"]),
        ("what is 7 times 8 plus 2", ["7 × 8 + 2 = 58"]),
        ("What is 10 plus 5 and 3?", ["10 + 5 = 15"]),
        ("What is 20% of 30% of 50?", ["20% × 30% × 50 = 3"]),
        ("What is 5% of 10 + 5?", ["5% × 10 + 5 = 5.5"]),
        ("I called 3 times 2 days ago.", []),
        ("The total of invoices 4711, 4712 and 4713 is due", []),
        ("Please total my expenses: 12.50, 7.25 and 3", ["sum of 12.5, 7.25, 3 = 22.75"]),
    ],
)
def test_what_is_asked_is_answered(text: str, answers: list[str]) -> None:
    assert [str(each) for each in arithmetic.find(text)] == answers


@pytest.mark.parametrize(
    "text",
    [
        "call +49 30 123456 on 2026-03-12",
        "10-12 people, open 24/7",
        "1920x1080 pixels",
        "Invoice 2024-001-22",
        "see https://example.org/1+2/3*4",
        "2^99999999",
        "what is 1 / 0?",
        "((((((((((" * 20,
        "9" * 400 + " * 2",
    ],
)
def test_what_only_looks_like_a_sum_is_left_alone(text: str) -> None:
    assert arithmetic.find(text) == []


@pytest.mark.parametrize(
    ("digits", "mark"),
    [
        (["1.234,5"], ","),
        (["1,234.5"], "."),
        (["12,5", "1.000"], ","),
        (["1.234.567"], ","),
        (["0,125"], ","),
        (["12", "7"], "."),
    ],
)
def test_the_decimal_mark_is_read_off_the_numbers(digits: list[str], mark: str) -> None:
    assert numbers.decimal_mark(digits)[0] == mark


@given(st.decimals(-(10**9), 10**9, places=3, allow_nan=False))
def test_a_shown_number_reads_back(value: object) -> None:
    shown = numbers.shown(Fraction(str(value)))
    assert Fraction(shown.replace(",", "")) == Fraction(str(value))


def test_the_result_is_written_as_the_question_was() -> None:
    [found] = arithmetic.find("Was macht 1.600,50 * 2?", prefer=",")
    assert str(found) == "1.600,5 × 2 = 3.201"
