"""Partitions of PostgreSQL: most tenants' mail lies together, that of a large tenant apart from it.

Called by `mailwright database partition` and `… partitions`, and every night by housekeeping; nobody else needs to know. `blobs` and
`messages` are partitioned by (tenant_id, apart): a row that is not apart lies in `…_shared`, with everybody's; one that is lies in
its tenant's own partition, made like the shared one. Changing `apart` moves a row, in the transaction that changes it: so every
snapshot has each row exactly once, at any moment of a move, and a move that was killed goes on wherever it is begun again
(docs/decisions/0031).
Expects: the direct way to the database, past a pooler; locks and limits belong to a session here.
Promises: no lock that holds up others is waited for longer than LOCK_MILLISECONDS, nor held longer than a change of catalogs takes;
a writer that meets a row on its way runs again, and nothing moves until it has ended (`postgresql.MOVE_LOCK`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import errors

from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, TryLater
from mailwright.storage import partitionroom
from mailwright.storage.database import Row, Tx
from mailwright.storage.postgresql import MOVE_LOCK
from mailwright.storage.postgresqlconnecting import connect, first_line
from mailwright.storage.schema import PARTITIONED

LOCK_MILLISECONDS = 2_000  # twice deadlock_timeout, after which an autovacuum gives way
TRIES = 20
PAUSE_SECONDS = 1.0  # before the second try; each time twice as long, up to
LONGEST_SECONDS = 30.0
WINDOW = 2_000  # ids looked at in one go
BATCH = 100  # rows moved in one transaction: of blobs up to 25 MB
LEFTOVERS = 10_000  # ids of rows that somebody held when their turn was
OLDER_SECONDS = 600.0  # transactions that began before a partition was empty get so long to end

FILLING, WHOLE, LEAVING = "filling", "whole", "leaving"

_LOCK = 7251992
_ANALYSE = f"ANALYZE {', '.join(PARTITIONED)}"
_START = "00000000-0000-0000-0000-000000000000"

Connection = psycopg.Connection[Row]
Told = Callable[[str, int, int], None]
"""Hears of a table how many rows of how many were moved."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One of a table. `tenant` is None for the shared one; `rows` is what the database last counted, about."""

    table: str
    tenant_id: str | None
    tenant: str | None
    state: str
    rows: int
    octets: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move has done: rows by table. `dropped` is False when somebody still reads from what is empty now."""

    rows: dict[str, int]
    dropped: bool = False


# New rows find their way by this. A row that is known already is none (a blob is put once for each of its recipients), though it
# may lie on the other side: no index spans both. The first argument is the way: rows go apart, or come back.
_ROUTE = """
CREATE OR REPLACE FUNCTION {table}_apart() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id AND tenant_id = NEW.tenant_id) THEN
        {known};
    END IF;
    IF TG_ARGV[0] = 'back' THEN
        RETURN NEW;
    END IF;
    NEW.apart := 1;
    INSERT INTO {table} VALUES (NEW.*){unless};
    RETURN NULL;
