"""HTTP's words: the one table from refusals to status codes, and the envelope of every error.

    {"error": {"code": "no_such_recipient", "message": "…", "details": {}, "timestamp": "…", "request_id": "…"}}

Used by `application` (handlers) and `frame` (what never reached a handler). Core knows none of these numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from mailwright.domain import refusals
from mailwright.domain.clock import now, to_iso
from mailwright.domain.refusals import Refusal

RETRY_SECONDS = 30  # what a client is told to wait when we do not know better


class SignatureRequired(Refusal):
    """An unsigned call from elsewhere: only this machine may call without a signature."""

    code = "signature_required"


class BodyTooLarge(HTTPException):
    """The body of a request passed the limit; it is not read on."""

    def __init__(self, most: int) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body of a request may have {most} bytes")


STATUS: dict[type[Refusal], HTTPStatus] = {
    refusals.BadInput: HTTPStatus.BAD_REQUEST,
    refusals.BadAddress: HTTPStatus.UNPROCESSABLE_ENTITY,
    refusals.NotFound: HTTPStatus.NOT_FOUND,
    refusals.AlreadyExists: HTTPStatus.CONFLICT,
    refusals.NoSuchRecipient: HTTPStatus.UNPROCESSABLE_ENTITY,
    refusals.RelayDenied: HTTPStatus.UNPROCESSABLE_ENTITY,
    refusals.SenderNotAllowed: HTTPStatus.FORBIDDEN,
    refusals.NotPermitted: HTTPStatus.FORBIDDEN,
    refusals.MailboxFull: HTTPStatus.INSUFFICIENT_STORAGE,
    refusals.ExceedsQuota: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    refusals.MessageTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    refusals.LoopDetected: HTTPStatus.UNPROCESSABLE_ENTITY,
    refusals.AuthenticationFailed: HTTPStatus.UNAUTHORIZED,
    refusals.SecondFactorRequired: HTTPStatus.UNAUTHORIZED,
    refusals.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    refusals.TryLater: HTTPStatus.SERVICE_UNAVAILABLE,
    SignatureRequired: HTTPStatus.FORBIDDEN,
}
_CODES: dict[int, str] = {
    400: "bad_input",
    401: "authentication_failed",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "message_too_large",
    415: "unsupported_media_type",
    422: "bad_input",
    429: "too_many_requests",
    500: "internal_error",
    503: "try_later",
}


def envelope(
    status: int,
    code: str,
    message: str,
    *,
    request_id: str,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An answer that tells of an error. `request_id` is the correlation id, by which the logs tell the whole story."""
    error = {
        "code": code,
        "message": message,
        "details": dict(details or {}),
        "timestamp": to_iso(now()),
        "request_id": request_id,
    }
    return JSONResponse({"error": error}, status, dict(headers or {}))


def refused(refusal: Refusal, *, request_id: str, details: Mapping[str, Any] | None = None) -> JSONResponse:
    """A refusal in HTTP's words. One without a row of its own is a conflict with how things are: 409."""
    status = next((STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS), HTTPStatus.CONFLICT)
    headers = {}
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INSUFFICIENT_STORAGE):
        headers["Retry-After"] = str(RETRY_SECONDS)  # RFC 9110 §10.2.3
    return envelope(status, refusal.code, str(refusal), request_id=request_id, details=details, headers=headers)


def request_id_of(request: Request) -> str:
    """The correlation id that `frame` gave the request."""
    return str(request.scope.get("correlation_id", ""))


def add_handlers(api: FastAPI) -> None:
    """Give every error of the application the envelope."""
    api.add_exception_handler(Refusal, _on_refusal)
    api.add_exception_handler(HTTPException, _on_http)
    api.add_exception_handler(RequestValidationError, _on_invalid)


async def _on_refusal(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    answer = refused(error, request_id=request_id_of(request))
    by_token = request.headers.get("authorization", "")[:7].lower() == "bearer "
    if by_token and isinstance(error, refusals.AuthenticationFailed):
        answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'  # RFC 6750 §3.1
    return answer


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "error")
    message = error.detail
    if error.status_code == HTTPStatus.NOT_FOUND:
        message = f"there is nothing at {request.url.path[:200]}"
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        message = f"{request.method[:20]} is not possible here"
    return envelope(error.status_code, code, message, request_id=request_id_of(request), headers=error.headers)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # What was given is not repeated: it may be mail.
    fields = [{"field": ".".join(str(step) for step in one["loc"]), "problem": one["msg"]} for one in error.errors()]
    return envelope(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_input",
        "the request has fields that are missing or wrong",
        request_id=request_id_of(request),
        details={"fields": fields},
    )
