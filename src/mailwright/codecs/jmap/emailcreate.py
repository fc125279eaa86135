"""Email objects that a client wants to have created: from JSON to the bytes of a message (RFC 8621 §4.6).

Called by `protocols.jmap.emails.creating`.
Expects: the object straight from JSON, without what is not of the message (mailboxIds, keywords, receivedAt); for writing, the
octets of the blobs it names, and the date and Message-ID to use when it has none.
Promises: `read` refuses everything the RFC forbids and names all the properties at fault; what it took can be written, and
`codecs.mime.parse` reads it back. A half-finished draft is no mistake. The same arguments give the same bytes.
Does not: look at who may write under which From (submission does), or know blobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailwright.codecs.jmap.bodycreate import PartReader, Piece, Problems, entity
from mailwright.codecs.jmap.headers import CONVENIENCE, BadProperty, parse_property
from mailwright.codecs.jmap.headerwriting import NotWritable, date_words
from mailwright.codecs.jmap.headerwriting import write as write_field
from mailwright.codecs.mime import encoding
from mailwright.domain.clock import Instant, to_datetime

METADATA = frozenset({"mailboxIds", "keywords", "receivedAt"})
"""What of an Email is not the message itself."""

MAX_HEADER_FIELDS = 500  # of one message that is created here

_BODY = frozenset({"bodyStructure", "textBody", "htmlBody", "attachments", "bodyValues"})


class Unfit(ValueError):
    """The Email cannot be created so; `properties` are those at fault."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {why}" for path, why in list(problems.items())[:5]))
        self.properties = list(problems)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that can be written: its own header fields (name in lower case, whole field) and its parts."""

    fields: tuple[tuple[str, bytes], ...]
    root: Piece

    @property
    def blob_ids(self) -> tuple[str, ...]:
        """The blobs it is made of, each once."""
        return tuple(dict.fromkeys(piece.blob_id for piece in self.root.walk() if piece.blob_id is not None))

    @property
    def characters(self) -> int:
        """Of the texts in it."""
        return sum(len(piece.text) for piece in self.root.walk() if piece.text is not None)


def read(email: Mapping[str, Any]) -> Draft:
    """The message that an Email object describes. Raises Unfit."""
    problems = Problems()
    given = {name: value for name, value in email.items() if value is not None and name not in METADATA}
    fields: dict[str, list[bytes]] = {}
    for name, value in given.items():
        if name in _BODY:
            continue
        try:
            asked = CONVENIENCE.get(name) or parse_property(name)
            if asked.name.startswith("content-"):
                raise NotWritable("fields of the content belong to a body part")  # RFC 8621 §4.6
            if asked.name in fields:
                raise NotWritable("two properties are the same header field")
            fields[asked.name] = write_field(asked, value)
        except (BadProperty, NotWritable) as refusal:
            problems.note(name, str(refusal))
    if len(fields.get("message-id", ())) > 1 or len(given.get("messageId") or ()) > 1:
        problems.note("messageId", "a message has one id")  # RFC 5322 §3.6
    if sum(map(len, fields.values())) > MAX_HEADER_FIELDS:
        problems.note("headers", f"a message has at most {MAX_HEADER_FIELDS} header fields here")
    root = _body(given, problems)
    for key, _ in root.fields:
        if key in fields:
            problems.note("bodyStructure", f"{key} is a field of the Email already")
    if problems:
        raise Unfit(problems)
    return Draft(tuple((key, written) for key, many in fields.items() for written in many), root)


def write(draft: Draft, contents: Mapping[str, bytes], *, message_id: str, date: Instant) -> bytes:
    """The message. `contents` has the octets of every blob it names; `message_id` and `date` are for one that has none."""
    names = {key for key, _ in draft.fields}
    out: list[bytes] = []
    # RFC 8621 §4.6: the server generates what RFC 5322 §3.6 requires.
    if "date" not in names:
        out.append(encoding.field("Date", date_words(to_datetime(date).replace(microsecond=0).isoformat())))
    out += [written for _, written in draft.fields]
    if "message-id" not in names:
        out.append(encoding.field("Message-ID", [message_id]))
    head, body, _ = entity(draft.root, contents, message_id)
    if "mime-version" not in names and not any(key == "mime-version" for key, _ in draft.root.fields):
        out.append(b"MIME-Version: 1.0\r\n")  # RFC 2045 §4
    return b"".join([*out, *head, b"\r\n", body])


def _body(given: Mapping[str, Any], problems: Problems) -> Piece:
    reader = PartReader(_values(given.get("bodyValues"), problems), problems)
    apart = [name for name in ("textBody", "htmlBody", "attachments") if name in given]
    if "bodyStructure" in given:
        for name in apart:
            problems.note(name, "bodyStructure says it all")  # RFC 8621 §4.6
        return reader.read(given["bodyStructure"], "bodyStructure")
    bodies = [
        piece
        for name, media_type in (("textBody", "text/plain"), ("htmlBody", "text/html"))
        if (piece := _only(reader, given, name, media_type, problems)) is not None
    ]
    attached = given.get("attachments", [])
    if not isinstance(attached, list):
        problems.note("attachments", "attachments are a list of body parts")
        attached = []
    files = [
        reader.read(each, f"attachments/{index}", usual="application/octet-stream", beside=True)
        for index, each in enumerate(attached)
    ]
    return _assembled(bodies, files)


def _only(reader: PartReader, given: Mapping[str, Any], name: str, media_type: str, problems: Problems) -> Piece | None:
    """RFC 8621 §4.6: textBody and htmlBody have exactly one part, of that type."""
    value = given.get(name)
    if value is None or value == []:
        return None
    if not isinstance(value, list) or len(value) != 1:
        problems.note(name, "it has exactly one part")
        return None
    piece = reader.read(value[0], f"{name}/0", usual=media_type)
    if piece.media_type != media_type:
        problems.note(f"{name}/0/type", f"its part is {media_type}")
    return piece


def _assembled(bodies: list[Piece], files: list[Piece]) -> Piece:
    """RFC 2046 §5.1: mixed(alternative(plain, related(html, pictures)), files); only the layers that are needed."""
    pictures: list[Piece] = []
    if bodies and bodies[-1].media_type == "text/html":
        pictures = [each for each in files if _is_picture(each)]
        if pictures:
            bodies[-1] = Piece("multipart/related", children=(bodies[-1], *pictures))
    rest = [each for each in files if each not in pictures]
    if not bodies:
        bodies = [Piece("text/plain", {"charset": "utf-8"}, text="")]
    root = bodies[0] if len(bodies) == 1 else Piece("multipart/alternative", children=tuple(bodies))
    return Piece("multipart/mixed", children=(root, *rest)) if rest else root


def _is_picture(piece: Piece) -> bool:
    """Shown by the HTML as `cid:…`, and not asked to be a file of its own."""
    fields = dict(piece.fields)
    return "content-id" in fields and not fields.get("content-disposition", b"").lower().startswith(
        b"content-disposition: attachment"
    )


def _values(value: Any, problems: Problems) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        problems.note("bodyValues", "bodyValues is an object")
        return {}
    for part_id, each in value.items():
        # RFC 8621 §4.6: isEncodingProblem and isTruncated are false or omitted.
        if (
            not isinstance(each, Mapping)
            or not isinstance(each.get("value"), str)
            or set(each) - {"value", "isEncodingProblem", "isTruncated"}
            or any(each.get(name) for name in ("isEncodingProblem", "isTruncated"))
        ):
            problems.note(f"bodyValues/{part_id}", "a body value is whole, and has a value")
    return value
