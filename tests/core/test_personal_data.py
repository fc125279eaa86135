"""What is known of a person is handed over whole and without secrets, and erased without a rest."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mailwright.codecs import mime
from mailwright.core import Core, access, accounts, appending, messages, personaldata, phones, tasks
from mailwright.core.accounts import Account
from mailwright.core.appending import Item
from mailwright.core.followups import making
from mailwright.core.messages import Provenance
from mailwright.core.personaldata import Exported
from mailwright.domain import clock
from mailwright.domain.envelope import Origin
from mailwright.domain.followups import AskedIn
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import NotPermitted
from mailwright.storage import Tx, assignments, audit, personal, schema
from mailwright.storage import tasks as task_rows
from mailwright.storage import whatsapp as whatsapp_rows
from mailwright.storage.audit import Actor
from tests.core.conftest import letter
from tests.core.followups.conftest import wanted

BY = Actor("operator@mailwright.test")
SECRET = "correct horse battery"


@pytest.fixture
def concierge(core: Core) -> Account:
    def make(tx: Tx) -> Account:
        account = accounts.add_agent(tx, core, "concierge@mailwright.test", display_name="Concierge")
        assignments.add(tx, account.tenant_id, making.AGENT, account.id, grants=("read", "reply"))
        return account

    return core.database.write_now(make)


def of(core: Core, email: str) -> Account:
    return core.database.read_now(lambda tx: accounts.find(tx, email))


async def said(
    core: Core, concierge: Account, sender: str, *, to: str = "concierge@mailwright.test", refers: str = ""
) -> str:
    """A message in the concierge's mailbox; its id."""
    own = f"<{new_id()}@example.org>"
    raw = (
        f"From: <{sender}>\r\nTo: <{to}>\r\nMessage-ID: {own}\r\nSubject: Follow up\r\n"
        + (f"In-Reply-To: {refers}\r\n" if refers else "")
        + "\r\nCall the clinic.\r\n"
    ).encode()
    blob = await core.blobs.stage(concierge.tenant_id, raw)

    def write(tx: Tx) -> str:
        core.blobs.put(tx, blob)
        return messages.append(
            tx,
            tenant_id=concierge.tenant_id,
            user_id=concierge.id,
            role="inbox",
            blob=blob,
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.OWNER, "c"),
            received_at=clock.now(),
        )

    return await core.write(write)


async def asked(core: Core, concierge: Account, person: Account, *, address: str = "") -> str:
    """The person asked for a follow-up by mail, or from another address, and was answered; the id of the task."""
    address = address or person.email
    message_id = await said(core, concierge, address)
    header = (await core.read(lambda tx: messages.load(tx, message_id))).message_id
    await said(core, concierge, concierge.email, to=address, refers=header or "")

    def make(tx: Tx) -> str:
        task = tasks.create(
            tx,
            tenant_id=person.tenant_id,
            agent=making.AGENT,
            assignment_id=new_id(),
            message_id=message_id,
            correspondent=person.email,
            user_id=person.id,
        )
        task_rows.add_snapshot(tx, task.id, '{"text": "Call the clinic"}', clock.now())
        making.make(tx, core, task, concierge.id, AskedIn.MAIL, wanted(), source_id=message_id)
        return task.id

    return await core.write(make)


def exported(core: Core, account: Account) -> tuple[Exported, zipfile.ZipFile]:
    target = io.BytesIO()
    done = personaldata.export(core, account, target, by=BY)
    return done, zipfile.ZipFile(target)


def lines(archive: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(f"data/{table}.jsonl").splitlines()]


def test_every_table_of_a_person_is_handed_over_or_left_out_for_a_reason() -> None:
    tables = {table.name: set(table.c.keys()) for table in schema.metadata.sorted_tables}
    theirs = {name for name, columns in tables.items() if "user_id" in columns} | {"users"}
    assert set(personal.TABLES) | set(personal.LEFT_OUT) == theirs
    assert not set(personal.TABLES) & set(personal.LEFT_OUT)
    for name, columns in personal.TABLES.items():
        assert set(columns) <= tables[name]
        assert not {"secret", "token", "p256dh", "auth"} & set(columns)


