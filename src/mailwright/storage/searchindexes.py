"""Which search index the database's marks (`search_progress`, and the cursor of the group that indexes) are about.

An index is named by the generation that it is, whose name nothing else ever has. Noted are the one that answers and, beside it, the one that is
being filled to take its place: everything the group handles goes into what is noted. So a noted one lacks nothing, and any other is not
to be believed: one of another place or version, of another installation, of a moment that the database has left (see `lives`).
Called by core: whoever asks an index, feeds it or makes it.
"""

from __future__ import annotations

from collections.abc import Collection

from mailwright.domain import clock
from mailwright.domain.clock import SECOND, Instant
from mailwright.storage import lives
from mailwright.storage.database import Tx

TENDED = 60 * SECOND  # how long an index counts as looked after by whoever said so last
RENEW = TENDED // 3


def believes(tx: Tx, generation: str | None) -> bool:
    """Whether that generation has everything up to the marks, as the database is now."""
    if generation is None:
        return False
    life = tx.scalar("SELECT life FROM search_indexes WHERE id = ? AND completed_at IS NOT NULL", (generation,))
    return life is not None and life == lives.current(tx)


def noted(tx: Tx) -> frozenset[str]:
    """The generations that are to be fed."""
    rows = tx.all("SELECT id, life FROM search_indexes")
    life = lives.current(tx) if rows else None
    return frozenset(row[0] for row in rows if row[1] == life)


def begin(tx: Tx, generation: str, beside: str | None) -> bool:
    """A new generation is filled from now on, by everything that is there; whether the one `beside` it may be believed meanwhile.

    Any other is forgotten: it may be fed no longer.
    """
    life, moment = lives.begun(tx), clock.now()
    believed = believes(tx, beside)
    tx.execute("DELETE FROM search_indexes WHERE id <> ?", (beside if believed else "",))
    if not believed:
        tx.execute("DELETE FROM search_progress")
    tx.insert("search_indexes", id=generation, life=life, begun_at=moment, tended_until=moment + TENDED)
    return believed


def complete(tx: Tx, generation: str) -> bool:
    """It has everything, and answers; the others are forgotten. False when it was forgotten itself."""
    done = tx.execute(
        "UPDATE search_indexes SET completed_at = ? WHERE id = ? AND life = ?",
        (clock.now(), generation, lives.current(tx)),
    )
    if done:
        tx.execute("DELETE FROM search_indexes WHERE id <> ?", (generation,))
    return bool(done)


def forget(tx: Tx, generation: str, beside: str | None = None) -> None:
    """It was not completed; and the one that answered `beside` it, if that is named, is gone."""
    tx.execute(
        "DELETE FROM search_indexes WHERE (id = ? AND completed_at IS NULL) OR id = ?", (generation, beside or "")
    )


# --- who looks after it ---------------------------------------------------------------------------------------------


def is_anothers(tx: Tx, here: Collection[str], moment: Instant) -> bool:
    """Whether somebody looks after an index that is not `here`, so that none is to be made here now."""
    ids = noted(tx)
    if not ids or not ids.isdisjoint(here):
        return False
    return any(row[0] in ids and row[1] > moment for row in tx.all("SELECT id, tended_until FROM search_indexes"))


def needs_tending(tx: Tx, here: Collection[str], moment: Instant) -> bool:
    """Whether it is time to say again that somebody looks after what is `here`."""
    rows = tx.all("SELECT id, tended_until FROM search_indexes")
    return any(row[0] in here and row[1] < moment + TENDED - RENEW for row in rows)


def tend(tx: Tx, here: Collection[str], until: Instant) -> None:
    """Somebody looks after these until then."""
    tx.executemany("UPDATE search_indexes SET tended_until = ? WHERE id = ?", [(until, one) for one in sorted(here)])
