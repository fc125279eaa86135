"""Core: what may happen to mail. One use case, one transaction.

Called by protocols, agents, the pipeline's consumers and the command line; knows none of them. Functions are verbs (`accept`,
`submit`), plain and synchronous over a `Tx` where they change data, and awaited where something must happen around the
transaction (parsing, staging a blob). Refusals are raised as `domain.refusals`; each protocol has its own words for them.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter
from prometheus_client import Histogram

from mailwright.core.idlist import IdLists
from mailwright.core.limiting import Limiting
from mailwright.core.secrets import Vault
from mailwright.core.trail import Trail
from mailwright.domain import spans
from mailwright.domain.brand import Brand
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.outreach import Limits
from mailwright.domain.plans import STANDARD, Plan
from mailwright.domain.tokens import Proven
from mailwright.pipeline.fanout import Fanout
from mailwright.storage import BlobStore, Database, Tx
from mailwright.storage.domains import Domain
from mailwright.storage.streams import Streams
from mailwright.storage.valkey import Valkey

if TYPE_CHECKING:
    from mailwright.core.rules import Active
    from mailwright.storage.search import KeptIndex

T = TypeVar("T")

transaction_seconds = Histogram(
    "mailwright_transaction_seconds",
    "From asking for a transaction to its end, waiting included",
    ["kind"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
_WRITES, _READS = transaction_seconds.labels("write"), transaction_seconds.labels("read")


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
    mailbox_per_minute: int = 60_000  # messages strangers may bring for one address
    allow_private_push: bool = False  # push services may be inside, too
    redact_after: Instant | None = None  # message bodies older than this are redacted; None keeps them
    transcripts_kept: Instant = 30 * DAY  # what was sent to models; 0 keeps none
    assistant_kept: Instant = 90 * DAY  # what the assistant gathered, asked and wrote; owners may choose less or more
    plans: tuple[Plan, ...] = STANDARD  # what people may have of their agents: see `usage`
    approval_valid: Instant = 14 * DAY  # how long a person may say yes to what an agent asks
    approvals_kept: Instant = 90 * DAY  # settled ones, with the bytes they were about
    agent_held: Instant = 0  # how long what an agent sends waits, to be taken back
    agent_sends_per_day: int = 200  # messages agents may send for one person; what is beyond waits for approval
    public_url: str = "http://localhost:8080"  # where our pages are, as mails name them; no slash at its end
    followup_question: Instant = 7 * DAY  # how long the answer to a question of the concierge is waited for
    followups_kept: Instant = 60 * DAY  # the texts of those that ended, and of the mail with the concierge
    followups_open: int = 2_000  # follow-ups one person may have that are not at their end
    own_issuer: str | None = None  # the provider the settings name: no tenant can have it
    allow_private_providers: bool = False  # tenants' providers may be inside, and without TLS
    outreach: Limits = field(default_factory=Limits)  # what the scribe may do
    brand: Brand = field(default_factory=Brand)


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
    # Failed sign-ins, by name and by client: see `accounts.authenticate`.
    sign_in_failures: MovingWindowRateLimiter = field(init=False)
    # Recipients written to, by user: see `submission.submit`.
    submissions: MovingWindowRateLimiter = field(init=False)
    # Push subscriptions made, by user: see `pushsubscriptions.check_rate`.
    push_subscriptions: MovingWindowRateLimiter = field(init=False)
    deliveries: FixedWindowRateLimiter = field(init=False)  # by mailbox: see `accept.may_receive`
    # The public half of the key that push services know us by, once it is there: see `vapid`.
    push_key: str | None = None
    # Whose a bearer token is (AuthenticationFailed: nobody's), asked by `bearers`. None: no tokens are taken.
    bearer: Callable[[str], Awaitable[Proven]] | None = None
    search: KeptIndex | None = None  # the search index of this installation, where this process can reach it
    lists: IdLists = field(default_factory=IdLists)  # of message ids, as asked for a moment ago: see `listing.find`
    valkey: Valkey | None = None  # where the processes of an installation on many machines meet
    limiting: Limiting = field(init=False)  # makes limiters
    secrets: Vault = field(default_factory=Vault)  # the default one forgets its key with the process: for tests

    changes: Fanout = field(init=False)  # who is told of changes: see `pipeline.fanout`
    trail: Trail = field(init=False)  # the audit trail of what clients do

    def __post_init__(self) -> None:
        self.limiting = Limiting(self.valkey)
        self.sign_in_failures = self.limiting.moving("sign-in")
        self.submissions = self.limiting.moving("submission")
        self.push_subscriptions = self.limiting.moving("push")
        self.deliveries = self.limiting.fixed("delivery")
        self.changes = Fanout(self.database, self.streams)
        self.trail = Trail(self.database)

    @property
    def streams(self) -> Streams | None:
        """The event streams in Valkey, where there is one."""
        return None if self.valkey is None else Streams(self.valkey)

    async def write(self, function: Callable[[Tx], T], *, shared: bool = False) -> T:
        """Run `function` in a transaction; what it did is durable when this returns. See `storage.Database.write`."""
        started = time.perf_counter()
        try:
            with spans.transaction("write", function):
                return await self.database.write(function, shared=shared)
        finally:
            _WRITES.observe(time.perf_counter() - started)

    async def read(self, function: Callable[[Tx], T]) -> T:
        """Run `function` in a read-only transaction."""
        started = time.perf_counter()
        try:
            with spans.transaction("read", function):
                return await self.database.read(function)
        finally:
            _READS.observe(time.perf_counter() - started)
