"""From a push of Gmail's to a row of triage: a whole Mailwright, in a process of its own, beside the twin."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailwright.connectors.google import Tokens
from mailwright.core import accounts, assistants, connections
from mailwright.domain import clock
from mailwright.domain.clock import HOUR
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx
from mailwright.storage.audit import SYSTEM
from tests.servers.gmail import ACCOUNT, CLIENT_ID, CLIENT_SECRET, TOPIC, GmailService
from tests.servers.mailwright import MailwrightServer

ADDRESS = "ada@gmail.example"
AUDIENCE = "https://mail.mailwright.test/api/webhook/gmail"


@pytest.fixture
def google() -> Iterator[GmailService]:
    made = GmailService()
    yield made
    made.stop()


@pytest.fixture
def server(google: GmailService, tmp_path: Path) -> Iterator[MailwrightServer]:
    made = MailwrightServer(
        tmp_path / "data",
        google_client_id=CLIENT_ID,
        google_client_secret=CLIENT_SECRET,
        google_token_url=google.token_url,
        google_revoke_url=google.revoke_url,
        google_keys_url=google.keys_url,
        google_pubsub_topic=TOPIC,
        google_push_audience=AUDIENCE,
        google_push_account=ACCOUNT,
        gmail_url=google.url,
        connections_poll_seconds=3600,
    )
    made.prepare(people=("ada",), employee=False)
    connect(made, google)
    made.start()
    yield made
    made.stop()


def connect(server: MailwrightServer, google: GmailService) -> None:
    core, given = build_core(load(**server.settings)), google.sign_in(ADDRESS)
    tokens = Tokens(given["access_token"], given["refresh_token"], clock.now() + HOUR, "")

    def fill(tx: Tx) -> None:
        ada = accounts.find(tx, "ada@mailwright.test")
        assistants.switch_on(tx, core, ada, by=SYSTEM)
        connections.add_gmail(tx, core, ada, address=ADDRESS, tokens_json=tokens.as_json())

    core.database.write_now(fill)
    core.database.close()


def eventually(ask: Callable[[], Any], seconds: float = 120.0) -> Any:
    """What `ask` says once it says anything."""
    ends = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < ends:
        time.sleep(0.1)
    return found


def rows(server: MailwrightServer, sql: str) -> list[tuple[Any, ...]]:
    with server.opened() as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.slow
def test_a_push_of_gmails_becomes_a_mail_that_is_judged(server: MailwrightServer, google: GmailService) -> None:
    hook = f"http://127.0.0.1:{server.http_port}/api/webhook/gmail"
    # It was connected while nothing ran: the first look is asked for by what connecting wrote down.
    assert eventually(lambda: rows(server, "SELECT cursor FROM connections WHERE cursor <> ''"))
    assert google.watched[ADDRESS] > time.time() * 1000
    google.pushes.clear()
    message = google.box(ADDRESS).receive(subject="Lunch", text="Can we have lunch on Friday? Please tell me by noon.")
    [push] = google.pushes
    assert google.push(push, hook, AUDIENCE, token="a.b.c") == 401
    assert google.push(push, hook, "https://eve.example/") == 401
    assert [google.push(push, hook, AUDIENCE) for _ in range(3)] == [204] * 3
    judged = eventually(lambda: rows(server, "SELECT remote_id, category FROM triage WHERE category <> ''"))
    assert [remote_id for remote_id, _category in judged] == [message.id]
    assert len(rows(server, "SELECT id FROM triage")) == 1
    assert rows(server, "SELECT state, failures FROM connections") == [("connected", 0)]
    told = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    assert not [line for line in told if line.get("level") == "error"]
    assert "Lunch" not in server.log()
    assert "lunch" not in server.log()
