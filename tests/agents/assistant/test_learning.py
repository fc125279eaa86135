"""What becomes of drafts in a mailbox here: sent, edited, discarded; and what that teaches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailwright.agents import assistant
from mailwright.agents.assistant import learning, revisiting
from mailwright.agents.assistant.inbox import Mail
from mailwright.codecs import mime
from mailwright.core import access, assistants, expunge, messages, moving, styles, submission
from mailwright.core.messages import Flag, Provenance
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Envelope, Origin
from mailwright.domain.events import STREAMS, TRIAGE_CHANGED, Event
from mailwright.domain.ids import first_id_at, new_id
from mailwright.storage import Database, Tx, connections, mailboxes, triage
from mailwright.storage.audit import SYSTEM
from mailwright.storage.triage import Item
from tests.agents.assistant.mailroom import ADA, Mailroom, make


@pytest.fixture
def room(any_database: Database, tmp_path: Path) -> Mailroom:
    return make(any_database, tmp_path)


async def drafted(room: Mailroom) -> Item:
    """A mail of Eve's with its draft."""
    message_id = await room.receive(message_id=f"<{new_id()}@example.org>")
    assert await room.run(message_id) == "complete"
    await told(room)
    return await room.item(message_id)


async def told(room: Mailroom, *, backwards: bool = False, twice: bool = False) -> None:
    """The consumer reads every event of its stream that it has not read."""
    since = getattr(room, "read_to", 0)
    found = await room.core.read(
        lambda tx: tx.all("SELECT id, kind, key, payload, created_at FROM events WHERE id > ? ORDER BY id", (since,))
    )
    batch = [
        Event(row[0], row[1], row[2], json.loads(row[3]), "", row[4]) for row in found if row[1] in STREAMS["triage"]
    ]
    room.read_to = max([since, *(row[0] for row in found)])  # type: ignore[attr-defined]
    for _time in range(2 if twice else 1):
        for each in [[event] for event in reversed(batch)] if backwards else [batch]:
            await handle(room, each)


async def handle(room: Mailroom, batch: Sequence[Event]) -> None:
    commit = await learning.on_events(room.core)(batch)
    if commit is not None:
        await room.core.write(commit)


async def raw_of(room: Mailroom, item: Item) -> bytes:
    message = await room.message(item.draft_id)
    assert message is not None
    return await room.core.blobs.read(message.blob_id)


def reply(item: Item, text: str, *, message_id: str | None = None) -> bytes:
    """What a mail program makes of a draft."""
    return mime.compose(
        from_=mime.Mailbox("Ada", ADA),
        to=[mime.Mailbox("", item.sender)],
        subject=f"Re: {item.subject}",
        text=f"{text}\n\nOn 2026-03-06 10:00 UTC, Eve <eve@example.org> wrote:\n> Hello Ada,\n> could you?\n",
        message_id=message_id or f"<{new_id()}@program.example>",
        date=clock.now(),
        in_reply_to=item.header_id,
        references=[item.header_id],
    )


async def put(room: Mailroom, raw: bytes, role: str) -> str:
    """A mail program appends a message."""
    blob = await room.core.blobs.stage(room.ada.tenant_id, raw)

    def write(tx: Tx) -> str:
        room.core.blobs.put(tx, blob)
        return messages.append(
            tx,
            tenant_id=room.ada.tenant_id,
            user_id=room.ada.id,
            role=role,
            blob=blob,
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.OWNER, "c", account_id=room.ada.id),
            received_at=clock.now(),
            flags=Flag.SEEN | (Flag.DRAFT if role == "drafts" else Flag.SEEN),
            delivered=False,
        )

    return await room.core.write(write)


async def remove(room: Mailroom, message_id: str) -> None:
    message = await room.message(message_id)
    assert message is not None
    await room.core.write(lambda tx: expunge.expunge(tx, [message], because="it was expunged"))


async def move(room: Mailroom, message_id: str, role: str) -> None:
    def run(tx: Tx) -> None:
        message = messages.load(tx, message_id)
        target = mailboxes.by_role(tx, room.ada.id, role)
        assert target is not None
        source, into = (access.by_id(tx, room.ada, each) for each in (message.mailbox_id, target.id))
        moving.move(tx, room.core, source, into, [message.uid])

    await room.core.write(run)


