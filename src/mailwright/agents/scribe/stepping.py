"""The scribe's steps: how one is declared, begun, finished and resumed, what must be true before each acts, and what is counted of them.

    @scribed(ScribeStep.RESEARCH, Researched)
    async def research(work: Work) -> Researched:          # the body: no transaction is open, the network is allowed
        parsed = work.before(ScribeStep.TEMPLATE, Parsed)   # what an earlier step found
        reply = await work.ask(question)                    # a model, recorded and counted; raises ModelFailed
        await work.write(lambda tx: add_source(tx, ...))    # a transaction of its own: refused when the mail is not ours to write any more
        return Researched(...)

Outside, `research(task_id, generation)` is a recorded step, repeated as `RETRIES` says. It answers "" to go on, or the status of a task that
has ended. A step whose row has content is not done again: whoever runs the mail once more pays nothing for it.
Promises: what a body returns is kept in the same transaction in which it is asked anew whether the mail may go on; what attempts cost
that failed, or whose process died, is counted too; nothing of the mail or the web is in an error, a log, a span or the engine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from prometheus_client import Counter, Histogram
from pydantic import BaseModel

from mailwright.agents.attempts import Failure, StepFailed, worth_repeating
from mailwright.agents.models import Asker, ModelFailed, Question, Reply
from mailwright.agents.scribe import ending
from mailwright.agents.scribe.ending import Settled
from mailwright.agents.scribe.parts import AGENT, parts
from mailwright.codecs.redaction import Placeholders
from mailwright.core import stops, tasks
from mailwright.domain import clock, spans
from mailwright.domain.outreach import ScribeStep
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Retries, step
from mailwright.storage import Tx, model_calls, outreach, outreachsteps
from mailwright.storage import accounts as account_rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.accounts import Account
from mailwright.storage.outreach import Outreach

if TYPE_CHECKING:
    from mailwright.storage.model_calls import ModelCall

log = structlog.get_logger(__name__)

A = TypeVar("A", bound=BaseModel)
R = TypeVar("R", bound=BaseModel)
T = TypeVar("T")

RETRIES: dict[ScribeStep, Retries] = {
    # Somebody may be watching: first soon, then with patience for a service that is overloaded.
    ScribeStep.TEMPLATE: Retries(attempts=5, interval=5, longest=120),
    ScribeStep.RESEARCH: Retries(attempts=5, interval=5, longest=120),
    ScribeStep.PAPERS: Retries(attempts=3, interval=5, longest=60),  # then the mail is written without them
    ScribeStep.COMPOSE: Retries(attempts=5, interval=5, longest=120),
}
"""Looked at when a step is run: tests put shorter ones here."""

OPTIONAL: Final[dict[ScribeStep, Callable[[str], BaseModel]]] = {}
"""Steps a mail can do without, and what stands in their place, made of our words why: see `scribed`."""

step_seconds = Histogram(
    "mailwright_scribe_step_seconds",
    "How long attempts of the scribe's steps took.",
    ["step", "outcome"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120),
)
retries_total = Counter(
    "mailwright_scribe_retries_total",
    "Attempts of the scribe's steps that failed and are repeated.",
    ["step", "reason"],
)


def turn(tx: Tx, task_id: str, generation: int) -> Outreach:
    """The mail, when a run of that generation may go on with it; asked anew in every transaction that does something. Raises Settled."""
    mail = outreach.by_id(tx, task_id)
    if mail is None:
        raise Settled("the mail is gone", TaskStatus.CANCELLED)
    if mail.status.is_final:
        raise Settled(f"the task is {mail.status.value}")
    if mail.generation != generation:
        raise Settled("it was asked for once more since")
    if mail.status is not TaskStatus.RUNNING:
        raise Settled("it is not its turn")
    if mail.deleted_at is not None:
        raise Settled("it was deleted", TaskStatus.CANCELLED)
    batch = outreach.batch(tx, mail.batch_id) if mail.batch_id else None
    if batch is not None and batch.cancelled_at is not None:
        raise Settled("its batch was cancelled", TaskStatus.CANCELLED)
    owner = account_rows.by_id(tx, mail.user_id)
    if owner is None or owner.status != "active":
        raise Settled("its owner's account is not active", TaskStatus.FAILED)
    if owner.role == "agent":
        raise Settled("it is an agent's account", TaskStatus.FAILED)
    stopped = stops.engaged(tx, tenant_id=mail.tenant_id, user_id=mail.user_id)
    if stopped:
        raise Settled(f"agents are stopped: {stopped}", TaskStatus.FAILED)
    return mail


@dataclass(slots=True)
class Work:
    """One attempt at one step: the mail, its owner, and which models were asked. `files` and `template` of the mail are the owner's
    words; `hidden` puts placeholders into everything a model is shown, and values again into what it says."""

    step: ScribeStep
    mail: Outreach
    owner: Account
    found: dict[str, str]  # by step: what the earlier ones found, as JSON
    hidden: Placeholders = field(default_factory=lambda: Placeholders(parts().options.recognisers))
    started: float = field(default_factory=time.monotonic)
    models: list[str] = field(default_factory=list)
    with_it: list[Callable[[Tx, Outreach], None]] = field(default_factory=list)

    def before(self, which: ScribeStep, result: type[R]) -> R:
        """What an earlier step found."""
        return result.model_validate_json(self.found[which.value])

    async def ask(self, question: Question[A]) -> Reply[A]:
        """Ask a model for the owner of the mail; the calls are recorded and counted, those of a failure too. Raises ModelFailed, TryLater.

        What stands in the answer is as the model said it: `hidden.show` puts values in the place of placeholders.
        """
        mail = self.mail
        try:
            reply = await parts().models.ask(question, who=Asker(mail.tenant_id, mail.user_id, mail.id))
        except ModelFailed as failure:
            await self._record(failure.calls)
            raise
        await self._record(reply.calls)
        if reply.model not in self.models:
            self.models.append(reply.model)
        return reply

    async def read(self, question: Callable[[Tx], T]) -> T:
        """Something from the database. Raises TryLater."""
        return await parts().core.read(question)

    async def write(self, change: Callable[[Tx], T]) -> T:
        """A change in the middle of the step (a copy that was read, say): done only while the mail may go on. Raises Settled, TryLater."""

        def guarded(tx: Tx) -> T:
            turn(tx, self.mail.id, self.mail.generation)
            return change(tx)

        return await parts().core.write(guarded)

    def together(self, change: Callable[[Tx, Outreach], None]) -> None:
        """Do this in the transaction that keeps the step's result."""
        self.with_it.append(change)

    async def _record(self, calls: tuple[ModelCall, ...]) -> None:
        """At once: what was paid is counted, whatever becomes of the attempt, and of this process."""
        input_tokens = sum(each.input_tokens for each in calls)
        output_tokens = sum(each.output_tokens for each in calls)
        cost_usd = sum(each.cost_usd for each in calls)

        def add(tx: Tx) -> None:
            model_calls.add_all(tx, calls, task_id=self.mail.id)
            outreachsteps.spent(
                tx,
                self.mail.id,
                self.step.value,
                input_tokens=input_tokens,
                output_tokens=output_tokens,
                cost_usd=cost_usd,
            )

        await parts().core.write(add)


