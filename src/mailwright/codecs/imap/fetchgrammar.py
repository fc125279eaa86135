"""The grammar of what FETCH asks for: macros, items, sections (RFC 9051 §6.4.5.1).

Called by `messagegrammar` after the set of messages. Promises items with the label their answers carry.
"""

import re
from collections.abc import Mapping

from mailwright.codecs.imap import items
from mailwright.codecs.imap.errors import PeerError
from mailwright.codecs.imap.items import FetchItem, SectionKind
from mailwright.codecs.imap.scanner import Scanner

MAX_ITEMS = 500  # of one FETCH: clients ask for ten, and each is answered for every message of the set
MAX_PART_DEPTH = 100  # levels of a part number: as deep as messages are taken apart here

_FAST: tuple[FetchItem, ...] = (items.Flags(), items.InternalDate(), items.Rfc822Size())
MACROS: Mapping[str, tuple[FetchItem, ...]] = {
    "FAST": _FAST,
    "ALL": (*_FAST, items.Envelope()),
    "FULL": (*_FAST, items.Envelope(), items.Body()),
}

_WORDS: Mapping[str, FetchItem] = {
    "FLAGS": items.Flags(),
    "UID": items.Uid(),
    "INTERNALDATE": items.InternalDate(),
    "RFC822.SIZE": items.Rfc822Size(),
    "ENVELOPE": items.Envelope(),
    "BODYSTRUCTURE": items.BodyStructure(),
    "MODSEQ": items.ModSeq(),
    "EMAILID": items.EmailId(),
    "THREADID": items.ThreadId(),
    "SAVEDATE": items.SaveDate(),
    # RFC 3501 §6.4.5: old names for BODY[], BODY.PEEK[HEADER] and BODY[TEXT], answered under these names.
    "RFC822": items.Section((), "", (), peek=False, partial=None, label=b"RFC822"),
    "RFC822.HEADER": items.Section((), "HEADER", (), peek=True, partial=None, label=b"RFC822.HEADER"),
    "RFC822.TEXT": items.Section((), "TEXT", (), peek=False, partial=None, label=b"RFC822.TEXT"),
}


def fetch_items(scan: Scanner) -> list[FetchItem]:
    """A macro, an item, or a list of items. Raises PeerError."""
    if scan.sees(b"("):
        found = scan.listed(lambda: _item(scan), "an item like FLAGS")
        if len(found) > MAX_ITEMS:
            raise PeerError(f"FETCH takes at most {MAX_ITEMS} items", code="LIMIT", condition="NO")
        return found
    macro = scan.match(_MACRO)
    return list(MACROS[macro[0].decode("ascii").upper()]) if macro is not None else [_item(scan)]


_MACRO = re.compile(rb"(?:ALL|FAST|FULL)(?![^ ])", re.IGNORECASE)
_NAME = re.compile(rb"[A-Za-z0-9.]+")


def _item(scan: Scanner) -> FetchItem:
    found = scan.match(_NAME)
    if found is None:
        raise scan.expected("an item like FLAGS")
    name = found[0].decode("ascii").upper()
    simple = _WORDS.get(name)
    if simple is not None:
        return simple
    match name:
        case "BODY":
            return _section(scan, peek=False) if scan.sees(b"[") else items.Body()
        case "BODY.PEEK":
            return _section(scan, peek=True)
        case "BINARY" | "BINARY.PEEK":
            part = _bracketed_part(scan)
            return items.Binary(part, name == "BINARY.PEEK", _partial(scan))
        case "BINARY.SIZE":
            return items.BinarySize(_bracketed_part(scan))
        case "PREVIEW":
            return items.Preview(lazy=scan.match(_LAZY) is not None)
        case "ALL" | "FAST" | "FULL":
            raise PeerError(f"FETCH: {name} stands alone, not in a list")
        case _:
            raise PeerError(f"FETCH: the item {name[:40]} is not known here")


_LAZY = re.compile(rb" \(LAZY\)", re.IGNORECASE)  # RFC 8970 §3.1


def _section(scan: Scanner, *, peek: bool) -> FetchItem:
    scan.need(b"[", "[ and a section")
    part = _part(scan)
    kind: SectionKind = ""
    fields: tuple[str, ...] = ()
    inside = ".".join([str(number) for number in part])
    if not scan.sees(b"]"):
        if part:
            scan.need(b".", '"." or ]')
            inside += "."
        kind = _kind(scan, nested=bool(part))
        inside += kind
        if kind.startswith("HEADER.FIELDS"):
            scan.space("( and names of fields")
            fields = tuple(scan.listed(lambda: _field_name(scan), "the name of a field"))
            inside += f" ({' '.join([_spelled(field) for field in fields])})"
    scan.need(b"]", "]")
    partial = _partial(scan)
    # RFC 9051 §7.5.2: the answer names the first octet, in <>, and not the count.
    origin = "" if partial is None else f"<{partial[0]}>"
    return items.Section(part, kind, fields, peek, partial, f"BODY[{inside}]{origin}".encode("ascii"))


def _kind(scan: Scanner, *, nested: bool) -> SectionKind:
    match scan.word("HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, MIME or TEXT"):
        case "HEADER":
            return "HEADER"
        case "HEADER.FIELDS":
            return "HEADER.FIELDS"
        case "HEADER.FIELDS.NOT":
            return "HEADER.FIELDS.NOT"
        case "TEXT":
            return "TEXT"
        case "MIME" if nested:
            return "MIME"  # RFC 9051 §6.4.5.1: MIME is the header of a part, so a part number goes before it
        case _:
            raise PeerError("FETCH: a section is HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or, of a part, MIME")


def _field_name(scan: Scanner) -> str:
    octets = scan.astring("the name of a field")
    # RFC 5322 §2.2: printable ASCII without a colon.
    if not _FIELD_NAME.fullmatch(octets):
        raise PeerError("FETCH: the name of a header field is printable ASCII without a colon")
    return octets.decode("ascii")


_FIELD_NAME = re.compile(rb"[!-9;-~]+")


def _spelled(field: str) -> str:
    if _PLAIN.fullmatch(field):
        return field
    escaped = field.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_PLAIN = re.compile(r"[!#$&'+,\-./0-9;<=>?@A-Z^_`a-z|}~]+")


def _bracketed_part(scan: Scanner) -> tuple[int, ...]:
    scan.need(b"[", "[ and a part")
    part = _part(scan)
    scan.need(b"]", "]")
    return part


def _part(scan: Scanner) -> tuple[int, ...]:
    found = scan.match(_PATH)
    if found is None:
        return ()
    part = tuple([int(number) for number in found[0].split(b".", MAX_PART_DEPTH + 1)[: MAX_PART_DEPTH + 1]])
    if len(part) > MAX_PART_DEPTH:
        raise PeerError(f"FETCH: parts are nested at most {MAX_PART_DEPTH} levels deep")
    return part


_PATH = re.compile(rb"[1-9][0-9]{0,9}(?:\.[1-9][0-9]{0,9})*(?![0-9])")


def _partial(scan: Scanner) -> tuple[int, int] | None:
    if not scan.take(b"<"):
        return None
    first = scan.number64("the first octet")
    scan.need(b".", '"." and how many octets')
    count = scan.positive("how many octets", wide=True)
    scan.need(b">", ">")
    return first, count
