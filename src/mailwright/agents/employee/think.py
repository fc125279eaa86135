"""Thinking: the one place that asks a model. Two steps: `judge` (is this a task?) and `work` (the text of the answer).

Each sends the snapshot as quoted material and gets a typed value back, which is kept beside the snapshot; what leaves the step
is an id, a word and a number. Every call of a model is recorded, the failed ones too. Time-outs, 429 and 5xx are repeated by the
steps' policy; anything else ends the attempt.
"""

from __future__ import annotations

import secrets
from typing import Any

from mailwright.agents.employee import prompts
from mailwright.agents.employee.parts import parts
from mailwright.agents.employee.snapshot import Advice, Snapshot, Verdict
from mailwright.agents.models import Answer, Judgement, ModelFailed, Purpose, Question, Reply, rules
from mailwright.agents.models.asking import T
from mailwright.core import tasks
from mailwright.domain import clock
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.domain.tasks import Stage
from mailwright.pipeline import step
from mailwright.storage import Tx, model_calls
from mailwright.storage import tasks as task_rows
from mailwright.storage.model_calls import ModelCall

ATTEMPTS = 4  # with 2, 6 and 18 s between them: a rate limit or a restart of the service is over by then
INTERVAL = 2.0
BACKOFF = 3.0


def worth_repeating(error: BaseException) -> bool:
    """A service that may be back in a moment; never a refusal or a garbled answer."""
    return isinstance(error, TryLater) or (isinstance(error, ModelFailed) and error.transient)


@step(name="employee.judge", attempts=ATTEMPTS, interval=INTERVAL, backoff=BACKOFF, retry_if=worth_repeating)
async def judge(task_id: str, snapshot_id: str) -> dict[str, Any]:
    """`Verdict` as values. Raises ModelFailed, TryLater."""
    snapshot = await load_snapshot(snapshot_id, task_id=task_id, stage=Stage.THINK)
    reply = await _ask(task_id, "judge", snapshot, Judgement, lambda: rules.judge(snapshot.material))
    advice = Advice(judgement=reply.value, judged_by=reply.model)
    advice_id = await _keep(task_id, advice, reply.calls)
    return Verdict(advice_id, reply.value.kind, reply.value.confidence).as_values()


@step(name="employee.work", attempts=ATTEMPTS, interval=INTERVAL, backoff=BACKOFF, retry_if=worth_repeating)
async def work(task_id: str, snapshot_id: str, advice_id: str) -> str:
    """The id of the advice that has the answer's text. Raises ModelFailed, TryLater."""
    snapshot = await load_snapshot(snapshot_id)
    judged = await load_advice(advice_id)
    reply = await _ask(task_id, "work", snapshot, Answer, lambda: rules.work(snapshot.material))
    answer = reply.value
    advice = judged.model_copy(update={"text": answer.text, "written_by": reply.model, "because": answer.because})
    return await _keep(task_id, advice, reply.calls)


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


async def _ask(task_id: str, purpose: Purpose, snapshot: Snapshot, answer: type[T], by_rules: Any) -> Reply[T]:
    """Ask, and record the calls of a failure before it is raised."""
    models = parts().models
    question = Question(
        purpose=purpose,
        instructions=prompts.instructions(purpose),
        material=prompts.quoted(snapshot.material, secrets.token_hex(16)),
        answer=answer,
        by_rules=by_rules,
    )
    try:
        return await models.ask(question)
    except ModelFailed as failure:
        told, calls = failure.text, failure.calls

        def record(tx: Tx) -> None:
            _record(tx, task_id, calls)
            tasks.note_error(tx, task_id, told)

        await parts().core.write(record)
        raise


async def _keep(task_id: str, advice: Advice, calls: tuple[ModelCall, ...]) -> str:
    def write(tx: Tx) -> str:
        _record(tx, task_id, calls)
        return task_rows.add_snapshot(tx, task_id, advice.model_dump_json(), clock.now())

    return await parts().core.write(write)


def _record(tx: Tx, task_id: str, calls: tuple[ModelCall, ...]) -> None:
    for call in calls:
        model_calls.add(tx, call, task_id=task_id)


def _content(tx: Tx, snapshot_id: str) -> str:
    content = task_rows.snapshot(tx, snapshot_id)
    if content is None:
        raise NotFound(f"there is no snapshot {snapshot_id}")
    return content
