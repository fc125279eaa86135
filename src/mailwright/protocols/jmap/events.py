"""The event source (RFC 8620 §7.3): an answer that goes on, with an event whenever something changed.

Mounted by the HTTP application. Promises: who comes back with the last id is told at once what changed meanwhile; nothing but types,
states and ids is sent; it ends when the caller signs out or the server goes down, and the client comes back by itself when it may.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mailwright.codecs.jmap import push
from mailwright.codecs.jmap.push import PushState
from mailwright.core import Core
from mailwright.domain.refusals import AuthenticationFailed, BadInput
from mailwright.protocols.identity import Caller, Identity
from mailwright.protocols.jmap.feed import Ended, Feed
from mailwright.protocols.jmap.requests import caller_of
from mailwright.protocols.streams import Streams

PING_SECONDS = (5, 900)  # RFC 8620 §7.3: the smallest may not be above 30, the largest not below 300
SILENCE_SECONDS = 60.0  # then a comment, by which proxies and we notice that nobody is there any more
RETRY_SECONDS = 3.0  # until a browser comes back that lost us
MAX_PING_DIGITS = 6
HEADERS: Mapping[str, str] = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # proxies that collect answers keep this one from arriving
}


def create_router(core: Core, identity: Identity, streams: Streams) -> APIRouter:
    """GET /jmap/events."""
    router = APIRouter(include_in_schema=False)

    @router.get("/jmap/events")
    @router.get("/jmap/events/")
    async def events(request: Request) -> Response:
        caller = await caller_of(identity, request)
        given = request.query_params
        try:
            types = push.types_of_parameter(given.get("types", ""))
        except ValueError as error:
            raise BadInput(f"types: {error}") from None
        close_after = given.get("closeafter", "")
        if close_after not in ("state", "no"):
            raise BadInput("closeafter is state or no")
        # HTML standard, "Server-sent events": a browser that comes back says what it heard last.
        last = request.headers.get("last-event-id", "")
        since = (PushState.parse(last) or PushState(0, "unknown")) if last else None
        stream = EventStream(core, caller, streams, types, ping=_ping(given.get("ping", "")), since=since)
        stream.once = close_after == "state"
        return stream

    return router


class EventStream(Response):
    """The answer. `ping` in seconds, None for none; with `once` it ends after the first state event."""

    once = False

    def __init__(
        self,
        core: Core,
        caller: Caller,
        streams: Streams,
        types: frozenset[str] | None,
        *,
        ping: int | None,
        since: PushState | None,
    ) -> None:
        super().__init__(headers=dict(HEADERS))
        del self.headers["content-length"]  # nobody knows it
        self._caller = caller
        self._streams = streams
        self._feed = Feed(core, caller, types)
        self._ping = ping
        self._since = since

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._streams.one_more(self._caller.account.id, "events"):
            try:
                try:
                    opening = await self._feed.open(self._since)
                except Ended:
                    raise AuthenticationFailed("you are not signed in") from None
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                await _send(send, push.stream_opening(opening, RETRY_SECONDS))
                await self._go_on(receive, send)
            finally:
                self._feed.close()

    async def _go_on(self, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_gone(receive), name="event source: is anybody there?")
        closing = asyncio.create_task(self._streams.closing.wait(), name="event source: do we go down?")
        telling = asyncio.create_task(self._tell(send), name="event source")
        try:
            await asyncio.wait({gone, closing, telling}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, closing, telling):
                task.cancel()
            await asyncio.gather(gone, closing, telling, return_exceptions=True)
        failure = None if telling.cancelled() else telling.exception()
        if failure is not None and not isinstance(failure, Ended):
            raise failure
        await _send(send, b"", last=True)

    async def _tell(self, send: Send) -> None:
        """Events as they come, until it is over."""
        silence = SILENCE_SECONDS if self._ping is None else float(self._ping)
        silent_since = time.monotonic()
        while True:
            left = silent_since + silence - time.monotonic()
            if left <= 0:
                said = b":\n\n" if self._ping is None else push.stream_event("ping", {"interval": self._ping})
                await _send(send, said)
                silent_since = time.monotonic()
                continue
            if not await self._feed.wait(left):
                continue
            news = await self._feed.collect()
            if news is not None:
                await _send(send, push.stream_event("state", push.state_change(news.changed), news.state))
                if self.once:
                    return
                silent_since = time.monotonic()


async def _gone(receive: Receive) -> None:
    """Returns when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, body: bytes, *, last: bool = False) -> None:
    with contextlib.suppress(OSError):  # it has gone
        await send({"type": "http.response.body", "body": body, "more_body": not last})


def _ping(text: str) -> int | None:
    """The interval asked for, within what we do; None for 0. Raises BadInput."""
    if not text.isascii() or not text.isdigit() or len(text) > MAX_PING_DIGITS:
        raise BadInput("ping is a number of seconds, 0 for none")
    shortest, longest = PING_SECONDS
    return None if int(text) == 0 else min(max(int(text), shortest), longest)
