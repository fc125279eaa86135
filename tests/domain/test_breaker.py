"""The circuit breaker: three failures open it, one probe closes it."""

from hypothesis import given
from hypothesis import strategies as st

from mailwright.domain.breaker import FIRST_PAUSE, LONGEST_PAUSE, Breaker, State


def test_two_failures_leave_it_closed_and_the_third_opens_it() -> None:
    breaker = Breaker()
    breaker.failed(0)
    breaker.failed(1)
    assert breaker.state(1) is State.CLOSED
    breaker.failed(2)
    assert breaker.state(2) is State.OPEN
    assert not breaker.allows(2)


def test_a_success_between_failures_starts_the_count_over() -> None:
    breaker = Breaker()
    for _ in range(10):
        breaker.failed(0)
        breaker.failed(0)
        breaker.succeeded()
    assert breaker.state(0) is State.CLOSED


def test_after_the_pause_one_probe_goes_through_and_no_second_one() -> None:
    breaker = _opened()
    assert not breaker.enter(FIRST_PAUSE - 1)
    assert breaker.state(FIRST_PAUSE) is State.HALF_OPEN
    assert breaker.enter(FIRST_PAUSE)
    assert not breaker.enter(FIRST_PAUSE)


def test_a_probe_that_gets_an_answer_closes_it() -> None:
    breaker = _opened()
    breaker.enter(FIRST_PAUSE)
    breaker.succeeded()
    assert breaker.state(FIRST_PAUSE) is State.CLOSED
    assert breaker.reopens_at() is None


def test_a_probe_that_fails_opens_it_for_twice_as_long_up_to_a_limit() -> None:
    breaker = _opened()
    now, pauses = FIRST_PAUSE, []
    for _ in range(8):
        assert breaker.enter(now)
        breaker.failed(now)
        reopens = breaker.reopens_at()
        assert reopens is not None
        pauses.append(reopens - now)
        now = reopens
    assert pauses[:3] == [2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE


def test_sends_that_began_before_it_opened_do_not_make_the_pause_longer() -> None:
    breaker = _opened()
    breaker.failed(5)
    assert breaker.reopens_at() == FIRST_PAUSE


def test_a_probe_that_never_reports_holds_the_door_for_one_pause_only() -> None:
    breaker = _opened()
    assert breaker.enter(FIRST_PAUSE)
    assert not breaker.enter(2 * FIRST_PAUSE - 1)
    assert breaker.enter(2 * FIRST_PAUSE)


@given(st.lists(st.tuples(st.sampled_from(["enter", "failed", "succeeded"]), st.integers(0, 120_000_000))))
def test_it_always_opens_the_door_again_within_the_longest_pause(steps: list[tuple[str, int]]) -> None:
    breaker, now = Breaker(), 0
    for step, later in steps:
        now += later
        if step == "enter":
            breaker.enter(now)
        elif step == "failed":
            breaker.failed(now)
        else:
            breaker.succeeded()
        assert breaker.allows(now + LONGEST_PAUSE)


def _opened() -> Breaker:
    breaker = Breaker()
    for _ in range(3):
        breaker.failed(0)
    return breaker
