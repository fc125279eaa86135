"""Lists and counts of outreach, as people look through it. The rows.

Used by `core.outreach.views` and `core.outreach.batches`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mailwright.domain.clock import Instant
from mailwright.domain.outreach import QueueStatus, SentState, TemplateType, queue_status
from mailwright.domain.tasks import TaskStatus
from mailwright.storage.database import Tx
from mailwright.storage.outreach import BATCH_COLUMNS, Batch, Outreach, shortened

_STATUSES = {each: [status for status in TaskStatus if queue_status(status) is each] for each in QueueStatus}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; None is everything. `words` stand in the name, address, interest, subject or text."""

    words: str = ""
    type: TemplateType | None = None
    is_confident: bool | None = None
    batch_id: str | None = None
    statuses: Sequence[QueueStatus] = ()
    sent: Sequence[SentState] = ()
    deleted: bool = False


@dataclass(slots=True)
class Progress:
    """Where the mails of a batch stand, and how many of them are confident and were sent."""

    counts: dict[QueueStatus, int] = field(default_factory=dict)
    confident: int = 0
    sent: int = 0


def listing(tx: Tx, user_id: str, wanted: Wanted, *, before: str | None = None, limit: int) -> list[Outreach]:
    """A person's mails, the newest first, without template, sentences and metadata, and with the beginning of their text; `before` is the
    id of the last one of the page before."""
    where, params = _where(user_id, wanted)
    if before is not None:
        where.append("o.task_id < ?")
        params.append(before)
    return shortened(tx, f"WHERE {' AND '.join(where)} ORDER BY o.task_id DESC LIMIT ?", (*params, limit))


def counts(tx: Tx, user_id: str, wanted: Wanted) -> dict[QueueStatus, int]:
    """How many of what is wanted stand where."""
    where, params = _where(user_id, wanted)
    rows = tx.all(
        "SELECT t.status, COUNT(*) FROM outreach o JOIN tasks t ON t.id = o.task_id "
        f"WHERE {' AND '.join(where)} GROUP BY t.status",
        params,
    )
    found = dict.fromkeys(QueueStatus, 0)
    for status, count in rows:
        found[queue_status(TaskStatus(status))] += count
    return found


def batches(tx: Tx, user_id: str, *, before: str | None = None, limit: int) -> list[Batch]:
    """A person's, the newest first; `before` is the id of the last one of the page before."""
    bound, params = ("", ()) if before is None else (" AND id < ?", (before,))
    rows = tx.all(
        f"SELECT {BATCH_COLUMNS} FROM outreach_batches WHERE user_id = ?{bound} ORDER BY id DESC LIMIT ?",
        (user_id, *params, limit),
    )
    return [Batch(*row) for row in rows]


def progress(tx: Tx, batch_ids: Sequence[str]) -> dict[str, Progress]:
    """How far each batch is, by its id; deleted mails count, too. At most a few hundred at once."""
    found = {id: Progress(dict.fromkeys(QueueStatus, 0)) for id in batch_ids}
    if not found:
        return found
    rows = tx.all(
        "SELECT o.batch_id, t.status, COUNT(*), SUM(CASE WHEN o.is_confident THEN 1 ELSE 0 END), "
        "SUM(CASE WHEN o.sent_state = 'sent' THEN 1 ELSE 0 END) FROM outreach o JOIN tasks t ON t.id = o.task_id "
        f"WHERE o.batch_id IN ({', '.join('?' * len(found))}) GROUP BY o.batch_id, t.status",
        tuple(found),
    )
    for batch_id, status, count, confident, sent in rows:
        one = found[batch_id]
        one.counts[queue_status(TaskStatus(status))] += count
        one.confident += int(confident)
        one.sent += int(sent)
    return found


def set_batch(
    tx: Tx, batch_id: str, *, now: Instant, paused: bool | None = None, cancelled_at: Instant | None = None
) -> None:
    """Pause it or let it go on; say that it was cancelled."""
    if paused is not None:
        tx.execute("UPDATE outreach_batches SET paused = ?, updated_at = ? WHERE id = ?", (paused, now, batch_id))
    if cancelled_at is not None:
        tx.execute(
            "UPDATE outreach_batches SET cancelled_at = ?, updated_at = ? WHERE id = ?", (cancelled_at, now, batch_id)
        )


def _where(user_id: str, wanted: Wanted) -> tuple[list[str], list[object]]:
    where, params = ["o.user_id = ?", f"o.deleted_at IS {'NOT ' if wanted.deleted else ''}NULL"], [user_id]  # type: list[str], list[object]
    if wanted.type is not None:
        where.append("o.template_type = ?")
        params.append(wanted.type.value)
    if wanted.is_confident is not None:
        where.append("o.is_confident = ?")
        params.append(wanted.is_confident)
    if wanted.batch_id is not None:
        where.append("o.batch_id = ?")
        params.append(wanted.batch_id)
    if wanted.statuses:
        named = [status.value for each in dict.fromkeys(wanted.statuses) for status in _STATUSES[each]]
        where.append(f"t.status IN ({', '.join('?' * len(named))})")
        params += named
    if wanted.sent:
        where.append(f"o.sent_state IN ({', '.join('?' * len(wanted.sent))})")
        params += [each.value for each in wanted.sent]
    for word in wanted.words.split():
        # SQLite folds the case of ASCII alone: a word beyond it is looked for as it was written, too.
        forms = {_pattern(word), _pattern(word.lower())}
        columns = ("o.name", "o.email", "o.interest", "o.subject", "o.body")
        where.append(
            "("
            + " OR ".join(f"{c} LIKE ? ESCAPE '!' OR LOWER({c}) LIKE ? ESCAPE '!'" for c in columns for _ in forms)
            + ")"
        )
        params += [form for _ in columns for form in forms for _ in (0, 1)]
    return where, params


def _pattern(word: str) -> str:
    for special in "!%_":
        word = word.replace(special, f"!{special}")
    return f"%{word}%"
