"""Drives a `ServerSession` as a willing server would: every command is answered the good way, at once."""

from mailwright.codecs.imap import AuthAnswer, Authenticate, Command, Garbled, Idle, Limits, ServerSession, StartTls

Said = list[Command | Garbled | bytes]


def signed_in(limits: Limits | None = None) -> ServerSession:
    """A session with INBOX selected."""
    session = ServerSession(limits)
    feed(session, b"a LOGIN ada secret\r\nb SELECT INBOX\r\n")
    return session


def feed(session: ServerSession, data: bytes) -> Said:
    """What the session makes of the bytes: commands, and the lines it wants written."""
    said: Said = []
    session.receive(data)
    while True:
        command = session.next_command()
        if command is None:
            line = session.wants_continuation()
            if line is None:
                return said
            said.append(line)
            continue
        said.append(command)
        answer(session, command, said)


def answer(session: ServerSession, command: Command | Garbled, said: Said) -> None:
    """The good answer, but for STARTTLS; AUTHENTICATE asks once and then believes, unless it is cancelled."""
    if isinstance(command, Idle):
        said.append(session.begin_idle())
    elif isinstance(command, Authenticate) and command.initial is None:
        said.append(session.challenge(b""))
    elif isinstance(command, AuthAnswer):
        session.answered(command, ok=command.data is not None)
    elif not isinstance(command, Garbled):
        # After a STARTTLS that succeeds, what was sent behind it is forgotten: then it does matter how the bytes came.
        session.answered(command, ok=not isinstance(command, StartTls))


def converse(chunks: list[bytes], session: ServerSession | None = None) -> tuple[Said, str]:
    """What the chunks say, and where the conversation stands after them."""
    session = session or ServerSession()
    said: Said = []
    for chunk in chunks:
        said += feed(session, chunk)
    return said, session.state


def singly(data: bytes) -> list[bytes]:
    """One octet at a time."""
    return [data[index : index + 1] for index in range(len(data))]


def one(line: bytes, session: ServerSession | None = None) -> Command | Garbled:
    """The one command that is said by `line`, in three feedings, with INBOX selected."""
    results = []
    for chunks in ([line + b"\r\n"], singly(line + b"\r\n"), [line + b"\r\nz NO"]):
        said, _ = converse(chunks, session or signed_in())
        results.append([item for item in said if not isinstance(item, bytes)])
        if session is not None:
            break
    assert all(len(result) == 1 and result == results[0] for result in results), results
    return results[0][0]  # type: ignore[return-value]


def refused(line: bytes) -> Garbled:
    """The same for one that is garbled."""
    command = one(line)
    assert isinstance(command, Garbled), command
    return command
