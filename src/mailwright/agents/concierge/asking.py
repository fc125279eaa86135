"""Asking once more, giving a question up, and telling the day: what the concierge says by itself beside reminders.

The workflows `followup-question` and `followup-agenda` are handed off by `scanning`. Each says its letter in the transaction that notes that it
was said.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.agents.concierge import letters, sending
from mailwright.agents.concierge.commanding import shown_of
from mailwright.agents.concierge.desk import reader_of
from mailwright.agents.concierge.facts import message_id
from mailwright.agents.concierge.gather import worth_repeating
from mailwright.agents.concierge.parts import AGENT, parts
from mailwright.agents.concierge.sending import Outgoing, Speaker
from mailwright.core import Core, stops, tasks
from mailwright.core.followups import agenda, changing, making
from mailwright.core.followups.quiet import next_allowed
from mailwright.domain import clock
from mailwright.domain.followups import FollowupStatus
from mailwright.domain.ids import new_id
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.domain.zones import zone_of
from mailwright.pipeline import step, workflow
from mailwright.storage import Tx, assignments, followups, preferences
from mailwright.storage import accounts as account_rows
from mailwright.storage.accounts import Account
from mailwright.storage.assignments import Assignment
from mailwright.storage.followups import Followup
from mailwright.storage.preferences import Preferences


@dataclass(frozen=True, slots=True)
class _Open:
    """The rows of an open question."""

    known: Followup
    person: Account
    likes: Preferences
    speaker: Speaker
    grants: tuple[str, ...]
    correlation_id: str


@workflow(name="followup-question", lane="notify")
async def question(followup_id: str, asked: int) -> str:
    """Put an open question once more, or give it up."""
    return await put_again(followup_id, asked)


@workflow(name="followup-agenda", lane="notify")
async def day(user_id: str, which: str) -> str:
    """Tell somebody what is due that day."""
    return await tell_day(user_id, which)


@step(name="followup.question", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def put_again(followup_id: str, asked: int) -> str:
    """Whether it was asked (`asked`), given up (`expired`), or nothing was to be done. Raises TryLater."""
    core = parts().core
    found = await core.read(lambda tx: _load(tx, followup_id))
    if found is None or found.known.asked != asked:
        return ""
    known, now, likes = found.known, clock.now(), found.likes
    if next_allowed(now, zone_of(likes.time_zone), likes.quiet_from, likes.quiet_until) > now:
        return ""  # looked at again by a scan after the quiet hours
    until = changing.question_ends_at(core, known)
    over = now >= until
    reader = reader_of(known.language, found.likes, found.person.display_name)
    if over:
        text = letters.expired(reader, known.what)
    else:
        choices = [int(each["due_at"]) for each in known.readings]
        text = letters.question(reader, known.what, known.phrase, choices, "", until, again=True)
    outgoing = await _prepare(core, found, text, f"question{asked}")
    return await core.write(lambda tx: _commit(tx, core, found, outgoing, asked, over=over))


@step(name="followup.agenda", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def tell_day(user_id: str, which: str) -> str:
    """Mail the agenda of the day (like 2026-11-21); `told` when it was. Raises TryLater."""
    core = parts().core

    def load(tx: Tx) -> tuple[Account, Preferences, Speaker, Assignment, list[Followup]] | None:
        person = account_rows.by_id(tx, user_id)
        serving = making.concierge_of(tx, person.tenant_id) if person is not None else None
        agent = account_rows.by_id(tx, serving.user_id) if serving is not None else None
        if person is None or person.status != "active" or serving is None or agent is None:
            return None
        speaker = Speaker(agent.id, agent.email, agent.display_name)
        return person, preferences.of_user(tx, user_id), speaker, serving, agenda.entries(tx, user_id, which)

    found = await core.read(load)
    if found is None or not found[4]:
        return ""
    person, likes, speaker, serving, entries = found
    language = likes.locale.replace("_", "-").partition("-")[0] or entries[0].language
    reader = reader_of(language, likes, person.display_name)
    listed = entries[: letters.MAX_LISTED]
    task_id = new_id()  # of the task that keeps the numbers, for answers to them
    outgoing = await sending.prepare(
        core,
        speaker,
        tenant_id=person.tenant_id,
        recipient=await core.read(lambda tx: sending.reached_at(tx, person, likes)),
        name=person.display_name,
        subject=letters.subject(reader, "agenda", count=len(entries)),
        text=letters.agenda(reader, [shown_of(each) for each in listed], len(entries)),
        message_id=message_id(core.settings.hostname, task_id=task_id, mark="agenda"),
        key=f"concierge-agenda:{user_id}:{which}",
        task_id=None,
        served_id=user_id,
        correlation_id="",
        template=(f"{len(entries)}", which),
    )

    def write(tx: Tx) -> str:
        if stops.engaged(tx, tenant_id=person.tenant_id, user_id=user_id):
            return ""  # the day is told when the switch is put back
        if not sending.rule(tx, core, outgoing, tenant_id=person.tenant_id, grants=serving.grants).allowed:
            return ""  # and when it may be
        if not agenda.claim(tx, user_id, which):
            return ""
        _keep_listed(tx, task_id, person, serving, which, [each.id for each in listed])
        sending.queue(tx, core, speaker, outgoing, tenant_id=person.tenant_id)
        return "told"

    return await core.write(write)


def _keep_listed(tx: Tx, task_id: str, person: Account, serving: Assignment, which: str, listed: list[str]) -> None:
    task = tasks.create(
        tx,
        tenant_id=person.tenant_id,
        agent=AGENT,
        assignment_id=serving.id,
        message_id=making.id_of(person.id, f"agenda {which}"),
        correspondent=person.email,
        user_id=person.id,
        id=task_id,
    )
    if task.id != task_id:  # the day is told once more, since its person asked for the agenda anew
        return
    tasks.start_attempt(tx, task_id, Stage.ACT, attempt=1)
    because = "what is due that day was told"
    result = {"kind": "listed", "listed": listed, "pending": {}}
    tasks.finish(tx, task_id, TaskStatus.COMPLETE, kind="agenda", because=because, result=result)


def _load(tx: Tx, followup_id: str) -> _Open | None:
    known = followups.by_id(tx, followup_id)
    if known is None:
        return None
    person, agent = account_rows.by_id(tx, known.user_id), account_rows.by_id(tx, known.agent_user_id)
    serving = assignments.serving(tx, AGENT, known.agent_user_id)
    if person is None or person.status != "active" or agent is None or serving is None:
        return None
    speaker = Speaker(agent.id, agent.email, agent.display_name)
    correlation_id = tasks.get(tx, known.id).correlation_id
    return _Open(known, person, preferences.of_user(tx, person.id), speaker, serving.grants, correlation_id)


async def _prepare(core: Core, found: _Open, text: str, kind: str) -> Outgoing:
    known = found.known
    reader = reader_of(known.language, found.likes, found.person.display_name)
    recipient = await core.read(lambda tx: sending.reached_at(tx, found.person, found.likes, known))
    return await sending.prepare(
        core,
        found.speaker,
        tenant_id=known.tenant_id,
        recipient=recipient,
        name=found.person.display_name,
        subject=f"{letters.label(reader, 'subject')}: {known.what}"[:200].replace("\n", " "),
        text=text,
        message_id=message_id(
            core.settings.hostname, followup_id=known.id, task_id=f"{known.generation}-{known.occurrence}-{kind}"
        ),
        key=f"{AGENT}:{known.id}:{known.generation}:{known.occurrence}:{kind}",
        task_id=known.id,
        served_id=known.user_id,
        correlation_id=found.correlation_id,
        in_reply_to=known.said_id or None,
        references=(known.said_id,) if known.said_id else (),
        template=(known.what[:500], known.phrase[:100]),
    )


def _commit(tx: Tx, core: Core, found: _Open, outgoing: Outgoing, asked: int, *, over: bool) -> str:
    known = followups.hold(tx, found.known.id)
    if known is None or known.status is not FollowupStatus.CLARIFYING or known.asked != asked:
        return ""
    if stops.engaged(tx, tenant_id=known.tenant_id, user_id=known.user_id):
        return ""  # looked at again by the next scan
    # Before anything moves: nothing is given up of which its owner cannot be told.
    if not sending.rule(tx, core, outgoing, tenant_id=known.tenant_id, grants=found.grants).allowed:
        return ""
    if over:
        moved = changing.expired_question(tx, core, known.id, asked=asked)
    else:
        moved = changing.ask_again(tx, core, known.id, asked=asked)
    if moved is None:
        return ""
    sending.queue(tx, core, found.speaker, outgoing, tenant_id=known.tenant_id)
    changing.note_said(tx, known.id, said_id=outgoing.message_id)
    return "expired" if over else "asked"
