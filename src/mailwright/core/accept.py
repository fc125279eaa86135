"""Accepting a message: may we take it, and is it safe?

Called by every entrance that receives (SMTP, LMTP, hooks).
Expects: the raw bytes, the envelope, and a verdict on who is speaking.
Promises: when `accept` returns, the message is filed for every recipient without a refusal and survives a power cut.
Does not: look at DNS (the caller brings the verdict), index, notify or run agents (events do).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from limits import RateLimitItemPerMinute

from mailwright.core import Core, derived, filing, routing
from mailwright.core.filing import Outcome
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Envelope, Verdict
from mailwright.domain.refusals import (
    ExceedsQuota,
    MailboxFull,
    NoSuchRecipient,
    RelayDenied,
    SenderNotAllowed,
    TryLater,
)
from mailwright.storage import Tx, accounts

CACHED_SECONDS = 2.0
"""How long a yes to a recipient is remembered. Filing looks again, so a stale yes costs a bounce at most, never a mail."""
CACHED_RECIPIENTS = 10_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message, recipient by recipient, in the envelope's order."""

    outcomes: tuple[Outcome, ...]


async def may_receive(
    core: Core,
    sender: Address | None,
    recipient: Address,
    *,
    account: str | None,
    size: int = 0,
    is_relay: bool = False,
) -> None:
    """The answer to RCPT. `account` is the id of the signed-in user or None; `size` is what MAIL declared, in bytes.

    `is_relay`: a relay of ours asks, which may bring mail of our own people; whether it is theirs, the verdict decides.

    Raises NoSuchRecipient, RelayDenied, SenderNotAllowed, MailboxFull, ExceedsQuota, TryLater.
    """
    cached = core.recipients_seen
    # Authenticated users may write anywhere; their sender address is checked when they submit.
    own_domain = sender.domain if sender and account is None and not is_relay else None
    question = (own_domain, recipient.key, account is None)
    until = cached.get(question)
    if until is None or until <= time.monotonic() or size != 0:
        await core.read(lambda tx: _check(tx, core.settings.hostname, own_domain, recipient, account, size))
        if len(cached) >= CACHED_RECIPIENTS:
            cached.clear()
        cached[question] = time.monotonic() + CACHED_SECONDS
    if account is None:
        await _check_rate(core, recipient)


async def accept(
    core: Core, envelope: Envelope, raw: bytes, verdict: Verdict, *, found: bytes = b"", kept: bytes | None = None
) -> Receipt:
    """Keep it once, however often it is offered. `found` and `kept` as `core.authentication` gives them.

    Raises LoopDetected, MessageTooLarge, TryLater.
    """
    incoming = await filing.prepare(core, envelope, raw, verdict, found=found, kept=kept)
    outcomes = await derived.write(core, incoming.derived, lambda tx: filing.file_all(tx, core, incoming))
    if all(outcome.duplicate or outcome.refusal is not None for outcome in outcomes):
        await filing.discard(core, incoming)
    return Receipt(outcomes)


async def _check_rate(core: Core, recipient: Address) -> None:
    """One mailbox that is flooded must not take the time of all others. Raises TryLater."""
    most = RateLimitItemPerMinute(core.settings.mailbox_per_minute)
    if not await core.deliveries.hit(most, recipient.key):
        raise TryLater("more arrives for this mailbox than it takes in a minute; try again later")


def _check(tx: Tx, hostname: str, unsigned: str | None, recipient: Address, account: str | None, size: int) -> None:
    """`unsigned` is the domain of a sender who has not signed in; None when that does not matter."""
    if unsigned is not None and routing.is_local_domain(tx, unsigned):
        raise SenderNotAllowed(f"{unsigned} is ours: sign in (submission) to send from it")
    row = routing.resolve(tx, recipient, hostname)
    if row is None:
        if routing.is_local_domain(tx, recipient.domain):
            raise NoSuchRecipient(f"there is no {recipient} here")
        if account is None:
            raise RelayDenied(f"we do not take mail for {recipient.domain}")
        return
    if row.user_id is None:
        return
    owner = accounts.by_id(tx, row.user_id)
    if owner is None:
        raise NoSuchRecipient(f"there is no {recipient} here")
    if owner.quota_bytes is None:
        return
    if size > owner.quota_bytes:
        raise ExceedsQuota(f"the message is larger than the whole mailbox may be ({owner.quota_bytes} bytes)")
    if owner.used_bytes + size > owner.quota_bytes or owner.used_bytes >= owner.quota_bytes:
        raise MailboxFull("the mailbox is full; try again when its owner has made room")
