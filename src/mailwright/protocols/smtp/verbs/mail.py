"""MAIL FROM: a message begins (RFC 5321 §4.1.1.2, RFC 1870 §6.1, RFC 6409 §4.3)."""

from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Mail, Reply
from mailwright.domain.refusals import MessageTooLarge

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

OK = Reply(250, "2.1.0", "sender noted")
SIGN_IN = Reply(530, "5.7.0", "sign in first")
SIGN_IN_SECURELY = Reply(530, "5.7.0", "STARTTLS first, then sign in")


def mail(connection: "Connection", command: Mail) -> Reply:
    """Note the sender. Whether it may be used is asked at RCPT, when it is known for whom. Raises MessageTooLarge."""
    server, session = connection.server, connection.session
    if server.kind == "submission" and connection.account is None:
        # RFC 4954 §6: 530 5.7.0, authentication required.
        return SIGN_IN if session.can_authenticate else SIGN_IN_SECURELY
    if command.size is not None and command.size > server.settings.max_size:
        # RFC 1870 §6.1: a declared size past the limit is refused before any octet of it is sent.
        raise MessageTooLarge(f"{command.size} octets are more than the {server.settings.max_size} we take")
    return OK
