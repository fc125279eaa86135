"""Partitions by tenant, on PostgreSQL: rows of a large tenant go apart and come back while others write, and nobody can tell."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command

from mailwright.core import Core, CoreSettings, access, appending, expunge, housekeeping, marking, moving
from mailwright.core.appending import Item
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, TryLater
from mailwright.storage import Tx, open_blobs, open_database, partitionroom, partitions, postgresql, views
from mailwright.storage.migrate import configuration, migrate
from tests.backups.conftest import account_of, fill, letter, put
from tests.contracts.test_upgrades import _as_0001_wrote_it
from tests.servers.postgresql import PostgresqlServer

pytestmark = pytest.mark.server

ADA, BASHIR = "ada@example.org", "bashir@example.com"


class House:
    """Two tenants with mail on one database; Ada's is the large one."""

    def __init__(self, core: Core, url: str) -> None:
        self.core, self.url = core, url
        self.tenant = account_of(core, ADA).tenant_id
        self.other = account_of(core, BASHIR).tenant_id

    def where(self, table: str) -> dict[str, int]:
        """How many rows of Ada's tenant are in which partition."""
        sql = f"SELECT tableoid::regclass::text, count(*) FROM {table} WHERE tenant_id = ? GROUP BY 1"
        return dict(self.core.database.read_now(lambda tx: tx.all(sql, (self.tenant,))))

    def mail(self) -> dict[tuple[str, str, int], tuple[Any, ...]]:
        """Everybody's messages and their text, by owner, mailbox and uid."""
        rows = self.core.database.read_now(
            lambda tx: tx.all("SELECT user_id, mailbox_id, uid, id, flags, keywords, modseq, blob_id FROM messages")
        )
        assert len({row[:3] for row in rows}) == len({row[3] for row in rows}) == len(rows)
        return {row[:3]: (*row[3:], self.core.blobs.read_now(row[7])) for row in rows}


