"""A command that breaks a rule: the codec knows the answer."""

from __future__ import annotations

from mailwright.codecs.imap import Garbled
from mailwright.protocols.imap.connection import Connection, Reply


async def garbled(connection: Connection, command: Garbled) -> Reply:
    """Say it."""
    return Reply(command.condition, command.text, command.code)
