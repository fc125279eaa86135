"""The checks that only look, quickly: data folder, disk, name, certificate, and what the tables hold.

Called by `mailwright doctor` and by the administration pages. Each check says because of what, and none raises: a doctor that
falls over is no use. Does not: know settings (the caller says what `Premises` there are), send anything, ask anybody.
"""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from mailwright.core.status import unserved
from mailwright.domain.clock import HOUR, now, to_iso
from mailwright.domain.ids import new_id
from mailwright.storage import Tx, accounts, assignments, backups, dead_letters, divergences, domains, retention

LOW_BYTES = 2 * 1024**3  # free on the disk: below it a warning
EMPTY_BYTES = 200 * 1024**2  # below it nothing is well: SQLite needs room to commit
SLOW_SYNC_SECONDS = 0.05  # one fsync: every 250 waits for it
SYNCS = 5
BACKUP_HOURS = 26  # a daily backup that is older was missed
SOON = timedelta(days=14)  # a certificate that ends within it

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    because: str


@dataclass(frozen=True, slots=True)
class Premises:
    """Where the installation is: its folder, its name towards others, the address it listens on, its certificate if it has one."""

    folder: Path
    hostname: str
    listens_on: str
    certificate: Path | None = None


def premises(where: Premises) -> Iterator[Check]:
    """What can be seen of them. Takes some milliseconds of the disk's time: for threads that may block."""
    yield folder(where.folder)
    yield disk(where.folder)
    yield name(where.hostname, where.listens_on)
    if where.certificate is not None:
        yield certificate(where.certificate)


def folder(path: Path) -> Check:
    """Whether it is there, ours, and nobody else's."""
    if not path.exists():
        parent = next(each for each in path.parents if each.exists())
        if os.access(parent, os.W_OK):
            return Check("data", "ok", f"{path} is made at the first start")
        return Check("data", "fail", f"{path} is not there, and {parent} cannot be written to")
    if not os.access(path, os.W_OK | os.X_OK):
        return Check("data", "fail", f"{path} cannot be written to by this user")
    if path.stat().st_mode & 0o077:
        return Check("data", "warn", f"{path} can be looked into by others on this machine: chmod 700")
    return Check("data", "ok", f"{path} is ours alone")


def disk(path: Path) -> Check:
    """Whether there is room, and how long a write takes to be safe."""
    place = path if path.exists() else next(each for each in path.parents if each.exists())
    free = shutil.disk_usage(place).free
    said = f"{free / 1024**3:.1f} GiB are free"
    if free < EMPTY_BYTES:
        return Check("disk", "fail", said)
    try:
        sync = _sync_seconds(place)
    except OSError as error:
        return Check("disk", "fail", f"nothing can be written: {error.strerror}")
    said += f", and a write is safe after {sync * 1000:.1f} ms"
    if free < LOW_BYTES or sync > SLOW_SYNC_SECONDS:
        return Check("disk", "warn", said)
    return Check("disk", "ok", said)


def _sync_seconds(place: Path) -> float:
    """The middle of a few fsyncs."""
    probe = place / f".doctor-{new_id()}"  # several may look at once
    took = []
    descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        for _ in range(SYNCS):
            os.write(descriptor, b"x" * 4096)
            began = time.perf_counter()
            os.fsync(descriptor)
            took.append(time.perf_counter() - began)
    finally:
        os.close(descriptor)
        probe.unlink(missing_ok=True)
    return statistics.median(took)


def contents(tx: Tx) -> Iterator[Check]:
    """What the tables say: is there anybody, and does anything wait for a person?"""
    names = [domain.name for domain in domains.listing(tx)]
    people = accounts.mailbox_count(tx)
    if not names:
        yield Check("domains", "warn", "there is none yet: mailwright domain add …")
    else:
        agents = len([each for each in assignments.listing(tx) if each.enabled])
        yield Check("domains", "ok", f"{', '.join(names[:5])}; {people} mailboxes, {agents} served by an agent")
    yield backup(tx)
    if missing := unserved(tx):
        yield Check(
            "workers", "warn", f"no process serves {', '.join(missing)}: see worker_groups, worker_lanes, worker_sends"
        )
    dead = sum(dead_letters.count_open(tx).values())
    if dead:
        yield Check("dead letters", "warn", f"{dead} are waiting: mailwright dlq list")
    yield kept(divergences.counts(tx))
    spared = retention.spared_until(tx)
    if spared > now():
        because = f"something was restored: what nobody names stays until {to_iso(spared)[:10]}"
        yield Check("collector", "warn", f"{because}; when all is well: mailwright storage check --let-collect")


def kept(open_ones: Mapping[str, int]) -> Check:
    """Whether every message has its octets, as far as the reconciler and readers saw."""
    lost = open_ones.get("missing", 0) + open_ones.get("damaged", 0)
    if lost:
        told = ", ".join(f"{count} {kind}" for kind, count in open_ones.items() if count)
        return Check("messages", "fail", f"{told}: mailwright storage check --repair")
    if open_ones.get("orphaned"):
        return Check(
            "messages", "warn", f"{open_ones['orphaned']} stored that nobody names: the nightly sweep removes them"
        )
    return Check("messages", "ok", "none is known to be missing or damaged")


def backup(tx: Tx) -> Check:
    """Whether there is a backup, how old it is, and how the last attempt ended."""
    good, latest = backups.last(tx, good=True), backups.last(tx, good=False)
    if good is None:
        because = f"the last attempt failed: {latest.error}" if latest and latest.error else "none was made yet"
        return Check("backup", "warn", f"{because}: mailwright backup --to …")
    hours = (now() - good.started_at) // HOUR
    said = f"the last one is {hours} hours old"
    if latest is not None and latest.error and latest.started_at > good.started_at:
        return Check("backup", "warn", f"{said}, and the last attempt failed: {latest.error}")
    if good.damaged:
        said += (
            f", and lacks the text of {good.damaged} messages, damaged or gone here: mailwright storage check --repair"
        )
        return Check("backup", "warn", said)
    return Check("backup", "warn" if hours > BACKUP_HOURS else "ok", said)


def name(hostname: str, listens_on: str) -> Check:
    """Whether others can call us by it."""
    if hostname == "localhost" and listens_on not in ("127.0.0.1", "::1", "localhost"):
        return Check("hostname", "warn", "other servers will see localhost: set MAILWRIGHT_HOSTNAME")
    return Check("hostname", "ok", hostname)


def certificate(path: Path) -> Check:
    """Whether it can be read, and for how long it is valid."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except (ValueError, OSError) as error:
        return Check("certificate", "fail", f"{path}: {error}")
    left = found.not_valid_after_utc - datetime.now(UTC)
    if left < timedelta(0):
        return Check("certificate", "fail", f"it ended on {found.not_valid_after_utc:%Y-%m-%d}")
    status: Status = "warn" if left < SOON else "ok"
    return Check("certificate", status, f"valid until {found.not_valid_after_utc:%Y-%m-%d}")
