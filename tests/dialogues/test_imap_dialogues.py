"""Plays every dialogue in `imap/*.txt` over real sockets against a server with a real core.

The language of a dialogue (several clients: C2:, S2: and so on; the default is 1):

    # MUST  RFC 9051 §6.3.5          the rule; more lines of comment may follow
    # server: clear                  options: tls, implicit, clear, max_message=, and any limit of ImapLimits
    # signed in: ada, bashir         who the clients 1, 2 … are; without it the dialogue begins with the greeting
    # mail: INBOX 3                  so many short messages of Ada's, with the subjects 1, 2, 3
    C: a1 NOOP                       a line the client sends; \\r \\n \\0 \\xNN are octets, $PASSWORD is everybody's password.
                                     Lines in a row go out in one write.
    R: half a li                     the same without CRLF
    S: a1 OK ~                       a line of the server; "~" is any text. A literal stands behind its size: {5}hello
    S: (closed)                      the server closes
    T:                               the client shakes hands
    Z:                               the client compresses from here on
    W: 0.2                           seconds pass
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.protocols.imap.house import PASSWORD, Client, House, house_of

from mailwright.protocols.imap import ImapLimits, ImapSettings
from mailwright.protocols.tls import self_signed_context
from mailwright.storage.database import Database

FOLDER = Path(__file__).parent / "imap"
DIALOGUES = sorted(FOLDER.glob("*.txt"))
LINE = re.compile(r"(?P<what>[CRSTWZ])(?P<who>\d*):(?: (?P<text>.*))?")
HEADER = re.compile(r"# (MUST|SHOULD|MAY|OURS)  \S.*")
PEOPLE = {"ada": "ada@mailwright.test", "bashir": "bashir@mailwright.test", "chen": "chen@example.org"}


class Play:
    """One dialogue under way."""

    def __init__(self, house: House, people: list[str]) -> None:
        self.house = house
        self.people = people
        self.clients: dict[str, Client] = {}
        self.to_send: dict[str, bytes] = {}

    async def client(self, who: str) -> Client:
        if who not in self.clients:
            self.clients[who] = await self._connect(int(who))
        return self.clients[who]

    async def _connect(self, who: int) -> Client:
        implicit = self.house.server.settings.implicit_tls
        if not self.people:
            return await Client.connect(self.house.server.port, tls=implicit)
        return await self.house.client(PEOPLE[self.people[who - 1]], tls=implicit)

    async def step(self, what: str, who: str, text: str) -> None:
        client = await self.client(who)
        if what in "CR":
            self.to_send[who] = self.to_send.get(who, b"") + _octets(text) + (b"\r\n" if what == "C" else b"")
            return
        for number, octets in self.to_send.items():
            self.clients[number].send(octets)
        self.to_send.clear()
        if what == "S":
            said = await client.line() or "(closed)"
            wanted = ".*".join(re.escape(part) for part in text.split("~"))
            assert re.fullmatch(wanted, said, re.DOTALL), f"wanted {text!r}, the server said {said!r}"
        elif what == "T":
            await client.start_tls()
        elif what == "Z":
            client.start_compression()
        else:
            await asyncio.sleep(float(text))


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
async def test_the_server_keeps_to_its_part_of_the_dialogue(path: Path, database: Database, data_folder: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert HEADER.fullmatch(lines[0]), "the first line cites the rule"
    people = [name.strip() for name in _header(lines, "signed in").split(",") if name.strip()]
    async with house_of(database, data_folder, _settings(lines, data_folder)) as house:
        mail = _header(lines, "mail")
        if mail:
            await house.put(int(mail.rpartition(" ")[2]), mail.rpartition(" ")[0])
        play = Play(house, people)
        try:
            for number, line in enumerate(lines, 1):
                if not line or line.startswith("#"):
                    continue
                found = LINE.fullmatch(line)
                assert found, f"line {number} is not part of a dialogue: {line!r}"
                try:
                    await play.step(found["what"], found["who"] or "1", found["text"] or "")
                except (AssertionError, TimeoutError) as error:
                    raise AssertionError(f"{path.name}, line {number}: {error!r}") from None
        finally:
            for client in play.clients.values():
                await client.close()
        assert not play.to_send, "a dialogue ends with the server's word"


def test_there_are_dialogues() -> None:
    assert len(DIALOGUES) >= 20


def _header(lines: list[str], name: str) -> str:
    return next((line.partition(": ")[2] for line in lines if line.startswith(f"# {name}: ")), "")


def _settings(lines: list[str], folder: Path) -> ImapSettings:
    options = _header(lines, "server").split()
    tls = self_signed_context(folder, ["mx.mailwright.test"]) if {"tls", "implicit"} & set(options) else None
    numbers = {name: float(value) for name, _, value in (option.partition("=") for option in options) if value}
    limits = ImapLimits(refusal_seconds=0.0)
    for name in numbers.keys() - {"max_message"}:
        limits = replace(limits, **{name: type(getattr(limits, name))(numbers[name])})
    return ImapSettings(
        tls=tls,
        implicit_tls="implicit" in options,
        allow_clear_auth="clear" in options,
        max_message=int(numbers.get("max_message", 1_000_000)),
        limits=limits,
    )


def _octets(text: str) -> bytes:
    def octet(found: re.Match[bytes]) -> bytes:
        named = {b"r": b"\r", b"n": b"\n", b"0": b"\0", b"\\": b"\\", b"t": b"\t"}
        return named.get(found[1]) or bytes([int(found[1][1:], 16)])

    return re.sub(rb"\\(r|n|0|t|\\|x[0-9a-f]{2})", octet, text.replace("$PASSWORD", PASSWORD).encode())
