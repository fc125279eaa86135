"""Sending: an outreach mail goes from its owner's own address into the outbox, with a copy in Sent, when and if it may.

Called by the API and the command line (`send`, `send_batch`, `unsend`), and by `agents.approved` for what was asked and allowed
(`why_not`, `queue_approved`).
Promises: nothing leaves without its owner's yes to the exact text: the click in a session is one, a standing grant is one, else they are
asked. What its recipient wants none of, what a service stopped, and mail to one's own people is refused. No day gets more than the
limits (`room`): the rest goes on the days after, and says so. A mail is sent once, however often it is asked for and by whom: its key in
the outbox is its id. The stop switch holds what waits.
Does not: write the text (the scribe), decide what is lawful (its owner).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from prometheus_client import Counter

from mailwright.codecs import mime
from mailwright.core import Core, approvals, grants, stops, submission
from mailwright.core.outreach import days, drafts, letter, refusals, room, withdrawing
from mailwright.core.outreach.editing import NotNow
from mailwright.core.outreach.standing import caller_of, note_of, own
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Channel, Envelope
from mailwright.domain.ids import derived_token, new_id
from mailwright.domain.outreach import AGENT, SentState
from mailwright.domain.refusals import BadAddress, BadInput, NotFound, NotPermitted, Refusal
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import StoredBlob, Tx, accounts, audit, effects, outreach, outreachsending, preferences
from mailwright.storage import outbox as outbox_rows
from mailwright.storage.accounts import Account
from mailwright.storage.approvals import Approval
from mailwright.storage.audit import Actor
from mailwright.storage.outreach import Outreach

SEND = approvals.SEND
_ASKED = "its owner is asked first, because a program wants to send it"

sent_total = Counter("mailwright_scribe_sends", "Outreach mails by what became of sending them", ["state"])


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message that may leave."""

    recipient: Address
    message_id: str
    blob: StoredBlob
    parsed: mime.Parsed


@dataclass(frozen=True, slots=True)
class Refused:
    """A mail of a batch that is not sent, and why."""

    id: str
    because: str


@dataclass(frozen=True, slots=True)
class BatchSent:
    """What became of sending a batch: how many are queued or asked for, which are refused, and when the last one goes."""

    queued: int
    refused: tuple[Refused, ...]
    last_at: Instant | None


async def send(
    core: Core,
    caller: Account,
    outreach_id: str,
    *,
    by: Actor,
    by_session: bool,
    to: str | None = None,
    at: Instant | None = None,
    version: str = "",
) -> Outreach:
    """Send one of the caller's mails, at once or `at` a moment; the mail as it stands then. Sent before, it stays as it is.

    `by_session`: a person clicked on the exact text, which is their yes; `version` says which text they saw (`letter.version_of`). Raises
    NotFound, BadInput, NotPermitted, NotNow, Stopped, TooManyRequests, TryLater.
    """

    def look(tx: Tx) -> tuple[Outreach, Account, Address | None, str, Instant]:
        owner, known = caller_of(tx, caller), own(tx, caller, outreach_id)
        if _is_over(known, to, by_session=by_session):
            return known, owner, None, "", 0
        if version and version != letter.version_of(known):
            raise NotNow("its text is not the one you saw any more; look at it and send it again")
        recipient = _checked(tx, owner, known, to)
        place = room.find(tx, core, owner.id, recipient.domain, at)
        return known, owner, recipient, note_of(tx, owner.id, is_bulk=known.batch_id is not None), place.at

    known, owner, recipient, note, goes_at = await core.read(look)
    if recipient is None:
        return known
    ready = await _prepare(core, owner, known, recipient, note=note, date=goes_at)

    def run(tx: Tx) -> Outreach:
        tx.lock(f"outreach of {owner.id}")
        refusals.turn(tx, owner.tenant_id, ready.recipient.domain)
        found = outreachsending.hold(tx, outreach_id)
        if found is None:
            raise NotFound("there is no such mail")
        if _is_over(found, to, by_session=by_session):
            return found
        if (found.subject, found.body, found.language) != (known.subject, known.body, known.language):
            raise NotNow("its text was changed just now; look at it and send it again")
        _checked(tx, caller_of(tx, owner), found, str(ready.recipient))
        drafts.check_not_sent(tx, owner, found)
        if found.sent_state is SentState.ASKED:
            withdrawing.withdraw(tx, core, found, state=SentState.NONE, because="", by=by)
        _ruled(tx, core, owner, replace(found, email=str(ready.recipient)), ready, by=by, by_session=by_session, at=at)
        return _load(tx, outreach_id)

    return await core.write(run)


