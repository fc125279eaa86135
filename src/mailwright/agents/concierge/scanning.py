"""Scanning: every minute what is due is handed to workflows, and so are questions nobody answered and the agendas of the day.

`configure`, then `schedule` before the engine starts. Knows the workflows by their names only, so that they may use what is here.

    followup            (follow-up, generation, occurrence)   it is due
    followup-question   (follow-up, how often it was asked)   its question is put again, or is over
    followup-agenda     (person, day)                         the day is to be told

A question or an agenda that nothing could be said about (agents are stopped) is handed off again after `AGAIN`; what was said is not said
twice, since the row knows.
Promises: any number of schedulers hand an occurrence off once, since its id is its own; a process that ends between taking and handing
off delays what it had taken by a few minutes; a scan that fails is made up by the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from mailwright.core import Core
from mailwright.core.followups import agenda, scanning, watching
from mailwright.core.followups.agenda import Agenda
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE, Instant
from mailwright.domain.refusals import TryLater
from mailwright.pipeline import Flows, Request, step, workflow
from mailwright.pipeline.lanes import NORMAL, URGENT, Lane
from mailwright.storage import Tx
from mailwright.storage.followups import Followup

log = structlog.get_logger(__name__)

EVERY_MINUTE = "* * * * *"
AGAIN: Final[Instant] = 15 * MINUTE
LANE: Final[Lane] = "notify"

DUE, QUESTION, AGENDA = "followup", "followup-question", "followup-agenda"


@dataclass(frozen=True, slots=True)
class _Parts:
    core: Core
    flows: Flows


_parts: list[_Parts] = []


def configure(core: Core, flows: Flows) -> None:
    """Say whose follow-ups they are; the last word counts."""
    _parts[:] = [_Parts(core, flows)]


def schedule(flows: Flows) -> None:
    """The scan of every minute; before `start`."""
    flows.schedule(EVERY_MINUTE, scan)


@workflow(name="followup-scan", lane="notify")
async def scan(due: datetime, _context: Any = None) -> None:
    """One scan."""
    await scan_once()


@step(name="concierge.scan", attempts=1)
async def scan_once() -> int:
    """Hand off what is due now; how much it was."""
    parts = _parts[0]
    try:
        return await hand_off_due(parts.core, parts.flows, clock.now())
    except TryLater as refusal:  # the next scan is a minute away
        log.warning("followups.scan_waits", error=str(refusal))
        return 0


async def hand_off_due(core: Core, flows: Flows, now: Instant) -> int:
    """Hand off what is due at `now`; how much it was. Raises TryLater."""
    count = 0
    async for batch in scanning.batches_due(core, now):
        count += await _hand_off(core, flows, await _still_due(core, batch))
    count += await _hand_off(core, flows, [_due(each) for each in await scanning.not_begun(core, now)])
    count += await _hand_off(core, flows, [_question(each, now) for each in await scanning.questions_due(core, now)])
    agendas = await core.write(lambda tx: _agendas(tx, now))
    return count + await _hand_off(core, flows, [_agenda(each, now) for each in agendas])


async def _still_due(core: Core, batch: Sequence[Followup]) -> list[Request]:
    """Without those whose answer came before there was a follow-up to watch for it."""
    return [_due(each) for each in batch if not await watching.look(core, each)]


def _agendas(tx: Tx, now: Instant) -> list[Agenda]:
    """Those that have something to tell; the others are noted as told."""
    told = []
    for each in agenda.due(tx, now):
        if agenda.entries(tx, each.user_id, each.day):
            told.append(each)
        else:
            agenda.claim(tx, each.user_id, each.day)
    return told


def _due(each: Followup) -> Request:
    id = f"{DUE}:{each.id}:{each.generation}:{each.occurrence}"
    # A reminder comes before questions and agendas, which nobody waits for by the minute.
    return Request(DUE, (each.id, each.generation, each.occurrence), id, LANE, each.tenant_id, URGENT)


def _question(each: Followup, now: Instant) -> Request:
    id = f"{QUESTION}:{each.id}:{each.asked_at}:{each.asked}:{now // AGAIN}"
    return Request(QUESTION, (each.id, each.asked), id, LANE, each.tenant_id, NORMAL)


def _agenda(each: Agenda, now: Instant) -> Request:
    id = f"{AGENDA}:{each.user_id}:{each.day}:{now // AGAIN}"
    return Request(AGENDA, (each.user_id, each.day), id, LANE, each.tenant_id, NORMAL)


async def _hand_off(core: Core, flows: Flows, requests: Sequence[Request]) -> int:
    commit = await flows.hand_off(requests)
    if commit is not None:
        await core.write(commit)
    return len(requests)
