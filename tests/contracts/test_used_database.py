"""A database that a test had is like new for the next one."""

from __future__ import annotations

import psycopg
import pytest

from mailwright.core import domains
from mailwright.storage.database import open_database
from tests.servers.postgresql import PostgresqlServer

pytestmark = pytest.mark.server

COUNTED = "SELECT (SELECT count(*) FROM tenants), (SELECT count(*) FROM domains), (SELECT count(*) FROM events)"
COUNTERS = "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY sequencename"


def _oid(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])


def test_rows_and_counters_are_as_in_the_template(postgresql_server: PostgresqlServer) -> None:
    url = postgresql_server.fresh_database()
    used = _oid(url)
    with psycopg.connect(url) as connection:
        before = connection.execute(COUNTED).fetchone()
        counters = connection.execute(COUNTERS).fetchall()
    database = open_database(url)
    database.write_now(lambda tx: domains.add(tx, "mailwright.test"))
    with psycopg.connect(url) as connection:
        for _, name, _ in counters:
            connection.execute("SELECT nextval(%s::regclass)", (f'"{name}"',))
        connection.execute("DELETE FROM alembic_version")
    postgresql_server.drop(url)
    again = postgresql_server.fresh_database()
    assert (again != url, _oid(again)) == (True, used)
    with psycopg.connect(again) as connection:
        assert connection.execute(COUNTED).fetchone() == before
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        assert connection.execute(COUNTERS).fetchall() == counters
    with pytest.raises(psycopg.OperationalError):  # who still holds the old one reaches nothing
        psycopg.connect(url)
    database.close()
    postgresql_server.drop(again)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE tenants ADD COLUMN more int",
        "DROP INDEX {index}",
        "CREATE TABLE another (id int)",
        "ALTER TABLE tenants SET (fillfactor = 50)",
    ],
    ids=["column", "index", "table", "option"],
)
def test_changed_tables_are_not_used_again(postgresql_server: PostgresqlServer, change: str) -> None:
    url = postgresql_server.fresh_database()
    used = _oid(url)
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'events' AND indexdef NOT LIKE '%UNIQUE%'"
        ).fetchone()
        assert row is not None
        connection.execute(change.format(index=f'"{row[0]}"').encode())
    postgresql_server.drop(url)
    again = postgresql_server.fresh_database()
    assert _oid(again) != used
    postgresql_server.drop(again)
