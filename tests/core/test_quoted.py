"""New text, history, forwarded messages and signatures are told apart, and no line is lost."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.core.quoted import split

GMAIL = "On Tue, 3 Mar 2026 at 10:00, Ada <ada@example.org> wrote:\n> what is A?\n> what is B?\n"
OUTLOOK = "\n________________________________\nFrom: Ada <ada@example.org>\nSent: Monday, 2 March 2026\nTo: main\nSubject: X\n\nold text\n"
GERMAN = "\nVon: Ada\nGesendet: Montag\nAn: main\nBetreff: X\n\nalter Text\n"
FORWARDED = (
    "---------- Forwarded message ---------\nFrom: Bob <bob@example.org>\nSubject: News\n\nThe payload.\n-- \nBob\n"
)


@pytest.mark.parametrize("history", [GMAIL, OUTLOOK, GERMAN])
def test_what_was_written_above_the_history_is_new(history: str) -> None:
    found = split(f"Please do it again.\n\n{history}", is_reply=True)
    assert found.new == "Please do it again."
    assert found.quoted.split() == history.split()


def test_answers_between_quoted_lines_are_new() -> None:
    text = "On Tue, 3 Mar 2026 at 10:00, Ada <ada@example.org> wrote:\n> what is A?\nA is 3.\n> what is B?\nB is 4.\n"
    assert split(text, is_reply=True).new == "A is 3.\nB is 4."


def test_an_answer_below_the_quotation_is_new() -> None:
    assert split("> what is A?\n\nPlease compute 3 * 4.\n", is_reply=True).new == "Please compute 3 * 4."


def test_a_forwarded_message_is_kept_whole() -> None:
    found = split(f"Please summarise this.\n\n{FORWARDED}", subject="Fwd: News", is_reply=False)
    assert (found.new, found.quoted) == ("Please summarise this.", "")
    assert found.forwarded == FORWARDED.rstrip()


def test_what_looks_like_history_in_a_new_mail_is_what_it_is_about() -> None:
    assert "old text" in split(f"FYI{OUTLOOK}", is_reply=False).forwarded
    assert "old text" in split(f"FYI{OUTLOOK}", subject="FW: X", is_reply=True).forwarded


def test_a_signature_is_set_apart() -> None:
    found = split("Please call.\n-- \nAda\n+49 30 1234567", is_reply=False)
    assert (found.new, found.signature) == ("Please call.", "-- \nAda\n+49 30 1234567")


@given(
    st.lists(
        st.sampled_from(
            ["> a", "b", "", "-- ", "On Monday Ada wrote:", "From: x", "Sent: y", "Subject: z", "_" * 40, "-----"]
        ),
        max_size=40,
    ),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_every_line_is_in_exactly_one_field(lines: list[str], is_reply: bool) -> None:
    found = split("\n".join(lines), is_reply=is_reply)
    kept = "\n".join([found.new, found.forwarded, found.quoted, found.signature])
    assert sorted(line.strip() for line in kept.split("\n") if line.strip()) == sorted(
        line.strip() for line in lines if line.strip()
    )


@given(st.text(max_size=500), st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_it(text: str, is_reply: bool) -> None:
    split(text, is_reply=is_reply)


@pytest.mark.parametrize(
    "piece", ["\n", "On ", "> On x > ", "From: \n", "-- \n", "Caution: a,! ", "_" * 40 + "\n", "Am ", "> "]
)
def test_hostile_repetition_takes_no_more_than_a_moment(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    started = time.thread_time()
    split(text, is_reply=True)
    assert time.thread_time() - started < 10
