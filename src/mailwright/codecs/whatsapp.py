"""What WhatsApp's Cloud API posts to a webhook, and its messages as mail.

Called by the HTTP entrance `/webhook/whatsapp` and by core. The library we send with reads only the first message of a call; several
of them, of several numbers, are normal, so calls are read here.
Expects: the raw body, its signature checked. Promises: a `Call` in the order it came, or BadInput when the body is none; one entry
that is odd is counted and harms no other; every text is bounded and can be stored.
Does not: say who a number belongs to, or what is done (core does).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from mailwright.codecs.mime import Mailbox, charsets, compose
from mailwright.domain import whatsapp
from mailwright.domain.clock import DAY, SECOND, Instant
from mailwright.domain.refusals import BadInput

MAX_BODY_OCTETS = 4 * 1024 * 1024  # of a call; Meta says that one has three megabytes at most
MAX_MESSAGES = 1_000  # messages and statuses of one call; Meta puts so many into one when we were away
MAX_TEXT_CHARACTERS = 16_384  # of one message; people can write 4096, and a list's answer has a title and a description
MAX_NAME_CHARACTERS = 100
SUBJECT = "WhatsApp"

Kind = Literal["text", "choice", "media", "silent"]
"""Words; an answer picked from buttons or a list; something we cannot read; something nobody expects an answer to."""

_WA_ID = re.compile(r"[1-9][0-9]{6,14}")
_DIGITS = re.compile(r"[0-9]{1,11}")
_SILENT = frozenset({"reaction", "system", "request_welcome", "edit", "revoke", "ephemeral"})
_STATES = frozenset({"sent", "delivered", "read", "failed"})


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wrote to `number_id`. `context` is WhatsApp's id of the message it answers, `type` what it calls its own.
    A picture's caption is its text: the picture itself is not fetched."""

    wamid: str
    phone: str
    name: str
    at: Instant
    kind: Kind
    type: str
    text: str
    context: str
    number_id: str


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message of ours. `tracker` is what we called it by; `error` is Meta's number, 0 for none, and `detail` its words."""

    wamid: str
    phone: str
    state: str
    at: Instant
    tracker: str
    error: int
    detail: str
    number_id: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the webhook. `odd` counts what could not be read."""

    messages: tuple[Message, ...]
    statuses: tuple[Status, ...]
    odd: int


def read(payload: bytes, now: Instant) -> Call:
    """Read the body of a call. `now` bounds what it says of time. Raises BadInput when it is none of WhatsApp's."""
    if len(payload) > MAX_BODY_OCTETS:
        raise BadInput(f"the body is larger than {MAX_BODY_OCTETS} octets")
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        raise BadInput("the body is not JSON") from None
    if not isinstance(body, dict) or body.get("object") != "whatsapp_business_account":
        raise BadInput("the body is no call of WhatsApp's")
    messages: list[Message] = []
    statuses: list[Status] = []
    odd = 0
    for value in _values(body):
        number_id = _text(_object(value.get("metadata")).get("phone_number_id"), 64)
        names, numbers = _people(value)
        for entry in _list(value.get("messages")):
            message = _message(_object(entry), names, numbers, number_id, now)
            odd += message is None
            messages += [] if message is None else [message]
        for entry in _list(value.get("statuses")):
            status = _status(_object(entry), number_id, now)
            odd += status is None
            statuses += [] if status is None else [status]
        if len(messages) + len(statuses) + odd > MAX_MESSAGES:
            raise BadInput(f"a call has more than {MAX_MESSAGES} messages and statuses")
    return Call(tuple(messages), tuple(statuses), odd)


def to_mail(message: Message, to: Mailbox, *, in_reply_to: str | None) -> bytes:
    """The message as one of RFC 5322, the same whenever it is made. `in_reply_to` is the Message-ID of what it answers."""
    return compose(
        from_=Mailbox(message.name, str(whatsapp.address_of(message.phone))),
        to=[to],
        subject=SUBJECT,
        text=message.text,
        message_id=whatsapp.message_id_of(message.wamid),
        date=message.at // SECOND * SECOND,
        in_reply_to=in_reply_to,
        references=() if in_reply_to is None else (in_reply_to,),
    )


