"""`value; name=value; …`: the syntax of Content-Type and Content-Disposition, with RFC 2231.

Called by `structure` for every part.
Promises: never raises; the first of several equal names counts; names are lower-case; values are one clean line.
Kind to: unquoted file names with spaces, encoded words inside quotes (RFC 2047 §5 forbids them; most of the world writes
them), a quote that is never closed, comments.
"""

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from mailwright.codecs.mime import charsets
from mailwright.codecs.mime.words import decode_words

MAX_PARAMETERS = 200  # continuations included; the longest file name in the wild took 20
MAX_VALUE_CHARACTERS = 8192  # of one field: what comes after is not looked at
MAX_FILENAME_CHARACTERS = 255  # what file systems take

_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]++|\\.)*)(?:"|\Z)|([^;]*))', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_QUOTED_OR_COMMENT = re.compile(r'("(?:[^"\\]++|\\.)*(?:"|\Z))|\([^()]*\)', re.DOTALL)
_FREE_TEXT = ("name", "filename")


def parse(value: str) -> tuple[str, dict[str, str]]:
    """The value before the first `;` in lower case, and its parameters. `value` is unfolded."""
    if len(value) <= _REMEMBERED_CHARACTERS and "boundary" not in value:
        main, params = _remembered(value)
        return main, params.copy()
    return _parse(value)


def _parse(value: str) -> tuple[str, dict[str, str]]:
    value = value[:MAX_VALUE_CHARACTERS]
    if "(" in value and "name" not in value.lower():
        # RFC 2045 §5.1: comments may stand anywhere; an unquoted "report (1).pdf" is no comment.
        value = _QUOTED_OR_COMMENT.sub(lambda found: found[1] or " ", value)
    main, semicolon, _rest = value.partition(";")
    main = main.strip().lower()
    if not semicolon:
        return main, {}
    plain: dict[str, str] = {}
    extended: dict[str, list[tuple[str, str]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(value, len(main))):
        if count >= MAX_PARAMETERS:
            break
        name = found[1].lower()
        quoted = found[2]
        if quoted is not None:
            text = _ESCAPE.sub(r"\1", quoted) if "\\" in quoted else quoted
        else:
            text = found[3].strip()
            if text and not name.startswith(_FREE_TEXT):
                text = text.split(None, 1)[0]
        if "*" in name:
            base, _star, section = name.partition("*")
            extended.setdefault(base, []).append((section, text))
        elif name not in plain:
            plain[name] = text if quoted is None and text.isprintable() and "=?" not in text else _shown(text)
    for base, sections in extended.items():
        # RFC 2231 §3 and §4; where both forms are given the extended one is meant (RFC 6266 §4.3 says so for filename).
        joined = _joined(sections)
        if joined or base not in plain:
            plain[base] = joined
    return main, plain


# A few dozen values make up most of the world's part headers; boundaries and long names are each their own.
_REMEMBERED_CHARACTERS = 80
_remembered = lru_cache(maxsize=512)(_parse)


def filename_of(disposition: dict[str, str], content_type: dict[str, str]) -> str | None:
    """The file's name (RFC 2183 §2.3), without any folder a sender put before it; None when it has none."""
    name = disposition.get("filename") or content_type.get("name")
    if not name:
        return None
    # RFC 2183 §2.3: the receiver does not follow a path the sender gives.
    name = name.replace("\\", "/").rstrip("/ ").rpartition("/")[2].strip()
    if len(name) > MAX_FILENAME_CHARACTERS:
        stem, dot, extension = name.rpartition(".")
        keep = dot + extension if stem and len(extension) <= 16 else ""
        name = name[: MAX_FILENAME_CHARACTERS - len(keep)] + keep
    return name or None


def _shown(text: str) -> str:
    return charsets.one_line(decode_words(text))


def _joined(sections: list[tuple[str, str]]) -> str:
    """RFC 2231 §4.1: sections in the order of their numbers; `*` behind the number means percent-encoded."""
    numbered: list[tuple[int, bool, str]] = []
    for section, text in sections:
        encoded = section == "" or section.endswith("*")
        digits = section.rstrip("*")
        if digits and not (digits.isascii() and digits.isdigit() and len(digits) <= 4):
            continue
        numbered.append((int(digits or 0), encoded, text))
    numbered.sort(key=lambda entry: entry[0])
    charset = ""
    data = b""
    for index, (_number, encoded, text) in enumerate(numbered):
        if index == 0 and encoded and text.count("'") >= 2:
            charset, _language, text = text.split("'", 2)
        octets = text.encode("utf-8", "replace")
        data += unquote_to_bytes(octets) if encoded else octets
    return _shown(charsets.decode(data, charset))
