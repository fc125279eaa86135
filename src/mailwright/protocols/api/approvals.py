"""Approvals over REST: `/api/approvals`: what agents ask of the one who is signed in, shown exactly, decided here.

For browsers only: a mail program's password approves nothing. Everybody sees and decides their own, admins and support too.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from mailwright.core import Core, approvals, approvalviews
from mailwright.core.approvalviews import Shown
from mailwright.domain import clock
from mailwright.domain.clock import Instant, to_iso
from mailwright.domain.refusals import NotFound
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage import Tx
from mailwright.storage.approvals import Approval, Status

_RAW = {
    "Content-Disposition": 'attachment; filename="approval.eml"',
    # It is a stranger's to write as far as a browser is concerned: nothing in it runs or loads.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
}


def create_router(core: Core, identity: Identity) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["approvals"], prefix="/api/approvals")
    who = Depends(identity.by_session)

    @router.get("")
    async def listing(
        caller: Annotated[Caller, who],
        status: Annotated[Status | None, Query(description="only those")] = None,
        limit: Annotated[int, Query(ge=1, le=approvals.MAX_PAGE)] = 50,
        before: Annotated[str | None, Query(max_length=64, description="`next` of the page before")] = None,
    ) -> dict[str, Any]:
        """What agents have asked, newest first."""
        found = await core.read(
            lambda tx: approvals.listing(tx, caller.account.id, status=status, before=before, limit=limit)
        )
        return {
            "approvals": [described(each) for each in found],
            "next": found[-1].id if len(found) == limit else None,
        }

    @router.get("/{approval_id}")
    async def one(approval_id: str, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """One, with the message as it would leave; `message` is null when its bytes are kept no more."""
        found = await core.read(lambda tx: approvals.load(tx, approval_id, user_id=caller.account.id))
        try:
            shown = await approvalviews.show(core, found)
        except NotFound:
            shown = None
        return described(found) | {"message": None if shown is None else _message(shown)}

    @router.get("/{approval_id}/raw")
    async def raw(approval_id: str, caller: Annotated[Caller, who]) -> Response:
        """The exact bytes."""
        found = await core.read(lambda tx: approvals.load(tx, approval_id, user_id=caller.account.id))
        return Response(await core.blobs.read(found.blob_id), media_type="message/rfc822", headers=_RAW)

    @router.post("/{approval_id}/approve")
    async def approve(approval_id: str, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Say yes: it is sent at once. 409 when it was decided before, its time is over, or the stop switch is on."""

        def write(tx: Tx) -> Approval:
            return approvals.approve(tx, core, approval_id, caller.actor, user_id=caller.account.id)

        return described(await core.write(write))

    @router.post("/{approval_id}/reject")
    async def reject(approval_id: str, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Say no. 409 when it was decided before or its time is over."""

        def write(tx: Tx) -> Approval:
            return approvals.reject(tx, core, approval_id, caller.actor, user_id=caller.account.id)

        return described(await core.write(write))

    return router


def described(approval: Approval) -> dict[str, Any]:
    """An approval as it is answered; one whose time is over is `expired`, whether that was noted yet or not."""
    late = approval.status == "pending" and approvals.is_over(approval, clock.now())
    return {
        "id": approval.id,
        "status": "expired" if late else approval.status,
        "agent": approval.agent,
        "action": approval.action,
        "task_id": approval.task_id,
        "summary": approval.summary,
        "because": approval.because,
        "sender": approval.sender,
        "recipients": [*approval.recipients],
        "subject": approval.subject,
        "message_id": approval.message_id,
        "checksum": approval.checksum,
        "created_at": to_iso(approval.created_at),
        "expires_at": to_iso(approval.expires_at),
        "decided_at": _iso(approval.decided_at),
        "decided_by": approval.decided_by,
        "settled_at": _iso(approval.settled_at),
        "outcome": approval.outcome,
    }


def _iso(moment: Instant | None) -> str | None:
    return None if moment is None else to_iso(moment)


def _message(shown: Shown) -> dict[str, Any]:
    return {
        "headers": [{"name": name, "value": value} for name, value in shown.headers],
        "text": shown.text,
        "other_text": shown.other_text,
        "shortened": shown.shortened,
        "attachments": [{"name": each.name, "type": each.type, "size": each.size} for each in shown.attachments],
        "size": shown.size,
    }
