"""The servers over real sockets: envelopes, limits, back-pressure, TLS, floods, half commands and a graceful end."""

import asyncio
import contextlib
import ssl
import stat
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from memory_entrance import MemoryEntrance

from mailwright.domain.envelope import Channel
from mailwright.protocols import tls
from mailwright.protocols.smtp import Kind, MailServer, SmtpLimits, SmtpSettings

BEGIN = b"EHLO client.example\r\nMAIL FROM:<bashir@example.org>\r\nRCPT TO:<ada@mailwright.test>\r\nDATA\r\n"


@contextlib.asynccontextmanager
async def serving(
    entrance: MemoryEntrance, kind: Kind = "smtp", settings: SmtpSettings | None = None
) -> AsyncIterator[MailServer]:
    server = MailServer(kind, entrance, settings or SmtpSettings(hostname="mx.mailwright.test"))
    await server.start()
    try:
        yield server
    finally:
        await server.close(grace=1)


async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes, until: bytes) -> bytes:
    writer.write(data)
    return await asyncio.wait_for(reader.readuntil(until), 5)


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.01)


async def test_core_is_given_the_whole_envelope_and_the_bytes_as_they_came() -> None:
    entrance = MemoryEntrance()
    async with serving(entrance) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(reader, writer, BEGIN, b"354 ")
        await say(reader, writer, b"Subject: x\r\n\r\n..\r\n.\r\n", b"250 2.0.0")
        writer.close()
    (envelope, raw), *others = entrance.kept
    assert not others
    assert raw == b"Subject: x\r\n\r\n.\r\n", "no trace field yet: the checksum is taken over this"
    assert envelope.channel is Channel.SMTP
    assert (str(envelope.sender), [str(each) for each in envelope.recipients]) == (
        "bashir@example.org",
        ["ada@mailwright.test"],
    )
    assert (envelope.client, envelope.helo, envelope.protocol) == ("[127.0.0.1]", "client.example", "ESMTP")
    assert len(envelope.correlation_id) == 36
    assert abs(envelope.received_at / 1e6 - time.time()) < 10


async def test_the_client_is_told_the_id_its_message_is_known_by() -> None:
    entrance = MemoryEntrance()
    async with serving(entrance) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(reader, writer, BEGIN, b"354 ")
        await reader.readline()
        answer = await say(reader, writer, b".\r\n", b"\r\n")
        writer.close()
    assert entrance.kept[0][0].correlation_id.encode() in answer


async def test_a_client_that_leaves_while_its_message_is_accepted_does_not_lose_it() -> None:
    entrance = MemoryEntrance(gate=asyncio.Event())
    async with serving(entrance) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(reader, writer, BEGIN, b"354 ")
        writer.write(b"x\r\n.\r\n")
        await eventually(lambda: entrance.accepting == 1)
        writer.transport.abort()
        await asyncio.sleep(0.05)
        assert entrance.gate is not None
        entrance.gate.set()
        await eventually(lambda: server.connections == 0)
        assert len(entrance.kept) == 1


async def test_a_client_that_only_half_closes_still_gets_its_answer() -> None:
    entrance = MemoryEntrance(delay=0.1)
    async with serving(entrance) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(reader, writer, BEGIN, b"354 ")
        writer.write(b"x\r\n.\r\n")
        writer.write_eof()
        assert b"250 2.0.0" in await asyncio.wait_for(reader.read(), 5)
        writer.close()


async def test_while_a_message_is_accepted_little_is_read_ahead() -> None:
    entrance = MemoryEntrance(gate=asyncio.Event())
    async with serving(entrance) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(reader, writer, BEGIN, b"354 ")
        writer.write(b"x\r\n.\r\n")
        await eventually(lambda: entrance.accepting == 1)
        for _ in range(35):
            writer.write(b"NOOP " + b"x" * 100_000 + b"\r\n")
        await asyncio.sleep(0.2)
        (connection,) = server._connections
        assert connection.session.buffered < 1_000_000, "the rest waits in the client"
        assert entrance.gate is not None
        entrance.gate.set()
        assert b"421 4.7.0" in await asyncio.wait_for(reader.read(), 5)
        writer.close()


