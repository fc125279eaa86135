"""The key that secrets are sealed with, for the installation as a whole: is it the right one here, and how it is changed.

Called at start, by whoever opens an installation (`check`), and by `mailwright secrets`.
Promises: among many machines a process whose key is another one than the database's is refused at start, before it seals anything
nobody else opens. Alone (SQLite) it starts and says so: mail is not sealed, and must not wait for a key that may be lost.
`reseal` seals every row with the key of now, page by page while servers run; ended in the middle, it is simply run again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from mailwright.core import Core
from mailwright.core.checkup import Check
from mailwright.core.secrets import AnotherKey, Vault
from mailwright.domain.refusals import BadInput, TryLater
from mailwright.storage import Database, sealed, server_keys
from mailwright.storage.sealed import SealedRow
from mailwright.storage.server_keys import KeyRow

log = structlog.get_logger(__name__)

PROBE = "probe"
ANOTHER_KEY = (
    "the secrets in this database were sealed with another key than this machine has: give every machine the same "
    "MAILWRIGHT_SECRET_KEY (or copy secret.key into its data folder); when it is lost, mailwright secrets rotate --accept-loss"
)
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
    """Raises BadInput when the database's secrets were sealed with another key than ours, and TryLater when our key cannot be read;
    on SQLite the log has it instead. Says nothing of an empty database.
    """
    if database.dialect == "postgresql":
        if not _is_ours(database, vault):
            raise BadInput(ANOTHER_KEY)
        return
    found = finding(database, vault)
    if found.status != "ok":
        log.warning("secrets.locked", error=found.because)


def finding(database: Database, vault: Vault) -> Check:
    """Whether what is sealed can be opened here, for those who look after the installation. Blocks."""
    try:
        is_ours = _is_ours(database, vault)
    except TryLater as refusal:
        return Check("secrets", "fail", str(refusal))
    return Check("secrets", "ok", "the key is the database's") if is_ours else Check("secrets", "fail", ANOTHER_KEY)


def prove(core: Core) -> None:
    """`check`, and make what it needs when nobody has. Blocks. Raises BadInput, TryLater."""
    check(core.database, core.secrets)
    # Of an installation that is older than the probe: whoever cannot open what is there must not say which key is right.
    if _probe(core.database) is None and finding(core.database, core.secrets).status == "ok":
        made = _made(core)
        core.database.write_now(lambda tx: server_keys.add_unless_there(tx, made))
        check(core.database, core.secrets)


def accept_loss(core: Core) -> None:
    """From now on our key is the right one, whatever cannot be opened with it. Blocks. Raises TryLater."""
    made = _made(core)
    core.database.write_now(lambda tx: server_keys.put(tx, made))


def reseal(core: Core) -> Resealed:
    """Seal every row with the key of now that an older one sealed. Blocks. Raises TryLater."""
    renewed, well, lost = 0, 0, dict[str, int]()
    for place in PLACES:
        after = ""
        while rows := _page(core.database, place, after):
            after = rows[-1].key
            for row in rows:
                try:
                    fresh = core.secrets.renewed(row.sealed, purpose=place.purpose(row.name))
                except AnotherKey:
                    lost[place.table] = lost.get(place.table, 0) + 1
                    continue
                if fresh is None:
                    well += 1
                    continue
                renewed += _put_back(core, place, row, fresh)
    return Resealed(renewed, well, lost)


def and_again(core: Core, before: Resealed) -> Resealed:
    """`reseal` once more, counted with what was done before. Blocks. Raises TryLater."""
    after = reseal(core)
    return Resealed(before.renewed + after.renewed, after.well - before.renewed, after.lost)


def _page(database: Database, place: Place, after: str) -> list[SealedRow]:
    return database.read_now(
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


def _made(core: Core) -> KeyRow:
    return KeyRow(PROBE, core.secrets.seal(_WORD, purpose=_purpose(PROBE)), "")


def _probe(database: Database) -> KeyRow | None:
    return database.read_now(lambda tx: server_keys.named(tx, PROBE))


def _is_ours(database: Database, vault: Vault) -> bool:
    """Whether our key opens the probe. Without one: anything that is sealed, if anything is. Raises TryLater (no key can be read)."""
    probe = _probe(database)
    if probe is not None:
        return _opens(vault, _purpose(PROBE), probe.secret)
    is_empty = True
    for place in PLACES:
        after = ""
        while rows := _page(database, place, after):
            if any(_opens(vault, place.purpose(row.name), row.sealed) for row in rows):
                return True  # one that nobody opens may be left of years ago
            after, is_empty = rows[-1].key, False
    return is_empty


def _opens(vault: Vault, purpose: str, kept: str) -> bool:
    try:
        vault.open(kept, purpose=purpose)
    except AnotherKey:
        return False
    return True
