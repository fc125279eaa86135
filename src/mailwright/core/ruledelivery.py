"""Delivering by rules: somebody's active script says what becomes of a message, and here it is carried out.

Called by filing inside its transaction, for people with rules or a vacation response only. The script runs there too: it is pure, bounded, and mostly done in
a fraction of a millisecond. Promises: all it says happens with the commit, or none of it; whatever goes wrong, the message is
kept; what is sent on comes back at most once.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace

import structlog
from prometheus_client import Counter

from mailwright.codecs import sieve
from mailwright.core import Core, access, mailboxes, outbox, vacation, vacationresponse
from mailwright.core.arrival import Arrival
from mailwright.core.derived import Made
from mailwright.core.messages import Flag, append
from mailwright.core.rules import Active
from mailwright.domain.envelope import Channel, Envelope, Origin, Verdict
from mailwright.domain.events import BLOB_RELEASED
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import (
    AlreadyExists,
    BadInput,
    ExceedsQuota,
    MailboxFull,
    NotFound,
    NotPermitted,
    RejectedByRule,
)
from mailwright.storage import Tx, accounts, audit, events
from mailwright.storage.accounts import Account
from mailwright.storage.mailboxes import Mailbox

FAILED = "$RulesFailed"
"""The keyword of a message that was kept because its owner's rules failed on it: RFC 5228 §2.10.6 wants them told."""

PASSED_ON = "X-Redirected-By-Rule"
"""The field a redirected copy carries, with a token of whose rule it was. A message that brings its owner's is not sent again."""

MAX_PASSES = 5  # rules a message may be sent on by, one after the other: loops of several people end here
MAX_REASON_CHARACTERS = 1_000  # of a rejection: it stands in a reply, where a line has 512 octets
REASON_LINE = 200

_SYSTEM = {
    "\\Seen": Flag.SEEN,
    "\\Answered": Flag.ANSWERED,
    "\\Flagged": Flag.FLAGGED,
    "\\Deleted": Flag.DELETED,
    "\\Draft": Flag.DRAFT,
}

log = structlog.get_logger(__name__)

runs_total = Counter("mailwright_rules_runs", "Messages that somebody's rules looked at, by how it ended", ["result"])


def deliver(tx: Tx, core: Core, arrival: Arrival, active: Active) -> None:
    """Carry out what the script says.

    Raises RejectedByRule; MailboxFull, ExceedsQuota, NotFound when it cannot be kept; then nothing was done. Raises NotStaged.
    """
    account = accounts.by_id(tx, arrival.user_id)
    if account is None:
        raise NotFound("the account is gone")
    outcome = _run(tx, account, arrival, active) if active.has_script else _JUST_KEEP
    if outcome.refusal is not None:
        runs_total.labels("rejected").inc()
        raise RejectedByRule(_reason(outcome.refusal.reason), exact=outcome.refusal.exact)
    stores = _places(tx, account, outcome)
    if stores is None:
        outcome = replace(_JUST_KEEP, problem=sieve.Problem(0, "a mailbox cannot be made"))
        stores = _places(tx, account, outcome)
    forwards = outcome.forwards
    if forwards and _came_back(arrival):
        # RFC 5228 §4.2: a redirect that is not carried out does not cancel the implicit keep.
        forwards = ()
        runs_total.labels("looped").inc()
        stores = stores or _places(tx, account, _JUST_KEEP)
    _store_all(tx, core, arrival, stores or [], failed=outcome.problem is not None)
    # After what may refuse the message: from here on nothing does.
    for forward in forwards:
        _forward(tx, core, arrival, account, forward)
    answer = outcome.answer or _response(arrival, active, outcome, [mailbox for mailbox, _ in stores or []])
    if answer is not None:
        vacation.answer(tx, core, arrival, account, answer)
    if all(store.header is not None for _, store in stores or []):
        # Nobody has the message as it came, unless somebody else among its recipients does; the collector looks.
        events.append(tx, BLOB_RELEASED, arrival.blob.id, {"blob_id": arrival.blob.id})
    if active.has_script:
        _count(tx, arrival, account, outcome)


