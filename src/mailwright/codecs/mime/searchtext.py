"""The text of a message that a substring is looked for in: its header, and its body.

Called by IMAP's SEARCH (codecs/imap/evaluate.py) to judge a message, and by codecs/search to index it: what is found in the
index and what is found in the message are the same only while both come from here.
Promises: never raises; linear; the same bytes give the same text.

RFC 9051 §6.4.4: TEXT looks through the header, with the MIME header fields of the parts, and the body; encoded words are
decoded, transfer encodings undone, and case makes no difference.
"""

import unicodedata

from mailwright.codecs.mime.bodies import text_of
from mailwright.codecs.mime.header import MAX_FIELD_CHARACTERS, Header
from mailwright.codecs.mime.part import Part
from mailwright.codecs.mime.words import decode_text

MAX_TEXT = (
    4 * 1024 * 1024
)  # characters of a body that are looked through: more is no letter but a file in the wrong place


def whole_header(raw: bytes, root: Part) -> str:
    """Every header field, a line "Name: value" each, unfolded and decoded: of the message, then of its parts."""
    lines: list[str] = []
    for part in root.walk():
        if part.body_start > part.header_start:
            fields = Header.parse(raw[part.header_start : part.body_start]).fields
            lines += [f"{name}: {decode_text(value[:MAX_FIELD_CHARACTERS])}" for name, value in fields]
    return "\n".join(lines)


def whole_text(raw: bytes, root: Part) -> str:
    """The text parts, one after the other; HTML as it was written."""
    pieces: list[str] = []
    left = MAX_TEXT
    for part in root.walk():
        if part.type == "text" and left > 0:
            text = text_of(raw, part, limit=left)
            pieces.append(text)
            left -= len(text)
    return "\n".join(pieces)


def fold(text: str) -> str:
    """`text` as it is compared: without case, compatibility forms taken apart (as i;unicode-casemap does, RFC 5051 §2)."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
