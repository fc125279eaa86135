"""Email submissions: a client sends an Email that it has stored, at once or later, and takes it back while it has not left.

Called by JMAP's EmailSubmission methods (RFC 8621 §7) and the nightly round. The sending is `submission`'s and the outbox's; here is
the record of it that clients see.
Promises: the record and the outbox rows are one transaction; taking back takes back all recipients or none, whatever the dispatcher
does at that moment. The same sending asked for twice within a minute (a client that missed the answer) is one sending: the same
Email, whose content never changes, by the same identity with the same envelope, and not taken back meanwhile. An edited draft is
another Email, so its sending is never taken for a repetition.
Does not: keep a copy in Sent or touch the Email; the client says what becomes of it (onSuccessUpdateEmail).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailwright.codecs import fields, mime
from mailwright.core import Core, access, announcing, outbox, submission
from mailwright.core.accounts import Account
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, MINUTE, SECOND, Instant, now
from mailwright.domain.envelope import Channel, Envelope
from mailwright.domain.ids import is_id, new_id
from mailwright.domain.refusals import BadAddress, BadInput, NotFound, Refusal, SenderNotAllowed
from mailwright.storage import Tx, accounts, audit, email_submissions, removed
from mailwright.storage import messages as message_rows
from mailwright.storage import outbox as rows
from mailwright.storage.email_submissions import EmailSubmission
from mailwright.storage.messages import Flag, StoredMessage
from mailwright.storage.outbox import OutboxRow

MAX_HELD = 365 * DAY  # how far ahead mail may be scheduled: a birthday card; the outbox keeps its bytes until then
SAME_SENDING = MINUTE  # within which a repeated request is a client that missed our answer
FORGOTTEN_AT_ONCE = 200  # records of one transaction of the nightly round


class NoRecipients(BadInput):
    """The message is for nobody."""


class InvalidRecipients(BadInput):
    """Some of the recipients are no addresses: `addresses`."""

    def __init__(self, addresses: Sequence[str]) -> None:
        super().__init__("these recipients are no mail addresses")
        self.addresses = list(addresses)


class TooManyRecipients(BadInput):
    """More than `most`."""

    def __init__(self, most: int) -> None:
        super().__init__(f"a message has at most {most} recipients")
        self.most = most


class InvalidEmail(BadInput):
    """The message cannot be sent as it is, because of these `properties` of the Email."""

    def __init__(self, *properties: str) -> None:
        super().__init__(f"the message cannot be sent with such a {' and '.join(properties)}")
        self.properties = list(properties)


class ForbiddenMailFrom(SenderNotAllowed):
    """The sender of the envelope is not the account's to use."""


class CannotUnsend(Refusal):
    """It has left, to one recipient at least, or may have."""

    code = "cannot_unsend"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks for. The identity is the account's own, `address` is its own.

    `sender` and `recipients` None: they are those of the Email. `envelope` is as the client gave it.
    """

    identity_id: str
    address: str
    email_id: str
    sender: str | None = None
    recipients: tuple[str, ...] | None = None
    hold_until: Instant | None = None
    envelope: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sending that only needs its transaction."""

    wish: Wish
    thread_id: str
    envelope: dict[str, Any]
    ready: submission.Ready
    client: str


async def prepare(
    core: Core, account: Account, wish: Wish, *, client: str, correlation_id: str
) -> Prepared | EmailSubmission:
    """Check and stage the message; or the submission that was made for the same wish a moment ago.

    Raises NotFound (the Email) and the refusals above, SenderNotAllowed, MessageTooLarge,
    TooManyRequests, TryLater.
    """
    found = await core.read(lambda tx: _look(tx, account, wish))
    if isinstance(found, EmailSubmission):
        return found
    raw = await core.blobs.read(found.blob_id)
    parsed = mime.parse(raw[: fields.body_start(raw)])
    if not any(each.address for each in parsed.from_):
        raise InvalidEmail("from")
    sender = _sender(parsed, wish)
    texts = _recipients(parsed, wish)
    recipients = _addresses(core, texts)
    if (bad := _unreadable(parsed)) and wish.recipients is not None:
        raise InvalidEmail(*bad)
    try:
        address = Address.parse(sender)
        await core.read(lambda tx: submission.check_sender(tx, account, address, ()))
    except (BadAddress, SenderNotAllowed) as refusal:
        raise ForbiddenMailFrom(str(refusal)) from None
    envelope = Envelope(
        channel=Channel.SUBMISSION,
        sender=address,
        recipients=recipients,
        received_at=now(),
        correlation_id=correlation_id,
        helo=core.settings.hostname,  # from where somebody reads and writes in a browser is no affair of the recipients
        protocol="HTTP",
        smtputf8=not all(each.is_ascii for each in recipients),
    )
    ready = await submission.prepare(core, account, envelope, raw, keeps_copy=False)
    kept = wish.envelope or {
        "mailFrom": {"email": sender, "parameters": None},
        "rcptTo": [{"email": text, "parameters": None} for text in texts],
        "derived": True,
    }
    return Prepared(wish, found.thread_id, kept, ready, client)


