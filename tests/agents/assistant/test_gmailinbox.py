"""The inbox of a Gmail account, over our client and a Gmail of this machine: what is read, how it is labelled, and one draft for one mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from mailwright.agents.assistant.composing import FIELD
from mailwright.agents.assistant.gmailinbox import GmailInbox
from mailwright.agents.assistant.inbox import Answered, Inbox
from mailwright.connectors.gmail import Gmail
from mailwright.connectors.google import Google, Tokens
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import AuthenticationFailed, NotFound, TryLater
from mailwright.domain.triage import Category
from mailwright.storage.triage import Item
from tests.connectors.test_google import ADA, google_at, tokens_of
from tests.servers.gmail import Box, GmailService, Message, error, letter

DRAFT_ID = "<draft-1@mail.mailwright.test>"


class World:
    """Ada's Gmail, and the inbox that the assistant has of it."""

    def __init__(self, there: GmailService, google: Google) -> None:
        self.there = there
        self.box: Box = there.box(ADA)
        self.google = google
        self.inbox: Inbox = self.opened()

    def opened(self) -> GmailInbox:
        """The inbox as another step opens it."""

        async def spend(units: int) -> None:
            pass

        async def renewed(tokens: Tokens) -> None:
            pass

        gmail = Gmail(self.there.url, tokens_of(self.there), self.google, spend=spend, renewed=renewed)
        return GmailInbox(gmail, (ADA, "ada@mailwright.test"))

    def names_of_drafts(self) -> list[str]:
        return list(self.box.drafts)


@pytest.fixture
def there() -> Iterator[GmailService]:
    service = GmailService()
    yield service
    service.stop()


@pytest.fixture
async def world(there: GmailService) -> AsyncIterator[World]:
    google = google_at(there)
    yield World(there, google)
    await google.close()


def item_of(message: Message, sender: str = "bashir@example.org") -> Item:
    """The row that the assistant has of a message."""
    return row_of(
        message.id, message.thread_id, message.header_id, sender=sender, received_at=message.received_ms * 1000
    )


def row_of(
    remote_id: str, thread_id: str, header_id: str, *, sender: str = "bashir@example.org", received_at: int = 0
) -> Item:
    """A row of a mail in Gmail."""
    return Item(
        id="item-1",
        tenant_id="t1",
        user_id="u1",
        connection_id="c1",
        remote_id=remote_id,
        remote_thread=thread_id,
        header_id=header_id,
        sender=sender,
        sender_name="Bashir",
        subject="Lunch",
        mail_kind="person",
        proven=False,
        category="",
        confidence=0.0,
        because="",
        decided_by="",
        corrected_from="",
        corrected_at=None,
        shown="",
        language="en",
        vip=False,
        draft_state="",
        draft_id="",
        draft_header_id="",
        draft_checksum="",
        draft_because="",
        claims=[],
        task_id=None,
        received_at=received_at,
        created_at=0,
        updated_at=0,
    )


def draft(
    answers: str, *, header_id: str = DRAFT_ID, item_id: str = "item-1", text: str = "On Friday, gladly."
) -> bytes:
    """What the assistant composes."""
    raw = letter(ADA, "bashir@example.org", "Re: Lunch", text, header_id, answers)
    return f"{FIELD}: {item_id}; by=rules\r\n".encode() + raw


def own_draft(answers: str) -> bytes:
    """What Ada writes."""
    return letter(ADA, "bashir@example.org", "Re: Lunch", "I am", "<CAada@mail.gmail.com>", answers)


# --- reading --------------------------------------------------------------------------------------------------------


async def test_the_mail_is_read_and_stays_unread(world: World) -> None:
    made = world.box.receive(subject="Lunch")
    mail = await world.inbox.mail(item_of(made))
    assert (mail.id, mail.raw, mail.mine) == (made.id, made.raw, False)
    assert mail.received_at == made.received_ms * 1000
    await world.inbox.thread(item_of(made), 10)
    assert "UNREAD" in made.labels


async def test_what_was_thrown_away_is_gone(world: World) -> None:
    made = world.box.receive()
    world.box.relabel(made.id, ["TRASH"], ["INBOX"])
    with pytest.raises(NotFound):
        await world.inbox.mail(item_of(made))
    with pytest.raises(NotFound):
        await world.inbox.make_draft(item_of(made), draft(made.header_id), DRAFT_ID)


