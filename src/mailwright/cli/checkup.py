"""The checks of `mailwright doctor` that only look: data folder, disk, ports, database, certificate, people, models.

Each yields what it found with a because, and none raises: a doctor that falls over is no use.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from mailwright.cli.installation import is_served
from mailwright.domain.refusals import Refusal

if TYPE_CHECKING:
    from mailwright.settings import Settings
    from mailwright.storage import Tx

LOW_BYTES = 2 * 1024**3  # free on the disk: below it a warning
EMPTY_BYTES = 200 * 1024**2  # below it nothing is well: SQLite needs room to commit
SLOW_SYNC_SECONDS = 0.05  # one fsync: every 250 waits for it
SYNCS = 5
ANSWER_SECONDS = 3.0  # a server on this machine
SOON = timedelta(days=14)  # a certificate that ends within it

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    because: str


def checks(settings: Settings) -> Iterator[Check]:
    """Everything that can be seen without sending anything."""
    served = _served(settings)
    yield Check("server", "ok", "one is running on this data" if served else "none is running on this data")
    yield _folder(settings)
    yield _disk(settings)
    yield from _ports(settings, served=served)
    yield from _database(settings)
    yield _name(settings)
    if settings.tls_cert is not None:
        yield _certificate(settings.tls_cert)
    yield from _models(settings)


def _served(settings: Settings) -> bool:
    try:
        return is_served(settings)
    except (Refusal, OSError):
        return False


def _folder(settings: Settings) -> Check:
    folder = settings.data
    if not folder.exists():
        parent = next(each for each in folder.parents if each.exists())
        if os.access(parent, os.W_OK):
            return Check("data", "ok", f"{folder} is made at the first start")
        return Check("data", "fail", f"{folder} is not there, and {parent} cannot be written to")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Check("data", "fail", f"{folder} cannot be written to by this user")
    if folder.stat().st_mode & 0o077:
        return Check("data", "warn", f"{folder} can be looked into by others on this machine: chmod 700")
    return Check("data", "ok", f"{folder} is ours alone")


def _disk(settings: Settings) -> Check:
    place = settings.data if settings.data.exists() else next(each for each in settings.data.parents if each.exists())
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
    probe = place / f".doctor-{os.getpid()}"
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


def _ports(settings: Settings, *, served: bool) -> Iterator[Check]:
    roles = settings.active_roles
    wanted = [("smtp", settings.smtp_port), ("submission", settings.submission_port)] if "smtp" in roles else []
    wanted += [("submissions", settings.submissions_port)] if "smtp" in roles else []
    wanted += [("lmtp", settings.lmtp_port)] if "lmtp" in roles else []
    if "imap" in roles:
        wanted += [("imap", settings.imap_port), ("imaps", settings.imaps_port), ("sieve", settings.sieve_port)]
    wanted += [("http", settings.http_port)] if "http" in roles else []
    for kind, port in wanted:
        if port:
            yield _port(settings, kind, port, served=served)


def _port(settings: Settings, kind: str, port: int, *, served: bool) -> Check:
    name = f"port {port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.create_server((settings.host, port), family=family):
            pass
    except PermissionError:
        return Check(name, "fail", f"{kind}: this user may not listen there")
    except OSError as error:
        if not served:
            return Check(name, "fail", f"{kind}: {_why(error)}")
        return _ours(settings, kind, port, name)
    if served:
        return Check(name, "warn", f"{kind}: nobody listens, though a server runs on this data (with other settings?)")
    return Check(name, "ok", f"{kind}: free")


_SAID = {
    "http": (b"GET /healthz HTTP/1.0\r\n\r\n", b"HTTP/"),
    "imap": (b"a LOGOUT\r\n", b"* OK "),
    "imaps": (b"a LOGOUT\r\n", b"* OK "),
    "sieve": (b"LOGOUT\r\n", b'"IMPLEMENTATION"'),
}
"""What to say to each server, and how its answer begins; the others are SMTP."""


def _reach(host: str, port: int, *, secure: bool) -> socket.socket:
    peer = socket.create_connection((host, port), timeout=ANSWER_SECONDS)
    if not secure:
        return peer
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = (
        False,
        ssl.CERT_NONE,
    )  # who answers is asked, not who they say they are
    try:
        return context.wrap_socket(peer)
    except OSError:
        peer.close()
        raise


def _ours(settings: Settings, kind: str, port: int, name: str) -> Check:
    """Whether it is our server that listens."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    question, greeting = _SAID.get(kind, (b"QUIT\r\n", b"220 "))
    try:
        with _reach(host, port, secure=kind in ("submissions", "imaps")) as peer:
            peer.sendall(question)
            said = b""
            while piece := peer.recv(4096):
                said += piece
    except OSError as error:
        return Check(name, "fail", f"{kind}: somebody listens and does not answer: {_why(error)}")
    known = b'"status":"ok"' in said.replace(b" ", b"") if kind == "http" else said.startswith(greeting)
    if known:
        return Check(name, "ok", f"{kind}: the server answers")
    return Check(name, "fail", f"{kind}: another program listens there")


