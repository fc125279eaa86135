"""BODY and BODYSTRUCTURE: the tree of a message's parts (RFC 9051 §7.5.2).

Called for FETCH with the `Part` that was kept when the message was filed. What is not in there is read: the header of every
embedded message, because its ENVELOPE belongs to the answer; `ranges` says beforehand which octets those are.
Promises: static, as the RFC wants it: the same message gives the same answer. Of mail filed before language, location and MD5 were
kept, these are NIL.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias
from urllib.parse import quote

from mailwright.codecs.imap.envelope import envelope_of
from mailwright.codecs.imap.strings import NIL, nstring, string
from mailwright.codecs.mime import Part
from mailwright.codecs.mime.encoding import encoded_words

Read: TypeAlias = Callable[[int, int], bytes]
"""The octets of the stored message from a start to an end, both counted from its beginning."""

# RFC 2231 §7: attribute-char, what needs no percent sign in an extended value.
_ATTRIBUTE_SAFE = "!#$&+-.^_`{|}~"


def body(root: Part, read: Read, *, extensible: bool, utf8: bool = False) -> bytes:
    """The structure of `root` and all below it; `extensible`: BODYSTRUCTURE, otherwise BODY.

    `read` is asked for nothing but the `ranges` of the same root.
    """
    if root.is_multipart and root.children:
        parts = b"".join([body(child, read, extensible=extensible, utf8=utf8) for child in root.children])
        tail = b" %b %b" % (_params(root.params), b" ".join(_extensions(root))) if extensible else b""
        return b"(%b %b%b)" % (parts, string(root.subtype), tail)
    type_, subtype = _media(root)
    params = root.params
    if type_ == "text" and "charset" not in params:
        # RFC 2045 §5.2: the default, spelled out as in the examples of RFC 3501 §7.4.2.
        params = {**params, "charset": "us-ascii"}
    words = [
        string(type_),
        string(subtype),
        _params(params),
        nstring(None if root.content_id is None else f"<{root.content_id}>"),
        NIL if root.description is None else _people_text(root.description),
        string(root.encoding or "7bit"),
        b"%d" % root.size,
    ]
    if root.is_message:
        inner = root.children[0]
        words.append(envelope_of(read(inner.header_start, inner.body_start), utf8=utf8))
        words.append(body(inner, read, extensible=extensible, utf8=utf8))
        words.append(b"%d" % root.lines)
    elif type_ == "text":
        words.append(b"%d" % root.lines)
    if extensible:
        # body-ext-1part: MD5, disposition, language, location.
        words += [nstring(root.md5), *_extensions(root)]
    return b"(%b)" % b" ".join(words)


def _extensions(part: Part) -> list[bytes]:
    """Disposition, language, location: the same for a multipart and for a leaf."""
    tags = [string(tag) for tag in part.languages]
    languages = NIL if not tags else tags[0] if len(tags) == 1 else b"(%b)" % b" ".join(tags)
    return [_disposition(part), languages, nstring(part.location)]


def ranges(root: Part) -> Iterator[tuple[int, int]]:
    """The (start, end) of the header of every embedded message: what `body` is going to read."""
    for part in root.walk():
        if part.is_message:
            inner = part.children[0]
            yield inner.header_start, inner.body_start


def _media(part: Part) -> tuple[str, str]:
    # RFC 9051 §9, body-type-basic: a part of message/rfc822 or message/global always comes with an envelope. One that cannot
    # be read, because it is in base64, has none: it is octets.
    if part.media_type in ("message/rfc822", "message/global") and not part.children:
        return "application", "octet-stream"
    if part.is_multipart:
        return "application", "octet-stream"
    return part.type, part.subtype


def _params(params: dict[str, str]) -> bytes:
    """`("charset" "utf-8" …)`; a value beyond ASCII in the extended form of RFC 2231, which every client reads."""
    if not params:
        return NIL
    words: list[bytes] = []
    for name, value in params.items():
        if value.isascii():
            words += [string(name), string(value)]
        else:
            # RFC 2231 §4: charset'language'percent-encoded octets.
            words += [string(f"{name}*"), string(f"utf-8''{quote(value, safe=_ATTRIBUTE_SAFE, errors='replace')}")]
    return b"(%b)" % b" ".join(words)


def _disposition(part: Part) -> bytes:
    if part.disposition is None:
        return NIL
    return b"(%b %b)" % (string(part.disposition), _params(part.disposition_params))


def _people_text(text: str) -> bytes:
    """Text that was decoded when it was kept, as a header has it: encoded words beyond ASCII (RFC 2047 §2)."""
    return string(text if text.isascii() else " ".join(encoded_words(text)))
