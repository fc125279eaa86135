"""What a workflow and a step are: two decorators. Outside a running `Flows` both are ordinary coroutines; tests just await them.

Used by agents and core. A workflow body reads no clock, no random and no network (its steps do); arguments and results are
ids and small JSON values, never mail text. What a step does may be done again (its key: workflow id and step name).
Knows the engine only by the four things it asks of it: `flows.py` attaches and detaches it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, ParamSpec, Protocol, TypeVar

import structlog
from prometheus_client import Histogram

from mailwright.domain import spans
from mailwright.pipeline.lanes import Lane

P = ParamSpec("P")
R = TypeVar("R")

RECOVERIES = 4  # restarts of one workflow before it is parked: one that kills its process must not do so for ever

workflow_seconds = Histogram(
    "mailwright_workflow_seconds",
    "How long workflows ran, by name and outcome.",
    ["workflow", "outcome"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600),
)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a step is tried: `attempts` in all, `interval` seconds before the second and twice as long each time, at most `longest`.

    The engine only doubles; that no wait comes out longer than `longest` is checked here. Raises ValueError.
    """

    attempts: int
    interval: float
    longest: float

    BACKOFF: ClassVar[float] = 2.0

    def __post_init__(self) -> None:
        if any(wait > self.longest for wait in self.waits):
            raise ValueError(
                f"{self.attempts} attempts wait {self.waits[-1]:g} s in the end, and {self.longest:g} s at most are allowed"
            )

    @property
    def waits(self) -> tuple[float, ...]:
        """The seconds between the attempts."""
        return tuple(self.interval * self.BACKOFF**n for n in range(self.attempts - 1))


class Runner(Protocol):
    """The engine, as a workflow sees it."""

    async def run_step(
        self, options: Mapping[str, Any], function: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **kwargs: Any
    ) -> Any: ...
    def current_id(self) -> str | None: ...
    def current_trace(self) -> str | None: ...
    def entered(self, lane: Lane) -> None: ...
    def left(self, lane: Lane) -> None: ...


@dataclass(frozen=True, slots=True)
class Definition:
    """A registered workflow: its stable name, its lane, how often it may be restarted, and what runs."""

    name: str
    lane: Lane
    recoveries: int
    run: Callable[..., Coroutine[Any, Any, Any]]


definitions: dict[str, Definition] = {}
"""Every workflow declared in this process, by name."""
running: dict[asyncio.Task[Any], str] = {}
"""The workflows that run in this process, by their tasks."""
_engine: Runner | None = None  # DBOS allows one in a process


def attached() -> Runner | None:
    """The engine that runs this process's workflows."""
    return _engine


def attach(engine: Runner | None) -> None:
    """From now on workflows run under this engine (None: as ordinary coroutines)."""
    global _engine
    _engine = engine


def workflow(
    *, name: str, lane: Lane = "execute", recoveries: int = RECOVERIES
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """Declare a workflow. `name` is stored with every run: it never changes. Steps may only change behind a new name."""

    def decorate(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        @functools.wraps(function)
        async def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if _engine is None:
                return await function(*args, **kwargs)
            with _observed(name, lane, _engine), spans.span(f"workflow {name}", parent=_engine.current_trace()):
                return await function(*args, **kwargs)

        definitions[name] = Definition(name, lane, recoveries, run)
        run.workflow_name = name  # type: ignore[attr-defined] # read by `definition_of`
        return run

    return decorate


def step(
    *,
    name: str | None = None,
    attempts: int = 1,
    interval: float = 1.0,
    backoff: float = 2.0,
    timeout: float | None = None,
    retry_if: Callable[[BaseException], bool] | None = None,
    retries: Callable[[], Retries] | None = None,
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """Declare a step: its result is recorded, and it is not run again once it is.

    `attempts` in all, `interval` seconds before the second and `backoff` times longer each time; each attempt may take
    `timeout` seconds. `retry_if` says which errors are worth another attempt. The error of the last attempt is raised wrapped.
    `retries` is asked when the step is run, in the place of the first three.
    """

    def decorate(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        called = name or function.__qualname__
        plain: dict[str, Any] = {"name": called}
        if timeout is not None:
            plain["timeout_seconds"] = timeout

        def options() -> dict[str, Any]:
            found = (attempts, interval, backoff)
            if retries is not None:
                chosen = retries()
                found = (chosen.attempts, chosen.interval, chosen.BACKOFF)
            return plain | _repeated(*found, retry_if) if found[0] > 1 else plain

        @functools.wraps(function)
        async def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
            with spans.span(f"step {called}"):
                return await function(*args, **kwargs)

        @functools.wraps(function)
        async def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if _engine is None:
                return await function(*args, **kwargs)
            result: R = await _engine.run_step(options(), attempt, *args, **kwargs)
            return result

        return run

    return decorate


def _repeated(
    attempts: int, interval: float, backoff: float, retry_if: Callable[[BaseException], bool] | None
) -> dict[str, Any]:
    return {
        "retries_allowed": True,
        "max_attempts": attempts,
        "interval_seconds": interval,
        "backoff_rate": backoff,
        "should_retry": retry_if,
    }


def workflow_id() -> str | None:
    """The id of the workflow that runs here, or None outside of one: the first half of an idempotency key."""
    return None if _engine is None else _engine.current_id()


def definition_of(workflow: Callable[..., Any]) -> Definition:
    """What a decorated function was declared as. Raises ValueError for any other."""
    name = getattr(workflow, "workflow_name", None)
    if name is None or name not in definitions:
        raise ValueError(f"{workflow!r} is not a workflow")
    return definitions[name]


class _observed:  # noqa: N801 - used as `with _observed(...)`, once for every run
    """Counts and times one run, and tells the lane when a place in it is free again."""

    __slots__ = ("_engine", "_lane", "_name", "_started", "_task")

    def __init__(self, name: str, lane: Lane, engine: Runner) -> None:
        self._name, self._lane, self._engine = name, lane, engine

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        if self._task is not None:
            running[self._task] = self._name
        self._engine.entered(self._lane)
        self._started = time.monotonic()
        structlog.contextvars.bind_contextvars(workflow=self._name, workflow_id=self._engine.current_id())

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: object) -> None:
        outcome = "done" if kind is None else "interrupted" if kind is asyncio.CancelledError else "failed"
        workflow_seconds.labels(self._name, outcome).observe(time.monotonic() - self._started)
        if self._task is not None:
            running.pop(self._task, None)
        structlog.contextvars.unbind_contextvars("workflow", "workflow_id")
        self._engine.left(self._lane)


async def drain(seconds: float) -> None:
    """Wait until the running workflows ended; interrupt those that did not in time."""
    if running:
        _, late = await asyncio.wait(list(running), timeout=seconds)
        for task in late:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*late, return_exceptions=True)
