"""Killed at the boundary of any step and started again: one mail, counted once, and no finished step is paid for twice."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mailwright.domain.outreach import ScribeStep

ROOT = Path(__file__).parents[3]
PAID_BY = {ScribeStep.TEMPLATE: "template", ScribeStep.RESEARCH: "research", ScribeStep.COMPOSE: "compose"}
SEARCHES = 2


def run(folder: Path, moment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tests.agents.scribe.killed_program", str(folder), moment],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("step", list(ScribeStep))
@pytest.mark.parametrize("when", ["begun", "kept"])
def test_a_process_that_dies_pays_for_no_finished_step_twice(
    tmp_path: Path, sqlite_template: Path, when: str, step: ScribeStep
) -> None:
    shutil.copy(sqlite_template, tmp_path / "mailwright.db")
    moment = f"{when} {step.value}"
    died = run(tmp_path, moment)
    assert died.returncode == 9, died.stderr.decode()[-2000:]
    again = run(tmp_path, moment)
    assert again.returncode == 0, again.stderr.decode()[-2000:]
    told = json.loads(again.stdout.decode().splitlines()[-1])
    assert (told["status"], told["generated"]) == ("complete", 1)
    # A step in flight is repeated, as nobody knows what it had found; what it had found on the web is kept.
    twice = {PAID_BY.get(step)} if when == "begun" else set()
    assert {each: told["paid"][each] for each in PAID_BY.values()} == {
        each: 2 if each in twice else 1 for each in PAID_BY.values()
    }
    assert told["paid"]["search"] == SEARCHES
    assert told["paid"].get("papers", 1) == 1
