"""The outbox: `/api/admin/outbox`. What leaves, to whom, and how that goes; never what it says."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.administration import Reach, queues
from mailwright.domain.clock import to_iso
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import Cursor, Limit, RowId, Words, cursor_of, iso, place_of, refusals
from mailwright.storage import Tx
from mailwright.storage.outbox import OutboxRow

StatusFilter = Literal["queued", "sending", "sent", "failed", "cancelled", ""]


class OutboxItem(BaseModel):
    """One message to one recipient."""

    id: str
    channel: str = Field(examples=["smtp"], description="smtp or postmark, or local for a mailbox of ours")
    status: str = Field(examples=["queued"])
    sender: str | None = Field(description="null: nobody is told when it fails")
    recipient: str
    message_id: str = Field(description="its Message-ID field")
    attempts: int
    uncertain: int = Field(description="sends whose outcome nobody knows")
    last_error: str = Field(description="what the other server said, or why nobody could ask it")
    receipt: str = Field(description="what the other server said when it took the message")
    correlation_id: str
    created_at: str
    next_attempt_at: str | None = Field(description="while it is queued")
    settled_at: str | None


class OutboxOut(BaseModel):
    """A page, newest first."""

    items: list[OutboxItem]
    next: str | None = Field(description="the `cursor` of the next page; null: this is the last")


def create_router(core: Core, reaching: Reaching) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["administration: outbox"], prefix="/outbox")
    support, admin = Depends(reaching.looks), Depends(reaching.changes)

    @router.get("", responses=refusals(400))
    async def list_outbox(
        reach: Annotated[Reach, support],
        status: StatusFilter | None = None,
        recipient: Annotated[Words, Query(description="part of the recipient's address")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> OutboxOut:
        """What leaves, newest first."""
        place = place_of(cursor, UUID)
        before = None if place is None else place[0]

        def look(tx: Tx) -> list[OutboxRow]:
            return queues.outbox_page(
                tx, reach, status=status or None, recipient=recipient, before=before, limit=limit + 1
            )

        found = await core.read(look)
        more = cursor_of(found[limit - 1].id) if len(found) > limit else None
        return OutboxOut(items=[told(row) for row in found[:limit]], next=more)

    @router.post("/{row_id}/retry", responses=refusals(400, 404))
    async def retry(row_id: RowId, reach: Annotated[Reach, support]) -> OutboxItem:
        """Try it now: what has failed begins anew with the same Message-ID, what waits for its next attempt need not."""
        return told(await core.write(lambda tx: queues.retry(tx, reach, str(row_id))))

    @router.post("/{row_id}/cancel", responses=refusals(400, 404))
    async def cancel(row_id: RowId, reach: Annotated[Reach, admin]) -> OutboxItem:
        """Take it out of the queue, before it is under way. Its sender is not told."""
        return told(await core.write(lambda tx: queues.cancel(tx, reach, str(row_id))))

    return router


def told(row: OutboxRow) -> OutboxItem:
    """A row as it is answered."""
    return OutboxItem(
        id=row.id,
        channel=row.channel,
        status=row.status,
        sender=None if row.sender is None else str(row.sender),
        recipient=str(row.recipient),
        message_id=row.message_id,
        attempts=row.attempts,
        uncertain=row.uncertain,
        last_error=row.last_error,
        receipt=row.receipt,
        correlation_id=row.correlation_id,
        created_at=to_iso(row.created_at),
        next_attempt_at=iso(row.next_attempt_at) if row.status == "queued" else None,
        settled_at=iso(row.settled_at),
    )
