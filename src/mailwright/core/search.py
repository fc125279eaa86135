"""Search for people: words in, the best messages out, with the stretch of each that was found.

Called by the command line, and meant for the webmail, JMAP and agents.
Promises: only messages of mailboxes that the asker may read at the moment of the answer, whatever the index says; nothing that
is typed is an error; without an index the newest messages are looked through by their headers, and `complete` is False.

Ranking: relevance × age × place.
- Relevance is the index's score by the best one's: a word in the subject or the sender's name counts more than in the body.
- Age: what came just now counts fully, half a year ago three quarters, long ago half.
- Place: the first and the last message of a thread count a tenth more, each further hit in the same thread a twentieth (four
  at most): a conversation about the words stands before a message that mentions them. Junk and Trash count half.
The best by score and the newest are both looked at, so that a word in every other message finds the last ones, too.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from prometheus_client import Histogram

from mailwright.codecs import mime
from mailwright.codecs.mime import Part
from mailwright.codecs.search.query import Query, parse
from mailwright.codecs.search.snippets import MAX_READ, Snippet, Wanted, snippet
from mailwright.core import Core, asking, believing, rowsearch
from mailwright.core.rowsearch import Reader, reader_of
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.storage import Tx, preferences, searching
from mailwright.storage.accounts import Account
from mailwright.storage.search import Found, IndexFailed, SearchIndex
from mailwright.storage.searching import HitRow, ShownRow

MAX_LIMIT = 100  # hits of one page
LOOKED_AT = 300  # hits of each order that are judged at first; four times as many when too few may be shown
MAX_LOOKED_AT = 5_000
HALF_YEAR = 182 * clock.DAY
MAX_SNIPPET_OCTETS = 1024 * 1024  # of a message whose text is read to be shown; a larger one shows its preview
BURIED = frozenset({"junk", "trash"})

Order = Literal["relevance", "newest"]

query_seconds = Histogram(
    "mailwright_search_query_seconds",
    "How long a search by people took.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)


@dataclass(frozen=True, slots=True)
class Result:
    """A message that was found. `mailbox` is its name as the asker sees it; `sender` (name, address)."""

    message_id: str
    mailbox_id: str
    mailbox: str
    uid: int
    thread_id: str
    subject: str
    sender: tuple[str, str]
    received_at: Instant
    flags: int
    size: int
    has_attachments: bool
    snippet: Snippet
    score: float
    in_thread: int  # how many of the hits looked at are of this thread


@dataclass(frozen=True, slots=True)
class Results:
    """One page. `total` is how many there are, about when not `exact`; `next` is the cursor of the page behind it.

    `problems` are sentences about what was not understood; not `complete`: only the headers of the newest were looked through.
    """

    results: tuple[Result, ...]
    total: int
    exact: bool
    next: str | None
    problems: tuple[str, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class _Hit:
    row: HitRow
    score: float
    in_thread: int = 1


@dataclass(frozen=True, slots=True)
class _Judged:
    """What may be shown of what was found, in order; `seen` hits were looked at, of `total`."""

    hits: list[_Hit]
    seen: int
    total: int
    complete: bool


async def search(
    core: Core,
    index: SearchIndex | None,
    account: Account,
    text: str,
    *,
    limit: int = 25,
    cursor: str | None = None,
    order: Order = "relevance",
) -> Results:
    """What `text` asks for, in the asker's mailboxes and those shared with them. Raises TryLater when the database is away."""
    began = time.perf_counter()
    try:
        limit, start = min(max(limit, 1), MAX_LIMIT), _position(cursor)
        zone, reader = await core.read(
            lambda tx: (preferences.of_user(tx, account.id).time_zone, reader_of(tx, account))
        )
        query = parse(text, now=now_in(zone))
        reader, problems = reader.within(query)
        judged = await _judge(core, index, account, query, reader, order, start + limit + 1)
        page = judged.hits[start : start + limit]
        results = await _show(core, index, account, page, query)
        exact = judged.seen >= judged.total
        total = (
            len(judged.hits) if exact else max(len(judged.hits), judged.total * len(judged.hits) // max(judged.seen, 1))
        )
        more = _cursor(start + limit) if len(judged.hits) > start + limit else None
        return Results(tuple(results), total, exact, more, (*query.problems, *problems), judged.complete)
    finally:
        query_seconds.observe(time.perf_counter() - began)


async def _judge(
    core: Core, index: SearchIndex | None, account: Account, query: Query, reader: Reader, order: Order, wanted: int
) -> _Judged:
    if not reader.mailboxes or not query.clauses:
        return _Judged([], 0, 0, True)
    if not query.wanted():
        order = "newest"  # nothing that could be relevant
    looked_at = max(LOOKED_AT, wanted)
    if not await believing.is_believed(core, index):
        return await _by_rows(core, account, query, reader)
    while True:
        try:
            found = await asking.in_thread(_find, index, query, reader.owners(), looked_at, order)
        except IndexFailed:
            return await _by_rows(core, account, query, reader)
        ids = list(dict.fromkeys(hit.message_id for one in found for hit in one.hits))
        scores = {hit.message_id: hit.score for hit in found[0].hits}
        best = max(scores.values(), default=0.0) or 1.0

        def look(tx: Tx, ids: Sequence[str] = ids) -> list[HitRow]:
            allowed = reader_of(tx, account).within(query)[0]  # as it is now: a right may be gone since
            return allowed.may_show(searching.hits(tx, ids), query)

        rows = await core.read(look)
        total = found[0].total
        if len(rows) >= wanted or len(found[0].hits) >= total or looked_at >= MAX_LOOKED_AT:
            break
        looked_at = min(looked_at * 4, MAX_LOOKED_AT)
    if order == "newest":
        hits = [_Hit(row, 0.0) for row in sorted(rows, key=lambda row: (row.received_at, row.id), reverse=True)]
        return _Judged(hits, len(ids), total, True)
    # One that is among the newest only has a lower score than the last of the best.
    lowest = min(scores.values(), default=0.0)
    hits = [_Hit(row, scores.get(row.id, lowest) / best) for row in rows]
    return _Judged(await _ranked(core, hits, reader), len(ids), total, True)


def _find(index: SearchIndex | None, query: Query, owners: Sequence[str], limit: int, order: Order) -> list[Found]:
    """Runs in a thread. The best and the newest, or the newest only."""
    if index is None:
        raise IndexFailed("there is no search index")
    newest = index.find(query.clauses, owners, limit=limit, newest=True)
    if order == "newest":
        return [newest]
    return [index.find(query.clauses, owners, limit=limit, newest=False), newest]


async def _ranked(core: Core, hits: Sequence[_Hit], reader: Reader) -> list[_Hit]:
    """The hits by relevance × age × place, best first."""
    threads = Counter(hit.row.thread_id for hit in hits)
    ends = await core.read(lambda tx: searching.thread_ends(tx, list(threads)))
    now = clock.now()

    def rank(hit: _Hit) -> float:
        row = hit.row
        age = 0.5 + 0.5 * math.exp2(-max(now - row.received_at, 0) / HALF_YEAR)
        first, last = ends.get(row.thread_id, ("", ""))
        place = 1.1 if row.id in (first, last) and first != last else 1.0
        place *= 1.0 + 0.05 * min(threads[row.thread_id] - 1, 4)
        return hit.score * age * place * (0.5 if reader.mailboxes[row.mailbox_id].mailbox.role in BURIED else 1.0)

    ranked = [_Hit(hit.row, rank(hit), threads[hit.row.thread_id]) for hit in hits]
    return sorted(ranked, key=lambda hit: (hit.score, hit.row.received_at, hit.row.id), reverse=True)


async def _by_rows(core: Core, account: Account, query: Query, reader: Reader) -> _Judged:
    found = await core.read(lambda tx: rowsearch.find(tx, account, query))
    hits = [_Hit(row, 0.0) for row in found]
    return _Judged(hits, len(hits), len(hits), False)


# --- what is shown --------------------------------------------------------------------------------------------------


async def _show(
    core: Core, index: SearchIndex | None, account: Account, page: Sequence[_Hit], query: Query
) -> list[Result]:
    ids = [hit.row.id for hit in page]

    def look(tx: Tx) -> tuple[Reader, dict[str, ShownRow], dict[str, HitRow]]:
        return reader_of(tx, account), searching.shown(tx, ids), searching.hits(tx, ids)

    reader, shown, rows = await core.read(look)
    there = [(hit, shown[hit.row.id], rows[hit.row.id]) for hit in page if hit.row.id in shown and hit.row.id in rows]
    there = [one for one in there if one[2].mailbox_id in reader.mailboxes]
    texts = await _texts(core, [one for _, one, _ in there])
    wanted = [Wanted(term.words, term.prefix) for term in query.wanted() if term.field in ("anywhere", "body")]
    snippets = await asking.in_thread(_snippets, index, [one for _, one, _ in there], texts, wanted)
    return [
        Result(
            message_id=row.id,
            mailbox_id=now.mailbox_id,
            mailbox=reader.mailboxes[now.mailbox_id].name,
            uid=row.uid,
            thread_id=now.thread_id,
            subject=row.subject,
            sender=_sender(row),
            received_at=row.received_at,
            flags=now.flags,
            size=row.size,
            has_attachments=row.attachments > 0,
            snippet=shown_text,
            score=round(hit.score, 4),
            in_thread=hit.in_thread,
        )
        for (hit, row, now), shown_text in zip(there, snippets, strict=True)
    ]


async def _texts(core: Core, rows: Sequence[ShownRow]) -> list[bytes | None]:
    """The octets of the messages that are small enough to be read for a snippet."""
    small = [(row.blob_id, 0, row.size) for row in rows if row.size <= MAX_SNIPPET_OCTETS]
    found = iter(await core.blobs.read_many(small) if small else [])
    return [next(found) if row.size <= MAX_SNIPPET_OCTETS else None for row in rows]


def _snippets(
    index: SearchIndex | None, rows: Sequence[ShownRow], texts: Sequence[bytes | None], wanted: Sequence[Wanted]
) -> list[Snippet]:
    """Runs in a thread. From the body, else from an attachment that says it, else the preview."""
    made: list[Snippet] = []
    for row, raw in zip(rows, texts, strict=True):
        body = mime.body_text(raw, Part.from_json(row.structure), limit=MAX_READ) if raw is not None else row.preview
        best = snippet(body, wanted)
        if not best.marks and wanted and row.attachments and index is not None:
            with contextlib.suppress(IndexFailed):
                attached = snippet(index.attached([row.id]).get(row.id, ""), wanted)
                best = attached if attached.marks else best
        made.append(best)
    return made


def _sender(row: ShownRow) -> tuple[str, str]:
    senders = json.loads(row.headers).get("from") or [["", row.sender]]
    return str(senders[0][0]), str(senders[0][1])


# --- small things ---------------------------------------------------------------------------------------------------


def now_in(zone: str) -> datetime:
    """This moment in a person's time zone."""
    try:
        return datetime.now(ZoneInfo(zone))
    except (ValueError, OSError, KeyError):  # a zone that this system does not know
        return datetime.now(UTC)


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def _position(cursor: str | None) -> int:
    """Where a page begins; a cursor that is none of ours is the first page."""
    if not cursor:
        return 0
    try:
        position = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii"))
    except (ValueError, binascii.Error):
        return 0
    return min(max(position, 0), MAX_LOOKED_AT)
