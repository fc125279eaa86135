"""Accepting and filing: once, for everybody, or not at all."""

import json
import threading

import pytest

from mailwright.core import Core, accept, accounts, domains, filing, submission
from mailwright.core.dispatch import Dispatcher
from mailwright.core.messages import load
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Verdict
from mailwright.domain.refusals import (
    ExceedsQuota,
    LoopDetected,
    MailboxFull,
    MessageTooLarge,
    NoSuchRecipient,
    RelayDenied,
    SenderNotAllowed,
)
from mailwright.storage import accounts as account_rows
from mailwright.storage import mailboxes, messages
from mailwright.storage import outbox as outbox_rows

from .conftest import envelope, letter

ADA = "ada@mailwright.test"


def inbox(core: Core, who: str = ADA):
    def look(tx):
        account = accounts.find(tx, who)
        mailbox = mailboxes.by_role(tx, account.id, "inbox")
        return mailbox, messages.in_mailbox(tx, mailbox.id, 100)

    return core.database.read_now(look)


async def test_a_message_is_in_the_inbox_when_accept_returns(core):
    receipt = await accept.accept(core, envelope(ADA), letter(), Verdict())
    assert [outcome.refusal for outcome in receipt.outcomes] == [None]
    mailbox, (message,) = inbox(core)
    assert (mailbox.total, mailbox.unseen, mailbox.uidnext) == (1, 1, 2)
    assert (message.subject, message.sender, message.message_id) == ("Hello", "eve@example.org", "<1@example.org>")
    assert message.preview == "Hi."
    assert message.modseq == mailbox.modseq


async def test_the_stored_bytes_are_trace_fields_and_what_was_received(core):
    await accept.accept(core, envelope(ADA), letter(), Verdict())
    _, (message,) = inbox(core)
    raw = await core.blobs.read(message.blob_id)
    assert raw.startswith(b"Return-Path: <eve@example.org>\r\nReceived: from mx.example.org ([192.0.2.1])")
    assert raw.endswith(letter())
    assert len(raw) == message.size


async def test_a_body_part_is_a_range_of_the_blob(core):
    await accept.accept(core, envelope(ADA), letter(body="exactly this"), Verdict())
    _, (message,) = inbox(core)
    from mailwright.codecs.mime import Part

    part = Part.from_json(message.structure)
    assert await core.blobs.read(message.blob_id, part.body_start, part.body_end) == b"exactly this\r\n"


async def test_the_same_bytes_again_are_filed_once(core):
    for _ in range(3):
        receipt = await accept.accept(core, envelope(ADA), letter(), Verdict())
    assert receipt.outcomes[0].duplicate
    mailbox, found = inbox(core)
    assert len(found) == 1
    assert mailbox.total == 1


async def test_a_known_message_id_does_not_suppress_other_bytes(core):
    await accept.accept(core, envelope(ADA), letter("first"), Verdict())
    await accept.accept(core, envelope(ADA), letter("second"), Verdict())
    assert [message.subject for message in inbox(core)[1]] == ["second", "first"]


async def test_one_full_mailbox_does_not_keep_the_mail_from_the_others(core):
    def shrink(tx):
        account_rows.set_quota(tx, accounts.find(tx, ADA).id, 10_000)
        tx.execute("UPDATE users SET used_bytes = 9990 WHERE email = ?", (ADA,))

    core.database.write_now(shrink)
    receipt = await accept.accept(core, envelope(ADA, "bashir@mailwright.test"), letter(), Verdict())
    assert isinstance(receipt.outcomes[0].refusal, MailboxFull)
    assert receipt.outcomes[1].refusal is None
    assert len(inbox(core, "bashir@mailwright.test")[1]) == 1
    core.database.write_now(lambda tx: account_rows.set_quota(tx, accounts.find(tx, ADA).id, None))
    again = await accept.accept(core, envelope(ADA, "bashir@mailwright.test"), letter(), Verdict())
    assert [outcome.duplicate for outcome in again.outcomes] == [False, True]
    assert len(inbox(core)[1]) == len(inbox(core, "bashir@mailwright.test")[1]) == 1


