"""Plays every dialogue in `smtp/*.txt` over real sockets against a server whose mail stays in memory.

The language of a dialogue (several clients: C2:, S2: and so on; the default is 1):

    # MUST  RFC 5321 §4.1.1.5        the rule; more lines of comment may follow
    # server: submission tls         kind, then options: tls, implicit, clear, bearer, max_size=, and any limit of SmtpLimits
    C: RSET                          a line the client sends; \\r \\n \\0 \\xNN are octets. Lines in a row go out in one write.
    R: half a li                     the same without CRLF
    S: 250 2.0.0 ~                   the reply; "~" is any text; the lines of a long reply are parted by " / "
    S: (closed)                      the server closes
    T:                               the client shakes hands
    W: 0.2                           seconds pass
    K: 1                             how many messages core has kept by now
"""

import asyncio
import re
import ssl
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from mailwright.protocols.smtp import Kind, MailServer, SmtpLimits, SmtpSettings
from mailwright.protocols.tls import self_signed_context

sys.path.append(str(Path(__file__).parents[1] / "protocols" / "smtp"))
from memory_entrance import MemoryEntrance

FOLDER = Path(__file__).parent / "smtp"
DIALOGUES = sorted(FOLDER.glob("*.txt"))
PATIENCE = 5.0  # seconds for an answer
LINE = re.compile(r"(?P<what>[CRSTWK])(?P<who>\d*):(?: (?P<text>.*))?")
HEADER = re.compile(r"# (MUST|SHOULD|MAY|OURS)  \S.*")


@dataclass
class Client:
    """One connection of a dialogue."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    to_send: bytes = b""

    async def reply(self) -> str:
        """One whole reply, or "(closed)"."""
        texts = []
        while True:
            try:
                line = (await asyncio.wait_for(self.reader.readline(), PATIENCE)).decode()
            except ConnectionResetError:
                line = ""
            if not line:
                return "(closed)"
            assert line.endswith("\r\n"), line
            texts.append(line[4:-2])
            if line[3] != "-":
                return f"{line[:3]} {' / '.join(texts)}"


@dataclass
class Play:
    """One dialogue under way."""

    server: MailServer
    entrance: MemoryEntrance
    clients: dict[str, Client] = field(default_factory=dict)

    async def client(self, who: str) -> Client:
        if who not in self.clients:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self.server.port, ssl=_trusting() if self.server.settings.implicit_tls else None
            )
            self.clients[who] = Client(reader, writer)
        return self.clients[who]

    async def step(self, what: str, who: str, text: str) -> None:
        client = await self.client(who)
        if what in "CR":
            client.to_send += _octets(text) + (b"\r\n" if what == "C" else b"")
            return
        for each in self.clients.values():
            if each.to_send:
                each.writer.write(each.to_send)
                each.to_send = b""
        if what == "S":
            said = await client.reply()
            wanted = ".*".join(re.escape(part) for part in text.split("~"))
            assert re.fullmatch(wanted, said), f"wanted {text!r}, the server said {said!r}"
        elif what == "T":
            await client.writer.start_tls(_trusting(), server_hostname="mx.mailwright.test")
        elif what == "W":
            await asyncio.sleep(float(text))
        else:
            assert len(self.entrance.kept) + len(self.entrance.submitted) == int(text)


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
async def test_the_server_keeps_to_its_part_of_the_dialogue(path: Path, tmp_path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert HEADER.fullmatch(lines[0]), "the first line cites the rule"
    entrance = MemoryEntrance()
    kind, settings = _server_of(lines, tmp_path)
    server = MailServer(kind, entrance, settings)
    await server.start()
    play = Play(server, entrance)
    try:
        for number, line in enumerate(lines, 1):
            if not line or line.startswith("#"):
                continue
            found = LINE.fullmatch(line)
            assert found, f"line {number} is not part of a dialogue: {line!r}"
            try:
                await play.step(found["what"], found["who"] or "1", found["text"] or "")
            except AssertionError as error:
                raise AssertionError(f"{path.name}, line {number}: {error}") from None
    finally:
        for client in play.clients.values():
            client.writer.close()
        await server.close(grace=0.5)
    assert all(not client.to_send for client in play.clients.values()), "a dialogue ends with the server's word"


def test_there_are_dialogues_for_every_kind_of_server(tmp_path: Path) -> None:
    kinds = [_server_of(path.read_text(encoding="utf-8").splitlines(), tmp_path)[0] for path in DIALOGUES]
    assert {"smtp", "lmtp", "submission"} <= set(kinds)
    assert len(kinds) >= 30


def _server_of(lines: list[str], folder: Path) -> tuple[Kind, SmtpSettings]:
    words = next(line for line in lines if line.startswith("# server: ")).removeprefix("# server: ").split()
    options = words[1:]
    kinds: dict[str, Kind] = {"smtp": "smtp", "lmtp": "lmtp", "submission": "submission"}
    tls = self_signed_context(folder, ["mx.mailwright.test"]) if {"tls", "implicit"} & set(options) else None
    numbers = {name: float(value) for name, _, value in (option.partition("=") for option in options) if value}
    limits = SmtpLimits()
    for name in numbers.keys() - {"max_size"}:
        limits = replace(limits, **{name: type(getattr(limits, name))(numbers[name])})
    settings = SmtpSettings(
        hostname="mx.mailwright.test",
        max_size=int(numbers.get("max_size", 1_000_000)),
        tls=tls,
        implicit_tls="implicit" in options,
        allow_clear_auth="clear" in options,
        bearer="bearer" in options,
        postmaster_domain="mailwright.test",
        limits=limits,
    )
    return kinds[words[0]], settings


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _octets(text: str) -> bytes:
    def octet(found: re.Match[bytes]) -> bytes:
        named = {b"r": b"\r", b"n": b"\n", b"0": b"\0", b"\\": b"\\", b"t": b"\t"}
        return named.get(found[1]) or bytes([int(found[1][1:], 16)])

    return re.sub(rb"\\(r|n|0|t|\\|x[0-9a-f]{2})", octet, text.encode())
