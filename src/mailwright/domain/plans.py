"""Plans: how many tasks somebody's agents do for them, for how much. The words only; `core.usage` counts.

Filled from the settings, read by `core.usage`, the dashboard and the landing page.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Period: TypeAlias = Literal["ever", "month", "year"]

UNLIMITED = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan. `tasks` in a `period` (None: as many as one likes); `price_usd_month` in US dollars a month, 0: free."""

    id: str
    name: str
    price_usd_month: float = 0
    tasks: int | None = UNLIMITED
    period: Period = "ever"


STANDARD: tuple[Plan, ...] = (
    Plan("free", "Free", 0, 5, "ever"),
    Plan("paid_20", "Paid 20", 20, 50, "year"),
    Plan("paid_200", "Paid 200", 200, UNLIMITED, "month"),
)
"""The plans of an installation that sets none. The first is what everybody starts with."""
