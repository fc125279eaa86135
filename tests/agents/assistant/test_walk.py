"""A mail from delivery to its label and its draft, through the real core and without the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailwright.codecs import mime
from mailwright.core import tasks
from mailwright.domain.events import TRIAGE_CHANGED
from mailwright.storage import open_blobs
from mailwright.storage.messages import Flag
from tests.agents.assistant.mailroom import ADA, EVE, Mailroom


async def test_a_question_gets_its_label_and_a_draft_in_its_conversation(room: Mailroom) -> None:
    message_id = await room.receive(message_id="<q@example.org>")
    assert await room.run(message_id) == "complete"
    message, item, task = await room.message(message_id), await room.item(message_id), await room.task(message_id)
    assert message is not None
    assert message.keywords == ("needs_reply",)
    assert (item.category, item.decided_by, item.shown, item.draft_state) == (
        "needs_reply",
        "scripted",
        "needs_reply",
        "made",
    )
    [draft] = await room.drafts()
    assert draft.in_reply_to == ("<q@example.org>",)
    assert draft.subject == "Re: Minutes"
    assert [each.address for each in draft.to] == [EVE]
    assert [each.address for each in draft.from_] == [ADA]
    assert "here is what you asked for" in mime.body_text(draft.raw, draft)
    [stored] = await room.stored("drafts")
    assert stored.flags & Flag.DRAFT
    assert stored.id == item.draft_id == task.result["draft_id"]
    assert stored.message_id == item.draft_header_id
    assert stored.thread_id == message.thread_id
    told = await room.core.read(lambda tx: [(each.status.value, each.stage) for each in tasks.history(tx, task.id)])
    assert told == [
        ("queued", ""),
        ("running", "classify"),
        ("running", "generate"),
        ("running", "draft"),
        ("complete", "draft"),
    ]
    assert await room.stored("sent") == []
    outbox = await room.core.read(lambda tx: tx.scalar("SELECT COUNT(*) FROM outbox"))
    assert outbox == 0


async def test_a_conversation_goes_on_without_a_mail_of_it_that_came_damaged(room: Mailroom, tmp_path: Path) -> None:
    room.core.blobs = open_blobs(room.core.database, f"file://{tmp_path / 'octets'}", inline_bytes=0)
    await room.receive(message_id="<before@example.org>")
    [damaged] = (tmp_path / "octets").rglob("*.eml")
    damaged.write_bytes(damaged.read_bytes()[::-1])
    message_id = await room.receive(subject="Re: Minutes", extra="In-Reply-To: <before@example.org>\n")
    assert await room.run(message_id) == "complete"
    assert (await room.item(message_id)).draft_state == "made"


async def test_what_events_and_tasks_hold_has_no_word_of_the_mail(room: Mailroom) -> None:
    message_id = await room.receive("Could you send me the swordfish?", subject="swordfish")
    await room.run(message_id)
    found = await room.core.read(
        lambda tx: [
            *(row[0] for row in tx.all("SELECT payload FROM events WHERE kind = ?", (TRIAGE_CHANGED,))),
            *(" ".join(map(str, row)) for row in tx.all("SELECT because, last_error, result FROM tasks")),
            *(row[0] for row in tx.all("SELECT detail FROM task_events")),
        ]
    )
    assert len(found) > 3
    assert "swordfish" not in " ".join(found)


async def test_running_it_again_makes_no_second_draft_and_asks_no_model_again(room: Mailroom) -> None:
    message_id = await room.receive()
    assert [await room.run(message_id) for _ in range(3)] == ["complete"] * 3
    assert len(await room.drafts()) == 1
    assert room.models.asked == ["triage", "draft"]


@pytest.mark.parametrize(
    ("extra", "because"),
    [
        ("Auto-Submitted: auto-generated\n", "automatic mail gets no draft: Auto-Submitted: auto-generated"),
        ("List-Id: <l.example.org>\nPrecedence: list\n", "it is informational, and no reply is due"),
    ],
)
async def test_automatic_mail_and_lists_get_no_draft(room: Mailroom, extra: str, because: str) -> None:
    message_id = await room.receive(extra=extra)
    assert await room.run(message_id) == "complete"
    item = await room.item(message_id)
    assert (item.draft_state, item.draft_because) == ("none", because)
    assert await room.drafts() == []
    assert room.models.asked == []


async def test_automatic_mail_gets_none_even_when_its_owner_says_that_a_reply_is_due(room: Mailroom) -> None:
    from mailwright.core import triage as triaging

    message_id = await room.receive(extra="Auto-Submitted: auto-replied\n")
    await room.open(message_id)
    await room.core.write(
        lambda tx: triaging.correct(tx, room.core, user_id=room.ada.id, item_id=message_id, category="needs_reply")
    )
    assert await room.again(message_id) == "complete"
    assert (await room.item(message_id)).draft_because.startswith("automatic mail gets no draft")
    assert await room.drafts() == []


async def test_a_bounce_gets_none(room: Mailroom) -> None:
    message_id = await room.receive(envelope_sender=None)
    await room.run(message_id)
    assert "bounce" in (await room.item(message_id)).draft_because
    assert await room.drafts() == []


async def test_below_the_threshold_no_draft_is_made_and_the_row_says_why(room: Mailroom) -> None:
    room.models.confidence = 0.69
    message_id = await room.receive()
    assert await room.run(message_id) == "complete"
    item = await room.item(message_id)
    assert item.category == "needs_reply"
    assert item.draft_because == "that a reply is due is sure to 0.69, and drafts begin at 0.7"
    await room.choose(threshold=0.6)
    second = await room.receive(subject="Another")
    await room.run(second)
    assert len(await room.drafts()) == 1


async def test_what_is_informational_or_spam_gets_a_label_and_no_draft(room: Mailroom) -> None:
    room.models.categories = {"Newsletter": "informational", "Winner": "spam"}
    first, second = await room.receive(subject="Newsletter"), await room.receive(subject="Winner")
    for message_id, category in ((first, "informational"), (second, "spam")):
        await room.run(message_id)
        message = await room.message(message_id)
        assert message is not None
        assert message.keywords == (category,)
    assert await room.drafts() == []
    assert len(await room.stored("junk")) == 0
    await room.choose(move_spam=True)
    third = await room.receive(subject="Winner again")
    await room.run(third)
    assert [each.id for each in await room.stored("junk")] == [third]


async def test_drafts_may_be_switched_off(room: Mailroom) -> None:
    await room.choose(drafts=False)
    message_id = await room.receive()
    await room.run(message_id)
    assert (await room.item(message_id)).draft_because == "drafts are switched off"


async def test_mail_of_somebody_without_an_assistant_is_left_alone(room: Mailroom) -> None:
    message_id = await room.receive(to="bashir@mailwright.test")
    assert await room.open(message_id) == []
