"""What every /set has in common (RFC 8620 §5.3): its arguments, its transactions, its states and its answer.

Called by the handlers: `begin`, then `apply` for each transaction (or `run`, which does one for each object), then `answer`.
Promises: a client that goes on from `newState` misses nothing that somebody else did meanwhile: between two of our
transactions there may be another's, and then `newState` is the one before it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mailwright.codecs.jmap.patches import BadPatch
from mailwright.domain import refusals
from mailwright.domain.refusals import Refusal
from mailwright.protocols.jmap.accounts import Scope, scope_in
from mailwright.protocols.jmap.capabilities import MAIL, MAX_OBJECTS_IN_SET
from mailwright.protocols.jmap.dispatch import Arguments, Call, MethodError
from mailwright.protocols.jmap.standard import check_names, id_list, invalid, is_reference
from mailwright.storage import Tx, accounts

T = TypeVar("T")

SET_NAMES = ("accountId", "ifInState", "create", "update", "destroy")


class SetError(Exception):
    """RFC 8620 §5.3: one object could not be made, changed or destroyed. `more` are further properties of the error."""

    def __init__(self, type: str, description: str = "", **more: Any) -> None:
        super().__init__(description or type)
        self.type = type
        self.description = description
        self.more = more

    def to_json(self) -> dict[str, Any]:
        """The SetError object."""
        described = {"description": self.description} if self.description else {}
        return {"type": self.type, **described, **self.more}


_SET_ERRORS: dict[type[Refusal], str] = {
    refusals.NotFound: "notFound",
    refusals.NotPermitted: "forbidden",
    refusals.SenderNotAllowed: "forbiddenFrom",  # RFC 8621 §6.3
    refusals.AlreadyExists: "alreadyExists",
    refusals.BadInput: "invalidProperties",
    refusals.BadAddress: "invalidProperties",
    refusals.MailboxFull: "overQuota",
    refusals.ExceedsQuota: "overQuota",
    refusals.MessageTooLarge: "tooLarge",
    refusals.TooManyRequests: "rateLimit",
    refusals.TryLater: "serverUnavailable",
}
"""The one table from refusals to what is said of an object of a /set."""


def set_error(refusal: Refusal, **more: Any) -> SetError:
    """A refusal in the words of a SetError."""
    kind = next((_SET_ERRORS[each] for each in type(refusal).__mro__ if each in _SET_ERRORS), "forbidden")
    return SetError(kind, str(refusal), **more)


def invalid_properties(description: str, *names: str) -> SetError:
    """RFC 8620 §5.3: these properties are not what they should be."""
    return SetError("invalidProperties", description, properties=list(names))


@dataclass(slots=True)
class Setting:
    """One /set: what was asked, and what became of it. `update` and `destroy` have the ids that creation ids stand for."""

    call: Call
    scope: Scope  # as it was when the call began; `apply` brings the one of each transaction
    capability: str
    if_in_state: str | None
    create: dict[str, dict[str, Any]]
    update: dict[str, dict[str, Any]]
    destroy: list[str]
    old_state: str
    new_state: str
    created: dict[str, dict[str, Any]] = field(default_factory=dict)
    updated: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)
    not_created: dict[str, SetError] = field(default_factory=dict)
    not_updated: dict[str, SetError] = field(default_factory=dict)
    not_destroyed: dict[str, SetError] = field(default_factory=dict)
    _wrote: bool = False

    async def apply(self, function: Callable[[Tx, Scope], T]) -> T:
        """Run `function` in a transaction that holds the account; what it raises undoes it. Raises MethodError stateMismatch."""
        owner_id = self.scope.owner.id

        def inside(tx: Tx) -> tuple[str, T, str]:
            accounts.hold(tx, owner_id)
            scope = scope_in(tx, self.call, owner_id, write=True, capability=self.capability)
            before = scope.state(tx)
            if not self._wrote and self.if_in_state not in (None, before):
                raise MethodError("stateMismatch")
            result = function(tx, scope)
            after = scope if scope.personal else scope_in(tx, self.call, owner_id, capability=self.capability)
            return before, result, after.state(tx)

        before, result, after = await self.call.core.write(inside)
        if not self._wrote:
            self.old_state, self.new_state, self._wrote = before, after, True
        elif self.new_state == before:
            self.new_state = after
        return result

    async def run(
        self,
        *,
        create: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]],
        update: Callable[[str, dict[str, Any]], Awaitable[dict[str, Any] | None]],
        destroy: Callable[[str], Awaitable[None]],
    ) -> None:
        """Do it object by object. `create` answers with what the client does not know, the id among it; `update` with what
        changed besides, or None. Each raises SetError, a Refusal or BadPatch when that object cannot be.
        """
        for key, given in self.create.items():
            try:
                self.note_created(key, await create(given))
            except (SetError, Refusal, BadPatch) as error:
                self.not_created[key] = as_set_error(error)
        for object_id, patch in self.update.items():
            try:
                self.updated[object_id] = await update(object_id, patch)
            except (SetError, Refusal, BadPatch) as error:
                self.not_updated[object_id] = as_set_error(error)
        for object_id in self.destroy:
            try:
                await destroy(object_id)
                self.destroyed.append(object_id)
            except (SetError, Refusal, BadPatch) as error:
                self.not_destroyed[object_id] = as_set_error(error)

    def note_created(self, key: str, made: dict[str, Any]) -> None:
        """An object was made for that creation id; later calls of the request may name it so."""
        self.created[key] = made
        self.call.created[key] = made["id"]

    def answer(self) -> Arguments:
        """The answer to the /set."""
        return {
            "accountId": self.scope.id,
            "oldState": self.old_state,
            "newState": self.new_state,
            "created": self.created or None,
            "updated": self.updated or None,
            "destroyed": self.destroyed or None,
            "notCreated": _errors(self.not_created),
            "notUpdated": _errors(self.not_updated),
            "notDestroyed": _errors(self.not_destroyed),
        }


async def begin(call: Call, arguments: Arguments, *, extra: Collection[str] = (), capability: str = MAIL) -> Setting:
    """Read the arguments of a /set; `extra` are the type's own. Raises MethodError."""
    check_names(arguments, {*SET_NAMES, *extra})
    create, update = objects_of(arguments, "create"), objects_of(arguments, "update")
    destroy = [] if arguments.get("destroy") is None else id_list(arguments["destroy"], "destroy")
    if_in_state = arguments.get("ifInState")
    if if_in_state is not None and not isinstance(if_in_state, str):
        raise invalid("ifInState", "it is a state")
    if len(create) + len(update) + len(destroy) > MAX_OBJECTS_IN_SET:
        raise MethodError("requestTooLarge", f"at most {MAX_OBJECTS_IN_SET} objects at once")

    def look(tx: Tx) -> tuple[Scope, str]:
        scope = scope_in(tx, call, arguments.get("accountId"), write=True, capability=capability)
        return scope, scope.state(tx)

    scope, state = await call.core.read(look)
    if if_in_state not in (None, state):
        raise MethodError("stateMismatch")
    setting = Setting(call, scope, capability, if_in_state, create, {}, [], state, state)
    for reference in dict.fromkeys(destroy):
        setting.destroy.append(call.resolve(reference) or reference)
    for reference, patch in update.items():
        object_id = call.resolve(reference) or reference
        if object_id in setting.destroy:
            # RFC 8620 §5.3: it will be gone, so nothing in it is changed before.
            setting.not_updated[object_id] = SetError("willDestroy")
        else:
            setting.update[object_id] = patch
    return setting


def as_set_error(error: SetError | Refusal | BadPatch) -> SetError:
    """What is said of the object that could not be."""
    if isinstance(error, SetError):
        return error
    if isinstance(error, BadPatch):
        return SetError("invalidPatch", str(error))
    return set_error(error)


def objects_of(arguments: Arguments, name: str) -> dict[str, dict[str, Any]]:
    """An argument that maps ids, or references to creation ids, to objects. Raises MethodError invalidArguments."""
    found = arguments.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(
        is_reference(key) and isinstance(value, dict) for key, value in found.items()
    ):
        raise invalid(name, "it maps ids to objects")
    if name == "create" and any(key.startswith("#") for key in found):
        raise invalid(name, "a creation id is an Id")  # RFC 8620 §5.3
    return found


def _errors(found: dict[str, SetError]) -> dict[str, Any] | None:
    return {key: error.to_json() for key, error in found.items()} or None
