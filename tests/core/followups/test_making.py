"""Making follow-ups: one for a task, one for a key, bounded, and never with a time that was guessed."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core import Core, tasks
from mailwright.core.accounts import Account
from mailwright.core.followups import changing, making
from mailwright.domain import clock
from mailwright.domain.clock import DAY
from mailwright.domain.followups import AskedIn, FollowupStatus
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput, NotFound, TooManyRequests
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.storage import Tx, assignments
from mailwright.storage import followups as rows
from mailwright.storage.tasks import Task
from tests.core.followups.conftest import ADA, Make, wanted


def _task(tx: Tx, ada: Account, message_id: str) -> Task:
    return tasks.create(
        tx,
        tenant_id=ada.tenant_id,
        agent=making.AGENT,
        assignment_id=new_id(),
        message_id=message_id,
        correspondent=ada.email,
        user_id=ada.id,
    )


async def test_the_task_of_a_message_becomes_its_follow_up_and_waits(
    core: Core, ada: Account, concierge: Account
) -> None:
    message_id, new = new_id(), wanted()
    task = await core.write(lambda tx: _task(tx, ada, message_id))
    await core.write(lambda tx: tasks.start_attempt(tx, task.id, Stage.THINK, attempt=1))
    made = await core.write(
        lambda tx: making.make(tx, core, task, concierge.id, AskedIn.MAIL, new, source_id=message_id)
    )
    assert (made.status, made.due_at, made.planned_at) == (FollowupStatus.PENDING, new.due_at, new.due_at)
    assert (made.what, made.source_id, made.occurrence, made.asked) == (new.what, message_id, 0, 0)
    again = await core.write(
        lambda tx: making.make(tx, core, task, concierge.id, AskedIn.MAIL, wanted(what="Other"), source_id=message_id)
    )
    assert again == made
    told = await core.read(lambda tx: [(each.status, each.stage) for each in tasks.history(tx, task.id)])
    assert told == [("queued", ""), ("running", "think"), ("waiting", "pending")]


async def test_one_without_a_time_is_clarifying_and_looked_at_halfway(core: Core, make: Make) -> None:
    for changes in ({"due_at": None}, {"question": True}):
        made = make(**changes)
        assert made.status is FollowupStatus.CLARIFYING
        assert (made.asked, made.planned_at) == (1, None)
        assert made.asked_at is not None
        assert made.due_at is not None
        assert abs(made.due_at - made.asked_at - core.settings.followup_question // 2) < clock.MINUTE


async def test_the_same_key_is_the_same_follow_up_and_of_one_person_only(
    core: Core, make: Make, concierge: Account
) -> None:
    first, second = make(key="button:1"), make(key="button:1", what="Something else")
    assert first == second
    bashir = await core.read(lambda tx: _account(tx, "bashir@mailwright.test"))
    theirs = await core.write(lambda tx: making.add(tx, core, bashir, wanted(), key="button:1"))
    assert theirs.id != first.id
    assert (theirs.user_id, theirs.agent_user_id) == (bashir.id, concierge.id)


async def test_a_key_that_was_used_makes_nothing_anew_also_after_its_end(core: Core, make: Make) -> None:
    first = make(key="k")
    await core.write(lambda tx: changing.cancel(tx, core, first.id, by=ADA, because="no more"))
    assert make(key="k").status is FollowupStatus.CANCELLED


@pytest.mark.parametrize(
    "changes",
    [
        {"what": " "},
        {"what": "x" * 501},
        {"context": "x" * 1001},
        {"zone": "Mars/Olympus"},
        {"zone": "../../etc/passwd"},
        {"rule": "FREQ=SECONDLY"},
        {"rule": "FREQ=DAILY\nEXRULE:FREQ=DAILY"},
        {"rule": "FREQ=DAILY", "starts": "soon"},
        {"language": "xx"},
        {"readings": ({"begins": "x"},) * 13},
        {"due_at": 2**62},
    ],
    ids=lambda each: "-".join(each),
)
async def test_what_cannot_be_kept_is_refused_and_nothing_is_left(
    core: Core, make: Make, changes: dict[str, Any]
) -> None:
    with pytest.raises(BadInput):
        make(**changes)
    assert await core.read(lambda tx: tx.scalar("SELECT count(*) FROM tasks")) == 0


async def test_text_that_no_table_takes_is_kept_without_what_it_does_not_take(make: Make) -> None:
    made = make(what="Call\x00 \ud800 Bob", who=" Bob ")
    assert (made.what, made.who) == ("Call ? Bob", "Bob")


async def test_a_person_has_only_so_many_open(core: Core, make: Make) -> None:
    object.__setattr__(core.settings, "followups_open", 2)
    first = make()
    make()
    with pytest.raises(TooManyRequests):
        make()
    await core.write(lambda tx: changing.cancel(tx, core, first.id, by=ADA, because="no more"))
    assert make().status is FollowupStatus.PENDING


async def test_without_a_concierge_nothing_is_added(core: Core, ada: Account) -> None:
    with pytest.raises(NotFound):
        await core.write(lambda tx: making.add(tx, core, ada, wanted(), key="k"))


async def test_one_that_is_switched_off_does_not_speak(core: Core, ada: Account, concierge: Account) -> None:
    serving = await core.read(lambda tx: making.concierge_of(tx, ada.tenant_id))
    assert serving is not None
    await core.write(lambda tx: assignments.set_enabled(tx, serving.id, enabled=False))
    with pytest.raises(NotFound):
        await core.write(lambda tx: making.add(tx, core, ada, wanted(), key="k"))


async def test_lists_are_by_person_state_and_time(core: Core, make: Make, ada: Account) -> None:
    later, sooner = make(due_at=clock.now() + 2 * DAY), make(due_at=clock.now() + DAY)
    ended = make()
    await core.write(lambda tx: changing.cancel(tx, core, ended.id, by=ADA, because="no more"))
    coming = await core.read(lambda tx: rows.coming(tx, ada.id, limit=10))
    assert [each.id for each in coming] == [sooner.id, later.id]
    until = clock.now() + DAY + clock.HOUR
    assert [each.id for each in await core.read(lambda tx: rows.coming(tx, ada.id, until=until, limit=10))] == [
        sooner.id
    ]
    newest = await core.read(lambda tx: rows.of_user(tx, ada.id, limit=2))
    assert [each.id for each in newest] == [ended.id, sooner.id]
    older = await core.read(lambda tx: rows.of_user(tx, ada.id, before=newest[-1].id, limit=2))
    assert [each.id for each in older] == [later.id]
    cancelled = await core.read(lambda tx: rows.of_user(tx, ada.id, states=(TaskStatus.CANCELLED,), limit=9))
    assert [each.id for each in cancelled] == [ended.id]


def _account(tx: Tx, email: str) -> Account:
    from mailwright.core import accounts

    return accounts.find(tx, email)
