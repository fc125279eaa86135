"""Composing a message: from names, texts and files to RFC 5322 bytes.

Called by core (delivery notices, replies), agents' act step, the hooks' codecs and the command line.
Expects: every fact from the caller, the date and the Message-ID too; there is no clock and no chance in here.
Promises: the same arguments give the same bytes; CRLF only; lines of at most 998 octets; seven-bit (an address without an
ASCII form excepted); what `structure.parse` reads back is what was given. A CR, LF or NUL in a header value is refused.
Does not: sign, send, or add trace fields.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from re import compile as pattern

from mailwright.codecs.mime import encoding, messageids
from mailwright.codecs.mime.mailboxes import Mailbox
from mailwright.domain.clock import Instant, to_datetime
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import BadInput

MAX_EXTRA_FIELDS = 100  # a reply needs three; more is a program that went wrong

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FIELD_NAME = pattern(r"[!-9;-~]{1,76}")
MEDIA_TYPE = pattern(r"[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,60}")
CONTENT_ID = pattern(r"[!-;=?-~]{1,200}")
_OURS = frozenset(
    [
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "bcc",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "content-id",
    ]
)
_URLS = frozenset(["list-help", "list-unsubscribe", "list-subscribe", "list-owner", "list-archive"])  # RFC 2369 §3


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to go with a message. With `content_id` it is an inline picture that the HTML shows as `cid:…`."""

    filename: str | None
    content: bytes
    media_type: str = "application/octet-stream"
    content_id: str | None = None


