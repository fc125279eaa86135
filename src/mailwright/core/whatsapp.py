"""What comes in by WhatsApp: found whose it is, filed as mail to the concierge, or answered at once.

Called by the hook `/webhook/whatsapp` with a call that is read already.
Expects: `signed` only when Meta's signature was checked; then the number is proven, and the words are its owner's.
Promises: a message is filed once, however often and in whatever order it is offered: its key is the person and WhatsApp's id. Nobody's
words are kept whom we do not know: they are told once, politely, and then no more. What is no text is answered kindly, at most once in
a while. A code that links a phone counts only from a signed call. Without a signature nothing leaves by WhatsApp.
Does not: understand what was written (the concierge does), send (the outbox does).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog
from prometheus_client import Counter

from mailwright.codecs import mime
from mailwright.codecs import whatsapp as wire
from mailwright.codecs.mime import Mailbox
from mailwright.codecs.whatsapp import Call, Message
from mailwright.core import Core, handover, outbox, phones, whatsappsent
from mailwright.core.accept import accept
from mailwright.core.whatsappwords import Said, words
from mailwright.domain import clock, whatsapp
from mailwright.domain.addresses import Address
from mailwright.domain.clock import MINUTE, SECOND, Instant
from mailwright.domain.envelope import Authentication, Channel, Envelope, Origin, Verdict
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import BadAddress, TryLater
from mailwright.storage import Tx, accounts, assignments, declined, preferences
from mailwright.storage import outbox as outbox_rows
from mailwright.storage import whatsapp as rows
from mailwright.storage.accounts import Account

log = structlog.get_logger(__name__)

ANSWERED_EVERY: Mapping[Said, Instant] = {"media": 10 * MINUTE, "wrong": MINUTE}
"""What one phone is told once in that time: an album is twenty pictures and wants one answer, and who guesses codes wants none."""

messages_total = Counter("mailwright_whatsapp_messages", "What came in by WhatsApp, by what became of it", ["outcome"])


class Became(StrEnum):
    """What became of one message or status."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Line:
    """Our number: `number_id` is WhatsApp's id for it (None: any), `mailbox` the concierge of the settings, where there are several."""

    number_id: str | None = None
    mailbox: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one message. `inbound_id` is empty of what was not filed."""

    became: Became
    inbound_id: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom a message is from (None: nobody we know), and the concierge it is for (None: there is none)."""

    account: Account | None
    concierge: Account | None
    language: str


async def receive(
    core: Core, line: Line, call: Call, *, signed: bool, correlation_id: str, client: str
) -> list[Result]:
    """Do what a call asks for, the messages in the order they were written. Raises TryLater; what was done then is a duplicate next time."""
    results: list[Result] = []
    ours = [each for each in call.messages if line.number_id in (None, each.number_id)]
    if signed and ours:
        await core.write(lambda tx: _hear(tx, ours), shared=True)
    for message in sorted(ours, key=lambda each: each.at):
        result = await _one(core, line, message, signed, correlation_id, client)
        messages_total.labels(result.became.value).inc()
        results.append(result)
    for status in call.statuses:
        if signed and line.number_id in (None, status.number_id):
            new = await whatsappsent.note(core, status, correlation_id=correlation_id)
            results.append(Result(Became.ACCEPTED if new else Became.DUPLICATE))
    return results


def concierge_of(tx: Tx, tenant_id: str | None, line: Line) -> Account | None:
    """The concierge that messages go to: the one of the settings when it is there, else the only one. `tenant_id` None: in all tenants."""
    found = [
        account
        for each in assignments.listing(tx, tenant_id)
        if each.agent == outbox.ON_WHATSAPP and each.enabled
        if (account := accounts.by_id(tx, each.user_id)) is not None and account.status == "active"
    ]
    if line.mailbox is not None:
        try:
            key = Address.parse(line.mailbox).key
        except BadAddress:
            key = ""
        named = [account for account in found if account.email == key]
        if named:
            return named[0]
    return found[0] if len(found) == 1 else None


