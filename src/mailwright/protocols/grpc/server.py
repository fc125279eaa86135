"""The gRPC port, with grpcio's asyncio server: TLS, health, reflection, limits, and the way of each call to `running`.

Started and closed by `app.py`. Expects what `settings.missing_of_programs` has checked. Promises: without certificates nobody but this
machine is listened to; certificates are read again when their files are another; a close lets calls under way finish.

What strangers can make us hold is bounded: nothing of a call is read before it is known who calls (on the wire a call with one message
is a stream of one, so each is registered as a stream and reads for itself), and until then HTTP/2's windows let WINDOW_OCTETS of each
come. At worst that is MAX_WAITING and MAX_CALLS calls with a window and a header each (150 MiB), one message for each call that is open
to anybody (`openly`: 192 MiB), and the connections (MAX_CONNECTIONS). Messages do not come compressed: a small one could become a large.

Who reads no answers (HTTP/2 lets a client have a window of nothing) keeps calls that nobody can end. They are counted until they are
gone, of strangers by address and of the others by person, and go with their connection, which does not grow old.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import unquote

import grpc
import structlog
from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from mailwright.domain.refusals import BadInput
from mailwright.protocols.grpc.callers import Incoming, connection_of
from mailwright.protocols.grpc.calls import PATHS, Path
from mailwright.protocols.grpc.certificates import Certificates
from mailwright.protocols.grpc.codes import Said, details
from mailwright.protocols.grpc.openly import Context, Open, until_done
from mailwright.protocols.grpc.running import MAX_CALLS, Read, Refused, Runner
from mailwright.protocols.grpc.settings import GrpcSettings
from mailwright.protocols.streams import Streams

MAX_RECEIVED_OCTETS = 1024 * 1024  # of one message of a request; what is larger comes in pieces
WINDOW_OCTETS = 64 * 1024  # of a call that nobody reads yet: what HTTP/2 begins with (RFC 9113 §6.9.2)
MAX_WAITING = 600  # calls that came faster than they are taken; more are refused
MAX_CONNECTIONS = 2000  # as under HTTP; more are hung up on
HANDSHAKE_SECONDS = 10  # for TLS and HTTP/2's first words
KEEPALIVE_SECONDS = 60  # an idle connection is asked whether anybody is there
KEEPALIVE_ANSWER_SECONDS = 20
MIN_PING_SECONDS = 10  # a client that asks more often is sent away
IDLE_SECONDS = 120  # a connection without a call is closed
AGE_SECONDS = 1800  # a connection takes no new calls then: clients open another, perhaps to another process
END_SECONDS = 600  # for what goes on there still
MAX_HEADER_OCTETS = 32 * 1024
DETAILS = "grpc-status-details-bin"

log = structlog.get_logger(__name__)

_STATUS = {each.value[0]: each for each in grpc.StatusCode}


class GrpcServer:
    """One port. `await start()`, then `port` is known; `await close()` ends it politely."""

    def __init__(self, runner: Runner, streams: Streams, settings: GrpcSettings) -> None:
        self._runner = runner
        self._streams = streams
        self._settings = settings
        self._server: grpc.aio.Server | None = None
        self.port = settings.port

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken, the address is not ours, or a certificate cannot be read."""
        settings = self._settings
        server = grpc.aio.server(options=_options(settings), maximum_concurrent_rpcs=MAX_CALLS)
        names = sorted({path.service for path in PATHS.values()})
        for name in names:
            methods = {path.method: self._handler(full, path) for full, path in PATHS.items() if path.service == name}
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, methods),))
        openly = Open(lambda context: self._runner.client_of(_incoming("", context)), names, self._streams.closing)
        server.add_generic_rpc_handlers((openly.health(),))
        if settings.reflection:
            server.add_generic_rpc_handlers((openly.reflection(),))
        self.port = self._listen(server)
        await server.start()
        self._server = server

    async def close(self, grace: float = 10) -> None:
        """Take no new calls, let those under way finish; after `grace` seconds, cut."""
        if self._server is None:
            return
        self._streams.close()  # they would go on for ever; whoever watches our health is told
        await self._server.stop(grace)
        self._server = None

    def _listen(self, server: grpc.aio.Server) -> int:
        settings = self._settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"{host}:{settings.port}"
        try:
            if settings.cert is None or settings.key is None:
                return int(server.add_insecure_port(address))
            files = Certificates(settings.cert, settings.key, settings.client_ca)
            return int(server.add_secure_port(address, files.credentials()))
        except RuntimeError as error:
            raise OSError(f"gRPC cannot listen on {address}: {error}") from None

    def _handler(self, full: str, path: Path) -> grpc.RpcMethodHandler[Any, Any]:
        # Whatever the protobufs say, each reads a stream: grpcio reads a single message before anybody is asked.
        if path.many_answered:
            return grpc.stream_stream_rpc_method_handler(self._many(full, path), None, path.answers.SerializeToString)
        return grpc.stream_unary_rpc_method_handler(self._one(full, path), None, path.answers.SerializeToString)

    def _one(self, full: str, path: Path) -> Callable[..., Any]:
        async def answer(_: Any, context: Context) -> Any:
            incoming = _incoming(full, context, until_done(context))
            try:
                answered = await self._runner.one(full, _reader(path, context), incoming, context.time_remaining())
            except Refused as refused:
                await _abort(context, refused.said, incoming)
            else:
                context.set_trailing_metadata(_ids(incoming))
                return answered

        return answer

    def _many(self, full: str, path: Path) -> Callable[..., Any]:
        async def answer(_: Any, context: Context) -> AsyncIterator[Any]:
            incoming = _incoming(full, context, until_done(context))
            await context.send_initial_metadata((("x-correlation-id", incoming.correlation_id),))
            try:
                async for each in self._runner.many(full, _reader(path, context), incoming):
                    yield each
                context.set_trailing_metadata(_ids(incoming))
            except Refused as refused:
                await _abort(context, refused.said, incoming)

        return answer


