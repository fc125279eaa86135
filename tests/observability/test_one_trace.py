"""A whole process, watched from outside: one trace from a mail's arrival to its answer's, what its answers and logs say, and its probes."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers.otlp import Collector, Seen, collector

WORDS = (b"Zanzibar", b"kangaroo", b"ada@", b"main@", DOMAIN.encode())
MAIL = f"""From: Ada <ada@{DOMAIN}>
To: main@{DOMAIN}
Subject: Zanzibar
Message-ID: <one@{DOMAIN}>

What is 2 + 2? The kangaroo wants to know.
""".replace("\n", "\r\n").encode()


@pytest.fixture(scope="module")
def sink() -> Iterator[Collector]:
    with collector() as found:
        yield found


@pytest.fixture(scope="module")
def server(sink: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailwrightServer]:
    made = MailwrightServer(
        tmp_path_factory.mktemp("traced") / "data",
        otlp_endpoint=sink.url,
        otlp_headers="Authorization=a key of ours",
        trace_sample_ratio=1,
        service_name="post-office",
        environment="tests",
        trusted_proxies="127.0.0.0/8",
    )
    made.prepare()
    made.start()
    yield made
    made.stop()


def _ends_with_the_answer(found: list[Seen]) -> bool:
    """Both mails were delivered: the question, and the answer."""
    names = [each.name for each in found]
    return names.count("outbox deliver") >= 2 and "workflow employee" in names


def test_one_trace_leads_from_a_mail_to_the_answer_to_it(server: MailwrightServer, sink: Collector) -> None:
    server.submit("ada", MAIL, [f"main@{DOMAIN}"])
    found = sink.wait_for(_ends_with_the_answer, 90)
    [edge] = [each for each in found if each.name == "submission message"]
    way = [each for each in found if each.trace_id == edge.trace_id]
    by_id = {each.span_id: each for each in way}

    def above(span: Seen) -> list[str]:
        names = []
        while span.parent:
            span = by_id[span.parent]
            names.append(span.name)
        return names

    assert edge.parent == ""
    answered = next(each for each in reversed(way) if each.name == "outbox deliver")
    steps = above(answered)
    for name in (
        "step employee.act",
        "workflow employee",
        "consume mail_ingest",
        "outbox deliver",
        "submission message",
    ):
        assert name in steps, f"{name} is not among {steps}"
    asked = [each for each in way if each.name == "model ask"]
    assert {each.attributes["gen_ai.request.model"] for each in asked} == {"rules"}
    assert "workflow employee" in above(asked[0])
    assert {each.service for each in way} == {"post-office"}
    assert sink.headers[0]["authorization"] == "a key of ours"


def test_nothing_of_a_mail_is_in_what_was_sent(sink: Collector) -> None:
    assert sink.spans
    for word in WORDS:
        assert word not in sink.raw


def test_a_request_goes_on_in_the_trace_that_a_proxy_of_ours_names(server: MailwrightServer, sink: Collector) -> None:
    trace, caller = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.http_port}/api/health", headers={"traceparent": f"00-{trace}-{caller}-01"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["X-Trace-Id"] == trace
    found = sink.wait_for(lambda seen: any(each.parent == caller for each in seen), 30)
    [span] = [each for each in found if each.parent == caller]
    assert (span.name, span.trace_id) == ("GET /api/health", trace)
    assert span.attributes["http.route"] == "/api/health"
    for broken in ("", "00-nothing-at-all-01", f"00-{'0' * 32}-{caller}-01", "ü"):
        request = urllib.request.Request(f"http://127.0.0.1:{server.http_port}/healthz")
        request.add_unredirected_header("traceparent", broken)
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.headers["X-Trace-Id"] not in (trace, "0" * 32)


def test_every_line_of_the_log_says_whose_it_is(server: MailwrightServer) -> None:
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    assert {line["service"] for line in lines} == {"post-office"}


def test_a_process_without_http_answers_probes_and_nothing_else(tmp_path: Path) -> None:
    made = MailwrightServer(tmp_path / "data", roles="lmtp")
    made.prepare(employee=False)
    made.start()  # ready: though nobody works on what it takes
    try:
        assert made.get("/healthz") == (200, '{"status":"ok"}')
        code, text = made.get("/metrics")
        assert code == 200
        assert "mailwright_sqlite_wal_bytes" in text
        with made.opened() as rows:
            [(tenant_id,)] = rows.execute("SELECT id FROM tenants WHERE name = 'tests'").fetchall()
        assert f'mailwright_tenant_stored_bytes{{tenant="{tenant_id}"}}' in text
        assert '"tests"' not in text  # figures tell nobody who the customers are
        assert [made.get(path)[0] for path in ("/api/health", "/api/metrics", "/", "/openapi.json")] == [404] * 4
        assert json.loads(made.get("/readyz")[1])["checks"][0]["name"] == "database"
    finally:
        made.stop()
