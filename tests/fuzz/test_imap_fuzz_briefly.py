"""A second of the IMAP fuzz target with every run of the tests, from a fixed start."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from imap_fuzz import run


def test_a_second_of_fuzzing_finds_nothing() -> None:
    assert run(1.0, seed=9051) > 10
