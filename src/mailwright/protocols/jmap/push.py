"""PushSubscription/get and /set (RFC 8620 §7.2): who wants to be told where.

Not of an account but of a sign-in: there is no accountId, and no state. What may be subscribed is core's to decide.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from mailwright.codecs.jmap import dates, push
from mailwright.codecs.jmap.patches import BadPatch
from mailwright.codecs.webpush import BadKeys, Keys
from mailwright.core import pushsubscriptions
from mailwright.core.pushsubscriptions import PushSubscription, Wanted
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.refusals import BadInput, Refusal
from mailwright.protocols.jmap.capabilities import CORE, MAX_OBJECTS_IN_SET
from mailwright.protocols.jmap.changing import SetError, as_set_error, invalid_properties, objects_of
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.standard import check_names, id_list, parse_get
from mailwright.storage import Tx
from mailwright.storage.sessions import Session

SHOWN = ("id", "deviceClientId", "verificationCode", "expires", "types")
HIDDEN = ("url", "keys")  # RFC 8620 §7.2.1: private to a device
IMMUTABLE = ("id", "deviceClientId", *HIDDEN)


async def get(call: Call, arguments: Arguments) -> Arguments:
    """RFC 8620 §7.2.1."""
    check_names(arguments, {"ids", "properties"})
    asked = parse_get(call, arguments, (*SHOWN, *HIDDEN))
    if asked.properties is not None and set(asked.properties) & set(HIDDEN):
        raise MethodError("forbidden", "where it leads and its keys are not told")
    found = await call.core.read(lambda tx: pushsubscriptions.listing(tx, call.account, _session(call)))
    records = {each.id: asked.select(_record(each)) for each in found}
    if asked.ids is None:
        return {"list": list(records.values()), "notFound": []}
    return {
        "list": [records[each] for each in asked.ids if each in records],
        "notFound": [each for each in asked.ids if each not in records],
    }


async def set_(call: Call, arguments: Arguments) -> Arguments:
    """RFC 8620 §7.2.2."""
    check_names(arguments, {"create", "update", "destroy"})
    create, update = objects_of(arguments, "create"), objects_of(arguments, "update")
    destroy = id_list(arguments.get("destroy") or [], "destroy")
    if len(create) + len(update) + len(destroy) > MAX_OBJECTS_IN_SET:
        raise MethodError("requestTooLarge", f"at most {MAX_OBJECTS_IN_SET} objects at once")
    answer: dict[str, dict[str, Any]] = {"created": {}, "updated": {}, "notCreated": {}, "notUpdated": {}}
    for key, given in create.items():
        try:
            made = await _create(call, given)
        except (SetError, Refusal) as error:
            answer["notCreated"][key] = as_set_error(error).to_json()
            continue
        answer["created"][key] = made
        call.created[key] = made["id"]
    gone = [call.resolve(each) or each for each in dict.fromkeys(destroy)]
    for reference, patch in update.items():
        which = call.resolve(reference) or reference
        try:
            if which in gone:
                raise SetError("willDestroy")  # RFC 8620 §5.3
            answer["updated"][which] = await _update(call, which, patch)
        except (SetError, Refusal, BadPatch) as error:
            answer["notUpdated"][which] = as_set_error(error).to_json()
    destroyed: list[str] = []
    not_destroyed: dict[str, Any] = {}
    for which in gone:
        try:
            await call.core.write(partial(_end, call, which))
            destroyed.append(which)
        except Refusal as refusal:
            not_destroyed[which] = as_set_error(refusal).to_json()
    return {
        **{name: found or None for name, found in answer.items()},
        "destroyed": destroyed or None,
        "notDestroyed": not_destroyed or None,
    }


METHODS: dict[str, Method] = {
    "PushSubscription/get": Method(get, CORE),
    "PushSubscription/set": Method(set_, CORE),
}


async def _create(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Raises SetError, Refusal."""
    if unknown := sorted(set(given) - {"deviceClientId", "url", "keys", "verificationCode", "expires", "types"}):
        raise invalid_properties("a push subscription has no such property", *unknown)
    if given.get("verificationCode") is not None:
        raise invalid_properties("the code is sent to the URL first", "verificationCode")
    for name in ("deviceClientId", "url"):
        if not isinstance(given.get(name), str) or not given[name]:
            raise invalid_properties("it is needed, a string", name)
    wanted = Wanted(
        device=given["deviceClientId"],
        url=given["url"],
        keys=_keys(given.get("keys")),
        types=_types(given.get("types")),
        expires_at=_expires(given.get("expires")),
    )
    try:
        pushsubscriptions.check_url(wanted.url, allow_private=call.core.settings.allow_private_push)
    except BadInput as refusal:
        raise invalid_properties(str(refusal), "url") from None
    await pushsubscriptions.check_rate(call.core, call.account)
    session = _session(call)
    made = await call.core.write(lambda tx: pushsubscriptions.subscribe(tx, call.core, call.account, session, wanted))
    told: dict[str, Any] = {"id": made.id, "expires": dates.utc_text(made.expires_at)}
    if "keys" not in given:
        told["keys"] = None
    if "types" not in given:
        told["types"] = None
    return told


