"""What happened to a message, asked by somebody who looks after the server: by its Message-ID, our id, an address or a correlation id.

Called by the administration pages. What is in a mailbox `core.traces` tells; what is in none (a notice, a sign-in link, mail that its
owner has deleted or that was refused on its way out) is told here from the rows that remember it, for REACHES days.
Promises: nothing of another tenant, and subjects only for whom `Reach` says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from mailwright.core import traces
from mailwright.core.administration.reach import Reach
from mailwright.core.traces import Step
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, HOUR, Instant
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadAddress
from mailwright.storage import Tx, accounts
from mailwright.storage import tracesearch as rows
from mailwright.storage.messages import StoredMessage
from mailwright.storage.outbox import OutboxRow
from mailwright.storage.tracesearch import Arrival

REACHES = 30 * DAY  # as long as deliveries are remembered
ROWS = 100  # of deliveries, and of what leaves, that are told of besides what is in mailboxes
MILLISECOND = 1_000  # in microseconds
_ENDS = {"sent": "delivered", "failed": "undelivered", "cancelled": "cancelled"}


@dataclass(frozen=True, slots=True)
class Story:
    """One message in one mailbox, or in none (`id` None). `message_id` is its header field; `subject` None: not the asker's to see."""

    id: str | None
    message_id: str
    subject: str | None
    sender: str
    recipients: tuple[str, ...]
    received_at: Instant
    correlation_id: str
    summary: str
    steps: tuple[Step, ...]


def search(tx: Tx, reach: Reach, text: str) -> list[Story]:
    """The stories of the messages that `text` may mean, the newest first; nothing that is typed is an error."""
    wanted = text.strip()
    if not wanted:
        return []
    filed = traces.find(tx, wanted.lower() if is_id(wanted.lower()) else wanted, tenant_id=reach.tenant_id)
    stories = [_of_filed(tx, reach, message) for message in filed]
    known = {message.blob_id for message in filed}
    arrived, leaving = _remembered(tx, reach.tenant_id, wanted)
    stories += _of_rows(tx, reach.tenant_id, arrived, leaving, known)
    return sorted(stories, key=lambda story: story.received_at, reverse=True)


def _of_filed(tx: Tx, reach: Reach, message: StoredMessage) -> Story:
    trace = traces.of_message(tx, message, everything=True)
    owner = accounts.by_id(tx, message.user_id)
    named = [str(each[1]) for field in ("to", "cc") for each in message.headers.get(field) or []]
    mine = [] if owner is None else [owner.email]
    return Story(
        message.id,
        message.message_id or "",
        message.subject if reach.sees_subjects else None,
        message.sender,
        tuple(dict.fromkeys(named or mine)),
        message.received_at,
        message.correlation_id,
        trace.summary,
        trace.steps,
    )


def _remembered(tx: Tx, tenant_id: str | None, wanted: str) -> tuple[list[Arrival], list[OutboxRow]]:
    since = clock.now() - REACHES
    if is_id(wanted.lower()):
        since = max(since, _made_at(wanted) - HOUR)  # what follows an id of ours is not older than it
    arrived = rows.arrivals(tx, tenant_id, since, correlation_id=wanted, limit=ROWS)
    leaving = rows.outgoing(tx, tenant_id, since, correlation_id=wanted, limit=ROWS)
    address = _address(wanted)
    if address is not None:
        arrived += rows.arrivals(tx, tenant_id, since, address=address, limit=ROWS)
        leaving += rows.outgoing(tx, tenant_id, since, address=address, limit=ROWS)
    if "@" in wanted:
        header = wanted if wanted.startswith("<") else f"<{wanted}>"
        leaving += rows.outgoing(tx, tenant_id, since, message_id=header, limit=ROWS)
    return arrived, leaving


def _of_rows(
    tx: Tx, tenant_id: str | None, arrived: Iterable[Arrival], leaving: Iterable[OutboxRow], known: set[str]
) -> Iterable[Story]:
    """One story for all rows of the same bytes, of which no mailbox has a copy that was told of."""
    arrivals: dict[str, dict[str, Arrival]] = {}
    for arrival in arrived:
        arrivals.setdefault(arrival.blob_id or arrival.id, {})[arrival.id] = arrival
    for blob_id in sorted({*arrivals, *(row.blob_id for row in leaving)} - known):
        sendings = rows.outgoing_of_blob(tx, tenant_id, blob_id, ROWS)
        yield _story(list(arrivals.get(blob_id, {}).values()), sendings, filed=rows.is_filed(tx, blob_id))


def _story(arrived: list[Arrival], leaving: list[OutboxRow], *, filed: bool) -> Story:
    steps = [
        Step(
            each.received_at,
            "received",
            "received",
            f"for {each.recipient}, by {each.channel}" + (f" from {each.client}" if each.client else ""),
            each.because,
        )
        for each in arrived
    ]
    if arrived and not filed:
        last = max(each.received_at for each in arrived)
        steps.append(Step(last, "gone", "in no mailbox now", "it was deleted, or a rule or a policy took it away"))
    for row in leaving:
        steps.append(Step(row.created_at, "queued", "", f"queued for {row.recipient}", row.verdict.because))
        stage = _ENDS.get(row.status, "waiting")
        label = {"undelivered": "not delivered", "cancelled": "taken back", "waiting": "waits"}.get(stage, stage)
        because = row.receipt or row.last_error
        steps.append(Step(row.settled_at or row.created_at, stage, label, f"{stage} for {row.recipient}", because))
    steps.sort(key=lambda step: step.at)
    senders = [each.sender for each in arrived] + [str(row.sender) if row.sender else None for row in leaving]
    recipients = [each.recipient for each in arrived] + [str(row.recipient) for row in leaving]
    correlations = [each.correlation_id for each in arrived] + [row.correlation_id for row in leaving]
    return Story(
        None,
        next((row.message_id for row in leaving if row.message_id), ""),
        None,
        next((each for each in senders if each), ""),
        tuple(dict.fromkeys(recipients)),
        steps[0].at if steps else 0,
        next((each for each in correlations if each), ""),
        " → ".join(dict.fromkeys(step.label for step in steps if step.label)),
        tuple(steps),
    )


def _address(text: str) -> str | None:
    try:
        return str(Address.parse(text.removeprefix("<").removesuffix(">"))).lower()
    except BadAddress:
        return None


def _made_at(text: str) -> Instant:
    """When an id was made, as a UUIDv7 says (RFC 9562 §5.7); other ids tell nothing."""
    found = UUID(text)
    return (found.int >> 80) * MILLISECOND if found.version == 7 else 0
