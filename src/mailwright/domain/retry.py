"""When to try again, and when to stop: one policy for each kind of channel, as data.

Used by the outbox; anything else that calls a service may use `API_POLICY`. Pure: the caller brings the clock and the dice.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mailwright.domain.clock import DAY, HOUR, MINUTE, SECOND, Instant


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """After the n-th failed attempt wait `intervals[n-1]`; when they are used up, somewhere between the two of `then`.

    `attempts` and `give_up_after` (since it was queued) end it, whichever is set and comes first. `delay_notice_after` is when
    the sender is told that it takes longer, or None when nobody is.
    """

    intervals: tuple[Instant, ...]
    then: tuple[Instant, Instant] | None = None
    attempts: int | None = None
    give_up_after: Instant | None = None
    delay_notice_after: Instant | None = None

    def next_attempt(self, *, attempts: int, since: Instant, now: Instant, draw: Callable[[], float]) -> Instant | None:
        """When to try again after `attempts` failed ones, or None to give up. `draw` gives 0 ≤ x < 1."""
        if self.attempts is not None and attempts >= self.attempts:
            return None
        if attempts <= len(self.intervals):
            wait = self.intervals[attempts - 1]
        elif self.then is not None:
            shortest, longest = self.then
            wait = shortest + int(draw() * (longest - shortest))
        else:
            return None
        if self.give_up_after is not None and now + wait > since + self.give_up_after:
            return None
        return now + wait


MAIL_POLICY = RetryPolicy(
    # RFC 5321 §4.5.4.1: the sender waits at least 30 minutes between tries of a destination that fails, but "more
    # sophisticated and variable" strategies help: two early tries, then slower; early ones also pass greylisting.
    intervals=(MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR),
    then=(4 * HOUR, 8 * HOUR),  # spread, so that a destination that comes back is not met by everybody at once
    give_up_after=5 * DAY,  # RFC 5321 §4.5.4.1: the give-up time is at least four to five days
    delay_notice_after=4 * HOUR,
)
"""SMTP, and the delivery into local mailboxes."""

API_POLICY = RetryPolicy(
    intervals=tuple(30 * SECOND * 2**n for n in range(4)),
    attempts=5,
    # While the service is down no attempt is counted; people still want to hear that their mail waits, or will never leave.
    give_up_after=MAIL_POLICY.give_up_after,
    delay_notice_after=MAIL_POLICY.delay_notice_after,
)
"""Sending services with an API: 30 s, 1, 2 and 4 minutes between five attempts."""
