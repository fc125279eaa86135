"""Header fields as JMAP has them: raw, and in six parsed forms (RFC 8621 §4.1.2 and §4.1.3).

Called by Email/get and Email/parse for what a client asks of a header, by Email/set for which form a field may be set in.
Expects: the fields of `codecs.mime.Header`. Promises: JSON values; never raises for what a message holds; BadProperty for a
property that no message can have.

Where this is kinder than the RFC: encoded words are decoded without white space around them, too (many mailers leave it out),
and octets that are no UTF-8 are read as Windows-1252 instead of being replaced.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mailwright.codecs.jmap import dates
from mailwright.codecs.jmap.headerforms_table import ALLOWED, FORMS
from mailwright.codecs.mime import Header, Mailbox, charsets, mailboxes, messageids
from mailwright.codecs.mime.dates import parse_zoned
from mailwright.codecs.mime.header import MAX_FIELD_CHARACTERS
from mailwright.codecs.mime.words import decode_text, unfold

MAX_URLS = 100  # of one field; a list has one or two for each purpose

_NAME = re.compile(r"[!-9;-~]+")
_URL = re.compile(r"<([^<>]*)>")


class BadProperty(ValueError):
    """There is no such property; the text says why."""


@dataclass(frozen=True, slots=True)
class HeaderProperty:
    """`header:Name:asForm:all`. `property` is spelled as it was asked for, `name` small."""

    property: str
    name: str
    form: str = "Raw"
    all: bool = False


CONVENIENCE: dict[str, HeaderProperty] = {
    each.property: each
    for each in (
        HeaderProperty("messageId", "message-id", "MessageIds"),
        HeaderProperty("inReplyTo", "in-reply-to", "MessageIds"),
        HeaderProperty("references", "references", "MessageIds"),
        HeaderProperty("sender", "sender", "Addresses"),
        HeaderProperty("from", "from", "Addresses"),
        HeaderProperty("to", "to", "Addresses"),
        HeaderProperty("cc", "cc", "Addresses"),
        HeaderProperty("bcc", "bcc", "Addresses"),
        HeaderProperty("replyTo", "reply-to", "Addresses"),
        HeaderProperty("subject", "subject", "Text"),
        HeaderProperty("sentAt", "date", "Date"),
    )
}
"""RFC 8621 §4.1.3: the properties that stand for a field in a form."""


@lru_cache(maxsize=1024)
def parse_property(text: str) -> HeaderProperty:
    """Read `header:…`. Raises BadProperty: malformed, or a form that the field may not be had in (RFC 8621 §4.1.2)."""
    prefix, *parts = text.split(":")
    if prefix != "header" or not parts or not _NAME.fullmatch(parts[0]):
        raise BadProperty(f"{text[:100]!r} is no header property")
    name, form, every = parts[0].lower(), "Raw", False
    rest = parts[1:]
    if rest and rest[0].startswith("as"):
        form = rest.pop(0)[2:]
        if form not in FORMS:
            raise BadProperty(f"{form[:50]!r} is no form of a header field")
    if rest == ["all"]:
        every = True
    elif rest:
        raise BadProperty(f"{text[:100]!r} is no header property")
    if form not in ALLOWED.get(name, FORMS):
        raise BadProperty(f"{parts[0][:100]} cannot be had as {form}")
    return HeaderProperty(text, name, form, every)


def value(header: Header, asked: HeaderProperty) -> Any:
    """What the property is in that header: of the last field of the name (null when there is none), or a list of all."""
    found = [text for name, text in header.fields if name.lower() == asked.name]
    form = _FORMS[asked.form]
    if asked.all:
        return [form(text[:MAX_FIELD_CHARACTERS]) for text in found]
    # RFC 8621 §4.1.3: the last one counts.
    return form(found[-1][:MAX_FIELD_CHARACTERS]) if found else None


def all_fields(header: Header) -> list[dict[str, str]]:
    """The `headers` property: every field in its order, raw."""
    return [{"name": name, "value": _raw(text)} for name, text in header.fields]


def addresses(found: Sequence[Mailbox]) -> list[dict[str, str | None]]:
    """EmailAddress objects. An entry that is no address is what stands there, as the address (RFC 8621 §4.1.2.3)."""
    return [
        {"name": composed(each.name) or None, "email": each.address}
        if each.address
        else {"name": None, "email": composed(each.name)}
        for each in found
    ]


def ids_of(found: Sequence[str]) -> list[str] | None:
    """Message ids without their angle brackets; null when there are none."""
    return [each[1:-1] for each in found] or None


def composed(text: str) -> str:
    """RFC 8621 §4.1.2.2: normalization form C."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _raw(text: str) -> str:
    # RFC 8621 §4.1.2.1: without the CRLF at the end, and without NUL.
    return charsets.clean(text.removesuffix("\r"))


def _text(text: str) -> str:
    return composed(decode_text(text))


def _addresses(text: str) -> list[dict[str, str | None]]:
    return addresses(mailboxes.parse(unfold(text)))


def _groups(text: str) -> list[dict[str, Any]]:
    return [
        {"name": None if name is None else composed(name), "addresses": addresses(members)}
        for name, members in mailboxes.parse_groups(unfold(text))
    ]


def _ids(text: str) -> list[str] | None:
    return ids_of(messageids.parse(unfold(text)))


def _date(text: str) -> str | None:
    found = parse_zoned(charsets.one_line(unfold(text)))
    return None if found is None else dates.local_text(found[0], found[1] // 60)


def _urls(text: str) -> list[str] | None:
    # RFC 2369 §2: URLs in angle brackets between commas; "NO" and comments stand outside of them.
    found = ["".join(charsets.one_line(url).split()) for url in _URL.findall(unfold(text))]
    return [url for url in found if url][:MAX_URLS] or None


_FORMS: dict[str, Callable[[str], Any]] = {
    "Raw": _raw,
    "Text": _text,
    "Addresses": _addresses,
    "GroupedAddresses": _groups,
    "MessageIds": _ids,
    "Date": _date,
    "URLs": _urls,
}
