"""What the rules model writes, and what its finders find."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.agents.models import Attached, Material
from mailwright.agents.models.rules import dates, facts, judge, language, lists, texts, work
from mailwright.domain import clock

SENT = 1_772_791_200_000_000  # Friday, 2026-03-06 10:00 UTC


def reply(text: str, subject: str = "", **options: object) -> str:
    return work(Material(subject=subject, text=text, sent_at=SENT, **options)).text  # type: ignore[arg-type]


def test_it_says_what_it_is_in_every_reply() -> None:
    for text in ("Write me a poem.", "What is 2 + 2?", "", "Bitte berechne 2 + 2"):
        assert "rules model" in reply(text) or "Regelmodell" in reply(text)


def test_it_says_when_it_cannot() -> None:
    text = reply("Write me a poem about rain. When is the next train?")
    assert "I could not do what you asked" in text
    assert "[ ] When is the next train?" in text


def test_it_answers_in_german_when_asked_in_german() -> None:
    text = reply("Bitte berechne, was das ist: 3,5 * 2", sender_name="Bashir Khan")
    assert text.startswith("Hallo Bashir,")
    assert "3,5 × 2 = 7" in text  # with the decimal mark of the question


def test_a_long_text_is_summarised_in_its_own_sentences() -> None:
    sentences = [
        f"The {word} project spent {n} euros on paper in March."
        for n, word in enumerate(["red", "blue", "green", "black", "white"])
    ]
    body = "Please summarise this. " + " ".join(sentences * 8)
    summary = reply(body).partition("Summary")[2].partition("\n\n")[0]
    shown = [line[2:] for line in summary.splitlines() if line.startswith("- ")]
    assert len(shown) == 4
    assert all(line in body for line in shown)


def test_it_counts_what_is_attached() -> None:
    text = reply(
        "How many words and lines are in the file?",
        attachments=(Attached("a.txt", "text/plain", 24, "one two\nthree four five\n"),),
    )
    assert "a.txt: 5 words, 2 lines, 22 characters" in text


def test_a_file_that_is_no_text_is_named_with_type_and_size() -> None:
    text = reply("Please look at this.", attachments=(Attached("plan.pdf", "application/pdf", 123_456),))
    assert "- plan.pdf (application/pdf, 123.5 KB): not a text that I can read" in text


def test_a_list_is_sorted_and_freed_of_doubles() -> None:
    text = reply("Please sort this and remove duplicates:\n- pear\n- Apple\n- fig\n- apple\n")
    assert "1. Apple\n2. fig\n3. pear\n(1 removed that came twice)" in text


@given(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=30))
def test_numbers_are_sorted_as_numbers(values: list[int]) -> None:
    done = lists.do([str(value) for value in values], lists.Wanted(sort=True, unique=False, descending=False))
    assert [int(item) for item in done.items] == sorted(values)


@given(
    st.lists(st.text(alphabet="abcdeé ", min_size=1, max_size=5).map(str.strip).filter(bool), min_size=2, max_size=20)
)
def test_every_thing_stays_once(items: list[str]) -> None:
    done = lists.do(items, lists.Wanted(sort=False, unique=True, descending=False))
    assert len(done.items) + done.removed == len(items)
    assert set(done.items) <= set(items)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("on 12 March 2026", "“12 March 2026”: 2026-03-12 (Thursday)"),
        ("March 12, 2026", "“March 12, 2026”: 2026-03-12 (Thursday)"),
        ("am 12. März 2026", "“12. März 2026”: 2026-03-12 (Thursday)"),
        ("until 2026-03-12", "2026-03-12 (Thursday)"),
        ("13/04/2026", "“13/04/2026”: 2026-04-13 (Monday)"),
        ("03/04/2026", "“03/04/2026”: 2026-04-03 (Friday) or 2026-03-04 (Wednesday), day and month could be either"),
        ("tomorrow", "“tomorrow”: 2026-03-07 (Saturday)"),
        ("in 3 weeks", "“in 3 weeks”: 2026-03-27 (Friday)"),
        ("by Monday", "“by Monday”: 2026-03-09 (Monday)"),
        ("next Wednesday", "“next Wednesday”: 2026-03-11 (Wednesday)"),
        ("on Friday", "“on Friday”: 2026-03-06 (Friday) or 2026-03-13 (Friday), it was written on that weekday"),
    ],
)
def test_dates_are_resolved_or_said_to_be_open(text: str, told: str) -> None:
    assert [str(each) for each in dates.find(text, sent_at=SENT)] == [told]


def test_tomorrow_is_the_writers_tomorrow() -> None:
    late = SENT + 12 * clock.HOUR  # 22:00 in London, the next day in Tokyo
    [named] = dates.find("tomorrow", sent_at=late, time_zone="Asia/Tokyo")
    assert named.days[0].isoformat() == "2026-03-08"


def test_facts_are_found_as_written() -> None:
    found = facts.find(
        "See https://example.org/a?b=1. Write to chen@example.org, call +49 30 1234567; it costs €1,200.50 or 15% more (CHF 20)."
    )
    assert found.links == ("https://example.org/a?b=1",)
    assert found.addresses == ("chen@example.org",)
    assert found.phones == ("+49 30 1234567",)
    assert found.figures == ("€1,200.50", "CHF 20", "15%")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The report is on my desk and it is not done", "en"),
        ("Ich habe das nicht gesehen und es ist spät", "de"),
        ("Je ne sais pas où il est dans la maison", "fr"),
    ],
)
def test_the_language_shows_in_its_common_words(text: str, name: str) -> None:
    assert language.guess(text) == name


def test_sentences_are_not_cut_at_abbreviations_and_numbers() -> None:
    assert texts.sentences("Dr. Chen paid 3.50 to Ada, e.g. for tea. She left.") == [
        "Dr. Chen paid 3.50 to Ada, e.g. for tea.",
        "She left.",
    ]


@given(st.text(max_size=400), st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_no_mail_breaks_it(text: str, subject: str) -> None:
    material = Material(
        subject=subject, text=text, sent_at=SENT, forwarded=text, attachments=(Attached("x.csv", "text/csv", 1, text),)
    )
    judge(material)
    assert work(material).text


@pytest.mark.parametrize(
    "piece",
    [
        "(",
        "1+",
        "1,2 and ",
        "sum 1, ",
        "On ",
        "thanks ok ",
        "a@",
        "http://",
        "€1 ",
        "in 1 ",
        "- x\n",
        "a. ",
        "+49 ",
        "<",
        '"a',
        "\t1",
    ],
)
def test_hostile_repetition_takes_no_more_than_a_moment(piece: str) -> None:
    text = piece * (100_000 // len(piece)) + random.Random(1).choice("xyz")
    started = time.thread_time()
    material = Material(
        subject="sort by x",
        text=text,
        sent_at=SENT,
        forwarded=text,
        attachments=(Attached("x.csv", "text/csv", 1, text),),
    )
    judge(material)
    work(material)
    assert time.thread_time() - started < 10


def csv_of(content: str) -> tuple[Attached, ...]:
    return (Attached("t.csv", "text/csv", len(content), content),)


def test_numbers_are_written_with_the_decimal_mark_of_the_writer() -> None:
    text = reply("Bitte summieren Sie die Umsätze.", attachments=csv_of("Ort;Umsatz\nA;1.200,50\nB;300\nC;99,50\n"))
    assert "sum 1.600," in text
    assert "max 1.200,5 (A)" in text


def test_a_part_of_a_calculation_does_not_answer_the_question() -> None:
    assert "[ ] How much is 3 x 19.99 and 19% more?" in reply("How much is 3 x 19.99 and 19% more?")


def test_what_was_counted_is_no_open_question() -> None:
    question = "How many rows does the file have?"
    assert f"[ ] {question}" not in reply(question, attachments=csv_of("n,v\na,1\nb,2\n"))
    some = "How many rows are from Germany?"
    assert f"[ ] {some}" in reply(some, attachments=csv_of("n,v\na,1\nb,2\n"))


def test_what_rules_cannot_do_is_said_beside_what_they_did() -> None:
    text = reply("Please total the file and remind me tomorrow.", attachments=csv_of("n,v\na,1\nb,2\n"))
    assert "sum 3" in text
    assert "Everything else you asked for is not done" in text


def test_the_summary_of_a_forwarded_message_has_no_header_in_it() -> None:
    forwarded = (
        "---------- Forwarded message ---------\nFrom: Eve <eve@example.org>\nDate: Mon, Mar 2, 2026\nSubject: Offer\n\n"
        + "We offer you 120 licences at EUR 45.00 each. Delivery would be on 1 June 2026. " * 2
    )
    text = reply("Please summarise this.", forwarded=forwarded)
    assert "- We offer you 120 licences" in text
    assert "Forwarded message" not in text


def test_a_german_date_does_not_end_a_sentence() -> None:
    assert texts.sentences("Wir treffen uns am 1. Mai 2026 in Köln.") == ["Wir treffen uns am 1. Mai 2026 in Köln."]