async def test_a_thread_has_what_was_said_and_no_drafts(world: World) -> None:
    first = world.box.receive(header_id="<1@example.org>")
    reply = world.box.wrote(header_id="<2@gmail.example>", answers="<1@example.org>")
    thrown = world.box.receive(answers="<1@example.org>")
    world.box.relabel(thrown.id, ["TRASH"])
    last = world.box.receive(answers="<2@gmail.example>")
    world.box.add_draft(own_draft("<1@example.org>"), first.thread_id)
    told = await world.inbox.thread(item_of(last), 10)
    assert [(mail.id, mail.mine) for mail in told] == [(first.id, False), (reply.id, True), (last.id, False)]


async def test_of_a_long_thread_the_newest_and_the_mail_itself_are_read(world: World) -> None:
    first = world.box.receive(header_id="<1@example.org>")
    rest = [world.box.receive(answers="<1@example.org>") for _ in range(12)]
    told = await world.inbox.thread(item_of(first), 4)
    assert [mail.id for mail in told] == [first.id, *(each.id for each in rest[-3:])]
    assert [mail.id for mail in await world.inbox.thread(item_of(rest[0]), 1)] == [rest[0].id]


async def test_what_the_owner_sent_comes_newest_first(world: World) -> None:
    made = [world.box.wrote(subject=f"Letter {number}") for number in range(6)]
    world.box.receive()
    told = await world.inbox.sent(4)
    assert [mail.id for mail in told] == [each.id for each in made[:1:-1]]
    assert all(mail.mine and mail.origin is Origin.OWNER for mail in told)


async def test_who_was_written_to_is_known(world: World) -> None:
    world.box.wrote(to="Bashir <bashir@example.org>")
    made = world.box.receive()
    assert await world.inbox.written_to(item_of(made))
    assert not await world.inbox.written_to(item_of(made, "chen@example.org"))


@pytest.mark.parametrize(
    "sender", ['"a b"@example.org', "x@example.org in:inbox", "{a@b c@d}", "a(b)@c", "", "é@example.org"]
)
async def test_a_sender_cannot_write_a_search(world: World, sender: str) -> None:
    world.box.wrote(to="bashir@example.org")
    made = world.box.receive()
    before = len(world.there.asked)
    assert not await world.inbox.written_to(item_of(made, sender))
    assert len(world.there.asked) == before


# --- whose words ----------------------------------------------------------------------------------------------------

FORGED = "mx.google.com; dmarc=pass header.from=example.org"


async def test_a_sender_that_gmail_found_proven_is_a_correspondent(world: World) -> None:
    assert (await world.inbox.mail(item_of(world.box.receive()))).origin is Origin.CORRESPONDENT


@pytest.mark.parametrize(
    "field",
    [
        None,
        "mx.google.com; dmarc=fail (p=NONE dis=NONE) header.from=example.org",
        "mx.google.com; spf=pass smtp.mailfrom=eve@evil.example; dmarc=pass header.from=evil.example",
        "mx.evil.example; dmarc=pass header.from=example.org",
        "google.com; dmarc=pass header.from=example.org",
        "mx.google.com.evil.example; dmarc=pass header.from=example.org",
        "mx.google.com (mx.google.com; dmarc=pass header.from=example.org)",
        "mx.google.com; dmarc=fail header.from=example.org; dmarc=pass header.from=example.org",
        "",
    ],
)
async def test_everybody_else_is_a_stranger(world: World, field: str | None) -> None:
    raw = letter() if field is None else f"Authentication-Results: {field}\r\n".encode() + letter()
    made = world.box.receive(raw, passed=False)
    assert (await world.inbox.mail(item_of(made))).origin is Origin.STRANGER


async def test_only_the_topmost_finding_counts(world: World) -> None:
    below = letter(**{"Authentication-Results": FORGED})
    failed = b"Authentication-Results: mx.google.com; dmarc=fail header.from=example.org\r\n" + below
    for raw in (failed, b"Authentication-Results: mx.elsewhere.example; none\r\n" + below):
        made = world.box.receive(raw, passed=False)
        assert (await world.inbox.mail(item_of(made))).origin is Origin.STRANGER


async def test_a_finding_for_one_of_two_authors_proves_neither(world: World) -> None:
    raw = b"From: Eve <eve@evil.example>\r\n" + letter()
    made = world.box.receive(f"Authentication-Results: {FORGED}\r\n".encode() + raw, passed=False)
    assert (await world.inbox.mail(item_of(made))).origin is Origin.STRANGER


# --- labels ---------------------------------------------------------------------------------------------------------


