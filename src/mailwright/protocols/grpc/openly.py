"""What anybody may ask at gRPC's port without saying who they are: health, and reflection where it is on.

Registered by `server`, with the servicers of grpcio's own packages behind it. Promises: few such calls go on at once (`Strangers`), and
they are counted before anything of them is read; who does not say in time what is asked is sent away, and all questions of one
reflection end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2

from mailwright.domain.refusals import TooManyRequests, TryLater
from mailwright.protocols.grpc.strangers import Strangers

MOST = 64  # calls at once; a load balancer that watches our health has one
MOST_OF_ONE = 16
ASK_SECONDS = 10.0  # until the question is there
TALK_SECONDS = 60.0  # for all questions of one reflection
MAX_NAME = 200  # characters of a service: its name is kept for as long as its health is watched

Context = grpc.aio.ServicerContext[Any, Any]


class Open:
    """Counts those calls. `client_of` says from which address one comes."""

    def __init__(self, client_of: Callable[[Context], str]) -> None:
        self._client_of = client_of
        self._strangers = Strangers(MOST, MOST_OF_ONE)

    def health(self, served: health.aio.HealthServicer) -> grpc.GenericRpcHandler:
        """Health as `served` knows it. One question each; read here, since grpcio would read it before it is counted."""

        async def check(_: Any, context: Context) -> Any:
            async with self._counted(context):
                return await served.Check(await _asked(context), context)

        async def watch(_: Any, context: Context) -> None:
            async with self._counted(context):
                await served.Watch(await _asked(context), context)

        reads, writes = health_pb2.HealthCheckRequest.FromString, health_pb2.HealthCheckResponse.SerializeToString
        methods = {
            "Check": grpc.stream_unary_rpc_method_handler(check, reads, writes),
            "Watch": grpc.stream_stream_rpc_method_handler(watch, reads, writes),
        }
        return grpc.method_handlers_generic_handler(health.SERVICE_NAME, methods)

    def reflection(self, names: Sequence[str]) -> grpc.GenericRpcHandler:
        """The descriptors of these services, and of reflection itself."""
        from grpc_reflection.v1alpha import reflection, reflection_pb2

        served = reflection.aio.ReflectionServicer([*names, reflection.SERVICE_NAME])

        async def talk(asked: Any, context: Context) -> None:
            async with self._counted(context), asyncio.timeout(TALK_SECONDS):
                async for answer in served.ServerReflectionInfo(asked, context):
                    await context.write(answer)

        reads = reflection_pb2.ServerReflectionRequest.FromString
        writes = reflection_pb2.ServerReflectionResponse.SerializeToString
        methods = {"ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(talk, reads, writes)}
        return grpc.method_handlers_generic_handler(reflection.SERVICE_NAME, methods)

    @asynccontextmanager
    async def _counted(self, context: Context) -> AsyncIterator[None]:
        with ExitStack() as stack:
            try:
                stack.enter_context(self._strangers.one_more(self._client_of(context)))
                yield
            except (TooManyRequests, TryLater) as refusal:
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(refusal))
            except TimeoutError:
                await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "it took too long")


async def _asked(context: Context) -> Any:
    """What is asked about: the one message of the call. Raises TimeoutError."""
    async with asyncio.timeout(ASK_SECONDS):
        asked = await context.read()
    if asked is grpc.aio.EOF or len(asked.service) > MAX_NAME:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "there is no such service")
    return asked
