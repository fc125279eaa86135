"""Traces by OpenTelemetry, sent by OTLP over HTTP: the one module that knows its SDK, imported when `otlp_endpoint` is set.

Called by the application, which starts it before the doors open and stops it after everything else.
Promises: recording waits for nobody: spans are sent from a thread, in batches; while the collector is away they are dropped beyond
some thousands, and the log says so once. The share that is traced is chosen at the edge (by ratio, or by a caller that is believed) and
holds to the end.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import Token
from typing import Any

import structlog
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mailwright import __version__
from mailwright.domain import spans
from mailwright.domain.spans import Value

log = structlog.get_logger(__name__)

EXPORT_SECONDS = 5.0  # for one batch, its repetitions included
QUEUE = 4096  # spans that wait to be sent; what comes beyond is dropped
LAST_SECONDS = 3.0  # for what waits when the process ends

STANDARD = {
    "route": "http.route",
    "method": "http.request.method",
    "code": "http.response.status_code",
    "model": "gen_ai.request.model",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
}
"""Attributes that OpenTelemetry's semantic conventions have a name for. The others are called `mailwright.…`."""

_w3c = TraceContextTextMapPropagator()


def start(
    endpoint: str,
    *,
    headers: Mapping[str, str],
    ratio: float,
    service: str,
    environment: str = "",
    roles: Sequence[str] = (),
) -> Traces:
    """Begin to record, and to send. `endpoint` is the address of a collector, or the whole one of its /v1/traces."""
    about = {
        "service.name": service,
        "service.version": __version__,
        "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
        "mailwright.roles": ",".join(sorted(roles)),
    }
    if environment:
        about["deployment.environment.name"] = environment
    address = endpoint if endpoint.endswith("/v1/traces") else f"{endpoint}/v1/traces"
    exporter = _Patient(OTLPSpanExporter(endpoint=address, headers=dict(headers), timeout=EXPORT_SECONDS))
    provider = TracerProvider(sampler=ParentBasedTraceIdRatio(ratio), resource=Resource(about))
    provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=QUEUE))
    found = Traces(provider)
    spans.follow(found)
    return found


class Traces:
    """The follower of `domain.spans`."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("mailwright", __version__)

    def stop(self) -> None:
        """Send what waits, for a moment, and record no more. Blocks."""
        spans.follow(None)
        self._provider.force_flush(int(LAST_SECONDS * 1000))
        self._provider.shutdown()

    def edge(
        self, name: str, parent: str | None, attributes: Mapping[str, Value], *, believed: bool
    ) -> AbstractContextManager[spans.Span]:
        """See `domain.spans.Follower`. What is kept of the context is what it came with: a connection is no trace."""
        context, links = Context() if parent is None else _w3c.extract({"traceparent": parent}, Context()), []
        if not believed:
            named = trace.get_current_span(context).get_span_context()
            context, links = Context(), [Link(named)] if named.is_valid else []
        return _Open(self._tracer, name, context, SpanKind.SERVER, attributes, inside=True, links=links)

    def span(
        self, name: str, parent: str | None, attributes: Mapping[str, Value], *, inside: bool
    ) -> AbstractContextManager[spans.Span] | None:
        """See `domain.spans.Follower`."""
        context = contexts.get_current() if parent is None else _w3c.extract({"traceparent": parent}, Context())
        above = trace.get_current_span(context).get_span_context()
        if not (above.is_valid and above.trace_flags.sampled):
            return None
        kind = SpanKind.INTERNAL if parent is None else SpanKind.CONSUMER
        return _Open(self._tracer, name, context, kind, attributes, inside=inside)

    def current(self) -> spans.Span:
        """See `domain.spans.Follower`."""
        return _Known(trace.get_current_span())


class _Known:
    """A span as `domain.spans` knows one."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str | None:
        found = self._span.get_span_context()
        return f"00-{found.trace_id:032x}-{found.span_id:016x}-01" if self._span.is_recording() else None

    @property
    def trace_id(self) -> str:
        found = self._span.get_span_context()
        return f"{found.trace_id:032x}" if found.is_valid else ""

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def set(self, **attributes: Value) -> None:
        if self._span.is_recording():
            self._span.set_attributes(_named(attributes))

    def failed(self, kind: str) -> None:
        self._span.set_status(Status(StatusCode.ERROR, kind))
        self._span.set_attribute("error.type", kind)


class _Open:
    """A span from when it is entered to when it is left. Of an error it keeps the class: its text may quote a mail."""

    __slots__ = ("_attributes", "_context", "_inside", "_kind", "_links", "_name", "_span", "_token", "_tracer")

    def __init__(
        self,
        tracer: trace.Tracer,
        name: str,
        context: Context,
        kind: SpanKind,
        attributes: Mapping[str, Value],
        *,
        inside: bool,
        links: Sequence[Link] = (),
    ) -> None:
        self._tracer, self._name, self._context, self._kind = tracer, name, context, kind
        self._attributes, self._inside, self._links = attributes, inside, links
        self._token: Token[Context] | None = None

    def __enter__(self) -> spans.Span:
        named = _named(self._attributes)
        self._span = self._tracer.start_span(self._name, self._context, self._kind, named, self._links)
        if self._inside:
            self._token = contexts.attach(trace.set_span_in_context(self._span, self._context))
        return _Known(self._span)

    def __exit__(self, kind: type[BaseException] | None, _error: object, _where: object) -> None:
        if kind is not None:
            _Known(self._span).failed(kind.__name__)
        if self._token is not None:
            contexts.detach(self._token)
        self._span.end()


class _Patient(SpanExporter):
    """Sends, and says once when that does not work and once when it works again."""

    def __init__(self, exporter: OTLPSpanExporter) -> None:
        self._exporter = exporter
        self._away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Whatever goes wrong is only a trace that nobody will see."""
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # a bug of the library must not end its thread
            log.debug("traces.export_failed", error=type(error).__name__)
            result = SpanExportResult.FAILURE
        away = result is not SpanExportResult.SUCCESS
        if away and not self._away:
            log.warning("traces.not_sent", because="the collector does not take them; they are dropped until it does")
        elif self._away and not away:
            log.info("traces.sent_again")
        self._away = away
        return result

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        return True


def _named(attributes: Mapping[str, Value]) -> dict[str, Any]:
    return {STANDARD.get(name, f"mailwright.{name}"): value for name, value in attributes.items()}
