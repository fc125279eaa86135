"""Status: what the pages that tell how the installation is doing ask of the tables."""

from __future__ import annotations

from mailwright.storage.database import Tx


def groups(tx: Tx) -> list[tuple[str, str]]:
    """Every consumer group that ever read, as (stream, group)."""
    return [(row[0], row[1]) for row in tx.all("SELECT stream, grp FROM event_cursors ORDER BY stream, grp")]
