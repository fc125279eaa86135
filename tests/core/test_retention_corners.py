"""Retention where things go wrong: one message must not stop the sweep, and nothing that is needed may be collected."""

import os
import threading

import pytest

from mailwright.core import CoreSettings, accept, accounts, domains, filing, outbox, retention
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Verdict
from mailwright.storage import audit, messages
from mailwright.storage import outbox as outbox_rows
from mailwright.storage import retention as policies

from .conftest import envelope, letter
from .test_accept import ADA, inbox
from .test_retention import age, blob_count, collect_all

BASHIR = "bashir@mailwright.test"


def redacting(core):
    core.settings = CoreSettings(redact_after=60 * clock.DAY)
    age(core, 61)


async def test_a_blob_whose_local_copy_is_filed_at_this_moment_is_not_collected(core, monkeypatch):
    """Between one question and the next another process may file the copy and settle the outbox row."""
    tenant = core.database.read_now(lambda tx: accounts.find(tx, ADA)).tenant_id
    blob = await core.blobs.stage(tenant, letter())

    def queue(tx):
        core.blobs.put(tx, blob)
        outbox.enqueue(
            tx,
            tenant_id=tenant,
            user_id=None,
            sender=None,
            recipients=[Address.parse(ADA)],
            blob_id=blob.id,
            message_id="",
            idempotency_key="k",
            correlation_id="c",
        )

    core.database.write_now(queue)
    (row,) = core.database.read_now(lambda tx: outbox_rows.due(tx, "local", clock.now(), 10))
    incoming = await filing.prepare_stored(core, blob.id, envelope(ADA), Verdict())

    def deliver(tx):
        filing.file_once(tx, core, incoming, Address.parse(ADA))
        outbox_rows.settle_sent(tx, row, clock.now(), "")

    if core.database.dialect == "sqlite":
        core.database.write_now(deliver)
        assert core.database.read_now(lambda tx: messages.blob_in_use(tx, blob.id))
        return

    class Meddling:
        """Delivers after the first question of the collector."""

        def __init__(self, tx):
            self._tx, self._asked = tx, False

        def scalar(self, sql, params):
            found = self._tx.scalar(sql, params)
            if not self._asked:
                self._asked = True
                other = threading.Thread(target=core.database.write_now, args=(deliver,))
                other.start()
                other.join()
            return found

    assert core.database.write_now(lambda tx: messages.blob_in_use(Meddling(tx), blob.id))


async def test_a_sender_cannot_keep_its_text_from_being_redacted(core):
    """The marks we leave in a redacted message may be in it from the beginning."""
    spoofed = letter("spoofed", extra="X-Mailwright-Redacted: 2020\n", body="the secret text")
    copied = letter(
        "copied", message_id="<2@example.org>", extra="X-Mailwright-Redacted: 2020\n", body=retention.NOTICE
    )
    await accept.accept(core, envelope(ADA), spoofed, Verdict())
    await accept.accept(core, envelope(ADA), copied, Verdict())
    redacting(core)
    assert (await retention.sweep(core)).redacted == 2
    for message in inbox(core)[1]:
        assert b"the secret text" not in await core.blobs.read(message.blob_id)
        assert message.preview == ""
    assert (await retention.sweep(core)).redacted == 0


