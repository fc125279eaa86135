"""Handing over: a mail that a service received for us and posts to a hook of ours.

Called by the hooks of services we have a password with.
Expects: the octets of the call, what its codec read in them, and an authenticator.
Promises: the call is kept before anything else is done with it, with what became of it; the same mail handed over again, at once or
hours later, is filed once. Nothing is refused to a sender here, who would not hear of it: what would be refused goes to Junk.
Does not: know any service's form, check who is calling.

Who is speaking is found out as for what comes by SMTP: signatures are verified and the domain's policy is looked up by our own
resolver. Of the service is taken what only it can know, the connection it took the mail on; whether the sender named there may use
that client is looked up anew (SPF). A mail whose signatures the service did not hand over may still be proven that way; it is not
counted against its domain that nothing else proves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from mailwright.core import Core, accept
from mailwright.core.accept import Receipt
from mailwright.core.authentication import Authenticator
from mailwright.core.filing import Outcome
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Envelope
from mailwright.domain.ids import checksum, new_id
from mailwright.domain.refusals import MailboxFull, NoSuchRecipient, Refusal, TryLater
from mailwright.storage import Tx, domains, hook_payloads
from mailwright.storage.hook_payloads import HookPayload

log = structlog.get_logger(__name__)

FILED = "filed"
KIND = "json"  # the ending of the blob's key


@dataclass(frozen=True, slots=True)
class Handed:
    """A call that was kept. `is_filed`: its mail was filed before, and nothing is left to do."""

    provider: str
    provider_id: str
    is_filed: bool


async def keep(
    core: Core, provider: str, provider_id: str, payload: bytes, recipients: Sequence[Address], correlation_id: str
) -> Handed:
    """Keep the octets of a call. `provider_id` empty: it names no mail, and is known by its octets. Raises TryLater."""
    provider_id = provider_id or f"octets:{checksum(payload)}"
    tenant_id, before = await core.read(
        lambda tx: (_tenant(tx, recipients), hook_payloads.known(tx, provider, provider_id))
    )
    handed = Handed(provider, provider_id, before is not None and before.outcome == FILED)
    if before is not None or tenant_id is None:
        return handed
    blob = await core.blobs.stage(tenant_id, payload, kind=KIND)
    row = HookPayload(new_id(), provider, provider_id, tenant_id, blob.id, "", correlation_id, clock.now())

    def write(tx: Tx) -> None:
        if hook_payloads.add(tx, row):
            core.blobs.put(tx, blob)

    await core.write(write)
    return handed


async def take(
    core: Core,
    authenticator: Authenticator,
    handed: Handed,
    envelope: Envelope,
    raw: bytes,
    *,
    connection: Envelope | None,
    is_whole: bool,
) -> Receipt:
    """File the mail and note what became of it. `connection` is the envelope as the service had it from whoever sent the mail: its
    client, HELO and sender. Raises what `accept` raises, noted too.
    """
    seen = connection or replace(envelope, client="", helo="")
    try:
        judged = await authenticator.judge(seen, raw, is_whole=is_whole)
        receipt = await accept.accept(core, envelope, raw, judged.verdict, found=judged.found, kept=judged.kept)
    except Refusal as refusal:
        await settle(core, handed, refusal)
        raise
    await settle(core, handed, refusal_of(receipt.outcomes))
    return receipt


async def settle(core: Core, handed: Handed, refusal: Refusal | None) -> None:
    """Note what became of a call."""
    outcome = (
        FILED if refusal is None else f"{'waiting' if is_for_now(refusal) else 'refused'}: {refusal.code}: {refusal}"
    )
    try:
        await core.write(lambda tx: hook_payloads.settle(tx, handed.provider, handed.provider_id, outcome), shared=True)
    except TryLater:
        if refusal is None:
            raise  # asked again, it is recognised and noted then
    if refusal is not None:
        log.info("hook.refused", provider=handed.provider, code=refusal.code)


def refusal_of(outcomes: Sequence[Outcome]) -> Refusal | None:
    """The refusal that counts for the whole: one that is for now, so that it is handed over again; else only when nobody has it."""
    refusals = [outcome.refusal for outcome in outcomes if outcome.refusal is not None]
    for_now = next((refusal for refusal in refusals if is_for_now(refusal)), None)
    if for_now is not None or len(refusals) < len(outcomes):
        return for_now
    return refusals[0] if refusals else NoSuchRecipient("there is no recipient")


def is_for_now(refusal: Refusal) -> bool:
    """Whether the same mail may be taken later."""
    return isinstance(refusal, TryLater | MailboxFull)


def _tenant(tx: Tx, recipients: Sequence[Address]) -> str | None:
    """Whose call it is: the tenant of the first recipient of ours; else that of those who look after the machine."""
    for recipient in recipients:
        domain = domains.named(tx, recipient.domain)
        if domain is not None:
            return domain.tenant_id
    domain = domains.first(tx)
    return None if domain is None else domain.tenant_id
