"""An installation in a folder, and commands run on it as the program would, without a process of their own."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from mailwright.cli import app
from mailwright.settings import PREFIX

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No setting of this machine, and logs as they were."""
    for name in os.environ:
        if name.startswith(PREFIX) or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()


@pytest.fixture
def run() -> Run:
    """`run("user", "list", stdin=…)`: the result, with its exit status, output and errors."""

    def invoke(*words: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, [*words], input=stdin)

    return invoke


@pytest.fixture
def installed(run: Run, data_folder: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's people and employee, made by the commands themselves."""
    monkeypatch.setenv(f"{PREFIX}DATA", str(data_folder))
    for words in (
        ("domain", "add", "mailwright.test", "--tenant", "demo"),
        ("user", "add", "ada@mailwright.test", "--name", "Ada"),
        ("user", "add", "admin@mailwright.test", "--name", "Admin", "--role", "admin"),
        ("agent", "add", "main@mailwright.test"),
    ):
        assert run(*words).exit_code == 0
    return data_folder


def json_of(result: Result) -> Any:
    """The JSON a command answered with."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal_of(result: Result, status: int = 1) -> str:
    """The one clear line of a command that refused, and nothing on standard output."""
    assert result.exit_code == status, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.output
    assert "Traceback" not in result.output
    return lines[0]
