"""Every `mailwright …` command in the runbooks, and in the page about backups, is one that is understood."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest
import typer

from mailwright.cli import app

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [*sorted((DOCS / "runbooks").glob("*.md")), DOCS / "howto" / "back-up-and-restore.md"]

_PROGRAM = typer.main.get_command(app)
_INLINE = re.compile(r"`(mailwright [^`]+)`")


def _commands(text: str) -> list[str]:
    """Lines that are set apart, and what stands between backquotes, also over the end of a line."""
    apart = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    found = [line for line in apart if line.startswith("mailwright ")]
    return [*found, *(" ".join(each.split()) for each in _INLINE.findall(text))]


def _refused(command: str) -> str:
    """Why the program would not understand it. Its help is asked for with it: so everything is parsed, and nothing is done."""
    words = shlex.split(command.replace("…", "/somewhere"), comments=True)[1:]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = _PROGRAM.main([*words, "--help"], prog_name="mailwright", standalone_mode=False)
    return said.getvalue()[-300:] if status else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_is_understood(page: Path) -> None:
    refused = {command: why for command in _commands(page.read_text(encoding="utf-8")) if (why := _refused(command))}
    assert refused == {}


def test_the_list_has_every_runbook() -> None:
    listed = (DOCS / "runbooks" / "README.md").read_text(encoding="utf-8")
    pages = [page.name for page in PAGES if page.parent.name == "runbooks" and page.name != "README.md"]
    assert sorted(pages) == sorted(re.findall(r"\]\(([a-z-]+\.md)\)", listed))
