"""Postmark's webhooks about mail it sent for us, read into a `Report`.

Called by the HTTP entrance `POST /api/webhook/postmark`.
Expects: the body as Postmark's developer documentation gives it for Bounce, Delivery, SpamComplaint and SubscriptionChange.
Promises: a `Report`, or None for records we have no use for (opens, clicks); BadInput naming the field that is wrong.
Does not: check who is calling, or whether the message was ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailwright.codecs.mailhook import json_object, text_field
from mailwright.codecs.mime import charsets, dates
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.ids import derived_token, is_id
from mailwright.domain.refusals import BadAddress, BadInput
from mailwright.domain.reports import Report

PROVIDER = "postmark"
OUTBOX_ID = "outbox_id"
"""The key of Metadata under which a message is given our own id for it."""
MAX_DETAIL_CHARACTERS = 500  # what another server says is kept for people, not archived
MAX_ID_CHARACTERS = 200

# Postmark's types of bounces after which an address takes no more mail. Inactive says the same of types that are new.
_PERMANENT = frozenset({"HardBounce", "BadEmailAddress", "SpamComplaint", "ManuallyDeactivated", "Unsubscribe"})


def to_report(payload: bytes | Mapping[str, Any]) -> Report | None:
    """Read one call. Raises BadInput."""
    body = json_object(payload)
    record = text_field(body, "RecordType", required=True)
    if record in ("Bounce", "SpamComplaint"):
        return _bounce(body, record)
    if record == "Delivery":
        return _delivery(body)
    if record == "SubscriptionChange":
        return _change(body)
    if record == "Inbound" or "FromFull" in body:
        raise BadInput("this is a received mail: it belongs to /api/inbound/postmark")
    return None


def _bounce(body: Mapping[str, Any], record: str) -> Report:
    kind = text_field(body, "Type")
    is_complaint = record == "SpamComplaint" or kind in ("SpamComplaint", "SpamNotification")
    words = [kind, text_field(body, "Details"), text_field(body, "Description")]
    return Report(
        PROVIDER,
        f"{record.lower()}:{_number(body, 'ID')}",
        "complaint" if is_complaint else "bounce",
        _address(body, "Email"),
        _moment(body, "BouncedAt"),
        permanent=is_complaint or kind in _PERMANENT or body.get("Inactive") is True,
        outbox_id=_outbox_id(body),
        sender=_sender(body),
        detail=_told(*words),
    )


def _delivery(body: Mapping[str, Any]) -> Report:
    recipient = _address(body, "Recipient")
    return Report(
        PROVIDER,
        f"delivery:{_id(text_field(body, 'MessageID', required=True))}:{_id(str(recipient).lower())}",
        "delivered",
        recipient,
        _moment(body, "DeliveredAt"),
        outbox_id=_outbox_id(body),
        detail=_told(text_field(body, "Details")),
    )


def _change(body: Mapping[str, Any]) -> Report:
    """An address was put on the stream's list of those that get nothing, or taken off it."""
    recipient, at = _address(body, "Recipient"), text_field(body, "ChangedAt", required=True)
    stopped = body.get("SuppressSending")
    if not isinstance(stopped, bool):
        raise BadInput("SuppressSending must be true or false")
    about = derived_token(text_field(body, "MessageID"), str(recipient).lower(), at, str(stopped))
    words = [text_field(body, "SuppressionReason"), text_field(body, "Origin")]
    return Report(
        PROVIDER,
        f"change:{about}",
        "stopped" if stopped else "allowed",
        recipient,
        _moment(body, "ChangedAt"),
        permanent=stopped,
        outbox_id=_outbox_id(body),
        detail=_told(*words),
    )


def _number(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput(f"{name} must be a number")
    return value


def _address(body: Mapping[str, Any], name: str) -> Address:
    text = text_field(body, name, required=True).strip()
    try:
        return Address.parse(text)
    except BadAddress as error:
        raise BadInput(f"{name}: {error}") from error


def _sender(body: Mapping[str, Any]) -> Address | None:
    try:
        return Address.parse(text_field(body, "From").strip())
    except BadAddress:
        return None


def _moment(body: Mapping[str, Any], name: str) -> Instant:
    found = dates.parse_iso(text_field(body, name).strip())
    if found is None:
        raise BadInput(f"{name} must be ISO 8601, like 2026-03-01T09:30:00Z")
    return found


def _outbox_id(body: Mapping[str, Any]) -> str:
    metadata = body.get("Metadata")
    value = metadata.get(OUTBOX_ID) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) and is_id(value) else ""


def _id(text: str) -> str:
    return text if len(text) <= MAX_ID_CHARACTERS else derived_token(text)


def _told(*words: str) -> str:
    return charsets.one_line(": ".join(word for word in words if word.strip()))[:MAX_DETAIL_CHARACTERS]
