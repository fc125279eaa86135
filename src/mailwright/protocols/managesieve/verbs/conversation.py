"""CAPABILITY, NOOP, STARTTLS and LOGOUT: about the conversation itself (RFC 5804 §2.2 to §2.4, §2.13)."""

from typing import TYPE_CHECKING

from mailwright.codecs.managesieve import Capability, Garbled, Logout, Noop, StartTls
from mailwright.codecs.managesieve.responses import response

if TYPE_CHECKING:
    from mailwright.protocols.managesieve.connection import Connection


async def capability(connection: "Connection", command: Capability) -> bytes:
    """What is offered now."""
    return connection.capabilities() + response("OK")


async def noop(connection: "Connection", command: Noop) -> bytes:
    """RFC 5804 §2.13: the tag comes back."""
    if command.tag is None:
        return response("OK", "done nothing")
    return response("OK", "done nothing", "TAG", command.tag)


async def starttls(connection: "Connection", command: StartTls) -> bytes:
    """Say yes; the connection then shakes hands."""
    if connection.server.settings.tls is None:
        return response("NO", "there is no certificate here")
    if connection.session.secured:
        return response("NO", "this is TLS already")
    return response("OK", "begin TLS now")


async def logout(connection: "Connection", command: Logout) -> bytes:
    """The connection closes afterwards."""
    return response("OK", "goodbye")


async def garbled(connection: "Connection", command: Garbled) -> bytes:
    """Say what is wrong; BYE when nothing behind it can be understood."""
    connection.exchange = None
    return response("BYE" if command.fatal else "NO", command.text, command.code)
