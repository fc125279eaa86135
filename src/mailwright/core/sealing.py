"""The key that secrets are sealed with, for the installation as a whole: is it the right one here, and how it is changed.

Called at start, by whoever opens an installation (`check`), and by `mailwright secrets`.
Promises: a process whose key is another one than the database's is refused at start, before it seals anything nobody else opens.
`reseal` seals every row with the key of now, page by page while servers run; ended in the middle, it is simply run again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailwright.core import Core
from mailwright.core.secrets import Vault
from mailwright.domain.refusals import BadInput, TryLater
from mailwright.storage import Database, sealed, server_keys
from mailwright.storage.sealed import SealedRow
from mailwright.storage.server_keys import KeyRow

PROBE = "probe"
_WORD = b"mailwright"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something sealed is kept, and what for. `name` and `where` are SQL over the table `t`."""

    table: str
    column: str
    purpose: Callable[[str], str]
    key: str = "id"
    name: str = "''"
    where: str = "1 = 1"


# Every place, each with the module that seals it; a test compares. What lives for minutes only (people on their way back from a
# provider) is not here: it opens with the old key, or they begin again.
PLACES = (
    Place(
        "server_keys", "secret", lambda name: f"server key {name}", key="name", name="t.name"
    ),  # vapid, and our probe
    Place(  # dkimkeys
        "dkim_keys",
        "secret",
        lambda name: f"dkim key of {name}",
        name="(SELECT d.name FROM domains d WHERE d.id = t.domain_id)",
    ),
    Place("credentials", "secret", lambda _: "totp", where="t.kind IN ('totp', 'totp-pending')"),  # secondfactor
    Place("connections", "secret", lambda _: "connection"),
    Place("identity_providers", "client_secret", lambda _: "secret of a client"),  # providers
    Place("sessions", "provider_token", lambda _: "id token"),  # signon
)


@dataclass(frozen=True, slots=True)
class Resealed:
    """What was done: rows sealed anew, rows that were well, and rows that none of our keys opens, by table."""

    renewed: int
    well: int
    lost: dict[str, int]


def check(database: Database, vault: Vault) -> None:
    """Raises BadInput when the database's secrets were sealed with another key than ours. Says nothing of an empty database."""
    row = database.read_now(lambda tx: server_keys.named(tx, PROBE))
    if row is not None:
        _open(vault, _purpose(PROBE), row.secret)


def prove(core: Core) -> None:
    """`check`, and make what it needs when nobody has. Blocks. Raises BadInput, TryLater."""
    if core.database.read_now(lambda tx: server_keys.named(tx, PROBE)) is None:
        # Of an installation that is older than the probe: whoever cannot open what is there must not say which key is right.
        for place in PLACES:
            rows = _page(core, place, "")
            if rows:
                _open(core.secrets, place.purpose(rows[0].name), rows[0].sealed)
                break
        made = KeyRow(PROBE, core.secrets.seal(_WORD, purpose=_purpose(PROBE)), "")
        core.database.write_now(lambda tx: server_keys.add_unless_there(tx, made))
    check(core.database, core.secrets)


def reseal(core: Core) -> Resealed:
    """Seal every row with the key of now that an older one sealed. Blocks. Raises TryLater."""
    renewed, well, lost = 0, 0, dict[str, int]()
    for place in PLACES:
        after = ""
        while rows := _page(core, place, after):
            after = rows[-1].key
            for row in rows:
                try:
                    fresh = core.secrets.renewed(row.sealed, purpose=place.purpose(row.name))
                except TryLater:
                    lost[place.table] = lost.get(place.table, 0) + 1
                    continue
                if fresh is None:
                    well += 1
                    continue
                renewed += _put_back(core, place, row, fresh)
    return Resealed(renewed, well, lost)


def _page(core: Core, place: Place, after: str) -> list[SealedRow]:
    return core.database.read_now(
        lambda tx: sealed.page(
            tx, place.table, place.column, key=place.key, name=place.name, where=place.where, after=after
        )
    )


def _put_back(core: Core, place: Place, row: SealedRow, fresh: str) -> bool:
    return core.database.write_now(
        lambda tx: sealed.put_back(tx, place.table, place.column, key=place.key, row=row, sealed=fresh)
    )


def _purpose(name: str) -> str:
    return f"server key {name}"


def _open(vault: Vault, purpose: str, kept: str) -> None:
    try:
        vault.open(kept, purpose=purpose)
    except TryLater:
        raise BadInput(
            "the secrets in this database were sealed with another key than this machine has: give every machine the same "
            "MAILWRIGHT_SECRET_KEY (or copy secret.key into its data folder)"
        ) from None
