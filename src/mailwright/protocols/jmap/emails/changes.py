"""Email/changes (RFC 8621 §4.3), from the journal of the account.

A message that its reader cannot see any more (it has \\Deleted, or was moved to where they may not read) counts as destroyed; in
somebody else's account one that came to where they may read counts as created.
"""

from __future__ import annotations

from mailwright.domain.ids import is_id
from mailwright.protocols.jmap.accounts import Scope, scope_in
from mailwright.protocols.jmap.capabilities import MAIL
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.emails.properties import is_visible
from mailwright.protocols.jmap.standard import (
    MAX_CHANGES,
    Change,
    Since,
    changed,
    check_names,
    parse_max_changes,
    since_state,
)
from mailwright.storage import Tx, listing

MAX_FOREIGN = 20_000  # changes of somebody else's account that are looked through: most of them may be none of ours


async def changes(call: Call, arguments: Arguments) -> Arguments:
    """What was created, updated and destroyed since."""
    check_names(arguments, {"accountId", "sinceState", "maxChanges"})
    most = parse_max_changes(arguments)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"))
        since = since_state(tx, scope, arguments.get("sinceState"))
        if since.after and not is_id(since.after):
            raise MethodError("cannotCalculateChanges")
        limit = min(most or MAX_CHANGES, MAX_CHANGES) + 1
        found = _own(tx, scope, since, limit) if scope.personal else _shared(tx, scope, since)
        return changed(tx, scope, since, found, most)[0]

    return await call.core.read(look)


def _own(tx: Tx, scope: Scope, since: Since, limit: int) -> list[Change]:
    found = {
        each.id: Change(each.id, 0, each.modseq, True)
        for each in listing.first_gone(tx, scope.owner.id, since.modseq, since.after, limit)
    }
    for row in listing.first_changed(tx, scope.owner.id, since.modseq, since.after, limit):
        seen = row.mailbox_id in scope.readable and is_visible(row.flags)
        found[row.id] = Change(row.id, row.created_modseq, row.modseq, not seen)
    for message_id, modseq in listing.being_removed(tx, scope.owner.id, since.floor):
        found[message_id] = Change(message_id, 0, modseq, True)
    return list(found.values())


def _shared(tx: Tx, scope: Scope, since: Since) -> list[Change]:
    rows = listing.changed(tx, scope.owner.id, since.floor, MAX_FOREIGN)
    gone = sorted(listing.gone(tx, scope.owner.id, since.floor, MAX_FOREIGN), key=lambda each: each.modseq)
    if len(rows) == MAX_FOREIGN or len(gone) == MAX_FOREIGN:
        raise MethodError("cannotCalculateChanges", "too much changed since")
    readable = scope.readable
    # Where each message was first since then, and when it last left a mailbox that may be read.
    first: dict[str, str] = {}
    left: dict[str, int] = {}
    for place in gone:
        first.setdefault(place.id, place.mailbox_id)
        if place.mailbox_id in readable:
            left[place.id] = place.modseq
    found = {key: Change(key, 0, modseq, True) for key, modseq in left.items()}
    for row in rows:
        if row.mailbox_id in readable and is_visible(row.flags):
            came = row.id in first and first[row.id] not in readable
            found[row.id] = Change(row.id, row.modseq if came else row.created_modseq, row.modseq, False)
        elif row.mailbox_id in readable:
            found[row.id] = Change(row.id, 0, row.modseq, True)
    return list(found.values())


METHODS = {"Email/changes": Method(changes, MAIL)}
