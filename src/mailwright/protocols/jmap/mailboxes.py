"""Mailbox/get, /changes, /query and /queryChanges (RFC 8621 §2); /set is in `mailboxset`."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Any

from mailwright.codecs.jmap import collations
from mailwright.protocols.jmap import mailboxset
from mailwright.protocols.jmap.accounts import Scope, scope_in
from mailwright.protocols.jmap.capabilities import MAIL, MAX_OBJECTS_IN_GET
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.mailboxtree import COUNTS, PROPERTIES, Node, ancestors, children, record, tree
from mailwright.protocols.jmap.standard import (
    QUERY_CHANGES_NAMES,
    Change,
    Since,
    boolean,
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
from mailwright.storage import Tx, removed

_AS_TREE = ("sortAsTree", "filterAsTree")


async def _get(call: Call, arguments: Arguments) -> Arguments:
    asked = parse_get(call, arguments, PROPERTIES)
    counted = asked.properties is None or any(name in COUNTS for name in asked.properties)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"))
        nodes = tree(tx, scope)
        ids = list(nodes) if asked.ids is None else asked.ids
        if asked.ids is None and len(ids) > MAX_OBJECTS_IN_GET:
            raise MethodError("requestTooLarge", f"there are more than {MAX_OBJECTS_IN_GET}; ask for them by id")
        found = [asked.select(record(tx, nodes[each], counted=counted)) for each in ids if each in nodes]
        return got(scope, scope.state(tx), found, [each for each in ids if each not in nodes])

    return await call.core.read(look)


async def _changes(call: Call, arguments: Arguments) -> Arguments:
    check_names(arguments, {"accountId", "sinceState", "maxChanges"})
    most = parse_max_changes(arguments)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"))
        since = since_state(tx, scope, arguments.get("sinceState"))
        answer, updated = changed(tx, scope, since, _changes_since(tx, scope, since), most)
        # RFC 8621 §2.2: when only the counts are other ones, a client need not read the rest again.
        itself = any(scope.reached[each].mailbox.changed_modseq > since.floor for each in updated)
        answer["updatedProperties"] = None if itself or not updated else list(COUNTS)
        return answer

    return await call.core.read(look)


def _changes_since(tx: Tx, scope: Scope, since: Since) -> list[Change]:
    found = []
    for each in scope.reached.values():
        mailbox = each.mailbox
        modseq = max(mailbox.modseq, mailbox.changed_modseq)
        if modseq > since.floor:
            found.append(Change(mailbox.id, mailbox.created_modseq, modseq, False))
    # In somebody else's account what was shared and is gone changes the digest of the state, and nobody comes here.
    if scope.personal:
        gone = removed.since(tx, scope.owner.id, "mailbox", since.floor)
        found += [Change(mailbox_id, 0, modseq, True) for mailbox_id, modseq in gone]
    return found


async def _query(call: Call, arguments: Arguments) -> Arguments:
    asked = parse_query(call, arguments, extra=_AS_TREE)
    found = _Query(call, asked.filter, asked.sort, arguments)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"))
        return queried(scope, scope.state(tx), found.results(tree(tx, scope)), asked, can_calculate=True)

    return await call.core.read(look)


async def _query_changes(call: Call, arguments: Arguments) -> Arguments:
    check_names(arguments, {*QUERY_CHANGES_NAMES, *_AS_TREE})
    found = _Query(call, parse_filter(arguments), parse_sort(arguments), arguments)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"))
        since = since_state(tx, scope, arguments.get("sinceQueryState"), "sinceQueryState")
        nodes = tree(tx, scope)
        touched = {
            change.id
            for change in _changes_since(tx, scope, since)
            if change.gone or scope.reached[change.id].mailbox.changed_modseq > since.floor
        }
        if found.as_tree:  # what is below moves with it
            touched |= {node.id for node in nodes.values() if any(a.id in touched for a in ancestors(nodes, node))}
        return query_changed(scope, arguments, scope.state(tx), found.results(nodes), touched)

    return await call.core.read(look)


class _Query:
    """A checked filter and sort. Raises MethodError unsupportedFilter, unsupportedSort, invalidArguments."""

    def __init__(
        self, call: Call, found: dict[str, Any] | None, sort: list[dict[str, Any]], arguments: Arguments
    ) -> None:
        self._call = call
        self._filter = found
        self._sort = sort
        self._sort_as_tree = boolean(arguments, "sortAsTree")
        self._filter_as_tree = boolean(arguments, "filterAsTree")
        for comparator in sort:
            unknown = set(comparator) - {"property", "isAscending", "collation"}
            collation = comparator.get("collation", collations.DEFAULT)
            if unknown or comparator["property"] not in _SORTS or not collations.is_known(collation):
                raise MethodError("unsupportedSort")
        _check(found)

    @property
    def as_tree(self) -> bool:
        return self._sort_as_tree or self._filter_as_tree

    def results(self, nodes: dict[str, Node]) -> list[str]:
        """The ids that the query finds, in order."""
        matching = {node.id for node in nodes.values() if holds(self._filter, partial(self._matches, node))}
        if self._filter_as_tree:
            matching = {each for each in matching if all(a.id in matching for a in ancestors(nodes, nodes[each]))}
        ordered = self._walk(children(nodes)) if self._sort_as_tree else self._sorted(list(nodes.values()))
        return [node.id for node in ordered if node.id in matching]

    def _sorted(self, nodes: list[Node]) -> list[Node]:
        ordered = sorted(nodes, key=lambda node: (node.order, collations.key(node.name), node.id))
        for comparator in reversed(self._sort):
            key = _SORTS[comparator["property"]](comparator.get("collation", collations.DEFAULT))
            ordered.sort(key=key, reverse=not comparator.get("isAscending", True))
        return ordered

    def _walk(self, below: dict[str | None, list[Node]]) -> list[Node]:
        """RFC 8621 §2.3, sortAsTree: each before what is below it, those with the same parent in order."""
        found: list[Node] = []
        waiting = list(reversed(self._sorted(below.get(None, []))))
        while waiting:
            node = waiting.pop()
            found.append(node)
            waiting.extend(reversed(self._sorted(below.get(node.id, []))))
        return found

    def _matches(self, node: Node, condition: dict[str, Any]) -> bool:
        for name, value in condition.items():
            if name == "parentId":
                wanted = self._call.resolve(value) if isinstance(value, str) else None
                if node.parent_id != wanted:
                    return False
            elif not _CONDITIONS[name](node, value):
                return False
        return True


def _check(found: dict[str, Any] | None) -> None:
    """Raises MethodError unsupportedFilter for a condition nobody knows, invalidArguments for a value that cannot be."""
    waiting = [] if found is None else [found]
    while waiting:
        each = waiting.pop()
        if "operator" in each:
            waiting += each["conditions"]
            continue
        for name, value in each.items():
            if name not in _TYPES:
                raise MethodError("unsupportedFilter", f"there is no condition {name[:100]!r}")
            if not isinstance(value, _TYPES[name]):
                raise invalid("filter", f"{name} is something else")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


_NULL = type(None)
_TYPES: dict[str, type | tuple[type, ...]] = {
    "parentId": (str, _NULL),
    "name": str,
    "role": (str, _NULL),
    "hasAnyRole": bool,
    "isSubscribed": bool,
}
_CONDITIONS: dict[str, Callable[[Node, Any], bool]] = {
    "name": lambda node, value: _folded(value) in _folded(node.name),
    "role": lambda node, value: node.role == value,
    "hasAnyRole": lambda node, value: (node.role is not None) is value,
    "isSubscribed": lambda node, value: node.is_subscribed is value,
}
_SORTS: dict[str, Callable[[str], Callable[[Node], Any]]] = {
    "sortOrder": lambda _collation: lambda node: node.order,
    "name": lambda collation: lambda node: collations.key(node.name, collation),
}

METHODS = {
    "Mailbox/get": Method(_get, MAIL),
    "Mailbox/changes": Method(_changes, MAIL),
    "Mailbox/query": Method(_query, MAIL),
    "Mailbox/queryChanges": Method(_query_changes, MAIL),
    "Mailbox/set": Method(mailboxset.set_mailboxes, MAIL),
}
