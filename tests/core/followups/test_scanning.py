"""What is due is taken once, by whoever looks, however late, and by nobody during quiet hours."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import REGISTRY

from mailwright.core import Core, CoreSettings
from mailwright.core.accounts import Account
from mailwright.core.followups import changing, making, scanning
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, MINUTE
from mailwright.domain.followups import FollowupStatus
from mailwright.storage import Tx, open_blobs, preferences
from mailwright.storage.database import open_database
from mailwright.storage.followups import Followup
from tests.core.followups.conftest import ADA, Make
from tests.core.followups.crowd import crowd
from tests.core.followups.states import bring

S = FollowupStatus
MANY = 10_000


async def test_ten_thousand_of_one_minute_are_taken_once_each_by_two_schedulers(
    core: Core, ada: Account, concierge: Account, any_url: str, tmp_path: Path
) -> None:
    now = clock.now()
    ids = await core.write(lambda tx: crowd(tx, ada, concierge, now - 30 * clock.SECOND, MANY))
    other = core if core.database.dialect == "sqlite" else _another(any_url, tmp_path)
    try:
        first, second = await asyncio.gather(scanning.take_due(core, now), scanning.take_due(other, now))
    finally:
        if other is not core:
            other.database.close()
    taken = Counter(each.id for each in [*first, *second])
    assert taken.keys() == set(ids)
    assert max(taken.values()) == 1
    assert {(each.status, each.occurrence) for each in [*first, *second]} == {(S.DUE, 1)}
    told = await core.read(
        lambda tx: tx.all("SELECT stage, count(*), count(DISTINCT task_id) FROM task_events GROUP BY stage")
    )
    assert told == [("due", MANY, MANY)]
    assert await scanning.take_due(core, now) == []


def _another(url: str, folder: Path) -> Core:
    database = open_database(url)
    return Core(database, open_blobs(database, f"file://{folder}"), CoreSettings())


async def test_only_what_is_due_is_taken_and_the_longest_due_first(core: Core, make: Make) -> None:
    now = clock.now()
    second, first = make(due_at=now - MINUTE), make(due_at=now - HOUR)
    make(due_at=now + MINUTE)
    bring(core, make, S.CLARIFYING)
    for status in (S.DUE, S.EXECUTING, S.SENDING, S.DONE, S.CANCELLED, S.FAILED):
        bring(core, make, status, due_at=now - DAY)
    assert [each.id for each in await scanning.take_due(core, now)] == [first.id, second.id]


async def test_days_without_a_scheduler_delay_and_drop_nothing(core: Core, make: Make) -> None:
    now = clock.now()
    made = [make(due_at=now + hours * HOUR) for hours in (1, 5, 23, 47, 71)]
    taken = await scanning.take_due(core, now + 3 * DAY)
    assert [each.id for each in taken] == [each.id for each in made]
    # Each still says when it was due, so that the reminder can.
    assert [each.planned_at for each in taken] == [each.planned_at for each in made]


async def test_how_late_it_was_taken_is_measured(core: Core, make: Make) -> None:
    name = "mailwright_followups_due_lag_seconds"
    count, total = (REGISTRY.get_sample_value(f"{name}_{end}") or 0 for end in ("count", "sum"))
    known = make()
    assert known.due_at is not None
    await scanning.take_due(core, known.due_at + 2 * HOUR)
    assert REGISTRY.get_sample_value(f"{name}_count") == count + 1
    assert REGISTRY.get_sample_value(f"{name}_sum") == total + 7200


async def test_what_a_killed_scheduler_had_taken_is_given_out_again_after_a_while(
    core: Core, make: Make, any_url: str, tmp_path: Path
) -> None:
    known = make(due_at=clock.now() - MINUTE)
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.core.followups.killed_scan", any_url, str(tmp_path)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr.decode()
    now = clock.now()
    assert await scanning.take_due(core, now) == []
    assert await scanning.not_begun(core, now + 4 * MINUTE) == []
    again = await scanning.not_begun(core, now + 6 * MINUTE)
    assert [(each.id, each.status, each.occurrence) for each in again] == [(known.id, S.DUE, 1)]
    assert await scanning.not_begun(core, now + 7 * MINUTE) == []
    assert [each.id for each in await scanning.not_begun(core, now + 12 * MINUTE)] == [known.id]


async def test_what_is_being_worked_on_is_not_given_out_again(core: Core, make: Make) -> None:
    for status in (S.EXECUTING, S.SENDING):
        bring(core, make, status)
    assert await scanning.not_begun(core, clock.now() + DAY) == []


async def test_in_quiet_hours_it_waits_until_they_end_and_keeps_when_it_was_planned(
    core: Core, make: Make, ada: Account
) -> None:
    await core.write(lambda tx: _quiet(tx, ada, 22 * 60, 7 * 60))
    at = _instant(datetime(2030, 1, 10, 22, 30, tzinfo=UTC))  # half past eleven in Vienna
    known = make(due_at=at)
    assert await scanning.take_due(core, at) == []
    waiting = await core.read(lambda tx: making.found(tx, known.id))
    assert (waiting.status, waiting.planned_at, waiting.occurrence) == (S.PENDING, at, 0)
    assert waiting.due_at == _instant(datetime(2030, 1, 11, 6, tzinfo=UTC))
    assert [each.id for each in await scanning.take_due(core, waiting.due_at)] == [known.id]


async def test_the_quiet_hours_of_one_hold_up_nobody_else(
    core: Core, make: Make, ada: Account, concierge: Account
) -> None:
    from mailwright.core import accounts

    bashir = await core.read(lambda tx: accounts.find(tx, "bashir@mailwright.test"))
    at = _instant(datetime(2030, 1, 10, 22, 30, tzinfo=UTC))

    def many(tx: Tx) -> list[str]:
        _quiet(tx, ada, 22 * 60, 7 * 60)
        crowd(tx, ada, concierge, at - MINUTE, scanning.BATCH + 1)
        return crowd(tx, bashir, concierge, at, 3)

    ids = await core.write(many)
    assert {each.id for each in await scanning.take_due(core, at)} == set(ids)


async def test_a_question_is_found_until_it_is_put_again_and_then_when_its_time_is_over(core: Core, make: Make) -> None:
    known = bring(core, make, S.CLARIFYING)
    assert known.due_at is not None
    assert await scanning.questions_due(core, known.due_at - 1) == []
    for _ in range(2):
        assert [each.id for each in await scanning.questions_due(core, known.due_at)] == [known.id]
    again = await core.write(lambda tx: changing.ask_again(tx, core, known.id, asked=1))
    assert again is not None
    assert again.due_at is not None
    assert await scanning.questions_due(core, again.due_at - 1) == []
    assert [each.asked for each in await scanning.questions_due(core, again.due_at)] == [2]
    await core.write(lambda tx: changing.expired_question(tx, core, known.id, asked=2))
    assert await scanning.questions_due(core, again.due_at) == []


async def test_one_that_is_asked_about_stays_due_when_it_was_until_that_is_answered(core: Core, make: Make) -> None:
    known = make(due_at=clock.now() + DAY)
    assert known.due_at is not None
    asked = await core.write(lambda tx: changing.ask(tx, core, known.id, because="two Fridays", phrase="Friday"))
    assert (asked.status, asked.due_at) == (S.CLARIFYING, known.due_at)
    assert await scanning.take_due(core, known.due_at - 1) == []
    assert [each.id for each in await scanning.take_due(core, known.due_at)] == [known.id]


async def test_a_question_about_another_time_that_nobody_answers_leaves_the_one_there_was(
    core: Core, make: Make
) -> None:
    known = make(due_at=clock.now() + 30 * DAY)
    asked = await core.write(lambda tx: changing.ask(tx, core, known.id, because="two Fridays", phrase="Friday"))
    assert asked.due_at is not None
    assert [each.id for each in await scanning.questions_due(core, asked.due_at)] == [known.id]
    await core.write(lambda tx: changing.ask_again(tx, core, known.id, asked=1))
    over = clock.now() + core.settings.followup_question
    assert await core.write(lambda tx: changing.expired_question(tx, core, known.id)) is None
    assert await scanning.take_due(core, over) == []
    kept = await core.read(lambda tx: making.found(tx, known.id))
    assert (kept.status, kept.due_at, kept.because) == (S.PENDING, known.due_at, "nobody said another time")
    assert await scanning.questions_due(core, over) == []


async def test_where_they_stand_is_counted_and_how_long_the_oldest_waits(core: Core, make: Make) -> None:
    now = clock.now()
    make(due_at=now - HOUR)
    make(due_at=now + HOUR)
    for status in (S.CLARIFYING, S.SENDING, S.DONE, S.FAILED):
        bring(core, make, status)
    await scanning.measure(core)

    def shown(status: FollowupStatus) -> float | None:
        return REGISTRY.get_sample_value("mailwright_followups", {"status": status.value})

    counts = [shown(each) for each in (S.CLARIFYING, S.PENDING, S.DUE, S.EXECUTING, S.SENDING)]
    assert counts == [1, 2, 0, 0, 1]
    assert shown(S.DONE) is None
    assert (REGISTRY.get_sample_value("mailwright_followups_overdue_seconds") or 0) >= 3600


async def test_two_who_change_the_same_one_do_so_one_after_the_other(core: Core, make: Make) -> None:
    known = make(due_at=clock.now() - MINUTE)

    async def drop() -> Followup:
        return await core.write(lambda tx: changing.cancel(tx, core, known.id, by=ADA, because="no more"))

    taken, dropped = await asyncio.gather(scanning.take_due(core, clock.now()), drop())
    assert dropped.status is S.CANCELLED  # before it was taken, or after: never refused
    assert len(taken) <= 1


def _quiet(tx: Tx, person: Account, since: int, until: int) -> None:
    wanted = replace(preferences.of_user(tx, person.id), time_zone="Europe/Vienna", quiet_from=since, quiet_until=until)
    preferences.set_for(tx, person.id, wanted)


def _instant(moment: datetime) -> int:
    return clock.from_datetime(moment)
