"""Preferences: what is kept is sane, one change leaves the others, and a refused one changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core import Core, accounts, people
from mailwright.core.accounts import Account
from mailwright.domain.refusals import BadInput
from mailwright.storage import audit
from mailwright.storage import preferences as rows


@pytest.fixture
def ada(core: Core) -> Account:
    return core.database.read_now(lambda tx: accounts.find(tx, "ada@mailwright.test"))


async def test_what_is_given_is_changed_and_the_rest_stays(core: Core, ada: Account) -> None:
    first = {
        "time_zone": "Europe/Vienna",
        "quiet_from": "22:00",
        "quiet_until": "7:30",
        "tone": "brief",
        "locale": "de-AT",
    }
    await core.write(lambda tx: people.change(tx, ada, first))
    await core.write(
        lambda tx: people.change(tx, ada, {"agenda_at": 480, "reach_by": "whatsapp", "default_action": "draft"})
    )
    told = await core.read(lambda tx: people.described(tx, ada))
    assert told == {
        "time_zone": "Europe/Vienna",
        "tone": "brief",
        "undo_seconds": 0,
        "default_action": "draft",
        "locale": "de-AT",
        "reach_by": "whatsapp",
        "quiet_from": "22:00",
        "quiet_until": "07:30",
        "agenda_at": "08:00",
        "display": {},
    }
    kept = await core.read(lambda tx: rows.of_user(tx, ada.id))
    assert (kept.quiet_from, kept.quiet_until, kept.agenda_at) == (22 * 60, 7 * 60 + 30, 480)


async def test_what_is_told_can_be_given_back(core: Core, ada: Account) -> None:
    told = await core.read(lambda tx: people.described(tx, ada))
    await core.write(lambda tx: people.change(tx, ada, told))
    assert await core.read(lambda tx: people.described(tx, ada)) == told


async def test_quiet_hours_and_the_agenda_are_given_up(core: Core, ada: Account) -> None:
    await core.write(
        lambda tx: people.change(tx, ada, {"quiet_from": "22:00", "quiet_until": "07:00", "agenda_at": "8:00"})
    )
    await core.write(lambda tx: people.change(tx, ada, {"quiet_from": "", "quiet_until": None, "agenda_at": ""}))
    kept = await core.read(lambda tx: rows.of_user(tx, ada.id))
    assert (kept.quiet_from, kept.quiet_until, kept.agenda_at) == (None, None, None)


@pytest.mark.parametrize(
    "wanted",
    [
        {"time_zone": "Mars/Olympus"},
        {"quiet_from": "22:00"},
        {"quiet_from": "24:00", "quiet_until": "7:00"},
        {"quiet_from": "ten", "quiet_until": "seven"},
        {"quiet_from": 1440, "quiet_until": 0},
        {"agenda_at": -1},
        {"agenda_at": 7.5},
        {"reach_by": "pigeon"},
        {"default_action": "delete"},
        {"locale": "xx"},
        {"locale": "en_GB"},
        {"tone": "x" * 2001},
        {"quiet": True},
    ],
    ids=lambda each: "-".join(f"{name}={str(value)[:10]}" for name, value in each.items()),
)
async def test_what_is_not_sane_is_refused_and_changes_nothing(
    core: Core, ada: Account, wanted: dict[str, Any]
) -> None:
    before = await core.read(lambda tx: rows.of_user(tx, ada.id))
    with pytest.raises(BadInput):
        await core.write(lambda tx: people.change(tx, ada, {"undo_seconds": 9} | wanted))
    assert await core.read(lambda tx: rows.of_user(tx, ada.id)) == before


async def test_who_changed_what_and_from_where_is_in_the_trail(core: Core, ada: Account) -> None:
    await core.write(lambda tx: people.change(tx, ada, {"reach_by": "mail", "locale": "fr"}, client="192.0.2.7"))
    entry = (await core.read(lambda tx: audit.listing(tx)))[0][1]
    assert (entry.actor, entry.action, entry.resource, entry.address) == (
        "ada@mailwright.test",
        "preferences.changed",
        "locale reach_by",
        "192.0.2.7",
    )
