"""Quotations: what may differ between a quotation and the text it is from, and what may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs import quotation

COPY = "Prof. Chen  leads the\nLab for “Soft Matter” – since 2019.\u00a0She won the Rhön\u00adgebirge prize; her of\ufb01ce is B 4.\r\nFounded in 1999."


@pytest.mark.parametrize(
    "quote",
    [
        "chen leads the Lab",
        'Lab for "soft matter" - since 2019',
        "won the Rhöngebirge prize",
        "won the Rho\u0308ngebirge PRIZE",
        "her office is B 4",
        " since\t2019. She won ",
        "Founded in 1999",
    ],
)
def test_spaces_marks_dashes_case_and_ligatures_may_differ(quote: str) -> None:
    assert quotation.stands(quote, COPY)


@pytest.mark.parametrize(
    "quote",
    [
        "Founded in 199",  # a word goes on
        "ounded in 1999",
        "leads a Lab for",
        "leads the Lab … since 2019",  # with something left out
        "Lab for Soft Matter",  # the marks are gone
        "since 2018",
        "B 4",  # too short to say anything
        "Professor",
        "Rhöngebirge",  # one word stands anywhere
        "",
        "\u200b" * 20,
    ],
)
def test_nothing_else_may_differ(quote: str) -> None:
    assert not quotation.stands(quote, COPY)


def test_it_is_found_where_it_stands_in_the_copy_as_it_is() -> None:
    found = quotation.where("her office is b 4", COPY)
    assert found is not None
    assert COPY[slice(*found)] == "her of\ufb01ce is B 4"


def test_scripts_without_spaces_are_quoted_by_their_characters() -> None:
    assert quotation.stands("陈教授在维也纳研究软物质", "我们知道陈教授在维也纳研究软物质很多年了")


@given(st.text(max_size=80), st.text(max_size=200))
def test_any_two_texts_can_be_asked_about(quote: str, text: str) -> None:
    found = quotation.where(quote, text)
    assert found is None or 0 <= found[0] < found[1] <= len(text)


@given(st.text(alphabet="aé ß\u00a0“”–1\u0301ﬁ", min_size=0, max_size=30), st.text(alphabet="bc. ", max_size=20))
def test_what_was_cut_out_at_whole_words_stands_there(words: str, around: str) -> None:
    quote = f"two words {words} end"
    assert quotation.stands(quote, f"{around} {quote} {around}")
