"""What anybody may ask at gRPC's port without saying who they are: health, and reflection where it is on.

Registered by `server`. Health is written here: grpcio's own holds up everybody who watches, and the end of the server, for one who does
not read. Promises: few such calls go on at once, each kind for itself, and they are counted before anything of them is read and until
the last of the answer has left; who does not say in time what is asked is sent away, and whatever goes on ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import ExitStack
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2

from mailwright.domain.refusals import TooManyRequests, TryLater
from mailwright.protocols.grpc.strangers import Strangers

MOST_CHECKS = 128  # at once; each is over in a moment
MOST_CHECKS_OF_ONE = 8
MOST = 64  # of those that go on; a load balancer that watches our health has one
MOST_OF_ONE = 16
CHECK_SECONDS = (
    2.0  # until it is there what a Check asks: whoever never says it takes a place from the others of that address
)
ASK_SECONDS = 10.0  # the same for what goes on
WATCH_SECONDS = 300.0  # then whoever watches our health asks again
TALK_SECONDS = 60.0  # for all questions of one reflection
MAX_NAME = 200  # characters of the name of a service

Context = grpc.aio.ServicerContext[Any, Any]

_Said = health_pb2.HealthCheckResponse


class Open:
    """Answers those calls. `client_of` says from which address one comes, `names` are the services, `closing` is set when we go down."""

    def __init__(self, client_of: Callable[[Context], str], names: Collection[str], closing: asyncio.Event) -> None:
        self._client_of = client_of
        self._names = frozenset(names)
        self._closing = closing
        self._checks = Strangers(MOST_CHECKS, MOST_CHECKS_OF_ONE)
        self._going_on = Strangers(MOST, MOST_OF_ONE)

    def health(self) -> grpc.GenericRpcHandler:
        """The health of the whole and of each service. Read here, since grpcio would read a single question before it is counted."""

        async def check(_: Any, context: Context) -> Any:
            await self._count(self._checks, context)
            name = await _asked(context, CHECK_SECONDS)
            if name and name not in self._names:
                await context.abort(grpc.StatusCode.NOT_FOUND, "there is no such service")
            return _Said(status=self._health_of(name))

        async def watch(_: Any, context: Context) -> None:
            await self._count(self._going_on, context)
            name = await _asked(context, ASK_SECONDS)
            try:
                async with asyncio.timeout(WATCH_SECONDS):
                    await context.write(_Said(status=self._health_of(name)))
                    await self._closing.wait()
                    await context.write(_Said(status=self._health_of(name)))
            except TimeoutError:
                return

        reads, writes = health_pb2.HealthCheckRequest.FromString, _Said.SerializeToString
        methods = {
            "Check": grpc.stream_unary_rpc_method_handler(check, reads, writes),
            "Watch": grpc.stream_stream_rpc_method_handler(watch, reads, writes),
        }
        return grpc.method_handlers_generic_handler(health.SERVICE_NAME, methods)

    def _health_of(self, name: str) -> Any:
        if name and name not in self._names:
            return _Said.SERVICE_UNKNOWN
        return _Said.NOT_SERVING if self._closing.is_set() else _Said.SERVING

    def reflection(self) -> grpc.GenericRpcHandler:
        """The descriptors of the services, of health, and of reflection itself."""
        from grpc_reflection.v1alpha import reflection, reflection_pb2

        served = reflection.aio.ReflectionServicer([*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME])

        async def talk(asked: Any, context: Context) -> None:
            await self._count(self._going_on, context)
            try:
                async with asyncio.timeout(TALK_SECONDS):
                    async for answer in served.ServerReflectionInfo(asked, context):
                        await context.write(answer)
            except TimeoutError:
                await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "it took too long")

        reads = reflection_pb2.ServerReflectionRequest.FromString
        writes = reflection_pb2.ServerReflectionResponse.SerializeToString
        methods = {"ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(talk, reads, writes)}
        return grpc.method_handlers_generic_handler(reflection.SERVICE_NAME, methods)

    async def _count(self, strangers: Strangers, context: Context) -> None:
        try:
            until_done(context).enter_context(strangers.one_more(self._client_of(context)))
        except (TooManyRequests, TryLater) as refusal:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(refusal))


def until_done(context: Context) -> ExitStack:
    """What is left when the last of a call's answer has gone: who reads nothing holds it up long after it was made, and grpcio cannot
    end such a call."""
    held = ExitStack()
    close: Any = lambda _: held.close()  # noqa: E731 - the stubs know no function here
    context.add_done_callback(close)
    return held


async def _asked(context: Context, seconds: float) -> str:
    """The service that is asked about, by the one message of the call."""
    try:
        async with asyncio.timeout(seconds):
            asked = await context.read()
    except TimeoutError:
        await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "it took too long")
    if asked is grpc.aio.EOF or len(asked.service) > MAX_NAME:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "there is no such service")
    return str(asked.service)
