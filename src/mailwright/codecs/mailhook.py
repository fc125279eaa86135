"""Our own hook: a mail handed over as JSON, and the signature that proves who handed it over.

Called by the HTTP entrance `POST /webhook/email` and by the command line, which reads the same JSON from a file; `postmark`
returns the same `HookMessage`.
Expects: the raw body of the request. Promises: a `HookMessage` whose `raw` is a complete RFC 5322 message, the same for the
same body; or BadInput naming the field that is wrong.
Does not: decide whether an unsigned caller may speak, or whether the sender is who it says (core's verdict).

    {"messageId": "…", "from": "Ada <ada@example.org>", "to": "…" or ["…"], "subject": "…", "textBody": "…", "htmlBody": "…",
     "attachments": [{"filename": "…", "contentType": "…", "content": "<base64>"}], "timestamp": "2026-03-01T09:30:00Z",
     "inReplyTo": "<…>", "references": "<…> <…>" or ["<…>"]}
"""

import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailwright.codecs.mime import Attachment, Mailbox, charsets, compose, dates, mailboxes, messageids
from mailwright.codecs.mime.compose import CONTENT_ID, MEDIA_TYPE
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import BadAddress, BadInput

MAX_BODY_OCTETS = 50 * 1024 * 1024  # of the JSON: a 35 MB attachment in base64, which is what providers let through
MAX_RECIPIENTS = 100  # RFC 5321 §4.5.3.1.8 asks for as many in one transaction
MAX_ATTACHMENTS = 100  # of one message
MAX_ID_CHARACTERS = 500  # of the provider's id; it is kept as a key
MAX_REFERENCES_CHARACTERS = 128 * 1024  # looked at; a hundred long ids have ninety thousand
MAX_SUBJECT_CHARACTERS = 2000  # longer is no subject; header folding takes more
HOOK_ID_DOMAIN = "hook.invalid"  # RFC 2606 §2: a name that can belong to nobody

_PREFIX = "sha256="


@dataclass(frozen=True, slots=True)
class HookMessage:
    """A mail that came by HTTP: what core needs to file it."""

    sender: Address
    recipients: tuple[Address, ...]
    provider_id: str
    raw: bytes
    timestamp: Instant


def to_message(payload: bytes | Mapping[str, Any]) -> HookMessage:
    """Read the body of our hook. Raises BadInput naming the field that is missing or wrong."""
    body = json_object(payload)
    provider_id = id_field(body, "messageId")
    sender = one_mailbox(body, "from")
    to = recipient_mailboxes(body, "to")
    timestamp = _timestamp(text_field(body, "timestamp", required=True))
    in_reply_to = messageids.parse(text_field(body, "inReplyTo"))
    raw = compose(
        from_=sender,
        to=to,
        subject=subject_text(text_field(body, "subject")),
        text=text_field(body, "textBody"),
        html=text_field(body, "htmlBody") or None,
        attachments=_attachments(body),
        message_id=message_id_for(provider_id),
        date=timestamp,
        in_reply_to=in_reply_to[0] if in_reply_to else None,
        references=_references(body.get("references")),
    )
    recipients = tuple(dict.fromkeys(Address.parse(mailbox.address) for mailbox in to))
    return HookMessage(Address.parse(sender.address), recipients, provider_id, raw, timestamp)


def signature(secret: str | bytes, raw: bytes) -> str:
    """`sha256=<hex>`: the HMAC-SHA-256 (RFC 2104) of the raw body under `secret`."""
    key = secret.encode() if isinstance(secret, str) else secret
    return _PREFIX + hmac.new(key, raw, hashlib.sha256).hexdigest()


def verify(secret: str | bytes, raw: bytes, given: str | None) -> bool:
    """True when `given` (the X-Mailwright-Signature field) is the signature of `raw`. Takes the same time either way."""
    if not secret or not given:
        return False
    return hmac.compare_digest(signature(secret, raw).encode(), given.strip().lower().encode("utf-8", "replace"))


def message_id_for(provider_id: str) -> str:
    """The Message-ID of a mail whose provider calls it `provider_id`.

    An id of mail's own form is kept, so that replies find their thread. Anything else (a UUID, a number, text with spaces)
    is no legal Message-ID and may not be copied into one; it is replaced by a token derived from it, so that the same mail
    offered again has the same Message-ID, under a domain that can belong to nobody.
    """
    ids = messageids.parse(provider_id)
    if len(ids) == 1 and provider_id.strip() in (ids[0], ids[0][1:-1]) and "@" in ids[0]:
        return ids[0]
    return f"<{derived_token('hook', provider_id)}@{HOOK_ID_DOMAIN}>"


# What follows is shared with `postmark`, which has the same fields under other names.


