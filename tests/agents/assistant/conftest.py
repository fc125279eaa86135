"""Fixtures for tests of the assistant."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailwright.storage import Database
from tests.agents.assistant.mailroom import Mailroom, make
from tests.servers.imapthere import dovecot, ours, there  # noqa: F401  # fixtures


@pytest.fixture
def room(database: Database, tmp_path: Path) -> Mailroom:
    """Ada's mailroom, on SQLite."""
    return make(database, tmp_path)
