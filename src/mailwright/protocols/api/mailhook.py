"""`POST /webhook/email`: a mail handed over as JSON (the body is told in `codecs/mailhook`).

Expects a signature of the raw body under the shared secret, `X-Mailwright-Signature: sha256=<hex HMAC>`; without a secret,
callers on this machine only.
Promises: "accepted" is said only when the mail is filed and survives a power cut; the same messageId again is "duplicate".
Does not: believe the sender. The signature proves which system handed the mail over, not that the From line is true, so the
words in it are a stranger's either way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, Request
from limits import RateLimitItemPerMinute
from starlette.responses import JSONResponse

from mailwright.codecs import mailhook
from mailwright.core import Core
from mailwright.core.accept import accept
from mailwright.core.filing import Outcome
from mailwright.domain.clock import now
from mailwright.domain.envelope import Channel, Envelope, Origin, Verdict
from mailwright.domain.peers import customer
from mailwright.domain.refusals import AuthenticationFailed, NoSuchRecipient, TooManyRequests, TryLater
from mailwright.protocols.api import errors
from mailwright.protocols.api.callers import check_media_type, from_this_machine, peer_of

SIGNATURE = "X-Mailwright-Signature"
FAILURES = RateLimitItemPerMinute(
    30
)  # wrong signatures of one client: nobody guesses 256 bits, but logs and hashing cost
LARGE_OCTETS = 256 * 1024  # read in a thread: 50 MiB take a second, and everybody else goes on

_BODY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["messageId", "from", "to", "timestamp"],
    "properties": {
        "messageId": {"type": "string", "description": "the provider's id: the same one again is a duplicate"},
        "from": {"type": "string", "description": "an address, with or without a name"},
        "to": {"description": "an address of this server, or a list of them", "type": "string"},
        "subject": {"type": "string"},
        "textBody": {"type": "string"},
        "htmlBody": {"type": "string"},
        "attachments": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "filename": {"type": "string"},
                    "contentType": {"type": "string"},
                    "content": {"type": "string", "description": "base64"},
                },
            },
        },
        "timestamp": {"type": "string", "description": "ISO 8601, e.g. 2026-03-01T09:30:00Z"},
        "inReplyTo": {"type": "string", "description": "the Message-ID it answers"},
        "references": {"type": "string", "description": "Message-IDs of the thread"},
    },
}


def create_router(core: Core, *, known: Callable[[], str | None], per_minute: int) -> APIRouter:
    """The path. `known` gives the secret; None: only this machine may call. `per_minute` is how often one client may."""
    router = APIRouter(tags=["hooks"])
    limiter = core.limiting.fixed("webhook")
    rate = RateLimitItemPerMinute(per_minute)

    @router.post(
        "/webhook/email",
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _BODY_SCHEMA}}}},
        responses={
            401: {"description": "The signature is missing or wrong"},
            403: {"description": "Unsigned calls are taken from this machine only"},
            422: {"description": "No such recipient"},
            429: {"description": "Too many calls"},
        },
    )
    async def receive_mail(request: Request) -> JSONResponse:
        """Hand over one mail. Answers `{"status": "accepted" or "duplicate", "inboundId": …}`."""
        client = customer(peer_of(request))
        if not await limiter.hit(rate, "calls", client):
            raise TooManyRequests("too many calls; try again in a minute")
        check_media_type(request)
        given, secret = request.headers.get(SIGNATURE), known()
        if secret is None and not from_this_machine(request):
            raise errors.SignatureRequired("set a webhook secret to take mail from other machines")
        # Nothing is read for who does not even try to sign.
        raw = await request.body() if secret is None or given else b""
        if secret is not None and not mailhook.verify(secret, raw, given):
            # Asked only now: behind a proxy everybody has one address, and who guesses must not keep out who signs.
            if not await limiter.hit(FAILURES, "failures", client):
                raise TooManyRequests("too many wrong signatures; try again in a minute")
            raise AuthenticationFailed(f"{SIGNATURE} is missing or is not the signature of the body")
        message = (
            await asyncio.to_thread(mailhook.to_message, raw) if len(raw) > LARGE_OCTETS else mailhook.to_message(raw)
        )
        because = (
            "a signed hook handed it over, which vouches for no sender" if secret else "an unsigned hook handed it over"
        )
        envelope = Envelope(
            channel=Channel.HOOK,
            sender=message.sender,
            recipients=message.recipients,
            received_at=now(),
            correlation_id=errors.request_id_of(request),
            client=f"[{client}]",
            protocol="HTTP",
            key=f"hook:{'signed' if secret else 'anonymous'}:{message.provider_id}",
        )
        receipt = await accept(core, envelope, message.raw, Verdict(Origin.STRANGER, None, because))
        return _answer(receipt.outcomes, errors.request_id_of(request))

    return router


def _answer(outcomes: Sequence[Outcome], request_id: str) -> JSONResponse:
    """One answer for all recipients: taken when anybody got it; refused when nobody did.

    What was refused for now is said so even when others have it: the caller comes back with the same id, and who has it
    already is recognised.
    """
    refusals = [outcome.refusal for outcome in outcomes if outcome.refusal is not None]
    kept = [outcome for outcome in outcomes if outcome.refusal is None]
    waiting = next((refusal for refusal in refusals if isinstance(refusal, TryLater)), None)
    if waiting is not None or not kept:
        refusal = waiting or (refusals[0] if refusals else NoSuchRecipient("there is no recipient"))
        return errors.refused(refusal, request_id=request_id)
    body: dict[str, Any] = {
        "status": "duplicate" if all(outcome.duplicate for outcome in kept) else "accepted",
        "inboundId": kept[0].inbound_id,
    }
    if len(outcomes) > 1:
        body["recipients"] = [_told(outcome) for outcome in outcomes]
    return JSONResponse(body)


def _told(outcome: Outcome) -> dict[str, str]:
    if outcome.refusal is not None:
        return {"to": str(outcome.recipient), "status": "refused", "code": outcome.refusal.code}
    state = "duplicate" if outcome.duplicate else "accepted"
    return {"to": str(outcome.recipient), "status": state, "inboundId": outcome.inbound_id}