async def _one(core: Core, line: Line, message: Message, signed: bool, correlation_id: str, client: str) -> Result:
    if message.kind == "silent":
        return Result(Became.IGNORED)
    known = await core.read(lambda tx: _known(tx, line, message))
    if known.account is not None and known.account.status != "active":
        return Result(Became.IGNORED)
    answer = _Answer(core, message, known, correlation_id)
    code = phones.code_in(message.text) if message.kind == "text" and signed else None
    if code is not None and (known.account is None or phones.asks_to_link(message.text)):
        if await answer.was_given():
            return Result(Became.DUPLICATE)
        linked = await phones.prove(core, message.phone, code, correlation_id=correlation_id)
        if linked is not None:
            if known.account is not None and known.account.id != linked.id:
                await _tell_former(core, message, known.account, known, correlation_id)
            own = await core.read(lambda tx: _known(tx, line, message))
            return await _Answer(core, message, own, correlation_id).give("linked", email=linked.email)
        if phones.asks_to_link(message.text):
            return await answer.give("wrong")
    if known.account is None or known.concierge is None:
        return await answer.decline() if signed else Result(Became.IGNORED)
    if message.kind == "media":
        return await answer.give("media") if signed else Result(Became.IGNORED)
    return await _file(core, message, known.account, known.concierge, signed, correlation_id, client)


def _hear(tx: Tx, messages: Sequence[Message]) -> None:
    for each in messages:
        rows.heard(tx, each.phone, each.at)


def _known(tx: Tx, line: Line, message: Message) -> _Known:
    from mailwright.codecs.dates import language_of  # brings much with it

    account = phones.owner(tx, message.phone)
    concierge = concierge_of(tx, None if account is None else account.tenant_id, line)
    locale = "" if account is None else preferences.of_user(tx, account.id).locale
    return _Known(account, concierge, locale[:2].lower() or language_of(message.text) or "en")


async def _file(
    core: Core, message: Message, account: Account, concierge: Account, signed: bool, correlation_id: str, client: str
) -> Result:
    """As mail from the phone to the concierge."""
    in_reply_to = None
    if message.context:
        answered = await core.read(lambda tx: rows.by_wamid(tx, message.context))
        in_reply_to = whatsapp.message_id_of(message.context) if answered is None else answered.message_id
    raw = wire.to_mail(message, Mailbox(concierge.display_name, concierge.email), in_reply_to=in_reply_to)
    sender = whatsapp.address_of(message.phone)
    envelope = Envelope(
        channel=Channel.HOOK,
        sender=sender,
        recipients=(Address.parse(concierge.email),),
        received_at=clock.now(),
        correlation_id=correlation_id,
        client=client,
        helo=whatsappsent.PROVIDER,
        protocol="HTTP",
        key=f"{account.id}:{message.wamid}",
    )
    verdict = Verdict(Origin.STRANGER, None, "an unsigned call of WhatsApp's hook handed it over")
    if signed:
        # The number is proven by Meta's signature, and whose it is by the person or an administrator.
        verdict = Verdict(
            Origin.OWNER, account.id, "it came by WhatsApp from their own phone", Authentication(author=str(sender))
        )
    [outcome] = (await accept(core, envelope, raw, verdict)).outcomes
    if outcome.refusal is not None:
        if handover.is_for_now(outcome.refusal):
            raise TryLater(str(outcome.refusal))
        log.warning("whatsapp.not_filed", code=outcome.refusal.code, correlation_id=correlation_id)
        return Result(Became.IGNORED)
    return Result(Became.DUPLICATE if outcome.duplicate else Became.ACCEPTED, outcome.inbound_id)