async def submit(room: Mailroom, item: Item, raw: bytes) -> None:
    """Sent from a mail program, by submission."""
    envelope = Envelope(Channel.SUBMISSION, Address.parse(ADA), (Address.parse(item.sender),), clock.now(), new_id())
    await submission.submit(room.core, room.ada, envelope, raw)


SAME = "Hello Eve,\n\nhere is what you asked for.\n\nAda"


async def test_a_draft_that_nobody_touched_stays_made(room: Mailroom) -> None:
    item = await drafted(room)
    assert item.draft_state == "made"
    await told(room)
    assert await room.item(item.id) == item


async def test_sent_as_it_was_drafted(room: Mailroom) -> None:
    item = await drafted(room)
    await submit(room, item, await raw_of(room, item))
    await remove(room, item.draft_id)
    await told(room, twice=True)
    found = await room.item(item.id)
    assert (found.draft_state, found.draft_changed, found.draft_because) == (
        "sent",
        0.0,
        "its owner sent it as it was drafted",
    )


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("removed_first", [False, True])
async def test_a_program_that_keeps_an_edited_draft_as_a_new_message(
    room: Mailroom, removed_first: bool, backwards: bool
) -> None:
    item = await drafted(room)
    if removed_first:
        await remove(room, item.draft_id)
    new = await put(room, reply(item, "Hey Eve,\n\nsee below.\n\nAda"), "drafts")
    if not removed_first:
        await remove(room, item.draft_id)
    await told(room, backwards=backwards)
    found = await room.item(item.id)
    assert (found.draft_state, found.draft_id, found.draft_because) == ("edited", new, "its owner edited it")
    await submit(room, item, reply(item, "Hey Eve,\n\nsee below.\n\nAda"))
    await remove(room, new)
    await told(room, backwards=backwards)
    found = await room.item(item.id)
    assert found.draft_state == "sent"
    assert found.draft_changed is not None
    assert 0.3 < found.draft_changed < 1
    assert found.draft_because == "its owner changed it and sent it"


async def test_an_edited_draft_for_a_mail_without_a_message_id_is_known_by_subject_and_recipient(
    room: Mailroom,
) -> None:
    first, second = [await room.receive(f"Could you please send me {each}?", message_id=" ") for each in ("it", "more")]
    assert [await room.run(each) for each in (first, second)] == ["complete", "complete"]
    item, other = await room.item(first), await room.item(second)
    assert (item.header_id, item.draft_state, other.draft_state) == ("", "made", "made")
    rewritten = mime.compose(
        from_=mime.Mailbox("Ada", ADA),
        to=[mime.Mailbox("", item.sender)],
        subject=f"Re: {item.subject}",
        text="Hey Eve,\n\nsee below.\n\nAda",
        message_id=f"<{new_id()}@program.example>",
        date=clock.now(),
    )
    new = await put(room, rewritten, "drafts")
    await remove(room, item.draft_id)
    assert await room.again(first) == "complete"
    await told(room)
    found = await room.item(first)
    assert (found.draft_state, found.draft_id) == ("edited", new)
    assert (await room.item(second)).draft_state == "made"
    assert {each.id for each in await room.stored("drafts")} == {new, other.draft_id}


async def test_a_program_that_only_saves_the_draft_anew_edits_nothing(room: Mailroom) -> None:
    item = await drafted(room)
    new = await put(room, reply(item, SAME, message_id=item.draft_header_id), "drafts")
    await remove(room, item.draft_id)
    await told(room)
    found = await room.item(item.id)
    assert (found.draft_state, found.draft_id) == ("made", new)


async def test_one_event_at_a_time_says_the_same(room: Mailroom) -> None:
    item = await drafted(room)
    await remove(room, item.draft_id)
    await told(room)
    assert (await room.item(item.id)).draft_state == "discarded"
    new = await put(room, reply(item, "Other words."), "drafts")
    await told(room)
    found = await room.item(item.id)
    assert (found.draft_state, found.draft_id) == ("edited", new)


async def test_a_draft_that_is_moved_to_sent_was_sent_and_one_in_the_trash_was_discarded(room: Mailroom) -> None:
    sent, gone, back = await drafted(room), await drafted(room), await drafted(room)
    await move(room, sent.draft_id, "sent")
    await move(room, gone.draft_id, "trash")
    await move(room, back.draft_id, "trash")
    await told(room)
    assert [(await room.item(each.id)).draft_state for each in (sent, gone, back)] == ["sent", "discarded", "discarded"]
    await move(room, back.draft_id, "drafts")
    await told(room)
    assert (await room.item(back.id)).draft_state == "made"


