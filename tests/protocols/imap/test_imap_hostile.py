"""Clients that mean no good, or are very unlucky: floods, endless lines, slow readers, half commands, sudden ends."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from mailwright.protocols.imap.connection import Connection
from mailwright.storage.database import Database
from tests.protocols.imap.house import Client, House, clear, house_of

MEBIBYTE = 1024 * 1024


@pytest.fixture
async def house(database: Database, data_folder: Path) -> AsyncIterator[House]:
    async with house_of(database, data_folder, clear(stall_seconds=0.5)) as made:
        yield made


def _connection(house: House) -> Connection:
    [connection] = house.server._connections
    return connection


async def test_a_stranger_gets_no_room_for_a_large_literal(house: House) -> None:
    stranger = await house.client()
    assert "[LIMIT]" in (await stranger.ask("LOGIN {5000}"))[-1]
    # One that is sent without asking is swallowed, and the next command is understood.
    stranger.send(b"a1 LOGIN {5000+}\r\n" + bytes(5000) + b" x\r\na2 NOOP\r\n")
    assert (await stranger.line()).startswith("a1 NO [LIMIT]")
    assert (await stranger.line()).startswith("a2 OK")


async def test_a_stranger_who_floods_is_cut_off(house: House) -> None:
    stranger = await house.client()
    stranger.send(b"a1 LOGIN {2000000000+}\r\n")
    stranger.send(bytes(MEBIBYTE))
    said = []
    while line := await stranger.line():
        said.append(line)
    assert said[-1].startswith("* BYE [TOOBIG]")
    await _until(lambda: house.server.connections == 0)


async def test_an_endless_line_costs_a_few_kibibytes_and_is_answered_once(house: House) -> None:
    stranger = await house.client()
    for _ in range(64):
        stranger.send(b"a" * 65536)
        await stranger.writer.drain()
    await _until(lambda: _connection(house).session.buffered < 1024)
    assert (await stranger.line()).startswith("* BAD ")
    stranger.send(b"\r\na2 NOOP\r\n")
    assert (await stranger.line()).startswith("a2 OK")


async def test_a_refused_message_that_comes_all_the_same_is_swallowed(database: Database, data_folder: Path) -> None:
    async with house_of(database, data_folder, clear(swallowed_octets=3 * MEBIBYTE)) as house:
        ada = await house.client("ada@mailwright.test")
        ada.send(b"a1 APPEND Nowhere {2000000+}\r\n" + bytes(2_000_000) + b"\r\na2 NOOP\r\n")
        assert (await ada.line()).startswith("a1 NO")
        assert (await ada.line()).startswith("a2 OK")
        ada.send(b"a3 APPEND INBOX {999999999+}\r\n")
        assert (await ada.line()).startswith("a3 NO [TOOBIG]")
        ada.send(bytes(1000))
        assert (await ada.line()).startswith("* BYE [TOOBIG]")


async def test_who_does_not_read_holds_up_nobody_and_is_cut_off(house: House) -> None:
    ada = await house.client("ada@mailwright.test")
    await ada.ok("SETMETADATA INBOX (/private/comment {64000+}\r\n" + "x" * 64000 + ")")
    ada.send(b"a GETMETADATA INBOX /private/comment\r\n" * 1000)
    await asyncio.sleep(0.3)
    connection = _connection(house)
    assert connection._transport is not None
    assert connection._transport.get_write_buffer_size() < 2 * MEBIBYTE
    bashir = await house.client("bashir@mailwright.test")
    await bashir.ok("NOOP")
    await _until(lambda: house.server.connections == 1)


async def test_who_sends_ahead_is_read_no_further_than_needed(house: House) -> None:
    ada = await house.client("ada@mailwright.test")
    gate = asyncio.Event()
    noop = house.server.handlers["NOOP"]

    async def slow(connection: Connection, command: object) -> object:
        await gate.wait()
        return await noop(connection, command)

    house.server.handlers = {**house.server.handlers, "NOOP": slow}  # type: ignore[dict-item]
    ada.send(b"a NOOP\r\n" * 200_000)
    await asyncio.sleep(0.2)
    assert _connection(house).session.buffered < MEBIBYTE
    house.server.handlers = {**house.server.handlers, "NOOP": noop}
    gate.set()
    for _ in range(200_000):
        assert (await ada.reader.readline()).startswith(b"a OK")


async def test_a_hang_up_in_the_middle_of_a_message_stores_nothing(house: House) -> None:
    ada = await house.client("ada@mailwright.test")
    ada.send(b"a1 APPEND INBOX {50000+}\r\na: b\r\n\r\nhalf of it")
    await _until(lambda: house.server.held > 0)
    ada.writer.transport.abort()
    await _until(lambda: house.server.connections == 0)
    assert house.server.held == 0
    bashir = await house.client("ada@mailwright.test")
    assert await bashir.ok("STATUS INBOX (MESSAGES)") == ["* STATUS INBOX (MESSAGES 0)"]


async def test_a_hang_up_behind_a_command_leaves_it_done(house: House) -> None:
    ada = await house.client("ada@mailwright.test")
    ada.send(b"a1 CREATE Work\r\n")
    ada.writer.write_eof()
    assert (await ada.line()).startswith("a1 OK")
    assert await ada.line() == ""
    await _until(lambda: house.server.connections == 0)


async def test_messages_that_come_in_at_once_are_bounded_together(database: Database, data_folder: Path) -> None:
    async with house_of(database, data_folder, clear(held_octets=3 * MEBIBYTE)) as house:
        ada = await house.client("bashir@mailwright.test")
        greedy = await house.client("bashir@mailwright.test")
        ada.send(b"a1 APPEND INBOX {1100000+}\r\n" + bytes(1_000_000))
        greedy.send(b"a1 APPEND INBOX {9000000+}\r\n" + bytes(2_000_000))
        await _until(lambda: house.server.held > 2_900_000)
        greedy.send(bytes(500_000))
        assert (await greedy.line()).startswith("* BYE [LIMIT]")
        ada.send(bytes(100_000) + b"\r\n")
        assert (await ada.line()).startswith("a1 OK [APPENDUID")


async def test_a_zip_bomb_goes_off_in_small_pieces(house: House) -> None:
    ada = await _compressed(house)
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    octets = b"".join([bomb.compress(bytes(MEBIBYTE)) for _ in range(256)]) + bomb.flush(zlib.Z_SYNC_FLUSH)
    assert len(octets) < MEBIBYTE
    ada.writer.write(octets)
    bashir = await house.client("bashir@mailwright.test")
    await bashir.ok("NOOP")
    connection = max(house.server._connections, key=lambda each: each.is_compressed)
    for _ in range(20):
        assert connection.session.buffered < MEBIBYTE
        await asyncio.sleep(0.01)


async def test_what_is_not_deflate_ends_the_connection(house: House) -> None:
    ada = await _compressed(house)
    ada.writer.write(b"\xff" * 100)
    assert await ada.line() == ""


async def test_more_commands_than_fit_in_one_piece_are_inflated_and_answered(house: House) -> None:
    ada = await _compressed(house)
    ada.send(b"".join(b"%d NOOP\r\n" % number for number in range(100_000)))
    for number in range(100_000):
        assert (await ada._through(b"\n")).startswith(b"%d OK" % number)


async def test_a_shell_that_speaks_http_is_sent_away(house: House) -> None:
    stranger = await house.client()
    stranger.send(b"GET / HTTP/1.1\r\nHost: mx.mailwright.test\r\nUser-Agent: curl\r\nAccept: */*\r\n\r\n")
    said = []
    while line := await stranger.line():
        said.append(line)
    assert len(said) == 4
    assert said[-1].startswith("* BYE")


@pytest.mark.parametrize("end", range(1, 30))
async def test_a_command_cut_off_anywhere_is_not_acted_upon(house: House, end: int) -> None:
    ada = await house.client("ada@mailwright.test")
    command = b"a1 CREATE {5+}\r\nWorld\r\n"
    ada.send(command[: min(end, len(command) - 1)])
    ada.writer.write_eof()
    assert not (await ada.line()).startswith("a1 OK")
    await _until(lambda: house.server.connections == 0)


async def _compressed(house: House) -> Client:
    ada = await house.client("ada@mailwright.test")
    await ada.ok("COMPRESS DEFLATE")
    ada.start_compression()
    await ada.ok("NOOP")
    return ada


async def _until(true: Callable[[], bool]) -> None:
    for _ in range(300):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never happened")