END $$
"""
_KNOWN = {
    "blobs": ("RETURN NULL", " ON CONFLICT DO NOTHING"),
    "messages": ("RAISE unique_violation USING MESSAGE = 'there is a message of that id'", ""),
}


# Messages have a foreign key, whose triggers on `mailboxes` are made and removed with a partition. Whoever files, reads or changes mail
# asks for the mailbox before its messages: locks that are taken in this order are waited for by nobody in a ring.
_MAILBOXES_FIRST: dict[str, Sequence[str]] = {
    "blobs": (),
    "messages": ("LOCK TABLE mailboxes IN ACCESS EXCLUSIVE MODE",),
}


def partitions(url: str) -> list[Partition]:
    """Every partition, the shared ones first. Raises BadInput, TryLater."""
    with _session(url) as connection:
        rows = connection.execute(
            "SELECT p.relname, c.relname, coalesce(obj_description(c.oid, 'pg_class'), ''), "
            "coalesce(pg_stat_get_live_tuples(c.oid), 0), pg_total_relation_size(c.oid) "
            "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent "
            "WHERE p.oid = ANY(ARRAY(SELECT to_regclass(name) FROM unnest(%s::text[]) name)) "
            "ORDER BY p.relname, c.relname LIKE '%%\\_shared' DESC, c.relname",
            (list(PARTITIONED),),
        ).fetchall()
        names = {str(key).replace("-", ""): (str(key), str(name)) for key, name in _tenants(connection)}
    found = []
    for table, partition, state, count, octets in rows:
        digits = partition.removeprefix(f"{table}_")
        if digits == "shared":
            found.append(Partition(table, None, None, "", count, octets))
        else:
            tenant_id, tenant = names.get(digits, (digits, None))
            found.append(Partition(table, tenant_id, tenant, state, count, octets))
    return found


def room(url: str) -> partitionroom.Room:
    """How many tenants lie apart, and how many may. Raises BadInput, TryLater."""
    with _session(url) as connection:
        return partitionroom.measure(connection)


def tenant_id_of(url: str, tenant: str) -> str:
    """The id of the tenant of that name or id. Raises NotFound, BadInput, TryLater."""
    with _session(url) as connection:
        for tenant_id, name in _tenants(connection):
            if tenant in (name, tenant_id):
                return str(tenant_id)
        digits = tenant.replace("-", "").lower()
        if len(digits) == 32 and any(_exists(connection, _own(table, digits)) for table in PARTITIONED):
            return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"  # it is gone, not its partition
    raise NotFound(f"there is no tenant {tenant}")


def set_apart(url: str, tenant_id: str, told: Told) -> Moved:
    """Give a tenant partitions of its own and move its rows there. Goes on where it was killed.

    Raises BadInput when too many have, AlreadyExists when another process moves rows, TryLater.
    """
    with _session(url, moving=True) as connection:
        moved = {}
        if not any(_exists(connection, _own(table, tenant_id)) for table in PARTITIONED):
            partitionroom.measure(connection).prove()
        for table in PARTITIONED:
            _prove(connection, table)
            _open(connection, table, tenant_id)
        for table in PARTITIONED:
            moved[table] = _move(connection, table, tenant_id, f"{table}_shared", _own(table, tenant_id), 1, told)
            _note(connection, _own(table, tenant_id), WHOLE)
        connection.execute(_ANALYSE)
    return Moved(moved)


def merge(url: str, tenant_id: str, told: Told) -> Moved:
    """Bring a tenant's rows back among everybody's and drop its partitions. Goes on where it was killed.

    Raises NotFound when it has none, AlreadyExists when another process moves rows, TryLater.
    """
    with _session(url, moving=True) as connection:
        tables = [table for table in PARTITIONED if _exists(connection, _own(table, tenant_id))]
        if not tables:
            raise NotFound("this tenant has no partition of its own")
        for table in tables:
            _turn_back(connection, table, tenant_id)
        moved = {}
        for table in tables:
            moved[table] = _move(connection, table, tenant_id, _own(table, tenant_id), f"{table}_shared", 0, told)
        dropped = _older_ended(connection)
        if dropped:
            for table in tables:
                _drop(connection, table, tenant_id)
        connection.execute(_ANALYSE)
    return Moved(moved, dropped)


def analyse(tx: Tx, table: str) -> None:
    """Let the planner know a table as a whole: PostgreSQL looks at partitions by itself, at what they are of never.

    Raises TryLater when somebody holds one of them: a vacuum that PostgreSQL needs does not give way.
    """
    tx.execute("SET LOCAL statement_timeout = 0")
    tx.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
    tx.execute(f"ANALYZE {table}")


@contextmanager
def _session(url: str, *, moving: bool = False) -> Iterator[Connection]:
    if url.startswith("sqlite:"):
        raise BadInput("only PostgreSQL has partitions")
    with connect(url) as connection:
        if not _exists(connection, f"{PARTITIONED[0]}_shared"):
            raise BadInput("the tables are of an older version: mailwright database migrate")
        if moving:
            locked = connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
            if locked is None or not locked[0]:
                raise AlreadyExists("another process moves a tenant: one at a time")
            connection.execute("SET statement_timeout = 0")
        try:
            yield connection
        except psycopg.OperationalError as error:
            raise TryLater(f"the database gave up; run it again: {first_line(error)}") from error
        finally:
            with suppress(psycopg.Error):  # now: the server takes its time to notice that a connection was closed
                connection.execute("SELECT pg_advisory_unlock_all()")


def _own(table: str, tenant_id: str) -> str:
    """The name of a tenant's partition: of hexadecimal digits, so that it needs no quotes."""
    digits = tenant_id.replace("-", "").lower()
    if len(digits) != 32 or not set(digits) <= set("0123456789abcdef"):
        raise BadInput(f"{tenant_id} is not the id of a tenant")
    return f"{table}_{digits}"


