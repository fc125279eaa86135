"""What the event log promises on both databases."""

import asyncio
import threading

import pytest

from mailwright.domain.clock import DAY, MINUTE, now
from mailwright.domain.events import MESSAGE_DELIVERED, TASK_CHANGED
from mailwright.domain.refusals import MailboxFull, NotFound
from mailwright.storage import dead_letters, events, workers
from mailwright.storage.database import Database, Tx


def deliver(tx: Tx, number: int) -> None:
    events.append(tx, MESSAGE_DELIVERED, f"box-{number % 3}", {"number": number}, correlation_id=f"c{number}")


def numbers(found: events.Slice) -> list[int]:
    return [event.payload["number"] for _, event in found.events]


async def test_an_event_comes_back_as_it_was_written(any_database: Database) -> None:
    await any_database.write(
        lambda tx: events.append(tx, MESSAGE_DELIVERED, "box", {"ü": [1, None]}, correlation_id="c")
    )
    found = await any_database.read(lambda tx: events.read(tx, "mail_ingest", events.START, 10))
    [(mark, event)] = found.events
    assert (event.kind, event.key, event.payload, event.correlation_id) == (
        MESSAGE_DELIVERED,
        "box",
        {"ü": [1, None]},
        "c",
    )
    assert abs(event.created_at - now()) < MINUTE
    assert mark <= found.end


async def test_nothing_is_announced_that_did_not_happen(any_database: Database) -> None:
    def refused(tx: Tx) -> None:
        deliver(tx, 1)
        raise MailboxFull("no room")

    with pytest.raises(MailboxFull):
        await any_database.write(refused)
    await any_database.write(lambda tx: deliver(tx, 2))
    assert numbers(await any_database.read(lambda tx: events.read(tx, "mail_ingest", events.START, 10))) == [2]


async def test_a_stream_gives_its_kinds_in_order_and_in_slices(any_database: Database) -> None:
    def write(tx: Tx) -> None:
        events.append_many(tx, [(MESSAGE_DELIVERED, "k", {"number": n}, "") for n in range(5)])
        events.append(tx, TASK_CHANGED, "k", {})
        events.append_many(tx, [])
        deliver(tx, 5)

    await any_database.write(write)
    mark, seen = events.START, []
    for _ in range(4):
        found = await any_database.read(lambda tx, mark=mark: events.read(tx, "mail_ingest", mark, 2))
        seen.append(numbers(found))
        mark = found.end
    assert seen == [[0, 1], [2, 3], [4, 5], []]
    notified = await any_database.read(lambda tx: events.read(tx, "notify", events.START, 10))
    assert len(notified.events) == 7


async def test_nothing_is_lost_while_eight_writers_write(any_database: Database) -> None:
    """Ids of concurrent transactions commit out of order on PostgreSQL: a cursor that trusts them loses one in five."""
    each, total = 60, 480

    def write(writer: int) -> None:
        for n in range(each):
            any_database.write_now(lambda tx, n=n: deliver(tx, writer * each + n))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    mark = events.START
    ends = asyncio.get_running_loop().time() + 30
    while len(seen) < total and asyncio.get_running_loop().time() < ends:
        found = await any_database.read(lambda tx, mark=mark: events.read(tx, "mail_ingest", mark, 50))
        seen += numbers(found)
        mark = found.end
    for thread in threads:
        thread.join()
    assert len(seen) == total
    assert set(seen) == set(range(total))


async def test_a_reader_waits_for_a_slow_transaction_instead_of_skipping_it(any_database: Database) -> None:
    if any_database.dialect == "sqlite":
        pytest.skip("SQLite has one writer")
    written, go_on = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        deliver(tx, 1)
        written.set()
        go_on.wait(10)

    writing = asyncio.ensure_future(any_database.write(slow))
    await asyncio.to_thread(written.wait, 10)
    await any_database.write(lambda tx: deliver(tx, 2))
    first = await any_database.read(lambda tx: events.read(tx, "mail_ingest", events.START, 10))
    assert numbers(first) == []
    go_on.set()
    await writing
    then = await any_database.read(lambda tx: events.read(tx, "mail_ingest", first.end, 10))
    assert sorted(numbers(then)) == [1, 2]


