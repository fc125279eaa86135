"""Writing header fields and bodies in seven bits.

Called by `compose`.
Expects: values already checked for CR, LF and NUL (`checked` does it, and refuses).
Promises: lines of at most 78 octets where the grammar lets them be folded, and at most 998 always (RFC 5322 §2.1.1);
ASCII only, except for an address that has no ASCII form (RFC 6532).
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from mailwright.codecs.mime.mailboxes import Mailbox
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadInput

WISHED_LINE_OCTETS = 78  # RFC 5322 §2.1.1: SHOULD
MAX_LINE_OCTETS = 998  # RFC 5322 §2.1.1: MUST
MAX_WORD_OCTETS = 62  # RFC 2047 §2 allows 75; so much fits behind a field name in a line of 78

_FORBIDDEN = re.compile("[\r\n\x00]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PRINTABLE_WORDS = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_URL = re.compile(r"<[!-;=?-~]{1,900}>,?")
# RFC 2047 §5 (3): what may stand unencoded in a "Q" word wherever a word may stand.
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
# RFC 2231 §7: attribute-char
_ATTRIBUTE_SAFE = "!#$&+-.^_`{|}~"


def checked(field: str, value: str) -> str:
    """`value`, if it cannot break out of its line. Raises BadInput naming the field."""
    if _FORBIDDEN.search(value):
        raise BadInput(f"{field} may not contain a line end or NUL")
    return value


def field(name: str, words: Iterable[str]) -> bytes:
    """`name: words`, folded between the words (RFC 5322 §2.2.3), with its line end."""
    lines = [f"{name}:"]
    for word in words:
        if len(lines[-1].encode()) + 1 + len(word.encode()) > WISHED_LINE_OCTETS and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode("utf-8") + b"\r\n"


def phrase_words(name: str) -> list[str]:
    """A name as RFC 5322 §3.2.5 has it: atoms, a quoted string, or encoded words; nothing for an empty one."""
    if not name:
        return []
    if "=?" not in name and len(name) <= 60:
        if _ATOMS.fullmatch(name):
            return name.split(" ")
        if name.isascii() and name.isprintable() and name == " ".join(name.split(" ")).strip():
            escaped = name.replace("\\", "\\\\").replace('"', '\\"')
            return [f'"{escaped}"']
    return encoded_words(name)


def text_words(value: str) -> list[str]:
    """`value` as the words of an unstructured field: itself if it is plain, else encoded words (RFC 2047)."""
    if "=?" not in value and _PRINTABLE_WORDS.fullmatch(value):
        return value.split(" ")
    return encoded_words(value) if value else []


def url_words(value: str) -> list[str]:
    """`value` as the words of a field of URLs in angle brackets: never encoded (RFC 2369 §2), however long. What is not URLs is text."""
    words = value.split(" ")
    return words if all(_URL.fullmatch(word) for word in words) else text_words(value)


def encoded_words(value: str) -> list[str]:
    """`value` in UTF-8 encoded words; no character is cut in two (RFC 2047 §5)."""
    octets = value.encode("utf-8", "replace")
    by_q = sum(1 for octet in octets if octet in _Q_SAFE or octet == 32) * 3 > len(octets) * 2
    room = MAX_WORD_OCTETS - len("=?utf-8?q??=")
    words: list[str] = []
    current = ""
    chunk = b""
    for character in value:
        piece = character.encode("utf-8", "replace")
        if by_q:
            written = "".join(
                "_" if octet == 32 else chr(octet) if octet in _Q_SAFE else f"={octet:02X}" for octet in piece
            )
            if len(current) + len(written) > room:
                words.append(f"=?utf-8?q?{current}?=")
                current = ""
            current += written
        else:
            if (len(chunk) + len(piece) + 2) // 3 * 4 > room:
                words.append(f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=")
                chunk = b""
            chunk += piece
    if by_q:
        words.append(f"=?utf-8?q?{current}?=")
    else:
        words.append(f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=")
    return words


def mailbox_words(field_name: str, mailboxes: Iterable[Mailbox]) -> list[str]:
    """The words of an address field. Raises BadInput or BadAddress for a mailbox that cannot be written."""
    words: list[str] = []
    for mailbox in mailboxes:
        if words:
            words[-1] += ","
        name = checked(field_name, mailbox.name)
        address = Address.parse(checked(field_name, mailbox.address))
        written = mailbox.address if mailbox.address.isascii() else str(address)
        if not name:
            words.append(written)
            continue
        words += phrase_words(name)
        words.append(f"<{written}>")
    return words


def parameters(main: str, values: Mapping[str, str]) -> list[str]:
    """`main; name=value` with RFC 2231 where a value is not plain ASCII."""
    words = [main]
    for name, value in values.items():
        for written in _parameter(name, value):
            words[-1] += ";"
            words.append(written)
    return words


def text_body(text: str) -> tuple[str, bytes]:
    """The transfer encoding and the octets of a text: 7bit when it fits, else quoted-printable or base64, whichever is shorter."""
    octets = text.encode("utf-8", "replace")
    if octets.isascii() and text.replace("\n", " ").replace("\t", " ").isprintable():
        lines = octets.split(b"\n")
        if all(len(line) <= MAX_LINE_OCTETS and line[-1:] not in (b" ", b"\t") for line in lines):
            return "7bit", b"\r\n".join(lines)
    if sum(octet > 126 for octet in octets) * 6 > len(octets):
        return "base64", base64_body(octets.replace(b"\n", b"\r\n"))
    # The soft line ends of b2a_qp are bare LF as long as the text has no CR, so all of them are made CRLF here.
    return "quoted-printable", binascii.b2a_qp(octets, quotetabs=False, istext=True).replace(b"\n", b"\r\n")


def base64_body(octets: bytes) -> bytes:
    """`octets` in base64, lines of 76 (RFC 2045 §6.8)."""
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")


def _parameter(name: str, value: str) -> list[str]:
    if value.isascii() and value.isprintable() and len(value) <= 60 and "=?" not in value and value == value.strip():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return [f'{name}="{escaped}"']
    encoded = quote(value, safe=_ATTRIBUTE_SAFE, errors="replace")
    whole = f"{name}*=utf-8''{encoded}"
    if len(whole) < WISHED_LINE_OCTETS - 2:
        return [whole]  # one piece where it fits: more readers know it than continuations (RFC 2231 §3)
    sections: list[str] = []
    rest = f"utf-8''{encoded}"
    while rest:
        take = 50
        # a percent triple is not cut
        while take > 48 and "%" in rest[take - 2 : take] and len(rest) > take:
            take -= 1
        sections.append(f"{name}*{len(sections)}*={rest[:take]}")
        rest = rest[take:]
    return sections
