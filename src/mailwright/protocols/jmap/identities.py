"""Identity/get, /changes and /set (RFC 8621 §6)."""

from __future__ import annotations

from typing import Any

from mailwright.codecs.jmap import patches
from mailwright.core import identities
from mailwright.core.identities import Identity, Person, Wish
from mailwright.domain.refusals import BadAddress
from mailwright.protocols.jmap.accounts import scope_in
from mailwright.protocols.jmap.capabilities import SUBMISSION
from mailwright.protocols.jmap.changing import begin, invalid_properties
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method
from mailwright.protocols.jmap.standard import (
    Change,
    changed,
    check_names,
    got,
    parse_get,
    parse_max_changes,
    since_state,
)
from mailwright.storage import Tx, removed
from mailwright.storage.accounts import Account

PROPERTIES = ("id", "name", "email", "replyTo", "bcc", "textSignature", "htmlSignature", "mayDelete")
_SETTABLE = ("name", "replyTo", "bcc", "textSignature", "htmlSignature")
_DEFAULTS: dict[str, Any] = {"name": "", "replyTo": None, "bcc": None, "textSignature": "", "htmlSignature": ""}


async def _get(call: Call, arguments: Arguments) -> Arguments:
    asked = parse_get(call, arguments, PROPERTIES)
    await _make_missing(call, arguments)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"), capability=SUBMISSION)
        known = {each.id: each for each in identities.listing(tx, scope.owner)}
        ids = list(known) if asked.ids is None else asked.ids
        found = [asked.select(_record(scope.owner, known[each])) for each in ids if each in known]
        return got(scope, scope.state(tx), found, [each for each in ids if each not in known])

    return await call.core.read(look)


async def _changes(call: Call, arguments: Arguments) -> Arguments:
    check_names(arguments, {"accountId", "sinceState", "maxChanges"})
    most = parse_max_changes(arguments)
    await _make_missing(call, arguments)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"), capability=SUBMISSION)
        since = since_state(tx, scope, arguments.get("sinceState"))
        here = [
            Change(each.id, each.created_modseq, each.modseq, False)
            for each in identities.listing(tx, scope.owner)
            if each.modseq > since.floor
        ]
        gone = [Change(key, 0, at, True) for key, at in removed.since(tx, scope.owner.id, "identity", since.floor)]
        return changed(tx, scope, since, [*here, *gone], most)[0]

    return await call.core.read(look)


async def _set(call: Call, arguments: Arguments) -> Arguments:
    await _make_missing(call, arguments)
    setting = await begin(call, arguments, capability=SUBMISSION)

    async def create(given: dict[str, Any]) -> dict[str, Any]:
        for name in given:
            if name not in (*_SETTABLE, "email"):
                raise invalid_properties(f"{name[:100]} cannot be set", name)
        email = given.get("email")
        if not isinstance(email, str):
            raise invalid_properties("an identity needs an address", "email")
        wish = _wish({**_DEFAULTS, **given})

        def write(tx: Tx) -> Identity:
            try:
                return identities.add(tx, call.account, email, wish)
            except BadAddress as refusal:
                # RFC 8621 §6.3: an address one may not send from is `forbiddenFrom`; this one is none at all.
                raise invalid_properties(str(refusal), "email") from None

        made = _record(call.account, await setting.apply(lambda tx, _scope: write(tx)))
        return {name: value for name, value in made.items() if name not in given or given[name] != value}

    async def update(identity_id: str, patch: dict[str, Any]) -> dict[str, Any] | None:
        def write(tx: Tx) -> dict[str, Any] | None:
            before = _record(call.account, identities.load(tx, call.account, identity_id))
            after = {**_DEFAULTS, **patches.apply(before, patch)}
            for name in patches.touched(patch):
                # The address of an identity never changes; what is not the client's to set may be there as it is.
                if name not in _SETTABLE and (name not in before or after.get(name) != before[name]):
                    raise invalid_properties(f"{name[:100]} cannot be set", name)
            made = _record(call.account, identities.change(tx, call.account, identity_id, _wish(after)))
            return {name: made[name] for name in _SETTABLE if made[name] != after[name]} or None

        return await setting.apply(lambda tx, _scope: write(tx))

    async def destroy(identity_id: str) -> None:
        await setting.apply(lambda tx, _scope: identities.remove(tx, call.account, identity_id))

    await setting.run(create=create, update=update, destroy=destroy)
    return setting.answer()


async def _make_missing(call: Call, arguments: Arguments) -> None:
    """Before anything is said of them: the first look at an account makes its identities."""

    def look(tx: Tx) -> bool:
        scope_in(tx, call, arguments.get("accountId"), capability=SUBMISSION)
        return bool(identities.missing(tx, call.account))

    if await call.core.read(look):
        await call.core.write(lambda tx: identities.make_missing(tx, call.account))


def _record(account: Account, identity: Identity) -> dict[str, Any]:
    return {
        "id": identity.id,
        "name": identity.name,
        "email": identity.email,
        "replyTo": identity.reply_to,
        "bcc": identity.bcc,
        "textSignature": identity.text_signature,
        "htmlSignature": identity.html_signature,
        "mayDelete": identities.may_remove(account, identity),
    }


def _wish(wanted: dict[str, Any]) -> Wish:
    for name in ("name", "textSignature", "htmlSignature"):
        if not isinstance(wanted[name], str):
            raise invalid_properties("it is a text", name)
    people = {name: _people(wanted[name], name) for name in ("replyTo", "bcc")}
    return Wish(wanted["name"], people["replyTo"], people["bcc"], wanted["textSignature"], wanted["htmlSignature"])


def _people(value: Any, name: str) -> list[Person] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(
        isinstance(each, dict)
        and set(each) <= {"name", "email"}
        and isinstance(each.get("name"), str | None)
        and isinstance(each.get("email"), str)
        for each in value
    ):
        raise invalid_properties("it is a list of addresses with names", name)
    return [{"name": each.get("name"), "email": each["email"]} for each in value]


METHODS = {
    "Identity/get": Method(_get, SUBMISSION),
    "Identity/changes": Method(_changes, SUBMISSION),
    "Identity/set": Method(_set, SUBMISSION),
}
