"""DATA and what follows it: a message comes in and core takes it over, or not (RFC 5321 §4.1.1.4, RFC 2033 §4.2)."""

import time
from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Data, Message, Problem, Reply, protocol_name
from mailwright.domain import clock, ids, spans
from mailwright.domain.envelope import Channel, Envelope
from mailwright.domain.refusals import Refusal, TryLater
from mailwright.protocols.smtp import replies
from mailwright.protocols.smtp.entrance import Receipt
from mailwright.protocols.smtp.metrics import ACCEPT_SECONDS, ACCEPTED, FAILED, LATER, REFUSED

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

GO_ON = Reply(354, "", "go on, and end with a line that is one dot")

PROBLEMS: dict[Problem, Reply] = {
    # RFC 5321 §2.3.8: CR and LF only ever together. RFC 3463 §3.7: X.6.0, something is wrong with the content.
    "stray": Reply(
        550,
        "5.6.0",
        "the message has a CR or LF on its own; lines end with CR LF (RFC 5321 2.3.8).\n"
        "Such a message can hide another one, so it is refused and the connection is closed.",
    ),
    "large": Reply(552, "5.3.4", "the message is larger than we take"),
    "storage": Reply(452, "4.3.1", "too much mail is coming in at once, try again later"),
}


def data(connection: "Connection", command: Data) -> Reply:
    """Every condition was checked by the state table: there is a sender, and a recipient that was taken."""
    return GO_ON


async def message(connection: "Connection", command: Message) -> Reply | list[Reply]:
    """Hand it to core and say what became of it: once, or for LMTP once for each recipient."""
    connection.idle_commands = 0
    server = connection.server
    if command.problem is not None:
        (LATER if command.problem == "storage" else REFUSED)[server.kind].inc()
        return _for_all(connection, PROBLEMS[command.problem])
    connection.flush()  # what was answered before must not wait for the disk
    envelope = _envelope(connection)
    started = time.perf_counter()
    try:
        spans.correlate(envelope.correlation_id)
        with spans.edge(f"{server.kind} message", octets=len(command.raw), recipients=len(envelope.recipients)):
            receipt = await _hand_over(connection, envelope, command.raw)
    except Refusal as refusal:
        (LATER if isinstance(refusal, TryLater) else REFUSED)[server.kind].inc()
        return _for_all(connection, replies.reply_to(refusal))
    except Exception:
        FAILED[server.kind].inc()
        return _for_all(connection, connection.broken(command))
    finally:
        ACCEPT_SECONDS[server.kind].observe(time.perf_counter() - started)
    accepted = Reply(250, "2.0.0", f"accepted as {envelope.correlation_id}")
    if server.kind == "lmtp":
        each = replies.each_reply(receipt.outcomes, accepted)
        (ACCEPTED if accepted in each else REFUSED)[server.kind].inc()
        return each
    one = replies.one_reply(receipt.outcomes, accepted)
    (ACCEPTED if one is accepted else REFUSED)[server.kind].inc()
    return one


async def _hand_over(connection: "Connection", envelope: Envelope, raw: bytes) -> Receipt:
    entrance = connection.server.entrance
    if connection.server.kind == "submission":
        assert connection.account is not None, "MAIL is refused before signing in"
        receipt = await entrance.submit(connection.account, envelope, raw)
    else:
        receipt = await entrance.accept(envelope, raw)
    assert len(receipt.outcomes) == len(envelope.recipients), "an outcome for each recipient, in order"
    return receipt


def _envelope(connection: "Connection") -> Envelope:
    session, kind = connection.session, connection.server.kind
    mail, hello = session.mail, session.hello
    assert mail is not None, "the state table lets a message come only after MAIL"
    assert hello is not None, "and MAIL only after a hello"
    return Envelope(
        channel=Channel(kind),
        sender=mail.sender,
        recipients=tuple(session.recipients),
        received_at=clock.now(),
        correlation_id=ids.new_id(),
        client=connection.client,
        helo=hello.client,
        protocol=protocol_name(
            lmtp=kind == "lmtp",
            extended=hello.name != "HELO",
            secured=session.secured,
            authenticated=session.authenticated,
            smtputf8=mail.smtputf8,
        ),
        smtputf8=mail.smtputf8,
    )


def _for_all(connection: "Connection", reply: Reply) -> Reply | list[Reply]:
    return [reply] * len(connection.session.recipients) if connection.server.kind == "lmtp" else reply