def _values(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in _list(body.get("entry")):
        for change in _list(_object(entry).get("changes")):
            if _object(change).get("field", "messages") == "messages":
                yield _object(_object(change).get("value"))


def _people(value: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """What the people of a call say they are called, by number, and their numbers by WhatsApp's own id for them."""
    names: dict[str, str] = {}
    numbers: dict[str, str] = {}
    for contact in map(_object, _list(value.get("contacts"))):
        number, user_id = _text(contact.get("wa_id"), 32), _text(contact.get("user_id"), 200)
        name = charsets.one_line(_text(_object(contact.get("profile")).get("name"), 4 * MAX_NAME_CHARACTERS)).strip()
        names[number] = "".join(each for each in name if each.isprintable())[:MAX_NAME_CHARACTERS]
        if user_id:
            numbers[user_id] = number
    return names, numbers


def _message(
    entry: dict[str, Any], names: dict[str, str], numbers: dict[str, str], number_id: str, now: Instant
) -> Message | None:
    """None when it names no message or no number: people may hide theirs, and nobody of ours is known by anything else."""
    wamid, type_ = _text(entry.get("id"), 0), _text(entry.get("type"), 32)
    sender = _text(entry.get("from"), 32) or numbers.get(_text(entry.get("from_user_id"), 200), "")
    if not _is_id(wamid) or not _WA_ID.fullmatch(sender) or not type_:
        return None
    kind, text = _content(entry, type_)
    context = _text(_object(entry.get("context")).get("id"), 0)
    if entry.get("group_id") or _object(entry.get("context")).get("group_id"):
        kind, text = "silent", ""  # what we say to a person is not for a group
    at = _moment(entry.get("timestamp"), now)
    phone = f"+{sender}"
    return Message(
        wamid, phone, names.get(sender, ""), at, kind, type_, text, context if _is_id(context) else "", number_id
    )


def _content(entry: dict[str, Any], type_: str) -> tuple[Kind, str]:
    value = _object(entry.get(type_))
    if type_ == "text":
        text = _text(value.get("body"), MAX_TEXT_CHARACTERS)
        return ("text", text) if text.strip() else ("silent", "")
    if type_ == "button":
        return _choice(value.get("text"))
    if type_ == "interactive":
        picked = _object(value.get(_text(value.get("type"), 32)))
        return _choice(picked.get("title"))
    if type_ in _SILENT:
        return "silent", ""
    caption = _text(value.get("caption"), MAX_TEXT_CHARACTERS)
    return ("text", caption) if caption.strip() else ("media", "")


def _choice(title: object) -> tuple[Kind, str]:
    text = _text(title, MAX_TEXT_CHARACTERS)
    return ("choice", text) if text.strip() else ("media", "")


def _status(entry: dict[str, Any], number_id: str, now: Instant) -> Status | None:
    wamid, recipient, state = (
        _text(entry.get("id"), 0),
        _text(entry.get("recipient_id"), 32),
        _text(entry.get("status"), 32),
    )
    if not _is_id(wamid) or not state:
        return None
    if state not in _STATES:
        state = ""  # played, deleted, …: nothing of ours changes by it
    error = next((_object(each) for each in _list(entry.get("errors"))), {})
    code = error.get("code")
    words = [_text(each, 300) for each in (error.get("title"), _object(error.get("error_data")).get("details"))]
    return Status(
        wamid,
        f"+{recipient}" if _WA_ID.fullmatch(recipient) else "",
        state,
        _moment(entry.get("timestamp"), now),
        _text(entry.get("biz_opaque_callback_data"), 200),
        code if isinstance(code, int) else 0,
        charsets.one_line(": ".join(each for each in words if each)),
        number_id,
    )


def _moment(value: object, now: Instant) -> Instant:
    """Seconds since 1970, in digits; nobody wrote in the future, and a clock that is wrong is not ours."""
    text = str(value) if isinstance(value, int | str) else ""
    return min(int(text) * SECOND, now) if _DIGITS.fullmatch(text) and int(text) * SECOND > 365 * DAY else now


def _is_id(wamid: str) -> bool:
    return 0 < len(wamid) <= whatsapp.MAX_ID_CHARACTERS and wamid.isascii() and wamid.isprintable() and " " not in wamid


def _text(value: object, most: int) -> str:
    """The text without what cannot be stored, cut to `most` characters; 0: as long as an id may be, and one more."""
    if not isinstance(value, str):
        return ""
    return charsets.clean(value[: most or whatsapp.MAX_ID_CHARACTERS + 1])


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
