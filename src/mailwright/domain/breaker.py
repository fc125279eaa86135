"""A circuit breaker: stop asking a service that is down, and notice when it is back.

Used by the outbox for smart hosts and sending services, and by agents for models. Pure: the caller brings the clock.

    closed ── three failures in a row ──▶ open ── after the pause ──▶ half-open: one probe ── it answered ──▶ closed
                                           ▲                               │
                                           └────── it failed: a longer pause

An answer that refuses one message is a success here: the service is up.
"""

from enum import StrEnum

from mailwright.domain.clock import MINUTE, SECOND, Instant

FAILURES_TO_OPEN = 3
FIRST_PAUSE = 30 * SECOND
LONGEST_PAUSE = 10 * MINUTE  # a service that is back is noticed within that time


class State(StrEnum):
    """Closed lets everything through, open nothing, half-open one probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """One service. Not for use by several threads at once."""

    def __init__(
        self,
        *,
        failures_to_open: int = FAILURES_TO_OPEN,
        first_pause: Instant = FIRST_PAUSE,
        longest_pause: Instant = LONGEST_PAUSE,
    ) -> None:
        self._failures_to_open = failures_to_open
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._failures = 0
        self._pause = 0
        self._opened_at: Instant | None = None
        self._probe_until: Instant | None = None

    def state(self, now: Instant) -> State:
        """Where it stands at `now`."""
        if self._opened_at is None:
            return State.CLOSED
        return State.OPEN if now < self._opened_at + self._pause else State.HALF_OPEN

    def reopens_at(self) -> Instant | None:
        """When the next probe is let through, or None while closed."""
        if self._opened_at is None:
            return None
        return max(self._opened_at + self._pause, self._probe_until or 0)

    def allows(self, now: Instant) -> bool:
        """May something be sent at `now`? Asking changes nothing."""
        reopens_at = self.reopens_at()
        return reopens_at is None or now >= reopens_at

    def enter(self, now: Instant) -> bool:
        """Take the permission `allows` promised. Half-open, the first to enter is the probe and the others are refused.

        A probe that never reports (its process was told to stop) holds the door for one pause only.
        """
        if not self.allows(now):
            return False
        if self._opened_at is not None:
            self._probe_until = now + self._pause
        return True

    def succeeded(self) -> None:
        """The service answered, whatever it said: closed, and the pauses start short again."""
        self._failures = 0
        self._pause = 0
        self._opened_at = None
        self._probe_until = None

    def failed(self, now: Instant) -> None:
        """The service could not be reached or could not serve. Opens on the third time in a row, or when the probe fails."""
        if self._opened_at is not None:
            if self._probe_until is not None:
                self._open(now, min(self._pause * 2, self._longest_pause))
            return  # sends that began before it opened say nothing new
        self._failures += 1
        if self._failures >= self._failures_to_open:
            self._open(now, self._first_pause)

    def _open(self, now: Instant, pause: Instant) -> None:
        self._opened_at = now
        self._pause = pause
        self._probe_until = None
