"""What every path of JMAP does with an HTTP request: who calls, how much may come, how errors look.

Called by `frame` and `transfer`, and by the event source.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from mailwright.codecs.jmap.request import RequestError
from mailwright.domain.refusals import AuthenticationFailed, NotPermitted
from mailwright.protocols.identity import Caller, Identity

# RFC 8620 §2: the session object is for the moment.
UNCACHED = {"Cache-Control": "no-cache, no-store, must-revalidate"}
REQUEST_SECONDS = 120.0  # for all calls of one request
STRETCH_OCTETS = 1024 * 1024  # of JSON written at a time, some milliseconds
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Mailwright", charset="UTF-8"'}  # RFC 7617 §2.1


class Going:
    """How much each account has going at once in this process."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._going: Counter[str] = Counter()

    @contextmanager
    def one_more(self, account_id: str) -> Iterator[None]:
        """While one more goes on. Raises RequestError limit."""
        if self._going[account_id] >= self._most:
            raise RequestError("limit", 429, f"at most {self._most} at once", limit=self._name)
        self._going[account_id] += 1
        try:
            yield
        finally:
            self._going[account_id] -= 1
            if not self._going[account_id]:
                del self._going[account_id]


async def caller_of(identity: Identity, request: Request) -> Caller:
    """Who calls. Raises NotPermitted (nobody with a mailbox, CSRF), HTTPException 401."""
    try:
        caller = await identity.caller(request)
    except AuthenticationFailed as refusal:
        # A page whose session ended must not raise the browser's own password box.
        by_page = "cookie" in request.headers or "x-requested-with" in request.headers
        if by_page and "authorization" not in request.headers:
            raise
        raise HTTPException(401, str(refusal), CHALLENGE) from None
    if not caller.account.has_mailbox:
        raise NotPermitted("you have no mailbox here")
    return caller


def check_type(request: Request) -> None:
    """RFC 8620 §3.1: a request is application/json. Raises RequestError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RequestError("notJSON", 400, "the Content-Type of a request is application/json")


async def body_of(request: Request, most: int, limit: str) -> bytes:
    """The body, of at most that many octets. Raises RequestError limit."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise RequestError("limit", 413, f"it may have {most} octets", limit=limit)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise RequestError("limit", 413, f"it may have {most} octets", limit=limit)
    return bytes(body)


def json_answer(value: Any) -> Response:
    """An answer in JSON."""
    return _json(_octets(value))


async def response_answer(value: Mapping[str, Any]) -> Response:
    """A Response object (RFC 8620 §3.4) in JSON."""
    return _json(await response_octets(value))


async def response_octets(value: Mapping[str, Any]) -> bytes:
    """A Response object in JSON, written in stretches: bodies of a hundred messages must not hold up everybody else."""
    written: list[bytes] = []
    stretch = 0
    for piece in _pieces(value):
        written.append(piece)
        stretch += len(piece)
        if stretch > STRETCH_OCTETS:
            stretch = 0
            await asyncio.sleep(0)
    return b"".join(written)


def _pieces(value: Mapping[str, Any]) -> Iterator[bytes]:
    """Each response by itself, and of a /get each record."""
    yield b'{"methodResponses":['
    for index, (method, arguments, call_id) in enumerate(value["methodResponses"]):
        yield (b",[" if index else b"[") + _octets(method) + b","
        records = arguments.get("list")
        if isinstance(records, list):
            yield b'{"list":['
            for place, record in enumerate(records):
                yield (b"," if place else b"") + _octets(record)
            yield b"]" + _rest(arguments, "list")
        else:
            yield _octets(arguments)
        yield b"," + _octets(call_id) + b"]"
    yield b"]" + _rest(value, "methodResponses")


def _rest(value: Mapping[str, Any], written: str) -> bytes:
    """The other members of an object of which one is written, and its end."""
    rest = {name: each for name, each in value.items() if name != written}
    return b"," + _octets(rest)[1:] if rest else b"}"


def _octets(value: Any) -> bytes:
    """Half a character, which a stranger's mail may have brought, must not cost the whole of it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _json(octets: bytes) -> Response:
    return Response(octets, media_type="application/json", headers=UNCACHED)


def problem(error: RequestError) -> Response:
    """RFC 7807: a problem document."""
    return JSONResponse(error.to_json(), error.status, headers={**UNCACHED, "Content-Type": "application/problem+json"})
