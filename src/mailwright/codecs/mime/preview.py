"""The preview: the first words of a message that mean something.

Called by `structure.Parsed.preview`, once for every message that is filed, so it reads a prefix only.
Promises: one line of at most `MAX_CHARACTERS`; never raises. Quoted lines and what follows a signature's "-- " are left out,
unless there is nothing else.
"""

import html
import re

from mailwright.codecs.mime import charsets, transfer
from mailwright.codecs.mime.part import Bodies, Part

MAX_CHARACTERS = 200
ENOUGH_CHARACTERS = 80  # with so many a longer prefix is not worth reading
TEXT_OCTETS = (1024, 8 * 1024)  # of a plain part, one after the other until there is enough: quotes may come first
HTML_OCTETS = (3 * 1024, 16 * 1024, 64 * 1024)  # of an HTML part, whose style sheet comes first

# Linear: what is hidden ends at its end tag or at the end of the prefix, a tag at ">" or at the end.
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|title|template)\b.*?(?:</\1\s*>|\Z)|<[a-zA-Z/!?][^>]*(?:>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_INLINE = re.compile(r"</?(?:a|b|i|u|em|strong|span|font|small|big|sup|sub)(?:\s[^<>]*)?>", re.IGNORECASE)
_INTRODUCTION = re.compile(
    r"(?:On|Am|Le|El|Il|Op) .{10,120}(?:wrote|schrieb|écrit|escribió|scritto|schreef)[^:]{0,60}:\Z"
)
_INVISIBLE = re.compile("[\u00a0\u00ad\u034f\u200b-\u200f\u2060\ufeff\x00-\x1f\x7f]+")


def of(raw: bytes, bodies: Bodies) -> str:
    """The preview of the message whose bytes and sorted parts these are; "" when it has no text."""
    for part in bodies.text[:3]:
        line = _plain(raw, part) if part.subtype != "html" else _rich(raw, part)
        if line:
            return line
    return ""


def _plain(raw: bytes, part: Part) -> str:
    line = ""
    for octets in TEXT_OCTETS:
        last = part.size <= octets or octets == TEXT_OCTETS[-1]
        line = _first_words(_prefix(raw, part, octets), quotes=last)
        if last or len(line) >= ENOUGH_CHARACTERS:
            break
    return line


def _rich(raw: bytes, part: Part) -> str:
    line = ""
    for octets in HTML_OCTETS:
        text = html.unescape(_HIDDEN.sub(" ", _INLINE.sub("", _prefix(raw, part, octets))))
        line = _first_words(text, quotes=True)
        if len(line) >= ENOUGH_CHARACTERS or part.size <= octets:
            break
    return line


def _prefix(raw: bytes, part: Part, octets: int) -> str:
    """The first `octets` of the part as text, cut at a line or a space so that no character is cut in two."""
    end = min(part.body_end, part.body_start + octets)
    data = transfer.decode(raw[part.body_start : end], part.encoding)
    if end < part.body_end:
        data = data[: max(data.rfind(b"\n"), data.rfind(b" "))] if b"\n" in data or b" " in data else data[:-4]
    return charsets.decode(data, part.charset or "")


def _first_words(text: str, *, quotes: bool) -> str:
    """What is new in `text`; with `quotes`, what it quotes if nothing is."""
    words: list[str] = []
    length = 0
    quoted: list[str] = []
    for line in text.splitlines():
        if line in ("-- ", "--"):
            break
        line = line.strip()
        if not line:
            continue
        if line.startswith((">", "|")):
            quoted.append(line.lstrip(">| "))
            continue
        if line.endswith(":") and _INTRODUCTION.match(line):
            continue
        words.append(line)
        length += len(line) + 1
        if length > MAX_CHARACTERS + 50:
            break
    return _folded(words) or (_folded(quoted) if quotes else "")


def _folded(lines: list[str]) -> str:
    text = " ".join(lines)
    if not text.isprintable():
        text = _INVISIBLE.sub(" ", text)
    return " ".join(text[: 2 * MAX_CHARACTERS].split())[:MAX_CHARACTERS].rstrip()
