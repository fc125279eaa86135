"""The assistant on an IMAP account elsewhere: what looks find, and the inbox it works on. The servers are real."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from mailwright.agents.assistant import looking, looks
from mailwright.agents.assistant.imapinbox import ImapInbox
from mailwright.agents.assistant.inbox import Answered
from mailwright.agents.assistant.looks import Account, Looking
from mailwright.agents.assistant.looks_imap import ImapLooks
from mailwright.core import Core, CoreSettings, accounts, assistants, connections, domains
from mailwright.domain import clock
from mailwright.domain.clock import DAY, MINUTE
from mailwright.domain.envelope import Origin
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import NotFound
from mailwright.domain.triage import Category
from mailwright.elsewhere import Elsewhere
from mailwright.pipeline import Flows, Request
from mailwright.settings import load
from mailwright.storage import Database, Tx, open_blobs, triage
from mailwright.storage.audit import SYSTEM
from mailwright.storage.connections import Connection
from mailwright.storage.triage import Item
from tests.servers.imapthere import ADA, EVE, There, mail

pytestmark = pytest.mark.server


class Handed:
    """Where workflows go."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    async def hand_off(self, requests: Sequence[Request]) -> None:
        self.ids += [request.id for request in requests]


@pytest.fixture
def core(database: Database, tmp_path: Path) -> Core:
    made = Core(database, open_blobs(database, f"file://{tmp_path}"), CoreSettings("mail.mailwright.test"))

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        ada = accounts.add_user(tx, made, ADA)
        assistants.switch_on(tx, made, ada, by=SYSTEM)

    database.write_now(people)
    return made


@pytest.fixture
def connection(core: Core, there: There) -> Connection:
    server = there.server.as_values()

    def write(tx: Tx) -> Connection:
        ada = accounts.find(tx, ADA)
        return connections.add_imap(tx, core, ada, address=ADA, password=there.password, **server)

    return core.database.write_now(write)


@pytest.fixture
def handed(core: Core, there: There) -> Handed:
    made = Handed()

    async def opened(found: Connection) -> Account:
        return ImapLooks(core, found, there.account(), full=200)

    looks.configure(Looking(core, cast(Flows, made), {"imap": opened}))
    return made


async def look(core: Core, connection: Connection) -> int:
    def soon(tx: Tx) -> None:
        connections.look_soon(tx, None, connection.id)

    core.database.write_now(soon)
    return await looking.read_on(connection.id, "0")


def items(core: Core) -> list[Item]:
    def read(tx: Tx) -> list[Item]:
        return triage.listing(tx, accounts.find(tx, ADA).id)

    return sorted(core.database.read_now(read), key=lambda item: item.header_id)


async def test_new_mail_becomes_work_once(core: Core, connection: Connection, there: There, handed: Handed) -> None:
    there.put("INBOX", mail("<old@example.org>"), days_ago=2)
    there.put("INBOX", mail("<1@example.org>", sender="Eve Ö <Eve+x@Example.org>", subject="Prices\tplease"))
    there.put("INBOX", mail("<own@mailwright.test>", sender=ADA))
    assert await look(core, connection) == 1
    there.put("INBOX", mail("<2@example.org>", refs="<1@example.org>"))
    assert await look(core, connection) == 1
    assert await look(core, connection) == 0
    first, second = items(core)
    assert (first.header_id, first.sender, first.sender_name) == ("<1@example.org>", EVE, "Eve Ö")
    assert first.remote_thread == second.remote_thread == "<1@example.org>"
    assert len(set(handed.ids)) == 2
    found = core.database.read_now(lambda tx: connections.load(tx, connection.id))
    assert (found.state, found.failures) == ("connected", 0)
    assert connections.health(found, clock.now(), push_expected=False)[0] == "connected"


async def test_a_first_look_takes_the_newest_fifty(
    core: Core, connection: Connection, there: There, handed: Handed
) -> None:
    for n in range(53):
        there.put("INBOX", mail(f"<{n}@example.org>"))
    assert await look(core, connection) == 50
    assert "<0@example.org>" not in {item.header_id for item in items(core)}


async def test_a_mailbox_that_was_numbered_anew_brings_nothing_twice(
    core: Core, connection: Connection, there: There, handed: Handed
) -> None:
    there.put("INBOX", mail("<1@example.org>"))
    await look(core, connection)
    core.database.write_now(
        lambda tx: connections.looked(
            tx, connection.id, cursor='{"validity": 1, "uid": 9}', now=clock.now(), next_look_at=clock.now()
        )
    )
    core.database.write_now(lambda tx: tx.execute("UPDATE triage SET remote_id = '1.9'"))
    there.put("INBOX", mail("<2@example.org>"))
    assert await look(core, connection) == 1
    assert [item.header_id for item in items(core)] == ["<1@example.org>", "<2@example.org>"]
    inbox = ImapInbox(there.account(), (ADA,))
    assert b"<1@example.org>" in (await inbox.mail(items(core)[0])).raw  # found by its Message-ID


