"""RCPT TO: may this recipient have mail from this sender? (RFC 5321 §4.1.1.3)."""

from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Rcpt, Reply
from mailwright.domain.envelope import Channel
from mailwright.domain.refusals import Refusal

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

OK = Reply(250, "2.1.5", "recipient ok")
ENOUGH = Reply(452, "4.5.3", "that is enough recipients; send the rest with another message")


async def rcpt(connection: "Connection", command: Rcpt) -> Reply:
    """Ask core. Raises what core refuses with."""
    server, session = connection.server, connection.session
    mail = session.mail
    assert mail is not None, "the state table lets RCPT come only after MAIL"
    if len(session.recipients) >= server.settings.limits.recipients:
        return ENOUGH  # RFC 5321 §4.5.3.1.10: 452, and the client sends the others in a message of their own
    try:
        await server.entrance.may_receive(
            mail.sender, command.recipient, connection.account, mail.size or 0, Channel(server.kind), connection.client
        )
    except Refusal:
        connection.refused_recipients += 1
        raise
    return OK
