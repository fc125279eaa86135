"""Workflows: once for an id, resumed at the next step, shared fairly, dead letters for those that fail."""

import asyncio
import fcntl
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from dbos import DBOS
from prometheus_client import REGISTRY

from mailwright.domain.clock import DAY, now
from mailwright.domain.events import MESSAGE_DELIVERED, Event
from mailwright.domain.refusals import AlreadyExists, BadInput, MailboxFull, NotFound, TryLater
from mailwright.pipeline import Commit, Consumers, Flow, Flows, Request, Retries, heartbeat, step, workflow, workflow_id
from mailwright.pipeline.dead_letters import DeadLetters
from mailwright.pipeline.engine import Engine
from mailwright.pipeline.heartbeat import Heartbeat, machine, reap
from mailwright.pipeline.lanes import BULK, LANES, NORMAL, URGENT
from mailwright.pipeline.retention import purge
from mailwright.pipeline.workflows import attached
from mailwright.storage import events, status, workers
from mailwright.storage.database import Database, Tx, open_database
from mailwright.storage.dead_letters import DeadLetter
from tests.pipeline.conftest import flows_url
from tests.servers.postgresql import PostgresqlServer

done: list[str] = []
ran: Counter[str] = Counter()
gate = asyncio.Event()
broken: set[str] = set()


@pytest.fixture(autouse=True)
def _fresh() -> None:
    global gate
    done.clear()
    ran.clear()
    broken.clear()
    gate = asyncio.Event()


@step()
async def note(word: str) -> str:
    ran[f"{workflow_id()} {word}"] += 1
    return word


@step(attempts=3, interval=0.05)
async def may_fail(name: str) -> str:
    ran[f"{workflow_id()} may_fail"] += 1
    if name in broken:
        raise ValueError(f"{name} is broken")
    return name


