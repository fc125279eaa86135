"""The text of a stored message that SEARCH looks through.

Called by whoever makes the views that `evaluate` judges, only for messages that no cheaper key has ruled out.
Expects the kept `Part` tree and a way to read ranges. Promises decoded text, never raises, reads only the parts it decodes.

What counts as text: every part of type text (HTML as a reader sees it), the report of a delivery status, the headers and texts
of embedded messages, and the names of attached files. Other content is not looked through, which RFC 9051 §6.4.4 leaves open.
"""

from collections.abc import Iterator
from dataclasses import replace

from mailwright.codecs.imap.bodystructure import Read
from mailwright.codecs.mime import Header, Part, html_to_text, text_of
from mailwright.codecs.mime.words import decode_text

MAX_CHARACTERS = (
    16 * 1024 * 1024
)  # of one message: a mail of 50 MiB that is all text is a database dump, and memory is finite


def body_text(read: Read, root: Part) -> str:
    """What BODY looks through, one text after the other."""
    pieces: list[str] = []
    left = MAX_CHARACTERS
    for piece in _pieces(read, root):
        if piece:
            pieces.append(piece[:left])
            left -= len(piece)
        if left <= 0:
            break
    return "\n".join(pieces)


def body_ranges(root: Part) -> list[tuple[int, int]]:
    """The (start, end) that `body_text` reads."""
    found: list[tuple[int, int]] = []
    for part in root.walk():
        if part.is_message:
            found.append((part.children[0].header_start, part.children[0].body_start))
        elif _is_text(part):
            found.append((part.body_start, part.body_end))
    return found


def header_text(header: Header) -> str:
    """A whole header, decoded, one field a line: what TEXT looks through besides the body."""
    return "\n".join([f"{name}: {decode_text(value)}" for name, value in header.fields])


def _pieces(read: Read, root: Part) -> Iterator[str]:
    for part in root.walk():
        if part.filename:
            yield part.filename
        if part.is_message:
            inner = part.children[0]
            yield header_text(Header.parse(read(inner.header_start, inner.body_start)))
        elif _is_text(part):
            octets = read(part.body_start, part.body_end)
            text = text_of(octets, replace(part, header_start=0, body_start=0, body_end=len(octets)))
            yield html_to_text(text) if part.media_type == "text/html" else text


def _is_text(part: Part) -> bool:
    return part.type == "text" or (part.type == "message" and not part.children)
