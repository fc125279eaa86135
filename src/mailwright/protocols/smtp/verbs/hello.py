"""EHLO, HELO and LHLO: who is there, and what we offer (RFC 5321 §4.1.1.1, RFC 2033 §4.1)."""

from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Hello, Reply

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection


def hello(connection: "Connection", command: Hello) -> Reply:
    """The list of extensions for EHLO and LHLO, our name alone for HELO."""
    if command.name == "HELO":
        return Reply(250, "", connection.server.settings.hostname)
    return connection.session.capabilities()
