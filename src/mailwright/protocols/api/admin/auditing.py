"""The audit trail: `/api/admin/audit`. Who did what, from where, to what; nobody can change it here."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.administration import Reach, auditing
from mailwright.domain.clock import to_iso
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import (
    Cursor,
    Limit,
    Moment,
    Words,
    cursor_of,
    instant,
    place_of,
    refusals,
)
from mailwright.storage import Tx
from mailwright.storage.audit import Entry


class EventOut(BaseModel):
    """One thing that was done."""

    id: int
    at: str
    actor: str = Field(examples=["ada@example.org"], description="an address, or a part of the system")
    address: str = Field(examples=["192.0.2.7"], description="the network peer")
    action: str = Field(examples=["user.added"])
    resource: str = Field(examples=["bashir@example.org"])
    correlation_id: str = Field(description="what followed has the same one, in the logs and in traces")


class EventsOut(BaseModel):
    """A page, newest first. It may be short, or empty, and have a next one: rare things are far apart."""

    events: list[EventOut]
    next: str | None = Field(description="the `cursor` of the next page; null: this is the last")


def create_router(core: Core, reaching: Reaching) -> APIRouter:
    """The path."""
    router = APIRouter(tags=["administration: audit"], prefix="/audit")

    @router.get("", responses=refusals(400))
    async def list_events(
        reach: Annotated[Reach, Depends(reaching.looks)],
        actor: Annotated[Words, Query(description="an address")] = None,
        action: Annotated[Words, Query(description="one, or the start of several, like `user.`")] = None,
        resource: Annotated[Words, Query(description="what it was done to, or the start of it")] = None,
        since: Annotated[Moment, Query(alias="from")] = None,
        until: Annotated[Moment, Query(alias="to")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> EventsOut:
        """What was done within reach; an operator sees also what belongs to no tenant."""
        place = place_of(cursor, int)

        def look(tx: Tx) -> tuple[list[tuple[int, Entry]], int | None]:
            return auditing.page(
                tx,
                reach,
                actor=actor,
                action=action,
                resource=resource,
                since=instant(since),
                until=instant(until),
                before=None if place is None else place[0],
                limit=limit,
            )

        found, more = await core.read(look)
        return EventsOut(
            events=[_told(number, entry) for number, entry in found], next=None if more is None else cursor_of(more)
        )

    return router


def _told(number: int, entry: Entry) -> EventOut:
    return EventOut(
        id=number,
        at=to_iso(entry.created_at),
        actor=entry.actor,
        address=entry.address,
        action=entry.action,
        resource=entry.resource,
        correlation_id=entry.correlation_id,
    )
