"""A core with Ada, Bashir and the concierge at follow@mailwright.test, a clock that the tests move, and mail that reaches it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mailwright.agents import concierge, policy
from mailwright.agents.concierge import scanning
from mailwright.agents.models import Models
from mailwright.codecs import mime
from mailwright.core import Core, CoreSettings, accept, accounts, domains, people, tasks
from mailwright.core.followups import scanning as core_scanning
from mailwright.core.followups import settled
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Channel, Envelope, Origin, Verdict
from mailwright.domain.ids import new_id
from mailwright.storage import Database, Tx, assignments, followups, open_blobs
from mailwright.storage import outbox as outbox_rows
from mailwright.storage.followups import Followup
from mailwright.storage.outbox import OutboxRow
from mailwright.storage.tasks import Task

HOSTNAME = "mail.mailwright.test"
CONCIERGE = "follow@mailwright.test"
STARTS: Instant = 1_795_165_200 * clock.SECOND
"""Friday, 20 November 2026, 09:00 UTC: 10:00 in Vienna."""


@dataclass
class Clock:
    """The time, as the tests have it."""

    at: Instant = STARTS

    def now(self) -> Instant:
        return self.at

    def pass_(self, microseconds: Instant) -> None:
        self.at += microseconds


@dataclass
class Said:
    """A message of the concierge's in the outbox."""

    row: OutboxRow
    mail: Any

    @property
    def text(self) -> str:
        return mime.body_text(self.mail.raw, self.mail)


@dataclass
class Office:
    """The installation under test."""

    core: Core
    clock: Clock
    agent_id: str
    people: dict[str, str]
    _seen: list[str] = field(default_factory=list)

    async def receive(
        self,
        text: str,
        *,
        sender: str = "ada@mailwright.test",
        account: str | None = "ada",
        subject: str = "Follow up",
        to: str = CONCIERGE,
        recipient: str = CONCIERGE,
        extra: str = "",
        answers: Said | None = None,
        message_id: str | None = None,
        envelope_sender: str | None = "",
        proven: bool = False,
        channel: Channel | None = None,
    ) -> str:
        """Deliver a mail to the concierge and give the id of the message. `account`: it came by submission from that person; `proven`: from
        outside, and its From line is proven."""
        if answers is not None:
            extra += f"In-Reply-To: {answers.mail.message_id}\nReferences: {answers.mail.message_id}\n"
            subject = f"Re: {answers.mail.subject}"
        own = message_id or f"<{new_id()}@example.org>"
        fields = (
            f"From: {sender.partition('@')[0].title()} Test <{sender}>\nTo: {to}\nSubject: {subject}\nMessage-ID: {own}\n"
            f"Date: Fri, 20 Nov 2026 09:00:00 +0000\n{extra}"
        )
        if "Content-Type" not in extra:
            fields += "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
        path = sender if envelope_sender == "" else envelope_sender
        envelope = Envelope(
            channel=channel or (Channel.SUBMISSION if account else Channel.SMTP),
            sender=None if path is None else Address.parse(path),
            recipients=(Address.parse(recipient),),
            received_at=self.clock.now(),
            correlation_id=new_id(),
        )
        verdict = Verdict(Origin.OWNER, self.people[account], "signed in") if account else Verdict()
        if proven and account is None:
            verdict = Verdict(Origin.CORRESPONDENT, None, "its domain signed it")
        data = f"{fields}\n{text}\n".replace("\n", "\r\n").encode()
        receipt = await accept.accept(self.core, envelope, data, verdict)
        inbound = receipt.outcomes[0].inbound_id
        found: str = await self.core.read(
            lambda tx: tx.scalar(
                "SELECT id FROM messages WHERE inbound_id = ? AND user_id = ? ORDER BY id LIMIT 1",
                (inbound, self.agent_id),
            )
        )
        return found

    async def tell(self, text: str, **how: Any) -> str:
        """Deliver and attend to it, without the engine; the status of its task."""
        return await concierge.attend(await self.receive(text, **how), 1)

    async def said(self) -> list[Said]:
        """What waits in the outbox and was not looked at before, oldest first."""
        rows = await self.core.read(
            lambda tx: outbox_rows.listing(tx, status=None, user_id=None, limit=500, before=None)
        )
        fresh = [row for row in reversed(rows) if row.id not in self._seen]
        self._seen += [row.id for row in fresh]
        return [Said(row, mime.parse(await self.core.blobs.read(row.blob_id))) for row in fresh]

    async def only(self) -> Said:
        """The one message that was said since."""
        [said] = await self.said()
        return said

    async def followups(self, person: str = "ada") -> list[Followup]:
        """A person's, oldest first."""
        found = await self.core.read(lambda tx: followups.of_user(tx, self.people[person], limit=100))
        return list(reversed(found))

    async def followup(self, person: str = "ada") -> Followup:
        [found] = await self.followups(person)
        return found

    async def task(self, message_id: str) -> Task:
        found = await self.core.read(lambda tx: tasks.find(tx, "concierge", message_id))
        assert found is not None
        return found

    async def task_status(self, message_id: str) -> str:
        """Attend to a message; the status of its task."""
        return await concierge.attend(message_id, 1)

    async def likes(self, person: str = "ada", **wanted: Any) -> None:
        """Set preferences."""
        account = await self.core.read(lambda tx: accounts.find(tx, f"{person}@mailwright.test"))
        await self.core.write(lambda tx: people.change(tx, account, wanted))

    async def scan(self) -> list[str]:
        """What a scheduler does each minute, and what the workflows it hands off do; where each follow-up stands then."""
        out = [
            await concierge.remind(each.id, each.generation, each.occurrence)
            for each in await core_scanning.take_due(self.core, self.clock.now())
        ]
        for each in await core_scanning.questions_due(self.core, self.clock.now()):
            out.append(await concierge.question(each.id, each.asked))
        for day in await self.core.write(lambda tx: scanning._agendas(tx, self.clock.now())):
            out.append(await concierge.day(day.user_id, day.day))
        return out

    async def arrives(self, said: Said, status: str = "sent") -> None:
        """The outbox has sent it (or failed to)."""
        await self.core.write(lambda tx: settled.settle(tx, self.core, said.row.id, status))


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of this process."""
    moving = Clock()
    monkeypatch.setattr(clock, "now", moving.now)
    return moving


@pytest.fixture
def office(database: Database, tmp_path: Path, ticking: Clock) -> Office:
    """SQLite, the rules model, a concierge; Ada and Bashir are in Vienna."""
    core = Core(database, open_blobs(database, f"file://{tmp_path}"), CoreSettings(hostname=HOSTNAME))

    def furnish(tx: Tx) -> tuple[str, dict[str, str]]:
        domains.add(tx, "mailwright.test", tenant="demo")
        ids = {}
        for name in ("ada", "bashir"):
            account = accounts.add_user(tx, core, f"{name}@mailwright.test", display_name=name.title())
            people.change(tx, account, {"time_zone": "Europe/Vienna"})
            ids[name] = account.id
        agent = accounts.add_agent(tx, core, CONCIERGE, display_name="Follow-up")
        assignments.add(tx, agent.tenant_id, "concierge", agent.id, grants=[g.value for g in policy.CONCIERGE_GRANTS])
        return agent.id, ids

    agent_id, ids = database.write_now(furnish)
    concierge.configure(core, Models.by_rules())
    return Office(core, ticking, agent_id, ids)
