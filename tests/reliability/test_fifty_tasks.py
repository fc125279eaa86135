"""Fifty tasks at once, through every entrance of tasks: all are answered, each once; the same when the server is killed in the middle."""

from __future__ import annotations

import base64
import threading
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.reliability.examination import wait_until_quiet
from tests.reliability.senders import deliver
from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers.ports import free_port

MAIN = f"main@{DOMAIN}"
HOOK_PASSWORD = "a password for the hook of tests"
ASKERS = tuple(f"asker{number}" for number in range(50))


class Outside:
    """The rest of the world: takes mail for everybody, and notes who got which Message-ID."""

    def __init__(self) -> None:
        self.got: set[tuple[str, str, str]] = set()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        found = message_from_bytes(envelope.content)
        for recipient in envelope.rcpt_tos:
            self.got.add((recipient, found["Subject"], found["Message-ID"]))
        return "250 taken"


def _author(name: str, way: object) -> str:
    return f"{name}@{DOMAIN if way in (_by_submission, _by_hook) else 'example.org'}"


def _raw(name: str, number: int, domain: str) -> bytes:
    return (
        f"From: {name}@{domain}\r\nTo: {MAIN}\r\nSubject: Task {number}\r\nMessage-ID: <{name}@client.test>\r\n"
        f"Date: Fri, 6 Mar 2026 10:00:00 +0000\r\n\r\nWhat is {number} * 3?\r\n"
    ).encode()


def _by_submission(server: MailwrightServer, name: str, number: int) -> None:
    server.submit(name, _raw(name, number, DOMAIN), [MAIN], timeout=60.0)


def _by_smtp(server: MailwrightServer, name: str, number: int) -> None:
    deliver(server.smtp_port, _raw(name, number, "example.org"), [MAIN], lmtp=False)


def _by_hook(server: MailwrightServer, name: str, number: int) -> None:
    body = {
        "messageId": f"hook-{name}",
        "from": f"{name}@{DOMAIN}",
        "to": MAIN,
        "subject": f"Task {number}",
        "textBody": f"What is {number} * 3?",
        "timestamp": "2026-03-06T10:00:00Z",
    }
    status, told = server.post("/webhook/email", body)
    assert status == 200, told


def _by_postmark(server: MailwrightServer, name: str, number: int) -> None:
    address = {"Email": f"{name}@example.org", "Name": name, "MailboxHash": ""}
    body = {
        "MessageID": f"postmark-{name}",
        "From": f"{name}@example.org",
        "FromFull": address,
        "To": MAIN,
        "ToFull": [{"Email": MAIN, "Name": "", "MailboxHash": ""}],
        "OriginalRecipient": MAIN,
        "Subject": f"Task {number}",
        "Date": "Fri, 6 Mar 2026 10:00:00 +0000",
        "TextBody": f"What is {number} * 3?",
        "HtmlBody": "",
        "MailboxHash": "",
        "Headers": [{"Name": "Message-ID", "Value": f"<{name}@client.test>"}],
        "Attachments": [],
    }
    token = base64.b64encode(f"postmark:{HOOK_PASSWORD}".encode()).decode()
    status, told = server.post("/api/inbound/postmark", body, {"Authorization": f"Basic {token}"})
    assert status == 200, told


WAYS = (_by_submission, _by_smtp, _by_hook, _by_postmark)


def _offer(server: MailwrightServer, trouble: list[str]) -> list[threading.Thread]:
    """Everybody asks at the same moment, and asks again until it is taken: as a mail program, a relay and a hook's sender do."""

    def insist(way: Callable[[MailwrightServer, str, int], None], name: str, number: int) -> None:
        ends = time.monotonic() + 120
        while True:
            try:
                return way(server, name, number)
            except Exception as error:
                if time.monotonic() > ends:
                    trouble.append(f"{name}: {error!r}")
                    return None
                time.sleep(0.3)

    threads = [
        threading.Thread(target=insist, args=(WAYS[number % 4], name, number), daemon=True)
        for number, name in enumerate(ASKERS)
    ]
    for thread in threads:
        thread.start()
    return threads


def _answers(server: MailwrightServer, outside: Outside) -> Counter[str]:
    """How many different answers each asker has, here or outside. To the outside one may go twice when nobody knows whether it went."""
    with server.opened() as database:
        rows = database.execute(
            "SELECT u.email, m.subject FROM messages m JOIN users u ON u.id = m.user_id "
            "JOIN mailboxes b ON b.id = m.mailbox_id WHERE b.role = 'inbox' AND m.subject LIKE 'Re: Task %'"
        ).fetchall()
    return Counter(f"{to} {subject}" for to, subject, *_ in [*rows, *outside.got])


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kills", [0, 1])
def test_fifty_tasks_at_once_are_answered_once_each(tmp_path: Path, kills: int) -> None:
    outside = Outside()
    relay = Controller(outside, hostname="127.0.0.1", port=free_port())
    relay.start()
    server = MailwrightServer(
        tmp_path / "data",
        log_level="warning",
        postmark_hook_password=HOOK_PASSWORD,
        smart_host=f"smtp://127.0.0.1:{relay.port}",
    )
    server.prepare(people=ASKERS)
    server.start()
    trouble: list[str] = []
    try:
        threads = _offer(server, trouble)
        for _ in range(kills):
            ends = time.monotonic() + 120
            while sum(_answers(server, outside).values()) < 15 and time.monotonic() < ends:
                time.sleep(0.05)
            server.kill()
            server.start()
        for thread in threads:
            thread.join(90)
        assert not trouble
        wait_until_quiet(server, 90)
        server.stop()
    finally:
        server.kill()
        relay.stop()
    expected = {f"{_author(name, WAYS[number % 4])} Re: Task {number}": 1 for number, name in enumerate(ASKERS)}
    assert _answers(server, outside) == Counter(expected)
    with server.opened() as database:
        charged = database.execute("SELECT COUNT(*) FROM tasks WHERE charged").fetchone()[0]
        proven = len([1 for number in range(len(ASKERS)) if WAYS[number % 4] is _by_submission])
        assert charged == proven  # each once, and nobody else: who came in otherwise was not proven
