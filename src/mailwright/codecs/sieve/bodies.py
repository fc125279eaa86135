"""What the `body` test looks at (RFC 5173 §5): the raw body, the parts of some types, or the text of the message.

Called by the tests of the interpreter. Bounded: MAX_BODY_CHARACTERS of all of it together, in MAX_BODY_PARTS parts. Line ends
are CRLF, as in the strings of a script.
"""

from collections.abc import Sequence
from itertools import islice

from mailwright.codecs.mime import Parsed, Part, decode_body, html_to_text, text_of
from mailwright.codecs.sieve.limits import MAX_BODY_CHARACTERS, MAX_BODY_PARTS


def has_body(message: Parsed) -> bool:
    """RFC 5173 §4: without an empty line after the header there is nothing to match, not even the empty string."""
    start = message.root.body_start
    return message.raw[:start].endswith((b"\n\n", b"\n\r\n", b"\r\r")) or start == 0


def raw_body(message: Parsed) -> list[str]:
    """RFC 5173 §5.1: everything after the header as one string, nothing decoded."""
    start = message.root.body_start
    return [message.raw[start : start + MAX_BODY_CHARACTERS].decode("utf-8", "replace")]


def parts_of(message: Parsed, types: Sequence[str]) -> list[str]:
    """RFC 5173 §5.2: each part of one of those types, decoded."""
    wanted = [kind.lower() for kind in types]
    found: list[str] = []
    left = MAX_BODY_CHARACTERS
    for part in _parts(message.root):
        if left <= 0 or len(found) >= MAX_BODY_PARTS:
            break
        if not any(_is(part, kind) for kind in wanted):
            continue
        for text in _contents(message.raw, part, left):
            found.append(text)
            left -= len(text)
    return found


def texts_of(message: Parsed) -> list[str]:
    """RFC 5173 §5.3: the text of every text part; HTML without its marks."""
    found: list[str] = []
    left = MAX_BODY_CHARACTERS
    for part in _parts(message.root):
        if left <= 0 or len(found) >= MAX_BODY_PARTS:
            break
        if part.type != "text":
            continue
        text = text_of(message.raw, part, limit=left)
        if part.subtype == "html":
            text = html_to_text(text, limit=left)
        found.append(text.replace("\n", "\r\n"))
        left -= len(text)
    return found


def _parts(root: Part) -> list[Part]:
    return list(islice(root.walk(), 10 * MAX_BODY_PARTS))


def _is(part: Part, kind: str) -> bool:
    if kind == "":
        return True
    if "/" in kind:
        main, _, sub = kind.partition("/")
        return bool(main and sub) and "/" not in sub and part.media_type == kind
    return part.type == kind


def _contents(raw: bytes, part: Part, limit: int) -> list[str]:
    """A container has only what stands around its parts; an embedded message only its header."""
    if part.is_message:
        inner = part.children[0]
        return [_text(raw[inner.header_start : inner.body_start][:limit])]
    if part.is_multipart and part.children:
        prologue = raw[part.body_start : part.children[0].header_start]
        epilogue = raw[part.children[-1].body_end : part.body_end]
        # The first and last boundary lines stand between the parts and what is around them.
        before = prologue.rstrip(b"\r\n").rpartition(b"\n")[0]
        after = epilogue.lstrip(b"\r\n").partition(b"\n")[2]
        return [_text(each[:limit]) for each in (before, after)]
    if part.type == "text":
        return [text_of(raw, part, limit=limit).replace("\n", "\r\n")]
    return [decode_body(raw, part, limit=limit).decode("utf-8", "replace")]


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")
