"""Signing in with an account elsewhere: what core and the connector that speaks with the provider say to each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailwright.domain.clock import Instant
from mailwright.domain.refusals import AuthenticationFailed
from mailwright.domain.tokens import Proven

FAILURES: dict[str, str] = {
    "expired": "that took too long, or was begun in another browser: try again",
    "denied": "the provider did not let you in",
    "unknown": "your account there opens none here: ask your administrator to add or link it",
    "refused": "your account may not sign in here",
    "second_factor": "your account has a second factor: sign in with your password and its code",
    "busy": "too many people came in the last hour: try again later",
    "away": "the provider does not answer: try again in a moment",
    "failed": "the provider's answer cannot be used: tell your administrator",
}
"""The word of each way it can fail, as addresses of pages have it, with what it means."""


class NotSignedOn(AuthenticationFailed):
    """Somebody came back from a provider and is not let in. `word` is one of FAILURES."""

    def __init__(self, word: str, because: str = "") -> None:
        super().__init__(because or FAILURES[word])
        self.word = word


@dataclass(frozen=True, slots=True)
class Errand:
    """Somebody is sent to a provider: where to, and what must come back with them."""

    url: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """What the provider said of who came back. `session` is its word for their session there; `id_token` what it wants at sign-out."""

    proven: Proven
    session: str | None
    id_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a provider told us of a sign-out there: whose, or which session, or both. `until`: it can be said again till then."""

    issuer: str
    jti: str
    subject: str | None
    session: str | None
    issued_at: Instant
    until: Instant
