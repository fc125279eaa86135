"""gRPC's words: the one table from refusals, and from the errors of JMAP's handlers, to canonical codes.

Used by `running` (a whole call) and by methods that change many objects at once (`failure`). Promises: what is said is fit to be shown
and names nothing of the inside; what may be tried again says when.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from google.rpc import error_details_pb2

from mailwright.codecs.jmap.request import RequestError
from mailwright.domain import refusals
from mailwright.domain.refusals import Refusal
from mailwright.protocols.jmap.changing import SetError
from mailwright.protocols.jmap.dispatch import MethodError
from mailwright.v1 import common_pb2

RETRY_SECONDS = 5.0  # what a program is told to wait when we do not know better
LIMIT_SECONDS = 10.0  # the same, when it has asked too much
DOMAIN = "mailwright"  # of the reasons, in google.rpc.ErrorInfo
MAX_TEXT = 500  # characters; a message is sent in a header


class Code(IntEnum):
    """The canonical codes, as google.rpc.Code numbers them."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a call that was not done. `retry_after` in seconds, None: asking again does not help."""

    code: Code
    reason: str
    message: str
    retry_after: float | None = None


REFUSALS: dict[type[Refusal], Code] = {
    # Whatever is not named here is a state of things in which it cannot be done.
    refusals.Refusal: Code.FAILED_PRECONDITION,
    refusals.BadAddress: Code.INVALID_ARGUMENT,
    refusals.BadInput: Code.INVALID_ARGUMENT,
    refusals.NotFound: Code.NOT_FOUND,
    refusals.NotPermitted: Code.PERMISSION_DENIED,
    refusals.AlreadyExists: Code.ALREADY_EXISTS,
    refusals.NoSuchRecipient: Code.NOT_FOUND,
    refusals.RelayDenied: Code.PERMISSION_DENIED,
    refusals.SenderNotAllowed: Code.PERMISSION_DENIED,
    refusals.NotAuthentic: Code.PERMISSION_DENIED,
    refusals.LooksLikeSpam: Code.PERMISSION_DENIED,
    refusals.MailboxFull: Code.RESOURCE_EXHAUSTED,
    refusals.ExceedsQuota: Code.RESOURCE_EXHAUSTED,
    refusals.MessageTooLarge: Code.RESOURCE_EXHAUSTED,
    refusals.LoopDetected: Code.FAILED_PRECONDITION,
    refusals.RejectedByRule: Code.FAILED_PRECONDITION,
    refusals.AuthenticationFailed: Code.UNAUTHENTICATED,
    refusals.TokenExpired: Code.UNAUTHENTICATED,
    refusals.UnknownKey: Code.UNAUTHENTICATED,
    refusals.SecondFactorRequired: Code.UNAUTHENTICATED,
    refusals.TooManyRequests: Code.RESOURCE_EXHAUSTED,
    refusals.TryLater: Code.UNAVAILABLE,
    refusals.DamagedBlob: Code.UNAVAILABLE,  # until it is itself again, or somebody brings it back
}

JMAP_ERRORS: dict[str, Code] = {
    "accountNotFound": Code.NOT_FOUND,
    "accountNotSupportedByMethod": Code.PERMISSION_DENIED,
    "accountReadOnly": Code.PERMISSION_DENIED,
    "alreadyExists": Code.ALREADY_EXISTS,
    "blobNotFound": Code.NOT_FOUND,
    "cannotCalculateChanges": Code.FAILED_PRECONDITION,
    "forbidden": Code.PERMISSION_DENIED,
    "invalidArguments": Code.INVALID_ARGUMENT,
    "invalidEmail": Code.INVALID_ARGUMENT,
    "invalidPatch": Code.INVALID_ARGUMENT,
    "invalidProperties": Code.INVALID_ARGUMENT,
    "mailboxHasChild": Code.FAILED_PRECONDITION,
    "mailboxHasEmail": Code.FAILED_PRECONDITION,
    "notFound": Code.NOT_FOUND,
    "overQuota": Code.RESOURCE_EXHAUSTED,
    "rateLimit": Code.RESOURCE_EXHAUSTED,
    "requestTooLarge": Code.INVALID_ARGUMENT,
    "serverUnavailable": Code.UNAVAILABLE,
    "stateMismatch": Code.ABORTED,
    "tooLarge": Code.RESOURCE_EXHAUSTED,
    "tooManyKeywords": Code.INVALID_ARGUMENT,
    "unsupportedFilter": Code.INVALID_ARGUMENT,
}
"""Of the errors of a method and of an object of a /set, those that our calls can meet (RFC 8620 §3.6.2, §5.3)."""

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def said_of(error: Refusal | MethodError | SetError | RequestError) -> Said:
    """What is said of a call that was refused."""
    if isinstance(error, Refusal):
        code = next(REFUSALS[each] for each in type(error).__mro__ if each in REFUSALS)
        return _said(code, error.code, str(error), may_change=isinstance(error, refusals.TooManyRequests))
    if isinstance(error, RequestError):  # of `requests.Going`: too much at once
        return _said(Code.RESOURCE_EXHAUSTED, "too_many_requests", error.detail, may_change=True)
    return of_type(error.type, error.description)


def of_type(type: str, description: str) -> Said:
    """The same, from the type of an error of JMAP."""
    code = JMAP_ERRORS.get(type, Code.FAILED_PRECONDITION)
    reason = _WORDS.sub("_", type).lower()
    return _said(code, reason, description or reason.replace("_", " "), may_change=type == "rateLimit")


def failure(object_id: str, error: Mapping[str, Any]) -> common_pb2.Failure:
    """What is said of one object of a call, from the SetError in an answer of JMAP."""
    said = of_type(str(error["type"]), str(error.get("description", "")))
    return common_pb2.Failure(id=object_id, code=int(said.code), reason=said.reason, message=said.message)


def details(said: Said, correlation_id: str) -> list[Any]:
    """Why, as a word for programs, and when to ask again, where that helps: the messages of google.rpc."""
    found: list[Any] = [
        error_details_pb2.ErrorInfo(
            reason=said.reason.upper(), domain=DOMAIN, metadata={"correlation_id": correlation_id}
        )
    ]
    if said.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(int(said.retry_after * 1000))
        found.append(retry)
    return found


def _said(code: Code, reason: str, message: str, *, may_change: bool) -> Said:
    retry_after = LIMIT_SECONDS if may_change else RETRY_SECONDS if code is Code.UNAVAILABLE else None
    return Said(code, reason, message[:MAX_TEXT], retry_after)
