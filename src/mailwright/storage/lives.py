"""Lives of the database: what was copied out of one of them must not be taken for a part of another.

A life ends when the database goes on from an earlier moment: a backup was restored, a recovery went back to a moment, another
server took over that lacks the last second. Places in the log are then given out again, to other events.
Called by whoever reads or fills what Valkey has of the log. A life is a word of ours, renewed by `restore`, `restore --check` and
`migrate-store`, and PostgreSQL's timeline, which another one follows after each recovery and each fail-over by itself.
"""

from __future__ import annotations

from mailwright.domain.ids import new_id
from mailwright.storage import server_keys
from mailwright.storage.database import Database, Tx

NAME = "life"  # of the row; it has nothing to seal


def current(tx: Tx) -> str | None:
    """The life of now; None before anybody needed to know."""
    row = server_keys.named(tx, NAME)
    return None if row is None else f"{row.public}-{tx.timeline()}"


def known_word(tx: Tx) -> str | None:
    """Our half of it; None before anybody needed it. A fail-over leaves it; a copy that became a database of its own has another."""
    row = server_keys.named(tx, NAME)
    return None if row is None else row.public


def word(tx: Tx) -> str:
    """The same, made at first need."""
    begun(tx)
    found = known_word(tx)
    assert found is not None
    return found


def renew(tx: Tx) -> None:
    """From now on it is another."""
    server_keys.put(tx, _made())


async def known(database: Database) -> str:
    """The life of now, made at first need. Raises TryLater."""
    found: str | None = await database.read(current)
    return await database.write(begun) if found is None else found


def begun(tx: Tx) -> str:
    """The life of now, made at first need."""
    server_keys.add_unless_there(tx, _made())
    life = current(tx)
    assert life is not None
    return life


def _made() -> server_keys.KeyRow:
    return server_keys.KeyRow(NAME, "", new_id()[-12:])
