"""One's own follow-ups over REST: `/api/followups`, for the webmail and programs of one's own.

Everybody reaches their own, admins and support too. When is said in words, as in a mail to the concierge ("next Friday morning"), or as a
moment; words that mean several times, or none, are refused with the choices and never guessed.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.accounts import Account
from mailwright.core.followups import changing, views
from mailwright.core.followups.making import MAX_CONTEXT, MAX_PHRASE, MAX_WHAT, MAX_WHO
from mailwright.core.followups.meaning import Meaning
from mailwright.core.followups.views import Show, Unclear
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE, Instant, to_iso
from mailwright.domain.followups import Action, AskedIn, FollowupStatus
from mailwright.domain.refusals import BadInput
from mailwright.protocols.api import errors
from mailwright.protocols.api.admin.words import Line, Text, instant, iso, refusals
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage import Tx
from mailwright.storage.followups import Followup

AT = "2026-11-20T08:00:00Z"
LONGEST_SNOOZE_MINUTES = 366 * 24 * 60

Id = Annotated[str, Path(max_length=64)]
Language = Literal["en", "de", "fr", "es", "it", "pt", "nl", ""]
_UNCLEAR: dict[int | str, dict[str, Any]] = {
    409: {"description": "What was said means several times, or none: `details.choices` has them (`unclear`)"}
}
_MOVED: dict[int | str, dict[str, Any]] = {
    409: {"description": "It is not where this begins: it is done, or under way (`conflict`)"}
}


class ChoiceOut(BaseModel):
    """One time that was meant, perhaps."""

    at: str = Field(examples=[AT])
    because: str = Field(description="how it was read", examples=["the Friday of next week"])
    note: Literal["gap", "fold", ""] = Field(description="the clocks change there: the time is skipped, or comes twice")


class WhenOut(BaseModel):
    """What words mean."""

    at: str | None = Field(description="when that is settled", examples=[AT])
    rule: str = Field(description="an RRULE (RFC 5545) when it comes again", examples=["FREQ=WEEKLY;BYDAY=FR"])
    choices: list[ChoiceOut] = Field(description="what it may mean when it is not settled; none: it says no time")


class FollowupOut(BaseModel):
    """One thing to be done."""

    id: str
    status: FollowupStatus
    what: str
    who: str
    context: str
    action: Action
    due_at: str | None = Field(description="null while its time is not clear", examples=[AT])
    planned_at: str | None = Field(description="when it was due before it was put off")
    zone: str = Field(examples=["Europe/Berlin"])
    phrase: str = Field(description="the words that said when", examples=["next Friday morning"])
    rule: str = Field(description="an RRULE (RFC 5545) when it comes again")
    choices: list[ChoiceOut] = Field(description="while its time is not clear")
    waits_from: str | None = Field(description="whose answer ends it; empty: anybody's; null: none is waited for")
    channel: AskedIn
    language: str
    email_id: str | None = Field(description="the message it was asked for in, or added from")
    draft_email_id: str | None
    because: str = Field(description="why it stands there")
    last_error: str
    created_at: str
    updated_at: str
    completed_at: str | None


class FollowupsOut(BaseModel):
    """A page. Open ones: the next first; ended ones: the last made first."""

    followups: list[FollowupOut]
    next: str | None = Field(description="`before` of the next page; null: this is the last")


class EventOut(BaseModel):
    """One line of its history."""

    at: str
    status: FollowupStatus
    detail: str


class WholeOut(FollowupOut):
    """One with its history."""

    history: list[EventOut]


class FollowupWanted(BaseModel):
    """What is to be done, and when."""

    key: Annotated[
        Line, Field(min_length=1, max_length=100, description="of your own: the same one makes one follow-up")
    ]
    what: Annotated[Text, Field(min_length=1, max_length=MAX_WHAT)]
    when: Annotated[Text, Field(max_length=MAX_PHRASE, description="in words", examples=["next Friday morning"])] = ""
    due_at: datetime | None = Field(None, description="or as a moment, with its zone")
    who: Annotated[Text, Field(max_length=MAX_WHO)] = ""
    context: Annotated[Text, Field(max_length=MAX_CONTEXT)] = ""
    action: Action | None = Field(None, description="null: as one's preferences have it")
    language: Language = Field("", description="of the words; empty: theirs")
    email_id: Annotated[Line, Field(max_length=64, description="a message of one's own that it is about")] = ""
    if_no_reply: bool = Field(False, description="only if nobody answers that message until then")


class FollowupChange(BaseModel):
    """What to change; what is not named stays."""

    what: Annotated[Text | None, Field(max_length=MAX_WHAT)] = None
    who: Annotated[Text | None, Field(max_length=MAX_WHO)] = None
    context: Annotated[Text | None, Field(max_length=MAX_CONTEXT)] = None
    action: Action | None = None
    when: Annotated[Text | None, Field(max_length=MAX_PHRASE)] = None
    due_at: datetime | None = None
    language: Language = ""


class SnoozeWanted(BaseModel):
    """For how long from now, or until when."""

    minutes: int | None = Field(None, ge=1, le=LONGEST_SNOOZE_MINUTES, description="from now")
    when: Annotated[Text, Field(max_length=MAX_PHRASE, examples=["tomorrow at 9"])] = ""
    until: datetime | None = None


def create_router(core: Core, identity: Identity) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["follow-ups"], prefix="/api/followups")
    who = Depends(identity.signed_in)

    @router.get("", responses=refusals(400, 404))
    async def list_followups(
        caller: Annotated[Caller, who],
        show: Annotated[Show, Query(description="open: what waits or is under way; ended")] = "open",
        before: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> FollowupsOut:
        """One's own."""
        found = await core.read(lambda tx: views.listing(tx, caller.account, show, before=before, limit=limit + 1))
        more = found[limit - 1].id if len(found) > limit else None
        return FollowupsOut(followups=[_told(each) for each in found[:limit]], next=more)

    @router.get("/when", responses=refusals(400))
    async def read_words(
        caller: Annotated[Caller, who],
        text: Annotated[str, Query(max_length=MAX_PHRASE, examples=["next Friday morning"])],
        language: Language = "",
    ) -> WhenOut:
        """What words mean now, in one's own time zone."""
        meaning = await core.read(lambda tx: views.meaning_of(tx, caller.account, text, language))
        return WhenOut(
            at=iso(meaning.due_at),
            rule=meaning.rule,
            choices=[] if meaning.due_at is not None else _choices(meaning.readings()),
        )

    @router.post("", status_code=201, response_model=FollowupOut, responses={**refusals(400, 404), **_UNCLEAR})
    async def add(
        given: FollowupWanted, caller: Annotated[Caller, who], request: Request
    ) -> FollowupOut | JSONResponse:
        """Have something followed up."""
        try:
            return _told(await core.write(lambda tx: _add(tx, core, caller.account, given)))
        except Unclear as unclear:
            return _refused(unclear, request)

    @router.get("/{followup_id}", responses=refusals(404))
    async def show_one(followup_id: Id, caller: Annotated[Caller, who]) -> WholeOut:
        """One with its history."""

        def look(tx: Tx) -> WholeOut:
            found = views.own(tx, caller.account, followup_id)
            history = [
                EventOut(at=to_iso(each.created_at), status=status, detail=each.detail)
                for status, each in views.history(tx, found)
            ]
            return WholeOut(**_told(found).model_dump(), history=history)

        return await core.read(look)

    @router.patch("/{followup_id}", response_model=FollowupOut, responses={**refusals(400, 404), **_UNCLEAR})
    async def change(
        followup_id: Id, given: FollowupChange, caller: Annotated[Caller, who], request: Request
    ) -> FollowupOut | JSONResponse:
        """Another time, text or action. A time also answers the question of one whose time was not clear."""
        try:
            return _told(await core.write(lambda tx: _change(tx, core, caller, followup_id, given)))
        except Unclear as unclear:
            return _refused(unclear, request)

    @router.post(
        "/{followup_id}/snooze", response_model=FollowupOut, responses={**refusals(400, 404), **_MOVED, **_UNCLEAR}
    )
    async def snooze(
        followup_id: Id, given: SnoozeWanted, caller: Annotated[Caller, who], request: Request
    ) -> FollowupOut | JSONResponse:
        """Put it off. One that was reminded of already comes again then."""
        try:
            return _told(await core.write(lambda tx: _snooze(tx, core, caller, followup_id, given)))
        except Unclear as unclear:
            return _refused(unclear, request)

    @router.post("/{followup_id}/done", responses={**refusals(404), **_MOVED})
    async def done(followup_id: Id, caller: Annotated[Caller, who]) -> FollowupOut:
        """It is done: nobody is reminded any more, nor of its recurrences."""

        def write(tx: Tx) -> Followup:
            own = views.own(tx, caller.account, followup_id)
            return changing.complete(tx, core, own.id, by=caller.actor, because="its owner says it is done")

        return _told(await core.write(write))

    @router.post("/{followup_id}/cancel", responses={**refusals(404), **_MOVED})
    async def cancel(followup_id: Id, caller: Annotated[Caller, who]) -> FollowupOut:
        """Drop it."""

        def write(tx: Tx) -> Followup:
            own = views.own(tx, caller.account, followup_id)
            return changing.cancel(tx, core, own.id, by=caller.actor, because="its owner dropped it")

        return _told(await core.write(write))

    @router.post("/{followup_id}/retry", responses={**refusals(404), **_MOVED})
    async def retry(followup_id: Id, caller: Annotated[Caller, who]) -> FollowupOut:
        """One that failed is tried again, now."""

        def write(tx: Tx) -> Followup:
            own = views.own(tx, caller.account, followup_id)
            return changing.retry(tx, core, own.id, by=caller.actor)

        return _told(await core.write(write))

    return router


