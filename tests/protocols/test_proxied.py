"""Behind a load balancer that speaks the PROXY protocol, every mail door counts the client and not the balancer."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Gauge

from mailwright.codecs.proxyheader import SIGNATURE, GarbledHeader, client_of, wanted
from mailwright.protocols import proxied
from mailwright.protocols.listening import Listener
from mailwright.protocols.proxied import ProxiedServer, listening_socket, networks
from mailwright.protocols.tls import self_signed_context

LINE = b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 25\r\n"
LINE_6 = b"PROXY TCP6 2001:db8::9 2001:db8::1 40000 25\r\n"
UNKNOWN = b"PROXY UNKNOWN\r\n"
UNKNOWN_LONG = b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"


def _block(client: str, *, kind: int = 0x21, extra: bytes = b"") -> bytes:
    address = ipaddress.ip_address(client)
    body = address.packed * 2 + (40000).to_bytes(2, "big") + (25).to_bytes(2, "big") + extra
    family = 0x11 if address.version == 4 else 0x21
    return SIGNATURE + bytes([kind, family]) + len(body).to_bytes(2, "big") + body


HEADERS = [
    (LINE, "203.0.113.9"),
    (LINE_6, "2001:db8::9"),
    (UNKNOWN, None),
    (UNKNOWN_LONG, None),
    (_block("203.0.113.9"), "203.0.113.9"),
    (_block("2001:db8::9", extra=b"\x04\x00\x05\x00\x00\x00\x00\x00"), "2001:db8::9"),
    (_block("203.0.113.9", kind=0x20), None),
    # IPv4 in IPv6's form, as a balancer with a socket for both families has it: SPF and the limits know it as IPv4.
    (LINE_6.replace(b"2001:db8::9", b"::ffff:203.0.113.9"), "203.0.113.9"),
    (LINE_6.replace(b"2001:db8::9", b"::FFFF:CB00:7109"), "203.0.113.9"),
    (_block("::ffff:203.0.113.9"), "203.0.113.9"),
    (SIGNATURE + b"\x20\x00\x00\x00", None),
    (SIGNATURE + b"\x21\x31\x00\x02ab", None),  # a UNIX socket
]


def _fed(stream: bytes) -> bytes:
    """The header, read no further than it goes."""
    received = b""
    while (more := wanted(received)) > 0:
        piece = stream[len(received) : len(received) + more]
        if not piece:
            raise GarbledHeader("cut off")
        received += piece
    return received


def test_a_header_is_read_to_its_last_octet_and_no_further() -> None:
    for header, client in HEADERS:
        assert _fed(header + b"EHLO mx.example.net\r\n") == header
        assert client_of(header) == client


def test_garbage_is_refused_before_it_is_read_far() -> None:
    for garbage in (
        b"EHLO mx.example.net\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03abc",  # TLS
        b"PROXY TCP4 203.0.113.9\nEHLO\r\n",
        b"PROXY TCP4 " + b"1" * 200,
        b"PROXY TCP4 203.0.113.9 192.0.2.1 40000\r\n",
        b"PROXY TCP4 2001:db8::9 2001:db8::1 40000 25\r\n",
        b"PROXY TCP4 localhost localhost 40000 25\r\n",
        b"PROXY\r\nPROXYPROXY\r\n",
        SIGNATURE + b"\x21\x11\xff\xff" + b"x" * 70_000,
        SIGNATURE + b"\x21\x11\x00\x04abcd",
        SIGNATURE + b"\x31\x11\x00\x0c" + b"x" * 12,
        b"",
    ):
        with pytest.raises(GarbledHeader):
            client_of(_fed(garbage))


class _Greeter(asyncio.Protocol):
    """Says who it thinks is there, then says everything back."""

    def __init__(self, server: dict[str, ProxiedServer]) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        transport.write(f"{self._server['it'].clients.get(peer[:2], 'itself')}\n".encode())

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


async def _served(names: tuple[str, ...], tls: ssl.SSLContext | None = None) -> tuple[ProxiedServer, int]:
    found: dict[str, ProxiedServer] = {}
    accepting = listening_socket("127.0.0.1", 0, 16)
    found["it"] = ProxiedServer(
        lambda: _Greeter(found),
        accepting,
        networks(names),
        tls=tls,
        handshake_seconds=20.0,
        connections=4,
        per_client=2,
    )
    return found["it"], accepting.getsockname()[1]


async def test_the_client_is_known_and_what_follows_the_header_in_the_same_segment_is_not_lost() -> None:
    server, port = await _served(("127.0.0.0/8",))
    for header, client in HEADERS:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(header + b"QUIT\n")
        assert await reader.readline() == f"{client or 'itself'}\n".encode()
        assert await reader.readline() == b"QUIT\n"
        writer.close()
    assert server.clients == {}
    server.close()


async def test_tls_begins_behind_the_header(tmp_path: Path) -> None:
    server, port = await _served(("127.0.0.0/8",), self_signed_context(tmp_path, ["localhost"]))
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    def talk() -> bytes:
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        plain.sendall(_block("203.0.113.9"))
        with trusting.wrap_socket(plain) as client:
            return client.recv(100)

    assert await asyncio.to_thread(talk) == b"203.0.113.9\n"
    server.close()


async def test_clients_that_are_silent_in_their_handshake_close_the_door_to_themselves_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxied, "MOST_READING", 2)
    server, port = await _served(("127.0.0.0/8",), self_signed_context(tmp_path, ["localhost"]))
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    def silent(address: str) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        plain.sendall(_block(address))
        return plain

    def greeted(address: str) -> bytes:
        with trusting.wrap_socket(silent(address)) as client:
            return client.recv(100)

    held = [await asyncio.to_thread(silent, "203.0.113.9") for _ in range(2)]
    refused = await asyncio.to_thread(silent, "203.0.113.9")  # a third of theirs is hung up on, before it said anything
    assert await asyncio.to_thread(refused.recv, 1) == b""
    assert await asyncio.to_thread(greeted, "203.0.113.10") == b"203.0.113.10\n"
    held += [await asyncio.to_thread(silent, "203.0.113.11") for _ in range(2)]
    with pytest.raises(OSError):  # and there is an end in all
        await asyncio.to_thread(greeted, "203.0.113.10")
    for each in (*held, refused):
        each.close()
    while server.clients:
        await asyncio.sleep(0.01)
    assert await asyncio.to_thread(greeted, "203.0.113.9") == b"203.0.113.9\n"
    server.close()


async def test_who_is_no_balancer_cannot_name_another_address() -> None:
    server, port = await _served(("192.0.2.0/24",))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(LINE)
    assert await reader.readline() == b"itself\n"
    assert await reader.readline() == LINE
    writer.close()
    server.close()


async def test_a_balancer_that_says_nothing_or_nonsense_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxied, "HEADER_SECONDS", 0.05)
    server, port = await _served(("127.0.0.1",))
    for said in (b"", b"PROXY TCP4", b"EHLO mx.example.net\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        with contextlib.suppress(ConnectionResetError):  # closed with octets of ours unread
            assert await reader.read() == b""
        writer.close()
    server.close()


async def test_every_form_of_an_ipv4_client_is_one_client_to_the_listener() -> None:
    listener: Listener[Any] = Listener(
        Gauge("tests_proxied", "Nothing", registry=None), connections=1, per_client=1, shortest=1.0
    )

    class Wrapped(asyncio.BaseTransport):
        def get_extra_info(self, name: str, default: object = None) -> object:
            return ("::ffff:c000:201", 40000, 0, 0) if name == "peername" else default

    assert listener.address_of(Wrapped()) == "192.0.2.1"
