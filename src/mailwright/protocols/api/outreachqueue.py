"""Outreach to many: the queue of who calls, batches, and tables of recipients. `/api/queue`.

Everybody reaches their own. A batch is taken whole or not at all; one's own mails are begun in the order they were asked for, and between
people it goes round.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from mailwright.codecs import csvtable
from mailwright.codecs.csvtable import Table
from mailwright.core import Core
from mailwright.core.outreach import batches, editing, importing, making, sending, templates, views
from mailwright.core.outreach.importing import Problem
from mailwright.core.outreach.making import FileGiven, Wish
from mailwright.core.outreach.studio import Studio
from mailwright.core.outreach.views import Wanted
from mailwright.core.outreach.wishes import placeholders
from mailwright.domain.outreach import MAX_FIELDS, MAX_NAME, QueueStatus
from mailwright.domain.refusals import BadInput
from mailwright.protocols.api.admin.words import Cursor, Line, Moment, instant, iso, refusals
from mailwright.protocols.api.outreachwords import (
    AT,
    Asked,
    Email,
    Fields,
    Id,
    Interest,
    ItemOut,
    Recipient,
    TemplateText,
    item,
    octets,
)
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage import Tx
from mailwright.storage.outreach import Batch, Outreach

MAX_CSV_CHARACTERS = 8 * 1024 * 1024  # base64 of the largest table
SHOWN_ROWS = 20
MAX_PROBLEMS = 100  # that are told of
MOST_RECIPIENTS = 10_000

Mapping = dict[Annotated[Line, Field(max_length=60)], int]


class RecipientIn(BaseModel):
    """One of many."""

    name: Recipient
    interest: Interest = ""
    email: Email = ""
    fields: Annotated[Fields, Field(max_length=MAX_FIELDS)] = {}


class TableIn(BaseModel):
    """A CSV file."""

    content: Annotated[str, Field(max_length=MAX_CSV_CHARACTERS, description="base64 (RFC 4648 §4)")]
    mapping: Annotated[Mapping, Field(max_length=MAX_FIELDS + 10)] | None = Field(
        None,
        description="which column (from 0) is `name` (or `first_name` and `last_name`), `email`, `interest` or a placeholder; null: as it seems",
        examples=[{"name": 0, "email": 1, "interest": 2}],
    )


class RowsIn(TableIn):
    """A CSV file that is used."""

    skip: bool = Field(False, description="leave out rows that something is wrong with; else one such row refuses all")


class PreviewIn(TableIn):
    """A CSV file, and the template it is for."""

    template: TemplateText = ""
    template_id: Annotated[Line, Field(max_length=64)] = ""


class ProblemOut(BaseModel):
    """What is wrong with a row."""

    row: int = Field(description="of the file, from 1, the headings included; 0: the whole file")
    because: str


class PreviewOut(BaseModel):
    """What a file seems to say."""

    columns: list[str]
    rows: list[list[str]] = Field(description=f"the first {SHOWN_ROWS}")
    total: int
    mapping: dict[str, int]
    fields: list[str] = Field(
        description="what columns may stand for: of the recipient, and the template's placeholders"
    )
    problems: list[ProblemOut]


class BatchIn(Asked):
    """Mails to many, from one template: `recipients`, or the rows of `csv`."""

    name: Annotated[Line, Field(max_length=MAX_NAME)] = ""
    recipients: Annotated[list[RecipientIn], Field(default_factory=list, max_length=MOST_RECIPIENTS)]
    csv: RowsIn | None = None


class BatchOut(BaseModel):
    """Mails that were asked for together."""

    id: str
    name: str
    total: int
    counts: dict[QueueStatus, int]
    confident: int
    sent: int
    paused: bool
    cancelled_at: str | None
    created_at: str = Field(examples=[AT])


class BatchesOut(BaseModel):
    """A page, the newest first."""

    batches: list[BatchOut]
    next: str | None


class QueueOut(BaseModel):
    """A page of the queue, the newest first, and how many stand where."""

    items: list[ItemOut]
    next: str | None
    counts: dict[QueueStatus, int]


class SendAllIn(BaseModel):
    """When; null is now."""

    at: Moment = None


class RefusedOut(BaseModel):
    """One that is not sent."""

    id: str
    because: str


class SentAllOut(BaseModel):
    """What became of it."""

    queued: int
    refused: list[RefusedOut]
    last_at: str | None = Field(description="when the last one goes", examples=[AT])


def create_router(core: Core, identity: Identity, studio: Studio) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["outreach"], prefix="/api/queue")
    who = Depends(identity.signed_in)

    @router.get("", responses=refusals(400))
    async def list_queue(
        caller: Annotated[Caller, who],
        batch: Annotated[Line | None, Query(max_length=64)] = None,
        status: Annotated[list[QueueStatus] | None, Query()] = None,
        before: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> QueueOut:
        """One's own mails with where they stand."""

        def look(tx: Tx) -> QueueOut:
            wanted = Wanted(batch_id=batch or None, statuses=tuple(status or ()))
            found = views.listing(tx, caller.account, wanted, before=before, limit=limit + 1)
            shown, more = found[:limit], found[limit - 1].id if len(found) > limit else None
            places = views.positions(tx, caller.account, shown)
            counts = views.counts(tx, caller.account, Wanted(batch_id=batch or None))
            return QueueOut(items=[item(each, places.get(each.id)) for each in shown], next=more, counts=counts)

        return await core.read(look)

    @router.post("/preview", responses=refusals(400, 404))
    async def preview(given: PreviewIn, caller: Annotated[Caller, who]) -> PreviewOut:
        """Look into a CSV file before it is used; nothing is kept."""
        table = await _table(given)
        return await core.read(lambda tx: _preview(tx, caller, given, table))

    @router.post("/batch", status_code=202, responses=refusals(400, 404))
    async def make_batch(given: BatchIn, caller: Annotated[Caller, who]) -> BatchOut:
        """Have a mail written to each of many."""
        count = len(given.recipients)
        known = await core.read(lambda tx: _known(tx, core, caller, given.key, count))
        if known is not None:
            return known
        files = await studio.read(given.all_files())
        table = None if given.csv is None else await _table(given.csv)

        def write(tx: Tx) -> BatchOut:
            made = making.make_batch(
                tx,
                core,
                caller.account,
                _wishes(tx, caller, given, table, files),
                name=given.name,
                key=given.key,
                correlation_id=caller.correlation_id,
            )
            return _batch(tx, made)

        return await core.write(write)

    @router.get("/batches", responses=refusals(400))
    async def list_batches(
        caller: Annotated[Caller, who], before: Cursor = None, limit: Annotated[int, Query(ge=1, le=100)] = 50
    ) -> BatchesOut:
        """One's own, with their progress."""

        def look(tx: Tx) -> BatchesOut:
            found = batches.listing(tx, caller.account, before=before, limit=limit + 1)
            more = found[limit - 1].id if len(found) > limit else None
            progress = batches.progress(tx, found[:limit])
            return BatchesOut(batches=[_told(each, progress.get(each.id)) for each in found[:limit]], next=more)

        return await core.read(look)

    @router.get("/batches/{batch_id}", responses=refusals(404))
    async def show_batch(batch_id: Id, caller: Annotated[Caller, who]) -> BatchOut:
        """One with its progress."""
        return await core.read(lambda tx: _batch(tx, batches.own(tx, caller.account, batch_id)))

    @router.post("/batches/{batch_id}/pause", responses=refusals(404, 409))
    async def pause(batch_id: Id, caller: Annotated[Caller, who]) -> BatchOut:
        """Begin none of its mails until it goes on; what is being written is finished."""
        return await core.write(lambda tx: _batch(tx, batches.pause(tx, caller.account, batch_id, by=caller.actor)))

    @router.post("/batches/{batch_id}/resume", responses=refusals(404, 409))
    async def resume(batch_id: Id, caller: Annotated[Caller, who]) -> BatchOut:
        """Go on."""
        return await core.write(lambda tx: _batch(tx, batches.resume(tx, caller.account, batch_id, by=caller.actor)))

    @router.post("/batches/{batch_id}/cancel", responses=refusals(404))
    async def cancel_batch(batch_id: Id, caller: Annotated[Caller, who]) -> BatchOut:
        """Write no more of it; what was written stays."""
        return await core.write(lambda tx: _batch(tx, batches.cancel(tx, caller.account, batch_id, by=caller.actor)))

    @router.post("/batches/{batch_id}/send", status_code=202, responses=refusals(400, 404))
    async def send_batch(batch_id: Id, given: SendAllIn, caller: Annotated[Caller, who]) -> SentAllOut:
        """Send those that are confident and were not sent, spread over the days as the limits want it."""
        sent = await sending.send_batch(
            core,
            caller.account,
            batch_id,
            by=caller.actor,
            by_session=caller.session is not None,
            at=instant(given.at),
        )
        refused = [RefusedOut(id=each.id, because=each.because) for each in sent.refused]
        return SentAllOut(queued=sent.queued, refused=refused, last_at=iso(sent.last_at))

    @router.post("/{email_id}/cancel", responses=refusals(404, 409))
    async def cancel(email_id: Id, caller: Annotated[Caller, who]) -> ItemOut:
        """Do not write it."""
        return await core.write(
            lambda tx: _item(tx, caller, editing.cancel(tx, caller.account, email_id, by=caller.actor))
        )

    @router.post("/{email_id}/retry", responses=refusals(404, 409))
    async def retry(email_id: Id, caller: Annotated[Caller, who]) -> ItemOut:
        """Try one that failed once more, from the step that failed."""
        return await core.write(
            lambda tx: _item(tx, caller, editing.again(tx, caller.account, email_id, by=caller.actor))
        )

    return router


