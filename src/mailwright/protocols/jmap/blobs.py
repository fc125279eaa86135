"""Blobs: the octets behind a blob id, and who may have them (RFC 8620 §6); and Blob/copy. What RFC 9404 adds is `blobdata`.

A message is `m<message id>`, a part of one `m<message id>_<part number>` (with `_` for the dots, which no Id has), an upload
`b<blob id>`, and a part of one, when it is a message, `b<blob id>_<part number>`. Called by the paths of `transfer` and by whoever is given a blob id.
Promises: a blob is there for those who may read a message it belongs to now, and an upload for its uploader; else it is not.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from mailwright.codecs import mime
from mailwright.codecs.mime import Part, transfer
from mailwright.core import uploads
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import DamagedBlob, NotFound
from mailwright.protocols.jmap.accounts import Scope, scope, scope_of
from mailwright.protocols.jmap.capabilities import CORE, MAX_OBJECTS_IN_GET
from mailwright.protocols.jmap.changing import SetError
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.standard import check_names, id_list, invalid
from mailwright.storage import Tx, messages

UNKNOWN_TYPE = "application/octet-stream"
MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}(?:\s*;[ -~]{0,200})?", re.ASCII)
"""What an upload may say that it is (RFC 6838 §4.2)."""

LARGE_OCTETS = 256 * 1024  # decoded in a thread
_ID = 36  # characters of an id
_PART = re.compile(r"[0-9]+(?:\.[0-9]+)*(?:\.TEXT)?|TEXT")


@dataclass(frozen=True, slots=True)
class Located:
    """Where the octets are: a range of a stored blob, and how they are encoded there. `message_id` None: an upload.

    `part`: the number of a part of an upload, which only its octets tell of.
    """

    stored_id: str
    start: int
    end: int | None
    encoding: str
    media_type: str
    name: str | None
    message_id: str | None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """The octets, and what is known of them."""

    data: bytes = field(repr=False)
    media_type: str
    name: str | None


def message_blob(message_id: str) -> str:
    """The blob id of a whole message."""
    return f"m{message_id}"


def part_blob(message_id: str, number: str) -> str:
    """The blob id of a part of a message, by its number (`Part.number`)."""
    return f"m{message_id}_{number.replace('.', '_')}"


def upload_blob(stored_id: str) -> str:
    """The blob id of an upload."""
    return f"b{stored_id}"


async def load(call: Call, within: Scope, blob_id: str) -> Content:
    """The octets of a blob of the account, decoded. Raises NotFound, TryLater."""
    found = await call.core.read(lambda tx: locate(tx, within, blob_id))
    return await read(call, found)


async def read(call: Call, found: Located) -> Content:
    """The octets of what was located. Raises NotFound, TryLater."""
    data = await call.core.blobs.read(found.stored_id, found.start, found.end)
    if found.part:
        return await asyncio.to_thread(_part_of_upload, data, found.part)
    if len(data) > LARGE_OCTETS:
        data = await asyncio.to_thread(transfer.decode, data, found.encoding)
    else:
        data = transfer.decode(data, found.encoding)
    return Content(data, found.media_type, found.name)


def locate(tx: Tx, within: Scope, blob_id: str) -> Located:
    """Where the octets of a blob are, if the asker may have them in this account. Raises NotFound."""
    kind, rest = blob_id[:1], blob_id[1:]
    message_id, separator, number = rest[:_ID], rest[_ID : _ID + 1], rest[_ID + 1 :].replace("_", ".")
    if not is_id(message_id) or separator not in ("", "_") or bool(separator) != bool(number):
        raise NotFound("there is no such blob")
    if kind == "b":
        upload = uploads.find(tx, within.asker, message_id)
        if upload is None:
            raise NotFound("there is no such blob")
        media_type = UNKNOWN_TYPE if number else upload.media_type
        return Located(upload.blob_id, 0, None, "", media_type, None, None, number)
    if kind != "m":
        raise NotFound("there is no such blob")
    message = messages.by_id(tx, message_id)
    if message is None or message.user_id != within.owner.id or message.mailbox_id not in within.readable:
        raise NotFound("there is no such blob")
    if not separator:
        return Located(message.blob_id, 0, None, "", "message/rfc822", None, message_id)
    part = _part(Part.from_json(message.structure), number)
    encoding = _encoding(part)
    return Located(
        message.blob_id, part.body_start, part.body_end, encoding, part.media_type, part.filename, message_id
    )


async def _copy(call: Call, arguments: Arguments) -> Arguments:
    """RFC 8620 §6.3. An upload is its uploader's everywhere and keeps its id; what belongs to a message becomes an upload."""
    check_names(arguments, {"fromAccountId", "accountId", "blobIds"})
    wanted = id_list(arguments.get("blobIds"), "blobIds")
    if len(wanted) > MAX_OBJECTS_IN_GET:
        raise MethodError("requestTooLarge")
    source_id = arguments.get("fromAccountId")
    if not isinstance(source_id, str):
        raise invalid("fromAccountId", "it is the id of an account")
    if source_id == arguments.get("accountId"):
        raise invalid("fromAccountId", "it is the same account")
    target = await scope_of(call, arguments.get("accountId"))
    try:
        source = await call.core.read(lambda tx: scope(tx, call.account, source_id))
    except MethodError:
        raise MethodError("fromAccountNotFound") from None
    copied: dict[str, str] = {}
    failed: dict[str, SetError] = {}
    for blob_id in dict.fromkeys(wanted):
        try:
            copied[blob_id] = await _copy_one(call, source, blob_id)
        except (NotFound, DamagedBlob):
            failed[blob_id] = SetError("blobNotFound")
    return {
        "fromAccountId": source.id,
        "accountId": target.id,
        "copied": copied or None,
        "notCopied": {key: error.to_json() for key, error in failed.items()} or None,
    }


async def _copy_one(call: Call, source: Scope, blob_id: str) -> str:
    found = await call.core.read(lambda tx: locate(tx, source, blob_id))
    if found.message_id is None:
        return blob_id
    content = await read(call, found)
    kept = await uploads.keep(call.core, call.account, content.data, content.media_type)
    call.note("jmap.blob.copy", f"{source.owner.email}:{found.message_id}")
    return upload_blob(kept.blob_id)


def _part_of_upload(data: bytes, number: str) -> Content:
    """Runs in a thread."""
    part = _part(mime.parse(data).root, number)
    return Content(
        transfer.decode(data[part.body_start : part.body_end], _encoding(part)), part.media_type, part.filename
    )


def _part(root: Part, number: str) -> Part:
    part = root.find(number) if _PART.fullmatch(number) else None
    if part is None:
        raise NotFound("there is no such blob")
    return part


def _encoding(part: Part) -> str:
    """RFC 8621 §4.1.4: a part is what it says once its transfer encoding is undone; a multipart stands as it is."""
    return "" if part.is_multipart else part.encoding


METHODS = {"Blob/copy": Method(_copy, CORE)}
