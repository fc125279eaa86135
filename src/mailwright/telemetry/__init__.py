"""Telemetry: where logs and metrics go, and what may never be in them.

Called once by the command line before anything else speaks. Parts log through structlog and declare their metrics beside
their code; this module only says how both leave the process. `traces` and `reports` (of errors) are there when the settings ask.
Promises: logs go to standard error, one JSON object a line (readable text on a terminal); whatever is logged under the name
of a secret or of mail text is taken out here, the libraries' own records included.
Does not: open a port (`protocols/api` serves /metrics).
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

from mailwright.domain import spans
from mailwright.domain.ids import new_id

if TYPE_CHECKING:
    from mailwright.settings import Settings

MASK: Final = "***"
MAX_VALUE = 2_000  # characters of one logged value: a log line is for people and is no archive
MAX_DEPTH = 6  # of nested values; deeper ones are somebody's object graph

_SECRET = re.compile(
    r"password|passwd|secret|token|authori[sz]ation|api_?key|private_?key|cookie|signature|credential", re.IGNORECASE
)
_MAIL_TEXT = frozenset(
    [
        "subject",
        "body",
        "text",
        "html",
        "preview",
        "raw",
        "content",
        "snippet",
        "payload",
        "message_text",
        "textbody",
        "htmlbody",
        "body_text",
        "body_html",
        "text_body",
        "html_body",
        "prompt",
        "answer",
        "reply_text",
    ]
)
# What would act on a terminal, or turn what stands there around; line ends and tabs are the renderers' affair.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_URL_PASSWORD = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]*(?=@)")

QUIET = (
    "aiosmtplib",
    "alembic",
    "asyncio",
    "botocore",
    "dbos",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
    "openai",
    "sentry_sdk",
    "anthropic",
    "stripe",
    "urllib3",
    "uvicorn",
)
"""Libraries that tell every step at `info`: only their warnings are kept, unless the level is `debug`."""

Format = Literal["auto", "json", "pretty"]


def configure(
    level: str = "info", format: Format = "auto", stream: TextIO | None = None, *, service: str | None = None
) -> None:
    """Send all logs of the process to `stream` (standard error), every line with the name of the `service`. May be called again; the
    last call counts."""
    out = stream if stream is not None else sys.stderr
    pretty = format == "pretty" or (format == "auto" and out.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _placing(service),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                withhold,
                *_renderer(pretty=pretty, colors=out.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(threshold)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING) if threshold > logging.DEBUG else threshold)
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # each failure with its frames; `traces` says it once


def observe(settings: Settings) -> Callable[[], None]:
    """Begin to trace and to report errors, as far as the settings ask for it. What is returned ends it, and blocks for a moment.

    Raises BadInput when something is not installed.
    """
    ends: list[Callable[[], None]] = []
    if settings.sentry_dsn is not None:
        from mailwright.telemetry import reports  # an extra

        reports.start(
            settings.sentry_dsn.get_secret_value(), service=settings.service_name, environment=settings.environment
        )
        ends.append(reports.stop)
    if settings.otlp_endpoint is not None:
        from mailwright.telemetry import traces  # brings the SDK

        follower = traces.start(
            settings.otlp_endpoint,
            headers=settings.otlp_header_fields,
            ratio=settings.trace_sample_ratio,
            service=settings.service_name,
            environment=settings.environment,
            roles=sorted(settings.active_roles),
        )
        ends.append(follower.stop)

    def end() -> None:
        for each in reversed(ends):
            each()

    return end


def withhold(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A log processor: masks secrets and takes out mail text, by the names they are logged under, however deep."""
    for key in list(event):
        if key not in ("event", "level", "timestamp", "logger"):
            event[key] = _cleaned(key, event[key], 0)
    event["event"] = _text(str(event.get("event", "")))
    return event


def _placing(service: str | None) -> Processor:
    """A log processor: which service and trace a line belongs to, and whose affair it is, where that is known."""

    def place(_logger: Any, _method: str, event: EventDict) -> EventDict:
        if service is not None:
            event["service"] = service
        traceparent = spans.traceparent()
        if traceparent is not None:
            _, event["trace_id"], event["span_id"], _ = traceparent.split("-")
        if correlation_id := spans.correlation():
            event.setdefault("correlation_id", correlation_id)
        tenant, user = spans.whose()
        if tenant:
            event.setdefault("tenant", tenant)
        if user:
            event.setdefault("user", user)
        return event

    return place


@contextmanager
def correlated(correlation_id: str | None = None) -> Iterator[str]:
    """Everything logged inside carries this id (a new one when None): how one message is followed through the logs."""
    wanted = correlation_id or new_id()
    with structlog.contextvars.bound_contextvars(correlation_id=wanted):
        yield wanted


def metrics_text() -> bytes:
    """Every metric of the process in Prometheus' text format."""
    from prometheus_client import disable_created_metrics, generate_latest

    disable_created_metrics()  # type: ignore[no-untyped-call] # a second series for each counter, which nobody charts
    return generate_latest()


def _cleaned(key: str, value: Any, depth: int) -> Any:
    if _SECRET.search(key):
        return value if value in (None, "") or isinstance(value, int | float) else MASK  # input_tokens is a number
    if key.lower() in _MAIL_TEXT and value not in (None, ""):
        return f"(withheld, {len(value)} long)" if isinstance(value, str | bytes) else "(withheld)"
    if depth >= MAX_DEPTH:
        return "…"
    if isinstance(value, MutableMapping):
        return {name: _cleaned(str(name), each, depth + 1) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned("", each, depth + 1) for each in value]
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    return _text(value, most=MAX_VALUE * 10 if key == "exception" else MAX_VALUE) if isinstance(value, str) else value


def _text(value: str, *, most: int = MAX_VALUE) -> str:
    """Without passwords in URLs and control characters (a peer's words may hold some), and bounded."""
    if "://" in value:
        value = _URL_PASSWORD.sub(MASK, value)
    value = _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], value)
    return value if len(value) <= most else f"{value[:most]}… ({len(value)} characters)"


def _renderer(*, pretty: bool, colors: bool) -> list[Processor]:
    if pretty:
        return [
            structlog.dev.ConsoleRenderer(
                colors=colors,
                pad_event_to=32,
                # Not the one with local variables, which hold mail and passwords.
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    return [structlog.processors.JSONRenderer(default=str)]
