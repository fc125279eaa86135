"""Rules at delivery: what somebody's script says happens with the commit, and whatever goes wrong, their mail is kept."""

from __future__ import annotations

import asyncio

import pytest

from mailwright.codecs import mime
from mailwright.core import Core, accept, accounts, ruledelivery, rules, vacation
from mailwright.core.dispatch import Dispatcher
from mailwright.domain import clock
from mailwright.domain.envelope import Authentication, Envelope, Origin, Verdict
from mailwright.domain.refusals import MailboxFull, RejectedByRule
from mailwright.storage import Tx, messages
from mailwright.storage import accounts as account_rows
from mailwright.storage import mailboxes as mailbox_rows
from mailwright.storage import preferences as preference_rows
from mailwright.storage.messages import Flag, StoredMessage
from mailwright.storage.outbox import OutboxRow
from tests.core.outbox.outbox_world import Scripted

from .conftest import envelope, letter

ADA, BASHIR, CHEN = "ada@mailwright.test", "bashir@mailwright.test", "chen@mailwright.test"


def set_rules(core: Core, text: str, who: str = ADA) -> None:
    content = text.encode()
    rules.check(content)

    def write(tx: Tx) -> None:
        account = accounts.find(tx, who)
        rules.put(tx, account, "mine", content)
        rules.activate(tx, account, "mine")

    core.database.write_now(write)
    core.rules_seen.clear()


def kept(core: Core, name: str = "INBOX", who: str = ADA) -> list[StoredMessage]:
    def look(tx: Tx) -> list[StoredMessage]:
        mailbox = mailbox_rows.by_name(tx, accounts.find(tx, who).id, name)
        return messages.in_mailbox(tx, mailbox.id, 100) if mailbox is not None else []

    return core.database.read_now(look)


def count(core: Core, sql: str) -> int:
    return int(core.database.read_now(lambda tx: tx.scalar(sql)))


async def send(core: Core, raw: bytes | None = None, *to: str, sent: Envelope | None = None) -> list[Exception | None]:
    receipt = await accept.accept(core, sent or envelope(*(to or (ADA,))), raw or letter(), Verdict())
    return [outcome.refusal for outcome in receipt.outcomes]


async def drain(core: Core) -> list[tuple[str, str, bytes]]:
    """Carry everything out: (sender, recipient, message) of what left the house."""
    outside = Scripted()
    dispatcher = Dispatcher(core, {"smtp": outside}, now=lambda: clock.now() + clock.SECOND)
    for _ in range(12):  # what arrives may be sent on
        await dispatcher.drain()
    return [(str(sender or ""), str(recipient), raw) for sender, recipient, raw, _, _ in outside.took]


def waiting(core: Core) -> list[OutboxRow]:
    from mailwright.core import outbox

    return core.database.read_now(lambda tx: outbox.listing(tx, status="queued"))


async def test_without_rules_mail_is_in_the_inbox(core: Core) -> None:
    await send(core)
    assert len(kept(core)) == 1


async def test_a_rule_files_into_a_mailbox_with_flags(core: Core) -> None:
    set_rules(
        core,
        'require ["fileinto", "imap4flags"]; if header :contains "subject" "hello" '
        '{ fileinto :flags ["\\\\Seen", "Todo"] "Archive"; }',
    )
    await send(core)
    [message] = kept(core, "Archive")
    assert (message.flags, message.keywords) == (Flag.SEEN, ("Todo",))
    assert kept(core) == []
    assert core.database.read_now(lambda tx: mailbox_rows.by_name(tx, accounts.find(tx, ADA).id, "Archive")).unseen == 0  # type: ignore[union-attr]


async def test_a_mailbox_that_is_not_there_is_made_only_when_the_rule_says_so(core: Core) -> None:
    set_rules(core, 'require ["fileinto", "mailbox"]; fileinto "Lists/One"; fileinto :create "Lists/Two";')
    await send(core)
    assert len(kept(core)) == 1
    assert len(kept(core, "Lists/Two")) == 1
    assert kept(core, "Lists/One") == []


