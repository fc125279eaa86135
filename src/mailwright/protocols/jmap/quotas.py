"""Quota/get, /changes, /query and /queryChanges (RFC 9425): how much room an account has, and uses.

There is one quota, of octets of mail, for an account that has a limit; one without has none.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from mailwright.protocols.jmap.accounts import scope_in
from mailwright.protocols.jmap.capabilities import QUOTA
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.standard import (
    QUERY_CHANGES_NAMES,
    Change,
    changed,
    check_names,
    got,
    holds,
    invalid,
    parse_get,
    parse_max_changes,
    parse_query,
    queried,
    since_state,
)
from mailwright.storage import Tx
from mailwright.storage.accounts import Account

ID = "octets"
PROPERTIES = (
    "id", "resourceType", "used", "hardLimit", "scope", "name", "types", "warnLimit", "softLimit", "description",
)  # fmt: skip
_WARNING = 0.9  # of the limit: time to throw something away
_CONDITIONS = {"name": str, "scope": str, "resourceType": str, "type": str}
_SORTS = ("name", "used")


async def _get(call: Call, arguments: Arguments) -> Arguments:
    asked = parse_get(call, arguments, PROPERTIES)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"), capability=QUOTA)
        known = _quotas(scope.owner)
        ids = list(known) if asked.ids is None else asked.ids
        found = [asked.select(known[each]) for each in ids if each in known]
        return got(scope, scope.state(tx), found, [each for each in ids if each not in known])

    return await call.core.read(look)


async def _changes(call: Call, arguments: Arguments) -> Arguments:
    check_names(arguments, {"accountId", "sinceState", "maxChanges"})
    most = parse_max_changes(arguments)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"), capability=QUOTA)
        since = since_state(tx, scope, arguments.get("sinceState"))
        now = since_state(tx, scope, scope.state(tx))
        # Whatever happens to mail may change what is used; the limit is an administrator's, who counts no change of mail.
        changes = [Change(each, 0, now.modseq, False) for each in _quotas(scope.owner)]
        answer, _ = changed(tx, scope, since, changes, most)
        return {**answer, "updatedProperties": None}

    return await call.core.read(look)


async def _query(call: Call, arguments: Arguments) -> Arguments:
    asked = parse_query(call, arguments)
    for comparator in asked.sort:
        if comparator["property"] not in _SORTS:
            raise MethodError("unsupportedSort")

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"), capability=QUOTA)
        found = [key for key, quota in _quotas(scope.owner).items() if holds(asked.filter, partial(_matches, quota))]
        return queried(scope, scope.state(tx), found, asked, can_calculate=False)

    return await call.core.read(look)


async def _query_changes(call: Call, arguments: Arguments) -> Arguments:
    check_names(arguments, QUERY_CHANGES_NAMES)
    await call.core.read(lambda tx: scope_in(tx, call, arguments.get("accountId"), capability=QUOTA))
    raise MethodError("cannotCalculateChanges")


def _quotas(account: Account) -> dict[str, dict[str, Any]]:
    if account.quota_bytes is None:
        return {}
    warn = int(account.quota_bytes * _WARNING)
    values = (
        ID,
        "octets",
        account.used_bytes,
        account.quota_bytes,
        "account",
        account.email,
        ["Mail"],
        warn,
        None,
        None,
    )
    return {ID: dict(zip(PROPERTIES, values, strict=True))}


def _matches(quota: dict[str, Any], condition: dict[str, Any]) -> bool:
    for name, value in condition.items():
        if name not in _CONDITIONS:
            raise MethodError("unsupportedFilter", f"there is no condition {name[:100]!r}")
        if not isinstance(value, _CONDITIONS[name]):
            raise invalid("filter", f"{name} is something else")
    return (
        condition.get("name", "").casefold() in quota["name"].casefold()
        and condition.get("scope", quota["scope"]) == quota["scope"]
        and condition.get("resourceType", quota["resourceType"]) == quota["resourceType"]
        and condition.get("type", quota["types"][0]) in quota["types"]
    )


METHODS = {
    "Quota/get": Method(_get, QUOTA),
    "Quota/changes": Method(_changes, QUOTA),
    "Quota/query": Method(_query, QUOTA),
    "Quota/queryChanges": Method(_query_changes, QUOTA),
}
