"""What /get, /changes and /query of every type have in common (RFC 8620 §5); /set is in `changing`.

Called by the handlers. Arguments are checked here once, so that each type only says what is special about it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mailwright.codecs.jmap.request import is_id
from mailwright.protocols.jmap.accounts import Scope
from mailwright.protocols.jmap.capabilities import MAX_OBJECTS_IN_GET
from mailwright.protocols.jmap.dispatch import Arguments, Call, MethodError
from mailwright.storage import Tx, accounts

MAX_CHANGES = 10_000  # ids in one answer to /changes; the client asks on from the state it is given
MAX_FILTER_DEPTH = 16
MAX_CONDITIONS = 256  # in one filter

# --- /get -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Getting:
    """The arguments of a /get. `ids` None: all; each once. `properties` None: what is given without being asked for."""

    ids: list[str] | None
    properties: tuple[str, ...] | None

    def select(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record with what was asked for; the id always (RFC 8620 §5.1)."""
        if self.properties is None:
            return record
        return {"id": record["id"], **{name: record[name] for name in self.properties if name != "id"}}


def check_names(arguments: Arguments, known: Collection[str]) -> None:
    """Raises MethodError invalidArguments for an argument that the method does not have."""
    if unknown := sorted(set(arguments) - set(known)):
        raise invalid(unknown[0], "the method has no such argument")


def invalid(name: str, reason: str) -> MethodError:
    """The error for an argument that is not what it should be."""
    return MethodError("invalidArguments", f"{name}: {reason}"[:500], arguments=[name])


def parse_get(
    call: Call,
    arguments: Arguments,
    known: Collection[str],
    *,
    extra: Collection[str] = (),
    is_known: Callable[[str], bool] | None = None,
) -> Getting:
    """The arguments of a /get for a type with the properties `known` (or those that `is_known` says); `extra` are its own.

    Raises MethodError invalidArguments, requestTooLarge.
    """
    check_names(arguments, {"accountId", "ids", "properties", *extra})
    ids = arguments.get("ids")
    if ids is not None:
        ids = list(dict.fromkeys(call.resolve(each) or each for each in id_list(ids, "ids")))
        if len(ids) > MAX_OBJECTS_IN_GET:
            raise MethodError("requestTooLarge", f"at most {MAX_OBJECTS_IN_GET} objects at once")
    properties = arguments.get("properties")
    if properties is not None:
        if not isinstance(properties, list) or not all(isinstance(each, str) for each in properties):
            raise invalid("properties", "it is a list of names")
        properties = tuple(dict.fromkeys(properties))
        for each in properties:
            # RFC 8620 §5.1: an invalid property is an error of the whole call.
            if each not in known and not (is_known is not None and is_known(each)):
                raise invalid("properties", f"there is no property {each[:100]!r}")
    return Getting(ids, properties)


def id_list(value: Any, name: str) -> list[str]:
    """A list of ids (or references to creation ids). Raises MethodError invalidArguments."""
    if not isinstance(value, list) or not all(is_reference(each) for each in value):
        raise invalid(name, "it is a list of ids")
    return value


def is_reference(value: Any) -> bool:
    """Whether that is an Id, or `#` and a creation id."""
    return is_id(value) or (isinstance(value, str) and value.startswith("#") and is_id(value[1:]))


def got(scope: Scope, state: str, records: Sequence[dict[str, Any]], not_found: Iterable[str]) -> Arguments:
    """The answer to a /get."""
    return {"accountId": scope.id, "state": state, "list": list(records), "notFound": list(not_found)}


# --- /changes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Since:
    """A state to count changes from: a modseq, and the id up to which the changes of that modseq are known ("": all).

    The second is in intermediate states only: one modseq may change more objects than a client wants to hear of at once.
    """

    modseq: int
    after: str
    text: str

    @property
    def floor(self) -> int:
        """Only objects with a higher modseq can have changed since."""
        return self.modseq - 1 if self.after else self.modseq


class Change(NamedTuple):
    """An object that changed: `created` and `modseq` are those of its row; `gone`: it was destroyed at `modseq`."""

    id: str
    created: int
    modseq: int
    gone: bool


