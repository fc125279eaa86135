"""Finding messages: which of the selected ones match a key, for SEARCH, SORT and THREAD.

Flags, dates and sizes are judged from columns, slice by slice in the threads of the database; only messages they leave undecided
have their headers read, and of these only the rest their bodies. The index, where there is one, says first which messages hold
a text for sure and which may (`core.narrowing`). Between slices other connections get their turn, and a client that left
ends the search.
Promises: exact answers of RFC 9051 §6.4.4; memory for one batch of messages.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailwright.codecs.imap import NoSuchNumber, criteria
from mailwright.codecs.imap.criteria import Key
from mailwright.codecs.imap.evaluate import Around, Judge, judge, needs, plan
from mailwright.codecs.imap.responses import untagged
from mailwright.codecs.imap.searchtext import body_ranges
from mailwright.codecs.imap.sections import MERGED_GAP_OCTETS, Excerpts
from mailwright.codecs.mime import Part
from mailwright.core import narrowing
from mailwright.domain import clock
from mailwright.protocols.imap.candidates import Candidate, Unread, columns_of, rules_out
from mailwright.protocols.imap.selected import Selected
from mailwright.storage import Tx, views
from mailwright.storage.database import Row

if TYPE_CHECKING:
    from mailwright.protocols.imap.connection import Connection

BATCH_OCTETS = 4 * 1024 * 1024  # of messages read and judged at once, beside a single larger one
READ_AT_ONCE = 200  # messages whose structures are in memory together
ALIVE_SECONDS = 20.0  # of silence, after which a client is told that we are still looking

_LISTED = frozenset({"flags", "keywords", "modseq"})


@dataclass(slots=True)
class Found:
    """What matched, in the order of the mailbox; `modseqs` only when they were asked for."""

    numbers: array[int]
    uids: array[int]
    modseqs: array[int]

    @classmethod
    def none(cls) -> Found:
        return cls(array("I"), array("I"), array("Q"))


@dataclass(slots=True)
class Judged:
    """What became of some messages: (number, uid, modseq) of those that match, and those of which more must be read."""

    matched: list[tuple[int, int, int]]
    undecided: list[Candidate]


async def find(connection: Connection, selected: Selected, key: Key, *, modseqs: bool = False) -> Found:
    """The selected messages that match. Raises ConnectionResetError when nobody waits for the answer any more."""
    settled = await narrowing.settle(connection.core, connection.core.search, selected.mailbox_id, key)
    return await _Search(connection, selected, settled, modseqs=modseqs).run()


class _Search:
    """One search under way."""

    def __init__(self, connection: Connection, selected: Selected, key: Key, *, modseqs: bool) -> None:
        self._connection = connection
        self._selected = selected
        self._key = key
        uids = selected.uids
        around = Around(clock.now(), len(uids), uids[-1] if uids else 0, frozenset(selected.saved))
        self._judge: Judge = judge(key, around)
        self._columns = columns_of(key) | ({"modseq"} if modseqs else set())
        self._needs = needs(key)
        # Headers alone are worth reading when they can rule a message out.
        self._headers_first = "body" not in self._needs or not isinstance(plan(key).header, criteria.All)
        self._ruled_out = rules_out(key)
        self._found = Found.none()
        self._told_at = connection.loop.time()

    async def run(self) -> Found:
        selected = self._selected
        spans = _named(self._key, selected)
        looked_at = 0
        for numbers, uids in selected.slices(spans):
            undecided = await self._judge_rows(numbers, uids)
            for start in range(0, len(undecided), READ_AT_ONCE):
                await self._read_and_judge(undecided[start : start + READ_AT_ONCE])
            looked_at += len(uids)
            self._say_alive(looked_at)
            await self._connection.drain()
        return self._in_order()

    async def _judge_rows(self, numbers: Sequence[int], uids: array[int]) -> list[Candidate]:
        """Keep what its row decides for; what the row cannot decide comes back."""
        if not self._columns:
            return self._keep(self._judged_rows(numbers, [(uid,) for uid in uids], ()))

        def look(tx: Tx) -> Judged:
            mailbox_id, columns = self._selected.mailbox_id, tuple(self._columns)
            if self._columns <= _LISTED:
                rows: Sequence[Row] = views.listed(tx, mailbox_id, uids)
                names: tuple[str, ...] = ("flags", "modseq", "keywords")
            else:
                rows, names = views.rows(tx, mailbox_id, uids, columns), columns
            there = numbers
            if len(rows) < len(uids):
                by_uid = dict(zip(uids, numbers, strict=True))
                there = [by_uid[row[0]] for row in rows]
            return self._judged_rows(there, rows, names)

        return self._keep(await self._connection.core.read(look))

    def _judged_rows(self, numbers: Sequence[int], rows: Sequence[Row], names: Sequence[str]) -> Judged:
        """May run in a thread of the database. One object serves all rows but the undecided."""
        judged = Judged([], [])
        decide, probe = self._judge, Candidate(0, 0)
        for number, row in zip(numbers, rows, strict=True):
            probe.fill(number, row, names)
            try:
                if decide(probe):
                    judged.matched.append((number, row[0], probe.modseq))
            except Unread:
                candidate = Candidate(0, 0)
                candidate.fill(number, row, names)
                judged.undecided.append(candidate)
        return judged

    def _keep(self, judged: Judged) -> list[Candidate]:
        if judged.matched:
            numbers, uids, modseqs = zip(*judged.matched, strict=True)
            self._found.numbers.extend(numbers)
            self._found.uids.extend(uids)
            self._found.modseqs.extend(modseqs)
        return judged.undecided

    async def _read_and_judge(self, undecided: Sequence[Candidate]) -> None:
        """Headers first; bodies of those that are still undecided."""
        uids = array("I", [candidate.uid for candidate in undecided])
        mailbox_id = self._selected.mailbox_id
        rows = await self._connection.core.read(lambda tx: views.rows(tx, mailbox_id, uids, ("blob_id", "structure")))
        by_uid = {row[0]: row for row in rows}
        left: list[Candidate] = []
        for candidate in undecided:
            row = by_uid.get(candidate.uid)
            if row is not None:  # else it was expunged meanwhile, and matches nothing
                candidate.locate(row[1], Part.from_json(row[2]))
                left.append(candidate)
        if self._headers_first:
            left = await self._judge_read(left, bodies=False)
        if left:
            await self._judge_read(left, bodies=True)

    async def _judge_read(self, candidates: Sequence[Candidate], *, bodies: bool) -> list[Candidate]:
        left: list[Candidate] = []
        batch: list[Candidate] = []
        octets = 0
        for candidate in candidates:
            candidate.spans = _spans(candidate.root, bodies=bodies, header="header" in self._needs)
            size = sum(end - start for start, end in candidate.spans)
            if batch and octets + size > BATCH_OCTETS:
                left += await self._judge_batch(batch)
                batch, octets = [], 0
            batch.append(candidate)
            octets += size
        if batch:
            left += await self._judge_batch(batch)
        return left

    async def _judge_batch(self, batch: Sequence[Candidate]) -> list[Candidate]:
        wanted = [(candidate.blob_id, *span) for candidate in batch for span in candidate.spans]
        found = await self._connection.core.blobs.read_many(wanted) if wanted else []
        undecided = self._keep(await asyncio.to_thread(self._judge_octets, batch, found))
        self._say_alive(None)
        await self._connection.drain()
        return undecided

    def _judge_octets(self, batch: Sequence[Candidate], found: Iterable[bytes | None]) -> Judged:
        """Runs in a thread: decoding and folding take their time."""
        judged = Judged([], [])
        octets = iter(found)
        for candidate in batch:
            pieces = [(start, next(octets)) for start, _ in candidate.spans]
            known = [(start, each) for start, each in pieces if each is not None]
            if len(known) < len(pieces):
                continue  # what cannot be read matches nothing; FETCH says that it cannot
            candidate.read(Excerpts(known))
            try:
                if not self._ruled_out(candidate) and self._judge(candidate):
                    judged.matched.append((candidate.seq, candidate.uid, candidate.modseq))
            except Unread:
                candidate.forget()
                judged.undecided.append(candidate)
        return judged

    def _say_alive(self, looked_at: int | None) -> None:
        now = self._connection.loop.time()
        if now - self._told_at > ALIVE_SECONDS:
            self._told_at = now
            how_far = "" if looked_at is None else f", {looked_at} of {len(self._selected.uids)} looked at"
            self._connection.send(untagged("OK", f"still searching{how_far}"))

    def _in_order(self) -> Found:
        """Rows were decided before headers and bodies: put the three sets together."""
        found = self._found
        numbers = found.numbers
        if all(numbers[at] < numbers[at + 1] for at in range(len(numbers) - 1)):
            return found
        order = sorted(range(len(numbers)), key=numbers.__getitem__)
        return Found(
            array("I", [found.numbers[at] for at in order]),
            array("I", [found.uids[at] for at in order]),
            array("Q", [found.modseqs[at] for at in order]),
        )


def _named(key: Key, selected: Selected) -> list[tuple[int, int]]:
    """The places a key names itself by numbers or uids; everything else need not be looked at."""
    spans = [(0, len(selected.uids))] if selected.uids else []
    for term in key.keys if isinstance(key, criteria.And) else (key,):
        if isinstance(term, criteria.Uids):
            spans = _both(spans, selected.spans(term.set, uid=True))
        elif isinstance(term, criteria.SeqNumbers):
            try:
                spans = _both(spans, selected.spans(term.set, uid=False))
            except NoSuchNumber:
                continue  # numbers nobody has match nothing: the judge knows
    return spans


def _both(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places that are in both, each ascending and disjoint."""
    found: list[tuple[int, int]] = []
    at = other = 0
    while at < len(left) and other < len(right):
        start, stop = max(left[at][0], right[other][0]), min(left[at][1], right[other][1])
        if start < stop:
            found.append((start, stop))
        if left[at][1] < right[other][1]:
            at += 1
        else:
            other += 1
    return found


def _spans(root: Part, *, bodies: bool, header: bool) -> list[tuple[int, int]]:
    spans = [(root.header_start, root.body_start)] if header else []
    if bodies:
        spans += body_ranges(root)
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1] + MERGED_GAP_OCTETS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
