"""Gmail's hook: `POST /api/webhook/gmail`, where Google's Pub/Sub tells that something is new in an account that was connected here.

Expects: a token that Google signed for us (OpenID Connect), in `Authorization: Bearer`. What is not proven that way is not read.
Promises: 204 is said when it is written down that there is something to read, and that survives a power cut. Pub/Sub calls again
until it hears so; so 401 is said of a token that is wrong, and 503 when it cannot be told now. Who proves nothing may call
`unverified_per_minute` times from one address. Who does is never counted by address, since Google has few: one account's pushes beyond
`pushes_per_minute` are written down all the same, and looked at together.
"""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from limits import RateLimitItemPerMinute
from prometheus_client import Counter
from starlette.responses import Response

from mailwright.core import Core, pushes
from mailwright.domain.addresses import Address
from mailwright.domain.peers import customer
from mailwright.domain.refusals import AuthenticationFailed, BadAddress, BadInput, TooManyRequests
from mailwright.protocols.api import errors
from mailwright.protocols.identity import Web

HOOK_PATH = "/api/webhook/gmail"
BODY_OCTETS = 64 * 1024  # a push has some 500
MAX_HISTORY_ID = 2**64 - 1

pushes_total = Counter("mailwright_gmail_pushes_total", "Calls of Gmail's hook, by what became of them", ["outcome"])

_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": {
            "type": "object",
            "required": ["data"],
            "properties": {
                "data": {"type": "string", "description": 'base64 of {"emailAddress": …, "historyId": …}'},
                "messageId": {"type": "string"},
                "publishTime": {"type": "string"},
            },
        },
        "subscription": {"type": "string"},
    },
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    204: {"description": "It is written down; also when nobody here has connected that account"},
    400: {"description": "The body is no push of Gmail's"},
    401: {"description": "The token is missing or wrong, or Gmail is not set up here"},
    413: {"description": "The body is too long"},
    429: {"description": "Too many calls without a valid token"},
    503: {"description": "Not now: call again"},
}


@dataclass(frozen=True, slots=True)
class GmailHook:
    """What the hook is told. `verify` raises AuthenticationFailed for a token that is not Google's for us, and TryLater; None: closed."""

    verify: Callable[[str], Awaitable[object]] | None = None
    unverified_per_minute: int = 100
    pushes_per_minute: int = 600


def create_router(core: Core, hook: GmailHook, web: Web) -> APIRouter:
    """The path. `web` says which proxies name the address that calls."""
    limiter = core.limiting.fixed("gmail")
    unverified = RateLimitItemPerMinute(hook.unverified_per_minute)
    of_one_account = RateLimitItemPerMinute(hook.pushes_per_minute)

    async def check(request: Request) -> None:
        """Nothing is read for who proves nothing. What cannot be told now counts for nobody."""
        try:
            if hook.verify is None:
                raise AuthenticationFailed(
                    "this hook is closed: set google_client_id and google_push_account in the settings"
                )
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            await hook.verify(token.strip() if scheme.lower() == "bearer" else "")
        except AuthenticationFailed:
            pushes_total.labels("unverified").inc()
            # Asked only now: behind a proxy everybody may have one address, and who guesses must not keep out Google.
            if not await limiter.hit(unverified, "unverified", customer(web.client_of(request))):
                raise TooManyRequests("too many calls without a valid token; try again in a minute") from None
            raise

    router = APIRouter(tags=["hooks"])

    @router.post(
        HOOK_PATH,
        status_code=204,
        response_class=Response,
        responses=_ANSWERS,
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}}},
    )
    async def receive_push(request: Request) -> Response:
        """Take one push: in this account something happened, up to this history id."""
        await check(request)
        try:
            address, history_id = _read(await _body(request))
        except BadInput:
            pushes_total.labels("malformed").inc()
            raise
        calm = not await limiter.hit(of_one_account, "pushes", address)
        taken = await pushes.take(core, address, history_id, calm=calm, correlation_id=errors.request_id_of(request))
        pushes_total.labels(taken.value).inc()
        return Response(status_code=204)

    return router


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > BODY_OCTETS:
            raise errors.BodyTooLarge(BODY_OCTETS)
    return bytes(content)


def _read(content: bytes) -> tuple[str, int]:
    """The account and how far it has come. Raises BadInput."""
    message = _object(content, "the body").get("message")
    data = message.get("data") if isinstance(message, dict) else None
    if not isinstance(data, str):
        raise BadInput("the body has no message with data")
    try:
        # RFC 4648 §4, and §5 as well: Gmail's guide names one alphabet and Pub/Sub uses the other.
        decoded = base64.b64decode(
            data.encode("ascii").translate(_ONE_ALPHABET) + b"=" * (-len(data) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        raise BadInput("the data is not base64") from None
    said = _object(decoded, "the data")
    address, history_id = said.get("emailAddress"), said.get("historyId")
    if isinstance(history_id, str) and history_id.isascii() and history_id.isdigit() and len(history_id) <= 20:
        history_id = int(history_id)
    if not isinstance(history_id, int) or isinstance(history_id, bool) or not 0 < history_id <= MAX_HISTORY_ID:
        raise BadInput("the data has no historyId")
    try:
        if not isinstance(address, str):
            raise BadInput("the data has no emailAddress")
        return Address.parse(address).key, history_id
    except BadAddress:
        raise BadInput("the emailAddress is none") from None


_ONE_ALPHABET = bytes.maketrans(b"-_", b"+/")


def _object(content: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise BadInput(f"{what} is not JSON") from None
    if not isinstance(value, dict):
        raise BadInput(f"{what} is no JSON object")
    return value
