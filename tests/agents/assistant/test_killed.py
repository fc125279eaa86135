"""Killed in the middle of a mail and started again: one draft, and the row knows it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def run(folder: Path, moment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tests.agents.assistant.killed_program", str(folder), moment],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "asked"),
    [
        ("filed", []),  # the draft is there: nobody is asked again
        ("made", []),
        ("written", ["draft"]),  # a step in flight is repeated
        ("judged", ["triage", "draft"]),
    ],
)
def test_a_process_that_dies_leaves_one_draft(
    tmp_path: Path, sqlite_template: Path, moment: str, asked: list[str]
) -> None:
    shutil.copy(sqlite_template, tmp_path / "mailwright.db")
    assert run(tmp_path, moment).returncode == 9
    again = run(tmp_path, moment)
    assert again.returncode == 0, again.stderr.decode()[-2000:]
    told = json.loads(again.stdout.decode().splitlines()[-1])
    assert told == {"status": "complete", "drafts": 1, "known": True, "asked": asked}
