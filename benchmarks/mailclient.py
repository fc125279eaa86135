"""A client that sends many messages over many connections and keeps the time of every answer to a message.

Speaks SMTP or LMTP without pipelining, as smtp-source does, with a fresh Message-ID and recipient for each message. Used where
smtp-source, which only knows totals, is not enough.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SENDER = "loadtest@example.org"


@dataclass(frozen=True, slots=True)
class Load:
    """What to send: `messages` of `octets` over `connections`, from `senders` to `recipients` in turn.

    Each message has a connection of its own unless they are `kept`. `text` is what they say before the filling. With
    `every_seconds` one message is sent in that time, whether the one before is answered or not.
    """

    port: int
    messages: int
    recipients: Sequence[str]
    octets: int = 5 * 1024
    connections: int = 20
    lmtp: bool = False
    kept: bool = True
    senders: Sequence[str] = (SENDER,)
    text: str = ""
    every_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How long it took in all, and from the end of each message to its 250, in seconds."""

    seconds: float
    answers: list[float]


def send(load: Load) -> Outcome:
    """Send it all. Raises RuntimeError at the first answer that is not the expected one."""
    import uvloop

    return uvloop.run(_send(load))


async def _send(load: Load) -> Outcome:
    numbers = iter(range(load.messages))
    answers: list[float] = []
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(load.connections):
            group.create_task(_one_connection(load, numbers, answers, began))
    return Outcome(time.perf_counter() - began, answers)


async def _one_connection(load: Load, numbers: Iterator[int], answers: list[float], began: float) -> None:
    conversation: _Conversation | None = None
    for number in numbers:
        if conversation is None:
            conversation = await _Conversation.open(load)
        sender = load.senders[number % len(load.senders)]
        recipient = load.recipients[number % len(load.recipients)]
        if load.every_seconds:
            await asyncio.sleep(began + number * load.every_seconds - time.perf_counter())
        answers.append(await conversation.deliver(sender, recipient, _message(load, number, sender, recipient)))
        if not load.kept:
            await conversation.quit()
            conversation = None
    if conversation is not None:
        await conversation.quit()


class _Conversation(asyncio.Protocol):
    """One connection: a line out, a reply in."""

    def __init__(self) -> None:
        self._reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._read = b""
        self._transport: asyncio.Transport

    @classmethod
    async def open(cls, load: Load) -> _Conversation:
        loop = asyncio.get_running_loop()
        _, conversation = await loop.create_connection(cls, "127.0.0.1", load.port)
        await conversation._expect(b"220")
        await conversation._say(b"LHLO example.org\r\n" if load.lmtp else b"EHLO example.org\r\n", b"250")
        return conversation

    async def deliver(self, sender: str, recipient: str, message: bytes) -> float:
        await self._say(f"MAIL FROM:<{sender}>\r\n".encode(), b"250")
        await self._say(f"RCPT TO:<{recipient}>\r\n".encode(), b"250")
        await self._say(b"DATA\r\n", b"354")
        began = time.perf_counter()
        await self._say(message, b"250")
        return time.perf_counter() - began

    async def quit(self) -> None:
        await self._say(b"QUIT\r\n", b"221")
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] # a stream's transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._read.endswith(b"\r\n"):
            return
        last = self._read[self._read.rfind(b"\r\n", 0, -2) + 2 :] if self._read.count(b"\r\n") > 1 else self._read
        if last[3:4] == b" " and not self._reply.done():
            self._reply.set_result(self._read)
            self._read = b""

    def connection_lost(self, error: Exception | None) -> None:
        if not self._reply.done():
            self._reply.set_exception(error or ConnectionResetError("the server hung up"))
            self._reply.exception()  # nobody may be waiting

    async def _say(self, line: bytes, expected: bytes) -> None:
        self._transport.write(line)
        await self._expect(expected)

    async def _expect(self, code: bytes) -> None:
        reply = await self._reply
        self._reply = asyncio.get_running_loop().create_future()
        if not reply.startswith(code):
            raise RuntimeError(f"expected {code!r}, got {reply!r}")


_LINE = b"The quick brown fox jumps over the lazy dog, and this line goes on to the end.\r\n"


def _message(load: Load, number: int, sender: str, recipient: str) -> bytes:
    header = (
        f"From: <{sender}>\r\nTo: <{recipient}>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n"
        f"Message-Id: <{time.time_ns():x}.{number:x}@example.org>\r\nSubject: load {number}\r\n\r\n{load.text}"
    ).encode()
    lines = max(0, (load.octets - len(header)) // len(_LINE))
    return header + _LINE * lines + b".\r\n"
