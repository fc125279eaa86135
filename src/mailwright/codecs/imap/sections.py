"""BODY[…] and BINARY[…]: octets of a stored message, and beforehand which of them will be needed.

Called for FETCH. Expects the `Part` tree that was kept and a way to read ranges of the stored octets; a large message lies on
disk or in a bucket and is never read whole for its header.
Promises: BODY[HEADER] and BODY[TEXT] together are BODY[]; octets are given as they are stored.

    header, and the parts of a multipart        part.header_start … body_start … body_end
    a part that is a message, its own header    the same of its one child
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from mailwright.codecs.imap import bodystructure
from mailwright.codecs.imap.bodystructure import Read
from mailwright.codecs.imap.errors import PeerError
from mailwright.codecs.imap.items import Binary, BinarySize, Body, BodyStructure, Envelope, FetchItem, Section
from mailwright.codecs.mime import Part, transfer

Span = tuple[int, int]

MERGED_GAP_OCTETS = 16 * 1024  # ranges closer than this are read as one: a seek or a request costs more than the octets

_DECODABLE = frozenset({"7bit", "8bit", "binary", "", "base64", "quoted-printable"})
_AS_IT_STANDS = frozenset({"7bit", "8bit", "binary", ""})


def section(read: Read, root: Part, item: Section) -> bytes | None:
    """The octets of a section, or None (NIL) when the message has no such part."""
    span = _span(root, item)
    if span is None:
        return None
    if item.kind not in ("HEADER.FIELDS", "HEADER.FIELDS.NOT"):
        return read(*_partial_span(span, item.partial))
    part = _message(root, item.part)
    octets = chosen_fields(read(*span), item.fields, others=item.kind == "HEADER.FIELDS.NOT", has_body=_has_body(part))
    return _partial(octets, item.partial)


def binary(read: Read, root: Part, item: Binary) -> bytes | None:
    """A part with its transfer encoding undone; None when there is no such part. Raises PeerError as `decoded` does."""
    if not item.part:
        # BINARY[] is the message itself, which has no encoding of its own (RFC 2045 §6.4).
        return read(*_partial_span((0, root.body_end), item.partial))
    octets = _decoded(read, root, item.part)
    return None if octets is None else _partial(octets, item.partial)


def binary_size(read: Read, root: Part, item: BinarySize) -> int:
    """How many octets BINARY[…] would be, 0 when there is no such part. Raises PeerError as `binary` does."""
    if not item.part:
        return root.body_end
    part = _leaf(root, item.part)
    if part is not None and _size_is_known(part):
        return part.size
    return len(_decoded(read, root, item.part) or b"")


def needed(root: Part, items: Iterable[FetchItem]) -> list[Span]:
    """The ranges of the stored octets that answering `items` will read, ascending, close ones joined.

    Nothing for items that are answered from the database. ENVELOPE asks for the header: leave the item out when it is kept.
    """
    spans: list[Span] = []
    for item in items:
        if isinstance(item, Section):
            span = _span(root, item)
            if span is not None:
                spans.append(span if item.kind.startswith("HEADER.F") else _partial_span(span, item.partial))
        elif isinstance(item, Binary):
            part = root.find(_number(item.part)) if item.part else root
            if part is not None:
                spans.append(
                    (part.body_start, part.body_end) if item.part else _partial_span((0, root.body_end), item.partial)
                )
        elif isinstance(item, BinarySize):
            part = root.find(_number(item.part)) if item.part else None
            if part is not None and not _size_is_known(part):
                spans.append((part.body_start, part.body_end))
        elif isinstance(item, Envelope):
            spans.append((root.header_start, root.body_start))
        elif isinstance(item, Body | BodyStructure):
            spans.extend(bodystructure.ranges(root))
    return _joined(spans)


class Excerpts:
    """What was read of a message, as a `Read`: ranges and their octets. Asking beyond them is our own mistake: LookupError."""

    __slots__ = ("_pieces",)

    def __init__(self, pieces: Iterable[tuple[int, bytes]]) -> None:
        self._pieces = sorted(pieces, key=lambda piece: piece[0])

    def __call__(self, start: int, end: int) -> bytes:
        if start >= end:
            return b""
        for first, octets in self._pieces:
            if first <= start and end <= first + len(octets):
                return octets[start - first : end - first]
        raise LookupError(f"octets {start} to {end} of the message were not read")


def chosen_fields(block: bytes, names: Iterable[str], *, others: bool = False, has_body: bool = True) -> bytes:
    """The fields of a header block that have one of the names (or, `others`, none of them), as written, and the empty line."""
    data = block
    if b"\n" not in block and b"\r" in block:
        data = block.replace(b"\r", b"\n")  # the same length, so that offsets into it are offsets into `block`
    pattern = _fields(tuple(names), others)
    found = [block[match.start() : match.end()] for match in pattern.finditer(data)]
    if found and not found[-1].endswith((b"\n", b"\r")):
        found.append(b"\r\n")
    return b"".join(found) + _empty_line(block, has_body=has_body)


@lru_cache(maxsize=512)
def _fields(names: tuple[str, ...], others: bool) -> re.Pattern[bytes]:
    # RFC 9051 §6.4.5.1: names are compared in ASCII without regard to case, and are otherwise exact.
    escaped = b"|".join([re.escape(name.encode("utf-8", "replace")) for name in names])
    rest = rb"[ \t]*:[^\n]*+\n?(?:[ \t][^\n]*+\n?)*+"
    if others:
        excluded = rb"(?!(?:" + escaped + rb")[ \t]*:)" if names else b""
        return re.compile(rb"^" + excluded + rb"[!-9;-~]+" + rest, re.MULTILINE | re.IGNORECASE)
    if not names:
        return re.compile(rb"(?!)")
    return re.compile(rb"^(?:" + escaped + rb")" + rest, re.MULTILINE | re.IGNORECASE)


def _empty_line(block: bytes, *, has_body: bool) -> bytes:
    # RFC 9051 §6.4.5.1: the empty line is in every answer, except for a message that has neither it nor a body.
    for end in (b"\r\n\r\n", b"\n\n", b"\r\r"):
        if block.endswith(end):
            return end[len(end) // 2 :]
    if block.endswith(b"\n\r\n") or block in (b"\r\n", b"\n", b"\r"):
        return b"\r\n" if block.endswith(b"\r\n") else block
    return b"\r\n" if has_body else b""


def _span(root: Part, item: Section) -> Span | None:
    """Where the section lies, before fields are chosen and without regard to a partial request; None: there is none."""
    match item.kind:
        case "":
            if not item.part:
                return 0, root.body_end
            part = root.find(_number(item.part))
            return None if part is None else (part.body_start, part.body_end)
        case "MIME":
            # RFC 9051 §6.4.5.1: MIME is always asked for a numbered part.
            part = root.find(_number(item.part))
            return None if part is None else (part.header_start, part.body_start)
        case "TEXT":
            part = _message(root, item.part)
            return None if part is None else (part.body_start, part.body_end)
        case "HEADER":
            part = _message(root, item.part)
            # What stands before the header (a byte order mark, an mbox line) goes with it, so that nothing is missing.
            return None if part is None else (part.header_start if item.part else 0, part.body_start)
        case _:
            part = _message(root, item.part)
            return None if part is None else (part.header_start, part.body_start)


def _message(root: Part, path: tuple[int, ...]) -> Part | None:
    """The content of a message: of the whole one, or of the embedded one that is part `path`."""
    if not path:
        return root
    part = root.find(_number(path))
    # RFC 9051 §6.4.5.1: behind a number, HEADER and TEXT are of a part that is a message.
    return part.children[0] if part is not None and part.is_message else None


def _has_body(part: Part | None) -> bool:
    return part is not None and part.body_end > part.body_start


def _number(path: tuple[int, ...]) -> str:
    return ".".join([str(step) for step in path])


def _leaf(root: Part, path: tuple[int, ...]) -> Part | None:
    part = root.find(_number(path))
    if part is None:
        return None
    if part.is_multipart or part.is_message:
        # RFC 9051 §6.4.5: only leaf parts can be asked for so.
        raise PeerError("BINARY is for parts that are not made of other parts", condition="NO")
    if part.encoding not in _DECODABLE:
        # RFC 9051 §6.4.5: what cannot be decoded is NO with UNKNOWN-CTE.
        raise PeerError("the transfer encoding of this part is unknown", code="UNKNOWN-CTE", condition="NO")
    return part


def _size_is_known(part: Part) -> bool:
    return part.encoding in _AS_IT_STANDS and part.type != "text"


def _decoded(read: Read, root: Part, path: tuple[int, ...]) -> bytes | None:
    part = _leaf(root, path)
    if part is None:
        return None
    octets = transfer.decode(read(part.body_start, part.body_end), part.encoding)
    if part.type == "text" and octets.count(b"\n") != octets.count(b"\r\n"):
        # RFC 9051 §6.4.5: text is always sent with CRLF, however it is stored.
        return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return octets


def _partial(octets: bytes, partial: tuple[int, int] | None) -> bytes:
    return octets if partial is None else octets[partial[0] : partial[0] + partial[1]]


def _partial_span(span: Span, partial: tuple[int, int] | None) -> Span:
    # RFC 9051 §6.4.5: beyond the end there is an empty string.
    if partial is None:
        return span
    start = min(span[0] + partial[0], span[1])
    return start, min(start + partial[1], span[1])


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1] + MERGED_GAP_OCTETS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
