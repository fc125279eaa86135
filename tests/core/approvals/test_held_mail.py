"""Held mail: shown to whom it is for, taken back while nobody was sent it, and unsaid."""

from __future__ import annotations

import asyncio

import pytest

from mailwright.codecs import mime
from mailwright.core import heldmail, journaling, messages, stops
from mailwright.core.dispatch import Dispatcher
from mailwright.core.messages import Provenance
from mailwright.domain.clock import HOUR
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.storage import Tx, domains, mailboxes, views
from mailwright.storage.audit import SYSTEM
from mailwright.storage.outbox import OutboxRow
from tests.core.approvals.conftest import BY_ADA, Desk
from tests.core.outbox.outbox_world import Scripted


async def cancel(desk: Desk, row_id: str, user_id: str = "") -> OutboxRow:
    return await desk.core.write(lambda tx: heldmail.cancel(tx, row_id, user_id=user_id or desk.ada, by=BY_ADA))


async def in_sent(desk: Desk) -> int:
    def count(tx: Tx) -> int:
        mailbox = mailboxes.by_role(tx, desk.agent_id, "sent")
        assert mailbox is not None
        return len(views.first_uids(tx, mailbox.id, 10))

    return await desk.core.read(count)


async def test_what_is_held_for_a_while_is_shown_until_it_leaves(desk: Desk) -> None:
    [row_id] = await desk.queue_as_agent("held", not_before=desk.now() + HOUR)
    await desk.queue_as_agent("at once")
    await desk.queue_as_agent("another's", served_id=desk.bashir, not_before=desk.now() + HOUR)
    await desk.queue_as_agent("a person's", agent="", served_id=None, not_before=desk.now() + HOUR)
    [held] = await heldmail.listing(desk.core, desk.ada)
    assert (held.row.id, held.subject, held.stopped) == (row_id, "Our offer", False)
    desk.now.moment += HOUR
    assert await heldmail.listing(desk.core, desk.ada) == []


async def test_what_is_stopped_is_shown_as_stopped(desk: Desk) -> None:
    await desk.queue_as_agent("a")
    await desk.core.write(lambda tx: stops.engage(tx, "tenant", desk.tenant_id, by=SYSTEM))
    [held] = await heldmail.listing(desk.core, desk.ada)
    assert held.stopped


async def test_taken_back_it_never_leaves_and_was_never_said(desk: Desk) -> None:
    [row_id] = await desk.queue_as_agent("a", not_before=desk.now() + HOUR)
    [row] = await desk.outbox()

    def keep(tx: Tx) -> None:
        tx.execute("UPDATE domains SET journal_address = 'archive@example.net'")
        journaling.keep_copy(
            tx,
            domains.named(tx, "mailwright.test"),
            blob_id=row.blob_id,
            message_id=row.message_id,
            key="a",
            correlation_id="",
            verdict=Verdict(),
            not_before=desk.now() + HOUR,
        )
        messages.append(
            tx,
            tenant_id=desk.tenant_id,
            user_id=desk.agent_id,
            role="sent",
            blob=desk.core.blobs.describe(tx, row.blob_id),
            parsed=mime.parse(desk.letter()),
            provenance=Provenance(Origin.OWNER, ""),
            received_at=desk.now(),
        )

    await desk.core.write(keep)
    ended = await asyncio.gather(*(cancel(desk, row_id) for _ in range(3)), return_exceptions=True)
    assert len([each for each in ended if isinstance(each, OutboxRow)]) == 1
    assert len([each for each in ended if isinstance(each, BadInput)]) == 2
    assert await in_sent(desk) == 0
    transport = Scripted()
    desk.now.moment += 2 * HOUR
    await Dispatcher(desk.core, {"smtp": transport}, now=desk.now).drain()
    assert transport.took == []
    assert {each.status for each in await desk.outbox()} == {"cancelled"}


async def test_of_several_recipients_one_may_be_spared(desk: Desk) -> None:
    [row_id] = await desk.queue_as_agent("a", "eve@example.org", not_before=desk.now() + HOUR)
    [row] = await desk.outbox()
    await desk.core.write(
        lambda tx: tx.execute(
            "INSERT INTO outbox (id, tenant_id, user_id, channel, idempotency_key, recipient, blob_id, status, "
            "next_attempt_at, created_at, options, agent, served_id) SELECT ?, tenant_id, user_id, channel, 'b', "
            "'chen@example.org', blob_id, status, next_attempt_at, created_at, options, agent, served_id FROM outbox",
            ("01900000-0000-7000-8000-000000000001",),
        )
    )
    await desk.core.write(
        lambda tx: messages.append(
            tx,
            tenant_id=desk.tenant_id,
            user_id=desk.agent_id,
            role="sent",
            blob=desk.core.blobs.describe(tx, row.blob_id),
            parsed=mime.parse(desk.letter()),
            provenance=Provenance(Origin.OWNER, ""),
            received_at=desk.now(),
        )
    )
    await cancel(desk, row_id)
    assert await in_sent(desk) == 1  # Chen gets it


async def test_nobody_takes_back_another_s_or_a_person_s_mail(desk: Desk) -> None:
    [row_id] = await desk.queue_as_agent("a", not_before=desk.now() + HOUR)
    [persons] = await desk.queue_as_agent("b", agent="", served_id=desk.ada, not_before=desk.now() + HOUR)
    for each, user_id in ((row_id, desk.bashir), (persons, desk.ada), ("none", desk.ada)):
        with pytest.raises(NotFound):
            await cancel(desk, each, user_id)


async def test_what_was_tried_or_has_left_is_not_taken_back(desk: Desk) -> None:
    [row_id] = await desk.queue_as_agent("a")
    await Dispatcher(desk.core, {"smtp": Scripted()}, now=desk.now).drain()
    with pytest.raises(BadInput):
        await cancel(desk, row_id)
