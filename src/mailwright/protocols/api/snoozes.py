"""Snoozing over REST: `/api/mail/{email_id}/snooze` and `/api/mail/snoozed`, for the webmail and other programs of one's own."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from mailwright.core import Core, snoozing
from mailwright.domain.clock import Instant, from_datetime, to_iso
from mailwright.domain.refusals import BadInput
from mailwright.protocols.identity import Caller, Identity


class SnoozeWanted(BaseModel):
    """Until when."""

    until: datetime = Field(
        description="with its zone, like 2026-11-23T08:00:00Z; in the future, at most five years ahead"
    )
    thread: bool = Field(False, description="everything of the conversation that is in the inbox, too")


def create_router(core: Core, identity: Identity) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["mail"], prefix="/api/mail")
    who = Depends(identity.with_mailbox)

    @router.get("/snoozed")
    async def list_snoozed(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """What is put aside, the first to come back first."""
        found = await core.read(lambda tx: snoozing.listing(tx, caller.account))
        return {"snoozed": [{"email_id": each.message_id, "until": to_iso(each.until_at)} for each in found]}

    @router.put("/{email_id}/snooze")
    async def snooze(email_id: str, given: SnoozeWanted, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Put a message aside; it comes back, unread, when its time has come. Again sets another time."""
        until = _instant(given.until)
        ids = await core.write(
            lambda tx: snoozing.snooze(tx, core, caller.account, email_id, until, thread=given.thread, by=caller.actor)
        )
        return {"snoozed": [{"email_id": each, "until": to_iso(until)} for each in ids]}

    @router.delete("/{email_id}/snooze")
    async def wake(email_id: str, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Let it come back now."""
        await core.write(lambda tx: snoozing.wake(tx, core, caller.account, email_id, by=caller.actor))
        return {"email_id": email_id}

    return router


def _instant(moment: datetime) -> Instant:
    try:
        return from_datetime(moment)
    except (ValueError, OverflowError):
        raise BadInput("until is a moment with its zone, like 2026-11-23T08:00:00Z") from None