def _database(settings: Settings) -> Iterator[Check]:
    from mailwright.storage import open_database
    from mailwright.storage.migrate import HEAD, current_revision

    try:
        revision = current_revision(settings.database_url)
    except Refusal as refusal:
        yield Check("database", "fail", str(refusal))
        return
    where = "SQLite" if settings.database_url.startswith("sqlite:") else f"PostgreSQL on {_host(settings.database_url)}"
    if revision is None:
        yield Check("database", "ok", f"{where}: the tables are made at the first start")
        return
    if revision != HEAD:
        yield Check("database", "warn", f"{where}: at revision {revision}, brought to {HEAD} at the next start")
        return
    database = open_database(settings.database_url)
    try:
        yield from database.read_now(lambda tx: list(_contents(tx, where)))
    except Refusal as refusal:
        yield Check("database", "fail", str(refusal))
    finally:
        database.close()


def _contents(tx: Tx, where: str) -> Iterator[Check]:
    from mailwright.storage import accounts, assignments, dead_letters, domains

    yield Check("database", "ok", f"{where} answers, and its tables are this version's")
    names = [domain.name for domain in domains.listing(tx)]
    people = [account for account in accounts.listing(tx) if account.has_mailbox]
    if not names:
        yield Check("domains", "warn", "there is none yet: mailwright domain add …")
    else:
        agents = len([each for each in assignments.listing(tx) if each.enabled])
        yield Check("domains", "ok", f"{', '.join(names[:5])}; {len(people)} mailboxes, {agents} served by an agent")
    dead = sum(dead_letters.count_open(tx).values())
    if dead:
        yield Check("dead letters", "warn", f"{dead} are waiting: mailwright dlq list")


def _name(settings: Settings) -> Check:
    if settings.hostname == "localhost" and settings.host not in ("127.0.0.1", "::1", "localhost"):
        return Check("hostname", "warn", "other servers will see localhost: set MAILWRIGHT_HOSTNAME")
    return Check("hostname", "ok", settings.hostname)


def _certificate(path: Path) -> Check:
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (ValueError, OSError) as error:
        return Check("certificate", "fail", f"{path}: {error}")
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    if left < timedelta(0):
        return Check("certificate", "fail", f"it ended on {certificate.not_valid_after_utc:%Y-%m-%d}")
    status: Status = "warn" if left < SOON else "ok"
    return Check("certificate", status, f"valid until {certificate.not_valid_after_utc:%Y-%m-%d}")


def _models(settings: Settings) -> Iterator[Check]:
    for purpose in ("judge", "work"):
        names = settings.models_for(purpose)
        if names == ("rules",):
            yield Check("models", "ok", f"{purpose}: the built-in rules model")
        else:
            yield Check("models", "ok", f"{purpose}: {', then '.join(names)} (--online asks)")


def _host(url: str) -> str:
    return urlsplit(url).hostname or "this machine"


def _why(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error).lower()  # without the address again
