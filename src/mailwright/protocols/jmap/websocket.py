"""JMAP over WebSocket (RFC 8887): requests, answers and changes on one connection.

Mounted by the HTTP application at /jmap/ws, subprotocol `jmap`. Who calls is known by the handshake: the session's cookie from a page
of ours (never of another site), or an Authorization field. Promises: at most a number of requests of one account at once, each with
an end; it closes when the caller signs out, and politely when the server goes down. Sizes, fragments, silence and slow readers are
bounded below (`protocols.api.upgraded`).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import replace
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from mailwright.codecs.jmap import push
from mailwright.codecs.jmap.push import PushState
from mailwright.codecs.jmap.request import RequestError
from mailwright.core import Core
from mailwright.domain import spans
from mailwright.domain.events import SIGNED_OUT, Event
from mailwright.domain.refusals import AuthenticationFailed, NotPermitted, Refusal, TooManyRequests, TryLater
from mailwright.protocols.identity import Caller, Identity
from mailwright.protocols.jmap import capabilities, methods
from mailwright.protocols.jmap.feed import AWAY_SECONDS, Ended, Feed
from mailwright.protocols.jmap.requests import CHALLENGE, Going, response_octets
from mailwright.protocols.streams import Standing, Streams

log = structlog.get_logger(__name__)

SUBPROTOCOL = "jmap"  # RFC 8887 §4.2
REQUEST_SECONDS = 120.0  # for all calls of one request
LAST_SECONDS = 5.0  # for requests under way when the connection ends
LOOK_SECONDS = 5.0  # a request does not ask again whether its caller may, if one so shortly before it did
SILENCE_SECONDS = 30.0  # how often is looked whether the caller may stay

# RFC 6455 §7.4.1
GOING_AWAY, UNSUPPORTED, POLICY, INTERNAL = 1001, 1003, 1008, 1011


def create_router(core: Core, identity: Identity, streams: Streams) -> APIRouter:
    """The WebSocket at /jmap/ws."""
    router = APIRouter(include_in_schema=False)
    going = Going(capabilities.MAX_REQUESTS_AT_ONCE, "maxConcurrentRequests")

    @router.websocket("/jmap/ws")
    async def connect(socket: WebSocket) -> None:
        try:
            caller = await identity.caller(socket)
            if not caller.account.has_mailbox:
                raise NotPermitted("you have no mailbox here")
            if SUBPROTOCOL not in socket.scope["subprotocols"]:
                # RFC 8887 §4.2: the client MUST offer it.
                await socket.send_denial_response(_problem(400, "offer the subprotocol jmap"))
                return
            with streams.one_more(caller.account.id, "websocket"):
                await _Conversation(core, caller, socket, streams, going).run()
        except Ended:
            await socket.send_denial_response(_denial(AuthenticationFailed("you are not signed in")))
        except Refusal as refusal:
            if socket.application_state != WebSocketState.CONNECTING:
                raise
            await socket.send_denial_response(_denial(refusal))

    return router


class _Conversation:
    """One connection."""

    def __init__(self, core: Core, caller: Caller, socket: WebSocket, streams: Streams, going: Going) -> None:
        self._core = core
        self._caller = caller
        self._socket = socket
        self._streams = streams
        self._going = going
        self._standing = Standing(core, caller)
        self._looked_at = 0.0
        self._requests: set[asyncio.Task[None]] = set()
        self._pushing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        await self._look()
        await self._socket.accept(SUBPROTOCOL)
        parts = [
            asyncio.create_task(self._listen(), name="websocket"),
            asyncio.create_task(self._watch(), name="websocket: may it stay?"),
            asyncio.create_task(self._streams.closing.wait(), name="websocket: do we go down?"),
        ]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancel(*parts, self._pushing)
            if self._requests:
                await asyncio.wait(self._requests, timeout=LAST_SECONDS)
                await _cancel(*self._requests)
        for part in parts:
            failure = None if part.cancelled() else part.exception()
            if isinstance(failure, Ended):
                await self._close(POLICY, "sign in again")
            elif failure is not None and not isinstance(failure, WebSocketDisconnect):
                await self._close(INTERNAL)
                raise failure
        await self._close(GOING_AWAY)

    async def _listen(self) -> None:
        """Messages as they come. Raises WebSocketDisconnect, Ended."""
        while True:
            message = await self._socket.receive()
            if message["type"] != "websocket.receive":
                return
            text = message.get("text")
            if text is None:
                # RFC 8887 §4.3: there are text frames only.
                await self._close(UNSUPPORTED, "JMAP is text")
                return
            try:
                value = await methods.read(text.encode("utf-8", "surrogatepass"))
                await self._take(value)
            except RequestError as error:
                await self._say(_request_error(error, None))
            except Refusal as refusal:
                await self._say(_failed(503, str(refusal), None))

    async def _take(self, value: Any) -> None:
        """Raises RequestError, Ended."""
        kind = value.get("@type") if isinstance(value, dict) else None
        if kind == "WebSocketPushEnable":
            await self._enable(value)
        elif kind == "WebSocketPushDisable":
            await self._disable()
        elif kind == "Request":
            await self._look()
            await self._start(value)
        else:
            raise RequestError("notRequest", 400, "@type is Request, WebSocketPushEnable or WebSocketPushDisable")

    async def _start(self, value: dict[str, Any]) -> None:
        request_id = value.get("id")
        if request_id is not None and not isinstance(request_id, str):
            raise RequestError("notRequest", 400, "the id of a request is a string")
        room = contextlib.ExitStack()
        try:
            room.enter_context(self._going.one_more(self._caller.account.id))
        except RequestError as error:
            await self._say(_request_error(error, request_id))
            return
        task = asyncio.create_task(self._answer(value, request_id), name="websocket: request")
        self._requests.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            room.close()
            self._requests.discard(finished)

        task.add_done_callback(done)

    async def _answer(self, value: dict[str, Any], request_id: str | None) -> None:
        try:
            with spans.edge("jmap websocket"):
                spans.concerns(self._caller.account.tenant_id, self._caller.account.id)
                async with asyncio.timeout(REQUEST_SECONDS):
                    answer = await methods.respond_to(self._core, self._caller, value)
        except RequestError as error:
            await self._say(_request_error(error, request_id))
        except TimeoutError:
            await self._say(_failed(503, "it took too long", request_id))
        except Refusal as refusal:
            await self._say(_failed(503, str(refusal), request_id))
        except Exception:
            # A bug: answered politely, recorded whole.
            log.exception("jmap.websocket_broke")
            await self._say(_failed(500, "something went wrong here; it is recorded", request_id))
        else:
            named = {} if request_id is None else {"requestId": request_id}
            await self._send(await response_octets({"@type": "Response", **named, **answer}))

    # --- changes

    async def _enable(self, value: dict[str, Any]) -> None:
        """RFC 8887 §4.3.5.2: what was enabled before is replaced. Raises RequestError."""
        try:
            types = push.types_of(value.get("dataTypes"))
        except ValueError as error:
            raise RequestError("notRequest", 400, f"dataTypes: {error}") from None
        told = value.get("pushState")
        if told is not None and not isinstance(told, str):
            raise RequestError("notRequest", 400, "pushState is a string")
        since = (PushState.parse(told) or PushState(0, "unknown")) if told is not None else None
        await self._disable()
        self._pushing = asyncio.create_task(self._push(types, since), name="websocket: changes")

    async def _disable(self) -> None:
        await _cancel(self._pushing)
        self._pushing = None

    async def _push(self, types: frozenset[str] | None, since: PushState | None) -> None:
        feed = Feed(self._core, self._caller, types)
        try:
            while True:
                try:
                    await feed.open(since)
                    break
                except TryLater:
                    await asyncio.sleep(AWAY_SECONDS)
            while True:
                if await feed.wait(SILENCE_SECONDS) and (news := await feed.collect()) is not None:
                    await self._say(push.state_change(news.changed, news.state))
        except Ended:
            return  # `_watch` finds out, too, and ends everything
        finally:
            feed.close()

    # --- who may stay

    async def _watch(self) -> None:
        """Looks now and then, and when it is told that somebody signed out. Raises Ended."""
        signed_out = asyncio.Event()

        def heard(event: Event) -> None:
            if event.kind == SIGNED_OUT:
                signed_out.set()

        end = self._core.changes.watch(self._caller.account.id, heard)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SILENCE_SECONDS):
                        await signed_out.wait()
                signed_out.clear()
                with contextlib.suppress(Refusal):
                    await self._look(used=False)
        finally:
            end()

    async def _look(self, *, used: bool = True) -> None:
        """Raises Ended, TryLater."""
        if used and time.monotonic() < self._looked_at + LOOK_SECONDS:
            return
        account = await self._standing.look(used=used)
        if account is None or not account.has_mailbox:
            raise Ended
        self._looked_at = time.monotonic()
        self._caller = replace(self._caller, account=account)

    # --- saying

    async def _say(self, value: dict[str, Any]) -> None:
        await self._send(push.octets(value))

    async def _send(self, octets: bytes) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):  # it has gone, or is closing
            await self._socket.send_text(octets.decode())

    async def _close(self, code: int, reason: str = "") -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
            await self._socket.close(code, reason)


async def _cancel(*tasks: asyncio.Task[Any] | None) -> None:
    living = [task for task in tasks if task is not None]
    for task in living:
        task.cancel()
    await asyncio.gather(*living, return_exceptions=True)


def _request_error(error: RequestError, request_id: str | None) -> dict[str, Any]:
    """RFC 8887 §4.3.4: a problem, with the id of the request when that was understood."""
    return {"@type": "RequestError", "requestId": request_id, **error.to_json()}


def _failed(status: int, detail: str, request_id: str | None) -> dict[str, Any]:
    """A problem that RFC 8620 has no name for (RFC 7807 §4.2)."""
    return {"@type": "RequestError", "requestId": request_id, "type": "about:blank", "status": status, "detail": detail}


def _denial(refusal: Refusal) -> Response:
    """The answer to a handshake that is refused."""
    if isinstance(refusal, AuthenticationFailed):
        return _problem(401, str(refusal), CHALLENGE)
    if isinstance(refusal, NotPermitted):
        return _problem(403, str(refusal))
    return _problem(429 if isinstance(refusal, TooManyRequests) else 503, str(refusal), {"Retry-After": "30"})


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    content = {"type": "about:blank", "status": status, "detail": detail}
    return JSONResponse(content, status, {**(headers or {}), "Content-Type": "application/problem+json"})
