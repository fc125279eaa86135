"""FETCH of very much of one message: it comes piece by piece, or is refused before it fills the memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailwright.protocols.imap import bodies
from mailwright.storage.database import Database
from tests.protocols.imap.sessions import House, letter, open_house

LARGE = letter(1, body="\r\n".join("x" * 70 for _ in range(20_000)))


@pytest.fixture
async def house(database: Database, data_folder: Path) -> AsyncIterator[House]:
    async with open_house(database, data_folder) as opened:
        yield opened


async def test_many_sections_of_one_message_are_streamed_one_after_the_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MADE_OCTETS", 2 * bodies.PIECE_OCTETS)
    await house.put(LARGE, letter(2))
    ada = await house.selected()
    starts = range(0, 2_000_000, 90_000)  # some of them behind the end
    items = " ".join(f"BODY.PEEK[]<{start}.200000>" for start in starts)
    [line] = await ada.good(f"FETCH 1 (UID {items} BODY.PEEK[9] FLAGS)")
    expected = b"UID 1"
    for start in starts:
        piece = LARGE[start : start + 200_000]
        expected += b" BODY[]<%d> {%d}\r\n%b" % (start, len(piece), piece)
    assert line == b"* 1 FETCH (%b BODY[9] NIL FLAGS ())\r\n" % expected


async def test_too_much_that_must_be_made_first_is_refused_and_the_others_are_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MADE_OCTETS", 2 * bodies.PIECE_OCTETS)
    await house.put(LARGE, letter(2))
    ada = await house.selected()
    answer = await ada.ask("FETCH 1:2 (BINARY.PEEK[1]<1.300000> BINARY.PEEK[1]<2.300000>)")
    assert b"NO [LIMIT]" in answer.tagged
    [line] = answer.untagged
    assert line.startswith(b"* 2 FETCH (BINARY[1]<1> ")
    assert await ada.good("FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1]<0.4>)") == [
        b"* 1 FETCH (BINARY.SIZE[1] %d BINARY[1]<0> {4}\r\nxxxx)\r\n" % len(LARGE.partition(b"\r\n\r\n")[2])
    ]


async def test_who_reads_and_leaves_before_the_end_is_in_the_audit_trail(house: House) -> None:
    await house.put(*[LARGE] * 20)
    ada = await house.selected()
    ada.begin("FETCH 1:* BODY.PEEK[]")
    await ada.reader.readexactly(len(LARGE))
    ada.writer.transport.abort()
    while house.server.connections:
        await asyncio.sleep(0.01)
    await house.core.trail.flush()
    found = house.core.database.read_now(
        lambda tx: tx.all("SELECT resource FROM audit_events WHERE action = 'imap.fetch'")
    )
    assert found == [("ada@mailwright.test:INBOX 1:20",)]
