"""Dates of JMAP (RFC 8620 §1.4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.jmap import dates
from mailwright.domain.clock import SECOND


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T19:00:00-05:00", 0),
        ("1970-01-01T00:00:01.25Z", 1_250_000),
        ("1970-01-01T00:00:01.123456789Z", 1_123_456),
        ("1970-01-01T00:00:01.000Z", 1_000_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800 * SECOND),
    ],
)
def test_a_date_is_a_moment(text: str, instant: int) -> None:
    assert dates.parse(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        5,
        "2026-03-01",
        "2026-03-01 09:30:00Z",
        "2026-03-01t09:30:00z",
        "2026-03-01T09:30:00",
        "2026-03-01T09:30:00.Z",
        "2026-02-30T09:30:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T09:30:00+24:00",
        "0000-01-01T00:00:00Z",
        "٢٠٢٦-03-01T09:30:00Z",
    ],
)
def test_what_is_no_date_is_none(text: object) -> None:
    assert dates.parse(text) is None


def test_a_utc_date_ends_in_z() -> None:
    assert dates.parse_utc("2026-03-01T09:30:00+00:00") is None
    assert dates.parse_utc("2026-03-01T09:30:00Z") is not None


def test_a_date_can_be_told_in_a_zone() -> None:
    assert dates.local_text(0, 330) == "1970-01-01T05:30:00+05:30"


@given(st.integers(0, 253_402_300_799))
def test_a_moment_is_written_and_read_again(seconds: int) -> None:
    assert dates.parse_utc(dates.utc_text(seconds * SECOND + 999_999)) == seconds * SECOND
