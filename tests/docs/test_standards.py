"""docs/standards.tsv and the code agree: every document cited is listed, and what is followed is cited where it is."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "standards.tsv"
CITATION = re.compile(r"\b(RFC \d+|MS-[A-Z]{3,})\b")


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _cited(folder: str) -> dict[str, str]:
    """Document → one place that cites it."""
    return {
        number: f"{path.relative_to(ROOT)}"
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".md", ".txt"}
        for number in CITATION.findall(path.read_text(encoding="utf-8", errors="replace"))
    }


@pytest.mark.parametrize("folder", ["src", "tests", "docs", "benchmarks"])
def test_every_document_that_is_cited_is_in_the_table(folder: str) -> None:
    known = {row["number"] for row in _rows()}
    if folder == "tests":  # a specimen may quote whatever its author cited
        cited = {number: place for number, place in _cited(folder).items() if "/messages/" not in place}
    else:
        cited = _cited(folder)
    assert {number: place for number, place in cited.items() if number not in known} == {}


def test_what_the_table_says_we_follow_is_cited_where_we_do() -> None:
    cited = _cited("src")
    assert [row["number"] for row in _rows() if row["followed"] == "yes" and row["number"] not in cited] == []


def test_the_table_lists_each_document_once_in_order_with_a_title_and_a_plain_answer() -> None:
    rows = _rows()
    assert [number for number, count in Counter(row["number"] for row in rows).items() if count > 1] == []
    assert {row["followed"] for row in rows} <= {"yes", "partly", "no"}
    assert all(row["title"] for row in rows)
    numbers = [int(row["number"].removeprefix("RFC ")) for row in rows if row["number"].startswith("RFC ")]
    assert numbers == sorted(numbers)
