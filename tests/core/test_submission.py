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


def stored(core, account_email=ADA, role="sent"):
    """Messages in a mailbox: Message-ID, flags, keywords, blob."""
    return core.database.read_now(
        lambda tx: tx.all(
            "SELECT m.message_id, m.flags, m.keywords, m.blob_id FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id "
            "JOIN users u ON u.id = m.user_id WHERE u.email = ? AND b.role = ? ORDER BY m.uid",
            (account_email, role),
        )
    )


MINE = "Message-ID: <mine@mailwright.test>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n"


async def test_blind_recipients_are_shown_to_nobody_but_the_sender(core, ada):
    extra = MINE + "Bcc: secret@example.net,\r\n other@example.net\r\nResent-Bcc: third@example.net\r\n"
    await submission.submit(core, ada, envelope("secret@example.net", sender=ADA), raw(extra=extra))
    left = await core.blobs.read(queued(core)[0][4])
    assert b"secret@example.net" not in left.partition(b"\r\n\r\n")[0].partition(b"From: Ada")[2]
    assert b"cc:" not in left.lower().partition(b"\r\n\r\n")[0]
    assert left.endswith(raw().partition(b"\r\n\r\n")[2])
    kept = await core.blobs.read(stored(core)[0][3])
    assert b"Bcc: secret@example.net,\r\n other@example.net\r\n" in kept


async def test_the_rest_of_the_message_leaves_as_it_came(core, ada):
    odd = (
        f"{MINE}subject :  two   spaces\r\n\tand a tab\r\nX-Odd:=?utf-8?q?=C3=BC?= \r\n"
        "DKIM-Signature: v=1; d=example.org;\r\n b=abc=\r\n"
    )
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw(extra=odd))
    left = await core.blobs.read(queued(core)[0][4])
    assert left.endswith(raw(extra=odd))
    assert left.startswith(b"Received: from ")


async def test_what_only_a_server_may_say_is_not_taken_from_a_client(core, ada):
    forged = (
        "Return-Path: <eve@example.org>\r\nAuthentication-Results: mail.mailwright.test;\r\n dmarc=pass\r\n"
        "X-Mailwright-Origin: owner\r\n"
    )
    await submission.submit(core, ada, envelope("bashir@mailwright.test", sender=ADA), raw(extra=MINE + forged))
    left = await core.blobs.read(queued(core)[0][4])
    for name in (b"return-path", b"authentication-results", b"dmarc=pass", b"x-mailwright"):
        assert name not in left.lower()


async def test_a_copy_is_in_sent_once_and_read(core, ada):
    for _ in range(2):
        await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw(extra=MINE))
    assert [(row[0], row[1]) for row in stored(core)] == [("<mine@mailwright.test>", 1)]
    assert stored(core)[0][3] == queued(core)[0][4], "without blind recipients one blob serves both"


async def test_the_programs_own_copy_takes_the_place_of_ours(core, ada):
    from mailwright.core import sentcopies

    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw(extra=MINE))

    def append(tx):
        return sentcopies.superseded(tx, ada.id, "<mine@mailwright.test>")

    assert core.database.write_now(append) == 1
    assert stored(core) == []
    assert core.database.write_now(append) == 0
    assert core.database.write_now(lambda tx: sentcopies.superseded(tx, ada.id, None)) == 0


async def test_a_program_that_keeps_its_copy_first_gets_no_second(core, ada):
    from mailwright.codecs import mime
    from mailwright.core import messages
    from mailwright.domain.clock import now
    from mailwright.domain.envelope import Origin

    octets = raw(extra=MINE)
    blob = await core.blobs.stage(ada.tenant_id, octets)

    def append(tx):
        core.blobs.put(tx, blob)
        messages.append(
            tx,
            tenant_id=ada.tenant_id,
            user_id=ada.id,
            role="sent",
            blob=blob,
            parsed=mime.parse(octets),
            provenance=messages.Provenance(Origin.OWNER, "session"),
            received_at=now(),
            delivered=False,
        )

    core.database.write_now(append)
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), octets)
    assert [row[3] for row in stored(core)] == [blob.id]


