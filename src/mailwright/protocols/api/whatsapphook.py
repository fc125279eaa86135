"""WhatsApp's hook: `/webhook/whatsapp`, where Meta's Cloud API hands over what people wrote to our number, and what became of what we sent.

`GET` proves to Meta that the address is ours, when the hook is set up there: it repeats a challenge to who knows our verify token.
`POST` expects Meta's signature of the raw body, `X-Hub-Signature-256: sha256=<hex HMAC>` under the app's secret; without a secret in
the settings, unsigned calls of this machine alone are taken, and what they bring is a stranger's.
Promises: 200 is said when all of a call is filed and survives a power cut, `{"status": "accepted"}`, or `"duplicate"` when all of it
was there, or `"ignored"` when nothing of it is ours. Meta calls again for seven days until it hears 200; what is filed already is
recognised then. One message that is odd harms no other of its call.
Does not: look at what was written (`core.whatsapp` finds whose it is, the concierge what it means).
"""

import asyncio
import hmac
import re
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import APIRouter, Request
from limits import RateLimitItemPerMinute
from starlette.responses import JSONResponse, PlainTextResponse

from mailwright.codecs import mailhook
from mailwright.codecs import whatsapp as wire
from mailwright.core import Core, whatsapp
from mailwright.core.whatsapp import Line
from mailwright.domain.clock import now
from mailwright.domain.peers import customer
from mailwright.domain.refusals import AuthenticationFailed, NotPermitted, TooManyRequests
from mailwright.protocols.api import errors
from mailwright.protocols.api.callers import check_media_type, from_this_machine
from mailwright.protocols.identity import Web

HOOK_PATH = "/webhook/whatsapp"
SIGNATURE = "X-Hub-Signature-256"
FAILURES = RateLimitItemPerMinute(30)  # wrong signatures of one client: nobody guesses 256 bits, but hashing costs
LARGE_OCTETS = 256 * 1024  # read in a thread
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,200}")

log = structlog.get_logger(__name__)

_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["object", "entry"],
    "properties": {
        "object": {"type": "string", "enum": ["whatsapp_business_account"]},
        "entry": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "changes": {"type": "array", "items": {"type": "object"}, "description": "messages and statuses"},
                },
            },
        },
    },
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is no call of WhatsApp's"},
    401: {"description": "The signature is missing or wrong"},
    403: {"description": "Unsigned calls are taken from this machine only"},
    413: {"description": "The body is too long"},
    429: {"description": "Too many calls"},
    503: {"description": "Not now: call again"},
}


@dataclass(frozen=True, slots=True)
class WhatsAppHook:
    """What the hook is told. `app_secret` None: only this machine may call. `verify_token` None: nobody can set the hook up."""

    app_secret: str | None = field(default=None, repr=False)
    verify_token: str | None = field(default=None, repr=False)
    line: Line = field(default_factory=Line)
    number: str | None = None  # as people see it, told to who links a phone
    per_minute: int = 600


def create_router(core: Core, hook: WhatsAppHook, web: Web) -> APIRouter:
    """Both methods. `web` says which proxies name the address that calls."""
    limiter = core.limiting.fixed("whatsapp")
    rate = RateLimitItemPerMinute(hook.per_minute)
    router = APIRouter(tags=["hooks"])

    async def failed(client: str) -> None:
        """Asked only then: Meta has few addresses, and who guesses must not keep out who knows."""
        if not await limiter.hit(FAILURES, "failures", client):
            raise TooManyRequests("too many wrong calls; try again in a minute")

    @router.get(HOOK_PATH, response_class=PlainTextResponse, responses={403: {"description": "The token is not ours"}})
    async def prove(request: Request) -> PlainTextResponse:
        """Repeat Meta's challenge when it brings our verify token (`hub.mode`, `hub.verify_token`, `hub.challenge`)."""
        asked = request.query_params
        token, challenge = asked.get("hub.verify_token", ""), asked.get("hub.challenge", "")
        known = hook.verify_token is not None and hmac.compare_digest(token.encode(), hook.verify_token.encode())
        if asked.get("hub.mode") != "subscribe" or not known or not _CHALLENGE.fullmatch(challenge):
            await failed(customer(web.client_of(request)))
            raise NotPermitted("this is not the verify token of the settings")
        return PlainTextResponse(challenge)

    @router.post(
        HOOK_PATH,
        responses=_ANSWERS,
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}}},
    )
    async def receive(request: Request) -> JSONResponse:
        """Take what WhatsApp tells. Answers `{"status": "accepted", "duplicate" or "ignored", "inboundId": …}`."""
        client = customer(web.client_of(request))
        check_media_type(request)
        given = request.headers.get(SIGNATURE)
        if hook.app_secret is None and not from_this_machine(request):
            raise errors.SignatureRequired("set whatsapp_app_secret to take messages from other machines")
        # Nothing is read for who does not even try to sign.
        raw = await _body(request) if hook.app_secret is None or given else b""
        if hook.app_secret is not None and not mailhook.verify(hook.app_secret, raw, given):
            await failed(client)
            raise AuthenticationFailed(f"{SIGNATURE} is missing or is not the signature of the body")
        if not await limiter.hit(rate, "calls", client):
            raise TooManyRequests("too many calls; try again in a minute")
        moment = now()
        call = await asyncio.to_thread(wire.read, raw, moment) if len(raw) > LARGE_OCTETS else wire.read(raw, moment)
        request_id = errors.request_id_of(request)
        if call.odd:
            log.warning("whatsapp.odd_entries", count=call.odd, correlation_id=request_id)
        results = await whatsapp.receive(
            core,
            hook.line,
            call,
            signed=hook.app_secret is not None,
            correlation_id=request_id,
            client=f"[{client}]",
        )
        filed = [each.inbound_id for each in results if each.inbound_id]
        answer: dict[str, Any] = {"status": whatsapp.summary(results).value}
        if filed:
            answer["inboundId"] = filed[0]
        if len(filed) > 1:
            answer["inboundIds"] = filed
        return JSONResponse(answer)

    return router


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > wire.MAX_BODY_OCTETS:
            raise errors.BodyTooLarge(wire.MAX_BODY_OCTETS)
    return bytes(content)
