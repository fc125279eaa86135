"""A relay to Anthropic for a program that speaks to it by itself: every request passes through here, so that it is counted, limited and
written down like all others, and the program never holds a key of ours.

Made by `claude` for one run. Listens on 127.0.0.1 for requests that carry a token of this run, puts our key in its place and hands them on
to the provider; answers are handed back when they are complete. Once something has ended the run (`failure`), nothing is handed on any
more. Does not: change a byte of what is asked or answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import secrets
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import uvicorn
from pydantic_ai.messages import ModelResponse, TextPart, ThinkingPart, ToolCallPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.usage import RequestUsage
from starlette.types import Receive, Scope, Send

from mailwright.agents.models import failures, transcript
from mailwright.agents.models.asking import ModelFailed
from mailwright.agents.models.recording import CANCELLED, CHARACTERS_OF_A_TOKEN, Run
from mailwright.agents.models.wire import Heard
from mailwright.domain import clock

PATH = "/v1/messages"
MAX_BODY = 64 * 1024 * 1024  # bytes of a request; Anthropic takes 32 MB
HANDED_ON = (b"content-type", b"anthropic-version", b"anthropic-beta", b"user-agent")
"""Headers of a request that are handed on; the key is ours, and the length is made anew."""


class Relay:
    """One run's. Use it as `async with`; then `url` and `token` are what the program is told."""

    def __init__(self, run: Run, name: str, *, upstream: str, key: str) -> None:
        self._run = run
        self._name = name
        self._upstream = upstream.rstrip("/")
        self._key = key
        self._client = httpx2.AsyncClient(timeout=run.timeout)
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[Any]] = set()
        self.token = secrets.token_urlsafe(32)
        self.url = ""
        self.failure: ModelFailed | None = None

    async def __aenter__(self) -> Relay:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve([listener]), name="model-relay")
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._asking:
            task.cancel()  # nobody waits for these answers any more
        await asyncio.gather(*self._asking, return_exceptions=True)
        if self._server is not None and self._serving is not None:
            self._server.should_exit = self._server.force_exit = True
            await self._serving
        await self._client.aclose()

    def stop(self, failure: ModelFailed) -> None:
        """Let nothing through any more; the first failure is the one that counts."""
        self.failure = self.failure or failure

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        given = headers.get(b"x-api-key") or headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        if not hmac.compare_digest(given, self.token.encode()):
            await _answer(send, 401, _refusal("authentication_error"))
        elif scope["method"] != "POST" or scope["path"] != PATH:
            await _answer(send, 404, _refusal("not_found_error"))
        elif (body := await _body(receive)) is None:
            await _answer(send, 413, _refusal("request_too_large"))
        else:
            relayed = asyncio.create_task(self._relayed(body, scope["query_string"].decode("latin-1"), headers))
            self._asking.add(relayed)
            relayed.add_done_callback(self._asking.discard)
            try:
                status, kind, content = await relayed
            except ModelFailed as failure:
                # 400, since that is what no program tries again.
                self.stop(failure)
                status, kind, content = 400, b"application/json", _refusal("invalid_request_error")
            await _answer(send, status, content, kind)

    async def _relayed(self, body: bytes, query: str, headers: dict[bytes, bytes]) -> tuple[int, bytes, bytes]:
        run, guess = self._run, len(body) // CHARACTERS_OF_A_TOKEN
        if self.failure is not None:
            raise self.failure
        await run.admit(self._name, guess)
        started_at, started = clock.now(), time.monotonic_ns()
        heard = Heard(format="anthropic-messages", sent=body)
        response: ModelResponse | None = None
        outcome = CANCELLED
        try:
            answer = await self._asked(body, query, headers)
            heard.status, heard.answered = answer.status_code, answer.content
            if answer.status_code >= 400:
                told = failures.of_status(self._name, answer.status_code)
                outcome = told.outcome
                raise ModelFailed(told.text, transient=told.transient, outcome=told.outcome)
            response = read(answer.content, self._name.partition(":")[2])
            outcome = "ok" if response is not None else "garbage"
            return answer.status_code, answer.headers.get("content-type", "").encode("latin-1"), answer.content
        except TimeoutError:
            outcome = "timeout"
            text = f"{self._name} did not answer within {run.timeout:g} s"
            raise ModelFailed(text, transient=True, outcome=outcome) from None
        except httpx2.HTTPError as error:
            outcome = "unreachable"
            raise ModelFailed(f"{self._name} could not be reached", transient=True, outcome=outcome) from error
        finally:
            content = transcript.written(heard, [], ModelRequestParameters(), response) if run.keep else None
            latency = (time.monotonic_ns() - started) // 1000
            call = run.call(
                self._name, response, outcome=outcome, latency_us=latency, started_at=started_at, content=content
            )
            await run.settle(call, guess)

    async def _asked(self, body: bytes, query: str, headers: dict[bytes, bytes]) -> httpx2.Response:
        handed_on = {name.decode(): headers[name].decode("latin-1") for name in HANDED_ON if name in headers}
        address = f"{self._upstream}{PATH}" + (f"?{query}" if query else "")
        async with asyncio.timeout(self._run.timeout):
            return await self._client.post(address, content=body, headers={**handed_on, "x-api-key": self._key})


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def read(answer: bytes, model: str) -> ModelResponse | None:
    """The answer of the Messages interface, whole or as a stream of events; None when it is neither."""
    try:
        message = json.loads(answer)
    except ValueError:
        message = _collected(answer)
    if not isinstance(message, dict) or not isinstance(message.get("usage"), dict):
        return None
    usage: dict[str, Any] = message["usage"]
    cached, written = _count(usage, "cache_read_input_tokens"), _count(usage, "cache_creation_input_tokens")
    parts: list[TextPart | ThinkingPart | ToolCallPart] = []
    for block in message.get("content") or ():
        if block.get("type") == "tool_use":
            parts.append(ToolCallPart(str(block.get("name")), block.get("input")))
        elif block.get("type") == "text":
            parts.append(TextPart(str(block.get("text"))))
        elif block.get("type") == "thinking":
            parts.append(ThinkingPart(str(block.get("thinking"))))
    return ModelResponse(
        parts,
        usage=RequestUsage(
            input_tokens=_count(usage, "input_tokens") + cached + written,
            cache_read_tokens=cached,
            cache_write_tokens=written,
            output_tokens=_count(usage, "output_tokens"),
        ),
        model_name=model,
        provider_name="anthropic",
    )