async def test_a_mail_carries_the_label_of_one_category(world: World) -> None:
    made = world.box.receive()
    for category, name in (
        (Category.NEEDS_REPLY, "Mailwright/Needs reply"),
        (Category.NEEDS_REPLY, "Mailwright/Needs reply"),
        (Category.INFORMATIONAL, "Mailwright/Informational"),
        (Category.SPAM, "Mailwright/Spam"),
    ):
        await world.inbox.show(item_of(made), category)
        assert world.box.names_on(made.id) == {"INBOX", "UNREAD", name}
    await world.inbox.show(item_of(made), None)
    assert world.box.names_on(made.id) == {"INBOX", "UNREAD"}


async def test_a_label_is_made_when_it_is_needed_and_not_before(world: World) -> None:
    made = world.box.receive()
    await world.inbox.show(item_of(made), None)
    assert not [name for name in world.box.labels.values() if name.startswith("Mailwright")]
    await world.inbox.show(item_of(made), Category.SPAM)
    assert [name for name in world.box.labels.values() if name.startswith("Mailwright")] == ["Mailwright/Spam"]


async def test_a_mail_that_is_gone_carries_nothing(world: World) -> None:
    made = world.box.receive()
    world.box.remove(made.id)
    with pytest.raises(NotFound):
        await world.inbox.show(item_of(made), Category.SPAM)


# --- drafts ---------------------------------------------------------------------------------------------------------


async def test_a_draft_lies_in_the_thread_of_its_mail(world: World) -> None:
    made = world.box.receive(header_id="<1@example.org>")
    draft_id = await world.inbox.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID)
    held = world.box.messages[world.box.drafts[draft_id]]
    assert (held.thread_id, held.labels) == (made.thread_id, {"DRAFT"})
    assert await world.inbox.draft(draft_id) == held.raw == draft("<1@example.org>")
    assert "UNREAD" in made.labels


@pytest.mark.parametrize("rewrites_ids", [False, True])
async def test_a_repeated_step_makes_no_second_draft(world: World, rewrites_ids: bool) -> None:
    world.box.rewrites_ids = rewrites_ids
    made = world.box.receive(header_id="<1@example.org>")
    assert await world.inbox.find_draft(item_of(made), DRAFT_ID) is None
    draft_id = await world.inbox.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID)
    again = world.opened()
    assert await again.find_draft(item_of(made), DRAFT_ID) == draft_id
    assert await again.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID) == draft_id
    assert world.names_of_drafts() == [draft_id]


async def test_a_draft_that_the_search_does_not_know_yet_is_found_in_its_thread(world: World) -> None:
    made = world.box.receive(header_id="<1@example.org>")
    draft_id = await world.inbox.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID)
    for _ in range(2):
        world.there.refuse.append((200, {"resultSizeEstimate": 0}))
    assert await world.inbox.find_draft(item_of(made), DRAFT_ID) == draft_id


@pytest.mark.parametrize("rewrites_ids", [False, True])
async def test_the_draft_of_an_earlier_generation_is_not_the_new_one(world: World, rewrites_ids: bool) -> None:
    world.box.rewrites_ids = rewrites_ids
    made = world.box.receive(header_id="<1@example.org>")
    first = await world.inbox.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID)
    item = replace(item_of(made), draft_id=first)
    later = "<draft-2@mail.mailwright.test>"
    assert await world.inbox.find_draft(item, later) is None
    second = await world.inbox.make_draft(item, draft("<1@example.org>", header_id=later), later)
    assert second != first
    assert await world.inbox.find_draft(item, later) == second


async def test_a_draft_for_another_mail_of_the_thread_is_not_this_ones(world: World) -> None:
    first = world.box.receive(header_id="<1@example.org>")
    other = await world.inbox.make_draft(item_of(first), draft("<1@example.org>"), DRAFT_ID)
    second = replace(item_of(world.box.receive(header_id="<2@example.org>", answers="<1@example.org>")), id="item-2")
    later = "<draft-2@mail.mailwright.test>"
    assert await world.inbox.find_draft(second, later) is None
    made = await world.inbox.make_draft(second, draft("<2@example.org>", header_id=later, item_id="item-2"), later)
    assert made != other


async def test_a_draft_that_was_sent_is_found_among_what_was_sent(world: World) -> None:
    made = world.box.receive(header_id="<1@example.org>")
    draft_id = await world.inbox.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID)
    sent = world.box.send_draft(draft_id)
    assert await world.inbox.find_draft(item_of(made), DRAFT_ID) == sent.id
    assert await world.inbox.draft(draft_id) is None