def _prove(connection: Connection, table: str) -> None:
    """That no row of the shared partition is apart: read once, while others write. Later a new partition needs no look at it."""
    known = connection.execute(
        "SELECT convalidated FROM pg_constraint WHERE conname = %s AND conrelid = to_regclass(%s)",
        (f"ck_{table}_apart", f"{table}_shared"),
    ).fetchone()
    if known is None:
        raise BadInput(f"the constraint ck_{table}_apart of {table}_shared is gone: nothing can be set apart")
    if not known[0]:
        _briefly(connection, f"ALTER TABLE {table}_shared VALIDATE CONSTRAINT ck_{table}_apart")


def _open(connection: Connection, table: str, tenant_id: str) -> None:
    """The partition, and the way to it for new rows: both or none. Again does no harm."""
    own, shared = _own(table, tenant_id), f"{table}_shared"
    made: list[str] = []
    if not _exists(connection, own):
        made = [
            *_MAILBOXES_FIRST[table],
            f"LOCK TABLE {shared} IN ACCESS EXCLUSIVE MODE",
            f"CREATE TABLE {own} (LIKE {shared} INCLUDING ALL EXCLUDING CONSTRAINTS)",
            f"ALTER TABLE {table} ATTACH PARTITION {own} "
            f"FOR VALUES FROM ('{tenant_id}', 1) TO ('{tenant_id}', MAXVALUE)",
        ]
    _briefly(connection, *made, *_routed(table, tenant_id, "apart"), f"COMMENT ON TABLE {own} IS '{FILLING}'")


def _turn_back(connection: Connection, table: str, tenant_id: str) -> None:
    """From now on new rows stay in the shared partition."""
    note = f"COMMENT ON TABLE {_own(table, tenant_id)} IS '{LEAVING}'"
    _briefly(connection, *_routed(table, tenant_id, "back"), note)


def _routed(table: str, tenant_id: str, way: str) -> Sequence[str]:
    known, unless = _KNOWN[table]
    # Making a trigger waits for every transaction that has written, and those to come see it: nobody is half-way.
    return (
        _ROUTE.format(table=table, known=known, unless=unless),
        f"CREATE OR REPLACE TRIGGER {_own(table, tenant_id)} BEFORE INSERT ON {table}_shared FOR EACH ROW "
        f"WHEN (NEW.tenant_id = '{tenant_id}') EXECUTE FUNCTION {table}_apart('{way}')",
    )


def _move(connection: Connection, table: str, tenant_id: str, source: str, target: str, apart: int, told: Told) -> int:
    """Every row of the tenant from one partition to the other, in the order of ids; then those that somebody held meanwhile."""
    moved, total = 0, _count(connection, source, tenant_id)

    def carry(ids: Sequence[str]) -> int:
        nonlocal moved
        before = moved
        for start in range(0, len(ids), BATCH):
            began = time.monotonic()
            with suppress(errors.DeadlockDetected, errors.SerializationFailure):  # their turn comes again
                moved += _carry(connection, table, tenant_id, source, apart, ids[start : start + BATCH])
            told(table, moved, max(total, moved))
            time.sleep(min(time.monotonic() - began, PAUSE_SECONDS))  # half of the time is others'
        return moved - before

    after = _START
    while rows := connection.execute(
        f"SELECT id, tenant_id = %s FROM {source} WHERE id > %s ORDER BY id LIMIT %s", (tenant_id, after, WINDOW)
    ).fetchall():
        after = rows[-1][0]
        carry([row[0] for row in rows if row[1]])
    fruitless = 0
    while left := connection.execute(
        f"SELECT id FROM {source} WHERE tenant_id = %s LIMIT %s", (tenant_id, LEFTOVERS)
    ).fetchall():
        if carry([row[0] for row in left]):
            fruitless = 0
            continue
        fruitless += 1
        if fruitless == TRIES:
            raise TryLater(f"somebody holds rows of {source} for long: run it again")
        time.sleep(PAUSE_SECONDS)
    return moved


