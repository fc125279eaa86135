"""Figures of accounts elsewhere: how they stand, when the next watch ends, and how long the last look is ago.

Asked for before metrics are shown. Says nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import Gauge

from mailwright.domain.clock import SECOND, Instant, now
from mailwright.domain.triage import ConnectionState
from mailwright.storage import Tx
from mailwright.storage import connectionfigures as rows

KINDS = ("gmail", "imap")

connections_gauge = Gauge("mailwright_connections", "Accounts elsewhere, by how they stand", ["kind", "state"])
watch_gauge = Gauge(
    "mailwright_gmail_watch_ends_seconds", "Until the first watch of a Gmail account ends; 0 when none is watched"
)
look_gauge = Gauge(
    "mailwright_connections_oldest_look_seconds", "Since the account that waits longest was looked at; 0 without one"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """`watch_ends` and `oldest_look` are moments, or None when there is no such account."""

    states: Mapping[tuple[str, str], int]
    watch_ends: Instant | None
    oldest_look: Instant | None


def measure(tx: Tx) -> Figures:
    """Look. For `publish`."""
    return Figures(rows.by_state(tx), rows.first_watch_to_end(tx), rows.oldest_look(tx))


def publish(found: Figures) -> None:
    """Bring the gauges up to date."""
    moment = now()
    for kind in KINDS:
        for state in ConnectionState:
            connections_gauge.labels(kind, state.value).set(found.states.get((kind, state.value), 0))
    watch_gauge.set(0 if found.watch_ends is None else (found.watch_ends - moment) / SECOND)
    look_gauge.set(0 if found.oldest_look is None else (moment - found.oldest_look) / SECOND)
