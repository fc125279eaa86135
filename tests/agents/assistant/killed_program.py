"""A process to be killed in the middle of a mail, and started again.

`python -m tests.agents.assistant.killed_program FOLDER MOMENT`: receives one mail, hands it to the real engine, and dies once without a
word (like kill -9) at MOMENT: `filed` (the draft is committed, and the engine does not know), `made` (an account elsewhere has the draft,
and our row does not say so), `written`, `judged`. Started again it goes on where it was, and prints what there is.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from mailwright.agents import assistant
from mailwright.agents.assistant import generate, judging
from mailwright.agents.assistant.inbox import Inbox, Mail
from mailwright.agents.assistant.ours import OurInbox
from mailwright.core import connections, tasks
from mailwright.domain import clock
from mailwright.domain.envelope import Origin
from mailwright.domain.triage import Category
from mailwright.pipeline import Consumers, Flows
from mailwright.storage import Tx, open_database, triage
from mailwright.storage.triage import Item
from tests.agents.assistant.mailroom import QUESTION, Mailroom, make, reopened

RAW = (
    f"From: Eve <eve@example.org>\r\nTo: ada@gmail.example\r\nSubject: Minutes\r\nMessage-ID: <q@example.org>\r\n\r\n{QUESTION}\r\n"
).encode()


class FolderInbox:
    """An account elsewhere whose drafts are files: they outlive us."""

    addresses: tuple[str, ...] = ("ada@gmail.example",)

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    async def mail(self, item: Item) -> Mail:
        return Mail(item.remote_id, RAW, item.received_at, False, Origin.STRANGER)

    async def thread(self, item: Item, most: int) -> list[Mail]:
        return [await self.mail(item)]

    async def written_to(self, item: Item) -> bool:
        return False

    async def show(self, item: Item, category: Category | None) -> None:
        (self._folder / "label").write_text(category or "")

    async def find_draft(self, item: Item, header_id: str) -> str | None:
        found = [path for path in self._folder.glob("*.eml") if header_id.encode() in path.read_bytes()]
        return found[0].stem if found else None

    async def make_draft(self, item: Item, raw: bytes, header_id: str) -> str:
        name = f"d{len(list(self._folder.glob('*.eml')))}"
        (self._folder / f"{name}.eml").write_bytes(raw)
        die("made")
        return name

    async def draft(self, draft_id: str) -> bytes | None:
        path = self._folder / f"{draft_id}.eml"
        return path.read_bytes() if path.exists() else None

    async def remove_draft(self, draft_id: str) -> None:
        (self._folder / f"{draft_id}.eml").unlink(missing_ok=True)

    async def sent(self, most: int) -> list[Mail]:
        return []

    async def close(self) -> None: ...


def die(moment: str) -> None:
    """Once, when it is time."""
    folder, wanted = Path(sys.argv[1]), sys.argv[2]
    if moment == wanted and not (folder / "died").exists():
        (folder / "died").touch()
        os._exit(9)


def and_die(function: Callable[..., Coroutine[Any, Any, Any]], moment: str) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def done(*arguments: Any, **options: Any) -> Any:
        found = await function(*arguments, **options)
        die(moment)
        return found

    return done


def elsewhere(room: Mailroom) -> Callable[[Tx], Item]:
    def write(tx: Tx) -> Item:
        found = connections.add_gmail(tx, room.core, room.ada, address="ada@gmail.example", tokens_json="{}")
        return triage.insert(
            tx,
            tenant_id=room.ada.tenant_id,
            user_id=room.ada.id,
            sender="eve@example.org",
            received_at=clock.now(),
            now=clock.now(),
            connection_id=found.id,
            remote_id="m1",
            remote_thread="t1",
        )

    return write


async def main(folder: Path, moment: str) -> None:
    database = open_database(f"sqlite:///{folder}/mailwright.db")
    first = not (folder / "begun").exists()
    room = make(database, folder) if first else reopened(database, folder)

    async def open_inbox(user_id: str, connection_id: str | None) -> Inbox:
        return await OurInbox.of(room.core, user_id) if connection_id is None else FolderInbox(folder / "elsewhere")

    flows = Flows(database, f"sqlite:///{folder}/flows.db", on_dead=assistant.on_dead)
    assistant.configure(room.core, room.models, open_inbox=open_inbox, flows=flows)
    for owner, name, when in (
        (OurInbox, "file_draft", "filed"),
        (generate, "keep_written", "written"),
        (judging, "ask", "judged"),
    ):
        setattr(owner, name, and_die(getattr(owner, name), when))
    consumers = Consumers(database)
    consumers.subscribe("mail_ingest", assistant.GROUP, assistant.on_delivered(room.core, flows))
    if first:
        if moment == "made":
            items = await room.core.write(lambda tx: assistant.open_items(tx, [elsewhere(room)(tx)]))
            commit = await flows.hand_off(assistant.requests_for(items))
            assert commit is None
        else:
            await room.receive()
        (folder / "begun").touch()
    await flows.start()
    await consumers.start()
    async with asyncio.timeout(60):
        while not (
            found := [
                each
                for each in await room.core.read(lambda tx: tasks.listing(tx, agent=assistant.AGENT))
                if each.status.is_final
            ]
        ):
            await asyncio.sleep(0.05)
    item = await room.item(found[0].message_id)
    here, there = await room.stored("drafts"), list((folder / "elsewhere").glob("*.eml"))
    print(
        json.dumps(
            {
                "status": found[0].status.value,
                "drafts": len(here) + len(there),
                "known": item.draft_id in {*(each.id for each in here), *(path.stem for path in there)},
                "asked": room.models.asked,
            }
        )
    )
    await consumers.stop()
    await flows.stop()
    database.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
