"""Follow-ups from a mail to the reminder, with a whole Mailwright in a process of its own: people write and read as mail programs do.

What takes days is made to have happened while the server is down. Killed, it goes on where it was: nothing is lost, nothing comes twice.
"""

from __future__ import annotations

import imaplib
import itertools
import re
import sqlite3
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailwright.core import accounts
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, MINUTE, Instant
from mailwright.domain.ids import new_id
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx
from tests.core.followups.crowd import crowd
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CONCIERGE, ADA, BASHIR = (f"{name}@{DOMAIN}" for name in ("concierge", "ada", "bashir"))
A_SCAN = 130.0  # seconds: the next one is a minute away at most, and the machine does other things too
MANY, WISHES = 600, 12


@dataclass
class House:
    """The server, and what its people do."""

    server: MailwrightServer

    def write(
        self, who: str, text: str, *, to: str = CONCIERGE, answers: EmailMessage | None = None, **more: str
    ) -> str:
        """Send from a mail program; the Message-ID."""
        mail = EmailMessage()
        mail["From"], mail["To"] = f"{who.title()} <{who}@{DOMAIN}>", to
        mail["Subject"] = more.pop("subject", "Follow up")
        mail["Message-ID"] = f"<{new_id()}@{DOMAIN}>"
        if answers is not None:
            del mail["Subject"]
            mail["Subject"] = f"Re: {answers['Subject']}"
            mail["In-Reply-To"] = mail["References"] = answers["Message-ID"]
        for name, value in more.items():
            mail[name] = value
        mail.set_content(text)
        recipients = [each.strip() for name in ("To", "Cc") for each in mail.get(name, "").split(",") if each]
        self.server.submit(who, mail.as_bytes(policy=policy.SMTP), recipients)
        return str(mail["Message-ID"])

    def mailbox(self, who: str, name: str = "INBOX") -> list[EmailMessage]:
        """What is in a mailbox, oldest first, over IMAP."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with imaplib.IMAP4_SSL("127.0.0.1", self.server.imaps_port, ssl_context=context, timeout=60) as client:
            client.login(f"{who}@{DOMAIN}", PASSWORD)
            client.select(name, readonly=True)
            _, found = client.fetch("1:*", "(BODY.PEEK[])")
        return [message_from_bytes(each[1], policy=policy.default) for each in found if isinstance(each, tuple)]

    def letters(self, who: str = "ada") -> list[EmailMessage]:
        """What the concierge wrote to somebody, oldest first."""
        return [each for each in self.mailbox(who) if CONCIERGE in each["From"]]

    def next_letter(self, count: int, who: str = "ada", seconds: float = 120.0) -> EmailMessage:
        """The last letter, once there are so many."""
        self.until(lambda: len(self.letters(who)) >= count, seconds)
        found = self.letters(who)
        assert len(found) == count, [each["Subject"] for each in found]
        return found[-1]

    def stand(self) -> list[tuple[str, str]]:
        """Where the follow-ups stand, oldest first."""
        return self.rows(
            "SELECT CASE t.status WHEN 'waiting' THEN t.stage ELSE t.status END, t.because "
            "FROM followups f JOIN tasks t ON t.id = f.task_id ORDER BY t.id"
        )

    def history(self, who: str, followup_id: str) -> list[str]:
        """The states its person is shown."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.server.http_port}", timeout=30) as http:
            http.post("/api/session", json={"email": f"{who}@{DOMAIN}", "password": PASSWORD}).raise_for_status()
            shown = http.get(f"/api/followups/{followup_id}").raise_for_status().json()
        return [each["status"] for each in shown["history"]]

    def time_passes(self, length: Instant) -> None:
        """While the server is down."""
        assert self.server.process is None
        for sql in (
            "UPDATE tasks SET due_at = due_at - ?, updated_at = updated_at - ?",
            "UPDATE followups SET planned_at = planned_at - ?, snoozed_until = snoozed_until - ?",
        ):
            with sqlite3.connect(self.server.data / "mailwright.db") as database:
                database.execute(sql, (length, length))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.server.opened() as database:
            return database.execute(sql).fetchall()

    def until(self, found: Callable[[], Any], seconds: float = 120.0) -> Any:
        ends = time.monotonic() + seconds
        while not (value := found()):
            assert time.monotonic() < ends, f"{self.stand()[:20]}\n{self.server.log()[-4000:]}"
            time.sleep(0.1)
        return value


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    server = MailwrightServer(tmp_path / "data", agent_sends_per_day=10_000)
    server.prepare(people=("ada", "bashir"), employee=False, concierge=True)
    server.start()
    yield House(server)
    server.kill()


def text_of(mail: EmailMessage) -> str:
    """What it says, in one line."""
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def test_a_mail_is_asked_about_confirmed_and_after_days_of_downtime_reminded_of_once_with_a_draft(house: House) -> None:
    house.write("ada", "Remind me with a draft next week to ask Ms Smith about the invoice")
    question = house.next_letter(1)
    assert re.search(r"1\. Monday.* 2\. Friday", text_of(question))
    house.write("ada", "2", answers=question)
    confirmed = house.next_letter(2)
    assert "Friday" in text_of(confirmed)
    house.server.stop()
    [(id, due_at)] = house.rows("SELECT f.task_id, t.due_at FROM followups f JOIN tasks t ON t.id = f.task_id")
    house.time_passes(due_at - (clock.now() - DAY - 3 * HOUR))
    house.server.start()
    reminder = house.next_letter(3, seconds=A_SCAN)
    assert reminder["Subject"] == "Reminder: Ask Ms Smith about the invoice"
    assert "This was due at" in text_of(reminder)
    assert "It is in your Drafts, too" in text_of(reminder)
    [draft] = house.mailbox("ada", "Drafts")
    assert "invoice" in text_of(draft)
    house.until(lambda: house.stand()[0][0] == "complete")
    steps = ["clarifying", "pending", "due", "executing", "sending", "done"]
    assert [state for state, _ in itertools.groupby(house.history("ada", id))] == steps
    # And it can be put off still.
    house.write("ada", "snooze 2 hours", answers=reminder)
    house.next_letter(4)
    assert house.stand()[0][0] == "pending"


