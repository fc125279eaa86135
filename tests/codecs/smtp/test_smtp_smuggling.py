"""End-of-data smuggling: whatever stands where an end of data might be seen, one message results, or none.

The corpus has every pair of line ends around a dot that some server has been known to take for the end.
"""

import itertools

import pytest
from conversation import converse, singly

from mailwright.codecs.smtp import Mail, Message, State

BEGIN = b"EHLO c\r\nMAIL FROM:<bashir@example.org>\r\nRCPT TO:<ada@mailwright.test>\r\nDATA\r\n"
SECOND = b"MAIL FROM:<ada@mailwright.test>\r\nRCPT TO:<chen@mailwright.test>\r\nDATA\r\nsmuggled\r\n.\r\n"
BREAKS = [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\0", b"\0\r\n", b"\n\n", b"\x0b", b"\x85", b"\r\x00\n"]
ENDS = [end for a, b in itertools.product(BREAKS, BREAKS) if b"\r\n.\r\n" not in (end := a + b"." + b)]


@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_an_end_that_is_none_smuggles_nothing(end: bytes) -> None:
    talk = BEGIN + b"first" + end + SECOND
    for chunks in ([talk], singly(talk), [talk[: len(BEGIN)], talk[len(BEGIN) :]]):
        commands, state = converse(chunks)
        messages = [command for command in commands if isinstance(command, Message)]
        mails = [command for command in commands if isinstance(command, Mail)]
        assert len(messages) == len(mails) == 1, "the second message is never seen as one"
        if messages[0].problem is None:
            assert b"smuggled" in messages[0].raw, "it is a part of the first, as it was sent"
        else:
            assert messages[0].problem == "stray"
            assert state is State.CLOSED, "and nothing behind it is believed"


def test_the_one_true_end() -> None:
    commands, _ = converse([BEGIN + b"first\r\n.\r\n" + SECOND])
    assert [command.raw for command in commands if isinstance(command, Message)] == [b"first\r\n", b"smuggled\r\n"]


@pytest.mark.parametrize("body", [b"a\nb", b"a\rb", b"\n", b"\r", b"a\r\r\n", b"a\n\r\n", b".\n"], ids=repr)
def test_a_stray_cr_or_lf_refuses_the_whole_message(body: bytes) -> None:
    for chunks in ([BEGIN + body + b"\r\n.\r\n"], singly(BEGIN + body + b"\r\n.\r\n")):
        assert converse(chunks)[0][-1] == Message(b"", "stray")


def test_a_client_that_ends_lines_with_lf_gets_its_answer_at_once() -> None:
    for chunks in ([BEGIN + b"Subject: x\n\nhi\n.\n"], singly(BEGIN + b"hi\n.\n"), [BEGIN, b".\n"]):
        assert converse(chunks)[0][-1] == Message(b"", "stray")