async def test_a_client_that_never_reads_is_cut_and_costs_little(tmp_path: Path) -> None:
    limits = SmtpLimits(idle_commands=10**9, command_seconds=0.5)
    async with serving(MemoryEntrance(), settings=SmtpSettings(limits=limits)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1)
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # the public way cannot stop reading
        await eventually(lambda: server.connections == 1)
        (connection,) = server._connections

        async def flood() -> None:
            with contextlib.suppress(ConnectionError):
                while True:
                    writer.write(b"HELP\r\n" * 1000)
                    await writer.drain()

        flooding = asyncio.create_task(flood())
        await eventually(lambda: server.connections == 0)
        assert connection.session.buffered == 0
        flooding.cancel()
        writer.transport.abort()


async def test_the_last_word_arrives_although_the_client_goes_on_talking() -> None:
    limits = SmtpLimits(errors=3)
    async with serving(MemoryEntrance(), settings=SmtpSettings(limits=limits)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"FROB\r\n" * 20_000)
        said = await asyncio.wait_for(reader.read(), 5)
        assert said.endswith(b"421 4.7.0 too many errors; look at what you send and come back\r\n")
        writer.close()


async def test_many_messages_at_once_do_not_take_more_memory_than_allowed() -> None:
    limits = SmtpLimits(messages_octets=100_000)
    async with serving(MemoryEntrance(), settings=SmtpSettings(limits=limits)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(reader, writer, BEGIN, b"354 ")
        await reader.readline()
        for _ in range(30):
            writer.write(b"x" * 9_998 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.002)
        assert (await say(reader, writer, b".\r\n", b"\r\n")).startswith(b"452 4.3.1")
        assert server.held == 0
        writer.close()


async def test_who_sends_much_and_then_nothing_does_not_keep_others_out() -> None:
    entrance = MemoryEntrance()
    limits = SmtpLimits(messages_octets=100_000)
    async with serving(entrance, settings=SmtpSettings(limits=limits)) as server:
        hog, hog_writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(hog, hog_writer, BEGIN, b"354 ")
        hog_writer.write(b"x" * 97_998 + b"\r\n")
        await eventually(lambda: server.held > 90_000)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(reader, writer, BEGIN, b"354 ")
        await reader.readline()
        for _ in range(5):
            writer.write(b"y" * 1_998 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)
        assert (await say(reader, writer, b".\r\n", b"\r\n")).startswith(b"250 2.0.0")
        await hog.readline()
        assert (await say(hog, hog_writer, b".\r\n", b"\r\n")).startswith(b"452 4.3.1")
        assert server.held == 0
        hog_writer.close()
        writer.close()


async def test_octets_that_came_fast_buy_no_hours_of_silence() -> None:
    limits = SmtpLimits(data_seconds=0.5, data_stall_seconds=0.4)
    async with serving(MemoryEntrance(), settings=SmtpSettings(limits=limits)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(reader, writer, BEGIN, b"354 ")
        writer.write(b"x" * 5_000_000)
        await writer.drain()
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while server.connections and time.monotonic() - began < 20:
                writer.write(b"y")
                await asyncio.sleep(0.1)
        assert not server.connections
        writer.close()


async def test_a_message_of_a_megabyte_in_small_pieces_arrives_whole() -> None:
    entrance = MemoryEntrance()
    async with serving(entrance) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(reader, writer, BEGIN, b"354 ")
        raw = (b"." + b"y" * 97 + b"\r\n") * 10_000
        stuffed = raw.replace(b"\r\n.", b"\r\n..")
        stuffed = b"." + stuffed
        for at in range(0, len(stuffed), 7919):
            writer.write(stuffed[at : at + 7919])
            await writer.drain()
        await say(reader, writer, b".\r\n", b"250 2.0.0")
        assert entrance.kept[0][1] == raw
        assert server.held == 0
        writer.close()


async def test_closing_sends_the_idle_away_and_lets_a_message_finish() -> None:
    entrance = MemoryEntrance(gate=asyncio.Event())
    server = MailServer("smtp", entrance, SmtpSettings())
    await server.start()
    idle, idle_writer = await asyncio.open_connection("127.0.0.1", server.port)
    await idle.readline()
    busy, busy_writer = await asyncio.open_connection("127.0.0.1", server.port)
    await say(busy, busy_writer, BEGIN, b"354 ")
    await busy.readline()
    busy_writer.write(b"x\r\n.\r\n")
    await eventually(lambda: entrance.accepting == 1)
    port = server.port
    closing = asyncio.create_task(server.close(grace=5))
    assert (await idle.readline()).startswith(b"421 4.3.2")
    assert await idle.read() == b""
    idle_writer.close()
    assert not closing.done()
    assert entrance.gate is not None
    entrance.gate.set()
    assert (await busy.readline()).startswith(b"250 2.0.0")
    assert (await busy.readline()).startswith(b"421 4.3.2")
    busy_writer.close()
    await asyncio.wait_for(closing, 5)
    assert len(entrance.kept) == 1
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_closing_does_not_wait_longer_than_its_grace() -> None:
    entrance = MemoryEntrance(gate=asyncio.Event())
    server = MailServer("smtp", entrance, SmtpSettings())
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await say(reader, writer, BEGIN, b"354 ")
    writer.write(b"half a message")
    await asyncio.sleep(0.05)
    await asyncio.wait_for(server.close(grace=0.2), 20)
    assert server.connections == 0
    writer.close()


async def test_a_handshake_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    settings = SmtpSettings(tls=tls.self_signed_context(tmp_path, ["mx.mailwright.test"]))
    async with serving(MemoryEntrance(), settings=settings) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(reader, writer, b"EHLO c\r\n", b"250 HELP\r\n")
        await say(reader, writer, b"STARTTLS\r\n", b"220 ")
        writer.write(b"MAIL FROM:<bashir@example.org>\r\n")
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), 5)
        await eventually(lambda: server.connections == 0)
        writer.close()


