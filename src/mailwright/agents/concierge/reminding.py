"""Reminding: a follow-up is due. Its draft is written when one is wanted, and the reminder is put into the outbox, once.

The workflow `followup` is handed off by `scanning` for each occurrence. begin → draft → send; a draft that cannot be written keeps no reminder
back. The outbox row, the follow-up's move to sending and the draft in its owner's Drafts are one transaction; what becomes of the row is
followed by `core.followups.settled`.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass

import structlog

from mailwright.agents.concierge import drafting, letters, sending
from mailwright.agents.concierge.commanding import shown_of
from mailwright.agents.concierge.desk import reader_of
from mailwright.agents.concierge.facts import message_id
from mailwright.agents.concierge.gather import worth_repeating
from mailwright.agents.concierge.parts import AGENT, parts
from mailwright.agents.concierge.sending import Outgoing, Speaker
from mailwright.core import Core, appending, mailboxes, reports, stops, tasks
from mailwright.core.appending import Prepared
from mailwright.core.followups import changing, settled
from mailwright.core.messages import Flag
from mailwright.domain import clock
from mailwright.domain.clock import HOUR, MINUTE, Instant
from mailwright.domain.followups import Action, AskedIn, FollowupStatus
from mailwright.domain.refusals import ExceedsQuota, MailboxFull, NotFound
from mailwright.pipeline import step, workflow
from mailwright.storage import Tx, assignments, followups, messages, preferences
from mailwright.storage import accounts as account_rows
from mailwright.storage.accounts import Account
from mailwright.storage.followups import Followup
from mailwright.storage.preferences import Preferences

log = structlog.get_logger(__name__)

LATE: Instant = 15 * MINUTE  # from then on it is said when it was due
HELD: Instant = 15 * MINUTE  # while agents are stopped it is looked at again after as long
TOO_MANY: Instant = HOUR  # and after so long when its person got too many messages of agents today


@dataclass(frozen=True, slots=True)
class _Due:
    """The rows of one that is due."""

    known: Followup
    person: Account
    likes: Preferences
    speaker: Speaker
    grants: tuple[str, ...]
    correlation_id: str


@workflow(name="followup", lane="notify")
async def remind(followup_id: str, generation: int, occurrence: int) -> str:
    """Remind of one occurrence; where the follow-up stands then."""
    try:
        begun = await begin(followup_id, generation, occurrence)
        if not begun:
            return ""
        draft_id = await _drafted(followup_id) if begun == "draft" else ""
        return await send(followup_id, generation, occurrence, draft_id)
    except Exception as error:
        where = traceback.format_tb(error.__traceback__)[-3:]
        log.warning("concierge.reminder_failed", error=type(error).__name__, where=where)
        return await give_up(followup_id, generation, occurrence)


async def _drafted(followup_id: str) -> str:
    try:
        return await drafting.draft(followup_id)
    except Exception as error:  # its type only: the text may quote the mail
        log.warning("concierge.no_draft", error=type(error).__name__)
        return ""


@step(name="followup.begin", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def begin(followup_id: str, generation: int, occurrence: int) -> str:
    """`draft` or `remind`; nothing when it is not to be done (any more). Raises TryLater."""
    core = parts().core

    def write(tx: Tx) -> str:
        known = followups.hold(tx, followup_id)
        if known is None or (known.generation, known.occurrence) != (generation, occurrence):
            return ""
        if known.status is FollowupStatus.DUE and (because := _not_now(tx, known)):
            changing.put_off(tx, known, clock.now() + HELD, because)
            return ""
        person = account_rows.by_id(tx, known.user_id)
        if person is None or person.status != "active":
            if known.status in (FollowupStatus.DUE, FollowupStatus.EXECUTING):
                changing.cancel(tx, core, known.id, by=None, because="its owner has no active account any more")
            return ""
        found = changing.begin(tx, core, followup_id, generation=generation, occurrence=occurrence)
        if found is None:
            return ""
        return "draft" if found.action is not Action.REMIND else "remind"

    return await core.write(write)


@step(name="followup.send", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def send(followup_id: str, generation: int, occurrence: int, draft_id: str) -> str:
    """Put the reminder into the outbox; where the follow-up stands then. Raises TryLater, NotFound."""
    core = parts().core
    due = await core.read(lambda tx: _load(tx, core, followup_id))
    known = due.known
    if (known.generation, known.occurrence) != (generation, occurrence) or known.status is not FollowupStatus.EXECUTING:
        return known.status.value
    text = "" if not draft_id else await core.read(lambda tx: drafting.load(tx, draft_id))
    prepared = await _filed(core, due, text)
    outgoing = await _compose(core, due, text, filed=prepared is not None)
    try:
        return await core.write(lambda tx: _commit(tx, core, due, outgoing, prepared))
    except (MailboxFull, ExceedsQuota):  # the draft stands in the reminder
        outgoing = await _compose(core, due, text, filed=False)
        return await core.write(lambda tx: _commit(tx, core, due, outgoing, None))


@step(name="followup.give_up", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def give_up(followup_id: str, generation: int, occurrence: int) -> str:
    """It could not be done: this occurrence has failed. Raises TryLater."""
    core = parts().core

    def write(tx: Tx) -> str:
        known = followups.hold(tx, followup_id)
        if known is None:
            return ""
        same = (known.generation, known.occurrence) == (generation, occurrence)
        if same and known.status in (FollowupStatus.DUE, FollowupStatus.EXECUTING):
            error = tasks.get(tx, known.id).last_error
            return changing.fail(tx, core, known.id, because="its reminder could not be made", error=error).status.value
        return known.status.value

    return await core.write(write)


def _not_now(tx: Tx, known: Followup) -> str:
    """Why nobody is reminded of anything at the moment; that delays it, and drops nothing."""
    stopped = stops.engaged(tx, tenant_id=known.tenant_id, user_id=known.user_id)
    if stopped:
        return f"agents are stopped: {stopped}"[:300]
    if assignments.serving(tx, AGENT, known.agent_user_id) is None:
        return "the concierge is switched off"
    return ""


def _load(tx: Tx, core: Core, followup_id: str) -> _Due:
    known = followups.by_id(tx, followup_id)
    person = account_rows.by_id(tx, known.user_id) if known is not None else None
    agent = account_rows.by_id(tx, known.agent_user_id) if known is not None else None
    if known is None or person is None or agent is None:
        raise NotFound("the follow-up, its owner or its concierge is gone")
    serving = assignments.serving(tx, AGENT, agent.id)
    speaker = Speaker(agent.id, agent.email, agent.display_name)
    likes = preferences.of_user(tx, person.id)
    return _Due(
        known, person, likes, speaker, serving.grants if serving else (), tasks.get(tx, known.id).correlation_id
    )


async def _compose(core: Core, due: _Due, text: str, *, filed: bool) -> Outgoing:
    known, now = due.known, clock.now()
    reader = reader_of(known.language, due.likes, due.person.display_name)
    bare = known.action is Action.DRAFT
    upcoming = await core.read(lambda tx: changing.next_due(known, now, core, tx))
    letter = letters.reminder(
        reader,
        shown_of(known),
        due_at=known.wanted_at,  # quiet hours and stops have moved the other
        late=known.wanted_at is not None and now - known.wanted_at > LATE,
        draft=text if known.action is not Action.REMIND else None,
        filed=filed,
        next_at=upcoming,
        bare=bare and bool(text),
    )
    recipient = await core.read(lambda tx: sending.reached_at(tx, due.person, due.likes, known))
    source = await core.read(lambda tx: messages.by_id(tx, known.source_id) if known.source_id else None)
    # In the conversation it was asked for in, where that is the person's own with us.
    mine = source is not None and known.channel is AskedIn.MAIL and source.user_id == known.agent_user_id
    header = source.message_id if source is not None and mine else None
    when = letters.when(reader, known.wanted_at or now, zone=False)
    return await sending.prepare(
        core,
        due.speaker,
        tenant_id=known.tenant_id,
        recipient=recipient,
        name=due.person.display_name,
        subject=letters.subject(reader, "draft" if bare else "reminder", what=known.what),
        text=letter,
        message_id=message_id(
            core.settings.hostname, followup_id=known.id, task_id=f"{known.generation}-{known.occurrence}"
        ),
        key=settled.key_of(known.id, known.generation, known.occurrence),
        task_id=None if known.rule else known.id,  # the monitor bounds what one task may want; these go on for years
        served_id=known.user_id,
        correlation_id=due.correlation_id,
        in_reply_to=header,
        references=(header,) if header else (),
        template=(known.what[:500], when),
    )


async def _filed(core: Core, due: _Due, text: str) -> Prepared | None:
    """The draft for its owner's Drafts, when there is one and they have a mailbox here."""
    if not text or not due.person.has_mailbox:
        return None
    return await appending.prepare(core, due.known.tenant_id, drafting.compose(core, due.known, due.person, text))


