"""The one table that everything ends in, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One measured value: of which part, by whom, what, how much, and what it is held to."""

    part: str
    model: str
    measure: str
    value: int | float
    unit: str = ""
    note: str = ""


def show(rows: Sequence[Row]) -> str:
    """The table as text."""
    cells = [("part", "model", "measure", "value", "")]
    cells += [(row.part, row.model, row.measure, _told(row), row.note) for row in rows]
    widths = [max(len(each[index]) for each in cells) for index in range(4)]
    lines = []
    last = ""
    for number, (part, model, measure, value, note) in enumerate(cells):
        if number and part != last:
            lines.append("")
        shown = part if part != last or not number else ""
        last = part
        line = f"{shown:{widths[0]}}  {model:{widths[1]}}  {measure:{widths[2]}}  {value:>{widths[3]}}  {note}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def as_json(rows: Sequence[Row], details: dict[str, Any]) -> str:
    """The table and everything behind it."""
    return json.dumps({"table": [asdict(row) for row in rows], **details}, indent=2, ensure_ascii=False, default=str)


def _told(row: Row) -> str:
    if row.unit == "%":
        return f"{row.value:.1%}"
    if row.unit == "USD":
        return f"{row.value:.4f} USD"
    if row.unit == "ms":
        return f"{row.value:.1f} ms"
    return str(row.value) if isinstance(row.value, int) else f"{row.value:.3f}"
