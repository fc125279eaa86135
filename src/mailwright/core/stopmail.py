"""The stop switch by mail: a person whose address is proven mails an agent the one word STOP or RESUME as the subject.

Called by agents before a task is made of a message. The switch is that of the person alone; a wider one is thrown on the dashboard or
the command line.
Promises: one mail throws once, also when its event comes again after the switch was moved by something else since; the person is told
by one mail what is so now. Does not: prove who wrote (the caller has).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.codecs import mime
from mailwright.core import Core, outbox, stops
from mailwright.core.messages import StoredMessage
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import SECOND
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.ids import derived_token
from mailwright.storage import Tx
from mailwright.storage import outbox as outbox_rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import Actor

Word: TypeAlias = Literal["STOP", "RESUME"]
WORDS: tuple[Word, ...] = ("STOP", "RESUME")
BECAUSE = "asked for by mail"


@dataclass(frozen=True, slots=True)
class _Told:
    subject: str
    text: str


def word_of(subject: str) -> Word | None:
    """The word a subject is, or None: an answer ("Re: …") or a sentence is none."""
    said = subject.strip().upper() if subject.isascii() else ""
    return next((word for word in WORDS if said == word), None)


async def throw(core: Core, message: StoredMessage, person: Account, agent: Account, word: Word) -> bool:
    """Throw or put back the switch of `person`, who wrote `message` to `agent`. False when this mail did that before.

    Raises TryLater.
    """
    # By the Message-ID: whoever holds a copy of a proven mail may bring it again, with what its signature leaves out changed.
    key = f"switch:{derived_token(agent.id, word, message.message_id or message.id)}"
    to = Address.parse(message.sender)
    if await core.read(lambda tx: bool(outbox_rows.with_keys(tx, [f"{key}:{to}"]))):
        return False
    because = await core.read(
        lambda tx: [
            each for each in stops.in_force(tx, tenant_id=person.tenant_id, user_id=person.id) if each.scope != "user"
        ]
    )
    told = _told(core, agent, word, stops.described(because[0]) if because else "")
    message_id = f"<{derived_token('switch', message.id)}@{core.settings.hostname}>"
    raw = mime.compose(
        from_=mime.Mailbox(agent.display_name.strip(), agent.email),
        to=[mime.Mailbox("", str(to))],
        subject=told.subject,
        text=told.text,
        message_id=message_id,
        date=clock.now() // SECOND * SECOND,
        in_reply_to=message.message_id,
        references=[message.message_id] if message.message_id else [],
        headers=[("Auto-Submitted", "auto-replied")],  # RFC 3834 §5
    )
    blob = await core.blobs.stage(person.tenant_id, raw)
    by = Actor(person.email, "", message.correlation_id)

    def write(tx: Tx) -> bool:
        core.blobs.put(tx, blob)
        queued = outbox.enqueue(
            tx,
            tenant_id=person.tenant_id,
            user_id=None,
            sender=None,  # RFC 3834 §3.3
            recipients=[to],
            blob_id=blob.id,
            message_id=message_id,
            idempotency_key=key,
            correlation_id=message.correlation_id,
            verdict=Verdict(Origin.STRANGER, None, "our own mail about the stop switch"),
            dsn=False,
            vouched=True,
        )
        if not queued:  # the event came again: what was thrown since stays as it is
            return False
        if word == "STOP":
            stops.engage(tx, "user", person.id, because=BECAUSE, by=by)
        else:
            stops.release(tx, "user", person.id, by=by)
        return True

    return await core.write(write)


def _told(core: Core, agent: Account, word: Word, wider: str) -> _Told:
    page = f"{core.settings.public_url}/app/agents"
    if word == "STOP":
        return _Told(
            "Stopped: agents do nothing more for you",
            "Your stop switch is on. No agent begins or goes on with anything for you, and what agents have written for you and\n"
            "not sent yet stays here.\n\n"
            f"To let them go on, mail {agent.email} the one word RESUME as the subject, or use your dashboard:\n\n{page}\n",
        )
    if wider:
        return _Told(
            "Your stop switch is off, but agents are still stopped",
            f"Your own stop switch is off. Agents still do nothing for you: {wider}.\n",
        )
    return _Told(
        "Resumed: agents work for you again",
        "Your stop switch is off. What agents had written for you and not sent leaves now; on your dashboard you see what waits:\n\n"
        f"{page}\n",
    )
