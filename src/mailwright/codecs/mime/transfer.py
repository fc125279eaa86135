"""Transfer encodings: from the octets in the message to the octets that were meant.

Called by `bodies` and `preview`.
Promises: never raises; garbage inside base64 is stepped over, a broken escape of quoted-printable stays as written; an unknown
encoding is returned undecoded (RFC 2045 §6.4 says to treat it as octets); linear time; at most `limit` octets where given.
"""

import binascii
import re

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_PADDING = re.compile(rb"=+")
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)
IDENTITY = frozenset({"7bit", "8bit", "binary", ""})
"""The encodings that change nothing."""
_UU = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})


def decode(data: bytes, encoding: str, *, limit: int | None = None) -> bytes:
    """`data` decoded from the Content-Transfer-Encoding `encoding` (lower-case)."""
    if encoding in IDENTITY:
        return data if limit is None else data[:limit]
    if encoding == "base64":
        # Four octets carry three, and senders spend up to a fifth on line ends.
        out = _base64(data if limit is None else data[: limit * 8 // 5 + 8])
    elif encoding == "quoted-printable":
        out = _quoted_printable(data if limit is None else data[: limit * 3 + 8])
    elif encoding in _UU:
        out = _uu(data if limit is None else data[: limit * 8 // 5 + 1024])
    else:
        out = data
    return out if limit is None else out[:limit]


def _base64(data: bytes) -> bytes:
    padding = data.find(b"=")
    if padding < 0 or not data[padding:].strip(b"= \t\r\n"):
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            pass
    # Cut short, joined from several, or padded in the middle: each run up to its padding is decoded by itself.
    out = bytearray()
    for run in _PADDING.split(_NOT_BASE64.sub(b"", data)):
        usable = len(run) - (1 if len(run) % 4 == 1 else 0)  # a single last character carries no whole octet
        out += binascii.a2b_base64(run[:usable] + b"=" * (-usable % 4))
    return bytes(out)


def _quoted_printable(data: bytes) -> bytes:
    if b"\r" in data and b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    # RFC 2045 §6.7 rule 3: white space at the end of an encoded line was added on the way.
    if b" \r" in data or b" \n" in data or b"\t\r" in data or b"\t\n" in data:
        data = _trimmed(data)
    return binascii.a2b_qp(data)


def _trimmed(data: bytes) -> bytes:
    return b"\n".join(
        [line[:-1].rstrip(b" \t") + b"\r" if line[-1:] == b"\r" else line.rstrip(b" \t") for line in data.split(b"\n")]
    )


def _uu(data: bytes) -> bytes:
    begin = _UU_BEGIN.search(data)
    if begin is None:
        return data
    out = bytearray()
    for line in data[begin.end() :].split(b"\n"):
        line = line.rstrip(b"\r")
        if not line or line == b"end" or line == b"`":
            if line == b"end":
                break
            continue
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            # Some encoders write a few characters too many: the first one says how many octets are meant.
            octets = (line[0] - 32) & 63
            try:
                out += binascii.a2b_uu(line[: 1 + (octets * 4 + 5) // 3])
            except binascii.Error:
                continue
    return bytes(out)
