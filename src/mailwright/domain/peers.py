"""Peers: whose doing it is, when all that is known of a client is its IP address.

Called wherever something is counted by client (connections, failed sign-ins, calls of hooks), and where a client's address comes in.
"""

import ipaddress

CUSTOMER_BITS = 64  # RFC 6177: what one IPv6 customer has at least, and may change address in at will


def plain(address: str) -> str:
    """An address as it is written everywhere: one of IPv4 as itself, also when a socket for both families wraps it (RFC 4291 §2.5.5.2).

    What is no address stays as it is.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(
        getattr(found, "ipv4_mapped", None) or found
    )  # Python writes a wrapped one as ::ffff:c000:201 before 3.13


def customer(address: str) -> str:
    """The one to count `address` for: itself, or its /64 for IPv6. What is no address at all is one and the same "unknown".

    The form of an envelope's client, an address literal (RFC 5321 §4.1.3), will do as well.
    """
    try:
        found = ipaddress.ip_address(address.strip("[]").removeprefix("IPv6:").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        if not found.is_loopback:
            return str(ipaddress.ip_network((found, CUSTOMER_BITS), strict=False).network_address)
    return str(found)
