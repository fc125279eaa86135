"""Mail that the assistant looked at, for tests of its API: made as deliveries, looks at accounts elsewhere and its workflows make it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailwright.codecs import mime
from mailwright.core import Core, accounts, assistants, messages, tasks
from mailwright.core.messages import Provenance
from mailwright.core.processing import DraftEdited
from mailwright.core.triage import judged
from mailwright.domain.clock import Instant, now
from mailwright.domain.envelope import Origin
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.domain.triage import Category
from mailwright.storage import Tx, connections, triage
from mailwright.storage.audit import SYSTEM
from mailwright.storage.connections import Connection
from mailwright.storage.tasks import Task
from mailwright.storage.triage import Item
from tests.protocols.api.people import Browser

ADA, BASHIR = "ada@mailwright.test", "bashir@mailwright.test"
CHEN = "chen@example.org"


class Workers:
    """What stands for the workflows: makes the tasks as they would, and keeps what it was asked."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.asked: list[tuple[tuple[str, ...], bool, bool]] = []
        self.learning: list[str] = []

    async def again(self, item_ids: Sequence[str], *, force: bool, bulk: bool) -> list[Task]:
        self.asked.append((tuple(item_ids), force, bulk))
        return await self.core.write(lambda tx: [self._task(tx, each, force=force) for each in item_ids])

    async def discard(self, item: Item) -> None:
        if item.draft_checksum == "changed":
            raise DraftEdited("the draft was edited by its owner")
        await self.core.write(lambda tx: triage.update(tx, item.id, now=now(), draft_state="discarded"))

    async def learn(self, user_id: str) -> None:
        self.learning.append(user_id)

    async def bring(self, connection: Connection, remote_id: str) -> str:
        if remote_id != "18c2f00000000001":
            raise NotFound("there is no such mail")
        return await self.core.write(lambda tx: elsewhere(tx, connection, remote_id))

    def _task(self, tx: Tx, item_id: str, *, force: bool) -> Task:
        item = triage.by_id(tx, item_id)
        if item is None:
            message = messages.load(tx, item_id)
            item = seen(tx, message.tenant_id, message.user_id, item_id=item_id, received_at=message.received_at)
        serving = assistants.serving(tx, item.user_id)
        assert serving is not None
        task = tasks.create(
            tx,
            tenant_id=item.tenant_id,
            agent="assistant",
            assignment_id=serving.id,
            message_id=item.id,
            correspondent=item.sender,
            user_id=item.user_id,
            correlation_id="c-17",
        )
        triage.update(tx, item.id, now=now(), task_id=task.id)
        undone = not item.category and task.status is not TaskStatus.COMPLETE
        return tasks.requeue(tx, task.id, even_complete=True) if (force or undone) and task.status.is_final else task


def seen(tx: Tx, tenant_id: str, user_id: str, **more: Any) -> Item:
    values: dict[str, Any] = {"sender": CHEN, "sender_name": "Chen", "subject": "The roof", "received_at": now()}
    return triage.insert(tx, tenant_id=tenant_id, user_id=user_id, now=now(), **values | more)


def elsewhere(tx: Tx, connection: Connection, remote_id: str, **more: Any) -> str:
    return seen(
        tx, connection.tenant_id, connection.user_id, connection_id=connection.id, remote_id=remote_id, **more
    ).id


def switch_on(core: Core, email: str, **chosen: Any) -> None:
    core.database.write_now(lambda tx: assistants.switch_on(tx, core, accounts.find(tx, email), by=SYSTEM, **chosen))


async def mail(
    core: Core, *, to: str = ADA, role: str = "inbox", received_at: Instant | None = None, text: str = "Can you come?"
) -> str:
    """A mail of Chen's in a mailbox here; its id."""
    raw = mime.compose(
        from_=mime.Mailbox("Chen", CHEN),
        to=[mime.Mailbox("", to)],
        subject="The roof",
        text=text,
        message_id=f"<{new_id()}@example.org>",
        date=now() // 1_000_000 * 1_000_000,
    )
    account = await core.read(lambda tx: accounts.find(tx, to))
    blob = await core.blobs.stage(account.tenant_id, raw)
    parsed = mime.parse(raw)

    def write(tx: Tx) -> str:
        core.blobs.put(tx, blob)
        return messages.append(
            tx,
            tenant_id=account.tenant_id,
            user_id=account.id,
            role=role,
            blob=blob,
            parsed=parsed,
            provenance=Provenance(Origin.STRANGER, new_id()),
            received_at=received_at or now(),
        )

    return await core.write(write)


async def judge(core: Core, item_id: str, category: Category = Category.NEEDS_REPLY, **more: Any) -> None:
    def write(tx: Tx) -> None:
        judged(
            tx,
            item_id,
            category=category,
            confidence=0.93,
            because="it asks when you can come",
            decided_by="rules",
            mail_kind="person",
            proven=True,
            language="en",
        )
        if more:
            triage.update(tx, item_id, now=now(), **more)

    await core.write(write)


async def settle(core: Core, task_id: str, status: TaskStatus = TaskStatus.COMPLETE, **result: Any) -> None:
    def write(tx: Tx) -> None:
        tasks.start_attempt(tx, task_id, Stage.CLASSIFY, attempt=1)
        tasks.finish(tx, task_id, status, because="done", result=result)

    await core.write(write)


def connection_of(core: Core, email: str = ADA, **more: Any) -> Connection:
    def write(tx: Tx) -> Connection:
        account = accounts.find(tx, email)
        made = connections.add(
            tx,
            tenant_id=account.tenant_id,
            user_id=account.id,
            kind="gmail",
            address="ada@gmail.example",
            state="connected",
            secret="",
            settings={},
            now=now(),
        )
        assert made is not None
        connections.update(tx, made, now=now(), looked_at=now(), **more)
        found = connections.by_id(tx, made)
        assert found is not None
        return found

    return core.database.write_now(write)


async def process(browser: Browser, email_id: str, *, force: bool = False) -> Any:
    return await browser.post("/api/process-email", json={"email_id": email_id, "force_reprocess": force})
