"""From bytes of a named charset to text that always comes out.

Called by the header readers (`words`, `parameters`) and by `bodies`.
Promises: never raises; the text holds no NUL and no lone surrogate (`clean`), so databases and JSON take it.
Does not: look inside the content for its charset (`bodies` does, for HTML).
"""

import re

from mailwright.codecs.mime.charsets_table import CODECS

_SEPARATORS = str.maketrans("", "", "-_ :")
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def decode(data: bytes, charset: str = "") -> str:
    """The text of `data`. An unknown, missing or plainly wrong label is answered by UTF-8, then Windows-1252, then Latin-1."""
    codec = CODECS.get(charset.lower().translate(_SEPARATORS)) if charset else None
    if codec is not None and codec != "utf-8":
        try:
            return clean(data.decode(codec))
        except (UnicodeError, ValueError):
            if codec != "cp1252" and not _is_utf8(data):
                return clean(data.decode(codec, "replace"))
    return clean(eight_bit(data))


def eight_bit(data: bytes) -> str:
    """Unlabelled bytes: UTF-8 (a few spoilt characters allowed), else Windows-1252, else Latin-1. May hold NUL."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    if text.count("\ufffd") * 10 < beyond_ascii:
        return text
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def is_known(charset: str) -> bool:
    """True when the label is in our list (or is plain ASCII)."""
    label = charset.lower().translate(_SEPARATORS)
    return label in CODECS or label in ("usascii", "ascii")


def is_sound(data: bytes, charset: str = "") -> bool:
    """Whether `data` is what the label says: a charset we know, without a malformed stretch. Without a label UTF-8 is meant."""
    if data.isascii():
        return not charset or is_known(charset)
    label = charset.lower().translate(_SEPARATORS)
    try:
        data.decode(CODECS.get(label, "ascii") if label else "utf-8")
    except (UnicodeError, ValueError):
        return False
    return True


def clean(text: str) -> str:
    """`text` without what PostgreSQL and JSON refuse: NUL goes, a lone surrogate becomes U+FFFD."""
    if text.isascii():
        return text.replace("\x00", "") if "\x00" in text else text
    return _UNFIT.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", text) if _UNFIT.search(text) else text


def one_line(text: str) -> str:
    """`text` of a header: a run of control characters (line ends, tabs, NUL) becomes one space, the ends are trimmed."""
    if text.isprintable():
        return text.strip()
    return _CONTROLS.sub(_space_or_mark, text).strip()


def _space_or_mark(found: re.Match[str]) -> str:
    return "\ufffd" if found[0] >= "\ud800" else "" if found[0].strip("\x00") == "" else " "


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def named_in(parameters: str) -> str:
    """The charset that the parameters of a Content-Type name, or nothing."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")[:40]
    return ""
