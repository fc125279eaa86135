"""What the employee does that pages show: asks for an approval, writes mail that is held, has models asked.

Used by `test_agents`. Put in through core, beside the process that serves the pages.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from mailwright.codecs import mime
from mailwright.core import Core, accounts, approvals, outbox, tasks
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import HOUR
from mailwright.domain.ids import new_id
from mailwright.storage import Tx, model_calls
from mailwright.storage.approvals import Approval
from mailwright.storage.model_calls import ModelCall
from tests.servers.mailwright import DOMAIN
from tests.web.site import Site

T = TypeVar("T")
AGENT = f"main@{DOMAIN}"
CHEN = f"chen@{DOMAIN}"
TEXT = "Dear Chen,\n\nour offer is attached: <b>420</b> a month.\n\nKind regards\nMini Mouse"
SENT = {
    "system": [{"type": "text", "text": "You are a clerk. " + "Be careful. " * 200}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Call PHONE-1-x7k2m9q4 about the offer."}]},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "1", "name": "read_file", "input": {"name": "offer.txt"}}],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "420 a month"}]},
    ],
    "tools": [{"name": "read_file", "input_schema": {}}],
}


def beside(work: Callable[[], Awaitable[T]]) -> T:
    """Run it where no event loop runs: Playwright's own runs here."""

    async def run() -> T:
        return await work()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


def letter(subject: str, **more: Any) -> tuple[str, bytes]:
    """What the employee would send to Chen: its Message-ID and its bytes."""
    message_id = f"<{new_id()}@{DOMAIN}>"
    raw = mime.compose(
        from_=mime.Mailbox("Mini Mouse", AGENT),
        to=[mime.Mailbox("Chen", CHEN)],
        subject=subject,
        text=TEXT,
        message_id=message_id,
        date=clock.now(),
        **more,
    )
    return message_id, raw


def ask(site: Site, subject: str, *, who: str = "ada", **more: Any) -> Approval:
    """The employee asks one of the people whether that may go to Chen."""
    message_id, raw = letter(subject, **more)
    with site.core() as core:
        person = core.database.read_now(lambda tx: accounts.find(tx, f"{who}@{DOMAIN}"))

        async def run() -> Approval:
            blob = await core.blobs.stage(person.tenant_id, raw)

            def write(tx: Tx) -> Approval:
                return approvals.ask(
                    tx,
                    core,
                    tenant_id=person.tenant_id,
                    user_id=person.id,
                    task_id=new_id(),
                    agent="employee",
                    blob=blob,
                    sender=AGENT,
                    recipients=[CHEN],
                    subject=subject,
                    message_id=message_id,
                    summary=f"a mail to {CHEN}: {subject}",
                    because=f"{CHEN} is not named in what you wrote",
                    correlation_id="",
                )

            return await core.write(write)

        return beside(run)


def hold(site: Site, subject: str, *, who: str = "ada") -> None:
    """The employee has written to Chen for one of the people; it leaves in an hour."""
    message_id, raw = letter(subject)
    with site.core() as core:

        async def run() -> None:
            person = await core.read(lambda tx: accounts.find(tx, f"{who}@{DOMAIN}"))
            agent = await core.read(lambda tx: accounts.find(tx, AGENT))
            blob = await core.blobs.stage(person.tenant_id, raw)

            def write(tx: Tx) -> None:
                core.blobs.put(tx, blob)
                outbox.enqueue(
                    tx,
                    tenant_id=person.tenant_id,
                    user_id=agent.id,
                    sender=Address.parse(AGENT),
                    recipients=[Address.parse(CHEN)],
                    blob_id=blob.id,
                    message_id=message_id,
                    idempotency_key=message_id,
                    correlation_id="",
                    dsn=False,
                    vouched=True,
                    agent="employee",
                    served_id=person.id,
                    not_before=clock.now() + HOUR,
                )

            await core.write(write)

        beside(run)


def asked_models(core: Core, tx: Tx, subject: str) -> str:
    """A task of Ada's for which a model was asked, because of the message of that subject in her INBOX. Its id."""
    told = {
        "format": "anthropic-messages",
        "sent": SENT,
        "status": 200,
        "answered": [{"kind": "text", "text": "The offer is 420 a month."}],
    }
    account = accounts.find(tx, f"ada@{DOMAIN}")
    found = tx.scalar("SELECT id FROM messages WHERE subject = ? ORDER BY id DESC", (subject,))
    task = tasks.create(
        tx,
        tenant_id=account.tenant_id,
        agent="employee",
        assignment_id=new_id(),
        message_id=found,
        correspondent=account.email,
        user_id=account.id,
    )
    calls = (
        ModelCall("judge", "rules", 0, 0, 0.0, 100, "ok", clock.now()),
        ModelCall(
            "work",
            "anthropic:m",
            900,
            20,
            0.0125,
            1_500_000,
            "ok",
            clock.now(),
            transcript=zlib.compress(json.dumps(told).encode()),
        ),
    )
    for call in calls:
        model_calls.add(tx, call, task_id=task.id)
    return task.id