async def test_a_message_larger_than_the_whole_quota_is_refused_for_good(core):
    core.database.write_now(lambda tx: account_rows.set_quota(tx, accounts.find(tx, ADA).id, 100))
    receipt = await accept.accept(core, envelope(ADA), letter(), Verdict())
    assert isinstance(receipt.outcomes[0].refusal, ExceedsQuota)
    assert inbox(core)[1] == []


async def test_a_hundred_hops_are_a_loop(core):
    hops = "Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0000\n" * 101
    with pytest.raises(LoopDetected):
        await accept.accept(core, envelope(ADA), letter(extra=hops), Verdict())
    assert inbox(core)[1] == []


async def test_a_message_over_the_limit_is_refused(core):
    with pytest.raises(MessageTooLarge):
        await accept.accept(core, envelope(ADA), letter(body="x" * (2 * 1024 * 1024)), Verdict())


async def test_a_large_message_is_kept_beside_the_database(core, tmp_path):
    await accept.accept(core, envelope(ADA), letter(body="line\n" * 80_000), Verdict())
    _, (message,) = inbox(core)
    files = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert [path.name for path in files] == [f"{message.blob_id}.eml"]
    assert await core.blobs.read(message.blob_id, 0, 11) == b"Return-Path"


@pytest.mark.parametrize(
    ("sender", "recipient", "refusal"),
    [
        ("eve@example.org", "nobody@mailwright.test", NoSuchRecipient),
        ("eve@example.org", "chen@example.net", RelayDenied),
        ("ada@mailwright.test", "bashir@mailwright.test", SenderNotAllowed),
        (None, "chen@example.net", RelayDenied),
    ],
)
async def test_what_a_stranger_may_not_do_is_said_at_rcpt(core, sender, recipient, refusal):
    with pytest.raises(refusal):
        await accept.may_receive(core, sender and Address.parse(sender), Address.parse(recipient), account=None, size=0)


async def test_who_signed_in_may_write_anywhere(core):
    ada = core.database.read_now(lambda tx: accounts.find(tx, ADA))
    await accept.may_receive(core, Address.parse(ADA), Address.parse("chen@example.net"), account=ada.id)
    with pytest.raises(NoSuchRecipient):
        await accept.may_receive(core, Address.parse(ADA), Address.parse("nobody@mailwright.test"), account=ada.id)


async def test_postmaster_reaches_the_administrator(core):
    core.database.write_now(lambda tx: accounts.add_user(tx, core, "root@mailwright.test", role="admin"))
    await accept.accept(core, envelope("postmaster@mailwright.test"), letter(), Verdict())
    assert len(inbox(core, "root@mailwright.test")[1]) == 1


async def test_the_postmaster_of_our_host_name_reaches_the_administrator_and_nobody_else_does(core):
    core.database.write_now(lambda tx: accounts.add_user(tx, core, "root@mailwright.test", role="admin"))
    postmaster, sender = Address.parse("postmaster@mail.mailwright.test"), Address.parse("eve@example.org")
    await accept.may_receive(core, sender, postmaster, account=None)
    await accept.accept(core, envelope(str(postmaster)), letter(), Verdict())
    assert len(inbox(core, "root@mailwright.test")[1]) == 1
    with pytest.raises(RelayDenied):
        await accept.may_receive(core, sender, Address.parse("ada@mail.mailwright.test"), account=None)


async def test_a_plus_address_reaches_its_owner(core):
    await accept.accept(core, envelope("Ada+news@Mailwright.test"), letter(), Verdict())
    assert len(inbox(core)[1]) == 1


async def test_a_group_reaches_each_member_once_however_it_points(core):
    def groups(tx):
        accounts.add_alias(tx, "team@mailwright.test", (ADA, "all@mailwright.test", "friend@example.net"))
        accounts.add_alias(tx, "all@mailwright.test", ("team@mailwright.test", "bashir@mailwright.test", ADA))

    core.database.write_now(groups)
    receipt = await accept.accept(core, envelope("team@mailwright.test"), letter(), Verdict())
    assert receipt.outcomes[0].refusal is None
    assert len(inbox(core)[1]) == len(inbox(core, "bashir@mailwright.test")[1]) == 1
    leaving = core.database.read_now(lambda tx: tx.all("SELECT recipient, channel FROM outbox"))
    assert leaving == [("friend@example.net", "smtp")]


