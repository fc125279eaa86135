"""Spans: how what happens is followed, in one trace from the edge to the last effect. Nothing at all while nobody follows.

Called on every floor; the follower (`telemetry.traces`, which alone knows OpenTelemetry) is put in by `follow` when the settings ask.

    with spans.edge("smtp message", size=len(raw)): ...        a trace begins, or goes on with what a caller of ours sent
    with spans.span("model ask", model=name) as span: ...      goes on with the trace that is there, and without one does nothing
    with spans.span("outbox send", parent=row.trace): ...      goes on with what was kept in a row

Between the two lies a database: what a transaction writes carries `traceparent()` (`Tx.trace`), in the form of W3C Trace Context.
Only a trace that is recorded is kept there, so what was left out at its edge costs nothing behind it.
Attributes are ids, sizes, counts and our own words. Mail text, subjects and addresses never are; of an error there is the class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeAlias

Value: TypeAlias = str | int | float | bool


class Span(Protocol):
    """One thing that takes its time."""

    @property
    def traceparent(self) -> str | None:
        """Where whoever comes after goes on; None: it is not recorded."""

    @property
    def trace_id(self) -> str:
        """The id of the trace, recorded or not; empty without one."""

    def rename(self, name: str) -> None:
        """What it is, known better now."""

    def set(self, **attributes: Value) -> None:
        """What else is known of it."""

    def failed(self, kind: str) -> None:
        """It ended badly, though nothing was raised: the class of what happened."""


class Follower(Protocol):
    """Whoever records spans."""

    def edge(
        self, name: str, parent: str | None, attributes: Mapping[str, Value], *, believed: bool
    ) -> AbstractContextManager[Span]:
        """A span that begins a trace, or goes on with `parent` (a traceparent from outside) where that is `believed`."""

    def span(
        self, name: str, parent: str | None, attributes: Mapping[str, Value], *, inside: bool
    ) -> AbstractContextManager[Span] | None:
        """A span below `parent`, or below the one that is there; None where neither is recorded. Unless `inside`, what runs in it is not
        below it."""

    def current(self) -> Span:
        """The span that is there."""


class _Nothing:
    """The span of nobody."""

    traceparent = None
    trace_id = ""

    def rename(self, name: str) -> None:
        """Nobody looks."""

    def set(self, **attributes: Value) -> None:
        """Nobody looks."""

    def failed(self, kind: str) -> None:
        """Nobody looks."""

    def __enter__(self) -> _Nothing:
        return self

    def __exit__(self, *_error: object) -> None:
        pass


NOTHING = _Nothing()
_follower: Follower | None = None
_batch: ContextVar[Mapping[str, str]] = ContextVar("traces of a batch", default={})  # noqa: B039 - nobody changes it
_correlation: ContextVar[str] = ContextVar("correlation id", default="")
_who: ContextVar[tuple[str, str]] = ContextVar("tenant and user", default=("", ""))


def follow(follower: Follower | None) -> None:
    """From now on spans are recorded by this one (None: by nobody)."""
    global _follower
    _follower = follower


def are_followed() -> bool:
    """Whether anybody records."""
    return _follower is not None


def edge(
    name: str, *, parent: str | None = None, believed: bool = True, **attributes: Value
) -> AbstractContextManager[Span]:
    """Something came in from outside. `parent` is the traceparent that it brought; unless that is `believed`, a trace of our own begins
    and only names it: a stranger does not choose what is recorded."""
    return NOTHING if _follower is None else _follower.edge(name, parent, attributes, believed=believed)


def span(name: str, *, parent: str | None = None, **attributes: Value) -> AbstractContextManager[Span]:
    """Something is done, because of what came in."""
    if _follower is None:
        return NOTHING
    return _follower.span(name, parent, attributes, inside=True) or NOTHING


def transaction(kind: str, function: Callable[..., Any]) -> AbstractContextManager[Span]:
    """A transaction, named after the function that runs in it."""
    if _follower is None or _follower.current().traceparent is None:
        return NOTHING
    return span(f"{kind} {_named(function)}")


def mark(**attributes: Value) -> None:
    """Say more of the span that is there."""
    if _follower is not None:
        _follower.current().set(**attributes)


def traceparent() -> str | None:
    """Where what comes after goes on; None where nothing is recorded."""
    return None if _follower is None else _follower.current().traceparent


def trace_of(correlation_id: str) -> str | None:
    """Where what is done about one event of a batch goes on, by the correlation id of the event; else what `traceparent` says."""
    return _batch.get().get(correlation_id) or traceparent()


@contextmanager
def batch(name: str, traces: Mapping[str, str], *, alone: bool, **attributes: Value) -> Iterator[None]:
    """Events are handled together: a span for each of `traces` (correlation id and traceparent). What runs inside is below it when
    the event is `alone`; else whoever does something about one of them finds its own by `trace_of`."""
    if _follower is None or not traces:
        yield
        return
    with ExitStack() as stack:
        found: dict[str, str] = {}
        for correlation_id, parent in traces.items():
            opened = _follower.span(name, parent, attributes, inside=alone)
            if opened is not None:
                found[correlation_id] = stack.enter_context(opened).traceparent or parent
        token = _batch.set(found)
        stack.callback(_batch.reset, token)
        yield


def concerns(tenant: str, user: str = "") -> None:
    """Whose affair the rest of this task is: ids, for the span that is there and for the logs."""
    _who.set((tenant, user))
    if _follower is not None:
        _follower.current().set(tenant=tenant, user=user)


def correlate(correlation_id: str) -> None:
    """What the rest of this task is logged under, where nobody says otherwise. (Binding it to the log costs ten times as much.)"""
    _correlation.set(correlation_id)


def correlation() -> str:
    """What `correlate` said last in this task."""
    return _correlation.get()


def whose() -> tuple[str, str]:
    """The tenant and the user that this task is about; empty where nobody knows."""
    return _who.get()


def current() -> Span:
    """The span that is there."""
    return NOTHING if _follower is None else _follower.current()


def _named(function: Callable[..., Any]) -> str:
    """The module and the outermost name of a function: `accept.accept` for a lambda in it."""
    inner = getattr(function, "func", function)  # of a partial
    module = getattr(inner, "__module__", "").rpartition(".")[2]
    name = getattr(inner, "__qualname__", type(inner).__name__).partition(".<locals>")[0]
    return f"{module}.{name}"