def _known(tx: Tx, core: Core, caller: Caller, key: str, count: int) -> BatchOut | None:
    """Nothing is read for what was made before, or cannot be made today."""
    found = making.known_batch(tx, core, caller.account, key, count)
    return None if found is None else _batch(tx, found)


async def _table(given: TableIn) -> Table:
    """The table in a file: read beside the loop, and outside of transactions. Raises BadInput."""
    return await asyncio.to_thread(lambda: csvtable.read(octets(given.content, "the file")))


def _preview(tx: Tx, caller: Caller, given: PreviewIn, table: Table) -> PreviewOut:
    text = ""
    if given.template or given.template_id:
        text, _ = templates.text_for(tx, caller.account, given.template, given.template_id or None)
    mapping, problems = (
        importing.mapping_for(table, text) if given.mapping is None else given.mapping,
        list(table.problems),
    )
    try:
        _, problems = importing.wishes(table, mapping, text or "any words")
    except BadInput as refusal:  # it is shown all the same: whoever looks chooses other columns
        problems.insert(0, Problem(0, str(refusal)))
    return PreviewOut(
        columns=list(table.columns),
        rows=[list(each) for each in table.rows[:SHOWN_ROWS]],
        total=len(table.rows),
        mapping=mapping,
        fields=list(dict.fromkeys([*importing.OF_THE_RECIPIENT, *placeholders(text)])),
        problems=[ProblemOut(row=each.row, because=each.because) for each in problems[:MAX_PROBLEMS]],
    )