async def test_a_mailbox_that_cannot_be_made_leaves_the_message_in_the_inbox_marked(core: Core) -> None:
    set_rules(core, 'require ["fileinto", "mailbox"]; fileinto :create "a*b";')
    await send(core)
    [message] = kept(core)
    assert message.keywords == (ruledelivery.FAILED,)


async def test_two_copies_into_one_mailbox_are_one(core: Core) -> None:
    set_rules(core, 'require "fileinto"; keep; fileinto "inbox"; fileinto "Nowhere"; fileinto "Archive";')
    await send(core)
    assert len(kept(core)) == 1
    assert len(kept(core, "Archive")) == 1


async def test_a_discarded_message_leaves_its_row_and_nothing_else(core: Core) -> None:
    set_rules(core, "discard;")
    assert await send(core) == [None]
    assert kept(core) == []
    assert count(core, "SELECT count(*) FROM inbound") == 1
    assert count(core, "SELECT count(*) FROM events WHERE kind = 'BlobReleased'") == 1
    assert count(core, "SELECT used_bytes FROM users WHERE email = 'ada@mailwright.test'") == 0


async def test_a_discarded_message_that_is_offered_again_stays_away(core: Core) -> None:
    set_rules(core, "discard;")
    await send(core)
    set_rules(core, "keep;")
    receipt = await accept.accept(core, envelope(ADA), letter(), Verdict())
    assert receipt.outcomes[0].duplicate
    assert kept(core) == []


async def test_rules_of_one_person_do_not_touch_the_mail_of_another(core: Core) -> None:
    set_rules(core, "discard;")
    await send(core, None, ADA, BASHIR)
    assert (len(kept(core)), len(kept(core, who=BASHIR))) == (0, 1)


async def test_junk_is_filed_as_junk_and_no_rule_sees_it(core: Core) -> None:
    set_rules(core, "discard;")
    verdict = Verdict(authentication=Authentication(junk="it fails its domain's policy"))
    await accept.accept(core, envelope(ADA), letter(), verdict)
    assert len(kept(core, "Junk")) == 1


async def test_the_rules_of_an_alias_are_its_owners_and_see_the_address_that_was_written_to(core: Core) -> None:
    core.database.write_now(lambda tx: accounts.add_alias(tx, "info@mailwright.test", (ADA,)))
    set_rules(
        core,
        'require ["fileinto", "envelope", "subaddress"]; '
        'if envelope :is "to" "info+x@mailwright.test" { fileinto "Archive"; }',
    )
    await send(core, None, "info+x@mailwright.test")
    assert len(kept(core, "Archive")) == 1


async def test_a_script_that_fails_keeps_the_message_marked_and_says_so_in_the_audit(core: Core) -> None:
    set_rules(core, 'require ["variables", "fileinto"]; fileinto "Archive"; redirect "${nothing}";')
    await send(core)
    [message] = kept(core)
    assert message.keywords == (ruledelivery.FAILED,)
    assert kept(core, "Archive") == []
    resource = core.database.read_now(
        lambda tx: tx.scalar("SELECT resource FROM audit_events WHERE action = 'rules.failed'")
    )
    assert resource == "line 1: that is not an address"


async def test_a_script_that_no_version_can_run_any_more_keeps_the_mail(core: Core) -> None:
    set_rules(core, "discard;")
    core.database.write_now(lambda tx: tx.execute("UPDATE sieve_scripts SET content = 'nonsense;'"))
    await send(core)
    assert [message.keywords for message in kept(core)] == [(ruledelivery.FAILED,)]


async def test_a_changed_header_is_what_is_kept(core: Core) -> None:
    set_rules(
        core,
        'require "editheader"; deleteheader "Subject"; addheader "Subject" "[seen] Grüße"; addheader :last "X-Rule" "1";',
    )
    await send(core)
    [message] = kept(core)
    assert message.subject == "[seen] Grüße"
    raw = await core.blobs.read(message.blob_id)
    assert raw.startswith(b"Return-Path: <eve@example.org>\r\n")
    assert b"X-Rule: 1\r\n\r\nHi." in raw
    assert mime.parse(raw).subject == "[seen] Grüße"
    assert message.size == len(raw)


