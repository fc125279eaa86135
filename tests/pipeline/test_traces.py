"""A trace goes on through the database: with the event, the batch that handles it, the workflow, and the row that leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from mailwright.domain import spans
from mailwright.domain.events import MESSAGE_DELIVERED, Event
from mailwright.domain.refusals import MailboxFull
from mailwright.pipeline import Commit, Consumers, Flows, Request, step, workflow
from mailwright.storage import events
from mailwright.storage.database import Database, Tx
from mailwright.telemetry import traces
from tests.servers.otlp import Collector, Seen, collector

SEEN: list[str] = []


@pytest.fixture
def sink() -> Iterator[Collector]:
    """A collector, and everything is recorded."""
    with collector() as found:
        recording = traces.start(found.url, headers={}, ratio=1.0, service="tests")
        yield found
        if spans.are_followed():
            recording.stop()


def stop() -> None:
    """Send what waits."""
    follower = spans._follower
    assert isinstance(follower, traces.Traces)
    follower.stop()


def append(tx: Tx, number: int) -> None:
    events.append(tx, MESSAGE_DELIVERED, "box", {"number": number}, correlation_id=f"c{number}")


async def written(database: Database) -> dict[str, str | None]:
    found = await database.read(lambda tx: events.read(tx, "mail_ingest", events.START, 100))
    return {event.correlation_id: event.trace for _, event in found.events}


async def test_an_event_has_the_trace_of_who_asked_for_its_transaction(any_database: Database, sink: Collector) -> None:
    async def deliver(number: int, *, shared: bool) -> str | None:
        with spans.edge(f"edge {number}"):
            await any_database.write(lambda tx: append(tx, number), shared=shared)
            return spans.traceparent()

    def refused(tx: Tx) -> None:
        append(tx, 99)
        raise MailboxFull("no room")

    async def fail() -> None:
        with spans.edge("refused"), pytest.raises(MailboxFull):
            await any_database.write(refused, shared=True)

    asked = [deliver(number, shared=number % 2 == 0) for number in range(6)]
    *given, _ = await asyncio.gather(*asked, fail())  # one of the group raises: it is run again, each by itself
    with spans.edge("thread"):
        await asyncio.to_thread(any_database.write_now, lambda tx: append(tx, 6))
        given.append(spans.traceparent())
    await any_database.write(lambda tx: append(tx, 7))
    assert await written(any_database) == {f"c{number}": trace for number, trace in enumerate([*given, None])}
    assert len({trace and trace.split("-")[1] for trace in given}) == 7


async def test_what_is_not_chosen_at_its_edge_is_not_kept_behind_it(database: Database) -> None:
    with collector() as found:
        recording = traces.start(found.url, headers={}, ratio=0.0, service="tests")
        with spans.edge("edge") as edge:
            assert edge.trace_id, "the answer of an API has an id all the same"
            with spans.span("inside"), spans.transaction("write", append):
                await database.write(lambda tx: append(tx, 1))
        with spans.edge("chosen by the caller", parent=f"00-{'a' * 32}-{'b' * 16}-01"):
            await database.write(lambda tx: append(tx, 2))
        with spans.edge("not chosen by the caller", parent=f"00-{'c' * 32}-{'b' * 16}-00"):
            await database.write(lambda tx: append(tx, 3))
        with spans.edge("a stranger", parent=f"00-{'d' * 32}-{'b' * 16}-01", believed=False) as stranger:
            assert stranger.trace_id != "d" * 32
            await database.write(lambda tx: append(tx, 4))
        await asyncio.to_thread(recording.stop)
        assert [each.name for each in found.spans] == ["chosen by the caller"]
        assert (found.spans[0].trace_id, found.spans[0].parent) == ("a" * 32, "b" * 16)
    kept = await written(database)
    assert kept["c1"] is kept["c3"] is kept["c4"] is None
    assert kept["c2"] is not None


async def test_each_event_of_a_batch_goes_on_in_its_own_trace(database: Database, sink: Collector) -> None:
    begun: dict[str, str] = {}
    for number in range(3):
        with spans.edge(f"edge {number}") as edge:
            await database.write(lambda tx, number=number: append(tx, number))  # type: ignore[misc]
            begun[f"c{number}"] = edge.trace_id
    await database.write(lambda tx: append(tx, 3))
    handled: dict[str, str | None] = {}
    failed: list[int] = []

    async def handle(batch: Sequence[Event]) -> Commit | None:
        for event in batch:
            if event.payload["number"] == 1 and not failed:
                failed.append(len(batch))
                raise ValueError("a secret of ada@example.org")
            handled[event.correlation_id] = spans.trace_of(event.correlation_id)
        return None

    consumers = Consumers(database, retry_seconds=(0.01,))
    consumers.subscribe("mail_ingest", "tests", handle)
    await consumers.start()
    async with asyncio.timeout(30):
        while len(handled) < 4:
            await asyncio.sleep(0.01)
    await consumers.stop()
    await asyncio.to_thread(stop)
    assert handled.pop("c3") is None
    assert {name: trace.split("-")[1] for name, trace in handled.items() if trace} == begun
    consumed = [each for each in sink.spans if each.name == "consume mail_ingest"]
    assert {each.trace_id for each in consumed} == set(begun.values())
    assert failed == [4], "they came together"
    assert "ValueError" in {each.error for each in consumed}
    assert b"secret" not in sink.raw
    assert b"ada@" not in sink.raw


@step(name="traced.step")
async def traced_step() -> str:
    SEEN.append(spans.current().trace_id)
    return ""


@workflow(name="traced")
async def traced(number: int) -> None:
    await traced_step()


async def test_a_workflow_goes_on_in_the_trace_of_what_asked_for_it(
    any_database: Database, flows: Flows, sink: Collector
) -> None:
    SEEN.clear()
    with spans.edge("edge") as edge:
        commit = await flows.hand_off([Request(traced, (1,), id="one")])
    if commit is not None:
        await any_database.write(commit)
    async with asyncio.timeout(30):
        while not SEEN:
            await asyncio.sleep(0.01)
    assert SEEN[0] == edge.trace_id
    await flows.enqueue(traced, 2, id="two")
    async with asyncio.timeout(30):
        while len(SEEN) < 2:
            await asyncio.sleep(0.01)
        while any([(await flows.status(name)).status != "done" for name in ("one", "two")]):  # type: ignore[union-attr]
            await asyncio.sleep(0.01)
    assert SEEN[1] == "", "nobody followed it"
    await asyncio.to_thread(stop)
    found: dict[str, Seen] = {each.name: each for each in sink.spans}
    assert found["step traced.step"].parent == found["workflow traced"].span_id
    assert found["workflow traced"].parent == found["edge"].span_id


async def test_a_collector_that_is_away_costs_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(traces, "EXPORT_SECONDS", 0.2)
    monkeypatch.setattr(traces.log, "warning", lambda event, **_: told.append(event))
    recording = traces.start("http://127.0.0.1:9", headers={}, ratio=1.0, service="tests")
    for _ in range(3):
        with spans.edge("edge"):
            pass
        await asyncio.to_thread(recording._provider.force_flush, 3000)
    await asyncio.to_thread(recording.stop)
    assert told == ["traces.not_sent"]
    with spans.edge("afterwards") as nothing:
        assert nothing.traceparent is None


def test_nothing_is_imported_that_nobody_asked_for() -> None:
    import subprocess
    import sys

    program = "import sys, mailwright.app, mailwright.work; print([n for n in sys.modules if n.startswith(('opentelemetry.sdk', 'sentry_sdk'))])"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"
