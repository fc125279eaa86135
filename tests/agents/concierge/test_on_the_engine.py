"""The whole way on the real workflow engine: a mail, its follow-up, the scan, the reminder; and what the engine's tables may not hold."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mailwright.agents import concierge
from mailwright.agents.concierge import scanning
from mailwright.core import tasks
from mailwright.domain.clock import DAY
from mailwright.domain.followups import FollowupStatus
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Consumers, Flows
from tests.agents.concierge.conftest import Office

SECRET = "swordfish"
PATIENCE = 60  # seconds


@pytest.fixture
async def flows(office: Office, tmp_path: Path) -> Any:
    flows = Flows(office.core.database, f"sqlite:///{tmp_path}/flows.db", on_dead=concierge.on_dead)
    consumers = Consumers(office.core.database)
    consumers.subscribe("mail_ingest", concierge.GROUP, concierge.on_delivered(office.core, flows))
    scanning.configure(office.core, flows)
    await flows.start()
    await consumers.start()
    yield flows
    await consumers.stop()
    await flows.stop()


@pytest.mark.slow
async def test_a_mail_becomes_a_reminder_and_no_mail_text_is_in_the_engine(
    office: Office, flows: Flows, tmp_path: Path
) -> None:
    message = await office.receive(
        f"Remind me with a draft tomorrow at 9 to tell Bob the word {SECRET}", subject=SECRET
    )
    async with asyncio.timeout(PATIENCE):
        while not (found := await office.core.read(lambda tx: tasks.find(tx, "concierge", message))) or (
            found.status is not TaskStatus.WAITING
        ):
            await asyncio.sleep(0.05)
        office.clock.pass_(DAY)
        assert await scanning.hand_off_due(office.core, flows, office.clock.now()) == 1
        while (await office.followup()).status is not FollowupStatus.SENDING:
            await asyncio.sleep(0.05)
    assert len(await office.said()) == 2
    for file in tmp_path.glob("flows.db*"):
        assert SECRET.encode() not in file.read_bytes()
