"""The mail that asks for an approval: once, plain, and nothing of what others wrote can pass for ours."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from mailwright.codecs import mime
from mailwright.core import accounts, approvalmail, approvals
from mailwright.core.approvalmail import without_links
from mailwright.domain.clock import DAY, SECOND
from mailwright.storage import Tx, assignments, mailboxes
from mailwright.storage import accounts as account_rows
from tests.core.approvals.conftest import ADDRESS, BY_ADA, Desk

LINK = re.compile(r"https://mail\.mailwright\.test/approve/([\w-]{43})")


async def mails(desk: Desk) -> list[tuple[Any, Any, str]]:
    """What was mailed: the outbox row, the message parsed, and its text."""
    found = []
    for row in await desk.outbox():
        raw = await desk.core.blobs.read(row.blob_id)
        parsed = mime.parse(raw)
        found.append((row, parsed, mime.body_text(raw, parsed)))
    return found


async def test_the_person_is_asked_once_in_plain_words(desk: Desk) -> None:
    asked = await desk.ask()
    told = await asyncio.gather(*(approvalmail.mail(desk.core, asked.id) for _ in range(3)))
    assert sorted(told) == [False, False, True]
    assert await approvalmail.mail(desk.core, asked.id) is False
    [(row, parsed, text)] = await mails(desk)
    assert str(row.recipient) == "ada@mailwright.test"
    assert (row.sender, row.agent, row.dsn) == (None, "", False)
    assert parsed.header.get("Auto-Submitted") == "auto-generated"
    assert parsed.root.media_type == "text/plain"
    for words in (
        ADDRESS,
        "> chen@example.org",
        "> Our offer",
        "> The offer is attached",
        "not named in what you wrote",
    ):
        assert words in text
    assert "nothing is sent" in text


async def test_the_link_opens_that_approval_and_only_its_digest_is_kept(desk: Desk) -> None:
    asked, other = await desk.ask(), await desk.ask(recipients=["eve@example.org"])
    await approvalmail.mail(desk.core, asked.id)
    [(_, _, text)] = await mails(desk)
    token = LINK.findall(text)
    assert len(token) == 1
    found = await desk.core.read(lambda tx: approvals.by_token(tx, token[0]))
    assert found is not None
    assert found.id == asked.id != other.id
    kept = await desk.core.read(lambda tx: tx.scalar("SELECT token FROM approvals WHERE id = ?", (asked.id,)))
    assert kept == approvals.digest_of(token[0])
    assert token[0] not in kept


async def test_nothing_of_a_stranger_s_text_looks_like_ours_or_can_be_followed(desk: Desk) -> None:
    evil = (
        "Hello\r\nOpen this page to see all of it, and to approve or reject it:\n\nhttps://evil.example/approve/"
        + "k" * 43
        + "\x0bevil.example/approve\u2028www.evil.example\x85HTTP:\\\\evil.example \u202eevil\nhttps://mail.mailwright.test/approve/x"
    )
    asked = await desk.ask(
        raw=desk.letter(evil), subject=f"x {evil}", summary=evil, because=evil, recipients=["chen@example.org"]
    )
    await approvalmail.mail(desk.core, asked.id)
    [(_, parsed, text)] = await mails(desk)
    assert parsed.subject == f"Your approval is needed: {ADDRESS} wants to send a mail"
    ours = [line for line in text.splitlines() if not line.startswith(">")]
    assert not any("evil" in line or "Hello" in line for line in ours)
    assert [line for line in ours if "://" in line] == [line for line in text.splitlines() if "://" in line]
    assert len([line for line in ours if "://" in line]) == 1
    assert ours.count("Open this page to see all of it, and to approve or reject it:") == 1
    quoted = "".join(line for line in text.splitlines() if line.startswith(">"))
    assert "evil.example" not in quoted
    assert "www." not in quoted
    assert "\u202e" not in text


async def test_files_and_long_texts_are_named_and_bounded(desk: Desk) -> None:
    raw = mime.compose(
        from_=mime.Mailbox("", ADDRESS),
        to=[mime.Mailbox("", "chen@example.org")],
        subject="Our offer",
        text="\n".join(f"Line {number} " + "x" * 500 for number in range(100)),
        message_id="<offer@mail.mailwright.test>",
        date=desk.now() // SECOND * SECOND,
        attachments=[mime.Attachment("https://evil.example/a.pdf", b"%PDF", "application/pdf")],
    )
    asked = await desk.ask(raw=raw, recipients=[f"p{number}@example.org" for number in range(50)])
    await approvalmail.mail(desk.core, asked.id)
    [(_, _, text)] = await mails(desk)
    assert "50 recipients" in text
    assert "(and 30 more, which the page shows)" in text
    assert "(and 88 more, which the page shows)" in text
    assert "> a.pdf (4 bytes)" in text
    assert len(text) < 10_000


async def test_who_shares_the_inbox_gets_no_link_that_decides(desk: Desk) -> None:
    def share(tx: Tx) -> None:
        inbox = mailboxes.by_role(tx, desk.ada, "inbox")
        assert inbox is not None
        mailboxes.set_acl(tx, inbox.id, desk.bashir, "lr")

    await desk.core.write(share)
    asked = await desk.ask()
    assert await approvalmail.mail(desk.core, asked.id)
    assert not await approvalmail.mail(desk.core, asked.id)
    [(_, _, text)] = await mails(desk)
    assert "/approve/" not in text
    assert "https://mail.mailwright.test/app/agents" in text


async def test_who_has_an_agent_in_the_inbox_gets_no_link_that_decides(desk: Desk) -> None:
    await desk.core.write(lambda tx: assignments.add(tx, desk.tenant_id, "assistant", desk.ada, grants=["read"]))
    asked = await desk.ask()
    assert await approvalmail.mail(desk.core, asked.id)
    [(_, _, text)] = await mails(desk)
    assert "/approve/" not in text


async def test_an_outside_sender_is_asked_at_their_own_address(desk: Desk) -> None:
    guest = await desk.core.write(lambda tx: accounts.add_guest(tx, desk.tenant_id, "dora@example.net"))
    asked = await desk.ask(user_id=guest.id)
    assert await approvalmail.mail(desk.core, asked.id)
    [(row, parsed, text)] = await mails(desk)
    assert str(row.recipient) == "dora@example.net"
    assert parsed.from_[0].address == "postmaster@mail.mailwright.test"
    assert LINK.search(text)


async def test_nobody_is_asked_for_what_cannot_be_decided(desk: Desk) -> None:
    rejected, old, blocked = await desk.ask(), await desk.ask(), await desk.ask(user_id=desk.bashir)
    await desk.core.write(lambda tx: approvals.reject(tx, desk.core, rejected.id, BY_ADA, user_id=desk.ada))
    await desk.core.write(lambda tx: account_rows.set_status(tx, desk.bashir, "blocked"))
    assert not await approvalmail.mail(desk.core, rejected.id)
    assert not await approvalmail.mail(desk.core, blocked.id)
    desk.now.moment += 14 * DAY
    assert not await approvalmail.mail(desk.core, old.id)
    assert await desk.outbox() == []


def test_addresses_of_pages_are_taken_out_and_mail_addresses_stay() -> None:
    for gone in (
        "https://evil.example/x",
        "HTTPS:\\\\evil.example",
        "hxxps://evil",
        "evil.example/approve?x=1",
        "www.evil.example",
        "WWW.evil.example/",
        "javascript:alert(1)",
        "mailto:eve@evil.example",
        "192.0.2.1/approve",
        "http://[::1]/",
    ):
        assert without_links(f"see {gone} now") == "see [link removed] now"
    assert without_links("go to evil.example or evil\u3002example") == "go to evil[.]example or evil[.]example"
    for kept in (
        "the report.pdf",
        "ada.lovelace@example.org wrote",
        "e.g. 3.14",
        "at 10:30",
        "Note: this",
        "data: the figures",
    ):
        assert without_links(kept) == kept
    assert without_links('"https://evil.example a"@example.org', addresses=True) == '"[link removed] a"@example.org'
