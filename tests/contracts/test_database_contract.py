"""What every database promises to those above it."""

import asyncio
import threading

import pytest

from mailwright.domain.refusals import MailboxFull, TryLater
from mailwright.storage import events
from mailwright.storage.database import Database, Tx, open_database
from mailwright.storage.migrate import HEAD, current_revision, migrate
from tests.servers.postgresql import PostgresqlServer


def add_tenant(tx: Tx, name: str) -> None:
    from mailwright.domain.ids import new_id

    tx.insert("tenants", id=new_id(), name=name, created_at=1)


def names(tx: Tx) -> list[str]:
    return [row[0] for row in tx.all("SELECT name FROM tenants ORDER BY name")]


async def test_what_a_write_did_is_seen_by_the_next_read(any_database: Database) -> None:
    await any_database.write(lambda tx: add_tenant(tx, "ada"))
    assert await any_database.read(names) == ["ada"]


async def test_a_write_that_raises_leaves_nothing(any_database: Database) -> None:
    def fail(tx: Tx) -> None:
        add_tenant(tx, "ada")
        raise MailboxFull("no room")

    with pytest.raises(MailboxFull):
        await any_database.write(fail)
    assert await any_database.read(names) == []


async def test_a_refusal_inside_a_shared_commit_harms_no_other(any_database: Database) -> None:
    def refuse(tx: Tx) -> None:
        add_tenant(tx, "refused")
        raise MailboxFull("no room")

    def stumble(tx: Tx) -> None:
        tx.execute("INSERT INTO tenants (id) VALUES ('not a tenant')")

    writes = []
    for n in range(60):
        kept = lambda tx, n=n: add_tenant(tx, f"chen {n:02}")  # noqa: E731
        writes.append(any_database.write([kept, refuse, stumble][n % 3], shared=True))
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert [isinstance(result, BaseException) for result in results] == [n % 3 != 0 for n in range(60)]
    assert await any_database.read(names) == [f"chen {n:02}" for n in range(0, 60, 3)]


async def test_a_unique_key_can_be_met_without_an_error(any_database: Database) -> None:
    from mailwright.domain.ids import new_id

    def twice(tx: Tx) -> list[bool]:
        return [tx.insert("tenants", unless_exists=True, id=new_id(), name="ada", created_at=1) for _ in range(2)]

    assert await any_database.write(twice) == [True, False]


async def test_reading_cannot_write(any_database: Database) -> None:
    with pytest.raises(Exception, match=r"read-?only"):
        await any_database.read(lambda tx: add_tenant(tx, "ada"))
    assert await any_database.read(names) == []


async def test_percent_signs_are_only_percent_signs(any_database: Database) -> None:
    await any_database.write(lambda tx: add_tenant(tx, "100 %s ok"))
    found = await any_database.read(
        lambda tx: tx.scalar("SELECT name FROM tenants WHERE name LIKE '%ok' AND name = ?", ("100 %s ok",))
    )
    assert found == "100 %s ok"


async def test_many_loops_and_threads_write_at_once(any_database: Database) -> None:
    def in_a_thread(start: int) -> None:
        async def main() -> None:
            await asyncio.gather(
                *(
                    any_database.write(lambda tx, n=n: add_tenant(tx, f"{n:03}"), shared=n % 2 == 0)
                    for n in range(start, start + 20)
                )
            )

        asyncio.run(main())

    threads = [threading.Thread(target=in_a_thread, args=(n * 20,)) for n in range(4)]
    for thread in threads:
        thread.start()
    await asyncio.to_thread(lambda: [thread.join() for thread in threads])
    any_database.write_now(lambda tx: add_tenant(tx, "last"))
    assert len(await any_database.read(names)) == 81


async def test_listeners_hear_of_events_after_their_commit_and_of_no_others(any_database: Database) -> None:
    heard: list[frozenset[str]] = []
    at_hand = asyncio.Event()
    loop = asyncio.get_running_loop()

    def listener(kinds: frozenset[str]) -> None:
        heard.append(kinds)
        loop.call_soon_threadsafe(at_hand.set)

    any_database.on_announced(listener)
    await asyncio.sleep(0.3)  # PostgreSQL: the listening connection opens

    def undone(tx: Tx) -> None:
        events.append(tx, "MessageRemoved", "k", {})
        raise MailboxFull("no room")

    with pytest.raises(MailboxFull):
        await any_database.write(undone)
    await any_database.write(lambda tx: events.append(tx, "MessageDelivered", "k", {}))
    await asyncio.wait_for(at_hand.wait(), 5)
    assert set().union(*heard) == {"MessageDelivered"}


async def test_a_closed_database_says_try_later(any_database: Database) -> None:
    any_database.close()
    for attempt in (any_database.write(names), any_database.write(names, shared=True)):
        with pytest.raises(TryLater):
            await attempt
    any_database.close()  # again does no harm


def test_migrating_twice_does_nothing_the_second_time(any_url: str) -> None:
    assert current_revision(any_url) == HEAD
    assert migrate(any_url) is False


async def test_a_full_disk_says_try_later_and_recovers(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    try:
        await database.write(lambda tx: add_tenant(tx, "before"))
        pages = await database.read(lambda tx: tx.scalar("PRAGMA page_count"))
        await database.write(lambda tx: tx.scalar(f"PRAGMA max_page_count = {pages + 4}"))
        large = "x" * 200_000
        results = await asyncio.gather(
            *(database.write(lambda tx, n=n: add_tenant(tx, f"{n} {large}"), shared=True) for n in range(5)),
            return_exceptions=True,
        )
        assert len(results) == 5
        assert all(isinstance(result, TryLater) for result in results)
        # The failed connection was let go, and with it (in this test) the small disk.
        await database.write(lambda tx: add_tenant(tx, "after"))
        assert await database.read(names) == ["after", "before"]
    finally:
        database.close()


@pytest.mark.server
async def test_a_postgresql_that_goes_away_and_comes_back_says_try_later(postgresql_server: PostgresqlServer) -> None:
    url = postgresql_server.fresh_database()
    database = open_database(url)
    try:
        await database.write(lambda tx: add_tenant(tx, "before"))
        await database.write(lambda tx: add_tenant(tx, "shared before"), shared=True)
        await asyncio.gather(*(database.read(lambda tx: tx.scalar("SELECT pg_sleep(0.05)")) for _ in range(8)))
        postgresql_server.stop()
        for attempt in (
            database.write(lambda tx: add_tenant(tx, "lost")),
            database.write(lambda tx: add_tenant(tx, "lost"), shared=True),
            database.read(names),
        ):
            with pytest.raises(TryLater):
                await attempt
        postgresql_server.start()
        # Every pooled connection is stale now; none of them may cost its next user a refusal.
        await asyncio.gather(*(database.read(names) for _ in range(20)))
        await database.write(lambda tx: add_tenant(tx, "after"))
        await database.write(lambda tx: add_tenant(tx, "shared after"), shared=True)
        assert await database.read(names) == ["after", "before", "shared after", "shared before"]
    finally:
        database.close()
        if postgresql_server._process is None:
            postgresql_server.start()
        postgresql_server.drop(url)
