"""The view of a message: its HTML made safe, its text, and the signed addresses of its pictures.

Called by the web. Promises: only for who may read the message's mailbox now; of a large message only the parts that are shown are
read; an address of a picture is good for its reader, for a day or two, and for nothing that we have not written it for.
Does not: fetch (a connector does), audit (the protocol knows from where).
"""

from __future__ import annotations

import asyncio
import base64
import hmac
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlencode

from mailwright.codecs import htmlmail, mime
from mailwright.codecs.htmlmail import Clean
from mailwright.codecs.mime import Part
from mailwright.codecs.mime.part import bodies_of
from mailwright.codecs.pictures import media_type_of
from mailwright.core import Core, access, accounts
from mailwright.domain.clock import DAY, now
from mailwright.domain.ids import is_id
from mailwright.domain.pictures import Picture
from mailwright.domain.refusals import NotFound, NotPermitted
from mailwright.storage import Tx, messages
from mailwright.storage.accounts import Account
from mailwright.storage.messages import StoredMessage

MAX_TEXT = 1024 * 1024  # characters of a plain text that are shown; more is no letter
MAX_TEXT_PARTS = 50  # of one message that are shown one after the other
GOOD_DAYS = 2  # an address that was written today is good until the end of tomorrow
SIGNATURE_OCTETS = 24  # of HMAC-SHA256 (RFC 2104 §5 allows half of it)

PICTURE_PATH = "/api/mail/picture"
_PURPOSE = "addresses of pictures"


@dataclass(frozen=True, slots=True)
class Reading:
    """A message that may be read, and the address of the account it lies in."""

    message: StoredMessage
    owner: str

    @property
    def root(self) -> Part:
        return Part.from_json(self.message.structure)


def readable(tx: Tx, account: Account, message_id: str) -> Reading:
    """The message, if the account may read it now. Raises NotFound, whichever of the reasons it is."""
    message = messages.by_id(tx, message_id) if is_id(message_id) else None
    if message is None or message.tenant_id != account.tenant_id:
        raise NotFound("there is no such message")
    try:
        reached = access.by_id(tx, account, message.mailbox_id)
        access.need(reached, "r")
    except (NotFound, NotPermitted):
        raise NotFound("there is no such message") from None
    return Reading(message, reached.owner)


async def html(core: Core, account: Account, reading: Reading, *, proxied: bool) -> Clean | None:
    """The HTML of a message as it may be shown, or None when it has none. `proxied` shows pictures of other machines through us.

    Raises NotFound (its bytes are gone), TryLater.
    """
    shown = bodies_of(reading.root).html
    if not any(part.subtype == "html" for part in shown):
        return None
    pieces = [_as_html(*each) for each in await _load(core, reading.message, shown)]
    key = core.secrets.key_for(_PURPOSE)
    parts = {part.content_id.strip("<> "): part.number for part in reading.root.walk() if part.content_id}

    def part(content_id: str) -> str | None:
        number = parts.get(unquote(content_id))  # RFC 2392 §2: written as URLs are
        return None if number is None else _inline_address(key, account, reading.message, number)

    def picture(address: str) -> str | None:
        return _picture_address(key, account, address) if proxied else None

    # In a thread: a large newsletter takes some tenths of a second.
    return await asyncio.to_thread(htmlmail.sanitise, "\n".join(pieces), picture=picture, part=part)


async def text(core: Core, reading: Reading) -> str:
    """The message as plain text, at most MAX_TEXT characters. Raises NotFound (its bytes are gone), TryLater."""
    pieces = []
    for data, part in await _load(core, reading.message, bodies_of(reading.root).text):
        read = mime.text_of(data, part, limit=MAX_TEXT)
        piece = await asyncio.to_thread(mime.html_to_text, read) if part.subtype == "html" else read
        if piece.strip():
            pieces.append(piece.rstrip("\n"))
    return "\n\n".join(pieces)[:MAX_TEXT]


async def inline_picture(core: Core, reading: Reading, number: str) -> Picture:
    """A picture that came with the message. Raises NotFound when that part is none, TryLater."""
    part = reading.root.find(number)
    if part is None or part.is_multipart:
        raise NotFound("there is no such picture")
    data, moved = (await _load(core, reading.message, (part,)))[0]
    octets = mime.decode_body(data, moved)
    media_type = media_type_of(octets[:16])
    if media_type is None:
        raise NotFound("there is no such picture")
    return Picture(media_type, octets)


def reader_of(core: Core, tx: Tx, *, user_id: str, day: str, signature: str, target: str) -> Account:
    """Who an address was written for, if it is one of ours and still good. Raises NotFound."""
    known = day.isascii() and day.isdigit() and len(day) < 8 and now() // DAY <= int(day)
    if not known or not is_id(user_id):
        raise NotFound("this address of a picture is not good any more")
    expected = _signature(core.secrets.key_for(_PURPOSE), user_id, day, target)
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise NotFound("this address of a picture is not one of ours")
    account = accounts.still_active(tx, user_id)
    if account is None:
        raise NotFound("this address of a picture is not good any more")
    return account


def inline_target(message_id: str, number: str) -> str:
    """What is signed for a picture inside a message."""
    return f"part:{message_id}:{number}"


def picture_target(address: str) -> str:
    """What is signed for a picture elsewhere."""
    return f"picture:{address}"


def _picture_address(key: bytes, account: Account, address: str) -> str:
    return f"{PICTURE_PATH}?{urlencode({'u': address} | _signed(key, account, picture_target(address)))}"


def _inline_address(key: bytes, account: Account, message: StoredMessage, number: str) -> str:
    signed = urlencode(_signed(key, account, inline_target(message.id, number)))
    return f"/api/mail/{message.id}/inline/{number}?{signed}"


def _signed(key: bytes, account: Account, target: str) -> dict[str, str]:
    day = str(now() // DAY + GOOD_DAYS - 1)  # whole days, so that a browser meets the same address again
    return {"a": account.id, "e": day, "s": _signature(key, account.id, day, target)}


def _signature(key: bytes, user_id: str, day: str, target: str) -> str:
    signed = hmac.digest(key, "\x1f".join((user_id, day, target)).encode("utf-8", "replace"), "sha256")
    return base64.urlsafe_b64encode(signed[:SIGNATURE_OCTETS]).decode()


async def _load(core: Core, message: StoredMessage, parts: tuple[Part, ...]) -> list[tuple[bytes, Part]]:
    """The octets of each part, and the part as it lies in them."""
    found = []
    for part in parts[:MAX_TEXT_PARTS]:
        data = await core.blobs.read(message.blob_id, part.body_start, part.body_end)
        found.append((data, replace(part, header_start=0, body_start=0, body_end=len(data))))
    return found


def _as_html(data: bytes, part: Part) -> str:
    if part.subtype == "html":
        return mime.text_of(data, part, limit=htmlmail.MAX_CHARACTERS)
    read = mime.text_of(data, part, limit=MAX_TEXT)
    escaped = read.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<pre>{escaped}</pre>"
