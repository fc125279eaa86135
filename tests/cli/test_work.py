"""Attachments, workspaces, tasks and the simulated walk."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, json_of, refusal_of
from tests.cli.test_email import LETTER, POSTMARK, deliver

REPORT = [{"filename": "report.pdf", "contentType": "application/pdf", "content": "aGVsbG8="}]
TASK = (
    "From: Chen <chen@example.org>\r\nTo: main@mailwright.test\r\nSubject: A sum\r\nMessage-ID: <task@example.org>\r\n"
    "Date: Thu, 05 Mar 2026 17:30:00 +0000\r\n\r\nPlease add 17, 25 and 300.\r\n"
)


def _keep(run: Run, files: Any, *more: str) -> Any:
    words = ("storage", "attachments", "--thread-id", "01890000-0000-7000-8000-000000000001", "--attachments-json", "-")
    return run(*words, "--user", "ada@mailwright.test", *more, stdin=json.dumps(files))


def test_a_second_file_of_one_name_gets_a_version(run: Run, installed: Path) -> None:
    names = []
    for _ in range(3):
        found = json_of(_keep(run, REPORT))
        names.append(found["files"][0]["path"].rpartition("/")[2])
    assert names == ["report.pdf", "report_v1.pdf", "report_v2.pdf"]
    assert found["versions"] == {"attachments/report_v2.pdf": 2}
    assert found["files"][0]["path"].startswith(f"workspace/{found['user_id']}/threads/")


def test_the_same_message_keeps_its_files_once(run: Run, installed: Path) -> None:
    message_id = "01890000-0000-7000-8000-000000000002"
    assert len(json_of(_keep(run, REPORT, "--message-id", message_id))["files"]) == 1
    assert json_of(_keep(run, REPORT, "--message-id", message_id))["files"] == []


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ("text", "should be a list"),
        ([7], "attachments[0] should be an object"),
        ([{"filename": "a", "content": "%%%"}], "not base64"),
    ],
)
def test_bad_attachments_are_one_clear_line(run: Run, installed: Path, files: Any, says: str) -> None:
    assert says in refusal_of(_keep(run, files))


def test_nobodys_thread_needs_a_user(run: Run, installed: Path) -> None:
    words = ("storage", "attachments", "--thread-id", "01890000-0000-7000-8000-000000000001", "--attachments-json", "-")
    assert "give --user" in refusal_of(run(*words, stdin="[]"))


def test_a_workspace_shows_the_thread_and_its_files(run: Run, installed: Path) -> None:
    deliver(TASK)
    found = json_of(run("workspace", "update", "--message-id", "<task@example.org>"))
    assert found["user"] == "chen@example.org"
    assert found["thread_md"].startswith("# A sum\n")
    assert "Please add 17, 25 and 300." in found["thread_md"]
    assert found["current"] == [f"workspace/{found['user_id']}/current/thread.md"]
    again = json_of(run("workspace", "update", "--message-id", "<task@example.org>", "--thread-id", found["thread_id"]))
    assert again["thread_md"] == found["thread_md"]
    listed = json_of(run("workspace", "list", "chen@example.org", "--json"))
    assert {each["path"].rpartition("/")[2] for each in listed} == {"thread.md"}


def test_a_workspace_holds_nothing_of_other_people(run: Run, installed: Path) -> None:
    deliver(TASK)
    deliver(
        TASK.replace("Chen <chen@", "Eve <eve@")
        .replace("<task@", "<probe@")
        .replace("Subject", "In-Reply-To: <task@example.org>\r\nSubject"),
        sender="eve@example.org",
    )
    found = json_of(run("workspace", "update", "--message-id", "<probe@example.org>"))
    assert found["user"] == "eve@example.org"
    assert "chen@example.org" not in found["thread_md"]


def test_a_workspace_of_an_unknown_message_is_refused(run: Run, installed: Path) -> None:
    deliver(TASK)
    assert "no message" in refusal_of(run("workspace", "update", "--message-id", "<gone@example.org>"))
    words = ("workspace", "update", "--message-id", "<task@example.org>", "--thread-id", "another")
    assert "not in another" in refusal_of(run(*words))


def test_judging_needs_no_installation(run: Run) -> None:
    task = json_of(run("task", "judge", "--json", "-", stdin='{"subject": "A sum", "text": "Please add 1 and 2."}'))
    assert task["is_task"] is True
    assert task["model"] == "rules"
    assert 0.6 <= task["confidence"] <= 1
    thanks = json_of(run("task", "judge", "--raw", "-", stdin="From: a@example.org\n\nThank you very much!\n"))
    assert thanks["is_task"] is False


def test_a_message_we_have_can_be_judged(run: Run, installed: Path) -> None:
    deliver(TASK)
    assert json_of(run("task", "judge", "--message-id", "task@example.org"))["is_task"] is True
    assert "no message" in refusal_of(run("task", "judge", "--message-id", "gone@example.org"))
    assert "give one of" in refusal_of(run("task", "judge"))
    assert "nothing to judge" in refusal_of(run("task", "judge", "--json", "-", stdin="{}"))


def test_a_task_is_done_once_and_its_answer_shown(run: Run, installed: Path) -> None:
    deliver(TASK)
    found = json_of(run("task", "run", "--message-id", "<task@example.org>"))
    assert found["status"] == "complete"
    assert "342" in found["reply"]["text"]
    assert found["reply"]["subject"] == "Re: A sum"
    assert found["reply"]["in_reply_to"] == ["<task@example.org>"]
    assert found["reply"]["auto_submitted"] == "auto-replied"
    assert [event["stage"] for event in found["events"]][-1] == "act"
    again = json_of(run("task", "run", "--message-id", "<task@example.org>"))
    assert again["reply"] == found["reply"]
    assert again["attempts"] == found["attempts"]
    (listed,) = json_of(run("task", "list", "--json"))
    assert listed["task_id"] == found["task_id"]


def test_a_task_nobody_serves_is_refused(run: Run, installed: Path) -> None:
    deliver(TASK.replace("main@", "ada@"), to="ada@mailwright.test")
    assert "no employee serves" in refusal_of(run("task", "run", "--message-id", "<task@example.org>"))


def _tables(folder: Path) -> str:
    """A checksum of everything in the database."""
    import sqlite3

    with sqlite3.connect(folder / "mailwright.db") as connection:
        return hashlib.sha256("\n".join(connection.iterdump()).encode("utf-8", "replace")).hexdigest()


def test_a_simulation_traces_everything_and_changes_nothing(run: Run, installed: Path) -> None:
    deliver(TASK)
    before = _tables(installed)
    follow_up = {
        **POSTMARK,
        "Headers": [
            {"Name": "Message-ID", "Value": "<next@example.org>"},
            {"Name": "In-Reply-To", "Value": "<task@example.org>"},
        ],
    }
    trace = json_of(run("pipeline", "simulate", "--postmark-json", "-", "--dry-run", stdin=json.dumps(follow_up)))
    assert trace["parse"]["subject"] == "Expenses"
    assert trace["route"]["agent"] == "employee"
    assert (trace["thread"]["new"], trace["thread"]["earlier_messages"]) == (False, 1)
    assert trace["judge"]["is_task"] is True
    assert trace["decision"]["action"] == "reply"
    assert "342" in trace["reply"]["text"]
    assert trace["reply"]["to"] == [["Chen", "chen@example.org"]]
    assert _tables(installed) == before


def test_a_simulation_takes_any_kind_of_file(run: Run, installed: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.eml").write_text(LETTER, newline="")
    (tmp_path / "postmark.json").write_text(json.dumps(POSTMARK))
    for name in ("letter.eml", "postmark.json"):
        assert json_of(run("pipeline", "simulate", "--dry-run", name))["route"]["accepted"] is True


def test_automatic_mail_is_left_unanswered_in_a_simulation(run: Run, installed: Path) -> None:
    trace = json_of(run("pipeline", "simulate", "--raw", "-", stdin="Auto-Submitted: auto-replied\r\n" + TASK))
    assert trace["automatic"] == "Auto-Submitted: auto-replied"
    assert trace["decision"]["action"] == "silent"
    assert trace["reply"] is None


def test_a_simulation_says_why_a_recipient_is_refused(run: Run, installed: Path) -> None:
    for recipient, code in (("nobody@mailwright.test", "no_such_recipient"), ("bashir@example.net", "relay_denied")):
        trace = json_of(run("pipeline", "simulate", "--raw", "-", "--to", recipient, stdin=TASK))
        assert (trace["route"]["accepted"], trace["route"]["code"]) == (False, code)
        assert trace["reply"] is None
    trace = json_of(run("pipeline", "simulate", "--raw", "-", "--to", "ada@mailwright.test", stdin=TASK))
    assert (trace["route"]["accepted"], trace["route"]["agent"], trace["judge"]) == (True, None, None)


def test_a_simulation_works_without_an_installation_and_leaves_none(run: Run, tmp_path: Path) -> None:
    trace = json_of(run("pipeline", "simulate", "--postmark-json", "-", "--dry-run", stdin=json.dumps(POSTMARK)))
    assert "no installation here" in trace["route"]["because"]
    assert "342" in trace["reply"]["text"]
    assert list(tmp_path.iterdir()) == []


def test_a_message_without_a_sender_cannot_be_simulated(run: Run, installed: Path) -> None:
    assert "no From" in refusal_of(run("pipeline", "simulate", "--raw", "-", stdin="Subject: x\r\n\r\nHi\r\n"))
