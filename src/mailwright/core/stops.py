"""The stop switch: thrown, every agent in its scope does nothing more, and what agents have queued does not leave.

Called by agents (`check`, `engaged`: before a run, before each effect, in the sending transaction), by the dashboard, the command line
and by mail from the person themselves (`stopmail`) to throw it and put it back.
Promises: throwing twice is throwing once. What is queued and unsent is held by the row of the switch itself (`storage.outbox` asks for
it whenever something is to leave), so a message that is queued while the switch is being thrown is held as well; put back, the
messages go out once, however long it took.
Does not: take back what has left, or end what a model is being asked (its answer has no effect).
"""

from __future__ import annotations

from mailwright.core.messages import storable
from mailwright.domain import clock
from mailwright.domain.events import OUTBOX_QUEUED
from mailwright.domain.ids import is_id, new_id
from mailwright.domain.refusals import BadInput, NotFound, Refusal
from mailwright.storage import Tx, accounts, administration, audit
from mailwright.storage import outbox as outbox_rows
from mailwright.storage import stops as rows
from mailwright.storage.audit import Actor
from mailwright.storage.stops import Scope, Stop

MAX_BECAUSE = 500  # characters
SLICE = 500  # rows looked at in one go

_PLACES = {"installation": "for everybody", "tenant": "for this organisation", "user": "for this person"}


class Stopped(Refusal):
    """The stop switch is thrown: agents do nothing."""

    code = "stopped"


def engaged(tx: Tx, *, tenant_id: str, user_id: str | None) -> str:
    """Why agents do nothing for that person, or "" when they may work."""
    found = rows.in_force(tx, tenant_id=tenant_id, user_id=user_id)
    return described(found[0]) if found else ""


def check(tx: Tx, *, tenant_id: str, user_id: str | None) -> None:
    """Raises Stopped."""
    because = engaged(tx, tenant_id=tenant_id, user_id=user_id)
    if because:
        raise Stopped(because)


def described(stop: Stop) -> str:
    """In a few words."""
    return f"the stop switch is on {_PLACES[stop.scope]}, by {stop.engaged_by}{f': {stop.because}' if stop.because else ''}"


def engage(tx: Tx, scope: Scope, scope_id: str | None, *, because: str = "", by: Actor) -> Stop:
    """Throw it for everybody (`installation`, no id), a tenant or a person. Thrown already, it stays as it is. Raises NotFound, BadInput."""
    tenant_id = _tenant_of(tx, scope, scope_id)
    tx.lock(f"stop switch {scope_id or scope}")
    found = rows.of_scope(tx, scope, scope_id)
    if found is not None:
        return found
    stop = Stop(new_id(), scope, scope_id, storable(because.strip())[:MAX_BECAUSE], by.name, clock.now())
    rows.insert(tx, stop)
    audit.note(tx, by, "agents.stopped", resource=_resource(scope, scope_id), tenant_id=tenant_id)
    return stop


def release(tx: Tx, scope: Scope, scope_id: str | None, *, by: Actor) -> bool:
    """Put it back; what was held leaves now, unless a wider switch is thrown. False when it was not thrown. Raises NotFound, BadInput."""
    tenant_id = _tenant_of(tx, scope, scope_id)
    tx.lock(f"stop switch {scope_id or scope}")
    found = rows.of_scope(tx, scope, scope_id)
    if found is None or not rows.release(tx, found.id, by.name, clock.now()):
        return False
    _let_go(tx, found)
    audit.note(tx, by, "agents.resumed", resource=_resource(scope, scope_id), tenant_id=tenant_id)
    return True


def in_force(tx: Tx, *, tenant_id: str, user_id: str | None) -> list[Stop]:
    """Every switch that holds for that person, the widest first."""
    return rows.in_force(tx, tenant_id=tenant_id, user_id=user_id)


def listing(tx: Tx) -> list[Stop]:
    """Every switch that is thrown."""
    return rows.listing(tx)


def _let_go(tx: Tx, stop: Stop) -> None:
    """The time in which a message must be delivered begins anew, and who sends looks at once."""
    served_id = stop.scope_id if stop.scope == "user" else None
    tenant_id = stop.scope_id if stop.scope == "tenant" else None
    now, last = clock.now(), ""
    while found := outbox_rows.of_agents(tx, served_id=served_id, tenant_id=tenant_id, after_id=last, limit=SLICE):
        outbox_rows.begin_anew(tx, [row for row in found if row.since < now], now)
        last = found[-1].id
    tx.kinds.add(OUTBOX_QUEUED)


def _tenant_of(tx: Tx, scope: Scope, scope_id: str | None) -> str | None:
    if (scope == "installation") != (scope_id is None):
        raise BadInput("the whole installation has no id, everything else has one")
    if scope_id is None:
        return None
    if not is_id(scope_id):
        raise NotFound(f"there is no {scope} {scope_id[:64]}")
    if scope == "user":
        account = accounts.by_id(tx, scope_id)
        if account is None:
            raise NotFound(f"there is no user {scope_id}")
        return account.tenant_id
    if administration.tenant(tx, scope_id) is None:
        raise NotFound(f"there is no tenant {scope_id}")
    return scope_id


def _resource(scope: Scope, scope_id: str | None) -> str:
    return scope if scope_id is None else f"{scope}:{scope_id}"
