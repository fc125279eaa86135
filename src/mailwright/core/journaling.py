"""Journaling: a copy of all mail of a domain goes to its archive address, in the transaction that takes or sends the mail.

Called by filing (what arrives), submission and the agents (what is written here).
Promises: one copy for each message and domain, however many of its people it concerns; the copy itself is not copied.
"""

from __future__ import annotations

from dataclasses import replace

from mailwright.core import outbox
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Verdict
from mailwright.storage import Tx
from mailwright.storage.domains import Domain


def keep_copy(
    tx: Tx,
    domain: Domain | None,
    *,
    blob_id: str,
    message_id: str,
    key: str,
    correlation_id: str,
    verdict: Verdict,
    recipient: Address | None = None,
    not_before: Instant = 0,
    agent: str = "",
    served_id: str | None = None,
) -> list[str]:
    """Queue the copy for `domain`'s archive, if it has one; the new outbox rows.

    `key` is the same whenever the message is; `recipient` is who got it (none for what is sent); `not_before` holds the copy, and
    so does what stops the `agent` that sends it for `served_id`.
    """
    if domain is None or domain.journal_address is None:
        return []
    archive = Address.parse(domain.journal_address)
    if recipient is not None and recipient.key == archive.key:
        return []
    return outbox.enqueue(
        tx,
        tenant_id=domain.tenant_id,
        user_id=None,
        sender=None,  # an archive that refuses must not send its bounces to the people who wrote
        recipients=(archive,),
        blob_id=blob_id,
        message_id=message_id,
        idempotency_key=f"journal:{domain.id}:{key}",
        correlation_id=correlation_id,
        verdict=replace(verdict, because="a copy for the archive"),
        not_before=not_before,
        agent=agent,
        served_id=served_id,
    )