def make(tx: Tx, core: Core, account: Account, prepared: Prepared) -> EmailSubmission:
    """Queue it and keep the record; or the submission that somebody else made for the same wish meanwhile.

    Raises SenderNotAllowed, TryLater.
    """
    accounts.hold(tx, account.id)
    wish, ready = prepared.wish, prepared.ready
    repeated = _repeated(tx, account, wish)
    if repeated is not None:
        return repeated
    submission_id, moment = new_id(), now()
    key = f"{outbox.FROM_SUBMISSION}{submission_id}"
    submission.queue(tx, core, account, ready, key=key, not_before=wish.hold_until or 0, client=prepared.client)
    modseq = accounts.next_modseq(tx, account.id)
    made = EmailSubmission(
        id=submission_id,
        user_id=account.id,
        identity_id=wish.identity_id,
        message_id=wish.email_id,
        thread_id=prepared.thread_id,
        header_id=ready.message_id,
        outbox_key=key,
        envelope=prepared.envelope,
        # RFC 8621 §7: when it is released, if that was asked for; else when this was made.
        send_at=max(moment, wish.hold_until or 0),
        undo_status="pending",
        created_modseq=modseq,
        modseq=modseq,
        created_at=moment,
    )
    email_submissions.insert(tx, made)
    announcing.account_changed(tx, account.id, "EmailSubmission")
    return made


def cancel(tx: Tx, account: Account, submission_id: str, *, client: str = "", correlation_id: str = "") -> None:
    """Take it back from every recipient. Raises NotFound; and CannotUnsend, with which the transaction must be undone."""
    found = load(tx, account, submission_id)
    if found.undo_status == "canceled":
        return
    waiting = rows.with_keys(tx, _keys(found))
    moment = now()
    # Each of them only while it is queued: what a dispatcher has marked meanwhile is its own, and ends this.
    if (
        found.undo_status == "final"
        or not waiting
        or not all(not _may_have_left(row, moment) and rows.cancel(tx, row.id, moment) for row in waiting)
    ):
        raise CannotUnsend("it has left already")
    archived = [row for row in rows.archived_with(tx, [waiting[0].blob_id]) if rows.cancel(tx, row.id, moment)]
    for row in (*waiting, *archived):
        outbox.announce_settled(tx, row, "cancelled")
        outbox.release_blob(tx, row)
    outbox.tell_submissions(tx, waiting, "canceled")
    audit.record(
        tx,
        actor=account.email,
        action="message.taken-back",
        resource=found.header_id,
        address=client,
        tenant_id=account.tenant_id,
        correlation_id=correlation_id,
    )


def _may_have_left(row: OutboxRow, moment: Instant) -> bool:
    """What a restore holds left in the time that was lost, perhaps, unless its own time is still to come."""
    return row.uncertain > 0 or (row.is_held and (row.attempts > 0 or row.next_attempt_at <= moment))


def destroy(tx: Tx, user_id: str, submission_id: str) -> None:
    """Forget the record. What it stands for is sent all the same (RFC 8621 §7.5). Raises NotFound."""
    if not is_id(submission_id) or not email_submissions.remove(tx, user_id, submission_id):
        raise NotFound("there is no such submission")
    removed.add(tx, user_id, "submission", submission_id, accounts.next_modseq(tx, user_id))
    announcing.account_changed(tx, user_id, "EmailSubmission")


def load(tx: Tx, account: Account, submission_id: str) -> EmailSubmission:
    """One of the account's. Raises NotFound."""
    found = email_submissions.with_ids(tx, account.id, [submission_id]) if is_id(submission_id) else []
    if not found:
        raise NotFound("there is no such submission")
    return found[0]


def progress_of(tx: Tx, found: EmailSubmission) -> dict[str, OutboxRow]:
    """The outbox row of each recipient, by the address as the envelope has it; none when they are gone long since."""
    by_key = {row.idempotency_key: row for row in rows.with_keys(tx, _keys(found))}
    progress: dict[str, OutboxRow] = {}
    for each, key in zip(found.envelope["rcptTo"], _keys(found), strict=True):
        if key in by_key:
            progress[each["email"]] = by_key[key]
    return progress


