"""What the scribe's steps found, and the copies of the sources that facts rest on. Used by the scribe and `core.outreach`.

A step that has content is done: whoever runs the mail again takes that, and pays for nothing twice.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.domain.outreach import About, SourceKind
from mailwright.storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step of one mail. `content` is JSON, empty until it is done; `latency_us` of the attempt that did it."""

    step: str
    content: str
    attempts: int
    latency_us: int
    models: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    started_at: Instant
    finished_at: Instant | None


@dataclass(frozen=True, slots=True)
class Source:
    """One source of one mail; `number` is how citations name it. `text` is its stored copy, "" where it was not asked for."""

    id: str
    number: int
    kind: SourceKind
    url: str
    title: str
    author: str
    published: str
    about: About
    because: str
    fetched_at: Instant
    text: str = ""


_STEP = "step, content, attempts, latency_us, models, input_tokens, output_tokens, cost_usd, started_at, finished_at"
_SOURCE = "id, number, kind, url, title, author, published, about, because, fetched_at"


def begin(tx: Tx, task_id: str, step: str, now: Instant) -> StepDone:
    """Note that an attempt begins, unless it is done already; how it stands."""
    tx.execute(
        "INSERT INTO outreach_steps (task_id, step, attempts, started_at) VALUES (?, ?, 1, ?) "
        "ON CONFLICT (task_id, step) DO UPDATE SET attempts = outreach_steps.attempts + 1 WHERE outreach_steps.content = ''",
        (task_id, step, now),
    )
    found = get(tx, task_id, step)
    assert found is not None
    return found


def finish(
    tx: Tx,
    task_id: str,
    step: str,
    content: str,
    *,
    now: Instant,
    latency_us: int,
    models: str = "",
) -> bool:
    """Keep what a step found; what it cost is `spent`. False when it was done before: that stays."""
    return (
        tx.execute(
            "UPDATE outreach_steps SET content = ?, latency_us = ?, models = ?, finished_at = ? "
            "WHERE task_id = ? AND step = ? AND content = ''",
            (content, latency_us, models, now, task_id, step),
        )
        > 0
    )


def spent(tx: Tx, task_id: str, step: str, *, input_tokens: int, output_tokens: int, cost_usd: float) -> None:
    """Count what an attempt cost, whether or not it finds anything."""
    tx.execute(
        "UPDATE outreach_steps SET input_tokens = input_tokens + ?, output_tokens = output_tokens + ?, cost_usd = cost_usd + ? "
        "WHERE task_id = ? AND step = ?",
        (input_tokens, output_tokens, cost_usd, task_id, step),
    )


def get(tx: Tx, task_id: str, step: str) -> StepDone | None:
    """How a step stands; None: it was not begun."""
    row = tx.one(f"SELECT {_STEP} FROM outreach_steps WHERE task_id = ? AND step = ?", (task_id, step))
    return None if row is None else StepDone(*row)


def of_task(tx: Tx, task_id: str) -> list[StepDone]:
    """The steps that were begun, in the order they were."""
    rows = tx.all(f"SELECT {_STEP} FROM outreach_steps WHERE task_id = ? ORDER BY started_at, step", (task_id,))
    return [StepDone(*row) for row in rows]


def add_source(
    tx: Tx,
    task_id: str,
    *,
    kind: SourceKind,
    url: str,
    title: str,
    text: str,
    now: Instant,
    author: str = "",
    published: str = "",
    about: About = About.UNCLEAR,
    because: str = "",
) -> Source:
    """Keep a copy; the same address of the same mail is kept once. Its number is the next."""
    if url:
        row = tx.one(f"SELECT {_SOURCE} FROM outreach_sources WHERE task_id = ? AND url = ?", (task_id, url))
        if row is not None:
            return _source(row)
    number = (
        int(tx.scalar("SELECT COALESCE(MAX(number), 0) FROM outreach_sources WHERE task_id = ?", (task_id,)) or 0) + 1
    )
    made = Source(new_id(), number, kind, url, title, author, published, about, because, now, text)
    tx.insert(
        "outreach_sources",
        id=made.id,
        task_id=task_id,
        number=number,
        kind=kind.value,
        url=url,
        title=title,
        author=author,
        published=published,
        about=about.value,
        because=because,
        copy=zlib.compress(text.encode("utf-8", "replace")),
        fetched_at=now,
    )
    return made


def forget_sources(tx: Tx, task_id: str, kind: SourceKind | None = None) -> None:
    """Drop the copies of a mail, or those of a kind: what an attempt kept that came to nothing."""
    if kind is None:
        tx.execute("DELETE FROM outreach_sources WHERE task_id = ?", (task_id,))
    else:
        tx.execute("DELETE FROM outreach_sources WHERE task_id = ? AND kind = ?", (task_id, kind.value))


def sources(tx: Tx, task_id: str, *, numbers: Sequence[int] | None = None, texts: bool = False) -> list[Source]:
    """The sources of a mail by their numbers, with their copies when `texts` are wanted."""
    columns = f"{_SOURCE}, copy" if texts else _SOURCE
    rows = tx.all(f"SELECT {columns} FROM outreach_sources WHERE task_id = ? ORDER BY number", (task_id,))
    return [_source(row) for row in rows if numbers is None or row[1] in numbers]


def _source(row: Row) -> Source:
    id, number, kind, url, title, author, published, about, because, fetched_at, *copy = row
    text = zlib.decompress(bytes(copy[0])).decode() if copy else ""
    return Source(id, number, SourceKind(kind), url, title, author, published, About(about), because, fetched_at, text)
