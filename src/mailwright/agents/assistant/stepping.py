"""The assistant's steps: how often each is tried, what is counted of them, and what must be true before each acts.

Used by classify, generate and draft. What a failure leaves is in `agents.attempts`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import structlog
from prometheus_client import Counter, Histogram

from mailwright.agents.assistant.parts import AGENT, parts
from mailwright.agents.attempts import Failure, StepFailed, worth_repeating
from mailwright.agents.policy import Grant
from mailwright.core import assistants, stops, tasks
from mailwright.core.assistants import Assistant
from mailwright.domain import clock
from mailwright.domain.refusals import Refusal
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.pipeline import Retries, step
from mailwright.storage import Tx, connections, triage
from mailwright.storage import accounts as account_rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.tasks import Task
from mailwright.storage.triage import Item

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

RETRIES: dict[str, Retries] = {
    # A model that is overloaded is back within minutes, and a mail may wait a quarter of an hour for its label.
    "classify": Retries(attempts=5, interval=60, longest=900),
    # What is worth drafting was judged a moment ago by the same service.
    "generate": Retries(attempts=3, interval=60, longest=600),
    # No model any more: a database, or the account elsewhere.
    "draft": Retries(attempts=3, interval=30, longest=300),
}
"""Looked at when a step is run: tests put shorter ones here."""

mails_total = Counter("mailwright_assistant_mails_total", "Mails the assistant judged, by what they are.", ["category"])
seconds = Histogram(
    "mailwright_assistant_seconds",
    "From a mail's arrival to its label and, where one was due, its draft.",
    ["outcome"],
    buckets=(0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 86400),
)
step_seconds = Histogram(
    "mailwright_assistant_step_seconds",
    "How long attempts of the assistant's steps took.",
    ["step", "outcome"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
drafts_total = Counter(
    "mailwright_assistant_drafts_total",
    "What became of drafts: made, edited, sent (as drafted), sent-edited, discarded.",
    ["outcome"],
)
retries_total = Counter(
    "mailwright_assistant_retries_total",
    "Attempts of the assistant's steps that failed and are repeated.",
    ["step", "reason"],
)


def attempted(
    name: str,
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """Declare a recorded step of the assistant's, repeated as `RETRIES` says, timed and counted."""

    def decorate(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        @wraps(function)
        async def once(*args: P.args, **kwargs: P.kwargs) -> R:
            started = time.monotonic()
            try:
                value = await function(*args, **kwargs)
            except Exception as error:
                failure = Failure.raised(name, error)
                step_seconds.labels(name, "failed").observe(time.monotonic() - started)
                if failure.transient:
                    retries_total.labels(name, failure.kind).inc()
                # Where it broke, and not what it said: an error's text may quote the mail.
                log.warning(
                    "assistant.attempt_failed", step=name, error=failure.kind, where=failure.frames.splitlines()[-3:]
                )
                raise StepFailed(failure) from None
            step_seconds.labels(name, "done").observe(time.monotonic() - started)
            return value

        return step(name=f"{AGENT}.{name}", retries=lambda: RETRIES[name], retry_if=worth_repeating)(once)

    return decorate


# --- before each effect ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    """A step's turn: the mail, its task at this generation, and the assistant it is done by."""

    item: Item
    task: Task
    assistant: Assistant

    @property
    def threshold(self) -> float:
        chosen = self.assistant.options.threshold
        return parts().options.threshold if chosen is None else chosen


class Settled(Refusal):
    """There is nothing more to do for the mail; the text says why.

    `ends`: its task ends by that (else it has, or another run has it). `no_draft`: the mail was judged, and only its draft is left out.
    """

    code = "settled"

    def __init__(self, because: str, *, ends: bool = True, no_draft: bool = False) -> None:
        super().__init__(because)
        self.because = because
        self.ends = ends
        self.no_draft = no_draft


def turn(tx: Tx, item_id: str, generation: int, grant: Grant) -> Turn:
    """Whether the step may act, asked anew in every transaction that does. Raises Settled."""
    item = triage.by_id(tx, item_id)
    task = tasks.find(tx, AGENT, item_id)
    if item is None or task is None:
        raise Settled("the mail is looked after no more")
    if task.status.is_final:
        raise Settled(f"the task is {task.status.value}", ends=False)
    if task.generation != generation:
        raise Settled("it was asked for once more since", ends=False)
    assistant = assistants.serving(tx, item.user_id)
    if assistant is None:
        raise Settled("the assistant is switched off")
    because = hindrance(tx, item, assistant, grant)
    if because:
        raise Settled(because)
    return Turn(item, task, assistant)


def hindrance(tx: Tx, item: Item, assistant: Assistant, grant: Grant) -> str:
    """What keeps the assistant from acting for that mail, or nothing."""
    owner = account_rows.by_id(tx, item.user_id)
    if owner is None or owner.status != "active":
        return "its owner's account is not active"
    if owner.role == "agent":
        return "it is an agent's mailbox"
    if item.connection_id is None and not assistant.options.own_mailbox:
        return "the mailbox here is not looked after"
    if item.connection_id is not None:
        connection = connections.by_id(tx, item.connection_id)
        if connection is None or not connection.enabled or connection.user_id != item.user_id:
            return "the account elsewhere is not looked after any more"
    if grant.value not in assistant.grants:
        return f"the assistant was not granted to {grant.value}"
    stopped = stops.engaged(tx, tenant_id=item.tenant_id, user_id=item.user_id)
    return f"agents are stopped: {stopped}" if stopped else ""


def enter(tx: Tx, item_id: str, generation: int, grant: Grant, stage: Stage) -> Turn:
    """`turn`, and the note that the task has reached that stage. Raises Settled."""
    found = turn(tx, item_id, generation, grant)
    if found.task.status is TaskStatus.QUEUED:
        tasks.start_attempt(tx, found.task.id, stage, attempt=1)
    else:
        if found.task.stage == stage.value:  # the step is repeated
            task_rows.update(tx, found.task.id, now=clock.now(), attempts=found.task.attempts + 1)
        tasks.enter(tx, found.task.id, stage)
    return Turn(found.item, tasks.get(tx, found.task.id), found.assistant)
