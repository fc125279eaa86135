"""Fixtures for every test: a data folder, a migrated database of each kind, and the servers they need.

`database` is SQLite; `any_database` runs the test on SQLite and on PostgreSQL (skipped where it is not installed).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi._compat import v2 as fastapi_fields
from pydantic import TypeAdapter

from mailwright.storage.database import Database, open_database
from mailwright.storage.migrate import migrate
from tests.servers.postgresql import PostgresqlServer, find_binaries
from tests.servers.s3 import BUCKET, Meddler, S3Server
from tests.servers.valkey import ValkeyServer, find_binary
from tests.servers_java.opensearch import OpenSearchServer
from tests.servers_node.azurite import Azurite
from tests.servers_node.packages import NotAvailable


class _Kept:
    """A type of an application's routes, known by how it is written."""

    def __init__(self, kind: Any, config: Any) -> None:
        self.kind, self.config = kind, config
        self._key = (repr(kind), repr(config))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and self._key == other._key


@cache
def _adapter(kept: _Kept) -> TypeAdapter[Any]:
    return TypeAdapter(kept.kind, config=kept.config)


# FastAPI makes some 1,200 validators for each application, the same ones every time, and the tests make thousands of applications.
fastapi_fields.TypeAdapter = lambda kind, *, config=None: _adapter(_Kept(kind, config))  # type: ignore[misc,assignment]


_LONG = ("reliability", "walks", "web", "clients", "docs", "evaluations", "cli")  # a file of theirs may take minutes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with long tests begin first, so that no process is left alone with one at the end (`--no-loadscope-reorder`)."""
    tests = Path(__file__).parent
    slow = {item.path for item in items if item.get_closest_marker("slow")}

    def turn(item: pytest.Item) -> int:
        folder = item.path.relative_to(tests).parts[0] if item.path.is_relative_to(tests) else ""
        return _LONG.index(folder) if folder in _LONG else len(_LONG) + (item.path not in slow)

    items.sort(key=turn)


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """An empty data folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def sqlite_template() -> Iterator[Path]:
    """A migrated SQLite file to copy: migrating takes a second, copying nothing."""
    with tempfile.TemporaryDirectory(prefix="mailwright-sqlite-") as folder:
        path = Path(folder) / "template.db"
        migrate(f"sqlite:///{path}")
        yield path


@pytest.fixture
def sqlite_url(data_folder: Path, sqlite_template: Path) -> str:
    """The URL of a migrated SQLite file."""
    path = data_folder / "mailwright.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """This session's cluster (one for each xdist worker)."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    server = PostgresqlServer(binaries)
    yield server
    server.destroy()


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database of this test's own."""
    url = postgresql_server.fresh_database()
    yield url
    postgresql_server.drop(url)


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """An open SQLite database."""
    opened = open_database(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def any_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database, once of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def any_database(any_url: str) -> Iterator[Database]:
    """An open database, once of each kind."""
    opened = open_database(any_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """S3, by moto."""
    server = S3Server()
    yield server
    server.destroy()


@pytest.fixture
def meddler(s3_server: S3Server) -> Iterator[Meddler]:
    """What stands in front of S3, honest until it is told otherwise."""
    made = Meddler(s3_server.endpoint)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def one_valkey() -> Iterator[ValkeyServer]:
    """This session's Valkey (one for each xdist worker)."""
    binary = find_binary()
    if binary is None:
        pytest.skip("neither Valkey nor Redis is installed")
    server = ValkeyServer(binary)
    yield server
    server.destroy()


@pytest.fixture
def valkey_server(one_valkey: ValkeyServer) -> ValkeyServer:
    """Valkey, running, whatever became of it in the test before."""
    one_valkey.revive()
    return one_valkey


@pytest.fixture(scope="session")
def opensearch() -> Iterator[OpenSearchServer]:
    """This session's OpenSearch."""
    try:
        server = OpenSearchServer()
    except NotAvailable as why:
        pytest.skip(str(why))
    yield server
    server.destroy()


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azure Blob Storage, with one container."""
    try:
        server = Azurite(tmp_path_factory.mktemp("azurite"))
    except NotAvailable as why:
        pytest.skip(str(why))
    server.make_container(BUCKET)
    yield server
    server.stop()
