"""Follow-ups brought to a state by the moves that lead there."""

from __future__ import annotations

from mailwright.core import Core
from mailwright.core.followups import changing, making
from mailwright.domain import clock
from mailwright.domain.clock import HOUR
from mailwright.domain.followups import FollowupStatus
from mailwright.storage import Tx
from mailwright.storage import followups as rows
from mailwright.storage.audit import SYSTEM
from mailwright.storage.followups import Followup
from tests.core.followups.conftest import Make

S = FollowupStatus


def bring(core: Core, make: Make, status: FollowupStatus, **changes: object) -> Followup:
    """A follow-up that stands there."""
    made = make(due_at=None, **changes) if status is S.CLARIFYING else make(**changes)
    return core.database.write_now(lambda tx: move(tx, core, made, status))


def move(tx: Tx, core: Core, made: Followup, status: FollowupStatus) -> Followup:
    """From pending on."""
    id = made.id
    if status in (S.DUE, S.EXECUTING, S.SENDING, S.DONE, S.FAILED):
        known = rows.hold(tx, id)
        assert known is not None
        (taken,) = changing.take(tx, [known])
        this = {"generation": taken.generation, "occurrence": taken.occurrence}
        if status is not S.DUE:
            changing.begin(tx, core, id, **this)
        if status in (S.SENDING, S.DONE, S.FAILED):
            changing.begin_sending(tx, core, id, **this)
        if status is S.DONE:
            changing.finish(tx, core, id, because="its reminder was sent")
        if status is S.FAILED:
            changing.fail(tx, core, id, because="its reminder could not be sent", error="5.1.1 no such user")
    elif status is S.CANCELLED:
        changing.cancel(tx, core, id, by=SYSTEM, because="no more")
    found = making.found(tx, id)
    assert found.status is status
    return found


def in_an_hour() -> int:
    return clock.now() + HOUR