async def test_the_archive_holds_mail_follow_ups_and_history_and_no_secret(core: Core, concierge: Account) -> None:
    ada = of(core, "ada@mailwright.test")
    await asked(core, concierge, ada)
    await asked(core, concierge, of(core, "bashir@mailwright.test"))
    inbox = await core.read(lambda tx: access.by_name(tx, ada, "INBOX"))
    await appending.append(
        core, ada, inbox.mailbox.id, [Item(letter("Hello")), Item(letter("Again", message_id="<2@x.example>"))]
    )
    hashed = accounts.hash_password(SECRET)
    await core.write(lambda tx: accounts.set_password(tx, ada, hashed))
    done, archive = await asyncio.to_thread(exported, core, ada)
    assert (done.messages, done.missing) == (2, 0)
    assert [each["what"] for each in lines(archive, "followups")] == ["Call the clinic"]
    assert [each["email"] for each in lines(archive, "users")] == [ada.email]
    assert {each["stage"] for each in lines(archive, "history")} == {"", "pending"}
    (task,) = lines(archive, "tasks")
    assert task["created_at"].endswith("Z")
    mail = [name for name in archive.namelist() if name.startswith("mail/INBOX/")]
    assert {archive.read(name) for name in mail} == {letter("Hello"), letter("Again", message_id="<2@x.example>")}
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert hashed.encode() not in everything
    assert b"bashir" not in everything
    about = json.loads(archive.read("about.json"))
    assert about["messages"] == 2
    entry = (await core.read(lambda tx: audit.listing(tx, actor=BY.name)))[0][1]
    assert (entry.action, entry.resource) == ("person.exported", ada.email)


async def test_bytes_that_are_gone_are_counted_and_stop_nothing(core: Core) -> None:
    ada = of(core, "ada@mailwright.test")
    inbox = await core.read(lambda tx: access.by_name(tx, ada, "INBOX"))
    await appending.append(core, ada, inbox.mailbox.id, [Item(letter())])
    await core.write(lambda tx: tx.execute("UPDATE messages SET blob_id = ?", (new_id(),)))
    done, _ = await asyncio.to_thread(exported, core, ada)
    assert (done.messages, done.missing) == (0, 1)


async def test_names_of_mailboxes_never_lead_out_of_the_archive(core: Core, tmp_path: Path) -> None:
    ada = of(core, "ada@mailwright.test")
    inbox = await core.read(lambda tx: access.by_name(tx, ada, "INBOX"))
    await appending.append(core, ada, inbox.mailbox.id, [Item(letter())])
    await core.write(
        lambda tx: tx.execute("UPDATE mailboxes SET name = ? WHERE id = ?", ("../../e:vil\x01/..", inbox.mailbox.id))
    )
    _, archive = await asyncio.to_thread(exported, core, ada)
    (name,) = [each for each in archive.namelist() if each.startswith("mail/")]
    assert ".." not in name
    assert name.startswith("mail/_/_/e_vil_/_/")


@pytest.mark.parametrize("guest", [False, True], ids=["mailbox", "guest"])
async def test_who_is_erased_is_gone_with_what_was_said_to_agents_and_nobody_else_is(
    core: Core, concierge: Account, guest: bool
) -> None:
    bashir = of(core, "bashir@mailwright.test")
    person = (
        await core.write(lambda tx: accounts.add_guest(tx, concierge.tenant_id, "eve@example.org"))
        if guest
        else of(core, "ada@mailwright.test")
    )
    task_id, other = await asked(core, concierge, person), await asked(core, concierge, bashir)
    assert await personaldata.erase(core, person, by=BY) == 2
    left = await core.read(lambda tx: tx.all("SELECT sender FROM messages ORDER BY sender"))
    assert left == [("bashir@mailwright.test",), ("concierge@mailwright.test",)]

    def look(tx: Tx) -> list[Any]:
        return [
            tx.scalar("SELECT count(*) FROM users WHERE id = ?", (person.id,)),
            tx.scalar("SELECT count(*) FROM followups WHERE user_id = ?", (person.id,)),
            tx.scalar("SELECT count(*) FROM snapshots WHERE task_id = ?", (task_id,)),
            tasks.get(tx, task_id).status.value,
            making.found(tx, other).status.value,
        ]

    assert await core.read(look) == [0, 0, 0, "cancelled", "pending"]
    actions = [entry.action for _, entry in await core.read(lambda tx: audit.listing(tx, actor=BY.name))]
    assert "person.erased" in actions
    assert await personaldata.erase(core, person, by=BY) == 0  # again, after it was interrupted at its very end


async def test_what_was_said_by_whatsapp_goes_with_who_is_erased(core: Core, concierge: Account) -> None:
    ada, phone = of(core, "ada@mailwright.test"), "+4915112345678"
    await core.write(lambda tx: phones.set_phone(tx, ada, phone))
    await core.write(lambda tx: whatsapp_rows.heard(tx, phone, clock.now()))
    await asked(core, concierge, ada, address=f"{phone}@whatsapp.invalid")
    assert await personaldata.erase(core, ada, by=BY) == 2
    left = await core.read(lambda tx: tx.scalar("SELECT count(*) FROM messages WHERE user_id = ?", (concierge.id,)))
    assert (left, await core.read(lambda tx: whatsapp_rows.heard_at(tx, phone))) == (0, None)


async def test_an_agent_is_no_person(core: Core, concierge: Account) -> None:
    with pytest.raises(NotPermitted):
        await personaldata.erase(core, concierge, by=BY)