def _carry(connection: Connection, table: str, tenant_id: str, source: str, apart: int, ids: Sequence[str]) -> int:
    """Those of the rows that nobody holds now, in one transaction; how many."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (MOVE_LOCK,))
        # Locked first, and only what is free: from here on this waits for nobody, so nobody can wait for it in a ring.
        free = connection.execute(
            f"SELECT id FROM {source} WHERE id = ANY(%s::uuid[]) AND tenant_id = %s ORDER BY id FOR UPDATE SKIP LOCKED",
            (list(ids), tenant_id),
        ).fetchall()
        done = connection.execute(
            f"UPDATE {table} SET apart = %s WHERE id = ANY(%s::uuid[]) AND tenant_id = %s AND apart = %s",
            (apart, [row[0] for row in free], tenant_id, 1 - apart),
        ).rowcount
        if done != len(free):
            raise TryLater(f"{len(free)} rows of {source} should have moved, and {done} did: nothing of this was kept")
    return done


def _older_ended(connection: Connection) -> bool:
    """Wait until every transaction of now has ended: one of them may see rows only where they were before they came back."""
    older = _running(connection)
    until = time.monotonic() + OLDER_SECONDS
    while older and time.monotonic() < until:
        time.sleep(0.05)
        older &= _running(connection)
    return not older


def _running(connection: Connection) -> set[str]:
    """Transactions of this database; those that vacuum or analyse read no mail."""
    rows = connection.execute(
        "SELECT l.virtualxid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
        "WHERE l.locktype = 'virtualxid' AND l.pid <> pg_backend_pid() "
        "AND a.datid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND NOT EXISTS "
        "(SELECT 1 FROM pg_locks o WHERE o.pid = l.pid AND o.mode = 'ShareUpdateExclusiveLock' AND o.locktype = 'relation')"
    ).fetchall()
    return {str(row[0]) for row in rows}


def _drop(connection: Connection, table: str, tenant_id: str) -> None:
    own = _own(table, tenant_id)
    _briefly(
        connection,
        *_MAILBOXES_FIRST[table],
        f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
        f"DO $$ BEGIN IF EXISTS (SELECT 1 FROM {own}) THEN RAISE 'the partition has rows'; END IF; END $$",
        f"ALTER TABLE {table} DETACH PARTITION {own}",
        f"DROP TABLE {own}",
        f"DROP TRIGGER {own} ON {table}_shared",
    )


def _briefly(connection: Connection, *statements: str) -> None:
    """In one transaction that waits for locks only shortly, again and again. Raises TryLater."""
    for attempt in range(TRIES):
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
                for statement in statements:
                    connection.execute(statement)
            return
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            time.sleep(min(PAUSE_SECONDS * 2**attempt, LONGEST_SECONDS))
    raise TryLater("something holds the tables for long, a backup or a dump perhaps: run it again when that has ended")


def _note(connection: Connection, partition: str, state: str) -> None:
    _briefly(connection, f"COMMENT ON TABLE {partition} IS '{state}'")


def _count(connection: Connection, partition: str, tenant_id: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {partition} WHERE tenant_id = %s", (tenant_id,)).fetchone()
    return 0 if row is None else int(row[0])


def _exists(connection: Connection, table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
    return row is not None and bool(row[0])


def _tenants(connection: Connection) -> list[Row]:
    return connection.execute("SELECT id, name FROM tenants ORDER BY name").fetchall()
