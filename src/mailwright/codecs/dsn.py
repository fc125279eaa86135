"""Delivery status notifications: telling a sender what became of a message (RFC 3462, RFC 3464).

Called by `core.bounces`. Pure: values in, a whole message out, in seven bits.
Promises: nothing another server said, and nothing in the original header, can break out of its field or part; the same report
gives the same bytes.
Does not: decide who is told (core does; RFC 5321 §6.1).
"""

import binascii
import re
import textwrap
from dataclasses import dataclass
from typing import Literal

from mailwright.codecs.smtp.trace import date_time
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.ids import derived_token

Action = Literal["failed", "delayed"]

MAX_DIAGNOSTIC_CHARACTERS = 500  # a person reads it; what is longer is a page of advertisement
MAX_HEADER_OCTETS = 32 * 1024  # of the original, returned for recognition
MAX_BODY_LINE_OCTETS = 998  # RFC 5322 §2.1.1
WISHED_LINE_CHARACTERS = 72

_LINE_ENDS = re.compile(rb"\r\n|\r|\n")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,500}>")
_HOST = re.compile(r"[^A-Za-z0-9.:_\[\]-]")


@dataclass(frozen=True, slots=True)
class Report:
    """What happened to one message for one recipient.

    `to` is the sender who is told and `message_id` the notice's own. `host` is our name. `status` is an enhanced status
    (RFC 3463), `reason` words for people, `reply` what `remote` (another server, or empty) said. `subject` and
    `original_id` are the message's. `until` is when a delayed message is given up. `header` is the original's header section.
    """

    action: Action
    to: Address
    recipient: Address
    host: str
    message_id: str
    status: str
    reason: str
    arrived_at: Instant
    now: Instant
    reply: str = ""
    remote: str = ""
    subject: str = ""
    original_id: str = ""
    until: Instant | None = None
    header: bytes = b""


def compose(report: Report) -> bytes:
    """The notice as a message, from postmaster at our host, ready to be sent with the null reverse-path."""
    parts = (_words(report), _status(report), _original(report.header))
    boundary = _boundary(report.message_id, parts)
    title = "Your mail could not be delivered" if report.action == "failed" else "Your mail is delayed"
    lines = [
        f"Date: {date_time(report.now)}",
        f"From: Mail Delivery System <postmaster@{report.host}>",
        f"To: {report.to}",
        f"Message-ID: {report.message_id}",
        f"Subject: {title}",
    ]
    if _MESSAGE_ID.fullmatch(report.original_id):
        lines += [f"In-Reply-To: {report.original_id}", f"References: {report.original_id}"]
    lines += [
        "Auto-Submitted: auto-replied",  # RFC 3834 §5
        "MIME-Version: 1.0",
        # RFC 3462 §1: the report type is named, and the parts come in this order.
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"',
    ]
    head = "\r\n".join(lines).encode() + b"\r\n"
    # RFC 2046 §5.1.1: the line end before a boundary belongs to the boundary, so that the parts keep theirs.
    delimiter = f"\r\n--{boundary}".encode()
    return head + b"".join(delimiter + b"\r\n" + part for part in parts) + delimiter + b"--\r\n"


def _words(report: Report) -> bytes:
    """The part for people: what happened, why, and what to do."""
    subject = textwrap.shorten(_line(report.subject), 200, placeholder="…")
    about = f'Your message "{subject}"' if subject else "Your message"
    sent = f"It was handed to us on {date_time(report.arrived_at)}."
    if report.action == "failed":
        paragraphs = [
            f"{about} to {report.recipient} could not be delivered, and it will not be tried again.",
            f"Why: {_line(report.reason)}",
        ]
        advice = "Please check the address, or reach the recipient another way. The header of your message is attached."
    else:
        until = "" if report.until is None else f" until {date_time(report.until)}"
        paragraphs = [
            f"{about} to {report.recipient} has not been delivered yet. We keep trying{until}; you need not send it again.",
            f"Why it takes longer: {_line(report.reason)}",
        ]
        advice = "You hear from us again only if it fails for good."
    if report.reply:
        speaker = _HOST.sub("?", report.remote) or "the other server"
        paragraphs.append(f"In the words of {speaker}: {_line(report.reply)}")
    paragraphs += [sent, advice, f"This is an automatic message of the mail server {report.host}."]
    text = "\n\n".join(textwrap.fill(paragraph, WISHED_LINE_CHARACTERS) for paragraph in paragraphs) + "\n"
    return _part("text/plain; charset=utf-8", text.encode("utf-8", "replace"), "Notification")


