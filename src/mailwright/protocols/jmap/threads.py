"""Thread/get and Thread/changes (RFC 8621 §3)."""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.domain.ids import is_id
from mailwright.protocols.jmap.accounts import Scope, scope_in
from mailwright.protocols.jmap.capabilities import MAIL, MAX_OBJECTS_IN_GET
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.standard import (
    Change,
    Since,
    changed,
    check_names,
    got,
    parse_get,
    parse_max_changes,
    since_state,
)
from mailwright.storage import Tx, threads
from mailwright.storage.messages import Flag
from mailwright.storage.threads import Member

PROPERTIES = ("id", "emailIds")


async def _get(call: Call, arguments: Arguments) -> Arguments:
    asked = parse_get(call, arguments, PROPERTIES)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"))
        ids = asked.ids
        if ids is None:
            ids = threads.first_of(tx, scope.owner.id, MAX_OBJECTS_IN_GET + 1)
            if len(ids) > MAX_OBJECTS_IN_GET:
                raise MethodError("requestTooLarge", f"there are more than {MAX_OBJECTS_IN_GET}; ask for them by id")
        seen = _seen(tx, scope, ids)
        found = [
            asked.select({"id": key, "emailIds": [each.message_id for each in seen[key]]}) for key in ids if key in seen
        ]
        missing = [] if asked.ids is None else [key for key in ids if key not in seen]
        return got(scope, scope.state(tx), found, missing)

    return await call.core.read(look)


async def _changes(call: Call, arguments: Arguments) -> Arguments:
    check_names(arguments, {"accountId", "sinceState", "maxChanges"})
    most = parse_max_changes(arguments)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"))
        since = since_state(tx, scope, arguments.get("sinceState"))
        return changed(tx, scope, since, _changes_since(tx, scope, since), most)[0]

    return await call.core.read(look)


def _seen(tx: Tx, scope: Scope, thread_ids: Sequence[str]) -> dict[str, list[Member]]:
    """What the asker sees of the threads, those of which they see anything: what is \\Deleted is not there (§4.1.1)."""
    readable = scope.readable
    found: dict[str, list[Member]] = {}
    for member in threads.members(tx, scope.owner.id, [each for each in thread_ids if is_id(each)]):
        if member.mailbox_id in readable and not member.flags & Flag.DELETED:
            found.setdefault(member.thread_id, []).append(member)
    return found


def _changes_since(tx: Tx, scope: Scope, since: Since) -> list[Change]:
    """Threads that messages joined or left. A flag alone changes no Thread, unless it makes the message disappear.

    Nor does a move in one's own account; in somebody else's it may be out of sight, or into it.
    """
    readable = scope.readable
    places: dict[str, int] = {}
    for thread_id, mailbox_id, modseq in threads.joined_since(tx, scope.owner.id, since.floor, Flag.DELETED):
        if mailbox_id in readable:
            places[thread_id] = max(places.get(thread_id, 0), modseq)
    hidden: set[str] = set()
    for left in threads.left_since(tx, scope.owner.id, since.floor):
        if left.thread_id is None:
            raise MethodError("cannotCalculateChanges")
        if left.moved and scope.personal:
            continue
        if not scope.personal and left.mailbox_id not in readable and left.thread_id not in places:
            hidden.add(left.thread_id)  # of what was never shown nobody hears that it is gone
        places[left.thread_id] = max(places.get(left.thread_id, 0), left.modseq)
    seen = _seen(tx, scope, list(places))
    changes = []
    for thread_id, modseq in places.items():
        members = seen.get(thread_id)
        if members is not None:
            changes.append(Change(thread_id, min(each.created_modseq for each in members), modseq, False))
        elif thread_id not in hidden:
            changes.append(Change(thread_id, 0, modseq, True))
    return changes


METHODS = {
    "Thread/get": Method(_get, MAIL),
    "Thread/changes": Method(_changes, MAIL),
}
