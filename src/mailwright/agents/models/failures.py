"""What goes wrong with providers, in our words. Theirs are not passed on: they may quote the mail."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelRequestTimeout,
    ModelServerError,
    ModelUnavailableError,
    UnexpectedModelBehavior,
    UserError,
)

REASKS = 2  # times a model is asked again for an answer of the right type
TRANSIENT_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


@dataclass(frozen=True, slots=True)
class Told:
    """A failure: the outcome for the row, the text for people, and whether another try may help."""

    outcome: str
    text: str
    transient: bool


def told(name: str, error: Exception, timeout: float) -> Told:
    """A failure of the model `name`, whose requests end after `timeout` seconds."""
    if isinstance(error, ModelRequestTimeout | TimeoutError):
        return Told("timeout", f"{name} did not answer within {timeout:g} s", True)
    if isinstance(error, ModelRateLimitError):
        return Told("rate-limited", f"{name} asks us to slow down", True)
    if isinstance(error, ModelQuotaExceededError):
        return Told("quota", f"the account at {name} has no credit left", False)
    if isinstance(error, ModelAuthenticationError):
        return Told("refused", f"{name} does not accept our key", False)
    if isinstance(error, ModelNotFoundError):
        return Told("refused", f"{name} does not exist at this provider", False)
    if isinstance(error, ModelContextWindowExceededError):
        return Told("too-long", f"{name} cannot read that much at once", False)
    if isinstance(error, ModelUnavailableError | ModelServerError):
        return Told("unavailable", f"{name} has an error of its own", True)
    if isinstance(error, ModelConnectionError):
        return Told("unreachable", f"{name} could not be reached", True)
    if isinstance(error, ModelHTTPError) and error.status_code in TRANSIENT_STATUS:
        return Told("unavailable", f"{name} answered {error.status_code}", True)
    if isinstance(error, ModelRequestRejectedError | ModelHTTPError):
        return Told("refused", f"{name} refused the request", False)
    if isinstance(error, ModelAPIError):  # there is an answer, and it is none: a proxy's page, half of a body
        return Told("garbage", f"{name} gave an answer that cannot be read", True)
    if isinstance(error, UnexpectedModelBehavior):
        return Told("garbage", f"{name} gave no usable answer in {1 + REASKS} tries", False)
    if isinstance(error, UserError | ImportError | ValueError):
        return Told("not-set-up", f"{name} is not set up: its name or key is wrong, or its library is missing", False)
    return Told("error", f"{name} failed with {type(error).__name__}", False)


def of_status(name: str, status: int) -> Told:
    """The failure that an HTTP status of a provider tells of."""
    if status == 429:
        return Told("rate-limited", f"{name} asks us to slow down", True)
    if status in TRANSIENT_STATUS or status >= 500:
        return Told("unavailable", f"{name} has an error of its own", True)
    if status in (401, 403):
        return Told("refused", f"{name} does not accept our key", False)
    if status == 404:
        return Told("refused", f"{name} does not exist at this provider", False)
    return Told("refused", f"{name} refused the request", False)
