"""Housekeeping: what is done by the clock, as workflows, so that one process of many does it: the nightly round over what
expires, the look whether rows and what is kept outside the database agree, and every minute the look for snoozed messages
that are to come back.

Scheduled by `app.py`; `configure` comes first in every process that serves lanes. Mail policies are `retention`'s, the
engine's own rows are `pipeline.retention`'s; here is only when they run.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from mailwright.core import (
    Core,
    accounts,
    approvals,
    assistants,
    billing,
    emailsubmissions,
    mailboxes,
    phones,
    pushsubscriptions,
    reconciling,
    retention,
    sessions,
    snoozing,
    transcripts,
    uploads,
    vacation,
    whatsappsent,
)
from mailwright.core.billing import Shop
from mailwright.core.outreach import keeping as outreach
from mailwright.domain.refusals import TryLater
from mailwright.pipeline import Flows, step, workflow
from mailwright.pipeline.retention import purge
from mailwright.storage import retention as policies

log = structlog.get_logger(__name__)

NIGHTLY = "17 3 * * *"  # UTC; a minute that not everybody else's cron uses too
AFTER_NIGHTLY = "47 3 * * *"  # when the collector has been there
EVERY_MINUTE = "* * * * *"
SLICES = 20  # of the reconciler in one step: where it goes on after a crash


@dataclass(slots=True)
class _Parts:
    core: Core
    flows: Flows
    shop: Callable[[], Shop | None]
    looking: reconciling.Options


_parts: list[_Parts] = []


def configure(
    core: Core,
    flows: Flows,
    shop: Callable[[], Shop | None] = lambda: None,
    looking: reconciling.Options | None = None,
) -> None:
    """Say whose house it is, where plans are sold if they are, and how the reconciler looks; the last word counts."""
    _parts[:] = [_Parts(core, flows, shop, looking or reconciling.Options())]


@workflow(name="housekeeping", lane="ingest")
async def housekeeping(due: datetime, _context: Any = None) -> None:
    """One round: mail that expired, then rows of the engine, then what people pay; what only makes the database faster comes last."""
    await sweep_mail()
    await sweep_engine()
    await look_at_subscriptions()
    await analyse_tables()


@step(attempts=3)
async def sweep_mail() -> int:
    """Apply the mail policies; how many messages and blobs went."""
    core = _here().core
    await mailboxes.empty_removed(core)
    await accounts.finish_removals(core)
    await vacation.forget(core)
    await core.write(sessions.purge)
    await core.write(pushsubscriptions.forget_old)
    await uploads.sweep(core)
    await emailsubmissions.forget(core)
    await transcripts.forget(core)
    await assistants.forget(core)
    await outreach.forget(core)
    await approvals.sweep(core)
    await billing.forget(core)
    await core.write(phones.forget_expired)
    await whatsappsent.forget(core)
    swept = await retention.sweep(core)
    return swept.expired + swept.redacted + swept.collected


@step(attempts=1)
async def analyse_tables() -> int:
    """Have the database look at its partitioned tables, which it does not do by itself; how many it looked at."""
    core = _here().core
    if core.database.dialect != "postgresql":
        return 0
    from mailwright.storage import partitions
    from mailwright.storage.schema import PARTITIONED

    done = 0
    for table in PARTITIONED:
        try:
            await core.write(functools.partial(partitions.analyse, table=table))
            done += 1
        except TryLater as refusal:  # what it knows is a day older, and the next round is tomorrow
            log.warning("housekeeping.not_analysed", table=table, error=str(refusal))
    return done


@workflow(name="reconciling", lane="ingest")
async def reconcile(due: datetime, _context: Any = None) -> None:
    """One look at everything that is kept."""
    after: str | None = policies.START
    while after is not None:
        after = await reconcile_slices(after)
    await settle_divergences()


@step(attempts=3)
async def reconcile_slices(after: str) -> str | None:
    """Look at some slices behind a blob's id; the id to go on behind, None at the end."""
    parts, last = _here(), after
    outcome = reconciling.Outcome()
    for _ in range(SLICES):
        found = await reconciling.check_slice(parts.core, parts.looking, last, outcome)
        if found is None:
            return None
        last = found
    return last


@step(attempts=3)
async def settle_divergences() -> int:
    """Mend what can be mended; how many divergences are still open."""
    parts, outcome = _here(), reconciling.Outcome()
    await reconciling.finish(parts.core, parts.looking, outcome)
    left = sum(outcome.open.values())
    log.info("reconciling.done", repaired=outcome.repaired, healed=outcome.healed, open=left)
    return left


@workflow(name="snoozing", lane="notify")
async def wake_snoozed(due: datetime, _context: Any = None) -> None:
    """One look for what is to come back."""
    await wake_due()


@step(attempts=1)
async def wake_due() -> int:
    """Let it come back; how many messages did."""
    try:
        return await snoozing.wake_due(_here().core)
    except TryLater as refusal:  # the next look is a minute away
        log.warning("snoozing.waiting", error=str(refusal))
        return 0


@step(attempts=3)
async def sweep_engine() -> int:
    """Delete the engine's old rows; how many."""
    parts = _here()
    purged = await purge(parts.core.database, parts.flows)
    return purged.events + purged.workflows + purged.dead_letters


@step(attempts=1)
async def look_at_subscriptions() -> int:
    """Whoever was removed pays no more, and whoever pays no more has no plan any more; how many were looked at."""
    parts = _here()
    shop = parts.shop()  # its own: connections belong to the loop that opened them
    if shop is None:
        return 0
    try:
        return await billing.end_left(parts.core, shop.service) + await billing.look_again(parts.core, shop)
    except TryLater as refusal:  # the next round is tomorrow, and what is left is still written down
        log.warning("billing.waiting", error=str(refusal))
        return 0
    finally:
        await shop.service.close()


def _here() -> _Parts:
    if not _parts:
        raise TryLater("the application has not finished starting")
    return _parts[0]
