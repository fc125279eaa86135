"""What mail programs and other servers fetch before they speak to us: autoconfig, and the MTA-STS policy.

The DNS records that `mailwright domain add` prints lead here (`autoconfig.<domain>`, `mta-sts.<domain>`). Public and the same for
everybody: nothing tells whether an address exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request, Response

from mailwright.core import Core, dnsrecords, routing
from mailwright.core.dnsrecords import Doors
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress, NotFound

_PREFIXES = ("autoconfig.", "mta-sts.", "autodiscover.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where our servers are, as clients see them."""

    hostname: str
    doors: Doors


def create_router(core: Core, place: Place) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["set-up of mail programs"])

    @router.get("/mail/config-v1.1.xml")
    @router.get("/.well-known/autoconfig/mail/config-v1.1.xml")
    async def autoconfig(request: Request, emailaddress: str = "") -> Response:
        """The settings of mail programs, as Thunderbird asks for them. 404 for a domain that is not ours."""
        domain = await _domain(core, request, emailaddress.rpartition("@")[2])
        return Response(_autoconfig(domain, place), media_type="application/xml")

    @router.get("/.well-known/mta-sts.txt")
    async def mta_sts(request: Request) -> Response:
        """The MTA-STS policy (RFC 8461 §3.2) of the domain whose `mta-sts.` host is asked. 404 for others."""
        await _domain(core, request, "")
        return Response(dnsrecords.mta_sts_policy(place.hostname), media_type="text/plain")

    return router


async def _domain(core: Core, request: Request, named: str) -> str:
    """The domain that is asked about: of the address, or of the host name."""
    host = request.headers.get("host", "").partition(":")[0].lower()
    for prefix in _PREFIXES:
        host = host.removeprefix(prefix)
    try:
        # In the form that domains are kept in; whatever else somebody asks for is no domain of ours.
        wanted = Address.parse(f"x@{named.strip() or host}").domain
    except BadAddress:
        wanted = ""
    if not wanted or not await core.read(lambda tx: routing.is_local_domain(tx, wanted)):
        raise NotFound("this is not a domain of this server")
    return wanted


def _autoconfig(domain: str, place: Place) -> str:
    """The file of Thunderbird's autoconfiguration, which others read as well."""
    host = escape(place.hostname)
    servers = [("incomingServer", "imap", place.doors.imaps, "SSL")]
    servers += [("outgoingServer", "smtp", place.doors.submissions, "SSL")]
    servers += [("outgoingServer", "smtp", place.doors.submission, "STARTTLS")]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<clientConfig version="1.1">',
        f'  <emailProvider id="{escape(domain)}">',
        f"    <domain>{escape(domain)}</domain>",
        "    <displayName>Mailwright</displayName>",
    ]
    for element, kind, port, socket in servers:
        lines += [
            f'    <{element} type="{kind}">',
            f"      <hostname>{host}</hostname>",
            f"      <port>{port}</port>",
            f"      <socketType>{socket}</socketType>",
            "      <username>%EMAILADDRESS%</username>",
            "      <authentication>password-cleartext</authentication>",
            f"    </{element}>",
        ]
    return "\n".join([*lines, "  </emailProvider>", "</clientConfig>", ""])
