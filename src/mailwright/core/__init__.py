"""Core: what may happen to mail. One use case, one transaction.

Called by protocols, agents, the pipeline's consumers and the command line; knows none of them. Functions are verbs (`accept`,
`submit`), plain and synchronous over a `Tx` where they change data, and awaited where something must happen around the
transaction (parsing, staging a blob). Refusals are raised as `domain.refusals`; each protocol has its own words for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from mailwright.core.secrets import Vault
from mailwright.core.trail import Trail
from mailwright.domain.clock import DAY, Instant
from mailwright.pipeline.fanout import Fanout
from mailwright.storage import BlobStore, Database, Tx
from mailwright.storage.domains import Domain

if TYPE_CHECKING:
    from mailwright.core.rules import Active
    from mailwright.storage.search.folder import SearchFolder

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """What core must know of the installation. Sizes in bytes, times in microseconds."""

    hostname: str = "localhost"
    max_message_bytes: int = 50 * 1024 * 1024
    default_quota_bytes: int | None = 10 * 1024**3
    inbound_kept: Instant = 30 * DAY  # how long a delivery is recognised when it is offered again
    audit_kept: Instant = 365 * DAY
    outbox_kept: Instant = 90 * DAY  # settled rows: as long as a dead letter may be replayed
    submission_per_hour: int = 500  # recipients one user may write to
    redact_after: Instant | None = None  # message bodies older than this are redacted; None keeps them


@dataclass(slots=True)
class Core:
    """The parts that every use case works with. Made by `app.py`, handed to whoever calls core."""

    database: Database
    blobs: BlobStore
    settings: CoreSettings
    # Domains by name with the monotonic second until which they are believed: see `filing.domains_of`.
    domains_seen: dict[str, tuple[float, Domain]] = field(default_factory=dict)
    # Answers to RCPT, remembered for a moment: see `accept.may_receive`.
    recipients_seen: dict[tuple[str | None, str, bool], float] = field(default_factory=dict)
    # Who has rules at work, and which, with the monotonic second until which that is believed: see `rules.active`.
    rules_seen: dict[str, tuple[float, Active | None]] = field(default_factory=dict)
    # Failed sign-ins of this process, by name and by client: see `accounts.authenticate`.
    sign_in_failures: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))
    # Recipients written to through this process, by user: see `submission.submit`.
    submissions: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))
    # Whose main address a bearer token is for, or None: asked by `accounts.authenticate_token`. None: no tokens are taken.
    bearer: Callable[[str], Awaitable[str | None]] | None = None
    search: SearchFolder | None = None  # the search index of this installation, where this process can reach it
    secrets: Vault = field(default_factory=Vault)  # the default one forgets its key with the process: for tests

    changes: Fanout = field(init=False)  # who is told of changes: see `pipeline.fanout`
    trail: Trail = field(init=False)  # the audit trail of what clients do

    def __post_init__(self) -> None:
        self.changes = Fanout(self.database)
        self.trail = Trail(self.database)

    async def write(self, function: Callable[[Tx], T], *, shared: bool = False) -> T:
        """Run `function` in a transaction; what it did is durable when this returns. See `storage.Database.write`."""
        return await self.database.write(function, shared=shared)

    async def read(self, function: Callable[[Tx], T]) -> T:
        """Run `function` in a read-only transaction."""
        return await self.database.read(function)