async def test_a_full_member_of_a_group_gets_its_copy_later(core):
    def prepare(tx):
        accounts.add_alias(tx, "team@mailwright.test", (ADA, "bashir@mailwright.test"))
        account_rows.set_quota(tx, accounts.find(tx, ADA).id, 100)

    core.database.write_now(prepare)
    receipt = await accept.accept(core, envelope("team@mailwright.test"), letter(), Verdict())
    assert receipt.outcomes[0].refusal is None
    assert len(inbox(core, "bashir@mailwright.test")[1]) == 1
    assert core.database.read_now(lambda tx: tx.all("SELECT recipient, channel FROM outbox")) == [(ADA, "local")]


async def test_a_large_message_is_not_parsed_where_everybody_waits(core, monkeypatch):
    where, parse = {}, filing.mime.parse

    def note(raw):
        where[len(raw) > filing.LARGE_OCTETS] = threading.current_thread() is threading.main_thread()
        return parse(raw)

    monkeypatch.setattr(filing.mime, "parse", note)
    await accept.accept(core, envelope(ADA), letter(), Verdict())
    await accept.accept(core, envelope(ADA), letter(body="line\n" * 80_000), Verdict())
    assert where == {False: True, True: False}
    assert len(inbox(core)[1]) == 2


@pytest.mark.parametrize(
    ("sender", "recipient", "refusal"),
    [
        ("ADA@MAILWRIGHT.TEST", ADA, SenderNotAllowed),
        ("ada@mailwright\u3002test", ADA, SenderNotAllowed),
        ("ada@\uff4dailwright.test", ADA, SenderNotAllowed),
        ("ada@b\u00fccher.example", ADA, SenderNotAllowed),
        ("ada@xn--bcher-kva.example", ADA, SenderNotAllowed),
        ("eve@example.org", "chen%example.net@mailwright.test", NoSuchRecipient),
        ("eve@example.org", '"chen@example.net"@mailwright.test', NoSuchRecipient),
        ("eve@example.org", "chen!example.net@mailwright.test", NoSuchRecipient),
        ("eve@example.org", "ada@[127.0.0.1]", RelayDenied),
        ("eve@example.org", "ada@[IPv6:::1]", RelayDenied),
        ("eve@example.org", "ada@mail.mailwright.test", RelayDenied),
        ("eve@example.org", "ada@localhost", RelayDenied),
        ("eve@example.org", "\uff41da@mailwright.test", NoSuchRecipient),
    ],
)
async def test_no_spelling_leads_around_the_rules(core, sender, recipient, refusal):
    core.database.write_now(lambda tx: domains.add(tx, "xn--bcher-kva.example", tenant="demo"))
    with pytest.raises(refusal):
        await accept.may_receive(core, Address.parse(sender), Address.parse(recipient), account=None)


async def test_a_domain_of_ours_takes_mail_in_either_of_its_spellings(core):
    def prepare(tx):
        domains.add(tx, "xn--bcher-kva.example", tenant="demo")
        accounts.add_user(tx, core, "chen@b\u00fccher.example")

    core.database.write_now(prepare)
    for number, spelling in enumerate(("xn--bcher-kva.example", "b\u00fccher.example", "B\u00dcCHER.example")):
        receipt = await accept.accept(core, envelope(f"chen@{spelling}"), letter(f"{number}"), Verdict())
        assert receipt.outcomes[0].refusal is None
    assert len(inbox(core, "chen@xn--bcher-kva.example")[1]) == 3


async def test_all_mail_of_a_journaled_domain_is_copied_to_the_archive_once(core):
    core.database.write_now(
        lambda tx: domains.set_policies(tx, "mailwright.test", journal_address="archive@example.net", retain_days=None)
    )
    await accept.accept(core, envelope(ADA, "bashir@mailwright.test"), letter(), Verdict())
    await accept.accept(core, envelope(ADA), letter(), Verdict())
    assert core.database.read_now(lambda tx: tx.all("SELECT recipient, sender FROM outbox")) == [
        ("archive@example.net", None)
    ]


