"""Vacation: the answer that somebody's rules give while they are away (RFC 5230), and to whom it is not given (RFC 3834).

Called by rule delivery inside the filing transaction. Promises: nobody is answered who did not write to this person, no program
and no list ever, and nobody twice within the time the rule names; the answer itself is marked as automatic and has the null
reverse-path, so that nothing answers it.
"""

from __future__ import annotations

from prometheus_client import Counter

from mailwright.codecs import mime, sieve
from mailwright.codecs.mime import Mailbox, mailboxes
from mailwright.core import Core, access, accounts, outbox
from mailwright.core.arrival import Arrival
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import BadAddress, BadInput
from mailwright.storage import Tx, vacation_replies
from mailwright.storage.accounts import Account

# RFC 5230 §4.5: where the person must be named for a message to be a personal one.
_NAMED_IN = ("To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc")
_SLICE = 1_000  # rows of one transaction of the nightly round
_MIME_VERSION = b"MIME-Version: 1.0\r\n"

answers_total = Counter("mailwright_vacation_answers", "Vacation answers, by what became of them", ["result"])


def answer(tx: Tx, core: Core, arrival: Arrival, account: Account, wanted: sieve.Answer) -> None:
    """Queue the answer, if there is to be one. Raises NotStaged."""
    sender = arrival.envelope.sender
    own = accounts.addresses_of(tx, account)
    reason = _against(arrival, own | {address.key for address in wanted.addresses}, sender)
    if reason or sender is None:
        answers_total.labels("not due").inc()
        return
    try:
        raw = _compose(tx, arrival, account, own, wanted, sender)
    except (BadInput, BadAddress):  # what was put into it from the message cannot stand there
        answers_total.labels("failed").inc()
        return
    made = arrival.derived.of(arrival.tenant_id, raw)
    again_after = wanted.seconds * clock.SECOND
    if not vacation_replies.claim(tx, account.id, wanted.handle, sender.key, arrival.envelope.received_at, again_after):
        answers_total.labels("had it").inc()
        return
    core.blobs.put(tx, made.blob)
    outbox.enqueue(
        tx,
        tenant_id=arrival.tenant_id,
        user_id=account.id,
        sender=None,  # RFC 5230 §5.1
        recipients=(sender,),
        blob_id=made.blob.id,
        message_id=made.parsed.message_id or "",
        idempotency_key=f"vacation:{account.id}:{arrival.key}",
        correlation_id=arrival.envelope.correlation_id,
        verdict=Verdict(Origin.STRANGER, None, f"an automatic answer of {account.email}"),
        dsn=False,
        vouched=True,  # its From is one of the person's own
    )
    answers_total.labels("sent").inc()


async def forget(core: Core) -> int:
    """Forget answers that no rule can ask after any more; how many."""
    before = clock.now() - sieve.MAX_VACATION_DAYS * clock.DAY
    count = 0
    while gone := await core.write(lambda tx: vacation_replies.purge(tx, before, _SLICE), shared=True):
        count += gone
    return count


def _against(arrival: Arrival, own: set[str], sender: Address | None) -> str:
    """Why there is to be no answer, or nothing."""
    if sender is None:
        return "it is a notice itself"  # RFC 3834 §2
    if sender.key in own:
        return "it is from the person"
    if mime.is_robot(sender.local):
        return "nobody reads what is sent there"  # RFC 5230 §4.6
    header = arrival.parsed.header
    if automatic := mime.is_automatic(header):
        return automatic
    named = (address.key for name in _NAMED_IN for address in _addresses(header.mailboxes(name)))
    return "" if any(key in own for key in named) else "the person is not named in it"


def _compose(tx: Tx, arrival: Arrival, account: Account, own: set[str], wanted: sieve.Answer, to: Address) -> bytes:
    parsed = arrival.parsed
    token = derived_token("vacation", account.id, wanted.handle, arrival.key)
    raw = mime.compose(
        from_=_from(tx, arrival, account, own, wanted),
        to=[Mailbox("", str(to))],
        subject=" ".join("".join(c if c.isprintable() else " " for c in wanted.subject).split())[:250],
        text="" if wanted.mime else wanted.reason,
        message_id=f"<{token}@{account.email.rpartition('@')[2]}>",
        date=arrival.envelope.received_at,
        in_reply_to=parsed.message_id,  # RFC 5230 §5.8
        references=mime.reply_references(parsed) if parsed.message_id is not None else (),
        headers=[("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")],  # RFC 3834 §3.1.7
    )
    return _with_entity(raw, wanted.reason) if wanted.mime else raw


def _from(tx: Tx, arrival: Arrival, account: Account, own: set[str], wanted: sieve.Answer) -> Mailbox:
    """RFC 5230 §4.3: what the rule says, where the person may write under it; else the address that was written to."""
    for mailbox in mailboxes.parse(wanted.from_ or "")[:1]:
        try:
            address = Address.parse(mailbox.address)
        except BadAddress:
            break
        if access.may_send_as(tx, account, address):
            return mailbox
    written_to = arrival.recipient.key
    return Mailbox(account.display_name, written_to if written_to in own else account.email)


def _with_entity(raw: bytes, entity: str) -> bytes:
    """RFC 5230 §4.4: the reason is a MIME entity. Of its header only what describes the content is taken over."""
    header, _, body = entity.partition("\r\n\r\n")
    described = mime.Header.parse(header.encode("ascii", "replace"))
    fields = [
        f"{name}:{value}".replace("\r\n", "\n").replace("\n", "\r\n")
        for name, value in described.fields
        if name.lower().startswith("content-")
    ]
    start = raw.index(_MIME_VERSION) + len(_MIME_VERSION)
    return raw[:start] + "".join(f"{field}\r\n" for field in fields).encode() + b"\r\n" + body.encode()


def _addresses(found: tuple[Mailbox, ...]) -> list[Address]:
    addresses = []
    for mailbox in found:
        try:
            addresses.append(Address.parse(mailbox.address))
        except BadAddress:
            continue
    return addresses