async def test_an_answer_of_the_owners_own_words_while_the_draft_waits_counts_as_sent_and_changed(
    room: Mailroom,
) -> None:
    item = await drafted(room)
    await room.answer(item.id, "Something else entirely.")
    await told(room)
    found = await room.item(item.id)
    assert (found.draft_state, found.draft_because) == ("sent", "its owner changed it and sent it")
    assert found.draft_changed is not None
    assert found.draft_changed > 0.8


async def test_another_mail_of_the_owners_changes_nothing(room: Mailroom) -> None:
    item = await drafted(room)
    other = await room.receive(subject="Other", message_id="<other@example.org>")
    await room.answer(other)
    await told(room)
    assert (await room.item(item.id)).draft_state == "made"


async def test_a_sent_draft_stays_sent_and_its_owner_is_told_once(room: Mailroom) -> None:
    item = await drafted(room)
    await submit(room, item, await raw_of(room, item))
    await told(room, twice=True)
    await remove(room, item.draft_id)
    await told(room)
    [sent] = await room.stored("sent")
    await remove(room, sent.id)
    await told(room)
    assert (await room.item(item.id)).draft_state == "sent"
    count = await room.core.read(
        lambda tx: tx.scalar(
            "SELECT COUNT(*) FROM events WHERE kind = ? AND payload LIKE ?", (TRIAGE_CHANGED, f"%{item.id}%")
        )
    )
    before = await room.core.read(lambda tx: tx.scalar("SELECT COUNT(*) FROM events WHERE kind = ?", (TRIAGE_CHANGED,)))
    await told(room)
    assert (
        await room.core.read(lambda tx: tx.scalar("SELECT COUNT(*) FROM events WHERE kind = ?", (TRIAGE_CHANGED,)))
        == before
    )
    assert count >= 1


async def test_edits_teach_how_the_owner_writes(room: Mailroom) -> None:
    item = await drafted(room)
    await submit(room, item, reply(item, "Hey Eve,\n\nhere it is, thank you for the mail.\n\nCheers\nAda"))
    await told(room, twice=True)
    style = await room.core.read(lambda tx: styles.of(tx, room.ada.id))
    assert "greets with “Hey {name},”, ends with “Cheers”" in style.learned
    assert style.measures["edits"]["sent"] == 1
    assert style.learned_at is None


async def test_nothing_is_learned_where_the_owner_does_not_want_it(room: Mailroom) -> None:
    await room.choose(learn_style=False)
    item = await drafted(room)
    await submit(room, item, reply(item, "Hey Eve,\n\nhere it is.\n\nCheers\nAda"))
    await told(room)
    assert (await room.item(item.id)).draft_state == "sent"
    assert (await room.core.read(lambda tx: styles.of(tx, room.ada.id))).learned == ""
    assert await revisiting.learn(room.ada.id) is False


async def test_mail_of_people_without_drafts_is_not_looked_at(room: Mailroom) -> None:
    message_id = await room.receive(to="bashir@mailwright.test")
    message = await room.message(message_id)
    assert message is not None
    payload = {"message_id": message_id, "user_id": room.bashir.id, "role": "sent"}
    assert await learning.on_events(room.core)([Event(1, "MessageAppended", "k", payload, "", 0)]) is None


async def test_a_style_is_learned_from_what_was_sent_but_not_from_our_own_drafts(room: Mailroom) -> None:
    item = await drafted(room)
    await submit(room, item, await raw_of(room, item))
    for number in range(3):
        message_id = await room.receive(subject=f"Another {number}")
        await room.answer(message_id, "Dear Eve,\n\nthank you for that, it is what we need.\n\nAll the best\nAda")
    assert await revisiting.learn_styles() == 1
    style = await room.core.read(lambda tx: styles.of(tx, room.ada.id))
    assert style.samples == 3
    assert "English (3 mails): greets with “Dear {name},”, ends with “All the best”" in style.said
    assert await revisiting.learn_styles() == 0, "a week later"


async def test_a_style_is_learned_of_no_one_whose_assistant_is_off(room: Mailroom) -> None:
    await room.core.write(lambda tx: assistants.switch_off(tx, room.core, room.ada, by=SYSTEM))
    assert await revisiting.learn_styles() == 0


