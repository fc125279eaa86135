"""A running workflow engine, on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from mailwright.pipeline import Flows
from mailwright.storage.database import Database
from tests.servers.postgresql import PostgresqlServer


def flows_url(any_url: str) -> str:
    """Where the engine keeps its tables beside this database."""
    return any_url.replace("mailwright.db", "flows.db") if any_url.startswith("sqlite") else any_url


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """As everywhere, and with the engine's tables: making them takes a second."""
    url = postgresql_server.fresh_database(engine=True)
    yield url
    postgresql_server.drop(url)


@pytest.fixture
async def flows(any_database: Database, any_url: str) -> AsyncIterator[Flows]:
    """Started flows over `any_database`."""
    made = Flows(any_database, flows_url(any_url), executor_id="tests")
    await made.start()
    yield made
    await made.stop(0.1)


@pytest.fixture
async def idle_flows(any_database: Database, any_url: str) -> AsyncIterator[Flows]:
    """Flows that take requests and run none (yet)."""
    made = Flows(any_database, flows_url(any_url), executor_id="tests")
    yield made
    await made.stop(0.1)