@step()
async def wait(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


@step()
async def wait_for_gate() -> None:
    await gate.wait()


@workflow(name="tests.three", lane="classify")
async def three(name: str) -> list[str]:
    words = [await note("one"), await may_fail(name), await note("three")]
    done.append(name)
    return words


@workflow(name="tests.pause", lane="execute")
async def pause(name: str, seconds: float) -> None:
    await wait(seconds)
    done.append(name)


def test_waits_between_attempts_double_and_one_that_is_too_long_is_refused_at_once() -> None:
    assert Retries(5, 60, 900).waits == (60, 120, 240, 480)
    with pytest.raises(ValueError, match="480 s in the end"):
        Retries(5, 60, 300)


@workflow(name="tests.gated", lane="notify")
async def gated(name: str) -> None:
    await note("before")
    await wait_for_gate()
    await note("after")
    done.append(name)


@workflow(name="tests.scheduled")
async def scheduled(due: datetime, _context: None) -> None:
    assert due.tzinfo is not None
    done.append("scheduled")


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"it did not happen in time; done: {done[-5:]}"
        await asyncio.sleep(0.01)


async def ended(flows: Flows, id: str) -> Flow:
    ends = time.monotonic() + 60
    while (flow := await flows.status(id)) is None or flow.completed_at is None:
        assert time.monotonic() < ends, f"{id} did not end: {flow}"
        await asyncio.sleep(0.02)
    return flow


async def test_outside_of_running_flows_a_workflow_is_an_ordinary_coroutine() -> None:
    assert await three("ada") == ["one", "ada", "three"]
    assert workflow_id() is None


async def test_an_id_enqueued_a_hundred_times_runs_once(flows: Flows) -> None:
    await asyncio.gather(*(flows.enqueue(three, "ada", id="three:ada", tenant="t") for _ in range(100)))
    flow = await ended(flows, "three:ada")
    assert (flow.status, flow.result, flow.args, flow.tenant) == ("done", ["one", "ada", "three"], ("ada",), "t")
    assert (flow.workflow, flow.lane, flow.attempts) == ("tests.three", "classify", 1)
    await flows.enqueue(three, "ada", id="three:ada")
    await asyncio.sleep(0.3)
    assert done == ["ada"]
    assert set(ran.values()) == {1}
    assert [one.name for one in await flows.steps("three:ada")] == ["note", "may_fail", "note"]
    assert await flows.status("nobody") is None


async def test_work_starts_when_it_is_asked_for_and_not_at_the_next_poll(flows: Flows) -> None:
    """The contract with DBOS's queue loop: an idle lane looks once a second, a woken one at once."""
    took = []
    for n in range(7):
        began = time.monotonic()
        await flows.enqueue(three, f"{n}", id=f"w{n}")
        await until(lambda n=n: ran[f"w{n} one"])
        took.append(time.monotonic() - began)
        await asyncio.sleep(0.15)
    assert sorted(took)[3] < 0.4


async def test_a_step_is_tried_again_and_then_the_workflow_dies_and_can_be_replayed(
    any_database: Database, any_url: str
) -> None:
    told: list[DeadLetter] = []
    flows = Flows(
        any_database, flows_url(any_url), executor_id="tests", on_dead=lambda _tx, letter: told.append(letter)
    )
    await flows.start()
    try:
        broken.add("chen")
        await flows.enqueue(three, "chen", id="f1", tenant="t")
        flow = await ended(flows, "f1")
        assert flow.status == "failed"
        assert ran["f1 may_fail"] == 3
        assert [one.id for one in await flows.dead()] == ["f1"]
        assert await flows.bury_failed() == 1
        assert await flows.bury_failed() == 0
        [letter] = told
        assert (letter.source, letter.name, letter.reference) == ("workflow", "tests.three", "f1")
        assert letter.payload["args"] == ["chen"]
        letters = DeadLetters(any_database, flows)
        # Replayed too early it dies again, and that is told again.
        await letters.replay(letter.id)
        await until(lambda: ran["f1 may_fail"] == 6)
        await ended(flows, "f1")
        assert await flows.bury_failed() == 1
        broken.clear()
        await letters.replay((await letters.list())[0].id)
        await until(lambda: done == ["chen"])
        flow = await ended(flows, "f1")
        assert (flow.status, flow.error) == ("done", None)
        assert ran["f1 one"] == 1  # recorded before the failing step, and not repeated
        assert await letters.list() == []
        with pytest.raises(BadInput):
            await letters.replay(letter.id)
        with pytest.raises(NotFound):
            await flows.replay("nobody")
        await flows.replay("f1", from_step=3)
        await until(lambda: done == ["chen", "chen"])
        assert (ran["f1 one"], ran["f1 may_fail"], ran["f1 three"]) == (1, 7, 2)
    finally:
        await flows.stop(0.1)


async def test_a_parked_workflow_becomes_a_dead_letter(flows: Flows, any_database: Database) -> None:
    await flows.enqueue(three, "ada", id="p1")
    await ended(flows, "p1")
    _sql(flows, "UPDATE {t} SET status = 'MAX_RECOVERY_ATTEMPTS_EXCEEDED', queue_name = NULL")
    assert (await flows.dead())[0].status == "parked"
    assert await flows.bury_failed() == 1
    letters = DeadLetters(any_database, flows)
    [letter] = await letters.list(source="workflow")
    await letters.replay(letter.id)
    assert (await ended(flows, "p1")).status == "done"


async def test_events_become_workflows_together_with_the_cursor(flows: Flows, any_database: Database) -> None:
    async def handle(batch: Sequence[Event]) -> Commit | None:
        return await flows.hand_off(
            [Request(three, (event.key,), id=f"three:{event.key}", tenant=event.key[:1]) for event in batch]
        )

    await any_database.write(
        lambda tx: events.append_many(tx, [(MESSAGE_DELIVERED, f"m{n}", {}, "") for n in range(60)])
    )
    for _ in range(2):
        consumers = Consumers(any_database)
        consumers.subscribe("mail_ingest", "ingesters", handle)
        await consumers.start()
        await until(lambda: len(done) == 60)
        await until(lambda: any_database.read_now(lambda tx: events.lag(tx, "mail_ingest", "ingesters")).waiting == 0)
        await consumers.stop()
        # Handed off again, as after a crash before the cursor moved: nothing runs twice.
        await any_database.write(lambda tx: tx.execute("UPDATE event_cursors SET tx = 0, position = 0"))
    await asyncio.sleep(0.3)
    assert sorted(done) == sorted(f"m{n}" for n in range(60))
    assert await flows.hand_off([]) is None


async def test_on_postgresql_a_hand_off_that_is_rolled_back_leaves_no_workflow(
    idle_flows: Flows, any_database: Database
) -> None:
    if any_database.dialect == "sqlite":
        pytest.skip("embedded, the hand-off commits before the cursor moves")
    commit = await idle_flows.hand_off([Request(three, ("ada",), id="r1")])
    assert commit is not None

    def refused(tx: Tx) -> None:
        commit(tx)
        raise MailboxFull("no room")

    with pytest.raises(MailboxFull):
        await any_database.write(refused)
    assert await idle_flows.status("r1") is None
    await any_database.write(commit)
    await any_database.write(commit)
    assert len(await idle_flows.find(workflow="tests.three")) == 1


async def test_a_flood_of_one_tenant_leaves_the_others_their_turn(
    any_database: Database, any_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LANES, "execute", 5)
    flows = Flows(any_database, flows_url(any_url), executor_id="tests")
    await _hand_off(
        flows, any_database, [Request(pause, (f"flood {n}", 0.1), f"fl{n}", tenant="flood") for n in range(40)]
    )
    await flows.start()
    try:
        await until(lambda: len(done) >= 5)
        await _hand_off(
            flows, any_database, [Request(pause, (f"small {n}", 0.1), f"s{n}", tenant=f"small {n}") for n in range(4)]
        )
        await until(lambda: len(done) == 44, 30)
        positions = [done.index(f"small {n}") for n in range(4)]
        assert max(positions) < 36, done
    finally:
        await flows.stop(0.1)


async def test_urgent_work_starts_before_bulk(
    any_database: Database, any_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LANES, "execute", 1)
    flows = Flows(any_database, flows_url(any_url), executor_id="tests")
    priorities = {"bulk": BULK, "normal": NORMAL, "urgent": URGENT}
    for name, priority in priorities.items():
        await flows.enqueue(pause, name, 0.01, id=name, priority=priority)
    await flows.start()
    try:
        await until(lambda: len(done) == 3)
        assert done == ["urgent", "normal", "bulk"]
    finally:
        await flows.stop(0.1)


async def test_delayed_work_waits_and_cancelled_work_never_starts(flows: Flows) -> None:
    await flows.enqueue(pause, "later", 0.0, id="later", delay=1.0)
    await flows.enqueue(pause, "never", 0.0, id="never", delay=1.0)
    assert [flow.status for flow in await flows.find()] == ["delayed", "delayed"]
    await flows.measure()
    assert REGISTRY.get_sample_value("mailwright_workflows", {"lane": "execute", "status": "delayed"}) == 2
    with pytest.raises(BadInput):
        await flows.replay("later")
    await flows.cancel("never")
    began = time.monotonic()
    await until(lambda: done == ["later"])
    assert time.monotonic() - began > 0.7
    never = await flows.status("never")
    assert never is not None
    assert never.status == "cancelled"


async def test_running_work_is_seen_measured_and_timed(flows: Flows) -> None:
    before = REGISTRY.get_sample_value(
        "mailwright_workflow_seconds_count", {"workflow": "tests.gated", "outcome": "done"}
    )
    for name in ("a", "b"):
        await flows.enqueue(gated, name, id=name)
    await until(lambda: flows.running() == 2)
    assert flows.activity() == "2 tests.gated"
    gate.set()
    await until(lambda: flows.running() == 0)
    after = REGISTRY.get_sample_value(
        "mailwright_workflow_seconds_count", {"workflow": "tests.gated", "outcome": "done"}
    )
    assert (after or 0) - (before or 0) == 2


async def test_work_interrupted_by_the_end_goes_on_after_the_next_start(any_database: Database, any_url: str) -> None:
    first = Flows(any_database, flows_url(any_url), executor_id="tests")
    await first.start()
    await first.enqueue(gated, "ada", id="g1")
    await until(lambda: ran["g1 before"] == 1)
    await asyncio.sleep(0.1)
    await first.stop(0.1)
    assert done == []
    await asyncio.to_thread(time.sleep, 0)  # the loop's threads are still there
    gate.set()
    second = Flows(any_database, flows_url(any_url), executor_id="tests")
    await second.start()
    try:
        await until(lambda: done == ["ada"])
        assert (ran["g1 before"], ran["g1 after"]) == (1, 1)
    finally:
        await second.stop(0.1)


async def test_what_a_dead_process_left_is_resumed_by_a_live_one(any_database: Database, any_url: str) -> None:
    """The contract with DBOS's recovery: it takes the named executor's work, once, and nobody else's."""
    flows = Flows(any_database, flows_url(any_url), executor_id="alive")
    await flows.enqueue(three, "ada", id="left")
    await flows.enqueue(three, "bashir", id="busy")
    _sql(
        flows,
        "UPDATE {t} SET status = 'PENDING', executor_id = CASE workflow_uuid WHEN 'left' THEN 'gone' ELSE 'elsewhere' END",
    )
    await any_database.write(lambda tx: workers.sign_in(tx, "gone", "far/away", 1, [], now() - DAY))
    await any_database.write(lambda tx: workers.sign_in(tx, "elsewhere", "far/away", 1, [], now()))
    with pytest.raises(TryLater):  # it is not ready to resume anything, and forgets nobody
        await reap(any_database, flows, machine())
    await flows.start()
    try:
        assert await reap(any_database, flows, machine()) == 1
        assert await reap(any_database, flows, machine()) == 0
        await until(lambda: done == ["ada"])
        assert await flows.recover(["gone"]) == 0
        busy = await flows.status("busy")
        assert busy is not None
        assert busy.status == "running"
        # A process of this machine that no longer exists is not waited for.
        await any_database.write(
            lambda tx: workers.sign_in(tx, "elsewhere", machine(), 2**22 + 1, [], now(), alone=True)
        )
        assert await reap(any_database, flows, machine()) == 1
        await until(lambda: len(done) == 2)
    finally:
        await flows.stop(0.1)


async def test_a_heartbeat_takes_its_name_and_gives_it_back(any_database: Database) -> None:
    heart = Heartbeat(any_database, "w1", ["worker"])
    await heart.sign_in()
    heart.start()
    assert [one.name for one in await any_database.read(lambda tx: workers.alive(tx, now()))] == ["w1"]
    await any_database.write(lambda tx: tx.execute("UPDATE workers SET pid = pid + 1"))
    with pytest.raises(AlreadyExists):
        await Heartbeat(any_database, "w1", ["worker"]).sign_in()
    await Heartbeat(any_database, "w1", ["worker"], alone=True).sign_in()
    await heart.stop()
    assert await any_database.read(lambda tx: workers.alive(tx, now())) == []


async def test_finished_work_is_purged(flows: Flows, any_database: Database) -> None:
    for n in range(3):
        await flows.enqueue(three, f"{n}", id=f"{n}")
    await until(lambda: len(done) == 3)
    for n in range(3):
        await ended(flows, f"{n}")
    await flows.enqueue(pause, "waits", 0.0, id="waits", delay=60)
    assert (await purge(any_database, flows)).workflows == 0
    assert (await purge(any_database, flows, workflow_days=-1)).workflows == 3
    assert [flow.id for flow in await flows.find()] == ["waits"]


async def test_a_group_that_no_version_has_any_more_keeps_the_log_for_a_while_only(
    flows: Flows, any_database: Database
) -> None:
    def write(tx: Tx) -> None:
        for number in range(3):
            events.append(tx, MESSAGE_DELIVERED, "box", {"number": number})
        assert events.claim(tx, "mail_ingest", "of-an-older-version", "", seconds=0) is not None
        assert events.claim(tx, "later", "of-a-later-version", "", seconds=0) is not None
        assert events.claim(tx, "mail_ingest", "ingesters", "", seconds=0) is not None

    await any_database.write(write)
    ended = await any_database.read(lambda tx: tx.log_end())
    await any_database.write(lambda tx: events.advance(tx, "mail_ingest", "ingesters", "", ended, seconds=0))
    assert (await purge(any_database, flows)).events == 0
    assert len(await any_database.read(status.groups)) == 3, "it may be of a process that is still there"
    assert await any_database.read(lambda tx: events.lag(tx, "later", "of-a-later-version")) == events.Lag(0, None, 0)
    assert (await purge(any_database, flows, event_days=-1)).events == 3
    assert await any_database.read(status.groups) == [("mail_ingest", "ingesters")]


async def test_a_schedule_fires(any_database: Database, any_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import mailwright.pipeline.engine as engine_module

    monkeypatch.setattr(engine_module, "SCHEDULER_SECONDS", 0.2)
    flows = Flows(any_database, flows_url(any_url), executor_id="tests")
    flows.schedule("* * * * * *", scheduled)
    await flows.start()
    try:
        await until(lambda: done)
        assert done[0] == "scheduled"
    finally:
        await flows.stop(0.1)
    worker = Flows(any_database, flows_url(any_url), executor_id="another")  # has no schedules, and starts later
    await worker.start()
    try:
        assert [each["workflow_name"] for each in DBOS.list_schedules()] == ["tests.scheduled"]
    finally:
        await worker.stop(0.1)


async def test_a_heartbeat_goes_on_whatever_goes_wrong(any_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    beats: list[int] = []

    def count() -> int:
        beats.append(len(beats))
        if len(beats) == 1:
            raise RuntimeError("dictionary changed size during iteration")
        return 0

    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.01)
    heart = Heartbeat(any_database, "w1", ["worker"], tasks_running=count)
    await heart.sign_in()
    heart.start()
    await until(lambda: len(beats) > 2)
    await heart.stop()


async def test_one_file_has_one_engine(database: Database, sqlite_url: str) -> None:
    url = flows_url(sqlite_url)
    descriptor = os.open(url.removeprefix("sqlite:///") + ".lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    flows = Flows(database, url)
    with pytest.raises(AlreadyExists):
        await flows.start()
    os.close(descriptor)
    await flows.start()
    with pytest.raises(RuntimeError):
        await Flows(database, url).start()
    await flows.stop(0.1)


async def test_a_start_that_failed_can_be_repeated(
    any_database: Database, any_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mailwright.pipeline.engine as engine_module

    def away(*_: object) -> None:
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("the server closed the connection"))

    flows = Flows(any_database, flows_url(any_url), executor_id="tests")
    with monkeypatch.context() as patched:
        patched.setattr(engine_module.Engine, "_prepare", away)
        with pytest.raises(TryLater):
            await flows.start()
    await flows.start()
    await flows.enqueue(three, "ada", id="a")
    await until(lambda: done == ["ada"])
    await flows.stop(0.1)


def test_events_and_workflows_live_in_databases_of_one_kind(database: Database) -> None:
    with pytest.raises(ValueError, match="one kind"):
        Flows(database, "postgresql://elsewhere/db")


@pytest.mark.server
async def test_workflows_survive_a_postgresql_that_goes_away(postgresql_server: PostgresqlServer) -> None:
    url = postgresql_server.fresh_database()
    database = open_database(url)
    flows = Flows(database, url, executor_id="tests")
    await flows.start()
    try:
        for name in ("ada", "bashir"):
            await flows.enqueue(gated, name, id=name)
        await until(lambda: flows.running() == 2)
        await asyncio.to_thread(postgresql_server.stop)
        gate.set()
        await asyncio.sleep(1.0)
        assert done == []
        await asyncio.to_thread(postgresql_server.start)
        await flows.enqueue(three, "chen", id="chen")
        await until(lambda: sorted(done) == ["ada", "bashir", "chen"], 40)
        assert {ran["ada after"], ran["bashir after"], ran["ada before"]} == {1}
    finally:
        await flows.stop(0.1)
        database.close()
        postgresql_server.drop(url)


async def _hand_off(flows: Flows, database: Database, requests: list[Request]) -> None:
    commit = await flows.hand_off(requests)
    if commit is not None:
        await database.write(commit)


def _sql(flows: Flows, sql: str) -> None:
    """Arrange DBOS's rows as a crash would have left them."""
    engine = flows._opened
    assert engine is not None
    table = "workflow_status" if flows._embedded else "dbos.workflow_status"
    with engine._database.begin() as connection:
        connection.execute(sa.text(sql.replace("{t}", table)))


async def test_what_is_resumed_during_the_launch_finds_the_engine(
    idle_flows: Flows, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    launch = Engine.launch

    async def watched(self: Engine, *args: Any) -> None:
        seen.append(attached() is self)
        await launch(self, *args)

    monkeypatch.setattr(Engine, "launch", watched)
    await idle_flows.start()
    assert seen == [True], "a step that finds no engine leaves no record and would be done again"
    await idle_flows.stop(0.1)
    assert attached() is None
