"""VacationResponse/get and /set (RFC 8621 §8): there is one in an account, with the id `singleton`."""

from __future__ import annotations

from typing import Any

from mailwright.codecs.jmap import dates, patches
from mailwright.core import rules, vacationresponse
from mailwright.core.vacationresponse import VacationResponse
from mailwright.domain.clock import Instant
from mailwright.domain.refusals import BadInput
from mailwright.protocols.jmap.accounts import scope_in
from mailwright.protocols.jmap.capabilities import VACATION
from mailwright.protocols.jmap.changing import SetError, begin, invalid_properties
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method
from mailwright.protocols.jmap.standard import got, parse_get
from mailwright.storage import Tx

ID = "singleton"
PROPERTIES = ("id", "isEnabled", "fromDate", "toDate", "subject", "textBody", "htmlBody")
_DEFAULTS: dict[str, Any] = {**dict.fromkeys(PROPERTIES), "isEnabled": False}


async def _get(call: Call, arguments: Arguments) -> Arguments:
    asked = parse_get(call, arguments, PROPERTIES)

    def look(tx: Tx) -> Arguments:
        scope = scope_in(tx, call, arguments.get("accountId"), capability=VACATION)
        ids = [ID] if asked.ids is None else asked.ids
        found = [asked.select(_record(vacationresponse.load(tx, scope.owner)))] if ID in ids else []
        return got(scope, scope.state(tx), found, [each for each in ids if each != ID])

    return await call.core.read(look)


async def _set(call: Call, arguments: Arguments) -> Arguments:
    setting = await begin(call, arguments, capability=VACATION)

    async def create(_given: dict[str, Any]) -> dict[str, Any]:
        raise SetError("singleton")

    async def update(object_id: str, patch: dict[str, Any]) -> dict[str, Any] | None:
        if object_id != ID:
            raise SetError("notFound")
        return await setting.apply(lambda tx, _scope: _update(tx, call, patch))

    async def destroy(object_id: str) -> None:
        raise SetError("singleton" if object_id == ID else "notFound")

    await setting.run(create=create, update=update, destroy=destroy)
    if setting.updated:
        rules.changed(call.core, call.account)
    return setting.answer()


def _update(tx: Tx, call: Call, patch: dict[str, Any]) -> dict[str, Any] | None:
    before = _record(vacationresponse.load(tx, call.account))
    after = {**_DEFAULTS, **patches.apply(before, patch)}
    for name in patches.touched(patch):
        if name not in PROPERTIES or (name == "id" and after["id"] != ID):
            raise invalid_properties(f"{name[:100]} cannot be set", name)
    if not isinstance(after["isEnabled"], bool):
        raise invalid_properties("it is true or false", "isEnabled")
    for name in ("subject", "textBody", "htmlBody"):
        if not isinstance(after[name], str | None):
            raise invalid_properties("it is a text, or null", name)
    wanted = VacationResponse(
        enabled=after["isEnabled"],
        from_at=_instant(after["fromDate"], "fromDate"),
        to_at=_instant(after["toDate"], "toDate"),
        subject=after["subject"],
        text_body=after["textBody"],
        html_body=after["htmlBody"],
    )
    try:
        now = _record(vacationresponse.change(tx, call.account, wanted))
    except BadInput as refusal:
        raise invalid_properties(str(refusal), *sorted(patches.touched(patch))) from None
    return {name: now[name] for name in PROPERTIES[1:] if now[name] != after[name]} or None


def _record(response: VacationResponse) -> dict[str, Any]:
    return {
        "id": ID,
        "isEnabled": response.enabled,
        "fromDate": None if response.from_at is None else dates.utc_text(response.from_at),
        "toDate": None if response.to_at is None else dates.utc_text(response.to_at),
        "subject": response.subject,
        "textBody": response.text_body,
        "htmlBody": response.html_body,
    }


def _instant(value: Any, name: str) -> Instant | None:
    if value is None:
        return None
    found = dates.parse_utc(value)
    if found is None:
        raise invalid_properties("it is a UTCDate, or null", name)
    return found


METHODS = {
    "VacationResponse/get": Method(_get, VACATION),
    "VacationResponse/set": Method(_set, VACATION),
}
