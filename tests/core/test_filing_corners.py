"""Filing where things go half wrong: nothing is left behind for who was refused, and nobody loses mail without a word."""

import asyncio

import pytest

from mailwright.core import accept, accounts, localdelivery
from mailwright.domain import clock
from mailwright.domain.envelope import Channel, Verdict
from mailwright.domain.refusals import ExceedsQuota, LoopDetected, MailboxFull, NoSuchRecipient
from mailwright.storage import accounts as account_rows
from mailwright.storage import outbox as outbox_rows

from .conftest import envelope, letter
from .test_accept import ADA, inbox

BASHIR = "bashir@mailwright.test"


def count(core, table):
    return core.database.read_now(lambda tx: tx.scalar(f"SELECT count(*) FROM {table}"))


def used(core, who=ADA):
    return core.database.read_now(lambda tx: accounts.find(tx, who)).used_bytes


def lose_inbox(core, who=ADA):
    core.database.write_now(
        lambda tx: tx.execute(
            "UPDATE mailboxes SET role = NULL WHERE role = 'inbox' AND user_id = ?", (accounts.find(tx, who).id,)
        )
    )


async def test_a_refused_delivery_leaves_nothing_behind(core):
    core.database.write_now(lambda tx: account_rows.set_quota(tx, accounts.find(tx, ADA).id, 100))
    receipt = await accept.accept(core, envelope(ADA), letter(), Verdict())
    assert isinstance(receipt.outcomes[0].refusal, ExceedsQuota)
    assert [count(core, table) for table in ("inbound", "messages", "outbox", "events", "blobs", "thread_refs")] == [
        0
    ] * 6
    assert used(core) == 0


async def test_who_has_no_inbox_is_no_recipient_and_may_become_one(core):
    lose_inbox(core)
    receipt = await accept.accept(core, envelope(ADA, BASHIR), letter(), Verdict())
    assert isinstance(receipt.outcomes[0].refusal, NoSuchRecipient)
    assert receipt.outcomes[1].refusal is None
    assert (count(core, "inbound"), used(core)) == (1, 0)
    core.database.write_now(lambda tx: tx.execute("UPDATE mailboxes SET role = 'inbox' WHERE role IS NULL"))
    again = await accept.accept(core, envelope(ADA), letter(), Verdict())
    assert (again.outcomes[0].refusal, again.outcomes[0].duplicate) == (None, False)
    assert len(inbox(core)[1]) == 1


async def test_a_member_without_an_inbox_does_not_keep_the_mail_from_the_group(core):
    core.database.write_now(lambda tx: accounts.add_alias(tx, "team@mailwright.test", (ADA, BASHIR)))
    lose_inbox(core)
    receipt = await accept.accept(core, envelope("team@mailwright.test"), letter(), Verdict())
    assert receipt.outcomes[0].refusal is None
    assert len(inbox(core, BASHIR)[1]) == 1
    assert used(core) == 0


async def test_a_group_that_reaches_nobody_refuses_the_mail(core):
    def groups(tx):
        accounts.add_alias(tx, "one@mailwright.test", ("two@mailwright.test",))
        accounts.add_alias(tx, "two@mailwright.test", ("one@mailwright.test", "gone@mailwright.test"))

    core.database.write_now(groups)
    receipt = await accept.accept(core, envelope("one@mailwright.test"), letter(), Verdict())
    assert isinstance(receipt.outcomes[0].refusal, NoSuchRecipient)
    assert count(core, "inbound") == 0


async def test_a_group_that_is_too_large_refuses_the_mail_instead_of_forgetting_members(core, monkeypatch):
    monkeypatch.setattr("mailwright.core.routing.MAX_EXPANSION", 3)
    members = tuple(f"friend{number}@example.net" for number in range(4))
    core.database.write_now(lambda tx: accounts.add_alias(tx, "team@mailwright.test", members))
    receipt = await accept.accept(core, envelope("team@mailwright.test"), letter(), Verdict())
    assert isinstance(receipt.outcomes[0].refusal, LoopDetected)
    assert (count(core, "inbound"), count(core, "outbox")) == (0, 0)


async def test_who_is_refused_for_good_beside_others_is_told_of_by_a_bounce(core):
    """RFC 5321 §4.2.5: SMTP has one answer for the message; after a 250 the refusal of one recipient is ours to report."""
    core.database.write_now(lambda tx: account_rows.set_quota(tx, accounts.find(tx, ADA).id, 100))
    for _ in range(2):
        receipt = await accept.accept(core, envelope(ADA, BASHIR), letter(), Verdict())
        assert isinstance(receipt.outcomes[0].refusal, ExceedsQuota)
    due = core.database.read_now(lambda tx: outbox_rows.due(tx, "local", clock.now(), 10))
    assert [str(row.recipient) for row in due] == [ADA]
    await localdelivery.deliver(core, due, clock.now())
    (bounce,) = core.database.read_now(lambda tx: outbox_rows.listing(tx, status="queued", user_id=None, limit=10))
    assert (str(bounce.recipient), bounce.sender) == ("eve@example.org", None)
    assert b"Final-Recipient: rfc822; ada@mailwright.test" in await core.blobs.read(bounce.blob_id)


@pytest.mark.parametrize("channel", [Channel.LMTP, Channel.HOOK])
async def test_an_entrance_that_answers_for_each_recipient_tells_its_client_itself(core, channel):
    core.database.write_now(lambda tx: account_rows.set_quota(tx, accounts.find(tx, ADA).id, 100))
    await accept.accept(core, envelope(ADA, BASHIR, channel=channel), letter(), Verdict())
    assert count(core, "outbox") == 0


async def test_while_somebody_is_refused_for_now_the_client_keeps_the_message(core):
    def shrink(tx):
        account_rows.set_quota(tx, accounts.find(tx, ADA).id, 100)
        account_rows.set_quota(tx, accounts.find(tx, BASHIR).id, 10_000)
        tx.execute("UPDATE users SET used_bytes = 9990 WHERE email = ?", (BASHIR,))

    core.database.write_now(shrink)
    receipt = await accept.accept(core, envelope(ADA, BASHIR, "chen@mailwright.test"), letter(), Verdict())
    assert isinstance(receipt.outcomes[1].refusal, MailboxFull)
    assert count(core, "outbox") == 0


async def test_a_large_message_that_nobody_keeps_leaves_no_file(core, tmp_path):
    large = letter(body="line\n" * 80_000)
    await accept.accept(core, envelope(ADA), large, Verdict())
    await accept.accept(core, envelope(ADA), large, Verdict())
    core.database.write_now(lambda tx: account_rows.set_quota(tx, accounts.find(tx, BASHIR).id, 100))
    await accept.accept(core, envelope(BASHIR), large, Verdict())
    files = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert [path.stem for path in files] == [inbox(core)[1][0].blob_id]


async def test_two_sessions_with_the_same_bytes_file_them_once(core):
    receipts = await asyncio.gather(
        *(accept.accept(core, envelope(ADA, BASHIR), letter(), Verdict()) for _ in range(20))
    )
    assert sum(not outcome.duplicate for receipt in receipts for outcome in receipt.outcomes) == 2
    assert len(inbox(core)[1]) == len(inbox(core, BASHIR)[1]) == 1
