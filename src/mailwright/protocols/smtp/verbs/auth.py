"""AUTH: signing in with PLAIN or LOGIN (RFC 4954 §4)."""

import base64
from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Auth, AuthAnswer, Challenge, Reply, exchange_for
from mailwright.domain.refusals import AuthenticationFailed, TooManyRequests, TryLater

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

WELCOME = Reply(235, "2.7.0", "you are signed in")
CANCELLED = Reply(501, "5.7.0", "cancelled, as you wish")  # RFC 4954 §4: 501 for a cancelled exchange


async def auth(connection: "Connection", command: Auth) -> Reply:
    """Begin an exchange; with an initial response it may end at once. Raises PeerError, AuthenticationFailed."""
    connection.exchange = exchange_for(command.mechanism)
    return await _step(connection, command.initial)


async def answer(connection: "Connection", command: AuthAnswer) -> Reply:
    """Go on with it. Raises PeerError, AuthenticationFailed."""
    return CANCELLED if command.data is None else await _step(connection, command.data)


async def _step(connection: "Connection", data: bytes | None) -> Reply:
    assert connection.exchange is not None, "the state table lets an answer come only after AUTH"
    said = connection.exchange.step(data)
    if isinstance(said, Challenge):
        return Reply(334, "", base64.b64encode(said.data).decode())
    try:
        connection.account = await connection.server.entrance.authenticate(said.name, said.password, connection.address)
    except AuthenticationFailed:
        connection.failed_sign_ins += 1
        raise
    except (TooManyRequests, TryLater) as refusal:
        # RFC 4954 §6: 454 4.7.0, temporary authentication failure.
        return Reply(454, "4.7.0", str(refusal) or "not now, try again later")
    return WELCOME
