"""Retention: expiry, redaction, and the collection of what nobody needs."""

import os

from mailwright.core import CoreSettings, accept, accounts, domains, retention
from mailwright.domain import clock
from mailwright.domain.envelope import Verdict
from mailwright.domain.events import Event
from mailwright.storage import accounts as account_rows
from mailwright.storage import mailboxes

from .conftest import envelope, letter
from .test_accept import ADA, inbox

ATTACHMENT = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n'
WITH_ATTACHMENT = (
    "--b\nContent-Type: text/plain\n\nthe secret text\n--b\n"
    "Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=a.txt\n\nthe secret file\n--b--"
)


def age(core, days):
    """Move everything back in time."""

    def back(tx):
        tx.execute("UPDATE messages SET received_at = received_at - ?", (days * clock.DAY,))
        tx.execute("UPDATE blobs SET created_at = created_at - ?", (days * clock.DAY,))
        tx.execute("UPDATE inbound SET received_at = received_at - ?", (days * clock.DAY,))

    core.database.write_now(back)


def blob_count(core):
    return core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM blobs"))


async def collect_all(core):
    rows = core.database.read_now(lambda tx: tx.all("SELECT id, kind, key, payload FROM events ORDER BY id"))
    import json

    await retention.collect(core, [Event(row[0], row[1], row[2], json.loads(row[3]), "", 0) for row in rows])


async def test_mail_older_than_its_domain_keeps_it_expires_and_leaves_a_tombstone(core):
    await accept.accept(core, envelope(ADA), letter("old"), Verdict())
    age(core, 40)
    await accept.accept(core, envelope(ADA), letter("new", message_id="<2@example.org>"), Verdict())
    core.database.write_now(
        lambda tx: domains.set_policies(tx, "mailwright.test", journal_address=None, retain_days=30)
    )
    before = core.database.read_now(lambda tx: accounts.find(tx, ADA)).used_bytes
    swept = await retention.sweep(core)
    mailbox, found = inbox(core)
    assert (swept.expired, [message.subject for message in found]) == (1, ["new"])
    assert (mailbox.total, mailbox.unseen) == (1, 1)
    assert core.database.read_now(lambda tx: accounts.find(tx, ADA)).used_bytes == found[0].size < before
    ((uid, modseq),) = core.database.read_now(lambda tx: tx.all("SELECT uid, modseq FROM tombstones"))
    assert (uid, modseq) == (1, mailbox.modseq)


async def test_a_mailbox_policy_outweighs_its_domains(core):
    await accept.accept(core, envelope(ADA), letter(), Verdict())
    age(core, 40)

    def policies(tx):
        domains.set_policies(tx, "mailwright.test", journal_address=None, retain_days=30)
        mailboxes.set_retention(tx, mailboxes.by_role(tx, accounts.find(tx, ADA).id, "inbox").id, 90)

    core.database.write_now(policies)
    assert (await retention.sweep(core)).expired == 0


async def test_a_blob_goes_when_the_last_message_on_it_is_gone(core):
    await accept.accept(core, envelope(ADA, "bashir@mailwright.test"), letter(), Verdict())
    core.database.write_now(lambda tx: accounts.remove_user(tx, ADA))
    await collect_all(core)
    assert blob_count(core) == 1
    core.database.write_now(lambda tx: accounts.remove_user(tx, "bashir@mailwright.test"))
    await collect_all(core)
    assert blob_count(core) == 0


async def test_a_staged_file_whose_transaction_never_came_is_collected_after_an_hour(core, tmp_path):
    tenant = core.database.read_now(lambda tx: accounts.find(tx, ADA)).tenant_id
    staged = await core.blobs.stage(tenant, b"x" * 300_000)
    path = tmp_path / staged.key
    await retention.sweep(core)
    assert path.exists(), "its transaction may still come"
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 7200))
    assert (await retention.sweep(core)).collected == 1
    assert not path.exists()


async def test_a_large_blob_with_its_message_is_not_collected(core, tmp_path):
    await accept.accept(core, envelope(ADA), letter(body="line\n" * 80_000), Verdict())
    for path in (tmp_path / "blobs").rglob("*.eml"):
        os.utime(path, (0, 0))
    age(core, 2)
    assert (await retention.sweep(core)).collected == 0
    assert len(await core.blobs.read(inbox(core)[1][0].blob_id)) > 400_000


async def test_redaction_removes_the_text_and_keeps_the_header(core):
    await accept.accept(core, envelope(ADA), letter("kept", extra=ATTACHMENT, body=WITH_ATTACHMENT), Verdict())
    core.settings = CoreSettings(redact_after=60 * clock.DAY)
    age(core, 61)
    assert (await retention.sweep(core)).redacted == 1
    await collect_all(core)
    mailbox, (message,) = inbox(core)
    raw = await core.blobs.read(message.blob_id)
    assert b"Subject: kept" in raw
    assert b"secret" not in raw
    assert b"removed under the retention policy" in raw
    assert (message.preview, message.attachments, message.modseq) == ("", 0, mailbox.modseq)
    assert blob_count(core) == 1, "the old text is gone, not only hidden"
    assert (await retention.sweep(core)).redacted == 0


async def test_deliveries_are_recognised_for_a_month_and_then_forgotten(core):
    await accept.accept(core, envelope(ADA), letter(), Verdict())
    age(core, 31)
    assert (await retention.sweep(core)).forgotten == 1
    assert len(inbox(core)[1]) == 1


async def test_quota_is_free_again_after_expiry(core):
    await accept.accept(core, envelope(ADA), letter(), Verdict())
    age(core, 40)
    core.database.write_now(
        lambda tx: domains.set_policies(tx, "mailwright.test", journal_address=None, retain_days=30)
    )
    await retention.sweep(core)
    account = core.database.read_now(lambda tx: account_rows.with_mailbox(tx, ADA))
    assert account.used_bytes == 0
