"""What of an Email is read from the message itself: which octets are needed, and the properties that are made of them.

Used by `get` and `parse`. Expects the structure that was kept. Runs in threads: decoding takes its time. Promises: only the
ranges that `needed` names are asked for; never raises for what a message holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mailwright.codecs.jmap import headers
from mailwright.codecs.jmap.bodyparts import Source, bodies, body_part, body_value, header_of, parts_of
from mailwright.codecs.jmap.headers import CONVENIENCE, HeaderProperty
from mailwright.codecs.mime import Header, Part
from mailwright.protocols.jmap.emails.properties import Wanted

_LISTS: dict[str, str] = {"textBody": "text", "htmlBody": "html", "attachments": "attachments"}


def needed(root: Part, wanted: Wanted, fields: tuple[str, ...]) -> list[tuple[int, int]]:
    """The octets that have to be read; `fields` are the convenience properties that the row does not tell."""
    ranges: dict[tuple[int, int], None] = {}
    if fields or wanted.fields or "headers" in wanted.names:
        ranges[(root.header_start, root.body_start)] = None
    for part in _told(root, wanted):
        ranges.update(dict.fromkeys(wanted.wishes.ranges([part])))
    for part in valued(root, wanted):
        ranges[(part.body_start, part.body_end)] = None
    return [(start, end) for start, end in ranges if start < end]


def valued(root: Part, wanted: Wanted) -> list[Part]:
    """The text parts whose values are wanted, each once."""
    if "bodyValues" not in wanted.names:
        return []
    sorted_ = bodies(root) if wanted.text_values or wanted.html_values else None
    found: dict[str, Part] = {}
    if sorted_ is not None and wanted.text_values:
        found |= {part.number: part for part in sorted_.text}
    if sorted_ is not None and wanted.html_values:
        found |= {part.number: part for part in sorted_.html}
    if wanted.all_values:
        found |= {part.number: part for part in parts_of(root)}
    return [part for part in found.values() if part.type == "text"]


def told(
    root: Part,
    wanted: Wanted,
    fields: tuple[str, ...],
    read: Callable[[int, int], bytes],
    blob_id: Callable[[Part], str],
) -> dict[str, Any]:
    """The wanted properties that are made of the message's octets and structure."""
    found: dict[str, Any] = {}
    source = Source(read, blob_id)
    if fields or wanted.fields or "headers" in wanted.names:
        header = header_of(read(root.header_start, root.body_start))
        if "headers" in wanted.names:
            found["headers"] = headers.all_fields(header)
        found |= {name: field_of(header, name) for name in fields}
        found |= {field.property: headers.value(header, field) for field in wanted.fields}
    if "bodyStructure" in wanted.names:
        found["bodyStructure"] = body_part(root, wanted.wishes, source, deep=True)
    if any(name in _LISTS for name in wanted.names):
        lists = bodies(root)
        for name in wanted.names:
            if name in _LISTS:
                parts: tuple[Part, ...] = getattr(lists, _LISTS[name])
                found[name] = [body_part(part, wanted.wishes, source) for part in parts]
    if "bodyValues" in wanted.names:
        found["bodyValues"] = {
            part.number: body_value(part, source, wanted.max_octets) for part in valued(root, wanted)
        }
    return found


def field_of(header: Header, name: str) -> Any:
    """A convenience property (RFC 8621 §4.1.3)."""
    if name != "from":
        return headers.value(header, CONVENIENCE[name])
    # Of two From fields the first is the one that was authenticated, and that every list shows: a second deceives.
    every = headers.value(header, HeaderProperty("from", "from", "Addresses", all=True))
    return every[0] if every else None


def _told(root: Part, wanted: Wanted) -> Iterator[Part]:
    if "bodyStructure" in wanted.names:
        yield from parts_of(root)
    elif any(name in _LISTS for name in wanted.names):
        lists = bodies(root)
        for name in wanted.names:
            if name in _LISTS:
                yield from getattr(lists, _LISTS[name])
