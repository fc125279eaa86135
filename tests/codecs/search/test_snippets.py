"""What is shown of a text that was found."""

from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.search.snippets import WIDTH, Wanted, snippet
from mailwright.codecs.search.words import words


def marked(text: str, *wanted: Wanted) -> list[str]:
    shown = snippet(text, wanted)
    return [shown.text[start:end] for start, end in shown.marks]


def test_the_stretch_with_the_most_hits_is_shown() -> None:
    text = "budget " + "filler " * 200 + "the budget of the third quarter " + "filler " * 200
    shown = snippet(text, [Wanted(("budget",)), Wanted(("quarter",))])
    assert "budget of the third quarter" in shown.text
    assert len(shown.text) <= WIDTH


def test_words_are_marked_as_they_are_written() -> None:
    assert marked("Dr. Müller und Frau MULLER", Wanted(("muller",))) == ["Müller", "MULLER"]


def test_a_phrase_is_one_mark_and_its_words_alone_are_none() -> None:
    assert marked("third time, third quarter", Wanted(("third", "quarter"))) == ["third quarter"]


def test_a_beginning_marks_the_whole_word() -> None:
    assert marked("two invoices, one Invoiced", Wanted(("invoice",), prefix=True)) == ["invoices", "Invoiced"]


def test_japanese_is_marked_inside_its_run() -> None:
    assert marked("昨日東京都へ行きました", Wanted(tuple(words("東京")))) == ["東京"]


def test_without_a_hit_the_beginning_is_shown() -> None:
    shown = snippet("Dear Ada,\n\n  thank you " + "so much " * 100, [Wanted(("zebra",))])
    assert shown.text.startswith("Dear Ada, thank you so much")
    assert shown.marks == ()


def test_markup_is_plain_text() -> None:
    assert snippet("<b>budget</b>", [Wanted(("budget",))]).text == "<b>budget</b>"


@given(st.text(max_size=600), st.lists(st.text(min_size=1, max_size=6), max_size=3), st.booleans())
def test_marks_lie_inside_what_is_shown(text: str, typed: list[str], prefix: bool) -> None:
    shown = snippet(text, [Wanted(tuple(words(one)), prefix) for one in typed if words(one)])
    assert "\n" not in shown.text
    assert len(shown.text) <= WIDTH
    after = 0
    for start, end in shown.marks:
        assert after <= start < end <= len(shown.text)
        after = end
