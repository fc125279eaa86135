"""Changing follow-ups: every move along the table, every other one refused, each told once and by whom."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from mailwright.core import Core, tasks
from mailwright.core.followups import changing, making
from mailwright.core.followups.changing import IllegalMove
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR
from mailwright.domain.followups import MOVES, TASK_STATES, Action, FollowupStatus, status_of
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.domain.tasks import TRANSITIONS, TaskStatus
from mailwright.storage import Tx, audit
from mailwright.storage.followups import Followup
from tests.core.followups.conftest import ADA, Make
from tests.core.followups.states import bring, in_an_hour

S = FollowupStatus
Verb = Callable[[Tx, Core, Followup], Followup | None]


def _set_due(tx: Tx, core: Core, known: Followup) -> Followup:
    return changing.set_due(tx, core, known.id, in_an_hour(), by=ADA, because="she said so")


def _snooze(tx: Tx, core: Core, known: Followup) -> Followup:
    return changing.snooze(tx, core, known.id, in_an_hour(), by=ADA, because="she put it off")


def _ask(tx: Tx, core: Core, known: Followup) -> Followup:
    return changing.ask(
        tx, core, known.id, because="two Fridays", readings=({"begins": "2026-11-20"},), phrase="Friday"
    )


def _edit(tx: Tx, core: Core, known: Followup) -> Followup:
    return changing.edit(tx, core, known.id, by=ADA, what="Call Bob")


def _cancel(tx: Tx, core: Core, known: Followup) -> Followup:
    return changing.cancel(tx, core, known.id, by=ADA, because="she dropped it")


def _complete(tx: Tx, core: Core, known: Followup) -> Followup:
    return changing.complete(tx, core, known.id, by=ADA, because="she says it is done")


def _retry(tx: Tx, core: Core, known: Followup) -> Followup:
    return changing.retry(tx, core, known.id, by=ADA)


def _take(tx: Tx, core: Core, known: Followup) -> Followup:
    return changing.take(tx, [changing.held(tx, known.id)])[0]


def _begin(tx: Tx, core: Core, known: Followup) -> Followup | None:
    return changing.begin(tx, core, known.id, generation=known.generation, occurrence=known.occurrence)


def _send(tx: Tx, core: Core, known: Followup) -> Followup | None:
    return changing.begin_sending(tx, core, known.id, generation=known.generation, occurrence=known.occurrence)


def _finish(tx: Tx, core: Core, known: Followup) -> Followup:
    return changing.finish(tx, core, known.id, because="its reminder was sent")


def _fail(tx: Tx, core: Core, known: Followup) -> Followup:
    return changing.fail(tx, core, known.id, because="its reminder could not be sent", error="5.1.1")


def _ask_again(tx: Tx, core: Core, known: Followup) -> Followup | None:
    return changing.ask_again(tx, core, known.id, asked=known.asked)


def _expire(tx: Tx, core: Core, known: Followup) -> Followup | None:
    return changing.expired_question(tx, core, known.id, asked=known.asked)


OPEN = {S.CLARIFYING, S.PENDING, S.DUE, S.EXECUTING, S.SENDING}
ALL = OPEN | {S.DONE, S.CANCELLED, S.FAILED}

# What each verb makes of a follow-up that stands where it begins; anywhere else it is refused (or None: nothing is to be done).
VERBS: dict[str, tuple[Verb, dict[FollowupStatus, FollowupStatus]]] = {
    "set_due": (_set_due, dict.fromkeys(ALL, S.PENDING)),
    "snooze": (_snooze, dict.fromkeys(ALL, S.PENDING)),
    "ask": (_ask, dict.fromkeys((S.CLARIFYING, S.PENDING), S.CLARIFYING)),
    "edit": (_edit, {each: each for each in OPEN}),
    "cancel": (_cancel, dict.fromkeys(OPEN, S.CANCELLED)),
    "complete": (_complete, dict.fromkeys(OPEN | {S.DONE, S.FAILED}, S.DONE)),
    "retry": (_retry, {S.FAILED: S.PENDING}),
    "take": (_take, {S.PENDING: S.DUE}),
    "begin": (_begin, dict.fromkeys((S.DUE, S.EXECUTING), S.EXECUTING)),
    "begin_sending": (_send, dict.fromkeys((S.EXECUTING, S.SENDING), S.SENDING)),
    "finish": (_finish, dict.fromkeys((S.EXECUTING, S.SENDING, S.FAILED), S.DONE)),
    "fail": (_fail, dict.fromkeys((S.CLARIFYING, S.DUE, S.EXECUTING, S.SENDING, S.DONE), S.FAILED)),
    "ask_again": (_ask_again, {S.CLARIFYING: S.CLARIFYING}),
    "expired_question": (_expire, {S.CLARIFYING: S.CANCELLED}),
}


@pytest.mark.parametrize("start", list(S), ids=lambda each: each.value)
@pytest.mark.parametrize("verb", list(VERBS))
async def test_each_verb_moves_what_stands_where_it_begins_and_nothing_else(
    core: Core, make: Make, verb: str, start: FollowupStatus
) -> None:
    do, ends = VERBS[verb]
    known = bring(core, make, start)
    history = await core.read(lambda tx: tasks.history(tx, known.id))
    if start in ends:
        moved = await core.write(lambda tx: do(tx, core, known))
        assert moved is not None
        assert moved.status is ends[start]
        if moved.status is not start:
            last = (await core.read(lambda tx: tasks.history(tx, known.id)))[-1]
            assert status_of(last.status, last.stage) is moved.status
            assert last.detail
        return
    with contextlib.suppress(IllegalMove):
        assert await core.write(lambda tx: do(tx, core, known)) is None
    assert await core.read(lambda tx: making.found(tx, known.id)) == known
    assert await core.read(lambda tx: tasks.history(tx, known.id)) == history


def test_every_move_of_the_table_is_made_by_some_verb_and_none_besides() -> None:
    made = {(start, end) for _, ends in VERBS.values() for start, end in ends.items() if start is not end}
    table = {(start, end) for start, ends in MOVES.items() for end in ends if start is not end}
    made |= {(S.EXECUTING, S.PENDING), (S.SENDING, S.PENDING), (S.FAILED, S.PENDING)}
    assert made == table


def test_the_moves_are_moves_of_its_task() -> None:
    for start, ends in MOVES.items():
        for end in ends:
            state, wanted = TASK_STATES[start][0], TASK_STATES[end][0]
            assert wanted in TRANSITIONS[state] or TaskStatus.QUEUED in TRANSITIONS[state]


async def test_a_step_for_another_occurrence_or_generation_is_not_done(core: Core, make: Make) -> None:
    known = bring(core, make, S.DUE)
    for generation, occurrence in ((1, 2), (2, 1), (1, 0)):
        begun = await core.write(
            lambda tx, g=generation, o=occurrence: changing.begin(tx, core, known.id, generation=g, occurrence=o)  # type: ignore[misc]
        )
        assert begun is None
    assert (await core.write(lambda tx: _begin(tx, core, known))) is not None


async def test_a_step_that_is_done_twice_is_done_once(core: Core, make: Make) -> None:
    known = bring(core, make, S.DUE)
    first = await core.write(lambda tx: _begin(tx, core, known))
    assert await core.write(lambda tx: _begin(tx, core, known)) == first
    sending = await core.write(lambda tx: _send(tx, core, known))
    assert await core.write(lambda tx: _send(tx, core, known)) == sending
    assert await core.write(lambda tx: _begin(tx, core, known)) is None


async def test_one_that_is_put_off_while_it_is_worked_on_is_not_sent(core: Core, make: Make) -> None:
    known = bring(core, make, S.EXECUTING)
    await core.write(lambda tx: _snooze(tx, core, known))
    assert await core.write(lambda tx: _send(tx, core, known)) is None


async def test_a_new_time_keeps_when_it_was_planned_only_when_it_is_put_off(core: Core, make: Make) -> None:
    known = make(due_at=clock.now() - HOUR)
    until = clock.now() + 2 * HOUR
    snoozed = await core.write(lambda tx: changing.snooze(tx, core, known.id, until, by=ADA, because="later"))
    assert (snoozed.due_at, snoozed.planned_at) == (until, known.planned_at)
    moved = await core.write(lambda tx: changing.set_due(tx, core, known.id, until + DAY, by=ADA, because="Monday"))
    assert (moved.due_at, moved.planned_at) == (until + DAY, until + DAY)


async def test_the_answer_to_a_question_is_kept_with_what_was_meant(core: Core, make: Make) -> None:
    known = bring(core, make, S.CLARIFYING)
    readings = ({"begins": "2026-11-27T09:00:00"},)
    answered = await core.write(
        lambda tx: changing.set_due(
            tx, core, known.id, in_an_hour(), by=ADA, because="the 27th", readings=readings, phrase="the second"
        )
    )
    assert (answered.status, answered.readings, answered.phrase) == (S.PENDING, readings, "the second")
    again = await core.write(lambda tx: _set_due(tx, core, known))
    assert again.readings == readings


async def test_a_rule_is_given_and_taken_away(core: Core, make: Make) -> None:
    known = make()
    at = clock.from_datetime(clock.to_datetime(clock.now()).replace(microsecond=0)) + DAY
    weekly = await core.write(
        lambda tx: changing.set_due(tx, core, known.id, at, by=ADA, because="every week", rule="FREQ=WEEKLY")
    )
    assert weekly.rule == "FREQ=WEEKLY"
    assert making.starts_of(at, known.zone) == weekly.starts
    once = await core.write(lambda tx: changing.set_due(tx, core, known.id, at, by=ADA, because="once", rule=""))
    assert (once.rule, once.starts) == ("", "")
    with pytest.raises(BadInput):
        await core.write(lambda tx: changing.set_due(tx, core, known.id, at, by=ADA, because="x", rule="FREQ=MINUTELY"))


async def test_who_changes_something_is_in_the_audit_trail_and_the_system_is_not(core: Core, make: Make) -> None:
    known = make()
    await core.write(lambda tx: _set_due(tx, core, known))
    await core.write(lambda tx: _edit(tx, core, known))
    await core.write(lambda tx: changing.cancel(tx, core, known.id, by=None, because="their reply came"))
    await core.write(lambda tx: _snooze(tx, core, known))
    await core.write(lambda tx: _complete(tx, core, known))
    entries = [entry for _, entry in await core.read(lambda tx: audit.listing(tx)) if entry.resource == known.id]
    assert [entry.action for entry in reversed(entries)] == [
        "followup.dated",
        "followup.edited",
        "followup.snoozed",
        "followup.done",
    ]
    assert {entry.actor for entry in entries} == {"ada@mailwright.test"}


async def test_a_failure_is_audited_and_tried_again_as_a_new_generation(core: Core, make: Make) -> None:
    known = bring(core, make, S.FAILED)
    assert known.last_error == "5.1.1 no such user"
    actions = [entry.action for _, entry in await core.read(lambda tx: audit.listing(tx))]
    assert actions.count("followup.failed") == 1
    again = await core.write(lambda tx: changing.retry(tx, core, known.id, by=ADA))
    assert (again.status, again.generation, again.last_error) == (S.PENDING, known.generation + 1, "")
    assert again.due_at is not None
    assert again.due_at <= clock.now()


async def test_an_ended_one_that_is_wanted_after_all_keeps_its_history(core: Core, make: Make) -> None:
    known = bring(core, make, S.DONE)
    again = await core.write(lambda tx: _snooze(tx, core, known))
    assert (again.status, again.completed_at) == (S.PENDING, None)
    assert again.generation == known.generation + 1
    states = [each.status for each in await core.read(lambda tx: tasks.history(tx, known.id))]
    assert states[-3:] == ["complete", "queued", "waiting"]


async def test_texts_are_changed_alone_and_within_bounds(core: Core, make: Make) -> None:
    known = make()
    edited = await core.write(
        lambda tx: changing.edit(tx, core, known.id, by=ADA, context="by noon", action=Action.REMIND_AND_DRAFT)
    )
    assert (edited.what, edited.context, edited.action) == (known.what, "by noon", Action.REMIND_AND_DRAFT)
    assert await core.write(lambda tx: changing.edit(tx, core, known.id, by=ADA)) == edited
    for changes in ({"what": ""}, {"what": "x" * 501}):
        with pytest.raises(BadInput):
            await core.write(lambda tx, c=changes: changing.edit(tx, core, known.id, by=ADA, **c))  # type: ignore[misc]


async def test_what_is_not_there_is_not_found(core: Core) -> None:
    verbs: list[Callable[[Tx], Any]] = [
        lambda tx: changing.cancel(tx, core, new_id(), by=ADA, because="x"),
        lambda tx: changing.edit(tx, core, new_id(), by=ADA, what="x"),
        lambda tx: changing.set_due(tx, core, new_id(), in_an_hour(), by=ADA, because="x"),
    ]
    for verb in verbs:
        with pytest.raises(NotFound):
            await core.write(verb)
    assert await core.write(lambda tx: changing.begin(tx, core, new_id(), generation=1, occurrence=1)) is None


async def test_a_question_is_put_twice_and_then_dropped(core: Core, make: Make) -> None:
    known = bring(core, make, S.CLARIFYING)
    assert known.asked_at is not None
    again = await core.write(lambda tx: changing.ask_again(tx, core, known.id, asked=1))
    assert again is not None
    assert (again.asked, again.due_at) == (2, known.asked_at + core.settings.followup_question)
    assert await core.write(lambda tx: changing.ask_again(tx, core, known.id, asked=1)) is None
    assert await core.write(lambda tx: changing.expired_question(tx, core, known.id, asked=1)) is None
    dropped = await core.write(lambda tx: changing.expired_question(tx, core, known.id, asked=2))
    assert dropped is not None
    assert (dropped.status, dropped.because) == (S.CANCELLED, "nobody answered when it is due")
    assert await core.write(lambda tx: changing.expired_question(tx, core, known.id)) is None
