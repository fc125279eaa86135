"""Corrections made in a mail program, through the real IMAP server: IMAPClient moves and marks, the consumer reads the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

imapclient = pytest.importorskip("imapclient")

from mailwright.agents.assistant import corrections  # noqa: E402  (only where IMAPClient is installed)
from mailwright.core import triage  # noqa: E402
from mailwright.domain import clock  # noqa: E402
from mailwright.domain.events import Event  # noqa: E402
from mailwright.domain.triage import Category, MailKind  # noqa: E402
from mailwright.storage import Tx, events, triageplaces  # noqa: E402
from mailwright.storage import triage as rows  # noqa: E402
from mailwright.storage.database import Database, Mark  # noqa: E402
from mailwright.storage.triage import Item  # noqa: E402
from tests.protocols.imap.house import PASSWORD, House, clear, house_of  # noqa: E402

NEEDS_REPLY, INFORMATIONAL, SPAM = Category.NEEDS_REPLY, Category.INFORMATIONAL, Category.SPAM


class Desk:
    """Ada's mailbox with triaged mail in it, her mail program, and the consumer."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.core = house.core
        self._mark: Mark = events.START
        self._handler = corrections.on_events(house.core)
        self.batches: list[list[Event]] = []

    async def triaged(
        self, count: int = 1, *, category: Category = INFORMATIONAL, senders: int = 1, kind: MailKind = MailKind.LIST
    ) -> list[str]:
        """Mails in INBOX that were judged and carry their keyword; their ids in the order of uids."""
        await self.house.put(count)

        def write(tx: Tx) -> list[str]:
            found = tx.all(
                "SELECT m.id FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id LEFT JOIN triage t ON t.id = m.id "
                "WHERE m.user_id = ? AND b.name = 'INBOX' AND t.id IS NULL ORDER BY m.uid",
                (self.house.ada.id,),
            )
            for number, row in enumerate(found):
                rows.insert(
                    tx,
                    tenant_id=self.house.ada.tenant_id,
                    user_id=self.house.ada.id,
                    sender=f"sender{number % senders}@example.org",
                    received_at=clock.now(),
                    now=clock.now(),
                    item_id=row[0],
                )
                triage.judged(
                    tx,
                    row[0],
                    category=category,
                    confidence=0.9,
                    because="the layer says so",
                    decided_by="layer",
                    mail_kind=kind.value,
                    proven=True,
                )
            places = triageplaces.of_items(tx, [row[0] for row in found])
            triage.label(tx, self.house.ada.id, [(place, category) for place in places])
            return [row[0] for row in found]

        ids = await self.core.write(write)
        await self.consume()
        return ids

    async def program(self, use: Callable[[Any], None]) -> None:
        """Something done in a mail program, and then seen by the consumer."""

        def session() -> None:
            client = imapclient.IMAPClient("127.0.0.1", self.house.server.port, ssl=False, timeout=30)
            client.login("ada@mailwright.test", PASSWORD)
            client.select_folder("INBOX")
            use(client)
            client.logout()

        await asyncio.to_thread(session)
        await self.consume()

    async def consume(self) -> None:
        while True:
            mark = self._mark
            found = await self.core.read(lambda tx: events.read(tx, corrections.STREAM, mark, corrections.BATCH))  # noqa: B023
            self._mark = found.end
            if not found.events:
                return
            self.batches.append([event for _mark, event in found.events])
            await self.handle(self.batches[-1])

    async def handle(self, batch: list[Event]) -> None:
        commit = await self._handler(batch)
        if commit is not None:
            await self.core.write(commit)

    async def item(self, item_id: str) -> Item:
        found = await self.core.read(lambda tx: rows.by_id(tx, item_id))
        assert found is not None
        return found

    async def told(self) -> list[str]:
        owner = self.house.ada.id
        return [triage.told(each) for each in await self.core.read(lambda tx: triage.rules(tx, owner))]

    async def keywords(self, item_id: str) -> set[str]:
        from mailwright.storage import messages

        found = await self.core.read(lambda tx: messages.by_id(tx, item_id))
        assert found is not None
        return set(found.keywords)


