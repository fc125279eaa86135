"""SearchSnippet/get (RFC 8621 §5.1): where in a message stands what a filter looked for, marked for HTML."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mailwright.codecs import mime
from mailwright.codecs.jmap.filters import All, Either, Filter, Says
from mailwright.codecs.mime import Part
from mailwright.codecs.search.snippets import MAX_READ, Snippet, Wanted, found_in, snippet
from mailwright.core import asking
from mailwright.core.search import MAX_SNIPPET_OCTETS
from mailwright.domain.ids import is_id
from mailwright.protocols.jmap.accounts import Scope, scope_in
from mailwright.protocols.jmap.capabilities import MAIL, MAX_OBJECTS_IN_GET
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, MethodError
from mailwright.protocols.jmap.emails.properties import is_visible
from mailwright.protocols.jmap.emails.query import filter_of
from mailwright.protocols.jmap.standard import check_names, id_list, parse_filter
from mailwright.storage import Tx, listing
from mailwright.storage.search import IndexFailed, SearchIndex

MAX_PREVIEW_OCTETS = 255  # RFC 8621 §5
WIDTHS = (180, 120, 80, 50, 30)  # characters that are tried, until the preview is small enough
BATCH = 50  # messages read at once
_COLUMNS = ("subject", "structure", "preview", "blob_id", "size", "attachments")


class _Row(NamedTuple):
    id: str
    mailbox_id: str
    flags: int
    subject: str
    structure: str
    preview: str
    blob_id: str
    size: int
    attachments: int


async def get(call: Call, arguments: Arguments) -> Arguments:
    """The snippets."""
    check_names(arguments, {"accountId", "filter", "emailIds"})
    ids = list(dict.fromkeys(call.resolve(each) or each for each in id_list(arguments.get("emailIds"), "emailIds")))
    if len(ids) > MAX_OBJECTS_IN_GET:
        raise MethodError("requestTooLarge", f"at most {MAX_OBJECTS_IN_GET} at once")
    asked = await filter_of(call, parse_filter(arguments))

    def look(tx: Tx) -> tuple[Scope, dict[str, _Row]]:
        scope = scope_in(tx, call, arguments.get("accountId"))
        rows = [_Row(*row) for row in listing.by_ids(tx, scope.owner.id, [e for e in ids if is_id(e)], _COLUMNS)]
        readable = scope.readable
        return scope, {row.id: row for row in rows if row.mailbox_id in readable and is_visible(row.flags)}

    scope, rows = await call.core.read(look)
    there = [rows[each] for each in ids if each in rows]
    in_subject = [_wanted(each) for each in _looked_for(asked) if each.field in ("anywhere", "subject")]
    in_body = [_wanted(each) for each in _looked_for(asked) if each.field in ("anywhere", "body")]
    found: list[dict[str, Any]] = []
    for start in range(0, len(there), BATCH):
        batch = there[start : start + BATCH]
        raws = await _read(call, batch) if in_body else [None] * len(batch)
        found += await asking.in_thread(_snippets, call.core.search, batch, raws, in_subject, in_body)
    if in_body:
        call.note_each("jmap.snippets", scope.owner.email, [row.id for row in there])
    not_found = [each for each in ids if each not in rows]
    return {"accountId": scope.id, "list": found, "notFound": not_found or None}


def marked(shown: Snippet) -> str:
    """The text with <mark> around what was looked for, everything else escaped."""
    pieces: list[str] = []
    done = 0
    for start, end in shown.marks:
        pieces += [_escaped(shown.text[done:start]), "<mark>", _escaped(shown.text[start:end]), "</mark>"]
        done = end
    return "".join(pieces) + _escaped(shown.text[done:])


def preview_of(text: str, wanted: Sequence[Wanted]) -> str | None:
    """The stretch of `text` that shows best what was looked for; None when it is not in there."""
    for width in WIDTHS:
        shown = snippet(text, wanted, width=width)
        if not shown.marks:
            return None
        found = marked(shown)
        if len(found.encode()) <= MAX_PREVIEW_OCTETS:
            return found
    return None


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _looked_for(asked: Filter) -> Iterator[Says]:
    """The words whose presence was asked for."""
    if isinstance(asked, Says):
        yield asked
    elif isinstance(asked, All | Either):
        for part in asked.parts:
            yield from _looked_for(part)


def _wanted(asked: Says) -> Wanted:
    return Wanted(asked.words, asked.open)


async def _read(call: Call, rows: Sequence[_Row]) -> list[bytes | None]:
    """The octets of those that are not too large to be read for a few words."""
    small = [row for row in rows if row.size <= MAX_SNIPPET_OCTETS]
    octets = await call.core.blobs.read_many([(row.blob_id, 0, row.size) for row in small]) if small else []
    found = {row.id: each for row, each in zip(small, octets, strict=True)}
    return [found.get(row.id) for row in rows]


def _snippets(
    index: SearchIndex | None,
    rows: Sequence[_Row],
    raws: Sequence[bytes | None],
    in_subject: Sequence[Wanted],
    in_body: Sequence[Wanted],
) -> list[dict[str, Any]]:
    """Runs in a thread."""
    made: list[dict[str, Any]] = []
    for row, raw in zip(rows, raws, strict=True):
        subject = Snippet(row.subject, tuple(found_in(row.subject, in_subject)))
        preview: str | None = None
        if in_body:
            text = row.preview if raw is None else mime.body_text(raw, Part.from_json(row.structure), limit=MAX_READ)
            preview = preview_of(text, in_body)
            if preview is None and row.attachments and index is not None:
                with contextlib.suppress(IndexFailed):
                    preview = preview_of(index.attached([row.id]).get(row.id, ""), in_body)
        made.append({"emailId": row.id, "subject": marked(subject) if subject.marks else None, "preview": preview})
    return made


METHODS = {"SearchSnippet/get": Method(get, MAIL)}
