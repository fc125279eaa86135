"""The day's agenda: at its hour where the person is, once a day, of what is due."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from mailwright.core import Core, accounts
from mailwright.core.accounts import Account
from mailwright.core.followups import agenda
from mailwright.core.followups.agenda import Agenda
from mailwright.domain import clock
from mailwright.domain.clock import DAY
from mailwright.domain.followups import FollowupStatus
from mailwright.storage import preferences
from tests.core.followups.conftest import Make
from tests.core.followups.states import bring

DAY_THERE = "2030-06-12"


def at(text: str) -> int:
    return clock.from_datetime(datetime.fromisoformat(f"{DAY_THERE}T{text}").replace(tzinfo=ZoneInfo("Asia/Tokyo")))


@pytest.fixture(autouse=True)
async def wanted(core: Core, ada: Account) -> None:
    """Ada, in Tokyo, wants it at eight."""
    chosen = replace(preferences.Preferences(), time_zone="Asia/Tokyo", agenda_at=8 * 60)
    await core.write(lambda tx: preferences.set_for(tx, ada.id, chosen))


async def test_it_is_due_from_its_hour_on_until_it_was_told(core: Core, ada: Account) -> None:
    assert await core.read(lambda tx: agenda.due(tx, at("07:59"))) == []
    for hour in ("08:00", "08:01", "23:59"):
        assert await core.read(lambda tx, h=hour: agenda.due(tx, at(h))) == [Agenda(ada.id, ada.tenant_id, DAY_THERE)]  # type: ignore[misc]
    assert await core.write(lambda tx: agenda.claim(tx, ada.id, DAY_THERE))
    assert await core.read(lambda tx: agenda.due(tx, at("23:59"))) == []
    (tomorrow,) = await core.read(lambda tx: agenda.due(tx, at("08:00") + DAY))
    assert tomorrow.day == "2030-06-13"


async def test_a_day_is_claimed_by_one_of_many(core: Core, ada: Account) -> None:
    claims = await asyncio.gather(*(core.write(lambda tx: agenda.claim(tx, ada.id, DAY_THERE)) for _ in range(8)))
    assert sorted(claims) == [False] * 7 + [True]
    assert not await core.write(lambda tx: agenda.claim(tx, ada.id, "2030-06-11"))


async def test_who_wants_none_or_may_not_sign_in_gets_none(core: Core, ada: Account) -> None:
    await core.write(lambda tx: accounts.begin_removal(tx, ada))
    assert await core.read(lambda tx: agenda.due(tx, at("09:00"))) == []


async def test_it_holds_what_is_due_by_the_end_of_the_day_there(core: Core, make: Make, ada: Account) -> None:
    overdue, today = make(due_at=at("00:00") - DAY), make(due_at=at("23:59"))
    make(due_at=at("00:00") + DAY)
    bring(core, make, FollowupStatus.CLARIFYING)
    bring(core, make, FollowupStatus.CANCELLED, due_at=at("12:00"))
    found = await core.read(lambda tx: agenda.entries(tx, ada.id, DAY_THERE))
    assert [each.id for each in found] == [overdue.id, today.id]


async def test_a_time_zone_that_is_no_more_is_utc(core: Core, ada: Account) -> None:
    await core.write(
        lambda tx: tx.execute("UPDATE preferences SET time_zone = 'Mars/Olympus' WHERE user_id = ?", (ada.id,))
    )
    assert await core.read(lambda tx: agenda.due(tx, at("16:59"))) == []  # 7:59 in UTC
    assert len(await core.read(lambda tx: agenda.due(tx, at("17:00")))) == 1