def _when(tx: Tx, account: Account, words: str, moment: datetime | None, language: str) -> Meaning | Instant:
    """A moment, or what the words mean. Raises Unclear, BadInput."""
    if moment is not None and moment.utcoffset() is None:
        raise BadInput("a moment has its zone, like 2026-11-23T08:00:00Z")
    return views.when_of(tx, account, words, instant(moment), language)


def _add(tx: Tx, core: Core, account: Account, given: FollowupWanted) -> Followup:
    when = _when(tx, account, given.when, given.due_at, given.language)
    new = views.wanted(
        tx,
        account,
        when,
        what=given.what,
        who=given.who,
        context=given.context,
        action=given.action,
        phrase=given.when,
        language=given.language,
    )
    return views.add(
        tx, core, account, new, key=given.key, email_id=given.email_id or None, if_no_reply=given.if_no_reply
    )


def _change(tx: Tx, core: Core, caller: Caller, followup_id: str, given: FollowupChange) -> Followup:
    found = views.own(tx, caller.account, followup_id)
    texts: dict[str, Any] = {
        name: getattr(given, name) for name in ("what", "who", "context", "action") if getattr(given, name) is not None
    }
    if texts:
        found = changing.edit(tx, core, found.id, by=caller.actor, **texts)
    if given.when is not None or given.due_at is not None:
        when = _when(tx, caller.account, given.when or "", given.due_at, given.language)
        found = views.set_when(tx, core, found, when, phrase=given.when or "", by=caller.actor)
    return found


