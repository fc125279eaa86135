"""Reports: what services tell of mail that left, and whom nothing automatic is sent to because of it.

Called by the hooks of sending services (`record`), by agents' policy before it lets something automatic go (`suppressed`), and by
traces and administration (`of_outbox`).
Promises: a report counts once, however often it is told. A permanent bounce and a complaint stop automatic mail to the address;
what people send themselves is not stopped. The author of a message that bounced is told as if the other server had said so at once,
when that is a person: a bounce of an agent's mail is recorded and answered by nobody.
Does not: read any service's own form (codecs do).
"""

from __future__ import annotations

import structlog
from prometheus_client import Counter

from mailwright.core import Core, bounces
from mailwright.core.outreach import settled as outreach
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.ids import new_id
from mailwright.domain.outreach import AGENT as SCRIBE
from mailwright.domain.reports import Report
from mailwright.domain.sending import PermanentFailure
from mailwright.storage import Tx, accounts, audit, domains
from mailwright.storage import outbox as outbox_rows
from mailwright.storage import reports as rows
from mailwright.storage.audit import Actor
from mailwright.storage.outbox import OutboxRow
from mailwright.storage.reports import DeliveryReport, Suppression

log = structlog.get_logger(__name__)

_WORDS = {"bounce": "mail to it bounced", "complaint": "its reader complained of mail", "stopped": "it is on a list"}

reports_total = Counter("mailwright_delivery_reports", "What sending services told of mail that left", ["kind"])


async def record(core: Core, report: Report, *, correlation_id: str = "") -> bool:
    """Keep what a service tells, and do what follows. False when it was told before. Raises TryLater."""
    row = await core.read(lambda tx: _about(tx, report))
    notice = None
    if (
        row is not None
        and report.kind == "bounce"
        and report.permanent
        and await core.read(lambda tx: _is_told(tx, row))
    ):
        said = f"the mail server of {row.recipient.domain} took it and then sent it back"
        failure = PermanentFailure(said, "5.0.0", reply=report.detail)
        notice = await bounces.prepare(core, row, "failed", failure, clock.now())

    def write(tx: Tx) -> bool:
        added = rows.add(
            tx,
            DeliveryReport(
                id=new_id(),
                provider=report.provider,
                provider_id=report.provider_id,
                kind=report.kind,
                permanent=report.permanent,
                recipient=report.address,
                message_id=row.message_id if row is not None else "",
                outbox_id=row.id if row is not None else None,
                detail=report.detail,
                created_at=report.at,
            ),
        )
        if added:
            _follow(tx, core, report, row, correlation_id)
            if notice is not None:
                bounces.queue(tx, core, notice)
        return added

    added = await core.write(write)
    if added:
        reports_total.labels(report.kind).inc()
        log.info("report.recorded", kind=report.kind, provider=report.provider, outbox_id=row.id if row else None)
    return added


def of_outbox(tx: Tx, outbox_id: str) -> list[DeliveryReport]:
    """What was told of one outgoing message, in the order it was told."""
    return rows.of_outbox(tx, outbox_id)


def suppressed(tx: Tx, tenant_id: str, address: Address | str) -> str:
    """Why nothing automatic may be sent to the address; empty when it may."""
    return rows.suppression(tx, tenant_id, str(address).lower())


def suppressions(tx: Tx, *, address: Address | None = None, limit: int = 100) -> list[Suppression]:
    """Addresses nothing automatic is sent to, the newest first; with `address` in which tenants it is one."""
    return rows.suppressions(tx, address="" if address is None else str(address).lower(), limit=limit)


def allow(tx: Tx, tenant_id: str, address: Address, by: Actor) -> bool:
    """A person says that mail reaches the address again. False when nothing stood in its way."""
    lifted = rows.lift(tx, str(address).lower(), tenant_id) > 0
    if lifted:
        audit.note(tx, by, "suppression.lifted", resource=str(address).lower(), tenant_id=tenant_id)
    return lifted


def _about(tx: Tx, report: Report) -> OutboxRow | None:
    """The row that was sent, when it is ours and went to that recipient: an id alone could be another message's."""
    row = outbox_rows.by_id(tx, report.outbox_id) if report.outbox_id else None
    return row if row is not None and str(row.recipient).lower() == report.address else None


def _is_told(tx: Tx, row: OutboxRow) -> bool:
    """Whether a person sent it, who waits to hear whether it arrived."""
    author = accounts.by_id(tx, row.user_id) if row.user_id is not None else None
    own = not row.agent or row.agent == SCRIBE  # which writes in its person's name
    return row.status == "sent" and own and author is not None and author.role != "agent"


def _follow(tx: Tx, core: Core, report: Report, row: OutboxRow | None, correlation_id: str) -> None:
    address = report.address
    if report.kind == "allowed":
        rows.lift(tx, address)
    elif report.permanent:
        because = f"{_WORDS[report.kind]}, says {report.provider}" + (f": {report.detail}" if report.detail else "")
        for tenant_id in _tenants(tx, report, row):
            rows.suppress(tx, tenant_id, address, because, report.at)
            audit.record(
                tx,
                actor=report.provider,
                action="suppression.made",
                resource=address,
                tenant_id=tenant_id,
                correlation_id=correlation_id,
            )
        if row is not None and row.agent == SCRIBE:
            outreach.bounced(tx, core, row, because)


def _tenants(tx: Tx, report: Report, row: OutboxRow | None) -> list[str]:
    """Whose automatic mail is stopped: the tenant's whose mail it was. A list of the service's holds for everybody who sends by it."""
    if row is not None:
        return [row.tenant_id]
    if report.kind == "stopped":
        return rows.tenants(tx)
    domain = None if report.sender is None else domains.named(tx, report.sender.domain)
    return [] if domain is None else [domain.tenant_id]