async def test_a_handshake_that_never_comes_has_an_end(tmp_path: Path) -> None:
    settings = SmtpSettings(
        tls=tls.self_signed_context(tmp_path, ["mx.mailwright.test"]), limits=SmtpLimits(handshake_seconds=0.2)
    )
    async with serving(MemoryEntrance(), settings=settings) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await say(reader, writer, b"EHLO c\r\n", b"250 HELP\r\n")
        await say(reader, writer, b"STARTTLS\r\n", b"220 ")
        await eventually(lambda: server.connections == 0)
        writer.close()


def test_a_certificate_of_our_own_is_private_kept_and_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tls"
    path = tls.self_signed_certificate(folder, ["mx.mailwright.test", "127.0.0.1"])
    first = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    named = x509.load_pem_x509_certificate(first).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert named.get_values_for_type(x509.DNSName) == ["mx.mailwright.test"]
    assert [str(address) for address in named.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert tls.self_signed_certificate(folder, ["mx.mailwright.test", "127.0.0.1"]).read_bytes() == first
    assert tls.self_signed_certificate(folder, ["other.mailwright.test"]).read_bytes() != first
    path.write_bytes(b"not a certificate")
    assert tls.self_signed_context(folder, ["mx.mailwright.test"]).minimum_version == ssl.TLSVersion.TLSv1_2
    monkeypatch.setattr(tls, "LIFETIME", timedelta(days=20))
    path.unlink()
    short = tls.self_signed_certificate(folder, ["mx.mailwright.test"]).read_bytes()
    assert x509.load_pem_x509_certificate(short).not_valid_after_utc < datetime.now(UTC) + timedelta(days=21)
    monkeypatch.undo()
    assert tls.self_signed_certificate(folder, ["mx.mailwright.test"]).read_bytes() != short