def since_state(tx: Tx, scope: Scope, text: Any, name: str = "sinceState") -> Since:
    """The state that a client goes on from. Raises MethodError invalidArguments, cannotCalculateChanges."""
    if not isinstance(text, str):
        raise invalid(name, "it is a state")
    place, _, digest = text.partition(".")
    number, _, after = place.partition("~")
    known = number.isascii() and number.isdigit() and len(number) <= 18
    # In somebody else's account other rights may show or hide anything: the client has to look at everything anew.
    if not known or digest != scope.digest or int(number) > accounts.modseq_of(tx, scope.owner.id):
        raise MethodError("cannotCalculateChanges")
    return Since(int(number), after, text)


def changed(
    tx: Tx, scope: Scope, since: Since, changes: Iterable[Change], max_changes: int | None
) -> tuple[Arguments, list[str]]:
    """The answer to a /changes, and the ids that are `updated` in it. `changes` may be more than those since then.

    An object stands where it was created, if that was since, else where it last changed: so a client that stops in between
    hears of each object first that it is there, and never misses what came after.
    """
    most = MAX_CHANGES if max_changes is None else min(max_changes, MAX_CHANGES)
    start = (since.modseq, since.after or "~")  # "~" is behind every id
    found = []
    for change in changes:
        new = not change.gone and (change.created, change.id) > start
        place = (change.created if new else change.modseq, change.id)
        if place > start:
            found.append((place, "destroyed" if change.gone else "created" if new else "updated"))
    found.sort()
    more = len(found) > most
    state = scope.state(tx)
    if more:
        (modseq, last), _ = found[most - 1]
        state = f"{modseq}~{last}" + (f".{scope.digest}" if scope.digest else "")
    kinds: dict[str, list[str]] = {"created": [], "updated": [], "destroyed": []}
    for (_, object_id), kind in found[:most]:
        kinds[kind].append(object_id)
    answer = {"accountId": scope.id, "oldState": since.text, "newState": state, "hasMoreChanges": more, **kinds}
    return answer, kinds["updated"]


def parse_max_changes(arguments: Arguments) -> int | None:
    """RFC 8620 §5.2: positive, or null. Raises MethodError invalidArguments."""
    value = arguments.get("maxChanges")
    if value is None:
        return None
    if not is_unsigned(value) or value == 0:
        raise invalid("maxChanges", "it is a number above 0")
    return int(value)


# --- /query ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Querying:
    """The arguments of a /query that every type has; `filter` and `sort` are the type's to read."""

    filter: Any
    sort: list[dict[str, Any]]
    position: int
    anchor: str | None
    anchor_offset: int
    limit: int | None
    calculate_total: bool


QUERY_NAMES = ("accountId", "filter", "sort", "position", "anchor", "anchorOffset", "limit", "calculateTotal")
QUERY_CHANGES_NAMES = ("accountId", "filter", "sort", "sinceQueryState", "maxChanges", "upToId", "calculateTotal")


def parse_query(call: Call, arguments: Arguments, *, extra: Collection[str] = ()) -> Querying:
    """The arguments of a /query. Raises MethodError invalidArguments."""
    check_names(arguments, {*QUERY_NAMES, *extra})
    anchor, limit = arguments.get("anchor"), arguments.get("limit")
    if anchor is not None:
        if not is_reference(anchor):
            raise invalid("anchor", "it is an id")
        anchor = call.resolve(anchor) or anchor
    if limit is not None and not is_unsigned(limit):
        raise invalid("limit", "it is a number, not below 0")  # RFC 8620 §5.5
    return Querying(
        parse_filter(arguments),
        parse_sort(arguments),
        _integer(arguments, "position"),
        anchor,
        _integer(arguments, "anchorOffset"),
        limit,
        boolean(arguments, "calculateTotal"),
    )


def parse_sort(arguments: Arguments) -> list[dict[str, Any]]:
    """The Comparators, whose common properties are well-formed; `property` is the type's to know."""
    sort = arguments.get("sort")
    if sort is None:
        return []
    if not isinstance(sort, list) or not all(
        isinstance(each, dict)
        and isinstance(each.get("property"), str)
        and isinstance(each.get("isAscending", True), bool)
        and isinstance(each.get("collation", ""), str)
        for each in sort
    ):
        raise invalid("sort", "it is a list of comparators")
    return sort


