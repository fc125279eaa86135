"""A core with Ada, Bashir and the employee at main@mailwright.test, and mail that reaches it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailwright.agents import employee, policy
from mailwright.agents.models import Models
from mailwright.core import Core, CoreSettings, accept, accounts, domains
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Envelope, Origin, Verdict
from mailwright.domain.ids import new_id
from mailwright.storage import Database, Tx, assignments, open_blobs
from mailwright.storage.outbox import OutboxRow
from mailwright.storage.tasks import Task

HOSTNAME = "mail.mailwright.test"


@dataclass
class Office:
    """The installation under test."""

    core: Core
    agent_id: str
    people: dict[str, str]

    async def receive(
        self,
        text: str,
        *,
        sender: str = "eve@example.org",
        subject: str = "Work",
        message_id: str | None = None,
        extra: str = "",
        account: str | None = None,
        envelope_sender: str | None = "",
        raw: bytes | None = None,
    ) -> str:
        """Deliver a mail to main@ and give the id of the message. `account`: it came by submission from that person."""
        fields = (
            f"From: {sender.partition('@')[0].title()} Test <{sender}>\nTo: main@mailwright.test\nSubject: {subject}\n"
            f"Message-ID: {message_id or f'<{new_id()}@example.org>'}\nDate: Fri, 6 Mar 2026 10:00:00 +0000\n{extra}"
        )
        if "Content-Type" not in extra:
            fields += "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
        data = raw or f"{fields}\n{text}\n".replace("\n", "\r\n").encode()
        path = sender if envelope_sender == "" else envelope_sender
        envelope = Envelope(
            channel=Channel.SUBMISSION if account else Channel.SMTP,
            sender=None if path is None else Address.parse(path),
            recipients=(Address.parse("main@mailwright.test"),),
            received_at=clock.now(),
            correlation_id=new_id(),
        )
        verdict = Verdict(Origin.OWNER, self.people[account], "signed in") if account else Verdict()
        receipt = await accept.accept(self.core, envelope, data, verdict)
        inbound = receipt.outcomes[0].inbound_id
        found: str = await self.core.read(
            lambda tx: tx.scalar(
                "SELECT id FROM messages WHERE inbound_id = ? AND user_id = ? ORDER BY id LIMIT 1",
                (inbound, self.agent_id),
            )
        )
        return found

    async def run(self, message_id: str, generation: int = 1) -> str:
        """The workflow, in this task and without the engine."""
        return await employee.answer(message_id, generation)

    async def task(self, message_id: str) -> Task:
        from mailwright.core import tasks

        found = await self.core.read(lambda tx: tasks.find(tx, "employee", message_id))
        assert found is not None
        return found

    async def sent(self) -> list[tuple[OutboxRow, Any]]:
        """What waits in the outbox, oldest first, with the message parsed."""
        from mailwright.codecs import mime
        from mailwright.storage import outbox

        rows = await self.core.read(lambda tx: outbox.listing(tx, status=None, user_id=None, limit=500, before=None))
        return [(row, mime.parse(await self.core.blobs.read(row.blob_id))) for row in reversed(rows)]


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """SQLite, the rules model, an employee with every grant."""
    core = Core(database, open_blobs(database, f"file://{tmp_path}"), CoreSettings(hostname=HOSTNAME))

    def people(tx: Tx) -> tuple[str, dict[str, str]]:
        domains.add(tx, "mailwright.test", tenant="demo")
        ids = {
            name: accounts.add_user(tx, core, f"{name}@mailwright.test", display_name=name.title()).id
            for name in ("ada", "bashir")
        }
        agent = accounts.add_agent(tx, core, "main@mailwright.test", display_name="Mini Mouse")
        assignments.add(tx, agent.tenant_id, "employee", agent.id, grants=[g.value for g in policy.EMPLOYEE_GRANTS])
        return agent.id, ids

    agent_id, ids = database.write_now(people)
    employee.configure(core, Models.by_rules())
    return Office(core, agent_id, ids)
