"""Databases where things go wrong beside somebody: one function's failure is its own, and nobody waits for ever."""

import asyncio
import os
import threading

import pytest

from mailwright.domain.refusals import BadInput, TryLater
from mailwright.storage import open_database
from mailwright.storage.database import Database, wake_all
from mailwright.storage.migrate import current_revision, migrate
from mailwright.storage.postgresql import PostgresqlDatabase


def add_tenant(name):
    return lambda tx: tx.insert(
        "tenants", id=f"00000000-0000-7000-8000-{abs(hash(name)) % 10**12:012}", name=name, created_at=0
    )


def names(database: Database) -> list[str]:
    return sorted(row[0] for row in database.read_now(lambda tx: tx.all("SELECT name FROM tenants")))


def bind_wrongly(tx):
    tx.execute("INSERT INTO tenants (id, name, created_at) VALUES (?, ?, ?)", ("x", object(), 0))


async def test_what_is_read_at_once_is_of_one_moment(any_database):
    """A JMAP state that is younger than the objects it comes with would lose changes."""

    def look(tx):
        before = tx.scalar("SELECT count(*) FROM tenants")
        writer = threading.Thread(target=any_database.write_now, args=(add_tenant("meanwhile"),))
        writer.start()
        writer.join()
        return before, tx.scalar("SELECT count(*) FROM tenants")

    assert await any_database.read(look) == (0, 0)
    assert names(any_database) == ["meanwhile"]


async def test_a_value_no_database_takes_harms_no_neighbour(any_database):
    """Some errors of sqlite3 come without a code."""
    ended = await asyncio.gather(
        any_database.write(add_tenant("a"), shared=True),
        any_database.write(bind_wrongly, shared=True),
        any_database.write(add_tenant("b"), shared=True),
        return_exceptions=True,
    )
    assert (ended[0], ended[2]) == (True, True)
    assert isinstance(ended[1], Exception)
    assert not isinstance(ended[1], TryLater)
    assert names(any_database) == ["a", "b"]


async def test_a_statement_that_takes_too_long_harms_no_neighbour(postgresql_url):
    database = open_database(postgresql_url)

    def slow(tx):
        tx.execute("SET LOCAL statement_timeout = 50")
        tx.one("SELECT pg_sleep(5)")

    try:
        ended = await asyncio.gather(
            database.write(add_tenant("a"), shared=True),
            database.write(slow, shared=True),
            database.write(add_tenant("b"), shared=True),
            return_exceptions=True,
        )
        assert (ended[0], ended[2]) == (True, True)
        assert isinstance(ended[1], TryLater)
        assert names(database) == ["a", "b"]
    finally:
        database.close()


async def test_two_processes_that_share_rows_in_any_order_do_not_wait_for_a_deadlock(postgresql_url):
    """PostgreSQL looks for deadlocks after a second: batches that lock the same rows must not need it to."""
    one, two = open_database(postgresql_url), open_database(postgresql_url)
    one.write_now(lambda tx: [add_tenant(name)(tx) for name in ("a", "b")])

    def touch(*order):
        def work(tx):
            for name in order:
                tx.execute("UPDATE tenants SET created_at = created_at + 1 WHERE name = ?", (name,))
                tx.one("SELECT pg_sleep(0.001)")

        return work

    try:
        await asyncio.gather(
            *(one.write(touch("a", "b"), shared=True) for _ in range(100)),
            *(two.write(touch("b", "a"), shared=True) for _ in range(100)),
        )
        assert one.read_now(lambda tx: tx.all("SELECT created_at FROM tenants")) == [(200,), (200,)]
    finally:
        one.close()
        two.close()


async def test_a_write_that_meets_the_end_is_refused_and_not_forgotten(any_url):
    for _ in range(20):
        database = open_database(any_url)
        closer = threading.Thread(target=database.close)
        closer.start()
        with_end = asyncio.gather(
            *(database.write(lambda tx: None, shared=True) for _ in range(50)), return_exceptions=True
        )
        ended = await asyncio.wait_for(with_end, 5)
        await asyncio.to_thread(closer.join)
        assert all(outcome is None or isinstance(outcome, TryLater) for outcome in ended)
        with pytest.raises(TryLater):
            await database.write(lambda tx: None, shared=True)
        with pytest.raises(TryLater):
            await database.write(lambda tx: None)
        with pytest.raises(TryLater):
            await database.read(lambda tx: None)


async def test_a_listener_that_fails_does_not_stop_the_writes(any_database):
    def broken(kinds):
        raise RuntimeError("Event loop is closed")

    any_database.on_announced(broken)

    def announce(tx):
        tx.kinds.add("SomethingHappened")

    for _ in range(3):
        await asyncio.wait_for(any_database.write(announce, shared=True), 5)


def test_a_loop_that_ends_meanwhile_does_not_end_the_writer():
    class Ended:
        def is_closed(self):
            return False

        def call_soon_threadsafe(self, *_):
            raise RuntimeError("Event loop is closed")

    class Waits:
        loop = Ended()

    wake_all([Waits()])


@pytest.mark.parametrize("name", ["a b", "a#b", "a%20b", "a?b", "a%b", "ä&c=d", "a+b;c"])
def test_a_data_folder_may_have_any_name(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    url = f"sqlite:///{folder}/mailwright.db"
    assert migrate(url)
    assert not migrate(url)
    database = open_database(url)
    database.write_now(add_tenant("a"))
    database.close()
    assert {entry.name for entry in tmp_path.iterdir()} == {name}
    assert (folder / "mailwright.db").stat().st_mode & 0o777 == 0o600


def test_a_closed_database_is_one_file(sqlite_url):
    """What is in the file beside it would be missed by whoever copies the database."""
    database = open_database(sqlite_url)
    database.write_now(add_tenant("a"))
    assert names(database) == ["a"]
    database.close()
    path = sqlite_url.removeprefix("sqlite:///")
    assert not os.path.exists(f"{path}-wal") or os.path.getsize(f"{path}-wal") == 0


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:top%zzsecret@127.0.0.1:1/mail",
        "postgresql://ada:top secret@127.0.0.1:1/mail",
        "postgresql://ada:top@secret@127.0.0.1:1/mail",
        "postgresql://ada:top/secret@127.0.0.1:1/mail",
        "postgresql://ada:topsecret@127.0.0.1:1/mail",
    ],
)
def test_no_error_shows_a_part_of_the_password(url):
    database = PostgresqlDatabase(url)
    try:
        for attempt in (lambda: current_revision(url), lambda: database.read_now(lambda tx: None)):
            with pytest.raises((TryLater, BadInput)) as refused:
                attempt()
            shown = str(refused.value)
            assert not [piece for piece in ("top", "secret") if piece in shown]
    finally:
        database.close()


async def test_a_function_that_runs_out_of_items_is_heard_of(any_database):
    """A future refuses to hold StopIteration; its waiter must not wait for ever."""
    with pytest.raises(RuntimeError):
        await asyncio.wait_for(any_database.write(lambda tx: next(iter(())), shared=True), 10)
