"""PostgreSQL goes away under a running server and comes back: 4xx meanwhile, and then everything goes on by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.reliability.senders import TASK, TemporarilyRefused, deliver, message
from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers.postgresql import PostgresqlServer, find_binaries

pytestmark = [pytest.mark.server, pytest.mark.slow]

ADA, MAIN = f"ada@{DOMAIN}", f"main@{DOMAIN}"
BACK_SECONDS = 30.0  # after which a server that was without its database must work again


@pytest.fixture
def postgresql() -> Iterator[PostgresqlServer]:
    """A cluster of this test's own: it is stopped under the server."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    cluster = PostgresqlServer(binaries)
    yield cluster
    cluster.destroy()


def test_a_database_that_comes_back_finds_everything_as_promised(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    url = postgresql.fresh_database()
    server = MailwrightServer(tmp_path / "data", database_url=url, log_level="error")
    server.prepare()
    server.start()
    try:
        for number in range(20):
            deliver(server.smtp_port, message(f"before-{number}", (ADA,), 1), (ADA,), lmtp=False)
        task = message("task", (MAIN,), 1, body=TASK)
        deliver(server.smtp_port, task, (MAIN,), lmtp=False)

        postgresql.stop()
        lost = message("meanwhile", (ADA,), 1)
        with pytest.raises(TemporarilyRefused, match=r"^45[12] 4\.3\."):
            deliver(server.smtp_port, lost, (ADA,), lmtp=False)
        with pytest.raises(TemporarilyRefused, match=r"^45[12] 4\.3\."):
            deliver(server.lmtp_port, lost, (ADA,), lmtp=True)
        assert server.get("/healthz")[0] == 200, "the process itself is well"
        assert server.get("/readyz")[0] == 503, "and says that it is not ready"
        body = {"messageId": "hook", "from": "eve@example.org", "to": ADA, "timestamp": "2026-11-20T10:00:00Z"}
        assert server.post("/webhook/email", body)[0] == 503

        postgresql.start()
        _until(server.is_ready)
        deliver(server.smtp_port, lost, (ADA,), lmtp=False)
        assert server.post("/webhook/email", body)[0] == 200
        _until(lambda: _rows(url, "SELECT status FROM tasks") == [("complete",)])
        late = message("late task", (MAIN,), 1, body=TASK, sender="eva@example.org")
        deliver(server.smtp_port, late, (MAIN,), lmtp=False)
        _until(lambda: _rows(url, "SELECT status FROM tasks") == [("complete",), ("complete",)])
        server.stop()
    finally:
        server.kill()
    kept = _rows(url, "SELECT subject FROM messages m JOIN users u ON u.id = m.user_id WHERE u.email = %s", ADA)
    assert sorted(str(subject) for (subject,) in kept) == sorted(["meanwhile", "", *(f"before-{n}" for n in range(20))])


def _rows(url: str, sql: str, *params: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql.encode(), params).fetchall()


def _until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + BACK_SECONDS
    while not condition():
        assert time.monotonic() < ends, "it did not come back"
        time.sleep(0.2)
