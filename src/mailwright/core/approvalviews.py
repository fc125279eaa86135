"""What a person is shown of an approval before they decide: the exact message, read from the bytes that would leave.

Called by the dashboard, the mailed question, the public page and the command line.
Promises: nothing is shown that would not leave, and nothing that would leave is left out but what is beyond a bound, which is said;
characters that hide others or turn their order are shown as what they are; bytes that are not the ones that were asked about are not
shown at all.
"""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import dataclass

from mailwright.codecs import mime
from mailwright.codecs.mime import Parsed, Part
from mailwright.core import Core
from mailwright.domain.ids import checksum
from mailwright.domain.refusals import NotFound
from mailwright.storage.approvals import Approval

MAX_TEXT = 100_000  # characters of a body that are shown
MAX_ATTACHMENTS = 200
MAX_FIELD = 2_000  # characters of one field of the header
THREADED_BYTES = 16 * 1024  # reading a larger message takes long enough to be done in a thread
_FIELDS = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID", "In-Reply-To")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes with the message. `size` in bytes, as it would arrive."""

    name: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The message: the fields that matter, its text (`shortened` when there is more), its files. `size` in bytes.

    `other_text` is what readers of HTML see, when that is not the same.
    """

    headers: tuple[tuple[str, str], ...]
    text: str
    other_text: str
    shortened: bool
    attachments: tuple[Attached, ...]
    size: int


async def show(core: Core, approval: Approval) -> Shown:
    """The message of an approval. Raises NotFound when its bytes are gone or are not those that were asked about, TryLater."""
    raw = await core.blobs.read(approval.blob_id)
    if len(raw) > THREADED_BYTES:
        return await asyncio.to_thread(_read, raw, approval.checksum)
    return _read(raw, approval.checksum)


def visible(text: str) -> str:
    """The text with a sign for each character that cannot be seen; what joins the letters of a script stays."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNSEEN and c not in _KEPT else c
        for c in text.replace("\r\n", "\n")
    )


_UNSEEN = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
_KEPT = frozenset("\n\t\u200c\u200d")


def _read(raw: bytes, digest: str) -> Shown:
    if checksum(raw) != digest:
        raise NotFound("the message of this approval is not there any more as it was")
    parsed = mime.parse(raw)
    text = mime.body_text(raw, parsed, limit=MAX_TEXT + 1)
    html = mime.body_html(raw, parsed) or ""
    other = mime.html_to_text(html, limit=MAX_TEXT) if html else ""
    return Shown(
        headers=tuple(_fields(parsed)),
        text=visible(text[:MAX_TEXT]),
        other_text=visible(other) if other.split() != text.split() else "",
        shortened=len(text) > MAX_TEXT,
        attachments=tuple(_attached(raw, part) for part in parsed.attachments[:MAX_ATTACHMENTS]),
        size=len(raw),
    )


def _fields(parsed: Parsed) -> list[tuple[str, str]]:
    found = [(name, parsed.header.get(name)) for name in _FIELDS]
    return [(name, visible(value[:MAX_FIELD])) for name, value in found if value]


def _attached(raw: bytes, part: Part) -> Attached:
    return Attached(visible(part.filename or "without a name"), part.media_type, len(mime.decode_body(raw, part)))
