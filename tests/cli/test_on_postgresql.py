"""The same commands on PostgreSQL."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, json_of, refusal_of
from tests.cli.test_email import POSTMARK, deliver
from tests.cli.test_work import REPORT, TASK

pytestmark = pytest.mark.server


@pytest.fixture
def installed(run: Run, data_folder: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWRIGHT_DATA", str(data_folder))
    monkeypatch.setenv("MAILWRIGHT_DATABASE_URL", postgresql_url)
    for words in (
        ("domain", "add", "mailwright.test"),
        ("user", "add", "ada@mailwright.test", "--role", "admin"),
        ("agent", "add", "main@mailwright.test"),
    ):
        assert run(*words).exit_code == 0


def test_people_and_mail(run: Run, installed: None) -> None:
    assert len(json_of(run("user", "list", "--json"))) == 2
    assert run("alias", "add", "sales@mailwright.test", "ada@mailwright.test").exit_code == 0
    assert len(json_of(run("alias", "list", "--json"))) == 1
    assert json_of(run("email", "send", "--to", "chen@example.org", "--body", "Hi"))["status"] == "queued"
    deliver(TASK, to="ada@mailwright.test")
    assert len(json_of(run("mailbox", "show", "ada@mailwright.test", "--json"))) == 1
    thread_id = json_of(run("email", "thread", "--message-id", "<task@example.org>"))["thread_id"]
    words = ("storage", "attachments", "--thread-id", thread_id, "--attachments-json", "-")
    assert json_of(run(*words, stdin=json.dumps(REPORT)))["versions"] == {"attachments/report.pdf": 0}


def test_work(run: Run, installed: None) -> None:
    deliver(TASK)
    assert json_of(run("workspace", "update", "--message-id", "task@example.org"))["thread_md"].startswith("# A sum")
    trace = json_of(run("pipeline", "simulate", "--postmark-json", "-", stdin=json.dumps(POSTMARK)))
    assert trace["decision"]["action"] == "reply"
    assert "342" in json_of(run("task", "run", "--message-id", "task@example.org"))["reply"]["text"]


def test_looking_after_it(run: Run, installed: None) -> None:
    assert json_of(run("dlq", "list", "--json")) == []
    for command in ("show", "replay"):
        assert "no dead letter" in refusal_of(run("dlq", command, "nonsense"))
    assert "no message" in refusal_of(run("task", "run", "--message-id", "nonsense"))
    report = json.loads(run("doctor", "--no-round-trip", "--json").stdout)
    found = {each["name"]: each for each in report["checks"]}
    assert found["database"]["status"] == "ok"
    assert found["database"]["because"].startswith("PostgreSQL on")


def test_a_large_tenant_lies_apart_and_comes_back(run: Run, installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(TASK, to="ada@mailwright.test")
    assert json_of(run("database", "partition", "default"))["moved"] == {"blobs": 1, "messages": 1}
    found = json_of(run("database", "partitions", "--json"))
    assert {(each["table"], each["tenant"], each["state"]) for each in found} == {
        *((table, None, "") for table in ("blobs", "messages")),
        *((table, "default", "whole") for table in ("blobs", "messages")),
    }
    assert len(json_of(run("mailbox", "show", "ada@mailwright.test", "--json"))) == 1
    assert "no tenant" in refusal_of(run("database", "partition", "nobody"))
    with monkeypatch.context() as patched:
        patched.setattr("mailwright.storage.partitionroom.OTHERS", 2 * 64)  # as if it had moved to a smaller server
        report = json.loads(run("doctor", "--no-round-trip", "--json").stdout)
    [found] = [each for each in report["checks"] if each["name"] == "partitions"]
    assert found["status"] == "warn"
    assert found["because"].startswith("tenants that lie apart: 1, and PostgreSQL has locks for 0: set its max_lo")
    done = json_of(run("database", "partition", "default", "--merge"))
    assert (done["moved"], done["apart"]) == ({"blobs": 1, "messages": 1}, False)
    assert "everybody else" in run("database", "partitions").stdout
