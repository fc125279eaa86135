"""AUTH: signing in with a password or a token (RFC 4954 §4)."""

import base64
from typing import TYPE_CHECKING

from mailwright.codecs.sasl import Challenge, Credentials, SaslError, Token, exchange_for
from mailwright.codecs.smtp import Auth, AuthAnswer, PeerError, Reply
from mailwright.domain.refusals import AuthenticationFailed, TooManyRequests, TryLater
from mailwright.protocols.smtp.entrance import SignedIn

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

WELCOME = Reply(235, "2.7.0", "you are signed in")
CANCELLED = Reply(501, "5.7.0", "cancelled, as you wish")  # RFC 4954 §4: 501 for a cancelled exchange


async def auth(connection: "Connection", command: Auth) -> Reply:
    """Begin an exchange; with an initial response it may end at once. Raises PeerError, AuthenticationFailed."""
    offered = connection.session.offer.mechanisms
    if command.mechanism not in offered:
        # RFC 4954 §4: 504 with 5.5.4 for a mechanism that is not supported.
        raise PeerError(504, "5.5.4", f"only {' and '.join(offered)} are spoken here")
    connection.exchange = exchange_for(command.mechanism)
    return await _step(connection, command.initial)


async def answer(connection: "Connection", command: AuthAnswer) -> Reply:
    """Go on with it. Raises PeerError, AuthenticationFailed."""
    return CANCELLED if command.data is None else await _step(connection, command.data)


async def _step(connection: "Connection", data: bytes | None) -> Reply:
    exchange = connection.exchange
    assert exchange is not None, "the state table lets an answer come only after AUTH"
    try:
        said = exchange.step(data)
    except SaslError as error:
        # RFC 4954 §4: 501 5.5.2 for what cannot be read; §6: 535 5.7.8 for what is not accepted.
        code, enhanced = (501, "5.5.2") if error.malformed else (535, "5.7.8")
        raise PeerError(code, enhanced, str(error)) from None
    if isinstance(said, Challenge):
        return _challenge(said)
    try:
        connection.account = await _sign_in(connection, said)
    except AuthenticationFailed:
        connection.failed_sign_ins += 1
        last = exchange.refused()
        if last is None:
            raise
        return _challenge(last)
    except (TooManyRequests, TryLater) as refusal:
        # RFC 4954 §6: 454 4.7.0, temporary authentication failure.
        return Reply(454, "4.7.0", str(refusal) or "not now, try again later")
    return WELCOME


async def _sign_in(connection: "Connection", said: Credentials | Token) -> SignedIn:
    entrance = connection.server.entrance
    if isinstance(said, Token):
        return await entrance.authenticate_token(said.name, said.token, connection.address)
    return await entrance.authenticate(said.name, said.password, connection.address)


def _challenge(challenge: Challenge) -> Reply:
    return Reply(334, "", base64.b64encode(challenge.data).decode())
