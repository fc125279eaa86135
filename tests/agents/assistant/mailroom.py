"""A mailroom: Ada has the assistant, Bashir has none, Eve writes from outside. For tests of the assistant's workflow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailwright.agents import assistant
from mailwright.agents.assistant import arrivals
from mailwright.agents.models import Asker, Draft, ModelFailed, Models, Question, Reply, Triage
from mailwright.agents.models.asking import T
from mailwright.codecs import mime
from mailwright.core import Core, CoreSettings, accept, accounts, assistants, domains, submission, tasks
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Envelope, Origin, Verdict
from mailwright.domain.ids import new_id
from mailwright.domain.modelnames import PURPOSES
from mailwright.storage import Database, Tx, mailboxes, open_blobs, triage
from mailwright.storage import messages as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import SYSTEM
from mailwright.storage.messages import StoredMessage
from mailwright.storage.tasks import Task
from mailwright.storage.triage import Item

HOSTNAME = "mail.mailwright.test"
ADA, BASHIR, EVE = "ada@mailwright.test", "bashir@mailwright.test", "eve@example.org"
QUESTION = "Hello Ada,\n\ncould you please send me the minutes of our meeting?\n\nThanks,\nEve"


class Scripted(Models):
    """A model that says what it is told to, and counts how often it was asked. `failing` purposes raise what is given."""

    def __init__(self, category: str = "needs_reply", confidence: float = 0.95) -> None:
        super().__init__(dict.fromkeys(PURPOSES, ("scripted",)))
        self.category, self.confidence = category, confidence
        self.asked: list[str] = []
        self.failing: dict[str, Callable[[], Exception]] = {}
        self.before: dict[str, Callable[[], Any]] = {}
        self.categories: dict[str, str] = {}  # by a word of the material
        self.held: dict[str, asyncio.Event] = {}  # by a word of the material: answered when it is set
        self.text = "Hello Eve,\n\nhere is what you asked for.\n\nAda"

    async def ask(self, question: Question[T], *, who: Asker | None = None) -> Reply[T]:
        self.asked.append(question.purpose)
        if question.purpose in self.before:
            await self.before[question.purpose]()
        for word, released in self.held.items():
            if word in question.material:
                await released.wait()
        if question.purpose in self.failing:
            raise self.failing[question.purpose]()
        value: Triage | Draft
        if question.purpose == "triage":
            category = next(
                (said for word, said in self.categories.items() if word in question.material), self.category
            )
            value = Triage.model_validate(
                {"category": category, "confidence": self.confidence, "because": "it was said so"}
            )
        else:
            value = Draft(text=self.text)
        assert isinstance(value, question.answer)
        return Reply(value, "scripted", ())


def away() -> Exception:
    """What a model raises that may be back in a moment."""
    return ModelFailed("scripted could not be reached", transient=True)


@dataclass
class Mailroom:
    """The installation under test."""

    core: Core
    ada: Account
    bashir: Account
    models: Scripted = field(default_factory=Scripted)

    async def receive(
        self,
        text: str = QUESTION,
        *,
        to: str = ADA,
        sender: str = EVE,
        subject: str = "Minutes",
        message_id: str | None = None,
        extra: str = "",
        origin: Origin = Origin.STRANGER,
        envelope_sender: str | None = "",
    ) -> str:
        """Deliver a mail; the id of the message in the mailbox of `to`."""
        fields = (
            f"From: {sender.partition('@')[0].title()} <{sender}>\nTo: {to}\nSubject: {subject}\n"
            f"Message-ID: {message_id or f'<{new_id()}@example.org>'}\nDate: Fri, 6 Mar 2026 10:00:00 +0000\n{extra}"
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
        )
        path = sender if envelope_sender == "" else envelope_sender
        envelope = Envelope(
            channel=Channel.SMTP,
            sender=None if path is None else Address.parse(path),
            recipients=(Address.parse(to),),
            received_at=clock.now(),
            correlation_id=new_id(),
        )
        data = f"{fields}\n{text}\n".replace("\n", "\r\n").encode()
        receipt = await accept.accept(self.core, envelope, data, Verdict(origin))
        inbound = receipt.outcomes[0].inbound_id
        found: str = await self.core.read(
            lambda tx: tx.scalar("SELECT id FROM messages WHERE inbound_id = ? ORDER BY id LIMIT 1", (inbound,))
        )
        return found

    async def answer(self, message_id: str, text: str = "Here they are.") -> None:
        """Ada answers a mail from any mail program."""
        message = await self.message(message_id)
        assert message is not None
        raw = mime.compose(
            from_=mime.Mailbox("Ada", ADA),
            to=[mime.Mailbox("", message.sender)],
            subject=f"Re: {message.subject}",
            text=text,
            message_id=f"<{new_id()}@{HOSTNAME}>",
            date=clock.now(),
            in_reply_to=message.message_id,
            references=[message.message_id] if message.message_id else [],
        )
        envelope = Envelope(
            channel=Channel.SUBMISSION,
            sender=Address.parse(ADA),
            recipients=(Address.parse(message.sender),),
            received_at=clock.now(),
            correlation_id=new_id(),
        )
        await submission.submit(self.core, self.ada, envelope, raw)

    async def open(self, *message_ids: str) -> list[Item]:
        """What the consumer does with deliveries, without a workflow."""
        return await self.core.write(
            lambda tx: arrivals.open_items(tx, [arrivals.item_of(tx, _message(tx, each)) for each in message_ids])
        )

    async def run(self, message_id: str, generation: int = 1, *, force: bool = False) -> str:
        """The workflow, in this task and without the engine."""
        await self.open(message_id)
        return await assistant.assist(message_id, generation, force)

    async def again(self, message_id: str) -> str:
        """Somebody asks for it once more, by force; the workflow, without the engine."""

        def queued(tx: Tx) -> Task:
            return arrivals._asked(tx, message_id, force=True)[1]

        task = await self.core.write(queued)
        return await assistant.assist(message_id, task.generation, True)

    async def message(self, message_id: str) -> StoredMessage | None:
        return await self.core.read(lambda tx: rows.by_id(tx, message_id))

    async def item(self, message_id: str) -> Item:
        found = await self.core.read(lambda tx: triage.by_id(tx, message_id))
        assert found is not None
        return found

    async def task(self, message_id: str) -> Task:
        found = await self.core.read(lambda tx: tasks.find(tx, assistant.AGENT, message_id))
        assert found is not None
        return found

    async def stored(self, role: str, owner: Account | None = None) -> list[StoredMessage]:
        """What is in a mailbox, oldest first."""
        user_id = (owner or self.ada).id

        def find(tx: Tx) -> list[StoredMessage]:
            mailbox = mailboxes.by_role(tx, user_id, role)
            return rows.in_mailbox(tx, mailbox.id, 500)[::-1] if mailbox is not None else []

        return await self.core.read(find)

    async def drafts(self) -> list[mime.Parsed]:
        """Ada's drafts, parsed."""
        return [mime.parse(await self.core.blobs.read(each.blob_id)) for each in await self.stored("drafts")]

    async def choose(self, **options: Any) -> None:
        """Ada chooses options of her assistant."""
        await self.core.write(lambda tx: assistants.change(tx, self.core, self.ada, by=SYSTEM, **options))


