"""Giving up: the attempts of a step are used up, or the error is none that another attempt would mend.

The task fails and a dead letter is written, in one transaction: ids, our own words and the frames of where it broke. What earlier steps
found stays: a person's retry goes on from there.
"""

from __future__ import annotations

from typing import Any

from mailwright.agents.attempts import Failure, bury, worth_repeating
from mailwright.agents.scribe import ending
from mailwright.agents.scribe.parts import AGENT, parts
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import step
from mailwright.storage import Tx
from mailwright.storage import tasks as task_rows


@step(name=f"{AGENT}.give_up", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def give_up(task_id: str, generation: int, failure: dict[str, Any]) -> str:
    """The task's status. Raises TryLater."""
    found = Failure(**failure)
    return await parts().core.write(lambda tx: _bury(tx, task_id, generation, found))


def _bury(tx: Tx, task_id: str, generation: int, failure: Failure) -> str:
    task = task_rows.by_id(tx, task_id)
    if task is None:
        return TaskStatus.CANCELLED.value
    if task.status.is_final or task.generation != generation:
        return task.status.value
    because = failure.because or f"it failed with {failure.kind}"
    task = ending.failed(tx, task, because)
    bury(tx, AGENT, (task_id, generation), task, failure)
    return task.status.value
