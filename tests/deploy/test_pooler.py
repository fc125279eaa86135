"""The whole product behind pgBouncer in transaction mode: application connections pass it, what needs a session goes past it.

And both ways by TLS, as between machines.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mailwright.domain.refusals import TryLater
from mailwright.pipeline.enginestore import PostgresqlEngine
from mailwright.protocols.tls import self_signed_certificate
from mailwright.storage import open_database
from mailwright.storage.migrate import current_revision, migrate
from mailwright.storage.postgresqlconnecting import STATEMENT_MILLISECONDS
from tests.servers import pgbouncer
from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers.pgbouncer import PgBouncer

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(bool(pgbouncer.why_not()), reason=pgbouncer.why_not() or "it is installed"),
]
CONNECTIONS = 4  # far fewer than the 17 threads of one process


@pytest.fixture
def pooler(postgresql_url: str) -> Iterator[PgBouncer]:
    made = PgBouncer(postgresql_url, server_connections=CONNECTIONS)
    yield made
    made.destroy()


async def test_what_the_pooler_hands_out_has_our_limits_and_no_prepared_statement(
    pooler: PgBouncer, postgresql_url: str
) -> None:
    database = open_database(pooler.url, direct=postgresql_url)
    try:
        for _ in range(12):  # psycopg prepares what it has seen five times
            assert await database.read(lambda tx: tx.scalar("SELECT 1 + ?", (1,))) == 2
        limits = await database.read(
            lambda tx: [
                tx.scalar(f"SHOW {name}") for name in ("statement_timeout", "idle_in_transaction_session_timeout")
            ]
        )
        assert limits == [f"{STATEMENT_MILLISECONDS // 1000}s", "15s"]
        assert await database.read(lambda tx: tx.scalar("SELECT count(*) FROM pg_prepared_statements")) == 0
        with pytest.raises(TryLater):
            await database.write(lambda tx: tx.execute("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert await database.read(lambda tx: tx.scalar("SELECT 1")) == 1
    finally:
        database.close()


async def test_what_is_announced_through_the_pooler_is_heard_past_it(pooler: PgBouncer, postgresql_url: str) -> None:
    database = open_database(pooler.url, direct=postgresql_url)
    heard: asyncio.Queue[frozenset[str]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    database.on_announced(lambda kinds: (loop.call_soon_threadsafe(heard.put_nowait, kinds), None)[1])
    try:
        async with asyncio.timeout(20):
            while heard.empty():  # until it listens
                await database.write(lambda tx: tx.kinds.add("tests.announced"))
                await asyncio.sleep(0.1)
            assert "tests.announced" in await heard.get()
    finally:
        database.close()


def test_mail_is_taken_filed_indexed_and_answered(pooler: PgBouncer, postgresql_url: str, tmp_path: Path) -> None:
    server = MailwrightServer(
        tmp_path / "data",
        database_url=pooler.url,
        database_direct_url=postgresql_url,
        verify_inbound="false",
        roles="smtp,lmtp,imap,http,worker,scheduler",
    )
    server.prepare()
    server.start()
    try:
        task = (
            f"From: ada@{DOMAIN}\r\nTo: main@{DOMAIN}\r\nSubject: Please summarise\r\nMessage-ID: <1@{DOMAIN}>\r\n"
            "\r\nPlease summarise this text: ships carry mail.\r\n"
        )
        server.submit("ada", task.encode(), [f"main@{DOMAIN}"])
        with psycopg.connect(postgresql_url, autocommit=True) as direct:
            ends = time.monotonic() + 90
            while time.monotonic() < ends:
                row = direct.execute("SELECT status FROM tasks").fetchone()
                if row is not None and row[0] == "complete":
                    break
                time.sleep(0.2)
            assert row == ("complete",), server.log()[-3000:]
        for line in server.log().splitlines():
            if line.startswith("{"):
                assert json.loads(line).get("level") not in ("error", "critical"), line
    finally:
        server.stop()


@pytest.fixture
def certificate(postgresql_url: str, tmp_path: Path) -> Iterator[Path]:
    """PostgreSQL shows it to whoever asks for TLS, until the test has ended."""
    made = self_signed_certificate(tmp_path, ["localhost"])
    with psycopg.connect(postgresql_url, autocommit=True) as server:
        folder = Path(_asked(server, "SHOW data_directory"))
        shown = Path(shutil.copy(made, folder / "shown.pem"))
        shutil.chown(shown, folder.owner(), folder.group())
        for name in ("ssl_cert_file", "ssl_key_file"):
            server.execute(f"ALTER SYSTEM SET {name} = '{shown}'".encode())
        try:
            _encrypt(server, "on")
            yield made
        finally:
            _encrypt(server, "off")


def _encrypt(server: psycopg.Connection[tuple[str]], how: str) -> None:
    server.execute(f"ALTER SYSTEM SET ssl = {how}".encode())
    server.execute("SELECT pg_reload_conf()")
    ends = time.monotonic() + 20
    while _asked(server, "SHOW ssl") != how:
        assert time.monotonic() < ends, f"PostgreSQL does not turn TLS {how}"
        time.sleep(0.05)


def _asked(server: psycopg.Connection[tuple[str]], what: str) -> str:
    row = server.execute(what.encode()).fetchone()
    assert row is not None
    return row[0]


async def test_a_url_says_by_whose_certificate_the_database_is_known(certificate: Path, postgresql_url: str) -> None:
    checking = f"?sslmode=verify-full&sslrootcert={certificate}"
    encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    direct = postgresql_url.replace("127.0.0.1", "localhost")
    pooler = PgBouncer(direct, certificate=certificate)
    database = open_database(pooler.url + checking, direct=direct + checking)
    stranger = open_database(pooler.url.replace("localhost", "127.0.0.1") + checking, direct=direct)
    plain = open_database(pooler.url + "?sslmode=disable", direct=direct)
    workflows = PostgresqlEngine(direct + checking, connections=1)
    try:
        assert await database.read(lambda tx: tx.scalar(encrypted)), "the pooler asks PostgreSQL for it, too"
        with workflows.pool.connect() as connection:
            assert connection.exec_driver_sql(encrypted).scalar()
        assert migrate(direct + checking) is False
        with pytest.raises(TryLater, match="certificate"):
            current_revision(postgresql_url + checking)  # an address that the certificate does not name
        with pytest.raises(TryLater, match="certificate"):
            await stranger.read(lambda tx: tx.scalar("SELECT 1"))
        with pytest.raises(TryLater, match="SSL"):
            await plain.read(lambda tx: tx.scalar("SELECT 1"))
    finally:
        for each in (database, stranger, plain, workflows):
            each.close()
        pooler.destroy()
