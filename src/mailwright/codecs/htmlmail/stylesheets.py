"""Style sheets: the `<style>` blocks of a mail, rule by rule, so that a newsletter keeps its layout on a small screen.

Called by `sanitise`.
Promises: what comes out are plain rules and `@media` around them, selectors of names, classes and few pseudo-classes, declarations as
`declarations` lets them pass. No `@import`, no fonts, no selector that looks into attributes (which would tell what they hold), none
for our own marks. Whatever is malformed costs itself and its neighbours, never the promise. One pass; never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailwright.codecs.htmlmail import declarations
from mailwright.codecs.htmlmail.allowed_table import PSEUDO_CLASSES

MAX_CHARACTERS = 256 * 1024  # of all blocks of a message
MAX_RULES = 3_000
MAX_SELECTOR = 200  # characters of one selector
MAX_SELECTORS = 100  # of one rule
OUR_MARKS = "mw-"
"""What the classes of our own marks in the document begin with: no mail may use or style them."""

# Leftmost wins: a style block inside a comment (Outlook's own) is none, a comment's ends inside a style block are no comment.
_BLOCK = re.compile(r"<!--.*?(?:-->|\Z)|<style\b[^<>]*>(?P<css>.*?)(?:</style|\Z)", re.DOTALL | re.IGNORECASE)
_NOISE = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->|<!\[CDATA\[|\]\]>", re.DOTALL)
_BRACE = re.compile(r"[{};]")
_SELECTOR = re.compile(r"[A-Za-z0-9_.#*>+~ -]+(?::[a-z-]+)?(?:[A-Za-z0-9_.#*>+~ -]+)?")
_PSEUDO = re.compile(r":([a-z-]*)")
_CONDITION = re.compile(r"[A-Za-z0-9(): ,.-]{1,200}")


def of_html(source: str) -> str:
    """The style sheet of a message's HTML, as far as it may stay."""
    found = []
    left = MAX_CHARACTERS
    for match in _BLOCK.finditer(source):
        css = match["css"]
        if css and left > 0:
            found.append(css[:left])
            left -= len(css)
    return filtered("\n".join(found))


def filtered(css: str) -> str:
    """The rules of `css` that may stay, one on each line."""
    return "\n".join(_rules(_NOISE.sub(" ", css[:MAX_CHARACTERS])))


def _rules(css: str) -> Iterator[str]:
    position, prelude_from, made = 0, 0, 0
    media = ""  # the condition of the @media block that is open
    while made < MAX_RULES and (found := _BRACE.search(css, position)) is not None:
        prelude = css[prelude_from : found.start()].strip()
        position = prelude_from = found.end()
        if found[0] == "}":
            if media:
                yield "}"
            media = ""
        elif found[0] == "{" and not media and prelude.lower().startswith("@media"):
            condition = " ".join(prelude[6:].split())
            if _CONDITION.fullmatch(condition) and condition.count("(") == condition.count(")"):
                media = condition
                yield f"@media {media} {{"
            else:
                position = prelude_from = _behind_block(css, position)
        elif found[0] == "{" and "@" in prelude:
            position = prelude_from = _behind_block(css, position)
        elif found[0] == "{":
            end = css.find("}", position)
            body = css[position : end if end >= 0 else len(css)]
            position = prelude_from = end + 1 if end >= 0 else len(css)
            selectors, kept = _selectors(prelude), declarations.filtered(body)
            if selectors and kept:
                made += 1
                yield f"{selectors}{{{kept}}}"
    if media:
        yield "}"


def _behind_block(css: str, position: int) -> int:
    """Where the block ends whose brace was just read, with all blocks inside it."""
    depth = 1
    for found in re.compile(r"[{}]").finditer(css, position):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.end()
    return len(css)


def _selectors(prelude: str) -> str:
    kept = []
    for each in prelude.split(",")[:MAX_SELECTORS]:
        selector = " ".join(each.split())
        if (
            0 < len(selector) <= MAX_SELECTOR
            and OUR_MARKS not in selector.lower()
            and _SELECTOR.fullmatch(selector)
            and all(name in PSEUDO_CLASSES for name in _PSEUDO.findall(selector))
        ):
            kept.append(selector)
    return ",".join(kept)
