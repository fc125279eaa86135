"""What hooks ask of every call, whoever makes it: JSON and nothing else, and whether it comes from this very machine."""

from __future__ import annotations

import ipaddress

from fastapi import Request
from starlette.exceptions import HTTPException

# Whoever forwards for others says so; then the peer's address is the proxy's and proves nothing about the caller.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_OURSELVES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def check_media_type(request: Request) -> None:
    """Only JSON: a web page elsewhere cannot make a browser on this machine send that without asking us first (CORS)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, "the body must be application/json")


def from_this_machine(request: Request) -> bool:
    """The peer is on this machine, forwards for nobody, and means this machine (a name a stranger points here does not)."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    host = request.headers.get("host", "").lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return _is_loopback(peer_of(request)) and name in _OURSELVES


def peer_of(request: Request) -> str:
    """The address at the other end of the connection."""
    return request.client.host if request.client else ""


def _is_loopback(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
