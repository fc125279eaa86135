"""Outbox rows: what one is, and how it is written down. Used by `outbox` alone.

What an agent sends is held while a stop switch is thrown that it is under: no question for what is to be sent, or has waited too
long, finds it then (NOT_STOPPED). Nothing is written on the rows for that, so nothing can be forgotten when the switch is put back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Authentication, Origin, Verdict
from mailwright.storage.database import Row

Status = Literal["queued", "sending", "sent", "failed", "cancelled"]

MAX_ERROR_CHARACTERS = 1000  # what another server says is kept for people, not archived
HELD = "held: it was waiting at the moment that was restored, and may have been sent since"
"""Why a row waits for a person to let it go: it is a failed one with these words."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message to one recipient.

    `uncertain` counts the sends whose outcome nobody knows. `since` is when the present series of attempts began: when it was
    queued, or when a person asked for it again. `dsn` says whether the sender wants to hear of failure; `sender` None never
    does. `receipt` is what the other side said when it took the message. `vouched`: its From is true, because its author signed
    in or because we wrote it. `agent` is the agent whose mail it is (empty: a person's, or our own), `served_id` whom it works for. `trace`
    is the traceparent of what queued it, where that is recorded (`spans`).
    """

    id: str
    tenant_id: str
    user_id: str | None
    channel: str
    idempotency_key: str
    sender: Address | None
    recipient: Address
    blob_id: str
    message_id: str
    status: Status
    attempts: int
    uncertain: int
    next_attempt_at: Instant
    lease_until: Instant | None
    delay_notified_at: Instant | None
    last_error: str
    correlation_id: str
    created_at: Instant
    settled_at: Instant | None
    verdict: Verdict
    dsn: bool
    since: Instant
    receipt: str
    vouched: bool = False
    agent: str = ""
    served_id: str | None = None
    trace: str | None = None

    @property
    def is_held(self) -> bool:
        """Whether a restore holds it."""
        return self.status == "failed" and self.last_error == HELD


COLUMNS = (
    "id, tenant_id, user_id, channel, idempotency_key, sender, recipient, blob_id, message_id, status, attempts, uncertain, "
    "next_attempt_at, lease_until, delay_notified_at, last_error, correlation_id, created_at, settled_at, options, agent, served_id, trace"
)
NAMES = COLUMNS.split(", ")
NOT_STOPPED = (
    "(agent IS NULL OR NOT EXISTS (SELECT 1 FROM stops WHERE released_at IS NULL AND (scope = 'installation' "
    "OR (scope = 'tenant' AND scope_id = outbox.tenant_id) "
    "OR (scope = 'user' AND scope_id IN (outbox.served_id, outbox.user_id)))))"
)


def options_of(row: OutboxRow) -> str:
    """What a row says besides its columns, as it is kept."""
    options: dict[str, Any] = {
        "origin": row.verdict.origin.value,
        "account": row.verdict.account,
        "because": row.verdict.because,
        "dsn": row.dsn,
    }
    if row.verdict.authentication != Authentication():
        options["authentication"] = row.verdict.authentication.to_json()
    if row.since != row.created_at:
        options["since"] = row.since
    if row.receipt:
        options["receipt"] = row.receipt
    if row.vouched:
        options["vouched"] = True
    return json.dumps(options)


def row_of(row: Row) -> OutboxRow:
    """A row that was read with COLUMNS."""
    values = dict(zip(NAMES, row, strict=True))
    options = json.loads(values.pop("options"))
    agent = values.pop("agent")
    sender, recipient = values.pop("sender"), values.pop("recipient")
    return OutboxRow(
        **values,
        sender=None if sender is None else Address.parse(sender),
        recipient=Address.parse(recipient),
        verdict=Verdict(
            Origin(options["origin"]),
            options["account"],
            options["because"],
            Authentication.from_json(options.get("authentication", "{}")),
        ),
        dsn=options["dsn"],
        since=options.get("since", values["created_at"]),
        receipt=options.get("receipt", ""),
        vouched=options.get("vouched", False),
        agent=agent or "",
    )
