"""Filing a message for its recipients: blob, inbound row, message rows and events, in one transaction.

Called by accept (entrances), submission's local copies and the outbox (our own mail to our own mailboxes).
Expects: an `Incoming`, prepared outside the transaction (parsed, large blobs staged).
Promises: each recipient gets it exactly once, however often it is offered (the idempotency key of the inbound row); a refused
recipient leaves nothing behind, and where SMTP's one answer cannot tell of it, the sender is told by a bounce.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailwright.codecs import fields, mime
from mailwright.codecs.smtp.trace import received_field, return_path_field
from mailwright.core import Core, addressees, journaling, outbox, routing, ruledelivery, rules
from mailwright.core.arrival import Arrival
from mailwright.core.derived import Derived, Missing, NotStaged
from mailwright.core.messages import Provenance, append
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Envelope, Verdict
from mailwright.domain.ids import checksum, derived_token, new_id
from mailwright.domain.refusals import (
    ExceedsQuota,
    LoopDetected,
    MailboxFull,
    MessageTooLarge,
    NoSuchRecipient,
    NotFound,
    Refusal,
    RejectedByRule,
    TryLater,
)
from mailwright.storage import StoredBlob, Tx, inbound
from mailwright.storage.domains import Domain

DOMAIN_SECONDS = 2.0  # how long a change of a domain's policies may take to be seen by every process
INBOX = "inbox"
JUNK = "$Junk"  # IMAP's registered keyword for it
LARGE_OCTETS = 256 * 1024  # parsed in a thread: a hostile message of this size takes a moment, one of 50 MiB seconds
MAX_HEADER_OCTETS = 512 * 1024  # what `codecs/mime` reads of one; the fields behind that, no two readers would agree on
MAX_HEADER_LINES = 20_000  # a hundredth of a second to look through; ten thousand recipients take as many
MAX_HOPS = 100  # RFC 5321 §6.3: a loop is not assumed before a hundred Received lines


@dataclass(slots=True)
class Incoming:
    """A message ready to be filed. `domains` are ours among the recipients'; `blobs` has one staged copy for each tenant.

    `placed` names the tenants whose blob has its rows already (our own outgoing mail); a delivery's blob gets them here. `named` is
    what `addressees.named` says. `derived` is
    what its readers' rules make of it: run the transaction that files it with `derived.write`.
    """

    envelope: Envelope
    verdict: Verdict
    parsed: mime.Parsed
    checksum: str
    domains: dict[str, Domain]
    blobs: dict[str, StoredBlob]
    placed: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    derived: Derived = field(default_factory=Derived)

    @property
    def role(self) -> str:
        """The mailbox it goes to, unless its reader's own rules say otherwise."""
        return "junk" if self.verdict.authentication.junk else INBOX

    @property
    def keywords(self) -> tuple[str, ...]:
        """What it is marked with: the registered keyword that clients know for junk, wherever it ends up."""
        return (JUNK,) if self.verdict.authentication.junk else ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recipient. With a `refusal` nothing was kept for it."""

    recipient: Address
    inbound_id: str = ""
    duplicate: bool = False
    refusal: Refusal | None = None


def check_size(core: Core, raw: bytes) -> None:
    """Before anybody reads it. Raises MessageTooLarge."""
    if len(raw) > core.settings.max_message_bytes:
        raise MessageTooLarge(f"the message is larger than {core.settings.max_message_bytes} bytes")
    end = fields.body_start(raw)
    if end > MAX_HEADER_OCTETS or raw.count(b"\n", 0, end) > MAX_HEADER_LINES:
        raise MessageTooLarge(
            f"the header is larger than {MAX_HEADER_OCTETS} bytes, or has more than {MAX_HEADER_LINES} lines"
        )


async def prepare(
    core: Core, envelope: Envelope, raw: bytes, verdict: Verdict, *, found: bytes = b"", kept: bytes | None = None
) -> Incoming:
    """Parse and stage what an entrance received; adds the trace fields. Raises MessageTooLarge, LoopDetected, TryLater.

    `found` is a header field that tells what was found out about the message, `kept` the message as it is to be kept when that is not
    as it came. What came decides whether it came before.
    """
    check_size(core, raw)
    # RFC 8601 §4: what we found stands above the trace of the hop that brought the message; RFC 5321 §4.4: Return-Path above all.
    trace = return_path_field(envelope.sender) + found + received_field(envelope, core.settings.hostname)
    stored = trace + (raw if kept is None else kept)
    parsed = await parse(stored)
    if parsed.hops > MAX_HOPS:
        raise LoopDetected(f"the message has passed {parsed.hops} servers and goes round in circles")
    ours = await domains_of(core, envelope.recipients)
    blobs = {tenant_id: await core.blobs.stage(tenant_id, stored) for tenant_id in _tenants(ours)}
    digest = checksum(raw) if len(raw) <= LARGE_OCTETS else await asyncio.to_thread(checksum, raw)
    return Incoming(envelope, verdict, parsed, digest, ours, blobs, named=addressees.named(verdict, parsed))


async def prepare_stored(core: Core, blob_id: str, envelope: Envelope, verdict: Verdict) -> Incoming:
    """Prepare a message that is in a blob of ours: the same blob serves, unless the recipient is another tenant's.

    Raises NotFound, LoopDetected, TryLater.
    """
    blob = await core.read(lambda tx: core.blobs.describe(tx, blob_id))
    raw = await core.blobs.read(blob_id)
    parsed = await parse(raw)
    if parsed.hops > MAX_HOPS:
        raise LoopDetected(f"the message has passed {parsed.hops} servers and goes round in circles")
    ours = await domains_of(core, envelope.recipients)
    blobs = {
        tenant_id: blob if tenant_id == blob.tenant_id else await core.blobs.stage(tenant_id, raw)
        for tenant_id in _tenants(ours)
    }
    return Incoming(envelope, verdict, parsed, blob.checksum, ours, blobs, frozenset({blob.tenant_id}))


async def parse(raw: bytes) -> mime.Parsed:
    """`mime.parse` without holding up everybody else while a large message is read."""
    return mime.parse(raw) if len(raw) <= LARGE_OCTETS else await asyncio.to_thread(mime.parse, raw)


async def discard(core: Core, incoming: Incoming) -> None:
    """Take back the files of a message that nobody kept; whoever offers it in a loop must not fill the disk until the sweep."""
    for blob in incoming.blobs.values():
        if blob.data is None and not await core.read(lambda tx, blob=blob: core.blobs.is_named(tx, blob.id)):  # type: ignore[misc]
            with contextlib.suppress(TryLater, OSError):  # the nightly sweep takes it then
                await asyncio.to_thread(core.blobs.take_back, blob)


def file_all(tx: Tx, core: Core, incoming: Incoming) -> tuple[Outcome, ...]:
    """File for every recipient of the envelope; a refusal for one harms no other. Raises NotStaged, as `file_once` does."""
    outcomes: dict[Address, Outcome] = {}
    missing = Missing()
    for recipient in dict.fromkeys(incoming.envelope.recipients):
        try:
            outcomes[recipient] = file_once(tx, core, incoming, recipient)
        except Refusal as refusal:
            outcomes[recipient] = Outcome(recipient, refusal=refusal)
        except NotStaged as lacking:
            missing.note(lacking)
    missing.ask()
    _owe_bounces(tx, core, incoming, list(outcomes.values()))
    return tuple(outcomes[recipient] for recipient in incoming.envelope.recipients)


def file_once(tx: Tx, core: Core, incoming: Incoming, recipient: Address) -> Outcome:
    """File for one recipient. Raises NoSuchRecipient, MailboxFull, ExceedsQuota, LoopDetected, RejectedByRule; then nothing is kept for it."""
    row = routing.resolve(tx, recipient, core.settings.hostname)
    if row is None or row.tenant_id not in incoming.blobs:
        raise NoSuchRecipient(f"there is no {recipient} here")
    envelope, blob = incoming.envelope, incoming.blobs[row.tenant_id]
    inbound_id, key = new_id(), idempotency_key(incoming, recipient)
    # The row first: it holds the key, so that two sessions with the same bytes cannot both file them.
    if not inbound.insert(
        tx,
        inbound_id,
        tenant_id=row.tenant_id,
        key=key,
        recipient=str(recipient),
        envelope=envelope,
        verdict=incoming.verdict,
        blob_id=blob.id,
    ):
        return Outcome(recipient, inbound.known(tx, key) or "", duplicate=True)
    provenance = Provenance(
        addressees.origin_for(incoming.verdict, envelope.channel, recipient, incoming.named),
        envelope.correlation_id,
        inbound_id,
        keywords=incoming.keywords,
        account_id=incoming.verdict.account,
    )
    is_reached, missing = False, Missing()
    try:
        for target in tuple(routing.expand(tx, row, recipient)):  # all of it first: it may be refused
            try:
                alone = row.user_id is not None
                is_reached |= _deliver(tx, core, incoming, blob, target, recipient, provenance, alone=alone)
            except NotStaged as lacking:
                missing.note(lacking)
        missing.ask()
        if not is_reached:
            raise NoSuchRecipient(f"{recipient} leads to nobody")
    except Refusal:  # a lone recipient refuses before anything is filed, a group only when it reached nobody
        inbound.forget(tx, inbound_id)
        raise
    _place(tx, core, incoming, row.tenant_id)
    _journal(tx, incoming, blob, recipient, provenance)
    return Outcome(recipient, inbound_id)


def idempotency_key(incoming: Incoming, recipient: Address) -> str:
    """What makes a delivery one: the provider's id where there is one, else the bytes; never the Message-ID alone.

    A stranger who knows a Message-ID in advance could otherwise suppress the mail that carries it by sending it first.
    """
    return derived_token(incoming.envelope.key or incoming.checksum, str(recipient).lower())


async def domains_of(core: Core, recipients: tuple[Address, ...]) -> dict[str, Domain]:
    """Our domains among those of the recipients, by name; each looked up again when it was seen DOMAIN_SECONDS ago."""
    names, moment, seen = {recipient.domain for recipient in recipients}, time.monotonic(), core.domains_seen
    missing = [name for name in names if name not in seen or seen[name][0] < moment]
    if missing:
        host = core.settings.hostname
        found = await core.read(lambda tx: {name: routing.domain_of(tx, name, host) for name in missing})
        for name, domain in found.items():
            seen.pop(name, None)
            if domain is not None:
                seen[name] = (moment + DOMAIN_SECONDS, domain)
    return {name: seen[name][1] for name in names if name in seen}


def _tenants(ours: dict[str, Domain]) -> set[str]:
    return {domain.tenant_id for domain in ours.values()}


def _place(tx: Tx, core: Core, incoming: Incoming, tenant_id: str) -> None:
    if tenant_id not in incoming.placed:
        core.blobs.put(tx, incoming.blobs[tenant_id])


def _owe_bounces(tx: Tx, core: Core, incoming: Incoming, outcomes: Sequence[Outcome]) -> None:
    """RFC 5321 §4.2.5: after the one 250 of SMTP, who was refused for good is ours to report to the sender.

    Their copies go through the outbox, which fails them and writes the notice. Not while somebody is refused for now: then the
    client keeps the message and comes back. Once, however often it does. LMTP and hooks answer for each recipient.
    """
    envelope, refused = incoming.envelope, [outcome for outcome in outcomes if outcome.refusal is not None]
    for_now = any(isinstance(outcome.refusal, MailboxFull | TryLater) for outcome in refused)
    if envelope.channel is not Channel.SMTP or for_now or len(refused) == len(outcomes):
        return
    for recipient in (outcome.recipient for outcome in refused):
        domain = incoming.domains.get(recipient.domain)
        if domain is None or not routing.is_local_domain(tx, recipient.domain):
            continue  # nothing may leave this way
        queued = outbox.enqueue(
            tx,
            tenant_id=domain.tenant_id,
            user_id=None,
            sender=envelope.sender,
            recipients=(recipient,),
            blob_id=incoming.blobs[domain.tenant_id].id,
            message_id=incoming.parsed.message_id or "",
            idempotency_key=f"refused:{idempotency_key(incoming, recipient)}",
            correlation_id=envelope.correlation_id,
            verdict=incoming.verdict,
        )
        if queued:
            _place(tx, core, incoming, domain.tenant_id)


def _deliver(
    tx: Tx,
    core: Core,
    incoming: Incoming,
    blob: StoredBlob,
    target: routing.Local | routing.Elsewhere,
    recipient: Address,
    provenance: Provenance,
    *,
    alone: bool,
) -> bool:
    """Into a mailbox, or into the outbox for a member elsewhere. False when that member is gone.

    When the recipient is a group, a full mailbox of one member, or a rule of theirs, must not refuse the mail for all: that member's
    copy waits in the outbox, which retries it and tells the sender if it never fits.
    """
    envelope = incoming.envelope
    if isinstance(target, routing.Local):
        try:
            _put(tx, core, incoming, blob, target, recipient, provenance)
        except (MailboxFull, ExceedsQuota):
            if alone:
                raise
        except RejectedByRule as refusal:
            if alone and not ruledelivery.must_be_told(envelope, refusal):
                raise
        except NotFound as error:
            if alone:
                raise NoSuchRecipient(f"there is no mailbox for {target.address}") from error
            return False
        else:
            return True
    outbox.enqueue(
        tx,
        tenant_id=target.tenant_id,
        user_id=None,
        sender=envelope.sender,
        recipients=(target.address,),
        blob_id=blob.id,
        message_id=incoming.parsed.message_id or "",
        idempotency_key=f"forward:{provenance.inbound_id}",
        correlation_id=envelope.correlation_id,
        verdict=incoming.verdict,
    )
    return True


def _put(
    tx: Tx,
    core: Core,
    incoming: Incoming,
    blob: StoredBlob,
    target: routing.Local,
    recipient: Address,
    provenance: Provenance,
) -> None:
    """Where its owner's rules want it; without any, into the mailbox it belongs to, or into INBOX when there is no such mailbox.

    What is junk goes there, and no rule sees it. Raises as `append` does, and RejectedByRule.
    """
    if target.kind == "user" and incoming.role == INBOX:
        active = rules.active(tx, core, target.user_id)
        if active is not None:
            arrival = Arrival(
                tenant_id=target.tenant_id,
                user_id=target.user_id,
                recipient=recipient,
                envelope=incoming.envelope,
                verdict=incoming.verdict,
                parsed=incoming.parsed,
                blob=blob,
                provenance=provenance,
                key=idempotency_key(incoming, recipient),
                derived=incoming.derived,
            )
            ruledelivery.deliver(tx, core, arrival, active)
            return

    def put(role: str) -> None:
        append(
            tx,
            tenant_id=target.tenant_id,
            user_id=target.user_id,
            role=role,
            blob=blob,
            parsed=incoming.parsed,
            provenance=provenance,
            received_at=incoming.envelope.received_at,
        )

    if incoming.role != INBOX:
        with contextlib.suppress(NotFound):
            put(incoming.role)
            return
    put(INBOX)


def _journal(tx: Tx, incoming: Incoming, blob: StoredBlob, recipient: Address, provenance: Provenance) -> None:
    envelope, sender = incoming.envelope, incoming.envelope.sender
    if envelope.channel is Channel.LOCAL:
        # What was received was copied then, and what is written here when it was sent, but for its sender's domain only.
        written_here = incoming.verdict.account is not None and sender is not None
        if not written_here or sender is None or sender.domain == recipient.domain:
            return
    journaling.keep_copy(
        tx,
        incoming.domains.get(recipient.domain),
        blob_id=blob.id,
        message_id=incoming.parsed.message_id or "",
        key=f"{incoming.checksum}:{sender}",
        correlation_id=provenance.correlation_id,
        verdict=incoming.verdict,
        recipient=recipient,
    )
