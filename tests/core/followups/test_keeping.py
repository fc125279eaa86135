"""How long follow-ups are kept, and what goes with a person or with the concierge."""

from __future__ import annotations

import pytest

from mailwright.core import Core, accounts, retention, tasks
from mailwright.core.accounts import Account
from mailwright.core.followups import changing, making, scanning
from mailwright.domain import clock
from mailwright.domain.clock import DAY
from mailwright.domain.followups import FollowupStatus
from mailwright.storage import Tx
from mailwright.storage import followups as rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.followups import Followup
from tests.core.followups.conftest import ADA, Make
from tests.core.followups.states import bring

S = FollowupStatus
KEPT = 60 * DAY


@pytest.fixture
def after(core: Core, monkeypatch: pytest.MonkeyPatch) -> int:
    """The moment when what ends now has been kept long enough."""
    object.__setattr__(core.settings, "redact_after", KEPT)
    return clock.now() + KEPT + DAY


async def test_the_texts_of_one_that_ended_go_and_its_history_stays(
    core: Core, make: Make, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, waits = bring(core, make, S.DONE), make(due_at=after + DAY)
    await core.write(lambda tx: task_rows.add_snapshot(tx, ended.id, '{"what": "Call"}', clock.now()))
    await retention.sweep(core)
    assert await _found(core, ended) == ended
    monkeypatch.setattr("mailwright.domain.clock.now", lambda: after)
    await retention.sweep(core)
    left = await _found(core, ended)
    assert (left.what, left.who, left.context, left.phrase, left.readings) == ("", "", "", "", ())
    assert (left.status, left.redacted_at, left.due_at) == (S.DONE, after, ended.due_at)
    assert await core.read(lambda tx: tasks.history(tx, ended.id))
    assert await core.read(lambda tx: tx.scalar("SELECT count(*) FROM snapshots")) == 0
    assert await _found(core, waits) == waits
    await retention.sweep(core)
    assert await _found(core, ended) == left


async def test_where_mail_is_kept_for_ever_they_have_a_time_of_their_own(
    core: Core, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, now = bring(core, make, S.DONE), clock.now()
    monkeypatch.setattr("mailwright.domain.clock.now", lambda: now + core.settings.followups_kept - DAY)
    await retention.sweep(core)
    assert await _found(core, ended) == ended
    monkeypatch.setattr("mailwright.domain.clock.now", lambda: now + core.settings.followups_kept + DAY)
    await retention.sweep(core)
    assert (await _found(core, ended)).what == ""


async def test_with_a_person_their_follow_ups_go_and_nobody_is_reminded(core: Core, make: Make, ada: Account) -> None:
    known = make(due_at=clock.now() - DAY)
    bring(core, make, S.SENDING)
    done = bring(core, make, S.DONE)
    await core.write(lambda tx: accounts.remove_user(tx, ada.email))
    assert await core.read(lambda tx: rows.by_id(tx, known.id)) is None
    assert await scanning.take_due(core, clock.now()) == []
    states = await core.read(lambda tx: {tasks.get(tx, each.id).status.value for each in (known, done)})
    assert states == {"cancelled", "complete"}
    assert await core.read(lambda tx: tx.scalar("SELECT count(*) FROM tasks WHERE completed_at IS NULL")) == 0


async def test_with_the_concierge_its_follow_ups_come_to_nothing(core: Core, make: Make, concierge: Account) -> None:
    known = make(due_at=clock.now() - DAY)
    await core.write(lambda tx: accounts.remove_user(tx, concierge.email))
    left = await _found(core, known)
    assert (left.status, left.because) == (S.CANCELLED, "the concierge was removed")
    assert await scanning.take_due(core, clock.now()) == []


async def test_whom_it_declined_is_forgotten_with_them(core: Core, concierge: Account, ada: Account) -> None:
    def note(tx: Tx) -> None:
        for sender in (ada.email, "bashir@mailwright.test"):
            tx.insert("declined", agent_user_id=concierge.id, sender=sender, at=clock.now())
        tx.execute("UPDATE users SET phone = '+4915112345678' WHERE id = ?", (ada.id,))
        tx.insert("whatsapp_contacts", phone="+4915112345678", heard_at=clock.now())

    await core.write(note)
    await core.write(lambda tx: accounts.remove_user(tx, ada.email))
    assert await core.read(lambda tx: tx.all("SELECT sender FROM declined")) == [("bashir@mailwright.test",)]
    assert await core.read(lambda tx: tx.all("SELECT phone FROM whatsapp_contacts")) == []


async def test_one_whose_texts_are_gone_can_still_be_wanted_again(
    core: Core, make: Make, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = bring(core, make, S.FAILED)
    monkeypatch.setattr("mailwright.domain.clock.now", lambda: after)
    await retention.sweep(core)
    assert (await core.write(lambda tx: changing.retry(tx, core, ended.id, by=ADA))).status is S.PENDING


async def _found(core: Core, known: Followup) -> Followup:
    return await core.read(lambda tx: making.found(tx, known.id))
