"""The docs describe what exists: metrics, settings, commands, files and links."""

import importlib
import re
import runpy
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
from prometheus_client import REGISTRY

from mailwright.settings import PREFIX, Settings, variable

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"])
READERS = [page for page in PAGES if page.name != "CHANGELOG.md"]  # a changelog speaks of what was
_SPAN = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


# --- what is made from the code -------------------------------------------------------------------------------------


@cache
def _maker() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "reference_pages.py"))


@pytest.mark.parametrize("name", ["settings.md", "metrics.md"])
def test_a_page_made_from_the_code_is_up_to_date(name: str) -> None:
    made = _maker()["pages"]()[name]
    assert (DOCS / "reference" / name).read_text(encoding="utf-8") == made, "call: make reference"


def test_every_metric_has_one_name_and_is_declared_once() -> None:
    names = [metric.name for metric in _maker()["metrics"]()]
    assert names, "no metric was found in src: has the way they are declared changed?"
    assert sorted(names) == sorted(set(names))


def test_every_metric_that_is_declared_is_exported_under_its_name() -> None:
    for path in (ROOT / "src/mailwright").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "prometheus_client import" in text:
            module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
            importlib.import_module(module.removesuffix(".__init__"))
    exported = {family.name + ("_total" if family.type == "counter" else "") for family in REGISTRY.collect()}
    assert {metric.name for metric in _maker()["metrics"]()} - exported == set()


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_setting_a_page_names_exists(page: Path) -> None:
    known = {variable(name) for name in Settings.model_fields} | {f"{PREFIX}CONFIG"}
    known |= {f"{name}_FILE" for name in known} | {f"{PREFIX}X_FILE"}  # X: any of them
    named = set(re.findall(rf"\b{PREFIX}[A-Z][A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8")))
    assert named - known == set()


# --- commands -------------------------------------------------------------------------------------------------------


@cache
def _command_line() -> Any:
    from mailwright.cli import app

    return typer.main.get_command(app)


def _parts(command: Any) -> tuple[dict[str, Any], set[str]]:
    """The commands below one, and its options."""
    options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    return getattr(command, "commands", {}), options | {"--help"}


def _commands_in(page: Path) -> list[str]:
    """Every `mailwright …` a page shows, in code spans and blocks."""
    text = page.read_text(encoding="utf-8")
    shown = [body for language, body in _BLOCK.findall(text) if language in {"", "sh", "console"}]
    lines = [line for body in shown for line in body.replace("\\\n", " ").splitlines()]
    lines += _SPAN.findall(_BLOCK.sub("", text))
    pieces = [piece.strip() for line in lines for piece in re.split(r"\||&&|;|\$ ", line)]
    found = [re.sub(r"^(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?", "", piece) for piece in pieces]
    return [piece for piece in found if re.match(r"mailwright(?: |$)", piece)]


def _problem(command: str) -> str | None:
    """What is wrong with a command that a page shows, or None."""
    words = [word for word in command.split()[1:] if word not in {"[", "]", "…", "..."}]
    below, options = _parts(_command_line())
    for word in words:
        if word == "-":
            continue  # standard input
        if word.startswith("-"):
            below = {}  # what follows is of this command
            name = word.strip("[]").partition("=")[0]
            if name not in options:
                return f"{command}: no option {name}"
        elif below:
            if word not in below:
                return f"{command}: no command {word}"
            below, options = _parts(below[word])
    return None


@pytest.mark.parametrize("page", READERS, ids=_name)
def test_every_command_a_page_shows_exists_with_its_options(page: Path) -> None:
    assert [problem for command in _commands_in(page) if (problem := _problem(command))] == []


def test_the_tutorial_shows_commands_that_this_test_can_see() -> None:
    assert len(_commands_in(DOCS / "tutorial.md")) >= 5


@pytest.mark.parametrize("page", READERS, ids=_name)
def test_every_make_target_a_page_shows_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    code = "\n".join([*(body for _, body in _BLOCK.findall(text)), *_SPAN.findall(_BLOCK.sub("", text))])
    assert set(re.findall(r"(?:^|\s)make ([a-z]+)\b", code)) - targets == set()


def test_make_alone_lists_every_target_with_a_line_of_its_own() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in ("help", "setup", "demo", "test", "check", "format", "bench", "crash", "fuzz", "clean", "lock"):
        assert re.search(rf"^  make {target} +\S", shown, re.MULTILINE), target


# --- files and links ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (heading and heading not in _headings(file)):
            broken.append(target)
    assert broken == []


def _headings(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", READERS, ids=_name)
def test_every_path_of_the_repository_a_page_names_is_there(page: Path) -> None:
    named = {
        span.rstrip("/")
        for span in _SPAN.findall(_BLOCK.sub("", page.read_text(encoding="utf-8")))
        if re.fullmatch(r"(?:src|tests|docs|scripts|benchmarks)/[\w./-]+", span)
    }
    floors = "domain|codecs|storage|connectors|pipeline|core|protocols|agents|cli"
    inside = {
        f"src/mailwright/{span.rstrip('/')}"
        for span in _SPAN.findall(page.read_text(encoding="utf-8"))
        if re.fullmatch(rf"(?:{floors})/[\w./-]*", span)
    }
    assert {name for name in named | inside if not (ROOT / name).exists()} == set()


def test_every_page_the_code_points_to_is_there() -> None:
    missing = []
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]:
        for name in re.findall(r"\bdocs/[\w./-]*\w", path.read_text(encoding="utf-8")):
            if not (ROOT / name).exists() and not list(ROOT.glob(f"{name}-*.md")):
                missing.append(f"{path.relative_to(ROOT)}: {name}")
    assert missing == []


def test_every_decision_has_its_context_its_cost_and_its_check() -> None:
    for page in sorted((DOCS / "decisions").glob("0*.md")):
        text = page.read_text(encoding="utf-8")
        for part in ("**Context.**", "**Decision.**", "**What it costs.**", "**Check.**"):
            assert text.count(part) == 1, f"{page.name}: {part}"
        assert f"({page.name})" in (DOCS / "decisions/README.md").read_text(encoding="utf-8"), page.name
