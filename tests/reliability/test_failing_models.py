"""Models that hang or answer garbage: the task ends, the sender gets an honest mail, and all other mail goes on."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mailwright.domain.events import MESSAGE_DELIVERED
from tests.reliability.conftest import Start
from tests.reliability.senders import TASK, deliver, message
from tests.servers.mailwright import DOMAIN, MailwrightServer

ADA, MAIN = f"ada@{DOMAIN}", f"main@{DOMAIN}"
LONG = bool(os.environ.get("MAILWRIGHT_CRASH_SECONDS"))


class _Model(BaseHTTPRequestHandler):
    """An OpenAI-compatible service that is of no use."""

    hangs = False

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.hangs:
            time.sleep(3)
            return
        said = {"role": "assistant", "content": "\ufffd}{ certainly! 42 <tool_call"}
        choice = {"index": 0, "finish_reason": "stop", "message": said}
        body = json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output is for the test."""


class _HangingModel(_Model):
    hangs = True


@contextmanager
def model(kind: type[_Model]) -> Iterator[str]:
    """The service's address."""
    service = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    service.daemon_threads = True
    threading.Thread(target=service.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{service.server_port}/v1"
    service.shutdown()
    service.server_close()


def test_a_model_that_answers_garbage_fails_the_task_and_the_sender_is_told(prepared: Start) -> None:
    with model(_Model) as url:
        server = prepared(model="openai:any", model_base_url=url, model_api_key="k", model_timeout_seconds=5)
        server.start()
        server.submit("ada", message("garbage", (MAIN,), 1, sender=ADA, body=TASK), (MAIN,))
        assert _ended(server, 40) == ("failed", "apology")
        assert _inbox(server) == ["Re: garbage"]
        deliver(server.smtp_port, message("other mail", (ADA,), 1), (ADA,), lmtp=False)
        assert _inbox(server) == ["Re: garbage", "other mail"]


def test_a_model_that_hangs_is_left_for_the_next_one(prepared: Start) -> None:
    with model(_HangingModel) as url:
        server = prepared(model="openai:any,rules", model_base_url=url, model_api_key="k", model_timeout_seconds=0.5)
        server.start()
        server.submit("ada", message("hanging", (MAIN,), 1, sender=ADA, body=TASK), (MAIN,))
        assert _ended(server, 40) == ("complete", "reply")
        assert _inbox(server) == ["Re: hanging"]


@pytest.mark.slow
@pytest.mark.skipif(not LONG, reason="its retries take a minute: in `make crash`")
def test_a_model_that_only_hangs_fails_the_task_and_the_sender_is_told(prepared: Start) -> None:
    with model(_HangingModel) as url:
        server = prepared(model="openai:any", model_base_url=url, model_api_key="k", model_timeout_seconds=0.5)
        server.start()
        server.submit("ada", message("hanging", (MAIN,), 1, sender=ADA, body=TASK), (MAIN,))
        assert _ended(server, 120) == ("failed", "apology")
        assert _inbox(server) == ["Re: hanging"]


def test_an_event_nobody_can_handle_stops_nothing_behind_it(prepared: Start) -> None:
    server = prepared()
    with server.opened() as database:
        poison = (MESSAGE_DELIVERED, "nobody", '{"role": "inbox"}', "", 1)
        database.execute(
            "INSERT INTO events (kind, key, payload, correlation_id, created_at) VALUES (?, ?, ?, ?, ?)", poison
        )
        database.commit()
    server.start()
    server.submit("ada", message("behind it", (MAIN,), 1, sender=ADA, body=TASK), (MAIN,))
    assert _ended(server, 40) == ("complete", "reply")
    with server.opened() as database:
        waiting = database.execute("SELECT stream, attempts, error FROM event_retries").fetchall()
    assert {(stream, attempts > 0, "KeyError" in error) for stream, attempts, error in waiting} == {
        ("mail_ingest", True, True),
        ("index", True, True),
    }


def _ended(server: MailwrightServer, seconds: float) -> tuple[str, str]:
    """How the task ended, and what was sent, once that has arrived."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with server.opened() as database:
            row = database.execute("SELECT status, kind FROM tasks WHERE completed_at IS NOT NULL").fetchone()
            left = database.execute("SELECT 1 FROM outbox WHERE status IN ('queued', 'sending')").fetchone()
        if row is not None and left is None:
            return str(row[0]), str(row[1])
        time.sleep(0.1)
    raise TimeoutError(server.log()[-3000:])


def _inbox(server: MailwrightServer) -> list[str]:
    with server.opened() as database:
        rows = database.execute(
            "SELECT m.subject FROM messages m JOIN users u ON u.id = m.user_id JOIN mailboxes b ON b.id = m.mailbox_id "
            "WHERE u.email = ? AND b.role = 'inbox' ORDER BY m.uid",
            (ADA,),
        )
        return [subject for (subject,) in rows]
