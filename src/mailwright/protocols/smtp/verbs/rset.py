"""RSET: never mind (RFC 5321 §4.1.1.5)."""

from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Reply, Reset

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

OK = Reply(250, "2.0.0", "forgotten")


def rset(connection: "Connection", command: Reset) -> Reply:
    """The session forgets the transaction when this is said."""
    return OK
