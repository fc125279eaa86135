"""Acting: what was planned is done, in one transaction, once.

Follow-ups, changes, the letters in the outbox and the end of the message's task are committed together; keys and Message-IDs are made of the
task and its generation, so that a repeat of the step is a no-op. Inside that transaction the facts are read again and the monitor is asked.
Of several follow-ups all but the first are made just before, since letters name them; they are dropped when the rest does not come about.
Who is written to is the asker and nobody else, whomever the message names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailwright.agents import policy
from mailwright.agents.concierge import letters, sending
from mailwright.agents.concierge.desk import Desk, desk, reader_of
from mailwright.agents.concierge.extracting import Advice, load_advice, load_snapshot
from mailwright.agents.concierge.facts import PROVE, fresh, message_id
from mailwright.agents.concierge.gather import skipped, worth_repeating
from mailwright.agents.concierge.parts import AGENT, parts
from mailwright.agents.concierge.plan import Letter, Plan, result_of
from mailwright.agents.concierge.planning import plan
from mailwright.agents.concierge.sending import Outgoing, Speaker
from mailwright.agents.concierge.silence import silence
from mailwright.agents.concierge.snapshot import Facts, Snapshot
from mailwright.codecs import mime
from mailwright.core import Core, people, tasks
from mailwright.core.followups import changing, making
from mailwright.core.followups.changing import IllegalMove
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import TooManyRequests, TryLater
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.pipeline import step
from mailwright.storage import Tx, assignments, declined, followups, preferences
from mailwright.storage import accounts as account_rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.audit import Actor
from mailwright.storage.tasks import Task


@dataclass(frozen=True, slots=True)
class _Work:
    """A plan with what it needs to be carried out."""

    snapshot: Snapshot
    task: Task
    plan: Plan
    made: tuple[str, ...]  # ids of the new follow-ups, in the plan's order
    outgoing: tuple[tuple[Letter, Outgoing], ...]


@step(name="concierge.act", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def act(facts: dict[str, Any], advice_id: str) -> str:
    """Carry out what the message asks for; the status its task has then. Raises TryLater, NotFound."""
    core, known = parts().core, Facts.of(facts)
    quiet = silence(known)
    if quiet:
        return await core.write(lambda tx: skipped(tx, known.task_id, quiet))
    snapshot, advice = await core.read(
        lambda tx: (load_snapshot(tx, known.snapshot_id), load_advice(tx, advice_id) if advice_id else None)
    )
    planned = await core.read(lambda tx: _plan(tx, core, known, snapshot, advice))
    return await _carry_out(core, known, snapshot, planned)


@step(name="concierge.give_up", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def give_up(message_id_: str, facts: dict[str, Any] | None) -> str:
    """The attempts are used up: the task fails, and its asker is told so once, if an answer was due at all. Raises TryLater."""
    core, because = parts().core, "it failed in every attempt"
    known = Facts.of(facts) if facts is not None else None
    if known is None or not known.snapshot_id or known.standing != "known" or silence(known):
        return await core.write(lambda tx: _failed(tx, message_id_, because))
    snapshot = await core.read(lambda tx: load_snapshot(tx, known.snapshot_id))

    def apology(tx: Tx) -> Plan:
        at = desk(core, tx, snapshot, clock.now(), 0)
        return Plan("apology", because, (Letter("apology", letters.told(at.reader, "failed")),))

    return await _carry_out(core, known, snapshot, await core.read(apology))


def _plan(tx: Tx, core: Core, known: Facts, snapshot: Snapshot, advice: Advice | None) -> Plan:
    if known.standing == "unknown":
        return _decline(snapshot)
    if known.standing == "unproven":
        return _was_that_you(tx, snapshot)
    if advice is None:
        return Plan("", "nothing was found in it")
    at: Desk = desk(core, tx, snapshot, clock.now(), parts().options.threshold)
    return plan(at, advice)


def _decline(snapshot: Snapshot) -> Plan:
    reader = reader_of(snapshot.language, preferences.Preferences(), "")
    domain = snapshot.agent_address.rpartition("@")[2]
    text = letters.told(reader, "declined", domain=domain)
    return Plan("declined", "the sender is unknown here", (Letter("declined", text),))


def _was_that_you(tx: Tx, snapshot: Snapshot) -> Plan:
    """It may be anybody's: nothing of it is said but its subject, and nothing is made."""
    reader = reader_of(snapshot.language, preferences.Preferences(), "")
    text = letters.told(reader, "prove")
    if snapshot.subject.strip():
        text += "\n\n" + letters.say(
            reader, "prove_about", subject=policy.outgoing(snapshot.subject).replace("\n", " ")[:100]
        )
    return Plan(PROVE, "nothing proves who wrote it: its sender is asked", (Letter(PROVE, text),))