def _status(report: Report) -> bytes:
    """The part for programs: RFC 3464 §2.2 for the message, an empty line, §2.3 for the recipient."""
    lines = [
        f"Reporting-MTA: dns; {report.host}",
        f"Arrival-Date: {date_time(report.arrived_at)}",
        "",
        f"Final-Recipient: {_typed(report.recipient)}",
        f"Action: {report.action}",
        f"Status: {_coherent(report.status, report.action)}",
    ]
    if report.remote:
        lines.append(f"Remote-MTA: dns; {_HOST.sub('?', report.remote)}")
    if report.reply:
        said = _line(report.reply).encode("ascii", "replace").decode()
        lines += textwrap.wrap(
            f"Diagnostic-Code: smtp; {said}", WISHED_LINE_CHARACTERS, subsequent_indent=" ", break_long_words=False
        )
    lines.append(f"Last-Attempt-Date: {date_time(report.now)}")
    if report.action == "delayed" and report.until is not None:
        lines.append(f"Will-Retry-Until: {date_time(report.until)}")  # RFC 3464 §2.3.9
    return _part("message/delivery-status", "\n".join([*lines, ""]).encode(), "Delivery report")


def _original(header: bytes) -> bytes:
    """The header of the original, as RFC 3462 §2 gives it when the body is not returned."""
    if len(header) > MAX_HEADER_OCTETS:
        header = header[: header.rfind(b"\n", 0, MAX_HEADER_OCTETS) + 1]
    return _part("text/rfc822-headers; charset=utf-8", header.replace(b"\x00", b"?"), "The header of your message")


def _part(kind: str, content: bytes, description: str) -> bytes:
    """A body part in seven bits: as it is when it can be, else quoted-printable."""
    lines = _LINE_ENDS.split(content)
    if lines[-1] == b"":
        lines.pop()
    encoding = "7bit"
    if not content.isascii() or any(len(line) > MAX_BODY_LINE_OCTETS for line in lines):
        encoding = "quoted-printable"
        encoded = binascii.b2a_qp(b"\n".join(lines), istext=True)
        lines = encoded.split(b"\n")
    head = (
        f"Content-Type: {kind}\r\nContent-Description: {description}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode() + b"".join(line + b"\r\n" for line in lines)


def _boundary(message_id: str, parts: tuple[bytes, ...]) -> str:
    """One that stands in none of the parts, and the same for the same report."""
    turn = 0
    while True:
        boundary = "=_" + derived_token("dsn-boundary", message_id, str(turn))
        if not any(boundary.encode() in part for part in parts):
            return boundary
        turn += 1


def _typed(recipient: Address) -> str:
    if recipient.is_ascii:
        return f"rfc822; {recipient}"
    # RFC 6533 §3: utf-8-addr-xtext, the form that passes through seven bits.
    text = "".join(
        character if "!" <= character <= "~" and character not in "\\+=" else f"\\x{{{ord(character):X}}}"
        for character in str(recipient)
    )
    return f"utf-8; {text}"


def _coherent(status: str, action: Action) -> str:
    """RFC 3464 §2.3.4: the class agrees with the action. What was temporary and is given up keeps its 4 (RFC 3463 §2)."""
    if not _STATUS.fullmatch(status):
        return "5.0.0" if action == "failed" else "4.0.0"
    return "4" + status[1:] if action == "delayed" else status


def _line(text: str) -> str:
    """On one line, without control characters, and short."""
    return _CONTROLS.sub(" ", text).strip()[:MAX_DIAGNOSTIC_CHARACTERS]
