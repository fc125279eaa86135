"""Watching: Google is asked to tell of new mail in the Gmail accounts we look after, and asked again before it stops.

A watch lasts seven days. It is asked for with the first look at an account, and every hour it is looked which have less than a day left,
are six days old, or are missing. That one is missing costs nobody mail (`looking` makes its rounds) and is said on the dashboard.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from prometheus_client import Counter

from mailwright.agents.assistant.looks import Account, Looking, configured, may_look, to_look_at
from mailwright.core import connections
from mailwright.domain import clock
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.refusals import AuthenticationFailed, Refusal, TryLater
from mailwright.pipeline import Flows, Request, step, workflow
from mailwright.storage import connections as rows
from mailwright.storage.connections import Connection

log = structlog.get_logger(__name__)

HOURLY = "41 * * * *"
LEFT: Instant = DAY  # with less it is asked for anew
AGE: Instant = 6 * DAY  # and so it is after this long, whatever Google said
MOST = 10_000  # in one round; the next is an hour away

watches_total = Counter("mailwright_gmail_watches_total", "Times Google was asked to tell of new mail", ["outcome"])


def schedule(flows: Flows) -> None:
    """The round of every hour; before `start`."""
    flows.schedule(HOURLY, watch_round)


@workflow(name="watch-round", lane="ingest")
async def watch_round(due: datetime, _context: Any = None) -> None:
    """Ask anew for the watches that end soon or are missing."""
    await renew_ending(due.isoformat(timespec="minutes"))


@step(name="assistant.watch-round", attempts=1)
async def renew_ending(name: str) -> int:
    """How many those are."""
    parts = configured()
    if not parts.topic:
        return 0
    moment = clock.now()
    try:
        ending = await parts.core.read(
            lambda tx: rows.watch_ends(tx, connections.GMAIL, moment + LEFT, MOST, watched_before=moment - AGE)
        )
        wanted = [request_for(each, name) for each in ending if may_look(each)]
        commit = await parts.flows.hand_off(wanted)
        if commit is not None:
            await parts.core.write(commit)
    except TryLater as refusal:  # a day is left, and the next round is an hour away
        log.warning("watch.round_waiting", error=str(refusal))
        return 0
    return len(wanted)


def request_for(connection: Connection, name: str) -> Request:
    """The renewal of one watch. `name` tells it from other renewals."""
    return Request(watch, (connection.id,), id=f"watch:{connection.id}:{name}", tenant=connection.tenant_id)


@workflow(name="watch", lane="ingest")
async def watch(connection_id: str) -> None:
    """Ask anew for one watch."""
    await renew(connection_id)


@step(name="assistant.watch", attempts=1)
async def renew(connection_id: str) -> bool:
    """Ask; whether Google tells of new mail now. When it does not, the next round asks again."""
    parts = configured()
    connection = await parts.core.read(lambda tx: to_look_at(tx, connection_id))
    opener = None if connection is None else parts.openers.get(connection.kind)
    if connection is None or opener is None:
        return False
    try:
        account = await opener(connection)
        try:
            return await begin(parts, connection, account)
        finally:
            await account.close()
    except AuthenticationFailed as refusal:
        because = str(refusal)
        await parts.core.write(lambda tx: connections.failed(tx, connection_id, because, final=True))
    except Refusal as refusal:
        log.warning("watch.failed", connection_id=connection_id, error=str(refusal))
    return False


async def begin(parts: Looking, connection: Connection, account: Account) -> bool:
    """Ask for the watch of an account that is open. Raises AuthenticationFailed; what else fails is for the next round."""
    if not parts.topic:
        return False
    try:
        until = await account.watch(parts.topic)
    except TryLater as refusal:
        watches_total.labels("failed").inc()
        log.warning("watch.failed", connection_id=connection.id, error=str(refusal))
        return False
    if until is None:
        return False
    watches_total.labels("done").inc()
    moment = clock.now()
    await parts.core.write(
        lambda tx: rows.update(tx, connection.id, now=moment, watched_at=moment, watch_expires_at=until)
    )
    return True
