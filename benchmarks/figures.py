"""Figures: one measured value, said as a JSON line, with the goal it is held to."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `at_least` and `at_most` are goals; `more` is what else belongs to it (the peer, every round)."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def reached(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.at_least is None and self.at_most is None:
            return None
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    def line(self) -> str:
        """The JSON line."""
        said: dict[str, Any] = {"figure": self.name, "value": rounded(self.value), "unit": self.unit}
        if self.at_least is not None:
            said["at_least"] = self.at_least
        if self.at_most is not None:
            said["at_most"] = self.at_most
        if self.reached is not None:
            said["reached"] = self.reached
        return json.dumps(said | self.more)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def rounded(value: float) -> float:
    """Three significant digits, or whole numbers from a hundred on: more would be noise."""
    if value == 0 or abs(value) >= 100:
        return round(value)
    return round(value, 2 - math.floor(math.log10(abs(value))))
