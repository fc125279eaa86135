"""Emails that a client wants to have created: what the objects say, and the messages that are filed for them (RFC 8621 §4.6).

Called by `set` (from properties) and `importing` (from a blob). First everything slow: bodies, blobs, parsing, staging (`compose`);
then, in the caller's transaction, only the filing (`file`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from mailwright.codecs.jmap import dates, emailcreate
from mailwright.core import access, appending, marking
from mailwright.core.appending import Item, Prepared
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import MessageTooLarge, NotFound, NotPermitted
from mailwright.protocols.jmap import blobs
from mailwright.protocols.jmap.accounts import Scope
from mailwright.protocols.jmap.changing import SetError, invalid_properties
from mailwright.protocols.jmap.dispatch import Call
from mailwright.protocols.jmap.emails import keywords
from mailwright.storage import Tx, messages


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a new message goes, and how it is marked. `received_at` None: now."""

    mailbox_id: str
    flags: int = 0
    words: tuple[str, ...] = ()
    received_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """A message that is ready to be filed."""

    placing: Placing
    prepared: Prepared


def placing_of(call: Call, within: Scope, given: dict[str, Any]) -> Placing:
    """What `mailboxIds`, `keywords` and `receivedAt` say. Raises SetError, NotPermitted."""
    mailbox_id = mailbox_of(call, within, given.get("mailboxIds"))
    flags, words = keywords.parse(given.get("keywords"))
    received_at = None
    if given.get("receivedAt") is not None:
        received_at = dates.parse_utc(given["receivedAt"])
        if received_at is None:
            raise invalid_properties("receivedAt is like 2026-11-20T10:00:00Z", "receivedAt")
    place = within.reached[mailbox_id]
    access.need(place, "i")
    settable, may_word = marking.settable(place)
    if flags & ~settable or (words and not may_word):
        raise NotPermitted(f"you may not set these keywords in {place.name}")
    return Placing(mailbox_id, flags, words, received_at)


def mailbox_of(call: Call, within: Scope, value: Any) -> str:
    """The one mailbox that `mailboxIds` names (RFC 8621 §1.3.1: maxMailboxesPerEmail is 1). Raises SetError."""
    if not isinstance(value, dict) or not value or not all(on is True for on in value.values()):
        raise invalid_properties("mailboxIds map the ids of mailboxes to true; there is one at least", "mailboxIds")
    ids = {call.resolve(key) for key in value}
    if len(ids) > 1:
        raise SetError("tooManyMailboxes", "an Email is in one mailbox at a time", properties=["mailboxIds"])
    found = ids.pop()
    if found is None or found not in within.reached:
        raise invalid_properties("there is no such mailbox", "mailboxIds")
    return found


async def compose(call: Call, within: Scope, given: dict[str, Any]) -> Composed:
    """Make the message that an Email object describes. Raises SetError and refusals."""
    placing = placing_of(call, within, given)
    try:
        draft = emailcreate.read(given)
    except emailcreate.Unfit as unfit:
        raise invalid_properties(str(unfit), *unfit.properties) from None
    contents = await _contents(call, within, draft.blob_ids)
    domain_name = call.account.email.rpartition("@")[2]
    message_id, date = f"<{new_id()}@{domain_name}>", clock.now()
    if sum(map(len, contents.values())) + draft.characters <= blobs.LARGE_OCTETS:
        raw = emailcreate.write(draft, contents, message_id=message_id, date=date)
    else:
        raw = await asyncio.to_thread(emailcreate.write, draft, contents, message_id=message_id, date=date)
    return Composed(placing, await stage(call, within, raw))


async def stage(call: Call, within: Scope, raw: bytes) -> Prepared:
    """Parse and stage a whole message. Raises SetError tooLarge, TryLater."""
    most = call.core.settings.max_message_bytes
    try:
        return await appending.prepare(call.core, within.owner.tenant_id, raw)
    except MessageTooLarge as refusal:
        raise SetError("tooLarge", str(refusal), maxSize=most) from None


def file(tx: Tx, call: Call, composed: Composed) -> dict[str, Any]:
    """File it; the properties that the client does not know. Raises SetError, NotPermitted, MailboxFull, ExceedsQuota."""
    placing, prepared = composed.placing, composed.prepared
    item = Item(b"", placing.flags, placing.words, placing.received_at)
    try:
        appended = appending.file_all(
            tx, call.core, call.account, placing.mailbox_id, [item], [prepared], correlation_id=call.correlation_id
        )
    except NotFound:  # it was deleted while the message was being made
        raise invalid_properties("there is no such mailbox", "mailboxIds") from None
    return described(tx, appended.message_ids[0])


def described(tx: Tx, message_id: str) -> dict[str, Any]:
    """RFC 8621 §4.6: what is told of an Email that was made."""
    message = messages.by_id(tx, message_id)
    assert message is not None
    return {
        "id": message.id,
        "blobId": blobs.message_blob(message.id),
        "threadId": message.thread_id,
        "size": message.size,
    }


async def _contents(call: Call, within: Scope, blob_ids: tuple[str, ...]) -> dict[str, bytes]:
    """The octets of the blobs. Raises SetError blobNotFound, tooLarge."""
    most = call.core.settings.max_message_bytes
    contents: dict[str, bytes] = {}
    missing: list[str] = []
    room = most
    for blob_id in blob_ids:
        try:
            content = await blobs.load(call, within, call.resolve(blob_id) or blob_id)
        except NotFound:
            missing.append(blob_id)
            continue
        room -= len(content.data)
        if room < 0:
            raise SetError("tooLarge", f"a message has at most {most} bytes", maxSize=most)
        contents[blob_id] = content.data
    if missing:
        raise SetError("blobNotFound", "some of the files are not here", notFound=missing)
    return contents
