"""Attachments as text: which of them are text already, and which a reader of files has to open.

Called by core/indexing.py (first pass: what is text) and core/attachmenttext.py (second pass: the files).
Promises: never raises; bounded work. Does not: open files (core/extraction.py does, in a process of its own).
"""

from collections.abc import Iterator
from typing import Literal

from mailwright.codecs import mime
from mailwright.codecs.mime import Part
from mailwright.codecs.mime.part import bodies_of

MAX_PART = 1024 * 1024  # characters of one attachment
MAX_ALL = 2 * 1024 * 1024  # characters of all attachments of a message
MAX_FILES = 20  # of one message that are opened: a mail with more is a folder

Kind = Literal["text", "file", "picture"]

_TEXTS = frozenset(
    [
        "application/json",
        "application/csv",
        "application/xml",
        "application/x-ndjson",
        "application/yaml",
        "application/x-yaml",
        "application/sql",
        "application/javascript",
        "application/rtf",
    ]
)
_TEXT_NAMES = (".csv", ".tsv", ".txt", ".md", ".json", ".log", ".xml", ".yaml", ".yml", ".ics", ".vcf", ".html", ".htm")
FILES = {
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
}
"""What can be opened, with the end of its name."""
PICTURES = {"image/png": ".png", "image/jpeg": ".jpg", "image/tiff": ".tif", "image/webp": ".webp", "image/bmp": ".bmp"}
# Mailers that do not know a type send these; the name then says more.
_VAGUE = frozenset(["application/octet-stream", "application/x-unknown", "application/vnd.ms-excel", "application/zip"])


def kind_of(media_type: str, name: str) -> Kind | None:
    """How an attachment is read; None: not at all."""
    lower = name.lower()
    if media_type.startswith("text/") or media_type in _TEXTS or media_type == "message/rfc822":
        return "text"
    if media_type in FILES or (media_type in _VAGUE and lower.endswith(tuple(FILES.values()))):
        return "file"
    if media_type in PICTURES:
        return "picture"
    return "text" if media_type in _VAGUE and lower.endswith(_TEXT_NAMES) else None


def extension_of(media_type: str, name: str) -> str | None:
    """`.pdf` and so on, by the type, else by the name; None for what nobody can open."""
    known = FILES.get(media_type) or PICTURES.get(media_type)
    return known or next((end for end in FILES.values() if name.lower().endswith(end)), None)


def of_kind(root: Part, *kinds: Kind) -> Iterator[Part]:
    """The attachments of a message that are read in one of these ways."""
    for part in bodies_of(root).attachments:
        if kind_of(part.media_type, part.filename or "") in kinds:
            yield part


def plain_text(raw: bytes, root: Part) -> str:
    """What the attachments that are text say, one after the other."""
    pieces: list[str] = []
    left = MAX_ALL
    for part in of_kind(root, "text"):
        if left <= 0:
            break
        piece = _as_text(raw, part, min(left, MAX_PART))
        pieces.append(piece)
        left -= len(piece)
    return "\n\n".join(pieces)


def _as_text(raw: bytes, part: Part, limit: int) -> str:
    if part.is_message:
        inner = part.children[0]
        header = mime.Header.parse(raw[inner.header_start : inner.body_start])
        fields = [header.get(name) or "" for name in ("From", "To", "Subject")]
        return ("\n".join(fields) + "\n\n" + mime.body_text(raw, inner, limit=limit))[:limit]
    text = mime.text_of(raw, part, limit=limit)
    if part.subtype == "html" or (part.filename or "").lower().endswith((".html", ".htm")):
        return mime.html_to_text(text, limit=limit)
    return text
