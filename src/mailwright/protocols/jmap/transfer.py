"""Uploads and downloads over HTTP (RFC 8620 §6.1, §6.2).

Mounted by `frame`. Promises: what is downloaded cannot run in our pages, whatever it is and is called: it is an attachment, or
one of a few kinds that only show, in a sandbox; the file name says nothing of folders. What one account has on its way is bounded,
however slowly it is read.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from mailwright.codecs.jmap import quirks
from mailwright.codecs.jmap.request import UNNAMED, RequestError
from mailwright.core import Core, uploads
from mailwright.domain.refusals import MessageTooLarge, NotFound
from mailwright.protocols.identity import Caller, Identity
from mailwright.protocols.jmap import blobs, capabilities
from mailwright.protocols.jmap.accounts import scope_of
from mailwright.protocols.jmap.dispatch import Call, MethodError
from mailwright.protocols.jmap.requests import Going, body_of, caller_of, problem

INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"})
"""What a browser may show in place; it runs nothing in them."""

PIECE_OCTETS = 64 * 1024  # sent at a time: then the one before has left
MAX_NAME = 200  # characters of a file name
UNCHANGING = "private, immutable, max-age=31536000"  # RFC 8620 §6.2: what a blob id stands for never changes
# Of what did come out of the sandbox of a browser's viewer nothing may run, load or be framed.
CONFINED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"

# RFC 6838 §4.2
_NAME = r"[A-Za-z0-9!#$&^_.+-]{1,127}"
_MEDIA_TYPE = re.compile(rf"({_NAME})/({_NAME})(?:\s*;\s*charset=\"?([A-Za-z0-9_:.-]{{1,40}})\"?)?", re.ASCII)
_ACTIVE = re.compile(r"html|xml$|script|css|wasm|flash|java", re.IGNORECASE)
_SEPARATORS = re.compile(r"[/\\]")


def add_paths(router: APIRouter, core: Core, identity: Identity) -> None:
    """Add the paths to a router."""
    going = Going(capabilities.MAX_UPLOADS_AT_ONCE, "maxConcurrentUpload")
    leaving = Going(capabilities.MAX_DOWNLOADS_AT_ONCE, "maxConcurrentRequests")

    @router.post("/jmap/upload/{account_id}")
    @router.post("/jmap/upload/{account_id}/")
    async def upload(request: Request, account_id: str) -> Response:
        caller = await caller_of(identity, request)
        try:
            with going.one_more(caller.account.id):
                return await _upload(core, caller, request, account_id)
        except RequestError as error:
            return problem(error)

    @router.get("/jmap/download/{account_id}/{blob_id}")
    @router.get("/jmap/download/{account_id}/{blob_id}/{name:path}")
    async def download(request: Request, account_id: str, blob_id: str, name: str = "") -> Response:
        caller = await caller_of(identity, request)
        return _Download(leaving, caller, lambda: _download(core, caller, request, account_id, blob_id, name))


class _Download(Response):
    """An answer that is made when it is sent, and counted until its reader has it: it is in memory so long."""

    def __init__(self, leaving: Going, caller: Caller, make: Callable[[], Awaitable[Response]]) -> None:
        super().__init__()
        self._leaving = leaving
        self._caller = caller
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._leaving.one_more(self._caller.account.id):
                answer = await self._make()
                start = {"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers}
                await send(start)
                octets = memoryview(answer.body)
                for place in range(0, len(octets) or 1, PIECE_OCTETS):
                    piece, more = bytes(octets[place : place + PIECE_OCTETS]), place + PIECE_OCTETS < len(octets)
                    await send({"type": "http.response.body", "body": piece, "more_body": more})
        except RequestError as error:
            await problem(error)(scope, receive, send)


async def _upload(core: Core, caller: Caller, request: Request, account_id: str) -> Response:
    await _check_account(core, caller, account_id)
    most = core.settings.max_message_bytes
    data = await body_of(request, most, "maxSizeUpload")
    given = request.headers.get("content-type", "").strip()
    media_type = given if blobs.MEDIA_TYPE.fullmatch(given) else blobs.UNKNOWN_TYPE
    try:
        kept = await uploads.keep(core, caller.account, data, media_type)
    except MessageTooLarge as refusal:
        raise RequestError("limit", 413, str(refusal), limit="maxSizeUpload") from None
    answer: dict[str, Any] = {
        "accountId": account_id,
        "blobId": blobs.upload_blob(kept.blob_id),
        "type": media_type,
        "size": kept.size,
    }
    return JSONResponse(answer, 201)


async def _download(core: Core, caller: Caller, request: Request, account_id: str, blob_id: str, name: str) -> Response:
    call = _call(core, caller)
    try:
        within = await scope_of(call, account_id)
        found = await core.read(lambda tx: blobs.locate(tx, within, blob_id))
        tag = f'"{found.stored_id}-{found.start}-{found.end or 0}"'
        headers = _headers(found.name, name, request, tag)
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        content = await blobs.read(call, found)
    except (MethodError, NotFound):
        # Whether it never was or is somebody else's is nobody's business.
        raise RequestError(UNNAMED, 404, "there is no such file") from None
    if found.message_id is not None:
        call.note("jmap.download", f"{within.owner.email}:{found.message_id}")
    return Response(content.data, headers=headers)


async def _check_account(core: Core, caller: Caller, account_id: str) -> None:
    try:
        await scope_of(_call(core, caller), account_id)
    except MethodError:
        raise RequestError(UNNAMED, 404, "there is no such account") from None


def _headers(own_name: str | None, name: str, request: Request, tag: str) -> dict[str, str]:
    kind, charset = _safe_type(request.query_params.get("type", ""))
    inline = request.query_params.get("inline") == "1" and kind in INLINE
    return {
        "Content-Type": f"{kind}; charset={charset}" if charset else kind,
        "Content-Disposition": _disposition("inline" if inline else "attachment", name or own_name or ""),
        "Content-Security-Policy": CONFINED,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": UNCHANGING,
        "ETag": tag,
    }


def _safe_type(asked: str) -> tuple[str, str]:
    """The type to label it with, and its charset: what was asked for, unless a page of ours could load it as a program."""
    kind, semicolon, parameters = asked.strip().partition(";")
    if quirks.PLUS_AS_IT_IS:
        kind = kind.rstrip(" ").replace(" ", "+")
    found = _MEDIA_TYPE.fullmatch(f"{kind}{semicolon}{parameters}")
    if found is None or _ACTIVE.search(f"{found[1]}/{found[2]}"):
        return blobs.UNKNOWN_TYPE, ""
    return f"{found[1]}/{found[2]}".lower(), found[3] or ""


def _disposition(kind: str, name: str) -> str:
    """RFC 6266 §4: with a name that every program reads, and the real one where that is another."""
    shown = _SEPARATORS.split(name)[-1]
    shown = "".join(letter for letter in shown if letter.isprintable()).strip(" .")[:MAX_NAME]
    if not shown:
        return kind
    plain = "".join(letter if letter.isascii() and letter not in '"\\%' else "_" for letter in shown)
    extended = "" if plain == shown else f"; filename*=UTF-8''{quote(shown, safe='')}"
    return f'{kind}; filename="{plain}"{extended}'


def _call(core: Core, caller: Caller) -> Call:
    return Call(core, caller, frozenset({capabilities.CORE, capabilities.MAIL}))
