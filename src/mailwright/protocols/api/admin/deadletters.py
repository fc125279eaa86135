"""Dead letters: `/api/admin/dead-letters`. What was tried often enough; look why, offer it again, or say that it needs nothing more."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.administration import Reach, queues
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import TryLater
from mailwright.protocols.api.admin.parts import Machine
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import Cursor, Limit, RowId, cursor_of, iso, place_of, refusals
from mailwright.storage.dead_letters import DeadLetter

SourceFilter = Literal["event", "outbox", "workflow", ""]


class LetterOut(BaseModel):
    """One of them. `error` quotes no mail: where it might, the logs have it (by `correlation_id`)."""

    id: str
    source: str = Field(examples=["outbox"], description="event, outbox or workflow")
    name: str = Field(examples=["smtp"], description="the stream, channel or workflow")
    group: str = Field(description="the consumer group, for an event")
    reference: str = Field(description="the id of the event, outbox row or workflow")
    error: str
    facts: dict[str, str] = Field(description="ids and addresses it is about")
    attempts: int
    correlation_id: str
    tenant_id: str | None = Field(description="null: that cannot be told; operators see it")
    died_at: str
    replayed_at: str | None
    trace: str = Field(
        description="where it broke: files, lines and functions, without a value; empty where that is not kept"
    )
    resolved_at: str | None = Field(description="when somebody said that it needs nothing more")
    resolved_by: str


class LettersOut(BaseModel):
    """A page, newest first. It may be short, or empty, and have a next one."""

    dead_letters: list[LetterOut]
    next: str | None = Field(description="the `cursor` of the next page; null: this is the last")


def create_router(core: Core, reaching: Reaching, machine: Machine) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["administration: dead letters"], prefix="/dead-letters")
    support = Depends(reaching.looks)

    @router.get("", responses=refusals(400))
    async def list_letters(
        reach: Annotated[Reach, support],
        source: SourceFilter | None = None,
        replayed: bool = False,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> LettersOut:
        """What was given up; with `replayed` also what was offered again or resolved since."""
        place = place_of(cursor, UUID)
        before = None if place is None else place[0]
        found, more = await core.read(
            lambda tx: queues.letters(tx, reach, source=source or None, replayed=replayed, before=before, limit=limit)
        )
        return LettersOut(
            dead_letters=[_told(letter, whose) for letter, whose in found],
            next=None if more is None else cursor_of(more),
        )

    @router.post("/{letter_id}/replay", responses=refusals(400, 404))
    async def replay(letter_id: RowId, reach: Annotated[Reach, support]) -> LetterOut:
        """Offer it again. What had been done already is recognised by its key and not done twice."""
        if machine.letters is None:
            raise TryLater("this process cannot replay")
        return _told(*await queues.replay(core, reach, str(letter_id), machine.letters()))

    @router.post("/{letter_id}/resolve", responses=refusals(400, 404))
    async def resolve(letter_id: RowId, reach: Annotated[Reach, Depends(reaching.changes)]) -> LetterOut:
        """Say that it needs nothing more: it was looked after in another way. It is not offered again."""
        if machine.letters is None:
            raise TryLater("this process cannot resolve")
        return _told(*await queues.resolve(core, reach, str(letter_id), machine.letters()))

    return router


def _told(letter: DeadLetter, whose: str | None) -> LetterOut:
    return LetterOut(
        id=letter.id,
        source=letter.source,
        name=letter.name,
        group=letter.group,
        reference=letter.reference,
        error=queues.error_of(letter),
        facts=queues.facts_of(letter),
        attempts=letter.attempts,
        correlation_id=letter.correlation_id,
        tenant_id=whose,
        died_at=to_iso(letter.died_at),
        replayed_at=iso(letter.replayed_at),
        trace=letter.trace,
        resolved_at=iso(letter.resolved_at),
        resolved_by=letter.resolved_by,
    )