async def _tell_former(core: Core, message: Message, former: Account, known: _Known, correlation_id: str) -> None:
    """By mail to whose the phone was until now: perhaps somebody got them to send a code."""
    concierge = known.concierge
    if concierge is None:
        return
    key = f"whatsapp-taken:{message.wamid}"
    message_id = f"<{derived_token('whatsapp', key)}@{core.settings.hostname}>"
    raw = mime.compose(
        from_=Mailbox(concierge.display_name, concierge.email),
        to=[Mailbox("", former.email)],
        subject=words("taken-subject", known.language),
        text=words("taken", known.language, phone=message.phone),
        message_id=message_id,
        date=clock.now() // SECOND * SECOND,
        headers=[("Auto-Submitted", "auto-generated")],  # RFC 3834 §5
    )
    blob = await core.blobs.stage(concierge.tenant_id, raw)

    def write(tx: Tx) -> None:
        core.blobs.put(tx, blob)
        outbox.enqueue(
            tx,
            tenant_id=concierge.tenant_id,
            user_id=concierge.id,
            sender=None,
            recipients=[Address.parse(former.email)],
            blob_id=blob.id,
            message_id=message_id,
            idempotency_key=key,
            correlation_id=correlation_id,
            verdict=Verdict(Origin.STRANGER, None, "our own notice about a phone"),
            dsn=False,
            vouched=True,
        )

    await core.write(write)


class _Answer:
    """What the hook says by itself, in the concierge's name, through the outbox."""

    def __init__(self, core: Core, message: Message, known: _Known, correlation_id: str) -> None:
        self._core = core
        self._message = message
        self._known = known
        self._correlation_id = correlation_id
        self._to = whatsapp.address_of(message.phone)
        self._key = f"whatsapp-answer:{message.wamid}"

    async def was_given(self) -> bool:
        """Whether this very message was answered before."""
        keys = [f"{self._key}:{self._to}"]
        return bool(await self._core.read(lambda tx: outbox_rows.with_keys(tx, keys)))

    async def decline(self) -> Result:
        """Say once to that phone that we do not work for it."""
        concierge = self._known.concierge
        if concierge is None:
            log.info("whatsapp.no_concierge", correlation_id=self._correlation_id)
            return Result(Became.IGNORED)
        return await self.give("stranger")

    async def give(self, said: Said, **values: str) -> Result:
        """Queue the words, unless that was done."""
        concierge, message = self._known.concierge, self._message
        if concierge is None:
            return Result(Became.IGNORED)
        every = ANSWERED_EVERY.get(said)
        key = self._key if every is None else f"whatsapp-{said}:{message.phone}:{message.at // every}"
        message_id = f"<{derived_token('whatsapp', key)}@{self._core.settings.hostname}>"
        raw = mime.compose(
            from_=Mailbox(concierge.display_name, concierge.email),
            to=[Mailbox("", str(self._to))],
            subject=wire.SUBJECT,
            text=words(said, self._known.language, **values),
            message_id=message_id,
            date=clock.now() // SECOND * SECOND,
            in_reply_to=whatsapp.message_id_of(message.wamid),
            headers=[("Auto-Submitted", "auto-replied")],  # RFC 3834 §5
        )
        blob = await self._core.blobs.stage(concierge.tenant_id, raw)

        def write(tx: Tx) -> bool:
            now = clock.now()
            if outbox_rows.with_keys(tx, [f"{key}:{self._to}"]):
                return False
            if said == "stranger" and not declined.add(tx, concierge.id, message.phone, now):
                return False
            self._core.blobs.put(tx, blob)
            served = self._known.account
            outbox.enqueue(
                tx,
                tenant_id=concierge.tenant_id,
                user_id=concierge.id,
                sender=None,  # RFC 3834 §3.3: nobody is told when it cannot be delivered
                recipients=[self._to],
                blob_id=blob.id,
                message_id=message_id,
                idempotency_key=key,
                correlation_id=self._correlation_id,
                verdict=Verdict(Origin.STRANGER, None, "our own answer by WhatsApp"),
                dsn=False,
                vouched=True,
                agent=outbox.ON_WHATSAPP,
                served_id=None if served is None else served.id,
            )
            return True

        given = await self._core.write(write)
        return Result(Became.ACCEPTED if given else Became.DUPLICATE)


def summary(results: Sequence[Result]) -> Became:
    """One word for a whole call: accepted when anything was new, duplicate when all of it was known."""
    found = {each.became for each in results}
    return next((each for each in (Became.ACCEPTED, Became.DUPLICATE) if each in found), Became.IGNORED)