def _reader(path: Path, context: Context) -> Read:
    """Reads what a call asks, when somebody wants to know: its message, or an iterator of its messages."""

    async def one() -> Any:
        raw = await context.read()
        if raw is grpc.aio.EOF:
            raise BadInput("the call has no message")
        return _decoded(path, raw)

    async def several() -> AsyncIterator[Any]:
        while (raw := await context.read()) is not grpc.aio.EOF:
            yield _decoded(path, raw)

    async def all_of_them() -> AsyncIterator[Any]:
        return several()

    return all_of_them if path.many_asked else one


def _decoded(path: Path, raw: bytes) -> Any:
    try:
        return path.asks.FromString(raw)
    except DecodeError:
        raise BadInput(f"this is no {path.asks.DESCRIPTOR.name}") from None


async def _abort(context: Context, said: Said, incoming: Incoming) -> None:
    """End the call with what is said of it, and the details of google.rpc (AIP-193)."""
    status = status_pb2.Status(code=int(said.code), message=said.message)
    for detail in details(said, incoming.correlation_id):
        status.details.add().Pack(detail)
    metadata = ((DETAILS, status.SerializeToString()), *_ids(incoming))
    await context.abort(_STATUS[int(said.code)], said.message, metadata)


def _ids(incoming: Incoming) -> tuple[tuple[str, str], ...]:
    """By which a call is found in logs and traces."""
    return ("x-correlation-id", incoming.correlation_id), ("x-trace-id", incoming.trace_id)


def _incoming(full: str, context: Context, held: ExitStack | None = None) -> Incoming:
    metadata = {name: value for name, value in context.invocation_metadata() or () if isinstance(value, str)}
    return Incoming(connection_of(full, metadata, _client(context.peer())), _names(context), held=held)


def _names(context: Context) -> frozenset[str]:
    """What the client's certificate is named, when it showed one that was checked."""
    found = context.auth_context()
    if not context.peer_identities():
        return frozenset()
    named = (*found.get("x509_common_name", ()), *found.get("x509_subject_alternative_name", ()))
    return frozenset(each.decode("utf-8", "replace") for each in named)


def _client(peer: str) -> tuple[str, int] | None:
    """The address at the other end, from gRPC's words for it: `ipv4:192.0.2.1:40000`, `ipv6:%5B2001:db8::1%5D:40000`."""
    _, _, address = unquote(peer).partition(":")
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return None
    return (host, int(port)) if port.isdigit() else None


def _options(settings: GrpcSettings) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # two servers on one port would share the calls, and nobody would notice
        ("grpc.max_receive_message_length", MAX_RECEIVED_OCTETS),
        ("grpc.compression_enabled_algorithms_bitset", 1),  # none
        ("grpc.http2.lookahead_bytes", WINDOW_OCTETS),
        ("grpc.http2.bdp_probe", 0),  # would let a fast stranger have larger windows
        ("grpc.server.max_pending_requests", MAX_WAITING // 2),  # from here on some are refused, at the other all
        ("grpc.server.max_pending_requests_hard_limit", MAX_WAITING),
        ("grpc.max_allowed_incoming_connections", MAX_CONNECTIONS),
        ("grpc.server_handshake_timeout_ms", HANDSHAKE_SECONDS * 1000),
        ("grpc.max_concurrent_streams", settings.streams),
        ("grpc.max_metadata_size", MAX_HEADER_OCTETS),
        ("grpc.max_connection_age_ms", AGE_SECONDS * 1000),
        ("grpc.max_connection_age_grace_ms", END_SECONDS * 1000),
        ("grpc.keepalive_time_ms", KEEPALIVE_SECONDS * 1000),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_ANSWER_SECONDS * 1000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", MIN_PING_SECONDS * 1000),
        ("grpc.max_connection_idle_ms", IDLE_SECONDS * 1000),
    ]
