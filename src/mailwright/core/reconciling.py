"""The reconciler: do the rows and what is kept outside the database agree, and can be mended what does not?

Called nightly (`housekeeping`) and by `mailwright storage check`. Goes through the blobs in the order of their ids, a slice at a
time: `after` of a slice is where the next one begins, so it can stop anywhere and go on there. What it finds is a row in
`divergences`, which is settled when it is so no more.
Promises: whatever it finds is looked at twice, so that mail that comes or goes meanwhile is no divergence; it writes nothing
over a blob but octets that have the blob's checksum. Does not: remove anything. What nobody names is the collector's (`retention`).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial

import structlog
from prometheus_client import Gauge

from mailwright.core import Core, retention
from mailwright.domain import clock
from mailwright.domain.ids import checksum
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.storage import Tx, divergences, keptblobs
from mailwright.storage.blobplaces import NoPlace, Outside
from mailwright.storage.divergences import Divergence, Kind
from mailwright.storage.keptblobs import Kept
from mailwright.storage.retention import START

log = structlog.get_logger(__name__)

SLICE = 500  # blobs looked at together
AT_ONCE = 200  # divergences looked at again together
SETTLED_KEPT = 90 * clock.DAY
REPAIRED, GONE, COLLECTED = "repaired", "gone again", "collected"

divergences_gauge = Gauge("mailwright_divergences", "Stored messages that rows and store disagree about", ["kind"])


@dataclass(frozen=True, slots=True)
class Options:
    """How it is looked: `sample` is the part of the blobs that is read; `backup` a place with copies under the same keys."""

    sample: float = 0.01
    repair: bool = True
    tenant_id: str | None = None
    per_second: int | None = None
    backup: Outside | None = None


@dataclass(slots=True)
class Outcome:
    """What was found. `unreadable` could not be asked about now."""

    looked_at: int = 0
    read: int = 0
    missing: int = 0
    damaged: int = 0
    orphaned: int = 0
    repaired: int = 0
    healed: int = 0
    unreadable: int = 0
    open: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        return asdict(self)


Told = Callable[[str, Outcome], None]
"""Hears of each slice: the id to go on behind, and what was found so far."""


def measure(tx: Tx) -> dict[str, int]:
    """How many divergences are open, by kind. For `publish`."""
    return divergences.counts(tx)


def publish(counts: dict[str, int]) -> None:
    """Bring the gauge up to date."""
    for kind, count in counts.items():
        divergences_gauge.labels(kind).set(count)


async def reconcile(core: Core, options: Options, *, after: str = START, told: Told = lambda *_: None) -> Outcome:
    """All of it, from behind the blob `after` on. Raises TryLater when the database cannot be asked."""
    outcome, place = Outcome(), after
    while (last := await check_slice(core, options, place, outcome)) is not None:
        place = last
        told(place, outcome)
    await finish(core, options, outcome)
    return outcome


async def check_slice(core: Core, options: Options, after: str, outcome: Outcome) -> str | None:
    """Look at SLICE blobs behind an id. The last one's id, None when there are no more. Raises TryLater."""
    began = time.monotonic()
    rows = await core.read(partial(keptblobs.following, after=after, limit=SLICE, tenant_id=options.tenant_id))
    if not rows:
        return None
    try:
        bad = await asyncio.to_thread(_look, core, rows, options, outcome)
    except TryLater as refusal:
        log.warning("reconciling.store_away", error=str(refusal))
        outcome.unreadable += len(rows)
        bad = []
    for row, kind, detail in bad:
        if await core.write(partial(_note, row=row, kind=kind, detail=detail)):
            setattr(outcome, kind, getattr(outcome, kind) + 1)
    outcome.looked_at += len(rows)
    if options.per_second:
        await asyncio.sleep(max(0.0, len(rows) / options.per_second - (time.monotonic() - began)))
    return rows[-1].id


async def finish(core: Core, options: Options, outcome: Outcome) -> None:
    """What is no matter of single blobs: references to nothing, what nobody names, and what was found before. Raises TryLater."""
    if options.tenant_id is None:
        for table in keptblobs.REFERRERS:
            await _check_references(core, table, outcome)
        await _check_garbage(core, outcome)
    await settle(core, options, outcome)
    while await core.write(lambda tx: divergences.purge(tx, clock.now() - SETTLED_KEPT, SLICE)):
        pass
    outcome.open = await core.read(measure)


