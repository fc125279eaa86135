"""The assistant at an account elsewhere, as its steps see one: labels, drafts, corrections; looked for before it is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from mailwright.agents import assistant
from mailwright.agents.assistant import arrivals, labelling
from mailwright.agents.assistant.inbox import Answered, Inbox, Mail
from mailwright.core import connections
from mailwright.core import triage as triaging
from mailwright.domain import clock
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import AuthenticationFailed, NotFound, TryLater
from mailwright.domain.triage import Category
from mailwright.pipeline import Flows
from mailwright.storage import Tx, dead_letters, events, triage
from mailwright.storage.triage import Item
from tests.agents.assistant.mailroom import EVE, QUESTION, Mailroom


@dataclass
class Account:
    """An account elsewhere, in memory."""

    addresses: tuple[str, ...] = ("ada@gmail.example",)
    mails: dict[str, bytes] = field(default_factory=dict)
    drafts: dict[str, bytes] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    answered: bool = False
    fails_after_making: bool = False
    made: int = 0
    while_showing: Callable[[], Awaitable[None]] | None = None  # what happens, once, before a label is there

    async def mail(self, item: Item) -> Mail:
        if item.remote_id not in self.mails:
            raise NotFound("the mail is not there")
        return Mail(item.remote_id, self.mails[item.remote_id], item.received_at, False, Origin.STRANGER)

    async def thread(self, item: Item, most: int) -> list[Mail]:
        return [await self.mail(item)]

    async def written_to(self, item: Item) -> bool:
        return False

    async def show(self, item: Item, category: Category | None) -> None:
        happens, self.while_showing = self.while_showing, None
        if happens is not None:
            await happens()
        self.labels[item.remote_id] = category or ""

    async def find_draft(self, item: Item, header_id: str) -> str | None:
        return next((name for name, raw in self.drafts.items() if header_id.encode() in raw), None)

    async def make_draft(self, item: Item, raw: bytes, header_id: str) -> str:
        if self.answered:
            raise Answered("you have answered it meanwhile")
        self.made += 1
        self.drafts[f"d{self.made}"] = raw
        if self.fails_after_making:
            self.fails_after_making = False
            raise TryLater("the line broke after it was made")
        return f"d{self.made}"

    async def draft(self, draft_id: str) -> bytes | None:
        return self.drafts.get(draft_id)

    async def remove_draft(self, draft_id: str) -> None:
        self.drafts.pop(draft_id, None)

    async def sent(self, most: int) -> list[Mail]:
        return []

    async def close(self) -> None: ...


@pytest.fixture
def away(room: Mailroom) -> Account:
    """Ada's account, connected."""
    account = Account()

    async def open_inbox(user_id: str, connection_id: str | None) -> Inbox:
        assert (user_id, connection_id is None) == (room.ada.id, False)
        return account

    assistant.configure(room.core, room.models, open_inbox=open_inbox)
    return account


async def arrives(room: Mailroom, account: Account, name: str = "m1") -> str:
    """A mail is there, and was seen; its item."""
    account.mails[name] = (
        f"From: Eve <{EVE}>\r\nTo: ada@gmail.example\r\nSubject: Minutes\r\nMessage-ID: <{name}@x.org>\r\n\r\n{QUESTION}"
    ).encode()

    def write(tx: Tx) -> str:
        known = connections.listing(tx, room.ada)
        there = (
            known[0]
            if known
            else connections.add_gmail(tx, room.core, room.ada, address="ada@gmail.example", tokens_json="{}")
        )
        item = triage.insert(
            tx,
            tenant_id=room.ada.tenant_id,
            user_id=room.ada.id,
            sender=EVE,
            received_at=clock.now(),
            now=clock.now(),
            connection_id=there.id,
            remote_id=name,
            remote_thread="t1",
            header_id=f"<{name}@x.org>",
        )
        arrivals.open_items(tx, [item])
        return item.id

    return await room.core.write(write)


async def test_a_mail_elsewhere_gets_its_label_and_its_draft_there(room: Mailroom, away: Account) -> None:
    item_id = await arrives(room, away)
    assert await assistant.assist(item_id, 1) == "complete"
    item = await room.item(item_id)
    assert away.labels == {"m1": "needs_reply"}
    assert (item.shown, item.draft_state, item.draft_id) == ("needs_reply", "made", "d1")
    assert b"In-Reply-To: <m1@x.org>" in away.drafts["d1"]
    assert await room.drafts() == []


async def test_a_draft_that_was_made_before_the_line_broke_is_found_and_not_made_again(
    room: Mailroom, away: Account
) -> None:
    from mailwright.agents.assistant.classify import classify
    from mailwright.agents.assistant.draft import draft
    from mailwright.agents.assistant.generate import generate
    from mailwright.agents.attempts import StepFailed

    item_id = await arrives(room, away)
    known = await generate(await classify(item_id, 1, False), 1)
    away.fails_after_making = True
    with pytest.raises(StepFailed):
        await draft(known, 1)
    assert await draft(known, 1) == "complete"
    assert list(away.drafts) == ["d1"]
    assert (await room.item(item_id)).draft_id == "d1"


