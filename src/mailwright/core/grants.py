"""Grants: what a person lets an agent do without being asked each time.

Called by the monitor (`allows`), by the dashboard and the command line. Only the person themselves gives and revokes, or who has a
shell on the machine.
Promises: a grant allows what it says and nothing near it: an address means exactly that one, @domain everybody at exactly that
domain, any other target the tool or host of that name; * means all.
"""

from __future__ import annotations

from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.ids import is_id, new_id
from mailwright.domain.refusals import BadAddress, BadInput, NotFound
from mailwright.storage import Tx, accounts, audit
from mailwright.storage import grants as rows
from mailwright.storage.audit import Actor
from mailwright.storage.grants import Grant

ACTIONS = ("send", "invite", "share", "change", "delete", "search", "fetch", "call", "spend")
"""What can be granted: words of `agents.policy.Action`. The others need no grant."""
TO_PEOPLE = ("send", "invite", "share")
"""Of these the target is an address, @domain or *."""
EVERYTHING = "*"
ANY_AGENT = "*"
MAX_TARGET = 320
MAX_GRANTS = 500  # of one person; more is a table that nobody looks over any more


def allows(tx: Tx, user_id: str, agent: str, action: str, target: str) -> Grant | None:
    """The grant by which that agent may do that to that target for a person, or None."""
    return rows.matching(tx, user_id, (agent, ANY_AGENT), action, _meant_by(action, target))


def give(tx: Tx, user_id: str, agent: str, action: str, target: str, *, by: Actor) -> Grant:
    """Allow it from now on; what is allowed already stays as it is. Raises BadInput, BadAddress, NotFound."""
    account = accounts.by_id(tx, user_id) if is_id(user_id) else None
    if account is None:
        raise NotFound(f"there is no user {user_id[:64]}")
    if action not in ACTIONS:
        raise BadInput(f"{action[:40]!r} cannot be granted; there are {', '.join(ACTIONS)}")
    if not agent.isascii() or (not agent.replace("-", "").isalnum() and agent != ANY_AGENT):
        raise BadInput("name the agent, or * for each")
    wanted = _spelled(action, target)
    tx.lock(f"grants of {user_id}")
    found = rows.matching(tx, user_id, (agent,), action, (wanted,))
    if found is not None:
        return found
    if len(rows.listing(tx, user_id, limit=MAX_GRANTS)) >= MAX_GRANTS:
        raise BadInput(f"a person has at most {MAX_GRANTS} grants; revoke some first")
    grant = Grant(new_id(), account.tenant_id, user_id, agent, action, wanted, by.name, clock.now())
    rows.insert(tx, grant)
    audit.note(tx, by, "grant.given", resource=_resource(grant), tenant_id=account.tenant_id)
    return grant


def revoke(tx: Tx, grant_id: str, *, by: Actor, user_id: str | None = None) -> Grant:
    """Allow it no more; only `user_id`'s when that is given. Raises NotFound, also for somebody else's."""
    found = rows.by_id(tx, grant_id) if is_id(grant_id) else None
    if found is None or (user_id is not None and found.user_id != user_id):
        raise NotFound("there is no such grant")
    if rows.revoke(tx, found.id, clock.now()):
        audit.note(tx, by, "grant.revoked", resource=_resource(found), tenant_id=found.tenant_id)
    return rows.by_id(tx, found.id) or found


def listing(tx: Tx, user_id: str | None, *, revoked: bool = False) -> list[Grant]:
    """What a person has granted (None: everybody), oldest first."""
    return rows.listing(tx, user_id, revoked=revoked)


def _meant_by(action: str, target: str) -> tuple[str, ...]:
    """The spellings of grants that a target falls under."""
    if action not in TO_PEOPLE:
        return (target.strip().casefold(), EVERYTHING)
    try:
        address = Address.parse(target.strip())
    except BadAddress:
        return ()
    return (str(address).lower(), f"@{address.domain}", EVERYTHING)


def _spelled(action: str, target: str) -> str:
    target = target.strip()
    if target == EVERYTHING:
        return target
    if not target or len(target) > MAX_TARGET or not target.isprintable():
        raise BadInput("say what the grant is for: an address, @domain, the name of a tool or host, or *")
    if action not in TO_PEOPLE:
        return target.casefold()
    if target.startswith("@"):
        return f"@{Address.parse(f'anybody{target}').domain}"
    return str(Address.parse(target)).lower()


def _resource(grant: Grant) -> str:
    return f"grant:{grant.id} {grant.agent} may {grant.action} {grant.target}"
