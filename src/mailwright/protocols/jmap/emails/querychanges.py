"""Email/queryChanges (RFC 8621 §4.5): which messages a client takes out of its list, and which it puts in where.

Everything that changed or went since, and could be in the list, is taken out and put in again where it is now: most of what
a list depends on (mailbox, keywords, \\Deleted) changes. What depends on texts cannot be told: the index says only what is now.
"""

from __future__ import annotations

from mailwright.codecs.jmap.filters import In, Keyword, Outside, ThreadKeyword, conditions
from mailwright.core.accountstates import state_at
from mailwright.core.listing import Answer, Question, find_in, touched
from mailwright.protocols.jmap.capabilities import MAIL
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.emails.query import View, question_of
from mailwright.protocols.jmap.standard import (
    QUERY_CHANGES_NAMES,
    boolean,
    check_names,
    invalid,
    is_reference,
    parse_filter,
    parse_max_changes,
    parse_sort,
    since_state,
)
from mailwright.storage import Tx

MAX_TOUCHED = 5_000  # messages told of; a client that is further behind fetches its list anew

_MUTABLE = (In, Outside, Keyword, ThreadKeyword)
_MUTABLE_SORTS = frozenset({"hasKeyword", "allInThreadHaveKeyword", "someInThreadHaveKeyword"})


async def query_changes(call: Call, arguments: Arguments) -> Arguments:
    """The difference between a list of then and that of now."""
    check_names(arguments, {*QUERY_CHANGES_NAMES, "collapseThreads"})
    question = await question_of(call, arguments, parse_filter(arguments), parse_sort(arguments))
    most, up_to = parse_max_changes(arguments), arguments.get("upToId")
    if up_to is not None and not is_reference(up_to):
        raise invalid("upToId", "it is an id")
    counted = boolean(arguments, "calculateTotal")
    view = View(call, arguments)

    def look(tx: Tx) -> tuple[Answer, set[str]]:
        realm = view.realm(tx)
        since = since_state(tx, view.scope, arguments.get("sinceQueryState"), "sinceQueryState")
        if question.about_text or since.after:
            raise MethodError("cannotCalculateChanges")
        answer = find_in(tx, call.core, realm, question, {})
        found = touched(tx, realm, question, since.modseq, MAX_TOUCHED)
        if found is None:
            raise MethodError("cannotCalculateChanges", "too much changed since")
        return answer, found

    answer, moved = await call.core.read(look)
    places = sorted((place, each) for each in moved if (place := answer.ids.place(each)) is not None)
    if up_to is not None and _is_immutable(question):
        # RFC 8620 §5.6: what a client does not have need not be told, when nothing it has can move behind that.
        end = answer.ids.place(call.resolve(up_to) or up_to)
        places = places if end is None else [each for each in places if each[0] <= end]
    if most is not None and len(places) + len(moved) > most:
        raise MethodError("tooManyChanges")
    found: Arguments = {
        "accountId": view.scope.id,
        "oldQueryState": arguments["sinceQueryState"],
        "newQueryState": state_at(answer.modseq, view.scope.digest),
        "removed": sorted(moved),
        "added": [{"id": each, "index": place} for place, each in places],
    }
    if counted:
        found["total"] = len(answer.ids)
    return found


def _is_immutable(question: Question) -> bool:
    return (
        not question.about_threads
        and not any(isinstance(each, _MUTABLE) for each in conditions(question.filter))
        and not any(each.property in _MUTABLE_SORTS for each in question.sort)
    )


METHODS = {"Email/queryChanges": Method(query_changes, MAIL)}