async def test_a_large_message_with_a_changed_header_is_staged_outside_the_database(core: Core) -> None:
    set_rules(core, 'require ["editheader", "fileinto"]; addheader "X-Rule" "1"; keep; fileinto "Archive";')
    await send(core, letter(body="x" * 70 + "\n" + ("y" * 70 + "\n") * 6000))
    [inbox], [archive] = kept(core), kept(core, "Archive")
    assert inbox.blob_id == archive.blob_id
    raw = await core.blobs.read(inbox.blob_id)
    assert b"X-Rule: 1" in raw[:1000]
    assert raw.endswith(b"y\r\n\r\n")


async def test_a_full_mailbox_refuses_the_message_and_no_rule_has_happened(core: Core) -> None:
    set_rules(core, 'require ["copy", "vacation"]; redirect :copy "chen@example.net"; vacation "away";')
    core.database.write_now(lambda tx: account_rows.set_quota(tx, accounts.find(tx, ADA).id, 1_900))
    await send(core)
    await drain(core)
    filler = letter("second", message_id="<2@example.org>", body="z" * 1200)
    [refusal] = await send(core, filler)
    assert isinstance(refusal, MailboxFull)
    assert waiting(core) == []


async def test_a_second_copy_without_room_is_left_out_and_the_message_is_kept(core: Core) -> None:
    set_rules(core, 'require "fileinto"; keep; fileinto "Archive";')
    core.database.write_now(lambda tx: account_rows.set_quota(tx, accounts.find(tx, ADA).id, 700))
    assert await send(core) == [None]
    assert (len(kept(core)), len(kept(core, "Archive"))) == (1, 0)


async def test_a_change_of_rules_is_seen_by_a_process_that_believed_the_old_ones(core: Core, monkeypatch) -> None:
    await send(core)
    monkeypatch.setattr(rules, "SEEN_SECONDS", 0.0)
    core.rules_seen.clear()
    set_rules(core, "discard;")
    await send(core, letter("again", message_id="<2@example.org>"))
    assert len(kept(core)) == 1


async def test_somebody_without_rules_costs_no_query_while_that_is_believed(core: Core) -> None:
    await send(core)
    account = core.database.read_now(lambda tx: accounts.find(tx, ADA))

    class Forbidden:
        def __getattr__(self, name: str) -> None:
            raise AssertionError(f"the database was asked: {name}")

    assert rules.active(Forbidden(), core, account.id) is None  # type: ignore[arg-type]


# --- reject ---------------------------------------------------------------------------------------------------------


async def test_a_rejected_message_is_refused_in_the_words_of_the_rule(core: Core) -> None:
    set_rules(core, 'require "reject"; reject text:\nNot this.\nNor that.\n.\n;')
    [refusal] = await send(core)
    assert isinstance(refusal, RejectedByRule)
    assert str(refusal) == "Not this.\nNor that."
    assert count(core, "SELECT count(*) FROM inbound") == 0
    assert await drain(core) == []


async def test_of_two_recipients_the_one_who_rejects_owes_the_sender_a_notice(core: Core) -> None:
    set_rules(core, 'require "reject"; reject "No more of this.";')
    refusals = await send(core, None, ADA, BASHIR)
    assert isinstance(refusals[0], RejectedByRule)
    assert len(kept(core, who=BASHIR)) == 1
    [(sender, recipient, raw)] = await drain(core)
    assert (sender, recipient) == ("", "eve@example.org")
    assert b"a rule of the recipient refuses it, and says:" in raw.replace(b"\r\n", b" ")
    assert b"No more of this." in raw.replace(b"\r\n", b" ")
    assert kept(core) == []


async def test_a_rejection_in_other_than_ascii_reaches_the_sender_as_it_is_by_a_notice(core: Core) -> None:
    set_rules(core, 'require "reject"; reject "Bitte nicht: Grüße";')
    assert await send(core) == [None]
    [(_, recipient, raw)] = await drain(core)
    assert recipient == "eve@example.org"
    assert "Bitte nicht: Grüße" in mime.body_text(raw, mime.parse(raw)).replace("\n", " ")


