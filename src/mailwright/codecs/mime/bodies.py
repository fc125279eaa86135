"""The contents of parts: octets decoded, text read.

Called by agents, search, the protocols and the command line, after filing and only for the parts they need.
Expects: the message's bytes and a part of it from `structure.parse` (or from the JSON that was kept).
Promises: never raises; text is clean (no NUL, no lone surrogate), its line ends are "\\n"; every result can be bounded.
"""

import re

from mailwright.codecs.mime import charsets, htmltext, transfer
from mailwright.codecs.mime.part import ENCODED, Part, bodies_of
from mailwright.codecs.mime.structure import Parsed

MAX_BODY_CHARACTERS = 4 * 1024 * 1024  # of `body_text` and `body_html`: more is no letter but a file in the wrong place

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:-]{1,40})", re.IGNORECASE)


def decode_body(raw: bytes, part: Part, *, limit: int | None = None) -> bytes:
    """The octets of `part` with the transfer encoding undone; at most `limit` of them. A multipart is given as it stands."""
    return transfer.decode(raw[part.body_start : part.body_end], part.encoding, limit=limit)


def text_of(raw: bytes, part: Part, *, limit: int | None = None) -> str:
    """The text of `part` in its charset, or in the likeliest one; at most `limit` characters."""
    # No charset of ours takes more than four octets a character; escapes of ISO-2022 are forgiven.
    data = decode_body(raw, part, limit=None if limit is None else limit * 4)
    text = _text(data, _charset(data, part))
    return text if limit is None else text[:limit]


def judged_text_of(raw: bytes, part: Part) -> tuple[str, bool]:
    """`text_of`, and whether it is sound: the transfer encoding and the charset are known, and nothing in it is malformed."""
    data = decode_body(raw, part)
    charset = _charset(data, part)
    known = part.encoding in ENCODED or part.encoding in transfer.IDENTITY
    return _text(data, charset), known and charsets.is_sound(data, charset)


def _charset(data: bytes, part: Part) -> str:
    if part.charset or part.subtype != "html":
        return part.charset or ""
    found = _META_CHARSET.search(data, 0, 2048)
    return found[1].decode("ascii") if found else ""


def _text(data: bytes, charset: str) -> str:
    text = charsets.decode(data, charset).removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def body_text(
    raw: bytes, message: Parsed | Part, *, limit: int = MAX_BODY_CHARACTERS, marks_quotes: bool = False
) -> str:
    """What a reader of plain text sees: the text parts one after the other, HTML turned to text where there is no plain one.
    `marks_quotes`: what HTML quotes gets "> " before its lines."""
    found = bodies_of(message) if isinstance(message, Part) else message.bodies
    pieces: list[str] = []
    left = limit
    for part in found.text:
        if left <= 0:
            break
        text = text_of(raw, part, limit=htmltext.MAX_HTML_CHARACTERS if part.subtype == "html" else left)
        piece = htmltext.to_text(text, limit=left, marks_quotes=marks_quotes) if part.subtype == "html" else text
        piece = piece.rstrip("\n")
        if piece:
            pieces.append(piece)
            left -= len(piece)
    return "\n\n".join(pieces)


def body_html(raw: bytes, message: Parsed | Part, *, limit: int = MAX_BODY_CHARACTERS) -> str | None:
    """The message's own HTML as it was sent, not made safe for a browser; None when it has none."""
    found = bodies_of(message) if isinstance(message, Part) else message.bodies
    pieces = [text_of(raw, part, limit=limit) for part in found.html if part.subtype == "html"]
    return "\n".join(pieces)[:limit] if pieces else None
