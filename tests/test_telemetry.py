"""Logs: their shape, and what never gets into them."""

import contextvars
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider

from mailwright import telemetry
from mailwright.domain import spans
from mailwright.telemetry import traces


@pytest.fixture
def lines() -> Iterator[Any]:
    out = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    telemetry.configure("info", "json", out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.handlers, root.level = before
    structlog.reset_defaults()


def test_a_line_is_one_json_object_with_the_correlation_id(lines: Any) -> None:
    with telemetry.correlated("c-1"):
        structlog.get_logger("mailwright.core").info("message.accepted", recipients=2)
    structlog.get_logger("mailwright.core").info("later")
    first, second = lines()
    assert first["event"] == "message.accepted"
    assert first["recipients"] == 2
    assert first["level"] == "info"
    assert first["logger"] == "mailwright.core"
    assert first["correlation_id"] == "c-1"
    assert first["timestamp"].endswith("Z")
    assert "correlation_id" not in second


def test_a_line_says_which_trace_it_belongs_to_and_whose_affair_it_is() -> None:
    out, root = io.StringIO(), logging.getLogger()
    before = root.handlers[:], root.level
    telemetry.configure("info", "json", out, service="post-office")
    spans.follow(traces.Traces(TracerProvider()))
    try:
        with spans.edge("edge") as edge:
            contextvars.copy_context().run(_filed)
        structlog.get_logger().info("later")
    finally:
        spans.follow(None)
        root.handlers, root.level = before
        structlog.reset_defaults()
    first, later = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["trace_id"], first["tenant"], first["user"]) == (edge.trace_id, "t-1", "u-1")
    assert first["service"] == later["service"] == "post-office"
    assert not {"trace_id", "tenant", "user"} & later.keys()


def _filed() -> None:
    spans.concerns("t-1", "u-1")
    structlog.get_logger().info("filed")


def test_a_secret_is_masked_however_deep_it_is(lines: Any) -> None:
    structlog.get_logger().info(
        "tried",
        password="hunter2",
        headers={"Authorization": "Basic abc", "X-Mailwright-Signature": "sha256=ff"},
        model_api_key="sk-1",
        url="smtp://ada:hunter2@relay.example.org:25",
        models=[{"api_key": "sk-2"}],
        input_tokens=120,
    )
    text = json.dumps(lines())
    for secret in ("hunter2", "Basic abc", "sha256=ff", "sk-1", "sk-2"):
        assert secret not in text
    assert "relay.example.org" in text
    assert lines()[0]["input_tokens"] == 120


def test_mail_text_does_not_get_into_a_log(lines: Any) -> None:
    structlog.get_logger().info("filed", subject="Wages", textBody="Ada earns", raw=b"Subject: Wages", preview="Ada")
    (line,) = lines()
    assert "Wages" not in json.dumps(line)
    assert "Ada" not in json.dumps(line)
    assert line["subject"] == "(withheld, 5 long)"


def test_records_of_libraries_take_the_same_road(lines: Any) -> None:
    logging.getLogger("uvicorn.error").warning("cannot reach %s", "http://ada:pw@127.0.0.1/")
    logging.getLogger("uvicorn.error").info("told at every step")
    (line,) = lines()
    assert line["event"] == "cannot reach http://***@127.0.0.1/"
    assert line["level"] == "warning"


def test_an_exception_is_recorded_whole(lines: Any) -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        structlog.get_logger().exception("bug")
    (line,) = lines()
    assert "ValueError: odd" in line["exception"]
    assert "test_telemetry" in line["exception"]


def test_a_long_value_is_cut(lines: Any) -> None:
    structlog.get_logger().info("told", reason="x" * 10_000)
    (line,) = lines()
    assert len(line["reason"]) < 2_100


def test_a_terminal_gets_readable_text() -> None:
    out = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    telemetry.configure("info", "pretty", out)
    structlog.get_logger("mailwright").info("ready", http=8080)
    root.handlers, root.level = before
    structlog.reset_defaults()
    assert "ready" in out.getvalue()
    assert "http=8080" in out.getvalue()


def test_metrics_are_in_the_text_format() -> None:
    assert b"# HELP" in telemetry.metrics_text()


def test_what_a_peer_said_does_not_act_on_a_terminal() -> None:
    out = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    telemetry.configure("info", "pretty", out)
    try:
        structlog.get_logger("x").info(
            "said \x1b[2J", reply="\x1b]0;owned\x07", codes=["\x9b1m"], host="a\u202eb\nforged"
        )
        try:
            raise ValueError("\x1b[31mboom")
        except ValueError:
            logging.getLogger("y").exception("broke %s", "\x1b[1m")
    finally:
        root.handlers, root.level = before
        structlog.reset_defaults()
    text = out.getvalue()
    assert not set("\x1b\x07\x9b\u202e") & set(text)
    assert "\nforged" not in text
    assert "\\x1b[31mboom" in text
