"""NOOP: are you there? (RFC 5321 §4.1.1.9)."""

from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Noop, Reply

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

OK = Reply(250, "2.0.0", "still here")


def noop(connection: "Connection", command: Noop) -> Reply:
    """Yes."""
    return OK
