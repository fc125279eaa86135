"""Blob/upload, Blob/get and Blob/lookup (RFC 9404): small blobs within requests, and what they belong to."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any

from mailwright.core import uploads
from mailwright.domain.refusals import DamagedBlob, NotFound, Refusal
from mailwright.protocols.jmap import blobs
from mailwright.protocols.jmap.accounts import Scope, scope_of
from mailwright.protocols.jmap.capabilities import (
    BLOB,
    BLOB_DIGESTS,
    BLOB_TYPES,
    MAX_BLOB_SET_OCTETS,
    MAX_BLOB_SOURCES,
    MAX_OBJECTS_IN_SET,
    MAX_REQUEST_OCTETS,
)
from mailwright.protocols.jmap.changing import SetError, as_set_error, invalid_properties, objects_of
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.standard import check_names, id_list, invalid, is_reference, is_unsigned, parse_get
from mailwright.storage import Tx, messages

_DIGEST = "digest:"
_DATA = ("data:asText", "data:asBase64", "data")
_PROPERTIES = (*_DATA, "size", *(f"{_DIGEST}{name}" for name in BLOB_DIGESTS))
_HASHES = {"sha": hashlib.sha1, "sha-256": hashlib.sha256}  # RFC 9404 names them as RFC 3230 does


async def _upload(call: Call, arguments: Arguments) -> Arguments:
    check_names(arguments, {"accountId", "create"})
    create = objects_of(arguments, "create")
    if len(create) > MAX_OBJECTS_IN_SET:
        raise MethodError("requestTooLarge")
    scope = await scope_of(call, arguments.get("accountId"))
    created: dict[str, Any] = {}
    failed: dict[str, Any] = {}
    for key, given in create.items():
        try:
            data, media_type = await _assembled(call, scope, given)
            kept = await uploads.keep(call.core, call.account, data, media_type)
        except (SetError, Refusal) as error:
            failed[key] = as_set_error(error).to_json()
            continue
        call.created[key] = blobs.upload_blob(kept.blob_id)
        created[key] = {"id": call.created[key], "type": media_type, "size": kept.size}
    return {"accountId": scope.id, "created": created or None, "notCreated": failed or None}


async def _assembled(call: Call, scope: Scope, given: dict[str, Any]) -> tuple[bytes, str]:
    sources, media_type = given.get("data"), given.get("type") or blobs.UNKNOWN_TYPE
    if set(given) - {"data", "type"} or not isinstance(sources, list) or len(sources) > MAX_BLOB_SOURCES:
        raise invalid_properties(f"data is a list of at most {MAX_BLOB_SOURCES} sources", "data")
    if not isinstance(media_type, str) or not blobs.MEDIA_TYPE.fullmatch(media_type):
        raise invalid_properties("that is no media type", "type")
    data = bytearray()
    for source in sources:
        data += await _source(call, scope, source)
        if len(data) > MAX_BLOB_SET_OCTETS:
            raise SetError("tooLarge")
    return bytes(data), media_type


async def _source(call: Call, scope: Scope, source: Any) -> bytes:
    """RFC 9404 §4.1, DataSourceObject: text, Base64, or a range of another blob."""
    kinds = {"data:asText", "data:asBase64", "blobId"}
    if not isinstance(source, dict) or len(kinds & set(source)) != 1 or set(source) - {*kinds, "offset", "length"}:
        raise invalid_properties("a source has text, Base64 or the id of a blob", "data")
    text, encoded, blob_id = source.get("data:asText"), source.get("data:asBase64"), source.get("blobId")
    if isinstance(text, str):
        return text.encode()
    if isinstance(encoded, str):
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise invalid_properties("the Base64 cannot be read", "data") from None
    if not isinstance(blob_id, str) or not is_reference(blob_id):
        raise invalid_properties("it is the id of a blob", "data")
    part = _range(source)
    try:
        content = await blobs.load(call, scope, call.resolve(blob_id) or "")
    except NotFound:
        raise SetError("blobNotFound", notFound=[blob_id]) from None
    if part is None or part.start > len(content.data) or part.end(len(content.data)) > len(content.data):
        raise invalid_properties("the range is not within the blob", "data")
    return content.data[part.start : part.end(len(content.data))]


async def _get(call: Call, arguments: Arguments) -> Arguments:
    part = _range(arguments)
    if part is None or arguments.get("ids") is None:
        raise invalid("offset" if part is None else "ids", "it is missing or no such thing")
    asked = parse_get(call, arguments, _PROPERTIES, extra=("offset", "length"))
    scope = await scope_of(call, arguments.get("accountId"))
    found: list[dict[str, Any]] = []
    missing: list[str] = []
    octets = 0
    for blob_id in asked.ids or []:
        try:
            content = await blobs.load(call, scope, blob_id)
        except (NotFound, DamagedBlob):
            missing.append(blob_id)
            continue
        shown = content.data[part.start : part.end(len(content.data))]
        octets += len(shown)
        if octets > MAX_REQUEST_OCTETS:
            raise MethodError("requestTooLarge", "fetch these blobs by their URLs")
        call.make_room(len(shown))
        found.append(_record(blob_id, content.data, shown, part, asked.properties or ("data", "size")))
    call.note_each("jmap.blob.get", scope.owner.email, [each["id"] for each in found])
    return {"accountId": scope.id, "list": found, "notFound": missing}


@dataclass(frozen=True, slots=True)
class _Range:
    start: int
    length: int | None

    def end(self, size: int) -> int:
        return size if self.length is None else self.start + self.length


def _range(source: dict[str, Any]) -> _Range | None:
    start, length = source.get("offset"), source.get("length")
    if not (start is None or is_unsigned(start)) or not (length is None or is_unsigned(length)):
        return None
    return _Range(start or 0, length)


def _record(blob_id: str, data: bytes, shown: bytes, part: _Range, properties: tuple[str, ...]) -> dict[str, Any]:
    """RFC 9404 §4.2: what was asked for of one blob, and what could not be so."""
    record: dict[str, Any] = {"id": blob_id}
    if part.end(len(data)) > len(data):
        record["isTruncated"] = True
    text = _text(shown)
    for name in properties:
        if name == "size":
            record["size"] = len(data)
        elif name.startswith(_DIGEST):
            digest = _HASHES[name.removeprefix(_DIGEST)](shown)
            record[name] = base64.b64encode(digest.digest()).decode()
        elif name == "data:asBase64" or (name == "data" and text is None):
            record["data:asBase64"] = base64.b64encode(shown).decode()
        elif name in _DATA:
            record["data:asText"] = text
        if name in ("data", "data:asText") and text is None:
            record["isEncodingProblem"] = True
    return record


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


async def _lookup(call: Call, arguments: Arguments) -> Arguments:
    """RFC 9404 §4.3: which objects of these types have a blob, as far as the asker may see them."""
    check_names(arguments, {"accountId", "typeNames", "ids"})
    types = arguments.get("typeNames")
    if not isinstance(types, list) or not all(isinstance(each, str) for each in types):
        raise invalid("typeNames", "it is a list of types")
    if set(types) - set(BLOB_TYPES):
        raise MethodError("unknownDataType")
    ids = list(dict.fromkeys(id_list(arguments.get("ids"), "ids")))
    if len(ids) > MAX_OBJECTS_IN_SET:
        raise MethodError("requestTooLarge")
    scope = await scope_of(call, arguments.get("accountId"))

    def look(tx: Tx) -> tuple[list[dict[str, Any]], list[str]]:
        found, missing = [], []
        for blob_id in ids:
            try:
                message_id = blobs.locate(tx, scope, blob_id).message_id
            except NotFound:
                missing.append(blob_id)
                continue
            found.append({"id": blob_id, "matchedIds": {name: _owners(tx, name, message_id) for name in types}})
        return found, missing

    found, missing = await call.core.read(look)
    return {"accountId": scope.id, "list": found, "notFound": missing}


def _owners(tx: Tx, name: str, message_id: str | None) -> list[str]:
    message = None if message_id is None else messages.by_id(tx, message_id)
    if message is None:
        return []
    return [{"Email": message.id, "Mailbox": message.mailbox_id, "Thread": message.thread_id}[name]]


METHODS = {
    "Blob/upload": Method(_upload, BLOB),
    "Blob/get": Method(_get, BLOB),
    "Blob/lookup": Method(_lookup, BLOB),
}