def compose(
    *,
    from_: Mailbox,
    to: Sequence[Mailbox],
    subject: str,
    text: str,
    message_id: str,
    date: Instant,
    html: str | None = None,
    attachments: Sequence[Attachment] = (),
    cc: Sequence[Mailbox] = (),
    reply_to: Sequence[Mailbox] = (),
    sender: Mailbox | None = None,
    in_reply_to: str | None = None,
    references: Sequence[str] = (),
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """The message. `headers` are further fields in their order (none of those this function writes itself).

    Raises BadInput for a value that cannot stand in its field, BadAddress for a mailbox without a legal address.
    """
    out = [
        encoding.field("Date", [_date(date)]),
        encoding.field("From", encoding.mailbox_words("From", [from_])),
    ]
    if sender is not None:
        out.append(encoding.field("Sender", encoding.mailbox_words("Sender", [sender])))
    for name, mailboxes in (("Reply-To", reply_to), ("To", to), ("Cc", cc)):
        if mailboxes:
            out.append(encoding.field(name, encoding.mailbox_words(name, mailboxes)))
    out.append(encoding.field("Message-ID", [_id("Message-ID", message_id)]))
    if in_reply_to is not None:
        out.append(encoding.field("In-Reply-To", [_id("In-Reply-To", in_reply_to)]))
    if references:
        out.append(encoding.field("References", [_id("References", each) for each in references]))
    out.append(encoding.field("Subject", encoding.text_words(encoding.checked("Subject", subject))))
    out += _extra(headers)
    out.append(b"MIME-Version: 1.0\r\n")
    root = _content(text, html, attachments)
    out.append(root.write(message_id, "0"))
    return b"".join(out)


@dataclass(frozen=True, slots=True)
class _Entity:
    """A part to be written: its own fields, and a body or children."""

    fields: tuple[bytes, ...]
    body: bytes = b""
    subtype: str = ""
    children: tuple["_Entity", ...] = ()

    def write(self, seed: str, path: str) -> bytes:
        """Fields, empty line and body."""
        if not self.children:
            return b"".join(self.fields) + b"\r\n" + self.body
        written = [child.write(seed, f"{path}.{index}") for index, child in enumerate(self.children)]
        boundary = _boundary(written, seed, path)
        marker = b"--" + boundary.encode()
        head = encoding.field("Content-Type", [f"multipart/{self.subtype};", f'boundary="{boundary}"'])
        inner = b"".join(marker + b"\r\n" + child + b"\r\n" for child in written)
        return head + b"\r\n" + inner + marker + b"--\r\n"


def _content(text: str, html: str | None, attachments: Sequence[Attachment]) -> _Entity:
    """RFC 2046 §5.1: mixed(alternative(plain, related(html, pictures)), files); only the layers that are needed."""
    entity = _text(text, "plain")
    pictures = [_file(each, inline=True) for each in attachments if html is not None and each.content_id is not None]
    files = [_file(each, inline=False) for each in attachments if html is None or each.content_id is None]
    if html is not None:
        rich = _text(html, "html")
        if pictures:
            rich = _Entity((), subtype="related", children=(rich, *pictures))
        entity = _Entity((), subtype="alternative", children=(entity, rich))
    if files:
        entity = _Entity((), subtype="mixed", children=(entity, *files))
    return entity


def _text(text: str, subtype: str) -> _Entity:
    # RFC 2046 §4.1.1: lines of text end with CRLF and hold no other CR or LF. A NUL is in no text.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if not lines.endswith("\n"):
        lines += "\n"
    transfer, body = encoding.text_body(lines)
    fields = (
        encoding.field("Content-Type", encoding.parameters(f"text/{subtype}", {"charset": "utf-8"})),
        encoding.field("Content-Transfer-Encoding", [transfer]),
    )
    return _Entity(fields, body)


def _file(attachment: Attachment, *, inline: bool) -> _Entity:
    media_type = attachment.media_type.lower()
    if not MEDIA_TYPE.fullmatch(media_type):
        raise BadInput("the type of an attachment must be like application/pdf")
    if media_type.startswith(("multipart/", "message/")):
        media_type = "application/octet-stream"  # RFC 2046 §5.2.1: those may not be base64, and their bytes are to stay
    fields = [
        encoding.field("Content-Type", [media_type]),
        encoding.field("Content-Transfer-Encoding", ["base64"]),
    ]
    filename = {"filename": encoding.checked("a file name", attachment.filename)} if attachment.filename else {}
    fields.append(
        encoding.field("Content-Disposition", encoding.parameters("inline" if inline else "attachment", filename))
    )
    if attachment.content_id is not None:
        content_id = attachment.content_id.strip("<>")
        if not CONTENT_ID.fullmatch(content_id):
            raise BadInput("the content id of an attachment must be printable ASCII without spaces")
        fields.append(encoding.field("Content-ID", [f"<{content_id}>"]))
    return _Entity(tuple(fields), encoding.base64_body(attachment.content))


def _boundary(written: Sequence[bytes], seed: str, path: str) -> str:
    """A boundary that occurs in none of the parts (RFC 2046 §5.1). "=_" occurs in no encoded body (RFC 2045 §6.7)."""
    attempt = 0
    while True:
        boundary = f"=_{derived_token('boundary', seed, path, str(attempt))}"
        if not any(boundary.encode() in part for part in written):
            return boundary
        attempt += 1


def _extra(headers: Sequence[tuple[str, str]]) -> list[bytes]:
    if len(headers) > MAX_EXTRA_FIELDS:
        raise BadInput(f"a message may have {MAX_EXTRA_FIELDS} further header fields")
    out: list[bytes] = []
    for name, value in headers:
        if not _FIELD_NAME.fullmatch(name):
            raise BadInput("the name of a header field must be printable ASCII without a colon")
        if name.lower() in _OURS:
            raise BadInput(f"{name} has an argument of its own")
        words = encoding.url_words if name.lower() in _URLS else encoding.text_words
        out.append(encoding.field(name, words(encoding.checked(name, value))))
    return out


def _id(field: str, value: str) -> str:
    if messageids.parse(value) != (value,):
        raise BadInput(f"{field} must be an id like <token@example.org>")
    return value


def _date(instant: Instant) -> str:
    """RFC 5322 §3.3, in UTC."""
    moment = to_datetime(instant)
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day:02d} {month} {moment.year:04d} {moment:%H:%M:%S} +0000"
