"""What a ManageSieve server says, as octets (RFC 5804 §4).

Called by the verbs. Promises: a text never breaks out of its string, whatever it holds.
"""

from collections.abc import Iterable
from typing import Literal

MAX_QUOTED_OCTETS = 1024  # RFC 5804 §4, quoted

Status = Literal["OK", "NO", "BYE"]


def string(value: str | bytes) -> bytes:
    """A quoted string where that is possible, else a literal."""
    octets = value.encode("utf-8", "replace") if isinstance(value, str) else value
    if (
        len(octets) > MAX_QUOTED_OCTETS
        or any(octet in octets for octet in (b"\r", b"\n", b"\0"))
        or not _is_utf8(octets)
    ):
        return b"{%d}\r\n%b" % (len(octets), octets)
    return b'"%b"' % octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def response(status: Status, text: str = "", code: str = "", argument: bytes | None = None) -> bytes:
    """`status (code argument) "text"`. Lines of the text are parted by CRLF."""
    parts = [status.encode()]
    if code:
        inner = code.encode() if argument is None else code.encode() + b" " + string(argument)
        parts.append(b"(" + inner + b")")
    if text:
        parts.append(string("\r\n".join(text.splitlines())))
    return b" ".join(parts) + b"\r\n"


def capabilities(pairs: Iterable[tuple[str, str | None]]) -> bytes:
    """RFC 5804 §1.7: a line for each capability."""
    return b"".join(string(name) + (b"" if value is None else b" " + string(value)) + b"\r\n" for name, value in pairs)


def scripts(names: Iterable[tuple[str, bool]]) -> bytes:
    """RFC 5804 §2.7: a line for each script, the active one marked."""
    return b"".join(string(name) + (b" ACTIVE" if active else b"") + b"\r\n" for name, active in names)


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