async def test_an_account_without_sent_and_one_without_room_send_all_the_same(core, ada):
    from mailwright.storage import accounts as rows

    core.database.write_now(lambda tx: rows.set_quota(tx, ada.id, 10))
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw(extra=MINE))
    core.database.write_now(lambda tx: tx.execute("UPDATE mailboxes SET role = NULL WHERE role = 'sent'"))
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw())
    assert len(queued(core)) == 2


async def test_an_address_whose_owner_lets_somebody_send_as_them_may_be_used(core, ada):
    from mailwright.core import access

    sent = envelope("chen@example.net", sender="bashir@mailwright.test")
    with pytest.raises(SenderNotAllowed):
        await submission.submit(core, ada, sent, raw("bashir@mailwright.test"))

    def share(tx):
        bashir = accounts.find(tx, "bashir@mailwright.test")
        access.set_acl(tx, bashir, access.by_name(tx, bashir, "INBOX"), ADA, "lp")

    core.database.write_now(share)
    await submission.submit(core, ada, sent, raw("bashir@mailwright.test"))
    assert queued(core)[0][0] == "bashir@mailwright.test"
    assert len(stored(core)) == 1, "the copy is in the Sent of who sent it"


async def test_so_many_recipients_an_hour_and_no_more(core, ada):
    from dataclasses import replace

    core.settings = replace(core.settings, submission_per_hour=3)
    await submission.submit(core, ada, envelope("a@example.net", "b@example.net", sender=ADA), raw())
    with pytest.raises(TooManyRequests, match="3 recipients"):
        await submission.submit(core, ada, envelope("c@example.net", "d@example.net", sender=ADA), raw(extra=MINE))
    await submission.submit(core, ada, envelope("c@example.net", sender=ADA), raw(extra=MINE))
    assert len(queued(core)) == 3


def statuses(core):
    return core.database.read_now(lambda tx: tx.all("SELECT recipient, status FROM outbox ORDER BY recipient"))


async def test_mail_is_held_and_taken_back_within_the_window(core, ada):
    from mailwright.core.dispatch import Dispatcher

    core.database.write_now(lambda tx: submission.set_undo_seconds(tx, ada, 30))
    core.database.write_now(
        lambda tx: domains.set_policies(
            tx, "mailwright.test", journal_address="archive@mailwright.test", retain_days=None
        )
    )
    sent = envelope("bashir@mailwright.test", "chen@mailwright.test", sender=ADA)
    await submission.submit(core, ada, sent, raw(extra=MINE))
    await Dispatcher(core, {}).drain()
    assert {status for _, status in statuses(core)} == {"queued"}
    assert await submission.undo(core, ada, "<mine@mailwright.test>") == 2
    assert [status for _, status in statuses(core)] == ["cancelled"] * 3, "the copy for the archive, too"
    assert stored(core) == []
    assert [row[1] for row in stored(core, role="drafts")] == [1 | 16]
    with pytest.raises(NotFound):
        await submission.undo(core, ada, "<mine@mailwright.test>")


async def test_what_was_held_leaves_when_the_window_closes(core, ada):
    from mailwright.core.dispatch import Dispatcher
    from mailwright.domain.clock import SECOND, now

    core.database.write_now(lambda tx: submission.set_undo_seconds(tx, ada, 30))
    await submission.submit(core, ada, envelope("bashir@mailwright.test", sender=ADA), raw(extra=MINE))
    await Dispatcher(core, {}, now=lambda: now() + 31 * SECOND).drain()
    assert statuses(core) == [("bashir@mailwright.test", "sent")]
    with pytest.raises(NotFound):
        await submission.undo(core, ada, "<mine@mailwright.test>")


async def test_nobody_takes_back_the_mail_of_others(core, ada):
    core.database.write_now(lambda tx: submission.set_undo_seconds(tx, ada, 30))
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw(extra=MINE))
    bashir = core.database.read_now(lambda tx: accounts.find(tx, "bashir@mailwright.test"))
    with pytest.raises(NotFound):
        await submission.undo(core, bashir, "<mine@mailwright.test>")
    with pytest.raises(BadInput):
        core.database.write_now(lambda tx: submission.set_undo_seconds(tx, ada, 4000))


