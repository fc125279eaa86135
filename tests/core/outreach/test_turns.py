"""Turns: in order for each person, fair between them, never more than there is room for, and each mail taken once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailwright.core import Core, tasks
from mailwright.core.accounts import Account
from mailwright.core.outreach import editing, making, turns
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE
from mailwright.domain.outreach import Limits
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.storage import Tx, outreachsteps, outreachturns
from mailwright.storage import outreach as rows
from mailwright.storage.database import Row
from tests.core.outreach.conftest import ADA, Make, MakeBatch, finished, person, wish


def _take(core: Core, at_once: int = 8) -> list[turns.Taken]:
    return core.database.write_now(lambda tx: turns.take(tx, Limits(at_once=at_once), clock.now()))


def _end(core: Core, taken: list[turns.Taken]) -> None:
    for id, _ in taken:
        core.database.write_now(partial(finished, outreach_id=id))


def _names(core: Core, taken: list[turns.Taken]) -> list[str]:
    found = core.database.read_now(lambda tx: [rows.by_id(tx, id) for id, _ in taken])
    return [each.name for each in found if each is not None]


def test_mails_are_taken_in_order_and_no_more_than_there_is_room_for(core: Core, make: Make) -> None:
    made = [make(f"Person {number}") for number in range(5)]
    taken = _take(core, at_once=3)
    assert taken == [(each.id, 1) for each in made[:3]]
    assert _take(core, at_once=3) == []
    standing = core.database.read_now(lambda tx: tasks.get(tx, made[0].id))
    assert (standing.status, standing.stage, standing.attempts) == (TaskStatus.RUNNING, Stage.TEMPLATE_PARSER.value, 1)
    _end(core, taken[:1])
    assert _take(core, at_once=3) == [(made[3].id, 1)]


def test_people_have_turns_one_after_the_other_however_much_one_of_them_wants(
    core: Core, make: Make, make_batch: MakeBatch, bashir: Account, chen: Account
) -> None:
    make_batch(20)
    first = _take(core, at_once=1)
    make("B1", owner=bashir)
    make("C1", owner=chen)
    make("B2", owner=bashir)
    order = []
    for _ in range(6):
        _end(core, first)
        first = _take(core, at_once=1)
        order += _names(core, first)
    # Ada's second stands before those who came after her first was taken.
    assert order == ["Person 2", "B1", "C1", "Person 3", "B2", "Person 4"]


def test_who_comes_again_after_a_while_does_not_overtake_those_who_wait(
    core: Core, make: Make, make_batch: MakeBatch, bashir: Account
) -> None:
    make_batch(5)
    taken = _take(core, at_once=1)
    for number in range(3):
        make(f"B{number}", owner=bashir)
        _end(core, taken)
        taken = _take(core, at_once=1)
        assert _names(core, taken) == [f"Person {number + 2}"]
        _end(core, taken)
        taken = _take(core, at_once=1)
        assert _names(core, taken) == [f"B{number}"]


def test_mail_of_a_paused_batch_is_passed_over_and_takes_nobodys_turn(
    core: Core, make: Make, make_batch: MakeBatch, bashir: Account
) -> None:
    batch = make_batch(3)
    core.database.write_now(lambda tx: tx.execute("UPDATE outreach_batches SET paused = ?", (True,)))
    make("Later")
    make("B1", owner=bashir)
    assert _names(core, _take(core)) == ["Later", "B1"]
    assert core.database.read_now(lambda tx: outreachturns.waiting_counts(tx)) == {}
    core.database.write_now(
        lambda tx: tx.execute("UPDATE outreach_batches SET paused = ? WHERE id = ?", (False, batch.id))
    )
    assert _names(core, _take(core)) == ["Person 1", "Person 2", "Person 3"]


def test_a_mail_that_is_written_again_begins_at_the_step_that_was_not_done(core: Core, make: Make) -> None:
    made = make()
    _take(core)

    def fail(tx: Tx) -> None:
        for step in ("template_parser", "web_research"):
            outreachsteps.begin(tx, made.id, step, clock.now())
            outreachsteps.finish(tx, made.id, step, "{}", now=clock.now(), latency_us=1)
        tasks.finish(tx, made.id, TaskStatus.FAILED, because="the service was away")
        tasks.requeue(tx, made.id)

    core.database.write_now(fail)
    assert _take(core) == [(made.id, 2)]
    assert core.database.read_now(lambda tx: tasks.get(tx, made.id)).stage == Stage.PAPERS.value


def test_what_is_silent_for_long_is_given_again_and_again_after_as_long(core: Core, make: Make) -> None:
    made = make()
    _take(core)
    later = clock.now() + 3 * MINUTE
    assert core.database.write_now(lambda tx: turns.stale(tx, clock.now())) == []
    assert core.database.write_now(lambda tx: turns.stale(tx, later)) == [(made.id, 1)]
    assert core.database.write_now(lambda tx: turns.stale(tx, later + MINUTE)) == []
    assert core.database.write_now(lambda tx: turns.stale(tx, later + 3 * MINUTE)) == [(made.id, 1)]


def test_two_who_take_at_once_never_take_the_same_nor_too_many(core: Core, make_batch: MakeBatch) -> None:
    make_batch(30)
    limits = Limits(at_once=20)
    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(core.database.write_now, lambda tx: turns.take(tx, limits, clock.now())) for _ in range(8)]
        taken = [each for look in looks for each in look.result()]
    assert len(taken) == len(set(taken)) == 20


def test_many_who_ask_take_end_and_cancel_at_once_lose_no_mail_and_write_none_twice(
    core: Core, ada: Account, bashir: Account, chen: Account
) -> None:
    limits = Limits(at_once=3)
    done: list[turns.Taken] = []

    def ask(number: int) -> None:
        owner = (ada, bashir, chen)[number % 3]
        made = core.database.write_now(lambda tx: making.make(tx, core, owner, wish(f"Person {number}")))
        if number % 7 == 0:
            with suppress(editing.NotNow):
                core.database.write_now(lambda tx: editing.cancel(tx, owner, made.id, by=ADA))

    def work(_: int) -> None:
        for _ in range(12):
            taken = core.database.write_now(lambda tx: turns.take(tx, limits, clock.now()))
            assert core.database.read_now(outreachturns.running) <= 3
            for id, generation in taken:
                with suppress(tasks.IllegalMove):  # it was cancelled
                    core.database.write_now(partial(finished, outreach_id=id))
                    done.append((id, generation))

    with ThreadPoolExecutor(4) as pool:
        for look in [*[pool.submit(ask, number) for number in range(24)], *[pool.submit(work, n) for n in range(3)]]:
            look.result()
    work(0)
    assert len(done) == len(set(done))
    counts: dict[str, int] = core.database.read_now(
        lambda tx: dict(tx.all("SELECT status, COUNT(*) FROM tasks GROUP BY status"))
    )
    assert counts.keys() <= {"complete", "cancelled"}
    assert (sum(counts.values()), counts["complete"]) == (24, len(done))


def test_whose_turn_it_is_is_read_from_the_index_of_the_scribes_tasks(core: Core, make: Make) -> None:
    if core.database.dialect != "sqlite":
        pytest.skip("PostgreSQL chooses by what is in the tables")
    made = make()
    plans: list[str] = []

    class Explaining:
        """Asks how a question would be answered."""

        def __init__(self, tx: Tx) -> None:
            self._tx = tx

        def all(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
            plans.extend(row[-1] for row in self._tx.all(f"EXPLAIN QUERY PLAN {sql}", params))
            return []

        def scalar(self, sql: str, params: Sequence[Any] = ()) -> int:
            self.all(sql, params)
            return 0

    def explain(tx: Tx) -> None:
        asked = cast(Tx, Explaining(tx))
        outreachturns.waiting_people(asked)
        outreachturns.next_of(asked, made.user_id, 8)
        outreachturns.running(asked)
        outreachturns.waiting_counts(asked)

    core.database.read_now(explain)
    looks = [plan for plan in plans if " tasks" in plan or " t " in plan]
    assert len(looks) >= 4
    assert all("ix_tasks_scribe " in plan or "sqlite_autoindex_tasks" in plan for plan in looks), looks


def test_a_mail_is_told_how_many_come_before_it(core: Core, make: Make, bashir: Account, chen: Account) -> None:
    mine = [make(f"A{number}") for number in range(3)]
    theirs = [make(f"B{number}", owner=bashir) for number in range(2)]
    make("C0", owner=chen)
    told = core.database.read_now(lambda tx: turns.positions(tx, mine[0].user_id, [each.id for each in mine]))
    assert [told[each.id] for each in mine] == [0, 3, 5]  # A0 B0 C0 A1 B1 A2
    told = core.database.read_now(lambda tx: turns.positions(tx, bashir.id, [theirs[1].id, mine[0].id]))
    assert told == {theirs[1].id: 4}
    assert _names(core, _take(core)) == ["A0", "B0", "C0", "A1", "B1", "A2"]
    assert core.database.read_now(lambda tx: turns.positions(tx, bashir.id, [theirs[1].id])) == {}


_PEOPLE = ("ada", "bashir", "chen")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    what=st.lists(
        st.one_of(
            st.tuples(st.just("ask"), st.sampled_from(_PEOPLE), st.integers(1, 4)),
            st.tuples(st.just("end"), st.integers(0, 7), st.just(0)),
            st.tuples(st.just("take"), st.integers(1, 4), st.just(0)),
        ),
        max_size=25,
    )
)
def test_between_two_turns_of_one_who_waits_nobody_else_has_two(
    core: Core, what: list[tuple[str, str | int, int]]
) -> None:
    _clear(core)
    order: list[tuple[str, str]] = []  # who was taken, and which
    asked: dict[str, list[str]] = {name: [] for name in _PEOPLE}
    began: dict[str, list[int]] = {}  # where in `order` each mail began to wait
    at_work: list[str] = []
    for kind, which, many in [*what, ("take", 4, 0), ("end", 0, 0), ("take", 4, 0)]:
        if kind == "ask":
            account = person(core, str(which))
            for _ in range(many):
                made = core.database.write_now(lambda tx, account=account: making.make(tx, core, account, wish()))  # type: ignore[misc]
                asked[str(which)].append(made.id)
                began[made.id] = [len(order)]
        elif kind == "end" and at_work:
            _end(core, [(at_work.pop(int(which) % len(at_work)), 1)])
        elif kind == "take":
            for id, _ in _take(core, at_once=int(which)):
                order.append((next(name for name in _PEOPLE if id in asked[name]), id))
                at_work.append(id)
            assert len(at_work) <= 4
    for name in _PEOPLE:
        taken = [id for who, id in order if who == name]
        assert taken == asked[name][: len(taken)]  # in the order they were asked for
        for id in taken:
            at = order.index((name, id))
            since = max([began[id][0], *(order.index((name, each)) + 1 for each in taken[: taken.index(id)])])
            others = Counter(who for who, _ in order[since:at])
            assert all(count <= 1 for count in others.values()), (name, order)


def _clear(core: Core) -> None:
    def clear(tx: Tx) -> None:
        for table in ("outreach_steps", "outreach", "task_events", "tasks", "scribes"):
            tx.execute(f"DELETE FROM {table}")

    core.database.write_now(clear)