async def test_mail_between_two_of_our_domains_is_copied_for_each_that_keeps_a_journal(core):
    def journals(tx):
        domains.add(tx, "other.test", tenant="demo")
        domains.set_policies(tx, "mailwright.test", journal_address="archive@example.net", retain_days=None)
        domains.set_policies(tx, "other.test", journal_address="archive@example.org", retain_days=None)
        accounts.add_user(tx, core, "dora@other.test")
        return accounts.find(tx, ADA)

    ada = core.database.write_now(journals)
    raw = b"From: ada@mailwright.test\r\nTo: dora@other.test\r\nSubject: Hi\r\n\r\nHello\r\n"
    await submission.submit(core, ada, envelope("dora@other.test", sender=ADA, channel=Channel.SUBMISSION), raw)
    await Dispatcher(core, {}).drain()
    assert len(inbox(core, "dora@other.test")[1]) == 1
    copies = core.database.read_now(lambda tx: tx.all("SELECT recipient FROM outbox WHERE channel = 'smtp' ORDER BY 1"))
    assert copies == [("archive@example.net",), ("archive@example.org",)]


async def test_replies_join_the_thread_they_answer(core):
    await accept.accept(core, envelope(ADA), letter(message_id="<1@example.org>"), Verdict())
    await accept.accept(
        core,
        envelope(ADA),
        letter("Re: Hello", message_id="<2@example.org>", extra="In-Reply-To: <1@example.org>\n"),
        Verdict(),
    )
    await accept.accept(
        core,
        envelope(ADA),
        letter("other", message_id="<3@example.org>", extra="References: <1@example.org> <lost@example.org>\n"),
        Verdict(),
    )
    await accept.accept(core, envelope(ADA), letter("Hello", message_id="<4@example.org>"), Verdict())
    threads = {message.message_id: message.thread_id for message in inbox(core)[1]}
    assert threads["<1@example.org>"] == threads["<2@example.org>"] == threads["<3@example.org>"]
    assert threads["<4@example.org>"] != threads["<1@example.org>"], "never by subject alone"


async def test_a_reply_that_comes_first_is_joined_by_what_it_answers(core):
    await accept.accept(
        core,
        envelope(ADA),
        letter("Re: Hello", message_id="<2@example.org>", extra="In-Reply-To: <1@example.org>\n"),
        Verdict(),
    )
    await accept.accept(core, envelope(ADA), letter(message_id="<1@example.org>"), Verdict())
    assert len({message.thread_id for message in inbox(core)[1]}) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"\x00\xff\xfe garbage",
        b"Subject: \x00nul\r\n\r\n\x00",
        b"no header at all",
        b"From: \xed\xa0\x80\r\n\r\n",
    ],
)
async def test_what_cannot_be_parsed_is_kept_whole(core, raw):
    receipt = await accept.accept(core, envelope(ADA), raw, Verdict())
    assert receipt.outcomes[0].refusal is None
    _, (message,) = inbox(core)
    assert (await core.blobs.read(message.blob_id)).endswith(raw)


async def test_an_event_tells_of_each_delivery_and_holds_no_text(core):
    await accept.accept(core, envelope(ADA), letter("a secret subject"), Verdict())
    ((kind, payload),) = core.database.read_now(lambda tx: tx.all("SELECT kind, payload FROM events"))
    assert kind == "MessageDelivered"
    assert "secret" not in payload
    message = core.database.read_now(lambda tx: load(tx, json.loads(payload)["message_id"]))
    assert message.subject == "a secret subject"


def test_removing_a_user_takes_the_mail_and_the_address(core):
    core.database.write_now(lambda tx: accounts.remove_user(tx, ADA))
    assert core.database.read_now(lambda tx: account_rows.address(tx, ADA)) is None
    assert (
        core.database.read_now(lambda tx: outbox_rows.listing(tx, status=None, user_id=None, before=None, limit=5))
        == []
    )
