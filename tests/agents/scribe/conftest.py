"""Fixtures for tests of the scribe."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailwright.agents import scribe
from mailwright.storage import Database
from tests.agents.scribe.study import Study, make


@pytest.fixture
async def study(database: Database, tmp_path: Path) -> AsyncIterator[Study]:
    """Ada's study, on SQLite."""
    yield make(database, tmp_path)
    await scribe.close()