def parse_filter(arguments: Arguments) -> dict[str, Any] | None:
    """The filter, whose operators are well-formed; the conditions are the type's to know."""
    found = arguments.get("filter")
    if found is None:
        return None
    waiting, count = [(found, 1)], 0
    while waiting:
        each, depth = waiting.pop()
        count += 1
        if not isinstance(each, dict) or count > MAX_CONDITIONS or depth > MAX_FILTER_DEPTH:
            raise invalid("filter", "it is no filter, or one with too many conditions")
        if "operator" in each:
            inner = each.get("conditions")
            if each["operator"] not in ("AND", "OR", "NOT") or not isinstance(inner, list) or len(each) != 2:
                raise invalid("filter", "an operator is AND, OR or NOT, with conditions")
            waiting.extend((one, depth + 1) for one in inner)
    assert isinstance(found, dict)
    return found


def holds(found: dict[str, Any] | None, condition: Callable[[dict[str, Any]], bool]) -> bool:
    """Whether a filter (from `parse_filter`) holds, where `condition` says so of each of its conditions."""
    if found is None:
        return True
    if "operator" not in found:
        return condition(found)
    inner = (holds(each, condition) for each in found["conditions"])
    if found["operator"] == "AND":
        return all(inner)
    return any(inner) if found["operator"] == "OR" else not any(inner)


def queried(
    scope: Scope, state: str, ids: Sequence[str], asked: Querying, *, can_calculate: bool, max_limit: int | None = None
) -> Arguments:
    """The answer to a /query with all its results in order. Raises MethodError anchorNotFound."""
    limit = asked.limit if max_limit is None else max_limit if asked.limit is None else min(asked.limit, max_limit)
    position = place_of(ids, asked)
    shown = ids[position:] if limit is None else ids[position : position + limit]
    answer: Arguments = {
        "accountId": scope.id,
        "queryState": state,
        "canCalculateChanges": can_calculate,
        "position": position,
        "ids": list(shown),
    }
    if asked.calculate_total:
        answer["total"] = len(ids)
    if limit is not None and limit != asked.limit:
        answer["limit"] = limit  # RFC 8620 §5.5: only when it is ours
    return answer


def place_of(ids: Sequence[str], asked: Querying) -> int:
    """Where in the results the window begins. Raises MethodError anchorNotFound."""
    if asked.anchor is not None:
        try:
            return max(ids.index(asked.anchor) + asked.anchor_offset, 0)
        except ValueError:
            raise MethodError("anchorNotFound") from None
    return asked.position if asked.position >= 0 else max(len(ids) + asked.position, 0)


def query_changed(
    scope: Scope,
    arguments: Arguments,
    state: str,
    ids: Sequence[str],
    touched: Collection[str],
    *,
    is_immutable: bool = False,
) -> Arguments:
    """The answer to a /queryChanges: `ids` are all results now, `touched` whatever may have been, or now is, in another place.

    RFC 8620 §5.6: what may have moved is both removed and added again. With `is_immutable` (neither filter nor sort looks at
    anything that changes) nothing behind `upToId` need be told. Raises MethodError tooManyChanges, invalidArguments.
    """
    max_changes, up_to = parse_max_changes(arguments), arguments.get("upToId")
    end = len(ids)
    if is_immutable and isinstance(up_to, str) and up_to in ids:
        end = ids.index(up_to) + 1
    added = [{"id": each, "index": index} for index, each in enumerate(ids[:end]) if each in touched]
    removed = sorted(touched)
    if max_changes is not None and len(added) + len(removed) > max_changes:
        raise MethodError("tooManyChanges")
    answer: Arguments = {
        "accountId": scope.id,
        "oldQueryState": arguments["sinceQueryState"],
        "newQueryState": state,
        "removed": removed,
        "added": added,
    }
    if boolean(arguments, "calculateTotal"):
        answer["total"] = len(ids)
    return answer


# --- values ---------------------------------------------------------------------------------------------------------


def is_unsigned(value: Any) -> bool:
    """RFC 8620 §1.3: an UnsignedInt."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def boolean(arguments: Arguments, name: str) -> bool:
    """A Boolean argument, false when it is missing. Raises MethodError invalidArguments."""
    value = arguments.get(name, False)
    if not isinstance(value, bool):
        raise invalid(name, "it is true or false")
    return value


def _integer(arguments: Arguments, name: str) -> int:
    value = arguments.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**53:
        raise invalid(name, "it is a whole number")
    return value
