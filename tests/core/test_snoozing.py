"""Snoozing: put aside, back in time, once, and what people did by hand meanwhile stands."""

import asyncio
import json

import pytest

from mailwright.codecs import mime
from mailwright.core import access, accounts, mailboxes, messages, moving, snoozing
from mailwright.core.expunge import remove_uids
from mailwright.core.messages import Provenance
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, MINUTE
from mailwright.domain.envelope import Origin
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.storage import snoozes, views
from mailwright.storage.messages import Flag

from .conftest import letter

ADA = "ada@mailwright.test"


@pytest.fixture
def ada(core):
    return core.database.read_now(lambda tx: accounts.find(tx, ADA))


async def file(core, account, *, role="inbox", message_id="<1@example.org>", extra="", flags=Flag.SEEN):
    raw = letter(message_id=message_id, extra=extra)
    blob = await core.blobs.stage(account.tenant_id, raw)

    def write(tx):
        core.blobs.put(tx, blob)
        return messages.append(
            tx,
            tenant_id=account.tenant_id,
            user_id=account.id,
            role=role,
            blob=blob,
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.STRANGER, "c"),
            received_at=clock.now(),
            flags=flags,
        )

    return await core.write(write)


async def snoozed(core, account, message_id, until=None, **more):
    moment = clock.now() + HOUR if until is None else until
    return await core.write(lambda tx: snoozing.snooze(tx, core, account, message_id, moment, **more))


def where(core, message_id):
    """Name and role of the mailbox, flags and keywords of a message."""
    row = core.database.read_now(
        lambda tx: tx.one(
            "SELECT b.name, b.role, m.flags, m.keywords FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id "
            "WHERE m.id = ?",
            (message_id,),
        )
    )
    return (row[0], row[1], Flag(row[2]), json.loads(row[3]))


async def move(core, account, message_id, name):
    def run(tx):
        message = messages.load(tx, message_id)
        moving.move(
            tx, core, access.by_id(tx, account, message.mailbox_id), access.by_name(tx, account, name), [message.uid]
        )

    await core.write(run)


async def test_a_message_is_put_aside_and_comes_back_unread(core, ada):
    message = await file(core, ada)
    before = await core.read(lambda tx: accounts.rows.modseq_of(tx, ada.id))
    until = clock.now() + DAY
    assert await snoozed(core, ada, message, until) == [message]
    assert where(core, message)[:2] == ("Snoozed", "snoozed")
    found = await core.read(lambda tx: snoozing.listing(tx, ada))
    assert [(each.message_id, each.until_at) for each in found] == [(message, until)]
    assert await snoozing.wake_due(core, until - 1) == 0
    assert await snoozing.wake_due(core, until) == 1
    assert where(core, message) == ("INBOX", "inbox", Flag(0), [snoozing.RETURNED])
    assert await core.read(lambda tx: snoozing.listing(tx, ada)) == []
    assert await core.read(lambda tx: accounts.rows.modseq_of(tx, ada.id)) > before
    assert await snoozing.wake_due(core, until) == 0


async def test_it_comes_back_to_where_it_was_or_to_inbox_when_that_is_gone(core, ada):
    kept, lost = await file(core, ada), await file(core, ada, message_id="<2@example.org>")
    await core.write(lambda tx: mailboxes.create(tx, ada, "Projects"))
    await core.write(lambda tx: mailboxes.create(tx, ada, "Gone"))
    await move(core, ada, kept, "Projects")
    await move(core, ada, lost, "Gone")
    await snoozed(core, ada, kept)
    await snoozed(core, ada, lost)
    await core.write(lambda tx: mailboxes.remove(tx, ada, "Gone"))
    assert await snoozing.wake_due(core, clock.now() + DAY) == 2
    assert where(core, kept)[0] == "Projects"
    assert where(core, lost)[0] == "INBOX"


async def test_the_conversation_in_the_inbox_goes_along_when_that_is_asked_for(core, ada):
    first = await file(core, ada)
    reply = await file(core, ada, message_id="<2@example.org>", extra="In-Reply-To: <1@example.org>\n")
    filed = await file(core, ada, role="archive", message_id="<3@example.org>", extra="In-Reply-To: <1@example.org>\n")
    other = await file(core, ada, message_id="<4@example.org>")
    assert set(await snoozed(core, ada, first, thread=True)) == {first, reply}
    assert [where(core, each)[0] for each in (first, reply, filed, other)] == ["Snoozed", "Snoozed", "Archive", "INBOX"]
    assert await snoozing.wake_due(core, clock.now() + DAY) == 2
    assert [where(core, each)[0] for each in (first, reply)] == ["INBOX", "INBOX"]