@pytest.fixture
async def desk(any_database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with house_of(any_database, tmp_path, clear()) as house:
        await house.core.write(lambda tx: tx.execute("UPDATE users SET quota_bytes = NULL"))
        yield Desk(house)


async def test_moving_a_mail_to_junk_says_that_it_is_spam(desk: Desk) -> None:
    [item_id] = await desk.triaged()
    await desk.program(lambda client: client.move([1], "Junk"))
    item = await desk.item(item_id)
    assert (item.category, item.decided_by, item.corrected_from) == ("spam", "owner", "informational")
    assert item.because == corrections.BY_JUNK
    assert await desk.keywords(item_id) == {"spam"}
    assert await desk.told() == ["Mail of sender0@example.org that came over a mailing list is spam"]


async def test_moving_it_back_takes_the_correction_back(desk: Desk) -> None:
    [item_id] = await desk.triaged(category=NEEDS_REPLY)
    await desk.program(lambda client: client.move([1], "Junk"))

    def back(client: Any) -> None:
        client.select_folder("Junk")
        client.move([1], "INBOX")

    await desk.program(back)
    item = await desk.item(item_id)
    assert (item.category, item.corrected_from, item.because) == ("needs_reply", "", corrections.BY_RESCUE)
    assert await desk.keywords(item_id) == {"needs_reply"}
    assert await desk.told() == []


async def test_what_was_taken_for_spam_and_is_moved_out_of_junk_is_informational(desk: Desk) -> None:
    [item_id] = await desk.triaged(category=SPAM)
    await desk.program(lambda client: client.move([1], "Junk"))
    assert (await desk.item(item_id)).decided_by == "layer"  # it was spam already

    def rescue(client: Any) -> None:
        client.select_folder("Junk")
        client.move([1], "Archive")

    await desk.program(rescue)
    assert (await desk.item(item_id)).category == "informational"
    assert await desk.told() == ["Mail of sender0@example.org that came over a mailing list is informational"]


async def test_throwing_junk_away_is_no_correction(desk: Desk) -> None:
    [item_id] = await desk.triaged(category=SPAM)
    await desk.program(lambda client: client.move([1], "Junk"))

    def away(client: Any) -> None:
        client.select_folder("Junk")
        client.move([1], "Trash")

    await desk.program(away)
    assert (await desk.item(item_id)).decided_by == "layer"
    assert await desk.told() == []


async def test_a_mail_that_went_to_junk_and_back_at_once_says_nothing(desk: Desk) -> None:
    [item_id] = await desk.triaged()

    def there_and_back(client: Any) -> None:
        client.move([1], "Junk")
        client.select_folder("Junk")
        client.move([1], "INBOX")

    await desk.program(there_and_back)
    assert (await desk.item(item_id)).decided_by == "layer"
    assert await desk.told() == []


async def test_another_categorys_keyword_is_a_correction_and_takes_the_place_of_ours(desk: Desk) -> None:
    [item_id] = await desk.triaged(kind=MailKind.PERSON)
    await desk.program(lambda client: client.add_flags([1], [b"Needs_Reply", b"$Work"]))
    item = await desk.item(item_id)
    assert (item.category, item.because, item.shown) == ("needs_reply", corrections.BY_KEYWORD, "needs_reply")
    assert await desk.keywords(item_id) == {"needs_reply", "$Work"}
    assert await desk.told() == ["Mail of sender0@example.org that a person wrote needs a reply"]


async def test_a_keyword_that_is_taken_away_says_what_it_is_not(desk: Desk) -> None:
    [item_id] = await desk.triaged(category=SPAM)
    await desk.program(lambda client: client.remove_flags([1], [b"spam"]))
    assert (await desk.item(item_id)).category == "informational"
    assert await desk.keywords(item_id) == {"informational"}


async def test_the_label_of_a_mail_that_was_answered_is_done_with_and_not_wrong(desk: Desk) -> None:
    [item_id] = await desk.triaged(category=NEEDS_REPLY)

    def answer(client: Any) -> None:
        client.add_flags([1], [imapclient.ANSWERED])
        client.remove_flags([1], [b"needs_reply"])

    await desk.program(answer)
    item = await desk.item(item_id)
    assert (item.category, item.decided_by, item.shown) == ("needs_reply", "layer", "")
    assert await desk.told() == []


async def test_reading_and_flagging_say_nothing_and_neither_do_our_own_labels(desk: Desk) -> None:
    ids = await desk.triaged(5, category=NEEDS_REPLY)
    await desk.program(lambda client: client.add_flags([1, 2, 3], [imapclient.SEEN, imapclient.FLAGGED, b"$Work"]))
    assert {(await desk.item(each)).decided_by for each in ids} == {"layer"}
    assert await desk.told() == []


async def test_two_keywords_at_once_are_nothing_one_could_be_sure_of(desk: Desk) -> None:
    [item_id] = await desk.triaged()
    await desk.program(lambda client: client.add_flags([1], [b"spam", b"needs_reply"]))
    assert (await desk.item(item_id)).decided_by == "layer"


async def test_a_batch_that_comes_again_changes_nothing(desk: Desk) -> None:
    [moved, marked] = await desk.triaged(2)

    def use(client: Any) -> None:
        client.move([1], "Junk")
        client.add_flags([2], [b"needs_reply"])

    await desk.program(use)
    before = (await desk.item(moved), await desk.item(marked), await desk.told())
    for batch in list(desk.batches):
        await desk.handle(batch)
    assert (await desk.item(moved), await desk.item(marked), await desk.told()) == before


async def test_an_older_event_that_comes_late_does_not_undo_what_was_said_since(desk: Desk) -> None:
    [item_id] = await desk.triaged()
    await desk.program(lambda client: client.move([1], "Junk"))
    late = desk.batches[-2] if len(desk.batches) > 1 else desk.batches[-1]
    owner = desk.house.ada.id
    await desk.core.write(
        lambda tx: triage.correct(tx, desk.core, user_id=owner, item_id=item_id, category="needs_reply", by=None)
    )
    await desk.consume()
    for batch in (late, *desk.batches):
        await desk.handle(batch)
    item = await desk.item(item_id)
    assert item.category == "needs_reply"
    roles = await desk.core.read(
        lambda tx: tx.scalar(
            "SELECT b.role FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id WHERE m.id = ?", (item_id,)
        )
    )
    assert roles == "inbox"  # it left Junk with the click


async def test_a_click_that_sends_a_mail_to_junk_is_one_correction(desk: Desk) -> None:
    [item_id] = await desk.triaged()
    owner = desk.house.ada.id
    await desk.core.write(
        lambda tx: triage.correct(tx, desk.core, user_id=owner, item_id=item_id, category="spam", to_junk=True)
    )
    await desk.consume()
    rules = await desk.core.read(lambda tx: triage.rules(tx, owner))
    assert [(each.category, each.times) for each in rules] == [("spam", 1)]
    assert (await desk.item(item_id)).because == triage.SAID


async def test_a_program_that_moves_by_copying_corrects_as_well(desk: Desk) -> None:
    [item_id] = await desk.triaged()

    def copy(client: Any) -> None:
        client.copy([1], "Junk")
        client.delete_messages([1])
        client.expunge()

    await desk.program(copy)
    owner = desk.house.ada.id
    [item] = await desk.core.read(lambda tx: rows.listing(tx, owner))
    assert item.id != item_id
    assert (item.category, item.corrected_from) == ("spam", "informational")
    assert await desk.keywords(item.id) == {"spam"}
    assert await desk.told() == ["Mail of sender0@example.org that came over a mailing list is spam"]


async def test_what_is_removed_for_good_is_forgotten(desk: Desk) -> None:
    [gone, there] = await desk.triaged(2)

    def remove(client: Any) -> None:
        client.delete_messages([1])
        client.expunge()

    await desk.program(remove)
    known = await desk.core.read(lambda tx: rows.known(tx, [gone, there]))
    assert set(known) == {there}


async def test_mail_that_was_never_triaged_and_people_without_an_assistant_are_left_alone(desk: Desk) -> None:
    await desk.house.put(2)
    await desk.program(lambda client: client.move([1], "Junk"))
    await desk.program(lambda client: client.add_flags([2], [b"spam"]))
    assert await desk.told() == []


async def test_five_thousand_mails_moved_with_one_command_teach_little_and_are_all_corrected(desk: Desk) -> None:
    count = 5_000
    await desk.triaged(count, senders=1_000)
    began = time.monotonic()
    await desk.program(lambda client: client.move(f"1:{count}", "Junk"))
    print(f"moved and corrected {count} in {time.monotonic() - began:.1f} s")
    owner = desk.house.ada.id

    def spam(tx: Tx) -> tuple[int, int, int]:
        sql = "SELECT count(*) FROM triage WHERE user_id = ? AND category = 'spam' AND shown = 'spam'"
        marked = "SELECT count(*) FROM messages WHERE user_id = ? AND keywords = '[\"spam\"]'"
        audited = "SELECT count(*) FROM audit_events WHERE action = 'triage.corrected'"
        return tx.scalar(sql, (owner,)), tx.scalar(marked, (owner,)), tx.scalar(audited)

    corrected, marked, audited = await desk.core.read(spam)
    assert (corrected, marked) == (count, count)
    assert audited <= 10
    assert 1 <= len(await desk.told()) <= 40

    def back(client: Any) -> None:
        client.select_folder("Junk")
        client.move(f"1:{count}", "INBOX")

    await desk.program(back)
    assert (await desk.core.read(spam))[0] == 0
    assert await desk.told() == []
