"""The whole product behind pgBouncer in transaction mode: application connections pass it, what needs a session goes past it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mailwright.domain.refusals import TryLater
from mailwright.storage import open_database
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
