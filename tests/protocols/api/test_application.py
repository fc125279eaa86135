"""The frame of every answer, status, and the pages."""

import json
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.typing import EventDict

from mailwright.core import Core
from mailwright.core.status import Finding
from mailwright.domain.clock import now
from mailwright.protocols.api import ApiSettings, HttpServer, create_api
from mailwright.protocols.api.metrics import REQUESTS
from mailwright.storage import workers
from tests.protocols.api.conftest import Client


def _work(core: Core, *, age: int = 0) -> None:
    moment = now() - age * 1_000_000
    core.database.write_now(lambda tx: workers.sign_in(tx, "mini-mouse", "here", 1, ["all"], moment))


def _stuck(tx: Any, *, seconds: int) -> None:
    """An event that nobody handles."""
    cursor = {"stream": "mail_ingest", "grp": "ingesters", "tx": 0, "position": 0, "owner": "", "lease_until": 0}
    tx.insert("event_cursors", unless_exists=True, **cursor)
    tx.insert("events", kind="MessageDelivered", key="k", payload="{}", created_at=now() - seconds * 1_000_000)


async def test_every_error_has_the_envelope(client: Client) -> None:
    caller = client()
    for method, path, status, code in (
        ("GET", "/nothing/here", 404, "not_found"),
        ("DELETE", "/healthz", 405, "method_not_allowed"),
        ("GET", "/webhook/email", 405, "method_not_allowed"),
    ):
        answer = await caller.request(method, path)
        assert answer.status_code == status
        error = answer.json()["error"]
        assert error.keys() == {"code", "message", "details", "timestamp", "request_id"}
        assert error["code"] == code
        assert error["request_id"] == answer.headers["X-Correlation-Id"]
        datetime.fromisoformat(error["timestamp"].replace("Z", "+00:00"))


async def test_a_bug_is_answered_politely_and_recorded_whole(core: Core, logs: list[EventDict]) -> None:
    api = create_api(core, ApiSettings(), metrics=lambda: b"")

    async def broken() -> None:
        raise RuntimeError("the text of a mail")

    async def typed(limit: int) -> None: ...

    api.add_api_route("/broken", broken)
    api.add_api_route("/typed", typed)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://localhost") as caller:
        answer = await caller.get("/broken")
        assert answer.status_code == 500
        assert answer.json()["error"]["code"] == "internal_error"
        assert "mail" not in answer.text
        assert answer.headers["X-Correlation-Id"]
        assert [(one["event"], one["route"]) for one in logs] == [("http.broke", "/broken")]
        answer = await caller.get("/typed", params={"limit": "many"})
        assert answer.status_code == 422
        assert answer.json()["error"]["details"]["fields"][0]["field"] == "query.limit"
        assert "many" not in answer.text


async def test_sane_ids_are_kept_and_others_replaced(client: Client) -> None:
    caller = client()
    answer = await caller.get("/healthz", headers={"X-Correlation-Id": "order-17", "X-Trace-Id": "a" * 32})
    assert (answer.headers["X-Correlation-Id"], answer.headers["X-Trace-Id"]) == ("order-17", "a" * 32)
    for odd in ("a b", "x" * 200, "<script>", ""):
        answer = await caller.get("/healthz", headers={"X-Correlation-Id": odd})
        assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["X-Correlation-Id"])


async def test_a_process_that_answers_is_alive(client: Client) -> None:
    answer = await client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_health_tells_of_the_parts(client: Client, core: Core) -> None:
    caller = client()
    answer = await caller.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded"), "nobody works"
    _work(core)
    found = (await caller.get("/api/health")).json()
    assert found["status"] == "healthy"
    assert found["services"] == {"database": "connected", "streams": {}, "workers": 1}
    datetime.fromisoformat(found["timestamp"].replace("Z", "+00:00"))


async def test_health_tells_which_stream_is_behind(client: Client, core: Core) -> None:
    _work(core)
    caller = client()
    await core.write(lambda tx: _stuck(tx, seconds=20))
    found = (await caller.get("/api/health")).json()
    assert found["status"] == "healthy", "a few seconds are no reason to worry"
    assert found["services"]["streams"]["mail_ingest/ingesters"]["lag"] == 1
    await core.write(lambda tx: _stuck(tx, seconds=120))
    answer = await caller.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded"), "this process answers as well as ever"
    stream = answer.json()["services"]["streams"]["mail_ingest/ingesters"]
    assert stream["lag"] == 2
    assert stream["oldest_seconds"] >= 120


@pytest.mark.usefixtures("away")
async def test_a_balancer_is_told_when_the_database_is_away(client: Client) -> None:
    answer = await client().get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "degraded")
    assert answer.json()["services"] == {"database": "disconnected", "streams": None, "workers": None}


@pytest.mark.parametrize("path", ["/metrics", "/api/metrics"])
async def test_figures_are_text(client: Client, path: str) -> None:
    answer = await client().get(path)
    assert answer.text == "figures"
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