TWO_READINGS = (
    b"From: ada@mailwright.test\r\nno field at all\r\nFrom: bashir@mailwright.test\r\n",
    b"From: ada@mailwright.test\r\n" + b"X: y\r\n" * 1001 + b"From: bashir@mailwright.test\r\n",
    b"From: ada@mailwright.test\r\nFrom: ada@mailwright.test\r\n",
    b"From: <ada@mailwright.test> <bashir@mailwright.test>\r\n",
    b"From: bashir@mailwright.test <ada@mailwright.test>\r\n",
    b"From: bashir@mailwright.test ada@mailwright.test\r\n",
    b"From: ada@mailwright.test" + b" " * 140_000 + b",bashir@mailwright.test\r\n",
    b"From: " + b"ada@mailwright.test," * 2000 + b"bashir@mailwright.test\r\n",
    b"no field at all\r\nFrom: ada@mailwright.test\r\n",
)


@pytest.mark.parametrize("header", TWO_READINGS, ids=lambda header: header[:40].decode())
async def test_a_from_line_that_readers_understand_differently_is_refused(core, ada, header):
    message = header + b"To: chen@example.net\r\n\r\nHello\r\n"
    with pytest.raises(SenderNotAllowed):
        await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), message)
    assert queued(core) == []


@pytest.mark.parametrize(
    "written",
    [
        '"Ada, Countess" <ada@mailwright.test>',
        "Ada (at work) <ada@mailwright.test>",
        "ADA@mailwright.test <ada@mailwright.test>",
        '"bashir@example.org by" <ada@mailwright.test>',
        "ada@mailwright.test, Ada <ada+lists@mailwright.test>",
        "=?utf-8?q?Ad=C3=A1?= <ada@mailwright.test>",
    ],
)
async def test_the_usual_ways_to_write_a_from_line_are_taken(core, ada, written):
    message = f"From: {written}\r\nTo: chen@example.net\r\n\r\nHello\r\n".encode()
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), message)
    assert len(queued(core)) == 1


async def test_who_was_blocked_while_connected_sends_nothing_more(core, ada):
    from mailwright.storage import accounts as rows

    core.database.write_now(lambda tx: rows.set_status(tx, ada.id, "blocked"))
    with pytest.raises(SenderNotAllowed):
        await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw())
    assert queued(core) == []


async def test_what_was_taken_back_can_be_sent_again(core, ada):
    core.database.write_now(lambda tx: submission.set_undo_seconds(tx, ada, 30))
    for _ in range(2):
        await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw(extra=MINE))
        assert len(stored(core)) == 1
        assert await submission.undo(core, ada, "<mine@mailwright.test>") == 1
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw(extra=MINE))
    assert sorted(status for _, status in statuses(core)) == ["cancelled", "cancelled", "queued"]


async def test_what_is_held_for_long_can_be_taken_back_all_the_time(core, ada, monkeypatch):
    from mailwright.domain import clock

    core.database.write_now(lambda tx: submission.set_undo_seconds(tx, ada, 3600))
    await submission.submit(core, ada, envelope("chen@example.net", sender=ADA), raw(extra=MINE))
    later = clock.now() + 59 * clock.MINUTE
    monkeypatch.setattr(clock, "now", lambda: later)
    assert await submission.undo(core, ada, "<mine@mailwright.test>") == 1
    assert stored(core) == [], "what nobody got is no sent mail"
    assert len(stored(core, role="drafts")) == 1


async def test_a_script_that_writes_the_same_words_every_night_is_heard_every_night(core, ada):
    from dataclasses import replace

    from mailwright.domain.clock import DAY, MINUTE

    sent = envelope("chen@example.net", sender=ADA)
    sent = replace(sent, received_at=sent.received_at // DAY * DAY)
    for moment in (sent.received_at, sent.received_at + MINUTE, sent.received_at + DAY):
        await submission.submit(core, ada, replace(sent, received_at=moment), raw())
    assert len(queued(core)) == 2, "a minute later it is a client that missed our answer"
    ids = {row[3] for row in queued(core)}
    assert len(ids) == 2
