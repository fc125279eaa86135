"""QUIT: goodbye (RFC 5321 §4.1.1.10)."""

from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Quit, Reply

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

GOODBYE = Reply(221, "2.0.0", "goodbye")


def quit_(connection: "Connection", command: Quit) -> Reply:
    """The connection closes after this is said."""
    return GOODBYE
