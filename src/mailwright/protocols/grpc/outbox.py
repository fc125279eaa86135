"""OutboxService: sending a message that is in a mailbox, and what became of it. The questions and answers are core's, as for JMAP."""

from __future__ import annotations

from typing import Any

from mailwright.core import emailsubmissions, identities
from mailwright.core.emailsubmissions import Wish
from mailwright.core.identities import Identity
from mailwright.domain import clock
from mailwright.domain.refusals import BadInput, NotPermitted
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import checked_id, instant, page_size, row_before, stamp
from mailwright.protocols.jmap import submissions
from mailwright.protocols.jmap.emails.set import set_emails
from mailwright.storage import Tx, email_submissions, mailboxes
from mailwright.storage.email_submissions import EmailSubmission
from mailwright.v1 import common_pb2
from mailwright.v1 import outbox_pb2 as pb

PAGE, MAX_PAGE = 50, 200


async def list_identities(talk: Talk, _asked: pb.ListIdentitiesRequest) -> pb.ListIdentitiesResponse:
    """As whom the caller may send."""
    found = await _identities(talk)
    return pb.ListIdentitiesResponse(
        identities=[pb.Identity(id=each.id, name=each.name, email=each.email) for each in found]
    )


async def submit(talk: Talk, asked: pb.SubmitMessageRequest) -> pb.SubmitMessageResponse:
    """Send a message, now or later; then it is no draft any more, and lies with what was sent."""
    wish = await _wish(talk, asked)
    prepared = await emailsubmissions.prepare(
        talk.core, talk.account, wish, client=talk.caller.client, correlation_id=talk.call.correlation_id
    )
    if isinstance(prepared, EmailSubmission):
        made = prepared
    else:
        ready = prepared
        made = await talk.core.write(lambda tx: emailsubmissions.make(tx, talk.core, talk.account, ready))
    sent = await talk.core.read(lambda tx: mailboxes.by_role(tx, talk.account.id, "sent"))
    patch: dict[str, Any] = {"keywords/$draft": None, "keywords/$seen": True}
    if sent is not None:
        patch["mailboxIds"] = {sent.id: True}
    await set_emails(talk.call, {"accountId": talk.account.id, "update": {made.message_id: patch}})
    return pb.SubmitMessageResponse(submission=await _shown(talk, made.id))


async def list_submissions(talk: Talk, asked: pb.ListSubmissionsRequest) -> pb.ListSubmissionsResponse:
    """What was sent, the newest first."""
    size, before = page_size(asked.page_size, PAGE, MAX_PAGE), row_before(asked.page_token)

    def look(tx: Tx) -> tuple[list[pb.Submission], str]:
        every = email_submissions.of_user(tx, talk.account.id)
        behind = [each for each in every if before is None or each.id < before]
        page = [_told(tx, each) for each in behind[:size]]
        return page, behind[size - 1].id if len(behind) > size else ""

    found, more = await talk.core.read(look)
    return pb.ListSubmissionsResponse(submissions=found, next_page_token=more)


async def get_submission(talk: Talk, asked: pb.GetSubmissionRequest) -> pb.GetSubmissionResponse:
    """One of them."""
    return pb.GetSubmissionResponse(submission=await _shown(talk, asked.submission_id))


async def cancel(talk: Talk, asked: pb.CancelSubmissionRequest) -> pb.CancelSubmissionResponse:
    """Take one back that has not left."""
    submission_id = checked_id(asked.submission_id, "submission")

    def write(tx: Tx) -> None:
        emailsubmissions.cancel(
            tx,
            talk.account,
            submission_id,
            client=talk.caller.client,
            correlation_id=talk.call.correlation_id,
        )

    await talk.core.write(write)
    return pb.CancelSubmissionResponse(submission=await _shown(talk, submission_id))


async def _wish(talk: Talk, asked: pb.SubmitMessageRequest) -> Wish:
    known = await _identities(talk)
    chosen = [each for each in known if each.id == asked.identity_id or not asked.identity_id]
    if not chosen:
        raise NotPermitted("you have no such identity" if known else "you have no identity to send as")
    until = None
    if asked.HasField("send_at"):
        until = instant(asked.send_at)
        if not clock.now() <= until <= clock.now() + emailsubmissions.MAX_HELD:
            raise BadInput(f"send_at is a moment to come, at most {emailsubmissions.MAX_HELD // clock.DAY} days ahead")
    recipients = tuple(asked.recipients) or None
    message_id = checked_id(asked.message_id, "message")
    return Wish(chosen[0].id, chosen[0].email, message_id, None, recipients, until)


async def _identities(talk: Talk) -> list[Identity]:
    """Before anything is said of them: the first look at an account makes its identities."""
    if await talk.core.read(lambda tx: identities.missing(tx, talk.account)):
        await talk.core.write(lambda tx: identities.make_missing(tx, talk.account))
    return await talk.core.read(lambda tx: identities.listing(tx, talk.account))


async def _shown(talk: Talk, submission_id: str) -> pb.Submission:
    checked_id(submission_id, "submission")
    return await talk.core.read(lambda tx: _told(tx, emailsubmissions.load(tx, talk.account, submission_id)))


def _told(tx: Tx, found: EmailSubmission) -> pb.Submission:
    progress = submissions.record(tx, found)["deliveryStatus"] or {}
    return pb.Submission(
        id=found.id,
        identity_id=found.identity_id,
        message_id=found.message_id,
        thread_id=found.thread_id,
        send_at=stamp(found.send_at),
        undo_status=found.undo_status,
        deliveries=[
            common_pb2.Delivery(recipient=email, smtp_reply=each["smtpReply"], delivered=each["delivered"])
            for email, each in progress.items()
        ],
    )


METHODS: Methods = {
    "ListIdentities": list_identities,
    "SubmitMessage": submit,
    "ListSubmissions": list_submissions,
    "GetSubmission": get_submission,
    "CancelSubmission": cancel,
}
