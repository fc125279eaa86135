"""ApprovalsService: what agents ask of the caller before they send it, shown exactly and decided here, as under `/api/approvals`."""

from __future__ import annotations

from typing import get_args

from mailwright.core import approvals, approvalviews
from mailwright.core.approvalviews import Shown
from mailwright.domain import clock
from mailwright.domain.refusals import NotFound
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import PAGE, cut, one_of, page_size, row_before, stamp
from mailwright.storage import Tx
from mailwright.storage.approvals import Approval, Status
from mailwright.v1 import approvals_pb2 as pb


async def list_approvals(talk: Talk, asked: pb.ListApprovalsRequest) -> pb.ListApprovalsResponse:
    """The caller's own, the newest first."""
    talk.check_decides()
    # One more than the page has would be more than core lists.
    size, before = page_size(asked.page_size, PAGE, approvals.MAX_PAGE - 1), row_before(asked.page_token)
    status = one_of(asked.status, get_args(Status), "state of an approval")

    def look(tx: Tx) -> list[Approval]:
        return approvals.listing(tx, talk.account.id, status=status, before=before, limit=size + 1)

    found = await talk.core.read(look)
    rows, more = cut(found, size, lambda row: row.id)
    return pb.ListApprovalsResponse(approvals=[_told(each) for each in rows], next_page_token=more)


async def get_approval(talk: Talk, asked: pb.GetApprovalRequest) -> pb.GetApprovalResponse:
    """One of them, with the message as it would leave."""
    talk.check_decides()
    found = await talk.core.read(lambda tx: approvals.load(tx, asked.approval_id, user_id=talk.account.id))
    try:
        shown = _message(await approvalviews.show(talk.core, found))
    except NotFound:
        shown = None
    return pb.GetApprovalResponse(approval=_told(found), message=shown)


async def approve(talk: Talk, asked: pb.ApproveRequest) -> pb.ApproveResponse:
    """Say yes."""
    talk.check_decides()
    by, whose = talk.caller.actor, talk.account.id
    decided = await talk.core.write(lambda tx: approvals.approve(tx, talk.core, asked.approval_id, by, user_id=whose))
    return pb.ApproveResponse(approval=_told(decided))


async def reject(talk: Talk, asked: pb.RejectRequest) -> pb.RejectResponse:
    """Say no."""
    talk.check_decides()
    by, whose = talk.caller.actor, talk.account.id
    decided = await talk.core.write(lambda tx: approvals.reject(tx, talk.core, asked.approval_id, by, user_id=whose))
    return pb.RejectResponse(approval=_told(decided))


def _told(approval: Approval) -> pb.Approval:
    late = approval.status == "pending" and approvals.is_over(approval, clock.now())
    return pb.Approval(
        id=approval.id,
        status="expired" if late else approval.status,  # whether that was noted yet or not
        agent=approval.agent,
        action=approval.action,
        task_id=approval.task_id or "",
        summary=approval.summary,
        because=approval.because,
        sender=approval.sender,
        recipients=approval.recipients,
        subject=approval.subject,
        message_id=approval.message_id,
        checksum=approval.checksum,
        created_at=stamp(approval.created_at),
        expires_at=stamp(approval.expires_at),
        decided_at=stamp(approval.decided_at),
        decided_by=approval.decided_by,
        settled_at=stamp(approval.settled_at),
        outcome=approval.outcome,
    )


def _message(shown: Shown) -> pb.ApprovalMessage:
    return pb.ApprovalMessage(
        fields=[pb.ApprovalField(name=name, value=value) for name, value in shown.headers],
        text=shown.text,
        other_text=shown.other_text,
        shortened=shown.shortened,
        files=[pb.ApprovalFile(name=each.name, media_type=each.type, size=each.size) for each in shown.attachments],
        size=shown.size,
    )


METHODS: Methods = {
    "ListApprovals": list_approvals,
    "GetApproval": get_approval,
    "Approve": approve,
    "Reject": reject,
}
