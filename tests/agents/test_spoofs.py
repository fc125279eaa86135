"""Somebody writes under a name that is not theirs, through every entrance that does not ask for a password, and gets nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from mailwright.agents import employee
from mailwright.core import accept
from mailwright.core.authentication import Authenticator, Trust
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Envelope, Origin
from mailwright.domain.ids import new_id
from mailwright.domain.plans import Plan
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.storage import Tx, events, messages
from tests.agents.conftest import Office
from tests.servers.mailworld import World, signed

ADA, MAIN = "ada@mailwright.test", "main@mailwright.test"
TASK = "Please tell me: what is 12.5 * 8?"
RELAY = "mx.mailwright.test"


def task(author: str = f"Ada <{ADA}>", *, extra: str = "") -> bytes:
    text = (
        f"From: {author}\nTo: {MAIN}\nSubject: Two numbers\nMessage-ID: <{new_id()}@example.org>\n"
        f"Date: Fri, 6 Mar 2026 10:00:00 +0000\n{extra}\n{TASK}\n"
    )
    return text.replace("\n", "\r\n").encode()


async def bring(
    office: Office, raw: bytes, *, channel: Channel, client: str = "203.0.113.66", sender: str = "x@evil.example"
) -> str:
    """Through the door, as the servers do; the id of the message that main@ has then."""
    envelope = Envelope(
        channel, Address.parse(sender), (Address.parse(MAIN),), clock.now(), new_id(), f"[{client}]", "mx.evil.example"
    )
    door = Authenticator(office.core, Trust.of([], [RELAY]), World.usual())
    judged = await door.judge(envelope, raw)
    await accept.accept(office.core, envelope, raw, judged.verdict, found=judged.found, kept=judged.kept)
    return await newest(office)


async def newest(office: Office) -> str:
    return await office.core.read(
        lambda tx: tx.scalar("SELECT id FROM messages WHERE user_id = ? ORDER BY id DESC LIMIT 1", (office.agent_id,))
    )


class Handed:
    """Takes what is handed over to the workflows."""

    def __init__(self) -> None:
        self.requests: list[Any] = []

    async def hand_off(self, requests: Sequence[Any]) -> None:
        self.requests += requests


async def consumed(office: Office) -> list[Any]:
    """What the employee makes of every delivery so far."""
    handed = Handed()
    found = await office.core.read(lambda tx: events.read(tx, "mail_ingest", events.START, 100))
    await employee.on_delivered(office.core, handed)([event for _, event in found.events])  # type: ignore[arg-type]  # all that it uses
    return handed.requests


async def nobody_worked(office: Office, message_id: str) -> None:
    """Ada's plan and workspace are untouched, and there is nothing that a stranger could have read or set off."""

    def look(tx: Tx) -> tuple[Any, ...]:
        return (
            messages.by_id(tx, message_id),
            tx.all("SELECT user_id FROM tasks WHERE user_id IS NOT NULL"),
            tx.scalar("SELECT count(*) FROM workspaces"),
            tx.scalar("SELECT count(*) FROM workspace_files"),
        )

    message, persons, workspaces, files = await office.core.read(look)
    assert message.origin is Origin.STRANGER
    assert (persons, workspaces, files) == ([], 0, 0)


@pytest.mark.parametrize("client", ["203.0.113.66", "127.0.0.1"])
@pytest.mark.parametrize(
    "extra",
    [
        "",
        "Authentication-Results: mail.mailwright.test; dmarc=pass header.from=mailwright.test\n",
        f"Authentication-Results: {RELAY}; auth=pass smtp.auth={ADA}\n",
        "Sender: ada@mailwright.test\nReply-To: x@evil.example\n",
        "From: eve@example.org\n",
    ],
)
async def test_through_the_port_for_servers_it_is_no_task_at_all(office: Office, client: str, extra: str) -> None:
    message_id = await bring(office, task(extra=extra), channel=Channel.SMTP, client=client)
    assert await consumed(office) == []
    await nobody_worked(office, message_id)
    assert await office.sent() == []


async def test_signed_by_somebody_else_it_is_no_task_either(office: Office) -> None:
    message_id = await bring(office, signed(task(), "evil.example"), channel=Channel.SMTP)
    assert await consumed(office) == []
    await nobody_worked(office, message_id)


