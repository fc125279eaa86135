"""Email/parse (RFC 8621 §4.9): messages that are in no mailbox, such as uploads and attached messages."""

from __future__ import annotations

import asyncio
from typing import Any

from mailwright.codecs import mime
from mailwright.codecs.jmap.bodyparts import has_attachment
from mailwright.codecs.jmap.headers import CONVENIENCE
from mailwright.codecs.mime import Part
from mailwright.domain.refusals import DamagedBlob, NotFound
from mailwright.protocols.jmap import blobs
from mailwright.protocols.jmap.accounts import scope_of
from mailwright.protocols.jmap.capabilities import MAIL
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.emails import bodies
from mailwright.protocols.jmap.emails.properties import (
    BODY_ARGUMENTS,
    DEFAULT_OF_PARSE,
    PROPERTIES,
    Wanted,
    is_property,
)
from mailwright.protocols.jmap.standard import check_names, id_list, invalid

MAX_BLOBS = 50  # in one call: each is read and parsed as a whole


async def parse(call: Call, arguments: Arguments) -> Arguments:
    """The blobs as Emails, as far as they are any."""
    check_names(arguments, {"accountId", "blobIds", "properties", *BODY_ARGUMENTS})
    wanted = Wanted.of(_properties(arguments), arguments)
    ids = list(dict.fromkeys(id_list(arguments.get("blobIds"), "blobIds")))
    if len(ids) > MAX_BLOBS:
        raise MethodError("requestTooLarge", f"at most {MAX_BLOBS} at once")
    scope = await scope_of(call, arguments.get("accountId"))
    parsed: dict[str, Any] = {}
    not_parsable: list[str] = []
    not_found: list[str] = []
    for blob_id in ids:
        try:
            content = await blobs.load(call, scope, call.resolve(blob_id) or blob_id)
        except (NotFound, DamagedBlob):
            not_found.append(blob_id)
            continue
        call.make_room(len(content.data))
        found = await asyncio.to_thread(_parsed, blob_id, content.data, wanted)
        if found is None:
            not_parsable.append(blob_id)
        else:
            parsed[blob_id] = found
    call.note_each("jmap.parse", scope.owner.email, list(parsed))
    return {
        "accountId": scope.id,
        "parsed": parsed or None,
        "notParsable": not_parsable or None,
        "notFound": not_found or None,
    }


def _properties(arguments: Arguments) -> tuple[str, ...]:
    properties = arguments.get("properties")
    if properties is None:
        return DEFAULT_OF_PARSE
    if not isinstance(properties, list) or not all(isinstance(each, str) for each in properties):
        raise invalid("properties", "it is a list of names")
    for each in properties:
        if not is_property(each):
            raise invalid("properties", f"there is no property {each[:100]!r}")
    return tuple(dict.fromkeys(properties))


def _parsed(blob_id: str, raw: bytes, wanted: Wanted) -> dict[str, Any] | None:
    """Runs in a thread. None: it has no header, and so is no message."""
    message = mime.parse(raw)
    if not message.header.fields:
        return None

    def read(start: int, end: int) -> bytes:
        return raw[start:end]

    def blob_of(part: Part) -> str:
        return f"{blob_id}_{part.number.replace('.', '_')}"

    names = tuple(name for name in wanted.names if name in CONVENIENCE)
    found = bodies.told(message.root, wanted, names, read, blob_of)
    # RFC 8621 §4.9: what only a message in a mailbox has is null.
    own = {
        **dict.fromkeys(PROPERTIES, None),
        "blobId": blob_id,
        "size": len(raw),
        "preview": message.preview,
        "hasAttachment": has_attachment(message.root),
        **found,
    }
    return {name: own[name] for name in (*wanted.names, *(field.property for field in wanted.fields))}


METHODS = {"Email/parse": Method(parse, MAIL)}
