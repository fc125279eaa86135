"""A collector of traces: takes what OpenTelemetry exports by OTLP over HTTP, and remembers the spans (and the octets they came in)."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    """One span. Ids in hexadecimal; `parent` is empty for the first of a trace."""

    name: str
    trace_id: str
    span_id: str
    parent: str
    error: str
    attributes: dict[str, object]
    service: str


@dataclass
class Collector:
    """What came in. `raw` is all of it, unpacked: for a look at what must not be there."""

    port: int = 0
    spans: list[Seen] = field(default_factory=list)
    raw: bytes = b""
    headers: list[dict[str, str]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self, octets: bytes, headers: dict[str, str]) -> None:
        """One export."""
        request = ExportTraceServiceRequest.FromString(octets)
        with self._changed:
            self.raw += octets
            self.headers.append(headers)
            for of_process in request.resource_spans:
                about = {each.key: each.value.string_value for each in of_process.resource.attributes}
                for scope in of_process.scope_spans:
                    self.spans += [
                        Seen(
                            name=each.name,
                            trace_id=each.trace_id.hex(),
                            span_id=each.span_id.hex(),
                            parent=each.parent_span_id.hex(),
                            error=each.status.message,
                            attributes={
                                one.key: getattr(one.value, str(one.value.WhichOneof("value")))
                                for one in each.attributes
                            },
                            service=about.get("service.name", ""),
                        )
                        for each in scope.spans
                    ]
            self._changed.notify_all()

    def wait_for(self, enough: Callable[[list[Seen]], bool], seconds: float = 60.0) -> list[Seen]:
        """The spans, once there are enough. Raises TimeoutError."""
        ends = time.monotonic() + seconds
        with self._changed:
            while not enough(self.spans):
                if not self._changed.wait(timeout=ends - time.monotonic()):
                    raise TimeoutError(f"after {seconds} s there are only {sorted({one.name for one in self.spans})}")
            return list(self.spans)


@contextmanager
def collector() -> Iterator[Collector]:
    """One that listens."""
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path != "/v1/traces":
                self.send_error(404)
                return
            found.take(
                gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body,
                {name.lower(): value for name, value in self.headers.items()},
            )
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tests have nothing to read here."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
