"""What happens while the assistant is at work: its owner answers, edits, deletes, switches off; nothing is done behind their back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from mailwright.agents.assistant import arrivals, workflow
from mailwright.agents.assistant import draft as drafting_step
from mailwright.agents.assistant.ours import OurInbox
from mailwright.core import access, accounts, appending, assistants, expunge, marking, moving, stops
from mailwright.domain.refusals import NotFound
from mailwright.storage import Tx, triage
from mailwright.storage import accounts as account_rows
from mailwright.storage import mailboxes as mailbox_rows
from mailwright.storage import messages as rows
from mailwright.storage.audit import SYSTEM
from mailwright.storage.messages import Flag
from tests.agents.assistant.mailroom import ADA, Mailroom

Doing = Callable[[Mailroom, str], Awaitable[None]]


async def answers(room: Mailroom, message_id: str) -> None:
    await room.answer(message_id)


async def marks_as_answered(room: Mailroom, message_id: str) -> None:
    def write(tx: Tx) -> None:
        message = rows.by_id(tx, message_id)
        assert message is not None
        reached = access.by_id(tx, room.ada, message.mailbox_id)
        marking.store(tx, reached, [message.uid], mode="add", flags=int(Flag.ANSWERED), keywords=())

    await room.core.write(write)


async def deletes(room: Mailroom, message_id: str) -> None:
    def write(tx: Tx) -> None:
        message = rows.by_id(tx, message_id)
        assert message is not None
        expunge.expunge(tx, [message], because="a test")

    await room.core.write(write)


async def throws_away(room: Mailroom, message_id: str) -> None:
    def write(tx: Tx) -> None:
        message, trash = rows.by_id(tx, message_id), mailbox_rows.by_role(tx, room.ada.id, "trash")
        assert message is not None
        assert trash is not None
        source, target = access.by_id(tx, room.ada, message.mailbox_id), access.by_id(tx, room.ada, trash.id)
        moving.move(tx, room.core, source, target, [message.uid])

    await room.core.write(write)


async def switches_off(room: Mailroom, message_id: str) -> None:
    await room.core.write(lambda tx: assistants.switch_off(tx, room.core, room.ada, by=SYSTEM))


async def stops_everything(room: Mailroom, message_id: str) -> None:
    await room.core.write(lambda tx: stops.engage(tx, "installation", None, because="a test", by=SYSTEM))


async def is_blocked(room: Mailroom, message_id: str) -> None:
    await room.core.write(lambda tx: account_rows.set_status(tx, room.ada.id, "blocked"))


async def no_longer_wants_the_mailbox_here(room: Mailroom, message_id: str) -> None:
    await room.choose(own_mailbox=False)


async def takes_the_grant_to_draft_away(room: Mailroom, message_id: str) -> None:
    await room.core.write(
        lambda tx: tx.execute("UPDATE assignments SET grants = ? WHERE user_id = ?", ('["read"]', room.ada.id))
    )


ENDS: list[tuple[Doing, str, str]] = [
    (answers, "complete", "you have answered it meanwhile"),
    (marks_as_answered, "complete", "you have answered it meanwhile"),
    (deletes, "skipped", "the mail is looked after no more"),
    (throws_away, "complete", "the mail was thrown away"),
    (switches_off, "skipped", "the assistant is switched off"),
    (stops_everything, "skipped", "agents are stopped: the stop switch is on for everybody, by system: a test"),
    (is_blocked, "skipped", "its owner's account is not active"),
    (no_longer_wants_the_mailbox_here, "skipped", "the mailbox here is not looked after"),
    (takes_the_grant_to_draft_away, "skipped", "the assistant was not granted to draft"),
]


@pytest.mark.parametrize("step", ["generate", "draft"])
@pytest.mark.parametrize(("does", "status", "because"), ENDS, ids=lambda each: getattr(each, "__name__", None))
async def test_no_draft_is_made_behind_an_owner_who(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch, step: str, does: Doing, status: str, because: str
) -> None:
    """`step` is the one before which it happens."""
    todo = getattr(workflow, step)
    message_id = await room.receive()

    async def first(*arguments: Any) -> Any:
        await does(room, message_id)
        return await todo(*arguments)

    monkeypatch.setattr(workflow, step, first)
    assert await room.run(message_id) == status
    assert (await room.task(message_id)).because == because
    assert await room.drafts() == []
    assert room.models.asked == ["triage", "draft"][: 1 if step == "generate" and status == "skipped" else 2]


@pytest.mark.parametrize(
    ("does", "because"),
    [
        (answers, "you have answered it meanwhile"),
        (stops_everything, "agents are stopped"),
        (switches_off, "the assistant is switched off"),
        (throws_away, "the mail was thrown away"),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
async def test_in_the_very_moment_of_filing_it_is_looked_at_again(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch, does: Doing, because: str
) -> None:
    composed = drafting_step._prepare
    message_id = await room.receive()

    async def and_then(*arguments: Any) -> Any:
        found = await composed(*arguments)
        await does(room, message_id)
        return found

    monkeypatch.setattr(drafting_step, "_prepare", and_then)
    await room.run(message_id)
    assert because in (await room.task(message_id)).because
    assert await room.drafts() == []


@pytest.mark.parametrize("does", [deletes, throws_away, switches_off, stops_everything])
async def test_before_anything_was_looked_at_the_task_is_skipped_and_no_model_asked(
    room: Mailroom, does: Doing
) -> None:
    message_id = await room.receive()
    await room.open(message_id)
    await does(room, message_id)
    from mailwright.agents import assistant

    assert await assistant.assist(message_id, 1) == "skipped"
    assert room.models.asked == []
    assert await room.drafts() == []


async def test_a_label_is_not_set_where_only_reading_was_granted(room: Mailroom) -> None:
    message_id = await room.receive()
    await takes_the_grant_to_draft_away(room, message_id)
    assert await room.run(message_id) == "complete"
    message, item = await room.message(message_id), await room.item(message_id)
    assert message is not None
    assert (message.keywords, item.category, item.draft_because) == (
        (),
        "needs_reply",
        "the assistant was not granted to draft",
    )


async def test_what_the_owner_says_while_a_model_thinks_stands(room: Mailroom) -> None:
    from mailwright.core import triage as triaging

    message_id = await room.receive()

    async def corrects() -> None:
        await room.core.write(
            lambda tx: triaging.correct(
                tx, room.core, user_id=room.ada.id, item_id=message_id, category="informational"
            )
        )

    room.models.before["triage"] = corrects
    assert await room.run(message_id) == "complete"
    message, item = await room.message(message_id), await room.item(message_id)
    assert message is not None
    assert (item.category, item.decided_by, message.keywords) == ("informational", "owner", ("informational",))
    assert await room.drafts() == []


# --- asked for once more ----------------------------------------------------------------------------------------------


async def test_a_draft_that_nobody_edited_is_replaced_by_force(room: Mailroom) -> None:
    message_id = await room.receive()
    await room.run(message_id)
    first = (await room.item(message_id)).draft_id
    room.models.text = "Hello Eve,\n\nnow it is another one.\n\nAda"
    assert await room.again(message_id) == "complete"
    [draft] = await room.stored("drafts")
    assert draft.id != first
    assert draft.id == (await room.item(message_id)).draft_id


async def test_what_is_asked_for_again_is_not_counted_as_if_it_had_just_come(room: Mailroom) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("mailwright_assistant_seconds_count", {"outcome": "drafted"}) or 0.0

    before = counted()
    message_id = await room.receive()
    await room.run(message_id)
    assert await room.again(message_id) == "complete"
    assert counted() == before + 1


async def edits(room: Mailroom, message_id: str, *, keeps_id: bool = False) -> str:
    """As mail programs do: the changed draft is put beside the old one, which is removed then."""
    [draft] = await room.stored("drafts")
    raw = (await room.core.blobs.read(draft.blob_id)).replace(b"here is what", b"here, dear Eve, is what")
    assert b"dear Eve" in raw
    if not keeps_id:
        assert draft.message_id is not None
        raw = raw.replace(draft.message_id.encode(), b"<edited@mailwright.test>")
    drafts = draft.mailbox_id
    put = await appending.append(room.core, room.ada, drafts, [appending.Item(raw, int(Flag.DRAFT | Flag.SEEN))])
    await room.core.write(lambda tx: expunge.expunge(tx, [draft], because="a test"))
    return put.message_ids[0]


@pytest.mark.parametrize("keeps_id", [True, False])
async def test_a_draft_its_owner_edited_is_not_overwritten_and_the_task_says_so(room: Mailroom, keeps_id: bool) -> None:
    message_id = await room.receive()
    await room.run(message_id)
    edited = await edits(room, message_id, keeps_id=keeps_id)
    assert await room.again(message_id) == "complete"
    assert [each.id for each in await room.stored("drafts")] == [edited]
    assert (await room.task(message_id)).because == "you edited the draft, and it stays as it is"


async def test_a_draft_that_was_edited_during_the_run_is_not_overwritten_either(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = await room.receive()
    await room.run(message_id)
    composed, edited = drafting_step._prepare, []

    async def and_then(*arguments: Any) -> Any:
        found = await composed(*arguments)
        edited.append(await edits(room, message_id))
        return found

    monkeypatch.setattr(drafting_step, "_prepare", and_then)
    await room.again(message_id)
    assert [each.id for each in await room.stored("drafts")] == edited


async def test_a_draft_its_owner_threw_away_is_written_anew_only_by_force(room: Mailroom) -> None:
    message_id = await room.receive()
    await room.run(message_id)
    [draft] = await room.stored("drafts")
    await room.core.write(lambda tx: expunge.expunge(tx, [draft], because="a test"))
    assert await room.run(message_id) == "complete"
    assert await room.drafts() == []
    await room.again(message_id)
    assert len(await room.drafts()) == 1


async def test_once_more_without_force_leaves_what_was_done(room: Mailroom) -> None:
    from mailwright.agents.assistant import arrivals

    message_id = await room.receive()
    await room.run(message_id)
    _, task = await room.core.write(lambda tx: arrivals._asked(tx, message_id, force=False))
    assert (task.status.value, task.generation) == ("complete", 1)


# --- whose mail -------------------------------------------------------------------------------------------------------


async def test_mail_of_somebody_else_cannot_be_reached(room: Mailroom) -> None:
    theirs = await room.receive(to="bashir@mailwright.test")
    mine = await room.receive()
    await room.open(mine)
    item = await room.item(mine)
    stolen = await room.core.write(
        lambda tx: triage.insert(
            tx,
            tenant_id=item.tenant_id,
            user_id=room.ada.id,
            sender=item.sender,
            received_at=item.received_at,
            now=item.created_at,
            item_id=theirs,
        )
    )
    inbox = await OurInbox.of(room.core, room.ada.id)
    for reach in (
        inbox.mail(stolen),
        inbox.thread(stolen, 10),
        inbox.make_draft(stolen, b"Subject: x\r\n\r\nx", "<x@x>"),
    ):
        with pytest.raises(NotFound):
            await reach
    assert await room.stored("drafts", room.bashir) == []


async def test_an_agents_mailbox_is_never_looked_after(room: Mailroom) -> None:
    from mailwright.domain.refusals import NotPermitted

    agent = await room.core.write(
        lambda tx: accounts.add_agent(tx, room.core, "main@mailwright.test", display_name="Mini Mouse")
    )
    with pytest.raises(NotPermitted):
        await room.core.write(lambda tx: assistants.switch_on(tx, room.core, agent, by=SYSTEM))


async def test_a_mail_from_the_owner_to_the_owner_gets_no_draft(room: Mailroom) -> None:
    message_id = await room.receive(sender=ADA)
    await room.run(message_id)
    assert await room.drafts() == []


async def test_nothing_is_left_of_somebody_who_was_removed(room: Mailroom) -> None:
    from mailwright.agents import assistant

    first, second = await room.receive(), await room.receive(subject="Another")
    await room.run(first)
    await room.open(second)
    await room.core.write(lambda tx: accounts.begin_removal(tx, room.ada))
    assert await assistant.assist(second, 1) == "skipped"
    await accounts.finish_removal(room.core, room.ada)
    assert await assistant.assist(second, 1) == "skipped"
    assert room.models.asked == ["triage", "draft"]
    for table in ("triage", "snapshots", "assignments"):
        assert await room.core.read(lambda tx, table=table: tx.scalar(f"SELECT COUNT(*) FROM {table}")) == 0  # type: ignore[misc]


async def test_what_came_while_agents_were_stopped_is_taken_up_when_it_is_asked_for(room: Mailroom) -> None:
    await stops_everything(room, "")
    message_id = await room.receive()
    await room.open(message_id)
    assert await room.run(message_id) == "skipped"
    assert (await room.item(message_id)).category == ""
    await room.core.write(lambda tx: stops.release(tx, "installation", None, by=SYSTEM))
    _, task = await room.core.write(lambda tx: arrivals._asked(tx, message_id, force=False))
    assert (task.status, task.generation) == ("queued", 2)
    assert await room.run(message_id, 2) == "complete"
    _, task = await room.core.write(lambda tx: arrivals._asked(tx, message_id, force=False))
    assert task.status == "complete", "what is done is left as it is"
