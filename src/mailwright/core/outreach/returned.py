"""Returned: mail to an owner that says something of their outreach: it came back after all, or its recipient wants no more.

`on_delivered` is the consumer `outreach-returns` of the stream `mail_ingest`. `subscribe` is called by work.py, for this consumer and the
one of `settled`.
What counts as a report: an RFC 3464 part that names a Message-ID of an outreach mail, which only its recipient and the servers on its way
know, and that mail's own recipient. What counts as a wish: a mail whose whole subject is "unsubscribe", as the List-Unsubscribe field has
it (RFC 2369 §3.2), from an address that this owner has written to; whether it is proven to be from there does not matter, since all it can
do is to have that address left alone.
Promises: a batch that comes again changes nothing; no other mail is read.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.codecs import dsnreading, mime
from mailwright.codecs.dsnreading import Returned
from mailwright.core import Core
from mailwright.core.outreach import refusals, settled
from mailwright.domain.addresses import Address
from mailwright.domain.events import MESSAGE_DELIVERED, Event
from mailwright.domain.outreach import SentState
from mailwright.domain.refusals import BadAddress, NotFound
from mailwright.pipeline import Commit, Consumers, Handler
from mailwright.storage import Tx, messages, outreachsending
from mailwright.storage.audit import Actor
from mailwright.storage.messages import StoredMessage

STREAM, GROUP = "mail_ingest", "outreach-returns"
WISH = "unsubscribe"
MAX_OCTETS = 1024 * 1024  # of a report; one that returns a large message has said all by then

_REPORT = 'delivery-status"'
_BY = Actor("returned mail")


def subscribe(core: Core, consumers: Consumers) -> None:
    """What becomes of outreach that was sent, as work.py has it followed."""
    consumers.subscribe(settled.STREAM, settled.GROUP, settled.on_settled(core))
    consumers.subscribe(STREAM, GROUP, on_delivered(core))


def on_delivered(core: Core) -> Handler:
    """The consumer."""

    async def handle(events: Sequence[Event]) -> Commit | None:
        ids = [event.payload["message_id"] for event in events if event.kind == MESSAGE_DELIVERED]
        delivered = await core.read(lambda tx: messages.with_ids(tx, ids))
        wishes = [each for each in delivered if each.subject.strip().lower() == WISH]
        reports = []
        for message in delivered:
            report = await _report(core, message) if _may_be_report(message) else None
            if report is not None:
                reports.append((message.user_id, report))
        if not wishes and not reports:
            return None

        def commit(tx: Tx) -> None:
            for message in wishes:
                _leave(tx, core, message)
            for user_id, report in reports:
                follow(tx, core, user_id, report)

        return commit

    return handle


def follow(tx: Tx, core: Core, user_id: str, report: Returned) -> int:
    """Note what a report to that person says of their outreach. How many mails came back."""
    count = 0
    for outreach_id in (
        each for message_id in report.message_ids for each in outreachsending.of_message(tx, message_id)
    ):
        known = outreachsending.hold(tx, outreach_id)
        if known is None or known.user_id != user_id or known.sent_state not in (SentState.QUEUED, SentState.SENT):
            continue
        for each in report.failed:
            if each.recipient.key == known.sent_to:
                settled.failed(tx, core, known, f"{each.status} {each.said or 'it came back'}")
                count += 1
                break
    return count


def _may_be_report(message: StoredMessage) -> bool:
    return _REPORT in message.structure and message.size <= MAX_OCTETS


async def _report(core: Core, message: StoredMessage) -> Returned | None:
    try:
        return dsnreading.read(mime.parse(await core.blobs.read(message.blob_id)))
    except NotFound:  # removed since
        return None


def _leave(tx: Tx, core: Core, message: StoredMessage) -> None:
    try:
        sender = Address.parse(message.sender)
    except BadAddress:
        return
    if outreachsending.was_sent_to(tx, message.user_id, sender.key):
        refusals.add(tx, core, message.tenant_id, sender.key, because=refusals.WANTS_NONE, by=_BY)