async def test_ereject_refuses_at_once_whatever_its_words(core: Core) -> None:
    set_rules(core, 'require "ereject"; ereject "Grüße";')
    [refusal] = await send(core)
    assert isinstance(refusal, RejectedByRule)


async def test_a_rejection_inside_a_group_harms_no_other_member(core: Core) -> None:
    core.database.write_now(lambda tx: accounts.add_alias(tx, "team@mailwright.test", (ADA, BASHIR)))
    set_rules(core, 'require "reject"; reject "Not me.";')
    assert await send(core, None, "team@mailwright.test") == [None]
    assert (len(kept(core)), len(kept(core, who=BASHIR))) == (0, 1)
    [(sender, recipient, _raw)] = await drain(core)
    assert (sender, recipient) == ("", "eve@example.org")


async def test_a_rejected_notice_is_never_answered_by_another(core: Core) -> None:
    core.database.write_now(lambda tx: accounts.add_alias(tx, "team@mailwright.test", (ADA, BASHIR)))
    set_rules(core, 'require "reject"; reject "Not me.";')
    await send(core, sent=envelope("team@mailwright.test", sender=None))
    assert await drain(core) == []


# --- redirect -------------------------------------------------------------------------------------------------------


async def test_a_redirected_message_leaves_with_its_sender_and_the_mark_of_the_rule(core: Core) -> None:
    set_rules(core, 'redirect "Chen <chen@example.net>";')
    await send(core)
    assert kept(core) == []
    [(sender, recipient, raw)] = await drain(core)
    assert (sender, recipient) == ("eve@example.org", "chen@example.net")
    assert raw.startswith(b"X-Redirected-By-Rule: ")
    assert b"Return-Path" not in raw
    assert b"\r\nReceived: from mx.example.org" in raw
    assert raw.endswith(letter())
    assert ADA.encode() not in raw.split(b"\r\n")[0]
    action = "SELECT resource FROM audit_events WHERE action = 'rules.redirected'"
    assert core.database.read_now(lambda tx: tx.scalar(action)) == "chen@example.net"


async def test_a_redirected_notice_keeps_the_null_sender(core: Core) -> None:
    set_rules(core, 'redirect "chen@example.net";')
    await send(core, sent=envelope(ADA, sender=None))
    [(sender, _, _)] = await drain(core)
    assert sender == ""


async def test_what_comes_back_from_where_it_was_sent_is_kept_and_not_sent_again(core: Core) -> None:
    set_rules(core, 'redirect "chen@example.net";')
    await send(core)
    [(_, _, raw)] = await drain(core)
    await send(core, b"Received: from example.net by mx\r\n" + raw)
    assert await drain(core) == []
    [message] = kept(core)
    assert message.keywords == ()


async def test_two_people_who_send_their_mail_to_each_other_get_each_message_once(core: Core) -> None:
    set_rules(core, f'redirect "{BASHIR}";')
    set_rules(core, f'redirect "{ADA}";', BASHIR)
    await send(core)
    await drain(core)
    assert len(kept(core)) + len(kept(core, who=BASHIR)) == 1
    assert waiting(core) == []


async def test_a_rule_cannot_take_the_mark_away(core: Core) -> None:
    set_rules(core, f'require ["copy"]; redirect :copy "{BASHIR}";')
    set_rules(
        core, f'require ["editheader", "copy"]; deleteheader "X-Redirected-By-Rule"; redirect :copy "{ADA}";', BASHIR
    )
    await send(core)
    await drain(core)
    assert len(kept(core)) == 2  # as it came, and as Bashir sent it on; it does not go round again
    assert len(kept(core, who=BASHIR)) == 1


async def test_a_long_chain_of_rules_ends(core: Core) -> None:
    set_rules(core, 'redirect "chen@example.net";')
    marks = "".join(f"X-Redirected-By-Rule: {number}\n" for number in range(ruledelivery.MAX_PASSES))
    await send(core, letter(extra=marks))
    assert await drain(core) == []
    assert len(kept(core)) == 1


