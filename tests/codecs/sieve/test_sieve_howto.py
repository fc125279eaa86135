"""The samples of the how-to are scripts that run, without a warning."""

import re
from pathlib import Path

import pytest

from mailwright.codecs import sieve

PAGE = Path(__file__).resolve().parents[3] / "docs" / "howto" / "rules.md"
SAMPLES = re.findall(r"^```sieve\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_can_run(sample: str) -> None:
    assert sieve.compile_script(sample.encode()).warnings == ()


def test_the_page_lists_what_is_offered() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(SAMPLES) == 4
    assert [name for name in sieve.CAPABILITIES if f"`{name}`" not in text] == []