async def test_an_answer_meanwhile_leaves_no_draft(room: Mailroom, away: Account) -> None:
    item_id = await arrives(room, away)
    away.answered = True
    assert await assistant.assist(item_id, 1) == "complete"
    assert (away.drafts, (await room.item(item_id)).draft_because) == ({}, "you have answered it meanwhile")


async def test_by_force_an_unedited_draft_is_replaced_and_an_edited_one_stays(room: Mailroom, away: Account) -> None:
    item_id = await arrives(room, away)
    await assistant.assist(item_id, 1)
    room.models.text = "Hello Eve,\n\nanother one.\n\nAda"
    assert await room.again(item_id) == "complete"
    assert list(away.drafts) == ["d2"]
    away.drafts["d2"] = away.drafts["d2"].replace(b"another one", b"mine")
    assert await room.again(item_id) == "complete"
    assert list(away.drafts) == ["d2"]
    assert b"mine" in away.drafts["d2"]
    assert (await room.task(item_id)).because == "you edited the draft, and it stays as it is"


async def test_the_draft_of_an_older_mail_gives_way_to_that_of_a_newer_one(room: Mailroom, away: Account) -> None:
    first = await arrives(room, away, "m1")
    await assistant.assist(first, 1)
    second = await arrives(room, away, "m2")
    await assistant.assist(second, 1)
    assert list(away.drafts) == ["d2"]
    assert b"In-Reply-To: <m2@x.org>" in away.drafts["d2"]
    item = await room.item(first)
    assert (item.draft_state, item.draft_because) == ("none", "a newer mail of the conversation is looked after")


async def test_while_its_owner_edits_a_draft_of_the_conversation_no_other_is_made(
    room: Mailroom, away: Account
) -> None:
    first = await arrives(room, away, "m1")
    await assistant.assist(first, 1)
    away.drafts["d1"] = away.drafts["d1"].replace(b"here is what", b"I am thinking about what")
    second = await arrives(room, away, "m2")
    await assistant.assist(second, 1)
    assert list(away.drafts) == ["d1"]
    assert (await room.item(second)).draft_because == "you are writing in this conversation already"


async def test_an_account_that_lets_us_in_no_more_is_said_so_and_leaves_a_letter(
    room: Mailroom, away: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = await arrives(room, away)

    async def closed(item: Item, most: int) -> list[Mail]:
        raise AuthenticationFailed("Google does not let us in any more")

    monkeypatch.setattr(away, "thread", closed)
    assert await assistant.assist(item_id, 1) == "failed"
    [known] = await room.core.read(lambda tx: connections.listing(tx, room.ada))
    assert (known.state, known.because) == ("revoked", "Google does not let us in any more")
    [letter] = await room.core.read(dead_letters.newest)
    assert (letter.error, letter.payload["transient"]) == (
        "AuthenticationFailed: Google does not let us in any more",
        False,
    )


async def test_a_mail_that_is_gone_there_is_left_alone(room: Mailroom, away: Account) -> None:
    item_id = await arrives(room, away)
    away.mails.clear()
    assert await assistant.assist(item_id, 1) == "skipped"
    assert room.models.asked == []


@pytest.mark.parametrize("enabled", [True, False])
async def test_what_an_owner_corrects_here_is_shown_there_while_the_account_is_looked_after(
    room: Mailroom, away: Account, enabled: bool
) -> None:
    item_id = await arrives(room, away)
    await assistant.assist(item_id, 1)

    def corrected(tx: Tx) -> None:
        tx.execute("UPDATE connections SET enabled = ?", (enabled,))
        triaging.correct(tx, room.core, user_id=room.ada.id, item_id=item_id, category="spam")

    await room.core.write(corrected)
    handed: list[str] = []

    class Noted(Flows):
        async def hand_off(self, requests: object) -> None:
            handed.extend(each.args[0] for each in requests)  # type: ignore[attr-defined]

    flows = Noted(room.core.database, "sqlite:///unused.db")
    told = await room.core.read(lambda tx: events.read(tx, labelling.STREAM, events.START, 100))
    found = [event for _, event in told.events]
    await labelling.on_changed(room.core, flows)(found)
    assert handed == [item_id]
    assert await labelling.show_label(item_id) is enabled
    assert away.labels == {"m1": "spam" if enabled else "needs_reply"}
    assert (await room.item(item_id)).shown == away.labels["m1"]
    await labelling.on_changed(room.core, flows)(found)
    assert handed == [item_id] * (1 if enabled else 2)


@pytest.mark.parametrize("first", [True, False])
async def test_who_changes_their_mind_while_a_label_is_set_has_the_last_word(
    room: Mailroom, away: Account, first: bool
) -> None:
    item_id = await arrives(room, away)

    async def says(category: str) -> None:
        await room.core.write(
            lambda tx: triaging.correct(tx, room.core, user_id=room.ada.id, item_id=item_id, category=category)
        )

    async def changes_her_mind() -> None:
        await says("spam")
        await labelling.show_label(item_id)

    if not first:  # while a correction is shown
        await assistant.assist(item_id, 1)
        await says("informational")
    away.while_showing = changes_her_mind
    await (assistant.assist(item_id, 1) if first else labelling.show_label(item_id))
    assert away.labels == {"m1": "spam"}
    assert (await room.item(item_id)).shown == "spam"