async def _update(call: Call, which: str, patch: dict[str, Any]) -> dict[str, Any] | None:
    """Raises SetError, Refusal, BadPatch."""
    for name in patch:
        if name in IMMUTABLE or name.partition("/")[0] in HIDDEN:
            raise invalid_properties("it stays as it was made", name)
        if name not in SHOWN:
            raise invalid_properties("a push subscription has no such property", name)
    code = patch.get("verificationCode")
    if code is not None and not isinstance(code, str):
        raise invalid_properties("it is a string", "verificationCode")
    types, expires_at = _types(patch.get("types")), _expires(patch.get("expires"))
    try:
        changed = await call.core.write(
            lambda tx: pushsubscriptions.change(
                tx,
                call.account,
                _session(call),
                which,
                code=code,
                types=types,
                new_types="types" in patch,
                expires_at=expires_at,
                new_expiry="expires" in patch,
            ),
        )
    except BadInput as refusal:
        # RFC 8620 §7.2.2: another code than the one that was sent.
        raise invalid_properties(str(refusal), "verificationCode") from None
    if "expires" in patch and expires_at != changed.expires_at:
        return {"expires": dates.utc_text(changed.expires_at)}
    return None


def _end(call: Call, which: str, tx: Tx) -> None:
    pushsubscriptions.unsubscribe(tx, call.account, _session(call), which)


def _record(found: PushSubscription) -> dict[str, Any]:
    return {
        "id": found.id,
        "deviceClientId": found.device,
        # Who may read it has sent it; before, it is a secret of whoever reads at the URL.
        "verificationCode": found.verification_code if found.verified else None,
        "expires": dates.utc_text(found.expires_at),
        "types": None if found.types is None else list(found.types),
    }


def _session(call: Call) -> Session | None:
    return None if call.caller.session is None else call.caller.session.session


def _keys(value: Any) -> Keys | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"p256dh", "auth"}:
        raise invalid_properties("they are p256dh and auth", "keys")
    if not all(isinstance(each, str) for each in value.values()):
        raise invalid_properties("they are strings", "keys")
    try:
        return Keys.parse(value["p256dh"], value["auth"])
    except BadKeys as error:
        raise invalid_properties(str(error), "keys") from None


def _types(value: Any) -> tuple[str, ...] | None:
    try:
        found = push.types_of(value)
    except ValueError as error:
        raise invalid_properties(str(error), "types") from None
    return None if found is None else tuple(sorted(found))


def _expires(value: Any) -> Instant | None:
    if value is None:
        return None
    moment = dates.parse_utc(value)
    if moment is None:
        raise invalid_properties("it is a UTCDate", "expires")
    if moment <= clock.now():
        raise invalid_properties("it is over already", "expires")
    return moment