async def test_nothing_is_proven_by_a_message_that_a_rule_sends_on(core: Core) -> None:
    set_rules(core, f'redirect "{BASHIR}";')
    ada = core.database.read_now(lambda tx: accounts.find(tx, CHEN))
    verdict = Verdict(Origin.OWNER, ada.id, "chen signed in", Authentication(author=CHEN))
    await accept.accept(core, envelope(ADA), letter(), verdict)
    await drain(core)
    [message] = kept(core, who=BASHIR)
    assert message.origin is Origin.STRANGER
    assert message.account_id is None


async def test_our_own_mail_between_mailboxes_meets_the_rules_too(core: Core) -> None:
    set_rules(core, f'redirect "{BASHIR}";')
    set_rules(core, 'require "fileinto"; fileinto "Archive";', BASHIR)
    await send(core)
    await drain(core)
    assert len(kept(core, "Archive", BASHIR)) == 1


# --- vacation -------------------------------------------------------------------------------------------------------

AWAY = 'require "vacation"; vacation :days 7 "I am away until Monday.";'


async def answers(core: Core, raw: bytes | None = None, *, sender: str | None = "eve@example.org") -> list[bytes]:
    await send(core, raw, sent=envelope(ADA, sender=sender))
    return [message for _, _, message in await drain(core)]


async def test_a_correspondent_is_told_once(core: Core) -> None:
    set_rules(core, AWAY)
    await send(core)
    [(sender, recipient, raw)] = await drain(core)
    assert (sender, recipient) == ("", "eve@example.org")
    parsed = mime.parse(raw)
    assert parsed.header.get("Auto-Submitted") == "auto-replied"
    assert parsed.subject == "Auto: Hello"
    assert parsed.from_ == (mime.Mailbox("Ada", ADA),)
    assert [mailbox.address for mailbox in parsed.to] == ["eve@example.org"]
    assert parsed.in_reply_to == ("<1@example.org>",)
    assert parsed.references == ("<1@example.org>",)
    assert mime.body_text(raw, parsed) == "I am away until Monday."
    assert len(kept(core)) == 1
    assert await answers(core, letter("again", message_id="<2@example.org>")) == []
    assert len(kept(core)) == 2


async def test_two_messages_at_once_are_answered_once(core: Core) -> None:
    set_rules(core, AWAY)
    await asyncio.gather(
        *(send(core, letter(f"n{number}", message_id=f"<{number}@example.org>")) for number in range(8))
    )
    assert len(await drain(core)) == 1
    assert len(kept(core)) == 8


async def test_after_the_days_somebody_is_told_again(core: Core) -> None:
    set_rules(core, AWAY)
    assert len(await answers(core)) == 1
    core.database.write_now(
        lambda tx: tx.execute("UPDATE vacation_replies SET sent_at = sent_at - ?", (7 * clock.DAY,))
    )
    assert len(await answers(core, letter("again", message_id="<2@example.org>"))) == 1


async def test_other_words_are_another_answer_and_one_handle_is_one(core: Core) -> None:
    script = 'require "vacation"; if header :contains "subject" "one" {{ vacation {0} "One."; }} else {{ vacation {0} "Two."; }}'
    set_rules(core, script.format(""))
    assert len(await answers(core, letter("one"))) == 1
    assert len(await answers(core, letter("two", message_id="<2@example.org>"))) == 1
    set_rules(core, script.format(':handle "trip"'))
    assert len(await answers(core, letter("one", message_id="<3@example.org>"))) == 1
    assert await answers(core, letter("two", message_id="<4@example.org>")) == []


async def test_a_subject_made_of_the_message_does_not_make_it_another_answer(core: Core) -> None:
    set_rules(
        core,
        'require ["vacation", "variables"]; if header :matches "subject" "*" '
        '{ vacation :subject "Away, re: ${1}" "I am away."; }',
    )
    [raw] = await answers(core, letter("first"))
    assert mime.parse(raw).subject == "Away, re: first"
    assert await answers(core, letter("second", message_id="<2@example.org>")) == []


@pytest.mark.parametrize(
    "extra",
    [
        "Auto-Submitted: auto-replied\n",
        "Auto-Submitted: auto-generated\n",
        "Precedence: bulk\n",
        "List-Id: <news.example.org>\n",
        "List-Unsubscribe: <https://example.org/out>\n",
        "X-Auto-Response-Suppress: OOF\n",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n",
    ],
)
async def test_automatic_mail_is_never_answered(core: Core, extra: str) -> None:
    set_rules(core, AWAY)
    assert await answers(core, letter(extra=extra)) == []
    assert len(kept(core)) == 1


