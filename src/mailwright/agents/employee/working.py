"""Working: the step that does what was asked, with tools, and writes the text of the answer.

A run of a model with tools is one step: a crash in the middle begins it anew, which does no harm, because what it makes in the
workspace is kept by task and name and what it sends has a key. What it reads goes to the model with placeholders; what it answers
gets the true values back. Everything it wants to do passes the monitor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mailwright.agents import tools
from mailwright.agents.employee.parts import AGENT, parts
from mailwright.agents.employee.snapshot import Facts, Snapshot
from mailwright.agents.employee.think import (
    ATTEMPTS,
    BACKOFF,
    INTERVAL,
    ask,
    keep,
    load_advice,
    load_snapshot,
    quoted,
    worth_repeating,
)
from mailwright.agents.models import Answer, rules
from mailwright.agents.policy import Monitor, OwnerWords
from mailwright.agents.policy.directory import directory
from mailwright.codecs.redaction import Placeholders
from mailwright.core import Core, tasks
from mailwright.domain.envelope import Origin
from mailwright.pipeline import step
from mailwright.storage import Tx, assignments, messages
from mailwright.storage import accounts as account_rows
from mailwright.storage.accounts import Account
from mailwright.storage.tasks import Task


@step(name="employee.work", attempts=ATTEMPTS, interval=INTERVAL, backoff=BACKOFF, retry_if=worth_repeating)
async def work(facts: dict[str, Any], advice_id: str) -> str:
    """The id of the advice that has the answer's text; the files that go with it are kept by then. Raises ModelFailed, TryLater."""
    known = Facts.of(facts)
    snapshot = await load_snapshot(known.snapshot_id)
    judged = await load_advice(advice_id)
    hidden = Placeholders(parts().options.recognisers)
    async with await _run(known, snapshot, hidden) as run:
        reply = await ask(
            known.task_id,
            "work",
            await quoted(snapshot.material, hidden),
            Answer,
            lambda: rules.work(snapshot.material),
            tools=tools.tools_of(run),
            limits=parts().options.limits,
        )
        await run.save()
    answer = {"text": hidden.show(reply.value.text), "because": hidden.show(reply.value.because)}
    advice = judged.model_copy(update=answer | {"written_by": reply.model})
    return await keep(known.task_id, advice, reply.calls)


async def _run(known: Facts, snapshot: Snapshot, hidden: Placeholders) -> tools.Run:
    core, reach = parts().core, parts().reach
    task, person, grants = await core.read(lambda tx: _whose(tx, known))
    monitor = monitor_of(core, task, snapshot, grants, person, hides=lambda text: hidden.hide(text) != text)
    if person is not None and person.has_mailbox:  # a guest's words name nobody of ours
        monitor.learned(*await core.read(lambda tx: directory(tx, person)))
    return tools.Run(core, task, snapshot, person, monitor, hidden, reach.web, reach.servers, shop=reach.shop)


def _whose(tx: Tx, known: Facts) -> tuple[Task, Account | None, tuple[str, ...]]:
    """The task, whom it is done for when that is proven, and what the agent may do in the mailbox it serves."""
    task = tasks.get(tx, known.task_id)
    proven = known.origin == Origin.OWNER.value and task.user_id is not None
    person = account_rows.by_id(tx, task.user_id or "") if proven else None
    message = messages.by_id(tx, task.message_id)
    serving = assignments.serving(tx, AGENT, message.user_id) if message is not None else None
    return task, person, serving.grants if serving is not None else ()


def monitor_of(
    core: Core,
    task: Task,
    snapshot: Snapshot,
    grants: tuple[str, ...],
    person: Account | None,
    *,
    hides: Callable[[str], bool] = lambda text: False,
) -> Monitor:
    """The monitor of a run: what its owner's words are, and who takes part in the thread.

    Only the new text of the mail that asks is its owner's (`Snapshot.own`), and only when it is proven who wrote it; what is quoted,
    forwarded or attached was written by whoever.
    """
    options = parts().options
    proven = snapshot.origin is Origin.OWNER and person is not None
    return Monitor(
        core,
        tenant_id=task.tenant_id,
        user_id=person.id if proven and person is not None else None,
        task_id=task.id,
        agent=AGENT,
        grants=grants,
        words=OwnerWords.of(
            [snapshot.own],
            subject=snapshot.own_subject,
            participants=snapshot.participants,
            asker=snapshot.correspondent,
            proven=proven,
        ),
        hosts=options.hosts,
        tools=options.tools,
        hides=hides,
        sends_per_day=core.settings.agent_sends_per_day,
    )
