"""Every `mailwright …` command in the runbooks, in the how-tos and beside the files of deploy/ is one that is understood."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import click
import pytest
import typer

from mailwright.cli import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*(DOCS / "runbooks").glob("*.md"), *(DOCS / "howto").glob("*.md"), *(ROOT / "deploy").rglob("*.md")])

_PROGRAM = typer.main.get_command(app)
_BLOCK = re.compile(r"^( *)```(?:sh|console)?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(mailwright [^`]+)`")
_HERE = re.compile(r"^(?:[A-Z_]+=\S+ +)*(?:(?:docker|kubectl) .*\bexec .*?\s)?(?:\S*/)?(mailwright (?!\S*[/:]).+)")


def _commands(text: str) -> list[str]:
    """Lines that are set apart, on this machine or in a container, and what stands between backquotes, also over the end of a line."""
    apart = [line for line in text.splitlines() if line.startswith("    ")]
    apart += [line for _, body in _BLOCK.findall(text) for line in body.replace("\\\n", " ").splitlines()]
    pieces = [piece.strip() for line in apart for piece in re.split(r"\||&&|;", line)]
    found = [said[1] for piece in pieces if (said := _HERE.match(piece))]
    return [*found, *(" ".join(each.split()) for each in _INLINE.findall(_BLOCK.sub("", text)))]


def _refused(command: str) -> str:
    """Why the program would not understand it. Its help is asked for with it: so everything is parsed, and nothing is done."""
    words = shlex.split(command.replace("…", "/somewhere"), comments=True)[1:]
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = _PROGRAM.main([*words, "--help"], prog_name="mailwright", standalone_mode=False)
    except click.ClickException as refusal:
        return refusal.format_message()
    return said.getvalue()[-300:] if status else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_is_understood(page: Path) -> None:
    refused = {command: why for command in _commands(page.read_text(encoding="utf-8")) if (why := _refused(command))}
    assert refused == {}


def test_the_list_has_every_runbook() -> None:
    listed = (DOCS / "runbooks" / "README.md").read_text(encoding="utf-8")
    pages = [page.name for page in PAGES if page.parent.name == "runbooks" and page.name != "README.md"]
    assert sorted(pages) == sorted(re.findall(r"\]\(([a-z-]+\.md)\)", listed))


def test_commands_in_containers_are_seen_too() -> None:
    page = (DOCS / "howto" / "deploy-on-kubernetes.md").read_text(encoding="utf-8")
    assert "mailwright domain add example.org --tenant example" in _commands(page)
    assert "mailwright provider show Keycloak" in _commands(
        (DOCS / "howto" / "deploy-with-compose.md").read_text("utf-8")
    )
    assert _refused("mailwright doctor --no-such-option")