@pytest.mark.parametrize(
    "sender",
    [
        None,
        "MAILER-DAEMON@example.org",
        "no-reply@example.org",
        "owner-list@example.org",
        "list-request@example.org",
        ADA,
    ],
)
async def test_some_senders_are_never_answered(core: Core, sender: str | None) -> None:
    set_rules(core, AWAY)
    assert await answers(core, sender=sender) == []


async def test_who_did_not_write_to_the_person_is_not_answered(core: Core) -> None:
    set_rules(core, AWAY)
    blind = letter().replace(b"To: ada@mailwright.test", b"To: friends@example.org")
    assert await answers(core, blind) == []
    set_rules(core, 'require "vacation"; vacation :addresses "friends@example.org" "I am away.";')
    assert len(await answers(core, blind.replace(b"<1@", b"<2@"))) == 1


async def test_who_wrote_to_an_alias_is_answered_from_it(core: Core) -> None:
    core.database.write_now(lambda tx: accounts.add_alias(tx, "info@mailwright.test", (ADA,)))
    set_rules(core, AWAY)
    raw = letter().replace(b"To: ada@", b"Cc: info@")
    await send(core, raw, "info@mailwright.test")
    [(_, _, answer)] = await drain(core)
    assert mime.parse(answer).from_[0].address == "info@mailwright.test"


async def test_nobody_answers_under_an_address_of_somebody_else(core: Core) -> None:
    set_rules(core, f'require "vacation"; vacation :from "Boss <{BASHIR}>" "I am away.";')
    [raw] = await answers(core)
    assert mime.parse(raw).from_[0].address == ADA
    core.database.write_now(lambda tx: accounts.add_alias(tx, "info@mailwright.test", (ADA,)))
    set_rules(core, 'require "vacation"; vacation :from "Info <info@mailwright.test>" "I am away now.";')
    [raw] = await answers(core, letter("2", message_id="<2@example.org>"))
    assert mime.parse(raw).from_ == (mime.Mailbox("Info", "info@mailwright.test"),)


async def test_an_answer_may_be_a_mime_entity_and_brings_no_other_fields(core: Core) -> None:
    set_rules(
        core,
        'require "vacation"; vacation :mime text:\nContent-Type: text/html; charset=utf-8\nBcc: all@example.org\n\n'
        "<p>I am <b>away</b>.</p>\n.\n;",
    )
    [raw] = await answers(core)
    parsed = mime.parse(raw)
    assert parsed.root.media_type == "text/html"
    assert "Bcc" not in parsed.header
    assert parsed.header.count("Content-Type") == 1
    assert raw.endswith(b"\r\n\r\n<p>I am <b>away</b>.</p>\r\n")


async def test_zero_seconds_answer_every_message(core: Core) -> None:
    set_rules(core, 'require "vacation-seconds"; vacation :seconds 0 "Got it.";')
    assert len(await answers(core)) == 1
    assert len(await answers(core, letter("2", message_id="<2@example.org>"))) == 1


async def test_a_hostile_subject_cannot_break_out_of_the_answer(core: Core) -> None:
    set_rules(
        core,
        'require ["vacation", "variables", "encoded-character"]; set "x" "a${hex:0d 0a}Bcc: all@example.org"; '
        'vacation :subject "${x}" "I am away.";',
    )
    [raw] = await answers(core)
    assert "Bcc" not in mime.parse(raw).header


async def test_a_vacation_with_discard_answers_and_keeps_nothing(core: Core) -> None:
    set_rules(core, AWAY + " discard;")
    assert len(await answers(core)) == 1
    assert kept(core) == []


async def test_old_answers_are_forgotten_at_night(core: Core) -> None:
    set_rules(core, AWAY)
    await answers(core)
    assert await vacation.forget(core) == 0
    core.database.write_now(
        lambda tx: tx.execute("UPDATE vacation_replies SET sent_at = sent_at - ?", (91 * clock.DAY,))
    )
    assert await vacation.forget(core) == 1


