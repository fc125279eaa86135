"""A second of the SMTP fuzz target with every run of the tests, from a fixed start."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from smtp_fuzz import run


def test_a_second_of_fuzzing_finds_nothing() -> None:
    assert run(1.0, seed=2821) > 10
