"""A desk: a run for Ada's mail (or for a stranger's), with a monitor that notes what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pytest

from mailwright.agents.employee.gather import gather
from mailwright.agents.employee.snapshot import Facts
from mailwright.agents.employee.think import load_snapshot
from mailwright.agents.models.tools import Tool
from mailwright.agents.policy.effects import Action, Effect, Ruling
from mailwright.agents.policy.knowledge import Thing
from mailwright.agents.tools import Run, Workshop, tools_of
from mailwright.codecs.mime import Attachment, Mailbox, compose
from mailwright.codecs.redaction import Placeholders
from mailwright.core import tasks
from mailwright.domain.envelope import Origin
from mailwright.domain.ids import new_id
from mailwright.storage import Tx, accounts
from tests.agents.conftest import Office


class Watcher:
    """Allows everything but what a test tells it not to."""

    def __init__(self) -> None:
        self.effects: list[Effect] = []
        self.seen: list[tuple[str, Origin]] = []
        self.things: list[Thing] = []
        self.urls: list[str] = []
        self.ruling: Callable[[Effect], Ruling] = lambda effect: Ruling("allowed", "a test allows it")

    async def rule(self, effect: Effect) -> Ruling:
        self.effects.append(effect)
        return self.ruling(effect)

    def rule_in(self, tx: Tx, effect: Effect) -> Ruling:
        self.effects.append(effect)
        return self.ruling(effect)

    def saw(self, text: str, origin: Origin) -> None:
        self.seen.append((text, origin))

    def learned(self, *known: Thing) -> None:
        self.things += known

    def offered(self, *urls: str) -> None:
        self.urls += urls

    def deny(self, *actions: Action) -> None:
        self.ruling = lambda effect: Ruling("denied" if effect.action in actions else "allowed", "a test says so")


@dataclass
class Desk:
    """A run and its tools by name."""

    office: Office
    run: Run
    monitor: Watcher
    tools: dict[str, Tool] = field(default_factory=dict)

    async def use(self, name: str, /, **arguments: Any) -> str:
        """Call a tool as a model does; its words without the lines around them."""
        tool = self.tools[name]
        said = await tool.run(tool.arguments.model_validate(arguments))
        return said.split("\n", 1)[1].rpartition("\nRESULT ")[0]

    async def files(self) -> dict[str, bytes]:
        return {each.name: (await self.run.folder.read(each.name)).content for each in await self.run.folder.listed()}


Sit: TypeAlias = Callable[..., Awaitable[Desk]]


def mail(text: str, *files: tuple[str, str, bytes], sender: str = "ada@mailwright.test") -> bytes:
    """A mail to the employee with files (name, type, octets)."""
    return compose(
        from_=Mailbox("Ada", sender),
        to=[Mailbox("", "main@mailwright.test")],
        subject="Work",
        text=text,
        message_id=f"<{new_id()}@example.org>",
        date=1_772_791_200_000_000,
        attachments=[Attachment(name, content, type_) for name, type_, content in files],
    )


@pytest.fixture
async def shop() -> AsyncIterator[Workshop]:
    made = Workshop()
    yield made
    await made.close()


@pytest.fixture
async def sit(office: Office, shop: Workshop) -> AsyncIterator[Sit]:
    """Begin a run for a mail of Ada's; with `stranger` for one that only says it is hers."""
    runs: list[Run] = []

    async def begin(
        text: str = "Please do this.",
        *files: tuple[str, str, bytes],
        stranger: bool = False,
        message_id: str = "",
        **options: Any,
    ) -> Desk:
        if not message_id:
            account = None if stranger else "ada"
            message_id = await office.receive(
                "",
                raw=mail(text, *files),
                sender="ada@mailwright.test" if account else "eve@example.org",
                account=account,
            )
        facts = Facts.of(await gather(message_id, 1))
        snapshot = await load_snapshot(facts.snapshot_id)
        task = await office.core.read(lambda tx: tasks.get(tx, facts.task_id))
        person = (
            None if task.user_id is None else await office.core.read(lambda tx: accounts.by_id(tx, task.user_id or ""))
        )
        monitor = Watcher()
        run = Run(office.core, task, snapshot, person, monitor, Placeholders(), shop=shop, **options)
        await run.__aenter__()
        runs.append(run)
        return Desk(office, run, monitor, {tool.name: tool for tool in tools_of(run)})

    yield begin
    for run in runs:
        await run.__aexit__(None, None, None)
