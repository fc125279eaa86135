"""Submission: a signed-in user sends a message.

Called by the submission server, `mailwright email send` and the demo (`submit`), and by `emailsubmissions` for JMAP, whose clients
keep their own copy (`prepare`, `queue`).
Promises: when `submit` returns, the message waits durably in the outbox, one row a recipient, and a copy is in Sent; the same
bytes submitted again (a client that missed our answer) make no second copy. Nobody is named in From but those whose addresses the
user may write under, however a reader reads it. What leaves shows no blind recipient. While the user's
undo window is open nothing has left, and `undo` takes it back.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from limits import RateLimitItemPerHour

from mailwright.codecs import fields, mime
from mailwright.codecs.mailauth.author import MAX_FROM_CHARACTERS, author
from mailwright.codecs.mime import mailboxes
from mailwright.codecs.mime.words import unfold
from mailwright.codecs.smtp.trace import date_time, received_field
from mailwright.core import Core, access, accounts, filing, journaling, messages, outbox, sentcopies
from mailwright.core.accept import Receipt
from mailwright.core.accounts import Account
from mailwright.core.filing import MAX_HOPS, Outcome
from mailwright.core.messages import Flag, Provenance
from mailwright.domain.addresses import Address
from mailwright.domain.clock import MINUTE, SECOND, Instant, now
from mailwright.domain.envelope import Envelope, Origin, Verdict
from mailwright.domain.ids import checksum, derived_token
from mailwright.domain.refusals import (
    BadAddress,
    BadInput,
    LoopDetected,
    NotFound,
    SenderNotAllowed,
    TooManyRequests,
)
from mailwright.storage import StoredBlob, Tx, audit, domains, preferences
from mailwright.storage import accounts as account_rows
from mailwright.storage import outbox as rows

# RFC 5322 §3.6.3 and §3.6.6: who else gets it is nobody's business.
_BLIND = frozenset({b"bcc", b"resent-bcc"})
# RFC 5321 §4.4: the final delivery alone writes Return-Path. RFC 8601 §5: nobody brings along findings about their own mail.
_NOT_THE_SENDERS = frozenset({b"return-path", b"authentication-results"})
_OURS = b"x-mailwright-"  # what this server notes in a header is believed here
_HIGHEST_UNDO_SECONDS = sentcopies.LONGEST_HELD // SECOND
SAME_WORDS = 10 * MINUTE  # how long a message without Date and Message-ID is taken for one that was sent before


async def submit(core: Core, account: Account, envelope: Envelope, raw: bytes) -> Receipt:
    """Queue a message of `account`.

    Raises SenderNotAllowed, MessageTooLarge, LoopDetected, TooManyRequests (the user's recipients of an hour), TryLater.
    """
    ready = await prepare(core, account, envelope, raw)

    def run(tx: Tx) -> tuple[Outcome, ...]:
        duplicate = not queue(tx, core, account, ready, key=f"submission:{account.id}:{envelope.key or ready.digest}")
        return tuple(Outcome(recipient, duplicate=duplicate) for recipient in envelope.recipients)

    return Receipt(await core.write(run, shared=True))


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that may leave: `leaving` is what does, `kept` its sender's copy for Sent (None: they keep their own)."""

    envelope: Envelope
    authors: tuple[Address, ...]
    digest: str
    message_id: str
    leaving: StoredBlob
    kept: StoredBlob | None
    parsed: mime.Parsed


async def prepare(core: Core, account: Account, envelope: Envelope, raw: bytes, *, keeps_copy: bool = True) -> Ready:
    """Check and stage a message of `account`, for `queue`. Raises what `submit` raises."""
    filing.check_size(core, raw)
    header = mime.parse(raw[: fields.body_start(raw)])
    if header.hops > MAX_HOPS:
        raise LoopDetected(f"the message has passed {header.hops} servers and goes round in circles")
    authors = _authors(header, raw)
    await core.read(lambda tx: check_sender(tx, account, envelope.sender, authors))
    await _count(core, account, len(envelope.recipients))
    given = (account, envelope, header, raw, core.settings.hostname)
    made = _made(*given) if len(raw) <= filing.LARGE_OCTETS else await asyncio.to_thread(_made, *given)
    digest, message_id, sent, leaving = made
    parsed = await filing.parse(sent)
    blob = await core.blobs.stage(account.tenant_id, leaving)
    kept = None
    if keeps_copy:
        kept = blob if leaving is sent else await core.blobs.stage(account.tenant_id, sent)
    return Ready(envelope, tuple(authors), digest, message_id, blob, kept, parsed)


def _made(
    account: Account, envelope: Envelope, header: mime.Parsed, raw: bytes, hostname: str
) -> tuple[str, str, bytes, bytes]:
    """What the message is known by, its Message-ID, and its bytes: as its sender keeps them, and as they leave."""
    digest = _digest(header, envelope, raw)
    domain_name = account.email.rpartition("@")[2]
    message_id = header.message_id or f"<{derived_token(account.id, digest)}@{domain_name}>"
    trace = received_field(envelope, hostname)
    sent = trace + _missing_fields(header, message_id) + fields.without(raw, _is_not_the_senders)
    return digest, message_id, sent, fields.without(sent, lambda name, _field: name in _BLIND)


def queue(
    tx: Tx, core: Core, account: Account, ready: Ready, *, key: str, not_before: Instant = 0, client: str | None = None
) -> list[str]:
    """Queue what `prepare` made, under a key that the same sending always has; the new outbox rows, none when it was known.

    It leaves when the user's undo window is over, or at `not_before` if that is later. `client` is who asked, when the envelope, and
    with it the message, does not say so. Raises SenderNotAllowed.
    """
    envelope = ready.envelope
    check_sender(tx, account, envelope.sender, ready.authors)  # again: a right may have been taken away meanwhile
    verdict = Verdict(Origin.OWNER, account.id, f"{account.email} signed in")
    held_until = max(now() + preferences.of_user(tx, account.id).undo_seconds * SECOND, not_before)
    queued = outbox.enqueue(
        tx,
        tenant_id=account.tenant_id,
        user_id=account.id,
        sender=envelope.sender,
        recipients=envelope.recipients,
        blob_id=ready.leaving.id,
        message_id=ready.message_id,
        idempotency_key=key,
        correlation_id=envelope.correlation_id,
        verdict=verdict,
        not_before=held_until,
    )
    archived = journaling.keep_copy(
        tx,
        domains.named(tx, account.email.rpartition("@")[2]),
        blob_id=ready.leaving.id,
        message_id=ready.message_id,
        key=key,
        correlation_id=envelope.correlation_id,
        verdict=verdict,
        not_before=held_until,
    )
    if queued or archived:
        core.blobs.put(tx, ready.leaving)  # what is known already has its bytes
    if queued and ready.kept is not None:
        sentcopies.keep(tx, core, account, ready.kept, ready.parsed, ready.message_id, envelope.correlation_id)
    peer = envelope.client if client is None else client
    _audit(tx, account, "message.submitted", ready.message_id, peer, envelope.correlation_id)
    return queued


def set_undo_seconds(tx: Tx, account: Account, seconds: int) -> None:
    """How long what the account sends is held, to be taken back; 0 sends at once. Raises BadInput."""
    check_undo_seconds(seconds)
    preferences.set_undo_seconds(tx, account.id, seconds)


def check_undo_seconds(seconds: int) -> None:
    """Raises BadInput for a time that mail cannot be held for."""
    if not 0 <= seconds <= _HIGHEST_UNDO_SECONDS:
        raise BadInput(f"mail can be held for up to {_HIGHEST_UNDO_SECONDS} seconds")


async def undo(core: Core, account: Account, message_id: str) -> int:
    """Take back what has not left of a message: how many recipients will not get it.

    When nobody got it, the copy goes from Sent to Drafts. Raises NotFound when nothing of it waits.
    """
    copy = await core.read(lambda tx: sentcopies.made_here(tx, account.id, message_id))
    raw = await core.blobs.read(copy.blob_id) if copy is not None else b""
    parsed = await filing.parse(raw)

    def take_back(tx: Tx) -> int:
        waiting = [row for row in rows.queued_of_message(tx, account.id, message_id) if row.attempts == 0]
        own = [row for row in waiting if row.user_id == account.id]
        if not own:
            raise NotFound(f"nothing of {message_id} is waiting: it has left, or was never sent by {account.email}")
        moment = now()
        cancelled = [row for row in own if rows.cancel(tx, row.id, moment)]
        nobody_gets_it = not rows.still_leaving(tx, account.id, own[0].blob_id)
        archived = [row for row in waiting if row.user_id is None and nobody_gets_it]
        cancelled_too = [row for row in archived if rows.cancel(tx, row.id, moment)]
        for row in (*cancelled, *cancelled_too):
            rows.free_key(tx, row)  # who sends the same draft again means it
            outbox.announce_settled(tx, row, "cancelled")
            outbox.release_blob(tx, row)
        outbox.tell_submissions(tx, cancelled, "canceled" if nobody_gets_it else "final")
        if nobody_gets_it and copy is not None:
            _back_to_drafts(tx, core, account, message_id, parsed)
        _audit(tx, account, "message.taken-back", message_id, "", own[0].correlation_id)
        return len(cancelled)

    return await core.write(take_back)


def _back_to_drafts(tx: Tx, core: Core, account: Account, message_id: str, parsed: mime.Parsed) -> None:
    taken = sentcopies.take_back(tx, account.id, message_id, because="it was taken back before it left")
    if taken is None:
        return
    blob: StoredBlob = core.blobs.describe(tx, taken.blob_id)
    messages.append(
        tx,
        tenant_id=account.tenant_id,
        user_id=account.id,
        role="drafts",
        blob=blob,
        parsed=parsed,
        provenance=Provenance(Origin.OWNER, taken.correlation_id, account_id=account.id),
        received_at=now(),
        flags=Flag.SEEN | Flag.DRAFT,
        enforce_quota=False,
        delivered=False,
    )


def _digest(header: mime.Parsed, envelope: Envelope, raw: bytes) -> str:
    """What a message is known by when it is submitted again.

    Without Date and Message-ID (a script's, mostly) the same words a while later are said anew: the answer that a client missed it
    asks for sooner.
    """
    digest = checksum(raw)
    if header.message_id is not None or "date" in header.header:
        return digest
    return derived_token(digest, str(envelope.received_at // SAME_WORDS))


async def _count(core: Core, account: Account, recipients: int) -> None:
    most = core.settings.submission_per_hour
    if not await core.submissions.hit(RateLimitItemPerHour(most), "recipients", account.id, cost=recipients):
        raise TooManyRequests(f"you may write to {most} recipients in an hour; send this again later")


def _authors(header: mime.Parsed, raw: bytes) -> list[Address]:
    """Whom the From line names. Raises SenderNotAllowed when that is nobody, or when no two readers would agree on it."""
    # As octets too, since the parsed header ends where some programs read on: at a line that is no field, or after the thousandth.
    named = [raw[each.start : each.end].partition(b":")[2] for each in fields.of_header(raw) if each.name == b"from"]
    if not named or not header.header.mailboxes("from"):
        raise SenderNotAllowed("the message has no From line")
    if len(named) > 1 or len(named[0]) > MAX_FROM_CHARACTERS:
        raise SenderNotAllowed("a message has one From line, of a readable length")  # RFC 5322 §3.6
    one = author(named)
    if one is not None:
        return [one]
    value = unfold(named[0].decode("utf-8", "replace"))
    for entry in re.split("[,;]", _QUOTED.sub("", value)):
        if len({found.lower() for found in _NAMED.findall(entry)}) > 1:  # each reader takes another of them
            raise SenderNotAllowed("the From line has two addresses where one belongs")
    try:
        return [Address.parse(mailbox.address) for mailbox in mailboxes.parse(value)]
    except BadAddress:
        raise SenderNotAllowed("the From line does not hold one of your addresses") from None


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_NAMED = re.compile(r"[^\s<>()@]++@[^\s<>()@]++")


def check_sender(tx: Tx, account: Account, sender: Address | None, authors: Sequence[Address]) -> None:
    """MAIL FROM and every author must be the user's to use (RFC 6409 §6.1 lets a submission server insist).

    Raises SenderNotAllowed.
    """
    current = account_rows.by_id(tx, account.id)  # a connection may be older than what became of the account
    if current is None or current.status != "active":
        raise SenderNotAllowed(f"{account.email} may not send mail any more")
    own = accounts.addresses_of(tx, account)
    for address in authors if sender is None else [sender, *authors]:
        if address.key not in own and not access.may_send_as(tx, account, address):
            raise SenderNotAllowed(f"{address} is not one of your addresses")


def _is_not_the_senders(name: bytes, _field: bytes) -> bool:
    return name in _NOT_THE_SENDERS or name.startswith(_OURS)


def _missing_fields(header: mime.Parsed, message_id: str) -> bytes:
    """RFC 6409 §8.1 and §8.2: Date and Message-ID are added when the client left them out."""
    added = ""
    if "date" not in header.header:
        added += f"Date: {date_time(now())}\r\n"
    if header.message_id is None:
        added += f"Message-ID: {message_id}\r\n"
    return added.encode()


def _audit(tx: Tx, account: Account, action: str, message_id: str, client: str, correlation_id: str) -> None:
    audit.record(
        tx,
        actor=account.email,
        action=action,
        resource=message_id,
        address=client,
        tenant_id=account.tenant_id,
        correlation_id=correlation_id,
    )
