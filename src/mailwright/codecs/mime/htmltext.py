"""HTML to plain text, good enough to be read, searched and shown to a model.

Called by `bodies` (whole text) and `preview` (the first words).
Promises: never raises; one pass, linear in the input, which is bounded; scripts, styles and comments do not show; block
elements begin a new line; a link whose text is not its target is written "text (target)".
Does not: use `html.parser`, whose handling of unclosed comments and declarations is quadratic in the Python versions we run
on; make anything safe for a browser (that is a sanitiser's work).
"""

import html
import re

MAX_HTML_CHARACTERS = 2 * 1024 * 1024  # beyond this, text is cut; the longest newsletters have 200 KiB
MAX_HREF_CHARACTERS = 500  # of a target that is shown; longer ones are tracking

# Every alternative ends in "or the end of the input", so nothing is ever tried twice over the same stretch.
_PIECE = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<hidden>script|style|title|template|noframes|svg)\b(?:[^>]*?/>|.*?(?:</(?P=hidden)\s*>|\Z))"
    r"|<(?P<close>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9:-]{0,40})"
    r"""(?P<attributes>(?:[^>=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?)*)(?:>|\Z)"""
    r"|<[!?/][^>]*(?:>|\Z)"
    r"|(?P<text>[^<]+|<)",
    re.DOTALL | re.IGNORECASE,
)
_HREF = re.compile(r"""(?:\A|\s)href\s*=\s*(?:"([^"]*)"?|'([^']*)'?|([^\s"'>]+))""", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0\u200b\u200c\u00ad\u034f\ufeff]+")
_BLANK_LINES = re.compile(r"\n{3,}")

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "section",
        "summary",
        "table",
        "tr",
        "ul",
    ]
)
_PARAGRAPHS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "p", "pre"])
_CELLS = frozenset(("td", "th"))
# What mail programs put around, or above, the message that is answered or passed on.
_HISTORY = re.compile(
    r"gmail_quote|gmail_attr|divRplyFwdMsg|appendonsend|moz-cite-prefix|moz-forward-container|yahoo_quoted|protonmail_quote"
    r"|OutlookMessageHeader|border-top\s*:\s*(?:none\s*;\s*border-top\s*:\s*)?solid\s+#(?:E1E1E1|B5C4DF)",
    re.IGNORECASE,
)


def to_text(source: str, *, limit: int | None = None, marks_quotes: bool = False) -> str:
    """The text of `source`; with `limit`, no more than that many characters, and no more work than they need.

    `marks_quotes`: a line that stands in a quotation, or below where a mail program begins the history, gets "> " before it.
    """
    writer = _QuotingWriter() if marks_quotes else _Writer()
    for piece in _PIECE.finditer(source[:MAX_HTML_CHARACTERS]):
        text = piece["text"]
        if text is not None:
            writer.text(text)
        elif piece["tag"]:
            writer.tag(piece["tag"].lower(), bool(piece["close"]), piece["attributes"])
        if limit is not None and writer.length > limit + 200:
            break
    result = writer.result()
    return result if limit is None else result[:limit]


class _Writer:
    """The text written so far, and the link and the preformatted stretch that are open."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.length = 0
        self.href: str | None = None
        self.link_text: list[str] = []
        self.preformatted = 0
        self.at_line_start = True

    def text(self, raw: str) -> None:
        text = html.unescape(raw) if "&" in raw else raw
        if not self.preformatted:
            text = _SPACES.sub(" ", text)
            if self.at_line_start:
                text = text.lstrip(" ")
        if not text:
            return
        if self.href is not None:
            self.link_text.append(text)
        self._write(text)
        self.at_line_start = text.endswith((" ", "\n"))

    def tag(self, name: str, closing: bool, attributes: str) -> None:
        if name == "a":
            self._end_link()
            if not closing:
                found = _HREF.search(attributes)
                self.href = html.unescape((found[1] or found[2] or found[3] or "").strip()) if found else None
        elif name == "br":
            self._line("\n")
        elif name in _PARAGRAPHS:
            self._line("\n\n" if self.out and not self._ends_with("\n\n") else "")
            if name == "pre":
                self.preformatted = max(0, self.preformatted + (-1 if closing else 1))
        elif name in _BLOCKS:
            self._line("\n" if self.out and not self._ends_with("\n") else "")
            if name == "li" and not closing:
                self._line("- ")
            elif name == "hr":
                self._line("---\n")
        elif name in _CELLS and closing:
            self._write("\t")
            self.at_line_start = True

    def result(self) -> str:
        self._end_link()
        lines = [
            line.strip(" \t") if not line.startswith("  ") else line.rstrip() for line in "".join(self.out).split("\n")
        ]
        return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")

    def _end_link(self) -> None:
        href, self.href = self.href, None
        text = "".join(self.link_text).strip()
        self.link_text = []
        if not href or not text or len(href) > MAX_HREF_CHARACTERS:
            return
        scheme, colon, rest = href.partition(":")
        if not colon or scheme.lower() not in ("http", "https", "mailto", "tel", "ftp"):
            return  # a fragment, a script, a cid: nothing a reader of text could follow
        if _bare(text) in (_bare(href), _bare(rest.partition("?")[0])):
            return
        self._write(f" ({href})" if not self.at_line_start else f"({href})")
        self.at_line_start = False

    def _line(self, text: str) -> None:
        if text:
            self._write(text)
        self.at_line_start = True

    def _ends_with(self, end: str) -> bool:
        return "".join(self.out[-2:]).rstrip(" \t").endswith(end)

    def _write(self, text: str) -> None:
        self.out.append(text)
        self.length += len(text)


class _QuotingWriter(_Writer):
    """The same, and of each piece whether it is quoted. What a text says cannot end a quotation: only tags do."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.in_history = False
        self.quoted: list[bool] = []

    def tag(self, name: str, closing: bool, attributes: str) -> None:
        if not closing and _HISTORY.search(attributes):
            self._begin_line()
            self.in_history = True  # to the end: where its element is closed, a stranger's markup may say
        if name == "blockquote":
            self._begin_line()
            if closing:  # an answer below does not stand right below the quotation
                self._line("\n")
            self.depth = max(0, self.depth + (-1 if closing else 1))
        super().tag(name, closing, attributes)

    def result(self) -> str:
        self._end_link()
        lines: list[str] = []
        line, quoted = "", False
        for piece, is_quoted in zip([*self.out, "\n"], [*self.quoted, False], strict=True):
            first, *others = piece.split("\n")
            line, quoted = line + first, quoted or (is_quoted and bool(first.strip()))
            for text in others:
                lines.append(f"> {line.strip()}" if quoted else line.strip(" \t"))
                line, quoted = text, is_quoted and bool(text.strip())
        return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")

    def _begin_line(self) -> None:
        self._end_link()
        self._line("\n" if self.out and not self._ends_with("\n") else "")

    def _write(self, text: str) -> None:
        super()._write(text)
        self.quoted.append(self.in_history or self.depth > 0)


def _bare(target: str) -> str:
    """What two spellings of one target have in common."""
    target = target.strip().lower().removeprefix("http://").removeprefix("https://").removeprefix("mailto:")
    return target.removeprefix("//").removeprefix("www.").rstrip("/")