async def _carry_out(core: Core, known: Facts, snapshot: Snapshot, planned: Plan) -> str:
    """Stage the letters, then do everything at once. What moved meanwhile is planned anew by the step's next attempt."""
    recipient = policy.answer_to(snapshot.correspondent)
    if recipient is None or not planned.letters:
        return await core.write(lambda tx: skipped(tx, known.task_id, planned.because))
    try:
        made = await core.write(lambda tx: _add_others(tx, core, snapshot, known, planned))
        task = await core.read(lambda tx: tasks.get(tx, known.task_id))
        outgoing = [
            (each, await _prepare(core, snapshot, task, recipient, each, number, made))
            for number, each in enumerate(planned.letters)
        ]
        work = _Work(snapshot, task, planned, made, tuple(outgoing))
        return await core.write(lambda tx: _commit(tx, core, known, work))
    except TooManyRequests:
        at = await core.read(lambda tx: desk(core, tx, snapshot, clock.now(), 0).reader)
        full = Plan("full", "too many are open", (Letter("full", letters.told(at, "full")),))
        return await _carry_out(core, known, snapshot, full)
    except IllegalMove as moved:
        raise TryLater(f"it moved meanwhile: {moved}") from moved


def _add_others(tx: Tx, core: Core, snapshot: Snapshot, known: Facts, planned: Plan) -> tuple[str, ...]:
    """Further follow-ups have tasks of their own, made first because letters name them; making them twice is making them once."""
    if not planned.make:
        return ()
    task = tasks.get(tx, known.task_id)
    if task.status.is_final or silence(fresh(tx, task, snapshot.agent_user_id, known)):
        return (task.id,) * len(planned.make)
    person = account_rows.by_id(tx, snapshot.person_id)
    assert person is not None  # a plan that makes something is for somebody
    if not (len(planned.make) > 1 and making.is_added(tx, person.id, f"{task.id}:1")):  # all of them, or none
        making.check_room(tx, core, person.id, len(planned.make))
    others = [
        making.add(
            tx,
            core,
            person,
            new,
            key=f"{task.id}:{number}",
            source_id=snapshot.message_id,
            channel=snapshot.channel,
            agent_user_id=snapshot.agent_user_id,
            correlation_id=task.correlation_id,
        ).id
        for number, new in enumerate(planned.make[1:], 1)
    ]
    return (task.id, *others)


async def _prepare(
    core: Core, snapshot: Snapshot, task: Task, recipient: Address, letter: Letter, number: int, made: tuple[str, ...]
) -> Outgoing:
    about = made[int(letter.about)] if made and letter.about.isdecimal() else letter.about
    # A letter that is about the message as a whole is answered by its task, which has kept what it lists.
    header_id = message_id(
        core.settings.hostname, followup_id=about, task_id=task.id, mark=f"{task.generation}-{number}"
    )
    return await sending.prepare(
        core,
        _speaker(snapshot),
        tenant_id=task.tenant_id,
        recipient=recipient,
        name=snapshot.person_name,
        subject=mime.reply_subject(snapshot.subject) if snapshot.subject.strip() else _subject(snapshot),
        text=letter.text,
        message_id=header_id,
        key=f"{AGENT}:{task.id}:{task.generation}:0:{letter.kind}{number}",
        task_id=task.id,
        served_id=task.user_id,
        correlation_id=task.correlation_id,
        in_reply_to=snapshot.header_message_id,
        references=snapshot.references,
        calendar=letter.calendar,
    )


def _commit(tx: Tx, core: Core, known: Facts, work: _Work) -> str:
    """The transaction. Everything that may have changed is looked at again first."""
    snapshot, planned = work.snapshot, work.plan
    tx.lock(f"concierge {snapshot.person_id or snapshot.correspondent}")
    task = tasks.get(tx, known.task_id)
    if task.status.is_final or followups.by_id(tx, task.id) is not None:
        return task.status.value  # this step ran before
    now_known = fresh(tx, task, snapshot.agent_user_id, known)
    quiet = silence(now_known)
    if quiet:
        return _left(tx, core, work, quiet)
    if planned.kind == "declined" and not declined.add(tx, snapshot.agent_user_id, task.correspondent, clock.now()):
        return skipped(tx, task.id, "the sender is unknown, and was told so once")
    if snapshot.proves and not _proven_now(tx, snapshot.proves):
        return _left(tx, core, work, "that message was worked on already")
    serving = assignments.serving(tx, AGENT, snapshot.agent_user_id)
    assert serving is not None  # `fresh` has looked in this transaction
    for _letter, outgoing in work.outgoing:
        ruling = sending.rule(tx, core, outgoing, tenant_id=task.tenant_id, grants=serving.grants)
        if not ruling.allowed:
            return _left(tx, core, work, ruling.because)
    tasks.enter(tx, task.id, Stage.ACT, detail=planned.because)
    _do(tx, core, work, task)
    for letter, outgoing in work.outgoing:
        sending.queue(tx, core, _speaker(snapshot), outgoing, tenant_id=task.tenant_id)
        about = work.made[int(letter.about)] if work.made and letter.about.isdecimal() else letter.about
        if about and letter.kind not in ("cancelled", "completed"):
            changing.note_said(tx, about, said_id=outgoing.message_id)
    return _ended(tx, work, task)