def must_be_told(envelope: Envelope, refused: RejectedByRule) -> bool:
    """Whether the answer to the client cannot carry the words of the rejection, so that the sender gets a notice instead.

    RFC 5429 §2.2: those of `reject` stay as they are, and a reply of SMTP or LMTP has ASCII, unless more is agreed on.
    """
    in_reply = refused.is_ascii or not refused.exact or envelope.smtputf8
    return not in_reply and envelope.channel in (Channel.SMTP, Channel.LMTP) and envelope.sender is not None


_JUST_KEEP = sieve.Outcome((sieve.Store(sieve.INBOX),))


def _run(tx: Tx, account: Account, arrival: Arrival, active: Active) -> sieve.Outcome:
    if active.script is None:
        return replace(_JUST_KEEP, problem=sieve.Problem(0, "the script does not run on this version"))
    facts = sieve.Facts(
        sender=arrival.envelope.sender,
        recipient=arrival.recipient,
        now=arrival.envelope.received_at,
        zone=active.zone,
        mailbox_exists=lambda name: _find(tx, account, name) is not None,
        protected=frozenset({PASSED_ON.lower()}),
    )
    return sieve.run(active.script, arrival.parsed, facts)


def _places(tx: Tx, account: Account, outcome: sieve.Outcome) -> list[tuple[Mailbox, sieve.Store]] | None:
    """The mailbox of each copy, one copy a mailbox. None when one was to be made and cannot be.

    A mailbox that is not there is not made unless the script says so: what goes into it is kept in INBOX.
    """
    found: dict[str, tuple[Mailbox, sieve.Store]] = {}
    for store in outcome.stores:
        mailbox = _find(tx, account, store.mailbox)
        if mailbox is None and store.create:
            try:
                mailbox = mailboxes.create(tx, account, store.mailbox)
            except (BadInput, AlreadyExists, NotPermitted, NotFound):
                return None  # RFC 5490 §3.2: a mailbox that cannot be made is an error
        mailbox = mailbox or _find(tx, account, sieve.INBOX)
        if mailbox is None:
            raise NotFound("the account has no INBOX")
        found[mailbox.id] = mailbox, store
    return list(found.values())


def _response(arrival: Arrival, active: Active, outcome: sieve.Outcome, places: list[Mailbox]) -> sieve.Answer | None:
    """The vacation response, unless the rules throw the message away or call it junk."""
    if active.away is None or outcome.is_discarded or (places and all(each.role == "junk" for each in places)):
        return None
    return vacationresponse.answer_to(active.away, arrival.parsed, arrival.envelope.received_at)


def _find(tx: Tx, account: Account, name: str) -> Mailbox | None:
    """A mailbox that mail may be put into: the person's own, or one that somebody shares with them so."""
    try:
        reached = access.by_name(tx, account, name)
    except NotFound:
        return None
    return reached.mailbox if reached.own or {"i", "p"} & reached.rights else None


def _store_all(
    tx: Tx, core: Core, arrival: Arrival, stores: list[tuple[Mailbox, sieve.Store]], *, failed: bool
) -> None:
    """File the copies. The first that does not fit refuses the message; another is left out, since the message is kept."""
    made = [_as_changed(arrival, store.header) for _, store in stores]
    for number, ((mailbox, store), copy) in enumerate(zip(stores, made, strict=True)):
        flags, keywords = _flags(store.flags)
        if failed:
            keywords = (*keywords, FAILED)
        provenance = replace(arrival.provenance, keywords=(*arrival.provenance.keywords, *keywords))
        foreign = mailbox.user_id != arrival.user_id
        if foreign:
            # In somebody else's mailbox its words are a stranger's, and nothing was delivered there that an agent serves.
            provenance = replace(provenance, origin=Origin.STRANGER, inbound_id=None, account_id=None)
        elif copy.blob is not arrival.blob:
            # Nor are they its author's any more: the rule may have written From, or what is asked for.
            provenance = replace(provenance, origin=Origin.STRANGER, account_id=None)
        try:
            append(
                tx,
                tenant_id=arrival.tenant_id,
                user_id=mailbox.user_id,
                role=mailbox.role or "",
                mailbox_id=mailbox.id,
                blob=copy.blob,
                parsed=copy.parsed,
                provenance=provenance,
                received_at=arrival.envelope.received_at,
                flags=flags,
                delivered=not foreign,
            )
        except (MailboxFull, ExceedsQuota):
            if number == 0:
                raise
            log.warning("rules.copy_left_out", correlation_id=arrival.envelope.correlation_id)
        else:
            if copy.blob is not arrival.blob:
                core.blobs.put(tx, copy.blob)