async def test_a_group_has_one_reader_until_its_lease_lapses(any_database: Database) -> None:
    def claim(owner: str, seconds: float = 30) -> object:
        return any_database.write_now(lambda tx: events.claim(tx, "index", "indexers", owner, seconds=seconds))

    assert claim("one") == (0, 0)
    assert claim("two") is None
    assert claim("one") == (0, 0)  # its own again, at once
    await any_database.write(lambda tx: events.advance(tx, "index", "indexers", "one", (7, 9), seconds=0.05))
    await asyncio.sleep(0.1)
    assert claim("two") == (7, 9)
    for late in (
        lambda tx: events.advance(tx, "index", "indexers", "one", (8, 9), seconds=1),
        lambda tx: events.hold(tx, "index", "indexers", "one", seconds=1),
    ):
        with pytest.raises(events.LeaseLost):
            await any_database.write(late)
    await any_database.write(lambda tx: events.release(tx, "index", "indexers", "one"))  # not its own: nothing happens
    assert claim("one") is None
    await any_database.write(lambda tx: events.release(tx, "index", "indexers", "two"))
    assert claim("one") == (7, 9)


async def test_a_failing_event_waits_dies_and_comes_back(any_database: Database) -> None:
    await any_database.write(lambda tx: deliver(tx, 1))
    [(_, event)] = (await any_database.read(lambda tx: events.read(tx, "mail_ingest", events.START, 10))).events

    def aside(not_before: int) -> None:
        any_database.write_now(
            lambda tx: events.set_aside(tx, "mail_ingest", "g", event.id, error="KeyError", not_before=not_before)
        )

    def due() -> list[events.Retry]:
        return any_database.read_now(lambda tx: events.due_retries(tx, "mail_ingest", "g", 10))

    aside(now() + MINUTE)
    assert due() == []
    aside(now() - 1)
    assert due() == [events.Retry(event, 2, "KeyError")]
    assert any_database.read_now(lambda tx: events.lag(tx, "mail_ingest", "g")).retries == 1
    letter_id = any_database.write_now(
        lambda tx: events.bury(tx, "mail_ingest", "g", event, error="KeyError", attempts=5)
    )
    assert due() == []
    letter = any_database.read_now(lambda tx: dead_letters.find(tx, letter_id))
    assert (letter.source, letter.name, letter.group, letter.reference) == ("event", "mail_ingest", "g", str(event.id))
    assert letter.payload["payload"] == {"number": 1}
    assert any_database.read_now(dead_letters.count_open) == {"event": 1, "outbox": 0, "workflow": 0}
    any_database.write_now(lambda tx: events.revive(tx, "mail_ingest", "g", event.id))
    assert due() == [events.Retry(event, 0, "")]
    any_database.write_now(lambda tx: events.settle_retry(tx, "g", event.id))
    assert due() == []
    with pytest.raises(NotFound):
        any_database.write_now(lambda tx: events.revive(tx, "mail_ingest", "g", 99_999))


async def test_the_same_death_is_told_once_until_it_is_replayed(any_database: Database) -> None:
    def add(tx: Tx) -> str:
        return dead_letters.add(
            tx, source="workflow", name="employee", reference="w1", payload={}, error="x" * 5000, attempts=1
        )

    first = await any_database.write(add)
    assert await any_database.write(add) == first
    await any_database.write(lambda tx: dead_letters.mark_replayed(tx, first))
    second = await any_database.write(add)
    assert second != first
    listed = await any_database.read(lambda tx: dead_letters.newest(tx, source="workflow"))
    assert [letter.id for letter in listed] == [second]
    assert len(await any_database.read(lambda tx: dead_letters.newest(tx, replayed=True))) == 2
    assert len(listed[0].error) == dead_letters.MAX_ERROR
    last = await any_database.read(lambda tx: dead_letters.last_for(tx, "workflow", "w1"))
    assert last is not None
    assert last.id == second
    assert await any_database.write(lambda tx: dead_letters.purge(tx, now() + 1)) == 2


