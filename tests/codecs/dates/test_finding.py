"""Finding phrases in any text: in order, inside it, the same each time, and soon; reading the tags of addresses."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs.dates import Found, Kind, find, habits_of, language_of, read
from mailwright.codecs.dates.finding import MAX_TEXT, lexicon_of
from mailwright.codecs.dates.meaning import Context
from mailwright.codecs.dates.patterns import Grammar, Matcher, parse_rule
from mailwright.codecs.dates.tokens import cut, in_digits
from mailwright.domain.followups import LANGUAGES

NOW = datetime(2026, 11, 18, 10)  # a Wednesday


def found_in(text: str, language: str = "en", locale: str = "") -> list[Found]:
    return find(text, NOW, language=language, habits=habits_of(locale, language))


def words_of(language: str) -> list[str]:
    return [
        spelling
        for table in lexicon_of(language).language.words.values()
        for spellings in table
        for spelling in spellings.split("|")
    ]


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str]:
    """A language and a text that is full of its words of time, numbers and signs."""
    language = draw(st.sampled_from(LANGUAGES))
    word = st.one_of(
        st.sampled_from(words_of(language)),
        st.from_regex(r"\A[0-9]{1,9}\Z"),
        st.from_regex(r"\A[0-9]{1,4}[-/.:,][0-9]{1,4}\Z"),
        st.text(max_size=6),
        st.sampled_from(list(".,-/:~'\n()$")),
    )
    words = draw(st.lists(st.tuples(word, st.sampled_from([" ", "", "\n"])), max_size=30))
    return language, "".join(part for pair in words for part in pair)


@given(texts())
@settings(max_examples=300, deadline=None)
def test_whatever_the_text_findings_are_in_order_inside_it_and_the_same_again(case: tuple[str, str]) -> None:
    language, text = case
    found = found_in(text, language)
    after = 0
    for each in found:
        assert after <= each.begin < each.end <= len(text)
        assert text[each.begin : each.end] == each.text
        assert all(reading.ends is None or reading.begins <= reading.ends for reading in each.readings)
        assert bool(each.rule) == (each.kind is Kind.SET)
        assert (each.seconds is not None) or each.kind is not Kind.DURATION
        after = each.end
    assert found == found_in(text, language)


@given(st.text(max_size=60), st.sampled_from(LANGUAGES))
@settings(max_examples=200, deadline=None)
def test_any_answer_can_be_read_or_is_refused(phrase: str, language: str) -> None:
    answer = read(phrase, NOW, language=language, habits=habits_of("", language))
    assert answer is None or answer.text == phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_texts_end_and_what_is_in_them_is_in_order(language: str) -> None:
    for piece in ("1 ", "1/", "1.", "1:1 ", "a ", "\n", "(", "12-", "2026 ", "'", "é", "\u0301", "$ "):
        found = found_in(piece * 300, language)
        assert [each.begin for each in found] == sorted(each.begin for each in found)


def test_a_text_is_read_only_so_far() -> None:
    found = found_in("see you on monday. " * MAX_TEXT)
    assert len(found) == MAX_TEXT // len("see you on monday. ")
    assert all(each.end <= MAX_TEXT for each in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_language_one_after_another_end_too(language: str) -> None:
    words = words_of(language)
    for order in (words, words[::-1], [word for word in words for _ in range(4)]):
        assert found_in(" ".join(order), language)


def test_work_grows_with_the_text_and_not_faster() -> None:
    """Counted in rules tried, not in seconds."""
    lexicon = lexicon_of("en")
    context = Context(NOW, habits_of("en-GB", "en"), lexicon.language)
    tried = []
    for times in (100, 200, 400):
        text = "next last 3 weeks of may from 5 to 6 and every " * times
        tokens = cut(text)
        items = [[*lexicon.words_at(tokens, at), *in_digits(text, tokens, at)] for at in range(len(tokens))]
        matcher = Matcher(lexicon.grammar, context, items, [token.gap for token in tokens])
        for at in range(len(tokens)):
            matcher.match("phrase", at)
        tried.append(matcher.tried)
    assert tried[1] <= 2.1 * tried[0]
    assert tried[2] <= 2.1 * tried[1]


@pytest.mark.parametrize(
    ("tag", "begins"),
    [
        ("3days", "2026-11-21T00:00"),
        ("3-days", "2026-11-21T00:00"),
        ("in_3_days", "2026-11-21T00:00"),
        ("2w", "2026-12-02T00:00"),
        ("2h", "2026-11-18T12:00"),
        ("fri", "2026-11-20T00:00"),
        ("friday", "2026-11-20T00:00"),
        ("tomorrow9am", "2026-11-19T09:00"),
        ("tomorrow-9am", "2026-11-19T09:00"),
        ("nextweek", "2026-11-23T00:00"),
        ("nextfridaymorning", "2026-11-27T09:00"),
        ("endofmonth", "2026-11-30T00:00"),
        ("2026-11-30", "2026-11-30T00:00"),
        ("20261130", "2026-11-30T00:00"),
        ("1month", "2026-12-18T00:00"),
        ("5pm", "2026-11-18T17:00"),
    ],
)
def test_a_tag_of_an_address_is_read_though_written_together(tag: str, begins: str) -> None:
    answer = read(tag, NOW, language="en", habits=habits_of("en-GB", "en"))
    assert answer is not None
    assert answer.readings[0].begins == datetime.fromisoformat(begins)


@pytest.mark.parametrize("phrase", ["", " ", ".", "newsletter", "shop2", "invoices", "friday and monday", "x" * 5000])
def test_what_is_no_phrase_is_not_read_as_one(phrase: str) -> None:
    assert read(phrase, NOW, language="en", habits=habits_of("en-GB", "en")) is None


@pytest.mark.parametrize("phrase", ["on Friday", "Friday.", " friday ", "FRIDAY!", "Friday?"])
def test_an_answer_may_be_a_little_sentence(phrase: str) -> None:
    answer = read(phrase, NOW, language="en", habits=habits_of("en-GB", "en"))
    assert answer is not None
    assert [each.begins for each in answer.readings] == [datetime(2026, 11, 20)]


def test_what_is_said_loosely_is_vague() -> None:
    for text in ("sometime next week", "soon", "in a few days", "any time on Friday"):
        assert [each.vague for each in found_in(text)] == [True], text
    for text in ("next week", "on Friday", "in two days"):
        assert [each.vague for each in found_in(text)] == [False], text


def test_nothing_is_read_over_a_blank_line() -> None:
    assert [each.text for each in found_in("see you next\n\nFriday")] == ["Friday"]
    assert [each.text for each in found_in("see you next\nFriday")] == ["next\nFriday"]


@pytest.mark.parametrize(
    ("locale", "first", "day_first", "weekend"),
    [
        ("en-US", 6, False, {5, 6}),
        ("en-GB", 0, True, {5, 6}),
        ("de-AT", 0, True, {5, 6}),
        ("pt-BR", 6, True, {5, 6}),
        ("fr_CA", 6, False, {5, 6}),
        ("ar-EG", 5, True, {4, 5}),
        ("", 0, True, {5, 6}),
        ("no such place", 0, True, {5, 6}),
    ],
)
def test_habits_are_those_of_the_locale(locale: str, first: int, day_first: bool, weekend: set[int]) -> None:
    habits = habits_of(locale, "de")
    assert (habits.first_weekday, habits.day_first) == (first, day_first)
    assert set(habits.weekend) == weekend


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Please remind me to call the dentist about the bill tomorrow."),
        ("de", "Bitte erinnere mich morgen daran, den Zahnarzt wegen der Rechnung anzurufen."),
        ("fr", "Rappelle-moi demain d'appeler le dentiste pour la facture, s'il te plaît."),
        ("es", "Recuérdame mañana que llame al dentista por la factura, por favor."),
        ("it", "Ricordami domani di chiamare il dentista per la fattura, per favore."),
        ("pt", "Lembra-me amanhã de ligar para o dentista por causa da fatura, por favor."),
        ("nl", "Herinner me er morgen aan om de tandarts te bellen over de rekening."),
        ("", "1234 5678"),
        ("", ""),
    ],
)
def test_a_language_is_told_by_its_small_words(language: str, text: str) -> None:
    assert language_of(text) == language


def test_a_grammar_that_goes_round_in_circles_is_refused() -> None:
    with pytest.raises(ValueError, match="circles"):
        Grammar([parse_rule("a", "X b", lambda context: 1), parse_rule("b", "Y? a", lambda context: 1)])
