"""Turns: whose mail is written next, and how many are written at once.

Called by the scribe whenever a mail was asked for or ended, and every minute. Works for any number of processes.
Promises: at most `limits.at_once` mails are at work in the whole installation; a person's mails are taken in the order they were asked
for; between two turns of a person who waits, everybody else has one turn at most, whoever comes while they wait; a mail is taken once.
Mail of a batch that is paused, or of somebody whose agents are stopped, is passed over, and keeps nobody from their turn.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from prometheus_client import Gauge

from mailwright.core import Core, stops, tasks
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE, Instant
from mailwright.domain.outreach import Limits, ScribeStep
from mailwright.domain.tasks import Stage
from mailwright.storage import Tx, accounts, outreachsteps
from mailwright.storage import outreachturns as rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.outreachturns import Standing

PATIENCE: Instant = 2 * MINUTE  # without a word from a mail at work: then it is handed off once more
MOST_STALE = 100  # handed off again in one look

_standing = Gauge("mailwright_scribe_mails", "Mails of outreach that wait for their turn or are at work.", ["state"])
_longest = Gauge(
    "mailwright_scribe_longest_wait_seconds", "How long the mail of outreach that waits longest has waited."
)

Taken = tuple[str, int]
"""A mail and its generation: the workflow that writes it is named for both."""


def take(tx: Tx, limits: Limits, now: Instant) -> list[Taken]:
    """Let as many mails begin as there is room for; those are at work now and the caller's to hand off."""
    tx.lock("scribe turns")
    room = limits.at_once - rows.running(tx)
    if room <= 0:
        return []
    people = rows.waiting_people(tx)
    heapq.heapify(people)
    turn = max(now, *(turn_at + 1 for turn_at, _ in people)) if people else now
    waiting: dict[str, list[Taken]] = {}
    taken: list[Taken] = []
    while people and len(taken) < room:
        _, user_id = heapq.heappop(people)
        if user_id not in waiting:
            stopped = _stopped(tx, user_id)
            waiting[user_id] = [] if stopped else rows.next_of(tx, user_id, room - len(taken))[::-1]
        if not waiting[user_id]:
            continue
        each = waiting[user_id].pop()
        if _begin(tx, each[0]):
            taken.append(each)
            rows.set_turn(tx, user_id, turn, now)
        heapq.heappush(people, (turn, user_id))
        turn += 1
    return taken


def join(tx: Tx, user_id: str, now: Instant) -> None:
    """Somebody's mail is about to wait: who had none waiting stands at the end of the round. Before the mail is queued."""
    if not rows.next_of(tx, user_id, 1):
        rows.set_turn(tx, user_id, max(now, rows.turn_of(tx, user_id)), now)


def stale(tx: Tx, now: Instant, patience: Instant = PATIENCE) -> list[Taken]:
    """Mails at work of which nothing was heard for so long, to be handed off again: who is at it still is not disturbed by that. Each is
    given again after as long."""
    found = rows.at_work_since(tx, now - patience, MOST_STALE)
    task_rows.touch(tx, [task_id for task_id, _ in found], now)
    return found


def positions(tx: Tx, user_id: str, task_ids: Sequence[str]) -> dict[str, int]:
    """How many mails, anybody's, are taken before each of these of a person's, as things stand. Those that do not wait, or are paused,
    are left out."""
    wanted = set(task_ids)
    own = [(place, id) for place, id in enumerate(rows.ids(tx, user_id, task_ids)) if id in wanted]
    if not own:
        return {}
    turns = {each: turn_at for turn_at, each in rows.waiting_people(tx)}
    others = [(count, (turns.get(each, 0), each)) for each, count in rows.waiting_counts(tx).items() if each != user_id]
    mine = (turns.get(user_id, 0), user_id)
    # In each round before mine everybody has one turn, and in mine those who stand before me.
    return {id: place + sum(min(count, place + (theirs < mine)) for count, theirs in others) for place, id in own}


async def measure(core: Core) -> Standing:
    """Bring the gauges up to date. Raises TryLater."""
    found = await core.read(rows.standing)
    _standing.labels("waiting").set(found.waiting)
    _standing.labels("running").set(found.running)
    _longest.set(0 if found.longest_at is None else max(clock.now() - found.longest_at, 0) / clock.SECOND)
    return found


def _stopped(tx: Tx, user_id: str) -> bool:
    """Whether the stop switch is thrown for somebody: their mails wait until it is put back."""
    account = accounts.by_id(tx, user_id)
    return account is not None and bool(stops.engaged(tx, tenant_id=account.tenant_id, user_id=user_id))


def _begin(tx: Tx, task_id: str) -> bool:
    """False when somebody else moved it in between: it was cancelled."""
    done = {step.step for step in outreachsteps.of_task(tx, task_id) if step.content}
    stage: Stage = next((step.stage for step in ScribeStep if step.value not in done), ScribeStep.COMPOSE.stage)
    try:
        tasks.start_attempt(tx, task_id, stage, attempt=1)
    except tasks.IllegalMove:
        return False
    return True