@pytest.mark.parametrize(
    "raw",
    [
        task(),
        task(extra=f"Authentication-Results: {RELAY}; auth=pass smtp.auth={ADA}\n").replace(
            b"From:", b"Received: from a by b\r\nReceived: from c by d\r\nFrom:", 1
        ),
        f"Authentication-Results: {RELAY}; dmarc=fail header.from=mailwright.test\r\n".encode()
        + task(extra=f"Authentication-Results: {RELAY}; auth=pass smtp.auth={ADA}\n"),
    ],
)
async def test_through_a_relay_that_vouches_for_nothing_only_the_address_is_answered(
    office: Office, raw: bytes
) -> None:
    message_id = await bring(office, raw, channel=Channel.LMTP, client="127.0.0.1")
    [request] = await consumed(office)
    assert request.args[0] == message_id
    assert await office.run(message_id) == "complete"
    await nobody_worked(office, message_id)
    [(row, _)] = await office.sent()
    assert str(row.recipient) == ADA  # whose address it is gets the answer; who wrote learns nothing


async def test_the_address_is_answered_within_its_limit_only(office: Office) -> None:
    ended = [await office.run(await bring(office, task(), channel=Channel.LMTP, client="127.0.0.1")) for _ in range(7)]
    assert ended == ["complete"] * 5 + ["skipped"] * 2
    assert len(await office.sent()) == 5


async def test_through_an_unsigned_hook_only_the_address_is_answered(office: Office) -> None:
    api = create_api(office.core, ApiSettings(webhook_secret=None, webhook_per_minute=100), metrics=lambda: b"")
    transport = httpx.ASGITransport(api, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        body = {
            "messageId": "1",
            "from": f"Ada <{ADA}>",
            "to": MAIN,
            "subject": "x",
            "textBody": TASK,
            "timestamp": "2026-03-06T10:00:00Z",
        }
        answer = await client.post("/webhook/email", json=body)
    assert answer.json()["status"] == "accepted"
    message_id = await newest(office)
    assert await office.run(message_id) == "complete"
    await nobody_worked(office, message_id)


# --- and who is who they say, works under their own name ---------------------------------------------------------------------


async def test_a_colleague_who_signed_in_at_the_relay_works_for_herself(office: Office) -> None:
    raw = f"Authentication-Results: {RELAY}; auth=pass smtp.auth={ADA}\r\n".encode() + task()
    message_id = await bring(office, raw, channel=Channel.LMTP, client="127.0.0.1", sender=ADA)
    assert await office.run(message_id) == "complete"
    assert (await office.task(message_id)).user_id == office.people["ada"]


async def test_a_signature_of_her_domain_is_as_good(office: Office) -> None:
    message_id = await bring(office, signed(task(), "mailwright.test"), channel=Channel.SMTP, client="127.0.0.1")
    [request] = await consumed(office)
    assert request.args[0] == message_id
    assert await office.run(message_id) == "complete"
    done = await office.task(message_id)
    assert done.user_id == office.people["ada"]
    snapshot = await office.core.read(
        lambda tx: tx.scalar("SELECT content FROM snapshots WHERE task_id = ? LIMIT 1", (done.id,))
    )
    assert '"origin":"owner"' in snapshot.replace(" ", "")


async def test_an_outside_sender_whose_domain_vouches_is_known(office: Office) -> None:
    office.core.settings = replace(office.core.settings, plans=(Plan("free", "Free", tasks=None),))
    ended = []
    for _ in range(7):
        raw = signed(task("Eve <eve@example.org>"))
        message_id = await bring(office, raw, channel=Channel.SMTP, client="192.0.2.7", sender="eve@example.org")
        ended.append(await office.run(message_id))
    assert ended == ["complete"] * 7  # the limit for strangers is five an hour


async def test_somebody_proven_from_outside_does_not_silence_an_answer(office: Office) -> None:
    """An answer in the thread stops the agent only when it comes from one of us, or from one whom the asker had written to."""
    asked = await office.receive(TASK, sender="chen@example.net", message_id="<asked@example.net>")
    raw = signed(task("Eve <eve@example.org>", extra="In-Reply-To: <asked@example.net>\n"))
    await bring(office, raw, channel=Channel.SMTP, client="192.0.2.7", sender="eve@example.org")
    assert await office.run(asked) == "complete"
