"""Submission: a signed-in user sends a message.

Called by the submission server, `mailwright email send` and the demo.
Promises: when `submit` returns, the message waits durably in the outbox, one row a recipient; the same bytes submitted again
(a client that missed our answer) make no second copy.
"""

from __future__ import annotations

from mailwright.codecs import mime
from mailwright.codecs.smtp.trace import date_time, received_field
from mailwright.core import Core, accounts, filing, journaling, outbox
from mailwright.core.accept import Receipt
from mailwright.core.accounts import Account
from mailwright.core.filing import MAX_HOPS, Outcome
from mailwright.domain.addresses import Address
from mailwright.domain.clock import now
from mailwright.domain.envelope import Envelope, Origin, Verdict
from mailwright.domain.ids import checksum, derived_token
from mailwright.domain.refusals import BadAddress, LoopDetected, MessageTooLarge, SenderNotAllowed
from mailwright.storage import Tx, audit, domains


async def submit(core: Core, account: Account, envelope: Envelope, raw: bytes) -> Receipt:
    """Queue a message of `account`. Raises SenderNotAllowed, MessageTooLarge, LoopDetected, TryLater."""
    if len(raw) > core.settings.max_message_bytes:
        raise MessageTooLarge(f"the message is larger than {core.settings.max_message_bytes} bytes")
    parsed = await filing.parse(raw)
    if parsed.hops > MAX_HOPS:
        raise LoopDetected(f"the message has passed {parsed.hops} servers and goes round in circles")
    digest = checksum(raw)
    domain_name = account.email.rpartition("@")[2]
    message_id = parsed.message_id or f"<{derived_token(account.id, digest)}@{domain_name}>"
    complete = received_field(envelope, core.settings.hostname) + _missing_fields(parsed, message_id) + raw
    blob = await core.blobs.stage(account.tenant_id, complete)

    def queue(tx: Tx) -> tuple[Outcome, ...]:
        _check_sender(accounts.addresses_of(tx, account), envelope.sender, parsed)
        verdict = Verdict(Origin.OWNER, account.id, f"{account.email} signed in")
        key = f"submission:{account.id}:{envelope.key or digest}"
        queued = outbox.enqueue(
            tx,
            tenant_id=account.tenant_id,
            user_id=account.id,
            sender=envelope.sender,
            recipients=envelope.recipients,
            blob_id=blob.id,
            message_id=message_id,
            idempotency_key=key,
            correlation_id=envelope.correlation_id,
            verdict=verdict,
        )
        duplicate = not queued
        queued += journaling.keep_copy(
            tx,
            domains.named(tx, domain_name),
            blob_id=blob.id,
            message_id=message_id,
            key=key,
            correlation_id=envelope.correlation_id,
            verdict=verdict,
        )
        if queued:
            core.blobs.put(tx, blob)  # what is known already has its bytes
        audit.record(
            tx,
            actor=account.email,
            action="message.submitted",
            resource=message_id,
            address=envelope.client,
            tenant_id=account.tenant_id,
            correlation_id=envelope.correlation_id,
        )
        return tuple(Outcome(recipient, duplicate=duplicate) for recipient in envelope.recipients)

    return Receipt(await core.write(queue, shared=True))


def _check_sender(own: set[str], sender: Address | None, parsed: mime.Parsed) -> None:
    """MAIL FROM and every From must be the user's own (RFC 6409 §6.1 lets a submission server insist)."""
    if sender is not None and sender.key not in own:
        raise SenderNotAllowed(f"{sender} is not one of your addresses")
    # Of every From field: `parsed.from_` is the first one's, and some programs show the last.
    authors = parsed.header.mailboxes("from")
    if not authors:
        raise SenderNotAllowed("the message has no From line")
    for mailbox in authors:
        try:
            address = Address.parse(mailbox.address)
        except BadAddress:
            raise SenderNotAllowed("the From line does not hold one of your addresses") from None
        if address.key not in own:
            raise SenderNotAllowed(f"{address} is not one of your addresses")


def _missing_fields(parsed: mime.Parsed, message_id: str) -> bytes:
    """RFC 6409 §8.1 and §8.2: Date and Message-ID are added when the client left them out."""
    fields = ""
    if "date" not in parsed.header:
        fields += f"Date: {date_time(now())}\r\n"
    if parsed.message_id is None:
        fields += f"Message-ID: {message_id}\r\n"
    return fields.encode()
