"""Migrations: what they make is what schema.py says, on both databases; the constant of the quick look is the newest file."""

from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from mailwright.storage.migrate import HEAD, configuration
from mailwright.storage.schema import metadata


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
def test_a_migrated_database_is_the_one_the_schema_describes(any_url: str) -> None:
    # On PostgreSQL the schema is what each partition is like: with 0009 taken back, they are tables again, and nothing else.
    command.downgrade(configuration(any_url), "0008")
    engine = create_engine(any_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _is_ours})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def test_the_quick_look_knows_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(configuration("sqlite:///")).get_heads() == [HEAD]


def _is_ours(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Not Alembic's own table, nor what PostgreSQL's event log has beyond the shared schema: transactions, and their index."""
    return (kind, name) not in {("table", "alembic_version"), ("column", "tx"), ("index", "ix_events_tx_id")}