def _commit(tx: Tx, core: Core, due: _Due, outgoing: Outgoing, prepared: Prepared | None) -> str:
    known = followups.hold(tx, due.known.id)
    if known is None or known.status is not FollowupStatus.EXECUTING:
        return known.status.value if known is not None else ""
    if (known.generation, known.occurrence) != (due.known.generation, due.known.occurrence):
        return known.status.value  # put off and due again meanwhile: that has a workflow of its own
    if (because := _not_now(tx, known)) or (because := reports.suppressed(tx, known.tenant_id, outgoing.recipient.key)):
        if because == reports.suppressed(tx, known.tenant_id, outgoing.recipient.key):
            return changing.fail(tx, core, known.id, because=f"nothing is sent to its owner: {because}").status.value
        return changing.put_off(tx, known, clock.now() + HELD, because).status.value
    ruling = sending.rule(tx, core, outgoing, tenant_id=known.tenant_id, grants=due.grants)
    if ruling.verdict == "ask":
        return changing.put_off(tx, known, clock.now() + TOO_MANY, ruling.because).status.value
    if not ruling.allowed:
        return changing.fail(tx, core, known.id, because=ruling.because).status.value
    generation, occurrence = known.generation, known.occurrence
    moved = changing.begin_sending(tx, core, known.id, generation=generation, occurrence=occurrence)
    assert moved is not None  # it is held, and was executing
    sending.queue(tx, core, due.speaker, outgoing, tenant_id=known.tenant_id)
    changing.note_said(tx, known.id, said_id=outgoing.message_id)
    if prepared is not None:
        drafts = mailboxes.with_role(tx, due.person, "drafts")
        item = appending.Item(prepared.parsed.raw, int(Flag.DRAFT | Flag.SEEN))
        filed = appending.file_all(
            tx, core, due.person, drafts.id, [item], [prepared], correlation_id=due.correlation_id
        )
        changing.note_said(tx, known.id, draft_id=filed.message_ids[0])
    return moved.status.value