async def settle(core: Core, options: Options, outcome: Outcome) -> None:
    """Look again at everything open: settle what healed, mend what can be mended. Raises TryLater."""
    after = START
    while found := await core.read(
        partial(divergences.unsettled, after=after, limit=AT_ONCE, tenant_id=options.tenant_id)
    ):
        after = found[-1].id
        try:
            ill = [each for each in found if not await _healed(core, each, options, outcome)]
            if options.repair:
                await _mend(core, ill, options, outcome)
        except TryLater as refusal:
            log.warning("reconciling.store_away", error=str(refusal))
            outcome.unreadable += len(found)


# --- looking ----------------------------------------------------------------------------------------------------------


def _look(core: Core, rows: Sequence[Kept], options: Options, outcome: Outcome) -> list[tuple[Kept, Kind, str]]:
    """Which of the blobs are not as they should be, and how. Blocks. Raises TryLater."""
    sizes: dict[str, int] = {}
    away: set[str] = set()
    for keys in core.blobs.outside.parts([row.key for row in rows if row.place != "row"]):
        try:  # who brings copies knows that the place is lost
            sizes |= core.blobs.outside.sizes(keys, lost=options.backup is not None)
        except TryLater as refusal:
            log.warning("reconciling.store_away", error=str(refusal))
            away.update(keys)
    bad: list[tuple[Kept, Kind, str]] = []
    for row in rows:
        if row.key in away:
            outcome.unreadable += 1
            continue
        size = row.octets if row.place == "row" else sizes.get(row.key)
        if size is None:
            bad.append((row, "missing", "there are no octets"))
        elif size != row.size:
            bad.append((row, "damaged", f"{size} octets instead of {row.size}"))
        elif options.sample >= 1 or random.random() < options.sample:
            outcome.read += 1
            try:
                fine = _is_right(row, _octets(core, row))
            except TryLater:
                outcome.unreadable += 1
                continue
            if not fine:
                bad.append((row, "damaged", "the checksum is another"))
    return bad


def _octets(core: Core, row: Kept, *, lost: bool = False) -> bytes | None:
    """What is kept of a blob now; nothing where the whole place is known to be `lost`. Blocks. Raises TryLater."""
    if row.place == "row":
        return core.database.read_now(lambda tx: keptblobs.data(tx, row.id))
    try:
        return core.blobs.outside.get(row.key, 0, row.size + 1)
    except NotFound:
        return None
    except TryLater as refusal:
        if lost and isinstance(refusal.__cause__, NoPlace):
            return None
        raise


def _is_right(row: Kept, octets: bytes | None) -> bool:
    return octets is not None and len(octets) == row.size and checksum(octets) == row.checksum


def _note(tx: Tx, row: Kept, kind: Kind, detail: str) -> bool:
    """Write it down, unless the blob is gone by now: nobody misses it."""
    if keptblobs.named(tx, row.id) is None:
        return False
    divergences.note(tx, kind, key=row.key, tenant_id=row.tenant_id, blob_id=row.id, detail=detail)
    return True


async def _check_references(core: Core, table: str, outcome: Outcome) -> None:
    """Messages and others that name a blob which has no row."""
    after: str | None = START
    while after is not None:
        found, after = await core.read(partial(keptblobs.bereft, table=table, after=after, limit=SLICE))
        for blob_id in found:
            outcome.missing += await core.write(partial(_note_reference, table=table, blob_id=blob_id))


def _note_reference(tx: Tx, table: str, blob_id: str) -> bool:
    if not keptblobs.is_needed(tx, table, blob_id):
        return False
    divergences.note(
        tx,
        "missing",
        key=f"row/{blob_id}",
        tenant_id=None,
        blob_id=blob_id,
        detail=f"{table} names it, and it has no row",
    )
    return True


async def _check_garbage(core: Core, outcome: Outcome) -> None:
    """What nobody names is written down. To remove it is the collector's: who repairs may just have recovered a wrong moment."""
    before = clock.now() - retention.STAGED_KEPT
    async for blob_id in retention.unneeded(core, before):
        row = await core.read(partial(keptblobs.named, blob_id=blob_id))
        if row is not None and await core.write(partial(_note, row=row, kind="orphaned", detail="nobody names it")):
            outcome.orphaned += 1
    keys = await asyncio.to_thread(lambda: retention.unnamed(core, before))
    while part := await asyncio.to_thread(_some, keys):
        await core.write(partial(_note_keys, keys=part))
        outcome.orphaned += len(part)


