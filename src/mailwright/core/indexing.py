"""Indexing: the events of the stream `index` become documents of the search index.

Called by the consumer group `indexers`, and by reindexing and attachmenttext for the messages they choose.
Promises: the index has what a batch tells of before the cursor passes it, so a crash in between repeats the batch and harms
nothing; a message that cannot be read, or that the index will not have, is noted as missing and holds up no other; while mail
pours in, deliveries have the processor first, and the index catches up in the next lull.
Does not: open attachments that are files (attachmenttext does, afterwards).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from prometheus_client import Gauge

from mailwright.codecs.mime import Part
from mailwright.codecs.search import attachments, document
from mailwright.codecs.search.document import Document, Filed
from mailwright.core import Core, asking, believing
from mailwright.domain.clock import SECOND, now
from mailwright.domain.events import MESSAGE_APPENDED, MESSAGE_CHANGED, MESSAGE_DELIVERED, MESSAGE_REMOVED, Event
from mailwright.domain.refusals import TryLater
from mailwright.storage import Tx, events, searching
from mailwright.storage.search import IndexFailed, SearchIndex
from mailwright.storage.searching import Indexable

log = structlog.get_logger(__name__)

STREAM, GROUP = "index", "indexers"
BATCH = 500  # events at once: what comes in a quarter of a second at the fastest
GATHER_SECONDS = (
    0.5  # between two writes while mail pours in: each costs the disk some syncs and leaves a small segment
)
BUSY = 50  # messages in a batch from which on deliveries are under way that need the processor, too
LULL_SECONDS = 0.3  # without any event: nobody is delivering just now
PATIENCE_SECONDS = 5.0  # how long a large batch waits for a lull; then it takes its turn beside the deliveries
SLICE = 20  # messages read between two looks at the clock
SLICE_OCTETS = 8 * 1024 * 1024  # of them together, unless one is longer
MAX_HELD = 32 * 1024 * 1024  # characters of documents held before they are written

lag_seconds = Gauge(
    "mailwright_search_index_lag_seconds", "Age of the oldest change the search index does not have yet."
)
documents_held = Gauge("mailwright_search_documents", "Messages in the search index.")


@dataclass(slots=True)
class _Told:
    """What a batch of events tells: which messages to look at, which are gone, and how far each user has come."""

    present: dict[str, bool] = field(
        default_factory=dict
    )  # by id: whether what was read of its attachments still holds
    removed: list[str] = field(default_factory=list)
    reached: dict[str, int] = field(default_factory=dict)


UNREADABLE = "its bytes cannot be read"
"""Why there is no document: a store that lies may tell the truth later, and what is gone can be put back from a copy."""

Failed = dict[str, tuple[str, str]]
"""Messages the index does not have, by id: (user id, because)."""


@dataclass(slots=True)
class Read:
    """Documents of messages, and why there is none of some."""

    documents: list[Document] = field(default_factory=list)
    blobs: dict[str, str] = field(default_factory=dict)  # of each document: what was read
    failed: Failed = field(default_factory=dict)

    def add(self, other: Read) -> None:
        """Put another slice to this one."""
        self.documents += other.documents
        self.blobs |= other.blobs
        self.failed |= other.failed

    @property
    def size(self) -> int:
        """Characters held."""
        return sum(len(one.header.folded) + 2 * len(one.text.folded) + 2 * len(one.body) for one in self.documents)


class Indexer:
    """The consumer of the group `indexers`."""

    def __init__(self, core: Core, index: SearchIndex, *, gather_seconds: float = GATHER_SECONDS) -> None:
        self._core = core
        self._index = index
        self._gather = gather_seconds
        self._written_at = 0.0
        self._held_back: dict[str, int] = {}

    async def on_events(self, batch: Sequence[Event]) -> Callable[[Tx], object]:
        """Index what a batch tells of. Raises TryLater when the index cannot be written now, HandOver when it is not the one that is kept."""
        told = _told(batch)
        fed = await asyncio.to_thread(self._index.generations) if told.present or told.removed else None
        await self._core.read(lambda tx: believing.feeds(tx, fed))
        if len(told.present) >= BUSY:
            await self._let_mail_pass()
        rows = await self._core.read(lambda tx: searching.indexable(tx, list(told.present)))
        found = {row.id for row in rows}
        removed = [*told.removed, *(one for one in told.present if one not in found)]
        read = await self._read(rows, told.present, busy=len(rows) >= BUSY)
        await self._wait()
        failed = read.failed | await self._write(read.documents, removed, read.blobs)
        reached = self._settled(told.reached, full=len(batch) >= BATCH)

        def commit(tx: Tx) -> None:
            if believing.feeds(tx, fed):
                searching.advance(tx, reached)
            searching.forget_missing(tx, [*removed, *read.blobs])
            note_missing(tx, failed)

        return commit

    async def measure(self) -> None:
        """Bring the gauges up to date. Raises TryLater."""
        lag = await self._core.read(lambda tx: events.lag(tx, STREAM, GROUP))
        lag_seconds.set(0.0 if lag.oldest_at is None else max((now() - lag.oldest_at) / SECOND, 0.0))
        try:
            documents_held.set(await asking.in_thread(self._index.count))
        except IndexFailed:
            documents_held.set(0)

    async def _read(self, rows: Sequence[Indexable], keep: Mapping[str, bool], *, busy: bool) -> Read:
        done = Read()
        for part in slices(rows):
            began = time.monotonic()
            done.add(await read(self._core, self._index, part, keep=lambda row: keep[row.id]))
            if done.size > MAX_HELD:
                done.failed |= await self._write(done.documents, (), done.blobs)
                done.documents.clear()
            if busy and await self._pours():
                await asyncio.sleep(time.monotonic() - began)
        return done

    async def _let_mail_pass(self) -> None:
        """A flood of mail has the processor first, for a while: what waits here waits in the log."""
        for _ in range(int(PATIENCE_SECONDS / LULL_SECONDS)):
            if not await self._pours():
                return
            await asyncio.sleep(LULL_SECONDS)

    async def _pours(self) -> bool:
        return now() - await self._core.read(events.newest_at) < LULL_SECONDS * SECOND

    async def _wait(self) -> None:
        await asyncio.sleep(max(0.0, self._written_at + self._gather - time.monotonic()))

    async def _write(self, documents: Sequence[Document], removed: Iterable[str], blobs: Mapping[str, str]) -> Failed:
        gone = list(dict.fromkeys(removed))
        failed: Failed = {}
        if documents or gone:
            failed = await _apply(self._index, documents, gone)
            if self._index.is_shared:  # a process that was held up for long may have put its state over a newer one
                failed = await make_anew(self._core, self._index, documents, blobs, failed)
            self._written_at = time.monotonic()
        return failed

    def _settled(self, reached: dict[str, int], *, full: bool) -> dict[str, int]:
        """How far users have come for sure.

        PostgreSQL may log two changes of one user in the other order when both were made at once, and a batch may end
        between them: where more may follow, nobody's progress is told yet. SQLite logs in the order of the changes.
        """
        if self._core.database.dialect == "sqlite":
            return reached
        for user_id, modseq in reached.items():
            self._held_back[user_id] = max(modseq, self._held_back.get(user_id, 0))
        if full:
            return {}
        settled, self._held_back = self._held_back, {}
        return settled


def _told(batch: Sequence[Event]) -> _Told:
    told = _Told()
    for event in batch:
        payload = event.payload
        if event.kind == MESSAGE_REMOVED:
            told.removed.append(payload["message_id"])
            told.present.pop(payload["message_id"], None)
        elif event.kind in (MESSAGE_DELIVERED, MESSAGE_APPENDED):
            told.present.setdefault(payload["message_id"], True)
        elif event.kind == MESSAGE_CHANGED:
            told.present[payload["message_id"]] = False
        # A message that moved is the same message: the index does not know of mailboxes.
        user_id, modseq = payload["user_id"], int(payload["modseq"])
        told.reached[user_id] = max(modseq, told.reached.get(user_id, 0))
    return told


def slices(rows: Sequence[Indexable]) -> Iterator[Sequence[Indexable]]:
    """Messages to be read together: few, and not too long."""
    part: list[Indexable] = []
    octets = 0
    for row in rows:
        if part and (len(part) == SLICE or octets + row.size > SLICE_OCTETS):
            yield part
            part, octets = [], 0
        part.append(row)
        octets += row.size
    if part:
        yield part


async def read(core: Core, index: SearchIndex, rows: Sequence[Indexable], *, keep: Callable[[Indexable], bool]) -> Read:
    """Make documents of messages (one of `slices`). Raises TryLater when nothing can be read now.

    `keep` says of which messages the text of attachments that the index has is still theirs.
    """
    raws = await core.blobs.read_many([(row.blob_id, 0, row.size) for row in rows])
    return await asyncio.to_thread(
        _make_all, index, rows, raws, [row.id for row in rows if row.attachments and keep(row)]
    )


def _make_all(
    index: SearchIndex, rows: Sequence[Indexable], raws: Sequence[bytes | None], with_files: Sequence[str]
) -> Read:
    """Runs in a thread."""
    done = Read()
    try:
        known = index.attached(with_files) if with_files else {}
    except IndexFailed as failed:
        # Written without what is known of its files, a message would not be found by them until the next rebuild.
        if index.is_shared and not index.is_missing():
            raise TryLater(str(failed)) from failed
        known = {}
    for row, raw in zip(rows, raws, strict=True):
        if raw is None:
            done.failed[row.id] = (row.user_id, UNREADABLE)
            continue
        try:
            done.documents.append(make(row, raw, known.get(row.id)))
            done.blobs[row.id] = row.blob_id
        except Exception as error:  # a message that our reading trips over must not stop the index for everybody
            log.exception("search.message_not_indexed", message_id=row.id)
            done.failed[row.id] = (row.user_id, f"it cannot be read ({type(error).__name__})")
    return done


def make(row: Indexable, raw: bytes, attached: str | None) -> Document:
    """The document of a message; `attached` is what its files say, when they were opened."""
    root = Part.from_json(row.structure)
    filed = Filed(row.id, row.user_id, row.received_at, row.size)
    if attached is not None:
        return document.of(filed, raw, root, attached)
    complete = not any(attachments.of_kind(root, "file", "picture"))
    return document.of(filed, raw, root, attachments.plain_text(raw, root), complete=complete)


async def put(core: Core, index: SearchIndex, documents: Sequence[Document], blobs: Mapping[str, str]) -> Failed:
    """Index documents outside the order of events; one whose message changed or went while it was read is made anew.

    `blobs` names what each was read from. Raises TryLater.
    """
    if not documents:
        return {}
    return await make_anew(core, index, documents, blobs, await _apply(index, documents, ()))


async def make_anew(
    core: Core, index: SearchIndex, documents: Sequence[Document], blobs: Mapping[str, str], failed: Failed
) -> Failed:
    """Of documents that were applied, make those anew whose messages changed or went in between. Raises TryLater.

    `failed` says which of them the index would not have; it is said anew of what was made anew.
    """
    failed = dict(failed)
    while documents:
        ids = [document.message_id for document in documents]
        there = await core.read(lambda tx, ids=ids: searching.blobs_of(tx, ids))  # type: ignore[misc]
        gone = [one for one in ids if one not in there]
        if gone:
            await asyncio.to_thread(index.apply, (), gone)
        changed = [one for one in ids if one in there and there[one] != blobs[one]]
        rows = await core.read(lambda tx, ids=changed: searching.indexable(tx, ids))  # type: ignore[misc]
        anew = Read()
        for part in slices(rows):
            anew.add(await read(core, index, part, keep=lambda row: False))
        documents, blobs = anew.documents, anew.blobs
        for one in (*gone, *changed):
            failed.pop(one, None)
        failed |= anew.failed
        if documents:
            failed |= await _apply(index, documents, ())
    return failed


def note_missing(tx: Tx, failed: Failed) -> None:
    """Write down which messages the index does not have."""
    for message_id, (user_id, because) in failed.items():
        searching.note_missing(tx, message_id, user_id, because)


async def _apply(index: SearchIndex, documents: Sequence[Document], removed: Sequence[str]) -> Failed:
    return refused(documents, await asyncio.to_thread(index.apply, documents, removed))


def refused(documents: Sequence[Document], because: Mapping[str, str]) -> Failed:
    """Those of the documents that an index would not have."""
    return {one.message_id: (one.user_id, because[one.message_id]) for one in documents if one.message_id in because}
