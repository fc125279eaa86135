"""Drives a `ServerSession` as a willing server would: every command is answered the good way, at once."""

from mailwright.codecs.smtp import Command, Message, Offer, Reply, ServerSession, State

GOOD = {"DATA": 354, "STARTTLS": 454, "QUIT": 221}


def answer(session: ServerSession, command: Command) -> None:
    """The good answer to one command; AUTH asks once more and then believes."""
    if command.name == "(garbled)":
        session.answer(command.reply)
    elif isinstance(command, Message):
        reply = Reply(550, "5.6.0", "no") if command.problem else Reply(250, "2.0.0", "ok")
        if session.offer.lmtp:
            session.reply_each([reply] * len(session.recipients))
        else:
            session.answer(reply)
        if command.problem == "stray":
            session.close()
    elif command.name == "AUTH":
        session.answer(Reply(334, "", ""))
    else:
        session.answer(Reply(GOOD.get(command.name, 250), "", "ok"))


def converse(chunks: list[bytes], offer: Offer | None = None) -> tuple[list[Command], State]:
    """What the chunks say, and where the conversation stands after them."""
    session = ServerSession(offer or Offer(mechanisms=("PLAIN", "LOGIN"), auth_in_clear=True))
    said: list[Command] = []
    for chunk in chunks:
        session.receive(chunk)
        for command in session.commands():
            said.append(command)
            answer(session, command)
    return said, session.state


def singly(data: bytes) -> list[bytes]:
    """One octet at a time."""
    return [data[index : index + 1] for index in range(len(data))]
