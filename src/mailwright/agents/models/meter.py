"""How far a run has come, and where it must end: turns, tokens, cost and seconds, counted over all models that tried.

Made by `registry` for every question; `recording` adds to it and asks it before each request.
"""

from __future__ import annotations

import time

from mailwright.agents.models.asking import ModelFailed
from mailwright.agents.models.tools import RunLimits
from mailwright.storage.model_calls import ModelCall


class Meter:
    """One run's. `limits` None: a single question, bounded by its few tries."""

    def __init__(self, limits: RunLimits | None) -> None:
        self._limits = limits
        self._begun = time.monotonic()
        self.turns = 0
        self._tokens = 0
        self._cost = 0.0

    def add(self, call: ModelCall) -> None:
        """Count a request that was answered or failed."""
        self.turns += call.outcome in ("ok", "garbage")
        self._tokens += call.input_tokens + call.output_tokens
        self._cost += call.cost_usd

    def check(self) -> None:
        """May there be another request? Raises ModelFailed. The last request may have gone past a limit, the next is not made."""
        limits = self._limits
        if limits is None:
            return
        if self.turns >= limits.turns:
            raise ended("turns", f"{limits.turns} turns of the model")
        if self._tokens >= limits.tokens:
            raise ended("tokens", f"{limits.tokens} tokens")
        if self._cost >= limits.cost_usd and self._cost > 0:
            raise ended("cost", f"{limits.cost_usd:g} US dollars")
        if (self.seconds_left() or 1.0) <= 0:
            raise self.too_long()

    def seconds_left(self) -> float | None:
        """None: as long as it takes."""
        return None if self._limits is None else self._limits.seconds - (time.monotonic() - self._begun)

    def too_long(self) -> ModelFailed:
        """The failure of a run that lasted too long."""
        assert self._limits is not None
        return ended("seconds", f"{self._limits.seconds:g} seconds")


def ended(limit: str, most: str) -> ModelFailed:
    """The failure of a run that reached a limit: nobody tries again, since it would go the same way."""
    return ModelFailed(
        f"the work was stopped at its limit of {most}", transient=False, outcome=f"limit-{limit}", final=True
    )
