"""Postmark's hooks: `POST /api/inbound/postmark` (a mail it received for us) and `POST /api/webhook/postmark` (what became of mail it
sent for us).

Expects: basic authentication (RFC 7617) with the user `postmark` and the password of the settings, over HTTPS; Postmark signs
nothing. Without a password in the settings nobody gets in.
Promises: a call is kept before anything is done with it, and 200 is said when the mail is filed and survives a power cut. Postmark
calls again for ten hours until it hears 200, and stops at once when it hears 403: so 403 is said of what can never be taken (no such
recipient, no readable JSON), with the call and the reason kept here, and everything that may pass is 401, 429 or 503.
Does not: believe a From line because Postmark brings it: see `core.handover`.
"""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Callable
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request
from limits import RateLimitItemPerMinute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from mailwright.codecs import postmark, postmarkreports
from mailwright.codecs.postmark import PostmarkMessage
from mailwright.core import Core, handover, reports
from mailwright.core.accept import Receipt
from mailwright.core.authentication import Authenticator
from mailwright.core.handover import Handed
from mailwright.domain.clock import now
from mailwright.domain.envelope import Channel, Envelope
from mailwright.domain.peers import customer
from mailwright.domain.refusals import AuthenticationFailed, BadInput, Refusal, TooManyRequests
from mailwright.protocols.api import errors

USER = "postmark"
PROVIDER = postmarkreports.PROVIDER
FAILURES = RateLimitItemPerMinute(30)  # wrong passwords of one client: nobody guesses one of ours, but hashing costs
LARGE_OCTETS = 256 * 1024  # read in a thread: 100 MiB take a second, and everybody else goes on
REPORT_OCTETS = 4 * 1024 * 1024  # of one report; a bounce may hold the message it is about

log = structlog.get_logger(__name__)

_INBOUND: dict[str, Any] = {
    "type": "object",
    "required": ["MessageID", "FromFull"],
    "properties": {
        "MessageID": {"type": "string", "description": "Postmark's id: the same one again is a duplicate"},
        "FromFull": {"type": "object", "properties": {"Email": {"type": "string"}, "Name": {"type": "string"}}},
        "ToFull": {"type": "array", "items": {"type": "object"}},
        "OriginalRecipient": {"type": "string", "description": "whom it is for"},
        "MailboxHash": {"type": "string", "description": "what stands behind + in that address"},
        "Subject": {"type": "string"},
        "Date": {"type": "string"},
        "TextBody": {"type": "string"},
        "HtmlBody": {"type": "string"},
        "Headers": {"type": "array", "items": {"type": "object"}},
        "Attachments": {"type": "array", "items": {"type": "object"}},
        "RawEmail": {"type": "string", "description": "the mail as it was sent, when Postmark is asked for it"},
    },
}
_REPORT: dict[str, Any] = {
    "type": "object",
    "required": ["RecordType"],
    "properties": {
        "RecordType": {"type": "string", "enum": ["Bounce", "SpamComplaint", "Delivery", "SubscriptionChange"]},
        "MessageID": {"type": "string"},
        "Metadata": {"type": "object"},
    },
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"description": "The password is missing or wrong, or there is none in the settings"},
    403: {"description": "It can never be taken: do not call again"},
    429: {"description": "Too many calls"},
    503: {"description": "Not now: call again"},
}


