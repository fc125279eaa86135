"""What a PostgreSQL database has right after it was made, so that a used one can be made so again."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

MAX_OCTETS = 1_000_000  # of a table: emptying a larger one leaves more behind than a copy costs

_CATALOGS = (
    *("pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_inherits", "pg_trigger", "pg_rewrite"),
    *("pg_proc", "pg_type", "pg_namespace", "pg_extension", "pg_publication", "pg_policy"),
)
# Whatever changes a table writes a row of a catalogue, or takes one away.
_SHAPE = " UNION ALL ".join(f"SELECT count(*), max(xmin::text::bigint) FROM {name}" for name in _CATALOGS) + (
    " UNION ALL SELECT count(*), 0 FROM pg_db_role_setting"
    " WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

_FILLED = """
SELECT n.nspname, c.relname, pg_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.oid >= 16384 AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND pg_relation_size(c.oid) > 0"""

_SEQUENCES = "SELECT schemaname, sequencename FROM pg_sequences ORDER BY 1, 2"

Connection = psycopg.Connection[Any]


class Content:
    """The shape, rows and counters of a database."""

    def __init__(self, connection: Connection) -> None:
        self._shape = _shape(connection)
        self._rows = [(table, _copied(connection, table)) for table, _ in _filled(connection)]
        sequences = [sql.Identifier(*each) for each in connection.execute(_SEQUENCES)]
        self._counters = [
            sql.SQL("SELECT setval({}, {}, {})").format(sql.Literal(each.as_string()), *map(sql.Literal, found))
            for each in sequences
            if (found := connection.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(each)).fetchone())
        ]

    def put_back(self, connection: Connection) -> bool:
        """Make a used database like this one. False when that costs more than a new one, or its tables were changed."""
        if _shape(connection) != self._shape:
            return False
        filled = _filled(connection)
        if any(octets > MAX_OCTETS for _, octets in filled):
            return False
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # no keys are checked on the way
            for table, _ in filled:
                connection.execute(sql.SQL("DELETE FROM {}").format(table))
            for table, rows in self._rows:
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
                    copy.write(rows)
            if self._counters:
                connection.execute(sql.SQL(" UNION ALL ").join(self._counters))
        return True


def _shape(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(_SHAPE).fetchall()


def _filled(connection: Connection) -> list[tuple[sql.Identifier, int]]:
    """The tables that may have rows, and the octets of each."""
    return [(sql.Identifier(schema, table), octets) for schema, table, octets in connection.execute(_FILLED)]


def _copied(connection: Connection, table: sql.Identifier) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(table)) as copy:
        return b"".join(bytes(part) for part in copy)
