"""Quiet hours on the clock of the wall: over midnight, over changes of the clock, and none at all."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.dates.moments import wall_of
from mailwright.core.followups.quiet import MINUTES_OF_DAY, next_allowed
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR

VIENNA, LONDON, CHATHAM = ZoneInfo("Europe/Vienna"), ZoneInfo("Europe/London"), ZoneInfo("Pacific/Chatham")
NIGHT = (22 * 60, 7 * 60)
NOON = (12 * 60, 13 * 60 + 30)


def at(text: str, zone: ZoneInfo = VIENNA) -> int:
    return clock.from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone))


@pytest.mark.parametrize(
    ("moment", "hours", "allowed"),
    [
        ("2026-11-20T21:59:59", NIGHT, "2026-11-20T21:59:59"),
        ("2026-11-20T22:00", NIGHT, "2026-11-21T07:00"),
        ("2026-11-20T23:59", NIGHT, "2026-11-21T07:00"),
        ("2026-11-21T00:00", NIGHT, "2026-11-21T07:00"),
        ("2026-11-21T06:59:59", NIGHT, "2026-11-21T07:00"),
        ("2026-11-21T07:00", NIGHT, "2026-11-21T07:00"),
        ("2026-11-20T12:30", NOON, "2026-11-20T13:30"),
        ("2026-11-20T11:59", NOON, "2026-11-20T11:59"),
        ("2026-11-20T13:30", NOON, "2026-11-20T13:30"),
        ("2026-12-31T23:00", NIGHT, "2027-01-01T07:00"),
        ("2026-11-20T23:00", (None, 7 * 60), "2026-11-20T23:00"),
        ("2026-11-20T23:00", (22 * 60, None), "2026-11-20T23:00"),
        ("2026-11-20T22:00", (22 * 60, 22 * 60), "2026-11-20T22:00"),
    ],
)
def test_within_them_one_waits_for_their_end(moment: str, hours: tuple[int | None, int | None], allowed: str) -> None:
    assert next_allowed(at(moment), VIENNA, *hours) == at(allowed)


def test_a_night_that_loses_an_hour_is_an_hour_shorter() -> None:
    begin = at("2026-03-28T23:00")
    assert next_allowed(begin, VIENNA, *NIGHT) - begin == 7 * HOUR


def test_a_night_that_repeats_an_hour_is_an_hour_longer() -> None:
    begin = at("2026-10-24T23:00")
    assert next_allowed(begin, VIENNA, *NIGHT) - begin == 9 * HOUR


def test_an_end_that_the_clock_skips_is_the_moment_after() -> None:
    begin = at("2026-03-28T23:00")
    assert next_allowed(begin, VIENNA, 22 * 60, 2 * 60 + 30) == clock.from_datetime(
        datetime(2026, 3, 29, 1, tzinfo=UTC)
    )


@given(
    moment=st.integers(clock.from_datetime(datetime(2026, 1, 1, tzinfo=UTC)) // 10**6, 2_200_000_000),
    zone=st.sampled_from([VIENNA, LONDON, CHATHAM]),
    since=st.integers(0, MINUTES_OF_DAY - 1),
    until=st.integers(0, MINUTES_OF_DAY - 1),
)
def test_it_is_never_earlier_nor_a_day_later_and_never_quiet(
    moment: int, zone: ZoneInfo, since: int, until: int
) -> None:
    allowed = next_allowed(moment * 10**6, zone, since, until)
    assert moment * 10**6 <= allowed <= moment * 10**6 + DAY + HOUR
    assert next_allowed(allowed, zone, since, until) == allowed or _clock_changes(allowed, zone)


def _clock_changes(moment: int, zone: ZoneInfo) -> bool:
    before, after = wall_of(moment - 2 * HOUR, zone), wall_of(moment + 2 * HOUR, zone)
    return (after - before).total_seconds() != 4 * 3600