def _wishes(tx: Tx, caller: Caller, given: BatchIn, table: Table | None, files: list[FileGiven]) -> list[Wish]:
    """Raises BadInput, which says the row it is about."""
    if (table is None) == (not given.recipients):
        raise BadInput("name the recipients, or give a file of them")
    kept = making.keep_files(tx, caller.account, files)
    template_id = given.template_id or None
    if table is None or given.csv is None:
        return [
            Wish(each.name, given.template, each.interest, each.email, each.fields, kept, template_id)
            for each in given.recipients
        ]
    text, used = templates.text_for(tx, caller.account, given.template, template_id)
    mapping = importing.mapping_for(table, text) if given.csv.mapping is None else given.csv.mapping
    found, problems = importing.wishes(table, mapping, text, template_id=used, files=kept)
    if problems and not given.csv.skip:
        first, more = problems[0], f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        raise BadInput(f"row {first.row}: {first.because}{more}")
    return found


def _item(tx: Tx, caller: Caller, found: Outreach) -> ItemOut:
    return item(found, views.positions(tx, caller.account, [found]).get(found.id))


def _batch(tx: Tx, found: Batch) -> BatchOut:
    return _told(found, batches.progress(tx, [found]).get(found.id))


def _told(found: Batch, progress: batches.Progress | None) -> BatchOut:
    now = progress or batches.Progress()
    return BatchOut(
        id=found.id,
        name=found.name,
        total=found.total,
        counts={status: now.counts.get(status, 0) for status in QueueStatus},
        confident=now.confident,
        sent=now.sent,
        paused=found.paused,
        cancelled_at=iso(found.cancelled_at),
        created_at=iso(found.created_at) or "",
    )
