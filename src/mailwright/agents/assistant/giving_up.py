"""Giving up: the attempts of a step are used up, or the error is none that another attempt would mend.

The task fails and a dead letter is written, in one transaction: ids, our own words and the frames of where it broke, and no mail text.
What may pass by itself is tried again every hour (`healing`); the rest waits for a person (`mailwright dlq`).
"""

from __future__ import annotations

from typing import Any

from mailwright.agents.assistant import ending
from mailwright.agents.assistant.handing import request_for
from mailwright.agents.assistant.parts import AGENT, parts
from mailwright.agents.attempts import Failure, bury
from mailwright.core import connections, tasks
from mailwright.domain.refusals import AuthenticationFailed, TryLater
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import step
from mailwright.storage import Tx, triage


def _only_later(error: BaseException) -> bool:
    return isinstance(error, TryLater)


@step(name="assistant.give_up", attempts=6, interval=1.0, backoff=2.0, retry_if=_only_later)
async def give_up(item_id: str, generation: int, force: bool, failure: dict[str, Any]) -> str:
    """The task's status. Raises TryLater."""
    found = Failure(**failure)
    return await parts().core.write(lambda tx: _bury(tx, item_id, generation, force, found))


@step(name="assistant.hand_on", attempts=6, interval=1.0, backoff=2.0, retry_if=_only_later)
async def hand_on(item_id: str) -> bool:
    """An older mail of the conversation was queued again: hand it to its workflow. Raises TryLater."""
    core, flows = parts().core, parts().flows
    if flows is None:
        return False

    def wanted(tx: Tx) -> Any:
        item, task = triage.by_id(tx, item_id), tasks.find(tx, AGENT, item_id)
        return (item, task) if item is not None and task is not None and task.status is TaskStatus.QUEUED else None

    found = await core.read(wanted)
    if found is None:
        return False
    commit = await flows.hand_off([request_for(*found)])
    if commit is not None:
        await core.write(commit)
    return True


def _bury(tx: Tx, item_id: str, generation: int, force: bool, failure: Failure) -> str:
    because = failure.because or f"it failed with {failure.kind}"
    task = ending.failed(tx, item_id, because)
    if task is None:
        known = tasks.find(tx, AGENT, item_id)
        return known.status.value if known is not None else TaskStatus.SKIPPED.value
    item = triage.by_id(tx, item_id)
    if failure.kind == AuthenticationFailed.__name__ and item is not None and item.connection_id is not None:
        connections.failed(tx, item.connection_id, because, final=True)  # its owner is told to sign in anew
    bury(tx, AGENT, (item_id, generation, force), task, failure)
    return task.status.value
