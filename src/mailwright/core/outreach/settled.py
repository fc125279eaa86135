"""Settled: what becomes of an outreach mail when its message has left, cannot, or comes back.

`on_settled` is the consumer `outreach-settlers` of the stream `outreach`. Its messages are known by the key of their outbox row
(`scribe:<id>:<generation>`) and by their Message-ID: one that was taken back has neither any more. `bounced` is called by whoever learns
later that a mail came back: `reports` (a service says so) and `returned` (a report was mailed).
Promises: a batch that comes again changes nothing; an address that does not exist, or takes no mail, is not written to again; one that was
full for days, or a text that was not liked, is no such address.
"""

from __future__ import annotations

import re
from typing import Final

from mailwright.core import Core
from mailwright.core.followed import follow
from mailwright.core.messages import storable
from mailwright.core.outreach import refusals
from mailwright.core.outreach.sending import sent_total
from mailwright.domain import clock
from mailwright.domain.ids import is_id
from mailwright.domain.outreach import AGENT, SentState
from mailwright.pipeline import Handler
from mailwright.storage import Tx, outreach, outreachsending
from mailwright.storage import outbox as outbox_rows
from mailwright.storage.audit import Actor
from mailwright.storage.outbox import OutboxRow
from mailwright.storage.outreach import Outreach

STREAM, GROUP = "outreach", "outreach-settlers"
CAME_BACK = "mail to it came back"
MAX_TOLD = 500  # characters of what another server said

# RFC 3463 §3: of the lasting failures these are not the address's: too full or too large (X.2.2, X.2.3), a system or line that is out of
# order (X.3, X.4), a form or a content that was not taken (X.5 says nothing of either: a plain 550 has 5.0.0), and a policy (X.7).
_NOT_THE_ADDRESS: Final = re.compile(r"5\.(?:2\.[23]|3\.\d+|4\.(?!4)\d+|6\.\d+|7\.\d+)\b")
_LASTING: Final = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")

_BY = Actor("delivery")


def on_settled(core: Core) -> Handler:
    """The consumer."""
    return follow(core, lambda tx, outbox_id: _outreach_of(tx, outbox_id) is not None, settle)


def settle(tx: Tx, core: Core, outbox_id: str, status: str) -> None:
    """Follow one row that came to its end: sent, failed or cancelled."""
    row, outreach_id = outbox_rows.by_id(tx, outbox_id), _outreach_of(tx, outbox_id)
    known = outreachsending.hold(tx, outreach_id) if outreach_id is not None else None
    if row is None or known is None or known.message_id != row.message_id:
        return
    if status == "sent" and known.sent_state in (SentState.QUEUED, SentState.FAILED):
        _move(tx, known, SentState.SENT, "", send_at=row.settled_at or clock.now())
    elif status == "cancelled" and known.sent_state is SentState.QUEUED:
        _move(tx, known, SentState.NONE, "it was taken back before it left", send_at=None, message_id="")
    elif status == "failed" and known.sent_state in (SentState.QUEUED, SentState.SENT):
        failed(tx, core, known, row.last_error)


def failed(tx: Tx, core: Core, known: Outreach, error: str) -> None:
    """It could not be delivered; `error` begins with its code (RFC 3463). An address that cannot be reached is remembered as such."""
    told = storable(error)[:MAX_TOLD]
    _move(tx, known, SentState.FAILED, told or "it could not be delivered")
    if is_lasting(error):
        refusals.add(tx, core, known.tenant_id, known.sent_to, because=f"{CAME_BACK}: {told}", by=_BY)


def bounced(tx: Tx, core: Core, row: OutboxRow, because: str) -> None:
    """Somebody who sends for us says now that it came back for good; they stop the address themselves."""
    for outreach_id in outreachsending.of_message(tx, row.message_id):
        known = outreachsending.hold(tx, outreach_id)
        if known is not None and known.sent_state in (SentState.QUEUED, SentState.SENT):
            _move(tx, known, SentState.FAILED, storable(because)[:MAX_TOLD])
            refusals.withdraw(tx, core, known.tenant_id, known.sent_to, because=because, by=_BY)


def is_lasting(error: str) -> bool:
    """Whether a failure says that the address itself is not to be written to."""
    return _LASTING.match(error) is not None and _NOT_THE_ADDRESS.match(error) is None


def _move(tx: Tx, known: Outreach, state: SentState, because: str, **values: object) -> None:
    outreach.update(tx, known.id, now=clock.now(), sent_state=state.value, sent_because=because, **values)
    sent_total.labels(state.value or "taken back").inc()


def _outreach_of(tx: Tx, outbox_id: str) -> str | None:
    row = outbox_rows.by_id(tx, outbox_id)
    parts = row.idempotency_key.split(":") if row is not None else []
    return parts[1] if len(parts) > 2 and parts[0] == AGENT and is_id(parts[1]) else None
