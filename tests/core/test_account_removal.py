"""A person who is removed leaves nothing behind but what was done with them: on both databases, at once or in slices."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mailwright.core import Core, access, accounts, appending, mailboxes
from mailwright.core.appending import Item
from mailwright.domain.refusals import NotFound
from mailwright.storage import Tx, schema, views
from mailwright.storage import mailboxes as rows
from tests.core.conftest import letter

ADA, BASHIR = "ada@mailwright.test", "bashir@mailwright.test"
HISTORY = {"outbox", "tasks"}  # what was done and sent is told of for as long as it is kept


async def _a_full_life(core: Core) -> str:
    """Rows of Ada's in every table that has any of a person; her id."""
    ada = core.database.read_now(lambda tx: accounts.find(tx, ADA))
    bashir = core.database.read_now(lambda tx: accounts.find(tx, BASHIR))
    work = await core.write(lambda tx: mailboxes.create(tx, ada, "Work"))
    inbox = await core.read(lambda tx: access.by_name(tx, ada, "INBOX"))
    for mailbox_id in (work.id, inbox.mailbox.id):
        items = [Item(letter(message_id=f"<{n}@example.org>")) for n in range(5)]
        await appending.append(core, ada, mailbox_id, items)

    def live(tx: Tx) -> None:
        for each in (inbox, access.by_name(tx, ada, "Work")):
            access.set_acl(tx, ada, each, BASHIR, "lr")
            message_id = views.rows(tx, each.mailbox.id, [1], ("id",))[0][1]
            views.keep_envelopes(tx, [(message_id, b"()")])
        access.set_acl(tx, bashir, access.by_name(tx, bashir, "INBOX"), ADA, "lr")
        rows.set_metadata(tx, inbox.mailbox.id, "", "/shared/comment", "hello")
        mailboxes.subscribe(tx, ada, f"Other Users/{BASHIR}/INBOX", on=True)
        task = _row(schema.metadata.tables["tasks"], ada) | {
            "agent": "concierge",
            "status": "waiting",
            "user_id": ada.id,
        }
        tx.insert("tasks", **task)  # of her follow-up
        for table in schema.metadata.sorted_tables:
            mine = "user_id" in table.c and table.name not in HISTORY
            if mine and not tx.scalar(f"SELECT count(*) FROM {table.name} WHERE user_id = ?", (ada.id,)):
                tx.insert(table.name, **_row(table, ada))
        tx.insert("import_items", import_id=tx.scalar("SELECT id FROM imports"), item="1")
        mailboxes.remove(tx, ada, "Work")  # and its messages are there for a while yet

    await core.write(live)
    return ada.id


def _row(table: Any, ada: accounts.Account) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in table.c:
        if column.name == "tenant_id":
            values[column.name] = ada.tenant_id
        elif isinstance(column.type, schema.Id) and not column.nullable:
            values[column.name] = ada.id
        elif not column.nullable and column.server_default is None:
            values[column.name] = 1 if column.type.python_type is int else "x"
    return values


def _left(core: Core, user_id: str) -> list[str]:
    def look(tx: Tx) -> list[str]:
        found = [
            table.name
            for table in schema.metadata.sorted_tables
            if "user_id" in table.c
            and table.name not in HISTORY
            and tx.scalar(f"SELECT count(*) FROM {table.name} WHERE user_id = ?", (user_id,))
        ]
        for table in ("import_items", "imap_envelopes", "acl", "mailbox_metadata", "messages"):
            if tx.scalar(f"SELECT count(*) FROM {table}"):
                found.append(table)
        return found

    return core.database.read_now(look)


@pytest.mark.parametrize("slices", [True, False])
async def test_nothing_is_left_of_a_person_who_is_removed(
    core: Core, slices: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(accounts, "SLICE", 3)
    user_id = await _a_full_life(core)
    assert set(_left(core, user_id)) >= {"imports", "search_missing", "sieve_scripts", "acl", "messages"}
    if slices:
        await asyncio.to_thread(accounts.erase_user, core, ADA)
    else:
        await core.write(lambda tx: accounts.remove_user(tx, ADA))
    assert _left(core, user_id) == []
    with pytest.raises(NotFound):
        core.database.read_now(lambda tx: accounts.find(tx, ADA))
    assert await mailboxes.empty_removed(core) == 0
    assert (
        core.database.read_now(lambda tx: tx.scalar("SELECT status FROM tasks WHERE user_id = ?", (user_id,)))
        == "cancelled"
    )


async def test_a_removal_that_broke_off_is_finished_by_the_next(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    user_id = await _a_full_life(core)
    monkeypatch.setattr(accounts, "SLICE", 2)
    whole = accounts._remove_slice
    count = 0

    def breaks(tx: Tx, of: str) -> int:
        nonlocal count
        count += 1
        if count >= 3:
            raise RuntimeError("the power went")
        return whole(tx, of)

    with monkeypatch.context() as patch:
        patch.setattr(accounts, "_remove_slice", breaks)
        with pytest.raises(RuntimeError):
            await asyncio.to_thread(accounts.erase_user, core, ADA)
    account = core.database.read_now(lambda tx: accounts.find(tx, ADA))
    assert account.status == accounts.REMOVING
    await asyncio.to_thread(accounts.erase_user, core, ADA)
    assert _left(core, user_id) == []


async def test_a_removal_that_nobody_finished_is_finished_at_night(core: Core) -> None:
    user_id = await _a_full_life(core)
    account = await core.read(lambda tx: accounts.find(tx, ADA))
    await core.write(lambda tx: accounts.begin_removal(tx, account))
    assert await accounts.finish_removals(core) == 1
    assert _left(core, user_id) == []
    assert await accounts.finish_removals(core) == 0
