"""Figures that the database is asked for, on both: its own, and those of the largest tenants, who are told by their ids."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import Gauge
from prometheus_client.samples import Sample

from mailwright.core import Core, CoreSettings, databasefigures, tenantfigures
from mailwright.storage import Database, open_blobs
from tests.backups.conftest import fill, send


@pytest.fixture
def core(any_database: Database, tmp_path: Path) -> Core:
    """Two tenants with mail, the first with more; one message of it waits for two people, and is under way to a third."""
    made = Core(any_database, open_blobs(any_database, f"file://{tmp_path}"), CoreSettings())
    fill(made)
    send(made)
    return made


async def test_the_largest_tenants_are_told_by_their_ids(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = [
        await core.read(lambda tx, name=name: tx.scalar("SELECT id FROM tenants WHERE name = ?", (name,)))
        for name in ("one", "two")
    ]
    stored = await core.read(lambda tx: tx.scalar("SELECT sum(used_bytes) FROM users WHERE tenant_id = ?", (two,)))
    monkeypatch.setattr(tenantfigures, "_measured", [])
    await tenantfigures.measure(core)

    def told(gauge: Gauge) -> dict[str, float]:
        return {each.labels["tenant"]: each.value for each in _samples(gauge)}

    assert list(told(tenantfigures.stored_gauge)) == [one, two]
    assert told(tenantfigures.stored_gauge)[two] == stored
    assert told(tenantfigures.waiting_gauge) == {one: 2}
    monkeypatch.setattr(tenantfigures, "SHOWN", 1)
    monkeypatch.setattr(tenantfigures, "_measured", [])
    await tenantfigures.measure(core)
    assert list(told(tenantfigures.stored_gauge)) == [one], (
        "as many series as are shown, however many tenants there are"
    )


def _samples(gauge: Gauge) -> list[Sample]:
    return [sample for metric in gauge.collect() for sample in metric.samples]


async def test_the_database_tells_of_itself(core: Core) -> None:
    await databasefigures.measure(core)
    [connected] = [
        each.value for each in _samples(databasefigures.connections_gauge) if each.labels["state"] == "active"
    ]
    [most], [log] = _samples(databasefigures.most_gauge), _samples(databasefigures.wal_gauge)
    if core.database.dialect == "sqlite":
        assert (most.value, log.value) == (0, 0)
        assert _samples(databasefigures.file_gauge)[0].value > 0
    else:
        assert 1 <= connected <= most.value
        assert log.value > 0
    [archived], [failures] = _samples(databasefigures.archived_gauge), _samples(databasefigures.failures_gauge)
    assert (archived.value, failures.value) == (0, 0), (
        "it archives nothing here; see tests/backups/test_point_in_time.py"
    )
