"""Which messages say what a filter asks for: its conditions that only the text of a message can answer.

Called by `core.listing` before it reads rows, with a filter of codecs/jmap/filters.py. Promises: exact for every message that was
there when it was called: what the index does not have yet is read; fields that it keeps together (To, Cc and Bcc; From, Sender
and Reply-To) are told apart by the rows. Without an index the subject, people and preview in the rows are looked through.
Does not: decide who may see a message (`listing` does, by the rows).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailwright.codecs.imap.folding import fold
from mailwright.codecs.jmap.bodyparts import header_of
from mailwright.codecs.jmap.filters import Condition, Field, Filter, HeaderHas, Says, conditions
from mailwright.codecs.mime import Part
from mailwright.codecs.search import attachments, document, query
from mailwright.codecs.search.document import Filed, joined
from mailwright.core import Core, asking, believing
from mailwright.core.access import Reached
from mailwright.domain.refusals import BadInput
from mailwright.storage import Tx, listing
from mailwright.storage.database import Row
from mailwright.storage.filtering import TRUE, Sql
from mailwright.storage.listing import Unsettled
from mailwright.storage.search import IndexFailed, SearchIndex

MAX_UNSETTLED_READ = 500  # the newest of what the index does not have: a second of reading; older ones by their rows
MAX_UNSETTLED_OCTETS = 4 * 1024 * 1024  # of one of them; a larger one is judged by its row
MAX_HEADERS_READ = 20_000  # messages whose header is read for one question: some seconds
BATCH_OCTETS = 8 * 1024 * 1024

_COLUMNS = (Sql("m.subject"), Sql("m.headers"), Sql("m.preview"))


@dataclass(frozen=True, slots=True)
class Realm:
    """Whose mail is looked at, and the mailboxes of it that the asker may read, by id."""

    owner_id: str
    mailboxes: Mapping[str, Reached]


@dataclass(frozen=True, slots=True)
class Told:
    """The words of a message by field, each text with a space before every word and behind the last."""

    fields: Mapping[str, str]

    def says(self, asked: Says) -> bool:
        """Whether the words stand in the field."""
        needle = " " + " ".join(asked.words) + ("" if asked.open else " ")
        names = _TOGETHER.get(asked.field, (asked.field,))
        return any(needle in self.fields.get(name, "") for name in names)


Held = Mapping[Condition, frozenset[str]]
"""For each condition about text the messages that meet it."""

_TOGETHER: Mapping[str, Sequence[str]] = {
    "anywhere": ("subject", "sender", "from", "recipients", "to", "cc", "bcc", "body", "filename", "attached"),
    "body": ("body", "attached"),
}
_INDEXED: dict[str, query.Field] = {"cc": "to", "bcc": "to", "recipients": "to"}
_NAMED: tuple[Field, ...] = ("to", "cc")
_TOLD_APART = frozenset({"from", "to", "cc", "bcc"})


def is_about_text(condition: Condition) -> bool:
    """Whether rows alone cannot say whether a condition holds."""
    return isinstance(condition, Says | HeaderHas)


async def held(core: Core, realm: Realm, asked: Filter) -> Held:
    """Answer the conditions about text in a filter. Raises TryLater; BadInput when too much would have to be read."""
    texts = list(dict.fromkeys(each for each in conditions(asked) if is_about_text(each)))
    if not texts:
        return {}
    # First what is not settled, then the index: what is settled between the two is in both.
    believed, unsettled = await believing.look(core, core.search, lambda tx: listing.unsettled(tx, realm.owner_id))
    index = core.search if believed else None
    words = [each for each in texts if isinstance(each, Says)]
    found: dict[Condition, frozenset[str]] = {}
    if words:
        found |= await _said(core, index, realm, words, unsettled)
    for each in texts:
        if isinstance(each, HeaderHas):
            found[each] = await _with_header(core, index, realm, each, unsettled)
    return found


# --- words ----------------------------------------------------------------------------------------------------------


async def _said(
    core: Core, index: SearchIndex | None, realm: Realm, asked: Sequence[Says], unsettled: Sequence[Unsettled]
) -> dict[Condition, frozenset[str]]:
    try:
        by_index = await asking.in_thread(_ask, index, realm.owner_id, asked)
    except IndexFailed:
        rows = await core.read(lambda tx: listing.matching(tx, list(realm.mailboxes), TRUE, _COLUMNS))
        told = await asyncio.to_thread(lambda: {row[0]: _row_tells(row) for row in rows})
        return {each: frozenset(key for key, one in told.items() if one.says(each)) for each in asked}
    open_ids = {each.id for each in unsettled}
    told = await _read(core, realm, unsettled)
    found: dict[Condition, frozenset[str]] = {}
    for each, ids in zip(asked, by_index, strict=True):
        known = [one for one in ids if one not in open_ids]
        if each.field in _TOLD_APART and known:
            known = await core.read(lambda tx, known=known, each=each: _apart(tx, realm, known, each))  # type: ignore[misc]
        found[each] = frozenset(known) | {key for key, one in told.items() if one.says(each)}
    return found


def _ask(index: SearchIndex | None, owner_id: str, asked: Sequence[Says]) -> list[list[str]]:
    """Runs in a thread."""
    if index is None:
        raise IndexFailed("there is no search index")
    most = max(index.count(), 1)
    found = []
    for each in asked:
        field = _INDEXED.get(each.field, each.field)
        term = query.Words(each.words, field, each.open)  # type: ignore[arg-type]  # the other names are the same
        clause = query.Clause((query.Choice(term),))
        found.append([hit.message_id for hit in index.find([clause], [owner_id], limit=most, newest=True).hits])
    return found


def _apart(tx: Tx, realm: Realm, ids: Sequence[str], asked: Says) -> list[str]:
    """Of the messages that name somebody, those that do it in the field that was asked for."""
    rows = listing.by_ids(tx, realm.owner_id, ids, ("headers",))
    if asked.field == "bcc":  # which rows did not have at first: who is a recipient, and neither To nor Cc
        others = [Says(asked.words, name, asked.open) for name in _NAMED]
        told = [(row[0], Told(_people(row[3]))) for row in rows]
        return [key for key, one in told if one.says(asked) or not any(one.says(each) for each in others)]
    return [row[0] for row in rows if Told(_people(row[3], (asked.field,))).says(asked)]


async def _read(core: Core, realm: Realm, unsettled: Sequence[Unsettled]) -> dict[str, Told]:
    """What the messages say that the index may not have."""
    small = [each for each in unsettled[:MAX_UNSETTLED_READ] if each.size <= MAX_UNSETTLED_OCTETS]
    ids = [each.id for each in unsettled]
    rows = await core.read(lambda tx: listing.matching(tx, list(realm.mailboxes), TRUE, _COLUMNS, among=ids))
    told = {row[0]: _row_tells(row) for row in rows}
    for batch in _batches([each for each in small if each.id in told]):
        raws = await core.blobs.read_many([(each.blob_id, 0, each.size) for each in batch])
        read = await asyncio.to_thread(_tell, batch, raws)
        # People as the row has them, everything else as the index would.
        told |= {key: Told({**told[key].fields, **fields}) for key, fields in read.items()}
    return told


def _tell(batch: Sequence[Unsettled], raws: Sequence[bytes | None]) -> dict[str, dict[str, str]]:
    """Runs in a thread: the words of whole messages."""
    found = {}
    for each, raw in zip(batch, raws, strict=True):
        if raw is not None:
            root = Part.from_json(each.structure)
            files = attachments.plain_text(raw, root)  # others are opened later, and by a process of their own
            made = document.of(Filed(each.id, "", 0, each.size), raw, root, files)
            texts = {
                "subject": made.subject,
                "sender": made.sender,
                "recipients": made.recipients,
                "body": made.body,
                "filename": made.names,
                "attached": made.attached,
            }
            found[each.id] = {name: f" {text} " for name, text in texts.items()}
    return found


def _row_tells(row: Row) -> Told:
    """What the columns of `_COLUMNS`, behind those that every list has, say."""
    subject, headers, preview = row[3:6]
    return Told({"subject": _spaced([subject]), "body": _spaced([preview]), **_people(headers)})


def _people(headers: str, names: Sequence[str] = ("from", "to", "cc", "bcc")) -> dict[str, str]:
    kept = json.loads(headers)
    fields = {name: _spaced(text for pair in kept.get(name, ()) for text in pair) for name in names}
    return {**fields, "recipients": "".join(fields.get(name, "") for name in ("to", "cc", "bcc"))}


def _spaced(texts: Iterable[str]) -> str:
    return f" {joined(texts)} "


# --- fields of the header -------------------------------------------------------------------------------------------


async def _with_header(
    core: Core, index: SearchIndex | None, realm: Realm, asked: HeaderHas, unsettled: Sequence[Unsettled]
) -> frozenset[str]:
    """The index says which headers hold the name and the text; these are read."""
    maybe = await asking.in_thread(_headers_with, index, realm.owner_id, asked)
    among = None if maybe is None else list(maybe | {each.id for each in unsettled})
    columns = (Sql("m.blob_id"), Sql("m.structure"))
    rows = await core.read(lambda tx: listing.matching(tx, list(realm.mailboxes), TRUE, columns, among=among))
    if len(rows) > MAX_HEADERS_READ:
        raise BadInput("that field would have to be looked for in too many messages")
    found: set[str] = set()
    for start in range(0, len(rows), MAX_UNSETTLED_READ):
        batch = rows[start : start + MAX_UNSETTLED_READ]
        roots = [Part.from_json(row[4]) for row in batch]
        wanted = [(row[3], root.header_start, root.body_start) for row, root in zip(batch, roots, strict=True)]
        blocks = await core.blobs.read_many(wanted)
        found |= await asyncio.to_thread(_having, [row[0] for row in batch], blocks, asked)
    return frozenset(found)


def _headers_with(index: SearchIndex | None, owner_id: str, asked: HeaderHas) -> frozenset[str] | None:
    """Runs in a thread. The messages that may have the field; None: any may."""
    if index is None:
        return None
    found: frozenset[str] | None = None
    try:
        for text in (f"{asked.name}:", asked.text):
            holding = index.holding(owner_id, ("header",), text) if text else None
            if holding is not None and holding.maybe is not None:
                some = holding.sure | holding.maybe
                found = some if found is None else found & some
    except IndexFailed:
        return None
    return found


def _having(ids: Sequence[str], blocks: Sequence[bytes | None], asked: HeaderHas) -> set[str]:
    """Runs in a thread."""
    needle = fold(asked.text)
    return {
        message_id
        for message_id, block in zip(ids, blocks, strict=True)
        if block is not None and any(needle in fold(text) for text in header_of(block).all(asked.name))
    }


def _batches(unsettled: Sequence[Unsettled]) -> Iterator[list[Unsettled]]:
    batch: list[Unsettled] = []
    octets = 0
    for each in unsettled:
        if batch and octets + each.size > BATCH_OCTETS:
            yield batch
            batch, octets = [], 0
        batch.append(each)
        octets += each.size
    if batch:
        yield batch
