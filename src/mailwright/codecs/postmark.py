"""Postmark's inbound webhook: their JSON for a received mail, read into a `HookMessage`.

Called by the HTTP entrance `POST /api/inbound/postmark` and by the command line (`email parse`).
Expects: the body as Postmark's developer documentation, "Inbound webhook", gives it.
Promises: `raw` is the mail itself when RawEmail is there, else one composed from the fields, the same for the same body; or
BadInput naming the field that is wrong.
Does not: check who is calling (Postmark signs nothing; the entrance has a secret in its URL or basic authentication).
"""

import re
from collections.abc import Mapping
from typing import Any

from mailwright.codecs.mailhook import (
    MAX_ATTACHMENTS,
    MAX_RECIPIENTS,
    HookMessage,
    attachment,
    id_field,
    json_object,
    legal,
    list_field,
    message_id_for,
    one_mailbox,
    recipient_mailboxes,
    subject_text,
    text_field,
)
from mailwright.codecs.mime import Attachment, Header, Mailbox, compose, dates
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.refusals import BadInput

MAX_HEADERS = 1000  # entries of the Headers list; `codecs.mime` reads as many of a real header

_LINE_END = re.compile(r"\r?\n")

# Header fields that say something about the mail which the other JSON fields do not, and which a composed copy keeps.
_KEPT = [
    "auto-submitted",
    "precedence",
    "list-id",
    "list-unsubscribe",
    "list-post",
    "x-auto-response-suppress",
    "x-autoreply",
    "x-loop",
    "return-path",
    "authentication-results",
    "received-spf",
    "x-spam-status",
    "x-spam-score",
]


def to_message(payload: bytes | Mapping[str, Any]) -> HookMessage:
    """Read a Postmark inbound body. Raises BadInput naming the field that is missing or wrong."""
    body = json_object(payload)
    header = _header(body)
    provider_id = id_field(body, "MessageID")
    sender = _sender(body)
    to, cc = _listed(body, "ToFull", "To"), _listed(body, "CcFull", "Cc")
    recipients = _recipients(body, to, cc)
    timestamp = _timestamp(body, header)
    raw_email = text_field(body, "RawEmail")
    if raw_email:
        # RFC 5321 §2.3.8: lines end with CRLF; JSON often carries the mail with LF.
        raw = _LINE_END.sub("\r\n", raw_email).encode()
    else:
        raw = _composed(body, header, sender, to, cc, provider_id, timestamp)
    return HookMessage(Address.parse(sender.address), recipients, provider_id, raw, timestamp)


def _composed(
    body: Mapping[str, Any],
    header: Header,
    sender: Mailbox,
    to: tuple[Mailbox, ...],
    cc: tuple[Mailbox, ...],
    provider_id: str,
    timestamp: Instant,
) -> bytes:
    own_ids = header.message_ids("message-id")
    replied = header.message_ids("in-reply-to")
    reply_to = tuple(m for m in _reply_to(body) if m.address)
    extra = [
        (name, value)
        for name, value in ((field, header.get(field)) for field, _raw in header.fields if field.lower() in _KEPT)
        if value
    ]
    return compose(
        from_=sender,
        to=to,
        cc=cc,
        reply_to=reply_to,
        subject=subject_text(text_field(body, "Subject")),
        text=text_field(body, "TextBody"),
        html=text_field(body, "HtmlBody") or None,
        attachments=_attachments(body),
        # The mail's own Message-ID, where the Headers list has it: Postmark's MessageID is their id, not the mail's.
        message_id=own_ids[0] if own_ids else message_id_for(provider_id),
        date=timestamp,
        in_reply_to=replied[0] if replied else None,
        references=header.message_ids("references"),
        headers=extra[:50],
    )


def _header(body: Mapping[str, Any]) -> Header:
    fields: list[tuple[str, str]] = []
    for index, entry in enumerate(list_field(body, "Headers", most=MAX_HEADERS)):
        if not isinstance(entry, dict):
            raise BadInput(f"Headers[{index}] must be an object")
        name = text_field(entry, "Name", required=True, where=f"Headers[{index}].").strip()
        fields.append((name, text_field(entry, "Value", where=f"Headers[{index}].")))
    return Header(tuple(fields))


def _sender(body: Mapping[str, Any]) -> Mailbox:
    full = body.get("FromFull")
    if full is None:
        return one_mailbox(body, "From")
    return _full(full, "FromFull")


def _full(entry: object, where: str) -> Mailbox:
    """`{"Email": …, "Name": …, "MailboxHash": …}`."""
    if not isinstance(entry, dict):
        raise BadInput(f"{where} must be an object with Email and Name")
    email = text_field(entry, "Email", required=True, where=f"{where}.").strip()
    return legal(Mailbox(subject_text(text_field(entry, "Name", where=f"{where}.")), email), f"{where}.Email")


def _listed(body: Mapping[str, Any], full: str, plain: str) -> tuple[Mailbox, ...]:
    entries = list_field(body, full, most=MAX_RECIPIENTS)
    if entries:
        return tuple(_full(entry, f"{full}[{index}]") for index, entry in enumerate(entries))
    return recipient_mailboxes(body, plain) if text_field(body, plain).strip() else ()


def _reply_to(body: Mapping[str, Any]) -> tuple[Mailbox, ...]:
    return recipient_mailboxes(body, "ReplyTo") if text_field(body, "ReplyTo").strip() else ()


def _recipients(body: Mapping[str, Any], to: tuple[Mailbox, ...], cc: tuple[Mailbox, ...]) -> tuple[Address, ...]:
    """OriginalRecipient is the envelope's recipient; without it everybody in To and Cc is taken (core keeps its own).

    MailboxHash, the part behind the "+", is in the address already and is not read.
    """
    original = text_field(body, "OriginalRecipient").strip()
    if original:
        return (Address.parse(legal(Mailbox("", original), "OriginalRecipient").address),)
    found = tuple(dict.fromkeys(Address.parse(mailbox.address) for mailbox in (*to, *cc)))
    if not found:
        raise BadInput("OriginalRecipient is missing, and ToFull names nobody")
    return found


def _timestamp(body: Mapping[str, Any], header: Header) -> Instant:
    text = text_field(body, "Date")
    found = dates.parse(text) if text.strip() else header.date()
    if found is None:
        raise BadInput("Date must be a date like Thu, 5 Nov 2026 10:00:00 +0000")
    return found


def _attachments(body: Mapping[str, Any]) -> list[Attachment]:
    out: list[Attachment] = []
    for index, entry in enumerate(list_field(body, "Attachments", most=MAX_ATTACHMENTS)):
        where = f"Attachments[{index}]"
        if not isinstance(entry, dict):
            raise BadInput(f"{where} must be an object")
        length = entry.get("ContentLength")
        file = attachment(
            where,
            text_field(entry, "Name", where=f"{where}."),
            text_field(entry, "ContentType", where=f"{where}."),
            text_field(entry, "Content", where=f"{where}."),
            content_id=text_field(entry, "ContentID", where=f"{where}.") or None,
        )
        if isinstance(length, int) and length != len(file.content):
            raise BadInput(f"{where}.ContentLength is {length}, the content has {len(file.content)} octets")
        out.append(file)
    return out