def make(database: Database, folder: Path) -> Mailroom:
    """A mailroom over a migrated database."""
    core = Core(database, open_blobs(database, f"file://{folder}"), CoreSettings(hostname=HOSTNAME))

    def people(tx: Tx) -> tuple[Account, Account]:
        domains.add(tx, "mailwright.test", tenant="demo")
        ada = accounts.add_user(tx, core, ADA, display_name="Ada")
        bashir = accounts.add_user(tx, core, BASHIR, display_name="Bashir")
        assistants.switch_on(tx, core, ada, by=SYSTEM)
        return ada, bashir

    ada, bashir = database.write_now(people)
    room = Mailroom(core, ada, bashir)
    assistant.configure(core, room.models)
    return room


def reopened(database: Database, folder: Path) -> Mailroom:
    """The mailroom that `make` made, in another process."""
    core = Core(database, open_blobs(database, f"file://{folder}"), CoreSettings(hostname=HOSTNAME))
    ada, bashir = database.read_now(lambda tx: (accounts.find(tx, ADA), accounts.find(tx, BASHIR)))
    room = Mailroom(core, ada, bashir)
    assistant.configure(core, room.models)
    return room


def _message(tx: Tx, message_id: str) -> StoredMessage:
    found = rows.by_id(tx, message_id)
    assert found is not None
    return found