async def test_ready_with_a_worker_and_not_without(client: Client, core: Core) -> None:
    caller = client()
    answer = await caller.get("/readyz")
    assert answer.status_code == 503
    found = {each["name"]: each for each in answer.json()["checks"]}
    assert found["database"]["ok"]
    assert not found["workers"]["ok"]
    assert "heartbeat" in found["workers"]["because"]
    _work(core)
    answer = await caller.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"


async def test_a_consumer_that_stands_still_is_told_of_and_keeps_no_process_from_its_work(
    client: Client, core: Core
) -> None:
    """Else no worker could be replaced while one group is behind, also not by one that is faster."""
    _work(core)
    await core.write(lambda tx: _stuck(tx, seconds=120))
    answer = await client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    [found] = [each for each in answer.json()["checks"] if each["name"] == "consumers"]
    assert not found["ok"]
    assert "mail_ingest/ingesters is 1" in found["because"]


async def test_a_database_that_is_away_is_not_ready(client: Client, away: None) -> None:
    answer = await client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == [{"name": "database", "ok": False, "because": "the database cannot be reached"}]
    assert (await client().get("/metrics")).status_code == 200


async def test_further_checks_and_measures_are_the_callers(core: Core) -> None:
    _work(core)
    measured: list[str] = []

    async def measure() -> None:
        measured.append("lag")

    async def blobs() -> Finding:
        return Finding("blobs", False, "the bucket is gone")

    api = create_api(core, ApiSettings(), metrics=lambda: b"", measures=[measure], checks=[blobs])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://localhost") as caller:
        assert "the bucket is gone" in (await caller.get("/readyz")).text
        await caller.get("/metrics")
    assert measured == ["lag"]


async def test_the_worker_status_follows_the_heartbeats(client: Client, core: Core) -> None:
    caller = client()
    path = "/api/public/workers/status"
    body = (await caller.get(path)).json()
    assert body["counts"] == {"online": 0, "offline": 0, "tasks_running": 0}
    assert body["mini-mouse"] == {"state": "offline", "activity": "", "last_heartbeat": None}
    _work(core, age=80)
    core.database.write_now(lambda tx: workers.beat(tx, "mini-mouse", now(), tasks_running=2, activity="2 employee"))
    body = (await caller.get(path)).json()
    assert body["counts"] == {"online": 1, "offline": 0, "tasks_running": 2}
    assert (body["mini-mouse"]["state"], body["mini-mouse"]["activity"]) == ("online", "2 employee")
    assert body["last_updated"].endswith("Z")
    core.database.write_now(
        lambda tx: workers.beat(tx, "mini-mouse", now() - 91_000_000, tasks_running=0, activity="idle")
    )
    body = (await caller.get(path)).json()
    assert body["counts"]["offline"] == 1
    assert body["mini-mouse"]["state"] == "offline"


async def test_the_pages_need_nothing_from_elsewhere(client: Client) -> None:
    caller = client()
    answer = await caller.get("/docs")
    assert answer.status_code == 200
    assert not re.search(r"(src|href)=['\"](https?:)?//", answer.text)
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    text = (await caller.get("/docs")).text
    for path in ("/webhook/email", "/readyz", "/api/public/workers/status", "textBody"):
        assert path in text
    described = (await caller.get("/openapi.json")).json()
    assert "/webhook/email" in described["paths"]
    assert described["openapi"].startswith("3.")


@pytest.mark.parametrize("path", ["/api/session", "/api/session/link", "/api/admin/users", "/api/account/password"])
async def test_nobody_makes_us_read_much_before_it_is_known_who_asks(client: Client, path: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"[" * 65_536

    caller = client(max_body=50_000_000)
    whole = await caller.post(path, content=b"[" * 2_000_000, headers={"Content-Type": "application/json"})
    assert (whole.status_code, whole.json()["error"]["code"]) == (413, "message_too_large")
    piecewise = await caller.post(path, content=pieces(), headers={"Content-Type": "application/json"})
    assert piecewise.status_code == 413
    hook = await caller.post("/webhook/email", content=b"[" * 2_000_000)
    assert hook.status_code != 413


async def test_requests_are_counted_by_route_and_never_by_invented_path(client: Client) -> None:
    caller = client()
    before = REQUESTS.labels("(none)", "GET", "404")._value.get()
    known = REQUESTS.labels("/healthz", "GET", "200")._value.get()
    await caller.get("/wp-admin/x.php")
    await caller.get("/healthz")
    assert REQUESTS.labels("(none)", "GET", "404")._value.get() == before + 1
    assert REQUESTS.labels("/healthz", "GET", "200")._value.get() == known + 1


async def test_the_server_listens_on_a_free_port_and_closes(core: Core) -> None:
    server = HttpServer(create_api(core, ApiSettings(), metrics=lambda: b""), "127.0.0.1", 0)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as caller:
        answer = await caller.get("/healthz")
        assert json.loads(answer.text) == {"status": "ok"}
        assert "server" not in answer.headers
        second = HttpServer(FastAPI(), "127.0.0.1", server.port)
        with pytest.raises(OSError, match="in use"):
            await second.start()
    await server.close(2)
    await server.close(2)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as caller:
        with pytest.raises(httpx.ConnectError):
            await caller.get("/healthz")
