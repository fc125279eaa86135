"""What an update of an Email asks for: the difference that a patch makes to its keywords and its mailbox (RFC 8621 §4.6).

Called by `set`. Everything else of an Email is immutable; a client may repeat it only as it is.
"""

from __future__ import annotations

from typing import Any

from mailwright.codecs.jmap import patches
from mailwright.core.emailchanges import Change, Current
from mailwright.protocols.jmap import blobs
from mailwright.protocols.jmap.accounts import Scope
from mailwright.protocols.jmap.changing import invalid_properties
from mailwright.protocols.jmap.dispatch import Call
from mailwright.protocols.jmap.emails import creating, keywords


def change_of(call: Call, within: Scope, message: Current, patch: dict[str, Any]) -> Change:
    """What is to be different. Raises BadPatch, SetError."""
    before: dict[str, Any] = {
        "id": message.id,
        "blobId": blobs.message_blob(message.id),
        "threadId": message.thread_id,
        "size": message.size,
        "keywords": keywords.shown(message.flags, message.keywords),
        "mailboxIds": {message.mailbox_id: True},
    }
    after = patches.apply(before, {_resolved(call, key): value for key, value in patch.items()})
    # RFC 8620 §5.3: what cannot be changed may be given when it is what it is.
    changed = sorted(name for name in patches.touched(patch) if name not in before or after.get(name) != before[name])
    immutable = [name for name in changed if name not in ("keywords", "mailboxIds")]
    if immutable:
        raise invalid_properties("only keywords and mailboxIds of an Email can be changed", *immutable)
    if not changed:
        return Change()
    mailbox_id = creating.mailbox_of(call, within, after.get("mailboxIds"))
    flags, words = keywords.parse(after.get("keywords"))
    shown = sum(keywords.FLAGS.values())
    known = {word.lower() for word in message.keywords}
    return Change(
        flags_on=flags & ~message.flags,
        flags_off=message.flags & shown & ~flags,
        keywords_on=tuple(word for word in words if word not in known),
        keywords_off=tuple(sorted(known.difference(words))),
        mailbox_id=None if mailbox_id == message.mailbox_id else mailbox_id,
    )


def _resolved(call: Call, key: str) -> str:
    """A path with the mailbox's id for its creation id (RFC 8620 §5.3), and keywords in small letters (RFC 8621 §4.1.1)."""
    head, separator, rest = key.partition("/")
    if head == "mailboxIds" and rest.startswith("#"):
        return f"{head}{separator}{call.resolve(rest) or rest}"
    return key.lower() if head == "keywords" else key
