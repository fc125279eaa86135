"""Writing header fields from the forms JMAP has for them (RFC 8621 §4.1.2).

Called by `emailcreate` for every header property of an Email or a body part that is to be created.
Expects: values straight from JSON.
Promises: what is returned is whole fields with CRLF, seven-bit (an address without an ASCII form excepted), no line above 998
octets; no value breaks out of its field. What reads a field in the same form gives back what was written.
Does not: know which form a field may be set in (`headers` does).

A half-finished address of a draft is kept as it is, as far as a header can say it (RFC 8621 §4.6).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from mailwright.codecs.jmap import dates
from mailwright.codecs.jmap.headers import HeaderProperty
from mailwright.codecs.mime import encoding, messageids
from mailwright.domain.addresses import Address
from mailwright.domain.clock import to_datetime
from mailwright.domain.refusals import BadAddress

MAX_ENTRIES = 2_000  # addresses, ids or URLs of one field: what readers of ours look at
MAX_TEXT_CHARACTERS = 100_000  # of one field

_SPELLED = {"message-id": "Message-ID"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CONTROLS = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f]"
)  # a tab is white space (RFC 5322 §2.2.2), the others end lines or hide
_FOLD = re.compile(r"\r\n(?=[ \t]+[^ \t\r\n])")
# RFC 5322 §3.2.3: what stands between angle brackets without any quoting, whether or not there is an @ in it.
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,254}")
_URL = re.compile(r"[!-;=?-~]{1,900}")


class NotWritable(ValueError):
    """The value cannot stand in such a field; the text says why."""


def write(asked: HeaderProperty, value: Any) -> list[bytes]:
    """The field, or with `:all` each of the fields; none for a list with nothing in it. Raises NotWritable."""
    values = _list(value) if asked.all else [value]
    return [field for each in values if (field := _field(asked, each))]


def _field(asked: HeaderProperty, value: Any) -> bytes:
    spelled = asked.property.split(":")
    name = spelled[1] if len(spelled) > 1 else _SPELLED.get(asked.name, asked.name.title())
    if asked.form == "Raw":
        return _raw(name, value)
    words = _FORMS[asked.form](value)
    if not words and asked.form != "Text":
        return b""
    return _fitting(encoding.field(name, words))


def date_words(value: Any) -> list[str]:
    """The words of a date (RFC 5322 §3.3) from RFC 3339 with its own offset. Raises NotWritable."""
    text = _text(value)
    instant = dates.parse(text)
    if instant is None or text[:4] < "1900":  # RFC 5322 §3.3: the year is 1900 or later
        raise NotWritable("a date is like 2026-11-20T10:00:00+01:00")
    minutes = 0 if text.endswith("Z") else (int(text[-5:-3]) * 60 + int(text[-2:])) * (-1 if text[-6] == "-" else 1)
    moment = to_datetime(instant) + timedelta(minutes=minutes)
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return [f"{day}, {moment.day:02d} {month} {moment.year:04d} {moment:%H:%M:%S} {zone}"]


def _raw(name: str, value: Any) -> bytes:
    """RFC 8621 §4.1.2.1: as it is given, folds included; what is not ASCII becomes encoded words."""
    text = _FOLD.sub("", _string(value))
    if _CONTROLS.search(text):
        raise NotWritable("a header field has no line ends or control characters but folds")
    written = _string(value)
    if not written.isascii():
        words = [word for word in re.split("([ \t]+)", text) if word.strip()]
        encoded = [word if word.isascii() else " ".join(encoding.encoded_words(word)) for word in words]
        return _fitting(encoding.field(name, _between(encoded, words)))
    line = f"{name}:{written}\r\n".encode()
    if max(map(len, line.split(b"\r\n"))) > encoding.MAX_LINE_OCTETS:
        return _fitting(encoding.field(name, text.split()))
    return line


def _between(encoded: list[str], words: list[str]) -> list[str]:
    """RFC 2047 §6.2 drops the space between neighbouring encoded words, so it goes into the second of them."""
    out: list[str] = []
    for index, word in enumerate(words):
        follows = index > 0 and not word.isascii() and not words[index - 1].isascii()
        out += encoding.encoded_words(f" {word}") if follows else [encoded[index]]
    return out


def _text_form(value: Any) -> list[str]:
    return encoding.text_words(_text(value))


def _addresses(value: Any) -> list[str]:
    entries = [written for each in _list(value) if (written := _address(each))]
    return _joined(entries)


def _groups(value: Any) -> list[str]:
    """RFC 5322 §3.4: `name: member, member;`, and those of no group as they are."""
    out: list[list[str]] = []
    for each in _list(value):
        if not isinstance(each, Mapping) or set(each) - {"name", "addresses"}:
            raise NotWritable("a group of addresses has a name and addresses")
        members = [written for member in _list(each.get("addresses")) if (written := _address(member))]
        if each.get("name") is None:
            out += members
            continue
        opening = encoding.phrase_words(_text(each["name"])) or ['""']
        opening[-1] += ":"
        inner = _joined(members)
        if inner:
            inner[-1] += ";"
        else:
            opening[-1] += ";"
        out.append([*opening, *inner])
    return _joined(out)


def _address(value: Any) -> list[str]:
    """The words of one EmailAddress; none when it says nothing at all."""
    if not isinstance(value, Mapping) or set(value) - {"name", "email"}:
        raise NotWritable("an address has a name and an email")
    name = "" if value.get("name") is None else _text(value["name"]).strip()
    email = _text(value.get("email")).strip()
    try:
        address = Address.parse(email)
        written = email if email.isascii() else str(address)
    except BadAddress:
        if not _PLAIN_ADDRESS.fullmatch(email):
            # What somebody has begun to type: kept as the words it is made of, so that no reader takes it for two addresses.
            return encoding.phrase_words(" ".join(filter(None, (name, email)))) if name or email else []
        written = email
    return [*encoding.phrase_words(name), f"<{written}>"] if name else [written]


def _message_ids(value: Any) -> list[str]:
    words = [f"<{_text(each)}>" for each in _list(value)]
    for word in words:
        if messageids.parse(word) != (word,):
            raise NotWritable("a message id is like token@example.org, printable and without angle brackets")
    return words


def _urls(value: Any) -> list[str]:
    found = [_text(each) for each in _list(value)]
    if not all(_URL.fullmatch(each) for each in found):
        raise NotWritable("a URL is printable ASCII without spaces and angle brackets")
    return _joined([[f"<{each}>"] for each in found])  # RFC 2369 §2


_FORMS: Mapping[str, Callable[[Any], list[str]]] = {
    "Text": _text_form,
    "Addresses": _addresses,
    "GroupedAddresses": _groups,
    "MessageIds": _message_ids,
    "Date": date_words,
    "URLs": _urls,
}


def _joined(entries: list[list[str]]) -> list[str]:
    """Entries of a list, a comma behind each but the last."""
    words: list[str] = []
    for entry in entries:
        if words:
            words[-1] += ","
        words += entry
    return words


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise NotWritable("a list is expected")
    if len(value) > MAX_ENTRIES:
        raise NotWritable(f"a header field has at most {MAX_ENTRIES} entries")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise NotWritable("a text is expected")
    if len(value) > MAX_TEXT_CHARACTERS:
        raise NotWritable(f"a header field has at most {MAX_TEXT_CHARACTERS} characters")
    return value


def _text(value: Any) -> str:
    """Raises NotWritable for what could break out of its line."""
    text = _string(value)
    if _CONTROLS.search(text):
        raise NotWritable("a header field has no line ends or control characters")
    return text


def _fitting(field: bytes) -> bytes:
    if max(map(len, field.split(b"\r\n"))) > encoding.MAX_LINE_OCTETS:
        raise NotWritable(f"a line of a header has at most {encoding.MAX_LINE_OCTETS} octets")
    return field
