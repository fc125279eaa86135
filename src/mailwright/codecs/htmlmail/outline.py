"""The outline of a stranger's HTML before it is parsed: what goes anyway is taken out, and how much the rest asks of a parser.

Called by `sanitise`, because a parser of HTML looks up the whole stack of open elements for most tags: a few hundred thousand
nested ones would hold it up for minutes. And it makes again, in every paragraph, each <font> and <b> that was not closed before: some
kilobytes become gigabytes. And what stands in a table outside of its cells is put before the table, each piece behind a look at all
pieces before it.
Promises: linear in the input; depth, copies and misplaced pieces are those of the parser or more, never less. Does not: make anything safe.
"""

from __future__ import annotations

import re

MAX_DEPTH = 500  # open elements; browsers stop nesting at 512
MAX_COPIES = 200_000  # elements a parser may make again because they were not closed; honest mail has some thousand
MAX_MISPLACED = 5_000  # pieces in tables outside of their cells
FAR = 40  # open elements an end tag may close at once; what reaches further is passed over, which counts more depth

# As in `codecs.mime.htmltext`: every alternative ends in "or the end", so nothing is tried twice over the same stretch.
_PIECE = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?P<raw>script|style|title|textarea|xmp|iframe|noembed|noframes|plaintext)\b.*?(?:</(?P=raw)(?=[\s/>])[^>]*(?:>|\Z)|\Z)"
    r"|(?P<tag><(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)"
    r"""(?:[^>=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?)*(?:>|\Z))"""
    r"|<[!?/][^>]*(?:>|\Z)"
    r"|(?P<text>[^<]+|<)",
    re.DOTALL | re.IGNORECASE,
)
_SPACE = " \t\n\f\r"  # HTML §13.2.6.4.9: it may stand in a table itself
# They end by themselves when the next one begins, or never hold anything.
_FLAT = frozenset(
    [
        "area",
        "base",
        "basefont",
        "bgsound",
        "br",
        "col",
        "colgroup",
        "dd",
        "dt",
        "embed",
        "frame",
        "hr",
        "img",
        "input",
        "keygen",
        "li",
        "link",
        "meta",
        "optgroup",
        "option",
        "p",
        "param",
        "rb",
        "rp",
        "rt",
        "rtc",
        "source",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "track",
        "wbr",
    ]
)
# HTML §13.2.4.2: the end tag of something outside of these does not close it.
_WALLS = frozenset(
    [
        "applet",
        "button",
        "caption",
        "desc",
        "foreignobject",
        "marquee",
        "math",
        "object",
        "select",
        "svg",
        "table",
        "template",
    ]
)
# HTML §13.2.4.3: the formatting elements, which are made again where they were not closed, and the marks between them.
_FORMATTING = frozenset(
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
)
_MARKS = frozenset(["applet", "caption", "marquee", "object", "td", "template", "th"])
# HTML §13.2.6.4.9: what a table itself is made of; all else in it belongs into cells or captions.
_CELLS = frozenset(["caption", "td", "th"])
_TABLE = _CELLS | frozenset(["col", "colgroup", "table", "tbody", "tfoot", "thead", "tr"])
# Inside of these a <td> is not the cell of a table.
_OTHER_WORLDS = frozenset(["math", "svg", "template"])


def outline(source: str) -> str | None:
    """The source without comments, scripts and the like; None when one of the three limits above is passed."""
    kept: list[str] = []
    depth: list[str] = []
    unclosed, tables = _Unclosed(), _Tables()
    for piece in _PIECE.finditer(source):
        text = piece["text"]
        if text is not None:
            kept.append(text)
            if text.strip(_SPACE):
                tables.meet_other()
            continue
        name = (piece["name"] or "").lower()
        if not name:
            kept.append(" ")  # never nothing: what stood apart must not come together
            continue
        kept.append(piece["tag"])
        unclosed.meet(name, closing=bool(piece["close"]))
        tables.meet(name, closing=bool(piece["close"]))
        if piece["close"]:
            if _close(depth, name) and name == "table":
                unclosed.leave_table()
                tables.leave()
        elif name not in _FLAT:
            depth.append(name)
        if len(depth) > MAX_DEPTH or unclosed.copies > MAX_COPIES or tables.misplaced > MAX_MISPLACED:
            return None
    return "".join(kept)


class _Unclosed:
    """The formatting elements that a parser would make again, as their list in HTML §13.2.4.3; at least as long as the parser's."""

    def __init__(self) -> None:
        self.copies = 0
        self._names: list[str] = []
        self._marks: list[int] = []  # an end tag reaches no further back than the last of them
        self._tables: list[int] = []  # how many marks there were when a table that is open began

    def meet(self, name: str, *, closing: bool) -> None:
        """A tag. Whatever is no formatting element itself may end one without closing it."""
        if name in _FORMATTING:
            # HTML §13.2.6.4.7: a link in a link ends the one around it.
            if closing or name == "a":
                self._forget(name)
            if not closing:
                self._names.append(name)
            return
        self.copies += len(self._names)
        if closing:
            return
        if name == "table":
            self._tables.append(len(self._marks))
        elif name in _MARKS:
            self._marks.append(len(self._names))

    def leave_table(self) -> None:
        """A table is closed, and its cells with it."""
        if self._tables:
            del self._marks[self._tables.pop() :]

    def _forget(self, name: str) -> None:
        begin = self._marks[-1] if self._marks else 0
        for place in range(len(self._names) - 1, max(begin, len(self._names) - FAR) - 1, -1):
            if self._names[place] == name:
                del self._names[place]
                return


class _Tables:
    """What stands in open tables and in none of their cells, as far as that can be told; what cannot counts."""

    def __init__(self) -> None:
        self.misplaced = 0
        self._in_cell: list[bool] = []  # of each open table
        self._is_sure = True

    def meet(self, name: str, *, closing: bool) -> None:
        """A tag; `leave` follows when it closed a table."""
        if name in _OTHER_WORLDS and self._in_cell:
            self._is_sure = False
        if name not in _TABLE:
            self.meet_other()
        elif name == "table":
            if not closing:
                self._in_cell.append(False)
        elif self._in_cell:
            self._in_cell[-1] = name in _CELLS and not closing

    def meet_other(self) -> None:
        """A text, or a tag that makes no table."""
        if self._in_cell and not (self._is_sure and self._in_cell[-1]):
            self.misplaced += 1

    def leave(self) -> None:
        """The innermost table is closed."""
        if self._in_cell:
            self._in_cell.pop()


def _close(depth: list[str], name: str) -> bool:
    """Close the last open element of that name. Whether there was one within reach."""
    for place in range(len(depth) - 1, max(-1, len(depth) - 1 - FAR), -1):
        if depth[place] == name:
            del depth[place:]
            return True
        if depth[place] in _WALLS:
            return False
    return False
