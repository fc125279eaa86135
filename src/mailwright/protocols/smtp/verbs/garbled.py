"""A command that breaks a rule: the codec knows the answer."""

from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Garbled, Reply

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection


def garbled(connection: "Connection", command: Garbled) -> Reply:
    """Say it."""
    return command.reply
