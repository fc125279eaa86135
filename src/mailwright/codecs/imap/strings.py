"""How a value is spelled in a response: atom, quoted string or literal, NIL.

Used by every writer of this package. Expects text without a meaning of its own; promises that it stays one value: no octet of
it can end the string, the line or the list it stands in.
`utf8`: the client has said ENABLE UTF8=ACCEPT or IMAP4rev2 and takes UTF-8 between quotes (RFC 6855 §3, RFC 9051 §4.3).
"""

import re
from collections.abc import Iterable

from mailwright.codecs.imap import names

NIL = b"NIL"
MAX_QUOTED_OCTETS = 1000  # longer text goes into a literal: some clients read lines into a buffer of fixed size

# RFC 9051 §9, QUOTED-CHAR: every character but CR, LF and NUL; the two quoted-specials behind a backslash.
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*")
_ESCAPED = re.compile(rb'[\\"]')
# An atom that no client takes for something else: a number and the word NIL are quoted.
_ATOM = re.compile(rb"(?!(?:[0-9]+|[Nn][Ii][Ll])\Z)[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")


def string(value: str | bytes, *, utf8: bool = False) -> bytes:
    """A string: quoted where the client can read it so, else a literal. NUL, which neither may hold, is left out."""
    octets = value.encode("utf-8", "replace") if isinstance(value, str) else value
    if len(octets) <= MAX_QUOTED_OCTETS:
        if _QUOTABLE.fullmatch(octets):
            if b'"' in octets or b"\\" in octets:
                octets = _ESCAPED.sub(rb"\\\g<0>", octets)
            return b'"%b"' % octets
        if utf8 and _is_quotable_utf8(octets):
            return b'"%b"' % _ESCAPED.sub(rb"\\\g<0>", octets)
    return literal(octets.replace(b"\0", b""))


def nstring(value: str | bytes | None, *, utf8: bool = False) -> bytes:
    """A string, or NIL for None."""
    return NIL if value is None else string(value, utf8=utf8)


def astring(value: str | bytes, *, utf8: bool = False) -> bytes:
    """An atom where the value is one, else a string."""
    octets = value.encode("utf-8", "replace") if isinstance(value, str) else value
    return octets if _ATOM.fullmatch(octets) else string(octets, utf8=utf8)


def literal(octets: bytes) -> bytes:
    """`{n}` and the octets, as many as were given."""
    # RFC 9051 §4.3.1: NUL is sent in a literal8 only. Octets that are counted are replaced, so that size and parts still fit.
    if b"\0" in octets:
        octets = octets.replace(b"\0", b"\x80")
    return b"{%d}\r\n%b" % (len(octets), octets)


def binary(octets: bytes | None) -> bytes:
    """The answer of BINARY: a literal8 when there is a NUL in it, else a literal (RFC 9051 §6.4.5); NIL for None."""
    if octets is None:
        return NIL
    return b"~{%d}\r\n%b" % (len(octets), octets) if b"\0" in octets else literal(octets)


def section(octets: bytes | None) -> bytes:
    """The answer of BODY[…]: always a literal, which is what clients expect of mail; NIL for None."""
    return NIL if octets is None else literal(octets)


def mailbox(name: str, *, utf8: bool = False) -> bytes:
    """The name of a mailbox: modified UTF-7 unless `utf8`, an atom where it can be one."""
    return astring(names.encode(name, utf8=utf8), utf8=utf8)


def listed(values: Iterable[bytes]) -> bytes:
    """Values that are already spelled, in parentheses."""
    return b"(%b)" % b" ".join(values)


def _is_quotable_utf8(octets: bytes) -> bool:
    if b"\r" in octets or b"\n" in octets or b"\0" in octets:
        return False
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True
