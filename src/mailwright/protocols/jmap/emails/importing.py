"""Email/import: messages that were uploaded become Emails (RFC 8621 §4.8). Two with the same content may stand beside each other."""

from __future__ import annotations

from typing import Any

from mailwright.codecs import mime
from mailwright.codecs.mime.dates import parse as parse_date
from mailwright.domain.clock import Instant
from mailwright.domain.refusals import NotFound, Refusal
from mailwright.protocols.jmap import blobs
from mailwright.protocols.jmap.accounts import Scope, scope_in
from mailwright.protocols.jmap.capabilities import MAIL, MAX_OBJECTS_IN_SET
from mailwright.protocols.jmap.changing import SetError, Setting, as_set_error, invalid_properties
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.emails import creating
from mailwright.protocols.jmap.emails.creating import Composed, Placing
from mailwright.protocols.jmap.emails.set import note
from mailwright.protocols.jmap.standard import check_names, invalid
from mailwright.storage import Tx

_PROPERTIES = frozenset({"blobId", "mailboxIds", "keywords", "receivedAt"})


async def import_emails(call: Call, arguments: Arguments) -> Arguments:
    """Answer Email/import."""
    check_names(arguments, {"accountId", "ifInState", "emails"})
    setting = await begin_creating(call, arguments, "emails")
    composed: dict[str, Composed] = {}
    for key, given in setting.create.items():
        try:
            composed[key] = await _compose(call, setting.scope, given)
        except (SetError, Refusal) as error:
            setting.not_created[key] = as_set_error(error)

    def file(tx: Tx, _within: Scope) -> tuple[dict[str, dict[str, Any]], dict[str, SetError]]:
        made: dict[str, dict[str, Any]] = {}
        failed: dict[str, SetError] = {}
        for key, each in composed.items():
            try:
                made[key] = creating.file(tx, call, each)
            except (SetError, Refusal) as error:
                failed[key] = as_set_error(error)
        return made, failed

    if composed:
        made, failed = await setting.apply(file)
        for key, each in made.items():
            setting.note_created(key, each)
        setting.not_created.update(failed)
    note(call, setting.scope, "import", [each["id"] for each in setting.created.values()])
    answer = setting.answer()
    return {name: answer[name] for name in ("accountId", "oldState", "newState", "created", "notCreated")}


async def begin_creating(call: Call, arguments: Arguments, name: str) -> Setting:
    """A call that only makes Emails, from the objects in the argument `name`. Raises MethodError."""
    objects, if_in_state = arguments.get(name), arguments.get("ifInState")
    if not isinstance(objects, dict) or not all(isinstance(each, dict) for each in objects.values()):
        raise invalid(name, "it maps creation ids to objects")
    if if_in_state is not None and not isinstance(if_in_state, str):
        raise invalid("ifInState", "it is a state")
    if len(objects) > MAX_OBJECTS_IN_SET:
        raise MethodError("requestTooLarge", f"at most {MAX_OBJECTS_IN_SET} objects at once")

    def look(tx: Tx) -> tuple[Scope, str]:
        within = scope_in(tx, call, arguments.get("accountId"), write=True)
        return within, within.state(tx)

    within, state = await call.core.read(look)
    if if_in_state not in (None, state):
        raise MethodError("stateMismatch")
    return Setting(call, within, MAIL, if_in_state, objects, {}, [], state, state)


async def _compose(call: Call, within: Scope, given: dict[str, Any]) -> Composed:
    if unknown := sorted(set(given) - _PROPERTIES):
        raise invalid_properties("there are no such properties", *unknown)
    placing = creating.placing_of(call, within, given)
    blob_id = given.get("blobId")
    if not isinstance(blob_id, str):
        raise invalid_properties("blobId is the id of an uploaded message", "blobId")
    try:
        content = await blobs.load(call, within, call.resolve(blob_id) or blob_id)
    except NotFound:
        raise invalid_properties("there is no such blob", "blobId") from None
    prepared = await creating.stage(call, within, content.data)
    if not prepared.parsed.header.fields:
        raise SetError("invalidEmail", "this is no message: it has no header")
    if placing.received_at is None:
        placing = Placing(placing.mailbox_id, placing.flags, placing.words, _received_at(prepared.parsed))
    return Composed(placing, prepared)


def _received_at(parsed: mime.Parsed) -> Instant | None:
    """RFC 8621 §4.8: the time of the most recent Received field."""
    latest = parsed.header.raw("received")
    return None if latest is None else parse_date(latest.rpartition(";")[2])


METHODS = {"Email/import": Method(import_emails, MAIL)}
