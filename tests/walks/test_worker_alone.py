"""A process that works and schedules nothing does what another process has scheduled: it has every part of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mailwright.agents import employee
from mailwright.agents.assistant import looking
from mailwright.agents.concierge import scanning
from mailwright.agents.scribe import handing
from mailwright.app import Application
from mailwright.core import housekeeping, status
from mailwright.domain import clock
from mailwright.domain.serving import GROUPS
from mailwright.settings import load

EVERY_MINUTE = (handing.look, scanning.scan, looking.look_round, employee.tell_progress, housekeeping.wake_snoozed)


async def test_what_the_clock_starts_runs_where_no_scheduler_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (handing, scanning, housekeeping):
        monkeypatch.setattr(module, "_parts", [])  # as in a new process
    application = Application(load(data=tmp_path / "data", roles="worker", operations_port=0))
    await application.start()
    try:
        assert application._work is not None
        assert {one.group: one.stream for one in application._work.consumers._subscriptions} == GROUPS
        assert await application.core.read(status.unserved) == []
        for workflow in EVERY_MINUTE:
            await application.flows.enqueue(workflow, clock.to_datetime(clock.now()), None, id=f"now {workflow}")
        async with asyncio.timeout(60):
            while (found := await _statuses(application)) & {"queued", "running", "missing"}:
                await asyncio.sleep(0.05)
        assert found == {"done"}
    finally:
        await application.stop(grace=2.0)


async def _statuses(application: Application) -> set[str]:
    found = [await application.flows.status(f"now {workflow}") for workflow in EVERY_MINUTE]
    return {"missing" if each is None else each.status for each in found}
