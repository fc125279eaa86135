"""Reports of errors to Sentry: the one module that knows its SDK, imported when `sentry_dsn` is set.

Called by `telemetry.observe`. What is logged as an error is reported, with where it happened and the ids it is known by.
Promises: no local variables, no source of a request, no breadcrumbs, no mail text: what leaves went through `telemetry.withhold`, as logs do.
"""

from __future__ import annotations

from typing import Any

from mailwright import __version__, telemetry
from mailwright.domain.refusals import BadInput

WAIT_SECONDS = 2.0  # for reports that are under way when the process ends
KEPT = ("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "server_name", "sdk")
TAGS = ("correlation_id", "trace_id", "span_id", "tenant", "user", "service", "workflow", "workflow_id")


def start(dsn: str, *, service: str, environment: str) -> None:
    """Report from now on. Raises BadInput when the extra is not installed, or the address is none."""
    try:
        import sentry_sdk
        from sentry_sdk.integrations.logging import LoggingIntegration
        from sentry_sdk.utils import BadDsn
    except ImportError:
        raise BadInput("MAILWRIGHT_SENTRY_DSN: sentry-sdk is not installed: pip install 'mailwright[sentry]'") from None
    try:
        sentry_sdk.init(
            dsn,
            release=f"mailwright@{__version__}",
            environment=environment or "production",
            server_name=service,
            before_send=scrubbed,
            send_default_pii=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            traces_sample_rate=None,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[LoggingIntegration(level=None, event_level=40)],
            shutdown_timeout=WAIT_SECONDS,
        )
    except BadDsn:
        raise BadInput("MAILWRIGHT_SENTRY_DSN: that is no address of a Sentry project") from None


def stop() -> None:
    """Send what waits, for a moment. Blocks."""
    import sentry_sdk

    sentry_sdk.get_client().close(timeout=WAIT_SECONDS)


def scrubbed(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """What leaves of a report: what happened, where, and the ids it is known by.

    The text of an error is not among it, nor what a library says in its own words: both may quote what they met, and that may be a mail.
    """
    found: dict[str, Any] = {name: event[name] for name in KEPT if name in event}
    record = hint.get("log_record")
    line = getattr(record, "msg", None)
    known = telemetry.withhold(None, "", dict(line)) if isinstance(line, dict) else {}
    found["logentry"] = {"message": str(known.get("event") or f"an error of {event.get('logger', 'a library')}")}
    found["tags"] = {name: str(known[name]) for name in TAGS if known.get(name)}
    if "exception" in event:
        values = event["exception"].get("values", [])
        found["exception"] = {"values": [_raised(each) for each in values]}
    return found


def _raised(error: dict[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames", [])
    kept = ("filename", "abs_path", "function", "module", "lineno", "in_app")
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "stacktrace": {"frames": [{name: frame[name] for name in kept if name in frame} for frame in frames]},
    }
