"""Killed with -9 in the middle, started again: all work ends, and no recorded step is done a second time."""

import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

COUNT = 40


def start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.pipeline.crash_program", str(folder), str(COUNT)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def ledger(folder: Path) -> list[str]:
    path = folder / "ledger"
    return path.read_text().splitlines() if path.exists() else []


def recorded(folder: Path) -> set[tuple[str, str]]:
    """Steps that the engine had recorded when the process died, read from its file."""
    with sqlite3.connect(folder / "flows.db") as connection:
        rows = connection.execute("SELECT workflow_uuid, output FROM operation_outputs").fetchall()
    connection.close()
    return {(workflow, output.strip('"')) for workflow, output in rows}


def test_a_process_killed_between_effect_and_record_repeats_no_recorded_step(
    tmp_path: Path, sqlite_template: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "mailwright.db")
    process = start(tmp_path)
    ends = time.monotonic() + 60
    while len(ledger(tmp_path)) < COUNT:
        assert time.monotonic() < ends, "nothing happens"
        assert process.poll() is None, "it ended by itself"
        time.sleep(0.005)
    process.kill()
    process.wait()
    before, length = recorded(tmp_path), len(ledger(tmp_path))
    assert 0 < len(before) < 3 * COUNT
    process = start(tmp_path)
    assert process.wait(timeout=60) == 0
    effects = Counter(tuple(line.split()) for line in ledger(tmp_path))
    assert set(effects) == {(f"w{n}", word) for n in range(COUNT) for word in ("one", "two", "three")}
    assert recorded(tmp_path) == set(effects)
    assert before.isdisjoint(tuple(line.split()) for line in ledger(tmp_path)[length:])
    assert sum(effects.values()) > 3 * COUNT, "the kill met no step between its effect and its record"
