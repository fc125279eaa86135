"""The fuzz target's own mutator, for a moment and always with the same seed."""

import importlib.util
import random
from pathlib import Path
from types import ModuleType

TARGET = Path(__file__).parents[2] / "fuzz" / "mime_fuzz.py"


def _target() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mime_fuzz", TARGET)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_three_hundred_mutants_are_read_and_answered() -> None:
    target = _target()
    chance = random.Random(20261105)
    specimens = [path.read_bytes() for path in sorted(target.SPECIMENS.glob("*.eml"))]
    for _ in range(300):
        target.check(target.mutate(chance, specimens))
