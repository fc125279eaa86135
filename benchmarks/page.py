"""docs/benchmarks.md: the figures of one run as a table, with what they were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, rounded

_HEAD = """# Figures

Written by `make bench ARGS="--page docs/benchmarks.md"`. Servers, load and peer share one machine, so absolute figures are
those of that machine on that day; the ratios are what travels. Rounds of ours and of the peer's alternate, and the median of
all rounds is shown. Every message counts as done when it is filed and durable: with SQLite in WAL mode and `synchronous=FULL` here,
and with Dovecot's mdbox and its fsync as shipped there.

Measured on: {machine}.

| what | figure | goal | beside it |
|---|---|---|---|
"""


def write_page(path: Path, figures: Sequence[Figure]) -> None:
    """Replace the page."""
    rows = [
        f"| {figure.name} | {rounded(figure.value):g} {figure.unit} | {_goal(figure)} | {_more(figure)} |\n"
        for figure in figures
    ]
    path.write_text(_HEAD.format(machine=_machine()) + "".join(rows), encoding="utf-8")


def _goal(figure: Figure) -> str:
    if figure.reached is None:
        return ""
    bound = f"≥ {figure.at_least:g}" if figure.at_least is not None else f"≤ {figure.at_most:g}"
    return bound if figure.reached else f"{bound}, missed"


def _more(figure: Figure) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_told(value)}" for name, value in figure.more.items())


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(f"{each:g}" for each in value)
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _machine() -> str:
    kind = {"x86_64": "x86-64", "aarch64": "ARM64"}.get(platform.machine(), platform.machine())
    python = ".".join(platform.python_version_tuple()[:2])
    return f"{os.cpu_count()} {kind} cores (virtual), Python {python}, SQLite {sqlite3.sqlite_version}"
