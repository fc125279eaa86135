"""Changing follow-ups: another time, another text, its end, and what a person asks for again.

Called by the concierge's workflows (`begin` to `fail`: the steps of one that is due), by commands in mail and chat, by the API, the
administration and the command line.
Promises: a move that is not in `domain.followups.MOVES` raises IllegalMove and changes nothing; each move is a line of history with a
reason and an event; what a person does is in the audit trail; a step is done for the occurrence it was handed off for, or not at all,
and twice is as once. Two who change the same one at once do so one after the other.
Does not: send or write letters; a reminder that waits in the outbox is taken back when its follow-up is put off or dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from prometheus_client import Counter

from mailwright.core import Core, outbox, tasks
from mailwright.core.followups import making
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.followups import MOVES, TASK_STATES, Action, FollowupStatus
from mailwright.domain.refusals import BadInput, NotFound, Refusal
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.domain.zones import checked_zone
from mailwright.storage import Tx, audit
from mailwright.storage import followups as rows
from mailwright.storage import outbox as outbox_rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.audit import Actor
from mailwright.storage.followups import Followup

CLARIFYING, PENDING, DUE = FollowupStatus.CLARIFYING, FollowupStatus.PENDING, FollowupStatus.DUE
EXECUTING, SENDING = FollowupStatus.EXECUTING, FollowupStatus.SENDING
DONE, CANCELLED, FAILED = FollowupStatus.DONE, FollowupStatus.CANCELLED, FollowupStatus.FAILED
ITS_TIME = "its time has come"
ENDS = frozenset({DONE, CANCELLED, FAILED})

ended_total = Counter("mailwright_followups_ended_total", "Follow-ups that came to an end, by how.", ["status"])


class IllegalMove(tasks.IllegalMove):
    """The follow-up is not where this move begins."""

    def __init__(self, known: Followup, wanted: str) -> None:
        Refusal.__init__(self, f"follow-up {known.id} is {known.status.value} and cannot become {wanted}")


# --- what people do


def set_due(
    tx: Tx,
    core: Core,
    id: str,
    due_at: Instant,
    *,
    by: Actor | None,
    because: str,
    rule: str | None = None,
    readings: Sequence[dict[str, Any]] = (),
    phrase: str | None = None,
    zone: str | None = None,
    starts: str = "",
) -> Followup:
    """Due then: the answer to its question, or another time for it. An ended one is wanted again.

    `rule` None leaves it as it is (one that comes again goes on afterwards as before), "" ends that. Readings that are not given stay.
    Raises NotFound, BadInput, IllegalMove.
    """
    known = held(tx, id)
    changes: dict[str, Any] = {}
    due_at, zone = making.checked_due(due_at), checked_zone(known.zone if zone is None else zone)
    comes_again = known.rule if rule is None else making.checked_rule(rule)
    if rule is not None or (comes_again and not known.starts):
        first = making.checked_starts(starts) or making.starts_of(due_at, zone)
        changes |= {"rule": comes_again, "starts": first if comes_again else ""}
    if rule is not None or not comes_again or known.planned_at is None:
        changes["planned_at"] = due_at
    changes["snoozed_until"] = None if changes.get("planned_at") == due_at else due_at
    if readings:
        changes["readings"] = tuple(readings[: making.MAX_READINGS])
    if phrase is not None:
        changes["phrase"] = making.checked_text("the time", phrase, making.MAX_PHRASE)
    _withdraw(tx, known)
    moved = _move(tx, known, PENDING, because=because, due_at=due_at)
    return _note(tx, moved, by, "followup.dated", zone=zone, **changes)


def snooze(tx: Tx, core: Core, id: str, until: Instant, *, by: Actor | None, because: str) -> Followup:
    """Put this occurrence off until then, also one that was reminded of already. Raises NotFound, BadInput, IllegalMove."""
    known, now = held(tx, id), clock.now()
    until = making.checked_due(until)
    # What comes again after this one is counted from here, and not from the occurrence that is to come.
    planned_at = min(known.planned_at or now, now)
    _withdraw(tx, known)
    moved = _move(tx, known, PENDING, because=because, due_at=until)
    return _note(tx, moved, by, "followup.snoozed", planned_at=planned_at, snoozed_until=until)


def ask(
    tx: Tx, core: Core, id: str, *, because: str, readings: Sequence[dict[str, Any]] = (), phrase: str = ""
) -> Followup:
    """The new time that was asked for is not clear: its owner is asked. Until it is answered it stays due when it was, if it was.

    Raises NotFound, IllegalMove.
    """
    known, now = held(tx, id), clock.now()
    planned_at = known.due_at if known.status is PENDING else known.planned_at
    again = _not_after(planned_at, making.ask_again_at(core, now))
    moved = _move(tx, known, CLARIFYING, because=because, due_at=again)
    return _note(
        tx,
        moved,
        None,
        "",
        asked=1,
        asked_at=now,
        planned_at=planned_at,
        snoozed_until=None,
        readings=tuple(readings[: making.MAX_READINGS]),
        phrase=making.checked_text("the time", phrase, making.MAX_PHRASE),
    )


def edit(
    tx: Tx,
    core: Core,
    id: str,
    *,
    by: Actor | None,
    what: str | None = None,
    who: str | None = None,
    context: str | None = None,
    action: Action | None = None,
    waits_for: str | None = None,
    waits_from: str | None = None,
) -> Followup:
    """Change the texts that are given. Raises NotFound, BadInput, IllegalMove (it is at its end)."""
    known = held(tx, id)
    if known.status in ENDS:
        raise IllegalMove(known, "another")
    changes: dict[str, Any] = {}
    for name, text, most in (
        ("what", what, making.MAX_WHAT),
        ("who", who, making.MAX_WHO),
        ("context", context, making.MAX_CONTEXT),
        ("waits_for", waits_for, 998),
        ("waits_from", waits_from, 320),
    ):
        if text is not None:
            changes[name] = making.checked_text(name, text, most)
    if what is not None and not changes["what"]:
        raise BadInput("say what is to be done")
    if action is not None:
        changes["action"] = Action(action)
    if not changes:
        return known
    return _note(tx, known, by, "followup.edited", **changes)


def cancel(tx: Tx, core: Core, id: str, *, by: Actor | None, because: str) -> Followup:
    """Drop it. Raises NotFound, IllegalMove (it is at its end)."""
    known = held(tx, id)
    _withdraw(tx, known)
    return _note(tx, _move(tx, known, CANCELLED, because=because), by, "followup.cancelled")


def complete(tx: Tx, core: Core, id: str, *, by: Actor | None, because: str) -> Followup:
    """A person says it is done, before it was due or after: it is not reminded of any more, nor does it come again. One that is done
    stays so. Raises NotFound, IllegalMove."""
    known = held(tx, id)
    if known.status is DONE:
        return known
    _withdraw(tx, known)
    return _note(tx, _move(tx, known, DONE, because=because), by, "followup.done", rule="", starts="")


def retry(tx: Tx, core: Core, id: str, *, by: Actor | None) -> Followup:
    """One that failed is due now, as a new generation. Raises NotFound, IllegalMove."""
    known = held(tx, id)
    if known.status is not FAILED:
        raise IllegalMove(known, PENDING.value)
    moved = _move(tx, known, PENDING, because="it was tried again", due_at=clock.now())
    return _note(tx, moved, by, "followup.retried")


# --- the steps of one that is due


def begin(tx: Tx, core: Core, id: str, *, generation: int, occurrence: int) -> Followup | None:
    """Work on that occurrence begins. None: it is not due any more (put off, dropped, done), and nothing is to be done."""
    known = rows.hold(tx, id)
    if known is None or (known.generation, known.occurrence) != (generation, occurrence):
        return None
    if known.status is EXECUTING:
        return known
    return _move(tx, known, EXECUTING, because="it is worked on") if known.status is DUE else None


def begin_sending(tx: Tx, core: Core, id: str, *, generation: int, occurrence: int) -> Followup | None:
    """Its reminder is put into the outbox in this transaction. None: it is not to be sent any more."""
    known = rows.hold(tx, id)
    if known is None or (known.generation, known.occurrence) != (generation, occurrence):
        return None
    if known.status is SENDING:
        return known
    return _move(tx, known, SENDING, because="its reminder is in the outbox") if known.status is EXECUTING else None


def finish(tx: Tx, core: Core, id: str, *, because: str) -> Followup:
    """This occurrence is done: it waits for its next time when it comes again, else it is done. Raises NotFound, IllegalMove."""
    known = held(tx, id)
    if known.status not in (EXECUTING, SENDING, FAILED):
        raise IllegalMove(known, DONE.value)
    upcoming = None if known.status is FAILED else next_due(known, clock.now(), core, tx)
    if upcoming is None:
        return _move(tx, known, DONE, because=because)
    moved = _move(tx, known, PENDING, because=f"{because}; it comes again", due_at=upcoming)
    return _note(tx, moved, None, "", planned_at=upcoming, snoozed_until=None)


def fail(tx: Tx, core: Core, id: str, *, because: str, error: str = "") -> Followup:
    """This occurrence could not be done, which is audited. One that comes again waits for its next time all the same.

    `error` is ours: no mail text. Raises NotFound, IllegalMove.
    """
    known = held(tx, id)
    upcoming = next_due(known, clock.now(), core, tx) if known.status is not CLARIFYING else None
    if upcoming is None:
        moved = _move(tx, known, FAILED, because=because, error=error or because)
    else:
        moved = _move(tx, known, PENDING, because=f"{because}; it comes again", due_at=upcoming)
        tasks.note_error(tx, id, error or because)
    upcoming_row = {} if upcoming is None else {"planned_at": upcoming, "snoozed_until": None}
    return _note(tx, moved, Actor(making.AGENT), "followup.failed", **upcoming_row)


def note_failure(tx: Tx, known: Followup, error: str) -> None:
    """The reminder of one that waits for its next time did not arrive, as is heard late."""
    tasks.note_error(tx, known.id, error)
    audit.note(tx, Actor(making.AGENT), "followup.failed", resource=known.id, tenant_id=known.tenant_id)


# --- questions


def ask_again(tx: Tx, core: Core, id: str, *, asked: int) -> Followup | None:
    """Its question is put once more in this transaction, for the (asked + 1)th time; then it waits until the question's time is over.
    None: that was done already, or it was answered."""
    known = rows.hold(tx, id)
    if known is None or known.status is not CLARIFYING or known.asked != asked:
        return None
    end = _not_after(known.planned_at, question_ends_at(core, known))
    moved = _move(tx, known, CLARIFYING, because="its owner was asked once more", due_at=end)
    return _note(tx, moved, None, "", asked=asked + 1)


def keep_time(tx: Tx, core: Core, known: Followup, now: Instant) -> Followup | None:
    """Nobody said which other time was meant, and the one it had has come, or the question's time is over: it stays due when it was.
    None: it had none, or there is time still. The caller holds it."""
    if known.status is not CLARIFYING or known.planned_at is None:
        return None
    if now < known.planned_at and now < question_ends_at(core, known):
        return None
    return _move(tx, known, PENDING, because="nobody said another time", due_at=known.planned_at)


def expired_question(tx: Tx, core: Core, id: str, *, asked: int | None = None) -> Followup | None:
    """Nobody answered in time: it is dropped, and its owner is told so in this transaction. None: it was answered, dropped before, or has a
    time all the same."""
    known = rows.hold(tx, id)
    if known is None or known.status is not CLARIFYING or asked not in (None, known.asked):
        return None
    if known.planned_at is not None:  # it had a time before, and keeps it: see `keep_time`
        return None
    return _move(tx, known, CANCELLED, because="nobody answered when it is due")


# --- for all of them


def held(tx: Tx, id: str) -> Followup:
    """The follow-up, which nobody else moves until this transaction ends. Raises NotFound."""
    known = rows.hold(tx, id)
    if known is None:
        raise NotFound(f"there is no follow-up {id}")
    return known


def question_ends_at(core: Core, known: Followup) -> Instant:
    """Until when an answer is waited for."""
    return (known.asked_at or known.created_at) + core.settings.followup_question


def _not_after(planned_at: Instant | None, moment: Instant) -> Instant:
    return moment if planned_at is None else min(planned_at, moment)


def note_said(tx: Tx, id: str, **changes: Any) -> None:
    """Keep what was said about it last (`said_id`), or where its draft lies (`draft_id`)."""
    rows.update(tx, id, now=clock.now(), **changes)


def next_due(known: Followup, now: Instant, core: Core, tx: Tx) -> Instant | None:
    """When one that comes again is due the next time: after now and after this occurrence. What was missed meanwhile is not made up."""
    if not known.rule or not known.starts:
        return None
    from mailwright.core.followups.recurring import next_time_of

    return next_time_of(tx, known, after=max(now, known.planned_at or now))


def take(tx: Tx, held: Sequence[Followup]) -> list[Followup]:
    """Their time has come: each is due, and has come due once more. The caller holds them. Raises IllegalMove, and then takes none."""
    for each in held:
        if DUE not in MOVES[each.status]:
            raise IllegalMove(each, DUE.value)
    ids = [each.id for each in held]
    state, stage = TASK_STATES[DUE]
    assert stage is not None
    tasks.move_all(tx, task_rows.with_ids(tx, ids), state, stage=stage, detail=ITS_TIME)
    rows.count_occurrence(tx, ids, clock.now())
    return [replace(each, status=DUE, because=ITS_TIME, occurrence=each.occurrence + 1) for each in held]


def put_off(tx: Tx, known: Followup, until: Instant, because: str) -> Followup:
    """It waits until then; when it was planned stays. The caller holds it."""
    return _move(tx, known, PENDING, because=because, due_at=until)


def _move(
    tx: Tx, known: Followup, status: FollowupStatus, *, because: str, error: str = "", due_at: Instant | None = None
) -> Followup:
    """One step along MOVES. Raises IllegalMove."""
    state, stage = TASK_STATES[status]
    if status not in MOVES[known.status]:
        raise IllegalMove(known, status.value)
    changes: dict[str, Any] = {} if due_at is None else {"due_at": due_at}
    if known.status in ENDS:
        tasks.requeue(tx, known.id, even_complete=True)
        if stage is None:
            tasks.move(tx, known.id, TaskStatus.RUNNING, stage=Stage.SENDING)
    if stage is None:
        tasks.finish(tx, known.id, state, because=because, kind="reminder" if status is DONE else "", error=error)
        ended_total.labels(status.value).inc()
    else:
        because = because[: tasks.MAX_DETAIL]
        tasks.move(tx, known.id, state, stage=stage, detail=because, because=because, **changes)
    return making.found(tx, known.id)


def _note(tx: Tx, known: Followup, by: Actor | None, done: str, /, **changes: Any) -> Followup:
    """Keep changes of its row, and who made them when it was a person."""
    if changes:
        rows.update(tx, known.id, now=clock.now(), **changes)
    if by is not None and done:
        audit.note(tx, by, done, resource=known.id, tenant_id=known.tenant_id)
    return making.found(tx, known.id)


def _withdraw(tx: Tx, known: Followup) -> None:
    """Take its reminder out of the outbox while it waits there; what is under way arrives."""
    if known.status is SENDING and known.said_id:
        for row in outbox_rows.queued_of_message(tx, known.agent_user_id, known.said_id):
            outbox.cancel(tx, row.id)
