"""Reports of errors: what Sentry is sent, by the real SDK to an address of ours, and what never leaves."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from mailwright.domain.refusals import BadInput
from mailwright.telemetry import reports
from tests.servers import venvs
from tests.servers_node.packages import NotAvailable

LOCK = Path(__file__).parents[2] / "requirements-sentry.lock"
PROGRAM = """
import logging, structlog, sys
from mailwright import telemetry
from mailwright.settings import load

telemetry.configure("info", "json", service="post-office")
end = telemetry.observe(load(sentry_dsn=sys.argv[1], environment="tests", service_name="post-office"))
log = structlog.get_logger("mailwright.core")

def open_letter(subject, password):
    raise ValueError("the mail says: " + subject)

with telemetry.correlated("c-1"):
    log.warning("not.reported", subject="Zanzibar")
    try:
        open_letter("Zanzibar", "hunter2")
    except ValueError:
        log.exception("letter.broke", subject="Zanzibar", password="hunter2", count=3)
logging.getLogger("somelibrary").error("cannot read %s", "Zanzibar")
end()
"""


def test_a_report_says_what_broke_and_where_and_nothing_of_the_mail() -> None:
    try:
        packages = next((venvs.python("sentry", LOCK).parents[1] / "lib").glob("python3.*")) / "site-packages"
    except NotAvailable as reason:
        pytest.skip(str(reason))
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            taken.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            """Tests have nothing to read here."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        dsn = f"http://key@127.0.0.1:{server.server_address[1]}/1"
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, dsn],
            env={"PYTHONPATH": str(packages), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        server.shutdown()
        server.server_close()
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for sent in taken for line in sent.splitlines() if b'"logentry"' in line]
    event, other = events
    assert other["logentry"]["message"] == "an error of somelibrary"
    assert event["logentry"]["message"] == "letter.broke"
    assert event["tags"] == {"correlation_id": "c-1", "service": "post-office"}
    assert event["environment"] == "tests"
    [raised] = event["exception"]["values"]
    assert raised["type"] == "ValueError"
    assert raised["stacktrace"]["frames"][-1]["function"] == "open_letter"
    whole = b"".join(taken)
    for word in (b"Zanzibar", b"hunter2", b"the mail says"):
        assert word not in whole


def test_without_the_extra_it_is_said_plainly() -> None:
    with pytest.raises(BadInput, match=r"mailwright\[sentry\]"):
        reports.start("http://key@127.0.0.1:9/1", service="tests", environment="")
