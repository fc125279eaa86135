"""One's own assistant over REST: `/api/assistant/settings`, `/summary` and `/style`.

For everybody who is signed in; what changes how it works, only with a browser's session: a mail program's password chooses nothing.
Everybody sees and chooses for themselves only, admins and support too.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from mailwright.core import Core, assistants, connections, processing, stops, styles, triageviews
from mailwright.core.assistants import MAX_FACTS, MAX_KEPT_DAYS, Options
from mailwright.core.processing import AssistantOff, Desk
from mailwright.domain import clock
from mailwright.domain.clock import to_iso
from mailwright.domain.triage import ConnectionState
from mailwright.protocols.api.admin.words import Text, iso, refusals
from mailwright.protocols.api.triagewords import conflict
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage import Tx
from mailwright.storage.connections import Connection
from mailwright.storage.styles import Style

Language = Literal["en", "de", "fr", "es", "it"]


class DefaultsOut(BaseModel):
    """What the installation says where its owner does not."""

    threshold: float
    kept_days: int


class SettingsOut(BaseModel):
    """What one chose."""

    enabled: bool = Field(description="the assistant works for me at all")
    own_mailbox: bool = Field(description="it looks after the mailbox here")
    has_mailbox: bool = Field(description="false: there is none here, and nothing to look after but connected accounts")
    drafts: bool = Field(description="it drafts replies that are due")
    threshold: float | None = Field(description="from this confidence that a reply is due; null: the default")
    facts: str = Field(description="what may be said in my name: prices, hours, addresses")
    languages: list[Language] = Field(description="the only ones to draft in; empty: the mail's own")
    move_spam: bool = Field(description="spam in the mailbox here is moved to Junk")
    learn_style: bool = Field(description="how I write is learned from what I sent")
    kept_days: int | None = Field(description="how long what was gathered and drafted is kept; null: the default")
    defaults: DefaultsOut
    stopped: str = Field(description="because of which stop switch it does nothing; empty: it may work")


class SettingsWanted(BaseModel):
    """What to change; what is not named stays."""

    enabled: bool | None = None
    own_mailbox: bool | None = None
    drafts: bool | None = None
    threshold: float | None = Field(None, ge=0, le=1, description="null: the default")
    facts: Annotated[Text | None, Field(max_length=MAX_FACTS)] = None
    languages: list[Language] | None = Field(None, max_length=20)
    move_spam: bool | None = None
    learn_style: bool | None = None
    kept_days: int | None = Field(None, ge=1, le=MAX_KEPT_DAYS, description="null: the default")


class MailboxOut(BaseModel):
    """The mailbox here."""

    address: str
    served: bool


class ConnectedOut(BaseModel):
    """An account elsewhere, in short."""

    id: str
    kind: str = Field(examples=["gmail"], description="gmail, imap")
    address: str
    enabled: bool
    state: ConnectionState = Field(description="`connected` is only said while it is true")
    because: str
    looked_at: str | None = Field(description="the last look that worked")


class TodayOut(BaseModel):
    """Mails that were seen in the last 24 hours."""

    since: str
    needs_reply: int
    informational: int
    spam: int
    undecided: int


class TasksOut(BaseModel):
    """Tasks of the last 24 hours, and older ones that are not at their end."""

    pending: int
    processing: int
    completed: int
    failed: int
    skipped: int


class SummaryOut(BaseModel):
    """How it stands."""

    enabled: bool
    stopped: str = Field(description="because of which stop switch it does nothing; empty: it may work")
    mailbox: MailboxOut | None = Field(description="null: there is none here")
    connections: list[ConnectedOut]
    today: TodayOut
    drafts_waiting: int
    tasks: TasksOut
    style_learned: bool


class StyleOut(BaseModel):
    """How one writes."""

    note: str = Field(description="in one's own words; empty: what was learned stands")
    learned: str
    in_use: str = Field(description="what drafts are written by")
    samples: int = Field(description="mails it was learned from")
    measures: dict[str, Any] = Field(description="what was counted in them")
    learned_at: str | None
    edited_at: str | None


class NoteWanted(BaseModel):
    """How drafts are to be written."""

    note: Annotated[Text, Field(max_length=styles.MAX_NOTE, description="empty: what was learned stands again")]


class QueuedOut(BaseModel):
    """It is done soon."""

    status: Literal["queued"] = "queued"


def create_router(core: Core, identity: Identity, desk: Desk) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["assistant"], prefix="/api/assistant")
    who, by_session = Depends(identity.signed_in), Depends(identity.by_session)

    @router.get("/settings", responses=refusals())
    async def settings(caller: Annotated[Caller, who]) -> SettingsOut:
        """What one chose."""
        return await core.read(lambda tx: _settings(tx, caller, desk))

    @router.patch(
        "/settings", responses=refusals(400) | conflict("The assistant was never switched on (`assistant_off`)")
    )
    async def choose(given: SettingsWanted, caller: Annotated[Caller, by_session]) -> SettingsOut:
        """Switch it on or off, and choose how it works. What was chosen stays while it is off."""

        def write(tx: Tx) -> SettingsOut:
            _choose(tx, core, caller, given)
            return _settings(tx, caller, desk)

        return await core.write(write)

    @router.get("/summary", responses=refusals())
    async def summary(caller: Annotated[Caller, who]) -> SummaryOut:
        """How it stands: what it looks after, and what it found and did in the last 24 hours."""
        found = await core.read(lambda tx: triageviews.summary(tx, caller.account))
        return SummaryOut(
            enabled=found.enabled,
            stopped=found.stopped,
            mailbox=None if found.mailbox is None else MailboxOut(address=found.mailbox, served=found.served),
            connections=[_connected(each, desk) for each in found.connections],
            today=TodayOut(since=to_iso(found.since), **found.today),
            drafts_waiting=found.drafts_waiting,
            tasks=TasksOut(**found.tasks),
            style_learned=found.style_learned,
        )

    @router.get("/style", responses=refusals())
    async def style(caller: Annotated[Caller, who]) -> StyleOut:
        """How one writes, as drafts follow it."""
        return _style(await core.read(lambda tx: styles.of(tx, caller.account.id)))

    @router.put("/style", responses=refusals(400))
    async def edit_style(given: NoteWanted, caller: Annotated[Caller, by_session]) -> StyleOut:
        """Say how drafts are to be written; nothing that is learned overwrites it."""
        return _style(await core.write(lambda tx: styles.edit(tx, caller.account, given.note, by=caller.actor)))

    @router.delete("/style", responses=refusals())
    async def reset_style(caller: Annotated[Caller, by_session]) -> StyleOut:
        """Forget the note and all that was learned."""

        def write(tx: Tx) -> Style:
            styles.reset(tx, caller.account, by=caller.actor)
            return styles.of(tx, caller.account.id)

        return _style(await core.write(write))

    @router.post(
        "/style/learn",
        status_code=202,
        responses=refusals() | conflict("The assistant is off (`assistant_off`) or stopped (`stopped`)"),
    )
    async def learn_style(caller: Annotated[Caller, by_session]) -> QueuedOut:
        """Learn anew from what was sent. It takes a moment."""
        worker = desk.need()
        await core.read(lambda tx: processing.check_on(tx, caller.account))
        await worker.learn(caller.account.id)
        return QueuedOut()

    return router


def _choose(tx: Tx, core: Core, caller: Caller, given: SettingsWanted) -> None:
    """Raises BadInput, NotPermitted, AssistantOff."""
    account = caller.account
    chosen = {name: getattr(given, name) for name in given.model_fields_set - {"enabled"}}
    # Null stands for a default where there is one; elsewhere it names nothing.
    chosen = {name: value for name, value in chosen.items() if value is not None or name in ("threshold", "kept_days")}
    if given.enabled:
        assistants.switch_on(tx, core, account, by=caller.actor, **chosen)
        return
    if chosen:
        if assistants.of(tx, account.id) is None:
            raise AssistantOff("the assistant was never switched on: switch it on first")
        assistants.change(tx, core, account, by=caller.actor, **chosen)
    if given.enabled is False:
        assistants.switch_off(tx, core, account, by=caller.actor)


def _settings(tx: Tx, caller: Caller, desk: Desk) -> SettingsOut:
    account = caller.account
    known = assistants.of(tx, account.id)
    options = Options(own_mailbox=account.has_mailbox) if known is None else known.options
    return SettingsOut(
        enabled=known is not None and known.enabled,
        has_mailbox=account.has_mailbox,
        defaults=DefaultsOut(threshold=desk.threshold, kept_days=desk.kept_days),
        stopped=stops.engaged(tx, tenant_id=account.tenant_id, user_id=account.id),
        **options.as_values(),
    )


def _connected(connection: Connection, desk: Desk) -> ConnectedOut:
    pushed = desk.pushes and connection.kind == connections.GMAIL
    state, because = connections.health(connection, clock.now(), push_expected=pushed, poll=desk.poll)
    return ConnectedOut(
        id=connection.id,
        kind=connection.kind,
        address=connection.address,
        enabled=connection.enabled,
        state=state,
        because=because,
        looked_at=iso(connection.looked_at),
    )


def _style(style: Style) -> StyleOut:
    return StyleOut(
        note=style.note,
        learned=style.learned,
        in_use=style.said,
        samples=style.samples,
        measures=style.measures,
        learned_at=iso(style.learned_at),
        edited_at=iso(style.edited_at),
    )
