"""The page about incoming mail tells what the code does."""

import re
from pathlib import Path

from mailwright.codecs.mailauth import score

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "check-what-arrives.md"


def test_the_page_has_every_sign_with_its_weight_and_the_threshold() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| ([\d.]+) \|", text, re.MULTILINE))
    assert {name: float(weight) for name, weight in rows.items()} == {sign.name: sign.weight for sign in score.SIGNS}
    assert f"from {score.THRESHOLD:g} on a message goes to Junk" in text
    assert f"more than {score.CROWD} recipients" in text
