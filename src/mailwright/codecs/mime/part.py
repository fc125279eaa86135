"""Parts: the tree of a message, each node a range of the raw bytes.

Made by `structure.parse`; kept in the database as JSON, one row a message; read by the protocols (BODYSTRUCTURE, JMAP),
by `bodies` and by whoever sends an attachment out: `raw[part.body_start:part.body_end]`, never a copy of the message.
Promises: a part lies inside its parent, siblings do not overlap, `from_json(part.to_json()) == part`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

ENCODED = frozenset({"base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", "uue"})
"""The transfer encodings that `transfer` undoes; whatever else is written there leaves the octets as they are."""


@dataclass(frozen=True, slots=True)
class Part:
    """One body part.

    `number` is its IMAP section (RFC 9051 §6.4.5): "1.2", and "1" for the only part of a message. A multipart that is the
    whole content of a message has no number of its own there; it is called by the section that returns its bytes: "TEXT",
    or "2.TEXT" in an embedded message "2". `type`, `subtype`, `encoding` and `disposition` are lower-case.
    Offsets are octets from the start of the message; the line end before a boundary belongs to the boundary
    (RFC 2046 §5.1.1). `lines` is counted for text and for embedded messages, which BODYSTRUCTURE wants it for, else 0.
    What stands behind `children` was not kept at first: rows of that time have the defaults. `octets` is how many there are
    once the transfer encoding is undone, None where none is or it was not kept.
    """

    number: str
    type: str
    subtype: str
    params: dict[str, str]
    disposition: str | None
    disposition_params: dict[str, str]
    filename: str | None
    content_id: str | None
    encoding: str
    description: str | None
    header_start: int
    body_start: int
    body_end: int
    lines: int
    children: tuple["Part", ...]
    languages: tuple[str, ...] = ()
    location: str | None = None
    md5: str | None = None
    octets: int | None = None

    @property
    def media_type(self) -> str:
        """`type/subtype`."""
        return f"{self.type}/{self.subtype}"

    @property
    def charset(self) -> str | None:
        """The charset as labelled, or None."""
        return self.params.get("charset")

    @property
    def size(self) -> int:
        """Octets of the body as it stands in the message, transfer encoding included."""
        return self.body_end - self.body_start

    @property
    def decoded_size(self) -> int | None:
        """Octets of the body with the transfer encoding undone; None when only decoding it would tell."""
        return self.octets if self.encoding in ENCODED else self.size

    @property
    def is_multipart(self) -> bool:
        return self.type == "multipart"

    @property
    def is_message(self) -> bool:
        """True for an embedded message whose own parts are this part's one child."""
        return self.type == "message" and bool(self.children)

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of their bytes."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))

    def find(self, number: str) -> "Part | None":
        """The part of this number, or None."""
        return next((part for part in self.walk() if part.number == number), None)

    def to_json(self) -> str:
        """One JSON list, fields in the order of the class, children as lists of the same kind at the end."""
        return _ENCODE(_as_list(self))

    @classmethod
    def from_json(cls, text: str) -> "Part":
        """Read what `to_json` wrote. Raises ValueError for anything else."""
        try:
            return _from_list(json.loads(text))
        except (TypeError, IndexError, RecursionError) as error:
            raise ValueError("not the structure of a message") from error


class Bodies(NamedTuple):
    """Which parts are the text of a message and which are files beside it."""

    text: tuple[Part, ...]
    html: tuple[Part, ...]
    attachments: tuple[Part, ...]


def bodies_of(root: Part) -> Bodies:
    """Sort the leaves: what to read as plain text, what as HTML, what is attached.

    The idea is that of JMAP's textBody, htmlBody and attachments (RFC 8621 §4.1.4), with one difference: media shown inline
    counts as an attachment only. What comes in one kind only stands in both `text` and `html`. An embedded message is one
    attachment; its own parts are its own affair.
    """
    text: list[Part] = []
    html: list[Part] = []
    attachments: list[Part] = []
    _sort(root, "mixed", 0, False, text, html, attachments)
    return Bodies(tuple(text), tuple(html), tuple(attachments))


def _sort(
    part: Part,
    parent: str,
    index: int,
    either: bool,
    text: list[Part],
    html: list[Part],
    attachments: list[Part],
) -> None:
    """File `part`. `either`: it is (part of) one of several alternatives, so plain and HTML say the same twice."""
    if part.type == "multipart":
        alternative = part.subtype == "alternative"
        texts, htmls = len(text), len(html)
        for position, child in enumerate(part.children):
            _sort(child, part.subtype, position, either or alternative, text, html, attachments)
        if alternative and len(text) == texts:
            text.extend(html[htmls:])
        elif alternative and len(html) == htmls:
            html.extend(text[texts:])
        return
    readable = part.type == "text" and part.subtype in ("plain", "html", "enriched")
    beside = part.disposition == "attachment" or (index > 0 and (parent == "related" or part.filename is not None))
    if not readable or beside:
        attachments.append(part)
    elif part.subtype == "html":
        html.append(part)
        if not either:
            text.append(part)
    else:
        text.append(part)
        if not either:
            html.append(part)


_ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def _as_list(part: Part) -> list[Any]:
    kept_later = [part.languages, part.location, part.md5, part.octets]
    return [
        part.number,
        part.type,
        part.subtype,
        part.params,
        part.disposition,
        part.disposition_params,
        part.filename,
        part.content_id,
        part.encoding,
        part.description,
        part.header_start,
        part.body_start,
        part.body_end,
        part.lines,
        *([kept_later] if any(each is not None and each != () for each in kept_later) else ()),
        [_as_list(child) for child in part.children],
    ]


OWN_FIELDS = 14  # before what was kept later and the children


def _from_list(fields: list[Any]) -> Part:
    *own, children = fields
    languages, location, md5, octets = own.pop() if len(own) > OWN_FIELDS else ((), None, None, None)
    return Part(*[*own, tuple(_from_list(child) for child in children), tuple(languages), location, md5, octets])
