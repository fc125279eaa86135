"""A small installation on a database of its own, for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailwright.core import Core, CoreSettings, accounts, domains
from mailwright.storage import Database, Tx, open_blobs
from tests.core.outbox.outbox_world import ADA, BASHIR, MovedClock, World


@pytest.fixture
def now() -> MovedClock:
    return MovedClock()


@pytest.fixture
def core(any_database: Database, data_folder: Path) -> Core:
    blobs = open_blobs(any_database, f"file://{data_folder}/blobs")
    return Core(any_database, blobs, CoreSettings(hostname="mx.mailwright.test"))


@pytest.fixture
async def world(core: Core, now: MovedClock, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("mailwright.domain.clock.now", now)  # one time for all: what is queued is queued at it

    def people(tx: Tx) -> tuple[str, str, str]:
        tenant_id = domains.add(tx, "mailwright.test").tenant_id
        ada, bashir = (accounts.add_user(tx, core, str(address)).id for address in (ADA, BASHIR))
        return tenant_id, ada, bashir

    return World(core, now, *await core.write(people))