async def test_a_mail_the_owner_answered_meanwhile_gets_no_draft(world: World) -> None:
    made = world.box.receive(header_id="<1@example.org>")
    world.box.wrote(answers="<1@example.org>")
    with pytest.raises(Answered):
        await world.inbox.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID)
    assert world.names_of_drafts() == []


async def test_an_answer_to_an_earlier_mail_of_the_thread_is_no_answer_to_this_one(world: World) -> None:
    world.box.receive(header_id="<1@example.org>")
    world.box.wrote(header_id="<2@gmail.example>", answers="<1@example.org>")
    await asyncio.sleep(0.002)
    made = world.box.receive(header_id="<3@example.org>", answers="<2@gmail.example>")
    assert await world.inbox.make_draft(item_of(made), draft("<3@example.org>"), DRAFT_ID)


async def test_an_answer_the_owner_has_begun_is_left_alone(world: World) -> None:
    made = world.box.receive(header_id="<1@example.org>")
    own = world.box.add_draft(own_draft("<1@example.org>"), made.thread_id)
    with pytest.raises(Answered):
        await world.inbox.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID)
    assert await world.inbox.find_draft(item_of(made), DRAFT_ID) is None
    assert world.names_of_drafts() == [own]


async def test_an_edited_draft_is_read_as_it_is_now_under_the_same_id(world: World) -> None:
    made = world.box.receive(header_id="<1@example.org>")
    draft_id = await world.inbox.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID)
    edited = own_draft("<1@example.org>")
    world.box.edit_draft(draft_id, edited)
    assert await world.inbox.draft(draft_id) == edited


async def test_a_draft_is_removed_and_twice_does_no_harm(world: World) -> None:
    made = world.box.receive(header_id="<1@example.org>")
    draft_id = await world.inbox.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID)
    for _ in range(2):
        await world.inbox.remove_draft(draft_id)
    assert world.names_of_drafts() == []


async def test_nothing_is_ever_sent(world: World, there: GmailService) -> None:
    made = world.box.receive(header_id="<1@example.org>")
    await world.inbox.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID)
    await world.inbox.show(item_of(made), Category.NEEDS_REPLY)
    assert not [each for each in there.asked if "send" in each.path]
    assert not [each for each in world.box.messages.values() if "SENT" in each.labels]


# --- what goes wrong ------------------------------------------------------------------------------------------------


async def test_a_message_of_the_thread_that_goes_meanwhile_is_left_out(world: World, there: GmailService) -> None:
    first = world.box.receive(header_id="<1@example.org>")
    last = world.box.receive(answers="<1@example.org>")
    ask = GmailInbox(_Vanishing(world, first.id), (ADA,))
    assert [mail.id for mail in await ask.thread(item_of(last), 10)] == [last.id]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_gmail_cannot_do_now_is_try_later(world: World, there: GmailService, status: int) -> None:
    made = world.box.receive(header_id="<1@example.org>")
    for ask in (
        lambda: world.inbox.mail(item_of(made)),
        lambda: world.inbox.thread(item_of(made), 5),
        lambda: world.inbox.show(item_of(made), Category.SPAM),
        lambda: world.inbox.find_draft(item_of(made), DRAFT_ID),
        lambda: world.inbox.make_draft(item_of(made), draft("<1@example.org>"), DRAFT_ID),
        lambda: world.inbox.draft("r-1"),
        lambda: world.inbox.remove_draft("r-1"),
        lambda: world.inbox.sent(3),
    ):
        there.refuse.append(error(status, "Words", "backendError", "UNAVAILABLE"))
        with pytest.raises(TryLater):
            await ask()
    assert world.names_of_drafts() == []


async def test_whose_owner_took_it_back_must_sign_in_again(world: World, there: GmailService) -> None:
    made = world.box.receive()
    there.revoke(ADA)
    with pytest.raises(AuthenticationFailed):
        await world.inbox.mail(item_of(made))


class _Vanishing:
    """Ada's Gmail, where one message of the thread is deleted while it is read."""

    def __init__(self, world: World, gone: str) -> None:
        self._inner = world.opened()._account
        self._gone = gone

    async def message(self, message_id: str, *, raw: bool = True) -> Any:
        if message_id == self._gone:
            raise NotFound("gone")
        return await self._inner.message(message_id, raw=raw)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
