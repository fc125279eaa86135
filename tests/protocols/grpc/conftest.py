"""A database with people, and a server that calls come to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailwright.core import Core
from mailwright.storage import Database
from tests.protocols.grpc.world import World, make_core, opened


@pytest.fixture
def core(database: Database, tmp_path: Path) -> Core:
    return make_core(database, tmp_path)


@pytest.fixture
async def world(core: Core) -> AsyncIterator[World]:
    async with opened(core) as made:
        yield made


@pytest.fixture
async def any_world(any_database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """On each kind of database."""
    async with opened(make_core(any_database, tmp_path)) as made:
        yield made
