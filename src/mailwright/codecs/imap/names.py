"""Names of mailboxes: modified UTF-7 or UTF-8 on the wire, normal text inside.

Used by the grammar (decode) and by the writer of responses (encode). Inside, a name is NFC, its levels are parted by "/",
INBOX is in capitals, and there is no control character in it.
Does not: know which names exist.
"""

import base64
import binascii
import re
import unicodedata

from mailwright.codecs.imap.errors import PeerError

SEPARATOR = "/"
MAX_NAME_OCTETS = 1000  # of a whole name in UTF-8: room for any path of folders people make, and fit for an index
MAX_DEPTH = 50  # levels: deeper is a program running wild


def decode(octets: bytes, *, utf8: bool) -> str:
    """The name a client wrote, checked and normal. `utf8`: names are UTF-8 on this connection. Raises PeerError."""
    return check(_text(octets, utf8=utf8))


def decode_pattern(octets: bytes, *, utf8: bool) -> str:
    """The same for the reference or the pattern of LIST: wildcards, empty levels and no level at all are fine."""
    name = unicodedata.normalize("NFC", _text(octets, utf8=utf8))
    _refuse_unfit(name)
    return name


def encode(name: str, *, utf8: bool) -> bytes:
    """A name as it is written, before quoting: UTF-8, or modified UTF-7 (RFC 3501 §5.1.3)."""
    if utf8:
        return name.encode()
    if name.isascii() and "&" not in name:
        return name.encode("ascii")
    return _SHIFTED.sub(_shift, name).encode("ascii")


def check(name: str) -> str:
    """The normal form of a name, or PeerError (NO [CANNOT]) for one no mailbox can have."""
    name = unicodedata.normalize("NFC", name)
    _refuse_unfit(name)
    levels = name.split(SEPARATOR)
    if "" in levels:
        raise _cannot("a mailbox name is not empty, and neither is any of the levels between its slashes")
    if len(levels) > MAX_DEPTH:
        raise _cannot(f"mailboxes are nested at most {MAX_DEPTH} levels deep")
    # RFC 9051 §5.1: INBOX is the same mailbox in any case; so are the mailboxes below it here.
    if levels[0].isascii() and levels[0].upper() == "INBOX":
        return "INBOX" + name[5:]
    return name


def _refuse_unfit(name: str) -> None:
    # RFC 9051 §5.1: Net-Unicode (RFC 5198) without control characters and without line and paragraph separators.
    if _UNFIT.search(name):
        raise _cannot("a mailbox name has no control characters")
    if len(name) * 4 > MAX_NAME_OCTETS and len(name.encode()) > MAX_NAME_OCTETS:
        raise _cannot(f"a mailbox name has at most {MAX_NAME_OCTETS} octets")


_UNFIT = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")


def _text(octets: bytes, *, utf8: bool) -> str:
    if utf8:
        try:
            return octets.decode()
        except UnicodeDecodeError:
            raise PeerError("a mailbox name is UTF-8 here") from None
    if not octets.isascii():
        raise PeerError(
            "a mailbox name beyond ASCII is written in modified UTF-7, or in UTF-8 after ENABLE UTF8=ACCEPT"
        )
    if b"&" not in octets:
        return octets.decode("ascii")
    return _unshift(octets)


def _unshift(octets: bytes) -> str:
    # Every second piece stood between "&" and "-".
    pieces = _SHIFTS.split(octets)
    pieces[1::2] = [_between(piece) for piece in pieces[1::2]]
    try:
        name = b"".join(pieces).decode()
    except UnicodeDecodeError:
        raise _no_utf7() from None
    # RFC 3501 §5.1.3: what can stand for itself does, and shifts are not split; a name is spelled in one way only.
    if encode(name, utf8=False) != octets:
        raise _no_utf7()
    return name


_SHIFTS = re.compile(rb"&([A-Za-z0-9+,]*)-")


def _between(piece: bytes) -> bytes:
    if not piece:
        return b"&"
    try:
        decoded = base64.b64decode(piece.replace(b",", b"/") + b"=" * (-len(piece) % 4), validate=True)
        return decoded.decode("utf-16-be").encode()
    except (binascii.Error, UnicodeDecodeError):
        raise _no_utf7() from None


def _shift(found: "re.Match[str]") -> str:
    run = found[0]
    if run == "&":
        return "&-"
    encoded = base64.b64encode(run.encode("utf-16-be")).rstrip(b"=").replace(b"/", b",")
    return f"&{encoded.decode('ascii')}-"


_SHIFTED = re.compile(r"&|[^ -~]+")


def _no_utf7() -> PeerError:
    return _cannot('the mailbox name is not modified UTF-7; "&" alone is written "&-"')


def _cannot(text: str) -> PeerError:
    return PeerError(text, code="CANNOT", condition="NO")  # RFC 5530 §3: it can never succeed
