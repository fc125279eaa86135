"""The figures docs/reference/redaction.md tells: what is found of the corpus, and what is hidden that should not be."""

from functools import cache
from pathlib import Path

from evals.redaction import PARTS, Measured, Text, measure, read, table

from mailwright.codecs.redaction import Found

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "redaction.md"
LEAST_RECALL = 0.97
LEAST_PRECISION = 0.90


@cache
def part(name: str) -> Measured:
    return measure(read(name))


def corpus() -> list[Text]:
    return [text for name in PARTS for text in read(name)]


def test_what_should_be_hidden_is_and_little_else_in_the_whole_corpus_and_in_the_third_held_out() -> None:
    for name, measured in {"all": measure(corpus()), "held-out": part("held-out")}.items():
        assert measured.overall.recall >= LEAST_RECALL, (name, [value for _, value in measured.missed])
        assert measured.overall.precision >= LEAST_PRECISION, (name, [found.kind for _, found in measured.wrong])


def test_the_page_tells_the_figures_as_they_are() -> None:
    assert table({name: part(name) for name in PARTS}) in PAGE.read_text(encoding="utf-8")


def test_the_corpus_has_more_texts_with_nothing_to_hide_than_with_something() -> None:
    marked = sum(bool(text.values) for text in corpus())
    assert marked >= 400
    assert len(corpus()) - marked >= marked
    assert len({text.language for text in corpus()}) >= 15


def test_no_text_stands_in_two_parts() -> None:
    texts = [{text.text for text in read(name)} for name in PARTS]
    assert not texts[0] & texts[1]
    assert not texts[2] & (texts[0] | texts[1])


def test_a_finding_beside_a_value_or_much_longer_than_it_counts_as_wrong() -> None:
    text = Text("pay DE89 now, please, to Ada", "en", ((4, 8, "iban"),))
    for start, end, right in ((4, 8, 1), (3, 9, 1), (4, 14, 0), (14, 20, 0)):
        found = measure([text], [lambda _, at=(start, end): [Found(*at, "iban", "x")]]).overall
        assert (found.findings, found.right) == (1, right)
    assert measure([text], [lambda _: [Found(4, 7, "iban", "x")]]).overall.covered == 0
