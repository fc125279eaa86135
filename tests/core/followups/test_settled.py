"""What becomes of the reminder becomes of the follow-up: sent, failed, taken back, late, repeated."""

from __future__ import annotations

import pytest

from mailwright.core import Core, outbox
from mailwright.core.accounts import Account
from mailwright.core.followups import changing, making, settled
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY
from mailwright.domain.events import OUTBOX_SETTLED, STREAMS, Event
from mailwright.domain.followups import FollowupStatus
from mailwright.domain.ids import new_id
from mailwright.storage import Tx, audit
from mailwright.storage import outbox as outbox_rows
from mailwright.storage.followups import Followup
from tests.core.followups.conftest import ADA, Make
from tests.core.followups.states import move

S = FollowupStatus


async def sending(core: Core, known: Followup, *, kind: str = "reminder") -> str:
    """Its reminder waits in the outbox; the id of the row."""
    blob = await core.blobs.stage(known.tenant_id, b"Subject: Reminder\r\n\r\nCall.\r\n")

    def write(tx: Tx) -> str:
        core.blobs.put(tx, blob)
        now_due = move(tx, core, known, S.SENDING)
        said = f"<followup.{known.id}.{now_due.occurrence}@mail.mailwright.test>"
        changing.note_said(tx, known.id, said_id=said)
        (row_id,) = outbox.enqueue(
            tx,
            tenant_id=known.tenant_id,
            user_id=known.agent_user_id,
            sender=Address.parse("concierge@mailwright.test"),
            recipients=[Address.parse("ada@mailwright.test")],
            blob_id=blob.id,
            message_id=said,
            idempotency_key=settled.key_of(known.id, now_due.generation, now_due.occurrence, kind),
            correlation_id="c",
        )
        return row_id

    return await core.write(write)


async def settle(core: Core, outbox_id: str, status: str, *, error: str = "") -> None:
    """As the dispatcher does it, and then the consumer."""

    def write(tx: Tx) -> None:
        tx.execute("UPDATE outbox SET status = ?, last_error = ? WHERE id = ?", (status, error, outbox_id))

    await core.write(write)
    await hear(core, outbox_id, status)


async def hear(core: Core, outbox_id: str, status: str) -> None:
    event = Event(1, OUTBOX_SETTLED, outbox_id, {"outbox_id": outbox_id, "status": status}, "c", clock.now())
    commit = await settled.on_settled(core)([event])
    if commit is not None:
        await core.write(commit)


async def stands(core: Core, known: Followup) -> Followup:
    return await core.read(lambda tx: making.found(tx, known.id))


def test_the_consumer_reads_what_settles_in_the_outbox() -> None:
    assert STREAMS[settled.STREAM] == {OUTBOX_SETTLED}


async def test_a_reminder_that_was_sent_ends_it(core: Core, make: Make) -> None:
    known = make()
    row = await sending(core, known)
    await settle(core, row, "sent")
    done = await stands(core, known)
    assert (done.status, done.because) == (S.DONE, "its reminder was sent")
    await hear(core, row, "sent")
    assert await stands(core, known) == done


async def test_one_that_could_not_be_sent_fails_it_and_says_why(core: Core, make: Make) -> None:
    known = make()
    row = await sending(core, known)
    await settle(core, row, "failed", error="5.1.1 no such user")
    failed = await stands(core, known)
    assert (failed.status, failed.last_error) == (S.FAILED, "5.1.1 no such user")
    entry = (await core.read(lambda tx: audit.listing(tx)))[0][1]
    assert (entry.actor, entry.action, entry.resource) == ("concierge", "followup.failed", known.id)


async def test_one_that_failed_and_was_sent_at_last_is_done(core: Core, make: Make) -> None:
    known = make()
    row = await sending(core, known)
    await settle(core, row, "failed", error="4.4.1 away")
    await settle(core, row, "sent")
    done = await stands(core, known)
    assert (done.status, done.because) == (S.DONE, "its reminder was sent after all")
    await hear(core, row, "sent")
    assert await stands(core, known) == done


async def test_one_that_was_taken_and_given_up_later_failed(core: Core, make: Make) -> None:
    known = make()
    row = await sending(core, known)
    await settle(core, row, "sent")
    await settle(core, row, "failed", error="131026 undeliverable")
    assert (await stands(core, known)).status is S.FAILED


async def test_one_that_is_taken_back_drops_it(core: Core, make: Make) -> None:
    known = make()
    row = await sending(core, known)
    await core.write(lambda tx: outbox.cancel(tx, row))
    await hear(core, row, "cancelled")
    assert (await stands(core, known)).status is S.CANCELLED


async def test_a_confirmation_or_somebody_elses_mail_ends_nothing(core: Core, make: Make) -> None:
    known = make()
    row = await sending(core, known, kind="confirmation")
    await settle(core, row, "sent")
    await hear(core, new_id(), "sent")
    assert (await stands(core, known)).status is S.SENDING


@pytest.mark.parametrize(
    "key",
    [
        "",
        "employee:x",
        "concierge:no-id:1:1:reminder",
        "concierge:a-name:1:1:reminder",
        "journal:1:2:3:4:5",
    ],
    ids=["empty", "employee", "no-id", "a-name", "journal"],
)
def test_other_keys_are_not_taken_for_ours(key: str) -> None:
    assert settled.sent_of(key) is None


async def test_the_reminder_of_an_earlier_time_ends_nothing(core: Core, make: Make) -> None:
    known = make()
    row = await sending(core, known)
    await core.write(lambda tx: changing.snooze(tx, core, known.id, clock.now() + DAY, by=ADA, because="later"))
    await hear(core, row, "sent")
    assert (await stands(core, known)).status is S.PENDING


@pytest.mark.parametrize("verb", ["cancel", "snooze", "complete"])
async def test_what_waits_in_the_outbox_is_taken_back_when_it_is_not_wanted_now(
    core: Core, make: Make, verb: str
) -> None:
    known = make()
    row = await sending(core, known)

    def change(tx: Tx) -> Followup:
        if verb == "snooze":
            return changing.snooze(tx, core, known.id, clock.now() + DAY, by=ADA, because="later")
        do = changing.cancel if verb == "cancel" else changing.complete
        return do(tx, core, known.id, by=ADA, because="not wanted")

    changed = await core.write(change)
    waiting = await core.read(lambda tx: outbox_rows.by_id(tx, row))
    assert waiting is not None
    assert waiting.status == "cancelled"
    await hear(core, row, "cancelled")
    assert await stands(core, known) == changed


async def test_what_is_under_way_is_not_called_back(core: Core, make: Make) -> None:
    known = make()
    row = await sending(core, known)
    await core.write(lambda tx: tx.execute("UPDATE outbox SET status = 'sending' WHERE id = ?", (row,)))
    assert (
        await core.write(lambda tx: changing.cancel(tx, core, known.id, by=ADA, because="no more"))
    ).status is S.CANCELLED
    await settle(core, row, "sent")
    assert (await stands(core, known)).status is S.CANCELLED


async def test_a_removed_account_leaves_nothing_to_settle(core: Core, make: Make, ada: Account) -> None:
    from mailwright.core import accounts

    row = await sending(core, make())
    await core.write(lambda tx: accounts.remove_user(tx, ada.email))
    await hear(core, row, "sent")
