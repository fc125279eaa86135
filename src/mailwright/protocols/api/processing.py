"""Processing on demand: `POST /api/process-email`, `POST /api/process-email/bulk` and `GET /api/task-status/{task_id}`.

For everybody with an assistant, by browser or program; everybody reaches their own mail only, admins and support too.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from mailwright.core import Core, processing, triageviews
from mailwright.core.processing import Desk
from mailwright.domain import clock
from mailwright.domain.clock import to_iso
from mailwright.domain.triage import Category
from mailwright.protocols.api.admin.words import Line, Words, instant, refusals
from mailwright.protocols.api.triagewords import (
    EMAIL,
    Given,
    TaskAsked,
    TaskOut,
    asked_out,
    conflict,
    task_out,
)
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage.processing import Span

MAX_NAME = 200  # characters of a mail's id; Gmail's have 16, ours 36

_OFF = "The assistant is off (`assistant_off`) or stopped (`stopped`)"
_CONFLICT = conflict(f"{_OFF}, or the draft is its owner's by now (`draft_edited`)")


class Wanted(BaseModel):
    """Which mail."""

    email_id: Annotated[Line, Field(min_length=1, max_length=MAX_NAME, description=EMAIL)]
    force_reprocess: bool = Field(False, description="also when it was processed before")


class SpanWanted(BaseModel):
    """Which mails: those received from `from` on and before `to`."""

    model_config = ConfigDict(populate_by_name=True)

    since: datetime = Field(alias="from", description="ISO 8601; UTC when it says no zone")
    until: Annotated[datetime | None, Given] = Field(None, alias="to", description="now, when not given")
    category: Annotated[Category | None, Given] = Field(None, description="only those that are of it so far")
    connection: Words = Field(
        None, description="`mailbox` for the one here, or the id of a connection; all when not given"
    )
    force_reprocess: bool = Field(False, description="also what was processed before")


class BatchOut(BaseModel):
    """What was accepted; `GET /api/assistant/summary` counts how far it is."""

    accepted: int
    skipped: int = Field(description="processed before, being processed, or with a draft that its owner edited or sent")
    next_to: str | None = Field(
        description="there are more than one call takes: `to` of the next one; null: that was all"
    )
    tasks: list[TaskAsked] = Field(description="the newest mail first")


def create_router(core: Core, identity: Identity, desk: Desk) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["assistant"], prefix="/api")
    who = Depends(identity.signed_in)

    @router.post(
        "/process-email",
        status_code=201,
        responses={200: {"model": TaskAsked, "description": "There is a task already"}}
        | refusals(400, 404)
        | _CONFLICT,
    )
    async def process(given: Wanted, response: Response, caller: Annotated[Caller, who]) -> TaskAsked:
        """Have a mail processed: judged, and answered by a draft where a reply is due. 201 with a new task.

        200 with the one there is, as it stands, when the mail was processed before (without `force_reprocess`) or is being processed.
        With `force_reprocess` it is judged anew, and a draft that nobody edited is written anew.
        """
        asked = await processing.process(core, desk, caller.account, given.email_id, force=given.force_reprocess)
        if not asked.made:
            response.status_code = 200
        return asked_out(asked)

    @router.post("/process-email/bulk", status_code=202, responses=refusals(400, 404) | conflict(_OFF))
    async def process_span(given: SpanWanted, caller: Annotated[Caller, who]) -> BatchOut:
        """Have all mails of a span of time processed, the newest first, behind everything that has just come.

        One call takes so many (`assistant_bulk_at_once`); `next_to` says where the next one begins. Of a connected account that is what
        was seen of it.
        """
        now = clock.now()
        until = instant(given.until)
        span = Span(
            caller.account.id,
            instant(given.since) or 0,
            now if until is None else until,
            "" if given.category is None else given.category.value,
        )
        batch = await processing.process_span(
            core, desk, caller.account, span, connection=given.connection, force=given.force_reprocess
        )
        return BatchOut(
            accepted=len(batch.asked),
            skipped=batch.skipped,
            next_to=None if batch.until is None else to_iso(batch.until + clock.SECOND // 1000),  # ISO has milliseconds
            tasks=[asked_out(each) for each in batch.asked],
        )

    @router.get("/task-status/{task_id}", responses=refusals(404))
    async def status(task_id: Annotated[str, Path(max_length=MAX_NAME)], caller: Annotated[Caller, who]) -> TaskOut:
        """How far a task of one's own is, and what came of it."""
        return task_out(await triageviews.task_of(core, caller.account, task_id))

    return router
