"""Quotas of services elsewhere: nobody passes them, however many ask at once, and who finds nothing left waits or comes back later."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.core import Core, quotas
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, MINUTE, SECOND
from mailwright.domain.refusals import TryLater
from mailwright.storage import Database
from mailwright.storage import quotas as rows

NAME = "gmail:ada"
PROCESSES = 3
START = 1_790_000_000 * SECOND


def most_in_a_second(spent: list[tuple[int, int]]) -> int:
    """The units of the fullest second, wherever it begins."""
    return max(sum(units for at, units in spent if begin <= at < begin + SECOND) for begin, _ in spent)


def test_several_processes_together_never_take_more_than_the_limit_in_a_second(
    any_url: str, any_database: Database
) -> None:
    command = [sys.executable, "-m", "tests.core.quota_spender", any_url, NAME, "40", "5", "250"]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    for each in started:
        assert each.stdout is not None
        each.stdout.readline()
    answers = [each.communicate("go\n", timeout=60)[0] for each in started]
    spent = [(int(at), 5) for answer in answers for at in answer.split()]
    assert len(spent) == PROCESSES * 40
    assert most_in_a_second(spent) <= 250
    # It is not refused what it may have either: 600 units take the first second, a second one, and a part of a third.
    assert max(spent)[0] - min(spent)[0] < 30 * SECOND


@given(st.lists(st.tuples(st.integers(0, 400_000), st.sampled_from([1, 2, 5, 10, 100])), max_size=150))
def test_no_second_has_more_than_the_limit_whenever_who_asks(asked: list[tuple[int, int]]) -> None:
    tx = OneRow()
    spent, now = [(START, 0)], START
    for pause, units in asked:
        now += pause
        taken = rows.take(tx, NAME, units, 250, now)  # type: ignore[arg-type]
        if taken.wait == 0:
            spent.append((taken.at, units))
        else:
            again = rows.take(tx, NAME, units, 250, now + 2 * SECOND)  # type: ignore[arg-type]
            assert again.wait == 0, "what is told to wait is not told to wait for ever"
            spent.append((again.at, units))
            now += 2 * SECOND
    assert most_in_a_second(spent) <= 250


async def test_who_finds_nothing_left_waits_for_it(core: Core) -> None:
    first = await quotas.spend(core, NAME, 250, 250)
    second = await quotas.spend(core, NAME, 5, 250)
    assert second - first >= SECOND


async def test_who_would_wait_too_long_is_asked_to_come_back(core: Core) -> None:
    await quotas.spend(core, NAME, 250, 250)
    with pytest.raises(TryLater):
        await quotas.spend(core, NAME, 5, 250, wait_most=0.2)


async def test_accounts_have_quotas_of_their_own(core: Core) -> None:
    await quotas.spend(core, quotas.gmail_of("ada@gmail.example"), 250, 250)
    await quotas.spend(core, quotas.gmail_of("chen@gmail.example"), 250, 250, wait_most=0.2)
    with pytest.raises(TryLater):
        await quotas.spend(core, quotas.gmail_of("Ada@Gmail.example"), 5, 250, wait_most=0.2)


async def test_what_costs_more_than_a_second_has_takes_the_whole_second(core: Core) -> None:
    await quotas.spend(core, NAME, 100, 10)
    with pytest.raises(TryLater):
        await quotas.spend(core, NAME, 1, 10, wait_most=0.2)


def test_a_clock_that_was_far_ahead_stops_nobody(any_database: Database) -> None:
    ahead = any_database.write_now(lambda tx: rows.take(tx, NAME, 250, 250, START + HOUR))
    assert (ahead.wait, ahead.at) == (0, START + HOUR)
    assert any_database.write_now(lambda tx: rows.take(tx, NAME, 250, 250, START)).wait == 0


def test_a_clock_that_is_a_little_behind_gets_nothing_twice(any_database: Database) -> None:
    any_database.write_now(lambda tx: rows.take(tx, NAME, 250, 250, START + 3 * SECOND))
    behind = any_database.write_now(lambda tx: rows.take(tx, NAME, 5, 250, START))
    assert behind.wait >= 3 * SECOND


async def test_the_share_that_was_used_shows_in_the_figures(core: Core) -> None:
    quotas._levels.clear()
    assert quotas.used_ratio() == 0.0
    await asyncio.gather(*(quotas.spend(core, NAME, 25, 250) for _ in range(10)))
    await quotas.spend(core, "gmail:chen", 10, 250)
    assert 0.01 < quotas.used_ratio() <= 250 / 15_000


def test_the_level_falls_as_time_goes_by(any_database: Database) -> None:
    any_database.write_now(lambda tx: rows.take(tx, NAME, 200, 250, START))
    later = any_database.write_now(lambda tx: rows.take(tx, NAME, 0, 250, START + 5 * MINUTE))
    assert later.level < 2


def test_what_nobody_used_for_a_day_is_forgotten(any_database: Database) -> None:
    now = clock.now()
    any_database.write_now(lambda tx: rows.take(tx, NAME, 1, 250, now - 2 * DAY))
    any_database.write_now(lambda tx: rows.take(tx, "gmail:chen", 1, 250, now))
    assert any_database.write_now(lambda tx: rows.forget(tx, now - rows.KEPT)) == 1


# --- a pause between two calls ----------------------------------------------------------------------------------------------


def test_each_who_asks_gets_a_moment_of_its_own(any_database: Database) -> None:
    moments = [
        any_database.write_now(lambda tx: rows.reserve(tx, quotas.ARXIV, 3 * SECOND, START, MINUTE)) for _ in range(4)
    ]
    assert moments == [START, START + 3 * SECOND, START + 6 * SECOND, START + 9 * SECOND]
    later = START + HOUR
    assert any_database.write_now(lambda tx: rows.reserve(tx, quotas.ARXIV, 3 * SECOND, later, MINUTE)) == later


def test_who_would_wait_too_long_takes_nobodys_place(any_database: Database) -> None:
    def ask(most: int) -> int | None:
        return any_database.write_now(lambda tx: rows.reserve(tx, quotas.ARXIV, 3 * SECOND, START, most))

    assert ask(0) == START
    assert ask(2 * SECOND) is None
    assert ask(2 * SECOND) is None
    assert ask(3 * SECOND) == START + 3 * SECOND


def test_a_turn_given_by_a_clock_far_ahead_stops_nobody(any_database: Database) -> None:
    any_database.write_now(lambda tx: rows.reserve(tx, quotas.ARXIV, 3 * SECOND, START + DAY, MINUTE))
    assert any_database.write_now(lambda tx: rows.reserve(tx, quotas.ARXIV, 3 * SECOND, START, MINUTE)) == START


async def test_many_at_once_take_turns(core: Core) -> None:
    pause = SECOND // 20
    moments = await asyncio.gather(*(quotas.turn(core, "x", pause) for _ in range(5)))
    ordered = sorted(moments)
    assert all(after - before >= pause for before, after in itertools.pairwise(ordered))
    assert clock.now() >= ordered[-1], "one waits until it is one's turn"


async def test_a_queue_that_is_too_long_is_joined_by_nobody_else(core: Core) -> None:
    await quotas.turn(core, "x", 10 * SECOND)
    with pytest.raises(TryLater, match="too many wait"):
        await quotas.turn(core, "x", 10 * SECOND, wait_most=5)


class OneRow:
    """As much of a transaction as one quota needs."""

    def __init__(self) -> None:
        self.row: tuple[float, str, int] | None = None

    def lock(self, name: str) -> None:
        pass

    def one(self, sql: str, params: tuple[str]) -> tuple[float, str, int] | None:
        return self.row

    def execute(self, sql: str, params: tuple[float, str, int, str]) -> int:
        self.row = params[:3]
        return 1
