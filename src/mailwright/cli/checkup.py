"""The checks of `mailwright doctor` that only look: those of `core.checkup`, and server, ports, database and models.

Each yields what it found with a because, and none raises: a doctor that falls over is no use.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mailwright.cli.installation import is_served
from mailwright.core import checkup, status
from mailwright.core.checkup import Check
from mailwright.domain.modelnames import PURPOSES
from mailwright.domain.refusals import Refusal

if TYPE_CHECKING:
    from mailwright.settings import Settings
    from mailwright.storage import Database
    from mailwright.storage.search import KeptIndex

ANSWER_SECONDS = 3.0  # a server on this machine


def checks(settings: Settings) -> Iterator[Check]:
    """Everything that can be seen without sending anything."""
    served = _served(settings)
    yield Check("server", "ok", "one is running on this data" if served else "none is running on this data")
    yield checkup.folder(settings.data)
    yield checkup.disk(settings.data)
    yield from _ports(settings, served=served)
    yield from _database(settings)
    yield from _place(settings)
    yield from _valkey(settings)
    yield from _search(settings)
    yield checkup.name(settings.hostname, settings.host)
    if settings.tls_cert is not None:
        yield checkup.certificate(settings.tls_cert)
    yield from _models(settings)
    yield _web(settings)


def _served(settings: Settings) -> bool:
    try:
        return is_served(settings)
    except (Refusal, OSError):
        return False


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
            yield _port(kind, settings.host, port, served=served, secure=kind in ("submissions", "imaps"))
    from mailwright.openings import asks_for_grpc, operations_of, programs_of

    if "grpc" in roles and settings.grpc_port:
        told = programs_of(settings)
        found = _port("grpc", told.host, told.port, served=served, secure=told.cert is not None)
        yield found if asks_for_grpc(settings) else _done_without("grpc", found)
    if port := operations_of(settings):
        found = _port("operations", settings.operations_host, port, served=served, secure=False)
        yield found if settings.operations_port is not None else _done_without("operations", found)


def _done_without(kind: str, found: Check) -> Check:
    """A usual port that nobody asked for: the server starts without it, when another program has it."""
    if found.status != "fail":
        return found
    return Check(
        found.name,
        "warn",
        f"{found.because}; everything else goes on without it. MAILWRIGHT_{kind.upper()}_PORT names another, or none (0)",
    )


def _port(kind: str, host: str, port: int, *, served: bool, secure: bool) -> Check:
    name = f"port {port}"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            pass
    except PermissionError:
        return Check(name, "fail", f"{kind}: this user may not listen there")
    except OSError as error:
        if not served:
            return Check(name, "fail", f"{kind}: {_why(error)}")
        return _ours(kind, host, port, name, secure=secure)
    if served:
        return Check(name, "warn", f"{kind}: nobody listens, though a server runs on this data (with other settings?)")
    return Check(name, "ok", f"{kind}: free")


_HTTP2_SETTINGS = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))  # RFC 9113 §6.5: a frame of type 4, without any
_SAID = {
    "grpc": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _HTTP2_SETTINGS, b""),  # RFC 9113 §3.4
    "http": (b"GET /healthz HTTP/1.0\r\n\r\n", b"HTTP/"),
    "operations": (b"GET /healthz HTTP/1.0\r\n\r\n", b"HTTP/"),
    "imap": (b"a LOGOUT\r\n", b"* OK "),
    "imaps": (b"a LOGOUT\r\n", b"* OK "),
    "sieve": (b"LOGOUT\r\n", b'"IMPLEMENTATION"'),
}
"""What to say to each server, and how its answer begins; the others are SMTP."""


def _reach(host: str, port: int, *, secure: bool, http2: bool = False) -> socket.socket:
    peer = socket.create_connection((host, port), timeout=ANSWER_SECONDS)
    if not secure:
        return peer
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = (
        False,
        ssl.CERT_NONE,
    )  # who answers is asked, not who they say they are
    if http2:
        context.set_alpn_protocols(["h2"])
    try:
        return context.wrap_socket(peer)
    except OSError:
        peer.close()
        raise


def _ours(kind: str, host: str, port: int, name: str, *, secure: bool) -> Check:
    """Whether it is our server that listens."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    question, greeting = _SAID.get(kind, (b"QUIT\r\n", b"220 "))
    try:
        with _reach(host, port, secure=secure, http2=kind == "grpc") as peer:
            if isinstance(peer, ssl.SSLSocket) and peer.selected_alpn_protocol() == "h2":
                return Check(
                    name, "ok", f"{kind}: the server answers"
                )  # what follows may be for clients with a certificate
            peer.sendall(question)
            said = b""
            while (kind != "grpc" or len(said) < len(_HTTP2_SETTINGS)) and (piece := peer.recv(4096)):
                said += piece
    except OSError as error:
        return Check(name, "fail", f"{kind}: somebody listens and does not answer: {_why(error)}")
    if _is_known(kind, said, greeting):
        return Check(name, "ok", f"{kind}: the server answers")
    return Check(name, "fail", f"{kind}: another program listens there")


def _is_known(kind: str, said: bytes, greeting: bytes) -> bool:
    if kind == "grpc":  # a server of HTTP/2 begins with its settings
        return said[3:4] == _HTTP2_SETTINGS[3:4]
    if kind in ("http", "operations"):
        return b'"status":"ok"' in said.replace(b" ", b"")
    return said.startswith(greeting)