def _flags(names: tuple[str, ...]) -> tuple[Flag, tuple[str, ...]]:
    flags = Flag(0)
    for name in names:
        flags |= _SYSTEM.get(name, Flag(0))
    return flags, tuple(name for name in names if name not in _SYSTEM)


def _as_changed(arrival: Arrival, header: bytes | None) -> Made:
    """The message with the header a script left. Raises NotStaged."""
    if header is None:
        return Made(arrival.blob, arrival.parsed)
    return arrival.derived.of(arrival.tenant_id, sieve.rebuilt(arrival.parsed, header))


def _came_back(arrival: Arrival) -> bool:
    header = arrival.parsed.header
    return header.count(PASSED_ON) >= MAX_PASSES or _token(arrival) in header.all(PASSED_ON)


def _token(arrival: Arrival) -> str:
    """Whose rule it was, for us alone: it names nobody, and nobody else can write it."""
    return derived_token("redirect", arrival.user_id)


def _forward(tx: Tx, core: Core, arrival: Arrival, account: Account, forward: sieve.Forward) -> None:
    """Send a copy on. Its sender stays who it was, also when that is nobody (RFC 5228 §4.2)."""
    field = f"{PASSED_ON}: {_token(arrival)}\r\n".encode()
    blob = arrival.derived.blob_of(arrival.tenant_id, sieve.rebuilt(arrival.parsed, forward.header, field))
    core.blobs.put(tx, blob)
    outbox.enqueue(
        tx,
        tenant_id=arrival.tenant_id,
        user_id=account.id,
        sender=arrival.envelope.sender,
        recipients=(forward.address,),
        blob_id=blob.id,
        message_id=arrival.parsed.message_id or "",
        idempotency_key=f"redirect:{account.id}:{arrival.key}",
        correlation_id=arrival.envelope.correlation_id,
        # What was proven about its author holds for what they sent where they sent it, not for where a rule sends it.
        verdict=Verdict(Origin.STRANGER, None, f"sent on by a rule of {account.email}"),
        vouched=arrival.verdict.account is not None and forward.header is None,
    )
    # RFC 5228 §10 (3): the use of redirect is on record.
    _note(tx, arrival, account, "rules.redirected", str(forward.address))


def _reason(text: str) -> str:
    """The words of a rejection, as lines that fit into a reply."""
    shown = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text.replace("\r\n", "\n"))
    lines = [part for line in shown[:MAX_REASON_CHARACTERS].split("\n") for part in textwrap.wrap(line, REASON_LINE)]
    return "\n".join(lines) or "the recipient does not want this message"


def _count(tx: Tx, arrival: Arrival, account: Account, outcome: sieve.Outcome) -> None:
    if outcome.problem is not None:
        runs_total.labels("failed").inc()
        log.warning("rules.failed", user_id=account.id, problem=str(outcome.problem))
        _note(tx, arrival, account, "rules.failed", str(outcome.problem))
    else:
        runs_total.labels("discarded" if outcome.is_discarded else "done").inc()


def _note(tx: Tx, arrival: Arrival, account: Account, action: str, resource: str) -> None:
    audit.record(
        tx,
        actor=account.email,
        action=action,
        resource=resource,
        tenant_id=arrival.tenant_id,
        correlation_id=arrival.envelope.correlation_id,
    )
