"""When to try again: the schedules as they are written down."""

from hypothesis import given
from hypothesis import strategies as st

from mailwright.domain.clock import DAY, HOUR, MINUTE, SECOND
from mailwright.domain.retry import API_POLICY, MAIL_POLICY, RetryPolicy


def test_mail_is_tried_after_growing_intervals_and_then_every_four_to_eight_hours() -> None:
    waits = _waits(MAIL_POLICY, draw=0.5)
    assert waits[:7] == [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR]
    assert set(waits[7:]) == {6 * HOUR}


@given(st.floats(0, 1, exclude_max=True))
def test_mail_is_given_up_between_four_and_five_days(draw: float) -> None:
    # RFC 5321 §4.5.4.1: the give-up time generally needs to be at least four to five days.
    assert 4 * DAY < sum(_waits(MAIL_POLICY, draw=draw)) <= 5 * DAY


def test_a_sending_service_is_asked_five_times_with_doubling_pauses_from_thirty_seconds() -> None:
    assert _waits(API_POLICY, draw=0.0) == [30 * SECOND, MINUTE, 2 * MINUTE, 4 * MINUTE]


def _waits(policy: RetryPolicy, *, draw: float) -> list[int]:
    now, waits = 0, list[int]()
    while (at := policy.next_attempt(attempts=len(waits) + 1, since=0, now=now, draw=lambda: draw)) is not None:
        waits.append(at - now)
        now = at
    return waits