def _collected(answer: bytes) -> dict[str, Any] | None:
    """The message that a stream of events is made of."""
    message: dict[str, Any] | None = None
    blocks: dict[int, dict[str, Any]] = {}
    for event in _events(answer):
        kind, index = event.get("type"), event.get("index", 0)
        if kind == "message_start":
            message = dict(event["message"])
        elif kind == "content_block_start":
            blocks[index] = {**event["content_block"], "input": ""}
        elif kind == "content_block_delta" and index in blocks:
            delta, block = event["delta"], blocks[index]
            for name, of in (("text", "text"), ("thinking", "thinking"), ("partial_json", "input")):
                if name in delta:
                    block[of] = f"{block.get(of) or ''}{delta[name]}"
        elif kind == "message_delta" and message is not None:
            message["usage"] = {**message.get("usage", {}), **(event.get("usage") or {})}
    if message is not None:
        message["content"] = [blocks[index] for index in sorted(blocks)]
    return message


def _events(answer: bytes) -> Iterator[dict[str, Any]]:
    for line in answer.decode("utf-8", "replace").split("\n"):
        if line.startswith("data:"):
            with contextlib.suppress(ValueError):
                event = json.loads(line[5:])
                if isinstance(event, dict):
                    yield event


def _count(usage: dict[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) else 0


async def _body(receive: Receive) -> bytes | None:
    """None: larger than anybody reads."""
    body = bytearray()
    async for piece in _pieces(receive):
        body += piece
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        yield message.get("body", b"")
        more = message.get("more_body", False) and message["type"] == "http.request"


async def _answer(send: Send, status: int, content: bytes, kind: bytes = b"application/json") -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _refusal(kind: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": "Mailwright ended this run"}}).encode()