async def test_a_rule_knows_the_time_where_its_owner_is(core: Core) -> None:
    def live_in(tx: Tx, zone: str) -> None:
        preference_rows.set_for(tx, accounts.find(tx, ADA).id, preference_rows.Preferences(time_zone=zone))

    core.database.write_now(lambda tx: live_in(tx, "Asia/Kolkata"))
    set_rules(core, 'require ["date", "fileinto"]; if currentdate :is "zone" "+0530" { fileinto "Archive"; }')
    await send(core)
    assert len(kept(core, "Archive")) == 1


async def test_a_person_who_goes_takes_rules_and_answers_along(core: Core) -> None:
    set_rules(core, AWAY)
    await answers(core)
    core.database.write_now(lambda tx: accounts.remove_user(tx, ADA))
    assert count(core, "SELECT count(*) FROM sieve_scripts") == 0
    assert count(core, "SELECT count(*) FROM vacation_replies") == 0


async def test_a_rule_may_file_into_a_mailbox_that_somebody_shares(core: Core) -> None:
    from mailwright.core import access

    def share(tx: Tx, rights: str) -> None:
        bashir = accounts.find(tx, BASHIR)
        access.set_acl(tx, bashir, access.by_name(tx, bashir, "Archive"), ADA, rights)

    set_rules(core, f'require "fileinto"; fileinto "Other Users/{BASHIR}/Archive";')
    core.database.write_now(lambda tx: share(tx, "lr"))
    await send(core)
    assert (len(kept(core)), len(kept(core, "Archive", BASHIR))) == (1, 0)
    core.database.write_now(lambda tx: share(tx, "lri"))
    await accept.accept(core, envelope(ADA), letter("2", message_id="<2@example.org>"), Verdict(Origin.OWNER))
    assert (len(kept(core)), len(kept(core, "Archive", BASHIR))) == (1, 1)
    # There its words are a stranger's to Bashir, and no agent wakes.
    assert kept(core, "Archive", BASHIR)[0].origin is Origin.STRANGER
    assert count(core, "SELECT count(*) FROM events WHERE kind = 'MessageDelivered'") == 1


async def test_everybody_of_a_large_group_may_have_rules_that_answer(core: Core) -> None:
    people = [f"member{number}@mailwright.test" for number in range(70)]  # more than there are rounds of asking

    def write(tx: Tx) -> None:
        for each in people:
            account = accounts.add_user(tx, core, each)
            rules.put(tx, account, "away", b'require "vacation"; vacation "I am away.";')
            rules.activate(tx, account, "away")
        accounts.add_alias(tx, "all@mailwright.test", tuple(people))

    core.database.write_now(write)
    raw = letter(extra=f"Cc: {', '.join(people)}\n")
    assert await send(core, raw, "all@mailwright.test") == [None]
    assert len(waiting(core)) == len(people)
    assert count(core, "SELECT count(*) FROM messages") == len(people)
    assert await send(core, raw, "all@mailwright.test") == [None]
    assert len(waiting(core)) == len(people), "offered again it is known"


async def test_what_is_missing_is_asked_for_in_bounded_portions() -> None:
    from mailwright.core.derived import ENOUGH_OCTETS, Missing, NotStaged, Wanted

    missing = Missing()
    half = Wanted("tenant", bytes(ENOUGH_OCTETS // 2), read=False)
    missing.ask()
    missing.note(NotStaged(half))
    with pytest.raises(NotStaged) as asked:
        missing.note(NotStaged(half))
    assert asked.value.wanted == (half, half)


async def test_a_message_whose_header_a_rule_changed_is_nobodys_word(core: Core) -> None:
    set_rules(core, 'require "editheader"; deleteheader "From"; addheader "From" "bashir@mailwright.test";')
    bashir = core.database.read_now(lambda tx: accounts.find(tx, "bashir@mailwright.test"))
    await accept.accept(core, envelope(ADA), letter(), Verdict(Origin.OWNER, bashir.id, "signed in"))
    (message,) = kept(core)
    assert (message.origin, message.account_id) == (Origin.STRANGER, None)