def create_router(
    core: Core, *, right: Callable[[], str | None], per_minute: int, authenticator: Authenticator | None = None
) -> APIRouter:
    """Both paths. `right` gives the password of now; None: closed. `per_minute` is how often one client may call each of them."""
    limiter = core.limiting.fixed("postmark")
    rate = RateLimitItemPerMinute(per_minute)
    judge = authenticator or Authenticator(core)

    async def known(request: Request) -> None:
        """Nothing is read for who is not Postmark."""
        client, password = _client(request), right()
        if password is None:
            raise AuthenticationFailed("this hook is closed: set postmark_hook_password in the settings")
        if not _is_right(request.headers.get("authorization", ""), password):
            # Asked only now: behind a proxy everybody has one address, and who guesses must not keep out who knows.
            if not await limiter.hit(FAILURES, "failures", client):
                raise TooManyRequests("too many wrong passwords; try again in a minute")
            raise AuthenticationFailed(f"the user is {USER}, with the password of the settings")
        if not await limiter.hit(rate, request.url.path, client):
            raise TooManyRequests("too many calls; try again in a minute")
        _check_media_type(request)

    router = APIRouter(tags=["hooks"], responses=_ANSWERS)

    @router.post("/api/inbound/postmark", openapi_extra=_body(_INBOUND))
    async def receive_mail(request: Request, _known: Annotated[None, Depends(known)]) -> JSONResponse:
        """Take one mail that Postmark received. Answers `{"status": "accepted" or "duplicate", …}`."""
        payload = await request.body()
        message = await _read(payload)
        handed = await handover.keep(
            core,
            f"{PROVIDER}-inbound",
            message.provider_id if isinstance(message, PostmarkMessage) else await _id_of(payload),
            payload,
            message.recipients if isinstance(message, PostmarkMessage) else (),
            errors.request_id_of(request),
        )
        if isinstance(message, Refusal):
            await handover.settle(core, handed, message)
            return _never(message, request)
        if handed.is_filed:
            return JSONResponse({"status": "duplicate", "messageId": message.provider_id})
        try:
            receipt = await _take(core, judge, handed, message, request)
        except Refusal as refusal:
            if handover.is_for_now(refusal):
                raise
            return _never(refusal, request)
        kept = [outcome for outcome in receipt.outcomes if outcome.refusal is None]
        status = "duplicate" if all(outcome.duplicate for outcome in kept) else "accepted"
        return JSONResponse({"status": status, "messageId": message.provider_id, "inboundId": kept[0].inbound_id})

    @router.post("/api/webhook/postmark", openapi_extra=_body(_REPORT))
    async def receive_report(request: Request, _known: Annotated[None, Depends(known)]) -> JSONResponse:
        """Take one report: a bounce, a complaint, a delivery, a change of who gets mail."""
        payload = await request.body()
        try:
            if len(payload) > REPORT_OCTETS:
                raise BadInput(f"a report may have {REPORT_OCTETS} octets")
            report = postmarkreports.to_report(payload)
        except BadInput as refusal:
            log.warning("hook.refused", provider=PROVIDER, code=refusal.code, error=str(refusal))
            return _never(refusal, request)
        if report is None:
            return JSONResponse({"status": "ignored"})
        is_new = await reports.record(core, report, correlation_id=errors.request_id_of(request))
        return JSONResponse({"status": "accepted" if is_new else "duplicate"})

    return router


async def _read(payload: bytes) -> PostmarkMessage | Refusal:
    """The message, or why there is none."""
    try:
        if len(payload) > LARGE_OCTETS:
            return await asyncio.to_thread(postmark.to_message, payload)
        return postmark.to_message(payload)
    except Refusal as refusal:
        return refusal


async def _id_of(payload: bytes) -> str:
    """Postmark's id of what cannot be read otherwise; empty when there is none."""
    if len(payload) > LARGE_OCTETS:
        return await asyncio.to_thread(postmark.provider_id_of, payload)
    return postmark.provider_id_of(payload)


async def _take(
    core: Core, judge: Authenticator, handed: Handed, message: PostmarkMessage, request: Request
) -> Receipt:
    """File it. Raises the refusal that counts when not everybody has it who can."""
    envelope = _envelope(message, request)
    receipt = await handover.take(
        core,
        judge,
        handed,
        envelope,
        message.raw,
        connection=_as_taken(message, envelope),
        is_whole=message.is_whole,
    )
    refusal = handover.refusal_of(receipt.outcomes)
    if refusal is not None:
        raise refusal
    return receipt


def _envelope(message: PostmarkMessage, request: Request) -> Envelope:
    """As the mail is filed: from its envelope's sender as Postmark had it, from Postmark by HTTP."""
    sender = message.sender if message.connection is None else message.connection.sender
    return Envelope(
        channel=Channel.HOOK,
        sender=None if message.is_notice else sender,
        recipients=message.recipients,
        received_at=now(),
        correlation_id=errors.request_id_of(request),
        client=f"[{_client(request)}]",
        helo=PROVIDER,
        protocol="HTTP",
        key=f"hook:{PROVIDER}:{message.provider_id}",
    )


def _as_taken(message: PostmarkMessage, envelope: Envelope) -> Envelope | None:
    """As Postmark had it by SMTP; None when that cannot be told."""
    found = message.connection
    if found is None:
        return None
    literal = f"[IPv6:{found.client}]" if ":" in found.client else f"[{found.client}]"
    return Envelope(
        channel=Channel.HOOK,
        sender=found.sender,
        recipients=envelope.recipients,
        received_at=envelope.received_at,
        correlation_id=envelope.correlation_id,
        client=literal,
        helo=found.helo,
    )


def _never(refusal: Refusal, request: Request) -> JSONResponse:
    """403: Postmark calls no more about it."""
    return errors.envelope(403, refusal.code, str(refusal), request_id=errors.request_id_of(request))


def _is_right(field: str, password: str) -> bool:
    """Whether an Authorization field names our user and password. Takes the same time whatever is wrong."""
    scheme, _, encoded = field.partition(" ")
    try:
        given = base64.b64decode(encoded.strip(), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        given = b""
    return hmac.compare_digest(given, f"{USER}:{password}".encode())


def _check_media_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "the body must be application/json")


def _client(request: Request) -> str:
    return customer(request.client.host if request.client else "")


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
