"""A small installation on a database of its own, for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from outbox_world import ADA, BASHIR, MovedClock, World

from mailwright.core import Core, CoreSettings, accounts, domains
from mailwright.storage import Tx, open_blobs, open_database
from mailwright.storage.migrate import migrate


@pytest.fixture
def now() -> MovedClock:
    return MovedClock()


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/mail.db"


@pytest.fixture
def core(database_url: str, tmp_path: Path) -> Iterator[Core]:
    migrate(database_url)
    database = open_database(database_url)
    yield Core(database, open_blobs(database, f"file://{tmp_path}/blobs"), CoreSettings(hostname="mx.mailwright.test"))
    database.close()


@pytest.fixture
async def world(core: Core, now: MovedClock) -> World:
    def people(tx: Tx) -> tuple[str, str, str]:
        tenant_id = domains.add(tx, "mailwright.test").tenant_id
        ada, bashir = (accounts.add_user(tx, core, str(address)).id for address in (ADA, BASHIR))
        return tenant_id, ada, bashir

    return World(core, now, *await core.write(people))