class Elsewhere:
    """An inbox elsewhere, as far as drafts are looked at."""

    addresses = (ADA,)

    def __init__(self, draft: bytes | None, *sent: bytes) -> None:
        self.draft_raw, self.mails = draft, [Mail(str(number), raw, mine=True) for number, raw in enumerate(sent)]

    async def draft(self, draft_id: str) -> bytes | None:
        return self.draft_raw

    async def thread(self, item: Item, most: int) -> list[Mail]:
        return self.mails

    async def sent(self, most: int) -> list[Mail]:
        return self.mails

    async def close(self) -> None:
        pass


async def test_drafts_elsewhere_are_looked_at_by_the_hour(room: Mailroom) -> None:
    item = await drafted(room)
    raw = await raw_of(room, item)
    for inbox, state in (
        (Elsewhere(raw), None),
        (Elsewhere(reply(item, "Other words.")), "edited"),
        (Elsewhere(None, reply(item, SAME)), "sent"),
        (Elsewhere(None, reply(item, "Later", message_id=item.draft_header_id)), "sent"),
        (Elsewhere(None), "discarded"),
    ):
        outcome = await revisiting.outcome_of(inbox, item, SAME)  # type: ignore[arg-type]  # what is asked of it is there
        assert (outcome.state.value if outcome else None) == state

    def elsewhere(tx: Tx) -> str:
        connection_id = connections.add(
            tx,
            tenant_id=room.ada.tenant_id,
            user_id=room.ada.id,
            kind="gmail",
            address="ada@gmail.test",
            state="connected",
            secret="",
            settings={},
            now=clock.now(),
        )
        assert connection_id is not None
        tx.execute("UPDATE triage SET connection_id = ?, remote_id = ? WHERE id = ?", (connection_id, "r1", item.id))
        return connection_id

    connection_id = await room.core.write(elsewhere)

    async def opened(user_id: str, connection: str | None) -> Elsewhere:
        assert (user_id, connection) == (room.ada.id, connection_id)
        return Elsewhere(None, reply(item, SAME))

    assistant.configure(room.core, room.models, open_inbox=opened)  # type: ignore[arg-type]  # what is asked of it is there
    assert await revisiting.look_at_drafts() == 1
    assert (await room.item(item.id)).draft_state == "sent"
    assert await revisiting.look_at_drafts() == 0


async def test_of_too_many_drafts_elsewhere_every_one_has_its_round(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen(tx: Tx) -> set[str]:
        connection_id = connections.add(
            tx,
            tenant_id=room.ada.tenant_id,
            user_id=room.ada.id,
            kind="gmail",
            address="ada@gmail.test",
            state="connected",
            secret="",
            settings={},
            now=clock.now(),
        )
        ids = set()
        for day in range(1, 29, 4):
            item_id = first_id_at((clock.now() - day * clock.DAY) // 1000)
            triage.insert(
                tx,
                tenant_id=room.ada.tenant_id,
                user_id=room.ada.id,
                connection_id=connection_id,
                remote_id=str(day),
                sender="eve@example.org",
                received_at=clock.now(),
                now=clock.now(),
                item_id=item_id,
            )
            triage.update(tx, item_id, now=clock.now(), draft_state="made")
            ids.add(item_id)
        return ids

    expected = await room.core.write(seen)
    found = [each.id async for page in revisiting._open_drafts() for each in page]
    assert sorted(found) == sorted(expected), "where there is room, each of them once"
    monkeypatch.setattr(revisiting, "MOST_DRAFTS", 3)
    monkeypatch.setattr(revisiting, "PAGE", 2)
    rounds = [[each.id async for page in revisiting._open_drafts() for each in page] for _round in range(100)]
    assert {len(each) for each in rounds} == {3}
    assert {item_id for each in rounds for item_id in each} == expected


def test_the_difference_of_texts() -> None:
    assert learning.difference("a b c", "a  b\nc") == 0
    assert learning.difference("a b c d", "x y z") == 1
    assert learning.difference("", "") == 0
    assert 0.1 < learning.difference("a b c d", "a b c") < 0.2
    assert learning.difference("1 EUR " * 750, "EUR 1 " * 750) == 0  # too alike to be compared in their order


async def test_other_peoples_rows_are_not_found_by_the_same_message_ids(room: Mailroom) -> None:
    item = await drafted(room)

    def find(tx: Tx) -> list[Item]:
        return triage.with_drafts(tx, room.bashir.id, answered=[item.header_id], draft_ids=[item.draft_id])

    assert await room.core.read(find) == []