def _database(settings: Settings) -> Iterator[Check]:
    from mailwright.core import sealing
    from mailwright.installation import vault_of
    from mailwright.storage import open_database
    from mailwright.storage.migrate import HEAD, current_revision

    try:
        revision = current_revision(settings.database_direct_url or settings.database_url)
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
    database = open_database(settings.database_url, direct=settings.database_direct_url)
    try:
        found = [
            *database.read_now(lambda tx: list(checkup.contents(tx))),
            sealing.finding(database, vault_of(settings)),
            *_partitions(settings),
        ]
        yield Check("database", "ok", f"{where} answers, and its tables are this version's")
        yield from found
    except Refusal as refusal:
        yield Check("database", "fail", str(refusal))
    finally:
        database.close()


def _partitions(settings: Settings) -> Iterator[Check]:
    """Whether there are locks for those there are: the database may have moved to another server since. Raises what it cannot know."""
    url = settings.database_direct_url or settings.database_url
    if url.startswith("sqlite:"):
        return
    from mailwright.storage import partitions

    room = partitions.room(url)
    if room.tenants <= room.most:
        yield Check("partitions", "ok", f"tenants that lie apart: {room.tenants}, of at most {room.most}")
        return
    yield Check(
        "partitions",
        "warn",
        f"tenants that lie apart: {room.tenants}, and PostgreSQL has locks for {room.most}: set its max_locks_per_transaction "
        f"to {room.wanted} (it is {room.setting}) and restart it",
    )


def _place(settings: Settings) -> Iterator[Check]:
    """Whose the place of large messages is."""
    from mailwright.storage import open_database
    from mailwright.storage.migrate import HEAD, current_revision
    from mailwright.stores import blobs_of

    try:
        if current_revision(settings.database_direct_url or settings.database_url) != HEAD:
            return
        database = open_database(settings.database_url, direct=settings.database_direct_url)
    except Refusal:
        return  # the check of the database says it
    try:
        owner = blobs_of(settings, database).owner
        assert owner is not None
        ours, because = owner.examine()
        hint = "" if ours else " (when it is this one's: mailwright storage claim)"
        yield Check("place", "ok" if ours else "fail", f"of large messages: {because}{hint}")
    except Refusal as why:
        yield Check("place", "warn", f"of large messages: {why}")
    finally:
        database.close()


def _valkey(settings: Settings) -> Iterator[Check]:
    from mailwright.installation import valkey_of

    valkey = valkey_of(settings)
    if valkey is None:
        return
    try:
        version = valkey.ask_now(lambda client: client.info("server")["redis_version"])
        policy = valkey.ask_now(lambda client: client.info("memory").get("maxmemory_policy", "noeviction"))
    except Refusal as refusal:
        yield Check("valkey", "warn", f"{refusal}; everything goes on without it")
        return
    if policy != "noeviction":
        yield Check("valkey", "warn", f"it answers, but drops streams when it is full: maxmemory-policy is {policy}")
    refused = asyncio.run(_refused(settings))
    if refused:
        yield Check("valkey", "warn", f"{status.NO_COPIES}: {', '.join(refused)}; workers begin them anew")
    else:
        yield Check("valkey", "ok", f"it answers (version {version})")


async def _refused(settings: Settings) -> list[str]:
    """Streams that are no copies of the log; what cannot be asked now is told elsewhere."""
    from mailwright.installation import valkey_of
    from mailwright.storage import open_database
    from mailwright.storage.migrate import HEAD, current_revision
    from mailwright.storage.streams import Streams

    valkey = valkey_of(settings)
    assert valkey is not None
    try:
        if current_revision(settings.database_direct_url or settings.database_url) != HEAD:
            return []
        database = open_database(settings.database_url, direct=settings.database_direct_url)
    except Refusal:
        return []
    try:
        return await status.strangers(database, Streams(valkey))
    except Refusal:
        return []
    finally:
        await valkey.close()
        database.close()


def _search(settings: Settings) -> Iterator[Check]:
    from mailwright.installation import index_of
    from mailwright.storage import open_database
    from mailwright.storage.migrate import HEAD, current_revision

    if settings.search_url is None:
        return
    try:
        if current_revision(settings.database_direct_url or settings.database_url) != HEAD:
            return
        database = open_database(settings.database_url, direct=settings.database_direct_url)
    except Refusal:
        return  # the check of the database says it
    try:
        yield _index(index_of(settings, database), database)
    except Refusal as why:
        yield Check("search", "warn", f"{why}")
    finally:
        database.close()


def _index(index: KeptIndex, database: Database) -> Check:
    from mailwright.storage import searchindexes
    from mailwright.storage.search import IndexFailed

    try:
        if index.is_missing():
            return Check(
                "search", "warn", "OpenSearch answers, and has no index of ours yet: a worker makes it by itself"
            )
        answers = index.generation()
        if not database.read_now(lambda tx: searchindexes.believes(tx, answers)):
            return Check(
                "search", "warn", "the index in OpenSearch is not of this database's present: a worker makes it anew"
            )
        return Check("search", "ok", f"OpenSearch answers, and has {index.count()} messages")
    except (Refusal, IndexFailed) as why:
        return Check("search", "warn", f"{why}; only the headers of the newest messages are looked through")
    finally:
        index.close()


def _models(settings: Settings) -> Iterator[Check]:
    for purpose in PURPOSES:
        names = settings.models_for(purpose)
        if names == ("rules",):
            yield Check("models", "ok", f"{purpose}: the built-in rules model")
        else:
            yield Check("models", "ok", f"{purpose}: {', then '.join(names)} (--online asks)")


def _web(settings: Settings) -> Check:
    if settings.web_search == "none":
        return Check("web", "ok", "nobody searches it: agents and the scribe know what they are given")
    papers = "arXiv" if settings.arxiv_search else "nowhere"
    return Check("web", "ok", f"{settings.web_search} searches it, papers come from {papers} (--online asks)")


def _host(url: str) -> str:
    return urlsplit(url).hostname or "this machine"


def _why(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error).lower()  # without the address again