async def send_batch(
    core: Core, caller: Account, batch_id: str, *, by: Actor, by_session: bool, at: Instant | None = None
) -> BatchSent:
    """Send those of a batch that are written and confident and were not sent. Asked again it goes on where it was.

    Raises NotFound, NotPermitted, Stopped, TryLater.
    """

    def look(tx: Tx) -> list[str]:
        owner = caller_of(tx, caller)
        batch = outreach.batch(tx, batch_id)
        if batch is None or batch.user_id != owner.id:
            raise NotFound("there is no such batch")
        note_of(tx, owner.id, is_bulk=True)
        stops.check(tx, tenant_id=owner.tenant_id, user_id=owner.id)
        return outreachsending.ready_of_batch(tx, batch_id)

    queued, refused, last = 0, [], None
    for outreach_id in await core.read(look):
        try:
            done = await send(core, caller, outreach_id, by=by, by_session=by_session, at=at)
        except stops.Stopped:
            raise
        except (BadInput, NotFound, NotNow, NotPermitted) as refusal:
            refused.append(Refused(outreach_id, str(refusal)))
            continue
        queued += 1
        last = max(last or 0, done.send_at or 0) or last
    return BatchSent(queued, tuple(refused), last)


async def unsend(core: Core, caller: Account, outreach_id: str, *, by: Actor) -> Outreach:
    """Take back what waits, or what was asked. Raises NotFound, NotNow when it has left, TryLater."""

    def run(tx: Tx) -> Outreach:
        owner = caller_of(tx, caller)
        own(tx, owner, outreach_id)
        found = outreachsending.hold(tx, outreach_id)
        if found is None or found.sent_state not in (SentState.QUEUED, SentState.ASKED, SentState.SENT):
            return _load(tx, outreach_id)
        if not withdrawing.withdraw(tx, core, found, state=SentState.NONE, because="it was taken back", by=by):
            raise NotNow("it has left already, and cannot be taken back")
        audit.note(tx, by, "outreach.taken-back", resource=f"outreach:{found.id}", tenant_id=found.tenant_id)
        return _load(tx, outreach_id)

    return await core.write(run)


def why_not(tx: Tx, core: Core, approval: Approval) -> str:
    """Why what was asked and allowed must not be sent any more; empty when it may."""
    known = outreach.by_id(tx, approval.task_id) if approval.task_id else None
    owner = accounts.by_id(tx, approval.user_id)
    if known is None or owner is None or known.user_id != owner.id or known.approval_id != approval.id:
        return "the mail is gone, or was asked for anew"
    if known.sent_state is not SentState.ASKED:
        return "the mail was taken back, or sent otherwise"
    if known.edited_at is not None and known.edited_at > approval.created_at:
        return "the mail was changed after it was asked whether it may be sent"
    try:
        refusals.turn(tx, owner.tenant_id, Address.parse(approval.recipients[0]).domain)
        _checked(tx, caller_of(tx, owner), known, approval.recipients[0])
        room.find(tx, core, owner.id, Address.parse(approval.recipients[0]).domain, known.send_at)
    except (Refusal, BadAddress) as refusal:
        return str(refusal)
    return ""


def queue_approved(tx: Tx, core: Core, approval: Approval, parsed: mime.Parsed) -> None:
    """Put what was approved into the outbox as its owner's own mail. `why_not` had nothing against it in this transaction."""
    assert approval.task_id is not None
    tx.lock(f"outreach of {approval.user_id}")
    known, owner = outreachsending.hold(tx, approval.task_id), accounts.by_id(tx, approval.user_id)
    assert known is not None
    assert owner is not None
    blob = core.blobs.describe(tx, approval.blob_id)
    ready = _Ready(Address.parse(approval.recipients[0]), approval.message_id, blob, parsed)
    _queue(tx, core, owner, known, ready, approval_id=approval.id, at=known.send_at)


def _is_over(known: Outreach, to: str | None, *, by_session: bool) -> bool:
    """Whether it was sent, or asked for, before. Raises NotNow when that was to somebody else."""
    over = known.sent_state in (SentState.QUEUED, SentState.SENT)
    if over and to is not None and refusals.parse(to).key != known.sent_to:
        raise NotNow(f"it goes, or went, to {known.sent_to} already; a mail is sent to one person")
    return over or (known.sent_state is SentState.ASKED and not by_session)


def _checked(tx: Tx, owner: Account, known: Outreach, to: str | None) -> Address:
    """To whom it may go now. Raises NotFound, BadInput, NotPermitted, Stopped."""
    if known.deleted_at is not None:
        raise NotFound("the mail was deleted; restore it first")
    if known.status is not TaskStatus.COMPLETE:
        raise BadInput("it is not written yet")
    letter.check(known)
    recipient = refusals.parse(known.email if to is None else to)
    stops.check(tx, tenant_id=owner.tenant_id, user_id=owner.id)
    unwanted = refusals.because(tx, owner.tenant_id, recipient)
    if unwanted:
        raise NotPermitted(f"nothing is sent to {recipient}: {unwanted}")
    inside = refusals.own(tx, owner.tenant_id, recipient)
    if inside:
        raise NotPermitted(inside)
    note_of(tx, owner.id, is_bulk=known.batch_id is not None)
    return recipient