async def test_another_time_replaces_the_first_and_waking_is_at_once(core, ada):
    message = await file(core, ada, role="archive")
    await snoozed(core, ada, message, clock.now() + HOUR)
    await snoozed(core, ada, message, clock.now() + DAY)
    assert await snoozing.wake_due(core, clock.now() + 2 * HOUR) == 0
    await core.write(lambda tx: snoozing.wake(tx, core, ada, message))
    assert where(core, message)[0] == "Archive"
    with pytest.raises(NotFound):
        await core.write(lambda tx: snoozing.wake(tx, core, ada, message))


async def test_what_was_moved_or_deleted_by_hand_is_left_alone_and_forgotten(core, ada):
    moved, deleted = await file(core, ada), await file(core, ada, message_id="<2@example.org>")
    await snoozed(core, ada, moved)
    await snoozed(core, ada, deleted)
    await move(core, ada, moved, "Archive")

    def expunge(tx):
        message = messages.load(tx, deleted)
        remove_uids(tx, message.mailbox_id, [message.uid], because="by hand")

    await core.write(expunge)
    assert await core.read(lambda tx: snoozing.listing(tx, ada)) == []
    assert await snoozing.wake_due(core, clock.now() + DAY) == 0
    assert where(core, moved) == ("Archive", "archive", Flag.SEEN, [])
    assert await core.read(lambda tx: snoozes.users_due(tx, clock.now() + DAY, 10)) == []
    await snoozed(core, ada, moved)  # and from there it comes back to there
    await snoozing.wake_due(core, clock.now() + DAY)
    assert where(core, moved)[0] == "Archive"


async def test_what_was_put_into_snoozed_by_hand_comes_back_to_inbox_once_it_has_a_time(core, ada):
    message = await file(core, ada)
    await core.write(lambda tx: mailboxes.with_role(tx, ada, "snoozed"))
    await move(core, ada, message, "Snoozed")
    await snoozed(core, ada, message)
    await snoozing.wake_due(core, clock.now() + DAY)
    assert where(core, message)[0] == "INBOX"


@pytest.mark.parametrize("offset", [-MINUTE, 0, 6 * 366 * DAY])
async def test_a_time_that_is_past_or_years_away_is_refused(core, ada, offset):
    message = await file(core, ada)
    with pytest.raises(BadInput):
        await snoozed(core, ada, message, clock.now() + offset)
    assert where(core, message)[0] == "INBOX"


async def test_somebody_elses_message_is_not_there(core, ada):
    bashir = await core.read(lambda tx: accounts.find(tx, "bashir@mailwright.test"))
    message = await file(core, bashir)
    for wrong in (message, new_id(), "nonsense"):
        with pytest.raises(NotFound):
            await snoozed(core, ada, wrong)
        with pytest.raises(NotFound):
            await core.write(lambda tx, wrong=wrong: snoozing.wake(tx, core, ada, wrong))
    await snoozed(core, bashir, message)
    with pytest.raises(NotFound):
        await core.write(lambda tx: snoozing.wake(tx, core, ada, message))
    assert await core.read(lambda tx: snoozing.listing(tx, ada)) == []


async def test_several_schedulers_wake_each_message_once(core, ada):
    ids = [await file(core, ada, message_id=f"<{n}@example.org>") for n in range(12)]
    for each in ids:
        await snoozed(core, ada, each)
    moment = clock.now() + DAY
    counts = await asyncio.gather(*(snoozing.wake_due(core, moment) for _ in range(4)))
    assert sum(counts) == 12
    inbox = await core.read(lambda tx: access.by_name(tx, ada, "INBOX").mailbox)
    assert inbox.total == inbox.unseen == len(await core.read(lambda tx: views.uids(tx, inbox.id))) == 12


async def test_trouble_with_one_persons_mail_does_not_keep_everybody_elses_away(core, ada, monkeypatch):
    bashir = await core.read(lambda tx: accounts.find(tx, "bashir@mailwright.test"))
    hers, his = await file(core, ada), await file(core, bashir)
    await snoozed(core, ada, hers)
    await snoozed(core, bashir, his)
    move_back = moving.move

    def broken(tx, core, source, target, wanted):
        if source.mailbox.user_id == ada.id:
            raise RuntimeError("broken")
        return move_back(tx, core, source, target, wanted)

    with monkeypatch.context() as patched:
        patched.setattr(moving, "move", broken)
        assert await snoozing.wake_due(core, clock.now() + DAY) == 1
    assert where(core, his)[0] == "INBOX"
    assert where(core, hers)[0] == "Snoozed"  # nothing of it was done by half
    assert await snoozing.wake_due(core, clock.now() + DAY) == 1


async def test_who_is_removed_leaves_nothing_to_wake(core, ada):
    message = await file(core, ada)
    await snoozed(core, ada, message)
    await core.write(lambda tx: tx.execute("UPDATE snoozes SET user_id = ?", (new_id(),)))
    assert await snoozing.wake_due(core, clock.now() + DAY) == 0
    assert await core.read(lambda tx: snoozes.users_due(tx, clock.now() + DAY, 10)) == []
