"""How it stands with an account elsewhere, said from what is known of it now: a pure function, and so that "connected" is only said
when it is true.

Called by `connections` for the pages, the API and the command line. What a row says of itself (`state`) was true when it was written;
that nobody has looked since, or that a watch has lapsed meanwhile, is in no row.
"""

from __future__ import annotations

from mailwright.domain.clock import HOUR, MINUTE, Instant
from mailwright.domain.triage import ConnectionState
from mailwright.storage.connections import Connection

POLL: Instant = 3 * MINUTE  # how often accounts are looked at, where the settings say nothing else
MISSED_LOOKS = 3  # that a look comes a little late means nothing; three that did not come mean that nobody looks
LEAST_SILENCE: Instant = 10 * MINUTE
LONG_SILENCE: Instant = HOUR
BROKEN_AFTER = 3  # failed looks in a row
FIRST_PUSH: Instant = 10 * MINUTE  # after a watch began; Gmail tells of the watch itself within seconds


def health(
    connection: Connection, now: Instant, *, push_expected: bool, poll: Instant = POLL
) -> tuple[ConnectionState, str]:
    """How it stands, and why, in words for its owner. `push_expected`: the service tells us of new mail, where it works.

    CONNECTED only while the last look worked, is not long ago, and pushes come where they are expected.
    """
    if not connection.enabled:
        return ConnectionState.PAUSED, "it is switched off"
    if connection.state == ConnectionState.REVOKED:
        return ConnectionState.REVOKED, connection.because or "the account does not let us in any more: connect it anew"
    often = f"it is looked at every {spoken(poll)}"
    if connection.failures:
        several = connection.failures >= BROKEN_AFTER
        times = "the last look failed" if connection.failures == 1 else f"the last {connection.failures} looks failed"
        why = f"{times}: {connection.because}" if connection.because else times
        return ConnectionState.BROKEN if several else ConnectionState.DELAYED, f"{why}; it is tried again"
    if connection.looked_at is None:
        if now - connection.created_at > max(MISSED_LOOKS * poll, LEAST_SILENCE):
            return (
                ConnectionState.BROKEN,
                f"nobody has looked at it yet, {_ago(connection.created_at, now)} after it was connected",
            )
        return ConnectionState.CONNECTING, "it is looked at for the first time"
    silence = now - connection.looked_at
    if silence > max(MISSED_LOOKS * poll, LEAST_SILENCE):
        state = ConnectionState.BROKEN if silence > max(MISSED_LOOKS * poll, LONG_SILENCE) else ConnectionState.DELAYED
        return state, f"nobody has looked at it for {_ago(connection.looked_at, now)}"
    if connection.state == ConnectionState.BROKEN:
        return ConnectionState.BROKEN, connection.because or "it could not be read"
    if not push_expected:
        return ConnectionState.CONNECTED, often
    return _pushed(connection, now, often)


def _pushed(connection: Connection, now: Instant, often: str) -> tuple[ConnectionState, str]:
    """Looks work; whether the service tells of new mail, too."""
    ends, watched, pushed = connection.watch_expires_at, connection.watched_at, connection.pushed_at
    if ends is None or watched is None:
        return ConnectionState.DELAYED, f"the service was not asked yet to tell of new mail: {often}"
    if ends <= now:
        return ConnectionState.DELAYED, f"the service has stopped telling of new mail {_ago(ends, now)} ago: {often}"
    if connection.state == ConnectionState.DELAYED:
        return ConnectionState.DELAYED, connection.because or f"the service does not tell of new mail: {often}"
    if pushed is None and now - watched > FIRST_PUSH:
        return ConnectionState.DELAYED, f"the service has not told of anything yet: {often}"
    if pushed is None:
        return ConnectionState.CONNECTING, f"the service was asked to tell of new mail; until it does {often}"
    return ConnectionState.CONNECTED, "the service tells of new mail at once"


def spoken(span: Instant) -> str:
    """A span of time in words: its largest whole unit."""
    minutes = max(span // MINUTE, 0)
    if minutes < 1:
        return "minute"
    for unit, size in (("day", 24 * 60), ("hour", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}s"
    return "minute" if minutes == 1 else f"{minutes} minutes"


def _ago(then: Instant, now: Instant) -> str:
    words = spoken(now - then)
    return "a minute" if words == "minute" else words
