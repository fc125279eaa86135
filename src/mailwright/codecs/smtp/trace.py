"""The lines a server writes on top of a message it takes over: Received and Return-Path (RFC 5321 §4.4).

Called by core when a message is filed or queued (after its checksum was taken over the bytes as they came). Pure functions
over the envelope; each returns one header field with its CRLF.
"""

import re
import time
from functools import lru_cache

from mailwright.domain.addresses import Address
from mailwright.domain.clock import SECOND, Instant
from mailwright.domain.envelope import Envelope

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9.:_\[\]-]")


def received_field(envelope: Envelope, host: str) -> bytes:
    """`Received: from <helo> (<client>) by <host> with <protocol> id <correlation id>[ for <recipient>]; <date>`.

    `host` is our own name. The recipient is named only when there is exactly one: RFC 5321 §7.2 warns against showing the
    blind ones to each other.
    """
    helo = _NOT_A_NAME.sub("?", envelope.helo) or "unknown"
    client = f" ({_NOT_A_NAME.sub('?', envelope.client)})" if envelope.client else ""
    only = envelope.recipients[0] if len(envelope.recipients) == 1 else None
    # RFC 6531 §3.7.3: an address beyond ASCII may stand here only in a message that was sent with SMTPUTF8.
    shown = only is not None and (only.is_ascii or envelope.smtputf8)
    for_whom = f"\r\n\tfor <{only}>" if shown else ""
    return (
        f"Received: from {helo}{client}\r\n\tby {host} with {envelope.protocol} id {envelope.correlation_id}"
        f"{for_whom};\r\n\t{date_time(envelope.received_at)}\r\n"
    ).encode()


def return_path_field(sender: Address | None) -> bytes:
    """`Return-Path: <sender>`, written at final delivery only; None is the null path of bounces."""
    return f"Return-Path: <{sender or ''}>\r\n".encode()


def protocol_name(*, lmtp: bool, extended: bool, secured: bool, authenticated: bool, smtputf8: bool) -> str:
    """The word after "with": RFC 3848 (ESMTPSA and its like) and RFC 6531 §4.3 (UTF8SMTPSA)."""
    if lmtp:
        stem = "UTF8LMTP" if smtputf8 else "LMTP"
    elif smtputf8:
        stem = "UTF8SMTP"
    elif extended:
        stem = "ESMTP"
    else:
        return "SMTP"
    return f"{stem}{'S' if secured else ''}{'A' if authenticated else ''}"


def date_time(instant: Instant) -> str:
    """An RFC 5322 §3.3 date in UTC."""
    return _date_of_second(instant // SECOND)


@lru_cache(maxsize=8)  # thousands of messages share a second
def _date_of_second(second: int) -> str:
    at = time.gmtime(second)
    return (
        f"{_DAYS[at.tm_wday]}, {at.tm_mday} {_MONTHS[at.tm_mon - 1]} {at.tm_year} "
        f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} +0000"
    )
