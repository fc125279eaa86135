"""Tokens as `core.bearer` proves them, without an issuer: `core.bearer = issuing({"good": proven("ada@…")})`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from mailwright.domain import clock
from mailwright.domain.clock import HOUR, Instant
from mailwright.domain.refusals import AuthenticationFailed
from mailwright.domain.tokens import Proven, Voucher

ISSUER = "https://login.example.org"


def proven(
    address: str | None,
    *,
    subject: str = "",
    issuer: str = ISSUER,
    at: Instant | None = None,
    strong: bool = False,
    roles: tuple[str, ...] | None = None,
    voucher: Voucher | None = None,
) -> Proven:
    """A token of that verified address, issued now for an hour; each address has a subject of its own."""
    issued = clock.now() if at is None else at
    return Proven(
        issuer,
        subject or f"id of {address}",
        issued,
        issued + HOUR,
        address,
        "Somebody",
        strong,
        roles,
        voucher or Voucher(),
    )


def issuing(tokens: Mapping[str, Proven | str]) -> Callable[[str], Awaitable[Proven]]:
    """Who asks for one of these gets what it proves, and nobody else anything. The mapping may change later."""

    async def prove(token: str) -> Proven:
        found = tokens.get(token)
        if found is None:
            raise AuthenticationFailed("the token's signature is not right")
        return proven(found) if isinstance(found, str) else found

    return prove
