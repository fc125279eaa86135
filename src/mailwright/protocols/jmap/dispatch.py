"""The calls of one JMAP request, one after the other: each sees what those before it did (RFC 8620 §3).

Called by the HTTP endpoint and the WebSocket. A handler gets the `Call` (who asks, what was created so far) and the arguments;
it answers with the arguments of its response. Promises: a call that fails is answered with an error and the others go on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from mailwright.codecs.jmap import resultrefs
from mailwright.codecs.jmap.request import Invocation, Request
from mailwright.core import Core
from mailwright.domain import refusals, spans
from mailwright.domain.refusals import Refusal
from mailwright.storage.accounts import Account

if TYPE_CHECKING:
    from mailwright.protocols.identity import Caller

MAX_OCTETS = 128 * 1024 * 1024  # of messages and blobs in one answer, which is in memory as a whole
NOTED = 50  # ids in one line of the audit trail

log = structlog.get_logger(__name__)


class MethodError(Exception):
    """RFC 8620 §3.6.2: the call failed. `properties` are further ones of the error object."""

    def __init__(self, type: str, description: str = "", **properties: Any) -> None:
        super().__init__(description or type)
        self.type = type
        self.description = description
        self.properties = properties

    def to_json(self) -> dict[str, Any]:
        """The arguments of the `error` response."""
        described = {"description": self.description} if self.description else {}
        return {"type": self.type, **described, **self.properties}


@dataclass(slots=True)
class Call:
    """What the calls of one request share. `created` maps creation ids to ids, `using` has the request's capabilities.

    `room` is how much of messages and blobs the answer has room for still, in octets.
    """

    core: Core
    caller: Caller
    using: frozenset[str]
    created: dict[str, str] = field(default_factory=dict)
    room: int = field(default_factory=lambda: MAX_OCTETS)

    def make_room(self, octets: int) -> None:
        """So much of messages and blobs is about to be in the answer. Raises MethodError requestTooLarge."""
        if octets > self.room:
            raise MethodError("requestTooLarge", "that is too much of the messages at once")
        self.room -= octets

    @property
    def account(self) -> Account:
        """Who is asking."""
        return self.caller.account

    @property
    def correlation_id(self) -> str:
        """The id that follows the request through the logs."""
        return self.caller.correlation_id

    def resolve(self, reference: str) -> str | None:
        """The id that an id or a `#creation id` stands for (RFC 8620 §5.3); None for what was not created."""
        return self.created.get(reference[1:]) if reference.startswith("#") else reference

    def note(self, action: str, resource: str = "") -> None:
        """Leave a line in the audit trail: this account did that, from here."""
        self.core.trail.note(
            self.account.email,
            action,
            resource=resource,
            address=self.caller.client,
            tenant_id=self.account.tenant_id,
            correlation_id=self.correlation_id,
        )

    def note_each(self, action: str, owner: str, ids: Sequence[str]) -> None:
        """The same of objects in the account of `owner` (an address): all of them are named, a handful in a line."""
        for start in range(0, len(ids), NOTED):
            self.note(action, f"{owner}: {' '.join(ids[start : start + NOTED])}")


Arguments: TypeAlias = dict[str, Any]
Answer: TypeAlias = "Arguments | list[tuple[str, Arguments]]"
"""The arguments of the response; or several responses, each with its name, where a call implies others (RFC 8621 §7.5)."""
Handler: TypeAlias = Callable[[Call, Arguments], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Method:
    """What answers a call, and the capability a request must use to make it."""

    handler: Handler
    capability: str


async def run(call: Call, request: Request, methods: Mapping[str, Method]) -> list[list[Any]]:
    """Every call in order; the `methodResponses`."""
    responses: list[list[Any]] = []
    allowance = resultrefs.Allowance()
    for invocation in request.calls:
        for name, arguments in await _answer(call, invocation, responses, allowance, methods):
            responses.append([name, arguments, invocation.call_id])
    return responses


async def _answer(
    call: Call,
    invocation: Invocation,
    responses: list[list[Any]],
    allowance: resultrefs.Allowance,
    methods: Mapping[str, Method],
) -> list[tuple[str, Arguments]]:
    method = methods.get(invocation.name)
    try:
        if method is None or method.capability not in call.using:
            # RFC 8620 §3.3: what is not in `using` is as if it were not there.
            raise MethodError("unknownMethod")
        arguments = resultrefs.resolve(invocation.arguments, responses, allowance)
        with spans.span(f"jmap {invocation.name}"):
            answer = await method.handler(call, arguments)
        return answer if isinstance(answer, list) else [(invocation.name, answer)]
    except MethodError as error:
        return [("error", error.to_json())]
    except resultrefs.BadReference as error:
        return [("error", {"type": error.type, "description": str(error)})]
    except Refusal as refusal:
        return [("error", refused(refusal).to_json())]
    except Exception:
        # A bug: answered politely, recorded whole; the other calls go on (RFC 8620 §3.6.2).
        log.exception("jmap.broke", method=invocation.name)
        return [("error", {"type": "serverFail", "description": "something went wrong here; it is recorded"})]


_METHOD_ERRORS: dict[type[Refusal], str] = {
    refusals.TryLater: "serverUnavailable",
    refusals.TooManyRequests: "rateLimit",
    refusals.NotPermitted: "forbidden",
    refusals.BadInput: "invalidArguments",
    refusals.BadAddress: "invalidArguments",
    refusals.AuthenticationFailed: "forbidden",
}
"""A refusal that ends a whole call; see `standard.set_error` for one that concerns an object of a /set."""


def refused(refusal: Refusal) -> MethodError:
    """A refusal in the words of a method error."""
    kind = next((_METHOD_ERRORS[each] for each in type(refusal).__mro__ if each in _METHOD_ERRORS), "serverFail")
    return MethodError(kind, str(refusal))
