"""Outreach: mails that the scribe writes for who calls, one by one. `/api/email`.

Everybody reaches their own, and whose a mail is comes from who calls alone. Many at once: `outreachqueue`.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.outreach import drafts, editing, making, sending, views
from mailwright.core.outreach.making import FileGiven, Wish
from mailwright.core.outreach.studio import Studio
from mailwright.core.outreach.views import Wanted
from mailwright.domain.outreach import QueueStatus, ScribeStep, TemplateType
from mailwright.domain.tasks import TaskStatus
from mailwright.protocols.api.admin.words import Cursor, Line, Moment, Words, instant, refusals
from mailwright.protocols.api.outreachwords import (
    Email,
    EmailOut,
    GenerateIn,
    Id,
    RowOut,
    TextsIn,
    email,
    error_of,
    row,
    step_of,
)
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage import Tx
from mailwright.storage.accounts import Account
from mailwright.storage.outreach import Outreach

TASK_WORDS: dict[TaskStatus, str] = {
    TaskStatus.QUEUED: "PENDING",
    TaskStatus.RUNNING: "STARTED",
    TaskStatus.WAITING: "STARTED",
    TaskStatus.COMPLETE: "SUCCESS",
    TaskStatus.FAILED: "FAILURE",
    TaskStatus.SKIPPED: "FAILURE",
    TaskStatus.CANCELLED: "REVOKED",
}
"""What pollers know a task by."""


class TaskOut(BaseModel):
    """A mail was asked for."""

    task_id: str


class StepOut(BaseModel):
    """One of the four steps."""

    step: ScribeStep
    state: str = Field(description="waiting, running, done or failed", examples=["done"])
    seconds: float | None


class StatusOut(BaseModel):
    """Where it stands."""

    task_id: str
    status: str = Field(description="PENDING, STARTED, SUCCESS, FAILURE or REVOKED", examples=["STARTED"])
    current_step: ScribeStep | None
    email_id: str | None
    error: str | None
    failed_step: ScribeStep | None
    steps: list[StepOut]
    position: int | None = Field(description="mails that are begun before it")


class EmailsOut(BaseModel):
    """A page, the newest first."""

    emails: list[RowOut]
    next: str | None = Field(description="`before` of the next page; null: this is the last")


class PlaceOut(BaseModel):
    """Where a quote stands in the copy, in characters."""

    start: int
    end: int
    quote: str


class CopyOut(BaseModel):
    """The stored copy of a source."""

    number: int
    title: str
    url: str
    text: str
    quotes: list[PlaceOut]


class SendIn(BaseModel):
    """To whom, and when; as the mail says, and now, when not named."""

    to: Email | None = None
    at: Moment = None
    version: Annotated[Line, Field(max_length=64)] = Field(
        "", description="of the mail that was looked at: when its text is another by now it is not sent"
    )


def create_router(core: Core, identity: Identity, studio: Studio) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["outreach"], prefix="/api/email")
    who = Depends(identity.signed_in)

    @router.post("/generate", status_code=202, responses=refusals(400, 404))
    async def generate(given: GenerateIn, caller: Annotated[Caller, who]) -> TaskOut:
        """Have a mail to one recipient written."""
        known = await core.read(lambda tx: making.known(tx, core, caller.account, given.key))
        if known is not None:
            return TaskOut(task_id=known.id)
        files = await studio.read(given.all_files())

        def write(tx: Tx) -> str:
            wish = _wish(tx, caller.account, given, files)
            made = making.make(tx, core, caller.account, wish, key=given.key, correlation_id=caller.correlation_id)
            return made.id

        return TaskOut(task_id=await core.write(write))

    @router.get("/status/{task_id}", responses=refusals(404))
    async def status(task_id: Id, caller: Annotated[Caller, who]) -> StatusOut:
        """Where a mail stands, for who waits for it."""
        return await core.read(lambda tx: _status(tx, caller.account, task_id))

    @router.get("", responses=refusals(400))
    async def list_emails(
        caller: Annotated[Caller, who],
        q: Words = None,
        type: TemplateType | None = None,
        confident: bool | None = None,
        batch: Annotated[Line | None, Query(max_length=64)] = None,
        status: Annotated[list[QueueStatus] | None, Query()] = None,
        deleted: bool = False,
        before: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> EmailsOut:
        """One's own; with `deleted` those that were put away."""
        wanted = Wanted(q or "", type, confident, batch or None, tuple(status or ()), deleted=deleted)
        found = await core.read(lambda tx: views.listing(tx, caller.account, wanted, before=before, limit=limit + 1))
        more = found[limit - 1].id if len(found) > limit else None
        return EmailsOut(emails=[row(each) for each in found[:limit]], next=more)

    @router.get("/{email_id}", responses=refusals(404))
    async def show(email_id: Id, caller: Annotated[Caller, who]) -> EmailOut:
        """One with all it rests on."""
        return await core.read(lambda tx: _whole(tx, views.own(tx, caller.account, email_id)))

    @router.get("/{email_id}/sources/{number}", responses=refusals(404))
    async def show_source(
        email_id: Id, number: Annotated[int, Path(ge=1, le=10_000)], caller: Annotated[Caller, who]
    ) -> CopyOut:
        """A source as it was when it was read, with the places of the quotes."""

        def look(tx: Tx) -> CopyOut:
            found, places = views.source(tx, views.own(tx, caller.account, email_id), number)
            quotes = [PlaceOut(start=start, end=end, quote=quote) for start, end, quote in places]
            return CopyOut(number=number, title=found.title, url=found.url, text=found.text, quotes=quotes)

        return await core.read(look)

    @router.patch("/{email_id}", responses=refusals(400, 404, 409))
    async def change(email_id: Id, given: TextsIn, caller: Annotated[Caller, who]) -> EmailOut:
        """Another subject, text or address. Sentences that change lose their evidence."""

        def write(tx: Tx) -> EmailOut:
            found = editing.edit(
                tx,
                caller.account,
                email_id,
                subject=given.subject,
                text=given.text,
                email=given.recipient_email,
                by=caller.actor,
            )
            return _whole(tx, found)

        return await core.write(write)

    @router.delete("/{email_id}", status_code=204, responses=refusals(404, 409))
    async def remove(email_id: Id, caller: Annotated[Caller, who]) -> Response:
        """Put it away; it can be had back for 30 days."""
        await core.write(lambda tx: editing.delete(tx, caller.account, email_id, by=caller.actor))
        return Response(status_code=204)

    @router.post("/{email_id}/restore", responses=refusals(404))
    async def restore(email_id: Id, caller: Annotated[Caller, who]) -> EmailOut:
        """Have one back that was put away."""
        return await core.write(lambda tx: _whole(tx, editing.restore(tx, caller.account, email_id, by=caller.actor)))

    @router.post("/{email_id}/draft", responses=refusals(400, 404, 409))
    async def draft(email_id: Id, caller: Annotated[Caller, who]) -> EmailOut:
        """Put it into one's Drafts; once."""
        await drafts.put(core, caller.account, email_id)
        return await core.read(lambda tx: _whole(tx, views.own(tx, caller.account, email_id)))

    @router.post("/{email_id}/send", status_code=202, responses=refusals(400, 404, 409))
    async def send(email_id: Id, given: SendIn, caller: Annotated[Caller, who]) -> EmailOut:
        """Send it from one's own address. From a browser that is one's yes; a program's call asks first (`sent.state` is `asked`) unless
        a standing grant covers the recipient. `sent.because` says when a day's limit put it off."""
        found = await sending.send(
            core,
            caller.account,
            email_id,
            by=caller.actor,
            by_session=caller.session is not None,
            to=given.to or None,
            at=instant(given.at),
            version=given.version,
        )
        return await core.read(lambda tx: _whole(tx, found))

    @router.post("/{email_id}/unsend", responses=refusals(404, 409))
    async def unsend(email_id: Id, caller: Annotated[Caller, who]) -> EmailOut:
        """Take back what waits to be sent, or to be allowed."""
        found = await sending.unsend(core, caller.account, email_id, by=caller.actor)
        return await core.read(lambda tx: _whole(tx, found))

    return router


def _wish(tx: Tx, account: Account, given: GenerateIn, files: list[FileGiven]) -> Wish:
    return Wish(
        name=given.recipient_name,
        template=given.template,
        interest=given.recipient_interest,
        email=given.recipient_email,
        fields=given.fields,
        files=making.keep_files(tx, account, files),
        template_id=given.template_id or None,
    )


def _status(tx: Tx, account: Account, task_id: str) -> StatusOut:
    found = views.own(tx, account, task_id)
    word = TASK_WORDS[found.status]
    return StatusOut(
        task_id=found.id,
        status=word,
        current_step=step_of(found) if word == "STARTED" else None,
        email_id=found.id if word == "SUCCESS" else None,
        error=error_of(found) or None,
        failed_step=step_of(found) if word == "FAILURE" else None,
        steps=[StepOut(step=each.step, state=each.state, seconds=each.seconds) for each in views.steps(tx, found)],
        position=views.positions(tx, account, [found]).get(found.id),
    )


def _whole(tx: Tx, found: Outreach) -> EmailOut:
    return email(found, views.sources(tx, found))
