"""The frame around every request: its ids, the limit of its body, its count, and an answer when something breaks.

Plain ASGI, since it is passed by every request. The ids go into the logs (structlog's context), into the answer, and to core
with what the request brings; a client's own are kept when they are sane, so that one id follows a mail through every system. Which
requests are traced is for a proxy of ours to say (`traceparent`), and for nobody else.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailwright.domain import spans
from mailwright.domain.ids import new_id
from mailwright.protocols.api import errors, metrics
from mailwright.protocols.identity import Web

MAX_HELD_OCTETS = (
    256 * 1024 * 1024
)  # of all bodies at once: strangers may send some before their signature is looked at

# What pages ask and say; the longest is an alias for some hundred addresses. JSON is read before it is known who calls.
SMALL_PATHS = (
    "/api/session",
    "/api/account",
    "/api/admin",
    "/api/mail",
    "/api/user",
    "/api/billing",
    "/api/approvals",
    "/api/agents",
    "/approve",
    "/unsubscribe",
)
SMALL_OCTETS = 1024 * 1024
# Postmark hands a mail over as it was sent, and its attachments once more.
TWOFOLD_PATHS = ("/api/inbound/postmark",)

log = structlog.get_logger(__name__)

# What a client may choose as an id: it stands in logs, headers and the trace line of a mail, so nothing that means something there.
_SANE_ID = re.compile(rb"[A-Za-z0-9._:@=+/-]{1,128}")
_STREAM = (b"text/event-stream", b"application/connect+", b"application/grpc-web")
UNMATCHED = (
    "(none)"  # the route label of a request that met no route: paths strangers invent must not become time series
)


class Frame:
    """The middleware. `max_body` in bytes; for pages SMALL_OCTETS is enough. `web` knows the proxies in front of us."""

    def __init__(self, app: ASGIApp, *, max_body: int, web: Web | None = None) -> None:
        self._app = app
        self._max_body = max_body
        self._web = web
        self.held = 0  # octets of all bodies that are read and not answered yet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await _Talk(scope, send).run(self._app, receive)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = min(self._max_body, SMALL_OCTETS) if scope["path"].startswith(SMALL_PATHS) else self._max_body
        most *= 2 if scope["path"] in TWOFOLD_PATHS else 1
        exchange = _Exchange(self, scope, receive, send, most)
        parent = exchange.headers.get(b"traceparent", b"").decode("latin-1") or None
        believed = self._is_proxy(scope.get("client"))
        with (
            spans.edge("http", parent=parent, believed=believed, method=_known_method(scope["method"])) as span,
            structlog.contextvars.bound_contextvars(
                correlation_id=exchange.correlation_id, trace_id=exchange.traced(span)
            ),
        ):
            try:
                exchange.check_length()
                await self._app(scope, exchange.receive, exchange.send)
            except errors.BodyTooLarge as error:
                await exchange.fail(error.status_code, "message_too_large", error.detail)
            except Exception:
                # A bug: answered politely, recorded whole.
                log.exception("http.broke", method=scope["method"], route=exchange.route)
                await exchange.fail(500, "internal_error", "something went wrong here; it is recorded")
            finally:
                self.held -= exchange.held
                exchange.count()
                exchange.tell(span)

    def _is_proxy(self, peer: tuple[str, int] | None) -> bool:
        return peer is not None and self._web is not None and self._web.is_proxy(peer[0])


class _Exchange:
    """One request and its answer."""

    def __init__(self, frame: Frame, scope: Scope, receive: Receive, send: Send, max_body: int) -> None:
        self._frame = frame
        self._scope = scope
        self._receive = receive
        self._send = send
        self._max_body = max_body
        self.held = 0  # octets of the body
        self._began = time.perf_counter()
        self._code: int | None = None
        self._goes_on = False  # an event stream: how long it took says nothing
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.correlation_id = scope["correlation_id"] = _id(self.headers, b"x-correlation-id")
        self.trace_id = scope["trace_id"] = _id(self.headers, b"x-trace-id")

    @property
    def route(self) -> str:
        return str(getattr(self._scope.get("route"), "path", UNMATCHED))

    def traced(self, span: spans.Span) -> str:
        """The id of its trace, for the answer and the logs: the real one where traces are recorded."""
        if span.trace_id:
            self.trace_id = self._scope["trace_id"] = span.trace_id
        return self.trace_id

    def tell(self, span: spans.Span) -> None:
        """What became of it, on its span."""
        if span.traceparent is not None:
            code = self._code or 499
            span.rename(f"{_known_method(self._scope['method'])} {self.route}")
            span.set(route=self.route, code=code, octets=self.held)
            if code >= 500:
                span.failed(str(code))

    def check_length(self) -> None:
        """Refuse by what the client announces; what it sends is counted too."""
        length = self.headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self._max_body:
            raise errors.BodyTooLarge(self._max_body)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            octets = len(message.get("body", b""))
            self.held += octets
            self._frame.held += octets
            if self.held > self._max_body:
                raise errors.BodyTooLarge(self._max_body)
            if self._frame.held > MAX_HELD_OCTETS:
                raise HTTPException(
                    503, "too much is coming in at once; try again", {"Retry-After": str(errors.RETRY_SECONDS)}
                )
        return message

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._code = message["status"]
            headers = list(message.get("headers", []))
            self._goes_on = any(name == b"content-type" and value.startswith(_STREAM) for name, value in headers)
            message["headers"] = [
                *headers,
                (b"x-correlation-id", self.correlation_id.encode()),
                (b"x-trace-id", self.trace_id.encode()),
                (b"x-content-type-options", b"nosniff"),
            ]
        await self._send(message)

    async def fail(self, status: int, code: str, message: str) -> None:
        """Answer for an application that did not; nothing can be said any more once it began to."""
        if self._code is None:
            answer = errors.envelope(
                status, code, message, request_id=self.correlation_id, headers={"Connection": "close"}
            )
            await answer(self._scope, self.receive, self.send)

    def count(self) -> None:
        code = str(self._code or 499)  # 499: the client went away before there was an answer
        metrics.REQUESTS.labels(self.route, _known_method(self._scope["method"]), code).inc()
        if not self._goes_on:
            metrics.SECONDS.labels(self.route, code).observe(time.perf_counter() - self._began)


class _Talk:
    """One WebSocket: its ids, its count, and an end when something breaks."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._code: int | None = None
        headers: dict[bytes, bytes] = dict(scope["headers"])
        self._correlation_id = scope["correlation_id"] = _id(headers, b"x-correlation-id")
        self._trace_id = scope["trace_id"] = _id(headers, b"x-trace-id")

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        with structlog.contextvars.bound_contextvars(correlation_id=self._correlation_id, trace_id=self._trace_id):
            try:
                await app(self._scope, receive, self.send)
            except Exception:
                log.exception("websocket.broke", route=self._route)
                with contextlib.suppress(OSError, RuntimeError):  # it has gone, or said its last
                    await self.send({"type": "websocket.close", "code": 1011})  # RFC 6455 §7.4.1
            finally:
                if self._code is None:
                    self._count(499)  # the client went away before there was an answer

    async def send(self, message: MutableMapping[str, Any]) -> None:
        kind = message["type"]
        if kind in ("websocket.accept", "websocket.http.response.start"):
            ids = [
                (b"x-correlation-id", self._correlation_id.encode()),
                (b"x-trace-id", self._trace_id.encode()),
                (b"x-content-type-options", b"nosniff"),
            ]
            message["headers"] = [*message.get("headers", []), *ids]
            self._count(message.get("status", 101))
        elif kind == "websocket.close" and self._code is None:
            self._count(403)  # as uvicorn answers a handshake that is not accepted
        await self._send(message)

    @property
    def _route(self) -> str:
        return str(getattr(self._scope.get("route"), "path", UNMATCHED))

    def _count(self, code: int) -> None:
        self._code = code
        metrics.REQUESTS.labels(self._route, "websocket", str(code)).inc()


def _id(headers: Mapping[bytes, bytes], name: bytes) -> str:
    given = headers.get(name, b"")
    return given.decode("ascii") if _SANE_ID.fullmatch(given) else new_id()


def _known_method(method: str) -> str:
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