async def test_a_message_whose_bytes_are_gone_does_not_stop_the_sweep(core, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    await accept.accept(core, envelope(ADA), letter("lost"), Verdict())
    (lost,) = inbox(core)[1]
    core.database.write_now(lambda tx: core.blobs.delete(tx, lost.blob_id))
    await accept.accept(core, envelope(ADA), letter("kept", message_id="<2@example.org>"), Verdict())
    redacting(core)
    swept = await retention.sweep(core)
    assert (swept.redacted, swept.forgotten) == (1, 2)
    assert len(swept.errors) == 1


async def test_redacting_a_message_keeps_the_text_of_who_shares_its_blob(core):
    await accept.accept(core, envelope(ADA, BASHIR), letter(body="the text"), Verdict())
    (hers,), (his,) = inbox(core)[1], inbox(core, BASHIR)[1]
    assert hers.blob_id == his.blob_id
    assert await retention.redact(core, hers.id)
    await collect_all(core)
    assert b"the text" in await core.blobs.read(his.blob_id)
    assert b"the text" not in await core.blobs.read(inbox(core)[1][0].blob_id)


async def test_what_is_forgotten_is_forgotten_completely_however_much_it_is(core, monkeypatch):
    monkeypatch.setattr(retention, "SLICE", 2)
    for number in range(5):
        await accept.accept(core, envelope(ADA), letter(message_id=f"<{number}@example.org>"), Verdict())
    core.database.write_now(
        lambda tx: (
            [audit.record(tx, actor="a", action="b") for _ in range(5)]
            and tx.execute("UPDATE audit_events SET created_at = created_at - ?", (400 * clock.DAY,))
        )
    )
    age(core, 31)
    assert (await retention.sweep(core)).forgotten == 5
    assert core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM audit_events")) == 0


async def test_orphans_are_collected_completely_however_many_there_are(core, monkeypatch):
    monkeypatch.setattr(retention, "SLICE", 2)
    tenant = core.database.read_now(lambda tx: accounts.find(tx, ADA)).tenant_id
    for number in range(5):
        await accept.accept(core, envelope(ADA), letter(message_id=f"<{number}@example.org>"), Verdict())
        blob = await core.blobs.stage(tenant, b"nobody's")
        core.database.write_now(lambda tx, blob=blob: core.blobs.put(tx, blob))
    age(core, 1)
    assert (await retention.sweep(core)).collected == 5
    assert blob_count(core) == 5


async def test_a_file_that_is_none_of_ours_is_left_alone_by_name_and_collected_by_age(core, tmp_path):
    stray = tmp_path / "blobs" / "not an id.eml"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"x")
    os.utime(stray, (0, 0))
    await accept.accept(core, envelope(ADA), letter(body="line\n" * 80_000), Verdict())
    for path in (tmp_path / "blobs").rglob("*.eml"):
        os.utime(path, (0, 0))
    assert (await retention.sweep(core)).collected == 1
    assert len(await core.blobs.read(inbox(core)[1][0].blob_id)) > 400_000


@pytest.mark.parametrize("ending", ["sent", "cancelled", "failed"])
async def test_settled_rows_of_the_outbox_are_forgotten_with_their_blobs(core, ending):
    tenant = core.database.read_now(lambda tx: accounts.find(tx, ADA)).tenant_id
    blob = await core.blobs.stage(tenant, letter())

    def queue(tx):
        core.blobs.put(tx, blob)
        for key in ("old", "new", "waiting"):
            outbox.enqueue(
                tx,
                tenant_id=tenant,
                user_id=None,
                sender=None,
                recipients=[Address.parse("chen@example.net")],
                blob_id=blob.id,
                message_id="",
                idempotency_key=key,
                correlation_id="c",
            )
        old = 100 * clock.DAY
        tx.execute(
            "UPDATE outbox SET status = ?, settled_at = next_attempt_at WHERE idempotency_key NOT LIKE 'w%'", (ending,)
        )
        tx.execute(
            "UPDATE outbox SET settled_at = settled_at - ?, next_attempt_at = next_attempt_at - ? "
            "WHERE idempotency_key LIKE 'o%' OR idempotency_key LIKE 'w%'",
            (old, old),
        )

    core.database.write_now(queue)
    await retention.sweep(core)
    left = core.database.read_now(lambda tx: tx.all("SELECT idempotency_key FROM outbox ORDER BY idempotency_key"))
    assert [key.split(":")[0] for (key,) in left] == ["new", "waiting"]


async def test_the_mail_of_a_domain_is_not_kept_by_the_policy_of_one_above_it(core):
    def policies_of(tx):
        domains.add(tx, "x.mailwright.test", tenant="demo")
        domains.add(tx, "test.example", tenant="demo")
        accounts.add_user(tx, core, "ada@x.mailwright.test")
        domains.set_policies(tx, "mailwright.test", journal_address=None, retain_days=30)

    core.database.write_now(policies_of)
    below = core.database.read_now(lambda tx: accounts.find(tx, "ada@x.mailwright.test"))
    found = core.database.read_now(policies.expiring_mailboxes)
    owned = core.database.read_now(
        lambda tx: {row[0] for row in tx.all("SELECT id FROM mailboxes WHERE user_id = ?", (below.id,))}
    )
    assert found
    assert owned.isdisjoint(mailbox for mailbox, _days in found)
