"""`mailwright …` as its user would run it: in this process, which saves its start, or in one of its own, which may be killed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from typer.testing import CliRunner, Result

from mailwright.cli import app
from mailwright.settings import PREFIX


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """This machine's environment with these settings of ours and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return clean | {f"{PREFIX}{name.upper()}": str(value) for name, value in settings.items()}


def run(*words: object, settings: Mapping[str, object]) -> Result:
    """Run a command here: its status, output and errors."""
    nothing: dict[str, str | None] = {name: None for name in os.environ if name.startswith(PREFIX)}
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        return CliRunner().invoke(app, [*map(str, words)], env=nothing | environment(settings))
    finally:
        root.handlers, root.level = before
        structlog.reset_defaults()


def start(*words: object, settings: Mapping[str, object], **options: Any) -> subprocess.Popen[str]:
    """Run a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "mailwright", *map(str, words)],
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
