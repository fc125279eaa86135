"""Sending: how what the concierge says becomes a message in the outbox, and to whom: its own person, and nobody else.

Called by `act` and `reminding`. The reference monitor is asked in the transaction that queues. Nothing the concierge says is filed in a
mailbox of its own: a copy of people's plans less.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.agents import policy
from mailwright.agents.concierge.parts import AGENT
from mailwright.agents.policy import Action, Effect, Monitor, OwnerWords, Ruling
from mailwright.codecs import mime
from mailwright.codecs.mime import Attachment, Mailbox
from mailwright.core import Core, journaling, outbox
from mailwright.domain import clock, whatsapp
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin, Verdict
from mailwright.storage import StoredBlob, Tx, domains, phones
from mailwright.storage.accounts import Account
from mailwright.storage.followups import Followup
from mailwright.storage.preferences import Preferences

MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Speaker:
    """The concierge's mailbox, as messages show it."""

    user_id: str
    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that may leave."""

    recipient: Address
    message_id: str
    key: str
    blob: StoredBlob
    task_id: str | None
    served_id: str | None
    correlation_id: str


async def prepare(
    core: Core,
    speaker: Speaker,
    *,
    tenant_id: str,
    recipient: Address,
    name: str,
    subject: str,
    text: str,
    message_id: str,
    key: str,
    task_id: str | None,
    served_id: str | None,
    correlation_id: str,
    in_reply_to: str | None = None,
    references: Sequence[str] = (),
    calendar: bytes = b"",
    template: Sequence[str] = (),
) -> Outgoing:
    """Compose it and stage its bytes. `template` are the words for WhatsApp's template, outside the hours of a conversation."""
    headers = [("Auto-Submitted", "auto-replied" if in_reply_to else "auto-generated")]  # RFC 3834 §5
    if template and whatsapp.phone_of(recipient) is not None:
        headers.append((whatsapp.TEMPLATE_HEADER, json.dumps(list(template), ensure_ascii=True)))
    files = [Attachment("follow-up.ics", calendar, "text/calendar")] if calendar else []
    raw = mime.compose(
        from_=Mailbox(_plain(speaker.name), speaker.address),
        to=[Mailbox(_plain(name), str(recipient))],
        subject=policy.outgoing(subject).replace("\n", " ") or "…",
        text=policy.outgoing(text),
        message_id=message_id,
        date=clock.now(),
        in_reply_to=in_reply_to,
        references=references,
        attachments=files,
        headers=headers,
    )
    blob = await core.blobs.stage(tenant_id, raw)
    return Outgoing(recipient, message_id, key, blob, task_id, served_id, correlation_id)


def rule(tx: Tx, core: Core, outgoing: Outgoing, *, tenant_id: str, grants: tuple[str, ...]) -> Ruling:
    """What the monitor says to it: it goes to the one it is for, and to nobody else."""
    monitor = Monitor(
        core,
        tenant_id=tenant_id,
        user_id=outgoing.served_id,
        task_id=outgoing.task_id,
        agent=AGENT,
        grants=grants,
        words=OwnerWords.of([], asker=str(outgoing.recipient), proven=outgoing.served_id is not None),
        sends_per_day=core.settings.agent_sends_per_day,
    )
    return monitor.rule_in(tx, Effect(Action.REPLY, recipients=(str(outgoing.recipient),)))


def queue(tx: Tx, core: Core, speaker: Speaker, outgoing: Outgoing, *, tenant_id: str) -> list[str]:
    """Put it into the outbox; the ids of its rows. The same key again is a no-op."""
    core.blobs.put(tx, outgoing.blob)
    sender = Address.parse(speaker.address)
    verdict = Verdict(Origin.CORRESPONDENT, speaker.user_id, f"written by the {AGENT} of this server")
    not_before = clock.now() + core.settings.agent_held if core.settings.agent_held else 0
    queued = outbox.enqueue(
        tx,
        tenant_id=tenant_id,
        user_id=speaker.user_id,
        sender=sender,
        recipients=[outgoing.recipient],
        blob_id=outgoing.blob.id,
        message_id=outgoing.message_id,
        idempotency_key=outgoing.key,
        correlation_id=outgoing.correlation_id,
        verdict=verdict,
        dsn=False,
        not_before=not_before,
        agent=AGENT,
        served_id=outgoing.served_id,
    )
    journaling.keep_copy(
        tx,
        domains.named(tx, sender.domain),
        blob_id=outgoing.blob.id,
        message_id=outgoing.message_id,
        key=outgoing.key,
        correlation_id=outgoing.correlation_id,
        verdict=verdict,
        not_before=not_before,
        agent=AGENT,
        served_id=outgoing.served_id,
    )
    return queued


def reached_at(tx: Tx, person: Account, likes: Preferences, known: Followup | None = None) -> Address:
    """Where a reminder goes: as its person prefers, else the way it was asked for."""
    phone = phones.of_user(tx, person.id)
    wanted = likes.reach_by or (known.channel.value if known is not None else "mail")
    if wanted == "whatsapp" and phone is not None:
        return whatsapp.address_of(phone)
    return Address.parse(person.email)


def _plain(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_NAME]
