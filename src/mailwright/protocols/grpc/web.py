"""The core API for browsers: the same calls as Connect and gRPC-Web under `/rpc`, by the library `connectrpc`.

Mounted by the HTTP application, whose frame counts, limits and names every request. Who calls is known as everywhere under HTTP: the
session's cookie with its X-CSRF-Token, or an Authorization header. Promises: nothing of it is imported before the first call; who sends
more than SMALL_OCTETS, or anything compressed, is known before it is read (strangers hold 170 MiB at worst: SMALL_OCTETS on each
connection that HTTP takes, and what was made of them by as many as are being found out), and is otherwise answered by HTTP's status
alone, for which both protocols have a meaning.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mailwright.core import Core
from mailwright.protocols.api.admin.parts import Machine
from mailwright.protocols.grpc.settings import GrpcSettings
from mailwright.protocols.identity import Web
from mailwright.protocols.streams import Streams

if TYPE_CHECKING:
    from connectrpc.errors import ConnectError
    from connectrpc.request import RequestContext

    from mailwright.protocols.grpc.codes import Said
    from mailwright.protocols.grpc.running import Runner

PREFIX = "/rpc"
HEADERS = ("Connect-Protocol-Version", "Connect-Timeout-Ms", "Grpc-Timeout", "X-Grpc-Web", "X-User-Agent")
"""What pages of other sites send along, besides what they send to any path."""
ANSWERED = ("Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin")
"""What they may read of an answer."""
SMALL_OCTETS = 16 * 1024  # of a request whose caller is found out after it was taken apart, up to 17 times as large
MAX_RECEIVED_OCTETS = 4 * 1024 * 1024  # of one message: pages cannot send them in pieces
_ENCODINGS = (b"content-encoding", b"connect-content-encoding", b"grpc-encoding")

# What connectrpc does not hand on to a method: the request itself, which says who calls.
_scope: ContextVar[Scope] = ContextVar("rpc scope")


class Rpc:
    """The paths below PREFIX. `streams` end with the server, `machine` offers again what failed."""

    def __init__(self, core: Core, web: Web, settings: GrpcSettings, streams: Streams, machine: Machine) -> None:
        self._parts = (core, web, settings, streams, machine)
        self._made: tuple[Runner, ASGIApp] | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        kinds = [value.partition(b";")[0].strip() for name, value in scope["headers"] if name == b"content-type"]
        if scope["method"] != "POST":
            # Nothing here is asked by a link, nor by what a page of another site can make a browser send without asking us.
            await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)
        elif any(kind == b"application/grpc" or kind.startswith(b"application/grpc+") for kind in kinds):
            await Response("gRPC itself has a port of its own; this is gRPC-Web and Connect", 415)(scope, receive, send)
        else:
            runner, app = await self._begin()
            if not _is_small(scope):
                from mailwright.protocols.grpc.callers import Incoming

                await runner.known(Incoming(HTTPConnection(scope), within=True))
            token = _scope.set(scope)
            try:
                await app(scope, receive, send)
            finally:
                _scope.reset(token)

    async def _begin(self) -> tuple[Runner, ASGIApp]:
        async with self._making:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make)
            return self._made

    def _make(self) -> tuple[Runner, ASGIApp]:
        from mailwright.protocols.grpc.running import make_runner  # brings much with it

        runner = make_runner(*self._parts)
        return runner, _application(runner)


def _is_small(scope: Scope) -> bool:
    """Whether a request says that it is short, and will not become long when it is unpacked.

    Of a header that comes twice connectrpc takes the first, others the last: all are looked at.
    """
    headers = scope["headers"]
    lengths = [value for name, value in headers if name == b"content-length"]
    packed = any(name in _ENCODINGS and value != b"identity" for name, value in headers)
    return not packed and len(lengths) == 1 and lengths[0].isdigit() and int(lengths[0]) <= SMALL_OCTETS


def _application(runner: Runner) -> ASGIApp:
    from connectrpc.code import Code
    from connectrpc.compat import google_protobuf_codecs
    from connectrpc.errors import ConnectError, ErrorDetail
    from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
    from connectrpc.server import ConnectASGIApplication, Endpoint
    from protobuf.wkt import Any as Packed

    from mailwright.protocols.grpc.callers import Incoming
    from mailwright.protocols.grpc.calls import PATHS, Path
    from mailwright.protocols.grpc.codes import details
    from mailwright.protocols.grpc.running import Refused, given

    def incoming(full: str) -> Incoming:
        scope = _scope.get()
        scope["route"] = SimpleNamespace(path=PREFIX + full)  # what the frame counts it under
        return Incoming(HTTPConnection(scope), within=True)

    def error(said: Said, correlation_id: str) -> ConnectError:
        packed = [
            ErrorDetail(
                Packed(type_url=f"type.googleapis.com/{each.DESCRIPTOR.full_name}", value=each.SerializeToString())
            )
            for each in details(said, correlation_id)
        ]
        return ConnectError(Code(said.code.name.lower().replace("cancelled", "canceled")), said.message, packed)

    def one(full: str) -> Callable[[Any, RequestContext[Any, Any]], Any]:
        async def answer(asked: Any, context: RequestContext[Any, Any]) -> Any:
            came = incoming(full)
            left = context.timeout_ms
            try:
                return await runner.one(full, given(asked), came, None if left is None else left / 1000)
            except Refused as refused:
                raise error(refused.said, came.correlation_id) from None

        return answer

    def many(full: str) -> Callable[[Any, RequestContext[Any, Any]], AsyncIterator[Any]]:
        async def answer(asked: Any, context: RequestContext[Any, Any]) -> AsyncIterator[Any]:
            came = incoming(full)
            try:
                async for each in runner.many(full, given(asked), came):
                    yield each
            except Refused as refused:
                raise error(refused.said, came.correlation_id) from None

        return answer

    def endpoint(full: str, path: Path) -> Any:
        kind = (
            StreamType.SERVER_STREAM
            if path.many_answered
            else StreamType.CLIENT_STREAM
            if path.many_asked
            else StreamType.UNARY
        )
        method = MethodInfo(
            name=path.method,
            service_name=path.service,
            input=path.asks,
            output=path.answers,
            idempotency_level=IdempotencyLevel.UNKNOWN,
            stream_type=kind,
        )
        if path.many_answered:
            return Endpoint.server_stream(method, many(full))
        return Endpoint.client_stream(method, one(full)) if path.many_asked else Endpoint.unary(method, one(full))

    class Application(ConnectASGIApplication[None]):
        path = PREFIX

    made: Any = Application(
        service=None,
        endpoints=lambda _: {full: endpoint(full, path) for full, path in PATHS.items()},
        read_max_bytes=MAX_RECEIVED_OCTETS,
        codecs=google_protobuf_codecs(),
    )
    app: ASGIApp = made
    return app
