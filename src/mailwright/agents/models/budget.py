"""Budgets: the gate before every request to a provider. How many requests and tokens a model may have in a minute, and what all models
may cost in a calendar month, over all processes.

Made by `installation.models_of`. Promises: the budget of a minute is never passed by requests (by tokens only as far as a guess was
wrong, which is put right afterwards); the monthly cap is passed by no more than the requests that were under way when it was reached, or began in a moment after it elsewhere.
Does not: count the built-in model, which costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from mailwright.agents.models.asking import ModelFailed
from mailwright.core import Core, modelchoices
from mailwright.domain import clock
from mailwright.domain.clock import HOUR, MINUTE, SECOND, Instant
from mailwright.domain.refusals import TryLater
from mailwright.storage import model_calls, modelwindows
from mailwright.storage.model_calls import ModelCall

BELIEVED = 2 * SECOND  # how long a sum of the month's costs is taken to be right, with what this process added
SETTLED = (
    HOUR  # calls older than that are all recorded: their sum is kept, and the month is not summed up for every request
)
REACHED = "the monthly limit for models is reached"


class Budget:
    """The gate (`asking.Gate`) of one process. None: no limit of that kind."""

    def __init__(
        self,
        core: Core,
        *,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        monthly_usd: float | None = None,
        now: Callable[[], Instant] = clock.now,
    ) -> None:
        self._core = core
        self._requests = requests_per_minute
        self._tokens = tokens_per_minute
        self._monthly_usd = monthly_usd
        self._now = now
        self._spent = 0.0
        self._summed_at: Instant | None = None
        self._settled = 0.0
        self._settled_from = self._settled_until = 0

    async def before(self, model: str, tokens: int) -> None:
        """Take a request out of the budgets. Raises ModelFailed."""
        try:
            await self._check_month()
            await self._take(model, tokens)
        except TryLater as refusal:
            raise ModelFailed(str(refusal), transient=True, outcome="try-later", final=True) from refusal

    async def after(self, call: ModelCall, tokens: int) -> None:
        """Put the guess right. What is not counted while the database is away does no lasting harm."""
        self._spent += call.cost_usd
        wrong = call.input_tokens + call.output_tokens - tokens
        if self._tokens is None or wrong == 0:
            return
        minute = call.created_at // MINUTE
        try:
            await self._core.write(lambda tx: modelwindows.correct(tx, call.model, minute, wrong))
        except TryLater:
            return

    async def _check_month(self) -> None:
        if self._monthly_usd is None:
            return
        moment = self._now()
        if self._summed_at is None or not 0 <= moment - self._summed_at < BELIEVED:
            self._spent = await self._sum(moment)
            self._summed_at = moment
        if self._spent >= self._monthly_usd:
            raise ModelFailed(REACHED, transient=False, outcome="spending-cap")

    async def _sum(self, moment: Instant) -> float:
        begun = modelchoices.month_of(moment)
        settled = max(begun, moment - SETTLED)
        if begun != self._settled_from or not self._settled_until <= settled < self._settled_until + SETTLED:
            self._settled = await self._core.read(lambda tx: model_calls.spent(tx, begun, settled))
            self._settled_from, self._settled_until = begun, settled
        until = self._settled_until
        return self._settled + await self._core.read(lambda tx: model_calls.spent(tx, until))

    async def _take(self, model: str, tokens: int) -> None:
        if self._requests is None and self._tokens is None:
            return
        moment = self._now()
        minute = moment // MINUTE
        taken = await self._core.write(
            lambda tx: modelwindows.take(
                tx, model, minute, tokens, most_requests=self._requests, most_tokens=self._tokens
            )
        )
        if not taken:
            raise ModelFailed(
                f"{model} has had what it may have in this minute",
                transient=True,
                outcome="budget",
                again_in=((minute + 1) * MINUTE - moment) / SECOND,
            )
