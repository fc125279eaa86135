"""The world of pages: the tree that is served, and what stands on each page, read by other code than the scribe's.

Called by the evaluation, its tests and the benchmark. Pages lie in the repository as they are served, but for PDF files: those are made
of `*.pdf.txt`, where a line with `# ` is a title, one with `## ` a heading, one with `~ ` is printed white on white.
"""

from __future__ import annotations

import re
import shutil
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet  # type: ignore[import-untyped]
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer  # type: ignore[import-untyped]

FOLDER = Path(__file__).parent / "world"
WRITTEN = ".pdf.txt"


def build(into: Path) -> Path:
    """The tree, with its PDF files, below a folder; where it is."""
    made = into / "world"
    shutil.copytree(FOLDER, made)
    for source in sorted(made.rglob(f"*{WRITTEN}")):
        _print(source.read_text(encoding="utf-8"), source.with_suffix(""))
        source.unlink()
    return made


@cache
def pages() -> dict[str, str]:
    """What stands on each page and in each PDF file, hidden things included, by its address without `http://`."""
    found = {}
    for file in sorted(FOLDER.rglob("*")):
        name = file.relative_to(FOLDER).as_posix()
        if file.suffix == ".html":
            found[name.removesuffix("index.html")] = _text(file.read_bytes())
        elif name.endswith(WRITTEN):
            found[name.removesuffix(".txt")] = re.sub(r"^(?:##?|~) ", "", file.read_text(encoding="utf-8"), flags=re.M)
    return found


def _print(text: str, into: Path) -> None:
    styles = getSampleStyleSheet()
    hidden = ParagraphStyle("hidden", parent=styles["BodyText"], textColor="white", fontSize=2)
    story = []
    for block in text.strip().split("\n\n"):
        kind, _, words = block.partition(" ")
        style = {"#": styles["Title"], "##": styles["Heading2"], "~": hidden}.get(kind)
        story += [Paragraph(words if style else block, style or styles["BodyText"]), Spacer(1, 6)]
    SimpleDocTemplate(str(into), pagesize=A4, invariant=1).build(story)


class _Words(HTMLParser):
    """Every word of a page but those of its scripts and styles; alternative texts and descriptions too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        self.said += [value for name, value in attrs if name in ("alt", "content") and value]
        self.said.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def _text(content: bytes) -> str:
    try:
        source = content.decode()
    except UnicodeDecodeError:
        source = content.decode("iso-8859-1")
    words = _Words()
    words.feed(source)
    return " ".join("".join(words.said).split())
