"""Attempts: what is kept of a step that failed, and whether another attempt may help.

Used by the assistant's steps and the scribe's. A failure leaves a step as `StepFailed`, whose text holds our words, the frames and whether
another attempt may help, and nothing else: the engine keeps it, and frames are all that is left of an error after a restart.
"""

from __future__ import annotations

import json
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mailwright.agents.models import ModelFailed
from mailwright.domain.refusals import Refusal, TryLater
from mailwright.pipeline.consumers import dead_letters_total
from mailwright.storage import Tx, dead_letters
from mailwright.storage.tasks import Task

MAX_FRAMES = 30  # of a trace; the innermost


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a step was given up, without a word of mail. `frames` are where it broke, outermost first."""

    step: str
    kind: str
    because: str
    transient: bool
    frames: str

    @classmethod
    def of(cls, error: BaseException, name: str = "") -> Failure:
        """What an error of a step says, however it came here: as it was raised, wrapped after the last attempt, or read back."""
        found: BaseException = error
        attempts = getattr(error, "errors", None)
        if isinstance(attempts, list) and attempts and isinstance(attempts[-1], BaseException):
            found = attempts[-1]
        try:
            return cls(**json.loads(str(found)))
        except (ValueError, TypeError):
            return cls(name, type(found).__name__, "", worth_repeating(found), frames_of(found))

    @classmethod
    def raised(cls, name: str, error: Exception) -> Failure:
        """What is kept of an attempt's error."""
        # Refusals and failures of models are in our own words; what else an error says may quote the mail.
        spoken = str(error)[:500] if isinstance(error, Refusal | ModelFailed) else ""
        return cls(name, type(error).__name__, spoken, worth_repeating(error), frames_of(error))


class StepFailed(Exception):
    """An attempt failed. Its text is a `Failure` as JSON."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(json.dumps(asdict(failure)))
        self.failure = failure


def worth_repeating(error: BaseException) -> bool:
    """A service or a database that may be back in a moment; never a refusal or a garbled answer."""
    if isinstance(error, StepFailed):
        return error.failure.transient
    return isinstance(error, TryLater) or (isinstance(error, ModelFailed) and error.transient)


def frames_of(error: BaseException) -> str:
    """Where it broke: files, lines and functions, without a value."""
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    return "\n".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)


def _short(filename: str) -> str:
    """A path that says nothing of the machine."""
    parts = Path(filename).parts
    for root in ("mailwright", "site-packages"):
        if root in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(root) :])
    return parts[-1] if parts else filename


def bury(tx: Tx, agent: str, args: tuple[Any, ...], task: Task, failure: Failure) -> None:
    """Leave a dead letter of a workflow that was given up: ids, our own words and the frames of where it broke. `args` are what the
    workflow was called with: first the id of whose turn it was, then the generation."""
    dead_letters.add(
        tx,
        source="workflow",
        name=agent,
        reference=f"{agent}:{args[0]}:{args[1]}",
        payload={
            "args": list(args),
            "tenant": task.tenant_id,
            "stage": failure.step,
            "transient": failure.transient,
            "task_id": task.id,
            "user_id": task.user_id,
        },
        error=f"{failure.kind}: {failure.because}" if failure.because else failure.kind,
        attempts=max(1, task.attempts),
        correlation_id=task.correlation_id,
        trace=failure.frames,
    )
    dead_letters_total.labels("workflow").inc()
