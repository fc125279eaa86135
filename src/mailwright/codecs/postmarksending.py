"""A message in the form Postmark's API takes (`POST /email`), and what its answers mean.

Called by `connectors.postmark`.
Expects: the message as it would leave by SMTP, and the one recipient it is for.
Promises: texts, files and all header fields that are not the service's own business are those of the message, its Message-ID too;
BadInput when it has no From. The same message gives the same request.
Does not: keep what this form cannot say. The recipient is the only one named in To, and a structure beyond text, HTML and files (a
signature over parts, an invitation beside a text) arrives as files.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from mailwright.codecs import mime
from mailwright.codecs.mime import Mailbox, Part, charsets
from mailwright.codecs.mime.words import decode_text, unfold
from mailwright.codecs.postmarkreports import OUTBOX_ID
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadInput

MAX_FILES = 200  # of one message; Postmark bounds the octets
MAX_FIELD_CHARACTERS = 10_000  # of a field that is handed on; References of a long thread has nine thousand
MAX_SAID_CHARACTERS = 300

# Fields that the request has places of its own for, that belong to the hop, or that sign what is written anew.
_NOT_HANDED_ON = frozenset(
    [
        "from",
        "sender",
        "to",
        "cc",
        "bcc",
        "subject",
        "date",
        "reply-to",
        "mime-version",
        "return-path",
        "received",
        "delivered-to",
        "authentication-results",
        "received-spf",
        "dkim-signature",
        "x-pm-keepid",
        "x-pm-message-stream",
        "x-pm-tag",
    ]
)
_PREFIXES = ("content-", "arc-", "x-pm-metadata-", "resent-")

Meaning: TypeAlias = Literal["taken", "closed", "later", "never", "unknown"]

BAD_TOKEN: Final = 10
MAINTENANCE: Final = 100
INACTIVE: Final = 406
TOO_MANY: Final = 429
# The account or server may not send at all: everything waits, and nothing is wrong with the message.
_CLOSED = frozenset({BAD_TOKEN, MAINTENANCE, 405, 412, 413, TOO_MANY})
# What a person should read instead of a number. RFC 3463 has the codes.
_STATUS: dict[int, str] = {400: "5.7.1", 401: "5.7.1", INACTIVE: "5.1.1", 411: "5.7.1", 300: "5.6.0"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What Postmark said to a message. `message_id` is its own id for it; `text` its words, on one line; `code` ours (RFC 3463).

    taken: it is on its way. closed: nothing can be sent now, whatever it is. later: not now. never: not this message. unknown: it
    may have been taken.
    """

    meaning: Meaning
    message_id: str = ""
    error: int = 0
    text: str = ""
    code: str = ""


def request(raw: bytes, recipient: Address, *, stream: str, outbox_id: str) -> dict[str, Any]:
    """The body of the call. Raises BadInput."""
    parsed = mime.parse(raw)
    if not parsed.from_ or not parsed.from_[0].address:
        raise BadInput("the message has no From line, which this way out needs")
    html = mime.body_html(raw, parsed, limit=len(raw))
    has_text = any(part.subtype != "html" for part in parsed.bodies.text)
    text = mime.body_text(raw, parsed, limit=len(raw)) if has_text or html is None else ""
    body: dict[str, Any] = {
        "From": _written(parsed.from_[0]),
        "To": _written(_named(parsed, recipient)),
        "Subject": parsed.subject,
        "Headers": _headers(parsed),
        "Metadata": {OUTBOX_ID: outbox_id},
        "MessageStream": stream,
        "TrackOpens": False,  # who writes to people here does not spy on them
        "TrackLinks": "None",
    }
    if parsed.reply_to:
        body["ReplyTo"] = ", ".join(_written(each) for each in parsed.reply_to if each.address)
    if html is not None:
        body["HtmlBody"] = html
    if text or html is None:
        body["TextBody"] = text or "\n"  # one of the two must be there
    files = [_file(raw, part, number) for number, part in enumerate(parsed.attachments[:MAX_FILES], 1)]
    if files:
        body["Attachments"] = files
    return body


def answer(status: int, content: bytes) -> Answer:
    """What an HTTP answer means."""
    said = _object(content)
    error, text = said.get("ErrorCode"), charsets.one_line(str(said.get("Message") or ""))[:MAX_SAID_CHARACTERS]
    number = error if isinstance(error, int) else -1
    if status == 200 and number == 0:
        return Answer("taken", str(said.get("MessageID") or "")[:100], text=text)
    if status == 401 or status == 429 or (status in (403, 422) and number in _CLOSED):
        return Answer("closed", error=number, text=text or f"HTTP {status}", code="4.7.0" if status == 401 else "4.3.2")
    if status == 413:
        return Answer("never", error=number, text=text or "it is too large", code="5.3.4")
    if status == 422 or (status == 200 and number > 0):
        return Answer("never", error=number, text=text, code=_STATUS.get(number, "5.5.0"))
    if status == 503:
        return Answer("closed", error=number, text=text or "HTTP 503", code="4.3.2")
    if status >= 500 or status == 200:  # a gateway may have given up on a call that went through
        return Answer("unknown", error=number, text=text or f"HTTP {status}", code="4.3.0")
    return Answer(
        "closed", error=number, text=text or f"HTTP {status}", code="4.3.5"
    )  # no such path: it is not Postmark's


def found(content: bytes) -> str | None:
    """Of a search for one message: Postmark's id for it, or None when it has none such. Raises BadInput."""
    said = _object(content)
    messages = said.get("Messages")
    if not isinstance(messages, list):
        raise BadInput("the answer is not a list of messages")
    first = messages[0] if messages else None
    return str(first.get("MessageID") or "")[:100] if isinstance(first, dict) else None


def _named(parsed: mime.Parsed, recipient: Address) -> Mailbox:
    """The recipient, with the name the message gives them."""
    for mailbox in (*parsed.to, *parsed.cc):
        if mailbox.address.lower() == str(recipient).lower():
            return Mailbox(mailbox.name, str(recipient))
    return Mailbox("", str(recipient))


def _written(mailbox: Mailbox) -> str:
    if not mailbox.name:
        return mailbox.address
    name = charsets.one_line(mailbox.name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{mailbox.address}>'


def _headers(parsed: mime.Parsed) -> list[dict[str, str]]:
    """The fields to hand on. X-PM-KeepID lets the Message-ID stand, by which answers find their thread."""
    kept = [{"Name": "X-PM-KeepID", "Value": "true"}]
    for name, value in parsed.header.fields:
        lowered = name.lower()
        if lowered not in _NOT_HANDED_ON and not lowered.startswith(_PREFIXES):
            line = unfold(value[:MAX_FIELD_CHARACTERS]).strip()
            kept.append({"Name": name, "Value": line if line.isascii() else decode_text(line)})
    return kept


def _file(raw: bytes, part: Part, number: int) -> dict[str, str]:
    content = mime.decode_body(raw, part)
    file = {
        "Name": part.filename or f"part-{number}{'.eml' if part.type == 'message' else ''}",
        "Content": base64.b64encode(content).decode(),
        "ContentType": part.media_type,
    }
    if part.content_id:
        file["ContentID"] = f"cid:{part.content_id.strip('<>')}"
    return file


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
