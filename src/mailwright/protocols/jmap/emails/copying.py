"""Email/copy: Emails once more, in another account (RFC 8621 §4.7): from one's own to what somebody shares, or back."""

from __future__ import annotations

from typing import Any

from mailwright.core import emailchanges, marking, moving
from mailwright.core.emailchanges import Current
from mailwright.domain.refusals import NotFound, Refusal
from mailwright.protocols.jmap.accounts import Scope, scope
from mailwright.protocols.jmap.capabilities import MAIL
from mailwright.protocols.jmap.changing import SetError, as_set_error, invalid_properties
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.emails import creating
from mailwright.protocols.jmap.emails.importing import begin_creating
from mailwright.protocols.jmap.emails.set import note, set_emails
from mailwright.protocols.jmap.standard import boolean, check_names, invalid
from mailwright.storage import Tx, messages, views

_ARGUMENTS = frozenset(
    {
        "fromAccountId",
        "ifFromInState",
        "accountId",
        "ifInState",
        "create",
        "onSuccessDestroyOriginal",
        "destroyFromIfInState",
    }
)
_PROPERTIES = frozenset({"id", "mailboxIds", "keywords", "receivedAt"})


async def copy_emails(call: Call, arguments: Arguments) -> list[tuple[str, Arguments]]:
    """Answer Email/copy; with onSuccessDestroyOriginal the implicit Email/set comes after it (RFC 8620 §5.4)."""
    check_names(arguments, _ARGUMENTS)
    from_id, from_state = arguments.get("fromAccountId"), arguments.get("ifFromInState")
    if not isinstance(from_id, str) or from_id == arguments.get("accountId"):
        raise invalid("fromAccountId", "it is the id of another account")
    destroys = boolean(arguments, "onSuccessDestroyOriginal")
    try:
        state = await call.core.read(lambda tx: scope(tx, call.account, from_id).state(tx))
    except MethodError:
        raise MethodError("fromAccountNotFound") from None
    if from_state not in (None, state):
        raise MethodError("stateMismatch")
    setting = await begin_creating(call, arguments, "create")

    def copy(tx: Tx, within: Scope) -> tuple[dict[str, dict[str, Any]], dict[str, SetError]]:
        source = scope(tx, call.account, from_id)
        wanted = {key: given.get("id") for key, given in setting.create.items()}
        ids = [call.resolve(each) or "" for each in wanted.values() if isinstance(each, str)]
        known = emailchanges.current(tx, from_id, source.reached, ids)
        made: dict[str, dict[str, Any]] = {}
        failed: dict[str, SetError] = {}
        for key, given in setting.create.items():
            try:
                made[key] = _copy(tx, call, source, within, known, given)
            except (SetError, Refusal) as error:
                failed[key] = as_set_error(error)
        return made, failed

    if setting.create:
        made, failed = await setting.apply(copy)
        for key, each in made.items():
            setting.note_created(key, each)
        setting.not_created.update(failed)
    note(call, setting.scope, "copy", [each["id"] for each in setting.created.values()])
    answer = setting.answer()
    names = ("accountId", "oldState", "newState", "created", "notCreated")
    responses = [("Email/copy", {"fromAccountId": from_id, **{name: answer[name] for name in names}})]
    if destroys and setting.created:
        originals = [setting.create[key]["id"] for key in setting.created]
        responses.append(await _destroy(call, from_id, originals, arguments.get("destroyFromIfInState")))
    return responses


def _copy(
    tx: Tx, call: Call, source: Scope, within: Scope, known: dict[str, Current], given: dict[str, Any]
) -> dict[str, Any]:
    if unknown := sorted(set(given) - _PROPERTIES):
        raise invalid_properties("only mailboxIds, keywords and receivedAt of a copy can be set", *unknown)
    if not isinstance(given.get("id"), str):
        raise invalid_properties("id is that of the Email to be copied", "id")
    message = known.get(call.resolve(given["id"]) or "")
    if message is None:
        raise NotFound("there is no such Email")
    placing = creating.placing_of(call, within, given)
    target = within.reached[placing.mailbox_id]
    placed = moving.copy(tx, call.core, source.reached[message.mailbox_id], target, [message.uid])
    if not placed.pairs:
        raise NotFound("there is no such Email")
    uid = placed.pairs[0][1]
    # Where the asker may set nothing, nothing came along, and nothing is wanted: `placing_of` has seen to that.
    if "keywords" in given and marking.settable(target) != (0, False):
        marking.store(tx, target, [uid], mode="replace", flags=placing.flags, keywords=placing.words)
    message_id: str = views.rows(tx, placing.mailbox_id, [uid], ("id",))[0][1]
    if placing.received_at is not None:
        messages.set_received_at(tx, message_id, placing.received_at)
    return creating.described(tx, message_id)


async def _destroy(call: Call, account_id: str, ids: list[str], state: Any) -> tuple[str, Arguments]:
    """RFC 8620 §5.4: one implicit Email/set."""
    try:
        arguments = {"accountId": account_id, "ifInState": state, "destroy": ids}
        return "Email/set", await set_emails(call, arguments)
    except MethodError as error:
        return "error", error.to_json()


METHODS = {"Email/copy": Method(copy_emails, MAIL)}
