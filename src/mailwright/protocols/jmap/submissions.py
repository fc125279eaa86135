"""EmailSubmission/get, /changes, /query, /queryChanges: what was sent, and what became of it (RFC 8621 §7). /set is `sending`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mailwright.codecs.jmap import dates
from mailwright.core import emailsubmissions, outbox
from mailwright.core.emailsubmissions import smtp_reply
from mailwright.domain.ids import is_id
from mailwright.protocols.jmap.accounts import Scope, scope_in
from mailwright.protocols.jmap.capabilities import MAX_OBJECTS_IN_GET, SUBMISSION
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.standard import (
    QUERY_CHANGES_NAMES,
    Change,
    Since,
    changed,
    check_names,
    got,
    holds,
    invalid,
    parse_filter,
    parse_get,
    parse_max_changes,
    parse_query,
    parse_sort,
    queried,
    query_changed,
    since_state,
)
from mailwright.storage import Tx, email_submissions, removed
from mailwright.storage.email_submissions import EmailSubmission
from mailwright.storage.outbox import OutboxRow

PROPERTIES = (
    "id",
    "identityId",
    "emailId",
    "threadId",
    "envelope",
    "sendAt",
    "undoStatus",
    "deliveryStatus",
    "dsnBlobIds",
    "mdnBlobIds",
)
SLICE = 500  # ids in one question


def record(tx: Tx, found: EmailSubmission) -> dict[str, Any]:
    """The whole object."""
    return {
        "id": found.id,
        "identityId": found.identity_id,
        "emailId": found.message_id,
        "threadId": found.thread_id,
        "envelope": {name: found.envelope[name] for name in ("mailFrom", "rcptTo")},
        "sendAt": dates.utc_text(found.send_at),
        "undoStatus": found.undo_status,
        "deliveryStatus": _delivery(emailsubmissions.progress_of(tx, found)),
        "dsnBlobIds": [],  # notices are Emails here, in the conversation they belong to
        "mdnBlobIds": [],
    }


def _delivery(progress: Mapping[str, OutboxRow]) -> dict[str, dict[str, str]] | None:
    """RFC 8621 §7: null when it is not known any more."""
    return {
        email: {"smtpReply": smtp_reply(row), "delivered": _delivered(row), "displayed": "unknown"}
        for email, row in progress.items()
    } or None


def _delivered(row: OutboxRow) -> str:
    if row.status in ("queued", "sending") or row.is_held:
        return "queued"
    if row.status == "sent":
        # RFC 8621 §7: relayed to somebody else is not delivered.
        return "yes" if row.channel == outbox.LOCAL else "unknown"
    return "no"


async def _get(call: Call, arguments: Arguments) -> Arguments:
    asked = parse_get(call, arguments, PROPERTIES)

    def look(tx: Tx) -> Arguments:
        scope = _scope(tx, call, arguments)
        if asked.ids is None:
            found = email_submissions.of_user(tx, scope.owner.id, MAX_OBJECTS_IN_GET + 1)
            if len(found) > MAX_OBJECTS_IN_GET:
                raise MethodError("requestTooLarge", f"at most {MAX_OBJECTS_IN_GET} objects at once")
        else:
            wanted = [each for each in asked.ids if is_id(each)]
            found = [
                each
                for start in range(0, len(wanted), SLICE)
                for each in email_submissions.with_ids(tx, scope.owner.id, wanted[start : start + SLICE])
            ]
        known = {each.id for each in found}
        missing = [each for each in asked.ids or () if each not in known]
        return got(scope, scope.state(tx), [asked.select(record(tx, each)) for each in found], missing)

    return await call.core.read(look)


async def _changes(call: Call, arguments: Arguments) -> Arguments:
    check_names(arguments, {"accountId", "sinceState", "maxChanges"})
    most = parse_max_changes(arguments)

    def look(tx: Tx) -> Arguments:
        scope = _scope(tx, call, arguments)
        since = since_state(tx, scope, arguments.get("sinceState"))
        return changed(tx, scope, since, _changes_since(tx, scope, since), most)[0]

    return await call.core.read(look)


def _changes_since(tx: Tx, scope: Scope, since: Since) -> list[Change]:
    here = email_submissions.changed_since(tx, scope.owner.id, since.floor)
    gone = removed.since(tx, scope.owner.id, "submission", since.floor)
    return [*(Change(*each, False) for each in here), *(Change(key, 0, at, True) for key, at in gone)]


async def _query(call: Call, arguments: Arguments) -> Arguments:
    asked = parse_query(call, arguments)
    _check(asked.filter, asked.sort)

    def look(tx: Tx) -> Arguments:
        scope = _scope(tx, call, arguments)
        ids = _results(tx, call, scope, asked.filter, asked.sort)
        return queried(scope, scope.state(tx), ids, asked, can_calculate=True)

    return await call.core.read(look)


async def _query_changes(call: Call, arguments: Arguments) -> Arguments:
    check_names(arguments, QUERY_CHANGES_NAMES)
    found, sort = parse_filter(arguments), parse_sort(arguments)
    names = _check(found, sort)

    def look(tx: Tx) -> Arguments:
        scope = _scope(tx, call, arguments)
        since = since_state(tx, scope, arguments.get("sinceQueryState"), "sinceQueryState")
        touched = {each.id for each in _changes_since(tx, scope, since)}
        ids = _results(tx, call, scope, found, sort)
        # All of a submission but its undoStatus stays as it was made.
        return query_changed(scope, arguments, scope.state(tx), ids, touched, is_immutable="undoStatus" not in names)

    return await call.core.read(look)


def _results(tx: Tx, call: Call, scope: Scope, found: dict[str, Any] | None, sort: list[dict[str, Any]]) -> list[str]:
    every = email_submissions.of_user(tx, scope.owner.id)
    matching = [each for each in every if holds(found, lambda condition, each=each: _matches(call, each, condition))]  # type: ignore[misc]
    matching.sort(
        key=lambda each: (each.send_at, each.id), reverse=True
    )  # what comes last leads, when nobody says otherwise
    for comparator in reversed(sort):
        matching.sort(key=_SORTS[comparator["property"]], reverse=not comparator.get("isAscending", True))
    return [each.id for each in matching]


def _matches(call: Call, each: EmailSubmission, condition: dict[str, Any]) -> bool:
    for name, value in condition.items():
        if name in _ID_CONDITIONS:
            if _ID_CONDITIONS[name](each) not in {call.resolve(one) for one in value}:
                return False
        elif name == "undoStatus":
            if each.undo_status != value:
                return False
        else:
            moment = dates.parse_utc(value) or 0
            # To the second, as `sendAt` is shown.
            if (each.send_at < moment) is not (name == "before"):
                return False
    return True


def _check(found: dict[str, Any] | None, sort: list[dict[str, Any]]) -> set[str]:
    """The names of the conditions. Raises MethodError unsupportedFilter, unsupportedSort, invalidArguments."""
    for comparator in sort:
        if comparator["property"] not in _SORTS or set(comparator) - {"property", "isAscending", "collation"}:
            raise MethodError("unsupportedSort")
    names: set[str] = set()
    waiting = [] if found is None else [found]
    while waiting:
        each = waiting.pop()
        if "operator" in each:
            waiting += each["conditions"]
            continue
        for name, value in each.items():
            names.add(name)
            if name in _ID_CONDITIONS:
                fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
            elif name == "undoStatus":
                fits = isinstance(value, str)
            elif name in ("before", "after"):
                fits = dates.parse_utc(value) is not None
            else:
                raise MethodError("unsupportedFilter", f"there is no condition {name[:100]!r}")
            if not fits:
                raise invalid("filter", f"{name} is something else")
    return names


_ID_CONDITIONS: Mapping[str, Callable[[EmailSubmission], str]] = {
    "identityIds": lambda each: each.identity_id,
    "emailIds": lambda each: each.message_id,
    "threadIds": lambda each: each.thread_id,
}
_SORTS: Mapping[str, Callable[[EmailSubmission], Any]] = {
    "emailId": lambda each: each.message_id,
    "threadId": lambda each: each.thread_id,
    "sentAt": lambda each: each.send_at,  # RFC 8621 §7.3 calls it so; it is sendAt
}


def _scope(tx: Tx, call: Call, arguments: Arguments) -> Scope:
    return scope_in(tx, call, arguments.get("accountId"), capability=SUBMISSION)


METHODS = {
    "EmailSubmission/get": Method(_get, SUBMISSION),
    "EmailSubmission/changes": Method(_changes, SUBMISSION),
    "EmailSubmission/query": Method(_query, SUBMISSION),
    "EmailSubmission/queryChanges": Method(_query_changes, SUBMISSION),
}
