"""Reading delivery status notifications (RFC 3462, RFC 3464): which message came back, for whom, and why.

Called by `core.outreach.returned`. Pure: a message in, what it says out; nothing in it is believed here.
Promises: a report that is malformed, huge or about something else gives nothing; what another server said is on one line and short.
Does not: read the prose of servers that send no such part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailwright.codecs import mime
from mailwright.codecs.mime import Parsed, Part, messageids
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress

MAX_PART = 64 * 1024  # octets of a part that are read
MAX_RECIPIENTS = 100
MAX_SAID = 300  # characters

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class Failed:
    """One recipient who will not get it. `status` is the code of RFC 3463 (4: it took too long), `said` what their server said."""

    recipient: Address
    status: str
    said: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A message that came back: its Message-IDs as the report names them, the likeliest first, and for whom."""

    message_ids: tuple[str, ...]
    failed: tuple[Failed, ...]


def read(parsed: Parsed) -> Returned | None:
    """What a report says was given up; None when it is no report, or says so of nobody."""
    if parsed.root.media_type != "multipart/report":
        return None
    ids: list[str] = []
    failed: list[Failed] = []
    for part in parsed.root.walk():
        if part.media_type in ("message/delivery-status", "message/global-delivery-status"):
            failed += _failed(_text(parsed.raw, part))
        elif part.media_type in ("text/rfc822-headers", "message/rfc822", "message/global", "message/global-headers"):
            head = re.split(r"\r?\n\r?\n", _text(parsed.raw, part).lstrip(), maxsplit=1)[0]
            ids += messageids.parse(_fields(head).get("message-id", ""))
    ids += [*parsed.in_reply_to, *parsed.references]
    return Returned(tuple(dict.fromkeys(ids)), tuple(failed[:MAX_RECIPIENTS])) if failed and ids else None


def _text(raw: bytes, part: Part) -> str:
    return mime.decode_body(raw, part, limit=MAX_PART).decode("utf-8", "replace")


def _failed(text: str) -> list[Failed]:
    """RFC 3464 §2.1: groups of fields, the first of the message, each other of one recipient."""
    found = []
    for group in re.split(r"\r?\n[ \t]*\r?\n", text)[: MAX_RECIPIENTS + 1]:
        fields = _fields(group)
        status = _STATUS.search(fields.get("status", ""))
        if fields.get("action", "").strip().lower() != "failed" or status is None or status[1].startswith("2"):
            continue
        said = _CONTROLS.sub(" ", fields.get("diagnostic-code", "").partition(";")[2]).strip()[:MAX_SAID]
        for name in ("original-recipient", "final-recipient"):
            kind, _, address = fields.get(name, "").partition(";")
            if kind.strip().lower() not in ("rfc822", "utf-8"):
                continue
            try:
                found.append(Failed(Address.parse(address.strip().strip("<>")), status[1], said))
            except BadAddress:
                continue
    return found


def _fields(block: str) -> dict[str, str]:
    """Names in lower case; of several of one name the first."""
    found: dict[str, str] = {}
    for line in re.sub(r"\r?\n[ \t]+", " ", block).splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found
