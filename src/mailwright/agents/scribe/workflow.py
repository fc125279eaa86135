"""The order of things for one mail: template → research → papers → compose. Nothing else is in here, and nothing that a restart would repeat.

No clock, no chance, no network in the body: those are the steps'. Each step is repeated by its own policy (`stepping.RETRIES`) and keeps its
result in a row: a mail that is tried again goes on where it failed. Nothing is sent.
"""

from __future__ import annotations

from dataclasses import asdict

import structlog

from mailwright.agents.attempts import Failure
from mailwright.agents.scribe.compose import compose
from mailwright.agents.scribe.giving_up import give_up
from mailwright.agents.scribe.papers import papers
from mailwright.agents.scribe.parse import parse
from mailwright.agents.scribe.parts import AGENT
from mailwright.agents.scribe.research import research
from mailwright.agents.scribe.stepping import OPTIONAL, Step, leave_out
from mailwright.domain.outreach import ScribeStep
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import workflow

log = structlog.get_logger(__name__)


@workflow(name=AGENT, lane="execute")
async def write(task_id: str, generation: int) -> str:
    """Write one mail; the status its task has in the end.

    `generation` tells a person's "once more" from a repeat: it is part of the workflow's id (`scribe:<task>:<generation>`).
    """
    for which, run in _steps():
        failure = None
        try:
            settled = await run(task_id, generation)
        except Exception as error:
            failure = Failure.of(error, which.value)
            log.warning("scribe.given_up", step=failure.step, error=failure.kind)
        if failure is not None and which not in OPTIONAL:
            return await give_up(task_id, generation, asdict(failure))
        if failure is not None:
            settled = await leave_out(which.value, task_id, generation, failure.because or "it could not be done")
        if settled:
            return settled
    return TaskStatus.COMPLETE.value


def _steps() -> tuple[tuple[ScribeStep, Step], ...]:
    return (
        (ScribeStep.TEMPLATE, parse),
        (ScribeStep.RESEARCH, research),
        (ScribeStep.PAPERS, papers),
        (ScribeStep.COMPOSE, compose),
    )
