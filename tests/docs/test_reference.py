"""The docs describe what exists: metrics, settings, commands, files and links."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import typer.main
from click import Group

from mailwright.settings import PREFIX, Settings, settings_table, variable

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"])
READERS = [page for page in PAGES if page.name != "CHANGELOG.md"]  # a changelog speaks of what was
KINDS = {
    "Counter",
    "Gauge",
    "Histogram",
    "Summary",
    "GaugeMetricFamily",
    "CounterMetricFamily",
    "HistogramMetricFamily",
}
_SPAN = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


# --- metrics --------------------------------------------------------------------------------------------------------


def _declared_metrics() -> dict[str, str]:
    """Name → kind of every metric that src declares; a counter's name is the one Prometheus shows, with `_total`."""
    found: dict[str, str] = {}
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if called in KINDS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                kind = called.removesuffix("MetricFamily").lower()
                name = first.value.removesuffix("_total") + ("_total" if kind == "counter" else "")
                found[name] = kind
    return found


def _listed_metrics() -> dict[str, str]:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", (DOCS / "reference/metrics.md").read_text(), re.MULTILINE)
    assert len({name for name, _ in rows}) == len(rows), "a metric is listed twice"
    return dict(rows)


def test_every_metric_is_listed_under_its_one_name_and_nothing_else_is() -> None:
    declared = _declared_metrics()
    assert declared, "no metric was found in src: has the way they are declared changed?"
    assert _listed_metrics() == declared


# --- settings -------------------------------------------------------------------------------------------------------


def test_the_page_of_settings_holds_the_table_the_program_makes() -> None:
    assert settings_table().strip() in (DOCS / "reference/settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_setting_a_page_names_exists(page: Path) -> None:
    known = {variable(name) for name in Settings.model_fields} | {f"{PREFIX}CONFIG"}
    named = set(re.findall(rf"\b{PREFIX}[A-Z][A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8")))
    assert named - known == set()


# --- commands -------------------------------------------------------------------------------------------------------


@cache
def _command_line() -> Group:
    from mailwright.cli import app

    group = typer.main.get_command(app)
    assert isinstance(group, Group)
    return group


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
    current = _command_line()
    options = {option for each in current.params for option in each.opts + each.secondary_opts} | {"--help"}
    for word in words:
        if word.startswith("-"):
            name = word.strip("[]").partition("=")[0]
            if name not in options:
                return f"{command}: no option {name}"
        elif isinstance(current, Group):
            following = current.commands.get(word)
            if following is None:
                return f"{command}: no command {word}"
            current = following  # type: ignore[assignment]
            options |= {option for each in current.params for option in each.opts + each.secondary_opts}
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
