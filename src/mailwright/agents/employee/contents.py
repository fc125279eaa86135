"""Reading a stored message for the employee: its new text, what was forwarded, its attachments as text. Bounded.

Called by gather. Plain functions over bytes; what takes long (large messages) is run in a thread by gather.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.agents.models import Attached
from mailwright.codecs import mime
from mailwright.codecs.mime import Parsed, Part
from mailwright.core import quoted
from mailwright.core.workspaces import MAX_FILE_BYTES, MAX_FILES_PER_MESSAGE, NewFile

MAX_TEXT = 100_000  # characters of a body: a long report; more is a file in the wrong place
MAX_FORWARDED = 100_000
MAX_ATTACHED = 512 * 1024  # characters of one attachment as text
MAX_ALL_ATTACHED = 1024 * 1024  # of all of them: a snapshot is a row in a table

_TEXTS = frozenset(
    [
        "application/json",
        "application/csv",
        "application/xml",
        "application/x-ndjson",
        "application/yaml",
        "application/x-yaml",
        "application/sql",
        "application/x-sh",
        "application/javascript",
    ]
)
_TEXT_NAMES = (
    ".csv",
    ".tsv",
    ".txt",
    ".md",
    ".json",
    ".log",
    ".xml",
    ".yaml",
    ".yml",
    ".ics",
    ".vcf",
    ".html",
    ".htm",
    ".eml",
)
# Mailers that do not know a type send these; the name then says more.
_VAGUE = frozenset(["application/octet-stream", "application/vnd.ms-excel", "application/x-unknown"])


@dataclass(frozen=True, slots=True)
class Contents:
    """A message read. `automatic` is why no person waits for an answer, or empty; `files` are for the workspace; `own` and
    `own_subject` are its writer's words beyond doubt: what authority hangs on."""

    parsed: Parsed
    split: quoted.Split
    attachments: tuple[Attached, ...]
    files: tuple[NewFile, ...]
    automatic: str
    own: str = ""
    own_subject: str = ""


def read(raw: bytes, *, with_files: bool = True) -> Contents:
    """Read a message; never raises. Without `with_files` the attachments are only named, and whose words they are is not asked."""
    parsed = mime.parse(raw)
    split = split_of(parsed)
    attachments: list[Attached] = []
    files: list[NewFile] = []
    room = MAX_ALL_ATTACHED
    for index, part in enumerate(parsed.attachments[:MAX_FILES_PER_MESSAGE]):
        content = mime.decode_body(raw, part, limit=MAX_FILE_BYTES + 1) if with_files else b""
        name = part.filename or _unnamed(part, index)
        text = _as_text(raw, part, min(MAX_ATTACHED, room) + 1) if with_files and room > 0 else None
        truncated = text is not None and len(text) > min(MAX_ATTACHED, room)
        if text is not None:
            text = text[: min(MAX_ATTACHED, room)]
            room -= len(text)
        attachments.append(Attached(_clean(name), part.media_type, len(content) or part.size, text, truncated))
        if with_files and len(content) <= MAX_FILE_BYTES:
            files.append(NewFile(index, name, part.media_type, content))
    passes_on = bool(split.forwarded or parsed.in_reply_to or parsed.references)
    return Contents(
        parsed,
        split,
        tuple(attachments),
        tuple(files),
        mime.is_automatic(parsed.header) or "",
        own=_own(parsed) if with_files else "",
        own_subject="" if passes_on else parsed.subject,  # somebody else may have chosen it
    )


def split_of(parsed: Parsed) -> quoted.Split:
    """The body taken apart, each piece bounded."""
    text = mime.body_text(parsed.raw, parsed, limit=2 * MAX_TEXT)
    if not text.strip():  # some mailers put an empty text beside the HTML that says everything
        text = mime.html_to_text(mime.body_html(parsed.raw, parsed) or "", limit=2 * MAX_TEXT)
    found = quoted.split(text, subject=parsed.subject, is_reply=bool(parsed.in_reply_to or parsed.references))
    return quoted.Split(
        found.new[:MAX_TEXT], found.forwarded[:MAX_FORWARDED], found.quoted[:MAX_TEXT], found.signature[:MAX_TEXT]
    )


def _own(parsed: Parsed) -> str:
    """Of the body what is new beyond doubt; HTML says what it quotes by its elements, and they are looked at here."""
    text = mime.body_text(parsed.raw, parsed, limit=2 * MAX_TEXT, marks_quotes=True)
    if not text.strip():
        text = mime.html_to_text(mime.body_html(parsed.raw, parsed) or "", limit=2 * MAX_TEXT, marks_quotes=True)
    return quoted.surely_new(text, subject=parsed.subject, is_reply=bool(parsed.in_reply_to or parsed.references))[
        :MAX_TEXT
    ]


def _as_text(raw: bytes, part: Part, limit: int) -> str | None:
    """An attachment as text, or None when it is not one. A message that was forwarded as a file is read like a message."""
    if part.is_message:
        inner = part.children[0]
        header = mime.Header.parse(raw[inner.header_start : inner.body_start])
        fields = [f"{name}: {header.get(name)}" for name in ("From", "To", "Date", "Subject") if header.get(name)]
        return ("\n".join(fields) + "\n\n" + mime.body_text(raw, inner, limit=limit))[:limit]
    media_type, name = part.media_type, (part.filename or "").lower()
    if not (part.type == "text" or media_type in _TEXTS or (media_type in _VAGUE and name.endswith(_TEXT_NAMES))):
        return None
    text = mime.text_of(raw, part, limit=limit * 4 if part.subtype == "html" else limit)
    if part.subtype == "html" or name.endswith((".html", ".htm")):
        return mime.html_to_text(text, limit=limit)
    head = text[:2000]
    if media_type in _VAGUE and sum(1 for c in head if ord(c) < 9 or c == "\ufffd") * 20 > len(head):
        return None  # bytes that are called .csv
    return text


def _unnamed(part: Part, index: int) -> str:
    return f"attachment {index + 1}" if not part.is_message else f"forwarded message {index + 1}.eml"


def _clean(name: str) -> str:
    return " ".join(name.split())[:200]
