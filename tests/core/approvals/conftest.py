"""Ada and Bashir, the employee who works for them, a clock to be moved, and what the employee may ask them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailwright.codecs import mime
from mailwright.core import Core, CoreSettings, accounts, approvals, domains
from mailwright.domain.addresses import Address
from mailwright.domain.clock import SECOND
from mailwright.domain.ids import new_id
from mailwright.storage import Database, Tx, assignments, open_blobs
from mailwright.storage.approvals import Approval
from mailwright.storage.audit import Actor
from mailwright.storage.outbox import OutboxRow

AGENT = "employee"
ADDRESS = "main@mailwright.test"
BY_ADA = Actor("ada@mailwright.test", "192.0.2.7")


class MovedClock:
    """The time, moved by tests."""

    def __init__(self) -> None:
        self.moment = 1_780_000_000 * SECOND

    def __call__(self) -> int:
        return self.moment


@dataclass
class Desk:
    """The installation under test."""

    core: Core
    now: MovedClock
    tenant_id: str
    ada: str
    bashir: str
    agent_id: str

    def letter(
        self, text: str = "The offer is attached.", *, subject: str = "Our offer", message_id: str = ""
    ) -> bytes:
        """What the employee would send."""
        return mime.compose(
            from_=mime.Mailbox("Mini Mouse", ADDRESS),
            to=[mime.Mailbox("", "chen@example.org")],
            subject=subject,
            text=text,
            message_id=message_id or "<offer@mail.mailwright.test>",
            date=self.now() // SECOND * SECOND,
        )

    async def ask(self, *, raw: bytes | None = None, **changes: Any) -> Approval:
        """The employee asks Ada."""
        data = raw if raw is not None else self.letter()
        blob = await self.core.blobs.stage(self.tenant_id, data)
        given: dict[str, Any] = {
            "tenant_id": self.tenant_id,
            "user_id": self.ada,
            "task_id": new_id(),
            "agent": AGENT,
            "sender": ADDRESS,
            "recipients": ["chen@example.org"],
            "subject": "Our offer",
            "message_id": "<offer@mail.mailwright.test>",
            "summary": "send the offer to Chen",
            "because": "chen@example.org is not named in what you wrote",
            "correlation_id": "c-1",
        } | changes
        return await self.core.write(lambda tx: approvals.ask(tx, self.core, blob=blob, **given))

    async def load(self, approval: Approval) -> Approval:
        return await self.core.read(lambda tx: approvals.load(tx, approval.id))

    async def outbox(self) -> list[OutboxRow]:
        """Everything that is or was to leave, oldest first."""
        from mailwright.storage import outbox

        found = await self.core.read(lambda tx: outbox.listing(tx, status=None, user_id=None, limit=500))
        return found[::-1]

    async def queue_as_agent(self, key: str, recipient: str = "chen@example.org", **changes: Any) -> list[str]:
        """The employee has sent something for Ada."""
        from mailwright.core import outbox

        blob = await self.core.blobs.stage(self.tenant_id, self.letter())

        def write(tx: Tx) -> list[str]:
            self.core.blobs.put(tx, blob)
            given: dict[str, Any] = {"agent": AGENT, "served_id": self.ada} | changes
            return outbox.enqueue(
                tx,
                tenant_id=self.tenant_id,
                user_id=self.agent_id,
                sender=Address.parse(ADDRESS),
                recipients=[Address.parse(recipient)],
                blob_id=blob.id,
                message_id="<offer@mail.mailwright.test>",
                idempotency_key=key,
                correlation_id="c-1",
                dsn=False,
                vouched=True,
                **given,
            )

        return await self.core.write(write)


@pytest.fixture
def now() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def desk(any_database: Database, tmp_path: Path, now: MovedClock, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("mailwright.domain.clock.now", now)
    settings = CoreSettings(hostname="mail.mailwright.test", public_url="https://mail.mailwright.test")
    core = Core(any_database, open_blobs(any_database, f"file://{tmp_path}"), settings)

    def people(tx: Tx) -> tuple[str, str, str, str]:
        tenant_id = domains.add(tx, "mailwright.test", tenant="demo").tenant_id
        ada, bashir = (
            accounts.add_user(tx, core, f"{name}@mailwright.test", display_name=name.title()).id
            for name in ("ada", "bashir")
        )
        agent = accounts.add_agent(tx, core, ADDRESS, display_name="Mini Mouse")
        assignments.add(tx, tenant_id, AGENT, agent.id, grants=["read", "organise", "draft", "send"])
        return tenant_id, ada, bashir, agent.id

    return Desk(core, now, *await core.write(people))