def json_object(payload: bytes | Mapping[str, Any], *, most: int = MAX_BODY_OCTETS) -> Mapping[str, Any]:
    """The JSON object in `payload`, which has `most` octets at most."""
    if isinstance(payload, Mapping):
        return payload
    if len(payload) > most:
        raise BadInput(f"the body is larger than {most} octets")
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise BadInput("the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadInput("the body must be a JSON object")
    return body


def text_field(body: Mapping[str, Any], name: str, *, required: bool = False, where: str = "") -> str:
    """The text in `body[name]` without NUL and lone surrogates, "" when it is absent or null."""
    value = body.get(name)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise BadInput(f"{where}{name} must be text")
    if required and not value.strip():
        raise BadInput(f"{where}{name} is missing")
    return charsets.clean(value)


def id_field(body: Mapping[str, Any], name: str) -> str:
    """The provider's id in `body[name]`. One too long for a key is shortened so that two of them stay two."""
    value = text_field(body, name, required=True)
    if len(value) <= MAX_ID_CHARACTERS:
        return value
    return f"{value[: MAX_ID_CHARACTERS - 40]}:{derived_token('hook-id', value)}"


def list_field(body: Mapping[str, Any], name: str, *, most: int) -> Sequence[Any]:
    """The list in `body[name]`, empty when it is absent or null."""
    value = body.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadInput(f"{name} must be a list")
    if len(value) > most:
        raise BadInput(f"{name} has more than {most} entries")
    return value


def subject_text(subject: str) -> str:
    """A subject as one line: providers hand over folded ones."""
    return " ".join(subject.replace("\x00", "").split())[:MAX_SUBJECT_CHARACTERS]


def legal(mailbox: Mailbox, field: str) -> Mailbox:
    """`mailbox`, or BadInput naming the field when its address is none."""
    try:
        Address.parse(mailbox.address)
    except BadAddress as error:
        raise BadInput(f"{field}: {error}") from error
    return mailbox


def one_mailbox(body: Mapping[str, Any], name: str) -> Mailbox:
    """The one mailbox that `body[name]` writes like a From field."""
    found = mailboxes.parse(subject_text(text_field(body, name, required=True)))
    if len(found) != 1:
        raise BadInput(f"{name} must be one address")
    if not found[0].address:
        raise BadInput(f"{name}: {found[0].name[:300]!r} is not a mail address")
    return found[0]


def recipient_mailboxes(body: Mapping[str, Any], name: str) -> tuple[Mailbox, ...]:
    """The mailboxes in `body[name]`: text like a To field, or a list of such texts."""
    value = body.get(name)
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise BadInput(f"{name} must be an address or a list of addresses")
    if len(texts) > MAX_RECIPIENTS:
        raise BadInput(f"{name} has more than {MAX_RECIPIENTS} addresses")
    found = [mailbox for each in texts for mailbox in mailboxes.parse(subject_text(charsets.clean(each)))]
    if not found:
        raise BadInput(f"{name} is missing")
    if len(found) > MAX_RECIPIENTS:
        raise BadInput(f"{name} has more than {MAX_RECIPIENTS} addresses")
    for mailbox in found:
        if not mailbox.address:
            raise BadInput(f"{name}: {mailbox.name[:300]!r} is not a mail address")
    return tuple(found)


def attachment(
    where: str, filename: str, media_type: str, content: str, *, content_id: str | None = None
) -> Attachment:
    """A file given in base64. An illegal media type becomes application/octet-stream; illegal base64 is refused."""
    try:
        octets = binascii.a2b_base64("".join(content.split()), strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"{where}: the content is not base64") from error
    main = media_type.partition(";")[0].strip().lower()
    if not MEDIA_TYPE.fullmatch(main):
        main = "application/octet-stream"
    name = "".join(character for character in filename if character.isprintable()).strip()
    cid = (content_id or "").strip().strip("<>")
    return Attachment(name or None, octets, main, cid if CONTENT_ID.fullmatch(cid) else None)


def _attachments(body: Mapping[str, Any]) -> list[Attachment]:
    out: list[Attachment] = []
    for index, entry in enumerate(list_field(body, "attachments", most=MAX_ATTACHMENTS)):
        where = f"attachments[{index}]"
        if not isinstance(entry, dict):
            raise BadInput(f"{where} must be an object")
        filename = text_field(entry, "filename", where=f"{where}.") or text_field(entry, "name", where=f"{where}.")
        media_type = text_field(entry, "contentType", where=f"{where}.")
        out.append(attachment(where, filename, media_type, text_field(entry, "content", where=f"{where}.")))
    return out


def _references(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise BadInput("references must be text or a list of ids")
    return messageids.parse(" ".join(texts)[:MAX_REFERENCES_CHARACTERS])


def _timestamp(text: str) -> Instant:
    """ISO 8601; a moment without a zone is UTC."""
    found = dates.parse_iso(text.strip())
    if found is None:
        raise BadInput("timestamp must be ISO 8601, like 2026-03-01T09:30:00Z")
    return found