def _left(tx: Tx, core: Core, work: _Work, because: str) -> str:
    """Nothing comes of the plan, and so nothing of what was made for it beforehand: its asker is told of none of them."""
    for followup_id in work.made[1:]:
        other = followups.by_id(tx, followup_id)
        if other is not None and other.id != work.task.id and other.status not in changing.ENDS:
            changing.cancel(tx, core, other.id, by=None, because=because)
    return skipped(tx, work.task.id, because)


def _do(tx: Tx, core: Core, work: _Work, task: Task) -> None:
    """Everything but the letters. Raises IllegalMove, BadInput, TooManyRequests."""
    snapshot, planned = work.snapshot, work.plan
    if planned.make:
        making.make(
            tx, core, task, snapshot.agent_user_id, snapshot.channel, planned.make[0], source_id=snapshot.message_id
        )
    by = Actor(snapshot.correspondent)
    because = "its owner said so"
    for dated in planned.dated:
        if dated.snooze:
            changing.snooze(tx, core, dated.id, dated.due_at, by=by, because=because)
            continue
        meaning = dated.meaning
        recurs = meaning is not None and bool(meaning.rule)
        changing.set_due(
            tx,
            core,
            dated.id,
            dated.due_at,
            by=by,
            because=because,
            rule=meaning.rule if meaning is not None and recurs else None,
            starts=meaning.starts if meaning is not None and recurs else "",
            readings=meaning.readings() if meaning is not None else (),
            phrase=meaning.phrase if meaning is not None else None,
        )
    for asked in planned.asked:
        changing.ask(
            tx,
            core,
            asked.id,
            because=planned.because,
            readings=_readings(tx, asked.id, asked.meaning),
            phrase=asked.meaning.phrase,
        )
    for followup_id in planned.cancelled:
        changing.cancel(tx, core, followup_id, by=by, because=because)
    for followup_id in planned.completed:
        changing.complete(tx, core, followup_id, by=by, because="its owner said that it is done")
    if planned.preferences:
        person = account_rows.by_id(tx, snapshot.person_id)
        assert person is not None
        people.change(tx, person, planned.preferences)


def _readings(tx: Tx, followup_id: str, meaning: Any) -> tuple[dict[str, Any], ...]:
    """What is offered: the new choices, or those that were offered before when nothing new was understood."""
    found: tuple[dict[str, Any], ...] = meaning.readings()
    known = followups.by_id(tx, followup_id)
    if not found and known is not None and meaning.found is None and meaning.phrase == known.phrase:
        return known.readings
    return found


def _ended(tx: Tx, work: _Work, task: Task) -> str:
    planned = work.plan
    result = result_of(planned, work.made)
    if planned.make:  # its task is the follow-up now
        task_rows.update(tx, task.id, now=clock.now(), result=result)
        return TaskStatus.WAITING.value
    status = {
        "declined": TaskStatus.SKIPPED,
        PROVE: TaskStatus.SKIPPED,
        "apology": TaskStatus.FAILED,
        "full": TaskStatus.FAILED,
    }.get(planned.kind, TaskStatus.COMPLETE)
    error = task.last_error or planned.because if status is TaskStatus.FAILED else ""
    done = tasks.finish(tx, task.id, status, kind=planned.kind, because=planned.because, result=result, error=error)
    return done.status.value


def _proven_now(tx: Tx, task_id: str) -> bool:
    """The message of that task is worked on, once."""
    earlier = task_rows.by_id(tx, task_id)
    if earlier is None or earlier.kind != PROVE:
        return False
    task_rows.update(tx, task_id, now=clock.now(), kind="proved")
    return True


def _failed(tx: Tx, message_id_: str, because: str) -> str:
    task = tasks.find(tx, AGENT, message_id_)
    if task is None:
        return TaskStatus.FAILED.value
    if task.status.is_final or followups.by_id(tx, task.id) is not None:
        return task.status.value
    return tasks.finish(tx, task.id, TaskStatus.FAILED, because=because, error=task.last_error or because).status.value


def _speaker(snapshot: Snapshot) -> Speaker:
    return Speaker(snapshot.agent_user_id, snapshot.agent_address, snapshot.agent_name)


def _subject(snapshot: Snapshot) -> str:
    return letters.label(reader_of(snapshot.language, preferences.Preferences(), ""), "subject")
