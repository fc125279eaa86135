"""A thousand follow-ups that are due in the same minute, two schedulers and two servers: each is queued once and arrives once.

Ten thousand take minutes of the processor: `make bench ARGS=followups`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.busyminute import BusyMinute
from tests.servers.postgresql import PostgresqlServer

MANY = 1_000


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(600)
async def test_each_of_a_thousand_due_in_one_minute_is_queued_once_and_arrives_once(
    postgresql_server: PostgresqlServer, tmp_path: Path
) -> None:
    url = postgresql_server.fresh_database(engine=True)
    minute = BusyMinute(tmp_path, url)
    try:
        minute.start()
        await minute.fall_due(MANY)
        minute.wait_until_done(500)
        assert len(minute.ids) == MANY
        assert minute.problems() == []
    finally:
        minute.stop()
        postgresql_server.drop(url)