async def test_a_changed_keyword_is_the_owners_word(
    core: Core, connection: Connection, there: There, handed: Handed
) -> None:
    for n in (1, 2, 3):
        there.put("INBOX", mail(f"<{n}@example.org>"))
    await look(core, connection)
    inbox = ImapInbox(there.account(), (ADA,))
    for item in items(core):
        await inbox.show(item, Category.INFORMATIONAL)

        def shown(tx: Tx, item: Item = item) -> None:
            triage.update(tx, item.id, now=clock.now(), category="informational", shown="informational")

        core.database.write_now(shown)
    await look(core, connection)
    assert [item.corrected_from for item in items(core)] == ["", "", ""]  # what we did ourselves says nothing
    there.client.select_folder("INBOX")
    uids = sorted(there.client.search())
    there.client.add_flags([uids[0]], [b"needs_reply"])
    there.client.remove_flags([uids[1]], [b"informational"])
    there.client.add_flags([uids[2]], [b"\\Seen"])
    await look(core, connection)
    first, second, third = items(core)
    assert (first.category, first.corrected_from) == ("needs_reply", "informational")
    assert (second.category, second.shown) == ("informational", "")
    assert (third.category, third.shown, third.corrected_from) == ("informational", "informational", "")


async def test_the_inbox_keeps_its_promises(core: Core, connection: Connection, there: There, handed: Handed) -> None:
    there.put("Sent", mail("<0@mailwright.test>", sender=ADA, to=EVE), days_ago=3)
    there.put("INBOX", mail("<1@example.org>", refs="<0@mailwright.test>"), days_ago=0.5)
    there.put("INBOX", mail("<2@example.org>", sender="Stranger <new@example.net>"))
    await look(core, connection)
    first, second = items(core)
    inbox = ImapInbox(there.account(), (ADA,))
    thread = await inbox.thread(first, 10)
    assert [(each.mine, each.origin) for each in thread] == [(True, Origin.OWNER), (False, Origin.STRANGER)]
    assert thread[1].raw == (await inbox.mail(first)).raw
    assert [each.raw for each in await inbox.thread(first, 1)] == [thread[1].raw]
    assert len(await inbox.thread(second, 10)) == 1
    assert await inbox.written_to(first)
    assert not await inbox.written_to(second)
    draft = mail("<d@mailwright.test>", sender=ADA, to=EVE, refs="<1@example.org>")
    assert await inbox.find_draft(first, "<d@mailwright.test>") is None
    name = await inbox.make_draft(first, draft, "<d@mailwright.test>")
    assert await inbox.make_draft(first, draft, "<d@mailwright.test>") == name
    assert await inbox.find_draft(first, "<d@mailwright.test>") == name
    assert await inbox.draft(name) == draft
    assert len(await inbox.thread(first, 10)) == 2  # drafts are no part of it
    await inbox.remove_draft(name)
    assert await inbox.draft(name) is None
    there.put("Sent", mail("<3@mailwright.test>", sender=ADA, to=EVE, refs="<1@example.org>"))
    with pytest.raises(Answered):
        await inbox.make_draft(first, draft, "<d@mailwright.test>")
    assert [b"<3@" in each.raw for each in await inbox.sent(9)] == [True, False]
    there.client.select_folder("INBOX")
    there.client.delete_messages(there.client.search())
    there.client.expunge()
    with pytest.raises(NotFound):
        await inbox.mail(first)
    await inbox.show(first, Category.SPAM)  # what is gone carries no label
    assert not any(b"\\Seen" in flags for flags in there.flags("Sent").values())


async def test_an_account_that_lets_nobody_in_waits_for_its_owner(
    core: Core, connection: Connection, there: There, handed: Handed
) -> None:
    if there.context is None:
        pytest.skip("this Dovecot lets everybody in")
    there.password = "another one"
    await look(core, connection)
    found = core.database.read_now(lambda tx: connections.load(tx, connection.id))
    assert found.state == "revoked"
    assert "did not let" in found.because
    assert "another one" not in found.because
    assert found.next_look_at > clock.now() + 300 * DAY
    assert connections.health(found, clock.now() + MINUTE, push_expected=False)[0] == "revoked"


async def test_a_paused_account_is_not_opened(core: Core, connection: Connection, tmp_path: Path) -> None:
    elsewhere = Elsewhere(load(data=tmp_path), core)
    await (await elsewhere.inbox(connection.user_id, connection.id)).close()
    with pytest.raises(NotFound):
        await elsewhere.inbox(new_id(), connection.id)

    def pause(tx: Tx) -> None:
        connections.set_enabled(tx, accounts.find(tx, ADA), connection.id, on=False)

    core.database.write_now(pause)
    with pytest.raises(NotFound, match="paused"):
        await elsewhere.inbox(connection.user_id, connection.id)
