"""Reading, threading and sending messages on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from mailwright.core import accept
from mailwright.domain.addresses import Address
from mailwright.domain.clock import now
from mailwright.domain.envelope import Channel, Envelope, Verdict
from mailwright.domain.ids import new_id
from mailwright.installation import build_core
from mailwright.settings import load
from tests.cli.conftest import Run, json_of, refusal_of

POSTMARK: dict[str, Any] = {
    "From": "chen@example.org",
    "FromFull": {"Email": "chen@example.org", "Name": "Chen"},
    "To": "main@mailwright.test",
    "ToFull": [{"Email": "main@mailwright.test", "Name": ""}],
    "Subject": "Expenses",
    "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
    "Date": "Thu, 5 Mar 2026 16:59:01 +0200",
    "TextBody": "Please add 17, 25 and 300.",
    "Headers": [{"Name": "Message-ID", "Value": "<first@example.org>"}],
    "Attachments": [{"Name": "table.csv", "ContentType": "text/csv", "Content": "YSxiCjEsMgo="}],
}
LETTER = (
    "From: Chen <chen@example.org>\r\nTo: main@mailwright.test\r\nSubject: =?utf-8?q?R=C3=A9sum=C3=A9?=\r\n"
    "Message-ID: <second@example.org>\r\nIn-Reply-To: <first@example.org>\r\nReferences: <zero@example.org> <first@example.org>\r\n"
    "Date: Thu, 05 Mar 2026 17:30:00 +0000\r\n\r\nAnd 42, please.\r\n"
)


def deliver(text: str, *, to: str = "main@mailwright.test", sender: str = "chen@example.org") -> str:
    """File a message as the SMTP server would; the id of its inbound row."""
    import asyncio

    core = build_core(load())
    envelope = Envelope(Channel.SMTP, Address.parse(sender), (Address.parse(to),), now(), new_id())
    try:
        receipt = asyncio.run(accept.accept(core, envelope, text.encode(), Verdict()))
        assert receipt.outcomes[0].refusal is None
        return receipt.outcomes[0].inbound_id
    finally:
        core.database.close()


def test_a_message_is_read_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.eml").write_text(LETTER, newline="")
    found = json_of(run("email", "parse", "--raw", "letter.eml"))
    assert found["subject"] == "Résumé"
    assert found["from"] == [{"name": "Chen", "address": "chen@example.org"}]
    assert found["in_reply_to"] == ["<first@example.org>"]
    assert found["text"].strip() == "And 42, please."
    assert found["automatic"] is None


def test_postmarks_json_is_read_from_standard_input(run: Run) -> None:
    found = json_of(run("email", "parse", "--postmark-json", "-", stdin=json.dumps(POSTMARK)))
    assert found["message_id"] == "<first@example.org>"
    assert found["provider_id"] == POSTMARK["MessageID"]
    assert found["envelope"] == {"from": "chen@example.org", "to": ["main@mailwright.test"]}
    assert found["attachments"] == [
        {"part": "2", "filename": "table.csv", "content_type": "text/csv", "size": 8, "inline": False}
    ]


def test_the_json_of_our_own_hook_is_read_as_well(run: Run) -> None:
    body = {
        "messageId": "m1",
        "from": "chen@example.org",
        "to": "main@mailwright.test",
        "textBody": "Hi",
        "timestamp": "2026-03-01T09:30:00Z",
    }
    assert json_of(run("email", "parse", "--hook-json", "-", stdin=json.dumps(body)))["text"].strip() == "Hi"


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        ((), None, "give one of"),
        (("--raw", "gone.eml"), None, "gone.eml: No such file"),
        (("--postmark-json", "-"), "{", "standard input: not JSON"),
        (("--postmark-json", "-"), "[]", "should be a JSON object"),
        (("--postmark-json", "-"), "{}", "MessageID is missing"),
        (("--raw", "-", "--hook-json", "-"), "", "give one of"),
    ],
)
def test_bad_input_is_one_clear_line(run: Run, words: tuple[str, ...], stdin: str | None, says: str) -> None:
    assert says in refusal_of(run("email", "parse", *words, stdin=stdin))


def test_whatever_the_bytes_are_a_message_is_read(run: Run) -> None:
    found = json_of(run("email", "parse", "--raw", "-", stdin=b"\xff\x00\x1b[31m not mail"))
    assert found["message_id"] is None


def test_a_thread_is_found_by_message_id_and_by_headers(run: Run, installed: Path) -> None:
    deliver(LETTER)
    by_id = json_of(run("email", "thread", "--message-id", "second@example.org"))
    assert by_id["thread_key"] == f"user:{by_id['user_id']}:thread:{by_id['thread_id']}"
    headers = {"message_id": "<third@example.org>", "references": "<second@example.org>"}
    by_headers = json_of(
        run("email", "thread", "--headers-json", "-", "--user", "main@mailwright.test", stdin=json.dumps(headers))
    )
    assert (by_headers["thread_id"], by_headers["new"]) == (by_id["thread_id"], False)
    headers["references"] = "<unknown@example.org>"
    fresh = json_of(
        run("email", "thread", "--headers-json", "-", "--user", "main@mailwright.test", stdin=json.dumps(headers))
    )
    assert (fresh["thread_id"], fresh["new"]) == (None, True)


def test_an_unknown_thread_is_told(run: Run, installed: Path) -> None:
    assert "no message" in refusal_of(run("email", "thread", "--message-id", "<gone@example.org>"))
    assert "give --user" in refusal_of(run("email", "thread", "--headers-json", "-", stdin="{}"))


def test_a_message_is_sent_through_the_outbox(run: Run, installed: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("one two three")
    result = run(
        "email", "send", "--from", "ada@mailwright.test", "--to", "main@mailwright.test", "--to", "chen@example.org",
        "--subject", "Two numbers", "--body", "What is 1 + 1?", "--attach", "notes.txt",
    )  # fmt: skip
    sent = json_of(result)
    assert (sent["status"], sent["from"]) == ("queued", "ada@mailwright.test")
    assert "No server is running" in result.stderr
    core = build_core(load())
    rows = core.database.read_now(
        lambda tx: tx.all("SELECT channel, recipient, message_id, blob_id FROM outbox ORDER BY recipient")
    )
    assert [(row[0], row[1]) for row in rows] == [("smtp", "chen@example.org"), ("local", "main@mailwright.test")]
    assert {row[2] for row in rows} == {sent["message_id"]}
    raw = core.blobs.read_now(rows[0][3])
    core.database.close()
    assert b'filename="notes.txt"' in raw or b"filename=notes.txt" in raw


def test_a_message_may_be_given_as_json(run: Run, installed: Path) -> None:
    body = {"to": "ada@mailwright.test", "subject": "Hello", "body": "Ada,\nhello."}
    sent = json_of(run("email", "send", "--json", "-", stdin=json.dumps(body)))
    assert (sent["from"], sent["to"]) == ("admin@mailwright.test", ["ada@mailwright.test"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "no recipient"),
        (("--to", "nonsense"), "not a mail address"),
        (("--to", "ada@mailwright.test", "--from", "chen@example.org"), "no user chen@example.org"),
        (("--to", "ada@mailwright.test", "--attach", "gone.pdf"), "gone.pdf: No such file"),
        (("--to", "ada@mailwright.test", "--json", "gone.json"), "gone.json: No such file"),
    ],
)
def test_what_cannot_be_sent_is_one_clear_line(run: Run, installed: Path, words: tuple[str, ...], says: str) -> None:
    assert says in refusal_of(run("email", "send", *words))


def test_waiting_for_an_answer_that_does_not_come_ends(run: Run, installed: Path) -> None:
    result = run("email", "send", "--to", "main@mailwright.test", "--body", "Hello", "--wait", "--timeout", "0.2")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["reply"] is None
    assert "no answer came within 0.2 s" in result.stderr


def test_a_mailbox_shows_what_came_and_keeps_a_terminal_safe(run: Run, installed: Path) -> None:
    deliver(LETTER.replace("And 42", "\x1b]0;owned\x07And 42"), to="ada@mailwright.test")
    (found,) = json_of(run("mailbox", "show", "ada@mailwright.test", "--json"))
    assert found["subject"] == "Résumé"
    shown = run("mailbox", "show", "ada@mailwright.test").stdout
    assert "42, please." in shown
    assert "Résumé" in shown
    assert "\x1b" not in shown
    one = json_of(run("mailbox", "show", "ada@mailwright.test", "--message", "1", "--json"))
    assert one["id"] == found["id"]
    raw = run("mailbox", "show", "ada@mailwright.test", "--message", found["id"], "--raw")
    assert raw.stdout_bytes.endswith(b"please.\r\n")
