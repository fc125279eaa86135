"""What happens around every call, by whichever face it came: who calls, how often they may, how long it may take, what is counted and
logged, and how what goes wrong is said.

Called by `server` and `web`. Promises: a call ends with an answer or with `Refused`, whose words are fit to be shown; what nobody
expected is recorded whole and told as INTERNAL; work ends when its deadline passes or its client goes away. What is asked is read after
it is known who asks; of calls whose caller is being found out, and of those of one person, there is a limit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from typing import Any, TypeAlias

import structlog
from limits import RateLimitItemPerMinute
from prometheus_client import Histogram

from mailwright.codecs.jmap.request import RequestError
from mailwright.core import Core
from mailwright.domain import spans
from mailwright.domain.refusals import Refusal, TooManyRequests
from mailwright.protocols.api.admin.parts import Machine
from mailwright.protocols.api.admin.removals import Removals
from mailwright.protocols.grpc import codes
from mailwright.protocols.grpc.callers import Callers, Incoming, Known
from mailwright.protocols.grpc.calls import CALLS, PATHS, Kind
from mailwright.protocols.grpc.codes import Code, Said
from mailwright.protocols.grpc.settings import GrpcSettings
from mailwright.protocols.grpc.strangers import Strangers
from mailwright.protocols.grpc.talk import House, Talk
from mailwright.protocols.identity import Web
from mailwright.protocols.jmap.changing import SetError
from mailwright.protocols.jmap.dispatch import MethodError
from mailwright.protocols.jmap.requests import Going
from mailwright.protocols.streams import Streams

MAX_CALLS = 1000  # at once at gRPC's port; more are answered RESOURCE_EXHAUSTED
MAX_WATCHES = MAX_CALLS // 2  # of them: those that stand for hours leave room for the others
MAX_UNKNOWN = 500  # while it is found out who calls
MAX_UNKNOWN_OF_ONE = MAX_UNKNOWN // 2  # of them, from one address
MAX_CALLS_OF_ONE = 100  # of one person, by one face
ANSWER_SECONDS = 120.0  # for a call with one answer, whatever its client would wait

seconds = Histogram(
    "mailwright_grpc_requests_seconds",
    "How long a call of the core API took, by gRPC, gRPC-Web or Connect",
    ["method", "code"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600),
)

_BAD = frozenset({Code.INTERNAL, Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED})  # as 500 and above are under HTTP

log = structlog.get_logger(__name__)

Read: TypeAlias = Callable[[], Awaitable[Any]]
"""Reads what a call asks: its message, or an iterator of its messages."""


class Refused(Exception):
    """A call that was not done."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.message)
        self.said = said


class Runner:
    """Runs the calls of one face; each person may make `per_minute` of them."""

    def __init__(self, house: House, callers: Callers, *, per_minute: int) -> None:
        self._house = house
        self._callers = callers
        self._often = RateLimitItemPerMinute(per_minute)
        self._calls = house.core.limiting.fixed("grpc")  # one count for both faces where a Valkey is shared
        self._unknown = Strangers(MAX_UNKNOWN, MAX_UNKNOWN_OF_ONE)
        self._going = Going(MAX_CALLS_OF_ONE, "calls")

    async def one(self, path: str, read: Read, incoming: Incoming, remaining: float | None = None) -> Any:
        """The answer to a call that has one. Raises Refused."""
        # What ends sooner than we would end it was wished so: no failure of ours.
        late = Code.DEADLINE_EXCEEDED if _bound(remaining) == ANSWER_SECONDS else Code.CANCELLED
        async with self._around(path, incoming, late) as talk, asyncio.timeout(_bound(remaining)):
            return await CALLS[path](talk, await read())

    async def many(self, path: str, read: Read, incoming: Incoming) -> AsyncIterator[Any]:
        """The answers to a call that has many. Its deadline is whose task it runs in. Raises Refused."""
        async with self._around(path, incoming) as talk:
            async with asyncio.timeout(ANSWER_SECONDS):
                asked = await read()
            async for each in CALLS[path](talk, asked):
                yield each

    async def known(self, incoming: Incoming) -> Known:
        """Who calls. Raises AuthenticationFailed, TooManyRequests, NotPermitted, TryLater."""
        with self._unknown.one_more(self.client_of(incoming)):
            return await self._callers.known(incoming)

    def client_of(self, incoming: Incoming) -> str:
        """From which address a call comes."""
        return self._callers.client_of(incoming)

    @asynccontextmanager
    async def _around(self, path: str, incoming: Incoming, late: Code = Code.DEADLINE_EXCEEDED) -> AsyncIterator[Talk]:
        began, code = time.perf_counter(), Code.OK
        with (
            self._followed(path, incoming) as span,
            structlog.contextvars.bound_contextvars(
                correlation_id=incoming.correlation_id, trace_id=incoming.traced(span)
            ),
        ):
            try:
                talk = await self._talk(path, incoming)
                with ExitStack() as here:
                    (incoming.held or here).enter_context(self._going.one_more(talk.account.id))
                    yield talk
            except (Refusal, MethodError, SetError, RequestError) as error:
                said = codes.said_of(error)
                code = said.code
                raise Refused(said) from None
            except TimeoutError:
                code = late
                raise Refused(Said(Code.DEADLINE_EXCEEDED, "deadline_exceeded", "it took too long")) from None
            except (asyncio.CancelledError, GeneratorExit):
                code = Code.CANCELLED  # by its client, or by its deadline
                raise
            except Exception:
                # A bug: answered politely, recorded whole.
                code = Code.INTERNAL
                log.exception("grpc.broke", method=path)
                raise Refused(Said(code, "internal_error", "something went wrong here; it is recorded")) from None
            finally:
                span.set(status=code.name)
                if code in _BAD:
                    span.failed(code.name)
                seconds.labels(path, code.name).observe(time.perf_counter() - began)

    def _followed(self, path: str, incoming: Incoming) -> AbstractContextManager[spans.Span]:
        """The span of a call: a trace begins, or goes on with the one of the HTTP request around it, or of a client that is ours."""
        name = f"grpc {path[1:]}"
        if incoming.within:
            return spans.span(name)
        return spans.edge(name, parent=incoming.traceparent, believed=self._callers.is_ours(incoming))

    async def _talk(self, path: str, incoming: Incoming) -> Talk:
        known = await self.known(incoming)
        if not await self._calls.hit(self._often, known.caller.account.id):
            raise TooManyRequests(f"at most {self._often.amount} calls a minute")
        talk = Talk(self._house, known)
        if PATHS[path].kind is not Kind.ADMIN:
            talk.check_mailbox()
        return talk


def make_runner(core: Core, web: Web, settings: GrpcSettings, streams: Streams, machine: Machine) -> Runner:
    """The runner of one face: `streams` end with its server, `machine` offers again what failed."""
    callers = Callers(core, web, settings.services, admin_tokens=settings.admin_tokens)
    return Runner(House(core, streams, Removals(core), machine), callers, per_minute=settings.per_minute)


def given(asked: Any) -> Read:
    """Of what was read already."""

    async def read() -> Any:
        return asked

    return read


def _bound(remaining: float | None) -> float:
    return ANSWER_SECONDS if remaining is None else min(max(remaining, 0.0), ANSWER_SECONDS)