def _snooze(tx: Tx, core: Core, caller: Caller, followup_id: str, given: SnoozeWanted) -> Followup:
    found = views.own(tx, caller.account, followup_id)
    if given.minutes is not None:
        until = clock.now() + given.minutes * MINUTE
    else:
        when = _when(tx, caller.account, given.when, given.until, "")
        until = when if not isinstance(when, Meaning) else when.due_at or 0
    return changing.snooze(tx, core, found.id, until, by=caller.actor, because="its owner put it off")


def _refused(unclear: Unclear, request: Request) -> JSONResponse:
    choices = [each.model_dump() for each in _choices(unclear.meaning.readings())]
    return errors.refused(unclear, request_id=errors.request_id_of(request), details={"choices": choices})


def _choices(readings: Any) -> list[ChoiceOut]:
    return [ChoiceOut(at=to_iso(each["due_at"]), because=each["because"], note=each["note"]) for each in readings]


def _told(found: Followup) -> FollowupOut:
    clear = found.status is not FollowupStatus.CLARIFYING
    return FollowupOut(
        id=found.id,
        status=found.status,
        what=found.what,
        who=found.who,
        context=found.context,
        action=found.action,
        due_at=iso(found.due_at) if clear else None,
        planned_at=iso(found.planned_at),
        zone=found.zone,
        phrase=found.phrase,
        rule=found.rule,
        choices=[] if clear else _choices(found.readings),
        waits_from=found.waits_from if found.waits_for else None,
        channel=found.channel,
        language=found.language,
        email_id=found.source_id,
        draft_email_id=found.draft_id or None,
        because=found.because,
        last_error=found.last_error,
        created_at=to_iso(found.created_at),
        updated_at=to_iso(found.updated_at),
        completed_at=iso(found.completed_at),
    )
