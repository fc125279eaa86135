"""LOGIN: a name and a password (RFC 9051 §6.2.3), and what all ways of signing in have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from mailwright.codecs.imap import Login
from mailwright.codecs.imap.responses import capability_code
from mailwright.codecs.sasl import MAX_SECRET_OCTETS
from mailwright.core import accounts
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AuthenticationFailed, TooManyRequests
from mailwright.protocols.imap.commands.capability import capabilities, may_sign_in
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.storage.accounts import Account

# RFC 9051 §11.1: the password has been sent by now, but the next one may not be.
IN_CLEAR = Reply("NO", "use TLS first: everybody on the way could read your password", "PRIVACYREQUIRED")


async def login(connection: Connection, command: Login) -> Reply:
    """Answer LOGIN. Raises TryLater."""
    if not may_sign_in(connection):
        return IN_CLEAR
    if max(len(command.user.encode()), len(command.password.encode())) > MAX_SECRET_OCTETS:
        return Reply("NO", f"a name or password has at most {MAX_SECRET_OCTETS} octets", "AUTHENTICATIONFAILED")
    asked = accounts.authenticate(
        connection.core, command.user, command.password, client=connection.client, scope="imap"
    )
    return await sign_in(connection, asked)


async def sign_in(connection: Connection, asked: Awaitable[Account]) -> Reply:
    """Wait for core's word and act on it. Each failure on one connection waits longer for its answer. Raises TryLater."""
    try:
        account = await asked
    except AuthenticationFailed as refusal:
        await _refused(connection)
        return Reply("NO", str(refusal), "AUTHENTICATIONFAILED")
    except TooManyRequests as refusal:
        await _refused(connection)
        return Reply("NO", str(refusal), "UNAVAILABLE")  # RFC 5530 §3: it may be right, we do not look now
    connection.account = account
    connection.correlation_id = new_id()
    return Reply("OK", "you are signed in", capability_code(capabilities(connection)))


async def _refused(connection: Connection) -> None:
    await asyncio.sleep(connection.limits.refusal_seconds * 2**connection.failed_sign_ins)
    connection.failed_sign_ins += 1
