"""AUTHENTICATE: a SASL exchange (RFC 9051 §6.2.2, RFC 4422)."""

from __future__ import annotations

from mailwright.codecs.imap import AuthAnswer, Authenticate
from mailwright.codecs.sasl import Challenge, SaslError, Token, exchange_for
from mailwright.core import accounts, bearers
from mailwright.protocols.imap.commands.capability import may_sign_in, mechanisms
from mailwright.protocols.imap.commands.login import IN_CLEAR, sign_in
from mailwright.protocols.imap.connection import Connection, Reply


async def authenticate(connection: Connection, command: Authenticate) -> Reply | None:
    """Begin an exchange; with an initial response (RFC 4959) it may end at once. Raises TryLater."""
    if not may_sign_in(connection):
        return IN_CLEAR
    offered = mechanisms(connection)
    if command.mechanism not in offered:
        return Reply("NO", f"only {', '.join(offered)} are spoken here", "CANNOT")
    connection.exchange = exchange_for(command.mechanism)
    return await _step(connection, command.initial)


async def answer(connection: Connection, command: AuthAnswer) -> Reply | None:
    """Go on with it. Raises TryLater."""
    if command.data is None:
        connection.exchange = None
        return Reply("BAD", "cancelled, as you wish")  # RFC 9051 §6.2.2
    return await _step(connection, command.data)


async def _step(connection: Connection, data: bytes | None) -> Reply | None:
    exchange = connection.exchange
    assert exchange is not None, "the state table lets an answer come only after AUTHENTICATE"
    try:
        said = exchange.step(data)
    except SaslError as error:
        connection.exchange = None
        return Reply("BAD", str(error)) if error.malformed else Reply("NO", str(error), "AUTHENTICATIONFAILED")
    if isinstance(said, Challenge):
        connection.send(connection.session.challenge(said.data))
        return None
    core, client = connection.core, connection.client
    if isinstance(said, Token):
        asked = bearers.authenticate(core, said.name, said.token, client=client, door="imap")
    else:
        asked = accounts.authenticate(core, said.name, said.password, client=client, scope="imap")
    reply = await sign_in(connection, asked)
    last = exchange.refused() if reply.status != "OK" else None
    if last is not None:
        # RFC 7628 §3.2.3: the reason is a challenge; the exchange fails with its answer.
        connection.send(connection.session.challenge(last.data))
        return None
    connection.exchange = None
    return reply
