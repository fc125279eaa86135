"""Backups: how fast a first one is, what a second one costs, and how fast it comes back; beside SQLite's own backup and tar."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure

PEER_WORDS = "SQLite's online backup, then tar and gzip of the data folder"
_WORDS = [f"{number:x}word" for number in range(20_000)]


def measure(*, short: bool) -> Iterator[Figure]:
    """An installation of so many messages of some 20 kB, of which one in a hundred is new before the second backup."""
    messages = 500 if short else 20_000
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        data, place = Path(folder) / "data", Path(folder) / "kept"
        _fill(data, 0, messages)
        size = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
        first = _timed(data, "backup", "--to", str(place))
        peer, peer_bytes = _peer(data, Path(folder))
        kept = _size(place)
        more = {"messages": messages, "bytes": size, "kept": kept, "peer": PEER_WORDS}
        yield Figure(
            "backup, the first", size / first / 1e6, "MB/s", more=more | {"peer_value": round(size / peer / 1e6, 1)}
        )
        _fill(data, messages, messages // 100)
        second = _timed(data, "backup", "--to", str(place))
        added = _size(place) - kept
        yield Figure(
            "backup, the next: seconds", second, "s", more={"peer_value": round(_peer(data, Path(folder))[0], 2)}
        )
        yield Figure(
            "backup, the next: written",
            added / 1e6,
            "MB",
            more={"new_messages": messages // 100, "peer_value": round(peer_bytes / 1e6, 1)},
        )
        target = Path(folder) / "restored"
        back = _timed(target, "restore", "--from", str(place))
        yield Figure("restore of everything", size / back / 1e6, "MB/s", more={"seconds": round(back, 2)})


def _timed(data: Path, *command: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "mailwright", *command, "--data", str(data)], check=True, capture_output=True)
    return time.perf_counter() - began


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def _peer(data: Path, folder: Path) -> tuple[float, int]:
    """Seconds and bytes of what one would do without us: all of it, each time."""
    began = time.perf_counter()
    copy, archive = folder / "peer.db", folder / "peer.tar.gz"
    with (
        contextlib.closing(sqlite3.connect(data / "mailwright.db")) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    blobs = ["-C", str(data), "blobs"] if (data / "blobs").exists() else []
    subprocess.run(["tar", "-I", "gzip -1", "-cf", str(archive), "-C", str(folder), copy.name, *blobs], check=True)
    seconds, octets = time.perf_counter() - began, archive.stat().st_size
    copy.unlink()
    archive.unlink()
    return seconds, octets


def _fill(data: Path, first: int, count: int) -> None:
    from mailwright.core import access, accounts, appending, domains
    from mailwright.core.appending import Item
    from mailwright.domain.refusals import AlreadyExists
    from mailwright.installation import build_core
    from mailwright.settings import load
    from mailwright.storage import Tx

    core = build_core(load(data=data))
    chance = random.Random(first)

    def people(tx: Tx) -> None:
        with contextlib.suppress(AlreadyExists):
            domains.add(tx, "example.org")
            accounts.add_user(tx, core, "ada@example.org")

    core.database.write_now(people)
    ada = core.database.read_now(lambda tx: accounts.find(tx, "ada@example.org"))
    inbox = core.database.read_now(lambda tx: access.by_name(tx, ada, "INBOX")).mailbox.id
    for start in range(first, first + count, 100):
        numbers = range(start, min(start + 100, first + count))
        ready = [appending.prepare_now(core, ada.tenant_id, _letter(number, chance)) for number in numbers]
        items = [Item(b"") for _ in ready]
        core.database.write_now(lambda tx, i=items, r=ready: appending.file_all(tx, core, ada, inbox, i, r))  # type: ignore[misc]
    core.database.close()


def _letter(number: int, chance: random.Random) -> bytes:
    """Some 20 kB of words; one in two hundred has 600 kB and lies outside the database."""
    words = 60_000 if number % 200 == 0 else 2_000
    body = " ".join(chance.choices(_WORDS, k=words))
    lines = "\r\n".join(body[start : start + 76] for start in range(0, len(body), 76))
    return f"From: chen@example.net\r\nMessage-ID: <{number}@bench>\r\nSubject: letter {number}\r\n\r\n{lines}\r\n".encode()
