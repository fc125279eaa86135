"""Thinking: how a model is asked, and the step `judge` (is this a task?). The step that does the work is in `working`.

Each sends the snapshot as quoted material, with placeholders for what a model need not know, and gets a typed value back, which is
kept beside the snapshot; what leaves the step is an id, a word and a number. Every call of a model is recorded, the failed ones
too. Time-outs, 429 and 5xx are repeated by the steps' policy; anything else ends the attempt. A message is judged once.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

from mailwright.agents.employee import prompts
from mailwright.agents.employee.parts import parts
from mailwright.agents.employee.snapshot import Advice, Snapshot, Verdict
from mailwright.agents.models import Asker, Judgement, Material, ModelFailed, Purpose, Question, Reply, rules
from mailwright.agents.models.asking import T
from mailwright.agents.models.tools import RunLimits, Tool
from mailwright.agents.models.turns import MAX_BECAUSE
from mailwright.codecs.redaction import Placeholders
from mailwright.core import tasks
from mailwright.domain import clock
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.domain.tasks import Stage
from mailwright.pipeline import step
from mailwright.storage import Tx, judgements, model_calls
from mailwright.storage import tasks as task_rows
from mailwright.storage.judgements import Judged
from mailwright.storage.model_calls import ModelCall

ATTEMPTS = 4  # with 2, 6 and 18 s between them: a rate limit or a restart of the service is over by then
INTERVAL = 2.0
BACKOFF = 3.0


def worth_repeating(error: BaseException) -> bool:
    """A service that may be back in a moment; never a refusal or a garbled answer."""
    return isinstance(error, TryLater) or (isinstance(error, ModelFailed) and error.transient)


@step(name="employee.judge", attempts=ATTEMPTS, interval=INTERVAL, backoff=BACKOFF, retry_if=worth_repeating)
async def judge(task_id: str, snapshot_id: str) -> dict[str, Any]:
    """`Verdict` as values: what was found when this message was judged before, else a model is asked. Raises ModelFailed, TryLater."""
    snapshot = await load_snapshot(snapshot_id, task_id=task_id, stage=Stage.THINK)
    task = await parts().core.read(lambda tx: tasks.get(tx, task_id))
    known = await parts().core.read(lambda tx: judgements.get(tx, snapshot.message_id))
    if known is not None and task.generation == 1:  # a person who asks once more wants it judged once more
        judgement = Judgement.model_validate(
            {"kind": known.kind, "confidence": known.confidence, "because": known.because}
        )
        advice_id = await keep(task_id, Advice(judgement=judgement, judged_by=known.model), ())
        return Verdict(advice_id, judgement.kind, judgement.confidence).as_values()
    hidden = Placeholders(parts().options.recognisers)
    material = snapshot.material
    reply = await ask(task_id, "judge", await quoted(material, hidden), Judgement, lambda: rules.judge(material))
    judgement = reply.value.model_copy(update={"because": hidden.show(reply.value.because)[:MAX_BECAUSE]})
    advice_id = await keep(
        task_id, Advice(judgement=judgement, judged_by=reply.model), reply.calls, message_id=snapshot.message_id
    )
    return Verdict(advice_id, judgement.kind, judgement.confidence).as_values()


async def quoted(material: Material, hidden: Placeholders) -> str:
    """The material as a model gets it: quoted, and with placeholders for what it need not know."""
    return await asyncio.to_thread(prompts.quoted, material, secrets.token_hex(16), hidden.hide)


async def load_snapshot(snapshot_id: str, *, task_id: str = "", stage: Stage | None = None) -> Snapshot:
    """A snapshot, and (with `stage`) the note that the task has reached that stage. Raises NotFound, IllegalMove."""
    core = parts().core

    def load(tx: Tx) -> str:
        if stage is not None:
            tasks.enter(tx, task_id, stage)
        return _content(tx, snapshot_id)

    content = await (core.write(load) if stage is not None else core.read(load))
    return Snapshot.model_validate_json(content)


async def load_advice(advice_id: str) -> Advice:
    """What was thought. Raises NotFound."""
    return Advice.model_validate_json(await parts().core.read(lambda tx: _content(tx, advice_id)))


async def ask(
    task_id: str,
    purpose: Purpose,
    material: str,
    answer: type[T],
    by_rules: Callable[[], T],
    *,
    tools: tuple[Tool, ...] = (),
    limits: RunLimits | None = None,
) -> Reply[T]:
    """Ask, and record the calls of a failure before it is raised. `material` has its placeholders already."""
    question = Question(
        purpose=purpose,
        instructions=prompts.instructions(purpose),
        material=material,
        answer=answer,
        by_rules=by_rules,
        tools=tools,
        limits=limits,
    )
    core = parts().core
    task = await core.read(lambda tx: tasks.get(tx, task_id))
    try:
        return await parts().models.ask(question, who=Asker(task.tenant_id, task.user_id, task_id))
    except ModelFailed as failure:
        told, calls = failure.text, failure.calls

        def record(tx: Tx) -> None:
            model_calls.add_all(tx, calls, task_id=task_id)
            tasks.note_error(tx, task_id, told)

        await core.write(record)
        raise


async def keep(task_id: str, advice: Advice, calls: tuple[ModelCall, ...], *, message_id: str = "") -> str:
    """Keep an advice and the calls it cost; its id. With `message_id` the judgement is kept for the message, too."""

    def write(tx: Tx) -> str:
        model_calls.add_all(tx, calls, task_id=task_id)
        if message_id:
            found = advice.judgement
            judged = Judged(message_id, found.kind, found.confidence, found.because, advice.judged_by, clock.now())
            judgements.put(tx, judged)
        return task_rows.add_snapshot(tx, task_id, advice.model_dump_json(), clock.now())

    return await parts().core.write(write)


def _content(tx: Tx, snapshot_id: str) -> str:
    content = task_rows.snapshot(tx, snapshot_id)
    if content is None:
        raise NotFound(f"there is no snapshot {snapshot_id}")
    return content