Body = Callable[[Work], Coroutine[Any, Any, R]]
Step = Callable[[str, int], Coroutine[Any, Any, str]]


def scribed(
    which: ScribeStep, result: type[R], *, otherwise: Callable[[str], R] | None = None
) -> Callable[[Body[R]], Step]:
    """Declare a step. With `otherwise` the mail can do without it: when its attempts are used up, what that makes of our words why is its
    result."""
    if otherwise is not None:
        OPTIONAL[which] = otherwise

    def decorate(body: Body[R]) -> Step:
        @wraps(body)
        async def once(task_id: str, generation: int) -> str:
            started = time.monotonic()
            spans.mark(task_id=task_id, generation=generation)
            try:
                settled, outcome = await _attempt(which, result, body, task_id, generation)
            except Exception as error:
                failure = Failure.raised(which.value, error)
                step_seconds.labels(which.value, "failed").observe(time.monotonic() - started)
                spans.mark(outcome=failure.kind)
                if failure.transient:
                    retries_total.labels(which.value, failure.kind).inc()
                # Where it broke, and not what it said: an error's text may quote a page.
                where = failure.frames.splitlines()[-3:]
                log.warning("scribe.attempt_failed", step=which.value, error=failure.kind, where=where)
                raise StepFailed(failure) from None
            spans.mark(outcome=outcome)
            if outcome == "done":
                step_seconds.labels(which.value, "done").observe(time.monotonic() - started)
            return settled

        name = f"{AGENT}.{which.value}"
        return step(name=name, retries=lambda: RETRIES[which], retry_if=worth_repeating)(once)

    return decorate


async def _attempt(which: ScribeStep, result: type[R], body: Body[R], task_id: str, generation: int) -> tuple[str, str]:
    """The status of a task that has ended ("" to go on), and the outcome in a word: done, already, settled."""
    core = parts().core
    try:
        work = await core.write(lambda tx: _begin(tx, which, task_id, generation))
        if work is None:
            return "", "already"
        value = result.model_validate(await body(work))
        return await core.write(lambda tx: _finish(tx, work, value)), "done"
    except Settled as why:
        because = why
        return await core.write(lambda tx: ending.settled(tx, task_id, generation, because)), "settled"


def _begin(tx: Tx, which: ScribeStep, task_id: str, generation: int) -> Work | None:
    """None: it is done already."""
    mail = turn(tx, task_id, generation)
    now = clock.now()
    known = outreachsteps.begin(tx, task_id, which.value, now)
    if known.content:
        return None
    if mail.stage != which.value:
        tasks.enter(tx, task_id, which.stage)
    elif known.attempts > 1:
        task_rows.update(tx, task_id, now=now, attempts=mail.attempts + 1)
    owner = account_rows.by_id(tx, mail.user_id)
    if owner is None:
        raise NotFound("the owner of the mail is gone")
    found = {each.step: each.content for each in outreachsteps.of_task(tx, task_id) if each.content}
    return Work(which, mail, owner, found)


def _finish(tx: Tx, work: Work, value: BaseModel) -> str:
    mail = turn(tx, work.mail.id, work.mail.generation)
    done = outreachsteps.finish(
        tx,
        mail.id,
        work.step.value,
        value.model_dump_json(),
        now=clock.now(),
        latency_us=round((time.monotonic() - work.started) * clock.SECOND),
        models=" ".join(work.models),
    )
    if done:  # else another run of this generation was first, and its result stays
        for change in work.with_it:
            change(tx, mail)
    status = tasks.get(tx, mail.id).status
    return status.value if status.is_final else ""


@step(name=f"{AGENT}.leave_out", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def leave_out(which: str, task_id: str, generation: int, because: str) -> str:
    """An optional step was given up: what stands in its place is its result. The status of a task that has ended, or "". Raises TryLater."""

    def write(tx: Tx) -> str:
        try:
            turn(tx, task_id, generation)
        except Settled as why:
            return ending.settled(tx, task_id, generation, why)
        value = OPTIONAL[ScribeStep(which)](because)
        outreachsteps.begin(tx, task_id, which, clock.now())
        outreachsteps.finish(tx, task_id, which, value.model_dump_json(), now=clock.now(), latency_us=0)
        return ""

    return await parts().core.write(write)