async def _prepare(
    core: Core, owner: Account, known: Outreach, recipient: Address, *, note: str, date: Instant
) -> _Ready:
    message_id = f"<{derived_token(AGENT, known.id, new_id())}@{Address.parse(owner.email).domain}>"
    raw = letter.compose(core, owner, known, recipient, note=note, message_id=message_id, date=date)
    blob = await core.blobs.stage(owner.tenant_id, raw)
    return _Ready(recipient, message_id, blob, mime.parse(raw))


def _ruled(
    tx: Tx,
    core: Core,
    owner: Account,
    known: Outreach,
    ready: _Ready,
    *,
    by: Actor,
    by_session: bool,
    at: Instant | None,
) -> None:
    """Whether it may go without being asked, and what follows: into the outbox, or a question to its owner."""
    if not by_session:
        grant = grants.allows(tx, owner.id, AGENT, SEND, str(ready.recipient))
        if grant is not None and not letter.unshown(known):  # what nothing shows is for a person to look at
            _note(tx, known, ready, "allowed", f"a standing grant for {grant.target}")
            held = clock.now() + core.settings.agent_held if core.settings.agent_held else 0
            _queue(tx, core, owner, known, ready, approval_id=None, at=max(at or 0, held) or None)
            return
    count = letter.unshown(known)
    doubt = f"; {count} sentence{'' if count == 1 else 's'} in it could not be verified: look at it in the scribe"
    because = _ASKED + (doubt if count else "")
    asked = approvals.ask(
        tx,
        core,
        tenant_id=owner.tenant_id,
        user_id=owner.id,
        task_id=known.id,
        agent=AGENT,
        blob=ready.blob,
        sender=owner.email,
        recipients=[str(ready.recipient)],
        subject=known.subject,
        message_id=ready.message_id,
        summary=_summary(known, at),
        because="a person sends it" if by_session else because,
        correlation_id=known.correlation_id,
    )
    if by_session:
        approvals.done_at_once(tx, asked, by, outcome="queued for 1 recipient")
        _note(tx, known, ready, "allowed", f"sent by {by.name}")
        _queue(tx, core, owner, known, ready, approval_id=asked.id, at=at)
        return
    _note(tx, known, ready, "ask", because)
    outreach.update(
        tx,
        known.id,
        now=clock.now(),
        email=str(ready.recipient),
        sent_state=SentState.ASKED.value,
        sent_to=ready.recipient.key,
        sent_domain=ready.recipient.domain,
        sent_because=because,
        approval_id=asked.id,
        message_id=ready.message_id,
        send_at=at,
    )
    sent_total.labels(SentState.ASKED.value).inc()


def _queue(
    tx: Tx, core: Core, owner: Account, known: Outreach, ready: _Ready, *, approval_id: str | None, at: Instant | None
) -> None:
    key = withdrawing.key_of(known)
    for row in outbox_rows.with_keys(tx, [f"{key}:{ready.recipient}"]):
        if row.status not in ("failed", "cancelled"):
            raise NotNow("it was sent to this address already")
        outbox_rows.free_key(tx, row)  # it reached nobody: who sends it again means it
    place = room.find(tx, core, owner.id, ready.recipient.domain, at)
    days.keep(tx, owner.id, clock.now())
    later = place.at if place.at > clock.now() else 0
    envelope = Envelope(
        channel=Channel.SUBMISSION,
        sender=Address.parse(owner.email),
        recipients=(ready.recipient,),
        received_at=clock.now(),
        correlation_id=known.correlation_id,
    )
    authors = (Address.parse(owner.email),)
    message = submission.Ready(envelope, authors, "", ready.message_id, ready.blob, ready.blob, ready.parsed)
    submission.queue(tx, core, owner, message, key=key, not_before=later)
    drafts.remove(tx, known)
    held = clock.now() + preferences.of_user(tx, owner.id).undo_seconds * clock.SECOND
    outreach.update(
        tx,
        known.id,
        now=clock.now(),
        email=str(ready.recipient),
        sent_state=SentState.QUEUED.value,
        sent_to=ready.recipient.key,
        sent_domain=ready.recipient.domain,
        sent_because=place.because,
        approval_id=approval_id,
        draft_id="",
        message_id=ready.message_id,
        send_at=max(held, later),
    )
    sent_total.labels(SentState.QUEUED.value).inc()


def _summary(known: Outreach, at: Instant | None) -> str:
    planned = f", planned for {clock.to_iso(at)}" if at is not None and at > clock.now() else ""
    return f"outreach to {letter.plain(known.name)}{planned}"


def _note(tx: Tx, known: Outreach, ready: _Ready, ruling: effects.Verdict, because: str) -> None:
    """As the reference monitor notes what agents do."""
    effects.add(
        tx,
        tenant_id=known.tenant_id,
        user_id=known.user_id,
        task_id=known.id,
        agent=AGENT,
        action=SEND,
        target=str(ready.recipient),
        ruling=ruling,
        because=because,
    )


def _load(tx: Tx, outreach_id: str) -> Outreach:
    found = outreach.by_id(tx, outreach_id)
    if found is None:
        raise NotFound("there is no such mail")
    return found