@pytest.fixture
def house(postgresql_url: str, data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(partitions, "BATCH", 3)
    monkeypatch.setattr(partitions, "WINDOW", 7)
    monkeypatch.setattr(partitions, "PAUSE_SECONDS", 0.02)
    database = open_database(postgresql_url)
    core = Core(database, open_blobs(database, f"file://{data_folder}"), CoreSettings())
    fill(core)
    yield House(core, postgresql_url)
    database.close()


def quietly(_table: str, _moved: int, _total: int) -> None:
    """Nobody listens."""


class Killed(Exception):
    """What kills a move: it is not caught anywhere, and its connection is gone."""


def killed_after(rows: int) -> partitions.Told:
    def tell(_table: str, moved: int, _total: int) -> None:
        if moved >= rows:
            raise Killed

    return tell


def test_rows_go_apart_and_come_back_and_everybody_sees_the_same(house: House) -> None:
    before, counted = house.mail(), {table: sum(house.where(table).values()) for table in ("blobs", "messages")}
    own = {table: f"{table}_{house.tenant.replace('-', '')}" for table in counted}
    assert house.where("messages") == {"messages_shared": counted["messages"]}
    for rows in (5, 20):
        with pytest.raises(Killed):
            partitions.set_apart(house.url, house.tenant, killed_after(rows))
        assert house.mail() == before
    moved = partitions.set_apart(house.url, house.tenant, quietly)
    assert house.mail() == before
    for table, number in counted.items():
        assert house.where(table) == {own[table]: number}
    assert 0 < moved.rows["messages"] <= counted["messages"]
    put(house.core, ADA, "INBOX", 1_000)
    put(house.core, BASHIR, "INBOX", 1_001)
    for table, number in counted.items():
        assert house.where(table) == {own[table]: number + 1}
    listed = {(each.table, each.tenant): each for each in partitions.partitions(house.url)}
    assert set(listed) == {(table, tenant) for table in counted for tenant in (None, "one")}
    assert {each.state for each in listed.values() if each.tenant} == {partitions.WHOLE}

    before = house.mail()
    with pytest.raises(Killed):
        partitions.merge(house.url, house.tenant, killed_after(8))
    assert house.mail() == before
    assert {each.state for each in partitions.partitions(house.url) if each.tenant} == {partitions.LEAVING}
    assert partitions.merge(house.url, house.tenant, quietly).dropped
    assert house.mail() == before
    assert house.where("messages") == {"messages_shared": counted["messages"] + 1}
    assert {each.tenant_id for each in partitions.partitions(house.url)} == {None}
    with pytest.raises(NotFound):
        partitions.merge(house.url, house.tenant, quietly)
    assert partitions.set_apart(house.url, house.tenant, quietly).rows["messages"] == counted["messages"] + 1


def test_a_blob_that_is_put_again_is_there_once_wherever_it_lies_by_now(house: House) -> None:
    database, blobs = house.core.database, house.core.blobs

    def times(blob_id: str) -> int:
        return int(database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM blobs WHERE id = ?", (blob_id,))))

    staged = [blobs.stage_now(house.tenant, letter(number)) for number in range(3)]
    database.write_now(lambda tx: blobs.put(tx, staged[0]))

    def put_again_on_the_way(table: str, moved: int, _total: int) -> None:
        if (table, moved) == ("blobs", 3):
            for blob in staged:
                database.write_now(lambda tx, b=blob: blobs.put(tx, b))  # type: ignore[misc]

    partitions.set_apart(house.url, house.tenant, put_again_on_the_way)
    assert [times(blob.id) for blob in staged] == [1, 1, 1]
    partitions.merge(house.url, house.tenant, put_again_on_the_way)
    assert [times(blob.id) for blob in staged] == [1, 1, 1]


def test_writers_and_readers_go_on_while_rows_move(house: House) -> None:
    core, stop, problems = house.core, threading.Event(), list[str]()
    ada = account_of(core, ADA)
    ready = [appending.prepare_now(core, ada.tenant_id, letter(number)) for number in range(20)]
    expected: dict[str, int] = {}  # by message id: the flags the writer left
    rounds = Counter[str]()

    def change(tx: Tx, number: int) -> tuple[str, list[str]]:
        inbox, work = access.by_name(tx, ada, "INBOX"), access.by_name(tx, ada, "Work/2026")
        filed = appending.file_all(tx, core, ada, inbox.mailbox.id, [Item(b"")], [ready[number % len(ready)]])
        marking.store(tx, inbox, views.uids(tx, inbox.mailbox.id)[-7:], mode="replace", flags=number % 8, keywords=())
        moving.move(tx, core, inbox, work, list(views.uids(tx, inbox.mailbox.id))[:1])
        gone = list(views.uids(tx, work.mailbox.id))[:1]
        lost = [row[1] for row in views.to_take(tx, work.mailbox.id, gone)]
        expunge.remove_uids(tx, work.mailbox.id, gone, because="a test")
        return filed.message_ids[0], lost

    def look(tx: Tx) -> dict[str, int]:
        tx.one("SELECT count(*) FROM tenants")  # from here on this transaction sees one moment
        time.sleep(0.02)
        rows = tx.all("SELECT id, flags FROM messages WHERE user_id = ?", (ada.id,))
        counted = tx.scalar("SELECT sum(total) FROM mailboxes WHERE user_id = ?", (ada.id,))
        bereft = tx.scalar(
            "SELECT count(*) FROM messages m WHERE NOT EXISTS (SELECT 1 FROM blobs b WHERE b.id = m.blob_id)"
        )
        if not len(rows) == len({row[0] for row in rows}) == counted or bereft:
            problems.append(
                f"{len(rows)} rows, {len({row[0] for row in rows})} messages, {counted} counted, {bereft} bereft"
            )
        return dict(rows)

    def write() -> None:
        while not stop.is_set():
            try:
                made, lost = core.database.write_now(lambda tx: change(tx, rounds["written"]))
            except TryLater:
                rounds["later"] += 1  # as a sender would, it tries again
                continue
            expected[made] = 0
            for each in lost:
                expected.pop(each, None)
            rounds["written"] += 1

    def read() -> None:
        while not stop.is_set():
            core.database.read_now(look)
            rounds["read"] += 1

    def together(work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                problems.append(repr(error))

        return run

    threads = [threading.Thread(target=together(work)) for work in (write, read)]
    for thread in threads:
        thread.start()
    try:
        for move in (partitions.set_apart, partitions.merge):
            seen = rounds.copy()
            move(house.url, house.tenant, quietly)
            while rounds["written"] < seen["written"] + 3 or rounds["read"] < seen["read"] + 2:
                assert not problems
                time.sleep(0.01)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert problems == []
    assert set(expected) <= set(core.database.read_now(look))
    assert problems == []
    assert set(house.where("messages")) == set(house.where("blobs")) - {"blobs_shared"} | {"messages_shared"}
    assert not {number for (number,) in core.database.read_now(lambda tx: tx.all("SELECT apart FROM messages"))} - {0}


def test_who_changes_hundreds_of_messages_is_never_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that met a row on its way succeeds when it runs again, however many rows are on their way meanwhile."""
    core, ada, stop, rounds = house.core, account_of(house.core, ADA), threading.Event(), Counter[str]()
    monkeypatch.setattr(partitions, "WINDOW", 200)
    monkeypatch.setattr(partitions, "BATCH", 50)
    monkeypatch.setattr(postgresql, "RETRIES", 2)
    refused: list[BaseException] = []

    def double(tx: Tx) -> None:
        inbox = access.by_name(tx, ada, "INBOX")
        moving.copy(tx, core, inbox, inbox, list(views.uids(tx, inbox.mailbox.id)))

    def change(tx: Tx) -> None:
        rounds["run"] += 1
        inbox = access.by_name(tx, ada, "INBOX")
        every = list(views.uids(tx, inbox.mailbox.id))
        marking.store(tx, inbox, every, mode="replace", flags=rounds["done"] % 8, keywords=())
        moving.copy(tx, core, inbox, access.by_name(tx, ada, "Work/2026"), every[:1])

    def write() -> None:
        while not stop.is_set() and not refused:
            try:
                core.database.write_now(change)
                rounds["done"] += 1
            except BaseException as error:
                refused.append(error)

    for _ in range(5):
        core.database.write_now(double)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for move in (partitions.set_apart, partitions.merge):
            move(house.url, house.tenant, quietly)
    finally:
        stop.set()
        writer.join()
    assert refused == []
    assert rounds["run"] > rounds["done"] > 1, "no change has met a row on its way"


@pytest.mark.parametrize(
    ("way", "first", "then"),
    [("apart", "blobs", "mailboxes"), ("apart", "mailboxes", "messages"), ("back", "mailboxes", "messages")],
)
def test_who_files_mail_is_not_waited_for_in_a_ring(
    house: House, monkeypatch: pytest.MonkeyPatch, way: str, first: str, then: str
) -> None:
    monkeypatch.setattr(partitions, "_older_ended", lambda _: True)  # the one below does not end before
    if way == "back":
        partitions.set_apart(house.url, house.tenant, quietly)
    change = {"apart": partitions.set_apart, "back": partitions.merge}[way]
    with psycopg.connect(house.url) as filing, psycopg.connect(house.url, autocommit=True) as watcher:
        filing.execute(f"UPDATE {first} SET tenant_id = tenant_id")
        mover = threading.Thread(target=change, args=(house.url, house.tenant, quietly))
        mover.start()
        try:
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
            while not (watcher.execute(waiting).fetchone() or [0])[0]:
                assert mover.is_alive()
                time.sleep(0.01)
            filing.execute("SET LOCAL lock_timeout = '500ms'")  # less than PostgreSQL takes to look for a ring
            filing.execute(f"UPDATE {then} SET tenant_id = tenant_id")
        finally:
            filing.rollback()
            mover.join()
    assert [each.tenant for each in partitions.partitions(house.url) if each.tenant] == ["one"] * 2 * (way == "apart")


def test_there_are_no_more_partitions_than_locks_for_them(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    found = partitions.room(house.url)
    assert (found.tenants, found.setting, found.wanted > 64) == (0, 64, True)
    assert 0 < found.most < partitionroom.MOST
    partitions.set_apart(house.url, house.tenant, quietly)
    assert partitions.room(house.url).tenants == 1
    monkeypatch.setattr(partitionroom, "OTHERS", partitionroom.OTHERS + 10 * (found.most - 1))
    assert partitions.room(house.url).most == 1
    with pytest.raises(BadInput, match="max_locks_per_transaction"):
        partitions.set_apart(house.url, house.other, quietly)
    assert partitions.set_apart(house.url, house.tenant, quietly).rows == {"blobs": 0, "messages": 0}


def test_one_at_a_time_and_only_what_there_is(house: House, sqlite_url: str) -> None:
    def again(*_: object) -> None:
        with pytest.raises(AlreadyExists):
            partitions.merge(house.url, house.tenant, quietly)

    partitions.set_apart(house.url, house.tenant, again)
    assert partitions.tenant_id_of(house.url, "one") == partitions.tenant_id_of(house.url, house.tenant) == house.tenant
    with pytest.raises(NotFound):
        partitions.tenant_id_of(house.url, "nobody")
    with pytest.raises(BadInput, match="only PostgreSQL"):
        partitions.partitions(sqlite_url)
    with pytest.raises(BadInput, match="not the id"):
        partitions.set_apart(house.url, "x'; DROP TABLE messages; --", quietly)


async def test_the_night_does_not_wait_for_whoever_holds_a_partition(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LOCK_MILLISECONDS", 50)
    housekeeping.configure(house.core, None)  # type: ignore[arg-type] # this step asks the engine nothing
    with psycopg.connect(house.url) as vacuum:
        vacuum.execute("LOCK TABLE messages_shared IN SHARE UPDATE EXCLUSIVE MODE")  # what a vacuum takes
        assert await housekeeping.analyse_tables() == 1
    assert await housekeeping.analyse_tables() == 2


def test_the_statements_of_every_day_ask_an_index_of_each_partition(house: House) -> None:
    for tenant in (house.tenant, house.other):
        partitions.set_apart(house.url, tenant, quietly)
    with psycopg.connect(house.url, autocommit=True) as connection:
        connection.execute("SET enable_seqscan = off")  # a few rows are read quicker without an index

        def plan(sql: str) -> str:
            return "\n".join(str(row[0]) for row in connection.execute(f"EXPLAIN {sql}").fetchall())

        one, user = (f"'{new_id()}'" for _ in range(2))
        for sql in (
            f"SELECT key FROM blobs WHERE id = {one}",
            f"SELECT subject FROM messages WHERE id = {one}",
            f"SELECT uid FROM messages WHERE mailbox_id = {one} AND uid >= 5 ORDER BY uid",
            f"SELECT id FROM messages WHERE mailbox_id = {one} ORDER BY received_at DESC, id DESC LIMIT 50",
            f"SELECT id FROM messages WHERE user_id = {user} AND modseq > 7 ORDER BY modseq LIMIT 20",
            f"UPDATE messages SET flags = 1 WHERE mailbox_id = {one} AND uid BETWEEN 5 AND 7",
            f"DELETE FROM messages WHERE id = {one}",
        ):
            found = plan(sql)
            assert "Seq Scan" not in found, found
            assert not re.search(r"^ *(-> +)?(Incremental )?Sort ", found.replace("Sort Key", ""), re.MULTILINE), found
            assert found.count("Index") >= 3, found
        assert plan(f"SELECT key FROM blobs WHERE id = {one} AND tenant_id = '{new_id()}'").count("Scan") == 1


def test_tables_become_partitioned_without_a_row_being_copied(postgresql_server: PostgresqlServer) -> None:
    url = postgresql_server.fresh_database(migrated=False)
    try:
        command.upgrade(configuration(url), "0001")
        database = open_database(url)
        database.write_now(_as_0001_wrote_it)
        database.close()
        command.upgrade(configuration(url), "0007")
        with psycopg.connect(url, autocommit=True) as holder:
            holder.execute("GRANT SELECT, DELETE ON messages TO pg_monitor")
            before = holder.execute("SELECT pg_relation_filenode('messages'), pg_relation_filenode('blobs')").fetchone()
            released = threading.Thread(target=_hold_until_somebody_gave_way, args=(url,))
            released.start()
            assert migrate(url)
            released.join()
            after = holder.execute(
                "SELECT pg_relation_filenode('messages_shared'), pg_relation_filenode('blobs_shared')"
            ).fetchone()
            assert after == before
            sql = "SELECT array_agg(has_table_privilege('pg_monitor', 'messages', each)) FROM unnest(%s::text[]) each"
            assert holder.execute(sql, (["SELECT", "INSERT", "DELETE"],)).fetchone() == ([True, False, True],)
            columns = (
                "SELECT array_agg((attname, atttypid, attnotnull)::text ORDER BY attnum) FROM pg_attribute "
                "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            )
            for name in ("blobs", "messages"):
                assert (
                    holder.execute(columns, (name,)).fetchone()
                    == holder.execute(columns, (f"{name}_shared",)).fetchone()
                )
            # What a process of the version before does: it knows nothing of partitions.
            tenant, user = holder.execute("SELECT tenant_id, id FROM users").fetchone() or ("", "")
            assert (holder.execute("SELECT count(*) FROM messages").fetchone() or [0])[0] == 2
            blob = ("row", 1, "x", 1, b"x")
            insert = (
                "INSERT INTO blobs (id, tenant_id, key, place, size, checksum, created_at, data) "
                "VALUES (%s, %s, 'k', %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
            )
            same = new_id()
            assert [holder.execute(insert, (same, tenant, *blob)).rowcount for _ in range(2)] == [1, 0]
            partitions.set_apart(url, str(tenant), quietly)
            assert holder.execute(insert, (same, tenant, *blob)).rowcount == 0
            sql = "SELECT count(*) FROM messages WHERE user_id = %s AND apart = 1"
            assert (holder.execute(sql, (user,)).fetchone() or [0])[0] == 2
        with pytest.raises(RuntimeError, match="--merge"):
            command.downgrade(configuration(url), "0008")
    finally:
        postgresql_server.drop(url)


def _hold_until_somebody_gave_way(url: str) -> None:
    """Read a mailbox, and its mail while the migration waits; end when it has given up once."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
    with psycopg.connect(url) as reader, psycopg.connect(url, autocommit=True) as watcher:
        reader.execute("SELECT count(*) FROM mailboxes")
        for wanted in (1, 0):
            while (watcher.execute(waiting).fetchone() or [0])[0] != wanted:
                time.sleep(0.02)
            reader.execute("SET LOCAL lock_timeout = '500ms'")
            reader.execute("SELECT count(*) FROM messages, blobs")
