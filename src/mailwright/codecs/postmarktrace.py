"""What Postmark wrote on top of a mail it took: the connection it came by, and who was named as its sender there.

Called by `postmark` with the Headers list of an inbound call. The list is the header as Postmark has it, in its order: its own
fields, then the Received line of its SMTP server, then whatever the sender wrote.

    Return-Path: <ada@example.org>
    Received: by p-pm-inboundg01a.inbound.postmarkapp.com (Postfix, from userid 996) id …; Sat, 24 May 2025 20:17:36 +0000 (UTC)
    X-Spam-Status: No
    Received-SPF: pass (…) receiver=…; identity=mailfrom; envelope-from="ada@example.org"; helo=mx.example.org; client-ip=192.0.2.7
    Received: from mx.example.org (mx.example.org [192.0.2.7]) (using TLSv1.3 …) by p-pm-inboundg01a.inbound.postmarkapp.com
        (Postfix) with ESMTPS id … for <…>; Sat, 24 May 2025 20:17:35 +0000 (UTC)
    … the sender's own fields, which may say anything, these included

Promises: only the first lines count, as far as the one of Postmark's SMTP server; what a sender writes stands below it and is never
read. Postfix puts no space and no bracket of a sender's HELO into that line, so that it can be read one way only.
Does not: believe a result. Of Received-SPF the envelope's sender is read where Return-Path is missing; whether that sender may use
that client is looked up anew by who asks (`core.authentication`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.codecs.mime import dates
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.refusals import BadAddress

MAX_LINE_CHARACTERS = 4000  # of a field; Postfix folds none that is longer

_HOST = r"[A-Za-z0-9.-]{1,200}\.postmarkapp\.com"
# Its spam check hands a mail on within the machine. The list leaves line ends out, sometimes with the space behind them.
_HANDED_ON = re.compile(rf"by {_HOST} \(Postfix, from userid \d{{1,10}}\)")
_TAKEN = re.compile(
    r"from (?P<helo>[^\s()]{1,300}) \((?:[^\s()\[\]]{1,300} )?\[(?:IPv6:)?(?P<client>[0-9A-Fa-f.:]{2,45})\]\)"
)
_BY = re.compile(rf"by ?{_HOST} \(Postfix\)")
_ENVELOPE_FROM = re.compile(r"envelope-from=(?:\"([^\"\s]{0,400})\"|([^;\s\"]{0,400}))")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Connection:
    """The SMTP connection by which a mail came to Postmark: the IP address at its other end, the name it gave (HELO), and the
    envelope's sender, None for the null one of notices."""

    client: str
    helo: str
    sender: Address | None


def connection(headers: Sequence[tuple[str, str]]) -> Connection | None:
    """The connection, when the first lines are Postmark's and say all of it; else None."""
    above: dict[str, str] = {}
    for name, value in headers:
        line = _SPACE.sub(" ", value[:MAX_LINE_CHARACTERS]).strip()
        if name.lower() != "received":
            above.setdefault(name.lower(), line)
            continue
        if _HANDED_ON.match(line):
            continue
        taken = _TAKEN.match(line)
        if taken is None or not _BY.search(line, taken.end()):
            return None
        known, sender = _sender(above)
        return Connection(taken["client"], taken["helo"], sender) if known else None
    return None


def came_at(headers: Sequence[tuple[str, str]]) -> Instant | None:
    """When Postmark says it came: the date at the end of the first Received line."""
    first = next((value for name, value in headers if name.lower() == "received"), "")
    return dates.parse(first[:MAX_LINE_CHARACTERS].rpartition(";")[2])


def is_notice(headers: Sequence[tuple[str, str]]) -> bool:
    """Whether it names the null sender; whoever wrote that, such mail is not answered."""
    first = next((value for name, value in headers if name.lower() == "return-path"), "")
    return first.replace(" ", "") == "<>"


def _sender(above: dict[str, str]) -> tuple[bool, Address | None]:
    """Whether the envelope's sender is known, and who it is."""
    path = above.get("return-path")
    if path is None:
        found = _ENVELOPE_FROM.search(above.get("received-spf", ""))
        if found is None:
            return False, None
        path = found[1] or found[2] or ""
    path = path.removeprefix("<").removesuffix(">").strip()
    if not path:
        return True, None
    try:
        return True, Address.parse(path)
    except BadAddress:
        return False, None
