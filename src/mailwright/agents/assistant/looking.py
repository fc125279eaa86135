"""Looking: new mail of accounts elsewhere is found, and handed to the assistant's workflow.

A push of Gmail's asks for a look (`on_pushes`), and so does the clock for every account in turn (`schedule`): an account whose pushes do
not come is read all the same, and `core.connections.health` says so. A look is a workflow; what it does may be done again.
Promises: every mail of somebody else's that comes into the inbox becomes one row of triage and one workflow, and none is left out: the
rows come first, then the workflows, whose ids are made of them, and the cursor moves last, so that whatever dies in between is read
again. Two looks at one account at once find the same and write it once.
Does not: read a mail for its text, or judge it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from weakref import WeakValueDictionary

import structlog
from prometheus_client import Counter

from mailwright.agents.assistant import watching
from mailwright.agents.assistant.arrivals import open_items, requests_for
from mailwright.agents.assistant.looks import (
    Account,
    Arrival,
    Look,
    Looking,
    Word,
    configured,
    may_look,
    to_look_at,
)
from mailwright.agents.attempts import frames_of
from mailwright.core import Core, connections, pushes
from mailwright.core import triage as triaging
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE, SECOND, Instant
from mailwright.domain.events import GMAIL_PUSHED, Event
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AuthenticationFailed, NotFound, Refusal, TryLater
from mailwright.domain.triage import ConnectionState
from mailwright.pipeline import Commit, Flows, Handler, Request, step, workflow
from mailwright.storage import Tx, triage
from mailwright.storage import connections as rows
from mailwright.storage.connections import Connection
from mailwright.storage.triage import Item

log = structlog.get_logger(__name__)

STREAM, GROUP = "pushes", "lookers"
EVERY_MINUTE = "* * * * *"
BATCH = 25  # pushes that are handled together; few, so that those that wait fall together
PACE = (
    25.0  # looks a second that pushes ask for where one process does everything: it is to go on taking pushes meanwhile
)
SLICE = 50  # mails whose rows are written together
MOST_UNREAD = 3  # mails of one look that cannot be read; then it is the service, and not the mail
MOST_DUE = 2_000  # looks that one round asks for; the next is a minute away
DEAD_AFTER: Instant = 3 * MINUTE  # a push takes seconds; one that did not come by then does not come
CLOCKS: Instant = MINUTE  # theirs, which says when a mail came, and ours, which says when a push did, differ by less
DEAD: Final = "new mail was found that Google had not told of"

looks_total = Counter("mailwright_looks_total", "Looks at accounts elsewhere", ["kind", "outcome"])
found_total = Counter("mailwright_looks_found_total", "New mails that looks at accounts elsewhere found", ["kind"])

_one_at_a_time: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
_waiting: dict[str, int] = {}  # accounts that the next look waits for, and how far it is to read
_queued: dict[
    str, int
] = {}  # where this is the only process: accounts whose look has not begun, and how far it is to read


# --- who asks for a look --------------------------------------------------------------------------------------------


def on_pushes(core: Core, flows: Flows) -> Handler:
    """The consumer: however many pushes a batch has for an account, it is looked at once, up to the newest."""

    async def handle(events: Sequence[Event]) -> Commit | None:
        told: dict[str, list[int]] = {}
        for event in events:
            if event.kind == GMAIL_PUSHED:
                upto = pushes.history_of(str(event.payload.get("history_id") or ""))
                told.setdefault(event.payload["connection_id"], []).append(upto)
        found = await core.read(lambda tx: [rows.by_id(tx, connection_id) for connection_id in sorted(told)])
        moment, alone = clock.now(), core.database.dialect == "sqlite"
        wanted = []
        for each in found:
            if each is None or not may_look(each):
                continue
            upto = max(told[each.id])
            known = upto <= pushes.history_of(each.cursor)
            if all(told[each.id]):  # who asks without a history id wants a look now, however far it was read
                if known or (each.failures and each.next_look_at > moment):
                    continue  # it was read, or it fails, and has its own time
                if alone and each.id in _queued:  # its look begins after now, and so reads this, too
                    _queued[each.id] = max(_queued[each.id], upto)
                    continue
                if alone:
                    _queued[each.id] = upto
            # Under a name of its own: a look that was asked for before may be over, and would not begin again.
            wanted.append(request_for(each, new_id(), upto=0 if known else upto))
        try:
            commit = await flows.hand_off(wanted)
        except BaseException:
            _queued.clear()
            raise
        if alone and wanted:
            await asyncio.sleep(len(wanted) / PACE)
        return commit

    return handle


def request_for(connection: Connection, name: str, *, upto: int = 0) -> Request:
    """A look. `name` tells it from other looks at the account; `upto`: it is done when the account was read so far already."""
    return Request(look, (connection.id, str(upto)), id=f"look:{connection.id}:{name}", tenant=connection.tenant_id)


def schedule(flows: Flows) -> None:
    """The rounds: every minute for what is due, every hour for watches that end; before `start`."""
    flows.schedule(EVERY_MINUTE, look_round)
    watching.schedule(flows)


@workflow(name="look-round", lane="ingest")
async def look_round(due: datetime, _context: Any = None) -> None:
    """Ask for a look at every account whose time has come."""
    await look_at_due(due.isoformat(timespec="minutes"))


@step(name="assistant.look-round", attempts=1)
async def look_at_due(name: str) -> int:
    """How many are due."""
    parts = configured()
    try:
        due = await parts.core.read(lambda tx: rows.due(tx, clock.now(), MOST_DUE))
        wanted = [request_for(each, name) for each in due if may_look(each)]
        commit = await parts.flows.hand_off(wanted)
        if commit is not None:
            await parts.core.write(commit)
    except TryLater as refusal:  # the next round is a minute away
        log.warning("look.round_waiting", error=str(refusal))
        return 0
    return len(wanted)


# --- a look ---------------------------------------------------------------------------------------------------------


@workflow(name="look", lane="ingest")
async def look(connection_id: str, upto: str) -> None:
    """One look at one account."""
    await read_on(connection_id, upto)


@step(name="assistant.look", attempts=1)
async def read_on(connection_id: str, upto: str) -> int:
    """Read on from where the last look ended; how many mails were new. What fails is tried again when its time comes."""
    parts = configured()
    wanted = max(int(upto), _queued.pop(connection_id, 0))
    lock = _one_at_a_time.setdefault(connection_id, asyncio.Lock())
    if lock.locked():
        if connection_id in _waiting:  # whoever waits begins after now, and so reads what this one is about
            _waiting[connection_id] = max(_waiting[connection_id], wanted)
            return 0
        _waiting[connection_id] = wanted
    async with lock:
        wanted = max(wanted, _waiting.pop(connection_id, 0))
        connection = await parts.core.write(lambda tx: _turn(tx, connection_id, parts.poll))
        if connection is None or (wanted and wanted <= pushes.history_of(connection.cursor)):
            return 0
        if not wanted and connection.next_look_at > clock.now() and connection.looked_at is not None:
            return 0  # somebody else has looked meanwhile
        return await _attempt(parts, connection, wanted)


async def _attempt(parts: Looking, connection: Connection, upto: int) -> int:
    final = False
    try:
        found = await _read(parts, connection, upto)
    except AuthenticationFailed as refusal:
        because, outcome, final = str(refusal), "revoked", True
    except Refusal as refusal:
        because, outcome = str(refusal), "failed"
    except Exception as error:
        # Where it broke, and not what it said: an error's text may quote a mail.
        log.error("look.broke", connection_id=connection.id, error=type(error).__name__, where=frames_of(error))
        because, outcome = "something went wrong here; it is recorded", "broke"
    else:
        looks_total.labels(connection.kind, "done").inc()
        return found
    looks_total.labels(connection.kind, outcome).inc()
    log.warning("look.failed", connection_id=connection.id, kind=connection.kind, error=because)
    await parts.core.write(lambda tx: connections.failed(tx, connection.id, because, final=final))
    return 0


async def _read(parts: Looking, connection: Connection, upto: int) -> int:
    opener = parts.openers.get(connection.kind)
    if opener is None:
        raise TryLater("accounts of this kind cannot be looked at here")
    account = await opener(connection)
    try:
        if connection.watched_at is None and connection.looked_at is None:  # it was connected, or connected anew
            await watching.begin(parts, connection, account)
        seen = await account.since(connection.cursor)
        new, unread = 0, list[TryLater]()
        for start in range(0, len(seen.candidates), SLICE):
            new += await _take(parts, connection, account, seen.candidates[start : start + SLICE], unread)
            if len(unread) >= MOST_UNREAD:
                raise unread[0]
        await _hear(parts, connection, account, seen)
        if unread:  # the cursor stays before those
            raise unread[0]
    finally:
        await account.close()
    await parts.core.write(lambda tx: _move_on(tx, parts, connection, seen, upto))
    if new:
        found_total.labels(connection.kind).inc(new)
    return new


async def _take(
    parts: Looking, connection: Connection, account: Account, candidates: Sequence[str], unread: list[TryLater]
) -> int:
    """Rows and workflows for those that are mail of somebody else's in the inbox; how many were new. One that cannot be read holds up
    no other: why is added to `unread`."""
    known = await parts.core.read(lambda tx: triage.of_remotes(tx, connection.id, candidates))
    arrivals = []
    for each in candidates:
        if each in known or len(unread) >= MOST_UNREAD:
            continue
        try:
            arrival = await account.arrival(each)
        except TryLater as refusal:
            unread.append(refusal)
        else:
            arrivals += [arrival] if arrival is not None else []

    def write(tx: Tx) -> list[Item]:
        if to_look_at(tx, connection.id) is None:  # taken away meanwhile: nothing of it is kept
            return []
        items = [item_of(tx, connection, each) for each in arrivals]
        # Of those that were known already some may not have been handed off: whoever wrote them died before that.
        return open_items(tx, [*known.values(), *items])

    opened = await parts.core.write(write)
    commit = await parts.flows.hand_off(requests_for(opened))
    if commit is not None:
        await parts.core.write(commit)
    return len(arrivals)


async def _hear(parts: Looking, connection: Connection, account: Account, seen: Look) -> None:
    """What the owner did with mails that are known: corrections, and mails that are gone."""
    touched = [*seen.touched, *seen.removed]
    for start in range(0, len(touched), SLICE):
        some = touched[start : start + SLICE]
        known = await parts.core.read(partial(_known, connection_id=connection.id, remote_ids=some))
        gone = [known.pop(each).id for each in seen.removed if each in known]
        if gone:
            await parts.core.write(partial(_forget, item_ids=gone))
        for item in known.values():
            word = None if _corrected_since(item, connection) else await account.word(item)
            if word is not None:
                await parts.core.write(partial(_correct, core=parts.core, item=item, word=word))


def _move_on(tx: Tx, parts: Looking, connection: Connection, seen: Look, upto: int) -> None:
    """The look worked. Its cursor counts unless another look has moved it since."""
    now = clock.now()
    fresh = rows.by_id(tx, connection.id)
    if fresh is None:
        return
    cursor = seen.cursor if fresh.cursor == connection.cursor else fresh.cursor
    # Gmail may tell of a message a moment before its history has it.
    behind = upto > pushes.history_of(seen.cursor)
    connections.looked(
        tx, connection.id, cursor=cursor, now=now, next_look_at=now + (10 * SECOND if behind else parts.poll)
    )
    if not parts.topic:
        return
    if _are_dead(tx, fresh, now):
        connections.state(tx, connection.id, ConnectionState.DELAYED, f"{DEAD}: it is looked at every few minutes")
    elif (fresh.pushed_at or 0) > (connection.looked_at or 0):
        connections.state(tx, connection.id, ConnectionState.CONNECTED)


def _are_dead(tx: Tx, connection: Connection, now: Instant) -> bool:
    """Whether mail came that a push should have told of by now and none did. It may have been found by an earlier look than this."""
    began, ends, heard = connection.watched_at, connection.watch_expires_at, connection.pushed_at
    if began is None or ends is None:
        return False
    after = began if heard is None else max(began, heard + CLOCKS)
    return rows.has_mail_of(tx, connection.id, after, min(ends, now - DEAD_AFTER))


def _corrected_since(item: Item, connection: Connection) -> bool:
    """Whether the owner said it here after the last look: that is the last word, whatever was done there before."""
    return item.corrected_at is not None and item.corrected_at > (connection.looked_at or 0)


def _known(tx: Tx, connection_id: str, remote_ids: Sequence[str]) -> dict[str, Item]:
    return triage.of_remotes(tx, connection_id, remote_ids)


def _forget(tx: Tx, item_ids: Sequence[str]) -> None:
    triage.forget(tx, item_ids)


def _correct(tx: Tx, core: Core, item: Item, word: Word) -> None:
    if word.category is None:
        triage.update(tx, item.id, now=clock.now(), shown="")
        return
    with contextlib.suppress(NotFound):  # forgotten meanwhile
        triaging.correct(
            tx, core, user_id=item.user_id, item_id=item.id, category=word.category.value, how=word.because
        )
        if word.shown:  # setting it once more could undo what the owner says next
            triage.update(tx, item.id, now=clock.now(), shown=word.category)


def item_of(tx: Tx, connection: Connection, arrival: Arrival) -> Item:
    """The row of a mail elsewhere: a new one, or the one there is."""
    return triage.insert(
        tx,
        tenant_id=connection.tenant_id,
        user_id=connection.user_id,
        sender=arrival.sender,
        sender_name=arrival.sender_name,
        subject=arrival.subject,
        header_id=arrival.header_id,
        # Whoever only writes under that name does not go first.
        vip=arrival.proven and triaging.is_vip(tx, connection.user_id, arrival.sender),
        received_at=arrival.received_at,
        now=clock.now(),
        connection_id=connection.id,
        remote_id=arrival.remote_id,
        remote_thread=arrival.remote_thread,
    )


def _turn(tx: Tx, connection_id: str, poll: Instant) -> Connection | None:
    """The connection, when it is to be looked at. One whose owner's assistant is off comes up again later."""
    found = to_look_at(tx, connection_id)
    if found is None:
        rows.update(tx, connection_id, now=clock.now(), next_look_at=clock.now() + poll)
    return found
