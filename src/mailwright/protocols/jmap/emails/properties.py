"""Which properties of an Email are wanted, and what the row of a message says of them (RFC 8621 §4.1, §4.2).

Used by `get` and `parse`. Most of what a list shows is in the row; a field of the header that is odd (there twice, empty, cut)
or was not kept when the message was filed has to be read: `UNTOLD`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailwright.codecs.jmap import dates, headers
from mailwright.codecs.jmap.bodyparts import Wishes, has_attachment
from mailwright.codecs.jmap.headers import CONVENIENCE, BadProperty, HeaderProperty
from mailwright.codecs.mime import Mailbox, Part
from mailwright.protocols.jmap.blobs import message_blob
from mailwright.protocols.jmap.dispatch import Arguments
from mailwright.protocols.jmap.emails import keywords
from mailwright.protocols.jmap.standard import boolean, invalid, is_unsigned
from mailwright.storage import views
from mailwright.storage.messages import Flag

METADATA: Final = ("id", "blobId", "threadId", "mailboxIds", "keywords", "size", "receivedAt")
BODIES: Final = ("bodyValues", "textBody", "htmlBody", "attachments")
LISTED: Final = (*CONVENIENCE, "hasAttachment", "preview")
PROPERTIES: Final = frozenset({*METADATA, *LISTED, *BODIES, "bodyStructure", "headers"})
DEFAULT_OF_PARSE: Final = (*LISTED, *BODIES)
"""RFC 8621 §4.9."""
DEFAULT_OF_GET: Final = (*METADATA, *DEFAULT_OF_PARSE)
"""RFC 8621 §4.2: these, not all."""
BODY_ARGUMENTS: Final = (
    "bodyProperties",
    "fetchTextBodyValues",
    "fetchHTMLBodyValues",
    "fetchAllBodyValues",
    "maxBodyValueBytes",
)

UNTOLD: Final = object()
"""The row does not say it: the header has to be read."""

MARKED_SINCE = 2  # the `v` of a row's headers from which on it says what is odd


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of each Email: plain properties, fields of the header, and how bodies are to be told."""

    names: tuple[str, ...]
    fields: tuple[HeaderProperty, ...]
    wishes: Wishes
    text_values: bool
    html_values: bool
    all_values: bool
    max_octets: int

    @classmethod
    def of(cls, properties: Sequence[str], arguments: Arguments) -> Wanted:
        """Read the arguments that Email/get and Email/parse share. Raises MethodError invalidArguments."""
        asked = arguments.get("bodyProperties")
        if asked is not None and (not isinstance(asked, list) or not all(isinstance(each, str) for each in asked)):
            raise invalid("bodyProperties", "it is a list of names")
        most = arguments.get("maxBodyValueBytes", 0)
        if not is_unsigned(most):
            raise invalid("maxBodyValueBytes", "it is a number of octets")
        try:
            fields = tuple(headers.parse_property(each) for each in properties if each.startswith("header:"))
            wishes = Wishes.of(asked)
        except BadProperty as error:
            # RFC 8621 §4.2: a form that a field cannot be had in is an error of the call.
            raise invalid("properties", str(error)) from None
        return cls(
            tuple(each for each in properties if not each.startswith("header:")),
            fields,
            wishes,
            boolean(arguments, "fetchTextBodyValues"),
            boolean(arguments, "fetchHTMLBodyValues"),
            boolean(arguments, "fetchAllBodyValues"),
            most,
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `messages` that are needed."""
        needed = {column for name in self.names for column in _COLUMNS.get(name, ())}
        if self.reads:
            needed |= {"structure", "blob_id"}
        return tuple(sorted(needed))

    @property
    def reads(self) -> bool:
        """Whether more than the row may be needed of every message."""
        return bool(self.fields) or any(name in _DEEP for name in self.names)


def is_property(name: str) -> bool:
    """Whether an Email has it. Forms that cannot be are told by `Wanted.of`, which says why."""
    return name in PROPERTIES or name.startswith("header:")


def of_row(name: str, row: Mapping[str, Any]) -> Any:
    """A property from the columns of a row, or UNTOLD."""
    if name in CONVENIENCE:
        return _field(name, row)
    return _SIMPLE[name](row)


def is_visible(flags: int) -> bool:
    """RFC 8621 §4.1.1: a message with \\Deleted is not there."""
    return not flags & Flag.DELETED


def _field(name: str, row: Mapping[str, Any]) -> Any:
    kept = row["headers"]
    field = CONVENIENCE[name]
    if field.name in kept.get("odd_names", ()):
        return UNTOLD
    if name in _KEPT_LATER and kept.get("v", 1) < MARKED_SINCE:
        return UNTOLD
    match name:
        case "subject":
            return headers.composed(row["subject"]) or None
        case "sentAt":
            sent_at = row["sent_at"]
            return None if sent_at is None else dates.local_text(sent_at, kept.get("zone", 0) // 60)
        case "messageId":
            return headers.ids_of([row["message_id"]] if row["message_id"] else [])
        case "inReplyTo" | "references":
            return headers.ids_of(kept.get(_KEPT.get(name, name), ()))
        case _:
            pairs = kept.get(_KEPT.get(name, name), ())
            return headers.addresses([Mailbox(shown, address) for shown, address in pairs]) or None


def read_headers(text: str) -> dict[str, Any]:
    """The `headers` column, with the small names of what is odd in it."""
    kept: dict[str, Any] = json.loads(text)
    if "odd" in kept:
        kept["odd_names"] = frozenset(name.lower() for name in kept["odd"])
    return kept


_KEPT = {"replyTo": "reply_to", "inReplyTo": "in_reply_to"}
_KEPT_LATER = frozenset({"sender", "bcc", "sentAt"})
_DEEP = frozenset({*BODIES, "bodyStructure", "headers"})

_SIMPLE: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "id": lambda row: row["id"],
    "blobId": lambda row: message_blob(row["id"]),
    "threadId": lambda row: row["thread_id"],
    "mailboxIds": lambda row: {row["mailbox_id"]: True},
    "keywords": lambda row: keywords.shown(row["flags"], views.keywords_of(row["keywords"])),
    "size": lambda row: row["size"],
    "receivedAt": lambda row: dates.utc_text(row["received_at"]),
    "preview": lambda row: row["preview"],
    "hasAttachment": lambda row: row["attachments"] > 0 and has_attachment(Part.from_json(row["structure"])),
}

_COLUMNS: dict[str, tuple[str, ...]] = {
    "threadId": ("thread_id",),
    "keywords": ("keywords",),
    "size": ("size",),
    "receivedAt": ("received_at",),
    "preview": ("preview",),
    "hasAttachment": ("attachments", "structure"),
    # What the row may not tell of a field is read from the message.
    **dict.fromkeys(CONVENIENCE, ("headers", "subject", "sent_at", "message_id", "structure", "blob_id")),
}
