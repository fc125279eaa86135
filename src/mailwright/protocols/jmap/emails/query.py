"""Email/query (RFC 8621 §4.4), and the question that Email/queryChanges asks again."""

from __future__ import annotations

from typing import Any

from mailwright.codecs.jmap.filters import BadFilter, Filter, parse_filter, parse_sort
from mailwright.core import listing
from mailwright.core.accountstates import state_at
from mailwright.core.listing import Answer, Question
from mailwright.core.search import now_in
from mailwright.core.wording import Realm
from mailwright.domain.refusals import BadInput
from mailwright.protocols.jmap.accounts import Scope, scope_in
from mailwright.protocols.jmap.capabilities import MAIL
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.standard import boolean, parse_query, queried
from mailwright.storage import Tx, preferences

MAX_LIMIT = 5_000  # ids in one answer; a client pages on


async def query(call: Call, arguments: Arguments) -> Arguments:
    """The ids that match, in order."""
    asked = parse_query(call, arguments, extra=("collapseThreads",))
    question = await question_of(call, arguments, asked.filter, asked.sort)
    view = View(call, arguments)
    answer = await view.find(question)
    state = state_at(answer.modseq, view.scope.digest)
    return queried(view.scope, state, answer.ids, asked, can_calculate=not question.about_text, max_limit=MAX_LIMIT)


async def question_of(call: Call, arguments: Arguments, filter: Any, sort: list[dict[str, Any]]) -> Question:
    """What filter and sort ask for. Raises MethodError invalidArguments, unsupportedFilter, unsupportedSort."""
    try:
        order = parse_sort(sort)
    except BadFilter as error:
        raise MethodError(error.type, str(error)) from None
    return Question(await filter_of(call, filter), order, boolean(arguments, "collapseThreads"))


async def filter_of(call: Call, value: Any) -> Filter:
    """The filter, read for the one who asks: days are counted in their zone. Raises MethodError."""
    zone = await call.core.read(lambda tx: preferences.of_user(tx, call.account.id).time_zone)
    try:
        return parse_filter(value, now_in(zone))
    except BadFilter as error:
        raise MethodError(error.type, str(error)) from None


def realm_of(scope: Scope) -> Realm:
    """The mail that may be read in an account."""
    return Realm(scope.owner.id, {key: each for key, each in scope.reached.items() if key in scope.readable})


class View:
    """What the asker may see of the account that a call names. `scope` is that of the last look."""

    scope: Scope

    def __init__(self, call: Call, arguments: Arguments) -> None:
        self._call = call
        self._account_id = arguments.get("accountId")

    def realm(self, tx: Tx) -> Realm:
        """As it is now. Raises MethodError accountNotFound."""
        self.scope = scope_in(tx, self._call, self._account_id)
        return realm_of(self.scope)

    async def find(self, question: Question) -> Answer:
        """Answer the question. Raises MethodError, TryLater."""
        try:
            return await listing.find(self._call.core, self.realm, question)
        except BadInput as error:
            raise MethodError("unsupportedFilter", str(error)) from None


METHODS = {"Email/query": Method(query, MAIL)}
