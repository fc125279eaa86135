"""A disk that is full: senders are asked to come back, nothing promised is lost, and with room again all goes on."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.reliability.senders import TemporarilyRefused, deliver, message
from tests.servers.mailwright import DOMAIN, MailwrightServer

ADA = f"ada@{DOMAIN}"
ENOUGH = 4_000  # messages; a disk that takes more is not full
ROOM = 48 * 1024 * 1024  # bytes of a small disk
LIMIT = 6 * 1024 * 1024  # bytes a file may grow to, where there is no small disk


def test_a_full_disk_asks_senders_to_come_back_and_loses_nothing(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk") as fill:
        server = MailwrightServer(tmp_path / "disk" / "data", default_quota_bytes="none", log_level="error")
        server.prepare(employee=False)
        server.start()
        try:
            _fills_up_and_recovers(server, full=lambda: fill(True), empty=lambda: fill(False))
        finally:
            server.kill()


def test_a_file_that_may_not_grow_is_a_full_disk_too(tmp_path: Path) -> None:
    server = MailwrightServer(tmp_path / "data", default_quota_bytes="none", log_level="error")
    server.prepare(employee=False)
    server.start()
    assert server.process is not None
    pid, (_, hard) = server.process.pid, resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(octets: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (octets, hard))

    try:
        _fills_up_and_recovers(server, full=lambda: limit(LIMIT), empty=lambda: limit(resource.RLIM_INFINITY))
    finally:
        server.kill()


def _fills_up_and_recovers(server: MailwrightServer, *, full: Callable[[], None], empty: Callable[[], None]) -> None:
    promised: list[str] = []

    def offer(number: int, *, lmtp: bool = False) -> None:
        token = f"disk-{number}"
        raw = message(token, (ADA,), number + 1)
        deliver(server.lmtp_port if lmtp else server.smtp_port, raw, (ADA,), lmtp=lmtp)
        promised.append(token)

    for number in range(20):
        offer(number)
    full()
    refused = _offer_until_refused(offer, range(20, ENOUGH))
    with pytest.raises(TemporarilyRefused, match=r"^45[12] 4\.3\."):
        offer(ENOUGH + 1, lmtp=True)
    body = {"messageId": "disk", "from": "eve@example.org", "to": ADA, "textBody": "x" * 100_000}
    status, _ = server.post("/webhook/email", body | {"timestamp": "2026-11-20T10:00:00Z"})
    assert status == 503
    empty()
    _again(lambda: offer(refused))  # the very bytes that were refused
    offer(ENOUGH + 2, lmtp=True)
    server.stop()
    with server.opened() as database:
        kept = [subject for (subject,) in database.execute("SELECT subject FROM messages")]
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sorted(kept) == sorted(promised)


def _offer_until_refused(offer: Callable[[int], None], numbers: range) -> int:
    said = ""
    for number in numbers:
        try:
            offer(number)
        except TemporarilyRefused as refusal:
            said = str(refusal)
            break
    assert said.startswith(("451 4.3.", "452 4.3.")), said or "the disk is not full"
    return number


def _again(offer: Callable[[], None]) -> None:
    """Offer for a while, as a sender does within hours."""
    ends = time.monotonic() + 60
    while True:
        try:
            return offer()
        except TemporarilyRefused:
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[Callable[[bool], None]]:
    """A disk of ROOM bytes at `folder`. Hands out what fills the rest of it (True) and what frees that again (False)."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "mailwright-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount a small disk")
    ballast = folder / "ballast"

    def fill(wanted: bool) -> None:
        if not wanted:
            ballast.unlink()
            return
        free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_bsize
        with open(ballast, "wb") as file, contextlib.suppress(OSError):
            file.write(bytes(max(0, free - 2 * 1024 * 1024)))  # two megabytes are left to fail in the midst of work

    try:
        yield fill
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
