"""The whole way in a server of its own, with the built-in model: mail that lies there already is processed when a program asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP

import httpx
import pytest

from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

ADA = f"ada@{DOMAIN}"
SECONDS = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailwrightServer]:
    started = MailwrightServer(tmp_path_factory.mktemp("assistant") / "data")
    started.prepare(people=("ada", "bashir"))
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def program(server: MailwrightServer) -> Iterator[httpx.Client]:
    """A program of Ada's, which signs every request."""
    base = f"http://localhost:{server.http_port}"
    with httpx.Client(base_url=base, auth=(ADA, PASSWORD), timeout=20) as http:
        for number in range(3):
            server.submit("bashir", _letter(f"The roof {number}"), [ADA])
        _wait(lambda: len(_emails(http)) == 3)
        with httpx.Client(base_url=base) as browser:
            signed = browser.post("/api/session", json={"email": ADA, "password": PASSWORD})
            headers = {"X-CSRF-Token": signed.json()["csrf"]}
            on = browser.patch("/api/assistant/settings", json={"enabled": True}, headers=headers)
            assert on.json()["enabled"]
        yield http


def _letter(subject: str) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = f"bashir@{DOMAIN}", ADA, subject
    letter.set_content("Dear Ada,\n\ncould you please tell me when you can come?\n\nThanks,\nBashir")
    return letter.as_bytes(policy=SMTP)


def _emails(http: httpx.Client) -> list[str]:
    account = http.get("/jmap/session").json()["primaryAccounts"]["urn:ietf:params:jmap:mail"]
    using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"]
    call = ["Email/query", {"accountId": account}, "c"]
    answer = http.post("/jmap", json={"using": using, "methodCalls": [call]})
    ids: list[str] = answer.json()["methodResponses"][0][1]["ids"]
    return ids


def _wait(done: object) -> None:
    end = time.monotonic() + SECONDS
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_mail_is_processed_and_its_draft_lies_among_the_drafts(program: httpx.Client) -> None:
    email_id = _emails(program)[0]
    asked = program.post("/api/process-email", json={"email_id": email_id})
    assert asked.status_code == 201
    path = f"/api/task-status/{asked.json()['task_id']}"
    _wait(lambda: program.get(path).json()["status"] not in ("pending", "processing"))
    found = program.get(path).json()
    assert (found["status"], found["stage"]) == ("completed", "draft_created"), found
    assert found["ai_response"]["category"] == "needs_reply"
    assert "Bashir" in found["ai_response"]["generated_reply"]
    assert found["ai_response"]["draft_id"] in _emails(program)
    item = program.get(f"/api/assistant/items/{email_id}").json()
    assert item["draft"]["state"] == "made"
    assert [each["stage"] for each in item["history"]][-1] == "draft"
    gone = program.post(f"/api/assistant/items/{email_id}/discard")
    assert gone.json()["draft"]["state"] == "discarded"
    assert found["ai_response"]["draft_id"] not in _emails(program)


def test_the_others_are_processed_in_bulk(program: httpx.Client) -> None:
    answer = program.post("/api/process-email/bulk", json={"from": "2020-01-01T00:00:00Z"})
    assert answer.status_code == 202
    assert answer.json()["accepted"] >= 2
    path = "/api/assistant/summary"
    _wait(lambda: not sum(program.get(path).json()["tasks"][word] for word in ("pending", "processing")))
    found = program.get(path).json()
    assert found["tasks"]["completed"] == 3, found
    assert found["today"]["undecided"] == 0
