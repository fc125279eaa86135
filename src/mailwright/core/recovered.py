"""After a recovery of the database itself (a base backup with WAL, a logical dump): what is left to be done, and doing it.

Called by `mailwright restore --check`, with no server running. Harmless when there is nothing to do, and again: only what waits to leave
for elsewhere is held each time, since nobody can tell what of it was sent after the moment.
"""

from __future__ import annotations

from collections.abc import Callable

from mailwright.core import Core
from mailwright.core.retention import SPARED
from mailwright.core.status import workforce
from mailwright.domain import clock
from mailwright.domain.refusals import BadInput, TryLater
from mailwright.storage import Tx, lives
from mailwright.storage import retention as policies
from mailwright.storage.backup import held
from mailwright.storage.backup import recovered as rows

SAMPLE = 2_000  # objects looked at; all of them are the reconciler's to compare


def settle(core: Core) -> dict[str, str]:
    """Settle what a recovered database needs; what was found, in words. Raises BadInput while a server works on it, TryLater."""
    dialect = core.database.dialect

    def write(tx: Tx) -> dict[str, str]:
        ahead = rows.restamp_events(tx, dialect)
        policies.spare(tx, clock.now() + SPARED)
        lives.renew(tx)
        leases, runs = rows.release_leases(tx), rows.end_runs(tx)
        held.hold(tx)
        return {
            "events": f"{ahead} places in the log were of a counter that is gone, and were stamped anew"
            if ahead
            else "the log is of this cluster's counter",
            "readers": f"{leases} readers of the log that were at work then are released",
            "streams": "what Valkey has of the events that are gone is of another life now, and read by nobody",
            "backups": f"{runs} runs that were under way then are over",
            "collector": "what nobody names stays for a week: mail of after this moment, if it is the wrong one",
        }

    if core.database.read_now(workforce).online:
        raise BadInput("a server works on this database: stop every process first")
    found = core.database.write_now(write)
    waiting = core.database.read_now(held.count)
    found["objects"] = _told(_objects, core)
    found["queue"] = (
        f"{waiting} messages to others were on their way at that moment, and may have been sent since: they wait. "
        "To send them all: mailwright restore --send-held"
        if waiting
        else "nothing was on its way to others"
    )
    found["place"] = _told(_whose, core)
    return found


def _told(ask: Callable[[Core], str], core: Core) -> str:
    """What was done is done: that the place of messages is away is told, no more."""
    try:
        return ask(core)
    except TryLater as refusal:
        return f"not known: {refusal}"


def _whose(core: Core) -> str:
    """Whether this installation may go on where its large messages are. Only a person knows: a drill looks the same."""
    ours, because = (True, "") if core.blobs.owner is None else core.blobs.owner.examine()
    if ours:
        return "the place of large messages is this installation's"
    return f"{because}. Is this the installation that goes on, and no drill? mailwright storage claim"


def _objects(core: Core) -> str:
    """Whether the newest are there. Raises TryLater."""
    newest = core.database.read_now(lambda tx: rows.newest_outside(tx, SAMPLE))
    there: dict[str, int] = {}
    for keys in core.blobs.outside.parts([key for key, _ in newest]):
        there |= core.blobs.outside.sizes(keys)
    missing = [key for key, size in newest if there.get(key) != size]
    if not missing:
        return f"the newest {len(newest)} large messages are where they should be"
    return (
        f"{len(missing)} of the newest {len(newest)} large messages are not where they should be "
        f"(the first: {missing[0]}): mailwright storage check"
    )
