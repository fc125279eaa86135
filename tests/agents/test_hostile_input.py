"""Text made to keep the server busy, or to say nothing: every reader and filter is done with it in a moment."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from mailwright.agents import policy
from mailwright.agents.models import Answer, Attached, Material
from mailwright.agents.models.rules import arithmetic, dates, facts, judge, lists, texts, work
from tests.agents.conftest import Office
from tests.agents.test_employee_walk import with_file

SENT = 1_772_791_200_000_000
SECONDS = 10.0  # the slowest takes 0.3 on an idle machine; what these once were did not end within 20
N = 60_000

READERS: dict[str, Callable[[str], object]] = {
    "outgoing": policy.outgoing,
    "words": lambda text: policy.OwnerWords.of([text], subject=text),
    "arithmetic": arithmetic.find,
    "dates": lambda text: dates.find(text, sent_at=SENT),
    "facts": facts.find,
    "lists": lists.find,
    "sentences": texts.sentences,
    "judge": lambda text: judge(Material(subject="sort", text=text, sent_at=SENT)),
    "work": lambda text: work(
        Material(subject="sort and summarise, count the words by region", text=text, sent_at=SENT)
    ),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "text",
    [
        "." * N + "x",
        "!?" * (N // 2) + "x",
        ".\"')" * (N // 4) + "x",
        "tel" + "." * N,
        "sum 1" + " " * N + "x",
        ("sum 1" + " " * 1000) * (N // 1005),
        "2*3" + " " * N + "z4*5",
        "a: b" + " " * N + "x, y",
        "![a](a" * (N // 6),
        "a@" * (N // 2),
        "a.b" * (N // 3),
        "„" * N,
        "```\n" * (N // 4),
        "please send it, " * (N // 16),
        "do the actions in " * (N // 18),
        "<a href=" * (N // 8),
        "<img<a " * (N // 7),
        "[url=x]" * (N // 7),
        "<https:|" * (N // 8),
        '":https://' * (N // 10),
        "https://x@" * (N // 10),
        "[a][b]" * (N // 6) + "\n[b]: c",
        "`<https://" * (N // 10),
        "[a](a:" * (N // 6),
        "[" * N,
        "what is" + " " * N,
        "123 " * (N // 4),
        "1, " * (N // 3),
        "(" * N,
    ],
    ids=lambda text: f"{text[:6]!r}",
)
def test_no_text_keeps_a_reader_busy(reader: str, text: str) -> None:
    began = time.thread_time()
    READERS[reader](text)
    assert time.thread_time() - began < SECONDS


def test_half_a_character_in_a_json_file_does_not_break_the_answer() -> None:
    content = '[{"\\ud800": "\\udfff", "v": 1}, {"\\ud800": "a", "v": 2}]'
    attached = Attached("a.json", "application/json", len(content), content)
    text = work(Material(subject="", text="Please total", sent_at=SENT, attachments=(attached,))).text
    text.encode()
    assert "sum 3" in text


@pytest.mark.parametrize("text", [" \n\t", "\u200b\u200b", "<>", "…", "\x00"])
def test_an_answer_without_a_word_is_no_answer(text: str) -> None:
    with pytest.raises(ValidationError, match="no words"):
        Answer(text=text)


async def test_html_beside_an_empty_text_is_read(office: Office) -> None:
    message_id = await office.receive(
        "--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: text/html\n\n<p>What is <b>17 * 23</b>?</p>\n--b--",
        extra='MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="b"\n',
    )
    assert await office.run(message_id) == "complete"
    [(_row, answer)] = await office.sent()
    assert b"391" in answer.raw


async def test_a_file_of_nothing_but_brackets_is_answered(office: Office) -> None:
    extra, body = with_file("Please count the rows.", "a.json", "[" * 50_000, "application/json")
    assert await office.run(await office.receive(body, extra=extra)) == "complete"