async def test_lag_counts_what_a_group_has_before_it(any_database: Database) -> None:
    await any_database.write(lambda tx: [deliver(tx, n) for n in range(4)])
    found = await any_database.read(lambda tx: events.read(tx, "mail_ingest", events.START, 1))
    await any_database.write(lambda tx: events.claim(tx, "mail_ingest", "g", "one", seconds=9))
    await any_database.write(lambda tx: events.advance(tx, "mail_ingest", "g", "one", found.end, seconds=9))
    lag = await any_database.read(lambda tx: events.lag(tx, "mail_ingest", "g"))
    assert lag.waiting == 3
    assert lag.oldest_at is not None
    unknown = await any_database.read(lambda tx: events.lag(tx, "index", "nobody"))
    assert unknown.waiting == 4


async def test_purging_keeps_what_anybody_still_needs(any_database: Database) -> None:
    await any_database.write(lambda tx: [deliver(tx, n) for n in range(6)])
    assert await any_database.write(lambda tx: events.purge(tx, now() + DAY)) == 0  # nobody has read anything
    found = await any_database.read(lambda tx: events.read(tx, "mail_ingest", events.START, 4))
    await any_database.write(lambda tx: events.claim(tx, "mail_ingest", "g", "one", seconds=9))
    await any_database.write(lambda tx: events.advance(tx, "mail_ingest", "g", "one", found.end, seconds=9))
    waiting, dead = found.events[0][1], found.events[1][1]
    await any_database.write(lambda tx: events.set_aside(tx, "mail_ingest", "g", waiting.id, error="", not_before=0))
    await any_database.write(lambda tx: events.bury(tx, "mail_ingest", "g", dead, error="", attempts=5))
    assert await any_database.write(lambda tx: events.purge(tx, now() - DAY)) == 0  # too young
    assert await any_database.write(lambda tx: events.purge(tx, now() + DAY)) == 2
    left = await any_database.read(lambda tx: events.read(tx, "mail_ingest", events.START, 10))
    assert numbers(left) == [0, 1, 4, 5]
    await any_database.write(lambda tx: events.forget_group(tx, "mail_ingest", "g"))
    assert await any_database.read(lambda tx: events.lag(tx, "mail_ingest", "g")) == events.Lag(
        6 - 2, left.events[0][1].created_at, 0
    )


async def test_a_name_is_a_live_workers_own(any_database: Database) -> None:
    moment = now()

    def sign_in(host: str, pid: int, at: int, *, alone: bool = False) -> workers.Worker | None:
        return any_database.write_now(lambda tx: workers.sign_in(tx, "w", host, pid, ["smtp", "imap"], at, alone=alone))

    assert sign_in("here", 1, moment) is None
    holder = sign_in("there", 2, moment + MINUTE)
    assert holder is not None
    assert (holder.host, holder.pid, holder.roles) == ("here", 1, ("imap", "smtp"))
    assert sign_in("here", 1, moment) is None
    assert sign_in("there", 2, moment, alone=True) is None
    assert sign_in("here", 1, moment + 91_000_000) is None
    later = moment + 91_000_000
    assert any_database.write_now(lambda tx: workers.beat(tx, "w", later, tasks_running=3, activity="3 employee"))
    [alive] = any_database.read_now(lambda tx: workers.alive(tx, later + 90_000_000))
    assert (alive.tasks_running, alive.activity) == (3, "3 employee")
    assert any_database.read_now(lambda tx: workers.alive(tx, later + 90_000_001)) == []
    any_database.write_now(lambda tx: workers.sign_out(tx, "w"))
    [gone] = any_database.read_now(lambda tx: workers.gone(tx, later))
    any_database.write_now(lambda tx: workers.remove(tx, "w", heartbeat_at=gone.heartbeat_at + 1))  # heard of since
    assert len(any_database.read_now(lambda tx: workers.on_host(tx, "here"))) == 1
    any_database.write_now(lambda tx: workers.remove(tx, "w", heartbeat_at=gone.heartbeat_at))
    assert not any_database.write_now(lambda tx: workers.beat(tx, "w", later, tasks_running=0, activity=""))
