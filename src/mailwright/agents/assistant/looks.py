"""Looks: what reading new mail in an account elsewhere is, whatever its kind. `looking` does it; `looks_gmail` and `looks_imap` know how.

A look asks what happened since the last one (`since`), then for each mail that may be new whether it is (`arrival`), and for each that
is known and was touched what its owner says with that (`word`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from mailwright.core import Core, assistants
from mailwright.domain.clock import SECOND, Instant
from mailwright.domain.refusals import TryLater
from mailwright.domain.triage import Category, ConnectionState
from mailwright.pipeline import Flows
from mailwright.storage import Tx
from mailwright.storage import connections as rows
from mailwright.storage.connections import Connection
from mailwright.storage.triage import Item


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail of somebody else's that is in the inbox now. `sender` as `Address.key`; `proven`: the mail is theirs, and not only in their name."""

    remote_id: str
    remote_thread: str
    header_id: str
    sender: str
    sender_name: str
    subject: str
    received_at: Instant
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What happened. `candidates` may have come, oldest first, and may be known; `touched` were marked, moved or labelled; `removed` are
    gone for good. `cursor` is where the next look begins. `whole`: it was not known what happened, so everything recent was looked at."""

    candidates: tuple[str, ...]
    cursor: str
    touched: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """What an owner says of a mail by what was done to it there. `category` None: nothing, but our label is gone.
    `shown`: it is labelled so there already, and nothing else."""

    category: Category | None
    because: str = ""
    shown: bool = False


class Account(Protocol):
    """One account elsewhere, while it is looked at. Every method raises TryLater and AuthenticationFailed."""

    async def since(self, cursor: str) -> Look:
        """What happened since a look that ended at `cursor`; empty: the first look."""

    async def arrival(self, remote_id: str) -> Arrival | None:
        """A candidate, when it is a mail of somebody else's in the inbox; None when it is not, or is gone."""

    async def word(self, item: Item) -> Word | None:
        """What was meant by touching a mail that is known; None: nothing, or what we did ourselves."""

    async def watch(self, topic: str) -> Instant | None:
        """Have new mail told to a topic of Pub/Sub; until when. None: accounts of this kind tell nobody."""

    async def close(self) -> None:
        """Let connections go."""


Open: TypeAlias = Callable[[Connection], Awaitable[Account]]
"""From a connection to its account, which the caller closes. Raises TryLater, AuthenticationFailed."""


@dataclass(frozen=True, slots=True)
class Looking:
    """What looks work with. `openers` are by the connection's kind; `poll` is how often each account is looked at. `topic`: where
    Google is asked to tell of new mail; None: nowhere."""

    core: Core
    flows: Flows
    openers: Mapping[str, Open]
    poll: Instant = 180 * SECOND
    topic: str | None = None


_configured: list[Looking] = []


def configure(looking: Looking) -> None:
    """Say what looks work with; before the first. The last word counts."""
    _configured[:] = [looking]


def configured() -> Looking:
    """What looks work with. Raises TryLater before it was said."""
    if not _configured:
        raise TryLater("the application has not finished starting")
    return _configured[0]


def may_look(connection: Connection) -> bool:
    """Whether its owner wants that, and it lets us in."""
    return connection.enabled and connection.state != ConnectionState.REVOKED


def to_look_at(tx: Tx, connection_id: str) -> Connection | None:
    """The connection, while it is to be looked at: switched on, let in, and its owner's assistant at work."""
    found = rows.by_id(tx, connection_id)
    if found is None or not may_look(found) or assistants.serving(tx, found.user_id) is None:
        return None
    return found
