"""The order of things for one message: gather → think → act. Nothing else is in here, and nothing that a restart would repeat.

No clock, no chance, no network in the body: those are the steps'. Two attempts in all; what a step repeats by its own policy does not count.
"""

from __future__ import annotations

import traceback

import structlog

from mailwright.agents.concierge.act import act, give_up
from mailwright.agents.concierge.extracting import think
from mailwright.agents.concierge.gather import gather
from mailwright.agents.concierge.silence import silence
from mailwright.agents.concierge.snapshot import Facts
from mailwright.pipeline import workflow

log = structlog.get_logger(__name__)

ATTEMPTS = 2


@workflow(name="concierge", lane="execute")
async def attend(message_id: str, generation: int) -> str:
    """Do what a message to the concierge asks for; the status its task has in the end.

    `generation` tells a person's "once more" from a repeat: it is part of the workflow's id (`concierge:<message>:<generation>`).
    """
    gathered = None
    for attempt in range(1, ATTEMPTS + 1):
        try:
            gathered = await gather(message_id, attempt)
            facts = Facts.of(gathered)
            advice_id = ""
            if not silence(facts) and facts.standing == "known":
                advice_id = await think(facts.task_id, facts.snapshot_id)
            return await act(gathered, advice_id)
        except Exception as error:
            # Where it broke, and not what it said: an error's text may quote the mail.
            where = traceback.format_tb(error.__traceback__)[-3:]
            log.warning("concierge.attempt_failed", attempt=attempt, error=type(error).__name__, where=where)
    return await give_up(message_id, gathered)
