"""The header with which a load balancer begins a connection (PROXY protocol, versions 1 and 2): who the client really is.

Fed by `protocols.proxied`. Promises: `wanted` never asks for an octet beyond the header, so that what follows it, a TLS handshake
perhaps, is left for whoever comes next; garbage raises GarbledHeader. What the header says of TLS, names and the like is skipped.
"""

from __future__ import annotations

import ipaddress

from mailwright.domain.peers import plain

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"  # PROXY protocol §2.2: version 2 begins so
LONGEST_LINE = 107  # PROXY protocol §2.1: of version 1, its line end included
LONGEST_BLOCK = 4096  # of version 2 after its first 16 octets: addresses take 36, the rest we do not read
_PLAIN = b"PROXY "
_FIRST = 16  # octets of version 2 that say how many follow
_FAMILIES = {0x11: 4, 0x21: 16}  # TCP over IPv4 and over IPv6: octets of an address


class GarbledHeader(Exception):
    """It is no header of this protocol."""


def wanted(received: bytes) -> int:
    """How many octets may be read next; 0: it is complete. Raises GarbledHeader."""
    if len(received) < len(SIGNATURE):
        if not SIGNATURE.startswith(received) and received[: len(_PLAIN)] != _PLAIN[: len(received)]:
            raise GarbledHeader("it does not begin with a header")
        return len(SIGNATURE) - len(received)  # the shortest line of version 1 is longer
    if received.startswith(SIGNATURE):
        return _wanted_of_block(received)
    if received.endswith(b"\r\n"):
        return 0
    if b"\n" in received or len(received) >= LONGEST_LINE:
        raise GarbledHeader("its line does not end")
    return 1 if received.endswith(b"\r") or len(received) == LONGEST_LINE - 1 else 2


def client_of(header: bytes) -> str | None:
    """The client's address in a complete header; None when it names none (a health check of the balancer's own, another family).

    Raises GarbledHeader.
    """
    return _client_of_block(header) if header.startswith(SIGNATURE) else _client_of_line(header)


def _wanted_of_block(received: bytes) -> int:
    if len(received) < _FIRST:
        return _FIRST - len(received)
    length = int.from_bytes(received[14:16], "big")
    if length > LONGEST_BLOCK:
        raise GarbledHeader("it is too long")
    return _FIRST + length - len(received)


def _client_of_line(line: bytes) -> str | None:
    words = line.removesuffix(b"\r\n").split(b" ")
    if words[:2] == [b"PROXY", b"UNKNOWN"]:  # §2.1: what follows it is to be ignored
        return None
    if len(words) != 6 or words[0] != b"PROXY" or words[1] not in (b"TCP4", b"TCP6"):
        raise GarbledHeader("its line is not of five words")
    try:
        found = ipaddress.ip_address(words[2].decode("ascii"))
    except ValueError:
        raise GarbledHeader("it names no address") from None
    if found.version != (4 if words[1] == b"TCP4" else 6):
        raise GarbledHeader("its address is of another family")
    return plain(str(found))


def _client_of_block(block: bytes) -> str | None:
    kind, family = block[12], block[13]
    if kind == 0x20:  # §2.2, LOCAL: the balancer speaks for itself
        return None
    if kind != 0x21:
        raise GarbledHeader("it is of a version or a command we do not know")
    octets = _FAMILIES.get(family)
    if octets is None:
        return None
    if len(block) < _FIRST + 2 * octets + 4:
        raise GarbledHeader("its addresses are cut off")
    return plain(str(ipaddress.ip_address(block[_FIRST : _FIRST + octets])))
