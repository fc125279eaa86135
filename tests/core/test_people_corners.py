"""Signing in and sending where somebody tries something."""

import asyncio
import dataclasses

import pytest

from mailwright.core import accept, accounts, submission
from mailwright.domain.envelope import Verdict
from mailwright.domain.refusals import AuthenticationFailed, SenderNotAllowed, TooManyRequests

from .conftest import envelope, letter
from .test_accept import ADA, inbox

PASSWORD = "correct horse"


@pytest.fixture
def ada(core):
    hashed = accounts.hash_password(PASSWORD)

    def prepare(tx):
        account = accounts.find(tx, ADA)
        accounts.set_password(tx, account, hashed)
        return account

    return core.database.write_now(prepare)


def own(subject="Hello", extra=""):
    return f"From: Ada <{ADA}>\r\nTo: chen@example.net\r\nSubject: {subject}\r\n{extra}\r\nHi.\r\n".encode()


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada\x00@mailwright.test", PASSWORD),
        ("ada\ud800@mailwright.test", PASSWORD),
        (ADA, "half a \ud800 character"),
        (ADA, "nul \x00"),
        ("", ""),
        (ADA, "x" * 5000),
    ],
)
async def test_a_name_or_password_that_no_table_takes_is_wrong(core, ada, name, password):
    with pytest.raises(AuthenticationFailed):
        await accounts.authenticate(core, name, password, client="192.0.2.1", scope="smtp")


async def test_guesses_made_at_the_same_moment_count_as_well(core, ada):
    """The right one among many at once must not be told from the wrong ones."""
    guesses = [f"wrong {number}" for number in range(30)] + [PASSWORD]
    ended = await asyncio.gather(
        *(accounts.authenticate(core, ADA, guess, client="192.0.2.1", scope="smtp") for guess in guesses),
        return_exceptions=True,
    )
    kinds = [type(each) for each in ended]
    assert kinds[-1] is TooManyRequests
    assert kinds.count(AuthenticationFailed) < 15


async def test_a_second_from_line_is_looked_at_too(core, ada):
    """Some programs show the last one."""
    raw = own(extra="From: Chen <chen@mailwright.test>\r\n")
    with pytest.raises(SenderNotAllowed):
        await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw)


async def test_what_is_submitted_again_leaves_no_second_blob(core, ada):
    for _ in range(3):
        receipt = await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), own())
    assert receipt.outcomes[0].duplicate
    assert core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM blobs")) == 1


async def test_the_null_sender_reaches_a_forward_and_is_answered_by_nobody(core):
    core.database.write_now(lambda tx: accounts.add_alias(tx, "away@mailwright.test", ("chen@example.net",)))
    await accept.accept(core, envelope("away@mailwright.test", sender=None), letter(), Verdict())
    assert core.database.read_now(lambda tx: tx.all("SELECT sender, recipient FROM outbox")) == [
        (None, "chen@example.net")
    ]


async def test_text_from_the_envelope_is_kept_on_every_database(core):
    odd = envelope(ADA, sender='"odd \\" one"@example.org')
    odd = dataclasses.replace(odd, helo="a\x00b\ud800")
    await accept.accept(core, odd, letter(subject="=?utf-8?q?a=00b?=", extra="X-A: \x00\n"), Verdict())
    assert len(inbox(core)[1]) == 1


async def test_a_user_who_is_removed_leaves_no_files(core, ada):
    """Their rows would hold blobs for ever."""

    def work(tx):
        tx.insert("workspaces", id=ada.id, tenant_id=ada.tenant_id, user_id=ada.id, updated_at=0)
        tx.insert(
            "workspace_files",
            id=ada.id,
            workspace_id=ada.id,
            thread_id=ada.id,
            path="thread.md",
            original_name="thread.md",
            version=0,
            content_type="text/markdown",
            size=1,
            blob_id=ada.id,
            created_at=0,
        )

    core.database.write_now(work)
    core.database.write_now(lambda tx: accounts.remove_user(tx, ADA))
    for table in ("workspaces", "workspace_files"):
        assert core.database.read_now(lambda tx, table=table: tx.scalar(f"SELECT count(*) FROM {table}")) == 0