async def forget(core: Core) -> int:
    """Destroy the records of what was settled as long ago as the outbox remembers. How many. Called every night."""
    before, count = now() - core.settings.outbox_kept, 0

    def some(tx: Tx) -> int:
        old = email_submissions.settled_before(tx, before, FORGOTTEN_AT_ONCE)
        for user_id, submission_id in old:
            destroy(tx, user_id, submission_id)
        return len(old)

    while gone := await core.write(some):
        count += gone
    return count


def _look(tx: Tx, account: Account, wish: Wish) -> EmailSubmission | StoredMessage:
    """The Email; or the submission that the wish repeats, also when its Email is gone by now."""
    repeated = _repeated(tx, account, wish)
    if repeated is not None:
        return repeated
    message = message_rows.by_id(tx, wish.email_id) if is_id(wish.email_id) else None
    # RFC 8621 §4.1.1: what has \\Deleted is not there; of a redacted message there is nothing left to send.
    hidden = message is None or message.user_id != account.id or message.is_redacted or message.flags & Flag.DELETED
    if message is None or hidden:
        raise NotFound("there is no such Email")
    access.by_id(tx, account, message.mailbox_id)  # a mailbox that is being removed has no Emails
    return message


def _repeated(tx: Tx, account: Account, wish: Wish) -> EmailSubmission | None:
    if not is_id(wish.email_id):
        return None
    for each in email_submissions.made_since(tx, account.id, wish.email_id, now() - SAME_SENDING):
        same = each.envelope.get("derived", False) if wish.envelope is None else each.envelope == wish.envelope
        if same and each.identity_id == wish.identity_id:
            return each
    return None


def _keys(found: EmailSubmission) -> list[str]:
    return [f"{found.outbox_key}:{Address.parse(each['email'])}" for each in found.envelope["rcptTo"]]


def _sender(parsed: mime.Parsed, wish: Wish) -> str:
    """RFC 8621 §7: Sender, else From, if the identity allows it; else the address of the identity."""
    if wish.sender is not None:
        return wish.sender
    field = "sender" if parsed.sender else "from"
    named = parsed.sender or parsed.from_
    if len(named) > 1 or parsed.header.count(field) > 1:
        raise InvalidEmail(field)
    try:
        same = Address.parse(named[0].address).key == Address.parse(wish.address).key
        return named[0].address if same else wish.address
    except BadAddress:
        return wish.address


def _recipients(parsed: mime.Parsed, wish: Wish) -> list[str]:
    """The addresses as texts, each once."""
    if wish.recipients is not None:
        return list(dict.fromkeys(wish.recipients))
    everybody = (*parsed.to, *parsed.cc, *parsed.bcc)
    return list(dict.fromkeys(each.address or each.name for each in everybody))


def _addresses(core: Core, texts: Sequence[str]) -> tuple[Address, ...]:
    most = core.settings.submission_per_hour
    if not texts:
        raise NoRecipients("the message is for nobody")
    if len(texts) > most:
        raise TooManyRecipients(most)
    found: dict[Address, None] = {}
    bad: list[str] = []
    for text in texts:
        try:
            found[Address.parse(text)] = None
        except BadAddress:
            bad.append(text)
    if bad:
        raise InvalidRecipients(bad)
    return tuple(found)


def _unreadable(parsed: mime.Parsed) -> list[str]:
    """The address fields with an entry that is no address (RFC 8621 §4.6: strictly checked when it is sent)."""
    named = {"to": parsed.to, "cc": parsed.cc, "bcc": parsed.bcc, "replyTo": parsed.reply_to}
    return [name for name, entries in named.items() if any(not each.address for each in entries)]


_REPLY = re.compile(r"[245]\d\d[ -]")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3} ")


def smtp_reply(row: OutboxRow) -> str:
    """What the other side said last, in one line beginning with its codes; in words of ours where nothing was said (RFC 8621 §7)."""
    if row.status == "sent":
        said, code = row.receipt, "250 2.0.0"
    elif row.status == "cancelled":
        said, code = "it was taken back", "550 5.7.1"
    elif row.last_error:
        said, code = row.last_error, "550 5.0.0" if row.status == "failed" and not row.is_held else "451 4.0.0"
    else:
        said, code = "it is waiting to be sent", "250 2.1.5"
    line = " ".join(said.split())
    if _REPLY.match(line):
        return line[:3] + " " + line[4:]
    return f"{code[:3]} {line}" if _ENHANCED.match(line) else f"{code} {line}"


def held_for(seconds: int) -> Instant:
    """The moment so many seconds from now. Raises BadInput beyond MAX_HELD."""
    if not 0 <= seconds * SECOND <= MAX_HELD:
        raise BadInput(f"mail can be scheduled up to {MAX_HELD // DAY} days ahead")
    return now() + seconds * SECOND
