"""Healing: what was given up because of something that passes is tried again every hour, for a day.

A scheduled workflow, so that one process of many does it. Each letter is offered again as its replay by hand would be, and fails into a
letter of its own when it is too early. After `MAX_GENERATIONS` attempts, and where another attempt would mend nothing (a key that is
refused, a bug), the letter waits for a person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog

from mailwright.agents.assistant import arrivals
from mailwright.agents.assistant.parts import AGENT, parts
from mailwright.core import assistants, stops
from mailwright.domain.refusals import Refusal, TryLater
from mailwright.pipeline import step, workflow
from mailwright.storage import Tx, dead_letters, triage
from mailwright.storage.dead_letters import DeadLetter

log = structlog.get_logger(__name__)

EVERY_HOUR = "23 * * * *"  # UTC; a minute that not everybody else's cron uses too
MAX_GENERATIONS = 24  # of a task: a day of attempts
MAX_HEALED = 500  # letters of one round; an outage of hours must not fall upon the model at once


@workflow(name="assistant-healing", lane="batch")
async def heal(due: datetime, _context: Any = None) -> None:
    """One round."""
    await heal_letters()


@step(name="assistant.heal", attempts=1)
async def heal_letters() -> int:
    """Offer again what may have healed; how many were."""
    core, flows = parts().core, parts().flows
    if flows is None:
        return 0
    healed = 0
    try:
        for letter in await core.read(lambda tx: [each for each in _open(tx) if _may_heal(tx, each)]):
            try:
                await arrivals.again(core, flows, arrivals.item_id_of(letter), force=bool(_arg(letter, 2)), bulk=True)
            except TryLater:
                raise
            except Refusal:  # its mail or its owner is gone: nothing will heal it
                continue
            await core.write(lambda tx, id=letter.id: dead_letters.mark_replayed(tx, id))  # type: ignore[misc]
            healed += 1
    except TryLater as refusal:  # the next round is an hour away
        log.warning("assistant.healing_waits", error=str(refusal))
    return healed


def _open(tx: Tx) -> list[DeadLetter]:
    return dead_letters.open_of(tx, source="workflow", name=AGENT, limit=MAX_HEALED)


def _may_heal(tx: Tx, letter: DeadLetter) -> bool:
    if letter.payload.get("transient") is not True or int(_arg(letter, 1) or 0) >= MAX_GENERATIONS:
        return False
    item = triage.by_id(tx, arrivals.item_id_of(letter))
    if item is None or assistants.serving(tx, item.user_id) is None:
        return False
    return not stops.engaged(tx, tenant_id=item.tenant_id, user_id=item.user_id)


def _arg(letter: DeadLetter, place: int) -> Any:
    args = letter.payload.get("args") or []
    return args[place] if len(args) > place else None