def test_what_waits_for_their_reply_ends_by_itself_when_it_comes(house: House) -> None:
    tagged = CONCIERGE.replace("@", "+3days@")
    offers = [
        house.write("ada", "Please find our offer attached.", to=BASHIR, Cc=tagged, subject=f"Offer {number}")
        for number in (1, 2)
    ]
    house.next_letter(2)
    assert all("dropped by itself when an answer comes" in text_of(each) for each in house.letters())
    assert house.letters("bashir") == [], "whoever else the mail went to hears nothing of it"
    [offer] = [each for each in house.mailbox("bashir") if each["Message-ID"] == offers[0]]
    house.write("bashir", "Thank you, we take it.", to=ADA, answers=offer)
    house.until(lambda: ("cancelled", "their reply came") in house.stand())
    house.server.stop()
    house.time_passes(4 * DAY)
    house.server.start()
    reminder = house.next_letter(3, seconds=A_SCAN)
    assert "Offer 2" in reminder["Subject"]
    house.until(lambda: sorted(state for state, _ in house.stand()) == ["cancelled", "complete"])


def test_list_and_cancel_by_reply(house: House) -> None:
    house.write("ada", "Remind me on 3 March at 9 to call the dentist")
    house.next_letter(1)
    house.write("ada", "Remind me on 4 March at 9 to call mum")
    house.next_letter(2)
    house.write("bashir", "list")
    assert "dentist" not in text_of(house.next_letter(1, "bashir")), "each sees their own"
    house.write("ada", "list")
    listed = house.next_letter(3)
    assert re.search(r"1\. Call the dentist .* 2\. Call mum", text_of(listed))
    house.write("bashir", "cancel 2", answers=listed)  # who got hold of her letter cancels nothing of hers
    house.next_letter(2, "bashir")
    assert [state for state, _ in house.stand()] == ["pending", "pending"]
    house.write("ada", "cancel 2", answers=listed)
    assert "cancelled" in text_of(house.next_letter(4))
    assert [state for state, _ in house.stand()] == ["pending", "cancelled"]


def test_killed_while_it_scans_and_while_it_sends_each_is_reminded_of_once(house: House) -> None:
    house.server.stop()
    ids = _crowd(house.server)
    house.server.start()
    # In the middle of scanning: some are taken, and perhaps handed off.
    house.until(lambda: _count(house, "t.stage = 'due'"), A_SCAN)
    house.server.kill()
    taken = _count(house, "t.status != 'waiting'")
    assert taken > 0
    house.time_passes(6 * MINUTE)  # what was taken and not begun is looked at again then
    house.server.start()
    # In the middle of sending: some have left, and some wait to.
    house.until(lambda: _count(house, "t.status = 'complete'") and _count(house, "t.stage = 'sending'"), A_SCAN)
    house.server.kill()
    left = _count(house, "t.status = 'complete'")
    print(f"killed when {taken} were taken, and when {left} had arrived")
    assert left < MANY
    house.time_passes(6 * MINUTE)
    house.server.start()
    house.until(lambda: _count(house, "t.status = 'complete'") == MANY, 2 * A_SCAN)
    arrived = sorted(str(each["Message-ID"]) for each in house.letters())
    assert arrived == sorted(f"<followup.{id}.1-1@mail.{DOMAIN}>" for id in ids)
    assert house.rows("SELECT count(*) FROM outbox") == [(MANY,)]
    assert house.rows("SELECT count(*) FROM dead_letters") == [(0,)]


def test_killed_while_it_reads_what_is_asked_for_each_wish_is_made_and_confirmed_once(house: House) -> None:
    wishes = [f"Remind me on {day} March at 9 to call number {day}" for day in range(1, WISHES + 1)]
    for each in wishes:
        house.write("ada", each)
    for made in (1, WISHES // 2):
        house.until(partial(_made, house, made))
        house.server.kill()
        house.server.start()
    house.until(lambda: len(house.letters()) >= WISHES, A_SCAN)
    time.sleep(3)
    whats = house.rows("SELECT what FROM followups ORDER BY task_id")
    assert sorted(whats) == sorted((f"Call number {day}",) for day in range(1, WISHES + 1))
    assert [state for state, _ in house.stand()] == ["pending"] * WISHES
    ids = [str(each["Message-ID"]) for each in house.letters()]
    assert len(ids) == len(set(ids)) == WISHES


def _made(house: House, many: int) -> bool:
    return len(house.stand()) >= many


def _crowd(server: MailwrightServer) -> list[str]:
    core = build_core(load(**server.settings))

    def fill(tx: Tx) -> list[str]:
        return crowd(tx, accounts.find(tx, ADA), accounts.find(tx, CONCIERGE), clock.now() - MINUTE, MANY)

    try:
        return core.database.write_now(fill)
    finally:
        core.database.close()


def _count(house: House, where: str) -> int:
    [(found,)] = house.rows(f"SELECT count(*) FROM followups f JOIN tasks t ON t.id = f.task_id WHERE {where}")
    return int(found)