def _some(keys: Iterator[str]) -> list[str]:
    return [key for _, key in zip(range(AT_ONCE), keys, strict=False)]


def _note_keys(tx: Tx, keys: Sequence[str]) -> None:
    for key in keys:
        divergences.note(tx, "orphaned", key=key, tenant_id=None, blob_id=None, detail="no row names it")


# --- mending ----------------------------------------------------------------------------------------------------------


async def _healed(core: Core, found: Divergence, options: Options, outcome: Outcome) -> bool:
    """Settle it when it is so no more. Raises TryLater."""
    lost = options.backup is not None
    row = None if found.blob_id is None else await core.read(partial(keptblobs.named, blob_id=found.blob_id))
    if found.kind == "orphaned":
        word = await _healed_orphan(core, found, row, lost)
    elif row is None:
        word = None if await _is_missed(core, found) else GONE
    else:
        word = GONE if _is_right(row, await asyncio.to_thread(_octets, core, row, lost=lost)) else None
    if word is None:
        return False
    await core.write(lambda tx: divergences.settle(tx, found.id, word))
    outcome.healed += 1
    return True


async def _healed_orphan(core: Core, found: Divergence, row: Kept | None, lost: bool) -> str | None:
    if found.blob_id is not None:
        if row is None:
            return COLLECTED
        return GONE if await core.read(partial(retention.is_needed, blob_id=found.blob_id)) else None
    there = await asyncio.to_thread(core.blobs.outside.sizes, [found.key], lost=lost)
    if found.key not in there:
        return COLLECTED
    return GONE if await core.read(partial(retention.is_named, key=found.key)) else None


async def _is_missed(core: Core, found: Divergence) -> bool:
    """Whether somebody still names a blob that has no row."""
    blob_id = found.blob_id
    if blob_id is None:
        return False
    return await core.read(lambda tx: any(keptblobs.is_needed(tx, table, blob_id) for table in keptblobs.REFERRERS))


async def _mend(core: Core, found: Sequence[Divergence], options: Options, outcome: Outcome) -> None:
    """Give blobs their octets again, wherever these are still to be had. Raises TryLater."""
    ill: dict[str, tuple[Divergence, Kept]] = {}
    for each in found:
        row = None
        if each.kind != "orphaned" and each.blob_id is not None:
            row = await core.read(partial(keptblobs.named, blob_id=each.blob_id))
        if row is not None:
            ill[row.id] = (each, row)
    for each, row in list(ill.values()):
        if await _restore(core, row, each, partial(_copies, core, row, options.backup), outcome):
            del ill[row.id]
    after: str | None = START
    while ill and after is not None:
        wanted = sorted({row.checksum for _, row in ill.values()})
        twins, after = await core.read(partial(keptblobs.alike, checksums=wanted, after=after, limit=SLICE))
        for twin in twins:
            for each, row in list(ill.values()):
                fits = twin.id != row.id and twin.checksum == row.checksum
                if fits and await _restore(core, row, each, partial(_twin, core, twin, options), outcome):
                    del ill[row.id]


def _copies(core: Core, row: Kept, backup: Outside | None) -> Iterator[bytes]:
    """What may be the blob: in a backup, in another place, as an older version. Raises TryLater."""
    if backup is not None:
        with suppress(NotFound):
            yield backup.get(row.key, 0, row.size + 1)
    if row.place != "row":
        yield from core.blobs.outside.copies(row.key, row.size + 1)


def _twin(core: Core, twin: Kept, options: Options) -> Iterator[bytes]:
    octets = _octets(core, twin, lost=options.backup is not None)
    if octets is not None:
        yield octets


async def _restore(
    core: Core, row: Kept, found: Divergence, copies: Callable[[], Iterator[bytes]], outcome: Outcome
) -> bool:
    """Put the first copy that is right where the blob belongs. False when there is none. Raises TryLater."""

    def find() -> bytes | None:
        octets = next((octets for octets in copies() if _is_right(row, octets)), None)
        if octets is not None and row.place != "row":
            core.blobs.put_outside(row.key, octets, replace=True)
        return octets

    octets = await asyncio.to_thread(find)
    if octets is None:
        return False

    def write(tx: Tx) -> None:
        if row.place == "row":
            keptblobs.restore_data(tx, row.id, octets)
        divergences.settle(tx, found.id, REPAIRED)

    await core.write(write)
    log.info("reconciling.repaired", kind=found.kind, key=row.key)
    outcome.repaired += 1
    return True
