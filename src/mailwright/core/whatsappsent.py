"""What was sent by WhatsApp: written down before and after each call, and what WhatsApp says became of it.

`SentLedger` is what the way out writes into (`connectors.whatsapp`), `note` what the hook calls for each status.
Promises: statuses come late, twice and in any order, and change nothing then. A message WhatsApp took from us without an answer is known
by its first status, and is not sent again. One that fails after it was taken fails in the outbox, with a dead letter from which it can be
tried again, an audit event and a report; a number that is not on WhatsApp gets nothing automatic any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from prometheus_client import Counter

from mailwright.codecs.whatsapp import Status
from mailwright.core import Core, outbox, reports, settlement
from mailwright.domain import clock
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.ids import is_id
from mailwright.domain.reports import Report
from mailwright.domain.sending import PermanentFailure
from mailwright.domain.whatsapp import WINDOW, Part, phone_of
from mailwright.storage import Tx, audit, phones
from mailwright.storage import outbox as outbox_rows
from mailwright.storage import whatsapp as rows
from mailwright.storage.audit import Actor
from mailwright.storage.outbox import OutboxRow
from mailwright.storage.whatsapp import TRYING, Sent

log = structlog.get_logger(__name__)

PROVIDER = "whatsapp"
KEPT = 90 * DAY  # what was sent as what, and who was heard when: as long as the outbox's rows
SLICE = 500
MARGIN = clock.MINUTE  # of the 24 hours: a message takes a moment, and clocks differ

_WINDOW_CLOSED = 131047
_NOT_THERE = frozenset({131026, 131030, 131050})  # not on WhatsApp, or wants nothing

statuses_total = Counter("mailwright_whatsapp_statuses", "What WhatsApp said became of our messages", ["state"])


class SentLedger:
    """The ledger in the database. `now` is the clock, moved by tests."""

    def __init__(self, core: Core, *, now: Callable[[], Instant] = clock.now) -> None:
        self._core = core
        self._now = now

    async def known(self, outbox_id: str) -> Mapping[int, Part]:
        """The parts of a message that were taken, or tried without an end. Raises TryLater, as all of these."""
        found = await self._core.read(lambda tx: rows.of_outbox(tx, outbox_id))
        tried = {each.part: Part(None, each.at) for each in found if each.state == TRYING}
        taken = {each.part: Part(each.wamid, each.at) for each in found if each.state not in (TRYING, "failed")}
        return tried | taken

    async def begin(self, outbox_id: str, part: int, message_id: str) -> None:
        """A part is about to be sent."""
        now = self._now()
        await self._core.write(lambda tx: rows.begin(tx, outbox_id, part, message_id, now))

    async def end(self, outbox_id: str, part: int, message_id: str, wamid: str | None) -> None:
        """It was taken as that, or (None) surely not."""
        now = self._now()

        def write(tx: Tx) -> None:
            rows.end(tx, outbox_id, part)
            if wamid is not None:
                rows.add(tx, Sent(wamid, outbox_id, part, message_id, "sent", now))

        await self._core.write(write)

    async def may_write(self, phone: str) -> bool:
        """Whether they wrote within 24 hours."""
        now = self._now()
        return await self._core.read(lambda tx: may_write(tx, phone, now))

    async def is_known(self, phone: str) -> bool:
        """Whether they ever wrote to us, or the number is somebody's here."""
        return await self._core.read(
            lambda tx: rows.heard_at(tx, phone) is not None or phones.owner(tx, phone) is not None
        )

    async def must_not_write(self, phone: str) -> None:
        """WhatsApp says that they did not."""
        await self._core.write(lambda tx: rows.not_heard(tx, phone))

    async def wamid_of(self, message_id: str) -> str | None:
        """WhatsApp's id of a message of ours."""
        found = await self._core.read(lambda tx: rows.last_part(tx, message_id))
        return None if found is None else found.wamid


def may_write(tx: Tx, phone: str, now: Instant) -> bool:
    """Whether they may be written to in free words: they wrote within 24 hours."""
    heard = rows.heard_at(tx, phone)
    return heard is not None and now < heard + WINDOW - MARGIN


async def note(core: Core, status: Status, *, correlation_id: str = "") -> bool:
    """Follow one status. False when it says nothing new. Raises TryLater."""
    if not status.state:
        return False
    failed: list[OutboxRow] = []

    def write(tx: Tx) -> bool:
        failed.clear()
        known = rows.by_wamid(tx, status.wamid)
        row = _row_of(tx, known, status)
        if row is None:
            return False
        if known is None:
            part = _part_of(status)
            rows.end(tx, row.id, part)
            is_new = rows.add(tx, Sent(status.wamid, row.id, part, row.message_id, status.state, status.at))
        else:
            is_new = rows.move(tx, status.wamid, status.state, status.at)
        if is_new and status.state == "failed":
            failed.append(row)
            if status.error == _WINDOW_CLOSED and status.phone:
                rows.not_heard(tx, status.phone)
            _fail(tx, row, status, correlation_id)
        elif is_new and row.status == "sent" and _has_arrived(tx, row):
            outbox.release_blob(tx, row)  # until then it might have failed, and be sent again
        return is_new

    is_new = await core.write(write)
    if is_new:
        statuses_total.labels(status.state).inc()
    for row in failed:
        settlement.attempts_total.labels(row.channel, "failed").inc()
        log.warning("whatsapp.failed_late", outbox_id=row.id, code=status.error, correlation_id=row.correlation_id)
        await reports.record(core, _report(row, status), correlation_id=correlation_id)
    return is_new


async def forget(core: Core) -> int:
    """Remove what is as old as that; how many. Called nightly."""
    before, removed = clock.now() - KEPT, 0
    while found := await core.write(lambda tx: rows.forget(tx, before, SLICE)):
        removed += found
    return removed


def _row_of(tx: Tx, known: Sent | None, status: Status) -> OutboxRow | None:
    """The row it is about: by what we know of the message, or by the name we gave it, when it went to that phone."""
    outbox_id = known.outbox_id if known is not None else status.tracker.partition("/")[0]
    row = outbox_rows.by_id(tx, outbox_id) if is_id(outbox_id) else None
    if row is None or row.channel != outbox.WHATSAPP:
        return None
    # People may hide their number; the name that we gave the message nobody else knows.
    return row if known is not None or status.phone in ("", phone_of(row.recipient)) else None


def _has_arrived(tx: Tx, row: OutboxRow) -> bool:
    """Whether all of its parts have."""
    return all(each.state in ("delivered", "read") for each in rows.of_outbox(tx, row.id))


def _part_of(status: Status) -> int:
    number = status.tracker.partition("/")[2]
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 1


def _fail(tx: Tx, row: OutboxRow, status: Status, correlation_id: str) -> None:
    failure = PermanentFailure("WhatsApp took it and could not deliver it", "5.0.0", reply=_said(status))
    settlement.fail_late(tx, row, failure, clock.now())
    audit.note(
        tx,
        Actor(PROVIDER, "", correlation_id),
        "outbox.failed-late",
        resource=row.id,
        tenant_id=row.tenant_id,
    )


def _report(row: OutboxRow, status: Status) -> Report:
    return Report(
        provider=PROVIDER,
        provider_id=f"{status.wamid}:failed",
        kind="bounce",
        recipient=row.recipient,
        at=status.at,
        permanent=status.error in _NOT_THERE,
        outbox_id=row.id,
        detail=_said(status),
    )


def _said(status: Status) -> str:
    return f"{status.error} {status.detail}".strip()
