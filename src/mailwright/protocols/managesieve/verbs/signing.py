"""AUTHENTICATE and UNAUTHENTICATE: signing in with a password or a token, and out (RFC 5804 §2.1, §2.14.1)."""

import base64
from typing import TYPE_CHECKING

from mailwright.codecs.managesieve import Answer, Authenticate, Unauthenticate
from mailwright.codecs.managesieve.responses import response, string
from mailwright.codecs.sasl import Challenge, Credentials, SaslError, Token, exchange_for
from mailwright.core import accounts, bearers
from mailwright.domain.refusals import AuthenticationFailed, Refusal
from mailwright.storage.accounts import Account

if TYPE_CHECKING:
    from mailwright.protocols.managesieve.connection import Connection

SCOPE = "sieve"  # what an app password must be for


async def authenticate(connection: "Connection", command: Authenticate) -> bytes:
    """Begin an exchange; with an initial response it may end at once."""
    if not connection.may_sign_in:
        return response("NO", "STARTTLS comes first", "ENCRYPT-NEEDED")
    if command.mechanism not in connection.mechanisms:
        return response("NO", f"only {' and '.join(connection.mechanisms)} are spoken here")
    if command.mechanism == "LOGIN" and command.initial is not None:
        # RFC 5804 §2.1: a mechanism in which the server speaks first takes no initial response.
        return response("NO", "LOGIN begins with a question of ours")
    connection.exchange = exchange_for(command.mechanism)
    return await _step(connection, command.initial)


async def answer(connection: "Connection", command: Answer) -> bytes:
    """Go on with it."""
    if command.data is None:
        return _ended(connection, "cancelled, as you wish")
    return await _step(connection, command.data)


async def unauthenticate(connection: "Connection", command: Unauthenticate) -> bytes:
    """RFC 5804 §2.14.1: back to where nobody is signed in; TLS stays."""
    connection.account = None
    connection.session.stranger()
    return response("OK", "you are signed out")


async def _step(connection: "Connection", data: bytes | None) -> bytes:
    exchange = connection.exchange
    assert exchange is not None, "the state table lets an answer come only after AUTHENTICATE"
    try:
        said = exchange.step(data)
    except SaslError as error:
        return _ended(connection, str(error))
    if isinstance(said, Challenge):
        return _challenge(connection, said)
    try:
        account = await _sign_in(connection, said)
    except AuthenticationFailed as refusal:
        connection.failed_sign_ins += 1
        last = exchange.refused()
        return _ended(connection, str(refusal)) if last is None else _challenge(connection, last)
    except Refusal:
        connection.exchange = None
        connection.session.stranger()
        raise
    connection.account = account
    connection.exchange = None
    connection.session.signed_in()
    return response("OK", "you are signed in")


async def _sign_in(connection: "Connection", said: Credentials | Token) -> Account:
    if isinstance(said, Token):
        return await bearers.authenticate(
            connection.core, said.name, said.token, client=connection.client, door="sieve"
        )
    return await accounts.authenticate(connection.core, said.name, said.password, client=connection.client, scope=SCOPE)


def _challenge(connection: "Connection", challenge: Challenge) -> bytes:
    connection.session.signing_in()
    return string(base64.b64encode(challenge.data)) + b"\r\n"


def _ended(connection: "Connection", text: str) -> bytes:
    connection.exchange = None
    connection.session.stranger()
    return response("NO", text)
