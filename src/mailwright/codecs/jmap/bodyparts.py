"""Body parts as JMAP has them: EmailBodyPart objects, which of them are text, which attached, and their values (RFC 8621 §4.1.4).

Called by Email/get and Email/parse with the `Part` tree that was kept. Promises: never raises for what a message holds; an
embedded message is one part, whose own parts are its own affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mailwright.codecs.jmap import headers
from mailwright.codecs.jmap.headers import BadProperty, HeaderProperty
from mailwright.codecs.mime import Header, Part, decode_body
from mailwright.codecs.mime.bodies import judged_text_of
from mailwright.codecs.mime.part import bodies_of

DEFAULT_PROPERTIES = (
    "partId",
    "blobId",
    "size",
    "name",
    "type",
    "charset",
    "disposition",
    "cid",
    "language",
    "location",
)
"""RFC 8621 §4.2: what is told of a part without being asked for."""
PROPERTIES = frozenset({*DEFAULT_PROPERTIES, "headers", "subParts"})

MAX_TAG_OCTETS = 4 * 1024  # of HTML: what is longer without an end is no tag but a "<" that stands for itself

_INLINE_MEDIA = frozenset({"image", "audio", "video"})
# A tag with its quoted values; the last alternative of each ends with the text, so that nothing is tried twice.
_TAG = re.compile(
    r"""<(?:\Z|!--.*?(?:(-->)|\Z)|[a-zA-Z/!?](?:[^"'>]++|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+(?:(>)|\Z))""", re.DOTALL
)


class Bodies(NamedTuple):
    """The three flat lists of a message."""

    text: tuple[Part, ...]
    html: tuple[Part, ...]
    attachments: tuple[Part, ...]


class Source(NamedTuple):
    """Where the octets of parts are read, and what their blobs are called."""

    read: Callable[[int, int], bytes]
    blob_id: Callable[[Part], str]


@dataclass(frozen=True, slots=True)
class Wishes:
    """`bodyProperties`, read: plain names, and fields of the header."""

    names: tuple[str, ...]
    fields: tuple[HeaderProperty, ...] = ()

    @classmethod
    def of(cls, names: Sequence[str] | None) -> Wishes:
        """Read the argument. Raises BadProperty."""
        if names is None:
            return cls(DEFAULT_PROPERTIES)
        fields = tuple(headers.parse_property(each) for each in names if each.startswith("header:"))
        plain = tuple(each for each in dict.fromkeys(names) if not each.startswith("header:"))
        for each in plain:
            if each not in PROPERTIES:
                raise BadProperty(f"a body part has no property {each[:100]!r}")
        return cls(plain, fields)

    @property
    def reads_headers(self) -> bool:
        """Whether the headers of the parts are needed."""
        return bool(self.fields) or "headers" in self.names

    def ranges(self, parts: Sequence[Part]) -> Iterator[tuple[int, int]]:
        """The octets of these parts that have to be read to tell what is wished."""
        for part in parts:
            if self.reads_headers:
                yield part.header_start, part.body_start
            if "size" in self.names and part.decoded_size is None:
                yield part.body_start, part.body_end


def bodies(root: Part) -> Bodies:
    """Sort the parts of a message by the algorithm of RFC 8621 §4.1.4."""
    text: list[Part] = []
    html: list[Part] = []
    attachments: list[Part] = []
    _sort((root,), "mixed", False, text, html, attachments)
    return Bodies(tuple(text), tuple(html), tuple(attachments))


def has_attachment(root: Part) -> bool:
    """RFC 8621 §4.1.4, `hasAttachment`: something that a person would download.

    Not what is shown inline, nor the pictures that HTML is sent with, which it names by their Content-ID, nor one more way of
    saying the same (a calendar's event, a page that moves).
    """
    if not bodies_of(root).attachments:
        return False  # nothing but text, in whatever kinds
    belonging = {id(part) for part in _belonging(root)}
    return any(part.disposition != "inline" and id(part) not in belonging for part in bodies(root).attachments)


def parts_of(root: Part) -> Iterator[Part]:
    """The parts of the message, depth first, without those of embedded messages."""
    yield root
    if root.is_multipart:
        for child in root.children:
            yield from parts_of(child)


def body_part(part: Part, wishes: Wishes, source: Source, *, deep: bool = False) -> dict[str, Any]:
    """The EmailBodyPart of a part; `deep`: with those below it, where `subParts` are wished."""
    found: dict[str, Any] = {name: _PROPERTIES[name](part) for name in wishes.names if name in _PROPERTIES}
    if "blobId" in wishes.names:
        found["blobId"] = None if part.is_multipart else source.blob_id(part)
    if "size" in wishes.names:
        found["size"] = size_of(part, source)
    if wishes.reads_headers:
        header = header_of(source.read(part.header_start, part.body_start))
        if "headers" in wishes.names:
            found["headers"] = headers.all_fields(header)
        for field in wishes.fields:
            found[field.property] = headers.value(header, field)
    if part.is_multipart and deep:
        # RFC 8621 §4.2 leaves subParts out of the default properties; without them a structure would be its root alone.
        found["subParts"] = [body_part(child, wishes, source, deep=True) for child in part.children]
    elif "subParts" in wishes.names:
        found["subParts"] = [] if part.is_multipart else None
    return found


def header_of(block: bytes) -> Header:
    """The header in a stretch of a message; where no line ends as it should, a CR alone ends one, as in `structure.parse`."""
    return Header.parse(block.replace(b"\r", b"\n") if b"\n" not in block else block)


def size_of(part: Part, source: Source) -> int:
    """Octets of the part with its transfer encoding undone."""
    size = part.decoded_size
    return len(_decoded(part, source)) if size is None else size


def body_value(part: Part, source: Source, most: int) -> dict[str, Any]:
    """The EmailBodyValue of a text part, cut to `most` octets of UTF-8 when that is not 0."""
    octets = source.read(part.body_start, part.body_end)
    text, sound = judged_text_of(octets, at_start(part, len(octets)))
    shown = shortened(text, most, html=part.subtype == "html") if most else text
    return {"value": shown, "isEncodingProblem": not sound, "isTruncated": len(shown) < len(text)}


def shortened(text: str, most: int, *, html: bool) -> str:
    """At most `most` octets of UTF-8, cutting neither a character nor (RFC 8621 §4.2) a tag of HTML."""
    octets = text.encode()
    if len(octets) <= most:
        return text
    shown = octets[:most].decode(errors="ignore")
    if html:
        for tag in _TAG.finditer(shown):
            if not (tag[1] or tag[2]) and len(shown) - tag.start() <= MAX_TAG_OCTETS:
                return shown[: tag.start()]
    return shown


def at_start(part: Part, octets: int) -> Part:
    """The part as it lies in bytes that are its body alone."""
    return replace(part, header_start=0, body_start=0, body_end=octets, children=())


def _decoded(part: Part, source: Source) -> bytes:
    octets = source.read(part.body_start, part.body_end)
    return decode_body(octets, at_start(part, len(octets)))


def _sort(
    parts: Sequence[Part],
    parent: str,
    in_alternative: bool,
    text: list[Part] | None,
    html: list[Part] | None,
    attachments: list[Part],
) -> None:
    """RFC 8621 §4.1.4, parseStructure. `text` or `html` None: in this branch the other one is what is shown.

    Two gaps of it are closed: of a branch that holds both kinds the first decides whose it is, and what a nested alternative
    has for nobody is attached, so that every part is in one of the lists.
    """
    alternative = parent == "alternative"
    texts, htmls = len(text or ()), len(html or ())
    for index, part in enumerate(parts):
        if part.is_multipart:
            inner = in_alternative or part.subtype == "alternative"
            _sort(part.children, part.subtype, inner, text, html, attachments)
            continue
        if not _is_inline(part, parent, index):
            attachments.append(part)
            continue
        if alternative:
            shown = {"text/plain": text, "text/html": html}.get(part.media_type)
            (attachments if shown is None else shown).append(part)
            continue
        if in_alternative and part.media_type == "text/plain" and text is not None:
            html = None
        elif in_alternative and part.media_type == "text/html" and html is not None:
            text = None
        if text is not None:
            text.append(part)
        if html is not None:
            html.append(part)
        if (text is None or html is None) and part.type in _INLINE_MEDIA:
            attachments.append(part)
    if alternative and text is not None and html is not None:
        if len(text) == texts and len(html) != htmls:
            text.extend(html[htmls:])
        elif len(html) == htmls and len(text) != texts:
            html.extend(text[texts:])


def _is_inline(part: Part, parent: str, index: int) -> bool:
    """Is it shown in the body rather than attached?"""
    media = part.type in _INLINE_MEDIA
    if part.disposition == "attachment" or not (media or part.media_type in ("text/plain", "text/html")):
        return False
    # Of multipart/related only the first is shown; a text with a name that is not the first of its multipart is a file.
    return index == 0 or (parent != "related" and (media or not part.filename))


def _belonging(root: Part) -> Iterator[Part]:
    """The parts that belong to the text beside them."""
    for part in parts_of(root):
        for child in part.children if part.is_multipart else ():
            if child.disposition == "attachment":
                continue
            related = part.subtype == "related" and child.type in _INLINE_MEDIA and child.content_id
            if related or (part.subtype == "alternative" and not child.filename):
                yield child


def _charset(part: Part) -> str | None:
    # RFC 8621 §4.1.4: "us-ascii" is implied for text only.
    return part.charset or ("us-ascii" if part.type == "text" else None)


_PROPERTIES: dict[str, Callable[[Part], Any]] = {
    "partId": lambda part: None if part.is_multipart else part.number,
    "name": lambda part: None if part.filename is None else headers.composed(part.filename),
    "type": lambda part: part.media_type,
    "charset": _charset,
    "disposition": lambda part: part.disposition,
    "cid": lambda part: part.content_id,
    "language": lambda part: list(part.languages) or None,
    "location": lambda part: part.location,
}
