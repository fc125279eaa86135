"""Submission and sign-in."""

import pytest

from mailwright.core import accounts, domains, submission
from mailwright.domain.envelope import Channel
from mailwright.domain.refusals import (
    AlreadyExists,
    AuthenticationFailed,
    BadAddress,
    BadInput,
    NotFound,
    SenderNotAllowed,
    TooManyRequests,
)

from .conftest import envelope

ADA = "ada@mailwright.test"
PASSWORD = "correct horse battery"


def raw(sender: str = ADA, extra: str = "") -> bytes:
    return f"From: Ada <{sender}>\r\nTo: chen@example.net\r\nSubject: Hi\r\n{extra}\r\nHello\r\n".encode()


def queued(core):
    return core.database.read_now(
        lambda tx: tx.all("SELECT sender, recipient, channel, message_id, blob_id FROM outbox ORDER BY recipient")
    )


@pytest.fixture
def ada(core):
    hashed = accounts.hash_password(PASSWORD)

    def prepare(tx):
        account = accounts.find(tx, ADA)
        accounts.set_password(tx, account, hashed)
        return account

    return core.database.write_now(prepare)


async def test_a_submitted_message_waits_in_the_outbox_for_each_recipient(core, ada):
    sent = envelope("chen@example.net", "bashir@mailwright.test", sender=ADA, channel=Channel.SUBMISSION)
    receipt = await submission.submit(core, ada, sent, raw())
    assert [outcome.refusal for outcome in receipt.outcomes] == [None, None]
    assert [row[:3] for row in queued(core)] == [
        (ADA, "bashir@mailwright.test", "local"),
        (ADA, "chen@example.net", "smtp"),
    ]


async def test_missing_date_and_message_id_are_added(core, ada):
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw())
    _, _, _, message_id, blob_id = queued(core)[0]
    stored = await core.blobs.read(blob_id)
    assert f"Message-ID: {message_id}\r\n".encode() in stored
    assert b"\r\nDate: " in stored
    given = raw(extra="Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <mine@example.org>\r\n")
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), given)
    assert {row[3] for row in queued(core)} == {message_id, "<mine@example.org>"}


async def test_the_same_bytes_submitted_again_leave_once(core, ada):
    for _ in range(2):
        await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw())
    assert len(queued(core)) == 1


@pytest.mark.parametrize(
    ("mail_from", "header_from"),
    [
        ("bashir@mailwright.test", ADA),
        (ADA, "bashir@mailwright.test"),
        (ADA, "someone@example.org"),
        (ADA, "not an address"),
    ],
)
async def test_nobody_sends_as_somebody_else(core, ada, mail_from, header_from):
    with pytest.raises(SenderNotAllowed):
        await submission.submit(core, ada, envelope("chen@example.net", sender=mail_from), raw(header_from))
    assert queued(core) == []


async def test_an_alias_of_ones_own_may_be_used(core, ada):
    core.database.write_now(lambda tx: accounts.add_alias(tx, "countess@mailwright.test", (ADA,)))
    await submission.submit(
        core, ada, envelope("chen@example.net", sender="countess+x@mailwright.test"), raw("countess@mailwright.test")
    )
    assert len(queued(core)) == 1


async def test_all_submitted_mail_of_a_journaled_domain_is_copied(core, ada):
    core.database.write_now(
        lambda tx: domains.set_policies(tx, "mailwright.test", journal_address="archive@example.net", retain_days=None)
    )
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw())
    assert [row[1] for row in queued(core)] == ["archive@example.net", "chen@example.net"]


async def test_the_right_password_signs_in_and_the_wrong_one_does_not_say_why(core, ada):
    assert (
        await accounts.authenticate(core, "Ada@Mailwright.test", PASSWORD, client="[127.0.0.1]", scope="smtp")
    ).id == ada.id
    told = set()
    for name, password in ((ADA, "wrong"), ("nobody@mailwright.test", PASSWORD), (ADA, ""), (ADA, "x" * 5000)):
        with pytest.raises(AuthenticationFailed) as caught:
            await accounts.authenticate(core, name, password, client="[127.0.0.2]", scope="smtp")
        told.add(str(caught.value))
    assert len(told) == 1
    actions = core.database.read_now(
        lambda tx: tx.all("SELECT action, actor FROM audit_events WHERE action LIKE 'sign-in%'")
    )
    assert actions[0] == ("sign-in", ADA)
    assert [action for action, _ in actions[1:]] == ["sign-in.failed"] * 4


async def test_guessing_is_slowed_down(core, ada):
    for _ in range(10):
        with pytest.raises(AuthenticationFailed):
            await accounts.authenticate(core, "guessed@mailwright.test", "wrong", client="[127.0.0.3]", scope="smtp")
    with pytest.raises(TooManyRequests):
        await accounts.authenticate(core, "guessed@mailwright.test", "wrong", client="[127.0.0.3]", scope="smtp")


async def test_changing_the_address_inside_a_network_is_no_way_around(core, ada):
    for number in range(50):
        with pytest.raises(AuthenticationFailed):
            await accounts.authenticate(
                core, f"user{number}@mailwright.test", "wrong", client=f"2001:db8:1:2::{number:x}", scope="smtp"
            )
    with pytest.raises(TooManyRequests):
        await accounts.authenticate(
            core, "another@mailwright.test", "wrong", client="2001:db8:1:2:ffff::1", scope="smtp"
        )
    assert (await accounts.authenticate(core, ADA, PASSWORD, client="2001:db8:1:3::1", scope="smtp")).id == ada.id


async def test_a_blocked_user_does_not_sign_in(core, ada):
    from mailwright.storage import accounts as rows

    core.database.write_now(lambda tx: rows.set_status(tx, ada.id, "blocked"))
    with pytest.raises(AuthenticationFailed):
        await accounts.authenticate(core, ADA, PASSWORD, client="[127.0.0.4]", scope="smtp")


def test_what_cannot_be_made_is_said(core):
    for email, refusal in (
        ("no-address", BadAddress),
        ("ada+tag@mailwright.test", BadAddress),
        ("ada@example.org", NotFound),
        (ADA, AlreadyExists),
    ):
        with pytest.raises(refusal):
            core.database.write_now(lambda tx, email=email: accounts.add_user(tx, core, email))
    with pytest.raises(BadInput):
        accounts.hash_password("short")
    with pytest.raises(BadInput):
        core.database.write_now(lambda tx: domains.add(tx, "not a domain"))
    with pytest.raises(BadInput):
        core.database.write_now(lambda tx: domains.remove(tx, core, "mailwright.test"))
