"""Beginning a confirmed task: it is charged, once, in the transaction that begins it; or refused, because the plan is used up.

A step of its own between decide and the work. A task is charged when it is known whose it is (`policy.words_of_author`): a From line
that anybody could have written spends nobody's plan, and is held by the limits of strangers instead.
"""

from __future__ import annotations

from typing import Any

from mailwright.agents.employee.decide import Decision, refused
from mailwright.agents.employee.gather import worth_repeating
from mailwright.agents.employee.parts import parts
from mailwright.agents.employee.snapshot import Facts
from mailwright.core import Core, charges, tasks
from mailwright.domain.envelope import Origin
from mailwright.domain.tasks import Stage
from mailwright.pipeline import step
from mailwright.storage import Tx


@step(name="employee.begin", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def begin(facts: dict[str, Any], decision: dict[str, Any]) -> dict[str, Any]:
    """The decision as it stands now that the plan was asked, as values. Raises TryLater, IllegalMove."""
    core = parts().core
    known, wanted = Facts.of(facts), Decision(**decision)
    return (await core.write(lambda tx: _begin(tx, core, known, wanted))).as_values()


def _begin(tx: Tx, core: Core, known: Facts, wanted: Decision) -> Decision:
    task = tasks.enter(tx, known.task_id, Stage.DECIDE, detail=wanted.because)
    because = "nobody is charged: who wrote it is not proven"
    if known.origin == Origin.OWNER.value and task.user_id is not None:
        charged = charges.charge(tx, core, task.id)
        if not charged.granted:
            return refused(known, charged.because)
        because = charged.because
    tasks.enter(tx, task.id, Stage.WORK, detail=because)
    return wanted
