"""The order of things: gather → think → decide → work → act. Nothing else is in here, and nothing that a restart would repeat.

No clock, no chance, no network in the body: those are the steps'. Two attempts in all; what a step repeats by its own policy does
not count, nor does the next model that is asked when one fails. When both are used up the task fails, and its sender is told.
"""

from __future__ import annotations

import traceback

import structlog

from mailwright.agents.employee.act import act, give_up
from mailwright.agents.employee.begin import begin
from mailwright.agents.employee.decide import Decision, decide, silence
from mailwright.agents.employee.gather import gather
from mailwright.agents.employee.snapshot import Facts, Verdict
from mailwright.agents.employee.think import judge
from mailwright.agents.employee.working import work
from mailwright.pipeline import workflow

log = structlog.get_logger(__name__)

ATTEMPTS = 2


@workflow(name="employee", lane="execute")
async def answer(message_id: str, generation: int) -> str:
    """Do what a message asks and answer it; the status its task has in the end.

    `generation` tells a person's "once more" from a repeat: it is part of the workflow's id (`employee:<message>:<generation>`).
    """
    gathered = None
    for attempt in range(1, ATTEMPTS + 1):
        try:
            gathered = await gather(message_id, attempt)
            return await _think_and_act(Facts.of(gathered))
        except Exception as error:
            # Where it broke, and not what it said: an error's text may quote the mail.
            where = traceback.format_tb(error.__traceback__)[-3:]
            log.warning("employee.attempt_failed", attempt=attempt, error=type(error).__name__, where=where)
    return await give_up(message_id, gathered)


async def _think_and_act(facts: Facts) -> str:
    quiet = silence(facts)
    if quiet is not None:
        return await act(facts.as_values(), quiet.as_values(), "")
    verdict = Verdict(**await judge(facts.task_id, facts.snapshot_id))
    decision = decide(facts, verdict)
    advice_id = verdict.advice_id
    if decision.action == "reply":
        decision = Decision(**await begin(facts.as_values(), decision.as_values()))
    if decision.action == "reply":
        advice_id = await work(facts.as_values(), advice_id)
    return await act(facts.as_values(), decision.as_values(), advice_id)
