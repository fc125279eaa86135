"""Address fields as ENVELOPE gives them: every address in four pieces, groups included, nothing decoded.

Called by `envelope`. `mime.mailboxes` reads the same fields for people: decoded, without groups, and only addresses that are
legal. A mail program wants what was written.
Expects: an unfolded field. Promises: never raises; linear time; at most MAX_ADDRESSES.
"""

import re
from functools import lru_cache

from mailwright.codecs.imap.strings import NIL, nstring, string

MAX_ADDRESSES = 2000  # of one field: what `mime.mailboxes` reads, too
MAX_COMMENT_DEPTH = 20  # nested comments beyond this are text
_SHORT = 300  # characters: fields up to here are remembered, the same people write again and again

_GROUP_END = b"(NIL NIL NIL NIL)"

_DOTTED = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+"
_HOST = r"[A-Za-z0-9.-]+"
# `Name <local@host>` and `local@host`, of which nine of ten fields are made.
_USUAL = re.compile(
    rf'\s*+(?:(?:"([^"\\]*)"\s*+|([^"\\<>@,;:()\[\]]*))<({_DOTTED})@({_HOST})>|({_DOTTED})@({_HOST}))\s*+(?:,|\Z)'
)
_TOKEN = re.compile(
    r'(?P<quoted>"(?:[^"\\]++|\\.)*(?:"|\Z))'
    r"|(?P<literal>\[[^\[\]]*\])"
    r"|(?P<space>\s+)"
    r"|(?P<pair>\\.)"
    r"|(?P<special>[<>@,;:()\[\]])"
    r'|(?P<atom>[^\s<>@,;:()\[\]"\\]+)'
    r"|(?P<other>.)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def addresses(value: str, *, utf8: bool = False) -> bytes:
    """`((name route mailbox host) …)`, or NIL when there is no address in `value` (RFC 9051 §7.5.2)."""
    return _remembered(value, utf8) if len(value) <= _SHORT else _written(value, utf8)


def _written(value: str, utf8: bool) -> bytes:
    quick = _usual(value, utf8)
    if quick is None:
        quick = _Reader(utf8).read(value)
    return b"(%b)" % b"".join(quick) if quick else NIL


_remembered = lru_cache(maxsize=4096)(_written)


def _usual(value: str, utf8: bool) -> list[bytes] | None:
    found: list[bytes] = []
    position = 0
    while position < len(value):
        entry = _USUAL.match(value, position)
        if entry is None or len(found) >= MAX_ADDRESSES:
            return None
        quoted, plain, local, host, bare_local, bare_host = entry.groups()
        name = quoted if quoted is not None else " ".join((plain or "").split())
        found.append(_address(name or None, None, local or bare_local, host or bare_host, utf8))
        position = entry.end()
    return found


def _address(name: str | None, route: str | None, local: str, host: str, utf8: bool) -> bytes:
    return b"(%b %b %b %b)" % (
        nstring(name, utf8=utf8),
        nstring(route, utf8=utf8),
        string(local, utf8=utf8),
        string(host, utf8=utf8),
    )


_Piece = tuple[str, str]  # (kind of token, text)


class _Reader:
    """Reads a field of any shape, token by token."""

    def __init__(self, utf8: bool) -> None:
        self.utf8 = utf8
        self.found: list[bytes] = []
        self.in_group = False
        self.clear()

    def clear(self) -> None:
        self.outside: list[_Piece] = []  # the entry without what is between < and >
        self.angle: list[_Piece] | None = None
        self.comment: list[str] = []
        self.open = False  # between < and >
        self.has_at = False

    def read(self, value: str) -> list[bytes]:
        depth = 0  # of comments
        for token in _TOKEN.finditer(value):
            kind, text = token.lastgroup or "", token[0]
            if depth:
                # RFC 5322 §3.2.2: comments nest; a quote has no meaning inside one.
                depth += (text == "(" and depth < MAX_COMMENT_DEPTH) - (text == ")")
                if depth:
                    self.comment.append(text[1] if kind == "pair" else text)
            elif text == "(":
                depth = 1
            elif kind == "special":
                self.special(text)
                if len(self.found) >= MAX_ADDRESSES:
                    break
            elif self.open and self.angle is not None:
                self.angle.append((kind, text))
            else:
                self.outside.append((kind, text))
        if len(self.found) < MAX_ADDRESSES:
            self.finish()
        if self.in_group:
            self.found.append(_GROUP_END)
        return self.found

    def special(self, text: str) -> None:
        in_route = self.open and self.angle is not None and bool(self.angle) and self.angle[0] == ("special", "@")
        if text == "<":
            if self.angle is None:
                self.angle = []
                self.open = True
        elif text == ">":
            self.open = False
        elif text in ",;" and not in_route:
            self.finish()
            if text == ";" and self.in_group:
                self.found.append(_GROUP_END)
                self.in_group = False
        elif text == ":" and not self.open and not self.has_at and self.angle is None:
            self.begin_group()
        elif self.open and self.angle is not None:
            self.angle.append(("special", text))
        else:
            self.outside.append(("special", text))
            self.has_at = self.has_at or text == "@"

    def begin_group(self) -> None:
        # RFC 9051 §7.5.2: a group begins with an address without host that has its name, and ends with one without both.
        name = _phrase(self.outside)
        self.clear()
        if self.in_group:
            self.found.append(_GROUP_END)
        self.found.append(b"(NIL NIL %b NIL)" % string(name, utf8=self.utf8))
        self.in_group = True

    def finish(self) -> None:
        """The end of an entry; nothing is added when there was nothing between two commas."""
        comment = " ".join("".join(self.comment).split())
        if self.angle is not None:
            route, local, host = _specification(self.angle)
            self.add(_phrase(self.outside) or comment, route, local, host)
        elif self.has_at:
            words, specification = _forgotten_brackets(self.outside)
            route, local, host = _specification(specification)
            self.add(_phrase(words) or comment, route, local, host)
        elif phrase := _phrase(self.outside):
            # No address at all. A host of NIL would make it a group, so the host is empty.
            self.add(*(("", None, phrase, "") if " " not in phrase else (phrase, None, "", "")))
        self.clear()

    def add(self, name: str, route: str | None, local: str, host: str) -> None:
        if name or local or host:  # `<>` is nobody
            self.found.append(_address(name or None, route, local, host, self.utf8))


def _phrase(pieces: list[_Piece]) -> str:
    """The words of a display name, quoting removed (RFC 9051 §9, addr-name), one space for each run of white space."""
    words = "".join([" " if kind == "space" else _plain(kind, text) for kind, text in pieces])
    return words.strip() if any(kind == "quoted" for kind, _text in pieces) else " ".join(words.split())


def _plain(kind: str, text: str) -> str:
    if kind == "quoted":
        inner = text[1:-1] if len(text) > 1 and text.endswith('"') else text[1:]
        return _ESCAPE.sub(r"\1", inner) if "\\" in inner else inner
    return text[1] if kind == "pair" else text


def _specification(pieces: list[_Piece]) -> tuple[str | None, str, str]:
    """Route, local part and host of what stands between < and >. White space has no meaning there (RFC 5322 §4.4)."""
    words = [piece for piece in pieces if piece[0] != "space"]
    route: str | None = None
    if words and words[0] == ("special", "@") and ("special", ":") in words:
        end = words.index(("special", ":"))
        route = "".join([text for _kind, text in words[:end]])
        words = words[end + 1 :]
    ats = [index for index, piece in enumerate(words) if piece == ("special", "@")]
    split = ats[-1] if ats else len(words)
    local = "".join([_plain(*piece) for piece in words[:split]])
    return route, local, "".join([text for _kind, text in words[split + 1 :]])


def _forgotten_brackets(pieces: list[_Piece]) -> tuple[list[_Piece], list[_Piece]]:
    """Words and address of `Ada Lovelace ada@example.org`: the address is the last word, with space around "@" and "." allowed."""
    start = max(index for index, piece in enumerate(pieces) if piece == ("special", "@"))
    start = _back_over(pieces, start)
    return pieces[:start], pieces[start:]


def _back_over(pieces: list[_Piece], at: int) -> int:
    """The index where the local part before the "@" at `at` begins."""
    start = at
    joined = True  # the word at `start` takes one more before it
    while start > 0:
        kind, text = pieces[start - 1]
        if kind == "space":
            before = pieces[start - 2][1] if start > 1 else ""
            if not (joined or pieces[start][1].startswith(".") or before.endswith(".")):
                break
            if not before:
                break
            start -= 1
            continue
        if text == "@" and kind == "special":
            break
        start -= 1
        joined = False
    return start
