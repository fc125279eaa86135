"""The paths of JMAP over HTTP (RFC 8620 §2, §3.1): the session resource and the requests; uploads and downloads are `transfer`.

Mounted by the HTTP application. Promises: what is wrong with a request as a whole is a problem document (RFC 7807); how many
requests one account has going at once is bounded, and how long each may take.
"""

from __future__ import annotations

import asyncio
import re

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from mailwright.codecs.jmap.request import UNNAMED, RequestError
from mailwright.core import Core
from mailwright.protocols.identity import Caller, Identity
from mailwright.protocols.jmap import capabilities, methods, requests, session, transfer
from mailwright.protocols.jmap.requests import (
    Going,
    body_of,
    caller_of,
    check_type,
    json_answer,
    problem,
    response_answer,
)

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(?::\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?")


def create_router(core: Core, identity: Identity) -> APIRouter:
    """The paths under /jmap, and /.well-known/jmap."""
    router = APIRouter(include_in_schema=False)
    going = Going(capabilities.MAX_REQUESTS_AT_ONCE, "maxConcurrentRequests")

    @router.get("/.well-known/jmap")
    async def well_known() -> RedirectResponse:
        # RFC 8620 §2.2; the same host, so that clients send along who they are.
        return RedirectResponse("/jmap/session", 307)

    @router.get("/jmap/session")
    async def get_session(request: Request) -> Response:
        caller = await caller_of(identity, request)
        base = base_of(identity, request, caller)
        found = await core.read(lambda tx: session.resource(tx, core, caller.account, base))
        return json_answer(found)

    @router.post("/jmap")
    @router.post("/jmap/")
    async def post(request: Request) -> Response:
        caller = await caller_of(identity, request)
        try:
            with going.one_more(caller.account.id):
                check_type(request)
                body = await body_of(request, capabilities.MAX_REQUEST_OCTETS, "maxSizeRequest")
                async with asyncio.timeout(requests.REQUEST_SECONDS):
                    return await response_answer(await methods.respond(core, caller, body))
        except RequestError as error:
            return problem(error)
        except TimeoutError:
            return problem(RequestError(UNNAMED, 503, "it took too long"))

    transfer.add_paths(router, core, identity)
    return router


def base_of(identity: Identity, request: Request, caller: Caller) -> str:
    """Where the caller reaches us, as `https://mail.mailwright.test`.

    A page stays where it is; a program is told the address that the installation was given, when it was given one.
    """
    public, host = identity.web.public_url, request.headers.get("host", "")
    is_given = not public.startswith(("http://localhost", "http://127.0.0.1"))
    if not _HOST.fullmatch(host) or (is_given and caller.session is None):
        return public
    return f"{'https' if identity.web.secure else request.url.scheme}://{host}"
