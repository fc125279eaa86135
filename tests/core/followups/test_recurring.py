"""What comes again: at the same hour of the wall, once for each time, and on after a failure, a pause or days of silence."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from mailwright.core import Core, tasks
from mailwright.core.followups import changing, making, scanning
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR
from mailwright.domain.followups import FollowupStatus
from mailwright.storage import Tx
from mailwright.storage.followups import Followup
from tests.core.followups.conftest import ADA, Make

S = FollowupStatus


def at(text: str) -> int:
    return clock.from_datetime(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Vienna")))


class Hands:
    """Moves the clock, and does at each time what the scan and the workflow do."""

    def __init__(self, core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
        self.core = core
        self._patch = monkeypatch

    def set(self, moment: int) -> None:
        self._patch.setattr("mailwright.domain.clock.now", lambda: moment)

    async def remind(self, moment: int, *, fails: bool = False) -> list[Followup]:
        """What came due by then, as it stands after its reminder left (or did not)."""
        self.set(moment)
        taken = await scanning.take_due(self.core, moment)
        return [await self.core.write(lambda tx, each=each: self._send(tx, each, fails)) for each in taken]  # type: ignore[misc]

    def _send(self, tx: Tx, each: Followup, fails: bool) -> Followup:
        this = {"generation": each.generation, "occurrence": each.occurrence}
        assert changing.begin(tx, self.core, each.id, **this) is not None
        assert changing.begin_sending(tx, self.core, each.id, **this) is not None
        if fails:
            return changing.fail(tx, self.core, each.id, because="its reminder could not be sent", error="5.1.1")
        return changing.finish(tx, self.core, each.id, because="its reminder was sent")


@pytest.fixture
def hands(core: Core, monkeypatch: pytest.MonkeyPatch) -> Hands:
    made = Hands(core, monkeypatch)
    made.set(at("2026-03-20T12:00"))
    return made


async def test_it_comes_at_the_same_hour_also_when_the_clock_changes(core: Core, make: Make, hands: Hands) -> None:
    make(rule="FREQ=WEEKLY", due_at=at("2026-03-22T09:00"))
    for due, then in (
        ("2026-03-22T09:00", "2026-03-29T09:00"),  # the clock was changed that night
        ("2026-03-29T09:00", "2026-04-05T09:00"),
        ("2026-04-05T09:00", "2026-04-12T09:00"),
    ):
        (known,) = await hands.remind(at(due))
        assert (known.status, known.due_at, known.planned_at) == (S.PENDING, at(then), at(then))
        assert await hands.remind(at(due) + HOUR) == []


async def test_each_time_has_a_number_of_its_own(core: Core, make: Make, hands: Hands) -> None:
    made = make(rule="FREQ=DAILY", due_at=at("2026-03-22T09:00"))
    numbers = [(await hands.remind(at(f"2026-03-{day}T09:00")))[0].occurrence for day in (22, 23, 24)]
    assert numbers == [1, 2, 3]
    told = await core.read(lambda tx: [each.stage for each in tasks.history(tx, made.id)])
    assert told.count("due") == told.count("sending") == 3


async def test_it_ends_after_its_last_time(core: Core, make: Make, hands: Hands) -> None:
    make(rule="FREQ=DAILY;COUNT=2", due_at=at("2026-03-22T09:00"))
    (known,) = await hands.remind(at("2026-03-22T09:00"))
    assert known.status is S.PENDING
    (known,) = await hands.remind(at("2026-03-23T09:00"))
    assert known.status is S.DONE


async def test_after_days_of_silence_it_is_said_once_and_goes_on(core: Core, make: Make, hands: Hands) -> None:
    make(rule="FREQ=DAILY", due_at=at("2026-03-22T09:00"))
    (known,) = await hands.remind(at("2026-03-25T15:00"))
    assert known.due_at == at("2026-03-26T09:00")


async def test_a_failure_is_noted_and_it_comes_again(core: Core, make: Make, hands: Hands) -> None:
    make(rule="FREQ=DAILY", due_at=at("2026-03-22T09:00"))
    (known,) = await hands.remind(at("2026-03-22T09:00"), fails=True)
    assert (known.status, known.due_at, known.last_error) == (S.PENDING, at("2026-03-23T09:00"), "5.1.1")


async def test_one_that_is_put_off_after_its_reminder_loses_no_later_time(core: Core, make: Make, hands: Hands) -> None:
    known = make(rule="FREQ=WEEKLY", due_at=at("2026-03-27T09:00"))
    await hands.remind(at("2026-03-27T09:00"))
    hands.set(at("2026-03-27T09:10"))
    until = at("2026-03-27T11:10")
    await core.write(lambda tx: changing.snooze(tx, core, known.id, until, by=ADA, because="in two hours"))
    (again,) = await hands.remind(until)
    assert again.due_at == at("2026-04-03T09:00")


async def test_one_time_that_is_moved_ahead_is_that_time(core: Core, make: Make, hands: Hands) -> None:
    known = make(rule="FREQ=WEEKLY", due_at=at("2026-03-27T09:00"))
    thursday = at("2026-03-26T09:00")
    await core.write(lambda tx: changing.set_due(tx, core, known.id, thursday, by=ADA, because="make it Thursday"))
    (moved,) = await hands.remind(thursday)
    assert moved.due_at == at("2026-04-03T09:00")


async def test_one_that_is_dropped_or_done_comes_no_more(core: Core, make: Make, hands: Hands) -> None:
    dropped, done = (make(rule="FREQ=DAILY", due_at=at("2026-03-22T09:00")) for _ in range(2))
    await core.write(lambda tx: changing.cancel(tx, core, dropped.id, by=ADA, because="no more"))
    await core.write(lambda tx: changing.complete(tx, core, done.id, by=ADA, because="it is done"))
    assert await hands.remind(at("2026-03-22T09:00") + 30 * DAY) == []


async def test_where_a_month_has_no_such_day_its_last_one_counts(core: Core, make: Make, hands: Hands) -> None:
    make(rule="FREQ=MONTHLY", due_at=at("2026-03-31T09:00"))
    (known,) = await hands.remind(at("2026-03-31T09:00"))
    assert known.due_at == at("2026-04-30T09:00")
    (known,) = await hands.remind(at("2026-04-30T09:00"))
    assert known.due_at == at("2026-05-31T09:00")


async def test_it_counts_from_when_it_was_said_to_begin(core: Core, make: Make, hands: Hands) -> None:
    known = make(
        rule="FREQ=DAILY", due_at=at("2026-03-29T03:00"), starts="2026-03-29T02:30:00"
    )  # a gap: there is no 2:30
    (known,) = await hands.remind(at("2026-03-29T03:00"))
    assert known.due_at == at("2026-03-30T02:30")
    assert (await core.read(lambda tx: making.found(tx, known.id))).starts == "2026-03-29T02:30:00"
